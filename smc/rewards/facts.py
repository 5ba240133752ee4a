"""What a file shows of a reward model: by step, and in all; `smc.rewards.local` finds it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from smc.rewards.averages import Interval
from smc.rewards.rollouts import Truth

LEAST_CHILDREN = 4
"""Draws from which on the Bellman ratio of one prefix is said to be seen."""
FAR = (1.25, 2.0, 4.0, 10.0)
"""Factors: the shares of steps whose ratio V(y)/V(x) is outside [1/f, f] are reported."""


@dataclass(frozen=True)
class Scores:
    """What a score means. value: V of a score. top: bound of V, or None. floor: V is lifted to it, None where it is not. from_top: whether
    every prefix that goes on has the score `top`, as with labels."""

    words: str
    value: Callable[[float], float]
    top: float | None = 1.0
    floor: float | None = None
    from_top: bool = False

    def __call__(self, score: float) -> float:
        return self.of((score,))[0]

    def of(self, scores: Iterable[float]) -> list[float]:
        """V of each of `scores`."""
        values = map(self.value, scores)
        return list(values) if self.floor is None else [value if value > self.floor else self.floor for value in values]

    @property
    def most_ratio(self) -> float | None:
        """The largest ratio of two values, where it is known beforehand."""
        if self.from_top:
            return 1.0
        return None if self.top is None or self.floor is None else self.top / self.floor

    @property
    def most_off(self) -> float:
        """The largest ratio of two values or of its inverse, where it is known beforehand; infinite elsewhere."""
        return math.inf if self.top is None or self.floor is None else self.top / self.floor


@dataclass(frozen=True)
class StepFacts:
    """One step of an audit. All of it is over the prefixes that go on at the step: answers that have ended by then are in no mean; ratio,
    square and far leave out those of score 0.

    seen: prefixes whose Bellman ratio is seen, with all children or at least `LEAST_CHILDREN` drawn (then through
    their noise, which widens the spread); lowest, highest: those ratios, and where.

    least_step, largest_step: ratios V(y)/V(x) seen. sup_rho, inf_rho: the supremum of rho is at least, the infimum at most this.
    far: by `FAR`. effective: the share of a large cloud that is effective after the step: of prefixes of the reference, from the means,
    `E[V']^2 / (E[V] E[V'^2/V])`, V' and V'^2/V as 0 where V = 0; of a loop's, which are weighted by V already, `E[w]^2 / E[w^2]`,
    w = V'/V. None where unknown. It is `1/(1 + chi^2)`, chi^2 the relative variance of the step's weights. effective_ends: an interval,
    where the means have theirs.
    killed: prefixes of score 0 that go on; dead: of score 0 that do not. active: C_act is at least this; truth: V against V*, where answers
    were drawn after the prefixes and none ended before.
    """

    step: int
    prefixes: int
    seen: int
    killed: int
    dead: int
    lowest: float
    highest: float
    lowest_at: str
    highest_at: str
    least_step: float
    largest_step: float
    sup_rho: float
    inf_rho: float
    level: Interval | None
    next: Interval | None
    ratio: Interval | None
    square: Interval | None
    energy: Interval | None
    far: tuple[Interval | None, ...]
    effective: float | None
    effective_ends: tuple[float, float]
    active: float
    truth: Truth | None

    @property
    def spread(self) -> float:
        """The ratio of the highest to the lowest Bellman ratio seen: what r_t would be if they were the worst. 1 where none is seen."""
        return quotient(self.highest, self.lowest) if self.seen else 1.0

    @property
    def spread_lower(self) -> float:
        """`r_t` is at least this."""
        return max(1.0, quotient(self.sup_rho, self.inf_rho))


@dataclass(frozen=True)
class Facts:
    """What a file shows of a reward model. steps: those that have prefixes, of `horizon`. error: the probability that some interval or end
    does not hold. final: the mean reward of answers of the reference, each at its own end; None where the file does not hold them whole
    (see `smc.rewards.whole`; where all children of the last step end, and no others do, they are a sample of the answers without their
    earlier steps). along: sum of E[V_t], t = 1..T, of such answers, None for others. together: whether all answers end at the last step.
    all_before: the first step that answers have ended by: the prefixes before it are those of all answers, later ones of those that go on.
    weighted: whether the prefixes are those of a loop. rewarded: whether some children have rewards, which no floor lifts. several: whether
    the roots are of several prompts (scores that differ, or units without one): then averages are over prompts, and bound no single one."""

    scores: Scores
    horizon: int
    steps: tuple[StepFacts, ...]
    families: int
    error: float
    final: Interval | None
    along: float | None
    together: bool
    all_before: int
    weighted: bool = False
    rewarded: bool = False
    several: bool = False

    @property
    def unseen(self) -> int:
        """Steps without a prefix."""
        return self.horizon - len(self.steps)

    @property
    def eps(self) -> tuple[float, float]:
        """Ends of the Bellman error: the lower one certified, the upper one a priori (infinite without a floor)."""
        least = max((max(s.sup_rho, quotient(1.0, s.inf_rho)) - 1 for s in self.steps), default=0.0)
        return max(least, 0.0), self.most_off - 1

    @property
    def most_off(self) -> float:
        """The a priori end of L: see `Scores.most_off`; rewards may be 0."""
        return math.inf if self.rewarded else self.scores.most_off

    @property
    def ratios_seen(self) -> bool:
        """Whether Bellman ratios were seen at every step after the first (at the root r_0 is 1)."""
        later = sum(1 for step in self.steps if step.step and step.seen)
        return later + 1 >= self.horizon and any(step.seen for step in self.steps)

    @property
    def eps_seen(self) -> float | None:
        """The Bellman error, if the worst prefixes are those seen; None where a step shows none."""
        if not self.ratios_seen:
            return None
        return max(max(s.highest, quotient(1.0, s.lowest)) - 1 for s in self.steps if s.seen)

    @property
    def cumulative(self) -> tuple[float, float]:
        """Ends of Lambda, half the sum of log r_t for t = 1..T-1."""
        least = sum(math.log(s.spread_lower) for s in self.steps if s.step) / 2
        return least, (self.horizon - 1) * math.log(self.most_off) if self.horizon > 1 else 0.0

    @property
    def cumulative_seen(self) -> float | None:
        """Lambda, if the worst prefixes are those seen; None where a step shows none."""
        if not self.ratios_seen:
            return None
        return sum(math.log(s.spread) if s.spread < math.inf else math.inf for s in self.steps if s.step) / 2

    @property
    def ratio_bound(self) -> tuple[float, float]:
        """Ends of L: what a step has shown is certain, the upper end a priori."""
        least = max(
            (max(s.largest_step, quotient(1.0, s.least_step)) for s in self.steps if s.largest_step), default=1.0
        )
        return max(least, 1.0), self.most_off

    @property
    def activity(self) -> tuple[float, float]:
        """Ends of C_act, the largest ratio of V* after a step to V* before it: the lower one certified, the upper one a priori."""
        return max((step.active for step in self.steps), default=1.0), self.most_off

    @property
    def activity_seen(self) -> float:
        """C_act, were the scores the true values and the worst steps those seen."""
        return max((step.largest_step for step in self.steps), default=0.0)

    @property
    def coverage(self) -> tuple[float, float] | None:
        """`1/2 sum_t sqrt(E[V_(t-1)] E[V*_t^2/V_(t-1)])/Z`, estimated and from above: over sqrt(N) it bounds the total variation (G1,
        sharper). None unless every step has the same answers, of the reference, and every prefix of them the score before and two rewards
        after: those of a group that lack them may be the ones where V is far from V*."""
        if self.unseen or not self.together or self.along is None or self.several or self.final is None:
            return None
        pairs = []
        for before, after in pairwise(self.steps):
            if after.truth is None or after.truth.prefixes < after.prefixes:
                return None
            pairs.append((before.level, after.truth.moment, after.truth.mass.units))
        last = self.steps[-1]
        pairs.append((last.level, last.energy, 0))
        found = []
        for level, moment, answered in pairs:
            if (
                level is None
                or moment is None
                or {level.units, moment.units, answered or level.units} != {self.final.units}
            ):
                return None
            found.append((level.mean * moment.mean, level.upper * moment.upper))
        if len({step.prefixes for step in self.steps}) > 1 or any(step.killed for step in self.steps):
            return None
        sums = [math.fsum(math.sqrt(pair[k]) for pair in found) / 2 for k in (0, 1)]
        return quotient(sums[0], self.final.mean), quotient(sums[1], self.final.lower)

    @property
    def worst(self) -> StepFacts | None:
        """The step whose Bellman ratios spread most."""
        return max((s for s in self.steps if s.step and s.seen), key=lambda s: s.spread, default=None)


def quotient(above: float, below: float) -> float:
    return above / below if below else math.inf if above else 1.0
