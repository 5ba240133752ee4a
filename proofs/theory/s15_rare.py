"""S15, the lower half at T = 4, on a run of naive-proposal SMC: chi-squares alone give no bias of the order 1/N.

The model, by what it asks of kernels and values: psi = 1 and Vstar = 1.  `lives` says of a state that it belongs to a branch that the first
move enters with probability s and that the third move leaves in half of the cases, `left` that the third move has just done so.  The reward
model has V = s where `lives` on the levels 1 and 3, V = 2/s where `left`, and V = 1 everywhere else.
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
    Implication,
    Law,
    function,
    relation,
    symbols,
)
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.layered_system import off, weight
from proofs.lemmas.rare import times
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import target
from proofs.theory.s10_certificate import Run, edges, out

N, n, t, i, k, c, d, e, Out = particles.symbols("N n t i k c d e Out")
x, y, root, M, psi, V, Vstar, VF, F, dead, noedge = layered.symbols("x y root M psi V Vstar VF F dead noedge")
src, dst, smc, first = layered.symbols("src dst smc first")
(s,) = symbols("s")
lives, left = function("lives", "nat X -> real"), function("left", "X -> real")
u, v, z = (function(name, "Edge -> real") for name in "uvz")
splits, enters = s**2 + s / N + 6 / N**2, 2 * s**2 + s / N
"""The shares of what lives after the step that splits the branch, and after the one that enters it."""


def light(time: Any, at: Any) -> Any:
    return 1 - (1 - s) * lives(time, at)


def heavy(at: Any) -> Any:
    return light(3, at) + (2 / s - 1) * left(at)


VALUES: tuple[Callable[[Any], Any], ...] = (
    lambda at: 1, lambda at: light(1, at), lambda at: 1, heavy, lambda at: 1,
)  # fmt: skip
"""V by the level."""
LEAST = s, s / 2, s, s / 2
"""The least weight of a reachable edge, by its time."""


class Branch:
    """The model, and a run on it."""

    def __init__(self, p: Derivation) -> None:
        self.p, self.run = p, Run(p)
        one = Eq(lives(1, x) ** 2, lives(1, x))
        three = Both(Eq(lives(3, x) ** 2, lives(3, x)), Both(Eq(left(x) ** 2, left(x)), lives(3, x) + left(x) <= 1))
        formulas = {
            "four steps": Eq(n, 3),
            "rare": 0 < s,
            "a share": s <= 1,
            "no potentials": ForAll(t, x, y, Implication(Eq(noedge(t, x, y), 0), Eq(psi(t, x, y), 1))),
            "perfect": ForAll(t, x, Implication(Eq(dead(t, x), 0), Eq(Vstar(t, x), 1))),
            "enters": Eq(Expect(M(0, root), y, lives(1, y)), s),
            "is of the branch": self.live(1, one),
            "stays": ForAll(x, y, Implication(Eq(noedge(1, x, y), 0), Eq(lives(2, y), lives(1, x)))),
            "lives on": self.live(2, Eq(Expect(M(2, x), y, lives(3, y)), lives(2, x) / 2)),
            "leaves": self.live(2, Eq(Expect(M(2, x), y, left(y)), lives(2, x) / 2)),
            "is one or the other": self.live(3, three),
            "ends": ForAll(x, y, Implication(Eq(noedge(3, x, y), 0), Eq(F(y), lives(3, x)))),
        }
        formulas |= {f"V at {level}": self.live(level, Eq(V(level, x), value(x))) for level, value in enumerate(VALUES)}
        self.model = dict(zip(formulas, map(p.know, p.given(*formulas.values())), strict=True))
        for time in range(4):
            p.know(p.prove(relation("<", time, n + 1), self.model["four steps"]))
        for time in range(3):
            p.know(p.prove(relation("<", time, n), self.model["four steps"]))

    @staticmethod
    def live(level: int, claim: Any) -> Any:
        """The claim of every live x on the level."""
        return ForAll(x, Implication(Eq(dead(level, x), 0), claim))

    # ------------------------------------------------------------------------------------------------ one edge
    def one(self, level: int, at: Any) -> tuple[Line, Line]:
        """Known from here on: 0 <= lives <= 1 at a live state of level 1 or 3, and there 0 <= left, lives + left <= 1."""
        p = self.p
        own = self.model["is of the branch" if level == 1 else "is one or the other"](at)
        square = own if level == 1 else own[0]
        low = p.know(p.contradiction(0 <= lives(level, at), square, note="l < 0 <= l^2 = l"))
        if level == 1:
            return low, p.know(p.contradiction(lives(1, at) <= 1, square, note="1 < l < l^2 = l"))
        other = p.know(p.contradiction(0 <= left(at), own[1][0], note="l < 0 <= l^2 = l"))
        p.know(own[1][1])
        p.know(p.prove(left(at) <= 1, own[1][1], low))
        return low, p.know(p.prove(lives(3, at) <= 1, own[1][1], other))

    def edge(self, time: int, q: Any) -> Line:
        """Its weight, on an edge that is known to be reachable; the ends are live, and known to be."""
        p, (a, b) = self.p, (src(q), dst(q))
        ends = self.run.given["ends of a reachable edge are live"](time, a, b)
        p.know(ends[0]), p.know(ends[1])
        w = weight(time, q)
        line = p.at(
            self.model["no potentials"](time, a, b),
            p.prove(relation("=", w, w)),
            lambda r: Eq(w, r * V(time + 1, b) / V(time, a)),
        )
        line = p.at(self.model[f"V at {time + 1}"](b), line, lambda r: Eq(w, r / V(time, a)))
        return p.at(self.model[f"V at {time}"](a), line, lambda r: Eq(w, VALUES[time + 1](b) / r))

    def least(self, time: int, q: Any) -> Line:
        """LEAST <= weight, on an edge that is known to be reachable."""
        p, value, at = self.p, self.edge(time, q), src(q) if time % 2 else dst(q)
        if time < 2:
            self.one(1, at)
            bounds = p.use("rare_weight")(lives(1, at), 0)
        else:
            self.one(3, at)
            bounds = p.use("rare_weight")(lives(3, at), left(at))
        own = VALUES[1 if time < 2 else 3](at)
        bound = p.form(bounds[time % 2], LEAST[time] <= (1 / own if time % 2 else own))
        return p.put(bound, lambda w: LEAST[time] <= w, value)

    # ------------------------------------------------------------------------------------------------ one cloud
    def good(self, time: int, cloud: Any) -> Any:
        """All its edges are reachable."""
        return Eq(over(cloud, lambda q: off(time, q)), 0)

    def entries(self, time: int, cloud: Any, clean: Line) -> Line:
        """forall i < N. off = 0 at the entries of a reachable cloud."""
        p, own = self.p, Entry(cloud, k)
        p.know(p.gen(self.run.given["noedge is non-negative"](time, src(own), dst(own)), k))
        p.know(clean)
        return p.use("terms_vanish", {sequence(k): off(time, own)})(N)

    def alive(self, time: int, zero: Line) -> Line:
        """Known from here on: 0 < sum_i w(c_i)."""
        p, own = self.p, Entry(c, i)
        with p.below(i, N) as inside:
            p.know(zero(i))
            least = inside.sum(self.least(time, own))
        mass = over(c, lambda q: weight(time, q))
        return p.know(p.chain(p.prove(0 < N * LEAST[time]), p.form(least, N * LEAST[time] <= mass)))

    def moved(self, time: int, g: Callable[[Any], Any], value: Callable[[Any], Any], zero: Line, mean: Line) -> Line:
        """E g(dst) of an edge of the next cloud is sum_i w value(dst c_i) / sum_i w; mean: E[M] g = value at live states."""
        p, own = self.p, Entry(c, i)
        law = p.use("smc_law", {t: time, function("f", "X X -> real")(x, y): g(y)})
        with p.below(i, N) as inside:
            p.know(zero(i))
            p.know(self.run.given["ends of a reachable edge are live"](time, src(own), dst(own))[1])
            one = mean(dst(own))
            sums = inside.sum(p.prove(Eq(weight(time, own) * one.lhs, weight(time, own) * one.rhs), one))
        whole = over(c, lambda q: weight(time, q) * value(dst(q))) / over(c, lambda q: weight(time, q))
        return p.prove(Eq(Expect(smc(time, c), e, g(dst(e))), whole), law, sums)

    def surely(self, time: int, law: Law, never: Line) -> Surely:
        """That the cloud d of draws of the law at this time is reachable almost surely, for `with`."""
        p, given = self.p, self.run.given["noedge is non-negative"]
        with p.below(i, N) as inside:
            positive = inside.sum(given(time, src(Entry(d, i)), dst(Entry(d, i))))
        unreachable = over(d, lambda q: off(time, q))
        return p.surely(law.draws(N), d, unreachable, p.gen(p.prove(0 <= unreachable, positive), d), never)

    def on_move(self, time: int, at: Any) -> Surely:
        """A move from a live state follows a reachable edge to y almost surely, for `with`."""
        p, given = self.p, self.run.given
        nonneg = p.gen(given["noedge is non-negative"](time, at, y), y)
        return p.surely(M(time, at), y, noedge(time, at, y), nonneg, given["moves follow edges"](time, at))

    def same_label(self, time: int, now: Callable[[Any], Any], then: Callable[[Any], Any], name: str) -> Line:
        """E[M] then(y) = now(x) at live x, where the label is kept along reachable edges."""
        p = self.p
        with p.suppose(Eq(dead(time, x), 0)) as here:
            with self.on_move(time, x) as on:
                mean = on.average(self.model[name](x, y))
            line = p.prove(Eq(Expect(M(time, x), y, then(y)), now(x)), mean)
        return here.then(line, x)

    def ahead(self, time: int, bound: Callable[[Any, Any], Any], later: Line, zero: Line) -> Line:
        """Out(time, c) <= E bound(e.g. d) from Out(time + 1, d) <= bound at reachable clouds d; c is reachable and has weight."""
        p = self.p
        keeps = p.use("moving_clouds_stay_good", edges())(time, c)
        with self.surely(time + 1, smc(time, c), keeps) as on:
            average = on.average(later(d))
        return p.put(average, lambda r: r <= Expect(smc(time, c).draws(N), d, bound), self.run.moves(time, c))

    # ------------------------------------------------------------------------------------------------ the answers
    def last(self) -> Line:
        """Out(3, c) <= sum_i F(dst c_i) at a reachable cloud: a share of the weight is at most the number of those who have it."""
        p, own = self.p, Entry(c, i)
        with p.suppose(self.good(3, c)) as here:
            zero = self.entries(3, c, here[0])
            mass, count = over(c, lambda q: weight(3, q)), over(c, lambda q: F(dst(q)))
            positive = self.alive(3, zero)
            with p.below(i, N) as inside:
                p.know(zero(i))
                p.know(p.gen_after(p.chain(p.prove(0 <= LEAST[3]), self.least(3, own)), inside[0], i))
                top = p.use("term_below_partial_sum", {sequence(k): weight(3, Entry(c, k))})(N)(i)
                p.know(self.run.test(dst(own))[0])
                part = inside.sum(times(p, F(dst(own)), top))
            tested = over(c, lambda q: weight(3, q) * F(dst(q)))
            back = self.model["four steps"]
            honest = p.at(
                back,
                self.run.honest(c),
                lambda r: Eq(Out(r, c) * over(c, lambda q: weight(r, q)), over(c, lambda q: weight(r, q) * F(dst(q)))),
            )
            part = p.form(part, tested <= mass * count)
            whole = p.prove(mass * Out(3, c) <= mass * count, honest, part, hold=[mass, count, tested])
            p.know(positive), p.know(whole)
            line = p.use("cancel_factor")(mass, Out(3, c), count)
        return here.then(line, c)

    def weighed(self, time: int, zero: Line) -> tuple[Line, Line]:
        """sum_i w lives = s sum_i lives and sum_i w = sum_i VALUES at a reachable cloud, at the ends of the edges on level 1 or 3."""
        p, own, level = self.p, Entry(c, i), time + 1
        q, held = lives(level, dst(own)), VALUES[level](dst(own))
        with p.below(i, N) as inside:
            p.know(zero(i))
            value = p.form(self.edge(time, own), Eq(weight(time, own), held))
            self.one(level, dst(own))
            square = self.model["is of the branch" if level == 1 else "is one or the other"](dst(own))
            own_square = square if level == 1 else square[0]
            product = p.prove(Eq(held * q, q - (1 - s) * q**2 + (held - light(level, dst(own))) * q))
            product = p.at(
                own_square, product, lambda r: Eq(held * q, q - (1 - s) * r + (held - light(level, dst(own))) * q)
            )
            if level == 3:
                room = p.prove(left(dst(own)) <= 1 - q, square[1][1])
                most = p.at(
                    own_square,
                    p.form(times(p, q, room), q * left(dst(own)) <= q - q**2),
                    lambda r: q * left(dst(own)) <= q - r,
                )
                never = p.equal(p.form(most, q * left(dst(own)) <= 0), p.prove(0 <= q * left(dst(own))))
                product = p.prove(Eq(held * q, s * q), product, never)
            else:
                product = p.form(product, Eq(held * q, s * q))
            tested = p.at(p.prove(Eq(held, weight(time, own)), value), product, lambda r: Eq(r * q, s * q))
            return inside.sum(tested), inside.sum(value)

    @staticmethod
    def share(time: int, cloud: Any = c) -> Any:
        """s sum_i lives / sum_i VALUES at the ends of the edges of the cloud."""
        return s * over(cloud, lambda q: lives(time + 1, dst(q))) / over(cloud, lambda q: VALUES[time + 1](dst(q)))

    def pushed(self, time: int, g: Callable[[Any], Any], mean: Line, zero: Line) -> Line:
        """E g(dst) of an edge of the next cloud is the share, for a label g of mean `lives`."""
        p, level = self.p, time + 1
        line = self.moved(time, g, lambda at: lives(level, at), zero, mean)
        top, bottom = self.weighed(time, zero)
        whole = Expect(smc(time, c), e, g(dst(e)))
        line = p.at(top, line, lambda r: Eq(whole, r / over(c, lambda q: weight(time, q))))
        line = p.form(line, Eq(whole, s * over(c, lambda q: lives(level, dst(q))) / over(c, lambda q: weight(time, q))))
        line = p.at(bottom, line, lambda r: Eq(whole, s * over(c, lambda q: lives(level, dst(q))) / r))
        return p.form(line, Eq(whole, self.share(time)))

    def third(self) -> Line:
        """Out(2, c) <= N share at a reachable cloud."""
        p, last = self.p, self.last()
        with p.suppose(self.good(2, c)) as here:
            zero = self.entries(2, c, here[0])
            self.alive(2, zero)
            line = self.ahead(2, over(d, lambda q: F(dst(q))), last, zero)
            many = p.iid_sum(smc(2, c), e, F(dst(e)), N)
            mean = self.same_label(3, lambda at: lives(3, at), F, "ends")
            line = p.at(many, line, lambda r: Out(2, c) <= r)
            line = p.at(self.pushed(2, F, mean, zero), line, lambda r: Out(2, c) <= N * r)
        return here.then(line, c)

    def split(self, third: Line) -> Line:
        """Out(1, c) <= N splits sum_i lives at a reachable cloud."""
        p, own = self.p, Entry(c, i)
        with p.suppose(self.good(1, c)) as here:
            zero = self.entries(1, c, here[0])
            self.alive(1, zero)
            law = smc(1, c)
            keeps = p.use("moving_clouds_stay_good", edges())(1, c)
            many = p.iid_sum(law, e, off(2, e), N)
            p.know(p.prove(Eq(Expect(law, e, off(2, e)), 0), many, keeps))
            p.know(p.gen(self.run.given["noedge is non-negative"](2, src(e), dst(e)), e))
            with p.suppose(Eq(off(2, e), 0)) as there:
                p.know(self.run.given["ends of a reachable edge are live"](2, src(e), dst(e))[1])
                kinds = self.model["is one or the other"](dst(e))
            p.know(there.then(kinds, e))
            means = [
                self.moved(1, g, lambda at: lives(2, at) / 2, zero, self.model[name])
                for g, name in ((lambda at: lives(3, at), "lives on"), (left, "leaves"))
            ]
            p.know(p.prove(Eq(means[0].lhs, means[1].lhs), *means))
            at = {Law("mu", "", "Edge"): law, u(e): lives(3, dst(e)), v(e): left(dst(e)), z(e): off(2, e)}
            both = p.use("left_share", at, {"Y": "Edge"})
            line = self.ahead(1, N * self.share(2, d), third, zero)
            count, answer = over(c, lambda q: lives(2, dst(q))), Expect(law.draws(N), d, self.share(2, d))
            line = p.form(line, Out(1, c) <= N * answer)
            most = p.form(both[0], answer <= splits)
            never = p.form(both[1], answer <= means[0].lhs)
            with p.below(i, N) as inside:
                p.know(zero(i))
                self.edge(1, own)
                stays = self.model["stays"](src(own), dst(own))
                low, _ = self.one(1, src(own))
                back = p.prove(Eq(lives(1, src(own)), lives(2, dst(own))), stays)
                nonneg = p.at(back, low, lambda r: 0 <= r)
                square = self.model["is of the branch"](src(own))
                square = p.at(back, square, lambda r: Eq(r**2, r))
            nonneg = p.know(inside.then(nonneg, i))
            p.know(inside.then(square, i))
            f = {sequence(k): lives(2, dst(Entry(c, k)))}
            p.know(p.prove(0 <= splits))
            with p.suppose(count <= 0) as none:
                top = p.use("term_below_partial_sum", f)(N)
                with p.below(i, N) as inside:
                    own_zero = p.equal(p.chain(top(i), none[0]), nonneg(i))
                    sums = inside.sum(p.prove(Eq(weight(1, own) * (lives(2, dst(own)) / 2), 0), own_zero))
                with p.below(i, N) as inside:
                    positive = inside.sum(nonneg(i))
                nothing = p.equal(none[0], p.form(positive, 0 <= count))
                share = p.prove(Eq(means[0].lhs, 0), means[0], sums)
                gone = p.chain(line, p.prove(N * answer <= 0, never, share, hold=[answer, means[0].lhs]))
                low_line = p.prove(Out(1, c) <= N * splits * count, gone, nothing, hold=[count, splits])
            with p.suppose(0 < count):
                least = p.use("count_is_one", f | {n: N})()
                p.know(p.prove(0 <= N * splits))
                more = times(p, N * splits, least)
                high = p.chain(line, p.prove(N * answer <= N * splits * 1, most, hold=[answer, splits]), more)
            out_line = p.cases(count, 0, low_line, p.form(high, Out(1, c) <= N * splits * count))
        return here.then(out_line, c)

    def second(self, split: Line) -> Line:
        """Out(0, c) <= N splits N share at a reachable cloud."""
        p = self.p
        with p.suppose(self.good(0, c)) as here:
            zero = self.entries(0, c, here[0])
            self.alive(0, zero)
            count = over(d, lambda q: lives(2, dst(q)))
            line = self.ahead(0, N * splits * count, split, zero)
            many = p.iid_sum(smc(0, c), e, lives(2, dst(e)), N)
            mean = self.same_label(1, lambda at: lives(1, at), lambda at: lives(2, at), "stays")
            line = p.form(line, Out(0, c) <= N * splits * Expect(smc(0, c).draws(N), d, count))
            line = p.at(many, line, lambda r: Out(0, c) <= N * splits * r)
            line = p.at(
                self.pushed(0, lambda at: lives(2, at), mean, zero), line, lambda r: Out(0, c) <= N * splits * (N * r)
            )
        return here.then(line, c)

    def answer(self) -> Line:
        """out <= N splits N enters."""
        p, second = self.p, self.second(self.split(self.third()))
        enters_mean = p.use("first_law", {function("f", "X X -> real")(x, y): lives(1, y)})
        p.know(p.prove(Eq(Expect(first, e, lives(1, dst(e))), s), enters_mean, self.model["enters"]))
        none = p.prove(
            Eq(Expect(first.draws(N), d, over(d, lambda q: off(0, q))), 0),
            p.iid_sum(first, e, off(0, e), N),
            self.run.reachable,
        )
        p.know(p.gen(self.run.given["noedge is non-negative"](0, src(e), dst(e)), e))
        with p.suppose(Eq(off(0, e), 0)) as there:
            p.know(self.run.given["ends of a reachable edge are live"](0, src(e), dst(e))[1])
            one, high = self.model["is of the branch"](dst(e)), self.one(1, dst(e))[1]
            kinds = p.both(one, p.both(p.prove(relation("=", 0, 0)), p.form(high, lives(1, dst(e)) + 0 <= 1)))
        p.know(there.then(kinds, e))
        at = {Law("mu", "", "Edge"): first, u(e): lives(1, dst(e)), v(e): 0, z(e): off(0, e)}
        share = p.use("rare_share", at, {"Y": "Edge"})
        with self.surely(0, first, none) as on:
            average = on.average(second(d))
        mean = Expect(first.draws(N), d, self.share(0, d))
        average = p.form(average, out <= N * splits * N * mean)
        p.know(p.prove(0 <= N * splits * N))
        return p.chain(average, times(p, N * splits * N, p.form(share, mean <= enters)))

    # ------------------------------------------------------------------------------------------------ the target
    def value(self, time: int, at: Any, later: Callable[[Any], Line], mean: Line) -> Line:
        """VF(time, at) = mean's right side, from VF(time + 1, y) = g(y) at live y and the line E[M] g = ..."""
        p = self.p
        with self.on_move(time, at) as on:
            p.know(self.run.given["ends of a reachable edge are live"](time, at, y)[1])
            step = later(y)
            one = self.model["no potentials"](time, at, y)
            product = p.at(
                one,
                p.prove(relation("=", psi(time, at, y) * step.lhs, psi(time, at, y) * step.lhs)),
                lambda r: Eq(psi(time, at, y) * step.lhs, r * step.lhs),
            )
            whole = on.average(p.prove(Eq(psi(time, at, y) * step.lhs, step.rhs), product, step))
        return p.prove(Eq(VF(time, at), mean.rhs), self.run.tested["value recursion"](time, at), whole, mean)

    def mass(self) -> Line:
        """The target gives the branch the mass s/2."""
        p, model = self.p, self.model
        last = p.prove(Eq(n + 1, 4), model["four steps"])
        with p.suppose(Eq(dead(4, x), 0)) as here:
            end = p.at(last, self.run.tested["terminal value"](x), lambda r: Eq(VF(r, x), V(r, x) * F(x)))
            ends = here.then(p.at(model["V at 4"](x), end, lambda r: Eq(VF(4, x), r * F(x))), x)
        with p.suppose(Eq(dead(3, x), 0)) as here:
            kept = self.same_label(3, lambda at: lives(3, at), F, "ends")(x)
            third = here.then(self.value(3, x, lambda at: p.form(ends(at), Eq(VF(4, at), F(at))), kept), x)
        with p.suppose(Eq(dead(2, x), 0)) as here:
            second = here.then(self.value(2, x, third, model["lives on"](x)), x)
        with p.suppose(Eq(dead(1, x), 0)) as here:
            kept = self.same_label(1, lambda at: lives(1, at), lambda at: lives(2, at), "stays")(x)
            half = p.prove(Eq(Expect(M(1, x), y, lives(2, y) / 2), lives(1, x) / 2), kept)
            first_value = here.then(self.value(1, x, second, half), x)
        half = p.prove(Eq(Expect(M(0, root), y, lives(1, y) / 2), s / 2), model["enters"])
        whole = self.value(0, root, first_value, half)
        perfect = model["perfect"](0, root)
        line = p.prove(relation("=", target, target))
        line = p.at(whole, line, lambda r: Eq(target, r / Vstar(0, root)))
        return p.form(p.at(perfect, line, lambda r: Eq(target, s / 2 / r)), Eq(target, s / 2))


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
    answer, mass = b.answer(), b.mass()
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
