"""Where a statement stands in the code: file and line of its seals, derivations, row, property test, falsehoods and Rocq theorem.

Lines are read off the code that is imported, and off the sources that it came from, so that no list of them can be out of date.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import proofs
from proofs import registry
from proofs.catalogue import ROWS
from proofs.kernel.replay import STORED
from proofs.rocq.build import SOURCE
from proofs.rocq.status import rocq_status

PROOFS = Path(proofs.__file__).parent
ROOT = PROOFS.parent


@dataclass(frozen=True)
class Place:
    """what: of the statement. where: `file:line` below the folder of the packages. name: what stands there."""

    what: str
    where: str
    name: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def places(name: str) -> list[Place]:
    """Where the statement with all its parts, the one part or the lemma `name` stands; nothing for an ID that is none."""
    known = registry.load()
    chosen = [s for s in known.values() if name in (s.id, s.family)]
    found = [Place("statement", _at(STORED / f"{s.id}.txt"), s.id) for s in chosen]
    found += [Place("derivation", _of(s.derive), s.id) for s in chosen]
    family = name.partition(".")[0]
    if family in ROWS:
        found += [*_row(family), *_tests(family), *_falsehoods(family), *_rocq(family)]
    return found


def _row(family: str) -> Iterator[Place]:
    source = PROOFS / "catalogue.py"
    forms = ", ".join(f"{f.form}({', '.join(f.names)})" for f in ROWS[family].forms)
    yield Place("row, closed forms", _at(source, rf'^\s+"{family}",'), forms or "no closed form")


def _tests(family: str) -> Iterator[Place]:
    """Tests are in a clone alone; falsehoods of a statement on functions are planted in a test of its own."""
    for what, folder in (("property test", "properties"), ("falsehoods", "refutations")):
        path = ROOT / "tests" / folder / f"test_{family.lower()}.py"
        if path.exists():
            yield Place(what, _at(path), path.stem)


def _falsehoods(family: str) -> Iterator[Place]:
    """Falsehoods are drawn by hypothesis, which is an extra."""
    if importlib.util.find_spec("hypothesis") is None:
        return
    from smc.testing.falsehoods import FALSEHOODS
    from smc.testing.falsehoods.pools import POOL_FALSEHOODS
    from smc.testing.falsehoods.queries import LOWER_BOUND_FALSEHOODS

    planted: list[tuple[str, str, Callable]] = [(f.name, f.how, f.claims) for f in FALSEHOODS.values()]
    planted += [(f.name, f.how, f.claims) for f in LOWER_BOUND_FALSEHOODS.values()]
    planted += [(f.name, f.how, f.refuted) for f in POOL_FALSEHOODS.values()]
    for name, how, function in planted:
        if name.partition("/")[0] == family:
            yield Place("falsehood", _of(function), f"{name}: {how}")


def _rocq(family: str) -> Iterator[Place]:
    row = rocq_status()[family]
    if row.theorem is not None and row.file is not None:
        yield Place("Rocq theorem", _at(SOURCE / row.file, rf"^(Theorem|Lemma|Corollary) {row.theorem}\b"), row.theorem)


def _of(function: Callable) -> str:
    """Where a function begins, its decorators included."""
    code = inspect.unwrap(function).__code__
    return f"{_short(Path(code.co_filename))}:{code.co_firstlineno}"


def _at(path: Path, pattern: str = "") -> str:
    """A file, and the first line that has the pattern."""
    if not pattern:
        return _short(path)
    match = re.search(pattern, path.read_text(encoding="utf-8"), re.M)
    assert match is not None, f"{path.name} has no line {pattern}"
    return f"{_short(path)}:{path.read_text(encoding='utf-8').count(chr(10), 0, match.start()) + 1}"


def _short(path: Path) -> str:
    return path.resolve().relative_to(ROOT.resolve()).as_posix()
