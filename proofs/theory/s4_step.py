"""S4.step, derived in sympy: the bias of one self-normalised average when its weights are bounded above alone."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Element, Expect, ForAll, Implication, function, relation, symbols
from proofs.lemmas.self_normalised import (
    Draws,
    Spread,
    almost,
    averages,
    cauchy_schwarz,
    mass,
    mean_k,
    over,
    within,
)
from proofs.registry import statement

a, b, w = symbols("a b w")
mu, y, c, h, k, z, N = averages.symbols("mu y c h k z N")


@statement(
    "S4.step",
    source="new",
    title="bias of one self-normalised average, one-sided",
    words="For N independent draws c_i of mu, 0 <= k <= h <= b a almost surely, 0 < a <= mu(h), w^2 = b (b-1), and an answer R in "
    "[0, 1] with R sum h(c_i) = sum k(c_i) (any R when all h(c_i) = 0): |E R - mu(k)/mu(h)| <= (b - 1 + w/2)/N.",
)
@in_sympy("S4.step")
def one_sided_step(d: Derivation) -> Line:
    """With m = N mu(h):  m^2 (R - r) = (R - r)(m - S)^2 + G (2m - S), and |R - r| <= 1."""
    R, r = function("R", "Y* -> real"), mean_k / mass
    draws, S, K = Draws(d), over(h), over(k)
    honest = Both(Eq(R(c) * S, K), Both(0 <= R(c), R(c) <= 1))
    top, enough, root, answer, *_ = d.given(
        almost(h(y) <= b * a),
        a <= mass,
        Eq(w**2, b * (b - 1)),
        ForAll(c, Implication(Eq(over(z), 0), honest)),
        relation("<=", 0, w),
        0 < a,
    )
    d.know(d.prove(0 < mass, enough))
    with draws.point as here:
        low, inside, high = draws.tested(y)[0], draws.tested(y)[1], top(y)
    above, rlow, rhigh = (here.average(line) for line in (high, low, inside))
    big = d.know(d.prove(relation("<=", 1, b), enough, above, note="a <= mu(h) <= b a"))
    more = d.prove(b * a <= b * mass, enough, big)
    with draws.point as here:
        range_of_h = d.both(d.prove(0 <= h(y), low, inside), d.prove(h(y) <= b * mass, high, more))
    d.know(here.then(range_of_h, y)), d.know(here.then(range_of_h[1], y))
    rlow, rhigh = d.prove(0 <= r, rlow), d.prove(r <= 1, rhigh)

    # Var h <= (b - 1) mu(h)^2, mu(g^2) <= b mu(h)^2 / 4, and |mu(g (h - mu h))| <= w mu(h)^2 / 2 by Cauchy-Schwarz
    variance, g = Spread(d), k(y) - r * h(y)
    V, gg, cov = variance.value, Expect(mu, y, g**2), Expect(mu, y, g * (h(y) - mass))
    second = d.use("bhatia_davis", {a: 0, b: b * mass})
    spread = d.prove(V <= (b - 1) * mass**2, second)
    d.know(d.prove(0 <= b * mass))
    moment = d.use("centred_second_moment", {b: b * mass})
    d.know(d.prove(Eq(Expect(mu, y, g), 0)))
    cauchy = d.form(cauchy_schwarz(d, mu, y, g, h(y) - mass), cov**2 <= gg * V)
    third = d.prove(gg * V <= b * mass**2 / 4 * V, moment, variance.nonneg, hold=[gg, V, mass])
    last = d.prove(b * mass**2 / 4 * V <= b * mass**2 / 4 * ((b - 1) * mass**2), spread, hold=[V, mass])
    square = d.prove((w * mass**2 / 2) ** 2 >= b * mass**2 / 4 * ((b - 1) * mass**2), root, hold=[mass])
    d.know(d.prove(0 <= w * mass**2 / 2))
    cov_up, cov_down = within(d, cov, w * mass**2 / 2, d.chain(cauchy, third, last, square))

    m, G = N * mass, over(lambda e: k(e) - r * h(e))
    first = d.iid_sum(mu, y, g, N)
    u, v = Element("u", "Y"), Element("v", "Y")
    pairs = d.iid_pair(mu, u, v, (k(u) - r * h(u)) * (h(v) - mass), N)
    D, answer_mean, bound, out = R(c) - r, draws.mean(R(c)), (b - 1 + w / 2) / N, []
    for sign, extreme in ((1, cov_down), (-1, cov_up)):
        right = (m - S) ** 2 + sign * G * (2 * m - S)
        with draws.cloud as there:
            ratio, between = answer(c)[0], answer(c)[1]
            same = d.prove(Eq(D * S, G), ratio)
            most = d.prove(sign * D <= 1, between[0], between[1], rlow, rhigh, hold=[R(c), mean_k, mass])
            far = d.prove(sign * (D * (m - S) ** 2) <= (m - S) ** 2, most, hold=[R(c), S, mean_k, mass])
            pointwise = d.prove(sign * m**2 * D <= right, far, same, hold=[D, G, S, mass])
        mean = there.average(pointwise)
        # E (m - S)^2 = N Var h, E G = 0, E G (S - m) = N mu(g (h - mu h))
        means = d.prove(Eq(draws.mean(right), N * V - sign * N * cov), variance.cloud, first, pairs)
        bias = answer_mean - r if sign == 1 else r - answer_mean
        mean = d.form(mean, m**2 * bias <= draws.mean(right))
        total = d.prove(
            N * V - sign * N * cov <= N * ((b - 1) * mass**2 + w * mass**2 / 2), spread, extreme, hold=[V, cov, mass]
        )
        scaled = d.chain(mean, means, total)
        out.append(d.prove(bias <= bound, scaled, hold=[answer_mean, mean_k, mass]))
    return d.both(*out)
