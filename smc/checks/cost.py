"""What an accuracy costs under each sampler, in the practitioner's unit: expected calls of the generator and of the reward model.

A call of the generator gives the next-step distribution at one node (an expansion); a call of the reward model scores one node. N particles
over T steps are `N T` expansions, a chain of H proposals is `H T`, a walk is its expected steps. Runs that die early cost less; the counts
here are those of a run that lives. Each sampler's count is the least that is known to reach the accuracy, in its own way:

| selection | count |
|---|---|
| chain | exact: the whole path's TV falls with H |
| walk | the law of the leaf in balls, visit by visit |
| resampled, and moves and weights that do not depend on the state | exact: the whole path's TV, symbol by symbol |
| resampled otherwise | the least, by exact laws of few particles; beyond them certified for this count and all larger ones (S10, S14) |
| resampled in another way | by exact laws of few particles; beyond them by the statements that speak of the scheme |
| one particle | exact |
| independent paths | exact, for `MOST_PATHS` at most; a choice of the best has no such count |
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofs.catalogue import TV
from smc.checks.demand import demand
from smc.checks.document import exact
from smc.checks.least import least_by_laws
from smc.checks.measure import Law, Measured, quick_law
from smc.checks.table import claims
from smc.errors import InputError, ModelError, TooLarge
from smc.exact.backtracking import Backtracking, backtracking
from smc.exact.conditional import sweeps
from smc.exact.enough import enough
from smc.exact.metropolis import sampler_of
from smc.instances.product import ProductModel
from smc.numbers import Ball, Rational, Verdict, at_most, ball, dyadic, least_enough, precision, rational
from smc.samplers import SAMPLERS, resampled
from smc.samplers.process import ParticleProcess, Selection
from smc.samplers.sampler import Sampler, Scores
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist

MOST_COUNT = 1 << 24
"""Largest count that is looked for."""
MOST_PATHS = 4
"""Largest number of independent weighted paths whose law is looked at."""
MOST_VISITS = 2_000
"""Largest number of visits of the walk."""
MOST_SWEEPS = 40
"""Largest number of sweeps of conditional SMC, whose laws are exact."""
MOST_CLOUDS = 2_000
"""Largest number of clouds of a layer that conditional SMC may have: its kernel is a matrix between leaves."""
SCHEMES_SHOWN = (
    "stratified", "residual", "systematic", "ssp", "killing", "multinomial:ess:1/2", "multinomial:inf:1/2",
)  # fmt: skip
"""The ways to resample that are shown beside multinomial after every step, as they are typed: what libraries offer."""
BITS = 256
"""Working precision of the walk's laws."""
BUDGET = 20.0
"""Seconds that one certificate may take, by estimate."""


@dataclass(frozen=True)
class Cost:
    """What `sampler` pays for a total variation of at most delta. count: None where none is known, and `how` says why.

    generator, reward: expected calls; the walk's are midpoints of balls of `BITS` bits.
    """

    sampler: Sampler
    delta: Rational
    count: int | None
    generator: Rational | None
    reward: Rational | None
    how: str

    def to_json(self) -> dict[str, Any]:
        """Rationals as strings, null where no count is known."""
        return {
            "algorithm": self.sampler.name,
            "resampling": self.sampler.resampling.typed,
            **exact("delta", self.delta),
            "counts": self.sampler.count.option,
            "count": self.count,
            **exact("generator_calls", self.generator),
            **exact("reward_calls", self.reward),
            "how": self.how,
        }


def calls(c: Constants, sampler: Sampler, count: int, steps: Rational) -> tuple[Rational, Rational]:
    """Expected calls of the generator and of the reward model, of a run that makes `steps` steps in all."""
    branching = max(len(row) for step in c.model.edges for row in step)
    scored = {Scores.MOVES: steps, Scores.CHILDREN: steps * branching, Scores.ENDS: Rational(count)}
    return steps, scored[sampler.scores]


def costs(model: Model, twist: Twist, deltas: Sequence[object], schemes: Sequence[str] = SCHEMES_SHOWN) -> list[Cost]:
    """A cost for every sampler and accuracy, by accuracy; samplers that resample come under `schemes`, as they are typed, as well.

    Raises InputError for an accuracy outside (0, 1) and a scheme that is none.
    """
    c, goals = analyse(model, twist), [rational(d) for d in deltas]
    samplers = list(dict.fromkeys(run for own in SAMPLERS.values() for run in (own, *_under(own, schemes))))
    for goal in goals:
        if not 0 < goal < 1:
            raise InputError(f"accuracy {goal}", where="delta", mend="a total variation between 0 and 1, such as 1/10")
    laws = {sampler: quick_law(Measured(c, sampler, 1)) for sampler in samplers}
    return [_cost(c, sampler, goal, laws[sampler]) for goal in goals for sampler in samplers]


def _under(sampler: Sampler, schemes: Sequence[str]) -> list[Sampler]:
    """The sampler under each other resampling, where it resamples."""
    return [resampled(sampler, typed) for typed in schemes] if sampler.interacting else []


def cheapest(found: Sequence[Cost]) -> list[Cost]:
    """For each accuracy the sampler of fewest generator calls, among those whose count is known."""
    known = [c for c in found if c.generator is not None]
    return [
        min((c for c in known if c.delta == delta), key=lambda c: (c.generator, c.sampler.label))
        for delta in dict.fromkeys(c.delta for c in known)
    ]


def _cost(c: Constants, sampler: Sampler, delta: Rational, law: Law) -> Cost:
    process = sampler.process(c.model, c.twist)
    try:
        if process.selection is Selection.WALK:
            count, steps = _visits(backtracking(process), c, delta)
            how = "exact law, in balls"
        elif process.held is not None:
            count = _sweeps(process, c, delta)
            how = "exact" if count is not None else f"more than {MOST_SWEEPS} sweeps"
            moved = (
                None if count is None else process.held + count * (process.held - 1)
            )  # a run, then a kept path a sweep
            steps = None if moved is None else Rational(moved * c.model.horizon)
        else:
            count, how = _least(c, sampler, process, delta, law)
            steps = None if count is None else Rational(count * c.model.horizon)
    except (ModelError, TooLarge) as fault:
        return Cost(sampler, delta, None, None, None, fault.what)
    if count is None or steps is None:
        return Cost(sampler, delta, None, None, None, how)
    return Cost(sampler, delta, count, *calls(c, sampler, count, steps), how)


def _least(
    c: Constants, sampler: Sampler, process: ParticleProcess, delta: Rational, law: Law
) -> tuple[int | None, str]:
    """The least count that is known to be enough, and how it is known."""
    if sampler.count.fixed is not None:
        tv = Measured(c, sampler, sampler.count.fixed).total_variation
        met = at_most(tv, delta) is Verdict.HOLDS
        return (sampler.count.fixed, "exact") if met else (None, "one particle is not enough")
    if process.selection is Selection.CHAIN:
        chain = sampler_of(process)
        return least_enough(lambda h: chain.path_total_variation(h) <= delta, MOST_COUNT), "exact"
    if process.selection is Selection.BEST:
        return None, "does not tend to the target"
    if process.selection is Selection.WEIGHTED:
        run = Measured(c, sampler, 1)
        for n in range(1, MOST_PATHS + 1):
            if at_most(run.at(n).total_variation, delta) is Verdict.HOLDS:
                return n, "exact"
        return None, f"more than {MOST_PATHS}, where exact laws of independent paths are slow"
    product = product_of(process) if process.plain else None
    if product is not None:
        return least_enough(lambda n: product.total_variation(n) <= delta, MOST_COUNT), "exact"
    few = least_by_laws(law, delta, seconds=math.inf).particles
    if few is not None:
        return few, "exact"
    if process.plain:
        return enough(process, delta, budget=BUDGET).for_good, "certified"
    asked = [demand(claim, delta) for claim in claims(c, sampler) if claim.quantity == TV and claim.relation == "<="]
    promised = ((d.particles, f"by {d.id} ({d.form})") for d in asked if d.particles is not None)
    return min(promised, default=(None, "exact laws fit few particles, and no statement speaks of more"))


def _sweeps(process: ParticleProcess, c: Constants, delta: Rational) -> int | None:
    """The least number of sweeps of conditional SMC after which its path is within delta."""
    for count, law in enumerate(itertools.islice(sweeps(process, most=MOST_CLOUDS), 1, MOST_SWEEPS + 1), 1):
        if law.total_variation(c.target) <= delta:
            return count
    return None


def product_of(process: ParticleProcess) -> ProductModel | None:
    """The process symbol by symbol, where no state that is reached with positive weight differs in its moves and weights from another of
    its layer; None otherwise. Then the output's path has independent symbols under SMC, at any N."""
    here, steps = {0}, []
    for step in process.steps:
        rows = {tuple(sorted((o.probability, o.weight) for o in step[x])) for x in here}
        if len(rows) != 1 or not (row := rows.pop()):
            return None
        steps.append(row)
        here = {o.target for x in here for o in step[x] if o.weight}
    return ProductModel(tuple(steps))


def _visits(walk: Backtracking[Rational], c: Constants, delta: Rational) -> tuple[int | None, Rational | None]:
    """(least number of visits whose leaf is certainly within delta, expected steps to it)."""
    with precision(BITS):
        target = [ball(p, BITS) for p in c.target]
        for j, (law, steps) in enumerate(itertools.islice(walk.in_balls(BITS).visits(), MOST_VISITS), 1):
            distance: Ball = sum((abs(p - q) for p, q in zip(law, target, strict=True)), ball(Rational(0))) / 2
            if at_most(distance, delta) is Verdict.HOLDS:
                return j, dyadic(steps)
    return None, None
