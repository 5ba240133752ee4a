"""The number of particles that a statement asks for to certify an accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs import bounds
from smc.checks.row import START_BITS, Claim
from smc.numbers import ZERO, Ball, Extended, Rational, least_at_most, precision

MOST_PARTICLES = 1 << 2000
"""Counts beyond this are not looked for."""
LONG = 1 << 14
"""Bits of a statement's constants up to which a count is decided in rationals."""


@dataclass(frozen=True)
class Demand:
    """Particles that one statement asks for to reach delta; None when its bound never gets there."""

    id: str
    form: str
    particles: int | None


def demand(claim: Claim, delta: Rational) -> Demand:
    """Least N at which the statement's bound is certified to be at most delta (bounds fall in N).

    Constants of more than `LONG` bits in all are enclosed first: over hundreds of steps their products have millions of digits.
    """
    with precision(4 * START_BITS):
        bound = bounds.ClosedForm(claim.id, claim.form, **_enclosed(claim.inputs))

    def value(n: int) -> Extended | Ball:
        with precision(4 * START_BITS):
            return bound(**claim.at(n))

    return Demand(claim.id, claim.form, least_at_most(value, delta, MOST_PARTICLES))


def _enclosed(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs, rationals as balls at the working precision where they are long."""
    numbers = [
        x for v in inputs.values() for x in (v if isinstance(v, (list, tuple)) else (v,)) if isinstance(x, type(ZERO))
    ]
    if sum(int(x.numerator).bit_length() + int(x.denominator).bit_length() for x in numbers) <= LONG:
        return inputs

    def light(x: Any) -> Any:
        return bounds.ball(x) if isinstance(x, type(ZERO)) else x

    return {k: [light(x) for x in v] if isinstance(v, (list, tuple)) else light(v) for k, v in inputs.items()}
