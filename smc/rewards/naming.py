"""Which factor a loop multiplies by, read off its log.

Each candidate predicts the logarithm of every weight up to a temperature and a constant that the particles of a step share (libraries
normalise their weights at each step). A candidate fits where one temperature explains every weight to rounding; weights that two
candidates explain alike are said to be undecided between them. No statistics: a loop computes its weights from its scores.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from smc.rewards.log import Move

TOLERANCE = 1e-6
"""Largest difference between a weight and its prediction, relative to the spread of the weights, that rounding explains."""


@dataclass(frozen=True)
class Candidate:
    """factor: its name. words: for a person. log: the logarithm of a move's factor, from that of a score."""

    factor: str
    words: str
    log: Callable[[Move, Callable[[float], float]], float]


def _ratio(move: Move, g: Callable[[float], float]) -> float:
    return g(move.score) - (g(move.before) if move.before is not None else 0.0)


CANDIDATES = (
    Candidate("ratio", "the ratio of successive scores", _ratio),
    Candidate("score", "the score itself, with no division by the score before", lambda m, g: g(m.score)),
    Candidate("parent", "the score of the parent", lambda m, g: g(m.before) if m.before is not None else 0.0),
    Candidate(
        "twice-last",
        "the ratio of successive scores, and the last score once more",
        lambda m, g: _ratio(m, g) + (g(m.score) if m.last else 0.0),
    ),
    Candidate("last", "the last score alone, at the end", lambda m, g: g(m.score) if m.last else 0.0),
    Candidate("product", "the product of all scores, at the end", lambda m, g: sum(map(g, m.path)) if m.last else 0.0),
    Candidate("min", "the least score, at the end", lambda m, g: min(map(g, m.path)) if m.last else 0.0),
)


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
"""How scores may be meant, and what a loop may take of them: (name, in words, logarithm)."""


def scale_of(moves: Iterable[Move]) -> str:
    """What the scores look like: all in [0, 1], all at most 0, or neither."""
    low = high = None
    for move in moves:
        low = move.score if low is None else min(low, move.score)
        high = move.score if high is None else max(high, move.score)
    if low is not None and high is not None and low >= 0 and high <= 1:
        return "probabilities"
    return "log-probabilities" if high is not None and high <= 0 else "logits or rewards"


@dataclass(frozen=True)
class Fit:
    """A candidate that explains every weight. transform: "", "odds" or "sigmoid". temperature: weights are factor^(1/temperature)."""

    candidate: Candidate
    transform: str
    words: str
    temperature: float


@dataclass(frozen=True)
class Naming:
    """scale: see SCALES. fits: the candidates that explain the log. moves: how many weights were read."""

    scale: str
    fits: tuple[Fit, ...]
    moves: int

    @property
    def decided(self) -> Fit | None:
        """The one candidate that fits; None where none or several do."""
        return self.fits[0] if len(self.fits) == 1 else None


def name_factor(moves: Iterable[Move]) -> Naming:
    """The candidates that explain every finite weight of `moves`."""
    seen = list(moves)
    scale = scale_of(seen)
    fits = []
    for transform, prefix, g in SCALES[scale]:
        for candidate in CANDIDATES:
            slope = _slope(seen, candidate, g)
            if slope is not None:
                words = candidate.words if not prefix else f"{candidate.words}, each score by way of {prefix}it"
                fits.append(Fit(candidate, transform, words, 1 / slope))
    return Naming(scale, tuple(fits), len(seen))


def _slope(moves: list[Move], candidate: Candidate, g: Callable[[float], float]) -> float | None:
    """The inverse temperature a > 0 at which `a * candidate.log` is every log weight up to a constant a step; None where there is none."""
    groups: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for move in moves:
        x = candidate.log(move, g)
        if math.isfinite(x) and math.isfinite(move.log_weight):
            groups[move.run, move.step].append((x, move.log_weight))
        elif not (x == move.log_weight == -math.inf):
            return None
    centred = [pair for group in groups.values() for pair in _centred(group)]
    spread = max((abs(y) for _, y in centred), default=0.0)
    square = math.fsum(x * x for x, _ in centred)
    if not spread or not square:
        return None
    slope = math.fsum(x * y for x, y in centred) / square
    if slope <= 0 or max(abs(y - slope * x) for x, y in centred) > TOLERANCE * spread:
        return None
    return slope


def _centred(group: list[tuple[float, float]]) -> list[tuple[float, float]]:
    mean_x, mean_y = (math.fsum(column) / len(group) for column in zip(*group, strict=True))
    return [(x - mean_x, y - mean_y) for x, y in group]
