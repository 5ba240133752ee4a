"""Text files read line by line, so that every fault names its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from smc.errors import InputError
from smc.formats.strict_json import Rounding, load_bytes
from smc.numbers import Rational, rational


@dataclass(frozen=True)
class Line:
    """A line without its comment and outer blanks; numbered from 1."""

    number: int
    text: str

    @property
    def place(self) -> str:
        """For messages."""
        return f"line {self.number}"

    def refuse(self, what: str, mend: str = "") -> NoReturn:
        """Raises InputError at this line."""
        raise InputError(what, where=self.place, mend=mend)

    def rational(self, text: str, rounding: Rounding) -> Rational:
        """A number, exact as written; a decimal may be the fraction that it rounds where `rounding` allows it."""
        text = text.strip()
        try:
            value = rational(text)
        except ValueError as error:
            self.refuse(str(error))
        return rounding.exact(text) if rounding.allowed and value.denominator != 1 and "/" not in text else value

    def probability(self, text: str, rounding: Rounding) -> Rational:
        """A number from 0 to 1."""
        value = self.rational(text, rounding)
        if not 0 <= value <= 1:
            self.refuse(f"{text.strip()} is not a probability", "write a number from 0 to 1")
        return value

    def index(self, text: str, size: int, what: str = "state") -> int:
        """A whole number from 0 to size - 1."""
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < size):
            self.refuse(f"no {what} {text!r}", f"there are {size}, numbered from 0")
        return int(text)


def lines_of(path: str, comment: str) -> Iterator[Line]:
    """The lines of a UTF-8 file that hold something. comment: what starts a comment, anywhere in a line."""
    try:
        text = load_bytes(path, path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start})", mend="save it as UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        kept = line.partition(comment)[0].strip()
        if kept:
            yield Line(number, kept)


def stem(path: str) -> str:
    """The name of a file without folders and ending."""
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
