"""S3.step, derived in sympy: the bias of one self-normalised average over N draws, by Bhatia and Davis' bound and Cauchy-Schwarz."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Expect, function, relation, symbols
from proofs.lemmas.self_normalised import (
    Draws,
    Spread,
    almost,
    averages,
    cauchy_schwarz,
    mass,
    mean_k,
    over,
    ratio,
    within,
)
from proofs.registry import statement

a, b, s = symbols("a b s")
mu, y, c, h, k, N = averages.symbols("mu y c h k N")


@statement(
    "S3.step",
    source="new",
    title="bias of one self-normalised average, two-sided",
    words="For N independent draws c_i of mu, 0 <= k <= h and 0 < a <= h <= s^2 a almost surely: "
    "|E[sum k(c_i) / sum h(c_i)] - mu(k)/mu(h)| <= (s^2 - s)/(2N).",
)
@in_sympy("S3.step")
def two_sided_step(d: Derivation) -> Line:
    draws, r = Draws(d), ratio
    ranged, _, _ = d.given(almost(a <= h(y), h(y) <= s**2 * a), 0 < a, relation("<=", 0, s))
    with draws.point as here:
        low, high = ranged(y)[0], ranged(y)[1]
    below, above = here.average(low), here.average(high)
    d.know(here.then(high, y))
    d.know(d.prove(0 < mass, below))
    d.know(d.prove(relation("<=", 1, s**2), below, above, note="a <= mu(h) <= s^2 a"))
    d.know(d.use("square_below")(1, s))

    g, G, S, K = k(y) - r * h(y), over(lambda e: k(e) - r * h(e)), over(h), over(k)
    with draws.cloud as there:
        large = d.know(draws.summed(here.then(low, y)))  # S >= N a > 0
        d.know(d.prove(0 < S, large))
        smaller = d.prove(1 / S <= 1 / (N * a), large)
        # with G = sum_i g(c_i), g = k - r h:  N mu(h) (K/S - r) = G + (G/S)(N mu(h) - S)
        split = d.prove(Eq(N * mass * (K / S - r), G + G / S * (N * mass - S)))
        pointwise = d.prove((G / S) ** 2 <= G**2 / (N * a) ** 2, smaller)
    mean, squares = there.average(split), there.average(pointwise)
    d.know(d.prove(Eq(Expect(mu, y, g), 0)))
    cross, bias = draws.mean(G / S * (N * mass - S)), draws.mean(K / S) - r
    bias_is = d.prove(Eq(N * mass * bias, cross), mean, d.iid_sum(mu, y, g, N))
    cauchy = cauchy_schwarz(d, mu.draws(N), c, G / S, N * mass - S)
    gsquare = d.use("iid_mean_square", {function("g", "Y -> real")(y): g})  # E G^2 = N mu(g^2)
    variance = Spread(d)
    davis = d.use("bhatia_davis", {b: s**2 * a})
    worst = d.maximum((s**2 * a - mass) * (mass - a) / mass, mass)  # a (s - 1)^2, at mu(h) = s a
    spread = d.prove(variance.value <= worst.rhs * mass, davis, worst)
    d.know(d.prove(0 <= s**2 * a))
    moment = d.use("centred_second_moment", {b: s**2 * a})
    gg = Expect(mu, y, g**2)
    # (N mu(h) bias)^2 <= E (G/S)^2 E (N mu(h) - S)^2 <= mu(g^2) Var h / a^2 <= (mu(h) s (s-1)/2)^2
    G2, S2, GS, V = draws.mean(G**2), draws.mean((N * mass - S) ** 2), draws.mean((G / S) ** 2), variance.value
    squares = d.substitute(d.form(squares, GS <= G2 / (N * a) ** 2), gsquare)
    cauchy = d.substitute(cauchy, d.form(variance.cloud, Eq(S2, N * V)))
    second = d.prove(GS * (N * V) <= gg * V / a**2, squares, variance.nonneg, hold=[GS, gg, V])
    top, side = s**2 * a * mass / 4, worst.rhs * mass
    d.know(d.prove(0 <= top))
    third = d.prove(gg * V <= top * V, moment, variance.nonneg, hold=[gg, V, mass])
    fourth = d.prove(top * V <= top * side, spread, hold=[V, mass])
    last = d.prove(gg * V / a**2 <= (mass * s * (s - 1) / 2) ** 2, third, fourth, hold=[gg, V, mass])
    d.know(d.prove(0 <= mass * s * (s - 1)))
    up, down = within(d, cross, mass * s * (s - 1) / 2, d.chain(cauchy, second, last))
    letters, bound = [draws.mean(K / S), cross, mean_k, mass], (s**2 - s) / (2 * N)
    return d.both(
        d.prove(bias <= bound, up, bias_is, hold=letters), d.prove(-bias <= bound, down, bias_is, hold=letters)
    )
