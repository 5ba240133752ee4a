"""Means over whole answers, each with its own end: the reward of an answer, and the values along it, where answers end at different steps.

The families of a unit are those of answers that the reference drew, cut at every step: a prefix without a score from which all were drawn
(its first scores), or each answer's own. An answer is cut at as many steps as it has, so with n answers in a unit

    E[phi] = E[ 1/n sum over its families of the mean of phi over children, 0 for a child that goes on ]

and the same with V of every child is `sum_{t=1}^T E[V_t]`, the prefixes that are gone counted as 0: a step's children are drawn given the
prefix, and the prefixes of step t are those of the answers that have not ended. Unbiased whether the child that ended is the answer's own
end or another draw. A unit whose families lack the root, or grow in number from one step to the next, is no such cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from smc.rewards.averages import Average
from smc.rewards.records import Family


@dataclass
class Whole:
    """The two means while families come in, unit by unit. top: bound of V, None where there is none; horizon: the number of steps.

    possible: whether every unit so far is a cut of whole answers, all of which end by the horizon.
    """

    top: float | None
    horizon: int
    possible: bool = True
    reward: Average = field(init=False)
    levels: Average = field(init=False)
    _unit: str | None = None
    _drawn: int = 0  # answers that one unscored root stands for
    _steps: dict[int, list[float]] = field(default_factory=dict)  # by step: families, sums of rewards and of values

    def __post_init__(self) -> None:
        bound = None if self.top is None else self.top * self.horizon
        self.reward, self.levels = Average(bound), Average(bound)

    def add(self, family: Family, values: Sequence[float]) -> None:
        """One family, V of its children."""
        if not self.possible:
            return
        if family.unit != self._unit:
            self.close()
            self._unit = family.unit
        ended = [0.0] * len(values)
        for k in family.ends:
            ended[k] = values[k]
        if family.score is None:
            self._drawn += len(values)
        if family.step + 1 == self.horizon and len(family.ends) < len(values):
            self.possible = False
        here = self._steps.setdefault(family.step, [0, 0.0, 0.0])
        for k, more in enumerate((1, family.mean(ended) if family.ends else 0.0, family.mean(values))):
            here[k] += more

    def close(self) -> None:
        """The unit is over."""
        if self._unit is None or not self._steps:
            return
        counts = [self._steps[step][0] if step in self._steps else 0 for step in range(max(self._steps) + 1)]
        answers = self._drawn or counts[0]
        shrinking = all(after <= before for before, after in zip([answers, *counts[1:]], counts[1:], strict=False))
        if counts[0] != (1 if self._drawn else answers) or not answers or not shrinking or 0 in counts:
            self.possible = False
            return
        for k, mean in (1, self.reward), (2, self.levels):
            root = self._steps[0][k] * (answers if self._drawn else 1)
            mean.add(self._unit, (root + sum(self._steps[t][k] for t in self._steps if t)) / answers)
        self._steps, self._drawn = {}, 0
