"""Naive-proposal SMC: the sampling laws of its edges, the means of the next backward potential, values of test functions.

A particle at time t is an edge (x_t, x_{t+1}), of a sort Edge with src, dst and join(x, y).  Given the cloud c of N edges at time t, the
next N edges are independent draws of  smc(t, c) : resample an edge in proportion to its weight G_t = psi V_{t+1}(dst)/V_t(src), and
move on from dst by M.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Entry, Expect, ForAll, implications
from proofs.lemmas.clouds import over, particles, sequence, total_of
from proofs.lemmas.layered_system import ahead, live, lookahead, off, weight
from proofs.registry import lemma
from proofs.theory.model import TESTED, VALUES, hypotheses, layered

N, n, m, t, i, k, c, d, e = particles.symbols("N n m t i k c d e")
x, y, root, M, psi, V, Vstar, VF, F, U, T = layered.symbols("x y root M psi V Vstar VF F U T")
dead, src, dst, join, smc, first, of_ends = layered.symbols("dead src dst join smc first f")
mass = total_of(weight, t, c)
alive = 0 < mass


def on_pairs(s: Derivation, line: Line, shape: Callable[[Any], Any]) -> Line:
    """shape(f) from a line that says shape of f(src(join(x, y)), dst(join(x, y)))."""
    (pairs,) = s.setting(hypotheses("edges are pairs")).values()
    pair, edge = pairs(x, y), join(x, y)
    first_end = s.replace(s.gen(pair[0], x, y), lambda end: of_ends(end(x, y), dst(edge)))
    last_end = s.replace(s.gen(pair[1], x, y), lambda end: of_ends(x, end(x, y)))
    same = s.prove(Eq(of_ends(src(edge), dst(edge)), of_ends(x, y)), first_end, last_end)
    return s.replace(s.gen(same, x, y), shape, line)


@lemma(
    "smc_law",
    title="the sampling law of naive-proposal SMC",
    words="E[smc(t, c)] f = sum_i G_t(c_i) E[M(t+1, dst c_i)] f(dst c_i, .) / sum_i G_t(c_i), where the weights do not all vanish.",
)
@in_sympy("smc_law")
def smc_law(s: Derivation) -> Line:
    given, at = s.setting(hypotheses("potentials are non-negative", "twist is non-negative")), Entry(c, i)
    positive_mass = s.given(alive)

    def push(h: Callable[[Any], Any]) -> Any:
        return over(c, lambda q: weight(t, q) * Expect(M(t + 1, dst(q)), y, h(join(dst(q), y))))

    def positive(test: Line, h: Callable[[Any], Any]) -> Line:
        inner = s.expect(M(t + 1, dst(at)), y, test(join(dst(at), y)))
        factors = (
            given["potentials are non-negative"](t, src(at), dst(at)),
            given["twist is non-negative"](t + 1, dst(at)),
        )
        own = s.prove(0 <= weight(t, at), *factors, s.use("inverse_nonneg")(V(t, src(at))))
        with s.below(i, N) as inside:
            sums = inside.sum(s.prove(0 <= weight(t, at) * inner.rhs, own, inner))
        return s.prove(0 <= push(h) / mass, sums)

    law = s.define_law(smc(t, c), e, lambda h: push(h) / mass, positive, positive_mass)
    left = Expect(smc(t, c), e, of_ends(src(e), dst(e)))

    def mixed(f: Callable[[Any, Any], Any]) -> Any:
        return Eq(left, over(c, lambda q: weight(t, q) * Expect(M(t + 1, dst(q)), y, f(dst(q), y))) / mass)

    return on_pairs(s, law(of_ends(src(e), dst(e))), mixed)


@lemma("first_law", title="the law of the first edges", words="E[first] f = E[M(0, root)] f(root, .).")
@in_sympy("first_law")
def first_law(s: Derivation) -> Line:
    def push(h: Callable[[Any], Any]) -> Any:
        return Expect(M(0, root), y, h(join(root, y)))

    law = s.define_law(first, e, push, lambda test, h: s.expect(M(0, root), y, test(join(root, y))))
    left = Expect(first, e, of_ends(src(e), dst(e)))
    return on_pairs(s, law(of_ends(src(e), dst(e))), lambda f: Eq(left, Expect(M(0, root), y, f(root, y))))


CHAIN = (
    "potentials are non-negative",
    "twist is non-negative",
    "noedge is non-negative",
    "moves follow edges",
    "ends of edges",
)
"""What a sampling step needs of the model."""


class Step:
    """A sampling step from a reachable cloud c whose weights do not all vanish, n + 1 steps after it to go."""

    def __init__(self, s: Derivation):
        self.s, self.given = s, s.setting(hypotheses(*CHAIN))
        self.here = s.suppose(Eq(t + (n + 2), T), Eq(total_of(off, t, c), 0), alive)

    def each(self, line: Callable[[Any], Line]) -> Line:
        """The sums over the cloud of a line about an edge whose end, live, is left at t + 1 < T."""
        s, at = self.s, Entry(c, i)
        s.know(s.prove(t + 1 < T, self.here[0]))
        s.know(s.gen(self.given["noedge is non-negative"](t, src(Entry(c, k)), dst(Entry(c, k))), k))
        zero = s.use("terms_vanish", {sequence(k): off(t, Entry(c, k))})(N)
        with s.below(i, N) as inside:
            s.know(zero(i))
            s.know(self.given["ends of edges"](t, src(at), dst(at))[1])
            return inside.sum(line(at))


@lemma(
    "smc_mean",
    title="the mean of the next backward potential",
    words="At a reachable cloud whose weights do not all vanish: E[smc(t, c)] psi U_{t+2}(dst)/V_{t+1}(src) = "
    "sum_i psi U_{t+1}(dst)/V_t(src) / sum_i G_t, for U = Vstar and U = VF.",
)
@in_sympy("smc_mean")
def smc_mean(s: Derivation) -> Line:
    """G_t(a, b) E[M(t+1, b)] Qbar_{t+1}(b, .) = psi V(b)/V(a) * U(b)/V(b) = Qbar_t(a, b)."""
    step = Step(s)
    recursion, zero = s.given(
        ForAll(t, x, implications(t < T, live, Eq(U(t, x), ahead(U)))),
        ForAll(t, n, x, implications(Eq(t + n, T), live, Eq(V(t, x), 0), Eq(U(t, x), 0))),
    )

    def each(at: Any) -> Line:
        end = dst(at)
        mean = Expect(M(t + 1, end), y, psi(t + 1, end, y) * U(t + 2, y) / V(t + 1, end))
        goal = Eq(weight(t, at) * mean, lookahead(t, at, U))
        with s.suppose(0 < V(t + 1, end)):
            high = s.prove(goal, recursion(t + 1, end))
        with s.suppose(V(t + 1, end) <= 0):
            none = s.know(s.zero(V(t + 1, end), step.given["twist is non-negative"](t + 1, end)))
            low = s.prove(goal, none, zero(t + 1, n + 1, end))
        return s.cases(V(t + 1, end), 0, low, high)

    with step.here as here:
        sums = step.each(each)
        law = s.use("smc_law", {of_ends(x, y): psi(t + 1, x, y) * U(t + 2, y) / V(t + 1, x)})
        mean = Expect(smc(t, c), e, lookahead(t + 1, e, U))
        line = s.prove(Eq(mean, over(c, lambda q: lookahead(t, q, U)) / mass), law, sums)
    return here.then(line, t, n, c)


@lemma(
    "smc_reachable",
    title="the next cloud is reachable",
    words="At a reachable cloud whose weights do not all vanish, E[smc(t, c)] noedge(t+1, src, dst) = 0.",
)
@in_sympy("smc_reachable")
def smc_reachable(s: Derivation) -> Line:
    step, noedge = Step(s), layered.symbols("noedge")

    def each(at: Any) -> Line:
        bad = Expect(M(t + 1, dst(at)), y, noedge(t + 1, dst(at), y))
        return s.prove(Eq(weight(t, at) * bad, 0), step.given["moves follow edges"](t + 1, dst(at)))

    with step.here as here:
        sums, law = step.each(each), s.use("smc_law", {of_ends(x, y): noedge(t + 1, x, y)})
        line = s.prove(Eq(Expect(smc(t, c), e, off(t + 1, e)), 0), law, sums)
    return here.then(line, t, n, c)


@lemma(
    "tested_value",
    title="the value of a test function in [0, 1]",
    words="With the terminal reward times F, 0 <= F <= 1: 0 <= VF_t(x) <= Vstar_t(x) at live states.",
)
@in_sympy("tested_value")
def tested_value(s: Derivation) -> Line:
    given = s.setting(hypotheses(*VALUES, "twist is non-negative", *TESTED))

    def between(time: Any) -> Any:
        return Both(0 <= VF(time, x), VF(time, x) <= Vstar(time, x))

    def claim(r: Any) -> Any:
        return ForAll(t, x, implications(Eq(t + r, T), live, between(t)))

    with s.suppose(Eq(t, T), live) as now:
        ends, test = [given[name](x) for name in ("terminal value", "tested terminal value")], given["test function"](x)
        low = s.prove(0 <= VF(T, x), test[0], ends[1], given["twist is non-negative"](T, x))
        high = s.prove(VF(T, x) <= Vstar(T, x), test[1], *ends, given["twist is non-negative"](T, x))
        base = now.then(s.at(s.prove(Eq(T, t), now[0]), s.both(low, high), between), t, x)
    with s.suppose(claim(n)) as hyp, s.suppose(Eq(t + (n + 1), T), live) as now:
        s.know(s.prove(t < T, now[0]))
        with s.surely(
            M(t, x), y, dead(t + 1, y), given["dead is non-negative"](t + 1), given["live states stay live"](t, x)
        ) as there:
            inner, own = hyp[0](t + 1, y), given["potentials are non-negative"](t, x, y)
            tested, plain = psi(t, x, y) * VF(t + 1, y), psi(t, x, y) * Vstar(t + 1, y)
            means = (
                there.average(s.prove(0 <= tested, own, inner[0])),
                there.average(s.prove(tested <= plain, own, inner[1])),
            )
        rules = [given[name](t, x) for name in ("value recursion", "tested recursion")]
        line = s.both(s.prove(0 <= VF(t, x), means[0], rules[1]), s.prove(VF(t, x) <= Vstar(t, x), means[1], *rules))
        step = hyp.then(now.then(line, t, x))
    return s.induct(n, claim, base, step)
