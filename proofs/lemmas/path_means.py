"""Means under the target of what is read at a path's state of one time: sums over the leaves of the prefix tree, by the model.

FJ(j, .) are test functions of which no more than one is met, each along the path pathJ(j, .); pi(j) = VJ(j, 0, root)/Vstar(0, root).  A
function G of the state at time q has sum_j pi(j) G(pathJ(j, q)) <= H(0, root)/Vstar(0, root), where H is the mean of the path's potentials
times Vstar G, or more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Recip, function, implications, relation, symbols, total
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import ahead, live, model, on_move
from proofs.lemmas.path_alive import squares
from proofs.registry import lemma
from proofs.theory.model import layered
from proofs.theory.s10_certificate import each_F, each_VF
from proofs.theory.s14_path import each_path, references

n, m, t, until = particles.symbols("n m t s")
x, y, root, M, psi, V, Vstar, PV, PS = layered.symbols("x y root M psi V Vstar PV PS")
dead, noedge, horizon = layered.symbols("dead noedge T")
j, J = symbols("j J", "nat")
G, H = function("G", "X -> real"), function("H", "nat X -> real")
(p_at,) = symbols("r", "nat")
T, q = n + 1, until


def leaves(s: Derivation) -> dict[str, Line]:
    """The test functions: their values, that they add up to at most 1, and that each is met along its own path."""
    edge = Both(Eq(x, each_path(j, t)), Eq(y, each_path(j, t + 1)))
    met = implications(t < T, Eq(noedge(t, x, y), 0), 0 < each_VF(j, t + 1, y), edge)
    return s.setting(
        {
            "tested recursion": ForAll(
                j, t, x, implications(t < T, live, Eq(each_VF(j, t, x), ahead(lambda r, p: each_VF(j, r, p))))
            ),
            "tested terminal value": ForAll(j, x, Eq(each_VF(j, T, x), V(T, x) * each_F(j, x))),
            "test functions": ForAll(j, x, Both(0 <= each_F(j, x), each_F(j, x) <= 1)),
            "no more than one is met": ForAll(x, total(J, j, each_F(j, x)) <= 1),
            "F is met along the path": ForAll(j, t, x, y, met),
        }
    )


def know_leaves(s: Derivation, given: dict[str, Line], tests: dict[str, Line]) -> dict[str, Line]:
    """At live states 0 <= VJ <= Vstar for every j, and sum_j VJ <= Vstar: forall t x, and j."""
    twist, test = given["twist is non-negative"], tests["test functions"]
    own = {"value recursion": given["value recursion"], "terminal value": given["terminal value"]}

    def nonneg(value: Any, part: Any, size: Line, recursion: Line, end: Line) -> Line:
        """forall t x. t <= T => live => 0 <= value, the value with the end V part of a share 0 <= part."""
        for line, names in (
            (s.prove(0 <= V(t, x) * part, twist(t, x), size), (t, x)),
            (end, (x,)),
            (recursion, (t, x)),
        ):
            s.know(s.gen(line, *names) if line is not recursion else line)
        return s.use("value_nonneg", {horizon: T, Vstar(t, x): value(t, x), V(t, x): V(t, x) * part})

    def stepped(value: Any, *lines: Callable[[], Line]) -> Line:
        with s.suppose(t < T, live) as here:
            line = s.prove(Eq(value(t, x), ahead(value)), *(line() for line in lines))
        return here.then(line, t, x)

    def tested(r: Any, p: Any) -> Any:
        return each_VF(j, r, p)

    def rest(r: Any, p: Any) -> Any:
        return Vstar(r, p) - each_VF(j, r, p)

    def outside(r: Any, p: Any) -> Any:
        return Vstar(r, p) - total(J, j, each_VF(j, r, p))

    end = tests["tested terminal value"](j, x)
    step = stepped(tested, lambda: tests["tested recursion"](j, t, x))
    low = nonneg(tested, each_F(j, x), test(j, x)[0], step, end)
    step = stepped(rest, lambda: tests["tested recursion"](j, t, x), lambda: given["value recursion"](t, x))
    gap = s.prove(Eq(rest(T, x), V(T, x) * (1 - each_F(j, x))), end, own["terminal value"](x))
    high = nonneg(rest, 1 - each_F(j, x), s.prove(0 <= 1 - each_F(j, x), test(j, x)[1]), step, gap)

    def summed(r: Any) -> Line:
        with s.below(j, J) as inside:
            return inside.sum(r)

    swap = s.fubini(total(J, j, Expect(M(t, x), y, psi(t, x, y) * each_VF(j, t + 1, y))))
    with s.suppose(t < T, live) as here:
        sums = summed(tests["tested recursion"](j, t, x))
        line = s.prove(Eq(outside(t, x), ahead(outside)), sums, swap, given["value recursion"](t, x))
    step = here.then(line, t, x)
    left = 1 - total(J, j, each_F(j, x))
    gap = s.prove(Eq(outside(T, x), V(T, x) * left), summed(end), own["terminal value"](x))
    most = nonneg(outside, left, s.prove(0 <= left, tests["no more than one is met"](x)), step, gap)
    with s.suppose(t <= T, live) as here:
        single = s.both(low(t, x), s.prove(each_VF(j, t, x) <= Vstar(t, x), high(t, x)))
        many = s.prove(total(J, j, each_VF(j, t, x)) <= Vstar(t, x), most(t, x))
    return {"VJ is a share": here.then(single, t, x), "the shares add up": here.then(many, t, x)}


def readings(s: Derivation) -> dict[str, Line]:
    """G is read at time q on the path, and H bounds its means before."""
    inside = t < q, live
    return s.setting(
        {
            "q is a time between": Both(relation("<=", 1, q), q <= n),
            "G is non-negative": ForAll(x, implications(Eq(dead(q, x), 0), 0 <= G(x))),
            "G at once": ForAll(x, implications(Eq(dead(q, x), 0), Vstar(q, x) * G(x) <= H(q, x))),
            "H before": ForAll(t, x, implications(*inside, 0 < V(t, x), ahead(H) <= H(t, x))),
            "H is non-negative": ForAll(t, x, implications(*inside, 0 <= H(t, x))),
        }
    )


@lemma(
    "path_means",
    title="the target's mean of what is read along the path",
    words="sum_j VJ(j, 0, root) G(pathJ(j, q)) <= H(0, root) for 1 <= q < T: where F_j is met the path is at pathJ(j, q).",
)
@in_sympy("path_means")
def path_means(s: Derivation) -> Line:
    given = model(s)
    tests, read = leaves(s), readings(s)
    known = know_leaves(s, given, tests)

    def read_at(time: Any, at: Any) -> Any:
        return total(J, j, each_VF(j, time, at) * G(each_path(j, q)))

    def claim(steps: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + 1 + steps, q), live, read_at(t, x) <= H(t, x)))

    def onward(later_on: Any) -> Line:
        """The claim at live x from later_on(), which is the one at the end y of a reachable edge."""
        with s.suppose(0 < V(t, x)):
            with on_move(s, given, t, x) as there:
                s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                bound, potential = later_on(), given["potentials are non-negative"](t, x, y)
                mean = there.average(s.prove(psi(t, x, y) * bound.lhs <= psi(t, x, y) * bound.rhs, bound, potential))
            swap = s.fubini(total(J, j, Expect(M(t, x), y, psi(t, x, y) * each_VF(j, t + 1, y) * G(each_path(j, q)))))
            with s.below(j, J) as inside:
                step = tests["tested recursion"](j, t, x)
                read_on = G(each_path(j, q))
                opened = inside.sum(s.prove(Eq(step.lhs * read_on, step.rhs * read_on), step))
            high = s.prove(read_at(t, x) <= H(t, x), mean, swap, opened, read["H before"](t, x))
        with s.suppose(V(t, x) <= 0):
            none = s.know(s.zero(V(t, x), given["twist is non-negative"](t, x)))
            value, share = given["twist kills no live value"](t, x), known["VJ is a share"](t, x)
            gone = s.zero(each_VF(j, t, x), share[0], share[1], value)
            with s.below(j, J) as inside:
                gone = inside.sum(s.prove(Eq(each_VF(j, t, x) * G(each_path(j, q)), 0), gone))
            low = s.prove(read_at(t, x) <= H(t, x), gone, read["H is non-negative"](t, x), none)
        return s.cases(V(t, x), 0, low, high)

    def at_once(now: Line) -> Line:
        """At time q, where the path is at y if F_j can still be met."""
        back = s.prove(Eq(q, t + 1), now)

        def sign(time: Any) -> Any:
            return ForAll(x, implications(Eq(dead(time, x), 0), 0 <= G(x)))

        def size(time: Any) -> Any:
            return ForAll(x, implications(Eq(dead(time, x), 0), Vstar(time, x) * G(x) <= H(time, x)))

        positive = s.at(back, read["G is non-negative"], sign)(y)
        most = s.at(back, read["G at once"], size)(y)
        share, add = known["VJ is a share"](t + 1, y), known["the shares add up"](t + 1, y)
        own, value = each_VF(j, t + 1, y), each_VF(j, t + 1, y) * G(y)
        with s.below(j, J) as inside:
            with s.suppose(own <= 0) as none:
                zero = s.zero(own, share[0], none[0])
                low = s.prove(Eq(own * G(each_path(j, t + 1)), value), zero)
            with s.suppose(0 < own):
                edge = tests["F is met along the path"](j, t, x, y)[1]
                high = s.at(edge, s.prove(Eq(value, value)), lambda p: Eq(own * G(p), value))
            sums = inside.sum(s.cases(own, 0, low, high))
        add = s.prove(G(y) * add.lhs <= G(y) * add.rhs, add, positive)
        line = s.prove(total(J, j, own * G(each_path(j, t + 1))) <= H(t + 1, y), sums, add, most)
        return s.at(s.prove(Eq(t + 1, q), now), line, lambda r: total(J, j, own * G(each_path(j, r))) <= H(t + 1, y))

    def started(steps: Any, later_on: Any) -> Line:
        with s.suppose(Eq(t + 1 + steps, q), live) as now:
            for fact in (t < T, t <= T, t + 1 <= T, t < q):
                s.know(s.prove(fact, now[0], read["q is a time between"][1]))
            return now.then(onward(lambda: later_on(now[0])), t, x)

    base = started(0, at_once)
    with s.suppose(claim(m)) as hyp:
        step = hyp.then(started(m + 1, lambda now: hyp[0](t + 1, y)))
    line = s.induct(m, claim, base, step)
    with s.nat_split(read["q is a time between"][0], m) as split:
        s.know(s.prove(Eq(0 + 1 + m, q), split[0]))
        return split.close(line(m, 0, root))


def level(s: Derivation, G_of: Any, H_of: Any, time: Any, sign: Line, size: Line, push: Line, nonneg: Line) -> Line:
    """`path_means` for this G and H at this time, from the lines that its readings ask for, of all x, and of all t and x."""
    for line in (sign, size, push, nonneg):
        s.know(line)
    return s.use("path_means", {until: time, G(x): G_of(x), H(t, x): H_of(t, x)})


@lemma(
    "seen_mean",
    title="the target's mean of Vstar/V",
    words="sum_j VJ(j, 0, root) Vstar/V at pathJ(j, q) <= PS(q, 0, root) for 1 <= q < T.",
)
@in_sympy("seen_mean")
def seen_mean(s: Derivation) -> Line:
    given, ref = model(s), references(s) | squares(s)
    leaves(s)
    value, apart = s.use("value_nonneg", {horizon: T}), s.use("references_apart")
    with s.suppose(relation("<=", 1, q), q <= n) as here:
        for fact in (q < T, q <= T):
            s.know(s.prove(fact, here[1]))
        s.know(s.both(here[0], here[1]))
        with s.suppose(Eq(dead(q, x), 0)) as now:
            s.know(given["twist is non-negative"](q, x))
            least = s.know(value(q, x))
            sign = now.then(s.prove(0 <= Vstar(q, x) / V(q, x), least, s.use("inverse_nonneg")(V(q, x))), x)
            end = ref["PS at once"](q, x)
            size = now.then(s.prove(Vstar(q, x) * (Vstar(q, x) / V(q, x)) <= PS(q, q, x), end), x)
        with s.suppose(t < q, live) as now:
            s.know(s.prove(t <= q, now[0]))
            nonneg = now.then(apart(q, t, x, 0)[1][0], t, x)
            with s.suppose(0 < V(t, x)) as some:
                later_on = ref["PS later"](q, t, x)
                push = some.then(s.prove(ahead(lambda r, p: PS(q, r, p)) <= PS(q, t, x), later_on))
            push = now.then(push, t, x)
        line = level(s, lambda a: Vstar(q, a) / V(q, a), lambda r, a: PS(q, r, a), q, sign, size, push, nonneg)
    return here.then(line, q)


@lemma(
    "turned_mean",
    title="the target's mean of what the twist promises from a state, over the true value there",
    words="sum_j VJ(j, 0, root) PV(q, s)/Vstar_s at pathJ(j, s) <= PV(q, 0, root) for 1 <= s < q < T.",
)
@in_sympy("turned_mean")
def turned_mean(s: Derivation) -> Line:
    model(s)
    ref = references(s) | squares(s)
    leaves(s)
    value, apart = s.use("value_nonneg", {horizon: T}), s.use("references_apart")
    with s.suppose(relation("<=", 1, p_at), p_at < q, q <= n) as here:
        for fact in (q < T, p_at <= q, p_at <= T, p_at <= n, p_at < T):
            s.know(s.prove(fact, here[1], here[2]))
        s.know(s.both(here[0], s.prove(p_at <= n)))
        with s.suppose(Eq(dead(p_at, x), 0)) as now:
            star, promise = s.know(value(p_at, x)), s.know(apart(q, p_at, x, 0)[0])
            share = PV(q, p_at, x) * Recip(Vstar(p_at, x))  # sympy would cancel Vstar / Vstar
            sign = now.then(s.prove(0 <= share, promise, s.use("inverse_nonneg")(Vstar(p_at, x))), x)
            with s.suppose(0 < Vstar(p_at, x)):
                high = s.prove(Vstar(p_at, x) * share <= PV(q, p_at, x))
            with s.suppose(Vstar(p_at, x) <= 0) as none:
                low = s.prove(Vstar(p_at, x) * share <= PV(q, p_at, x), s.zero(Vstar(p_at, x), star, none[0]))
            size = now.then(s.cases(Vstar(p_at, x), 0, low, high), x)
        with s.suppose(t < p_at, live) as now:
            for fact in (t <= q, t < q):
                s.know(s.prove(fact, now[0]))
            nonneg = now.then(apart(q, t, x, 0)[0], t, x)
            with s.suppose(0 < V(t, x)) as some:
                later_on = ref["PV later"](q, t, x)
                push = some.then(s.prove(ahead(lambda r, a: PV(q, r, a)) <= PV(q, t, x), later_on))
            push = now.then(push, t, x)

        def shared(a: Any) -> Any:
            return PV(q, p_at, a) * Recip(Vstar(p_at, a))

        line = level(s, shared, lambda r, a: PV(q, r, a), p_at, sign, size, push, nonneg)
    return here.then(line, q, p_at)


@lemma(
    "leaves_add_up",
    title="the values of the leaves add up to no more than the true value",
    words="sum_j VJ(j, 0, root) <= Vstar(0, root), if no more than one of the F_j is met.",
)
@in_sympy("leaves_add_up")
def leaves_add_up(s: Derivation) -> Line:
    given = model(s)
    line = know_leaves(s, given, leaves(s))["the shares add up"]
    s.know(s.prove(relation("<=", 0, T)))
    return line(0, root)
