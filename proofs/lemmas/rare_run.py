"""A run of naive-proposal SMC on a branch that is rare and undervalued: what the derivations of S15 share.

psi = 1 and Vstar = 1; `lives` says of a state that it belongs to a branch that the first move enters with probability s, `left` that the
move just made has left it.  V = s where `lives` on the odd levels, V = 2/s where `left`, and V = 1 everywhere else.  The moves from odd
levels keep the label, those from even levels but the root leave the branch in half of the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Eq, sympify

from proofs.derive.derivation import Derivation, Line
from proofs.derive.lines import Surely
from proofs.language.expressions import Entry, Expect, ForAll, Implication, Law, function, relation, symbols
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.layered_system import off, weight
from proofs.lemmas.rare import times
from proofs.theory.model import layered
from proofs.theory.s5_bias import target
from proofs.theory.s10_certificate import Run, edges, out

N, n, t, i, k, c, d, e, Out = particles.symbols("N n t i k c d e Out")
x, y, root, M, psi, V, Vstar, VF, F, dead, noedge = layered.symbols("x y root M psi V Vstar VF F dead noedge")
src, dst, smc, first = layered.symbols("src dst smc first")
(s,) = symbols("s")
lives = function("lives", "nat X -> real")
u, v, z = (function(name, "Edge -> real") for name in "uvz")
splits, enters = s**2 + s / N + 6 / N**2, 2 * s**2 + s / N
"""The shares of what lives after a step that splits the branch, and after the one that enters it."""


def odd(level: Any) -> bool:
    """The parity of a level that is written as 2 j or 2 j + 1."""
    return bool(sympify(level).as_coeff_Add()[0] % 2)


def least_weight(time: Any) -> Any:
    """The least weight of a reachable edge, by its time."""
    return s / 2 if odd(time) else s


def light(time: Any, at: Any) -> Any:
    return 1 - (1 - s) * lives(time, at)


class RareRun:
    """The model, and a run on it.  A statement says what its labels are called and how its hypotheses are asked for."""

    def __init__(self, p: Derivation, steps: Any, hypotheses: Mapping[str, Any]) -> None:
        """steps: the formula that says what n is; hypotheses: those on labels and values, by name."""
        self.p, self.run = p, Run(p)
        formulas = {
            "steps": steps,
            "rare": 0 < s,
            "a share": s <= 1,
            "no potentials": ForAll(t, x, y, Implication(Eq(noedge(t, x, y), 0), Eq(psi(t, x, y), 1))),
            "perfect": ForAll(t, x, Implication(Eq(dead(t, x), 0), Eq(Vstar(t, x), 1))),
            "enters": Eq(Expect(M(0, root), y, lives(1, y)), s),
            **hypotheses,
        }
        self.model = dict(zip(formulas, map(p.know, p.given(*formulas.values())), strict=True))

    @staticmethod
    def live(level: Any, claim: Any) -> Any:
        """The claim of every live x on the level."""
        return ForAll(x, Implication(Eq(dead(level, x), 0), claim))

    # ------------------------------------------------------------------------------------------------ what a statement says
    def left(self, level: Any, at: Any) -> Any:
        """The label of what the move to this level, an odd one after the first, has made leave."""
        raise NotImplementedError

    def kinds(self, level: Any, at: Any) -> Line:
        """lives^2 = lives, left^2 = left and lives + left <= 1 at a live state of an odd level."""
        raise NotImplementedError

    def square(self, level: Any, at: Any) -> Line:
        """lives^2 = lives at a live state of an odd level."""
        return self.kinds(level, at)[0]

    def twisted(self, level: Any, at: Any) -> Line:
        """V = `twist` at a live state."""
        raise NotImplementedError

    def stays(self, time: Any, start: Any, end: Any) -> Line:
        """A reachable edge from an odd level keeps the label `lives`."""
        raise NotImplementedError

    def halves(self, time: Any) -> tuple[Callable[[Any], Line], Callable[[Any], Line]]:
        """E[M] lives = lives/2 and E[M] left = lives/2 at a live state of an even level."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------ one edge
    def twist(self, level: Any, at: Any) -> Any:
        if not odd(level):
            return sympify(1)
        return light(level, at) if level == 1 else light(level, at) + (2 / s - 1) * self.left(level, at)

    def one(self, level: Any, at: Any) -> tuple[Line, Line]:
        """Known from here on: 0 <= lives <= 1 at a live state of an odd level, and there 0 <= left, lives + left <= 1."""
        p = self.p
        own = self.square(1, at) if level == 1 else self.kinds(level, at)
        square = own if level == 1 else own[0]
        low = p.know(p.contradiction(0 <= lives(level, at), square, note="l < 0 <= l^2 = l"))
        if level == 1:
            return low, p.know(p.contradiction(lives(1, at) <= 1, square, note="1 < l < l^2 = l"))
        left = self.left(level, at)
        other = p.know(p.contradiction(0 <= left, own[1][0], note="l < 0 <= l^2 = l"))
        p.know(own[1][1])
        p.know(p.prove(left <= 1, own[1][1], low))
        return low, p.know(p.prove(lives(level, at) <= 1, own[1][1], other))

    def edge(self, time: Any, q: Any) -> Line:
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
        line = p.at(self.twisted(time + 1, b), line, lambda r: Eq(w, r / V(time, a)))
        return p.at(self.twisted(time, a), line, lambda r: Eq(w, self.twist(time + 1, b) / r))

    def least(self, time: Any, q: Any) -> Line:
        """least_weight <= weight, on an edge that is known to be reachable."""
        p, value, least = self.p, self.edge(time, q), least_weight(time)
        late = int(odd(time))
        at, level = (src(q), time) if late else (dst(q), time + 1)
        self.one(level, at)
        bounds = p.use("rare_weight")(lives(level, at), 0 if level == 1 else self.left(level, at))
        own = self.twist(level, at)
        bound = p.form(bounds[late], least <= (1 / own if late else own))
        return p.put(bound, lambda w: least <= w, value)

    # ------------------------------------------------------------------------------------------------ one cloud
    def good(self, time: Any, cloud: Any) -> Any:
        """All its edges are reachable."""
        return Eq(over(cloud, lambda q: off(time, q)), 0)

    def entries(self, time: Any, cloud: Any, clean: Line) -> Line:
        """forall i < N. off = 0 at the entries of a reachable cloud."""
        p, own = self.p, Entry(cloud, k)
        p.know(p.gen(self.run.given["noedge is non-negative"](time, src(own), dst(own)), k))
        p.know(clean)
        return p.use("terms_vanish", {sequence(k): off(time, own)})(N)

    def alive(self, time: Any, zero: Line) -> Line:
        """Known from here on: 0 < sum_i w(c_i)."""
        p, own, most = self.p, Entry(c, i), N * least_weight(time)
        with p.below(i, N) as inside:
            p.know(zero(i))
            least = inside.sum(self.least(time, own))
        mass = over(c, lambda q: weight(time, q))
        return p.know(p.chain(p.prove(0 < most), p.form(least, most <= mass)))

    def moved(self, time: Any, g: Callable[[Any], Any], value: Callable[[Any], Any], zero: Line, mean: Any) -> Line:
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

    def surely(self, time: Any, law: Law, never: Line) -> Surely:
        """That the cloud d of draws of the law at this time is reachable almost surely, for `with`."""
        p, given = self.p, self.run.given["noedge is non-negative"]
        with p.below(i, N) as inside:
            positive = inside.sum(given(time, src(Entry(d, i)), dst(Entry(d, i))))
        unreachable = over(d, lambda q: off(time, q))
        return p.surely(law.draws(N), d, unreachable, p.gen(p.prove(0 <= unreachable, positive), d), never)

    def on_move(self, time: Any, at: Any) -> Surely:
        """A move from a live state follows a reachable edge to y almost surely, for `with`."""
        p, given = self.p, self.run.given
        nonneg = p.gen(given["noedge is non-negative"](time, at, y), y)
        return p.surely(M(time, at), y, noedge(time, at, y), nonneg, given["moves follow edges"](time, at))

    def same_label(self, time: Any, then: Callable[[Any], Any]) -> Line:
        """E[M] then(y) = lives(x) at live x of an odd level, where the label is kept along reachable edges."""
        p = self.p
        with p.suppose(Eq(dead(time, x), 0)) as here:
            with self.on_move(time, x) as on:
                mean = on.average(self.stays(time, x, y))
            line = p.prove(Eq(Expect(M(time, x), y, then(y)), lives(time, x)), mean)
        return here.then(line, x)

    def ahead(self, time: Any, bound: Any, later: Line) -> Line:
        """Out(time, c) <= E bound(d) from Out(time + 1, d) <= bound at reachable clouds d; c is reachable and has weight."""
        p = self.p
        keeps = p.use("moving_clouds_stay_good", edges())(time, c)
        with self.surely(time + 1, smc(time, c), keeps) as on:
            average = on.average(later(d))
        return p.put(average, lambda r: r <= Expect(smc(time, c).draws(N), d, bound), self.run.moves(time, c))

    # ------------------------------------------------------------------------------------------------ the answers
    def last(
        self, time: Any, g: Callable[[Any], Any], positive: Callable[[Any], Line], honest: Callable[[], Line]
    ) -> Line:
        """Out(time, c) <= sum_i g(dst c_i) at a reachable cloud, for an odd time: a share of the weight is at most the number of those who
        have it.  positive(e): 0 <= g at the end of a reachable edge; honest(): (sum_i w) Out <= sum_i w g, or =."""
        p, own = self.p, Entry(c, i)
        with p.suppose(self.good(time, c)) as here:
            zero = self.entries(time, c, here[0])
            mass, count = over(c, lambda q: weight(time, q)), over(c, lambda q: g(dst(q)))
            alive = self.alive(time, zero)
            with p.below(i, N) as inside:
                p.know(zero(i))
                p.know(p.gen_after(p.chain(p.prove(0 <= least_weight(time)), self.least(time, own)), inside[0], i))
                top = p.use("term_below_partial_sum", {sequence(k): weight(time, Entry(c, k))})(N)(i)
                p.know(positive(own))
                part = inside.sum(times(p, g(dst(own)), top))
            tested = over(c, lambda q: weight(time, q) * g(dst(q)))
            line = honest()
            part = p.form(part, tested <= mass * count)
            whole = p.prove(mass * Out(time, c) <= mass * count, line, part, hold=[mass, count, tested])
            p.know(alive), p.know(whole)
            line = p.use("cancel_factor")(mass, Out(time, c), count)
        return here.then(line, c)

    def weighed(self, time: Any, zero: Line) -> tuple[Line, Line]:
        """sum_i w lives = s sum_i lives and sum_i w = sum_i twist at a reachable cloud, at the ends of the edges on an odd level."""
        p, own, level = self.p, Entry(c, i), time + 1
        q, held = lives(level, dst(own)), self.twist(level, dst(own))
        with p.below(i, N) as inside:
            p.know(zero(i))
            value = p.form(self.edge(time, own), Eq(weight(time, own), held))
            self.one(level, dst(own))
            square = self.square(1, dst(own)) if level == 1 else self.kinds(level, dst(own))
            own_square = square if level == 1 else square[0]
            product = p.prove(Eq(held * q, q - (1 - s) * q**2 + (held - light(level, dst(own))) * q))
            product = p.at(
                own_square, product, lambda r: Eq(held * q, q - (1 - s) * r + (held - light(level, dst(own))) * q)
            )
            if level == 1:
                product = p.form(product, Eq(held * q, s * q))
            else:
                left = self.left(level, dst(own))
                room = p.prove(left <= 1 - q, square[1][1])
                most = p.at(own_square, p.form(times(p, q, room), q * left <= q - q**2), lambda r: q * left <= q - r)
                never = p.equal(p.form(most, q * left <= 0), p.prove(0 <= q * left))
                product = p.prove(Eq(held * q, s * q), product, never)
            tested = p.at(p.prove(Eq(held, weight(time, own)), value), product, lambda r: Eq(r * q, s * q))
            return inside.sum(tested), inside.sum(value)

    def share(self, time: Any, cloud: Any = c) -> Any:
        """s sum_i lives / sum_i twist at the ends of the edges of the cloud."""
        total = over(cloud, lambda q: self.twist(time + 1, dst(q)))
        return s * over(cloud, lambda q: lives(time + 1, dst(q))) / total

    def pushed(self, time: Any, g: Callable[[Any], Any], mean: Line, zero: Line) -> Line:
        """E g(dst) of an edge of the next cloud is the share, for a label g of mean `lives`."""
        p, level = self.p, time + 1
        line = self.moved(time, g, lambda at: lives(level, at), zero, mean)
        top, bottom = self.weighed(time, zero)
        whole = Expect(smc(time, c), e, g(dst(e)))
        line = p.at(top, line, lambda r: Eq(whole, r / over(c, lambda q: weight(time, q))))
        line = p.form(line, Eq(whole, s * over(c, lambda q: lives(level, dst(q))) / over(c, lambda q: weight(time, q))))
        line = p.at(bottom, line, lambda r: Eq(whole, s * over(c, lambda q: lives(level, dst(q))) / r))
        return p.form(line, Eq(whole, self.share(time)))

    def count(self, time: Any, g: Callable[[Any], Any], factor: Any, later: Line) -> Line:
        """Out(time, c) <= factor N share at a reachable cloud, for an even time, from Out(time + 1, d) <= factor sum_i g(dst d_i), g the
        label that moves keep."""
        p = self.p
        with p.suppose(self.good(time, c)) as here:
            zero = self.entries(time, c, here[0])
            self.alive(time, zero)
            total = over(d, lambda q: g(dst(q)))
            line = self.ahead(time, factor * total, later)
            many = p.iid_sum(smc(time, c), e, g(dst(e)), N)
            mean = self.same_label(time + 1, g)
            line = p.form(line, Out(time, c) <= factor * Expect(smc(time, c).draws(N), d, total))
            line = p.at(many, line, lambda r: Out(time, c) <= factor * r)
            line = p.at(self.pushed(time, g, mean, zero), line, lambda r: Out(time, c) <= factor * (N * r))
        return here.then(line, c)

    def split(self, time: Any, factor: Any, later: Line) -> Line:
        """Out(time, c) <= factor N splits sum_i lives at a reachable cloud, for an odd time, from Out(time + 1, d) <= factor N share."""
        p, own, law, start, end = self.p, Entry(c, i), smc(time, c), time + 1, time + 2
        with p.suppose(self.good(time, c)) as here:
            zero = self.entries(time, c, here[0])
            self.alive(time, zero)
            keeps = p.use("moving_clouds_stay_good", edges())(time, c)
            many = p.iid_sum(law, e, off(start, e), N)
            p.know(p.prove(Eq(Expect(law, e, off(start, e)), 0), many, keeps))
            p.know(p.gen(self.run.given["noedge is non-negative"](start, src(e), dst(e)), e))
            with p.suppose(Eq(off(start, e), 0)) as there:
                p.know(self.run.given["ends of a reachable edge are live"](start, src(e), dst(e))[1])
                kinds = self.kinds(end, dst(e))
            p.know(there.then(kinds, e))
            labels = lambda at: lives(end, at), lambda at: self.left(end, at)
            means = [
                self.moved(time, g, lambda at: lives(start, at) / 2, zero, half)
                for g, half in zip(labels, self.halves(start), strict=True)
            ]
            p.know(p.prove(Eq(means[0].lhs, means[1].lhs), *means))
            at = {
                Law("mu", "", "Edge"): law,
                u(e): lives(end, dst(e)),
                v(e): self.left(end, dst(e)),
                z(e): off(start, e),
            }
            both = p.use("left_share", at, {"Y": "Edge"})
            line = self.ahead(time, factor * N * self.share(start, d), later)
            count, answer = over(c, lambda q: lives(start, dst(q))), Expect(law.draws(N), d, self.share(start, d))
            line = p.form(line, Out(time, c) <= factor * N * answer)
            most = p.form(both[0], answer <= splits)
            never = p.form(both[1], answer <= means[0].lhs)
            with p.below(i, N) as inside:
                p.know(zero(i))
                self.edge(time, own)
                stays = self.stays(time, src(own), dst(own))
                low, _ = self.one(time, src(own))
                back = p.prove(Eq(lives(time, src(own)), lives(start, dst(own))), stays)
                nonneg = p.at(back, low, lambda r: 0 <= r)
                square = self.square(time, src(own))
                square = p.at(back, square, lambda r: Eq(r**2, r))
            nonneg = p.know(inside.then(nonneg, i))
            p.know(inside.then(square, i))
            f = {sequence(k): lives(start, dst(Entry(c, k)))}
            p.know(p.prove(0 <= splits))
            with p.suppose(count <= 0) as none:
                top = p.use("term_below_partial_sum", f)(N)
                with p.below(i, N) as inside:
                    own_zero = p.equal(p.chain(top(i), none[0]), nonneg(i))
                    sums = inside.sum(p.prove(Eq(weight(time, own) * (lives(start, dst(own)) / 2), 0), own_zero))
                with p.below(i, N) as inside:
                    positive = inside.sum(nonneg(i))
                nothing = p.equal(none[0], p.form(positive, 0 <= count))
                share = p.prove(Eq(means[0].lhs, 0), means[0], sums)
                gone = p.chain(line, p.prove(factor * N * answer <= 0, never, share, hold=[answer, means[0].lhs]))
                low_line = p.prove(Out(time, c) <= factor * N * splits * count, gone, nothing, hold=[count, splits])
            with p.suppose(0 < count):
                least = p.use("count_is_one", f | {n: N})()
                p.know(p.prove(0 <= factor * N * splits))
                more = times(p, factor * N * splits, least)
                high = p.chain(
                    line,
                    p.prove(factor * N * answer <= factor * N * splits * 1, most, hold=[answer, splits]),
                    more,
                )
            high = p.form(high, Out(time, c) <= factor * N * splits * count)
            out_line = p.cases(count, 0, low_line, high)
        return here.then(out_line, c)

    def answer(self, factor: Any, second: Line) -> Line:
        """out <= factor N enters from Out(0, d) <= factor N share."""
        p = self.p
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
            one, high = self.square(1, dst(e)), self.one(1, dst(e))[1]
            kinds = p.both(one, p.both(p.prove(relation("=", 0, 0)), p.form(high, lives(1, dst(e)) + 0 <= 1)))
        p.know(there.then(kinds, e))
        at = {Law("mu", "", "Edge"): first, u(e): lives(1, dst(e)), v(e): 0, z(e): off(0, e)}
        share = p.use("rare_share", at, {"Y": "Edge"})
        with self.surely(0, first, none) as on:
            average = on.average(second(d))
        mean = Expect(first.draws(N), d, self.share(0, d))
        average = p.form(average, out <= factor * N * mean)
        p.know(p.prove(0 <= factor * N))
        return p.chain(average, times(p, factor * N, p.form(share, mean <= enters)))

    # ------------------------------------------------------------------------------------------------ the target
    def recursion(
        self, time: Any, at: Any, later: Callable[[Any], Line], mean: Line, rule: Callable[..., Line] | None = None
    ) -> Line:
        """VF(time, at) = mean's right side, from VF(time + 1, y) = g(y) at live y and the line E[M] g = ...; rule: for another value."""
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
        ahead = (rule or self.run.tested["value recursion"])(time, at)
        return p.prove(Eq(ahead.lhs, mean.rhs), ahead, whole, mean)

    def mass(self, share: Any, first_value: Line) -> Line:
        """The target gives the branch the mass s share, from VF(1, x) = share lives(1, x) at live x."""
        p = self.p
        part = p.prove(Eq(Expect(M(0, root), y, share * lives(1, y)), share * s), self.model["enters"])
        whole = self.recursion(0, root, first_value, part)
        perfect = self.model["perfect"](0, root)
        line = p.prove(relation("=", target, target))
        line = p.at(whole, line, lambda r: Eq(target, r / Vstar(0, root)))
        return p.form(p.at(perfect, line, lambda r: Eq(target, s * share / r)), Eq(target, s * share))
