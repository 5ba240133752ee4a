"""S4's corollaries, derived in sympy: the one-sided bias of SMC without roots, from the Bellman error, and from action-level coverage.

b(k) is the largest Qbar over the least Vstar/V with k steps to go, and u(k) the latter.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, limit, oo, sqrt

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_sympy
from proofs.language.expressions import (
    Both,
    ForAll,
    Implication,
    Recip,
    Root,
    function,
    implications,
    relation,
    symbols,
)
from proofs.registry import statement
from proofs.theory.model import VALUES, hypotheses, layered
from proofs.theory.p0_values import EDGES_KEEP, live_stays
from proofs.theory.p3_complexity import particles
from proofs.theory.p5_guided import weaker

x, y, t, n, k, T, N, L, eps = layered.symbols("x y t n k T N L eps")
psi, V, Vstar, dead, noedge = layered.symbols("psi V Vstar dead noedge")
b, u = function("b", "nat -> real"), function("u", "nat -> real")
Qbar = psi(t, x, y) * Vstar(t + 1, y) / V(t, x)
to_go, reachable, live = Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0), Eq(dead(t, x), 0)
g, w, v, z = symbols("g w v z")


@statement(
    "S4.rational",
    source="new",
    title="bias of SMC, one-sided, without roots",
    words="As S4: |E F(output) - target| <= (1/N) sum_{k<T} (6 b(k) - 5)/4, since sqrt(b (b - 1)) <= b - 1/2.",
)
@in_sympy("S4.rational")
def without_roots(d: Derivation) -> Line:
    bounds, _ = d.given(ForAll(k, Both(0 < u(k), relation("<=", 1, b(k)))), 0 < N)
    big = d.know(bounds(k)[1])
    inside, half = b(k) * (b(k) - 1), b(k) + limit(sqrt(w * (w - 1)) - w, w, oo)  # b - 1/2
    d.know(d.prove(0 <= inside, big))
    d.know(d.prove(0 <= half, big))
    d.know(d.prove(Root(inside) ** 2 <= half**2, d.axiom("sqrt_square", inside)))
    below, out = d.use("square_below")(Root(inside), half), d.use("S4")
    with d.below(k, T) as term:
        wide = term.sum(d.prove((b(k) - 1 + Root(inside) / 2) / N <= (6 * b(k) - 5) / (4 * N), below))
    return weaker(d, out, wide)


def without_value(d: Derivation, given: dict[str, Line], bound: Any, high: Line) -> Line:
    """Qbar <= bound from high, which was proved where V_t(x) > 0: elsewhere V_t(x) = 0 and Qbar = 0, since 1/0 = 0."""
    with d.suppose(V(t, x) <= 0):
        zero = d.zero(V(t, x), given["twist is non-negative"](t, x))
        low = d.prove(Qbar <= bound, d.replace(zero, lambda value: psi(t, x, y) * Vstar(t + 1, y) * Recip(value())))
    return d.cases(V(t, x), 0, low, high)


@statement(
    "S4.levels",
    source="new",
    title="bias of SMC from the Bellman error, one-sided, level by level",
    words="If psi V_{t+1}(y) <= L V_t(x) on reachable edges (an upper bound alone) and the Bellman error is eps, then in S4 "
    "b(k) <= L (1+eps)^(2k+1): |E F(output) - target| <= (1/N) sum_{k<T} (6 L (1+eps)^(2k+1) - 5)/4.",
)
@in_sympy("S4.levels")
def one_sided_levels(d: Derivation) -> Line:
    twist = ("twist is non-negative", "twist kills no live value", "Bellman error")
    given = d.setting(hypotheses(*(name for name in VALUES if name != "live states stay live"), *EDGES_KEEP, *twist))
    upper, _, big = d.given(
        ForAll(t, x, y, Implication(reachable, psi(t, x, y) * V(t + 1, y) <= L * V(t, x))),
        0 <= eps,
        relation("<=", 1, L * (1 + eps)),
    )
    d.know(live_stays(d, given))
    with d.suppose(live) as here:
        weak = here.then(d.prove(relation("<=", 0, V(t, x))), t, x)
    d.know(weak)
    values, growth, Q = d.use("P0"), 1 + eps, (1 + eps) ** k
    square = d.use("power_at_least_one")(growth, 2 * k)
    d.know(d.use("power_positive")(growth, k)), d.know(d.prove(0 < growth))
    d.know(d.prove(0 <= L, big))
    bound, least = L * growth ** (2 * k + 1), Recip(growth) * Recip(Q)
    with d.suppose(0 < g, 0 < w) as letters:
        positive = letters.then(d.prove(0 < Recip(g) * Recip(w)), g, w)
        same = letters.then(d.prove(L * w <= L * g * w**2 * (Recip(g) * Recip(w))), g, w)
        with d.suppose(v <= g * w * z) as below:
            divided = letters.then(below.then(d.prove(Recip(g) * Recip(w) * v <= z, below[0]), v, z), g, w)
    d.know(d.gen(d.both(positive(growth, Q), d.prove(relation("<=", 1, bound), big, square)), k))
    with d.suppose(to_go, live, 0 < V(t, x)) as here:
        d.know(values(k + 1, t, x)[1])  # V <= (1+eps)^(k+1) Vstar
        value = here.then(divided(growth, Q)(V(t, x), Vstar(t, x)), t, k, x)
    d.know(value)
    with d.suppose(to_go, reachable) as edge:
        ends = given["ends of edges"](t, x, y)
        d.know(ends[0]), d.know(ends[1])
        d.know(d.prove(0 <= L * Q))
        with d.suppose(0 < V(t, x)):  # psi Vstar(y)/V(x) <= (1+eps)^k psi V(y)/V(x) <= L (1+eps)^k
            moved = Q * psi(t, x, y) * V(t + 1, y) / V(t, x)
            high = d.calc(Qbar, ("<=", moved, values(k, t + 1, y)[0]), ("<=", L * Q, upper(t, x, y)))
        top = d.chain(without_value(d, given, L * Q, high), d.form(same(growth, Q), L * Q <= bound * least))
        top = edge.then(top, t, k, x, y)
    d.know(top)
    return d.use("S4.rational", {b(k): bound, u(k): least})


@statement(
    "S4.uniform",
    source="new",
    title="bias of SMC from the Bellman error, one-sided",
    words="As S4.levels with n = T - 1: |E F(output) - target| <= 3 T L (1+eps)^(2n+1) / (2N): L to the power 1, and 0/1 rewards "
    "are covered.",
)
@in_sympy("S4.uniform")
def one_sided_uniform(d: Derivation) -> Line:
    d.given(0 <= eps, 0 < N, Eq(T, n + 1))
    big, growth, out = d.given(relation("<=", 1, L * (1 + eps))), 1 + eps, d.use("S4.levels")
    with d.below(k, T) as inside:  # k <= n, so (1+eps)^(2k) <= (1+eps)^(2n)
        d.know(d.prove(k <= n, d.nat_step(inside[0])))
        more = d.use("power_increasing")(growth, 2 * k, 2 * n)
        more = d.prove(L * growth ** (2 * k + 1) <= L * growth ** (2 * n + 1), more, d.prove(0 <= L * growth, big))
        term = (6 * (L * growth ** (2 * k + 1)) - 5) / (4 * N)
        wide = inside.sum(d.prove(term <= 3 * L * growth ** (2 * n + 1) / (2 * N), more))
    bound = 3 * T * L * growth ** (2 * n + 1) / (2 * N)
    return weaker(d, out, d.form(wide, to_sympy(wide.fact.sides[0]) <= bound))


@statement(
    "S4.particles",
    source="new",
    title="number of particles, one-sided",
    words="N >= 3/2 L (1+eps) T (1+eps)^(2(T-1)) / delta particles give |E F(output) - target| <= delta.",
)
@in_sympy("S4.particles")
def enough_particles(d: Derivation) -> Line:
    return particles("S4.uniform")(d)


@statement(
    "S4.coverage",
    source="new",
    title="bias of SMC from action-level coverage",
    words="If psi Vstar_{t+1}(y) <= C_act Vstar_t(x) on reachable edges and 1/C_inf <= Vstar/V <= C_inf where V > 0, then "
    "b(k) <= C_act C_inf^2: |E F(output) - target| <= T (6 C_act C_inf^2 - 5) / (4N): the bias decays as 1/N.",
)
@in_sympy("S4.coverage")
def coverage(d: Derivation) -> Line:
    act, inf = symbols("C_act C_inf")
    given = d.setting(hypotheses("twist is non-negative", "ends of edges"))
    ratio = Both(Vstar(t, x) <= inf * V(t, x), V(t, x) <= inf * Vstar(t, x))
    moves, ratios, a_big, i_big = d.given(
        ForAll(t, x, y, Implication(reachable, psi(t, x, y) * Vstar(t + 1, y) <= act * Vstar(t, x))),
        ForAll(t, x, implications(live, 0 < V(t, x), ratio)),
        relation("<=", 1, act),
        relation("<=", 1, inf),
    )
    d.know(d.prove(0 < inf, i_big))
    d.know(d.prove(0 < act, a_big))
    bound, square = act * inf**2, d.use("power_at_least_one")(inf, 2)
    d.know(d.gen(d.both(d.prove(0 < 1 / inf), d.prove(relation("<=", 1, bound), a_big, square)), k))
    with d.suppose(to_go, live, 0 < V(t, x)) as here:
        value = here.then(d.prove(Recip(inf) * V(t, x) <= Vstar(t, x), ratios(t, x)[1]), t, k, x)
    d.know(value)
    with d.suppose(to_go, reachable) as edge:
        d.know(given["ends of edges"](t, x, y)[0])
        with d.suppose(0 < V(t, x)):  # psi Vstar(y)/V(x) <= C_act Vstar(x)/V(x) <= C_act C_inf
            over = act * Vstar(t, x) / V(t, x)
            high = d.calc(Qbar, ("<=", over, moves(t, x, y)), ("<=", act * inf, ratios(t, x)[0]))
        top = without_value(d, given, act * inf, high)
        top = edge.then(d.chain(top, d.prove(act * inf <= bound * Recip(inf))), t, k, x, y)
    d.know(top)
    out = d.use("S4.rational", {b(k): bound, u(k): Recip(inf)})
    total = T * (6 * bound - 5) / (4 * N)
    low, high = (to_sympy(out[i].fact.sides[0]) for i in (0, 1))
    return d.form(out, Both(low <= total, high <= total))
