"""The main job: every shipped model, with its reward models, at several numbers of particles, against every statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smc.check.check import Report, check
from smc.check.measure import Measured
from smc.check.table import CLAIMED
from smc.errors import TooLarge
from smc.exact import explain_law
from smc.exact.occupancy.cost import duration
from smc.setting.analysis import analyse
from smc.setting.model import LayeredModel
from smc.setting.twist import Twist


@dataclass(frozen=True)
class Case:
    """One line of the suite: a model, a reward model, an algorithm and its count (particles; proposals for mh)."""

    model: LayeredModel
    twist: Twist
    algorithm: str
    count: int

    def __str__(self) -> str:
        return f"{self.model.name}, {self.twist.name}, {self.algorithm}, {self.count}"

    def run(self) -> Report:
        """The exact check of this case. Raises TooLarge for a law that is estimated to pass `BUDGET` or is found not to fit."""
        if self.algorithm in CLAIMED and self.count > 1:
            self._estimate()
        count = {"proposals" if self.algorithm == "mh" else "particles": self.count}
        report = check(self.model, self.twist, self.algorithm, **count)  # type: ignore[arg-type]
        _ = report.measured.total_variation  # the law of a sampler without statements is computed here, or refused here
        return report

    def _estimate(self) -> None:
        plan = explain_law(Measured(analyse(self.model, self.twist), self.algorithm, self.count).process, self.count)
        if plan.costs and plan.costs[0].seconds > BUDGET:
            took = duration(plan.costs[0].seconds)
            raise TooLarge(
                f"about {took} ({plan.occupancies} occupancies, {plan.bits} bits)",
                where=f"{self.count} particles",
                mend="check does it",
            )


COUNTS: dict[str, Sequence[int]] = {
    "naive": (1, 2, 3, 4, 8),
    "adapted": (2, 4, 8),
    "guided": (1,),
    "mh": (2, 8),
    "best-of-n": (4,),
}
"""Particles (proposals for mh) at which `verify` checks each algorithm."""
BUDGET = 5.0
"""Longest estimated time of one exact law, in seconds (the same estimate on every machine); longer ones are left out and listed."""


def cases(inputs: Sequence[tuple[LayeredModel, Twist]], counts: dict[str, Sequence[int]] | None = None) -> list[Case]:
    """Every (model, twist) with every algorithm and count, in a fixed order: what is announced is run, or listed as left out."""
    chosen = COUNTS if counts is None else counts
    return [Case(model, twist, algorithm, n) for model, twist in inputs for algorithm, ns in chosen.items() for n in ns]
