"""The law in balls: certified like a proof, cheaper than exact, and an answer that admits when it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from smc.exact.law import CertifiedLaw
from smc.exact.occupancy.arithmetic import Balls
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.cost import last_by_polynomial
from smc.exact.occupancy.engine import Schedule, Ticker, before_last, numerators, schedule
from smc.exact.occupancy.last import last_numerators
from smc.numbers import Ball, precision

LOSS = 2.5
"""Bits lost by cancellation for each particle and move: a guess, from models where it was 0.4 to 2.6."""
PROBE = 4
"""Number of particles of the run that measures the loss for larger ones: it is the same for each particle, to a few per cent."""


def certified_law(chain: CellChain, particles: int, bits: int, ticker: Ticker | None = None) -> CertifiedLaw:
    """Balls of radius at most `2**-bits` around the law and `dead`.

    The working precision starts at `bits` and what the run is expected to lose. While a ball is too wide, it grows by what the widest
    one says is missing, or doubles.
    """
    by_polynomial = last_by_polynomial(chain, particles, "balls")
    plan = _plan(chain, particles, by_polynomial)
    working = bits + _expected_loss(chain, particles, by_polynomial) + 16
    while True:
        balls = _balls(plan, by_polynomial, working, ticker.counting(plan.steps) if ticker else lambda: None)
        radius = radius_bits(balls)
        if radius is not None and radius <= -bits:
            return CertifiedLaw(tuple(balls[:-1]), balls[-1], bits, working)
        working = 2 * working if radius is None else max(working + 64, min(2 * working, working + radius + bits + 16))


def _plan(chain: CellChain, particles: int, by_polynomial: bool) -> Schedule:
    return schedule(chain, particles, max(chain.horizon - 2, 0) if by_polynomial else None)


def _balls(plan: Schedule, by_polynomial: bool, working: int, tick: Callable[[], None] = lambda: None) -> list[Ball]:
    arithmetic, particles = Balls(), plan.particles
    with precision(working):
        if by_polynomial:
            x, dead, denominator = before_last(plan, arithmetic, tick)
            last = last_numerators(plan.chain, x, particles, arithmetic.zero)
            whole, growth = arithmetic.number(denominator), arithmetic.number(last.growth)
            law = [top / (whole * growth * last.common) for top in last.law]
            return [*law, (dead + last.died + last.drowned / growth) / whole]
        base = plan.chain.denominators[0] * prod(plan.growth(arithmetic))
        law, dead = numerators(plan, arithmetic, tick)
        return [numerator / arithmetic.number(base) ** particles for numerator in (*law, dead)]


def _expected_loss(chain: CellChain, particles: int, by_polynomial: bool) -> int:
    guess = round(LOSS * particles * chain.horizon)
    if particles <= 3 * PROBE:
        return guess
    radius = radius_bits(_balls(_plan(chain, PROBE, by_polynomial), by_polynomial, guess))
    return guess if radius is None else max(0, round((guess + radius) * particles / PROBE))


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
