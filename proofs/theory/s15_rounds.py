"""S15, the lower half for every number of rounds, on a run of naive-proposal SMC: chi-squares alone give no bias of the order 1/N.

The model, by what it asks of kernels and values: psi = 1, Vstar = 1 and T = 2 m + 2.  `lives` says of a state that it belongs to a branch that
the first move enters with probability s, and that m moves, those from the levels 2, 4, ..., 2 m, leave in half of the cases each; `left`
that the move just made has left it.  The reward model has V = s where `lives` on the odd levels, V = 2/s where `left`, and V = 1
everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Rational, sympify

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Entry, Expect, ForAll, function, implications, relation, symbols
from proofs.lemmas.clouds import over
from proofs.lemmas.rare_run import (
    F, M, N, Out, RareRun, V, VF, c, dead, dst, i, light, lives, n, noedge, odd, out, s, splits, src, x, y,
)  # fmt: skip
from proofs.lemmas.rare import times
from proofs.registry import statement

m, j, rest = symbols("m j rest", "nat")
left = function("left", "nat X -> real")
half = Rational(1, 2)
grown = N * s**2 + s + 6 / N
"""N splits: how many live after a round, for one before it."""


def round_of(level: Any) -> Any:
    """The j of a level 2 j or 2 j + 1."""
    return sympify(level - int(odd(level))) / 2


class Rounds(RareRun):
    """The model of m rounds, and a run on it."""

    def __init__(self, p: Derivation) -> None:
        now, later = 2 * j + 1, 2 * j + 2
        kinds = Both(Eq(lives(now, x) ** 2, lives(now, x)), Both(Eq(left(now, x) ** 2, left(now, x)), lives(now, x) + left(now, x) <= 1))

        def live(level: Any, bound: Any, claim: Any) -> Any:
            return ForAll(j, x, implications(bound, Eq(dead(level, x), 0), claim))

        kept = implications(j <= m, Eq(noedge(now, x, y), 0), Eq(lives(later, y), lives(now, x)))
        hypotheses = {
            "is one or the other": live(now, j <= m, kinds),
            "none has left": self.live(1, Eq(left(1, x), 0)),
            "stays": ForAll(j, x, y, kept),
            "lives on": live(later, j < m, Eq(Expect(M(later, x), y, lives(2 * j + 3, y)), lives(later, x) / 2)),
            "leaves": live(later, j < m, Eq(Expect(M(later, x), y, left(2 * j + 3, y)), lives(later, x) / 2)),
            "ends": self.live(2 * m + 2, Eq(F(x), lives(2 * m + 2, x))),
            "V on even levels": live(2 * j, j <= m + 1, Eq(V(2 * j, x), 1)),
            "V on odd levels": live(now, j <= m, Eq(V(now, x), light(now, x) + (2 / s - 1) * left(now, x))),
        }
        super().__init__(p, Eq(n, 2 * m + 1), hypotheses)
        self.reach(0)

    def reach(self, *times: Any) -> None:
        """Known from here on: these are times of edges before the last."""
        for time in times:
            self.p.know(self.p.prove(relation("<", time, n), self.model["steps"]))
            self.p.know(self.p.prove(relation("<", time, n + 1), self.model["steps"]))

    # ------------------------------------------------------------------------------------------------ the hypotheses
    def left(self, level: Any, at: Any) -> Any:
        return left(level, at)

    def kinds(self, level: Any, at: Any) -> Line:
        return self.model["is one or the other"](round_of(level), at)

    def twisted(self, level: Any, at: Any) -> Line:
        line = self.model[f"V on {'odd' if odd(level) else 'even'} levels"](round_of(level), at)
        if level != 1:
            return line
        line = self.p.at(self.model["none has left"](at), line, lambda r: Eq(V(1, at), light(1, at) + (2 / s - 1) * r))
        return self.p.form(line, Eq(V(1, at), light(1, at)))

    def stays(self, time: Any, start: Any, end: Any) -> Line:
        return self.model["stays"](round_of(time), start, end)

    def halves(self, time: Any) -> tuple[Callable[[Any], Line], Callable[[Any], Line]]:
        number = round_of(time) - 1
        return lambda at: self.model["lives on"](number, at), lambda at: self.model["leaves"](number, at)

    # ------------------------------------------------------------------------------------------------ the answers
    def bound(self, time: Any, factor: Any) -> Any:
        """At this time, an odd one, the answer of every reachable cloud is at most the factor times how many of it live."""
        count = over(c, lambda q: lives(time + 1, dst(q)))
        return ForAll(c, implications(self.good(time, c), Out(time, c) <= factor * count))

    def last_round(self) -> Line:
        """The bound with no round to go: at the time n = 2 m + 1 the answer is whether a draw lives."""
        p, end, own = self.p, 2 * m + 1, Entry(c, i)
        p.know(p.prove(end < n + 1, self.model["steps"]))
        last = self.last(end)
        with p.suppose(self.good(end, c)) as here:
            zero = self.entries(end, c, here[0])
            with p.below(i, N) as inside:
                p.know(zero(i))
                p.know(self.run.given["ends of a reachable edge are live"](end, src(own), dst(own))[1])
                labels = inside.sum(self.model["ends"](dst(own)))
            line = p.at(labels, last(c), lambda r: Out(end, c) <= r)
        line = here.then(line, c)
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

        with p.suppose(Eq(dead(end, x), 0)) as here:
            terminal = here.then(p.prove(value(0, end), self.ends(end)(x), self.model["ends"](x)), x)
        last = through(end - 1, 0, terminal)
        with p.suppose(Eq(j, m)) as at_end:
            base = p.at(
                p.prove(Eq(m, j), at_end[0]), last, lambda r: self.live(2 * r + 1, value(0).xreplace({j: r}))
            )
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
    words="Naive-proposal SMC as in S5, T = 2 m + 2, psi = 1, Vstar = 1, F = lives at the end: the first move leads to lives with probability s, "
    "the moves from the levels 2, 4, ..., 2 m leave it in half of the cases each; on the odd levels V = s where lives and V = 2/s where it has "
    "just been left, elsewhere V = 1.  For every N >= 1, 0 < s <= 1 and m: s/2^m - (2 N s^2 + s)(N s^2 + s + 6/N)^m <= pi - out.",
)
@in_sympy("S15.rounds")
def rounds(p: Derivation) -> Line:
    run = Rounds(p)
    answer, mass = run.answers(), run.aim()
    least = (2 * N * s**2 + s) * grown**m
    low = p.prove(s * half**m - least <= s * half**m - out, answer)
    return p.put(low, lambda r: s * half**m - least <= r - out, mass)


def share_of(p: Derivation, small: Line) -> Line:
    """s <= 1, as s^(2 m + 1) (6 N)^(m + 1) <= 1."""
    with p.suppose(1 < s) as large:
        p.know(p.prove(relation("<=", 1, s), large[0]))
        p.know(p.prove(relation("<=", 1, 6 * N), p.nat_step(p.prove(0 < N))))
        grows = p.use("power_at_least_one")
        first, second = p.know(grows(s, 2 * m + 1)), p.know(grows(6 * N, m))
        more = p.prove(6 * N <= s ** (2 * m + 1) * (6 * N) ** (m + 1), first, second)
        no = p.anything(s <= 1, p.prove(relation("<", 0, 0), more, small, p.nat_step(p.prove(0 < N))))
    with p.suppose(s <= 1) as fine:
        yes = fine[0]
    return p.cases(s, 1, yes, no)


@statement(
    "S15.order",
    source="new",
    title="a bias of s/2^r on the rare-branch run of r rounds",
    words="As S15.rounds, with r = m + 1 (T = 2 r): s^(2r-1) (6 N)^r <= 1 and N s >= 2 give s/2^r <= pi - out.",
)
@in_sympy("S15.order")
def order(p: Derivation) -> Line:
    """2 N s^2 + s and N s^2 + s + 6/N are at most 3 N s^2, and (3 N s^2)^r = s s^(2r-1) (6 N)^r/2^r <= s/2^r."""
    small, many, *_ = p.given(s ** (2 * m + 1) * (6 * N) ** (m + 1) <= 1, relation("<=", 2, N * s), 0 < s, 0 < N)
    p.know(share_of(p, small))
    known = p.use("S15.rounds")
    top, r = 3 * N * s**2, m + 1
    few = p.prove(6 / N <= 3 * N * s**2 / 2, times(p, N * s, many), many)
    less = p.prove(s <= N * s**2 / 2, times(p, s, many))
    power = p.use("power_mono")(grown, top, m)
    first = times(p, grown**m, p.prove(2 * N * s**2 + s <= top, less))
    line = p.chain(first, times(p, top, p.prove(grown**m <= top**m, power)))
    a, b = symbols("a b")
    split = p.gen(p.prove(Eq((a * b) ** n, a**n * b**n)), a, b, n)(6 * N * s**2, half, r)
    last = times(p, half**r * s, small)
    return p.prove(s * half**r <= known.rhs, known, line, split, last)


@statement(
    "S15.power",
    source="new",
    title="a bias of (6 N)^(-r/(2r-1))/2^r on the rare-branch run of r rounds, from 288 particles on",
    words="As S15.rounds, with r = m + 1 >= 2 (T = 2 r), s = (6 N)^(-r/(2r-1)), that is s^(2r-1) (6 N)^r = 1, and N >= 288: s/2^r <= pi - out.",
)
@in_sympy("S15.power")
def power(p: Derivation) -> Line:
    """Were N s < 2, s^(2r-1) (6 N)^r = (6 N s) (6 N s^2)^(r-1) would be less than 12/12^(r-1) <= 1."""
    one, some, many, positive, *_ = p.given(
        Eq(s ** (2 * m + 1) * (6 * N) ** (m + 1), 1), relation("<=", 1, m), relation("<=", 288, N), 0 < s, 0 < N
    )
    with p.suppose(2 <= N * s) as fine:
        enough = fine[0]
    with p.suppose(N * s < 2) as few:
        square = p.prove((N * s) ** 2 <= 4, times(p, N * s, p.prove(N * s <= 2, few[0])), few[0])
        step = 6 * N * s**2
        small = p.prove(step <= Rational(1, 12), times(p, N * s**2, many), square)
        with p.nat_split(some, rest) as split:
            powers = p.use("power_mono")(step, 1, rest)
            later = p.chain(times(p, step, powers), small)
            later = p.form(times(p, 6 * N * s, later), s ** (2 * rest + 3) * (6 * N) ** (rest + 2) <= N * s / 2)
            back = p.prove(Eq(1 + rest, m), split[0])
            later = p.at(back, later, lambda r: s ** (2 * r + 1) * (6 * N) ** (r + 1) <= N * s / 2)
            none = split.close(p.prove(relation("<", 0, 0), later, one, few[0]))
        wrong = p.anything(2 <= N * s, none)
    p.know(p.cases(2, N * s, enough, wrong))
    p.know(p.prove(s ** (2 * m + 1) * (6 * N) ** (m + 1) <= 1, one))
    return p.use("S15.order")
