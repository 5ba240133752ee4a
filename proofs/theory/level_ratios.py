"""S3, S4 and S8 with the gauge-invariant level ratios in place of one Bellman error; derived in sympy.

SMC does not change when V_t is multiplied by a constant c_t, but the Bellman error does.  Let lo(j) <= rho_t <= r(j) lo(j) on the level
from which j steps remain after the move.  Then with k steps to go Vstar/V lies in [P, P prod_{j<k} r(j)], P = prod_{j<k} lo(j), and
the bounds hold with prod_{j<k} r(j) <= e^(2 Lambda) where the uniform forms have (1+eps)^(2k): a Bellman error of order 1/T on
average is enough.
"""

from __future__ import annotations

from sympy import Eq, Expr

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Recip, function, implications, product, relation
from proofs.registry import lemma, statement
from proofs.theory.model import SMC, VALUES, hypotheses, layered
from proofs.theory.p0_values import live_stays

x, y, t, T, n, j, k = layered.symbols("x y t T n j k")
M, psi, V, Vstar, dead, noedge = layered.symbols("M psi V Vstar dead noedge")
f, lo, r, q, b, u, least, width, top = (
    function(name, "nat -> real") for name in ("f", "lo", "r", "q", "b", "u", "wlo", "wratio", "whi")
)
live, reachable = Eq(dead(t, x), 0), Eq(noedge(t, x, y), 0)
BV = Expect(M(t, x), y, psi(t, x, y) * V(t + 1, y))
weight = psi(t, x, y) * V(t + 1, y)


def low(count: Expr) -> Expr:
    return product(count, j, lo(j))


def spread(count: Expr) -> Expr:
    return product(count, j, r(j))


def levels(d: Derivation) -> tuple[Line, Line]:
    """lo > 0, r >= 1, and the Bellman ratios of each level in [lo, r lo]."""
    inside = Both(lo(k) * V(t, x) <= BV, BV <= r(k) * lo(k) * V(t, x))
    return d.given(
        ForAll(k, Both(0 < lo(k), relation("<=", 1, r(k)))),
        ForAll(t, k, x, implications(Eq(t + 1 + k, T), live, 0 < V(t, x), inside)),
    )


def signs(d: Derivation, bounds: Line, count: Expr) -> None:
    """Known from here on: 0 < prod_{j<count} lo(j) and 1 <= prod_{j<count} r(j), 0 < lo(count) and 1 <= r(count)."""
    d.know(bounds(count)[0]), d.know(bounds(count)[1])
    with d.suppose(ForAll(k, 0 < lo(k))) as here:
        positive = here.then(d.use("product_positive", {f(k): lo(k)})(count, 0))

    def claim(m: Expr) -> Expr:
        return relation("<=", 1, spread(m))

    with d.suppose(claim(k)) as hyp:
        more = d.prove(0 <= (spread(k) - 1) * (r(k) - 1), bounds(k)[1])
        step = hyp.then(d.prove(claim(k + 1), hyp[0], bounds(k)[1], more))
    d.know(d.induct(k, claim, d.prove(claim(0)), step)(count))
    d.know(d.gen(bounds(k)[0], k))
    d.know(d.prove(0 < low(count), positive()))
    d.know(d.prove(0 < spread(count)))


@lemma(
    "value_levels",
    title="value error from the level ratios",
    words="For t + n = T and live x: prod_{j<n} lo(j) V <= Vstar <= prod_{j<n} r(j) lo(j) V.",
)
@in_sympy("value_levels")
def value_levels(d: Derivation) -> Line:
    bounds, ratios = levels(d)
    given = d.setting(hypotheses(*VALUES, "twist is non-negative", "twist kills no live value"))

    def pair(m: Expr) -> tuple[Expr, Expr]:
        return low(m) * V(t, x) <= Vstar(t, x), Vstar(t, x) <= spread(m) * low(m) * V(t, x)

    def claim(m: Expr) -> Expr:
        return ForAll(t, x, implications(Eq(t + m, T), live, Both(*pair(m))))

    with d.suppose(Eq(t, T), live) as here:
        same = d.at(d.prove(Eq(T, t), here[0]), given["terminal value"](x), lambda s: Eq(Vstar(s, x), V(s, x)))
        base = here.then(d.both(*(d.prove(part, same) for part in pair(0))), t, x)
    with d.suppose(claim(n)) as hyp, d.suppose(Eq(t + n + 1, T), live) as here:
        d.know(d.prove(t < T, here[0]))
        signs(d, bounds, n)
        calm, stays = d.gen(given["dead is non-negative"](t + 1, y), y), given["live states stay live"](t, x)
        with d.surely(M(t, x), y, dead(t + 1, y), calm, stays) as there:
            own, inner = d.know(given["potentials are non-negative"](t, x, y)).rhs, hyp[0](t + 1, y)
            below, above = (
                there.average(d.prove(own * part.lhs <= own * part.rhs, part)) for part in (inner[0], inner[1])
            )
        rec, both = given["value recursion"](t, x), spread(n) * low(n)
        with d.suppose(0 < V(t, x)):
            ratio = ratios(t, n, x)
            least_step = d.prove(low(n) * (lo(n) * V(t, x)) <= low(n) * BV, ratio[0])
            most_step = d.prove(both * BV <= both * (r(n) * lo(n) * V(t, x)), ratio[1])
            first, second = pair(n + 1)
            high = d.both(d.prove(first, below, least_step, rec), d.prove(second, above, most_step, rec))
        with d.suppose(V(t, x) <= 0):
            flat = d.know(d.zero(V(t, x), given["twist is non-negative"](t, x)))
            gone = given["twist kills no live value"](t, x)
            nothing = d.both(*(d.prove(part, flat, gone) for part in pair(n + 1)))
        step = hyp.then(here.then(d.cases(V(t, x), 0, nothing, high), t, x))
    return d.induct(n, claim, base, step)


@statement(
    "S8.product",
    source="new",
    title="bias of fully adapted SMC, level by level",
    words="As S8 with the ratios r(j) = max rho / min rho of the levels from which j steps remain: q(k) <= Q_k = prod_{j<k} r(j), so "
    "|E F(output) - target| <= 1/(2N) sum_{k<T} (Q_k - sqrt Q_k).",
)
@in_sympy("S8.product")
def adapted_product(d: Derivation) -> Line:
    bounds, ratios = levels(d)
    values = d.use("value_levels")
    signs(d, bounds, k)
    with d.suppose(Eq(t + k, T), live, 0 < V(t, x)) as here:
        inside, star = values(k, t, x), Vstar(t, x) * Recip(V(t, x))
        ranged = d.both(d.prove(low(k) <= star, inside[0]), d.prove(star <= spread(k) * low(k), inside[1]))
    d.know(here.then(ranged, t, k, x))
    with d.suppose(t < T, live, 0 < V(t, x)) as here:  # BV >= lo V > 0, so the guided moves exist
        with d.nat_split(d.nat_step(here[0]), k) as split:
            signs_here = bounds(k)
            mass = d.prove(0 < BV, ratios(t, k, x)[0], d.prove(0 < lo(k) * V(t, x), signs_here[0]))
        moves = split.close(mass)
    d.know(here.then(moves, t, x))
    d.know(d.gen(d.both(d.prove(0 < low(k)), d.prove(relation("<=", 1, spread(k)))), k))
    return d.use("S8", {lo(k): low(k), q(k): spread(k)})


def edges(d: Derivation, *more: str) -> dict[str, Line]:
    """The setting of S3 and S4 and more of the model; known besides: live states stay live there."""
    given = d.setting(hypotheses(*SMC, *more))
    d.know(live_stays(d, given))
    return given


@statement(
    "S3.product",
    source="new",
    title="bias of SMC, two-sided, level by level",
    words="As S3 with weights in [wlo(k), wratio(k) wlo(k)] on the edges with k steps to go (wratio = L^2 under a ratio bound L) and "
    "the level ratios r(j): q(k) <= wratio(k) prod_{j<k} r(j).",
)
@in_sympy("S3.product")
def two_sided_product(d: Derivation) -> Line:
    given = edges(d, "twist is positive on live states")
    bounds, _ = levels(d)
    twist = given["twist is positive on live states"]
    within = Both(least(k) * V(t, x) <= weight, weight <= width(k) * least(k) * V(t, x))
    sizes, weights = d.given(
        ForAll(k, Both(0 < least(k), relation("<=", 1, width(k)))),
        ForAll(t, k, x, y, implications(Eq(t + 1 + k, T), reachable, within)),
    )
    with d.suppose(live, Eq(V(t, x), 0)) as none:
        false = d.prove(relation("<", 0, 0), twist(t, x), none[1])
        kills = d.anything(Eq(Vstar(t, x), 0), false)
    d.know(none.then(kills, t, x))
    values = d.use("value_levels")
    signs(d, bounds, k)
    ratio, bottom = width(k) * spread(k), least(k) * low(k)
    d.know(sizes(k)[0]), d.know(sizes(k)[1])
    with d.suppose(Eq(t + 1 + k, T), reachable) as here:
        ends = given["ends of edges"](t, x, y)
        d.know(ends[0]), d.know(ends[1])
        own = d.know(given["potentials are non-negative"](t, x, y)).rhs
        inner, inside = values(k, t + 1, y), weights(t, k, x, y)
        d.know(twist(t, x))
        Qbar, scale = own * Vstar(t + 1, y) * Recip(V(t, x)), spread(k) * low(k)
        down = d.prove(
            bottom * V(t, x) <= own * Vstar(t + 1, y),
            d.prove(own * (low(k) * V(t + 1, y)) <= own * Vstar(t + 1, y), inner[0]),
            d.prove(low(k) * (least(k) * V(t, x)) <= low(k) * weight, inside[0]),
        )
        up = d.prove(
            own * Vstar(t + 1, y) <= ratio * bottom * V(t, x),
            d.prove(own * Vstar(t + 1, y) <= own * (scale * V(t + 1, y)), inner[1]),
            d.prove(scale * weight <= scale * (width(k) * least(k) * V(t, x)), inside[1]),
        )
        ranged = d.both(d.prove(bottom <= Qbar, down), d.prove(Qbar <= ratio * bottom, up))
    d.know(here.then(ranged, t, k, x, y))
    more = d.prove(0 <= (width(k) - 1) * (spread(k) - 1))
    d.know(d.gen(d.both(d.prove(0 < bottom), d.prove(relation("<=", 1, ratio), more, sizes(k)[1])), k))
    return d.use("S3", {lo(k): bottom, q(k): ratio})


@statement(
    "S4.product",
    source="new",
    title="bias of SMC, one-sided, level by level",
    words="As S4.rational with psi V_{t+1}(y) <= whi(k) V_t(x) on the edges with k steps to go and the level ratios r(j): "
    "b(k) <= (whi(k)/lo(k)) prod_{j<k} r(j).",
)
@in_sympy("S4.product")
def one_sided_product(d: Derivation) -> Line:
    given = edges(d, "twist kills no live value")
    bounds, _ = levels(d)
    big, weights = d.given(
        ForAll(k, lo(k) <= top(k)),
        ForAll(t, k, x, y, implications(Eq(t + 1 + k, T), reachable, weight <= top(k) * V(t, x))),
    )
    values = d.use("value_levels")
    signs(d, bounds, k)
    bound, bottom = top(k) * Recip(lo(k)) * spread(k), lo(k) * low(k)
    ratio = d.know(d.prove(relation("<=", 1, top(k) * Recip(lo(k))), big(k)))
    more = d.prove(0 <= (ratio.rhs - 1) * (spread(k) - 1))
    larger = d.prove(relation("<=", 1, bound), more, ratio)
    d.know(d.gen(d.both(d.prove(0 < bottom), larger), k))
    with d.suppose(Eq(t + 1 + k, T), live, 0 < V(t, x)) as here:
        line = d.prove(bottom * V(t, x) <= Vstar(t, x), values(k + 1, t, x)[0])
    d.know(here.then(line, t, k, x))
    with d.suppose(Eq(t + 1 + k, T), reachable) as here:
        ends = given["ends of edges"](t, x, y)
        d.know(ends[0]), d.know(ends[1])
        own = d.know(given["potentials are non-negative"](t, x, y)).rhs
        inner, inside = values(k, t + 1, y)[1], weights(t, k, x, y)
        Qbar, scale = own * Vstar(t + 1, y) * Recip(V(t, x)), spread(k) * low(k)
        goal = Qbar <= bound * bottom
        with d.suppose(0 < V(t, x)):
            most = d.prove(
                own * Vstar(t + 1, y) <= scale * top(k) * V(t, x),
                d.prove(own * Vstar(t + 1, y) <= own * (scale * V(t + 1, y)), inner),
                d.prove(scale * weight <= scale * (top(k) * V(t, x)), inside),
            )
            high = d.prove(goal, d.prove(Qbar <= scale * top(k), most))
        with d.suppose(V(t, x) <= 0):
            zero = d.zero(V(t, x), given["twist is non-negative"](t, x))
            none = d.replace(zero, lambda v: own * Vstar(t + 1, y) * Recip(v()))
            d.know(larger)
            nothing = d.prove(goal, none, d.prove(0 <= bound * bottom))
        over = d.cases(V(t, x), 0, nothing, high)
    d.know(here.then(over, t, k, x, y))
    return d.use("S4.rational", {b(k): bound, u(k): bottom})
