"""S17: a whole sweep of conditional SMC keeps at least 1/prod_p (1 + (2 b_p - 1)/N) of the target, N free particles beside the kept path.

With H and G the sums of Qbar and of its part that answers F, over all N + 1 edges at a time, G <= beta Out H: at the last edges by the
answer itself, and one step earlier by `kept_step`, whose means are H and G over the sum of the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Law,
    function,
    implications,
    product,
    relation,
    symbol,
)
from proofs.lemmas.clouds import particles, sequence, total_of
from proofs.lemmas.kept_particle import kept, weights, whole
from proofs.lemmas.layered_system import lookahead, model, off, peak, weight
from proofs.lemmas.tested_clouds import where_met
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import know_tested, target
from proofs.theory.s5_normaliser import first_mean, know_first, know_weights
from proofs.theory.s12_density import everywhere, reached

N, n, m, t, i, k, c, d, e, f = particles.symbols("N n m t i k c d e f")
x, y, u, root, M, psi, V, Vstar, VF, F = layered.symbols("x y u root M psi V Vstar VF F")
dead, noedge, src, dst, first, of_ends, horizon = layered.symbols("dead noedge src dst first f T")
z, held, csmc, Out, b, bz = kept.symbols("z held csmc Out b bz")
T = n + 1


def tested(time: Any, q: Any) -> Any:
    """Qbar of an edge with the terminal reward times F."""
    return lookahead(time, q, VF)


def grow(time: Any) -> Any:
    """1 + (b + bz - 1)/N."""
    return 1 + (b(time) + bz(time) - 1) / N


def growth(steps: Any, time: Any) -> Any:
    """The product of the factors of so many steps from a time on."""
    return product(steps, k, grow(time + k))


def total_in(time: Any, cloud: Any, value: Callable[[Any, Any], Any]) -> Any:
    """The sum of value(time, .) over all N + 1 edges."""
    return whole(time, cloud, lambda q: value(time, q))


def below(time: Any, cloud: Any, factor: Any) -> Any:
    """0 <= Out and G <= factor Out H at a cloud."""
    answer, top, bottom = Out(z, time, cloud), total_in(time, cloud, tested), total_in(time, cloud, lookahead)
    return Both(0 <= answer, top <= factor * answer * bottom)


KEPT = {
    "kept edges are reachable": ForAll(t, implications(t <= n, Eq(off(t, held(z, t)), 0))),
    "kept edges have weight": ForAll(t, implications(t <= n, 0 < weight(t, held(z, t)))),
}
"""The path z has positive weight."""


def between_values(s: Derivation, given: dict[str, Line]) -> Line:
    """0 <= Qbar^F <= Qbar on reachable edges: forall t e; the rules of VF are known."""
    a, q = src(e), dst(e)
    share, rest = (
        s.use("value_nonneg", {horizon: T, Vstar(t, x): value, V(t, x): V(t, x) * part})
        for value, part in ((VF(t, x), F(x)), (Vstar(t, x) - VF(t, x), 1 - F(x)))
    )
    with s.suppose(t <= n, Eq(off(t, e), 0)) as here:
        s.know(given["ends of a reachable edge are live"](t, a, q)[1])
        s.know(given["twist is non-negative"](t, a))
        s.know(s.prove(t + 1 <= T))
        scale = given["potentials are non-negative"](t, a, q), s.use("inverse_nonneg")(V(t, a))
        low = s.prove(0 <= tested(t, e), share(t + 1, q), *scale)
        line = s.both(low, s.prove(tested(t, e) <= lookahead(t, e), rest(t + 1, q), *scale))
    return here.then(line, t, e)


def through(s: Derivation, given: dict[str, Line], rules: dict[str, Line], q: Any, value: Any) -> Line:
    """G_t(q) times the mean of Qbar_{t+1} after the reachable edge q is Qbar_t(q), t < n; value: Vstar or VF, rules: its rules."""
    end = dst(q)
    s.know(given["ends of a reachable edge are live"](t, src(q), end)[1])
    ahead = Expect(M(t + 1, end), y, psi(t + 1, end, y) * value(t + 2, y) / V(t + 1, end))
    goal = Eq(weight(t, q) * ahead, lookahead(t, q, value))
    with s.suppose(0 < V(t + 1, end)):
        high = s.prove(goal, rules["value recursion"](t + 1, end))
    with s.suppose(V(t + 1, end) <= 0):
        none = s.know(s.zero(V(t + 1, end), given["twist is non-negative"](t + 1, end)))
        low = s.prove(goal, rules["twist kills no live value"](t + 1, end), none)
    return s.cases(V(t + 1, end), 0, low, high)


class Sweep:
    """A run that keeps the edges held(z, t): its hypotheses, and the step from a cloud to the next."""

    def __init__(self, s: Derivation) -> None:
        self.s, self.given = s, model(s)
        self.tested = know_tested(s, self.given)
        self.kept = s.setting(KEPT)
        self.moves, self.honest = s.given(
            ForAll(t, c, implications(t < n, Eq(Out(z, t, c), Expect(csmc(z, t, c).draws(N), d, Out(z, t + 1, d))))),
            ForAll(
                c,
                Eq(
                    Out(z, n, c) * weights(n, c),
                    whole(n, c, lambda q: weight(n, q) * F(dst(q))),
                ),
            ),
        )
        ratio = Vstar(t, x) / V(t, x)
        where = t < T, Eq(dead(t, x), 0), 0 < V(t, x)
        edge = psi(t, u, y) * Vstar(t + 1, y) / V(t, u) <= b(t) * ratio
        self.low, self.low_kept, self.free, self.own = s.given(
            ForAll(t, 0 <= b(t)),
            ForAll(t, 0 <= bz(t)),
            ForAll(t, x, u, y, implications(*where, Eq(noedge(t, u, y), 0), 0 < VF(t + 1, y), edge)),
            ForAll(t, x, implications(*where, lookahead(t, held(z, t)) <= bz(t) * ratio)),
        )
        self.weight = know_weights(s, self.given)
        self.nonneg = s.know(s.use("lookahead_nonneg"))
        self.between = s.know(between_values(s, self.given))
        one = s.nat_step(self.given["there are particles"])
        s.know(s.gen(s.prove(0 <= grow(k), one, self.low(k), self.low_kept(k)), k))
        self.positive = s.use("product_nonneg", {sequence(k): grow(k)})
        self.front = s.use("product_front", {sequence(k): grow(k)})

    # ------------------------------------------------------------------------------------------------ one cloud
    def each(self, time: Any, clean: Line, line: Callable[[Any], Line]) -> Line:
        """The sum over a reachable cloud and the kept edge of a line about a reachable edge, at a time of at most n."""
        s, at = self.s, Entry(c, i)
        s.know(s.gen(self.given["noedge is non-negative"](time, src(Entry(c, k)), dst(Entry(c, k))), k))
        s.know(clean)
        zero = s.use("terms_vanish", {sequence(k): off(time, Entry(c, k))})(N)
        with s.below(i, N) as inside:
            s.know(zero(i))
            sums = inside.sum(line(at))
        s.know(self.kept["kept edges are reachable"](time))
        own = line(held(z, time))
        op = "=" if own.fact.concl.op == "=" else "<="
        return s.prove(relation(op, sums.lhs + own.lhs, sums.rhs + own.rhs), sums, own)

    def total_weight(self, time: Any) -> Line:
        """0 < the sum of all weights at any cloud: the kept edge has some."""
        with self.s.below(i, N) as inside:
            sums = inside.sum(self.weight(time, Entry(c, i)))
        return self.s.prove(0 < weights(time, c), sums, self.kept["kept edges have weight"](time))

    # ------------------------------------------------------------------------------------------------ one step
    def mean(self, clean: Line, value: Any) -> Line:
        """E[csmc] Qbar_{t+1} = (sum of Qbar_t over all edges) / (sum of the weights), at a reachable cloud, t < n; for Vstar, VF."""
        s, given = self.s, self.given if value is Vstar else self.tested

        def one(q: Any) -> Line:
            return through(s, self.given, given, q, value)

        law = s.use("conditional_law", {of_ends(x, y): psi(t + 1, x, y) * value(t + 2, y) / V(t + 1, x)})
        sums = self.each(t, clean, one)
        left = Expect(csmc(z, t, c), e, lookahead(t + 1, e, value))
        return s.prove(Eq(left * weights(t, c), whole(t, c, lambda q: lookahead(t, q, value))), law, sums)

    def drift(
        self, law: Law, time: Any, steps: Any, null: Line, edge: Callable[[], Line], own: Line, ahead: Line
    ) -> Line:
        """N E Qbar^F <= E Qbar (N - 1 + b + bz) E[P Out] over the edges drawn from the law at a time, P = growth(steps, time + 1).

        edge: that b E Qbar bounds Qbar on reachable edges from which the test function can be met, forall e; own: that bz E Qbar bounds
        the kept edge; ahead: the claim at the clouds drawn.
        """
        s = self.s
        factor = growth(steps, time + 1)
        with s.suppose(Eq(off(time, e), 0)) as here:
            between = self.between(time, e)
            mass = Expect(law, e, lookahead(time, e))
            top = where_met(s, lookahead(time, e), tested(time, e), b(time) * mass, between[0], edge)
        for line in (here.then(between, e), here.then(top, e), own, null):
            s.know(line)
        s.know(s.gen(self.given["noedge is non-negative"](time, src(e), dst(e)), e))
        bottom, top = total_of(lookahead, time, d), total_of(tested, time, d)
        with s.suppose(Eq(total_of(off, time, d), 0)) as here:
            met, own_part = ahead(d), self.between(time, held(z, time))
            scale = s.know(self.positive(steps, time + 1))
            nonneg = s.prove(0 <= factor * Out(z, time, d), met[0], scale)
            part = s.prove(
                top <= factor * Out(z, time, d) * (lookahead(time, held(z, time)) + bottom), met[1], own_part[0]
            )
        s.know(here.then(s.both(part, nonneg), d))
        at = {
            Law("mu", "", "Edge"): law,
            function("h", "Edge -> real")(e): lookahead(time, e),
            function("k", "Edge -> real")(e): tested(time, e),
            function("z", "Edge -> real")(e): off(time, e),
            function("R", "Edge* -> real")(d): factor * Out(z, time, d),
            symbol("w", "real"): lookahead(time, held(z, time)),
            symbol("b", "real"): b(time),
            symbol("a", "real"): bz(time),
        }
        return s.use("kept_step", at, {"Y": "Edge"})

    def bounded(self, clean: Line, value: Any, mean: Line, most: Callable[[Any], Line], by: Any) -> Line:
        """value <= by E[csmc] Qbar from value <= by Vstar/V at the end of every edge with weight, at a reachable cloud."""
        s = self.s

        def one(q: Any) -> Line:
            goal = value * weight(t, q) <= by * lookahead(t, q)
            nonneg, own = self.nonneg(t, q), self.weight(t, q)
            with s.suppose(weight(t, q) <= 0):
                none = s.zero(weight(t, q), own)
                low = s.prove(goal, none, s.prove(0 <= by * lookahead(t, q), nonneg))
            with s.suppose(0 < weight(t, q)) as some:
                s.know(self.given["ends of a reachable edge are live"](t, src(q), dst(q))[1])
                s.know(reached(s, self, V, t, q, some[0]))
                high = s.prove(goal, most(dst(q)), own)
            return s.cases(weight(t, q), 0, low, high)

        sums = self.each(t, clean, one)
        return s.prove(value <= by * Expect(csmc(z, t, c), e, lookahead(t + 1, e)), sums, mean)

    def stays(self, clean: Line) -> Line:
        """E[csmc] off = 0 at a reachable cloud, t < n."""
        s = self.s

        def one(q: Any) -> Line:
            s.know(self.given["ends of a reachable edge are live"](t, src(q), dst(q))[1])
            away = Expect(M(t + 1, dst(q)), y, noedge(t + 1, dst(q), y))
            return s.prove(Eq(weight(t, q) * away, 0), self.given["moves follow edges"](t + 1, dst(q)))

        law = s.use("conditional_law", {of_ends(x, y): noedge(t + 1, x, y)})
        return s.prove(Eq(Expect(csmc(z, t, c), e, off(t + 1, e)), 0), law, self.each(t, clean, one))

    def good(self, law: Law, time: Any, null: Line) -> Surely:
        """The cloud d of N draws from the law is reachable almost surely, for `with`; null: one draw is."""
        s, unreachable = self.s, total_of(off, time, d)
        with s.below(i, N) as inside:
            positive = inside.sum(self.given["noedge is non-negative"](time, src(Entry(d, i)), dst(Entry(d, i))))
        many = s.iid_sum(law, e, off(time, e), N)
        zero = s.prove(Eq(many.lhs, 0), many, null)
        return s.surely(law.draws(N), d, unreachable, s.gen(s.prove(0 <= unreachable, positive), d), zero)

    # ------------------------------------------------------------------------------------------------ the run
    def at_end(self, clean: Line) -> Line:
        """below(n, c, 1): the answer itself."""
        s, given, answer = self.s, self.given, self.tested
        s.know(self.total_weight(n))
        bottom = self.each(
            n, clean, lambda q: s.prove(Eq(lookahead(n, q), weight(n, q)), given["terminal value"](dst(q)))
        )
        ended = self.each(
            n, clean, lambda q: s.prove(Eq(tested(n, q), weight(n, q) * F(dst(q))), answer["terminal value"](dst(q)))
        )
        low, honest = self.each(n, clean, lambda q: self.between(n, q)[0]), self.honest(c)
        nonneg = s.contradiction(0 <= Out(z, n, c), honest, low, ended)
        return s.both(nonneg, s.prove(below(n, c, 1).args[1], honest, ended, bottom))

    def before(self, clean: Line, hyp: Line) -> Line:
        """below(t, c, growth(m + 1, t + 1)) at a reachable cloud, m + 1 steps to go; hyp: the claim at the next clouds, forall c."""
        s, law = self.s, csmc(z, t, c)
        s.know(self.total_weight(t))
        bottom, top, null = self.mean(clean, Vstar), self.mean(clean, VF), self.stays(clean)

        def free() -> Line:
            s.know(reached(s, self, VF, t + 1, e, s.prove(0 < tested(t + 1, e))))
            return self.bounded(
                clean, lookahead(t + 1, e), bottom, lambda q: self.free(t + 1, q, src(e), dst(e)), b(t + 1)
            )

        kept_one = held(z, t + 1)
        s.know(self.kept["kept edges are reachable"](t + 1))
        own = self.bounded(clean, lookahead(t + 1, kept_one), bottom, lambda q: self.own(t + 1, q), bz(t + 1))
        with self.good(law, t + 1, null) as there:
            nonneg = there.average(hyp(d)[0])
        answer = self.moves(t, c)
        nonneg = s.prove(0 <= Out(z, t, c), nonneg, answer)
        moved = self.drift(law, t + 1, m, null, free, own, hyp)
        H, G = total_in(t, c, lookahead), total_in(t, c, tested)
        P = s.know(self.positive(m, t + 2)).rhs
        share = s.prove(N * G <= H * (N - 1 + b(t + 1) + bz(t + 1)) * P * Out(z, t, c), moved, bottom, top, answer)
        line = s.prove(G <= grow(t + 1) * P * Out(z, t, c) * H, share)
        line = s.put(line, lambda q: G <= q * Out(z, t, c) * H, self.front(m, t + 1))
        return s.both(nonneg, line)


def claim(r: Any) -> Any:
    """A reachable cloud, r steps to go."""
    return ForAll(t, c, implications(Eq(t + r, n), Eq(total_of(off, t, c), 0), below(t, c, growth(r, t + 1))))


@lemma(
    "kept_answers",
    title="the answer of a run with a kept path, from a cloud on",
    words="At a reachable cloud with m steps to go: 0 <= Out and G <= prod_{k<m} (1 + (b + bz - 1)/N) Out H, with the sums H of Qbar and G "
    "of Qbar^F over all N + 1 edges.",
)
@in_sympy("kept_answers")
def kept_answers(s: Derivation) -> Line:
    run = Sweep(s)
    with s.suppose(Eq(t, n), Eq(total_of(off, t, c), 0)) as now:
        clean = s.at(now[0], now[1], lambda r: Eq(total_of(off, r, c), 0))
        last = s.form(run.at_end(clean), below(n, c, growth(0, n + 1)))
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), last, lambda r: below(r, c, growth(0, r + 1))), t, c)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n), Eq(total_of(off, t, c), 0)) as now:
        for early in (t < n, t + 1 <= n, t + 1 < T):
            s.know(s.prove(early, now[0]))
        with s.suppose(Eq(total_of(off, t + 1, d), 0)) as here:
            ahead = here.then(hyp[0](t + 1, d), d)
        step = hyp.then(now.then(run.before(now[1], ahead), t, c))
    return s.induct(m, claim, base, step)


@statement(
    "S17.path",
    source="new",
    title="a sweep of conditional SMC from a kept path, path by path",
    words="A run of conditional SMC, horizon T = n + 1, keeps a path of edges held(z, t), reachable and of positive weight, beside N free "
    "edges: the first are drawn from the root, the next from csmc(z, t, c), and the answer from the last weights, kept edge included.  "
    "Over the least Vstar/V among live states at time k, bz(k) bounds the kept edge's Qbar, b(k) the Qbar of edges from which the test "
    "function F can still be met: pi <= prod_{k<T} (1 + (b(k) + bz(k) - 1)/N) E F(answer).",
)
@in_sympy("S17.path")
def sweep_by_path(s: Derivation) -> Line:
    """kept_step from the root, whose means are Vstar_0/V_0 and VF_0/V_0."""
    run = Sweep(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    bottom, top, null = first_mean(s, run.given), first_mean(s, run.tested, VF), know_first(s, run.given)

    def free() -> Line:
        s.know(reached(s, run, VF, 0, e, s.prove(0 < tested(0, e))))
        return s.prove(lookahead(0, e) <= b(0) * bottom.lhs, run.free(0, root, src(e), dst(e)), bottom)

    own = s.prove(lookahead(0, held(z, 0)) <= bz(0) * bottom.lhs, run.own(0, root), bottom)
    s.know(run.kept["kept edges are reachable"](0))
    with s.suppose(Eq(total_of(off, 0, d), 0)) as here:
        ahead = here.then(s.use("kept_answers")(n, 0, d), d)
    moved = run.drift(first, 0, n, null, free, own, ahead)
    P, answer = s.know(run.positive(n, 1)).rhs, Expect(first.draws(N), d, Out(z, 0, d))
    share = s.prove(N * target <= (N - 1 + b(0) + bz(0)) * P * answer, moved, bottom, top)
    line = s.prove(target <= grow(0) * P * answer, share)
    line = s.put(line, lambda q: target <= q * answer, run.front(n, 0))
    return s.form(line, target <= answer * product(T, k, grow(k)))


@statement(
    "S17",
    source="new",
    title="a sweep of conditional SMC keeps a share of the target, from any kept path",
    words="As S17.path, with b(k) the largest Qbar over the least Vstar/V among live states at time k: for every kept path of positive "
    "weight pi <= prod_{k<T} (1 + (2 b(k) - 1)/N) out; N free particles, N + 1 with the kept one.  Zero rewards are allowed.",
)
@in_sympy("S17")
def sweep(s: Derivation) -> Line:
    everywhere(s)
    bounds, reach = peak(s)["b bounds the lookahead"], s.setting(KEPT)["kept edges are reachable"]
    with s.suppose(t < T, Eq(dead(t, x), 0), 0 < V(t, x)) as here:
        s.know(s.prove(t <= n, s.nat_step(here[0])))
        s.know(reach(t))
        line = bounds(t, x, src(held(z, t)), dst(held(z, t)))
    s.know(here.then(line, t, x))
    return s.use("S17.path", {bz(t): b(t)})
