"""An audit of files that hold scores: the factor of the loop, the facts about the reward model, the genealogy of each run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from smc.errors import InputError, one_of
from smc.montecarlo.confidence import check_error
from smc.rewards.facts import Facts, Scores
from smc.rewards.genealogy import Genealogy, genealogy
from smc.rewards.importers import Reading, reading
from smc.rewards.local import facts, families_of
from smc.rewards.multiplier import MULTIPLIERS, Multiplier
from smc.rewards.naming import SCALES, Naming, Seen, name_factor
from smc.rewards.records import Format, Move, Record, Run

KEPT_RUNS = 100
"""Genealogies that are listed; all count in the mean."""
KEPT_SCORES = 1 << 17
"""Scores up to which the records of a log are kept for all passes (tens of megabytes); a longer log is read again for each."""


@dataclass(frozen=True)
class Genealogies:
    """The runs whose every step was logged. listed: the first `KEPT_RUNS`; runs, estimated: all, and those with an estimate of the
    relative variance of Zhat, whose mean is `relative_variance`. fewest: the fewest first ancestors that a run ended with."""

    listed: tuple[Genealogy, ...]
    runs: int
    estimated: int
    relative_variance: float | None
    fewest: int


@dataclass
class _Kin:
    """Genealogies while runs come in."""

    listed: list[Genealogy] = field(default_factory=list)
    runs: int = 0
    whole: int = 0
    estimated: int = 0
    total: float = 0.0
    fewest: int = 0

    def add(self, run: Run) -> None:
        """One more run."""
        self.runs += 1
        found = genealogy(run)
        if found is None:
            return
        if self.whole < KEPT_RUNS:
            self.listed.append(found)
        self.fewest = min(self.fewest, found.ancestors) if self.whole else found.ancestors
        self.whole += 1
        if found.relative_variance is not None:
            self.estimated += 1
            self.total += found.relative_variance

    def summary(self) -> Genealogies | None:
        """None where no run was logged whole."""
        if not self.whole:
            return None
        mean = self.total / self.estimated if self.estimated else None
        return Genealogies(tuple(self.listed), self.whole, self.estimated, mean, self.fewest)


@dataclass(frozen=True)
class Audit:
    """naming: None where no loop was logged with its scores. published: the factor of a library's loop that its files do not show."""

    paths: tuple[str, ...]
    format: Format
    records: int
    seen: Seen
    naming: Naming | None
    published: Multiplier | None
    genealogies: Genealogies | None
    facts: Facts | None


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


MEANINGS = {
    "probabilities": Scores("probabilities", lambda score: score),
    "log-probabilities": Scores("logarithms of probabilities", _exp),
    "rewards": Scores("logarithms of values", _exp, top=None),
    "logits": Scores("logits of probabilities", lambda score: 1 / (1 + _exp(-score))),
}
"""What scores may mean, by name; V of a score."""
BY_SCALE = dict(zip(SCALES, ("probabilities", "log-probabilities", "rewards"), strict=True))
"""What they are taken to mean where nobody says."""


def audit(paths: Sequence[str], *, scores: str | None = None, floor: float | None = None, error: float = 0.05) -> Audit:
    """The audit of files of one format, each read a few times from its beginning where it is long (`KEPT_SCORES`).

    scores: a name of `MEANINGS`, by default what they look like. floor: the loop lifts V to it. error: the probability that some interval
    does not hold. Raises InputError for files of several formats and for every fault in one.
    """
    check_error(error)
    readings = [reading(path) for path in paths]
    _once(paths)
    for other in readings[1:]:
        if other.format is not readings[0].format:
            raise InputError(
                f"is of the format {other.format.name}, {readings[0].path} of {readings[0].format.name}",
                where=other.path, mend="audit files of one format at a time",
            )  # fmt: skip
    known = readings[0].format
    seen, families_seen, horizon, kin, log = Seen(), 0, 0, _Kin(), _Log(readings)
    for record in log:
        if isinstance(record, Run):
            for cloud in record.clouds:
                seen.add(cloud.scores or ())
            kin.add(record)
            horizon = max(horizon, len(record.clouds) if record.whole else 0)
        else:
            above = [score for score in (record.before, record.score) if score is not None]
            seen.add((*above, *record.children, *record.rollouts))
            families_seen, horizon = families_seen + 1, max(horizon, record.step + 1)
    if not kin.runs + families_seen:
        raise InputError("holds nothing to audit", where=paths[0], mend="give at least one step with scores")
    meaning = _meaning(scores, floor, seen, known) if seen.count else MEANINGS["probabilities"]
    found = facts(families_of(log), horizon, meaning, error, weighted=known.drawn == "loop")
    logged = known.drawn == "loop" and seen.count and not known.multiplies
    return Audit(
        tuple(paths), known, kin.runs + families_seen, seen,
        name_factor(lambda: _moves(log), seen, scores, floor) if logged else None,
        MULTIPLIERS[known.multiplies] if known.multiplies else None,
        kin.summary(),
        found if seen.count else None,
    )  # fmt: skip


def _once(paths: Sequence[str]) -> None:
    """Raises InputError for a file that is given twice: its draws would count as independent ones."""
    seen: set[Path] = set()
    for path in paths:
        if (place := Path(path).resolve()) in seen:
            raise InputError("is given twice", where=path, mend="name each file once: its draws count once")
        seen.add(place)


def _meaning(name: str | None, floor: float | None, seen: Seen, known: Format) -> Scores:
    name = BY_SCALE[seen.scale] if name is None else name
    if name not in MEANINGS:
        raise InputError(f"unknown meaning {name!r}", where="scores", mend=one_of(MEANINGS, name))
    if (name == "probabilities" and not (seen.low >= 0 and seen.high <= 1)) or (
        name == "log-probabilities" and seen.high > 0
    ):
        raise InputError(
            f"the scores, from {seen.low:g} to {seen.high:g}, are no {name}", where="scores", mend="choose another"
        )
    if floor is not None and not 0 < floor < 1:
        raise InputError(f"floor {floor:g}", where="floor", mend="give a number between 0 and 1, such as 0.01")
    return replace(MEANINGS[name], floor=floor, from_top=known.drawn == "labels" and floor is None)


@dataclass
class _Log:
    """The records of all files, from the first at each pass."""

    readings: Sequence[Reading]
    _kept: list[Record] | None = None

    def __iter__(self) -> Iterator[Record]:
        if self._kept is not None:
            yield from self._kept
            return
        kept, room = list[Record](), KEPT_SCORES
        for record in _records(self.readings):
            if room >= 0:
                kept.append(record)
                room -= _size(record)
            if room < 0:
                kept.clear()
            yield record
        if room >= 0:
            self._kept = kept


def _size(record: Record) -> int:
    """Its scores."""
    if isinstance(record, Run):
        return sum(len(cloud.totals) for cloud in record.clouds)
    return 2 + len(record.children) + len(record.rollouts)


def _records(readings: Sequence[Reading]) -> Iterator[Record]:
    """The records of all files; runs are named after their file where there are several."""
    for source in readings:
        for record in source.records():
            yield record if len(readings) == 1 else _named(record, source.path)


def _named(record: Record, path: str) -> Record:
    if isinstance(record, Run):
        return replace(record, name=f"{path}: {record.name}")
    return replace(record, unit=f"{path}: {record.unit}")


def _moves(records: Iterable[Record]) -> Iterator[Move]:
    for record in records:
        if isinstance(record, Run):
            yield from record.moves()
