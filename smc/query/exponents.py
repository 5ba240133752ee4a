"""The exponent of the lower bound, by vocabulary (S6, P4).

With vocabulary k and r hidden levels a hidden-prefix family has `min(k^r, a^2)` prefixes worth hiding, `a =
(1+eps)^(T-r)`. Where both meet,
`k^r = (1+eps)^(2(T-r))`, the number of queries is `(1+eps)^(T x)` with the exponent `x = 2 log k / (log k + 2 log(1+eps))`: 2/3 at
`k = 1 + eps`, which is the paper's, tending to 2 as the vocabulary grows.
"""

from __future__ import annotations

from dataclasses import dataclass

from smc.errors import InputError, whole_number
from smc.instances.hidden import hidden_mass
from smc.numbers import ONE, Ball, Rational, ball, precision, rational

BITS = 128


@dataclass(frozen=True)
class HiddenDepth:
    """The best hidden depth at one horizon: r levels, `prefixes` of them used, and the queries that TV <= delta then needs (S6)."""

    hidden: int
    prefixes: int
    queries: Rational


def exponent(vocabulary: int, eps: object) -> Ball:
    """`2 log k / (log k + 2 log(1+eps))`, certified to 128 bits. Raises InputError for k < 2 or eps <= 0."""
    k, error = whole_number("vocabulary", vocabulary, least=2), rational(eps)
    if error <= 0:
        raise InputError(f"Bellman error {error} is not positive", where="eps", mend="give a positive number")
    with precision(BITS):
        log_k, log_gain = ball(Rational(k)).log(), ball(ONE + error).log()
        return 2 * log_k / (log_k + 2 * log_gain)


def needed_queries(*, prefixes: int, levels: int, eps: object, delta: object) -> Rational:
    """`B (a^2/(a^2+B-1) - delta) - 1` with `a = (1+eps)^levels`: S6's count for B hidden prefixes and `levels` steps below them."""
    mass = hidden_mass(leaves=prefixes, levels=levels, gain=ONE + rational(eps))
    return prefixes * (mass - rational(delta)) - 1


def best_depth(*, vocabulary: int, eps: object, horizon: int, delta: object = "1/4") -> HiddenDepth:
    """The hidden depth r in 1..T-1 and number of prefixes, at most `k^r` and `floor(a^2) + 1`, whose count of queries is largest. Exact."""
    k, error = whole_number("vocabulary", vocabulary, least=2), rational(eps)
    whole_number("horizon", horizon, least=2)
    best: HiddenDepth | None = None
    words, square = 1, (ONE + error) ** (2 * horizon)
    for r in range(1, horizon):
        words, square = words * k, square / (ONE + error) ** 2
        prefixes = min(words, int(square) + 1)
        queries = needed_queries(prefixes=prefixes, levels=horizon - r, eps=error, delta=delta)
        if best is None or queries > best.queries:
            best = HiddenDepth(r, prefixes, queries)
        if words > square:
            break  # deeper levels only lose: the prefixes are limited by a^2, which falls
    assert best is not None
    return best
