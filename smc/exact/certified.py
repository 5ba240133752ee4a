"""The law in balls: certified like a proof, cheaper than exact, and an answer that admits when it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from smc.exact.arithmetic import Balls
from smc.exact.engine import Schedule, numerators, schedule
from smc.exact.law import CertifiedLaw
from smc.rational import Ball, precision

LOSS = 2.5
"""Bits lost by cancellation for each particle and move: a guess, from models where it was 0.4 to 2.6."""
PROBE = 4
"""Number of particles of the run that measures the loss for larger ones: it is the same for each particle, to a few per cent."""


def output_law(plan: Schedule, bits: int, tick: Callable[[], None] = lambda: None) -> CertifiedLaw:
    """Balls of radius at most `2**-bits` around the law and `dead`. `tick` is called after each step.

    The working precision starts at `bits` and what the run is expected to lose. While a ball is too wide, it grows by what the widest
    one says is missing, or doubles.
    """
    working = bits + _expected_loss(plan) + 16
    while True:
        balls = _balls(plan, working, tick)
        radius = radius_bits(balls)
        if radius is not None and radius <= -bits:
            return CertifiedLaw(tuple(balls[:-1]), balls[-1], bits, working)
        working = 2 * working if radius is None else max(working + 64, min(2 * working, working + radius + bits + 16))


def _balls(plan: Schedule, working: int, tick: Callable[[], None] = lambda: None) -> list[Ball]:
    with precision(working):
        whole = plan.chain.denominators[0] * prod(plan.growth(Balls()))
        law, dead = numerators(plan, Balls(), tick)
        return [numerator / Balls().number(whole) ** plan.particles for numerator in (*law, dead)]


def _expected_loss(plan: Schedule) -> int:
    guess = round(LOSS * plan.particles * plan.chain.horizon)
    if plan.particles <= 3 * PROBE:
        return guess
    radius = radius_bits(_balls(schedule(plan.chain, PROBE), guess))
    return guess if radius is None else max(0, round((guess + radius) * plan.particles / PROBE))


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
