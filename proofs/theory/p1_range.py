"""P1: the range of the backward potentials from the ratio bound and the Bellman error, by way of P0."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import all_of, both, element, eq, fn, implies, le, lt
from proofs.registry import statement
from proofs.theory.p0_values import L, T, V, Vstar, dead, eps, live, n, psi, t, x, y

edge = eq(fn("noedge", "nat X X -> real")(t, x, y), 0)
u, v = element("X", "u v")


def Qbar(s: Node | int, a: Node, b: Node) -> Node:
    """The backward potential of the edge a -> b from time s to s + 1: psi Vstar_{s+1}(b) / V_s(a)."""
    return psi(s, a, b) * Vstar(s + 1, b) / V(s, a)


@statement(
    "P1",
    source="paper",
    title="range of the backward potentials (Lemma E.2)",
    words="If every incremental weight psi V_{t+1}(y)/V_t(x) lies in [1/L, L] on reachable edges, then for two reachable edges at one time "
    "Qbar(x, y) <= L^2 (1+eps)^(2n) Qbar(u, v), where t + 1 + n = T.",
)
def backward_range(p: Proof) -> Fact:
    noedge = fn("noedge", "nat X X -> real")
    positive = p.assume(all_of(t, x, implies(live, lt(0, V(t, x)))), note="the twist is positive on live states")
    ends = p.assume(
        all_of(t, x, y, implies(edge, both(eq(dead(t, x), 0), eq(dead(t + 1, y), 0)))),
        note="the ends of a reachable edge are live",
    )
    weight = psi(t, x, y) * V(t + 1, y)
    bound = p.assume(
        all_of(t, x, y, implies(edge, both(le(V(t, x), L * weight), le(weight, L * V(t, x))))), note="ratio bound"
    )
    big, nonneg = p.assume(le(0, L)), p.assume(all_of(t, x, y, le(0, psi(t, x, y))), note="potentials are non-negative")
    error_nonneg = p.assume(le(0, eps))
    p.note("P0 applies: a positive twist kills no value")
    alive = p.assume(live)
    above = positive.spec(t, x).mp(alive)
    weak = p.cert(le(0, V(t, x)), products=[(1, [above], [])]).discharge(live).gen(t, x)
    none = p.assume(eq(V(t, x), 0))
    false = p.cert(lt(0, 0), products=[(1, [above], [])], eqs=[(1, none)])
    kills = p.absurd(eq(Vstar(t, x), 0), false).discharge(live, none.concl).gen(t, x)
    ratio = p.use("P0").cut(weak, kills)

    first, second = p.assume(edge), p.assume(eq(noedge(t, u, v), 0))
    now = p.assume(eq(t + 1 + n, T))
    Q = (1 + eps) ** n
    one = p.cert(le(0, 1 + eps), products=[(1, [error_nonneg], []), (1, [], [])])
    Qpos = p.use("power_nonneg").spec(1 + eps, n).mp(one)
    p.note("psi Vstar(y) <= (1+eps)^n psi V(y) <= (1+eps)^n L V(x): the first edge's Qbar is at most (1+eps)^n L")
    here = ends.spec(t, x, y).mp(first)
    top = ratio.spec(n, t + 1, y).mp(now, here.right).left
    Vx = positive.spec(t, x).mp(here.left)
    psi_xy = nonneg.spec(t, x, y)
    upper = p.cert(
        le(Qbar(t, x, y), Q * L),
        products=[
            (1, [psi_xy, top, p.positive_inverse(Vx)], []),
            (1, [Qpos, bound.spec(t, x, y).mp(first).right, p.positive_inverse(Vx)], []),
        ],
        dens=[Vx],
    )
    p.note("V(u) <= L psi V(v) <= L (1+eps)^n psi Vstar(v): the second edge's Qbar is at least 1 / (L (1+eps)^n)")
    there = ends.spec(t, u, v).mp(second)
    bottom = ratio.spec(n, t + 1, v).mp(now, there.right).right
    Vu = positive.spec(t, u).mp(there.left)
    psi_uv = nonneg.spec(t, u, v)
    lower = p.cert(
        le(1, L * Q * Qbar(t, u, v)),
        products=[
            (1, [big, psi_uv, bottom, p.positive_inverse(Vu)], []),
            (1, [bound.spec(t, u, v).mp(second).left, p.positive_inverse(Vu)], []),
        ],
        dens=[Vu],
    )
    p.note("multiply: Qbar(x, y) <= (1+eps)^n L * 1 <= (1+eps)^n L * L (1+eps)^n Qbar(u, v)")
    goal = le(Qbar(t, x, y), L**2 * (1 + eps) ** (2 * n) * Qbar(t, u, v))
    result = p.cert(goal, products=[(1, [upper], []), (1, [Qpos, big, lower], [])])
    return result.discharge(now.concl, edge, second.concl).gen(t, n, x, y, u, v)
