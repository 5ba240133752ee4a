"""`plan MODEL`: how many particles this model needs for `TV <= delta`: what each theorem asks for, what is certified, what is true.

The certified counts come from the enclosure alone (`smc.exact.enough`). Below them every single N is looked at, downwards, by its exact law
where that is quick, else by the enclosure at level four: the least N from which on `TV <= delta` is certain, and whether N - 1 certainly is
too few.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import flint

from proofs.catalogue import TV
from smc.check.demand import Demand, demand
from smc.check.enclosed import seconds_of_law
from smc.check.measure import Measured
from smc.check.table import CLAIMED, CLAIMED_NAMES, claims
from smc.errors import InputError, TooLarge
from smc.exact.enclosure import enclosure, joined
from smc.exact.enclosure_cost import BUDGET, choose
from smc.exact.enough import Enough, enough
from smc.numbers import Rational, rational
from smc.samplers import find
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import LayeredModel
from smc.setting.twist import Twist

QUICK = 1.0
"""Longest estimate, in seconds, of what a single N is looked at with."""


@dataclass(frozen=True)
class ModelPlan:
    """Particles for `TV <= delta` on one model.

    demands: what each statement asks for. certified: the counts of the enclosure at level two. least: from this N on `TV <= delta` is
    certain (by exact laws and level four too); needed: whether `TV > delta` is certain at `least - 1`.
    """

    constants: Constants
    sampler: Sampler
    delta: Rational
    demands: tuple[Demand, ...]
    certified: Enough
    least: int | None
    needed: bool

    def __str__(self) -> str:
        """The report as `bellman-smc plan` prints it."""
        from smc.present.report import text_of  # printing builds on reports

        return text_of(self)

    def to_json(self) -> dict[str, Any]:
        """Counts as numbers, rationals as strings; null where there is no such count."""
        c, e = self.constants, self.certified
        return {
            "model": c.model.name,
            "twist": c.twist.name,
            "algorithm": self.sampler.name,
            "selection": self.sampler.how,
            "horizon": c.model.horizon,
            "delta": str(self.delta),
            "demands": [{"id": d.id, "form": d.form, "particles": d.particles} for d in self.demands],
            "certified": {
                "first": e.first,
                "for_good": e.for_good,
                "tail": e.tail,
                "open": None if e.open_from is None else [e.open_from, e.open_to],
            },
            "least": self.least,
            "least_needed": self.needed,
        }


def plan_model(
    model: LayeredModel, twist: Twist, sampler: str | Sampler = naive, *, delta: object = "1/10", budget: float = BUDGET
) -> ModelPlan:
    """The plan of `sampler` on `model` steered by `twist`, in about `budget` seconds: half for the enclosure's counts, half below them.

    Raises InputError for an accuracy outside (0, 1) and an algorithm without a number of particles.
    """
    goal = rational(delta)
    if not 0 < goal < 1:
        raise InputError(
            f"accuracy {goal} is not between 0 and 1", where="delta", mend="delta is a total variation, such as 0.1"
        )
    chosen, constants = find(sampler), analyse(model, twist)
    if chosen not in CLAIMED:
        raise InputError(
            f"no number of particles to plan for {chosen.name!r}",
            where="algorithm",
            mend=f"choose one of {CLAIMED_NAMES}",
        )
    process = chosen.process(model, twist)
    certified = enough(process, goal, budget=budget / 2)
    demands = tuple(
        demand(claim, goal) for claim in claims(constants, chosen) if claim.quantity == TV and claim.relation == "<="
    )
    least, needed = certified.for_good, False
    if least is not None:
        least, needed = _below(constants, process, chosen, goal, least, time.monotonic() + budget / 2)
    return ModelPlan(constants, chosen, goal, demands, certified, least, needed)


def _below(
    constants: Constants, process: ParticleProcess, sampler: Sampler, delta: Rational, start: int, deadline: float
) -> tuple[int, bool]:
    """The least N reached from `start` down with `TV <= delta` at every count on the way; whether the next one is certainly too few."""
    quotient = joined(process)[0]
    for n in range(start - 1, 0, -1):
        if time.monotonic() > deadline:
            return n + 1, False
        low, high = _ends(constants, process, quotient, sampler, n)
        if high > delta:
            return n + 1, low > delta
    return 1, True


def _ends(
    constants: Constants, process: ParticleProcess, quotient: ParticleProcess, sampler: Sampler, n: int
) -> tuple[Rational, Rational]:
    """Ends of TV at n particles: equal where the exact law is quick, else those of level four, or (0, 1) where neither is."""
    if seconds_of_law(constants.model, constants.twist, sampler, n) <= QUICK:
        exact = Measured(constants, sampler, n).total_variation
        assert not isinstance(exact, flint.arb)
        return exact, exact
    try:
        way = choose(quotient, n, level=4, budget=QUICK)
    except TooLarge:
        return Rational(0), Rational(1)
    found = enclosure(process, n, level=4, arithmetic=way.arithmetic)
    return found.tv_lower, found.tv_upper
