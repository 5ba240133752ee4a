"""S17: one step of conditional SMC, where a kept particle of bounded weight competes with N free ones, derived in sympy.

The step needs no division and no Cauchy-Schwarz: with s the sum of all weights, R (1 - l s)^2 >= 0 for every number l; its mean with the
best l is the bound.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Element, Expect, ForAll, Implication, function, relation, symbols
from proofs.lemmas.self_normalised import Draws, almost, averages, mass, mean_k, over
from proofs.registry import statement

a, b, w = symbols("a b w")
mu, y, c, h, k, z, N = averages.symbols("mu y c h k z N")


@statement(
    "S17.step",
    source="new",
    title="one step of conditional SMC: a kept particle among N free ones",
    words="For N independent draws c_i of mu, 0 <= k <= h <= b a almost surely, a kept weight w <= b a, 0 < a <= mu(h), and an answer "
    "R >= 0 with R (w + sum h(c_i)) = sum k(c_i), the kept particle answering nothing (any R >= 0 where all weights vanish): "
    "mu(k)/mu(h) <= (1 + (2 b - 1)/N) E R.",
)
@in_sympy("S17.step")
def conditional_step(d: Derivation) -> Line:
    """R >= 2 l K - l^2 K (S + w), with l = 1/(mu(h) (N - 1 + 2 b))."""
    R = function("R", "Y* -> real")
    draws, S, K = Draws(d), over(h), over(k)
    top, enough, most, answer, *_ = d.given(
        almost(h(y) <= b * a),
        a <= mass,
        w <= b * a,
        ForAll(c, Implication(Eq(over(z), 0), Both(Eq(R(c) * (S + w), K), 0 <= R(c)))),
        0 < a,
    )
    (l,) = symbols("l")
    d.know(d.prove(0 < mass, enough))
    with draws.point as here:
        low, high = draws.tested(y)[0], top(y)
    above, rlow = here.average(high), here.average(low)
    big = d.know(d.prove(relation("<=", 1, b), enough, above, note="a <= mu(h) <= b a"))
    with draws.point as here:
        product = d.prove(k(y) * h(y) <= b * a * k(y), low, high)
    second = here.average(product)

    with draws.cloud as there:
        same, positive = answer(c)[0], answer(c)[1]
        square = d.prove(relation("<=", 0, R(c) * (1 - l * (S + w)) ** 2), positive)
        pointwise = d.prove(2 * l * K - l**2 * K * (S + w) <= R(c), square, same, hold=[K, S, R(c)])
    mean = there.average(pointwise)
    first = d.iid_sum(mu, y, k(y), N)
    u, v = Element("u", "Y"), Element("v", "Y")
    pairs = d.iid_pair(mu, u, v, k(u) * h(v), N)
    spent = Expect(mu, y, k(y) * h(y)) + (N - 1) * mean_k * mass + w * mean_k
    mean = d.prove(2 * l * N * mean_k - l**2 * N * spent <= draws.mean(R(c)), mean, first, pairs)
    more = d.prove(b * a <= b * mass, enough, big)
    own = d.prove(w * mean_k <= b * a * mean_k, most, rlow)
    wide = d.prove(b * a * mean_k <= b * mass * mean_k, more, rlow)
    all_of_it = mass * (N - 1 + 2 * b)
    few = d.prove(spent <= mean_k * all_of_it, second, own, wide)
    positive = d.know(d.prove(0 < all_of_it, big))
    best = d.gen(mean, l)(1 / all_of_it)
    tight = d.prove(N * spent / all_of_it**2 <= N * mean_k / all_of_it, few)
    rest = d.prove(N * mean_k / all_of_it <= draws.mean(R(c)), best, tight)
    return d.prove(mean_k / mass <= (1 + (2 * b - 1) / N) * draws.mean(R(c)), rest, positive)
