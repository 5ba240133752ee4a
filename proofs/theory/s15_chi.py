"""S15: on the model of `s15_rounds` every chi-square is at most 2, at every level.

1 + chi^2(pi*_t || pihat_t) = E[V_t] E[Vstar_t^2/V_t]/Z^2 (compare G3 and G1.published), reference means that carry the path's potentials.
On the level 2 j + 1 a value 1 + a lives + b left has the mean 1 + s (a + b)/2^j, and V = 1 on all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, sympify

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, implications, relation, symbols
from proofs.lemmas.rare import times
from proofs.lemmas.rare_run import lives
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s15_rounds import Rounds, half, left

n, t, x, y, root, M, V, Vstar, psi, dead, PV, PS = layered.symbols("n t x y root M V Vstar psi dead PV PS")
m, i, j, k, rest = symbols("m i j k rest", "nat")
(s,) = symbols("s")
SHARES = {PV: (s - 1, 2 / s - 1), PS: (1 / s - 1, s / 2 - 1)}
"""By the mean: a and b of its value 1 + a lives + b left at odd levels."""
GAINS = {PV: 1 - s + s**2 / 2, PS: half - s + s**2 / 4}
"""s (a + b)/2."""


def affine(mean: Any, level: Any, at: Any) -> Any:
    a, b = SHARES[mean]
    return 1 + a * lives(level, at) + (0 if level == 1 else b * left(level, at))


class Means(Rounds):
    """The model, and the reference means of V and of Vstar^2/V at every level, from every earlier one."""

    def __init__(self, p: Derivation) -> None:
        super().__init__(p)
        self.push, self.end = {}, {}
        for mean, value in ((PV, V(t, x)), (PS, Vstar(t, x) ** 2 / V(t, x))):
            ahead = Expect(M(t, x), y, psi(t, x, y) * mean(j, t + 1, y))
            rule = ForAll(j, t, x, implications(t < j, Eq(dead(t, x), 0), Eq(mean(j, t, x), ahead)))
            self.push[mean], self.end[mean] = map(p.know, p.given(rule, ForAll(t, x, Eq(mean(t, t, x), value))))
        p.know(self.run.given["the root is live"])
        self.flats = [self.flat(mean) for mean in (PV, PS)]

    def before(
        self, mean: Any, level: Any, time: Any, later: Line, ahead: Any, now: Any, *why: Callable[..., Line]
    ) -> Line:
        """mean(level, time) = now(x) at live x, from mean(level, time + 1) = ahead(y) at live y and lines by which E[M] ahead = now."""
        p = self.p
        with p.suppose(Eq(dead(time, x), 0)) as here:
            lines = [line(x) for line in why]
            step = p.prove(Eq(Expect(M(time, x), y, ahead(y)), now(x)), *lines)
            rule = self.push[mean]
            line = self.recursion(time, x, later, step, lambda r, at: rule(level, r, at))
        return here.then(line, x)

    def of(self, mean: Any, level: Any, time: Any, value: Any) -> Any:
        """mean(level, time, x) = value(x) at live x."""
        return self.live(time, Eq(mean(level, time, x), value(x)))

    def at_level(self, mean: Any, level: Any, valued: Line) -> Line:
        """mean(level, level, x) = V or 1/V at a live x, which is known, where V = `valued`'s right side."""
        p, end, now = self.p, self.end[mean](level, x), mean(level, level, x)
        if mean is PV:
            return p.at(valued, end, lambda r: Eq(now, r))
        line = p.at(self.model["perfect"](level, x), end, lambda r: Eq(now, r**2 / V(level, x)))
        return p.at(valued, p.form(line, Eq(now, 1 / V(level, x))), lambda r: Eq(now, 1 / r))

    def flat(self, mean: Any) -> Line:
        """mean(k, 0, root) = 1 for every level k <= n + 1 where V = 1."""
        p, alike = self.p, self.live(k, Eq(V(k, x), 1))

        def one(at: Any) -> Any:
            return sympify(1)

        def claim(to_go: Any) -> Any:
            return ForAll(i, implications(Eq(i + to_go, k), self.of(mean, k, i, one)))

        with p.suppose(k <= n + 1, alike) as there:
            with p.suppose(Eq(dead(k, x), 0)) as here:
                last = here.then(p.form(self.at_level(mean, k, there[1](x)), Eq(mean(k, k, x), 1)), x)
            with p.suppose(Eq(i, k)) as now:
                base = now.then(p.at(p.prove(Eq(k, i), now[0]), last, lambda r: self.of(mean, k, r, one)), i)
            with p.suppose(claim(rest)) as hyp, p.suppose(Eq(i + (rest + 1), k)) as now:
                p.know(p.prove(i < k, now[0])), p.know(p.prove(i < n + 1, now[0], there[0]))
                step = hyp.then(now.then(self.before(mean, k, i, hyp[0](i + 1), one, one), i))
            line = p.induct(rest, claim, base, step)(k, 0)(root)
        return there.then(line, k)

    def round(self, mean: Any) -> Line:
        """mean(2 k + 3, 0, root) = 1 + s (a + b)/2^(k + 1) for k < m."""
        p, level, share = self.p, 2 * k + 3, sum(SHARES[mean]) / 2

        def value(time: Any, to_go: Any) -> Any:
            return lambda at: 1 + share * half**to_go * lives(time, at)

        def claim(to_go: Any) -> Any:
            return ForAll(i, implications(Eq(i + to_go, k), self.of(mean, level, 2 * i + 2, value(2 * i + 2, to_go))))

        def kept(time: Any, to_go: Any, later: Line) -> Line:
            """Through a move that keeps the label."""
            same = self.same_label(time, lambda at: lives(time + 1, at))
            return self.before(mean, level, time, later, value(time + 1, to_go), value(time, to_go), same)

        with p.suppose(k < m) as there:
            enough = p.know(p.form(p.nat_step(there[0]), k + 1 <= m))
            p.know(p.prove(relation("<=", 1, m), enough))
            self.reach(0, 2 * k + 2)
            at_end, halves = (lambda at: affine(mean, level, at)), self.halves(2 * k + 2)
            last = self.before(mean, level, 2 * k + 2, self.told(mean, level), at_end, value(2 * k + 2, 0), *halves)
            with p.suppose(Eq(i, k)) as now:
                base = p.at(
                    p.prove(Eq(k, i), now[0]), last, lambda r: self.of(mean, level, 2 * r + 2, value(2 * r + 2, 0))
                )
                base = now.then(base, i)
            with p.suppose(claim(rest)) as hyp, p.suppose(Eq(i + (rest + 1), k)) as now:
                fewer = p.know(p.prove(i + 1 <= k, now[0]))
                for goal in (i + 2 <= m, i < m, i + 1 <= m, 2 * i + 2 < level, 2 * i + 3 < level):
                    p.know(p.prove(goal, fewer, enough))
                self.reach(2 * i + 2, 2 * i + 3)
                middle = kept(2 * i + 3, rest, hyp[0](i + 1))
                time, lives_on = 2 * i + 2, self.halves(2 * i + 2)[0]
                split = self.before(mean, level, time, middle, value(time + 1, rest), value(time, rest + 1), lives_on)
                step = hyp.then(now.then(split, i))
            second = p.induct(rest, claim, base, step)(k, 0)
            self.reach(1)
            first = kept(1, k, second)
            line = self.entered(mean, level, share * half**k, first)
            line = p.prove(Eq(line.lhs, 1 + half**k * GAINS[mean]), line)
        return there.then(line, k)

    def entered(self, mean: Any, level: Any, share: Any, first: Line) -> Line:
        """mean(level, 0, root) = 1 + s share, from mean(level, 1, x) = 1 + share lives(1, x) at live x."""
        p = self.p
        part = Expect(M(0, root), y, 1 + share * lives(1, y))
        step = p.prove(Eq(part, 1 + share * s), self.model["enters"])
        return self.recursion(0, root, first, step, lambda r, at: self.push[mean](level, r, at))

    # ------------------------------------------------------------------------------------------------ an odd level
    def told(self, mean: Any, level: Any) -> Line:
        """mean(level, level, x) = 1 + a lives + b left at live x of an odd level, for the a and b of `SHARES`; without left on level 1."""
        p = self.p
        with p.suppose(Eq(dead(level, x), 0)) as here:
            line = self.at_level(mean, level, self.twisted(level, x))
            if mean is PS:
                line = p.at(self.inverse(level), line, lambda r: Eq(PS(level, level, x), r))
            line = p.form(line, Eq(mean(level, level, x), affine(mean, level, x)))
        return here.then(line, x)

    def inverse(self, level: Any) -> Line:
        """1/V = 1 + (1/s - 1) lives + (s/2 - 1) left at a live x: their product is 1, as lives left = 0."""
        p, value, other = self.p, self.twist(level, x), affine(PS, level, x)
        one, gone = lives(level, x), sympify(0) if level == 1 else left(level, x)
        square, kinds = self.square(level, x), self.kinds(level, x)
        self.one(level, x)
        (a, b), (c, d) = SHARES[PV], SHARES[PS]

        def product(first: Any, second: Any, mixed: Any) -> Any:
            return Eq(
                value * other,
                1 + (a + c) * one + (b + d) * gone + a * c * first + b * d * second + (a * d + b * c) * mixed,
            )

        line = p.prove(product(one**2, gone**2, one * gone))
        line = p.at(square, line, lambda r: product(r, gone**2, one * gone))
        if level != 1:
            line = p.at(kinds[1][0], line, lambda r: product(one, r, one * gone))
            most = p.form(times(p, one, p.prove(gone <= 1 - one, kinds[1][1])), one * gone <= one - one**2)
            most = p.at(square, most, lambda r: one * gone <= one - r)
            never = p.equal(p.form(most, one * gone <= 0), p.prove(0 <= one * gone))
            line = p.at(never, line, lambda r: product(one, gone, r))
        line = p.prove(Eq(value * other, 1), line)
        p.know(p.chain(p.prove(0 < s), p.form(p.use("rare_weight")(one, gone)[0], s <= value)))
        return p.prove(Eq(1 / value, other), line, hold=[value, other])

    # ------------------------------------------------------------------------------------------------ all levels
    def small(self, level: Any) -> Any:
        """chi^2 at the level is at most 2, where there is one."""
        chi = PV(level, 0, root) * PS(level, 0, root) / Vstar(0, root) ** 2 - 1
        return implications(level <= n + 1, chi <= 2)

    def product(self, level: Any, most: Line, *means: Line) -> Line:
        """chi^2 <= 2 at the level, from its two means at the root, whose product is at most 3."""
        p, whole, (low, high) = self.p, self.small(level).args[1], means
        line = p.form(most, relation("<=", low.rhs * high.rhs - 1, 2))
        line = p.put(line, lambda u: relation("<=", u * high.rhs - 1, 2), low)
        line = p.put(line, lambda u: relation("<=", low.lhs * u - 1, 2), high)
        return p.put(line, lambda r: whole.xreplace({Vstar(0, root): r}), self.model["perfect"](0, root))

    def most(self, share: Any) -> Line:
        """(1 + share (1 - s + s^2/2))(1 + share (1/2 - s + s^2/4)) <= 2 3/2, for 0 <= share <= 1."""
        p, (low, high) = self.p, (1 + share * GAINS[PV], 1 + share * GAINS[PS])
        square = p.prove(s**2 <= s, times(p, s, self.model["a share"]))
        p.know(p.prove(0 <= GAINS[PV], self.model["a share"]))
        part = times(p, share, p.prove(GAINS[PV] <= 1, square)), times(p, share, p.prove(GAINS[PS] <= half, square))
        first, second = p.prove(low <= 2, part[0]), p.prove(high <= half * 3, part[1])
        p.know(p.prove(0 <= low))
        return p.prove(relation("<=", low * high - 1, 2), times(p, low, second), first)

    def plain(self, level: Any, alike: Callable[[], Line]) -> Line:
        """The level is small, as V = 1 on it; alike: V = 1 at the live state x."""
        p = self.p
        with p.suppose(level <= n + 1) as there:
            with p.suppose(Eq(dead(level, x), 0)) as here:
                line = here.then(alike(), x)
            p.know(line)
            line = self.product(level, p.prove(relation("<=", 0, 2)), *(flat(level) for flat in self.flats))
        return there.then(line)

    def levels(self) -> Line:
        """chi^2 <= 2 at every level."""
        p = self.p

        def late(level: Any) -> Line:
            return self.plain(level, lambda: self.model["V on late levels"](level, x))

        with p.suppose(j <= m):
            low = self.plain(2 * j, lambda: self.model["V on even levels"](j, x))
        with p.suppose(m < j) as after:
            step = p.nat_step(after[0])
            p.know(p.prove(2 * m + 2 <= 2 * j, step)), p.know(p.prove(2 * m + 2 <= 2 * j + 1, step))
            high, odd_high = late(2 * j), late(2 * j + 1)
        even = p.gen(p.cases(j, m, low, high), j)
        rounds = [self.round(mean) for mean in (PV, PS)]
        with p.suppose(j <= m) as there:
            with p.suppose(j <= 0) as none:
                self.reach(0)
                firsts = [self.entered(mean, 1, SHARES[mean][0], self.told(mean, 1)) for mean in (PV, PS)]
                values = 1 - s + s**2, 2 - s
                firsts = [p.prove(Eq(line.lhs, value), line) for line, value in zip(firsts, values, strict=True)]
                low = p.prove(values[0] <= 1, times(p, s, self.model["a share"]))
                p.know(p.prove(0 <= values[1], self.model["a share"]))
                most = p.prove(relation("<=", values[0] * values[1] - 1, 2), times(p, values[1], low))
                one = self.product(1, most, *firsts)
                start = p.equal(none[0], p.prove(relation("<=", 0, j)))
                odd_low = p.at(p.prove(Eq(0, j), start), one, lambda r: self.small(2 * r + 1).args[1])
            with p.suppose(0 < j) as some, p.nat_split(p.form(p.nat_step(some[0]), 1 <= j), k) as split:
                p.know(p.prove(k < m, split[0], there[0]))
                p.know(p.use("power_mono")(half, 1, k)), p.know(p.prove(0 <= half**k))
                late_one = self.product(2 * k + 3, self.most(half**k), *(line(k) for line in rounds))
                back = p.prove(Eq(k + 1, j), split[0])
                odd_some = split.close(p.at(back, late_one, lambda r: self.small(2 * r + 1).args[1]))
            odd = p.cases(j, 0, odd_low, odd_some)
            with p.suppose(2 * j + 1 <= n + 1) as here:
                odd = here.then(odd)
        return self.every(even, p.gen(p.cases(j, m, odd, odd_high), j))

    def every(self, even: Line, odd: Line) -> Line:
        """From all 2 j and all 2 j + 1 to all levels, by induction on a shift of both."""
        p = self.p

        def claim(shift: Any) -> Any:
            return Both(ForAll(j, self.small(2 * j + shift)), ForAll(j, self.small(2 * j + 1 + shift)))

        with p.suppose(claim(k)) as hyp:
            with p.suppose(2 * j + 2 + k <= n + 1) as here:
                line = p.gen(here.then(hyp[0][0](j + 1)), j)
            step = hyp.then(p.form(p.both(hyp[0][1], line), claim(k + 1)))
        both = p.induct(k, claim, p.form(p.both(even, odd), claim(0)), step)(k)
        with p.suppose(k <= n + 1) as here:
            line = here.then(both[0](0), k)
        return p.form(line, ForAll(k, self.small(k)))


@statement(
    "S15.chi",
    source="new",
    title="every chi-square of the rare-branch model is at most 2",
    words="As S15.rounds: at every level t <= T, chi^2(pi*_t || pihat_t) = E[V_t] E[Vstar_t^2/V_t]/Z^2 - 1 <= 2, reference means as in "
    "G1.published.",
)
@in_sympy("S15.chi")
def chi_squares(p: Derivation) -> Line:
    return Means(p).levels()
