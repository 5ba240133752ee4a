"""S4.step: the bias of one self-normalised average when its weights are bounded above alone."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    finite_set,
    fn,
    implies,
    le,
    lt,
    real,
    total,
)
from proofs.lemmas.self_normalised import (
    N,
    a,
    almost_sure_cloud,
    average,
    b,
    c,
    h,
    i,
    k,
    mu,
    tested,
    variance_of_h,
    within,
    y,
    z,
)
from proofs.registry import statement


@statement(
    "S4.step",
    source="new",
    title="bias of one self-normalised average, one-sided",
    words="For N independent draws c_i of mu, 0 <= k <= h <= b a almost surely, 0 < a <= mu(h), w^2 = b (b-1), and an answer R in "
    "[0, 1] with R sum h(c_i) = sum k(c_i) (any R when all h(c_i) = 0): |E R - mu(k)/mu(h)| <= (b - 1 + w/2)/N.",
)
def one_sided_step(p: Proof) -> Fact:
    R, w = fn("R", "Y* -> real"), real("w")
    guard, klow, khigh = tested(p)
    apos, Npos = p.assume(lt(0, a)), p.assume(lt(0, N))
    high = p.assume(all_of(y, implies(guard.concl, le(h(y), b * a)))).spec(y).mp(guard)
    mass, mean_k = E(mu, y, h(y)), E(mu, y, k(y))
    enough = p.assume(le(a, mass))
    root, wpos = p.assume(eq(w**2, b * (b - 1))), p.assume(le(0, w))
    null, _none = almost_sure_cloud(p)
    cloud = p.assume(eq(total(N, i, z(at(c, i))), 0))
    S, K = total(N, i, h(at(c, i))), total(N, i, k(at(c, i)))
    honest = both(eq(R(c) * S, K), both(le(0, R(c)), le(R(c), 1)))
    answer = p.assume(all_of(c, implies(cloud.concl, honest))).spec(c).mp(cloud)
    mpos = p.cert(lt(0, mass), products=[(1, [enough], []), (1, [apos], [])])
    minv, ainv = p.positive_inverse(mpos), p.positive_inverse(apos)
    r = mean_k / mass
    g, law = k(y) - r * h(y), draws(N, mu)
    G = total(N, i, k(at(c, i)) - r * h(at(c, i)))

    p.note("b >= 1, since a <= mu(h) <= b a; h <= b mu(h)")
    above = average(p, guard, high)
    one = p.cert(le(1, b), products=[(1, [enough, ainv], []), (1, [above, ainv], [])], dens=[apos])
    bm = p.cert(le(0, b * mass), products=[(1, [one, mpos], []), (1, [mpos], [])])
    top = p.cert(le(h(y), b * mass), products=[(1, [high], []), (1, [one, enough], []), (1, [enough], [])])
    p.note("r lies in [0, 1]")
    rlow = p.cert(le(0, r), products=[(1, [average(p, guard, klow), minv], [])])
    rhigh = p.cert(le(r, 1), products=[(1, [average(p, guard, khigh), minv], [])], dens=[mpos])

    p.note(
        "Var h <= (b - 1) mu(h)^2, mu(g^2) <= b mu(h)^2 / 4, and |mu(g (h - mu h))| <= w mu(h)^2 / 2 by Cauchy-Schwarz"
    )
    hnonneg = p.cert(le(0, h(y)), products=[(1, [klow], []), (1, [khigh], [])])
    square = average(p, guard, p.cert(le(h(y) ** 2, b * mass * h(y)), products=[(1, [top, hnonneg], [])]))
    variance, vnonneg, hsquare = variance_of_h(p)
    spread = p.cert(le(variance, (b - 1) * mass**2), products=[(1, [square], [])])
    moment = p.use("centred_second_moment").inst((b, b * mass)).cut(mpos, bm, top.discharge(guard).gen(y))
    centred = p.equal(E(mu, y, g), 0, dens=[mpos])
    cov = E(mu, y, g * (h(y) - mass))
    pair = (fn("f", "Y -> real")(y), g), (fn("g", "Y -> real")(y), h(y) - mass)
    cs = p.use("cauchy_schwarz").inst((E(finite_set("A", "", "Y"), y, 0), E(mu, y, 0)), *pair)
    half = w * mass**2 / 2
    below = p.cert(
        le(cov**2, half**2),
        products=[(1, [cs], []), (1, [moment, vnonneg], []), ("1/4", [bm, mpos, spread], [])],
        eqs=[(mass**4 / 4, root)],
    )
    cov_up, cov_down = within(p, cov, half, below, p.cert(le(0, half), products=[("1/2", [wpos], [mass])]))

    p.note("with m = N mu(h):  m^2 (R - r) = (R - r)(m - S)^2 + G (2m - S), and |R - r| <= 1")
    m = N * mass
    ratio, inside = answer.left, answer.right
    same = p.equal((R(c) - r) * S, G, [(1, ratio)])
    gap = p.cert(le(R(c) - r, 1), products=[(1, [inside.right], []), (1, [rlow], [])])
    gap_down = p.cert(le(r - R(c), 1), products=[(1, [inside.left], []), (1, [rhigh], [])])
    signs = ((1, R(c) - r, gap, cov_down), (-1, r - R(c), gap_down, cov_up))
    p.note("take expectations: E (m - S)^2 = N Var h, E G = 0, E G (S - m) = N mu(g (h - mu h))")
    first = p.step("iid_sum", [], [E(mu, y, g), N])
    u, v = element("Y", "u"), element("Y", "v")
    both_sums = p.step("iid_pair", [], [E(mu, u, E(mu, v, (k(u) - r * h(u)) * (h(v) - mass))), N])
    bound, out = (b - 1 + w / 2) / N, []
    for sign, deviation, most, extreme in signs:
        right = (m - S) ** 2 + sign * G * (2 * m - S)
        pointwise = p.cert(le(m**2 * deviation, right), products=[(1, [most], [m - S])], eqs=[(2 * m - S, same)])
        mean = p.mono(pointwise.discharge(cloud).gen(c), E(law, c, m**2 * deviation), E(law, c, right), null)
        bias = E(law, c, R(c)) - r if sign == 1 else r - E(law, c, R(c))
        scaled = p.cert(
            le(m**2 * bias, N * ((b - 1) * mass**2 + half)),
            products=[(1, [mean], []), (1, [spread, Npos], []), (1, [extreme, Npos], [])],
            eqs=[(1, hsquare), (1, both_sums), (m, first), (m * N, centred)],
        )
        out.append(p.cert(le(bias, bound), products=[(1, [scaled], [1 / m])], dens=[Npos, mpos]))
    return out[0].both(out[1])
