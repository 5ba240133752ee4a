"""The results file: one SQLite database, one transaction a chunk, so that a kill loses at most the chunks under way."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from smc.campaign.plan import Plan
from smc.campaign.search import SLACK_STEPS, Chunk, Counterexample
from smc.errors import InputError

SCHEMA = """
CREATE TABLE plan (document TEXT NOT NULL);
CREATE TABLE chunks (number INTEGER PRIMARY KEY, examples INTEGER NOT NULL, instances INTEGER NOT NULL, seconds REAL NOT NULL);
CREATE TABLE found (
  chunk INTEGER NOT NULL, claim TEXT NOT NULL, form TEXT NOT NULL, checked INTEGER NOT NULL, vacuous INTEGER NOT NULL,
  undecided INTEGER NOT NULL, best REAL NOT NULL, instance TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (chunk, claim, form)) WITHOUT ROWID;
CREATE TABLE slack (chunk INTEGER NOT NULL, claim TEXT NOT NULL, form TEXT NOT NULL, step INTEGER NOT NULL, instances INTEGER NOT NULL,
  PRIMARY KEY (chunk, claim, form, step)) WITHOUT ROWID;
CREATE TABLE regions (chunk INTEGER NOT NULL, region TEXT NOT NULL, instances INTEGER NOT NULL,
  PRIMARY KEY (chunk, region)) WITHOUT ROWID;
CREATE TABLE seen (digest INTEGER PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE counterexamples (
  chunk INTEGER PRIMARY KEY, claim TEXT NOT NULL, form TEXT NOT NULL, algorithm TEXT NOT NULL, resampling TEXT NOT NULL,
  particles INTEGER NOT NULL, observed TEXT NOT NULL, bound TEXT NOT NULL, size INTEGER NOT NULL, instance TEXT NOT NULL,
  document TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Tightness:
    """Totals of one claim in one form over all chunks, and its tightest instance.

    median: of bound/observed, to half a percent, over the instances where something was observed; None where there is none.
    """

    claim: str
    form: str
    checked: int
    vacuous: int
    undecided: int
    best: float
    instance: str
    document: str
    median: float | None


@dataclass(frozen=True)
class Totals:
    """Everything a campaign found that does not depend on how long it took or in which order chunks ran."""

    chunks: int
    examples: int
    instances: int
    distinct: int
    tightness: tuple[Tightness, ...]
    regions: tuple[tuple[str, int], ...]
    counterexamples: tuple[Counterexample, ...]


def _is_database(path: Path) -> bool:
    """Whether the file begins as SQLite files do; SQLite itself takes one byte for an empty database, and writes over it."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\x00"
    except OSError:
        return True  # let SQLite say what is wrong


def _median(steps: list[tuple[int, int]]) -> float | None:
    """Of bound/observed, from (step, how often) in the order of the steps: the lower median."""
    left = sum(count for _, count in steps) / 2
    for step, count in steps:
        left -= count
        if left <= 0:
            return math.exp(step / SLACK_STEPS)
    return None


class Store:
    """The results file of `plan` at `path`, opened or made. Raises InputError for a file that cannot be used; it is left as it was."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path = path
        if path.is_dir():
            raise InputError("is a directory", where=str(path), mend="name a file for the results")
        fresh = not path.exists()
        if not fresh and path.stat().st_size and not _is_database(path):
            raise InputError(
                "is not a database", where=str(path), mend="name another file with --results; this one is left as it is"
            )
        with self._explained():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            if not fresh and self._db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("the file is damaged")
            tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and "plan" not in tables:
                raise InputError(
                    "is a database of something else", where=str(path), mend="name another file with --results"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            if not tables:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    for statement in SCHEMA.split(";"):
                        if statement.strip():
                            self._db.execute(statement)
                    self._db.execute("INSERT INTO plan VALUES (?)", (plan.to_json(),))
            (stored,) = self._db.execute("SELECT document FROM plan").fetchone()
        if stored != plan.to_json():
            self._db.close()
            raise InputError(
                f"holds another campaign: {stored}",
                where=str(path),
                mend="repeat its options to go on with it, or name another file with --results",
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise InputError(
                f"cannot be used as results file ({error})",
                where=str(self._path),
                mend="name a file that can be written",
            ) from None
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"is not a results file ({error})",
                where=str(self._path),
                mend="name another file with --results, or restore this one",
            ) from None

    def done(self) -> set[int]:
        """Numbers of the chunks that are in the file."""
        with self._explained():
            return {number for (number,) in self._db.execute("SELECT number FROM chunks")}

    def add(self, chunk: Chunk) -> None:
        """One chunk, in one transaction. A chunk that is there already is left alone."""
        with (
            self._explained(),
            self._db,
        ):  # which commits, or rolls back at an exception, Ctrl-C between two lines included
            self._db.execute("BEGIN IMMEDIATE")
            self._insert(chunk)

    def _insert(self, chunk: Chunk) -> None:
        if self._db.execute("SELECT 1 FROM chunks WHERE number = ?", (chunk.number,)).fetchone():
            return
        self._db.execute(
            "INSERT INTO chunks VALUES (?, ?, ?, ?)", (chunk.number, chunk.examples, chunk.instances, chunk.seconds)
        )
        self._db.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (chunk.number, claim, form, f.checked, f.vacuous, f.undecided, f.best, f.instance, f.document)
                for (claim, form), f in chunk.found.items()
            ],
        )
        self._db.executemany(
            "INSERT INTO slack VALUES (?, ?, ?, ?, ?)",
            [(chunk.number, *key, *pair) for key, f in chunk.found.items() for pair in f.slack.items()],
        )
        self._db.executemany(
            "INSERT INTO regions VALUES (?, ?, ?)", [(chunk.number, *pair) for pair in chunk.regions.items()]
        )
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(digest,) for digest in chunk.digests])
        if chunk.counterexample is not None:
            row = (chunk.number, *astuple(chunk.counterexample))
            self._db.execute(f"INSERT INTO counterexamples VALUES ({', '.join('?' * len(row))})", row)

    def totals(self) -> Totals:
        """Sums over all chunks; of equally tight instances the one of the earliest chunk."""
        with self._explained():
            one = self._db.execute
            counts = "count(*), coalesce(sum(examples), 0), coalesce(sum(instances), 0)"
            chunks, examples, instances = one(f"SELECT {counts} FROM chunks").fetchone()
            (distinct,) = one("SELECT count(*) FROM seen").fetchone()
            tightness = []
            for claim, form, checked, vacuous, undecided in one(
                "SELECT claim, form, sum(checked), sum(vacuous), sum(undecided) FROM found GROUP BY claim, form ORDER BY claim, form"
            ).fetchall():
                best, instance, document = one(
                    "SELECT best, instance, document FROM found WHERE claim = ? AND form = ? ORDER BY best DESC, chunk LIMIT 1",
                    (claim, form),
                ).fetchone()
                steps = one(
                    "SELECT step, sum(instances) FROM slack WHERE claim = ? AND form = ? GROUP BY step ORDER BY step",
                    (claim, form),
                ).fetchall()
                median = _median(steps)
                row = Tightness(claim, form, checked, vacuous, undecided, best, instance, document, median)
                tightness.append(row)
            regions = one("SELECT region, sum(instances) FROM regions GROUP BY region ORDER BY region").fetchall()
            refuted = [Counterexample(*row[1:]) for row in one("SELECT * FROM counterexamples ORDER BY chunk")]
        return Totals(chunks, examples, instances, distinct, tuple(tightness), tuple(regions), tuple(refuted))

    def seconds(self) -> float:
        """Time that the chunks in the file took, summed over workers."""
        with self._explained():
            return self._db.execute("SELECT coalesce(sum(seconds), 0) FROM chunks").fetchone()[0]

    def close(self) -> None:
        """Folds the write-ahead log into the file and closes it."""
        with self._explained():
            self._db.close()
