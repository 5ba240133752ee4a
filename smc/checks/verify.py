"""The main job: every shipped model, with its reward models, at several numbers of particles, against every statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from smc.checks.budget import Progress
from smc.checks.check import Report, report
from smc.checks.measure import Measured
from smc.checks.table import Ready
from smc.errors import TooLarge
from smc.exact import explain_law
from smc.exact.occupancy.cost import duration
from smc.samplers import SAMPLERS
from smc.samplers.sampler import Sampler
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import Twist


@dataclass(frozen=True)
class Case:
    """One line of the suite: a sampler at a count on a model under a reward model.

    measured: what the lines of one sampler share but for the count. ready: closed forms that the lines of one analysis share.
    """

    measured: Measured
    count: int
    ready: Ready = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        c = self.measured.constants
        return f"{c.model.name}, {c.twist.name}, {self.measured.sampler.name}, {self.count}"

    def run(self, progress: Progress | None = None) -> Report:
        """The exact check of this case. Raises TooLarge for a law that is estimated to pass `BUDGET` or is found not to fit."""
        here = replace(self.measured.at(self.count), progress=progress)
        if here.sampler.interacting and here.sampler.plain and self.count > 1:
            self._estimate(here)
        found = report(here, self.ready)
        _ = found.measured.total_variation  # the law of a sampler without statements is computed here, or refused here
        return found

    def _estimate(self, here: Measured) -> None:
        plan = explain_law(here.process, self.count)
        if plan.costs and plan.costs[0].seconds > BUDGET:
            took = duration(plan.costs[0].seconds)
            raise TooLarge(
                f"about {took} ({plan.occupancies} occupancies, {plan.bits} bits)",
                where=f"{self.count} particles",
                mend="check does it",
            )


COUNTS: dict[Sampler, Sequence[int]] = {s: s.checked_at for s in SAMPLERS.values() if s.checked_at}
"""Counts at which `verify` checks each sampler."""
BUDGET = 5.0
"""Longest estimated time of one exact law, in seconds (the same estimate on every machine); longer ones are left out and listed."""


def cases(inputs: Sequence[tuple[Model, Twist]], counts: dict[Sampler, Sequence[int]] | None = None) -> list[Case]:
    """Every (model, twist) with every sampler and count, in a fixed order: what is announced is run, or listed as left out."""
    chosen = COUNTS if counts is None else counts
    found = []
    for model, twist in inputs:
        constants, ready = analyse(model, twist), Ready()
        for sampler, ns in chosen.items():
            first = Measured(constants, sampler, 1)
            found += [Case(first, n, ready) for n in ns]
    return found
