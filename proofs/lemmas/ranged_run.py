"""What S3 and S13 share: SMC where the backward potentials have a range on every level; derived in sympy.

lo(k) <= Qbar <= top(k) lo(k) on the reachable edges after which k steps remain.  Then no cloud of reachable edges is ever dead, the answer
without further noise A_t(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i) lies in [0, 1], and a one-step lemma moves it; both statements add up
its moves over the horizon (`Run.telescoped`), one as errors, the other as factors of odds.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line
from proofs.language.expressions import Both, Entry, ForAll, function, implications, relation, symbols
from proofs.lemmas.smc_run import (
    VF,
    Qbar,
    Run,
    Vstar,
    at_edge,
    dst,
    good,
    live,
    noedge,
    potentials,
    reachable,
    root,
    src,
    target,
    terms,
    tested_potentials,
    weight,
)
from proofs.theory.model import hypotheses, layered

M, N, T, V, W, c, k, m, n, t, x, y = layered.symbols("M N T V W c k m n t x y")
lo = function("lo", "nat -> real")
(a,) = symbols("a")


class RangedRun(Run):
    """The hypotheses and what follows from them.

    one: the one-step lemma; its symbol `size` stands for sizes(k) with k steps to go, where Qbar <= top lo(k).
    """

    def __init__(self, s: Derivation, one: str, size: Any, sizes: Any, top: Any) -> None:
        super().__init__(s)
        self.one, self.at = one, lambda steps: {a: lo(steps), size: sizes(steps)}
        between = Both(lo(k) <= Qbar(t, x, y), Qbar(t, x, y) <= top * lo(k))
        formulas = {
            "bounds are positive": ForAll(k, Both(0 < lo(k), relation("<=", 1, sizes(k)))),
            "range of Qbar": ForAll(t, k, x, y, implications(Eq(t + 1 + k, T), reachable, between)),
        }
        self.given |= s.setting(hypotheses("twist is positive on live states")) | s.setting(formulas)
        bounds = self.given["bounds are positive"](k)
        for line in (bounds[0], bounds[1], s.prove(0 <= sizes(k), bounds[1])):
            s.know(s.gen(line, k))
        for value in (Vstar, VF):
            s.know(self.never(value))

    def never(self, value: Any) -> Line:
        """forall t n x. where V = 0 at a live state the value is 0: it does not occur."""
        s = self.s
        with s.suppose(Eq(t + n, T), live, Eq(V(t, x), 0)) as here:
            wrong = s.prove(relation("<", 0, 0), self.given["twist is positive on live states"](t, x), here[2])
            return here.then(s.anything(Eq(value(t, x), 0), wrong), t, n, x)

    def moved(self, law: Any, time: Any, steps: Any) -> Line:
        """The one-step lemma, with the means of Qbar and Qbar^F put in."""
        self.s.know(self.given["twist is positive on live states"](0, root))
        one = self.drift(self.one, law, time, steps, self.at(steps), self.given["range of Qbar"])
        return self.s.substitute(one, self.star, self.other)

    def stops(self) -> Line:
        """There psi Vstar/V would be 0 at the first edge, but it is at least lo > 0."""
        s, (old, new) = self.s, (src(Entry(c, 0)), dst(Entry(c, 0)))
        s.know(s.use("terms_vanish", {terms(k): at_edge(noedge, t, Entry(c, k))})(N)(0))
        ends, twist = self.given["ends of edges"](t, old, new), self.given["twist is positive on live states"]
        s.know(ends[0]), s.know(ends[1])
        s.know(twist(t, old)), s.know(twist(t + 1, new))
        each = s.know(self.weights())
        own = s.use("term_below_sum", {terms(k): at_edge(weight, t, Entry(c, k))})(N, 0)
        none = s.zero(weight(t, old, new), own, each(0))
        none = s.prove(Eq(Qbar(t, old, new), 0), none)
        wrong = s.prove(relation("<", 0, 0), none, self.given["range of Qbar"](t, n + 1, old, new)[0])
        return s.anything(Eq(self.seen(W(t, c)), self.A(t, c)), wrong)

    def ends(self) -> Line:
        return self.s.put(self.given["answer at the end"](t, c), lambda u, v: Eq(W(t, c), u / v), *self.last_sums())

    def inside(self) -> Line:
        """0 <= A_t(c) <= 1 at a reachable cloud with n steps to go: forall t n c. t + n = m => ..., where T = 1 + m."""
        s = self.s
        with s.suppose(Eq(t + n, m), good(t, c)) as here:
            s.know(s.prove(Eq(t + 1 + n, T), here[0]))
            (low, high), (least, _) = self.summed(self.between), self.summed(self.given["range of Qbar"])
            s.know(s.prove(0 < potentials, least, s.prove(0 < N * lo(n))))
            part = s.prove(0 <= tested_potentials / potentials, low), s.prove(tested_potentials / potentials <= 1, high)
            line = s.both(s.prove(0 <= self.A(t, c), *part), s.prove(self.A(t, c) <= 1, *part))
        return here.then(line, t, n, c)

    def root_value(self) -> Line:
        """0 < Vstar_0(root), where T = 1 + m: lo <= E psi Vstar / V = Vstar/V there."""
        s = self.s
        nonneg = s.gen(self.given["noedge is non-negative"](0, root, y), y)
        s.know(self.given["twist is positive on live states"](0, root))
        with s.surely(M(0, root), y, noedge(0, root, y), nonneg, self.given["moves follow edges"](0, root)) as here:
            least = self.given["range of Qbar"](0, m, root, y)[0]
        return s.prove(0 < Vstar(0, root), here.average(least), self.given["value recursion"](0, root))

    def target_inside(self) -> Line:
        """0 <= target <= 1, where T = 1 + m."""
        s, value = self.s, self.values(T, 0, root)
        s.know(self.root_value())
        part, seen = (s.prove(0 <= target, value[0]), s.prove(target <= 1, value[1])), self.seen(target)
        return s.both(s.prove(0 <= seen, *part), s.prove(seen <= 1, *part))
