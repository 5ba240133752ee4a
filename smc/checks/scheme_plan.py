"""`plan` under another resampling, where only eps, L and T are known: what the statements on its slots ask for."""

from __future__ import annotations

from itertools import accumulate, repeat
from operator import mul

from proofs import bounds
from proofs.catalogue import TV
from smc.checks.demand import MOST_PARTICLES
from smc.checks.plan import BITS, Demand, Setting
from smc.checks.table import known
from smc.errors import InputError
from smc.numbers import ONE, Ball, Extended, ball, least_at_most, precision
from smc.samplers.sampler import Sampler

OF_A_SLOT = {"omega", "b"}
"""Inputs of the bounds that are read here: the largest share of a slot, and `b_p` step by step."""


def plan_by_slots(given: Setting, sampler: Sampler) -> list[Demand]:
    """The demand of every statement on the total variation of `sampler` as it resamples.

    Its `b_p` are at most `L (1+eps)^(2(T-p)+1)` (the step of S12.uniform). Raises InputError where no statement speaks of it.
    """
    forms = [(row, form) for row, form in known(sampler) if form.quantity == TV and OF_A_SLOT.issuperset(form.names)]
    if not forms:
        raise InputError(
            f"no statement speaks of {sampler.label}",
            where="resampling",
            mend="name a model, on which exact laws are counted by, or resample all or below a threshold inf:1/2",
        )
    with precision(BITS):
        growth = ball(ONE + given.eps, BITS)
        first: Ball = ball(given.ratio_bound, BITS) * growth
        ranges = list(accumulate(repeat(growth * growth, given.horizon - 1), mul, initial=first))[::-1]
    return [_demand(given, sampler, row.id, bounds.ClosedForm(row.id, form.form, b=ranges)) for row, form in forms]


def _demand(given: Setting, sampler: Sampler, statement: str, closed: bounds.ClosedForm) -> Demand:
    def value(n: int) -> Extended | Ball:
        with precision(BITS):
            return closed(omega=sampler.at(n)["omega"])

    count = least_at_most(value, given.delta, MOST_PARTICLES)
    calls = None if count is None else count * given.horizon
    return Demand(statement, sampler.label, count, "particles", calls, calls)
