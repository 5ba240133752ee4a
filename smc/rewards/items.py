"""JSON from other programs, streamed: one line, or one element of a list, at a time; every fault is named by its line and place.

A file holds JSON lines, or one JSON list (read element by element), or one JSON object. Memory is that of the largest line or element.
Numbers are floats, as those programs write them; they may be text, and `NaN` and infinities are refused where a number is asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from smc.errors import InputError
from smc.formats.strict_json import kind

CHUNK = 1 << 20
"""Characters that are read at once of a list."""
LARGEST = 1 << 28
"""Characters of the largest element of a list, or of a file that is one object over several lines."""
LONGEST_WHOLE = 20
"""Digits of a whole number that is text."""
WHOLE_LINES = "a line may be cut off: write each whole"
NO_LINES = "give JSON lines, one JSON list, or one object"
NAMES = {None: "null", True: "true", False: "false"}
"""What JSON calls values that Python calls otherwise."""
LARGEST_REAL = 1e100
"""Largest size of a number: sums and squares of such are floats."""
LOG_SLACK = 1e-9
"""How far above 0 the rounding of a program may leave the logarithm of a probability."""


class _Twice(ValueError):
    """An object names a field twice: readers differ on which of the two counts."""


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_fields)


class Item:
    """A value, and where it stands: a place, or a field (a name) or an entry (a number) of another item."""

    __slots__ = ("_at", "_within", "value")

    def __init__(self, value: Any, within: str | Item, at: str | int = "") -> None:
        self.value, self._within, self._at = value, within, at

    @property
    def place(self) -> str:
        """For messages; put together when it is asked for, as a long file has millions of items without a fault."""
        if isinstance(self._within, str):
            return self._within
        return f"{self._within.place}[{self._at}]" if isinstance(self._at, int) else f"{self._within.place}: {self._at}"

    def fault(self, what: str, mend: str = "") -> InputError:
        """An error that names this place."""
        return InputError(what, where=self.place, mend=mend)

    def has(self, *names: str) -> bool:
        """Whether this is an object with all of `names`."""
        return isinstance(self.value, dict) and self.value.keys() >= {*names}

    def key(self, name: str) -> Item:
        """The field `name`. Raises InputError where it is missing, or this is no object."""
        if not isinstance(self.value, dict):
            raise self.fault(f"{kind(self.value)} where an object is wanted", f"write an object with {name}")
        if name not in self.value:
            raise self.fault(f"has no {name}", f"give {name}, or is the line of another format?")
        return Item(self.value[name], self, name)

    def get(self, name: str) -> Item | None:
        """The field `name`, None where it is missing or null."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return None if value is None else Item(value, self, name)

    def items(self, least: int = 0) -> list[Item]:
        """The children of a list of at least `least`."""
        if not isinstance(self.value, list):
            raise self.fault(f"{kind(self.value)} where a list is wanted", "write [...]")
        if len(self.value) < least:
            raise self.fault(f"{len(self.value)} entries", f"give at least {least}")
        return [Item(value, self, i) for i, value in enumerate(self.value)]

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self.fault(f"{kind(self.value)} where text is wanted", 'write "..."')
        return self.value

    def whole(self, least: int = 0, below: int | None = None) -> int:
        """A whole number, perhaps as text, from `least` and below `below`."""
        value = self.value
        if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < LONGEST_WHOLE:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.fault(shown(self.value), f"give a whole number of at least {least}")
        if below is not None and value >= below:
            raise self.fault(f"{value} is out of range", f"give a whole number from {least} to {below - 1}")
        return value

    def real(self, *, zero_weight: bool = False) -> float:
        """A number of size at most `LARGEST_REAL`, perhaps as text; with `zero_weight` also minus infinity, of a weight of zero."""
        value = self.value
        try:
            number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if abs(number) <= LARGEST_REAL or (zero_weight and number == -math.inf):
            return number
        also = ', or "-Infinity" for a weight of zero' if zero_weight else ""
        raise self.fault(shown(value), f"give a finite number, of size at most {LARGEST_REAL:g}{also}")

    def log_probability(self) -> float:
        """The logarithm of a probability: at most 0."""
        number = self.real(zero_weight=True)
        if number > LOG_SLACK:
            raise self.fault(f"log-probability {number:g} is above 0", "give natural logarithms of probabilities")
        return min(number, 0.0)


def items(path: str) -> Iterator[Item]:
    """The lines or elements of the file at `path` that hold something. Raises InputError with the line of a fault."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            first = file.read(1)
            while first.isspace():
                first = file.read(1)
            if first == "[":
                yield from _elements(file, path)
            else:
                file.seek(0)
                yield from _lines(file, path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, mend="give a file of JSON lines") from None
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start})", where=path, mend="save it as UTF-8") from None


def _lines(file: TextIO, path: str) -> Iterator[Item]:
    found = False
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        place = f"{path}: line {number}"
        try:
            value = _DECODER.decode(text)
        except _Twice as error:
            raise _twice(error, place) from None
        except (ValueError, RecursionError) as error:  # a ValueError also for a number of more digits than Python reads
            if not found and text.strip() == "{":  # one object, written over several lines
                value, place = _whole(text + file.read(LARGEST), path), path
            else:
                raise InputError(_no_json(error), where=place, mend=WHOLE_LINES if found else NO_LINES) from None
        found = True
        yield Item(value, place)
    if not found:
        raise InputError("is empty", where=path, mend="give JSON lines")


def _twice(error: _Twice, place: str) -> InputError:
    return InputError(f"{str(error)!r} is given twice", where=place, mend="keep one of the two")


def _no_json(error: Exception, *, whole: bool = False) -> str:
    """What the reader says; of lines and elements without its own count of lines, which begins at each."""
    if isinstance(error, json.JSONDecodeError) and not whole:
        return f"is not JSON ({error.msg.removesuffix(' starting at')})"
    return f"is not JSON ({error})"


def shown(value: Any) -> str:
    """A value in a message, as JSON names it."""
    return NAMES[value] if value is None or isinstance(value, bool) else repr(value)


def _whole(text: str, path: str) -> Any:
    try:
        return _DECODER.decode(text)
    except _Twice as error:
        raise _twice(error, path) from None
    except (ValueError, RecursionError) as error:
        raise InputError(_no_json(error, whole=True), where=path, mend="it may be cut off") from None


def _elements(file: TextIO, path: str) -> Iterator[Item]:
    """The elements of a list whose bracket has been read; commas between them, nothing after the list."""
    buffer, at, number, more, wanted = "", 0, 0, True, "]"
    while True:
        place = f"{path}: element {number + 1}"
        while at < len(buffer) and buffer[at].isspace():
            at += 1
        if at == len(buffer) and more:
            buffer, at = file.read(CHUNK), 0
            more = bool(buffer)
            continue
        if buffer[at : at + 1] == "]" and "]" in wanted:
            _nothing_more(buffer[at + 1 :], file, path)
            return
        if "," in wanted:
            if buffer[at : at + 1] != ",":
                raise InputError("no comma or ] before it", where=place, mend="the list may be cut off")
            at, wanted = at + 1, ""
            continue
        try:
            value, at = _DECODER.raw_decode(buffer, at)
        except RecursionError:
            raise InputError("is nested too deeply", where=place) from None
        except _Twice as error:
            raise _twice(error, place) from None
        except ValueError as error:  # also where the element goes on beyond what was read
            text = file.read(max(CHUNK, len(buffer))) if more else ""
            more = bool(text)
            if not more or len(buffer) - at > LARGEST:
                raise InputError(_no_json(error), where=place, mend="the list may be cut off") from None
            buffer, at = buffer[at:] + text, 0
            continue
        number, wanted = number + 1, ",]"
        yield Item(value, place)


def _nothing_more(text: str, file: TextIO, path: str) -> None:
    """Raises InputError for anything but blanks after the list."""
    while text:
        if text.strip():
            raise InputError(
                f"goes on after its list with {text.strip()[:20]!r}", where=path, mend="write one list, or JSON lines"
            )
        text = file.read(CHUNK)
