"""The log of a particle loop, this project's own: one line for each particle at each step, in the order of the steps.

    {"run": 0, "step": 1, "particle": 3, "parent": 2, "score": 0.41, "log_weight": -0.89}

`step` counts from 1; `parent` is the particle of the step before that it descends from (left out at step 1), `score` the reward model's
score of the particle after the step, `log_weight` the logarithm of what the step multiplied it by, before any resampling and up to a
constant that all particles of a step share. `"resampled": true` or false, the same for all particles of a step from 2 on, says whether the
parents were drawn; left out, they count as drawn unless each particle is its own parent, which a draw of few particles may be too. Numbers
may be text; `"-Infinity"` is a weight of zero. The lines of a run stand together. In a run without scores every `score` is null: its
genealogy is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from smc.rewards.items import Item
from smc.rewards.records import Cloud, Format, Run


@dataclass
class _Step:
    """A step while its lines come in. place: particle -> index."""

    place: dict[int, int] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    log_weights: list[float] = field(default_factory=list)
    resampled: bool | None = None


def read(lines: Iterator[Item]) -> Iterator[Run]:
    """The runs, one at a time. Raises InputError with the line of a step or parent out of order, a particle or run that comes again."""
    name: str | None = None
    begins, steps = "", list[_Step]()
    closed: set[int] = set()  # hashes, so that names of runs cost a word each
    for line in lines:
        run = str(line.key("run").value)
        if run != name:
            if name is not None:
                yield _run(name, begins, steps)
                closed.add(hash(name))
            name, begins, steps = run, line.place, []
            if hash(name) in closed:
                raise line.fault(f"run {name} comes again", "keep the lines of a run together")
        _add(steps, line)
    if name is not None:
        yield _run(name, begins, steps)


def _add(steps: list[_Step], line: Item) -> None:
    step, particle = line.key("step").whole(1), line.key("particle").whole()
    said = line.key("score")
    score = None if said.value is None else said.real()
    log_weight = line.key("log_weight").real(zero_weight=True)
    if step == len(steps) + 1:
        steps.append(_Step())
    if step != len(steps):
        raise line.fault(f"step {step} after step {len(steps)}", "write the steps of a run in order")
    here = steps[-1]
    if (score is None) is not (steps[0].scores[0] is None if steps[0].scores else score is None):
        raise line.fault("scores are given for some particles only", "score every particle of a run, or none")
    if particle in here.place:
        raise line.fault(f"particle {particle} comes twice at step {step}", "one line a particle")
    if step > 1:
        given = line.get("parent")
        if given is None:
            raise line.fault("has no parent", f"name the particle of step {step - 1} that it descends from")
        parent = given.whole()
        if parent not in steps[-2].place:
            raise line.fault(f"parent {parent} is no particle of step {step - 1}", "name the particle it descends from")
        flag = line.get("resampled")
        told = None if flag is None else flag.value
        if told not in (None, True, False):
            raise line.key("resampled").fault("is no true or false")
        if here.parents and told is not here.resampled:
            raise line.fault("resampled is not that of the step", "give all particles of a step the same")
        here.resampled = told
        here.parents.append(steps[-2].place[parent])
    here.place[particle] = len(here.place)
    here.scores.append(score)
    here.log_weights.append(log_weight)


def _run(name: str, begins: str, steps: list[_Step]) -> Run:
    clouds: list[Cloud] = []
    for step in steps:
        parents, weights = tuple(step.parents) or None, tuple(step.log_weights)
        totals = weights
        drawn = step.resampled
        if parents is not None and drawn is None:
            drawn = parents != tuple(range(len(clouds[-1].totals)))
        if parents is not None and not drawn:
            totals = tuple(clouds[-1].totals[parent] + new for parent, new in zip(parents, weights, strict=True))
        scores = tuple(score for score in step.scores if score is not None) or None
        clouds.append(Cloud(parents, weights, totals, scores, bool(drawn)))
    return Run(name, begins, tuple(clouds))


FORMAT = Format(
    "particles", "a log of this project's own: a line for each particle and step", ("run", "step", "particle", "log_weight"), read, "loop"
)  # fmt: skip
