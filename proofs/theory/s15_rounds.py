"""S15, the lower half for every number of rounds, on a run of naive-proposal SMC: chi-squares alone give no bias of the order 1/N.

The model, by what it asks of kernels and values: psi = 1, Vstar = 1 and T >= 2 m + 2.  `lives` says of a state that it belongs to a branch
that the first move enters with probability s, and that m moves, those from the levels 2, 4, ..., 2 m, leave in half of the cases each;
`left` that the move just made has left it.  The reward model has V = s where `lives` on the levels 1, 3, ..., 2 m + 1, V = 2/s where
`left`, and V = 1 everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Rational, sympify

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Entry, Expect, ForAll, function, implications, relation, symbols
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.layered_system import weight
from proofs.lemmas.rare_run import RareRun, light, lives, odd, splits
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s10_certificate import out

N, n, t, i, c, d, e, Out = particles.symbols("N n t i c d e Out")
x, y, M, V, VF, F, dead, noedge, src, dst, smc = layered.symbols("x y M V VF F dead noedge src dst smc")
m, j, rest = symbols("m j rest", "nat")
(s,) = symbols("s")
left = function("left", "nat X -> real")
half = Rational(1, 2)
grown = N * s**2 + s + 6 / N
"""N splits: how many live after a round, for one before it."""


def round_of(level: Any) -> Any:
    """The j of a level 2 j or 2 j + 1."""
    return sympify(level - int(odd(level))) / 2


def late(level: Any) -> bool:
    """Is it the level 2 m + 2, or one written with t, which stands for 2 m + 2 and more?"""
    return level == 2 * m + 2 or sympify(level).has(t)


class Rounds(RareRun):
    """The model of m rounds, and a run on it."""

    def __init__(self, p: Derivation) -> None:
        now, later = 2 * j + 1, 2 * j + 2
        kinds = Both(
            Eq(lives(now, x) ** 2, lives(now, x)),
            Both(Eq(left(now, x) ** 2, left(now, x)), lives(now, x) + left(now, x) <= 1),
        )

        def live(level: Any, bound: Any, claim: Any) -> Any:
            return ForAll(j, x, implications(bound, Eq(dead(level, x), 0), claim))

        hypotheses = {
            "is one or the other": live(now, j <= m, kinds),
            "none has left": self.live(1, Eq(left(1, x), 0)),
            "stays": ForAll(
                j, x, y, implications(j <= m, Eq(noedge(now, x, y), 0), Eq(lives(later, y), lives(now, x)))
            ),
            "stays late": ForAll(
                t, x, y, implications(2 * m + 2 <= t, t <= n, Eq(noedge(t, x, y), 0), Eq(lives(t + 1, y), lives(t, x)))
            ),
            "lives on": live(later, j < m, Eq(Expect(M(later, x), y, lives(2 * j + 3, y)), lives(later, x) / 2)),
            "leaves": live(later, j < m, Eq(Expect(M(later, x), y, left(2 * j + 3, y)), lives(later, x) / 2)),
            "ends": self.live(n + 1, Eq(F(x), lives(n + 1, x))),
            "V on even levels": live(2 * j, j <= m, Eq(V(2 * j, x), 1)),
            "V on late levels": ForAll(
                t, x, implications(2 * m + 2 <= t, t <= n + 1, Eq(dead(t, x), 0), Eq(V(t, x), 1))
            ),
            "V on odd levels": live(now, j <= m, Eq(V(now, x), light(now, x) + (2 / s - 1) * left(now, x))),
        }
        super().__init__(p, relation("<=", 2 * m + 1, n), hypotheses)
        self.reach(0)

    def reach(self, *times: Any) -> None:
        """Known from here on: these are times of edges before the last."""
        for time in times:
            enough = self.p.prove(time + 1 <= n, self.model["steps"])
            self.p.know(self.p.prove(relation("<", time, n), enough))
            self.p.know(self.p.prove(relation("<", time, n + 1), enough))

    # ------------------------------------------------------------------------------------------------ the hypotheses
    def left(self, level: Any, at: Any) -> Any:
        return left(level, at)

    def kinds(self, level: Any, at: Any) -> Line:
        return self.model["is one or the other"](round_of(level), at)

    def twist(self, level: Any, at: Any) -> Any:
        return sympify(1) if late(level) else super().twist(level, at)

    def twisted(self, level: Any, at: Any) -> Line:
        if late(level):
            return self.model["V on late levels"](level, at)
        line = self.model[f"V on {'odd' if odd(level) else 'even'} levels"](round_of(level), at)
        if level != 1:
            return line
        line = self.p.at(self.model["none has left"](at), line, lambda r: Eq(V(1, at), light(1, at) + (2 / s - 1) * r))
        return self.p.form(line, Eq(V(1, at), light(1, at)))

    def stays(self, time: Any, start: Any, end: Any) -> Line:
        if late(time):
            return self.model["stays late"](time, start, end)
        return self.model["stays"](round_of(time), start, end)

    def halves(self, time: Any) -> tuple[Callable[[Any], Line], Callable[[Any], Line]]:
        number = round_of(time) - 1
        return lambda at: self.model["lives on"](number, at), lambda at: self.model["leaves"](number, at)

    # ------------------------------------------------------------------------------------------------ the answers
    def bound(self, time: Any, factor: Any) -> Any:
        """At this time, an odd one, the answer of every reachable cloud is at most the factor times how many of it live."""
        count = over(c, lambda q: lives(time + 1, dst(q)))
        return ForAll(c, implications(self.good(time, c), Out(time, c) <= factor * count))

    def waiting(self) -> Line:
        """(sum_i w) Out <= sum_i w lives at every reachable cloud of the time 2 m + 1, by induction on the steps to go: after the last
        round nothing is left to happen."""
        p, own = self.p, Entry(c, i)

        def mass(time: Any) -> Any:
            return over(c, lambda q: weight(time, q))

        def tested(time: Any) -> Any:
            return over(c, lambda q: weight(time, q) * lives(time + 1, dst(q)))

        def bound(time: Any) -> Any:
            return ForAll(c, implications(self.good(time, c), mass(time) * Out(time, c) <= tested(time)))

        def claim(to_go: Any) -> Any:
            return ForAll(t, implications(Eq(t + to_go, n), 2 * m + 1 <= t, bound(t)))

        def ends(time: Any) -> Line:
            return self.run.given["ends of a reachable edge are live"](time, src(own), dst(own))[1]

        present = self.present()
        with p.suppose(self.good(n, c)) as here:
            zero = self.entries(n, c, here[0])
            with p.below(i, N) as inside:
                p.know(zero(i)), p.know(ends(n))
                w = weight(n, own)
                labels = inside.sum(
                    p.prove(Eq(w * F(dst(own)), w * lives(n + 1, dst(own))), self.model["ends"](dst(own)))
                )
            line = here.then(p.prove(mass(n) * Out(n, c) <= tested(n), self.run.honest(c), labels), c)
        with p.suppose(Eq(t, n), 2 * m + 1 <= t) as now:
            base = now.then(p.at(p.prove(Eq(n, t), now[0]), line, bound), t)
        with p.suppose(claim(rest)) as hyp, p.suppose(Eq(t + (rest + 1), n), 2 * m + 1 <= t) as now:
            for goal in (t < n, t <= n, t < n + 1, t + 1 < n + 1, t + 1 <= n, t + 2 <= n + 1):
                p.know(p.prove(goal, now[0]))
            p.know(p.prove(2 * m + 2 <= t + 1, now[1])), p.know(p.prove(2 * m + 2 <= t + 2, now[1]))
            with p.suppose(self.good(t + 1, c)) as here:
                count = over(c, lambda q: lives(t + 2, dst(q)))
                zero = self.entries(t + 1, c, here[0])
                with p.below(i, N) as inside:
                    p.know(zero(i))
                    one, q = p.form(self.edge(t + 1, own), Eq(weight(t + 1, own), 1)), lives(t + 2, dst(own))
                    ones, labels = inside.sum(one), inside.sum(p.prove(Eq(weight(t + 1, own) * q, q), one))
                line = p.at(ones, hyp[0](t + 1)(c), lambda r: r * Out(t + 1, c) <= tested(t + 1))
                line = p.at(labels, line, lambda r: N * Out(t + 1, c) <= r)
                line = here.then(p.prove(Out(t + 1, c) <= count / N, line, hold=[count]), c)
            with p.suppose(self.good(t, c)) as here:
                zero = self.entries(t, c, here[0])
                p.know(present(t)(c))
                count = over(d, lambda q: lives(t + 2, dst(q)))
                line = self.ahead(t, count / N, line)
                many = p.iid_sum(smc(t, c), e, lives(t + 2, dst(e)), N)
                kept = self.same_label(t + 1, lambda at: lives(t + 2, at))
                share = self.moved(t, lambda at: lives(t + 2, at), lambda at: lives(t + 1, at), zero, kept)
                line = p.form(line, Out(t, c) <= Expect(smc(t, c).draws(N), d, count) / N)
                line = p.prove(Out(t, c) <= share.lhs, p.at(many, line, lambda r: Out(t, c) <= r / N))
                line = p.at(share, line, lambda r: Out(t, c) <= r)
                line = here.then(p.prove(mass(t) * Out(t, c) <= tested(t), line, hold=[tested(t), mass(t)]), c)
            step = hyp.then(now.then(line, t))
        with p.nat_split(self.model["steps"], rest) as split:
            p.know(p.prove(Eq(2 * m + 1 + rest, n), split[0]))
            line = split.close(p.induct(rest, claim, base, step)(rest, 2 * m + 1))
        return line

    def present(self) -> Line:
        """0 < sum_i w at a reachable cloud of a time 2 m + 1 <= t <= n."""
        p, own, end = self.p, Entry(c, i), 2 * m + 1

        def claim(time: Any) -> Any:
            return ForAll(c, implications(self.good(time, c), 0 < over(c, lambda q: weight(time, q))))

        with p.suppose(self.good(end, c)) as here:
            first = here.then(self.alive(end, self.entries(end, c, here[0])), c)
        with p.suppose(end <= t, t <= n) as now:
            p.know(p.prove(t + 1 <= n + 1, now[1])), p.know(p.prove(2 * m + 2 <= t + 1, now[0]))
            with p.suppose(t <= end) as same:
                low = p.at(p.equal(now[0], same[0]), first, claim)
            with p.suppose(end < t) as after:
                p.know(p.form(p.nat_step(after[0]), 2 * m + 2 <= t))
                with p.suppose(self.good(t, c)) as here:
                    zero = self.entries(t, c, here[0])
                    with p.below(i, N) as inside:
                        p.know(zero(i))
                        ones = inside.sum(p.form(self.edge(t, own), Eq(weight(t, own), 1)))
                    high = here.then(p.prove(0 < over(c, lambda q: weight(t, q)), ones), c)
            line = now.then(p.cases(t, end, low, high), t)
        return line

    def last_round(self) -> Line:
        """The bound with no round to go: at the time 2 m + 1 all that lives is drawn at most."""
        p, end = self.p, 2 * m + 1
        waiting = self.waiting()

        def positive(q: Any) -> Line:
            kept = p.prove(Eq(lives(end, src(q)), lives(end + 1, dst(q))), self.stays(end, src(q), dst(q)))
            return p.at(kept, self.one(end, src(q))[0], lambda r: 0 <= r)

        line = self.last(end, lambda at: lives(end + 1, at), positive, lambda: waiting(c))
        with p.suppose(Eq(j, m)) as now:
            line = p.at(p.prove(Eq(m, j), now[0]), line, lambda r: self.bound(2 * r + 1, 1))
        return now.then(line, j)

    def answers(self) -> Line:
        """out <= (N splits)^m N enters."""
        p = self.p

        def claim(to_go: Any) -> Any:
            return ForAll(j, implications(Eq(j + to_go, m), self.bound(2 * j + 1, grown**to_go)))

        same = p.prove(Eq(N * splits, grown))

        with p.suppose(claim(rest)) as hyp, p.suppose(Eq(j + (rest + 1), m)) as now:
            p.know(p.prove(j < m, now[0])), p.know(p.prove(j + 1 <= m, now[0]))
            self.reach(2 * j + 1, 2 * j + 2)
            p.know(p.prove(2 * j + 3 < n + 1, self.model["steps"]))
            p.know(p.prove(0 <= grown**rest))
            kept = self.count(2 * j + 2, lambda at: lives(2 * j + 4, at), grown**rest, hyp[0](j + 1))
            line = self.split(2 * j + 1, grown**rest, kept)
            line = p.at(same, line, lambda r: self.bound(2 * j + 1, grown**rest * r))
            step = hyp.then(now.then(p.form(line, self.bound(2 * j + 1, grown ** (rest + 1))), j))
        rounds = p.induct(rest, claim, self.last_round(), step)
        p.know(p.prove(0 <= grown**m))
        return self.answer(grown**m, self.count(0, lambda at: lives(2, at), grown**m, rounds(m, 0)))

    # ------------------------------------------------------------------------------------------------ the target
    def late_values(self) -> Line:
        """VF = lives at live states of the level 2 m + 2, by induction on the steps to go."""
        p = self.p

        def value(level: Any) -> Any:
            return self.live(level, Eq(VF(level, x), lives(level, x)))

        def claim(to_go: Any) -> Any:
            return ForAll(t, implications(Eq(t + to_go, n + 1), 2 * m + 2 <= t, value(t)))

        with p.suppose(Eq(t, n + 1), 2 * m + 2 <= t) as now:
            p.know(p.prove(t <= n + 1, now[0]))
            back = p.prove(Eq(n + 1, t), now[0])
            with p.suppose(Eq(dead(t, x), 0)) as here:
                known = p.at(back, self.run.tested["terminal value"](x), lambda r: Eq(VF(r, x), V(r, x) * F(x)))
                known = p.at(self.twisted(t, x), known, lambda r: Eq(VF(t, x), r * F(x)))
                ends = p.at(back, self.model["ends"], lambda r: self.live(r, Eq(F(x), lives(r, x))))(x)
                line = here.then(p.prove(Eq(VF(t, x), lives(t, x)), known, ends), x)
            base = now.then(line, t)
        with p.suppose(claim(rest)) as hyp, p.suppose(Eq(t + (rest + 1), n + 1), 2 * m + 2 <= t) as now:
            for goal in (t < n + 1, t <= n, t <= n + 1):
                p.know(p.prove(goal, now[0]))
            p.know(p.prove(2 * m + 2 <= t + 1, now[1]))
            with p.suppose(Eq(dead(t, x), 0)) as here:
                kept = self.same_label(t, lambda at: lives(t + 1, at))(x)
                line = here.then(self.recursion(t, x, hyp[0](t + 1), kept), x)
            step = hyp.then(now.then(line, t))
        p.know(p.prove(2 * m + 2 <= n + 1, self.model["steps"]))
        with p.nat_split(p.prove(2 * m + 2 <= n + 1, self.model["steps"]), rest) as split:
            p.know(p.prove(Eq(2 * m + 2 + rest, n + 1), split[0]))
            line = split.close(p.induct(rest, claim, base, step)(rest, 2 * m + 2))
        return line

    def aim(self) -> Line:
        """The target gives the branch the mass s/2^m."""
        p, now, later, end = self.p, 2 * j + 1, 2 * j + 2, 2 * m + 2

        def value(to_go: Any, level: Any = now) -> Any:
            return Eq(VF(level, x), half**to_go * lives(level, x))

        def claim(to_go: Any) -> Any:
            return ForAll(j, implications(Eq(j + to_go, m), self.live(now, value(to_go))))

        def through(time: Any, to_go: Any, after: Line) -> Line:
            """From VF at the level after an odd one to VF at that one."""
            with p.suppose(Eq(dead(time, x), 0)) as here:
                kept = self.same_label(time, lambda at: lives(time + 1, at))(x)
                part = half**to_go * lives(time + 1, y)
                mean = p.prove(Eq(Expect(M(time, x), y, part), half**to_go * lives(time, x)), kept)
                line = self.recursion(time, x, after, mean)
            return here.then(line, x)

        last = through(end - 1, 0, self.late_values())
        with p.suppose(Eq(j, m)) as at_end:
            base = p.at(p.prove(Eq(m, j), at_end[0]), last, lambda r: self.live(2 * r + 1, value(0).xreplace({j: r})))
        base = at_end.then(base, j)
        with p.suppose(claim(rest)) as hyp, p.suppose(Eq(j + (rest + 1), m)) as go:
            p.know(p.prove(j < m, go[0])), p.know(p.prove(j + 1 <= m, go[0]))
            self.reach(now, later)
            with p.suppose(Eq(dead(later, x), 0)) as here:
                part = half**rest * lives(now + 2, y)
                lives_on = self.halves(later)[0](x)
                mean = p.prove(Eq(Expect(M(later, x), y, part), half ** (rest + 1) * lives(later, x)), lives_on)
                middle = here.then(self.recursion(later, x, hyp[0](j + 1), mean), x)
            step = hyp.then(go.then(p.form(through(now, rest + 1, middle), self.live(now, value(rest + 1))), j))
        return self.mass(half**m, p.induct(rest, claim, base, step)(m, 0))


@statement(
    "S15.rounds",
    source="new",
    title="a bias for every number of rounds where coverage is perfect and every chi-square is small",
    words="Naive-proposal SMC as in S5, T >= 2 m + 2, psi = 1, Vstar = 1, F = lives at the end: the first move leads to lives with "
    "probability s, the moves from the levels 2, 4, ..., 2 m leave it in half of the cases each; on the levels 1, 3, ..., 2 m + 1 V = s "
    "where lives and V = 2/s where it has just been left, elsewhere V = 1.  For every N >= 1, 0 < s <= 1 and m: "
    "s/2^m - (2 N s^2 + s)(N s^2 + s + 6/N)^m <= pi - out.",
)
@in_sympy("S15.rounds")
def rounds(p: Derivation) -> Line:
    run = Rounds(p)
    answer, mass = run.answers(), run.aim()
    least = (2 * N * s**2 + s) * grown**m
    low = p.prove(s * half**m - least <= s * half**m - out, answer)
    return p.put(low, lambda r: s * half**m - least <= r - out, mass)
