"""Which Rocq theorem stands behind each statement, and whether the last build of it passed (standard library only).

The table `rocq/statements.json` is written by hand and reviewed: for each ID of the theory either the theorem of
`Statements.v` or `StatementsReal.v`, with its hypotheses and conclusion in words, or no theorem and the reason.
`make rocq` leaves a stamp of its outcome; a stamp made from other sources than those present counts as not built.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofs.rocq.build import SOURCE, STAMP, digest

TABLE = SOURCE / "statements.json"
PASSED, FAILED, NOT_BUILT = "passed", "failed", "not built"


@dataclass(frozen=True)
class RocqStatus:
    """One row: the main theorem (None when Rocq has none), further theorems, and how the last build went.

    `words` are hypotheses and conclusion of the theorem, to be held against the sealed statement; `differs` says what
    the Rocq form leaves out or adds; `applied` is the theorem on a concrete model that shows its hypotheses can hold;
    `reason` says why there is no theorem.
    """

    statement: str
    theorem: str | None
    file: str | None
    built: str
    also: tuple[str, ...] = ()
    applied: str = ""
    hypotheses: tuple[str, ...] = ()
    conclusion: str = ""
    differs: str = ""
    reason: str = ""

    @property
    def cell(self) -> str:
        """The entry for a table: the theorem and its build, or a dash."""
        return f"{self.theorem} ({self.built})" if self.theorem else "-"


def table(path: Path = TABLE) -> dict[str, dict]:
    """The committed table as it is written."""
    return json.loads(path.read_text(encoding="utf-8"))


def stamp(folder: Path = SOURCE) -> dict | None:
    """The last build's outcome, or None when there is none or the sources have changed since."""
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("sources") != digest(folder):
        return None
    return found


def build_state(theorems: list[str], found: dict | None) -> str:
    """`passed` when every theorem is among those that the last build audited, `failed` when that build failed."""
    if found is None:
        return NOT_BUILT
    if not found.get("passed"):
        return FAILED
    return PASSED if set(theorems) <= set(found.get("theorems", ())) else FAILED


def rocq_status(folder: Path = SOURCE) -> dict[str, RocqStatus]:
    """The status of every statement of the theory, by ID (`S3`).  For a part (`S3.rational`) ask for its family."""
    found = stamp(folder)
    rows = {}
    for statement, row in table(folder / TABLE.name).items():
        theorem, also = row["theorem"], tuple(row.get("also", ()))
        rows[statement] = RocqStatus(
            statement,
            theorem,
            row.get("file") if theorem else None,
            build_state([theorem, *also], found) if theorem else NOT_BUILT,
            also,
            row.get("applied", ""),
            tuple(row.get("hypotheses", ())),
            row.get("conclusion", ""),
            row.get("differs", ""),
            row.get("reason", ""),
        )
    return rows


@cache
def cached_status() -> dict[str, RocqStatus]:
    """`rocq_status()` read once in a process."""
    return rocq_status()


def status_of(statement: str) -> RocqStatus:
    """The row of a statement or of the family that a part such as `S0.variance` belongs to.

    Raises KeyError with the known IDs when neither is in the table.
    """
    rows = cached_status()
    for name in (statement, statement.partition(".")[0]):
        if name in rows:
            return rows[name]
    raise KeyError(f"{statement} has no row in {TABLE.name}; rows: {', '.join(rows)}")
