"""A particle process: what one particle does, and how the output is got from N of them. Every engine (exact, realised, vectorised) runs it.

N particles start at the root. At step t = 1..T each moves from its state to an outcome (successor, probability, weight); then, if the
process is resampled, N new particles are drawn in proportion to the weights. `Zhat = scale · prod_t mean(weight_t)` (the mean of the
products without resampling), and `E[Zhat] = Z`. `Selection` says what the output is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from smc.errors import InputError
from smc.numbers import ZERO, Rational
from smc.samplers.resampling import EVERY_STEP, Choice, Resampling


class Selection(Enum):
    """How particles are selected on the way, and the output at the end; the value says it in words."""

    RESAMPLED = "particles are resampled on the way; the output is one of the last"
    WEIGHTED = "no resampling; one path is drawn in proportion to its weight"
    BEST = "no resampling; a path of largest weight is taken, ties drawn evenly"
    WALK = "a walk on the prefix tree, up with weight V(x) and down with M psi V(y); the output is the leaf at a visit"
    CONDITIONAL = (
        "one path is kept at every sweep beside particles that run anew; the output is the path after the last"
    )
    CHAIN = "each path is proposed in turn, and accepted with probability min(1, ratio of weights)"


class Outcome(NamedTuple):
    """One move of a particle: successor (index in the next layer), probability, incremental weight (>= 0)."""

    target: int
    probability: Rational
    weight: Rational


Steps = tuple[tuple[tuple[Outcome, ...], ...], ...]
"""`steps[t][x]`: the outcomes of a particle at state x of layer t, shape (T, |X_t|, sparse); empty where no particle can be."""


class Moves(NamedTuple):
    """What one particle does: its steps, and the constant in front of `Zhat`."""

    steps: Steps
    scale: Rational


@dataclass(frozen=True)
class ParticleProcess:
    """A sampler on a model, without its number of particles.

    algorithm: the sampler's name. steps: see `Steps`. sizes: number of states by layer, shape (T + 1,). scale: the constant in front of
    `Zhat`. selection: how particles are selected on the way, and the output at the end; where they are resampled, resampling and choice
    say how. held: number of particles N of a sampler that counts something else.
    """

    algorithm: str
    steps: Steps
    sizes: tuple[int, ...]
    scale: Rational
    selection: Selection = Selection.RESAMPLED
    resampling: Resampling = EVERY_STEP
    choice: Choice = Choice.BY_WEIGHT
    held: int | None = None

    @property
    def horizon(self) -> int:
        """Number of steps `T`."""
        return len(self.steps)

    @property
    def resampled(self) -> bool:
        """Whether particles are resampled on the way."""
        return self.selection is Selection.RESAMPLED

    @property
    def on_paths(self) -> bool:
        """Whether what it does depends on where a state was entered from, so that it runs on trees and its states cannot be joined."""
        return self.selection in (Selection.WALK, Selection.CONDITIONAL)

    @property
    def free(self) -> int:
        """Number of particles beside the kept path, where one is kept."""
        assert self.held is not None
        return self.held - 1

    @property
    def plain(self) -> bool:
        """Whether that is multinomial, after every step, and one is drawn by weight: what occupancies and enclosures describe."""
        return self.resampled and self.resampling == EVERY_STEP and self.choice is Choice.BY_WEIGHT


def merged(outcomes: list[Outcome]) -> tuple[Outcome, ...]:
    """Outcomes of equal target and weight joined, zero probabilities dropped, in a fixed order."""
    joined: dict[tuple[int, Rational], Rational] = {}
    for target, probability, weight in outcomes:
        if probability:
            joined[target, weight] = joined.get((target, weight), ZERO) + probability
    return tuple(Outcome(target, p, w) for (target, w), p in sorted(joined.items()))


def check_simulated(process: ParticleProcess) -> ParticleProcess:
    """`process` if its output is drawn in proportion to weights, as runs of particles do; raises InputError otherwise."""
    if process.selection not in (Selection.RESAMPLED, Selection.WEIGHTED):
        raise InputError(
            f"{process.algorithm!r} is not simulated as a run of particles",
            where="algorithm",
            mend="compute its exact law",
        )
    return process
