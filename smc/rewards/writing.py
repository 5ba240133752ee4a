"""Records of any format as this project's own JSON lines: `particles` for runs, `prefixes` for prefixes with children."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from smc.errors import InputError, one_of
from smc.rewards.importers import Reading, reading
from smc.rewards.local import families_of
from smc.rewards.records import Family, Record, Run

KINDS = ("particles", "prefixes")


def converted(path: str, kind: str) -> Iterator[str]:
    """The lines of the file at `path` as `kind`, one at a time. Raises InputError for another kind, and where there is no such thing."""
    if kind not in KINDS:
        raise InputError(f"unknown kind {kind!r}", where="to", mend=one_of(KINDS, kind))
    source, found = reading(path), False
    for line in _lines(source, kind):
        found = True
        yield json.dumps(line, ensure_ascii=False) + "\n"
    if not found:
        other = KINDS[kind == KINDS[0]]
        has_other = next(_lines(source, other), None) is not None
        raise InputError(
            f"{source.format.words} hold no {kind}{'' if has_other else f' and no {other}'}", where=path,
            mend=f"choose {other}" if has_other else "nothing in it can be converted: log each step",
        )  # fmt: skip


def _lines(source: Reading, kind: str) -> Iterator[dict[str, Any]]:
    records = source.records()
    return particle_lines(records) if kind == "particles" else prefix_lines(families_of(records))


def particle_lines(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """A line for each particle and step of the runs that were logged whole."""
    for run in records:
        if not isinstance(run, Run) or not run.whole:
            continue
        for step, cloud in enumerate(run.clouds, 1):
            for k, weight in enumerate(cloud.log_weights):
                line: dict[str, Any] = {"run": run.name, "step": step, "particle": k}
                if cloud.parents is not None:
                    line |= {"parent": cloud.parents[k], "resampled": cloud.resampled}
                line["score"] = None if cloud.scores is None else cloud.scores[k]
                line["log_weight"] = weight if weight > -math.inf else "-Infinity"
                yield line


def prefix_lines(families: Iterable[Family]) -> Iterator[dict[str, Any]]:
    """A line for each family."""
    return map(_prefix, families)


def _prefix(family: Family) -> dict[str, Any]:
    children: list[Any] = [
        {"reward" if k in family.ends else "score": score} for k, score in enumerate(family.children)
    ]
    if family.chances is not None:
        for child, chance in zip(children, family.chances, strict=True):
            child["logprob"] = math.log(chance) if chance else "-Infinity"
    line: dict[str, Any] = {"step": family.step, "group": family.unit, "children": children}
    for name, score in ("before", family.before), ("score", family.score):
        if score is not None:
            line[name] = score
    if family.rollouts:
        line["rollouts"] = list(family.rollouts)
    return line | ({"complete": True} if family.chances is not None else {})
