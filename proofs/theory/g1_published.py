"""G1 as it was published: the bias by action-level coverage and the chi-squares of the twisted targets.

PS(s, t, x) is the reference mean of the path's potentials times Vstar_s(x_s)^2 / V_s(x_s) from x at time t.  With C_act a bound on
psi Vstar_{t+1}(y) / Vstar_t(x) along reachable edges, E[psi^2 Vstar_{t+1}^2 / V_t] <= C_act E[Vstar_t^2 / V_t], and with
1 + chi^2_t = E[V_t] E[Vstar_t^2 / V_t] / Z^2 (G3) every term of the sharper form is at most sqrt(C_act/N) sqrt(1 + chi^2_t).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Root, function, implications, relation, symbols, total
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import live, model, on_move
from proofs.registry import lemma, statement
from proofs.theory.g1_coverage import bulk, pushed, references, spread
from proofs.theory.model import layered

N, n, m, t, k, until = particles.symbols("N n m t k s")
x, y, root, M, psi, V, Vstar, PV, PQ, PS = layered.symbols("x y root M psi V Vstar PV PQ PS")
noedge, horizon = layered.symbols("noedge T")
(C_act,), chi = symbols("C_act"), function("chi", "nat -> real")
mass = Vstar(0, root)


def covered(s: Derivation) -> dict[str, Line]:
    """C_act, and PS by backward recursion."""
    act = psi(t, x, y) * Vstar(t + 1, y) <= C_act * Vstar(t, x)
    return s.setting(
        {
            "C_act": ForAll(t, x, y, implications(Eq(noedge(t, x, y), 0), act)),
            "push PS": ForAll(until, t, x, implications(t < until, live, pushed(PS))),
            "end of PS": ForAll(t, x, Eq(PS(t, t, x), Vstar(t, x) ** 2 / V(t, x))),
        }
    )


@lemma(
    "covered_moment",
    title="the second moment of the next value by that of this one",
    words="For s < T, any horizon T: E[V_s] >= 0 and 0 <= E[psi^2 Vstar_{s+1}^2 / V_s] <= C_act E[Vstar_s^2 / V_s]; "
    "reference means from a live x at t.",
)
@in_sympy("covered_moment")
def covered_moment(s: Derivation) -> Line:
    T = horizon
    given, ref, act = model(s, T), references(s), covered(s)
    twist = s.given(ForAll(t, x, implications(t < T, live, 0 < V(t, x))))
    nonneg, weight = s.use("value_nonneg"), given["potentials are non-negative"](t, x, y)

    def three(r: Any, time: Any) -> Any:
        low, mid, high = (g(r, time, x) for g in (PV, PQ, PS))
        return Both(0 <= low, Both(0 <= mid, mid <= C_act * high))

    def proved(r: Any, bare: list[Line], rules: list[Line]) -> Line:
        """three(r, t) from the bare forms of its parts, by the rules of PV, PQ and PS."""
        low, mid, high = (g(r, t, x) for g in (PV, PQ, PS))
        parts = s.prove(0 <= low, bare[0], rules[0]), s.prove(0 <= mid, bare[1], rules[1])
        return s.both(parts[0], s.both(parts[1], s.prove(mid <= C_act * high, bare[2], *rules[1:])))

    def claim(r: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + r, until), live, three(until, t)))

    with s.suppose(until < T) as short:
        # t = s: (psi Vstar_{s+1}(y))^2 <= C_act Vstar_s(x) psi Vstar_{s+1}(y), then the mean over y, over V_s(x)
        with s.suppose(Eq(t, until), live) as now:
            s.know(s.prove(t < T, short[0], now[0]))
            value, dense = psi(t, x, y) * Vstar(t + 1, y), s.know(twist(t, x))
            with on_move(s, given, t, x) as there:
                s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                s.know(s.nat_step(s.prove(t < T)))
                carried = s.prove(0 <= value, weight, nonneg(t + 1, y))
                capped = s.prove(value**2 <= C_act * Vstar(t, x) * value, carried, act["C_act"](t, x, y))
                mean = there.average(capped)
            positive = s.expect(M(t, x), y, s.prove(relation("<=", 0, value**2)))
            recursion = given["value recursion"](t, x)
            top = Expect(M(t, x), y, psi(t, x, y) ** 2 * Vstar(t + 1, y) ** 2)
            bare = [
                s.prove(0 <= V(t, x), dense),
                s.prove(0 <= top / V(t, x), positive, dense),
                s.prove(top / V(t, x) <= C_act * (Vstar(t, x) ** 2 / V(t, x)), mean, recursion, dense),
            ]
            ends = ref["ends"](t, x)
            line = proved(t, bare, [ends[0], ends[1], act["end of PS"](t, x)])
            base = now.then(s.at(now[0], line, lambda r: three(r, t)), t, x)
        # t < s: push each mean one step further back
        with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), until), live) as now:
            s.know(s.prove(t < until, now[0]))
            s.know(s.prove(t < T, short[0]))
            low, mid, high = (psi(t, x, y) * g(until, t + 1, y) for g in (PV, PQ, PS))
            with on_move(s, given, t, x) as there:
                s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                later = hyp[0](t + 1, y)
                goals = [(0 <= low, later[0]), (0 <= mid, later[1][0]), (mid <= C_act * high, later[1][1])]
                bare = [there.average(s.prove(goal, fact, weight)) for goal, fact in goals]
            push = ref["push"](until, t, x)
            step = proved(until, bare, [push[0], push[1], act["push PS"](until, t, x)])
            step = hyp.then(now.then(step, t, x))
        out = s.induct(m, claim, base, step)
    return short.then(out, until)


@statement(
    "G1.published",
    source="neighbour",
    title="bias by action-level coverage and the chi-squares of the twisted targets (Theorem 3.2)",
    words="If psi Vstar_{t+1}(y) <= C_act Vstar_t(x) on reachable edges then, for every F with values in [0, 1] and T = n + 1, "
    "|E F(output) - pi(F)| <= sqrt(C_act/N) (T + sum_{t<T} sqrt(chi^2_t)), and half of that (the last two parts); "
    "chi(t) = E[V_t] E[Vstar_t^2/V_t]/Z^2 - 1 is chi^2(pi*_t || pihat_t) (compare G3), reference means that carry the path's potentials.",
)
@in_sympy("G1.published")
def published(s: Derivation) -> Line:
    T, given, act = n + 1, model(s), covered(s)
    references(s)
    square_of = PV(t, 0, root) * PS(t, 0, root) / mass**2
    _, defined = s.given(0 < mass, ForAll(t, implications(t < T, Eq(chi(t), square_of - 1))))
    value = psi(0, root, y) * Vstar(1, y)
    with on_move(s, given, 0, root) as there:  # C_act >= 1: at the root, Z = E[psi Vstar_1] <= C_act Z
        mean = there.average(s.prove(value <= C_act * mass, act["C_act"](0, root, y)))
    s.know(s.prove(relation("<=", 1, C_act), mean, given["value recursion"](0, root)))
    ratio, root_chi = C_act / N, Root(chi(k))
    s.know(s.prove(0 <= ratio))
    scale_law = s.axiom("sqrt_square", ratio)

    goal = 1 + chi(k) <= (1 + root_chi) ** 2  # 1 + chi <= (1 + sqrt chi)^2
    with s.suppose(chi(k) <= 0) as here:
        low = s.prove(goal, here[0])
    with s.suppose(0 < chi(k)):
        high = s.prove(goal, s.axiom("sqrt_square", chi(k)))
    split = s.cases(chi(k), 0, low, high)

    # each term: E[V] E[psi^2 Vstar^2/V]/N <= (C_act/N) E[V] E[Vstar^2/V] = (C_act/N) Z^2 (1 + chi)
    with s.below(k, T) as inside:
        facts = s.use("covered_moment", {horizon: T})(k)(k, 0, root)
        s.know(facts[0])
        s.know(facts[1][0])
        s.know(s.prove(0 <= bulk(k)))
        root_law, limit = s.axiom("sqrt_square", bulk(k)), Root(ratio) * mass * (1 + root_chi)
        square = s.prove(spread(k) ** 2 <= ratio * mass**2 * (1 + chi(k)), facts[1][1], root_law, defined(k))
        s.know(s.prove(spread(k) ** 2 <= limit**2, square, split, scale_law))
        s.know(s.prove(relation("<=", 0, limit)))
        rest = inside.sum(s.use("square_below")(spread(k), limit))

    claimed, sharper = Root(ratio) * (T + total(T, k, root_chi)), s.use("G1")
    rest = s.prove(rest.lhs / mass <= claimed, rest)
    halves = [s.prove(sharper[part].lhs <= claimed / 2, sharper[part], rest) for part in (0, 1)]
    with s.below(k, T) as inside:
        roots = inside.sum(s.prove(relation("<=", 0, root_chi)))
    positive = s.prove(relation("<=", 0, claimed), roots)
    whole = [s.prove(line.lhs <= claimed, line, positive) for line in halves]
    return s.both(s.both(*whole), s.both(*halves))
