"""What an exact engine returns, and distances between laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smc.rational import ZERO, Rational


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
