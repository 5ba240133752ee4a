"""How good a reward model is, from prefixes with sampled children: Bellman ratios, their spread by step, local moments, with intervals.

For a prefix x with score V(x) and children y drawn by the reference, `rho(x) = E[V(y)]/V(x)` is its Bellman ratio. What a sample certifies,
all at once with probability 1 - error whatever the laws are (the error is shared evenly between the steps and what is said of each):

- *averages over prefixes*, by step: of V, of rho, of rho^2 (two children are two independent draws), of V(y)^2/V(x) (0 where V(x) = 0);
- *shares* of steps whose ratio V(y)/V(x) is far from 1: quantiles;
- *lower ends of suprema*: a supremum is at least an average, and at least what one prefix shows. So `r_t`, `eps`, `Lambda` from below.

*Not certified: upper ends of suprema.* However many prefixes were seen, the worst may be another. An upper end is given only where the
scores are bounded from both sides, as they are once the loop lifts them to a floor (`floor`), and is then the a priori one.
A prefix of a search, or met by a loop, is no draw of the reference: then an interval is about the prefixes that the search or loop meets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from smc.errors import InputError
from smc.rewards.averages import Average, Interval
from smc.rewards.records import Family, Record, Run

LEAST_CHILDREN = 4
"""Draws from which on the Bellman ratio of one prefix is said to be seen."""
RANGE = 1e130
"""Largest value, and ratio of a step: products of a value, a ratio and many of them are floats."""
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
        value = self.value(score)
        return value if self.floor is None else max(value, self.floor)

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


@dataclass
class _Step:
    """What the prefixes at one step show."""

    scores: Scores
    prefixes: int = 0
    seen: int = 0
    killed: int = 0
    dead: int = 0
    lowest: float = math.inf
    highest: float = -math.inf
    lowest_at: str = ""
    highest_at: str = ""
    least_step: float = math.inf
    largest_step: float = 0.0
    weights: list[float] = field(
        default_factory=lambda: [0.0, 0.0, 0.0]
    )  # of children: number, sum, sum of squares of V(y)/V(x)
    proved_high: float = 0.0
    proved_low: float = math.inf
    level: Average = field(init=False)
    next: Average = field(init=False)
    ratio: Average = field(init=False)
    square: Average = field(init=False)
    energy: Average = field(init=False)
    kept: Average = field(init=False)  # of V(y), 0 below a prefix of score 0, which has no weight in a cloud
    far: tuple[Average, ...] = field(init=False)

    def __post_init__(self) -> None:
        top, most = self.scores.top, self.scores.most_ratio
        self.level, self.next, self.kept, self.ratio = Average(top), Average(top), Average(top), Average(most)
        self.square = Average(None if most is None else most * most)
        self.energy = Average(None if most is None or top is None else most * top)
        self.far = tuple(Average(1.0) for _ in FAR)

    def add(self, family: Family, margin: Callable[[int], float]) -> None:
        """A family. margin: by number of children, how far their mean may be from its expectation, as a share of `top`."""
        self.prefixes += 1
        children = values(family, self.scores)
        _in_range(family, children, 0.0 if family.score is None else self.scores(family.score))
        chances, mean = family.weights, family.mean(children)
        self.next.add(family.unit, mean)
        seen = family.chances is not None or len(children) >= LEAST_CHILDREN
        if family.score is None:  # the root: its best score is the mean of its children's
            if seen and mean:
                self._extremes(family.place, 1.0, [v / mean for p, v in zip(chances, children, strict=True) if p])
            return
        value = self.scores(family.score)
        self.level.add(family.unit, value)
        self.kept.add(family.unit, mean if value else 0.0)
        if value == 0:
            self.energy.add(family.unit, 0.0)
            self.killed += mean > 0
            self.dead += mean == 0
            return
        ratio = mean / value
        steps = [v / value for v in children]  # divided first: the square of a small value underflows
        self.ratio.add(family.unit, ratio)
        self.energy.add(family.unit, math.fsum(p * v * w for p, v, w in zip(chances, children, steps, strict=True)))
        if family.chances is not None:
            self.square.add(family.unit, ratio * ratio)
        elif len(children) > 1:
            total, squares = math.fsum(steps), math.fsum(w * w for w in steps)
            pairs = (total * total - squares) / (len(children) * (len(children) - 1))
            self.square.add(family.unit, max(pairs, 0.0))
        for factor, average in zip(FAR, self.far, strict=True):
            share = math.fsum(p for p, w in zip(chances, steps, strict=True) if not 1 / factor <= w <= factor)
            average.add(family.unit, share)
        steps = [w for p, w in zip(chances, steps, strict=True) if p]
        for k, total in enumerate((len(steps), math.fsum(steps), math.fsum(w * w for w in steps))):
            self.weights[k] += total
        self.least_step, self.largest_step = min(self.least_step, *steps), max(self.largest_step, *steps)
        if seen:
            self._extremes(family.place, ratio, steps)
        off = 0.0
        if family.chances is None:
            off = math.inf if self.scores.top is None else margin(len(children)) * self.scores.top / value
        self.proved_high = max(self.proved_high, ratio - off)
        self.proved_low = min(self.proved_low, ratio + off)

    def _extremes(self, place: str, ratio: float, steps: list[float]) -> None:
        self.seen += 1
        if ratio < self.lowest:
            self.lowest, self.lowest_at = ratio, place
        if ratio > self.highest:
            self.highest, self.highest_at = ratio, place
        self.least_step, self.largest_step = min(self.least_step, *steps), max(self.largest_step, *steps)


@dataclass(frozen=True)
class StepFacts:
    """One step of an audit. seen: prefixes whose Bellman ratio is seen, with all children or at least `LEAST_CHILDREN` drawn (then through
    their noise, which widens the spread); lowest, highest: those ratios, and where.

    least_step, largest_step: ratios V(y)/V(x) seen. sup_rho, inf_rho: the supremum of rho is at least, the infimum at most this.
    far: by `FAR`. effective: the share of a large cloud that is effective after the step: of prefixes of the reference, from the means,
    `E[V']^2 / (E[V] E[V'^2/V])`, V' and V'^2/V as 0 where V = 0; of a loop's, which are weighted by V already, `E[w]^2 / E[w^2]`,
    w = V'/V. None where unknown. It is `1/(1 + chi^2)`, chi^2 the relative variance of the step's weights. effective_ends: an interval,
    where the means have theirs.
    killed: prefixes of score 0 that go on; dead: of score 0 that do not.
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

    @property
    def spread(self) -> float:
        """The ratio of the highest to the lowest Bellman ratio seen: what r_t would be if they were the worst. 1 where none is seen."""
        return _quotient(self.highest, self.lowest) if self.seen else 1.0

    @property
    def spread_lower(self) -> float:
        """`r_t` is at least this."""
        return max(1.0, _quotient(self.sup_rho, self.inf_rho))


@dataclass(frozen=True)
class Facts:
    """What a file shows of a reward model. error: the probability that some interval or end does not hold. final: the mean of the last
    scores of answers of the reference; None unless all children of the last step end an answer, and no others do: among answers of
    several lengths the ended children alone are no sample of the answers. rewarded: whether some have rewards, which no floor lifts."""

    scores: Scores
    steps: tuple[StepFacts, ...]
    families: int
    error: float
    final: Interval | None
    rewarded: bool = False

    @property
    def horizon(self) -> int:
        """The number of steps."""
        return len(self.steps)

    @property
    def eps(self) -> tuple[float, float]:
        """Ends of the Bellman error: the lower one certified, the upper one a priori (infinite without a floor)."""
        least = max((max(s.sup_rho, _quotient(1.0, s.inf_rho)) - 1 for s in self.steps), default=0.0)
        return max(least, 0.0), self.most_off - 1

    @property
    def most_off(self) -> float:
        """The a priori end of L: see `Scores.most_off`; rewards may be 0."""
        return math.inf if self.rewarded else self.scores.most_off

    @property
    def ratios_seen(self) -> bool:
        """Whether Bellman ratios were seen at every step after the first (at the root r_0 is 1)."""
        return bool(self.steps) and all(step.seen for step in self.steps[1:]) and any(step.seen for step in self.steps)

    @property
    def eps_seen(self) -> float | None:
        """The Bellman error, if the worst prefixes are those seen; None where a step shows none."""
        if not self.ratios_seen:
            return None
        return max(max(s.highest, _quotient(1.0, s.lowest)) - 1 for s in self.steps if s.seen)

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
            (max(s.largest_step, _quotient(1.0, s.least_step)) for s in self.steps if s.largest_step), default=1.0
        )
        return max(least, 1.0), self.most_off

    @property
    def worst(self) -> StepFacts | None:
        """The step whose Bellman ratios spread most."""
        return max((s for s in self.steps if s.step and s.seen), key=lambda s: s.spread, default=None)


def _in_range(family: Family, children: list[float], value: float) -> None:
    most = max(children)
    if max(value, most) > RANGE or (value and most / value > RANGE):
        raise InputError(
            f"values up to {most:.3g} after one of {value:.3g}: such values, or the squares of their ratios, are beyond floats",
            where=family.place, mend="scale the scores, or lift small ones with --floor 0.01",
        )  # fmt: skip


def _quotient(above: float, below: float) -> float:
    return above / below if below else math.inf if above else 1.0


def values(family: Family, scores: Scores) -> list[float]:
    """V of the children. A reward is what it is: lifting it would change the target."""
    found = [scores(child) for child in family.children]
    if family.rewarded:
        for k in family.ends:
            found[k] = scores.value(family.children[k])
    return found


def families_of(records: Iterable[Record]) -> Iterable[Family]:
    """The families of the records, those of a run included."""
    for record in records:
        if isinstance(record, Run):
            yield from record.families() if record.whole else ()
        else:
            yield record


def facts(
    families: Iterable[Family], horizon: int, scores: Scores, error: float = 0.05, *, weighted: bool = False
) -> Facts:
    """What the families of `horizon` steps show; one pass, one family at a time. Raises InputError from reading.

    weighted: the prefixes are those of a loop, drawn in proportion to V, and not of the reference.

    Half of `error` is for the averages, shared between the steps and six of them and the shares; half for single prefixes, the i-th
    with `6 error / (2 pi^2 i^2)` (their sum is error/2), by Hoeffding's inequality for its children.
    """
    steps = [_Step(scores) for _ in range(horizon)]
    count, final, rewarded, together = 0, Average(scores.top), False, True
    for count, family in enumerate(families, 1):
        rewarded = rewarded or family.rewarded
        last = family.step + 1 == horizon
        together = together and len(family.ends) == (len(family.children) if last else 0)
        if last and together:
            final.add(family.unit, family.mean(values(family, scores)))
        steps[family.step].add(family, partial(_margin, math.log(2 * math.pi**2 * count**2 / (3 * error))))
    share = error / 2 / (horizon * (6 + len(FAR)) + 1)
    closed = tuple(_closed(t, step, share, weighted) for t, step in enumerate(steps))
    return Facts(scores, closed, count, error, final.interval(share) if together else None, rewarded)


def _margin(log_term: float, children: int) -> float:
    return math.sqrt(log_term / (2 * children))


def _effective(step: _Step, weighted: bool) -> float | None:
    if weighted:
        count, total, squares = step.weights
        return total**2 / (count * squares) if squares else None
    level, after, energy = (average.plain for average in (step.level, step.kept, step.energy))
    if level is None or after is None or not energy:
        return None
    return min(1.0, after / level * (after / energy))  # not the square: it underflows


def _effective_ends(level: Interval | None, after: Interval | None, energy: Interval | None) -> tuple[float, float]:
    """Ends of `after^2 / (level energy)`, which is at most 1 (Cauchy-Schwarz), from simultaneous ends of the three."""
    if level is None or after is None or energy is None:
        return 0.0, 1.0
    high = level.lower * energy.lower
    return after.lower**2 / (level.upper * energy.upper), min(1.0, after.upper**2 / high) if high else 1.0


def _closed(t: int, step: _Step, error: float, weighted: bool) -> StepFacts:
    ratio, square = step.ratio.interval(error), step.square.interval(error)
    high, low = step.proved_high, step.proved_low
    if ratio is not None:
        high, low = max(high, ratio.lower), min(low, ratio.upper)
    if square is not None:
        high, low = max(high, math.sqrt(square.lower)), min(low, math.sqrt(square.upper))
    level, after, kept, energy = (a.interval(error) for a in (step.level, step.next, step.kept, step.energy))
    return StepFacts(
        t, step.prefixes, step.seen, step.killed, step.dead, step.lowest, step.highest, step.lowest_at, step.highest_at, step.least_step,
        step.largest_step, high, low, level, after, ratio, square, energy, tuple(average.interval(error) for average in step.far),
        _effective(step, weighted), (0.0, 1.0) if weighted else _effective_ends(level, kept, energy),
    )  # fmt: skip
