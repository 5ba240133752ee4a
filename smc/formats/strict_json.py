"""JSON read strictly: duplicate keys, NaN, infinities and floats are seen, and every fault is named by its place (`edges[2][5].prob`).

Standard library only. `read` turns bytes into a `Node`; a `Node` knows where it stands in the file and hands out checked children.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import gmpy2

from smc.errors import InputError
from smc.numbers import ZERO, Rational, nearest_float, rational, rationalise
from smc.setting.model import ROUNDING

MOST_BYTES = 1 << 28
"""Largest file that is read: 256 MB of text, some millions of edges."""
MOST_COUNT = 10**15
"""Largest horizon that is read."""
SLIP = Rational(1, 10**9)
"""A row's miss up to here is of the size that doubles make, and goes to the row's largest entry; a larger one is scaled away."""


class Decimal(str):
    """The literal text of a number with a point or an exponent: not exact as a float, so kept as written."""


class NotFinite(str):
    """`NaN`, `Infinity` or `-Infinity`, which are not JSON, though many writers produce them."""


class Fields(dict):
    """A JSON object that remembers which of its keys came twice."""

    repeated: tuple[str, ...] = ()


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _whole(text: str) -> int:
    return int(gmpy2.mpz(text))  # int() itself refuses more than 4300 digits, which exact values of long horizons have


def load_bytes(path: str | Path, name: str) -> bytes:
    """The bytes of `path`. Raises InputError, named `name`, for what cannot be read: absent, a directory, forbidden, empty, too large."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            "no such file", where=name, mend="give a model file, or a table such as gym:FrozenLake-v1?horizon=8"
        ) from None
    except IsADirectoryError:
        raise InputError("is a directory", where=name, mend="name one model file in it") from None
    except PermissionError:
        mend = "name one model file in it" if Path(path).is_dir() else "allow reading it"
        raise InputError(
            "is a directory" if Path(path).is_dir() else "may not be read", where=name, mend=mend
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})", where=name) from None
    if not data.strip():
        raise InputError("is empty", where=name, mend="a model file is one JSON object")
    if len(data) > MOST_BYTES:
        raise InputError(
            f"is larger than {MOST_BYTES >> 20} MB", where=name, mend="split the model or shorten its horizon"
        )
    return data


def read(data: bytes) -> Node:
    """The document as its root node. Raises InputError for text that is not JSON, not UTF-8, nested too deeply, or not finite."""
    suspicious: list[str] = []  # seen while parsing; the walk that names their places is made only then

    def fields(pairs: list[tuple[str, Any]]) -> Fields:
        found = Fields(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            found.repeated = tuple(key for key in found if keys.count(key) > 1)
            suspicious.append("twice")
        return found

    def not_finite(name: str) -> NotFinite:
        suspicious.append(name)
        return NotFinite(name)

    try:
        text = data.decode("utf-8-sig")  # a byte-order mark is what some editors write first; it carries nothing
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start})", mend="save it as UTF-8") from None
    try:
        document = json.loads(
            text, object_pairs_hook=fields, parse_float=Decimal, parse_int=_whole, parse_constant=not_finite
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg}", where=f"line {error.lineno} column {error.colno}", mend="mend the syntax there"
        ) from None
    except RecursionError:
        raise InputError("is nested too deeply", mend="a model file has five levels at most") from None
    root = Node(document)
    if suspicious or _SURROGATE.search(text):
        root.refuse_everywhere()
    return root


@dataclass
class Rounding:
    """Whether inexact numbers may be made exact, and what was done about them (told in `notes`)."""

    allowed: bool = False
    decimals: int = 0
    worst: Rational = ZERO
    moved: int = 0
    slips: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    widest: Rational = ZERO

    def exact(self, text: str, where: Node | None = None) -> Rational:
        """A decimal made exact (see `rationalise`), and counted. Raises InputError where that is not allowed."""
        if not self.allowed:
            raise InputError(
                f"{text} is a float, which is not exact",
                where=where.place if where else "",
                mend='write it as a string such as "1/3", or pass --rationalise',
            )
        try:
            written = rational(str(text))
        except ValueError:
            raise InputError(
                f"{text} is out of range", where=where.place if where else "", mend='write it as a string such as "1/3"'
            ) from None
        chosen = rationalise(text)
        self.decimals += 1
        self.moved += chosen != written
        self.worst = max(self.worst, abs(chosen - written))
        return chosen

    def row(self, values: list[Rational], where: str) -> list[Rational]:
        """`values` with sum exactly 1 where that is allowed, needed, and within `ROUNDING`; otherwise as they are.

        A miss of the size of rounded doubles is added to the largest entry, which keeps the common denominator of the row; a larger one is
        scaled away (0.333, 0.333, 0.333 become thirds).
        """
        total = sum(values, ZERO)
        if not self.allowed or total == 1 or abs(total - 1) > ROUNDING or any(v < 0 for v in values):
            return values
        self.widest = max(self.widest, abs(total - 1))
        if abs(total - 1) > SLIP:
            self.rows.append(where)
            return [v / total for v in values]
        self.slips.append(where)
        largest = max(range(len(values)), key=values.__getitem__)
        return [v + (1 - total if i == largest else ZERO) for i, v in enumerate(values)]

    def notes(self) -> Iterable[str]:
        """What was rounded and mended, for the report."""
        if self.decimals:
            simple = f", {self.moved} of them as the simple fraction that its digits round, the others as written"
            kept = "" if self.moved == self.decimals else simple if self.moved else ", all as written"
            change = f"; the largest change is {nearest_float(self.worst):.1e}" if self.moved else ""
            yield f"rationalised {self.decimals} decimals to exact fractions{kept}{change}"
        for rows, how in (
            (self.slips, "the largest entry of {} was moved so that the row sums to exactly 1"),
            (self.rows, "scaled {} to sum to exactly 1"),
        ):
            if rows:
                named = f"the row of {rows[0]}" + (f" and {len(rows) - 1} more" if len(rows) > 1 else "")
                yield f"{how.format(named)}; the largest miss was {nearest_float(self.widest):.1e}"


class Node:
    """A value in the document, and the way to it, which is written out only when a fault has to name its place."""

    __slots__ = ("_named", "_parent", "_step", "value")

    def __init__(self, value: Any, parent: Node | None = None, step: str | int = "", named: bool = False) -> None:
        """step: key or index in `parent`. named: the key is a name of the model's (`reward['a']`), not the format's (`edges[0].prob`)."""
        self.value, self._parent, self._step, self._named = value, parent, step, named

    @property
    def place(self) -> str:
        """Where this value stands, such as `edges[2][5].prob`; empty for the document."""
        if self._parent is None:
            return ""
        before = self._parent.place
        if isinstance(self._step, int) or self._named:
            return f"{before}[{self._step!r}]"
        return f"{before}.{self._step}" if before else self._step

    def fault(self, what: str, mend: str = "") -> InputError:
        """An error that names this place."""
        return InputError(what, where=self.place, mend=mend)

    def key(self, name: str) -> Node:
        """The field `name` (which exists) of an object with fixed keys."""
        return Node(self.value[name], self, name)

    def refuse_everywhere(self) -> None:
        """Raises InputError for duplicate keys, non-finite numbers and broken text anywhere below, used or not."""
        pending = [self]
        while pending:
            node = pending.pop()
            if isinstance(node.value, Fields):
                if node.value.repeated:
                    raise node.fault(f"key {node.value.repeated[0]!r} appears twice", "keep one of the two")
                for key in node.value:
                    _refuse_broken(key, node)
                fixed = not node.place or node.place.startswith(("edges[", "transitions["))
                pending += [Node(v, node, k, named=not fixed) for k, v in reversed(node.value.items())]
            elif isinstance(node.value, list):
                pending += reversed([Node(v, node, i) for i, v in enumerate(node.value)])
            elif isinstance(node.value, NotFinite):
                raise node.fault(f"{node.value} is not a finite number", 'write a rational such as "1/3"')
            elif isinstance(node.value, str):
                _refuse_broken(node.value, node)

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Node]:
        """The children of an object with fixed keys. Raises InputError for another type, a missing key, an unknown key."""
        entries = self._object()
        for key in entries:
            if key not in required and key not in optional:
                raise self.fault(f"unknown key {key!r}", f"known keys: {', '.join((*required, *optional))}")
        for key in required:
            if key not in entries:
                raise self.fault(f"missing key {key!r}", f"required keys: {', '.join(required)}")
        return {key: Node(value, self, key) for key, value in entries.items()}

    def entries(self) -> dict[str, Node]:
        """The children of an object whose keys are names."""
        return {key: Node(value, self, key, named=True) for key, value in self._object().items()}

    def _object(self) -> Fields:
        if not isinstance(self.value, Fields):
            raise self.fault(f"{kind(self.value)} where an object is wanted", 'write {"key": ...}')
        return self.value

    def items(self) -> list[Node]:
        """The children of a list."""
        if not isinstance(self.value, list):
            raise self.fault(f"{kind(self.value)} where a list is wanted", "write [...]")
        return [Node(value, self, i) for i, value in enumerate(self.value)]

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str) or isinstance(self.value, (Decimal, NotFinite)):
            raise self.fault(f"{kind(self.value)} where text is wanted", 'write "..."')
        return self.value

    def whole(self) -> int:
        """A whole number of at least 1."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.fault(
                f"{kind(self.value)} where a whole number is wanted", "write it without quotes, point or exponent"
            )
        if not 1 <= self.value <= MOST_COUNT:
            size = "below 1" if self.value < 1 else f"above {MOST_COUNT:.0e}"
            raise self.fault(f"{gmpy2.mpz(self.value)} is {size}", "give a whole number of at least 1")
        return self.value

    def number(self, rounding: Rounding) -> Rational:
        """A non-negative rational: a whole number, a string such as "1/3", or a decimal where `rounding` allows it."""
        result = self.signed(rounding)
        if result < 0:
            raise self.fault(
                f"negative number {result}", "probabilities, potentials, rewards and values are zero or more"
            )
        return result

    def signed(self, rounding: Rounding) -> Rational:
        """A rational of any sign, as rewards on the log scale are."""
        if isinstance(self.value, Decimal):
            return rounding.exact(self.value, self)
        if isinstance(self.value, bool) or not isinstance(self.value, (int, str)):
            raise self.fault(f"{kind(self.value)} where a number is wanted", 'write a rational such as "1/3"')
        try:
            return _rational(self.value)
        except ValueError as error:
            raise self.fault(str(error)) from None


@lru_cache(maxsize=1 << 16)
def _rational(value: int | str) -> Rational:
    return rational(value)  # files repeat few numbers many times


def _refuse_broken(text: str, node: Node) -> None:
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise node.fault(
            f"{text!r} holds half of a surrogate pair, which is no character", "write the character itself"
        )


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, Decimal):
        return f"the number {value[:40]}"
    names = {
        dict: "an object",
        Fields: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        type(None): "null",
        int: "a number",
    }
    return names.get(type(value), type(value).__name__)
