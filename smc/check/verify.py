"""The main job: every shipped model, with its reward models, at several numbers of particles, against every statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smc.check.check import Report, check
from smc.check.measure import Measured
from smc.check.table import CLAIMED
from smc.errors import TooLarge
from smc.exact import explain_law
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

    def run(self) -> Report:
        """The exact check of this case."""
        if self.algorithm == "mh":
            return check(self.model, self.twist, "mh", proposals=self.count)
        return check(self.model, self.twist, self.algorithm, particles=self.count)

    def affordable(self, seconds: float) -> bool:
        """Whether the cost model puts the exact law below `seconds` on two cores (a fixed estimate, the same on every machine)."""
        if self.algorithm not in CLAIMED:
            return True
        measured = Measured(analyse(self.model, self.twist), self.algorithm, self.count)
        try:
            return explain_law(measured.process, self.count).costs[0].seconds <= seconds
        except TooLarge:
            return False


COUNTS: dict[str, Sequence[int]] = {
    "naive": (1, 2, 3, 4, 8),
    "adapted": (2, 4, 8),
    "guided": (1,),
    "mh": (2, 8),
    "best-of-n": (4,),
}
"""Particles (proposals for mh) at which `verify` checks each algorithm."""
MOST_SECONDS = 2.0
"""A case whose exact law is estimated to take longer is not part of the suite; `check` runs it when asked."""


def cases(inputs: Sequence[tuple[LayeredModel, Twist]], counts: dict[str, Sequence[int]] | None = None) -> list[Case]:
    """Every (model, twist) with every algorithm and affordable count, in a fixed order."""
    chosen = COUNTS if counts is None else counts
    every = (
        Case(model, twist, algorithm, n) for model, twist in inputs for algorithm, ns in chosen.items() for n in ns
    )
    return [case for case in every if case.affordable(MOST_SECONDS)]
