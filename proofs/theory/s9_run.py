"""S9 on a run of naive-proposal SMC, two-sided: even with a perfect reward model its bias is of the order of T/N.

The model, by what it asks of kernels and values: F is the indicator of A.  The first step leaves V as it is and leads to A with
probability 1/2; afterwards a move stays in A or in B, and multiplies V by 1 + F sgn/2 with a fair sign.  V = Vstar.
"""

from __future__ import annotations

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    implications,
    relation,
    symbols,
)
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.layered_system import off, weight
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import target
from proofs.theory.s10_certificate import Run, edges, out

N, n, m, t, i, k, b, c, d, e, f, Out = particles.symbols("N n m t i k b c d e f Out")
x, y, u, root, M, psi, V, Vstar, VF, F, dead, noedge = layered.symbols("x y u root M psi V Vstar VF F dead noedge")
src, dst, join, smc, first = layered.symbols("src dst join smc first")
T = n + 1
sgn = function("sgn", "nat X X -> real")
theta = 1 - Rational(3, 2) / N
half = Rational(1, 2)


def kept(steps):
    """(1 - 1/N)(1 - theta^steps)/9."""
    return (1 - 1 / N) * (1 - theta**steps) / 9


def share(time, cloud):
    """The share of the weight that lies below A."""
    return over(cloud, lambda q: weight(time, q) * F(dst(q))) / over(cloud, lambda q: weight(time, q))


class Split:
    """The model, and a run on it."""

    def __init__(self, s: Derivation):
        self.s, self.run = s, Run(s)
        live, here = Eq(dead(t, x), 0), Eq(noedge(t, x, y), 0)
        scaled = psi(t, x, y) * V(t + 1, y)
        formulas = {
            "particles": relation("<=", 2, N),
            "indicator": ForAll(x, Eq(F(x) ** 2, F(x))),
            "twist is positive": ForAll(t, x, Implication(live, 0 < V(t, x))),
            "perfect": ForAll(t, x, Implication(live, Eq(V(t, x), Vstar(t, x)))),
            "first step": ForAll(x, y, Implication(Eq(noedge(0, x, y), 0), Eq(psi(0, x, y) * V(1, y), V(0, x)))),
            "first branch": Eq(Expect(M(0, root), y, F(y)), half),
            "stays": ForAll(t, x, y, implications(0 < t, here, Eq(F(y), F(x)))),
            "moves": ForAll(t, x, y, implications(0 < t, here, Eq(scaled, V(t, x) * (1 + F(x) * sgn(t, x, y) / 2)))),
            "signs": ForAll(t, x, y, implications(0 < t, here, Eq(sgn(t, x, y) ** 2, 1))),
            "fair": ForAll(t, x, implications(0 < t, t < T, live, Eq(F(x) * Expect(M(t, x), y, sgn(t, x, y)), 0))),
        }
        self.model = dict(zip(formulas, map(s.know, s.given(*formulas.values())), strict=True))
        s.know(s.prove(relation("<", 0, N), self.model["particles"]))
        self.size = self.sizes()

    def live(self, time, q) -> None:
        """Where the edge q is reachable: its ends are live and have V > 0."""
        s = self.s
        ends = self.run.given["ends of a reachable edge are live"](time, src(q), dst(q))
        for part in (0, 1):
            s.know(ends[part])
        s.know(self.model["twist is positive"](time, src(q)))

    def later(self, time, q) -> tuple[Line, Line, Line]:
        """On a reachable edge at time > 0 (known): its weight is 1 + F sgn/2; F(dst) = F(src); sgn^2 = 1."""
        s = self.s
        self.live(time, q)
        ends = time, src(q), dst(q)
        same, moved = self.model["stays"](*ends), self.model["moves"](*ends)
        line = s.prove(Eq(weight(time, q), 1 + F(src(q)) * sgn(*ends) / 2), moved)
        back = s.prove(Eq(F(src(q)), F(dst(q))), same)
        return s.at(back, line, lambda v: Eq(weight(time, q), 1 + v * sgn(*ends) / 2)), same, self.model["signs"](*ends)

    def moves(self) -> tuple[Line, Line]:
        """At a live state x at time t + 1 < T: E F(next) = F(x) and E F(next) sgn = 0."""
        s, given, model = self.s, self.run.given, self.model
        with s.suppose(t < n, Eq(dead(t + 1, x), 0)) as here:
            s.know(s.prove(t + 1 < T))
            s.know(s.prove(relation("<", 0, t + 1)))
            gone = noedge(t + 1, x, y)
            nonneg, never = (
                s.gen(given["noedge is non-negative"](t + 1, x, y), y),
                given["moves follow edges"](t + 1, x),
            )
            with s.surely(M(t + 1, x), y, gone, nonneg, never) as on:
                same = model["stays"](t + 1, x, y)
                product = s.prove(relation("=", F(y) * sgn(t + 1, x, y), F(y) * sgn(t + 1, x, y)))
                product = s.at(same, product, lambda v: Eq(F(y) * sgn(t + 1, x, y), v * sgn(t + 1, x, y)))
                lines = on.average(same), on.average(product)
            fair = model["fair"](t + 1, x)
            out = (
                s.prove(Eq(Expect(M(t + 1, x), y, F(y)), F(x)), lines[0]),
                s.prove(Eq(Expect(M(t + 1, x), y, F(y) * sgn(t + 1, x, y)), 0), lines[1], fair),
            )
        return here.then(out[0], t, x), here.then(out[1], t, x)

    def sizes(self) -> Line:
        """1/2 <= w <= 3/2 on every reachable edge."""
        s = self.s
        with s.suppose(Eq(off(t, e), 0)) as here:
            with s.suppose(t <= 0) as none:
                start = s.zero(t, none[0])
                there = s.at(start, here[0], lambda r: Eq(off(r, e), 0))
                s.know(there)
                self.live(0, e)
                first = s.prove(Eq(weight(0, e), 1), self.model["first step"](src(e), dst(e)))
                both = s.both(s.prove(half <= weight(0, e), first), s.prove(weight(0, e) <= 3 * half, first))
                low = s.at(
                    s.prove(Eq(0, t), start), both, lambda r: Both(half <= weight(r, e), weight(r, e) <= 3 * half)
                )
            with s.suppose(0 < t):
                value, _, sign = self.later(t, e)
                one = s.prove(sgn(t, src(e), dst(e)) ** 2 <= 1, sign)
                s.know(one)
                up, down = (s.use("square_below")(side * sgn(t, src(e), dst(e)), 1) for side in (1, -1))
                test = self.run.test(dst(e))
                q, sign = F(dst(e)), sgn(t, src(e), dst(e))
                spans = s.prove(0 <= q * (1 + sign), test[0], down), s.prove(0 <= q * (1 - sign), test[0], up)
                least = s.put(s.prove(half <= 1 + q * sign / 2, spans[0], test[1]), lambda v: half <= v, value)
                most = s.put(s.prove(1 + q * sign / 2 <= 3 * half, spans[1], test[1]), lambda v: v <= 3 * half, value)
                high = s.both(least, most)
            line = s.cases(t, 0, low, high)
        return here.then(line, t, e)

    def entries(self, time, cloud, clean: Line) -> Line:
        """forall i < N. off = 0 at the entries of a reachable cloud."""
        s = self.s
        s.know(s.gen(self.run.given["noedge is non-negative"](time, src(Entry(cloud, k)), dst(Entry(cloud, k))), k))
        s.know(clean)
        return s.use("terms_vanish", {sequence(k): off(time, Entry(cloud, k))})(N)

    def weights(self, time, zero: Line) -> Line:
        """N/2 <= sum_i w(c_i) at a reachable cloud."""
        s = self.s
        with s.below(i, N) as inside:
            s.know(zero(i))
            least = inside.sum(self.size(time, Entry(c, i))[0])
        return s.prove(N / 2 <= over(c, lambda q: weight(time, q)), least)

    def step(self) -> list[Line]:
        """From a reachable cloud c at time t < n: the next one is reachable, and c has weight; with p its share the mean of the next share
        r is at most p - p (1 - p)(N - 1)/(6 N^2), that of r (1 - r) at least p (1 - p)(1 - 1/N)(1 - 1/(2N))."""
        s, moves = self.s, self.moves()
        with s.suppose(t < n, Eq(over(c, lambda q: off(t, q)), 0)) as here:
            zero = self.entries(t, c, here[1])
            mass = over(c, lambda q: weight(t, q))
            s.know(s.prove(0 < mass, self.weights(t, zero)))
            keeps = s.use("moving_clouds_stay_good", edges())(t, c)
            law = smc(t, c)
            u, v = (lambda q: F(dst(q))), (lambda q: F(dst(q)) * sgn(t + 1, src(q), dst(q)))
            tests = (lambda a, b: F(b)), (lambda a, b: F(b) * sgn(t + 1, a, b))
            means = []
            for test, moved, value in zip(tests, moves, (share(t, c), 0), strict=True):
                pushed = s.use("smc_law", {function("f", "X X -> real")(x, y): test(x, y)})
                with s.below(i, N) as inside:
                    s.know(zero(i))
                    self.live(t, Entry(c, i))
                    one = moved(t, dst(Entry(c, i)))
                    sums = inside.sum(
                        s.prove(Eq(weight(t, Entry(c, i)) * one.lhs, weight(t, Entry(c, i)) * one.rhs), one)
                    )
                means.append(s.prove(Eq(pushed.lhs, value), pushed, sums))
            for line in (*means, s.gen(self.run.given["noedge is non-negative"](t + 1, src(e), dst(e)), e)):
                s.know(line)
            many = s.iid_sum(law, e, off(t + 1, e), N)
            s.know(s.prove(Eq(Expect(law, e, off(t + 1, e)), 0), many, keeps))
            s.know(s.prove(relation("<", 0, t + 1)))
            with s.suppose(Eq(off(t + 1, e), 0)) as there:
                _, _, sign = self.later(t + 1, e)
                unit, signed = self.model["indicator"](dst(e)), sgn(t + 1, src(e), dst(e))
                square = s.at(
                    sign,
                    s.prove(relation("=", v(e) ** 2, u(e) ** 2 * signed**2)),
                    lambda w: Eq(v(e) ** 2, u(e) ** 2 * w),
                )
                square = s.prove(Eq(v(e) ** 2, u(e)), square, unit)
                product = s.at(
                    unit, s.prove(relation("=", u(e) * v(e), u(e) ** 2 * signed)), lambda w: Eq(u(e) * v(e), w * signed)
                )
                values = s.both(unit, s.both(square, product))
            s.know(there.then(values, e))
            at = {
                Law("mu", "", "Edge"): law,
                **{
                    function(name, "Edge -> real")(e): value
                    for name, value in zip("uvz", (u(e), v(e), off(t + 1, e)), strict=True)
                },
                symbols("p")[0]: share(t, c),
            }
            both = s.use("split_share", at, {"Y": "Edge"})
            parts = [here.then(line, t, c) for line in (keeps, s.prove(0 < mass), both[0], both[1])]
        return parts

    def next_share(self) -> Line:
        """The share of a reachable cloud d at time t + 1, by its draws: (K + D)/(N + D).  Its two sums, for `put`."""
        s = self.s
        with s.suppose(Eq(over(d, lambda q: off(t + 1, q)), 0)) as here:
            s.know(s.prove(relation("<", 0, t + 1)))
            zero = self.entries(t + 1, d, here[0])
            with s.below(i, N) as inside:
                s.know(zero(i))
                own = Entry(d, i)
                value, _, _ = self.later(t + 1, own)
                unit, signed = self.model["indicator"](dst(own)), sgn(t + 1, src(own), dst(own))
                mass = inside.sum(value)
                tested = s.at(
                    value,
                    s.prove(relation("=", weight(t + 1, own) * F(dst(own)), weight(t + 1, own) * F(dst(own)))),
                    lambda w: Eq(weight(t + 1, own) * F(dst(own)), w * F(dst(own))),
                )
                square = s.prove(Eq(tested.lhs, F(dst(own)) + F(dst(own)) ** 2 * signed / 2), tested)
                part = inside.sum(s.at(unit, square, lambda w: Eq(square.lhs, F(dst(own)) + w * signed / 2)))
            whole = s.prove(relation("=", share(t + 1, d), share(t + 1, d)))
            line = s.at(part, whole, lambda a: Eq(share(t + 1, d), a / mass.lhs))
            line = s.at(mass, line, lambda b: Eq(share(t + 1, d), part.rhs / b))
        return here.then(line, t, d)

    def inside(self) -> Line:
        """0 <= share <= 1 at a reachable cloud, and 0 < sum_i w(c_i)."""
        s = self.s
        with s.suppose(Eq(over(c, lambda q: off(t, q)), 0)) as here:
            zero = self.entries(t, c, here[0])
            mass = over(c, lambda q: weight(t, q))
            s.know(s.prove(0 < mass, self.weights(t, zero)))
            with s.below(i, N) as inside:
                s.know(zero(i))
                own = Entry(c, i)
                size, test = self.size(t, own), self.run.test(dst(own))
                low = inside.sum(s.prove(0 <= weight(t, own) * F(dst(own)), size[0], test[0]))
                high = inside.sum(s.prove(weight(t, own) * F(dst(own)) <= weight(t, own), size[0], test[1]))
            both = s.both(s.prove(0 <= share(t, c), low), s.prove(share(t, c) <= 1, high))
        return here.then(both, t, c)

    def answers(self) -> Line:
        """Out(t, c) <= p - p (1 - p) kept(m) at a reachable cloud of share p with m steps to go."""
        s, between, following = self.s, self.inside(), self.next_share()
        keeps, alive, drift, spread = self.step()

        def good(time, cloud):
            return Eq(over(cloud, lambda q: off(time, q)), 0)

        def bound(p, steps):
            return p - p * (1 - p) * kept(steps)

        def claim(steps):
            return ForAll(t, c, implications(Eq(t + steps, n), good(t, c), Out(t, c) <= bound(share(t, c), steps)))

        with s.suppose(Eq(t, n), good(t, c)) as now:
            inside = between(t, c)
            back = s.prove(Eq(n, t), now[0])
            honest = s.at(
                back,
                self.run.honest(c),
                lambda r: Eq(Out(r, c) * over(c, lambda q: weight(r, q)), over(c, lambda q: weight(r, q) * F(dst(q)))),
            )
            zero = self.entries(t, c, now[1])
            s.know(s.prove(0 < over(c, lambda q: weight(t, q)), self.weights(t, zero)))
            end = s.prove(Eq(Out(t, c), share(t, c)), honest)
            base = now.then(s.prove(Out(t, c) <= bound(share(t, c), 0), end), t, c)
        with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n), good(t, c)) as now:
            s.know(s.prove(t < n, now[0]))
            p, law = share(t, c), smc(t, c).draws(N)
            inside = between(t, c)
            for line in (inside[0], inside[1], alive(t, c), keeps(t, c)):
                s.know(line)
            with s.below(i, N) as entry:
                positive = entry.sum(
                    self.run.given["noedge is non-negative"](t + 1, src(Entry(d, i)), dst(Entry(d, i)))
                )
            unreachable = over(d, lambda q: off(t + 1, q))
            with s.surely(law, d, unreachable, s.gen(s.prove(0 <= unreachable, positive), d), keeps(t, c)) as on:
                later = hyp[0](t + 1, d)
                value = following(t, d)
                later = s.at(value, later, lambda r: Out(t + 1, d) <= bound(r, m))
                average = on.average(later)
            r = value.rhs
            one, two = Expect(law, d, r), Expect(law, d, r * (1 - r))
            average = s.form(average, Expect(law, d, Out(t + 1, d)) <= one - two * kept(m))
            average = s.put(average, lambda a: a <= one - two * kept(m), self.run.moves(t, c))
            down = s.form(drift(t, c), one <= p - p * (1 - p) * (N - 1) / (6 * N**2))
            apart = s.form(spread(t, c), p * (1 - p) * (1 - 1 / N) * (1 - 1 / (2 * N)) <= two)
            s.know(s.prove(0 <= theta, self.model["particles"]))
            shrink = (1 - 1 / N) * (1 - theta**m) / 9
            power = s.use("power_mono")(theta, 1, m)
            most = s.prove(0 <= shrink, power, s.prove(0 <= 1 - 1 / N, self.model["particles"]))
            less = s.prove(shrink * apart.lhs <= shrink * two, most, apart, hold=[two, p])
            slack = s.prove(
                0 <= p * (1 - p) * shrink / (2 * N**2),
                most,
                s.prove(0 <= p * (1 - p), inside[0], inside[1], hold=[p]),
                hold=[p],
            )
            line = s.prove(Out(t, c) <= bound(p, m + 1), average, down, less, slack, hold=[one, two, p])
            step = hyp.then(now.then(line, t, c))
        return s.induct(m, claim, base, step)

    def first(self) -> Line:
        """E Out(0, d) <= 1/2 - (1 - 1/N) kept(n)/4 over the first cloud d: the first step branches and resamples with equal weights."""
        s, answers, given = self.s, self.answers(), self.run.given
        law, unreachable = first.draws(N), over(d, lambda q: off(0, q))
        branch = s.use("first_law", {function("f", "X X -> real")(x, y): F(y)})
        branch = s.prove(Eq(Expect(first, e, F(dst(e))), half), branch, self.model["first branch"])
        with s.below(i, N) as inside:
            positive = inside.sum(given["noedge is non-negative"](0, src(Entry(d, i)), dst(Entry(d, i))))
        many = s.iid_sum(first, e, off(0, e), N)
        none = s.prove(Eq(Expect(law, d, unreachable), 0), many, self.run.reachable)
        K = over(d, lambda q: F(dst(q)))
        with s.surely(law, d, unreachable, s.gen(s.prove(0 <= unreachable, positive), d), none) as on:
            zero = self.entries(0, d, on[0])
            with s.below(i, N) as inside:
                s.know(zero(i))
                own = Entry(d, i)
                self.live(0, own)
                one = s.prove(Eq(weight(0, own), 1), self.model["first step"](src(own), dst(own)))
                mass = inside.sum(one)
                part = inside.sum(s.prove(Eq(weight(0, own) * F(dst(own)), F(dst(own))), one))
            line = answers(n, 0, d)
            shares = s.prove(relation("=", share(0, d), share(0, d)))
            shares = s.at(part, shares, lambda a: Eq(share(0, d), a / mass.lhs))
            shares = s.prove(Eq(share(0, d), K / N), s.at(mass, shares, lambda b: Eq(share(0, d), K / b)))
            average = on.average(s.at(shares, line, lambda r: Out(0, d) <= r - r * (1 - r) * kept(n)))
        square = s.expect(first, e, self.model["indicator"](dst(e)))
        pair = s.iid_pair(first, e, f, F(dst(e)) * F(dst(f)), N)
        mean_F, mean_square = Expect(first, e, F(dst(e))), Expect(first, e, F(dst(e)) ** 2)
        whole = Expect(law, d, K**2)
        value = s.prove(Eq(whole, N * mean_square + N * (N - 1) * mean_F**2), pair)
        value = s.at(square, value, lambda a: Eq(whole, N * a + N * (N - 1) * mean_F**2))
        value = s.at(branch, value, lambda a: Eq(whole, N * a + N * (N - 1) * a**2))
        one, two, answered = Expect(law, d, K), whole, Expect(law, d, Out(0, d))
        count = s.prove(Eq(one / N, half), s.iid_sum(first, e, F(dst(e)), N), branch)
        value = s.prove(Eq(two / N**2, (1 + 1 / N) / 4), value)
        goal = answered <= half - (1 - 1 / N) * kept(n) / 4
        average = s.form(average, answered <= one / N - (one / N - two / N**2) * kept(n))
        average = s.at(count, average, lambda a: answered <= a - (a - two / N**2) * kept(n))
        average = s.at(value, average, lambda b: answered <= half - (half - b) * kept(n))
        return s.prove(goal, average)

    def surely_reachable(self, time, q):
        """`surely` for a move from the live state q at this time: it follows a reachable edge."""
        s, given = self.s, self.run.given
        gone = noedge(time, q, y)
        nonneg = s.gen(given["noedge is non-negative"](time, q, y), y)
        return s.surely(M(time, q), y, gone, nonneg, given["moves follow edges"](time, q))

    def half_the_mass(self) -> Line:
        """The target gives A the mass 1/2: VF = F V after the first step."""
        s, given, model = self.s, self.run.given, self.model
        live, tested = Eq(dead(t, x), 0), self.run.tested

        def claim(steps):
            return ForAll(t, x, implications(Eq(t + steps, T), 0 < t, live, Eq(VF(t, x), F(x) * V(t, x))))

        with s.suppose(Eq(t, T), 0 < t, live) as now:
            back = s.prove(Eq(T, t), now[0])
            end = s.prove(Eq(VF(T, x), F(x) * V(T, x)), tested["terminal value"](x))
            base = now.then(s.at(back, end, lambda r: Eq(VF(r, x), F(x) * V(r, x))), t, x)
        with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), T), 0 < t, live) as now:
            s.know(s.prove(t < T, now[0]))
            s.know(s.prove(relation("<", 0, t + 1)))
            with self.surely_reachable(t, x) as on:
                s.know(given["ends of a reachable edge are live"](t, x, y)[1])
                later, same, perfect = hyp[0](t + 1, y), model["stays"](t, x, y), model["perfect"](t + 1, y)
                product = s.at(same, later, lambda v: Eq(VF(t + 1, y), v * V(t + 1, y)))
                product = s.at(perfect, product, lambda v: Eq(VF(t + 1, y), F(x) * v))
                mean = on.average(
                    s.prove(Eq(psi(t, x, y) * VF(t + 1, y), F(x) * psi(t, x, y) * Vstar(t + 1, y)), product)
                )
            value = s.prove(
                Eq(VF(t, x), F(x) * Vstar(t, x)), tested["value recursion"](t, x), mean, given["value recursion"](t, x)
            )
            back = s.prove(Eq(Vstar(t, x), V(t, x)), model["perfect"](t, x))
            step = hyp.then(now.then(s.at(back, value, lambda v: Eq(VF(t, x), F(x) * v)), t, x))
        values = s.induct(m, claim, base, step)
        s.know(s.prove(relation("<", 0, T)))
        with self.surely_reachable(0, root) as on:
            s.know(given["ends of a reachable edge are live"](0, root, y)[1])
            value, moved = values(n, 1, y), model["first step"](root, y)
            product = s.prove(Eq(psi(0, root, y) * VF(1, y), F(y) * (psi(0, root, y) * V(1, y))), value)
            product = s.at(moved, product, lambda v: Eq(psi(0, root, y) * VF(1, y), F(y) * v))
            mean = on.average(product)
        first_value = s.prove(
            Eq(VF(0, root), V(0, root) / 2), tested["value recursion"](0, root), mean, model["first branch"]
        )
        first_value = s.at(model["perfect"](0, root), first_value, lambda v: Eq(VF(0, root), v / 2))
        return s.prove(Eq(target, half), first_value)

    def peaks(self) -> None:
        """Known: Qbar is at most 3/2 everywhere, and Vstar/V = 1."""
        s, model, pairs = self.s, self.model, self.run.given["edges are pairs"](u, y)
        edge = join(u, y)
        with s.suppose(t < T, Eq(dead(t, x), 0), 0 < V(t, x), Eq(noedge(t, u, y), 0)) as here:
            gone = s.prove(relation("=", off(t, edge), off(t, edge)))
            gone = s.at(pairs[0], gone, lambda a: Eq(off(t, edge), noedge(t, a, dst(edge))))
            gone = s.at(pairs[1], gone, lambda b: Eq(off(t, edge), noedge(t, u, b)))
            s.know(s.prove(Eq(off(t, edge), 0), gone, here[3]))
            size = self.size(t, edge)[1]
            size = s.at(pairs[0], size, lambda a: psi(t, a, dst(edge)) * V(t + 1, dst(edge)) / V(t, a) <= 3 * half)
            size = s.at(pairs[1], size, lambda b: psi(t, u, b) * V(t + 1, b) / V(t, u) <= 3 * half)
            s.know(self.run.given["ends of a reachable edge are live"](t, u, y)[1])
            size = s.at(model["perfect"](t + 1, y), size, lambda v: psi(t, u, y) * v / V(t, u) <= 3 * half)
            one = s.prove(Eq(1, Vstar(t, x) / V(t, x)), model["perfect"](t, x))
            line = s.at(one, size, lambda v: size.lhs <= 3 * half * v)
        s.know(here.then(line, t, x, u, y))


@statement(
    "S9.run",
    source="new",
    title="the horizon dependence of SMC is exactly T/N, even with a perfect reward model",
    words="Naive-proposal SMC as in S3, T = n + 1, V = Vstar, F the indicator of A: the first step leaves V as it is and leads to A with "
    "probability 1/2; every later move stays where it is, and below A multiplies V by 3/2 or 1/2 by a fair sign.  For N >= 2 particles: "
    "(1/36)(1 - 1/N)^2 (1 - (1 - 3/(2N))^(T-1)) <= pi(A) - out(A) <= T/(2N), the upper half by S12.",
)
@in_sympy("S9.run")
def horizon(s: Derivation) -> Line:
    split = Split(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    answer, mass = split.first(), split.half_the_mass()
    low = s.put(
        s.prove((1 - 1 / N) ** 2 * (1 - theta**n) / 36 <= half - out, answer),
        lambda v: (1 - 1 / N) ** 2 * (1 - theta**n) / 36 <= v - out,
        mass,
    )
    split.peaks()
    high = s.use("S12.sum", {b(t): 3 * half})[1]
    return s.both(low, s.form(high, target - out <= T / (2 * N)))
