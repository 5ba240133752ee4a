"""The law in balls: certified like a proof, cheaper than exact, and an answer that admits when it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from smc.exact.arithmetic import Balls
from smc.exact.engine import Schedule, numerators
from smc.exact.law import CertifiedLaw
from smc.rational import Ball, precision

LOSS = 8
"""Bits that the transform was seen to lose by cancellation, for each particle (6 to 8 on reference models)."""


def output_law(plan: Schedule, bits: int, tick: Callable[[], None] = lambda: None) -> CertifiedLaw:
    """Balls of radius at most `2**-bits` around the law and `dead`. `tick` is called after each step.

    The working precision starts at a guess. While a ball is too wide, it grows by what the widest one says is missing, or doubles.
    """
    working = bits + LOSS * plan.particles + 32
    while True:
        with precision(working):
            denominator = Balls().number((plan.chain.denominators[0] * prod(plan.growth(Balls()))) ** plan.particles)
            law, dead = numerators(plan, Balls(), tick)
            balls = [numerator / denominator for numerator in (*law, dead)]
        radius = radius_bits(balls)
        if radius is not None and radius <= -bits:
            return CertifiedLaw(tuple(balls[:-1]), balls[-1], bits, working)
        working = 2 * working if radius is None else max(working + 64, min(2 * working, working + radius + bits + 16))


def radius_bits(balls: Sequence[Ball]) -> int | None:
    """The least whole e with every radius at most `2**e`; None when a radius is infinite or no number. Very small when all are exact."""
    widest = -(10**9)
    for ball in balls:
        if not ball.is_finite():
            return None
        radius = ball.rad()
        if radius > 0:
            mantissa, exponent = radius.man_exp()
            widest = max(widest, int(exponent) + int(mantissa).bit_length())
    return widest
