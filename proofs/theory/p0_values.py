"""P0 and P1, derived in sympy: from the Bellman error to the value error and to the range of the backward potentials."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Recip, implications, relation
from proofs.registry import lemma, statement
from proofs.theory.model import VALUES, hypotheses, layered

x, y, u, v, t, T, n, k, eps, L = layered.symbols("x y u v t T n k eps L")
M, psi, V, Vstar, dead, noedge = layered.symbols("M psi V Vstar dead noedge")
live = Eq(dead(t, x), 0)


@statement(
    "P0",
    source="paper",
    title="value error from Bellman error",
    words="For t + n = T and every live x: Vstar_t(x) <= (1+eps)^n V_t(x) and V_t(x) <= (1+eps)^n Vstar_t(x).",
)
@in_sympy("P0")
def value_error(d: Derivation) -> Line:
    twist = ("twist is non-negative on live states", "twist kills no live value", "Bellman error")
    given = d.setting(hypotheses(*VALUES, *twist))
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
            zero = d.know(d.zero(V(t, x), given["twist is non-negative on live states"](t, x)))
            none = given["twist kills no live value"](t, x)
            low = d.both(*(d.prove(part, zero, none) for part in pair(n + 1)))
        step = hyp.then(here.then(d.cases(V(t, x), 0, low, high), t, x))
    return d.induct(n, claim, base, step, note="induction on the steps to go")


def backward_potential(a, b):
    """Qbar of the edge a -> b from time t to t + 1: psi Vstar_{t+1}(b) / V_t(a)."""
    return psi(t, a, b) * Vstar(t + 1, b) / V(t, a)


EDGES = ("twist is positive on live states", "ends of edges", "ratio bound", "potentials are non-negative")


@lemma(
    "potential_range",
    title="two-sided range of a backward potential",
    words="On a reachable edge with n steps to go: 1 <= L (1+eps)^n Qbar and Qbar <= L (1+eps)^n.",
)
@in_sympy("potential_range")
def potential_range(d: Derivation) -> Line:
    given = d.setting(hypotheses(*EDGES))
    d.given(0 <= L, 0 <= eps)
    with d.suppose(live) as here:  # P0 applies: a positive twist kills no value
        above = d.know(given["twist is positive on live states"](t, x))
        weak = here.then(d.prove(relation("<=", 0, V(t, x))), t, x)
        with d.suppose(Eq(V(t, x), 0)) as none:
            never = none.then(d.anything(Eq(Vstar(t, x), 0), d.prove(relation("<", 0, 0), above, none[0])))
        never = here.then(never, t, x)
    d.know(weak), d.know(never)
    ratio, Q, weight = d.use("P0"), (1 + eps) ** n, psi(t, x, y) * V(t + 1, y)
    d.know(d.use("power_nonneg")(1 + eps, n))
    with d.suppose(Eq(t + 1 + n, T), Eq(noedge(t, x, y), 0)) as edge:
        ends = given["ends of edges"](t, x, y)
        d.know(ends[0]), d.know(ends[1])
        d.know(given["twist is positive on live states"](t, x))
        value, inside, potential = ratio(n, t + 1, y), given["ratio bound"](t, x, y), backward_potential(x, y)
        # V(x) <= L psi V(y) <= L (1+eps)^n psi Vstar(y), and psi Vstar(y) <= (1+eps)^n psi V(y) <= (1+eps)^n L V(x)
        low = d.calc(1, ("<=", L * weight / V(t, x), inside[0]), ("<=", L * Q * potential, value[1]))
        high = d.calc(potential, ("<=", Q * weight / V(t, x), value[0]), ("<=", L * Q, inside[1]))
    return edge.then(d.both(low, high), t, n, x, y)


@statement(
    "P1",
    source="paper",
    title="range of the backward potentials (Lemma E.2)",
    words="If every incremental weight psi V_{t+1}(y)/V_t(x) lies in [1/L, L] on reachable edges, then for two reachable edges at one time "
    "Qbar(x, y) <= L^2 (1+eps)^(2n) Qbar(u, v), where t + 1 + n = T.",
)
@in_sympy("P1")
def backward_range(d: Derivation) -> Line:
    """Qbar(x, y) <= L (1+eps)^n <= L (1+eps)^n * L (1+eps)^n Qbar(u, v)."""
    d.setting(hypotheses(*EDGES))
    d.given(0 <= L, 0 <= eps)
    between, Q = d.use("potential_range"), (1 + eps) ** n
    d.know(d.use("power_nonneg")(1 + eps, n))
    with d.suppose(Eq(t + 1 + n, T), Eq(noedge(t, x, y), 0), Eq(noedge(t, u, v), 0)) as given:
        upper, lower = between(t, n, x, y)[1], between(t, n, u, v)[0]
        least = d.prove(L * Q <= L**2 * (1 + eps) ** (2 * n) * backward_potential(u, v), lower)
        line = d.chain(upper, least)
    return given.then(line, t, n, x, y, u, v)


EDGES_KEEP = ("moves follow edges", "noedge is non-negative", "ends of edges")


def live_stays(d: Derivation, given: dict[str, Line]) -> Line:
    """Live states stay live almost surely, since they move along reachable edges (EDGES_KEEP): the form that P0 asks for."""
    with d.suppose(t < T, live) as here:
        nonneg, never = d.gen(given["noedge is non-negative"](t, x, y), y), given["moves follow edges"](t, x)
        with d.surely(M(t, x), y, noedge(t, x, y), nonneg, never) as there:
            stays = given["ends of edges"](t, x, y)[1]
        stays = d.form(there.average(stays), Eq(Expect(M(t, x), y, dead(t + 1, y)), 0))
    return here.then(stays, t, x)


@lemma(
    "backward_bounds",
    title="two-sided bounds of the backward potentials",
    words="On a reachable edge with k steps to go: 1/(L (1+eps)^k) <= Qbar <= L (1+eps)^k.",
)
@in_sympy("backward_bounds")
def backward_bounds(d: Derivation) -> Line:
    """As `potential_range`; that live states stay live follows from the edges that they move along."""
    given = d.setting(hypotheses(*dict.fromkeys((*EDGES, *EDGES_KEEP))))
    d.given(relation("<=", 1, L), 0 <= eps)
    d.know(live_stays(d, given))
    d.know(d.prove(0 < L)), d.know(d.prove(0 <= L))
    between, Q = d.use("potential_range"), (1 + eps) ** k
    d.know(d.use("power_positive")(1 + eps, k))
    with d.suppose(Eq(t + 1 + k, T), Eq(noedge(t, x, y), 0)) as edge:
        low, high = between(t, k, x, y)[0], between(t, k, x, y)[1]
        potential = backward_potential(x, y)
        line = d.both(d.prove(Recip(L) * Recip(Q) <= potential, low, hold=[Q]), high)
    return edge.then(line, t, k, x, y)
