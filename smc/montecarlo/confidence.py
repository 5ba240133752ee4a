"""Confidence intervals that hold at every sample size, not only in the limit. No normal approximation anywhere.

| what is averaged | interval | source |
|---|---|---|
| 0/1 outcomes | `clopper_pearson`, exact binomial | Clopper & Pearson 1934 |
| values in [0, 1] | `betting`, the hedged capital process | Waudby-Smith & Ramdas 2024, section 4 |
| values in [0, 1], very many | `empirical_bernstein` | Maurer & Pontil 2009, Theorem 4 |
| values in [0, 1], worst case | `hoeffding` | Hoeffding 1963 |

Each takes independent, identically distributed values and an error probability, and returns (lower, upper) such that
the mean lies outside with probability at most `error`, whatever the distribution. `total_variation` turns
simultaneous intervals for the outcomes of a law into one for its distance from a target.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb, ctx

from smc.errors import InputError
from smc.montecarlo.compiled import Floats

_BISECTIONS = 13
_SLACK = 1e-6
"""What the logarithm of a wealth must exceed its limit by; far above the rounding of a sum of 1e8 logarithms below
1.
"""
_BETTING_SIZE = 4_000_000
"""Largest number of values for which `mean` bets; beyond it the one-pass interval is nearly as short."""


def check_error(error: float) -> float:
    """`error` if it is a probability strictly between 0 and 1; raises InputError otherwise."""
    if not isinstance(error, (int, float)) or not 0 < error < 1:
        raise InputError(
            f"error probability {error!r}", where="error", mend="give a number strictly between 0 and 1, say 0.01"
        )
    return float(error)


def clopper_pearson(successes: int, trials: int, error: float) -> tuple[float, float]:
    """Interval for a probability p, from `successes` in `trials` independent trials.

    lower: the largest p found with `P(Binomial(trials, p) >= successes) <= error/2`; upper: the same for the
    failures. The tail is the regularised incomplete beta function `I_p(k, n-k+1)` as a ball, so that each end is
    certified; the search stops within a thousandth of the end and of its distance to `successes/trials`, on the safe
    side.
    """
    check_error(error)
    if not 0 <= successes <= trials or trials < 1:
        raise InputError(f"{successes} successes in {trials} trials", where="clopper_pearson")
    upper = 1.0 - _binomial_lower(trials - successes, trials, error / 2)
    return _binomial_lower(successes, trials, error / 2), min(1.0, math.nextafter(upper, 2.0))


def _binomial_lower(successes: int, trials: int, error: float) -> float:
    """Newton's method for `log P(Binomial(trials, p) >= successes) = log error` in `log p`, where the left side is concave and so every
    step stays below the end; each point is certified, and the last test shows that the next thousandth is too much.
    """
    if successes == 0:
        return 0.0
    share, target = successes / trials, math.log(error)
    low, high, point = 0.0, share, _chernoff_lower(share, -target / trials)
    beta = math.lgamma(successes) + math.lgamma(trials - successes + 1) - math.lgamma(trials + 1)
    for _ in range(60):
        below, log_tail = _tail(successes, trials, point, error)
        low, high = (point, high) if below else (low, point)
        near = 1e-3 * min(low, share - low)
        if high - low <= near:
            break
        slope = 0.0
        if 0 < point < 1 and math.isfinite(log_tail):
            log_density = successes * math.log(point) + (trials - successes) * math.log1p(-point) - beta
            slope = math.exp(min(log_density - log_tail, 700.0))
        step = point * math.exp(min((target - log_tail) / slope, 1.0)) if slope else 0.0
        point = (
            step
            if low + near / 2 < step < high
            else low + 0.9 * near
            if low < step <= low + near / 2
            else (low + high) / 2
        )
    return low


def _chernoff_lower(share: float, rate: float) -> float:
    """The p below `share` with `KL(share, p) = rate`: a first guess, to be certified."""
    low, high = 0.0, share
    for _ in range(60):
        p = (low + high) / 2
        rest = (1 - share) * math.log((1 - share) / (1 - p)) if share < 1 else 0.0
        low, high = (p, high) if p == 0 or share * math.log(share / p) + rest > rate else (low, p)
    return low


def _tail(successes: int, trials: int, p: float, error: float) -> tuple[bool, float]:
    """Whether `P(Binomial(trials, p) >= successes) <= error` is certain; and the logarithm of that tail, to about double precision."""
    bits = ctx.prec
    try:
        for ctx.prec in (64, 128, 256, 512):
            tail = arb(p).beta_lower(arb(successes), arb(trials - successes + 1), 1)
            if tail <= arb(error) or tail > arb(error):
                break
        return bool(tail <= arb(error)), float(tail.log().mid())
    finally:
        ctx.prec = bits


def hoeffding(values: Floats, error: float) -> tuple[Floats, Floats]:
    """`mean ± sqrt(log(2/error) / 2n)`, for columns of values in [0, 1]."""
    values = _columns(values)
    half = math.sqrt(math.log(2 / check_error(error)) / (2 * len(values)))
    mean = values.mean(axis=0)
    return np.maximum(mean - half, 0.0), np.minimum(mean + half, 1.0)


def empirical_bernstein(values: Floats, error: float) -> tuple[Floats, Floats]:
    """`mean ± [sqrt(2 v log(4/error) / n) + 7 log(4/error) / (3 (n - 1))]`, v the sample variance; columns of values
    in [0, 1].
    """
    values = _columns(values)
    mean = values.mean(axis=0)
    variance = values.var(axis=0, ddof=1) if len(values) > 1 else np.zeros_like(mean)
    return _bernstein(len(values), mean, variance, error)


def empirical_bernstein_of(size: int, mean: float, square: float, error: float) -> tuple[float, float]:
    """`empirical_bernstein` from the mean of `size` values and that of their squares, where the values are not kept."""
    variance = max(square - mean * mean, 0.0) * size / max(size - 1, 1)
    lower, upper = _bernstein(size, np.array(mean), np.array(variance), error)
    return float(lower), float(upper)


def _bernstein(size: int, mean: Floats, variance: Floats, error: float) -> tuple[Floats, Floats]:
    log_term = math.log(4 / check_error(error))
    if size < 2:
        return np.zeros_like(mean), np.ones_like(mean)
    half = np.sqrt(2 * variance * log_term / size) + 7 * log_term / (3 * (size - 1))
    return np.maximum(mean - half, 0.0), np.minimum(mean + half, 1.0)


def betting(values: Floats, error: float) -> tuple[Floats, Floats]:
    """Interval for the means of columns of values in [0, 1], from a bet against each candidate mean m.

    Wealth `prod_i (1 + l_i (x_i - m))` with `l_i` in [0, 1/(2m)] fixed before `x_i` is seen is a non-negative
    martingale when m is the mean, so it reaches 2/error with probability at most error/2 (Ville). It falls as m
    rises; the lower end is the largest m found that is ruled out. The upper end is one minus the lower end of `1 -
    x`. The bets are `sqrt(2 log(2/error) / (n v_{i-1}))`, with a running
    variance: they decide how short the interval is, never whether it is valid.
    """
    values = _columns(values)
    limit = math.log(2 / check_error(error))
    count = np.arange(1, len(values) + 1)[:, None]
    mean = (0.5 + np.cumsum(values, axis=0)) / (count + 1)
    variance = (0.25 + np.cumsum((values - mean) ** 2, axis=0)) / (count + 1)
    before = np.concatenate([np.full((1, values.shape[1]), 0.25), variance[:-1]])
    bets = np.sqrt(2 * limit / (len(values) * before))
    lower = _ruled_out(values, bets, limit)
    upper = 1.0 - _ruled_out(1.0 - values, bets, limit)
    return lower, np.minimum(np.nextafter(upper, 2.0), 1.0)


def _ruled_out(values: Floats, bets: Floats, limit: float) -> Floats:
    """The largest m found, by column, at which the log wealth exceeds `limit`; 0 where there is none."""
    low, high = np.zeros(values.shape[1]), values.mean(axis=0)
    middle = np.maximum(high - 1.5 * np.sqrt(2 * limit * values.var(axis=0) / len(values)), high / 2)
    for _ in range(_BISECTIONS):
        with np.errstate(divide="ignore"):
            stake = np.minimum(bets, 0.5 / middle)
        rich = np.log1p(stake * (values - middle)).sum(axis=0) > limit + _SLACK
        low, high = np.where(rich, middle, low), np.where(rich, high, middle)
        middle = (low + high) / 2
    return low


def mean(values: Floats, error: float) -> tuple[Floats, Floats]:
    """Interval for the mean of each column of values in [0, 1]: by betting, or empirical Bernstein where there are
    very many values.

    The choice depends on the shape alone, never on the values.
    """
    values = _columns(values)
    return betting(values, error) if values.size <= _BETTING_SIZE else empirical_bernstein(values, error)


def _columns(values: Floats) -> Floats:
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    if not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise InputError(
            "values outside [0, 1], or none", where="confidence interval", mend="scale them by their known range first"
        )
    return values


def total_variation(lower: Floats, upper: Floats, target: Floats) -> tuple[float, float]:
    """Range of `TV(p, target) = sum (p - target)^+ = sum (target - p)^+` over the laws p with `lower <= p <= upper`,
    shapes (K,).

    When the intervals hold simultaneously with probability `1 - error`, so does this one.
    """
    least = max(np.maximum(lower - target, 0).sum(), np.maximum(target - upper, 0).sum())
    most = min(np.maximum(upper - target, 0).sum(), np.maximum(target - lower, 0).sum(), 1.0)
    return float(least), float(max(least, most))
