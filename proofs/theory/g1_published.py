"""G1 as it was published: the bias by action-level coverage and the chi-squares of the twisted targets.

PS(s, t, x) is the reference mean of the path's potentials times Vstar_s(x_s)^2 / V_s(x_s) from x at time t.  With C_act a bound on
psi Vstar_{t+1}(y) / Vstar_t(x) along reachable edges, E[psi^2 Vstar_{t+1}^2 / V_t] <= C_act E[Vstar_t^2 / V_t], and with
1 + chi^2_t = E[V_t] E[Vstar_t^2 / V_t] / Z^2 (G3) every term of the sharper form is at most sqrt(C_act/N) sqrt(1 + chi^2_t).
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, eq, fn, implies, le, lt, real, sqrt, total
from proofs.lemmas.clouds import N, k, m, n, settle, t
from proofs.lemmas.increments import s
from proofs.lemmas.layered_system import T, edge_null, horizon, model
from proofs.lemmas.particle_system import M, V, Vstar, live, noedge, psi, root, x, y
from proofs.registry import lemma, statement
from proofs.theory.g1_coverage import PQ, PV, references, spread

PS, chi = fn("PS", "nat nat X -> real"), fn("chi", "nat -> real")
C_act = real("C_act")


def covered(p: Proof) -> tuple[Fact, Fact, Fact]:
    """C_act, and PS by backward recursion."""
    reachable = eq(noedge(t, x, y), 0)
    push = eq(PS(s, t, x), E(M(t, x), y, psi(t, x, y) * PS(s, t + 1, y)))
    return (
        p.assume(all_of(t, x, y, implies(reachable, le(psi(t, x, y) * Vstar(t + 1, y), C_act * Vstar(t, x))))),
        p.assume(all_of(s, t, x, implies(lt(t, s), live, push))),
        p.assume(all_of(t, x, eq(PS(t, t, x), Vstar(t, x) ** 2 / V(t, x)))),
    )


@lemma(
    "covered_moment",
    title="the second moment of the next value by that of this one",
    words="For s < T, any horizon T: E[V_s] >= 0 and 0 <= E[psi^2 Vstar_{s+1}^2 / V_s] <= C_act E[Vstar_s^2 / V_s]; "
    "reference means from a live x at t.",
)
def covered_moment(p: Proof) -> Fact:
    T = horizon
    given, ref = model(p, T), references(p)
    act, push, end = covered(p)
    twist = p.assume(all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)))))
    inside = p.assume(lt(s, T))
    alive, edge = p.assume(live), p.assume(eq(noedge(t, x, y), 0))
    nonneg = settle(p.use("value_nonneg"), given["twist is non-negative"])
    new = given["ends of a reachable edge are live"].spec(t, x, y).mp(edge).right
    weight = given["potentials are non-negative"].spec(t, x, y)

    def three(a: Node, b: Node, c: Node) -> Node:
        return both(le(0, a), both(le(0, b), le(b, C_act * c)))

    def claim(r: Node) -> Node:
        return all_of(t, x, implies(eq(t + r, s), live, three(PV(s, t, x), PQ(s, t, x), PS(s, t, x))))

    def put(equations: list[Fact], fact: Fact) -> Fact:
        low, mid, high = fact.left, fact.right.left, fact.right.right
        names = [eqn.sides[0] for eqn in equations]
        parts = [
            p.show(le(0, names[0]), low, equations[0]),
            p.show(le(0, names[1]), mid, equations[1]),
            p.show(le(names[1], C_act * names[2]), high, equations[1], equations[2]),
        ]
        return parts[0].both(parts[1].both(parts[2]))

    p.note("t = s: (psi Vstar_{s+1}(y))^2 <= C_act Vstar_s(x) psi Vstar_{s+1}(y), then the mean over y, over V_s(x)")
    at_end = p.assume(eq(t + 0, s))
    before = p.show(lt(t, T), inside, at_end)
    null = edge_null(p, given, x, before, alive)
    upto = p.step("nat_step", [p.show(lt(t, T), before)], [])
    upto = p.show(le(t + 1, T), upto)
    later = nonneg.spec(t + 1, y).mp(upto, new)
    value, top = psi(t, x, y) * Vstar(t + 1, y), psi(t, x, y) ** 2 * Vstar(t + 1, y) ** 2
    carried = p.show(le(0, value), weight, later)
    capped = p.show(le(top, C_act * Vstar(t, x) * value), carried, act.spec(t, x, y).mp(edge))
    mean = p.mono(capped.discharge(edge).gen(y), E(M(t, x), y, top), E(M(t, x), y, C_act * Vstar(t, x) * value), null)
    square = p.show(le(0, top)).gen(y)
    positive = p.mono(square, E(M(t, x), y, 0), E(M(t, x), y, top))
    dense = twist.spec(t, x).mp(before, alive)
    inverse = p.positive_inverse(dense)
    recursion = given["value recursion"].spec(t, x).mp(before, alive)
    quotient, second = E(M(t, x), y, top) / V(t, x), Vstar(t, x) ** 2 / V(t, x)
    first = p.show(le(0, V(t, x)), dense)
    low = p.show(le(0, quotient), positive, inverse)
    high = p.show(le(quotient, C_act * second), mean, inverse, recursion)
    ends = ref["ends"].spec(t, x)
    base = put([ends.left, ends.right, end.spec(t, x)], first.both(low.both(high)))
    time = p.show(eq(t, s), at_end)
    base = p.rewrite(time, lambda H: three(PV(H(), t, x), PQ(H(), t, x), PS(H(), t, x)), base)
    base = base.discharge(at_end, alive).gen(t, x)

    p.note("t < s: push each mean one step further back")
    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), s))
    short = p.show(lt(t, s), p.nat_nonneg(m), now)
    before = p.show(lt(t, T), short, inside)
    null = edge_null(p, given, x, before, alive)
    there = hyp.spec(t + 1, y).mp(now, new)
    bodies = [psi(t, x, y) * g(s, t + 1, y) for g in (PV, PQ, PS)]
    means = [E(M(t, x), y, body) for body in bodies]
    facts = []
    for fact, (left, right), (a, b) in (
        (there.left, (0, bodies[0]), (E(M(t, x), y, 0), means[0])),
        (there.right.left, (0, bodies[1]), (E(M(t, x), y, 0), means[1])),
        (there.right.right, (bodies[1], C_act * bodies[2]), (means[1], E(M(t, x), y, C_act * bodies[2]))),
    ):
        each = p.show(le(left, right), fact, weight).discharge(edge).gen(y)
        facts.append(p.mono(each, a, b, null))
    moves = ref["push"].spec(s, t, x).mp(short, alive)
    step = put([moves.left, moves.right, push.spec(s, t, x).mp(short, alive)], facts[0].both(facts[1].both(facts[2])))
    step = step.discharge(now, alive).gen(t, x).discharge(hyp)
    return p.induct(m, claim(m), base, step).discharge(inside).gen(s)


@statement(
    "G1.published",
    source="neighbour",
    title="bias by action-level coverage and the chi-squares of the twisted targets (Theorem 3.2)",
    words="If psi Vstar_{t+1}(y) <= C_act Vstar_t(x) on reachable edges then, for every F with values in [0, 1] and T = n + 1, "
    "|E F(output) - pi(F)| <= sqrt(C_act/N) (T + sum_{t<T} sqrt(chi^2_t)), and half of that (the last two parts); "
    "chi(t) = E[V_t] E[Vstar_t^2/V_t]/Z^2 - 1 is chi^2(pi*_t || pihat_t) (compare G3), reference means that carry the path's potentials.",
)
def published(p: Proof) -> Fact:
    given = model(p)
    act, *_ = covered(p)
    mass, many = p.assume(lt(0, Vstar(0, root))), given["there are particles"]
    square_of = PV(t, 0, root) * PS(t, 0, root) / Vstar(0, root) ** 2
    defined = p.assume(all_of(t, implies(lt(t, T), eq(chi(t), square_of - 1))))
    alive = given["the root is live"]
    start = p.show(lt(0, T), p.nat_nonneg(n))

    p.note("C_act >= 1: at the root, Z = E[psi Vstar_1] <= C_act Z")
    null = edge_null(p, given, root, start, alive)
    edge = p.assume(eq(noedge(0, root, y), 0))
    body = psi(0, root, y) * Vstar(1, y)
    cap = p.conv(act.spec(0, root, y).mp(edge), le(body, C_act * Vstar(0, root)))
    mean = p.mono(cap.discharge(edge).gen(y), E(M(0, root), y, body), E(M(0, root), y, C_act * Vstar(0, root)), null)
    recursion = given["value recursion"].spec(0, root).mp(start, alive)
    one = p.cert(
        le(1, C_act),
        products=[(1, [mean, p.positive_inverse(mass)], [])],
        eqs=[(1 / Vstar(0, root), recursion)],
        dens=[mass],
        why="the multipliers of this many equations are not found in time",
    )
    ninv = p.positive_inverse(many)
    ratio = C_act / N
    ratio_pos = p.show(le(0, ratio), one, ninv)
    scale = sqrt(ratio)
    scale_law, scale_pos = p.axiom("sqrt_square", ratio).mp(ratio_pos), p.axiom("sqrt_nonneg", ratio)

    p.note("1 + chi <= (1 + sqrt chi)^2")
    r = sqrt(chi(k))
    r_pos = p.axiom("sqrt_nonneg", chi(k))
    small, large = p.assume(le(chi(k), 0)), p.assume(lt(0, chi(k)))
    r_law = p.axiom("sqrt_square", chi(k)).mp(p.show(le(0, chi(k)), large))
    goal = le(1 + chi(k), (1 + r) ** 2)
    split = p.cases(
        chi(k),
        0,
        p.show(goal, small, r_pos),
        p.show(goal, r_pos, r_law),
    )

    p.note("each term: E[V] E[psi^2 Vstar^2/V]/N <= (C_act/N) E[V] E[Vstar^2/V] = (C_act/N) Z^2 (1 + chi)")
    inside = p.assume(lt(k, T))
    facts = (
        p.use("covered_moment").inst((horizon, T)).spec(k).mp(inside).spec(k, 0, root).mp(p.show(eq(0 + k, k)), alive)
    )
    value, moment, less = facts.left, facts.right.left, facts.right.right
    bulk = PV(k, 0, root) * PQ(k, 0, root) / N
    bulk_pos = p.show(le(0, bulk), value, moment, ninv)
    root_law = p.axiom("sqrt_square", bulk).mp(bulk_pos)
    known = defined.spec(k).mp(inside)
    Z = Vstar(0, root)
    limit = scale * Z * (1 + r)
    square = p.show(
        le(spread(k) ** 2, ratio * Z**2 * (1 + chi(k))), less, value, ninv, root_law, known, dens=[mass, many]
    )
    square = p.show(le(spread(k) ** 2, limit**2), square, split, ratio_pos, scale_law)
    limit_pos = p.show(le(0, limit), scale_pos, mass, r_pos)
    each = p.use("square_below").spec(spread(k), limit).mp(square, limit_pos)
    rest = p.mono(each.discharge(inside).gen(k), total(T, k, spread(k)), total(T, k, limit))

    p.note("add up")
    claimed = scale * (T + total(T, k, r))
    sharper = p.use("G1")
    zinv = p.positive_inverse(mass)
    halves = [
        p.show(le(fact.sides[0], claimed / 2), fact, rest, zinv, dens=[mass]) for fact in (sharper.left, sharper.right)
    ]
    roots = p.mono(r_pos.gen(k), total(T, k, 0), total(T, k, r))
    positive = p.show(le(0, claimed), scale_pos, roots, p.nat_nonneg(n))
    whole = [p.show(le(fact.sides[0], claimed), fact, positive) for fact in halves]
    return whole[0].both(whole[1]).both(halves[0].both(halves[1]))
