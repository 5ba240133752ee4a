"""The log of a particle loop: what each particle scored and was multiplied by, step by step.

JSON lines, one particle at one step each, in the order of the steps:

    {"run": 0, "step": 1, "particle": 3, "parent": 2, "score": 0.41, "log_weight": -0.89}

`step` counts from 1; `parent` is the particle of the step before that it descends from (left out at step 1), `score` the reward model's
score of the particle after the step, `log_weight` the logarithm of what the step multiplied it by, before any resampling and up to a
constant that all particles of a step share. Numbers may be text; `"-Infinity"` is a weight of zero.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smc.errors import InputError

FIELDS = ("run", "step", "particle", "score", "log_weight")


@dataclass(frozen=True)
class Move:
    """A particle's step. before: score of its parent, None at step 1; path: the scores up to this one; last: whether its run ends here."""

    run: str
    step: int
    before: float | None
    score: float
    path: tuple[float, ...]
    log_weight: float
    last: bool


def read_moves(path: str) -> Iterator[Move]:
    """The moves of the log at `path`, streamed: only the run at hand is kept.

    Raises InputError with the line of a fault: no JSON, a missing field, a number that is none, a step or parent out of order.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            yield from moves(file, path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, mend="give a log of JSON lines") from None
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start})", where=path, mend="save it as UTF-8") from None


def moves(lines: Iterable[str], name: str) -> Iterator[Move]:
    """As `read_moves`, from lines."""
    run: str | None = None
    closed: set[str] = set()
    steps: list[dict[int, tuple[float, tuple[float, ...], float | None, float]]] = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        where = f"{name}: line {number}"
        record = _record(text, where)
        if record["run"] != run:
            if run is not None:
                yield from _finished(run, steps)
                closed.add(run)
            run, steps = record["run"], []
            if run in closed:
                raise InputError(f"run {run} comes again", where=where, mend="keep the lines of a run together")
        _add(steps, record, where)
    if run is None:
        raise InputError("holds no line", where=name, mend="log one line for each particle and step")
    yield from _finished(run, steps)


def _record(text: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"is not JSON ({error})", where=where, mend="a line may be cut off: write each whole"
        ) from None
    if not isinstance(record, dict):
        raise InputError("is no object", where=where, mend=f"give the fields {', '.join(FIELDS)}")
    for field in FIELDS:
        if field not in record:
            raise InputError(f"has no {field}", where=where, mend=f"give the fields {', '.join(FIELDS)}")
    found: dict[str, Any] = {"run": str(record["run"])}
    for field in ("step", "particle", "parent"):
        value = record.get(field)
        if field == "parent" and value is None:
            found[field] = None
            continue
        if isinstance(value, str) and value.isdecimal() and value.isascii():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < (field == "step"):
            raise InputError(f"{field} {value!r}", where=where, mend="give a whole number (steps count from 1)")
        found[field] = value
    for field in ("score", "log_weight"):
        found[field] = _number(record[field], field, where)
    return found


def _number(value: Any, field: str, where: str) -> float:
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number) or (field == "log_weight" and number == -math.inf):
        return number
    allowed = "a finite number" if field == "score" else 'a finite number, or "-Infinity" for a weight of zero'
    raise InputError(f"{field} {value!r}", where=where, mend=f"give {allowed}")


def _add(steps: list[dict], record: dict[str, Any], where: str) -> None:
    step, particle, parent = record["step"], record["particle"], record["parent"]
    if step == len(steps) + 1:
        steps.append({})
    if step != len(steps):
        raise InputError(f"step {step} after step {len(steps)}", where=where, mend="write the steps of a run in order")
    if particle in steps[-1]:
        raise InputError(f"particle {particle} comes twice at step {step}", where=where, mend="one line a particle")
    if step == 1:
        before, path = None, ()
    elif parent is None or parent not in steps[-2]:
        raise InputError(
            f"parent {parent} is no particle of step {step - 1}", where=where, mend="name the particle it descends from"
        )
    else:
        before, path = steps[-2][parent][0], steps[-2][parent][1]
    score = record["score"]
    steps[-1][particle] = (score, (*path, score), before, record["log_weight"])


def _finished(run: str, steps: list[dict]) -> Iterator[Move]:
    for k, particles in enumerate(steps, 1):
        for score, path, before, log_weight in particles.values():
            yield Move(run, k, before, score, path, log_weight, k == len(steps))
