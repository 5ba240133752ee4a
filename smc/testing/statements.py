"""Which samplers each statement speaks of, and its rows on an instance: what property tests and campaigns evaluate."""

from __future__ import annotations

import math
from collections.abc import Callable

from proofs.catalogue import ROWS
from smc.checks.check import Report, check
from smc.checks.measure import Measured
from smc.checks.row import Row
from smc.checks.table import QUANTITIES
from smc.errors import InputError
from smc.samplers import SAMPLERS, find
from smc.samplers.naive import naive
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants
from smc.testing.instances import Instance

SPOKEN_OF: dict[str, tuple[Sampler, ...]] = {
    row.id: tuple(dict.fromkeys(SAMPLERS[name] for form in row.forms for name in form.samplers)) or (naive,)
    for row in ROWS.values()
    if any(form.quantity in QUANTITIES for form in row.forms)
}
"""Samplers by statement, of those that `check` measures; one on the reward model alone comes with any of them."""
COUNTED = {
    row.id for row in ROWS.values() if any({"N", "omega", "H", "J", "second"} & set(form.names) for form in row.forms)
}
"""Statements whose bounds or runs know a number of particles or proposals; second moments of a run do."""


def report(instance: Instance, sampler: str | Sampler) -> Report:
    """The exact check of `sampler` on `instance`, which says how it resamples: N particles, as many proposals where those are counted, or
    its only count."""
    chosen = instance.run(find(sampler))
    return check(instance.model, instance.twist, chosen, **chosen.keyword(instance.particles))


def measured(constants: Constants, sampler: Sampler, patience: float = math.inf) -> Callable[[int], Measured]:
    """What `report` measures, by the instance's number of particles, from one analysis and one process for all of them.

    patience: see `Measured`.
    """
    first = Measured(constants, sampler, 1, patience=patience)
    return first.at if sampler.count.fixed is None else lambda particles: first


def rows(statement: str, instance: Instance) -> list[Row]:
    """The rows of `statement` on `instance`, one for each form that applies. Raises InputError for an unknown statement."""
    if statement not in SPOKEN_OF:
        raise InputError(
            f"unknown statement {statement!r}", where="statements", mend=f"choose from {', '.join(SPOKEN_OF)}"
        )
    return [row for sampler in SPOKEN_OF[statement] for row in report(instance, sampler).rows if row.id == statement]
