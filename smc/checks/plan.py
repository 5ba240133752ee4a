"""How many particles or proposals each theorem asks for, at a horizon, a Bellman error, a ratio bound and an accuracy.

Every count is sufficient: the closed form of the statement is evaluated in certified arithmetic and rounded up. Costs are reward-model
evaluations: one per particle and step for reference moves; `branching` per particle and step for guided moves, which score every
successor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import gmpy2

from proofs import bounds
from proofs.catalogue import ROWS
from smc.errors import InputError, whole_number
from smc.numbers import ONE, Ball, Rational, Verdict, at_most, ball, least_enough, precision, rational, whole
from smc.query.exponents import best_depth

BITS = 256
"""Working precision: counts below 10**60 come out to the unit, larger ones to 60 digits (rounded up)."""
EXACT_BITS = 1 << 20
"""Largest power, in bits, that is still computed as an exact rational."""
MOST_PROPOSALS = 1 << 4096
MOST_STEPS = 10**6
"""Longest horizon: one bound sums over the steps, a dozen seconds at a million."""
LARGEST_COUNT = 14_000
"""Counts beyond 2 to this power (4,214 digits) are refused: Python will not print them, and nobody can buy them."""


@dataclass(frozen=True)
class Setting:
    """What the user knows: horizon T, Bellman error eps, ratio bound L, target accuracy delta (a TV), branching of a guided move."""

    horizon: int
    eps: Rational
    ratio_bound: Rational
    delta: Rational
    branching: int = 2


@dataclass(frozen=True)
class Demand:
    """What one statement asks for.

    count: particles or proposals, None when the statement gives no finite count for this accuracy. unit: what is counted.
    cost: reward-model evaluations. calls: of the generator, one for a step of a particle. sufficient: False for a lower bound (no
    algorithm of its class does with less).
    """

    id: str
    algorithm: str
    count: int | None
    unit: str
    cost: int | None
    calls: int | None
    sufficient: bool = True
    remark: str = ""

    @property
    def source(self) -> str:
        """Whose the statement is."""
        return ROWS[self.id].source


def setting(horizon: object, eps: object, ratio_bound: object, delta: object, branching: object = 2) -> Setting:
    """A checked setting. Raises InputError for T < 1, eps < 0, L < 1, delta outside (0, 1), branching < 1."""

    def number(name: str, value: object) -> Rational:
        try:
            return rational(value)
        except (TypeError, ValueError) as error:
            raise InputError(str(error), where=name) from None

    result = Setting(
        whole_number("horizon", horizon),
        number("eps", eps),
        number("ratio-bound", ratio_bound),
        number("delta", delta),
        whole_number("branching", branching),
    )
    if result.horizon > MOST_STEPS:
        raise InputError(f"{result.horizon} steps", where="horizon", mend=f"give at most {MOST_STEPS:,}")
    if result.eps < 0:
        raise InputError(f"Bellman error {result.eps} is negative", where="eps", mend="give zero or more")
    if result.ratio_bound < 1:
        raise InputError(
            f"ratio bound {result.ratio_bound} is below 1",
            where="ratio-bound",
            mend="L bounds ratios from both sides, so L >= 1",
        )
    if not 0 < result.delta < 1:
        raise InputError(
            f"accuracy {result.delta} is not between 0 and 1",
            where="delta",
            mend="delta is a total variation, such as 0.1",
        )
    return result


def plan(given: Setting) -> list[Demand]:
    """Every statement's demand, upper bounds first, then the lower bounds that no algorithm beats.

    Raises InputError when the paper's count (the largest) has more than about 4,200 digits.
    """
    growth = 6 * ((given.horizon - 1) * _log2(ONE + given.eps) + _log2(given.ratio_bound)) - _log2(given.delta)
    if not growth + math.log2(given.horizon) < LARGEST_COUNT:
        raise InputError(
            f"the counts for T = {given.horizon} and eps = {given.eps} have more than 4,200 digits",
            where="eps",
            mend="they are polynomial in T for eps of order 1/T: choose a smaller eps or a shorter horizon",
        )
    with precision(BITS):
        return _upper(given) + _lower(given)


def _log2(value: Rational) -> float:
    """A float, of use for sizes only; from enclosures, since a large rational is no float."""
    return float((ball(value, BITS).log() / ball(ONE * 2, BITS).log()).mid())


def cheapest(demands: list[Demand]) -> Demand | None:
    """The sufficient demand with the least cost, if any is finite."""
    finite = [d for d in demands if d.sufficient and d.cost is not None]
    return min(finite, key=lambda d: d.cost or 0) if finite else None


def _upper(s: Setting) -> list[Demand]:
    scalar = _scalar(s)
    horizon, eps, big_l, delta = s.horizon, scalar(s.eps), scalar(s.ratio_bound), scalar(s.delta)

    def particles(statement: str, form: str, **inputs: Any) -> int:
        """The bound is proportional to 1/N: evaluate it at N = 1 and divide by delta."""
        return max(1, _round_up(bounds.evaluate(statement, form, N=1, **inputs) / delta))

    step, guided_step = horizon, horizon * s.branching
    common = {"T": horizon, "L": big_l, "eps": eps}
    demands = [
        _asked(statement, n := particles(statement, "uniform", **common), n * step, n * step)
        for statement in ("P3", "S3", "S13", "S4", "S12")
    ]
    n = particles("S8", "uniform", T=horizon, eps=eps)
    demands.append(_asked("S8", n, n * guided_step, n * step))
    for statement in ("P5", "S2"):
        enough = at_most(bounds.evaluate(statement, "uniform", T=horizon, eps=eps), delta) is Verdict.HOLDS
        lacking = "" if enough else "one guided particle is not shown to be this accurate"
        found = (1, guided_step, step) if enough else (None, None, None)
        demands.append(_asked(statement, *found, remark=lacking))
    demands.append(_pool(s))
    proposals = _proposals(s)
    beyond = "" if proposals else f"more than 2^{MOST_PROPOSALS.bit_length() - 1} proposals"
    found = (None, None, None) if proposals is None else (proposals, proposals * guided_step, proposals * step)
    demands.append(_asked("S7", *found, unit="proposals", remark=beyond))
    return demands


def _asked(
    statement: str, count: int | None, cost: int | None, calls: int | None, *, unit: str = "particles", remark: str = ""
) -> Demand:
    """What `statement` asks for, with the words of its row where there is nothing else to remark."""
    row = ROWS[statement]
    sampler = next(sampler for form in row.forms for sampler in form.samplers)
    return Demand(statement, sampler, count, unit, cost, calls, remark=remark or row.asks)


def _proposals(s: Setting) -> int | None:
    """Smallest H whose S7 bound is certified to be at most delta, by doubling and bisection; None beyond `MOST_PROPOSALS`."""
    growth = 2 * (s.horizon - 1) * _log2(ONE + s.eps)
    if growth > MOST_PROPOSALS.bit_length():
        return None
    bits = BITS + 2 * int(growth)  # 1 - 1/R needs log2 R bits, its H-th power as many again

    def enough(h: int) -> bool:
        with precision(bits):
            product = ball(ONE + s.eps, bits) ** (2 * (s.horizon - 1))
            return at_most(bounds.evaluate("S7", "instance", H=h, R=product), s.delta) is Verdict.HOLDS

    return least_enough(enough, MOST_PROPOSALS)


def pool_size(*, horizon: int, eps: Rational, ratio_bound: Rational, proposals: int, delta: Rational) -> int:
    """Candidates a pool: `12 L (1+eps) T^2 log(2 H T / delta)`, rounded up; S7.pool at `xi = 1/(2T)`, `b/mu(G) <= L (1+eps)`."""
    with precision(BITS):
        odds = ball(2 * proposals * horizon / delta, BITS).log()
        return _round_up(12 * ball(ratio_bound * (1 + eps), BITS) * horizon**2 * odds)


def _pool(s: Setting) -> Demand:
    """P6, unconditional: half of delta for the contraction, half for the bad events of the H proposals and the restriction.

    `H = 1 + e^(2c+4) log(2/delta)` with `c = eps T`; S7.pool with delta' then bounds `H P(bad)` by delta' and the target's bad mass by
    `L (1+eps) delta'/H`, so `delta' = (delta/2) / (1 + L (1+eps)/H)`.
    """
    growth = ball(2 * s.eps * s.horizon + 4, BITS)
    if 2 * growth > MOST_PROPOSALS.bit_length():
        return Demand("P6", "pool mh", None, "proposals", None, None, remark="more proposals than can be written down")
    proposals = 1 + _round_up(growth.exp() * ball(2 / s.delta, BITS).log())
    rest = s.delta / 2 / (1 + s.ratio_bound * (1 + s.eps) / proposals)
    size = pool_size(horizon=s.horizon, eps=s.eps, ratio_bound=s.ratio_bound, proposals=proposals, delta=rest)
    cost = proposals * s.horizon * size
    return Demand(
        "P6",
        "pool mh",
        proposals,
        "proposals",
        cost,
        cost,
        remark=f"pools of {size:,} reference moves; {ROWS['P6'].asks}",
    )


def _lower(s: Setting) -> list[Demand]:
    if s.delta >= ONE / 2:
        return []
    scalar = _scalar(s)
    needed = bounds.evaluate("S6", "uniform", T=s.horizon, eps=scalar(s.eps), delta=scalar(s.delta))
    rows = [
        (needed.lower() if isinstance(needed, flint.arb) else needed, f"{ROWS['S6'].asks} of a large enough vocabulary")
    ]
    if s.horizon > 1 and s.eps and s.branching > 1 and scalar(s.eps) is s.eps:
        best = best_depth(vocabulary=s.branching, eps=s.eps, horizon=s.horizon, delta=s.delta)
        levels = f"{best.hidden} hidden level{'s' * (best.hidden > 1)}"
        rows.append((best.queries, f"{ROWS['S6'].asks} with {s.branching} successors a step ({levels})"))
    return [
        Demand("S6", "any algorithm", n := max(0, _round_up(value)), "queries", n, n, sufficient=False, remark=remark)
        for value, remark in rows
    ]


def _scalar(s: Setting) -> Callable[[Rational], Rational | Ball]:
    """Exact rationals while the powers stay small, enclosures beyond: `(1+1/10**6)**(6*10**6)` has 36 million digits."""
    bits = sum(int(x.numerator).bit_length() + int(x.denominator).bit_length() for x in (s.eps, s.ratio_bound))
    return (lambda x: x) if 6 * s.horizon * bits <= EXACT_BITS else (lambda x: ball(x, BITS))


def _round_up(value: Ball | Rational) -> int:
    """The least integer at or above `value`; for an enclosure, one that is certainly at or above it."""
    if not isinstance(value, flint.arb):
        return int(gmpy2.ceil(value))
    return whole(value.upper().ceil())
