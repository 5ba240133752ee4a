"""Odds of an event under a self-normalised average, derived in sympy: the step of S13 and what odds say of a probability.

R = sum_i k(c_i) / sum_i h(c_i) over N independent draws of mu, 0 <= k <= h, estimates r = mu(k)/mu(h). One more draw y,
put in the place of c_i, changes the sum of the h at most by the factor q_N = 1 + (q - 1)/N, and the two are exchangeable (`iid_swap`): so
mu(h - k) E[sum k/S] <= q_N mu(k) E[sum (h - k)/S], that is (1 - r) E R <= q_N r (1 - E R).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, exp, series

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_sympy
from proofs.language.expressions import Element, Entry, Exp, function, relation, symbols
from proofs.lemmas.self_normalised import Draws, almost, averages, mass, mean_k, over, ratio
from proofs.registry import lemma

a, q, s = symbols("a q s")
mu, y, c, h, k, N, i, j = averages.symbols("mu y c h k N i j")


def odds(p: Any, w: Any, factor: Any) -> Any:
    """(1 - p) w <= factor p (1 - w): the odds of w are at most `factor` times those of p."""
    return (1 - p) * w <= factor * p * (1 - w)


class Ranged:
    """Draws with 0 < a <= h <= q a almost surely: mu(h) > 0, q >= 1, and sum_i h(c_i) >= N a at good clouds."""

    def __init__(self, d: Derivation) -> None:
        self.draws = Draws(d)
        self.range, _ = d.given(almost(a <= h(y), h(y) <= q * a), 0 < a)
        with self.draws.point as here:
            low, high = self.range(y)[0], self.range(y)[1]
        below, above = here.average(low), here.average(high)
        self.low = here.then(low, y)
        d.know(d.prove(0 < mass, below))
        self.big = d.know(d.prove(relation("<=", 1, q), below, above, note="a <= mu(h) <= q a"))
        d.know(d.prove(0 < N * a))


def complement(d: Derivation, ranged: Ranged) -> Line:
    """E (S - K)/S = 1 - E K/S, for S = sum_i h(c_i) > 0 and K = sum_i k(c_i)."""
    S, K = over(h), over(k)
    with ranged.draws.cloud as there:
        d.know(d.prove(0 < S, ranged.draws.summed(ranged.low)))
        split = d.prove(Eq((S - K) / S, 1 - K / S), hold=[S, K])
    mean = ranged.draws.mean
    return d.form(there.average(split), Eq(mean((S - K) / S), 1 - mean(K / S)))


@lemma(
    "odds_above",
    title="odds under one self-normalised average, the upper half",
    words="As S13.step: (1 - r) E R <= (1 + (q - 1)/N) r (1 - E R).",
)
@in_sympy("odds_above")
def odds_above(d: Derivation) -> Line:
    ranged = Ranged(d)
    draws, S, K, factor = ranged.draws, over(h), over(k), 1 + (q - 1) / N
    own = Entry(c, i)
    # with y in the place of c_i the sum is S' = S - h(c_i) + h(y) >= N a, and N S <= (N - 1 + q) S'
    moved = S + h(y) - h(own)
    with draws.cloud as there:
        d.know(d.prove(0 < S, draws.summed(ranged.low)))
        clean = draws.clean()
        with d.below(i, N) as inside:
            d.know(clean(i))
            d.know(d.gen_after(d.prove(0 <= h(own) - a, ranged.range(own)[0]), inside[0], i))
            at_least = d.use("term_below_partial_sum", {function("f", "nat -> real")(j): h(Entry(c, j)) - a})
            rest = at_least(N)(i)  # h(c_i) - a <= sum_j (h(c_j) - a)
            with draws.point as here:
                drawn_low, drawn_k = ranged.range(y)[0], draws.tested(y)[0]
                rest = d.form(rest, h(own) - a <= S - N * a)
                d.know(d.prove(0 < moved, rest, drawn_low, hold=[S, h(own), h(y)]))
                more = d.prove(
                    N * S <= (N - 1 + q) * moved, rest, drawn_low, ranged.range(own)[1], hold=[S, h(own), h(y)]
                )
                smaller = d.prove(1 / moved <= factor / S, more, hold=[moved, S])
                # exchange: mu(h - k) E[sum k/S] = E[sum_i (h - k)(c_i) k(y)/S'] <= q_N mu(k) E[sum (h - k)/S]
                nonneg = d.prove(0 <= (h(own) - k(own)) * k(y), draws.tested(own)[1], drawn_k)
                other = (h(own) - k(own)) * k(y)
                pointwise = d.prove(
                    other / moved <= factor * (other / S), nonneg, smaller, hold=[moved, S, h(own), k(own), k(y)]
                )
            mean = here.average(pointwise)
        sums = inside.sum(mean)
    whole = there.average(sums)
    u, v = Element("u", "Y"), Element("v", "Y")
    exchange = d.iid_swap(mu, u, v, k(u) * (h(v) - k(v)) / s, N, s, (y, h(y)))
    answer, rest, r = draws.mean(K / S), draws.mean((S - K) / S), ratio
    swapped = to_sympy(whole.fact.sides[0])
    exchange = d.form(exchange, Eq((mass - mean_k) * answer, swapped))
    line = d.chain(exchange, d.form(whole, swapped <= factor * mean_k * rest))
    line = d.substitute(line, complement(d, ranged))
    return d.prove((1 - r) * answer <= factor * r * (1 - answer), line, hold=[answer, mean_k, mass])


@lemma(
    "odds_gap",
    title="the largest gap that odds allow",
    words="If 0 <= a <= 1, s >= 1 and (1 - a) x <= s^2 a (1 - x) then x - a <= (s - 1)/(s + 1): the gap is largest at a = 1/(1 + s).",
)
@in_sympy("odds_gap")
def odds_gap(d: Derivation) -> Line:
    """x <= s^2 a/(1 + (s^2 - 1) a), and the maximum over a of this minus a is found by `diff` and `solve`."""
    (x,) = symbols("x")
    with d.suppose(0 <= a, a <= 1, relation("<=", 1, s), odds(a, x, s**2)) as here:
        top = 1 + (s**2 - 1) * a
        d.know(d.prove(0 <= s**2 - 1, note="s >= 1"))
        d.know(d.prove(0 < top))
        d.know(d.prove(0 < s + 1))
        below = d.prove(x <= s**2 * a / top, here[3])
        widest = d.maximum(s**2 * a / top - a, a)
        line = d.prove(x - a <= (s - 1) / (s + 1), below, widest)
    return here.then(line, a, s, x)


@lemma(
    "odds_wider",
    title="odds within a factor are within any larger one",
    words="If 0 <= a, x <= 1, q <= s and (1 - a) x <= q a (1 - x) then (1 - a) x <= s a (1 - x).",
)
@in_sympy("odds_wider")
def odds_wider(d: Derivation) -> Line:
    (x,) = symbols("x")
    with d.suppose(0 <= a, x <= 1, q <= s, odds(a, x, q)) as here:
        more = d.prove(0 <= (s - q) * (a * (1 - x)), d.prove(0 <= a * (1 - x)))
        line = d.prove(odds(a, x, s), here[3], more)
    return here.then(line, a, x, q, s)


@lemma("tanh_of_half", title="tanh x <= x, at half the argument", words="(e^x - 1)/(e^x + 1) <= x/2 for x >= 0.")
@in_sympy("tanh_of_half")
def tanh_of_half(d: Derivation) -> Line:
    (x,) = symbols("x")
    X = Exp(x)
    first = series((exp(x) - 1) / (exp(x) + 1), x, 0, 2).removeO()  # x/2
    with d.suppose(0 <= x) as here:
        rising = d.grows(first - (X - 1) / (X + 1), x, 0)(x)  # the derivative is (e^x - 1)^2/(2 (e^x + 1)^2)
        line = d.prove((X - 1) / (X + 1) <= first, rising, d.axiom("exp_zero"))
    return here.then(line, x)
