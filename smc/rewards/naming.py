"""Which factor a loop multiplies by, read off its log.

Each row of `MULTIPLIERS` predicts the logarithm of every weight up to a temperature and a constant that the particles of a step share
(libraries normalise their weights at each step). A row fits where one temperature explains every weight to rounding; weights that two rows
explain alike are said to be undecided between them. No statistics: a loop computes its weights from its scores.

Rounding is that of doubles first. Where no row fits so, it is that of the log, whose scores and weights may have few decimals: half a
unit of the last one in each, carried through the logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from smc.rewards.multiplier import MULTIPLIERS, Multiplier
from smc.rewards.records import Move

TOLERANCE = 1e-6
"""Largest difference between a weight and its prediction, relative to the spread of the weights, that the rounding of doubles explains."""
COARSE = 0.1
"""The same for the rounding of a log: beyond it a row that fits says little."""


def _log(score: float) -> float:
    return math.log(score) if score > 0 else -math.inf


def _log_odds(score: float) -> float:
    if score >= 1:
        return math.inf
    return math.log(score / (1 - score)) if score > 0 else -math.inf


def _log_sigmoid(score: float) -> float:
    return -math.log1p(math.exp(-score)) if score > -30 else score - math.exp(score)


SCALES: dict[str, tuple[tuple[str, str, Callable[[float], float]], ...]] = {
    "probabilities": (("", "", _log), ("odds", "the odds of ", _log_odds)),
    "log-probabilities": (("", "the exponential of ", lambda s: s),),
    "logits or rewards": (("", "the exponential of ", lambda s: s), ("sigmoid", "the sigmoid of ", _log_sigmoid)),
}
"""How scores may look, and what a loop may take of them: (name, in words, logarithm)."""
MEANT = {
    "probabilities": SCALES["probabilities"],
    "log-probabilities": SCALES["log-probabilities"],
    "rewards": SCALES["logits or rewards"],
    "logits": SCALES["logits or rewards"][::-1],
}
"""The same by what a user says that scores are; first the logarithm of V."""


@dataclass
class Seen:
    """The scores of a file: how many, from `low` to `high`, how many of them exactly 0 and 1."""

    low: float = math.inf
    high: float = -math.inf
    count: int = 0
    zeros: int = 0
    ones: int = 0

    def add(self, scores: Iterable[float]) -> None:
        """More scores."""
        for score in scores:
            self.low, self.high, self.count = min(self.low, score), max(self.high, score), self.count + 1
            self.zeros, self.ones = self.zeros + (score == 0), self.ones + (score == 1)

    @property
    def scale(self) -> str:
        """What they look like: all in [0, 1], all at most 0, or neither."""
        if self.low >= 0 and self.high <= 1:
            return "probabilities"
        return "log-probabilities" if self.high <= 0 else "logits or rewards"


@dataclass
class Digits:
    """The most decimals that a score and a weight of a log have."""

    scores: int = 0
    weights: int = 0

    def add(self, move: Move) -> None:
        """One more move."""
        self.scores = max(self.scores, _decimals(move.score))
        if math.isfinite(move.log_weight):
            self.weights = max(self.weights, _decimals(move.log_weight))

    @property
    def of_scores(self) -> float:
        """Half a unit of the last decimal of a score."""
        return 0.5 * 10.0**-self.scores

    @property
    def of_weights(self) -> float:
        """Half a unit of the last decimal of a weight."""
        return 0.5 * 10.0**-self.weights


def _decimals(x: float) -> int:
    exponent = Decimal(repr(x)).as_tuple().exponent
    assert isinstance(exponent, int), "x is finite"
    return max(0, -exponent)


@dataclass(frozen=True)
class Fit:
    """A row that explains every weight. transform: "", "odds" or "sigmoid". temperature: weights are factor^(1/temperature).

    of_value: whether what is taken of a score is V, where it was said what scores are, or may be. floor: what V is lifted to, or None.
    digits: of the log, where the row explains the weights to their rounding alone; None where it does to that of doubles.
    """

    multiplier: Multiplier
    transform: str
    words: str
    temperature: float
    of_value: bool = True
    floor: float | None = None
    digits: Digits | None = None


@dataclass(frozen=True)
class Naming:
    """fits: the rows that explain every weight of the log. seen: its scores. nearest: where none does, the row that comes nearest, in
    words, and the largest difference, as a share of the spread of the weights. varied: whether weights differ within some step."""

    fits: tuple[Fit, ...]
    seen: Seen
    nearest: tuple[str, float] | None = None
    varied: bool = True

    @property
    def decided(self) -> Fit | None:
        """The one row that fits; None where none or several do."""
        return self.fits[0] if len(self.fits) == 1 else None


@dataclass
class _Line:
    """A straight line through the origin, fitted to centred pairs (logarithm of the factor, log weight), group by group."""

    multiplier: Multiplier
    transform: str
    prefix: str
    log: Callable[[float], float]
    of_value: bool
    floor: float | None = None
    possible: bool = True
    square: float = 0.0
    product: float = 0.0
    spread: float = 0.0
    furthest: float = 0.0
    from_one: float = 0.0
    """How far the weights are from temperature 1."""
    plain: bool = True
    """Whether every weight is within the log's rounding of the row at temperature 1."""
    warm: bool = True
    """The same at the temperature that was fitted, which rounding moves as well."""

    @property
    def slope(self) -> float:
        """The inverse temperature; 0 where the weights do not vary with the factor."""
        return self.product / self.square if self.square and self.spread else 0.0

    def add(self, moves: list[Move]) -> None:
        """One step of one run, for the slope."""
        for x, y in self._centred(moves):
            self.square += x * x
            self.product += x * y
            self.spread = max(self.spread, abs(y))

    def hold(self, moves: list[Move]) -> None:
        """The same once the slope is known: how far the weights are from it."""
        pairs, slope = list(self._centred(moves)), self.slope
        self.furthest = max([self.furthest, *(abs(y - slope * x) for x, y in pairs)])
        self.from_one = max([self.from_one, *(abs(y - x) for x, y in pairs)])

    def rounded(self, moves: list[Move], digits: Digits) -> None:
        """Whether the weights of a step of a run are within the log's rounding of the line."""
        slacks = [_slack(self.multiplier, move, self.log, digits) for move in moves if math.isfinite(move.log_weight)]
        for (x, y), slack in zip(self._centred(moves), slacks, strict=True):
            in_scores = slack + math.fsum(slacks) / len(slacks)
            room = self.slope * in_scores + 2 * digits.of_weights
            self.plain &= abs(y - x) <= in_scores + 2 * digits.of_weights <= COARSE * self.spread
            self.warm &= abs(y - self.slope * x) <= 2 * room <= 2 * COARSE * self.spread

    def fit(self, digits: Digits | None = None) -> Fit:
        """The row as one that explains the weights."""
        at_one = self.from_one <= 4 * TOLERANCE * self.spread if digits is None else self.plain
        heat = 1.0 if at_one else 1 / self.slope
        return Fit(self.multiplier, self.transform, _words(self), heat, self.of_value, self.floor, digits)

    def _centred(self, moves: list[Move]) -> Iterator[tuple[float, float]]:
        pairs = []
        for move in moves:
            x = logarithm(self.multiplier, move, self.log)
            if math.isfinite(x) and math.isfinite(move.log_weight):
                pairs.append((x, move.log_weight))
            elif not x == move.log_weight == -math.inf:
                self.possible = False
                return
        mean_x, mean_y = (math.fsum(column) / len(pairs) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
        yield from ((x - mean_x, y - mean_y) for x, y in pairs)


def logarithm(row: Multiplier, move: Move, log: Callable[[float], float]) -> float:
    """The logarithm of the factor of `move`, from that of a score; an unknown score of the root counts as 1."""
    powers = row.last if move.last else row.step
    total = powers.after * log(move.score) if powers.after else 0.0
    if powers.before and move.before is not None:
        total += powers.before * log(move.before)
    if powers.product:
        total += powers.product * math.fsum(map(log, move.path))
    if powers.least:
        total += powers.least * log(min(move.path))
    return total


def _slack(row: Multiplier, move: Move, log: Callable[[float], float], digits: Digits) -> float:
    """By how much the rounding of the scores may move the logarithm of the factor."""

    def moved(score: float) -> float:
        here = log(score)
        return max(abs(log(score + sign * digits.of_scores) - here) for sign in (-1, 1))

    powers = row.last if move.last else row.step
    parts = [abs(powers.after) * moved(move.score)] if powers.after else []
    if powers.before and move.before is not None:
        parts.append(abs(powers.before) * moved(move.before))
    if powers.product:
        parts.append(abs(powers.product) * math.fsum(map(moved, move.path)))
    if powers.least:
        parts.append(abs(powers.least) * max(map(moved, move.path)))
    return math.fsum(parts)


def name_factor(
    moves: Callable[[], Iterable[Move]], seen: Seen, scores: str | None = None, floor: float | None = None
) -> Naming:
    """The rows that explain every finite weight. moves: called for each pass over the log; two passes, one step of a run at a time.

    Two more where no row explains the weights to the rounding of doubles.

    scores: what a user says that they are, a name of `MEANT`. floor: what V may be lifted to; rows that fit with and without it are one.
    """
    taken = SCALES[seen.scale] if scores is None else MEANT[scores]
    ways: list[tuple[str, str, Callable[[float], float], bool, float | None]] = [
        (*way, way[0] != "odds" if scores is None else k == 0, None) for k, way in enumerate(taken)
    ]
    if floor is not None:
        name, prefix, log = taken[0]
        ways.append((name, prefix, _lifted(log, math.log(floor)), True, floor))
    lines = [
        _Line(row, *way)
        for way in ways
        for row in MULTIPLIERS.values()
        if not row.of_odds  # the odds of every row are a transform of the scores here
    ]
    varied = False
    for step in _Line.add, _Line.hold:
        for _, group in groupby(moves(), key=attrgetter("run", "step")):
            held = list(group)
            varied |= len({move.log_weight for move in held}) > 1
            for line in lines:
                if line.possible:
                    step(line, held)
        lines = [line for line in lines if line.possible and line.slope > 0]
    found = _once(line.fit() for line in lines if line.furthest <= TOLERANCE * line.spread)
    if found or not lines:
        return Naming(found, seen, varied=varied)
    digits = Digits()
    for move in moves():
        digits.add(move)
    for _, group in groupby(moves(), key=attrgetter("run", "step")):
        held = list(group)
        for line in lines:
            line.rounded(held, digits)
    nearest = min(lines, key=lambda line: line.furthest / line.spread)
    return Naming(
        _once(line.fit(digits) for line in lines if line.plain or line.warm),
        seen,
        (_words(nearest), nearest.furthest / nearest.spread),
    )


def _once(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    """A row that fits with and without a floor, once."""
    found: dict[tuple[str, str], Fit] = {}
    for fit in fits:
        found.setdefault((fit.multiplier.name, fit.transform), fit)
    return tuple(found.values())


def _lifted(log: Callable[[float], float], least: float) -> Callable[[float], float]:
    return lambda score: max(log(score), least)


def _words(line: _Line) -> str:
    words = line.multiplier.words
    if line.prefix:
        words = f"{words}, where {line.prefix}a score stand{'' if line.transform == 'odds' else 's'} for it"
    return words if line.floor is None else f"{words}, lifted to {line.floor:g} where it is less"
