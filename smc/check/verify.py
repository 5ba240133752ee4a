"""The main job: every shipped model, with its reward models, at several numbers of particles, against every statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smc.check.check import Report, check
from smc.check.measure import Measured
from smc.errors import TooLarge
from smc.exact import explain_law
from smc.exact.occupancy.cost import duration
from smc.samplers import SAMPLERS
from smc.samplers.sampler import Sampler
from smc.setting.analysis import analyse
from smc.setting.model import LayeredModel
from smc.setting.twist import Twist


@dataclass(frozen=True)
class Case:
    """One line of the suite: a model, a reward model, a sampler and its count."""

    model: LayeredModel
    twist: Twist
    sampler: Sampler
    count: int

    def __str__(self) -> str:
        return f"{self.model.name}, {self.twist.name}, {self.sampler.name}, {self.count}"

    def run(self) -> Report:
        """The exact check of this case. Raises TooLarge for a law that is estimated to pass `BUDGET` or is found not to fit."""
        if self.sampler.interacting and self.sampler.plain and self.count > 1:
            self._estimate()
        report = check(self.model, self.twist, self.sampler, **self.sampler.keyword(self.count))
        _ = report.measured.total_variation  # the law of a sampler without statements is computed here, or refused here
        return report

    def _estimate(self) -> None:
        plan = explain_law(Measured(analyse(self.model, self.twist), self.sampler, self.count).process, self.count)
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


def cases(
    inputs: Sequence[tuple[LayeredModel, Twist]], counts: dict[Sampler, Sequence[int]] | None = None
) -> list[Case]:
    """Every (model, twist) with every sampler and count, in a fixed order: what is announced is run, or listed as left out."""
    chosen = COUNTS if counts is None else counts
    return [Case(model, twist, sampler, n) for model, twist in inputs for sampler, ns in chosen.items() for n in ns]
