"""S15, the lower half at T = 4, on a run of naive-proposal SMC: chi-squares alone give no bias of the order 1/N.

The model, by what it asks of kernels and values: psi = 1 and Vstar = 1.  `lives` says of a state that it belongs to a branch that the first
move enters with probability s and that the third move leaves in half of the cases, `left` that the third move has just done so.  The reward
model has V = s where `lives` on the levels 1 and 3, V = 2/s where `left`, and V = 1 everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, Implication, function, relation, symbols
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.layered_system import weight
from proofs.lemmas.rare import times
from proofs.lemmas.rare_run import RareRun, lives, splits
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s10_certificate import out

N, n, c, Out = particles.symbols("N n c Out")
x, y, M, V, VF, F, dead, noedge, dst = layered.symbols("x y M V VF F dead noedge dst")
(s,) = symbols("s")
left = function("left", "X -> real")


class Branch(RareRun):
    """The model of four steps, and a run on it."""

    def __init__(self, p: Derivation) -> None:
        one = Eq(lives(1, x) ** 2, lives(1, x))
        three = Both(Eq(lives(3, x) ** 2, lives(3, x)), Both(Eq(left(x) ** 2, left(x)), lives(3, x) + left(x) <= 1))
        hypotheses = {
            "is of the branch": self.live(1, one),
            "stays": ForAll(x, y, Implication(Eq(noedge(1, x, y), 0), Eq(lives(2, y), lives(1, x)))),
            "lives on": self.live(2, Eq(Expect(M(2, x), y, lives(3, y)), lives(2, x) / 2)),
            "leaves": self.live(2, Eq(Expect(M(2, x), y, left(y)), lives(2, x) / 2)),
            "is one or the other": self.live(3, three),
            "ends": ForAll(x, y, Implication(Eq(noedge(3, x, y), 0), Eq(F(y), lives(3, x)))),
        }
        hypotheses |= {f"V at {level}": self.live(level, Eq(V(level, x), self.twist(level, x))) for level in range(5)}
        super().__init__(p, Eq(n, 3), hypotheses)
        for bound, steps in ((n + 1, 4), (n, 3)):
            for time in range(steps):
                p.know(p.prove(relation("<", time, bound), self.model["steps"]))

    def left(self, level: Any, at: Any) -> Any:
        return left(at)

    def kinds(self, level: Any, at: Any) -> Line:
        return self.model["is one or the other"](at)

    def square(self, level: Any, at: Any) -> Line:
        return self.model["is of the branch"](at) if level == 1 else super().square(level, at)

    def twisted(self, level: Any, at: Any) -> Line:
        return self.model[f"V at {level}"](at)

    def stays(self, time: Any, start: Any, end: Any) -> Line:
        return self.model["stays" if time == 1 else "ends"](start, end)

    def halves(self, time: Any) -> tuple[Callable[[Any], Line], Callable[[Any], Line]]:
        return self.model["lives on"], self.model["leaves"]

    # ------------------------------------------------------------------------------------------------ one run, step by step
    def answers(self) -> Line:
        """out <= N splits N enters."""
        third = self.count(2, F, 1, self.last(3, F, lambda q: self.run.test(dst(q))[0], self.honest))
        second = self.count(0, lambda at: lives(2, at), N * splits, self.split(1, 1, third))
        return self.answer(N * splits, second)

    def honest(self) -> Line:
        """(sum_i w) Out = sum_i w F at the time 3."""

        def shape(time: Any) -> Any:
            mass, tested = over(c, lambda q: weight(time, q)), over(c, lambda q: weight(time, q) * F(dst(q)))
            return Eq(Out(time, c) * mass, tested)

        return self.p.at(self.model["steps"], self.run.honest(c), shape)

    def aim(self) -> Line:
        """The target gives the branch the mass s/2."""
        p, model = self.p, self.model
        last = p.prove(Eq(n + 1, 4), model["steps"])
        with p.suppose(Eq(dead(4, x), 0)) as here:
            end = p.at(last, self.run.tested["terminal value"](x), lambda r: Eq(VF(r, x), V(r, x) * F(x)))
            ends = here.then(p.at(self.twisted(4, x), end, lambda r: Eq(VF(4, x), r * F(x))), x)
        with p.suppose(Eq(dead(3, x), 0)) as here:
            kept = self.same_label(3, F)(x)
            third = here.then(self.recursion(3, x, lambda at: p.form(ends(at), Eq(VF(4, at), F(at))), kept), x)
        with p.suppose(Eq(dead(2, x), 0)) as here:
            second = here.then(self.recursion(2, x, third, model["lives on"](x)), x)
        with p.suppose(Eq(dead(1, x), 0)) as here:
            kept = self.same_label(1, lambda at: lives(2, at))(x)
            half = p.prove(Eq(Expect(M(1, x), y, lives(2, y) / 2), lives(1, x) / 2), kept)
            first_value = here.then(self.recursion(1, x, second, half), x)
        return self.mass(Rational(1, 2), first_value)


@statement(
    "S15",
    source="new",
    title="a bias of the order N^(-2/3) where coverage is perfect and every chi-square is small",
    words="Naive-proposal SMC as in S5, T = 4, psi = 1, Vstar = 1, F = lives at the end: the first move leads to lives with probability s, "
    "the third leaves it in half of the cases; V = s where lives on the levels 1 and 3, V = 2/s where it has just been left, V = 1 "
    "elsewhere.  For every N >= 1 and 0 < s <= 1: s/2 - (2 N s^2 + s)(N s^2 + s + 6/N) <= pi - out.",
)
@in_sympy("S15")
def rare_branch(p: Derivation) -> Line:
    b = Branch(p)
    answer, mass = b.answers(), b.aim()
    low = p.prove(s / 2 - (2 * N * s**2 + s) * (N * s**2 + s + 6 / N) <= s / 2 - out, answer)
    return p.put(low, lambda r: s / 2 - (2 * N * s**2 + s) * (N * s**2 + s + 6 / N) <= r - out, mass)


@statement(
    "S15.rate",
    source="new",
    title="a bias of N^(-2/3)/9 on the rare-branch run, from 1000 particles on",
    words="As S15, with r = N^(-1/3) (N r^3 = 1), s = r^2/3 and N >= 1000 particles: r^2/9 <= pi - out.",
)
@in_sympy("S15.rate")
def rate(p: Derivation) -> Line:
    """(2/9 + r/3)(1/9 + r/3 + 6 r^2) <= 1/18 for r <= 1/10."""
    (r,) = symbols("r")
    cube, _, small = p.given(Eq(N * r**3, 1), 0 < r, 10 * r <= 1)
    share = r**2 / 3
    square = p.prove(10 * r**2 <= r, times(p, r, small))
    p.know(p.prove(share <= 1, square, small))
    known = p.use("S15", {s: share})
    p.know(p.given(0 < N))

    def bound(mean: Any, few: Any) -> Any:
        return share / 2 - (2 * mean + share) * (mean + share + few)

    third, fourth = times(p, r**2, small), times(p, r**3, small)
    line = p.prove(r**2 / 9 <= bound(r / 9, 6 * r**3), third, fourth, times(p, r**4, small))
    mean, few = p.prove(Eq(N * share**2, r / 9), cube), p.prove(Eq(6 / N, 6 * r**3), cube)
    return p.chain(p.put(line, lambda a, b: r**2 / 9 <= bound(a, b), mean, few), known)
