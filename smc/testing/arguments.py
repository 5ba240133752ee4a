"""Arguments of the strategies are checked when a strategy is defined, not when its first example is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from smc.numbers import Rational, rational


def whole(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """`value` as an int between `least` and `most`; raises InvalidArgument."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(f"{name}={value!r} must be a whole number")
    if value < least or (most is not None and value > most):
        raise InvalidArgument(
            f"{name}={value!r} must be at least {least}" + (f" and at most {most}" if most is not None else "")
        )
    return value


def span(
    low: str, lower: object, high: str, upper: object, *, least: int = 1, most: int | None = None
) -> tuple[int, int]:
    """A pair of whole numbers in order; raises InvalidArgument."""
    smallest, largest = whole(low, lower, least=least, most=most), whole(high, upper, least=least, most=most)
    if smallest > largest:
        raise InvalidArgument(f"{low}={smallest} exceeds {high}={largest}")
    return smallest, largest


def exact(name: str, value: object, *, least: Rational | int | None = None) -> Rational:
    """`value` as an exact rational of at least `least`; raises InvalidArgument, also for floats."""
    try:
        number = rational(value)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"{name}: {error}") from None
    if least is not None and number < least:
        raise InvalidArgument(f"{name}={number} must be at least {least}")
    return number


def flag(name: str, value: object) -> bool:
    """`value` if it is a truth value; raises InvalidArgument."""
    if not isinstance(value, bool):
        raise InvalidArgument(f"{name}={value!r} must be True or False")
    return value


def subset(name: str, chosen: object, known: Iterable[str]) -> tuple[str, ...]:
    """`chosen` as a tuple of names out of `known`, at least one; raises InvalidArgument."""
    known = tuple(known)
    if isinstance(chosen, str) or not isinstance(chosen, Iterable):
        raise InvalidArgument(f"{name}={chosen!r} must be a collection of names")
    names = tuple(chosen)
    for item in names:
        if item not in known:
            raise InvalidArgument(f"{name}: unknown {item!r}; choose from {', '.join(known)}")
    if not names:
        raise InvalidArgument(f"{name} is empty; choose from {', '.join(known)}")
    return names


def strategy(name: str, value: object) -> SearchStrategy:
    """`value` if it is a Hypothesis strategy; raises InvalidArgument."""
    if not isinstance(value, SearchStrategy):
        raise InvalidArgument(f"{name}={value!r} must be a Hypothesis strategy")
    return value
