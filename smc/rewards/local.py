"""How good a reward model is, from prefixes with sampled children: Bellman ratios, their spread by step, local moments, with intervals.

For a prefix x with score V(x) and children y drawn by the reference, `rho(x) = E[V(y)]/V(x)` is its Bellman ratio. What a sample certifies,
all at once with probability 1 - error whatever the laws are (the error is shared evenly between the steps and what is said of each):

- *averages over prefixes*, by step: of V, of rho, of rho^2 (two children are two independent draws), of V(y)^2/V(x) (0 where V(x) = 0);
- *shares* of steps whose ratio V(y)/V(x) is far from 1: quantiles;
- *lower ends of suprema*: a supremum is at least an average, and at least what one prefix shows. So `r_t`, `eps`, `Lambda` from below, and
  `C_act` where answers end: a reward over the mean reward after the prefix;
- *V against the true value* where answers were drawn after the prefixes: `smc.rewards.rollouts`.

*Not certified: upper ends of suprema.* However many prefixes were seen, the worst may be another. An upper end is given only where the
scores are bounded from both sides, as they are once the loop lifts them to a floor (`floor`), and is then the a priori one.
A prefix of a search, or met by a loop, is no draw of the reference: then an interval is about the prefixes that the search or loop meets.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from operator import mul

from smc.errors import InputError
from smc.rewards import rollouts
from smc.rewards.averages import Average, Interval
from smc.rewards.facts import FAR, LEAST_CHILDREN, Facts, Scores, StepFacts
from smc.rewards.records import Family, Record, Run
from smc.rewards.rollouts import Answers
from smc.rewards.whole import Whole

AVERAGES = 6 + rollouts.AVERAGES
"""Averages of a step beside the shares, each with its part of the error."""
RANGE = 1e130
"""Largest value, and ratio of a step: products of a value, a ratio and many of them are floats."""


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
    active: float = 1.0  # C_act is at least this
    level: Average = field(init=False)
    next: Average = field(init=False)
    ratio: Average = field(init=False)
    square: Average = field(init=False)
    energy: Average = field(init=False)
    kept: Average = field(init=False)  # of V(y), 0 below a prefix of score 0, which has no weight in a cloud
    far: tuple[Average, ...] = field(init=False)
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        top, most = self.scores.top, self.scores.most_ratio
        self.level, self.next, self.kept, self.ratio = Average(top), Average(top), Average(top), Average(most)
        self.square = Average(None if most is None else most * most)
        self.energy = Average(None if most is None or top is None else most * top)
        self.far = tuple(Average(1.0) for _ in FAR)
        self.answers = Answers(top, None if self.scores.floor is None else 1 / self.scores.floor)

    def add(self, family: Family, children: list[float], margin: Callable[[int], float]) -> None:
        """A family, V of its children. margin: by their number, how far their mean may be from its expectation, as a share of `top`."""
        self.prefixes += 1
        _in_range(family, children, 0.0 if family.score is None else self.scores(family.score))
        chances, mean = family.weights, family.mean(children)
        self.next.add(family.unit, mean)
        off = 0.0
        if family.chances is None:
            off = math.inf if self.scores.top is None else margin(len(children)) * self.scores.top
        over = len(family.ends) == len(children)
        if over and max(children):  # V* of the children is their reward, and V* of the prefix their mean
            self.active = max(self.active, max(v for p, v in zip(chances, children, strict=True) if p) / (mean + off))
        seen = family.chances is not None or len(children) >= LEAST_CHILDREN
        if family.score is None:  # the root: its best score is the mean of its children's
            if seen and mean:
                self._extremes(family.place, 1.0, [v / mean for p, v in zip(chances, children, strict=True) if p])
            return
        value = self.scores(family.score)
        before = None if family.before is None else self.scores(family.before)
        rewards = children if over else [self.scores.value(reward) for reward in family.rollouts]
        self.answers.add(family.unit, value, before, rewards, family.chances if over else None)
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
        self.energy.add(family.unit, math.fsum(map(mul, map(mul, chances, children), steps)))
        if family.chances is not None:
            self.square.add(family.unit, ratio * ratio)
        elif len(children) > 1:
            total, squares = math.fsum(steps), math.fsum(map(mul, steps, steps))
            pairs = (total * total - squares) / (len(children) * (len(children) - 1))
            self.square.add(family.unit, max(pairs, 0.0))
        far = list(zip(chances, steps, strict=True))
        for factor, average in zip(FAR, self.far, strict=True):
            least = 1 / factor
            far = [(p, w) for p, w in far if not least <= w <= factor]  # those of a larger factor are among them
            average.add(family.unit, math.fsum(p for p, _ in far))
        steps = [w for p, w in zip(chances, steps, strict=True) if p]
        for k, total in enumerate((len(steps), math.fsum(steps), math.fsum(map(mul, steps, steps)))):
            self.weights[k] += total
        self.least_step, self.largest_step = min(self.least_step, *steps), max(self.largest_step, *steps)
        if seen:
            self._extremes(family.place, ratio, steps)
        self.proved_high = max(self.proved_high, ratio - off / value)
        self.proved_low = min(self.proved_low, ratio + off / value)

    def _extremes(self, place: str, ratio: float, steps: list[float]) -> None:
        self.seen += 1
        if ratio < self.lowest:
            self.lowest, self.lowest_at = ratio, place
        if ratio > self.highest:
            self.highest, self.highest_at = ratio, place
        self.least_step, self.largest_step = min(self.least_step, *steps), max(self.largest_step, *steps)


def _in_range(family: Family, children: list[float], value: float) -> None:
    most = max(children)
    if max(value, most) > RANGE or (value and most / value > RANGE):
        raise InputError(
            f"values up to {most:.3g} after one of {value:.3g}: such values, or the squares of their ratios, are beyond floats",
            where=family.place, mend="scale the scores, or lift small ones with --floor 0.01",
        )  # fmt: skip


def values(family: Family, scores: Scores) -> list[float]:
    """V of the children. A reward is what it is: lifting it would change the target."""
    found = scores.of(family.children)
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

    Half of `error` is for the averages, shared between the steps and what is averaged at each; half for single prefixes, the i-th
    with `6 error / (2 pi^2 i^2)` (their sum is error/2), by Hoeffding's inequality for its children. Memory goes with the steps seen.
    """
    steps: dict[int, _Step] = defaultdict(lambda: _Step(scores))
    roots: set[str | float] = set()
    count, final, rewarded, together, whole = 0, Average(scores.top), False, True, Whole(scores.top, horizon)
    all_before = horizon
    for count, family in enumerate(families, 1):
        rewarded = rewarded or family.rewarded
        last = family.step + 1 == horizon
        together = together and len(family.ends) == (len(family.children) if last else 0)
        if family.ends:
            all_before = min(all_before, family.step + 1)
        if family.step == 0 and len(roots) < 2:
            roots.add(family.unit if family.score is None else family.score)
        children = values(family, scores)
        whole.add(family, children)
        if last and together:
            final.add(family.unit, family.mean(children))
        steps[family.step].add(family, children, partial(_margin, math.log(2 * math.pi**2 * count**2 / (3 * error))))
    whole.close()
    share = error / 2 / (horizon * (AVERAGES + len(FAR)) + 1)
    closed = tuple(_closed(t, step, share, weighted, t < all_before) for t, step in sorted(steps.items()))
    own = whole.possible and not weighted
    if not together:
        final = whole.reward if own else Average(scores.top)
    along = whole.levels.plain if own else None
    return Facts(
        scores, horizon, closed, count, error, final.interval(share), along, together, all_before, weighted, rewarded, len(roots) > 1
    )  # fmt: skip


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


def _closed(t: int, step: _Step, error: float, weighted: bool, everyone: bool) -> StepFacts:
    """everyone: whether no answer has ended, so that the step's prefixes are those of all; V* of those that go on is another mean."""
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
        _effective(step, weighted), (0.0, 1.0) if weighted else _effective_ends(level, kept, energy), step.active,
        step.answers.closed(error) if everyone and not weighted else None,
    )  # fmt: skip
