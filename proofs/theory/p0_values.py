"""P0 and P1, derived in sympy: from the Bellman error to the value error and to the range of the backward potentials."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import read
from proofs.language.expressions import Both, ForAll, Implication, function, implications, relation
from proofs.registry import statement
from proofs.theory import model

x, y, u, v, t, T, n, eps, L = read(model.x, model.y, model.u, model.v, model.t, model.T, model.n, model.eps, model.L)
M, psi, V, Vstar, dead = read(model.M, model.psi, model.V, model.Vstar, model.dead)
noedge = function("noedge", "nat X X -> real")
live = Eq(dead(t, x), 0)


@statement(
    "P0",
    source="paper",
    title="value error from Bellman error",
    words="For t + n = T and every live x: Vstar_t(x) <= (1+eps)^n V_t(x) and V_t(x) <= (1+eps)^n Vstar_t(x).",
)
@in_sympy("P0")
def value_error(d: Derivation) -> Line:
    given = d.setting(model.model)
    d.given(0 <= eps)

    def pair(m):
        return Vstar(t, x) <= (1 + eps) ** m * V(t, x), V(t, x) <= (1 + eps) ** m * Vstar(t, x)

    def claim(m):
        return ForAll(t, x, implications(Eq(t + m, T), live, Both(*pair(m))))

    with d.suppose(Eq(t, T), live) as end:  # both values are the terminal reward
        same = d.at(d.prove(Eq(T, t), end[0]), given["terminal value"](x), lambda s: Eq(Vstar(s, x), V(s, x)))
        base = end.then(d.both(*(d.prove(part, same) for part in pair(0))), t, x)

    with d.suppose(claim(n)) as hyp, d.suppose(Eq(t + n + 1, T), live) as here:
        d.know(d.prove(t < T, here[0]))
        bad, never = d.gen(given["dead is non-negative"](t + 1, y), y), given["live states stay live"](t, x)
        with d.surely(M(t, x), y, dead(t + 1, y), bad, never) as there:  # the next state is live almost surely
            weight = d.know(given["potentials are non-negative"](t, x, y)).rhs
            later = hyp[0](t + 1, y)
            up, down = (d.prove(weight * a.lhs <= weight * a.rhs, a) for a in (later[0], later[1]))
        up, down = there.average(up), there.average(down)  # B Vstar <= (1+eps)^n B V, and back
        recursion = given["value recursion"](t, x)
        with d.suppose(0 < V(t, x)):  # the Bellman ratio gives one more factor 1 + eps
            ratio = given["Bellman error"](t, x)
            first, second = pair(n + 1)
            high = d.both(d.prove(first, up, recursion, ratio[1]), d.prove(second, down, recursion, ratio[0]))
        with d.suppose(V(t, x) <= 0):  # both values vanish
            zero = d.know(d.zero(V(t, x), given["twist is non-negative"](t, x)))
            none = given["twist kills no live value"](t, x)
            low = d.both(*(d.prove(part, zero, none) for part in pair(n + 1)))
        step = hyp.then(here.then(d.cases(V(t, x), 0, low, high), t, x))
    return d.induct(n, claim, base, step, note="induction on the steps to go")


def backward_potential(a, b):
    """Qbar of the edge a -> b from time t to t + 1: psi Vstar_{t+1}(b) / V_t(a)."""
    return psi(t, a, b) * Vstar(t + 1, b) / V(t, a)


@statement(
    "P1",
    source="paper",
    title="range of the backward potentials (Lemma E.2)",
    words="If every incremental weight psi V_{t+1}(y)/V_t(x) lies in [1/L, L] on reachable edges, then for two reachable edges at one time "
    "Qbar(x, y) <= L^2 (1+eps)^(2n) Qbar(u, v), where t + 1 + n = T.",
)
@in_sympy("P1")
def backward_range(d: Derivation) -> Line:
    edge, other = Eq(noedge(t, x, y), 0), Eq(noedge(t, u, v), 0)
    weight = psi(t, x, y) * V(t + 1, y)
    positive, ends, bound, _, nonneg, _ = d.given(
        ForAll(t, x, Implication(live, 0 < V(t, x))),
        ForAll(t, x, y, Implication(edge, Both(Eq(dead(t, x), 0), Eq(dead(t + 1, y), 0)))),
        ForAll(t, x, y, Implication(edge, Both(V(t, x) <= L * weight, weight <= L * V(t, x)))),
        0 <= L,
        ForAll(t, x, y, 0 <= psi(t, x, y)),
        0 <= eps,
    )
    with d.suppose(live) as here:  # P0 applies: a positive twist kills no value
        above = d.know(positive(t, x))
        weak = here.then(d.prove(relation("<=", 0, V(t, x))), t, x)
        with d.suppose(Eq(V(t, x), 0)) as none:
            never = none.then(d.anything(Eq(Vstar(t, x), 0), d.prove(relation("<", 0, 0), above, none[0])))
        never = here.then(never, t, x)
    d.know(weak), d.know(never)
    ratio, Q = d.use("P0"), (1 + eps) ** n
    d.know(d.use("power_nonneg")(1 + eps, n))
    with d.suppose(Eq(t + 1 + n, T), edge, other) as given:

        def at(a, b) -> tuple[Line, Line]:
            """P0 at the end b of the edge from a, and the edge's ratio bound."""
            live_ends = ends(t, a, b)
            d.know(live_ends[0]), d.know(live_ends[1])
            d.know(positive(t, a)), d.know(nonneg(t, a, b))
            return ratio(n, t + 1, b), bound(t, a, b)

        value, inside = at(x, y)  # psi Vstar(y) <= (1+eps)^n psi V(y) <= (1+eps)^n L V(x)
        upper = d.calc(backward_potential(x, y), ("<=", Q * weight / V(t, x), value[0]), ("<=", Q * L, inside[1]))
        value, inside = at(u, v)  # V(u) <= L psi V(v) <= L (1+eps)^n psi Vstar(v)
        scaled = L * psi(t, u, v) * V(t + 1, v) / V(t, u)
        lower = d.calc(1, ("<=", scaled, inside[0]), ("<=", L * Q * backward_potential(u, v), value[1]))
        least = d.prove(Q * L <= L**2 * (1 + eps) ** (2 * n) * backward_potential(u, v), lower)
    return given.then(d.chain(upper, least), t, n, x, y, u, v)
