"""The number of particles that a statement asks for to certify an accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs import bounds
from smc.checks.row import START_BITS, Claim
from smc.numbers import Extended, Rational, Verdict, at_most, least_enough, precision

MOST_PARTICLES = 1 << 2000
"""Counts beyond this are not looked for."""


@dataclass(frozen=True)
class Demand:
    """Particles that one statement asks for to reach delta; None when its bound never gets there."""

    id: str
    form: str
    particles: int | None


def demand(claim: Claim, delta: Rational) -> Demand:
    """Least N at which the statement's bound is certified to be at most delta, by doubling and bisection (bounds fall in N)."""

    def enough(n: int) -> bool:
        with precision(4 * START_BITS):
            bound: Extended | Any = bounds.evaluate(claim.id, claim.form, N=n, **claim.inputs)
            return at_most(bound, delta) is Verdict.HOLDS

    return Demand(claim.id, claim.form, least_enough(enough, MOST_PARTICLES))
