"""What an exact engine returns, and distances between laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flint

from smc.numbers import ZERO, Ball, Rational, ball, precision


@dataclass(frozen=True)
class OutputLaw:
    """Expected law of the output particle.

    law: probability of each terminal state, shape (|X_T|,); sums to `1 - dead`.
    dead: probability that at some step every particle has weight zero, so that the run ends with no answer.
    """

    law: tuple[Rational, ...]
    dead: Rational = ZERO

    def total_variation(self, target: Sequence[Rational]) -> Rational:
        """`TV` between this law, with `dead` as an extra outcome, and `target` on the terminal states."""
        return (sum((abs(p - q) for p, q in zip(self.law, target, strict=True)), ZERO) + self.dead) / 2


@dataclass(frozen=True)
class CertifiedLaw:
    """Balls that contain the law and `dead`, each of radius at most `2**-bits`. `precision`: working precision that this took, in bits."""

    law: tuple[Ball, ...]
    dead: Ball
    bits: int
    precision: int

    def total_variation(self, target: Sequence[Rational]) -> Ball:
        """A ball that contains `TV` (see `OutputLaw`); compare it with `smc.numbers.at_most`, which may answer UNDECIDED."""
        with precision(self.precision):
            distances = (abs(p - ball(q, self.precision)) for p, q in zip(self.law, target, strict=True))
            return (sum(distances, flint.arb(0)) + self.dead) / 2


@dataclass(frozen=True)
class FloatLaw:
    """The law in float64, with rounding errors that nobody bounds: for looking at, never for a verdict."""

    law: tuple[float, ...]
    dead: float

    def total_variation(self, target: Sequence[Rational]) -> float:
        """`TV` (see `OutputLaw`) in float64: not a verdict."""
        return (sum(abs(p - float(q)) for p, q in zip(self.law, target, strict=True)) + self.dead) / 2
