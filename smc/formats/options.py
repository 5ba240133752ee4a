"""What stands after the name of a table or a file: `gym:FrozenLake-v1?horizon=8`, `crowds.prism?horizon=20&goal=observed`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from smc.errors import InputError, one_of
from smc.numbers import Rational, rational


def parameters(query: str, example: str) -> dict[str, str]:
    """`key=value&key=value` as a dictionary. Raises InputError for other text and for a key that comes twice."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise InputError(
            f"cannot read the parameters {query!r}", mend=f"write key=value&key=value, as {example}"
        ) from None
    for key, _ in pairs:
        if sum(other == key for other, _ in pairs) > 1:
            raise InputError(f"parameter {key!r} appears twice", mend="keep one of the two")
    return dict(pairs)


def only(given: Mapping[str, str], known: Collection[str]) -> None:
    """Raises InputError for a parameter that is not `known`."""
    for key in given:
        if key not in known:
            raise InputError(f"unknown parameter {key!r}", mend=one_of(known, key))


def horizon_of(given: Mapping[str, str], in_place_of: int | None, example: str) -> int:
    """The number of moves: `in_place_of` where that is given, else the parameter. Raises InputError where neither is."""
    if in_place_of is not None:
        return in_place_of
    if "horizon" not in given:
        raise InputError("no horizon", mend=f"write {example}, or give --horizon")
    return whole(given["horizon"], "horizon")


def whole(text: str, where: str) -> int:
    """A whole number of at least 1."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) >= 1):
        raise InputError(f"{text!r} is not a whole number of at least 1", where=where)
    return int(text)


def number(text: str, where: str) -> Rational:
    """A rational of at least 0."""
    try:
        value = rational(text)
    except ValueError as error:
        raise InputError(str(error), where=where) from None
    if value < 0:
        raise InputError(f"{value} is negative", where=where, mend="give zero or more")
    return value


def positive(text: str, where: str, why: str) -> Rational:
    """A rational above 0. why: what 0 would do."""
    value = number(text, where)
    if not value:
        raise InputError(f"0 {why}", where=where, mend="give a positive number")
    return value
