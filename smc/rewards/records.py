"""What the files of a reward model are read as: runs of a particle loop, and prefixes with what was sampled after them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Literal

from smc.rewards.items import Item


@dataclass(frozen=True)
class Move:
    """A particle's step. before: score of its parent, None at step 1; path: the scores up to this one; last: whether its run ends here."""

    run: str
    step: int
    before: float | None
    score: float
    path: tuple[float, ...]
    log_weight: float
    last: bool


@dataclass(frozen=True, slots=True)
class Family:
    """A prefix, and what was sampled after it.

    unit: what was sampled independently of all others (a prefix of its own, or the question, the run that it is part of). step: of the
    prefix, 0 for the root. score: of the prefix, None where it was not scored (the root of traces). children: scores after one more
    step, the reward where an answer ends. chances: probabilities of the children where they are all that can follow, else None.
    ends: indices of those children that end an answer of the reference; rewarded: whether those have rewards, not scores.
    rollouts: rewards of whole answers that the reference drew after the prefix, each by itself. before: score of the prefix before it.
    """

    place: str
    unit: str
    step: int
    score: float | None
    children: tuple[float, ...]
    chances: tuple[float, ...] | None = None
    ends: tuple[int, ...] = ()
    rewarded: bool = False
    rollouts: tuple[float, ...] = ()
    before: float | None = None

    @property
    def weights(self) -> Sequence[float]:
        """Of the children in a mean: their probabilities, or alike where they are draws."""
        return self.chances or [1 / len(self.children)] * len(self.children)

    def mean(self, values: Sequence[float]) -> float:
        """The mean of a value of each child: exact for all children, unbiased for draws."""
        return math.fsum(map(mul, self.weights, values))


@dataclass(frozen=True, slots=True)
class Cloud:
    """The particles of a run after a step, before any resampling.

    parents: by particle, its index in the cloud before; None at the first step. log_weights: what the step multiplied by, up to a constant
    of the step. totals: what the next resampling, or the output, is in proportion to, as logarithms. scores: None where not logged.
    resampled: whether the parents were drawn; a draw may well be each particle itself.
    """

    parents: tuple[int, ...] | None
    log_weights: tuple[float, ...]
    totals: tuple[float, ...]
    scores: tuple[float, ...] | None = None
    resampled: bool = False


@dataclass(frozen=True)
class Run:
    """One run of a loop. place: where it begins in the file. whole: whether every step was logged, so that its genealogy is known."""

    name: str
    place: str
    clouds: tuple[Cloud, ...]
    whole: bool = True

    def moves(self) -> Iterator[Move]:
        """Particle by particle, step by step; nothing where scores were not logged."""
        paths: list[tuple[float, ...]] = []
        for step, cloud in enumerate(self.clouds, 1):
            if cloud.scores is None:
                return
            parents = cloud.parents or [None] * len(cloud.scores)
            before = paths
            paths = []
            for parent, score, weight in zip(parents, cloud.scores, cloud.log_weights, strict=True):
                path = () if parent is None else before[parent]
                paths.append((*path, score))
                yield Move(
                    self.name, step, path[-1] if path else None, score, paths[-1], weight, step == len(self.clouds)
                )

    def families(self) -> Iterator[Family]:
        """Each particle that was propagated, with the scores of its copies after the step; the root with those of the first cloud."""
        above: tuple[float, ...] | None = None
        for step, cloud in enumerate(self.clouds):
            if cloud.scores is None:
                return
            below: dict[int, list[float]] = defaultdict(list)
            for parent, score in zip(cloud.parents or [0] * len(cloud.scores), cloud.scores, strict=True):
                below[parent].append(score)
            for parent, children in below.items():
                yield Family(self.place, self.name, step, None if above is None else above[parent], tuple(children))
            above = cloud.scores


Record = Run | Family
Drawn = Literal["reference", "loop", "search", "labels"]
"""How prefixes came about: drawn by the reference; met by a loop; chosen by a search; labels of steps in place of scores."""


@dataclass(frozen=True)
class Format:
    """A format of another program.

    name, words: for a person. fields: keys by which it is known. read: its records, from the items of a file. drawn: see `Drawn`.
    multiplies: the factor of the library's loop as it is published, where the file itself does not show it.
    """

    name: str
    words: str
    fields: tuple[str, ...]
    read: Callable[[Iterator[Item]], Iterator[Record]]
    drawn: Drawn
    multiplies: str | None = None


def normalised(logarithms: tuple[float, ...]) -> list[float]:
    """Weights that sum to 1, from their logarithms; all 0 where all are weights of zero."""
    top = max(logarithms)
    if top == -math.inf:
        return [0.0] * len(logarithms)
    weights = [math.exp(value - top) for value in logarithms]
    total = math.fsum(weights)
    return [weight / total for weight in weights]
