"""S4: the bias of naive-proposal SMC, one-sided, derived in sympy: zero potentials, weights and rewards are allowed.

As S3, with one change.  When all weights of a cloud vanish its particles are dead, and the answer W_t(c) is then any number in
[0, 1].  The answer without further noise, A_t(c) = K/S with K = sum_i Qbar^F(c_i) and S = sum_i Qbar(c_i), is
replaced by W_t(c) where S = 0:

    A_t(c) = K (1/S) + W_t(c) (1 - S (1/S)),      1/0 = 0.

u(k) bounds Vstar/V from below at live states with V > 0 that have k + 1 steps to go, and b(k) u(k) bounds Qbar from above on the edges
that leave them, so that b is theory's b_p: the largest Qbar over the least Vstar/V.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Entry,
    ForAll,
    Recip,
    Root,
    function,
    implications,
    relation,
    symbol,
    total,
)
from proofs.lemmas.smc_run import (
    Qbar,
    Run,
    Vstar,
    at_edge,
    bias_below,
    dst,
    first,
    good,
    live,
    over,
    potentials,
    reachable,
    root,
    src,
    terms,
    tested,
    tested_potentials,
    weight,
    weights,
)
from proofs.registry import lemma, statement
from proofs.theory.model import layered

N, T, V, W, c, d, i, k, m, n, t, x, y = layered.symbols("N T V W c d i k m n t x y")
b, u = function("b", "nat -> real"), function("u", "nat -> real")
later = Eq(t + 1 + k, T)

ONE_SIDED = {
    "bounds": ForAll(k, Both(0 < u(k), relation("<=", 1, b(k)))),
    "Qbar from above": ForAll(t, k, x, y, implications(later, reachable, Qbar(t, x, y) <= b(k) * u(k))),
    "value from below": ForAll(t, k, x, implications(later, live, 0 < V(t, x), u(k) * V(t, x) <= Vstar(t, x))),
    "twist kills no live value": ForAll(t, x, implications(live, Eq(V(t, x), 0), Eq(Vstar(t, x), 0))),
    "twist at the root": 0 < V(0, root),
    "any answer is in [0, 1]": ForAll(t, c, Both(0 <= W(t, c), W(t, c) <= 1)),
}
"""The hypotheses of S4 beside those of a run."""


class OneSided(Run):
    """One step moves the answer by at most (b - 1 + sqrt(b (b - 1))/2)/N."""

    lemma, cost = "telescope_start", function("e", "nat -> real")

    def __init__(self, s: Derivation) -> None:
        super().__init__(s, alive=True)
        self.given |= s.setting(ONE_SIDED)

    def A(self, time: Any, cloud: Any) -> Any:
        """K/S, or W where S = 0."""
        down = over(cloud, Qbar, time)
        return over(cloud, tested, time) * Recip(down) + W(time, cloud) * (1 - down * Recip(down))

    def size(self, steps: Any) -> Any:
        return (b(steps) - 1 + Root(b(steps) * (b(steps) - 1)) / 2) / N

    def step(self, law: Any, time: Any, steps: Any, before: Any, mean: Any) -> Line:
        """S4.step, where u is at most the mean of Qbar."""
        s, bounds, square = self.s, self.given["bounds"](steps), b(steps) * (b(steps) - 1)
        least = self.root_value() if law is first else self.cloud_value()
        s.know(s.prove(u(steps) <= self.star.lhs, s.prove(u(steps) <= self.star.rhs, least), self.star))
        s.know(bounds[0]), s.know(bounds[1]), s.know(s.prove(0 <= square, bounds[1]))
        s.know(s.axiom("sqrt_square", square)), s.know(s.axiom("sqrt_nonneg", square))
        with s.suppose(good(time, d)) as here:
            fair = here.then(s.use("honest_answer")(time, steps, d), d)
        s.know(fair)
        symbols = {symbol("a", "real"): u(steps), symbol("b", "real"): b(steps), symbol("w", "real"): Root(square)}
        own = {function("R", "Edge* -> real")(c): self.A(time, c)}
        one = self.drift("S4.step", law, time, steps, {**symbols, **own}, self.given["Qbar from above"])
        one, error = s.substitute(one, self.star, self.other), self.size(steps)
        return s.both(s.prove(mean - before <= error, one[0]), s.prove(before - mean <= error, one[1]))

    def root_value(self) -> Line:
        """u V <= Vstar at the root."""
        return self.given["value from below"](0, m, root)

    def cloud_value(self) -> Line:
        """0 < u sum_i G(c_i) <= S at a cloud that is alive, from which n + 1 steps remain; S > 0 is known from here on."""
        s, (old, new) = self.s, (src(Entry(c, i)), dst(Entry(c, i)))
        with s.below(i, N) as inside:
            self.entry(inside[0])
            self.inverse(t, old)
            goal = u(n) * weight(t, old, new) <= Qbar(t, old, new)
            sums = inside.sum(self.by_twist(goal, lambda: [self.given["value from below"](t + 1, n, new)]))
        least = s.form(sums, u(n) * weights <= potentials)
        s.know(s.prove(0 < potentials, least, self.given["bounds"](n)[0]))
        return least

    def by_twist(self, goal: Any, why: Any) -> Line:
        """The goal about the edge c_i: where V > 0 at its end from `why`, and where V = 0 there since Vstar = 0 too."""
        s, new = self.s, dst(Entry(c, i))
        with s.suppose(0 < V(t + 1, new)):
            high = s.prove(goal, *why())
        with s.suppose(V(t + 1, new) <= 0) as small:
            zero = s.know(s.zero(V(t + 1, new), small[0], self.given["twist is non-negative"](t + 1, new)))
            low = s.prove(goal, zero, self.given["twist kills no live value"](t + 1, new))
        return s.cases(V(t + 1, new), 0, low, high)

    def without_weight(self, steps: Any) -> Line:
        """W = A at a good cloud whose weights vanish, with so many steps to go: then S = K = 0."""
        s = self.s
        each = s.know(self.weights())
        with s.below(i, N) as inside:
            sums = inside.sum(each(i))
        s.know(s.zero(weights, sums))
        vanish = s.use("terms_vanish", {terms(k): at_edge(weight, t, Entry(c, k))})(N)
        with s.below(i, N) as inside:
            self.entry(inside[0])
            none = inside.sum(self.by_twist(Eq(at_edge(Qbar, t, Entry(c, i)), 0), lambda: [vanish(i)]))
        none, (low, high) = s.form(none, Eq(potentials, 0)), self.summed(self.between, steps)
        return s.prove(Eq(W(t, c), self.A(t, c)), none, s.zero(tested_potentials, none, low, high))

    def stops(self) -> Line:
        return self.without_weight(n + 1)

    def ends(self) -> Line:
        s, (up, down) = self.s, self.last_sums()
        with s.suppose(0 < weights):
            some = s.know(s.prove(0 < potentials, down))
            last = s.put(self.given["answer at the end"](t, c), lambda v, w: Eq(W(t, c), v / w), up, down)
            high = s.prove(Eq(W(t, c), self.A(t, c)), last, some)
        with s.suppose(weights <= 0):
            low = self.without_weight(0)
        return s.cases(weights, 0, low, high)


@lemma(
    "honest_answer",
    title="the answer without further noise, also for dead clouds",
    words="At a reachable cloud: A S = K and 0 <= A <= 1.",
)
@in_sympy("honest_answer")
def honest_answer(s: Derivation) -> Line:
    """S > 0: A = K/S.  S = 0: then K = 0, and A = W."""
    run = OneSided(s)
    A = run.A(t, c)

    def claim(*why: Line) -> Line:
        return s.both(
            s.prove(Eq(A * potentials, tested_potentials), *why), s.both(s.prove(0 <= A, *why), s.prove(A <= 1, *why))
        )

    with s.suppose(Eq(t + 1 + n, T), good(t, c)) as here:
        low, high = run.summed(run.between)
        with s.suppose(0 < potentials):
            some = claim(low, high)
        with s.suppose(potentials <= 0) as small:
            none = s.zero(potentials, small[0], low, high)
            gone, any_answer = s.zero(tested_potentials, none, low, high), run.given["any answer is in [0, 1]"](t, c)
            dead = claim(none, gone, any_answer[0], any_answer[1])
    return here.then(s.cases(potentials, 0, dead, some), t, n, c)


@statement(
    "S4",
    source="new",
    title="bias of SMC, one-sided",
    words="As S3, with zero rewards allowed and any answer once all particles are dead: with b(k) the largest Qbar over the least Vstar/V "
    "with k steps to go, |E F(output) - target| <= (1/N) sum_{k<T} (b(k) - 1 + 1/2 sqrt(b(k) (b(k) - 1))).",
)
@in_sympy("S4")
def one_sided_bias(s: Derivation) -> Line:
    run = OneSided(s)
    run.zero_values()
    big, square = run.given["bounds"](n)[1], b(n) * (b(n) - 1)
    s.know(s.gen(s.prove(0 <= run.size(n), big, s.axiom("sqrt_nonneg", square)), n))
    return run.over_horizon(lambda count: bias_below(total(count, k, run.size(k))), run.telescoped)
