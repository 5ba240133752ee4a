"""S3.step: the bias of one self-normalised average over N draws, by Bhatia and Davis' bound and Cauchy-Schwarz."""

from __future__ import annotations

from collections.abc import Callable

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    eq,
    finite_set,
    fn,
    implies,
    le,
    lt,
    num,
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
    s,
    sum_over_cloud,
    tested,
    variance_of_h,
    within,
    y,
    z,
)
from proofs.registry import statement


@statement(
    "S3.step",
    source="new",
    title="bias of one self-normalised average, two-sided",
    words="For N independent draws c_i of mu, 0 <= k <= h and 0 < a <= h <= s^2 a almost surely: "
    "|E[sum k(c_i) / sum h(c_i)] - mu(k)/mu(h)| <= (s^2 - s)/(2N).",
)
def two_sided_step(p: Proof) -> Fact:
    guard, _klow, _khigh = tested(p)
    apos, snonneg, Npos = p.assume(lt(0, a)), p.assume(le(0, s)), p.assume(lt(0, N))
    ranged = p.assume(all_of(y, implies(guard.concl, both(le(a, h(y)), le(h(y), s**2 * a))))).spec(y).mp(guard)
    low, high = ranged.left, ranged.right
    null, none = almost_sure_cloud(p)
    cloud = p.assume(eq(total(N, i, z(at(c, i))), 0))
    mass, mean_k = E(mu, y, h(y)), E(mu, y, k(y))
    below, above = average(p, guard, low), average(p, guard, high)
    mpos = p.cert(lt(0, mass), products=[(1, [below], []), (1, [apos], [])])
    r = mean_k / mass
    g, law = k(y) - r * h(y), draws(N, mu)

    def cloud_sum(f: Callable[[Node], Node]) -> Node:
        return total(N, i, f(at(c, i)))

    S, K, G = cloud_sum(h), cloud_sum(k), cloud_sum(lambda e: k(e) - r * h(e))

    p.note("s >= 1, since a <= mu(h) <= s^2 a")
    inva = p.positive_inverse(apos)
    one = p.cert(le(num(1) ** 2, s**2), products=[(1, [below, inva], []), (1, [above, inva], [])], dens=[apos])
    one = p.use("square_below").spec(1, s).mp(one, snonneg)

    p.note("almost surely S = sum h(c_i) >= N a > 0")
    Na = p.cert(lt(0, N * a), products=[(1, [Npos, apos], [])])
    large = sum_over_cloud(p, none, low.discharge(guard).gen(y))
    Spos = p.cert(lt(0, S), products=[(1, [large], []), (1, [Na], [])])
    invS, invNa = p.positive_inverse(Spos), p.positive_inverse(Na)
    smaller = p.cert(le(1 / S, 1 / (N * a)), products=[(1, [large, invS, invNa], [])], dens=[Spos, Na])

    p.note("with G = sum g(c_i), g = k - r h:  N mu(h) (K/S - r) = G + (G/S)(N mu(h) - S)")
    split = p.equal(N * mass * (K / S - r), G + G / S * (N * mass - S), dens=[Spos, mpos])
    mean = p.almost_surely(split, c, E(law, c, split.sides[0]), E(law, c, split.sides[1]), null)
    centred = p.equal(E(mu, y, g), 0, dens=[mpos])
    first = p.step("iid_sum", [], [E(mu, y, g), N])
    cross = E(law, c, G / S * (N * mass - S))
    bias = E(law, c, K / S) - r
    bias_is = p.equal(N * mass * bias, cross, [(1, mean), (1, first), (N, centred)])

    p.note("Cauchy-Schwarz: (E (G/S)(N mu(h) - S))^2 <= E (G/S)^2 E (N mu(h) - S)^2")
    pair = (fn("f", "Y* -> real")(c), G / S), (fn("g", "Y* -> real")(c), N * mass - S)
    cs = p.use("cauchy_schwarz").rename_sort("Y", "Y*")
    cs = cs.inst((E(finite_set("A", "", "Y*"), c, 0), E(law, c, 0)), *pair)
    p.note("E (G/S)^2 <= E G^2 / (N a)^2 = N mu(g^2) / (N a)^2")
    pointwise = p.cert(
        le((G / S) ** 2, G**2 / (N * a) ** 2), products=[(1, [smaller, invNa], [G]), (1, [smaller, invS], [G])]
    )
    squares = p.mono(pointwise.discharge(cloud).gen(c), E(law, c, (G / S) ** 2), E(law, c, G**2 / (N * a) ** 2), null)
    gsquare = p.use("iid_mean_square").inst((fn("g", "Y -> real")(y), g)).cut(centred)
    p.note(
        "E (N mu(h) - S)^2 = N Var h;  Bhatia-Davis: Var h <= (s^2 a - mu(h))(mu(h) - a) = a mu(h) (s-1)^2 - (mu(h) - s a)^2"
    )
    variance, vnonneg, hsquare = variance_of_h(p)
    davis = average(p, guard, p.cert(le(0, (s**2 * a - h(y)) * (h(y) - a)), products=[(1, [low, high], [])]))
    spread = p.cert(le(variance, a * mass * (s - 1) ** 2), products=[(1, [davis], []), (1, [], [mass - s * a])])
    top = p.cert(le(0, s**2 * a), products=[(1, [apos], [s])])
    moment = p.use("centred_second_moment").inst((b, s**2 * a)).cut(mpos, top, high.discharge(guard).gen(y))
    gg = E(mu, y, g**2)
    p.note("together: (N mu(h) bias)^2 <= mu(g^2) Var h / a^2 <= (mu(h) s (s-1)/2)^2")
    weight = p.cert(le(0, E(law, c, (N * mass - S) ** 2)), products=[(1, [vnonneg, Npos], [])], eqs=[(1, hsquare)])
    whole = p.cert(
        le(cross**2, gg * variance / a**2),
        products=[(1, [cs], []), (1, [squares, weight], [])],
        eqs=[(E(law, c, (N * mass - S) ** 2) / (N * a) ** 2, gsquare), (gg / (N * a**2), hsquare)],
        dens=[apos, Npos],
    )
    quarter = p.cert(
        le(gg * variance, s**2 * a * mass / 4 * (a * mass * (s - 1) ** 2)),
        products=[(1, [moment, vnonneg], []), ("1/4", [apos, mpos, spread], [s])],
    )
    bound = (s**2 - s) / (2 * N)
    square = p.cert(
        le(bias**2, bound**2),
        products=[(1, [whole], [1 / (N * mass)]), (1, [quarter], [1 / (N * mass * a)])],
        eqs=[((N * mass * bias + cross) / (N * mass) ** 2, bias_is)],
        dens=[Npos, mpos, apos],
    )
    nonneg = p.cert(le(0, bound), products=[("1/2", [snonneg, one, p.positive_inverse(Npos)], [])])
    up, down = within(p, bias, bound, square, nonneg)
    return up.both(down)
