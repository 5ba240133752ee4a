"""Files of other programs that hold scores of a reward model, one module a format; `reading` finds the format by its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smc.errors import InputError
from smc.rewards.importers import its_hub, labels, llamppl, openr, particles, prefixes, search_and_learn
from smc.rewards.items import Item, items
from smc.rewards.records import Format, Record

FORMATS = (
    particles.FORMAT, llamppl.FORMAT, its_hub.FORMAT, openr.TREES, openr.NODES, search_and_learn.FORMAT,
    labels.MATH_SHEPHERD, labels.PROCESSBENCH, labels.PRM800K, prefixes.FORMAT,
)  # fmt: skip
"""In the order in which they are looked for: the first whose fields the first object has."""


@dataclass(frozen=True)
class Reading:
    """A file and its format; `records` reads it from the beginning at each call, a record at a time."""

    path: str
    format: Format

    def records(self) -> Iterator[Record]:
        """Raises InputError with the place of a fault, also where an object is of another format."""
        yield from self.format.read(_held(items(self.path), self.format))


def reading(path: str) -> Reading:
    """The file at `path`. Raises InputError where it cannot be read, or not again, or its first object is of no known format."""
    if not path:
        raise InputError("no file is named", where="file", mend="name one")
    place = Path(path)
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise InputError("can be read only once", where=path, mend="save it to a file: it is read a few times")
    first = next(iter(items(path)), None)
    if first is None:
        raise InputError("holds nothing", where=path, mend="give at least one object")
    for known in FORMATS:
        if first.has(*known.fields):
            return Reading(path, known)
    if first.has("steps") and (first.has("scores") or first.has("reward")):
        raise first.fault("is an answer with its scores, a model", f"`bellman-smc check {place.name}` reads those")
    names = "; ".join(f"{known.name}: {', '.join(known.fields)}" for known in FORMATS)
    raise first.fault("is of no format that is known here", f"fields by which one is known: {names}")


def _held(found: Iterator[Item], known: Format) -> Iterator[Item]:
    """The items, each with the fields of the format."""
    for item in found:
        if not item.has(*known.fields):
            missing = next((name for name in known.fields if not item.has(name)), known.fields[0])
            what = f"has no {missing}" if isinstance(item.value, dict) else "is no object"
            raise item.fault(what, f"every object of {known.name} has {', '.join(known.fields)}")
        yield item
