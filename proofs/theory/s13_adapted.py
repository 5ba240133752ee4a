"""S13 for fully adapted SMC: the odds of every event are within Q = prod_p (1 + (q_p - 1)/N), q_p the range ratio of Vstar/V at level p.

No ratio bound, and zero rewards are allowed: guided moves never end where V = 0.  The run is that of S12 for adapted SMC; Vstar/V > 0 at
every place where a particle can be, so that no cloud is ever without weight.
"""

from __future__ import annotations

from sympy import Eq, Product, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Exp,
    Expect,
    ForAll,
    Implication,
    Law,
    Recip,
    Root,
    function,
    implications,
    relation,
    symbols,
)
from proofs.lemmas.adapted_system import adapted, rho, target
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.exchange import odds
from proofs.lemmas.guided_chord import BV, know_live, off_path, star, test
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s12_adapted import Run, out, setting, state, states, weights

N, n, m, t, i, k = particles.symbols("N n m t i k")
x, root, V, Vstar, VF, F, dead, guided, horizon = layered.symbols("x root V Vstar VF F dead guided T")
c, d = Element("c", "X*"), Element("d", "X*")
W, T = function("W", "nat X* -> real"), n + 1
(eps,) = symbols("eps")
lo, q = function("lo", "nat -> real"), function("q", "nat -> real")
Q = Product(1 + (q(k) - 1) / N, (k, 0, n))


def unreachable(time, cloud):
    """sum_i off_path(c_i)."""
    return over(cloud, lambda z: off_path(time, z))


def answer(time, cloud):
    """A_t(c) = sum_i (VF/V)(c_i) / sum_i (Vstar/V)(c_i): the answer of a cloud without further noise."""
    return over(cloud, lambda z: test(time, z)) / over(cloud, lambda z: star(time, z))


def ranged(s: Derivation) -> tuple[Line, Line]:
    """lo(k) > 0, q(k) >= 1; lo(k) <= Vstar/V <= q(k) lo(k) at live states with V > 0 and k steps to go."""
    between = Both(lo(k) <= star(t, x), star(t, x) <= q(k) * lo(k))
    where = Implication(Eq(t + k, T), Implication(Eq(dead(t, x), 0), Implication(0 < V(t, x), between)))
    lines = s.given(ForAll(k, Both(0 < lo(k), relation("<=", 1, q(k)))), ForAll(t, k, x, where))
    for part in (0, 1):
        s.know(s.gen(lines[0](k)[part], k))
    return lines[0], lines[1]


class Steps:
    """The steps of a run, with t + 1 + m = T: the level t + 1 has m steps to go."""

    def __init__(self, s: Derivation):
        self.s, self.run = s, Run(s)
        self.positive, self.range = ranged(s)
        self.null = self.run.use("guided_null")
        s.know(s.gen(self.positive(k)[0], k))

    def inside(self, time, steps) -> tuple[Line, Line]:
        """0 <= VF/V <= Vstar/V and lo <= Vstar/V <= q lo wherever off = 0, for all states; time + steps = T is known."""
        s = self.s
        with s.suppose(Eq(off_path(time, state), 0)) as here:
            know_live(s, self.null, time, state)
            value = self.run.tested(steps, time, state)
            low, high = (
                s.prove(0 <= test(time, state), value[0]),
                s.prove(test(time, state) <= star(time, state), value[1]),
            )
            tested, between = s.both(low, high), self.range(time, steps, state)
        return here.then(tested, state), here.then(between, state)

    def step(self, law: Law, time, steps) -> Line:
        """S13.step for states drawn at `time` by this law, which is good almost surely."""
        s = self.s
        for line in self.inside(time, steps):
            s.know(line)
        s.know(s.gen(self.null(time, state)[0], state))
        y = Element("y", "X")
        at = {
            Law("mu", "", "X"): law,
            function("h", "X -> real")(y): star(time, y),
            function("k", "X -> real")(y): test(time, y),
            function("z", "X -> real")(y): off_path(time, y),
            symbols("a")[0]: lo(steps),
            symbols("q")[0]: q(steps),
        }
        return s.use("S13.step", at, {"Y": "X"})

    def entries(self, time, clean: Line) -> Line:
        """forall i. i < N => off_path(time, c_i) = 0, for a reachable cloud."""
        s = self.s
        s.know(s.gen(self.null(time, Entry(c, k))[0], k))
        s.know(clean)
        return s.use("terms_vanish", {sequence(k): off_path(time, Entry(c, k))})(N)

    def sums(self, time, zero: Line, line) -> Line:
        """The sums over a reachable cloud of both sides of line(q)."""
        s = self.s
        with s.below(i, N) as inside:
            know_live(s, self.null, time, Entry(c, i)) if s.know(zero(i)) else None
            return inside.sum(line(Entry(c, i)))

    def between(self) -> Line:
        """0 <= A_t(c) <= 1 at a reachable cloud, and 0 < sum_i Vstar/V."""
        s = self.s
        with s.suppose(Eq(t + m, n), Eq(unreachable(t + 1, c), 0)) as here:
            s.know(s.prove(Eq(t + 1 + m, T), here[0]))
            tested, between = self.inside(t + 1, m)
            zero = self.entries(t + 1, here[1])
            low, high, least = (
                self.sums(t + 1, zero, lambda z, line=line, part=part: line(z)[part])
                for line, part in ((tested, 0), (tested, 1), (between, 0))
            )
            size = least.rhs
            s.know(s.prove(0 < size, least, s.prove(0 < N * lo(m))))
            own = s.both(s.prove(0 <= answer(t + 1, c), low), s.prove(answer(t + 1, c) <= 1, high))
        return here.then(own, t, m, c)

    def never_dead(self, clean: Line) -> Line:
        """0 < sum_i rho(c_i), for t < n: otherwise rho(c_0) = 0, and Vstar/V, which is rho E[guided](Vstar/V), vanishes there."""
        s, first = self.s, Entry(c, 0)
        zero = self.entries(t + 1, clean)
        with s.suppose(weights(t + 1) <= 0):
            with s.below(i, N) as inside:
                positive = inside.sum(self.run.weight(t, Entry(c, i)))
            s.know(s.zero(weights(t + 1), positive))
            s.know(s.gen(self.run.weight(t, Entry(c, k)), k))
            none = s.use("terms_vanish", {sequence(k): rho(t + 1, Entry(c, k))})(N)(0)
            s.know(zero(0))
            flat = s.prove(Eq(star(t + 1, first), 0), self.run.recursions[0](t, first), none)
            low = s.anything(0 < weights(t + 1), s.prove(relation("<", 0, 0), flat, self.least(t + 1, m + 1, first)))
        with s.suppose(0 < weights(t + 1)) as here:
            high = here[0]
        return s.cases(weights(t + 1), 0, low, high)

    def least(self, time, steps, q) -> Line:
        """0 < Vstar/V at a place with off = 0."""
        know_live(self.s, self.null, time, q)
        return self.s.prove(0 < star(time, q), self.range(time, steps, q)[0])

    def ratio(self, tops: Line, bottoms: Line, value) -> Line:
        """E test/E star = value, from the lines on the two means."""
        s, (top, bottom) = self.s, (tops.lhs, bottoms.lhs)
        same = s.prove(relation("=", top / bottom, top / bottom))
        same = s.at(bottoms, same, lambda v: relation("=", top / bottom, top / v))
        same = s.at(tops, same, lambda v: relation("=", top / bottom, v / bottoms.rhs))
        return s.prove(Eq(top / bottom, value), same)

    def both_ways(self, step: Line, same: Line, later, steps) -> tuple[Line, Line]:
        """The step with the value of the ratio in its place: the odds of the later answer, and those of its complement."""
        s, factor, value = self.s, 1 + (q(steps) - 1) / N, same.rhs
        up = s.at(same, step[0], lambda r: odds(r, later, factor))
        down = s.at(same, step[1], lambda r: r * (1 - later) <= factor * (1 - r) * later)
        return up, s.form(down, odds(1 - value, 1 - later, factor))

    def at_cloud(self) -> list[Line]:
        """At a reachable cloud with m + 1 steps to go: the next cloud is reachable almost surely, the odds of its answer against those of
        A_t(c) both ways, the mean of the answers, and that the cloud is alive."""
        s = self.s
        with s.suppose(Eq(t + (m + 1), n), Eq(unreachable(t + 1, c), 0)) as here:
            s.know(s.prove(t < n, here[0]))
            s.know(s.prove(Eq(t + 1 + (m + 1), T), here[0]))
            s.know(s.prove(Eq(t + 2 + m, T), here[0]))
            mean, alive = weights(t + 1), self.never_dead(here[1])
            s.know(alive)
            keeps = s.use("moving_clouds_stay_good", states(), {"Edge": "X"})(t, c)
            zero, values, law = self.entries(t + 1, here[1]), [], adapted(t + 1, c)
            for one, recursion in zip(self.run.laws[1:], self.run.recursions, strict=True):
                sums = self.sums(t + 1, zero, lambda z, line=recursion: line(t, z))
                values.append(s.prove(Eq(one(t, c).lhs, sums.lhs / mean), one(t, c), sums))
            many = s.iid_sum(law, x, off_path(t + 2, x), N)
            s.know(s.prove(Eq(Expect(law, x, off_path(t + 2, x)), 0), many, keeps))
            step = self.step(law, t + 2, m)
            s.know(self.total(t + 1, m + 1, here[1]))
            same = self.ratio(values[1], values[0], answer(t + 1, c))
            up, down = self.both_ways(step, same, Expect(law.draws(N), d, answer(t + 2, d)), m)
            lines = [keeps, up, down, self.run.answer(t, c)]
            with s.suppose(relation("<", 0, 1)) as always:
                lines = [always.then(line) for line in lines]
        return [here.then(line, t, m, c) for line in lines]

    def total(self, time, steps, clean: Line) -> Line:
        """0 < sum_i (Vstar/V)(c_i) at a reachable cloud."""
        s = self.s
        zero = self.entries(time, clean)
        least = self.sums(time, zero, lambda z: self.inside(time, steps)[1](z)[0])
        return s.prove(0 < least.rhs, least, s.prove(0 < N * lo(steps)))

    def at_start(self) -> tuple[Line, Line, Line]:
        """The odds of the first cloud's answer against those of the target; the first cloud is reachable almost surely."""
        s, run, first = self.s, self.run, BV.subs({t: 0, x: root})
        step = self.step(guided(0, root), 1, n)
        many = s.iid_sum(guided(0, root), x, off_path(1, x), N)
        reachable = s.prove(Eq(Expect(guided(0, root).draws(N), d, unreachable(1, d)), 0), many, run.good_start)
        tops, bottoms = (
            s.prove(Eq(Expect(guided(0, root), x, value(1, x)), whole(0, root) / first), mean)
            for value, whole, mean in ((test, VF, run.tested_mean), (star, Vstar, run.mean))
        )
        same = self.ratio(tops, bottoms, target)
        up, down = self.both_ways(step, same, Expect(guided(0, root).draws(N), d, answer(1, d)), n)
        return up, down, reachable

    def at_end(self) -> Line:
        """W = A at the last cloud."""
        s = self.s
        with s.suppose(Eq(t, n), Eq(unreachable(t + 1, c), 0)) as here:
            there = s.at(here[0], here[1], lambda r: Eq(unreachable(r + 1, c), 0))
            zero = self.entries(n + 1, there)
            ones, tests = (self.sums(n + 1, zero, line) for line in self.run.last)
            value = s.prove(Eq(W(T, c), over(c, F) / N), self.run.given["answer at the end"](c))
            value = s.put(value, lambda a, b: Eq(W(T, c), b / a), ones, tests)
            back = s.prove(Eq(n, t), here[0])
            line = s.at(back, value, lambda r: Eq(W(r + 1, c), answer(r + 1, c)))
        return here.then(line, t, c)

    def telescoped(self) -> list[Line]:
        """The odds of E W against those of the target, and the same for the complement: within Q."""
        s, out = self.s, []
        now, clean, always = Eq(t + (m + 1), n), Eq(unreachable(t + 1, c), 0), relation("<", 0, 1)
        keeps, up, down, moves = self.at_cloud()
        first_up, first_down, reachable = self.at_start()
        ended, between, value = self.at_end(), self.between(), self.run.tested(T, 0, root)
        low, high = value[0], value[1]
        with s.below(i, N) as inside:
            positive = inside.sum(self.null(t + 1, Entry(c, i))[0])
        s.know(s.gen(s.prove(0 <= unreachable(t + 1, c), positive), t, c))
        one = s.nat_step(self.run.given["there are particles"])
        factor = s.gen(s.prove(relation("<=", 1, 1 + (q(k) - 1) / N), self.positive(k)[1], one), k)
        for line in (keeps, reachable, factor, value[0], value[1]):
            s.know(line)
        for seen, near, begun in ((lambda v: v, up, first_up), (lambda v: 1 - v, down, first_down)):
            law, first = adapted(t + 1, c).draws(N), guided(0, root).draws(N)
            with s.suppose(now, clean, always) as here:
                moving = s.prove(Eq(seen(W(t + 1, c)), Expect(law, d, seen(W(t + 2, d)))), moves(t, m, c))
            with s.suppose(now, clean, relation("<=", 1, 0)) as never:
                absurd = s.prove(relation("<", 0, 0), never[2])
                stopped = s.anything(Eq(seen(W(t + 1, c)), seen(answer(t + 1, c))), absurd)
            with s.suppose(Eq(t, n), clean) as last:
                end = s.prove(Eq(seen(W(t + 1, c)), seen(answer(t + 1, c))), ended(t, c))
            with s.suppose(Eq(t + m, n), clean) as there:
                bounds = between(t, m, c)
                within = s.both(
                    s.prove(0 <= seen(answer(t + 1, c)), bounds[0], bounds[1]),
                    s.prove(seen(answer(t + 1, c)) <= 1, bounds[0], bounds[1]),
                )
            facts = (
                near,
                begun,
                here.then(moving, t, m, c),
                never.then(stopped, t, m, c),
                last.then(end, t, c),
                there.then(within, t, m, c),
                s.both(s.prove(0 <= seen(target), low, high), s.prove(seen(target) <= 1, low, high)),
            )
            for line in facts:
                s.know(line)
            at = {
                function("f", "nat -> real")(k): 1 + (q(k) - 1) / N,
                function("W", "nat X* -> real")(t, c): seen(W(t + 1, c)),
                function("A", "nat X* -> real")(t, c): seen(answer(t + 1, c)),
                function("bad", "nat X* -> real")(t, c): unreachable(t + 1, c),
                function("alive", "nat X* -> real")(t, c): 1,
                Law("step", "nat X*", "X*")(t, c): law,
                Law("start", "", "X*"): first,
                symbols("target")[0]: seen(target),
                symbols("m", "nat")[0]: n,
            }
            out.append(s.use("telescope_odds_start", at, {"Y": "X"}))
        return out


@statement(
    "S13.adapted",
    source="new",
    title="odds of every event under fully adapted SMC",
    words="As S12.adapted, with q(k) the ratio of the largest to the least Vstar/V, which is positive, at live states with V > 0 and "
    "k steps to go (q(0) = 1), out = E F(output), pi = target: with Q = prod_{k<T} (1 + (q(k) - 1)/N), (1 - pi) out <= Q pi (1 - out) and "
    "pi (1 - out) <= Q (1 - pi) out.  Zero rewards are allowed.",
)
@in_sympy("S13.adapted")
def odds_of_events(s: Derivation) -> Line:
    steps = Steps(s)
    s.given(0 < Vstar(0, root))
    up, down = steps.telescoped()
    return s.both(s.form(up, odds(target, out, Q)), s.form(down, target * (1 - out) <= Q * (1 - target) * out))


def gaps(s: Derivation, factor, wide) -> Line:
    """|out - pi| <= (s - 1)/(s + 1) for s = `factor` >= 1 with Q <= s^2, which `wide` makes known."""
    given = setting(s)
    ranged(s)
    s.given(0 < Vstar(0, root))
    value, answers = s.use("tested_value", {horizon: T})(T, 0, root), given["answers are in range"](1, d)
    known = s.use("S13.adapted")
    law = guided(0, root).draws(N)
    inside = s.prove(0 <= out, s.expect(law, d, answers[0])), s.prove(out <= 1, s.expect(law, d, answers[1]))
    for line in (s.prove(0 <= target, value[0]), s.prove(target <= 1, value[0], value[1]), *inside):
        s.know(line)
    s.know(s.prove(0 <= 1 - target))
    s.know(s.prove(1 - target <= 1))
    wide(s)
    lines = []
    for pi, w, step in ((target, out, known[0]), (1 - target, 1 - out, known[1])):
        s.know(step)
        s.know(s.use("odds_wider")(pi, w, Q, factor**2))
        lines.append(s.use("odds_gap")(pi, factor, w))
    return s.both(lines[0], s.prove(target - out <= lines[0].rhs, lines[1]))


def at_least_one(s: Derivation) -> tuple[Line, Line]:
    """0 <= (q(k) - 1)/N, and 1 <= Q."""
    one = s.nat_step(s.given(0 < N))
    big = s.given(ForAll(k, Both(0 < lo(k), relation("<=", 1, q(k)))))
    excess = s.prove(0 <= (q(k) - 1) / N, big(k)[1], one)
    s.know(s.gen(s.prove(relation("<=", 1, 1 + (q(k) - 1) / N), excess), k))
    return excess, s.use("product_at_least_one", {sequence(k): 1 + (q(k) - 1) / N})(n + 1)


@statement(
    "S13.adapted_tv",
    source="new",
    title="bias of fully adapted SMC from the odds",
    words="As S13.adapted: |E F(output) - target| <= (sqrt Q - 1)/(sqrt Q + 1) = tanh(log(Q)/4), Q = prod_{k<T} (1 + (q(k) - 1)/N).",
)
@in_sympy("S13.adapted_tv")
def total_variation(s: Derivation) -> Line:
    def wide(s: Derivation) -> None:
        s.know(at_least_one(s)[1])
        s.know(s.prove(0 <= Q))
        s.know(s.axiom("sqrt_square", Q))
        s.know(s.use("root_at_least_one")(Q))

    return gaps(s, Root(Q), wide)


@statement(
    "S13.adapted_sum",
    source="new",
    title="bias of fully adapted SMC, the constant 1/4",
    words="As S13.adapted: |E F(output) - target| <= 1/(4N) sum_{k<T} (q(k) - 1): a half of S8's constant.",
)
@in_sympy("S13.adapted_sum")
def summed(s: Derivation) -> Line:
    length = Sum((q(k) - 1) / N, (k, 0, n))
    half = length / 2
    factor = Exp(half)

    def wide(s: Derivation) -> None:
        excess, _ = at_least_one(s)
        s.know(s.gen(s.prove(0 <= 1 + (q(k) - 1) / N, excess), k))
        with s.below(k, n + 1) as inside:
            positive = inside.sum(excess)
        s.know(s.prove(0 <= half, positive))
        above = s.use("product_below_exp", {function("x", "nat -> real")(k): (q(k) - 1) / N})(n + 1)
        s.know(s.prove(Q <= factor**2, above, s.axiom("exp_add", half, half)))
        s.know(s.prove(relation("<=", 1, factor), s.axiom("exp_ge", half)))

    gap = gaps(s, factor, wide)
    small = s.use("tanh_of_half")(half)
    return s.both(
        *(s.form(s.chain(part, small), part.lhs <= Sum((q(k) - 1) / (4 * N), (k, 0, n))) for part in (gap[0], gap[1]))
    )


@statement(
    "S13.adapted_uniform",
    source="new",
    title="bias of fully adapted SMC from the Bellman error, the constant 1/4",
    words="With Bellman error eps, T = n + 1: q(k) <= (1+eps)^(2k), so |E F(output) - target| <= 1/(4N) sum_{k<T} ((1+eps)^(2k) - 1): no "
    "ratio bound, and no bias at any N when eps = 0.",
)
@in_sympy("S13.adapted_uniform")
def from_bellman_error(s: Derivation) -> Line:
    given, growth = setting(s, "the first move exists"), 1 + eps
    live, Q = Eq(dead(t, x), 0), growth**k
    error = Both(V(t, x) <= growth * BV, BV <= growth * V(t, x))
    _, _, error = s.given(0 <= eps, 0 < Vstar(0, root), ForAll(t, x, implications(t < T, live, 0 < V(t, x), error)))
    s.know(s.prove(relation("<=", 1, growth)))
    for exponent in (k, T):
        s.know(s.use("power_at_least_one")(growth, exponent))
    with s.suppose(live) as here:
        weak = given["twist is non-negative"](t, x)
    s.know(here.then(weak, t, x))
    worst = s.use("P0", {horizon: T})
    s.know(s.contradiction(relation("<", 0, BV.subs({t: 0, x: root})), error(0, root)[0]))
    s.know(s.gen(s.both(s.prove(0 < Recip(Q)), s.prove(relation("<=", 1, Q**2))), k))
    with s.suppose(Eq(t + k, T), live, 0 < V(t, x)) as here:
        both = worst(k, t, x)
        low = s.prove(Recip(Q) <= star(t, x), both[1])
        inside = s.both(low, s.prove(star(t, x) <= Q**2 * Recip(Q), both[0]))
    s.know(here.then(inside, t, k, x))
    return s.use("S13.adapted_sum", {lo(k): Recip(Q), q(k): Q**2})
