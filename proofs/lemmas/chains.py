"""Chains of clouds: how errors, or factors, of single steps add up from the first cloud to the answer.

W_t(c) is the expected final answer given the cloud c at time t, A_t(c) the answer without further noise.  If A moves by at most e(k)
in mean when k steps remain, then |W - A| <= sum_k e(k) (`telescope`).  If its odds grow at most by the factor f(k), then those of W are at
most prod_k f(k) times those of A (`telescope_odds`): the bound w <= Q a/(1 + (Q - 1) a) is concave in a, so Jensen's inequality
carries it through a mean, by the tangent at the mean.
"""

from __future__ import annotations

from typing import NamedTuple

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    Head,
    Symbol,
    all_of,
    both,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    num,
    product,
    real,
    total,
)
from proofs.registry import lemma

i, j, n, t, m = nat("i j n t m")
c = element("Y*", "c")

W, A = fn("W", "nat Y* -> real"), fn("A", "nat Y* -> real")
bad, alive = fn("bad", "nat Y* -> real"), fn("alive", "nat Y* -> real")
e, d = fn("e", "nat -> real"), element("Y*", "d")
step, start = measure("step", "nat Y*", "Y*"), measure("start", "", "Y*")


@lemma(
    "telescope",
    title="errors of single steps add up",
    words="W is a martingale and A moves by at most e(n) in mean when n steps remain, at every cloud that is alive; W = A at the end and "
    "at clouds that are not alive: then |W - A| <= sum_{k<n} e(k) with n steps to go.",
)
def telescope(p: Proof) -> Fact:
    good, living, now = eq(bad(t, c), 0), lt(0, alive(t, c)), eq(t + (n + 1), m)
    drift = E(step(t, c), d, A(t + 1, d)) - A(t, c)
    nonneg = p.assume(all_of(t, c, le(0, bad(t, c))))
    error = p.assume(all_of(n, le(0, e(n)))).spec(n)
    keeps = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(E(step(t, c), d, bad(t + 1, d)), 0))),
        note="good clouds stay good",
    )
    moves = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(W(t, c), E(step(t, c), d, W(t + 1, d))))),
        note="W is a martingale",
    )
    near = p.assume(
        all_of(t, n, c, implies(now, good, living, both(le(drift, e(n)), le(-drift, e(n))))), note="one step"
    )
    stops = p.assume(all_of(t, n, c, implies(now, good, le(alive(t, c), 0), eq(W(t, c), A(t, c)))), note="dead clouds")
    ends = p.assume(all_of(t, c, implies(eq(t, m), good, eq(W(t, c), A(t, c)))), note="the end")

    def claim(k: Node) -> Node:
        gap, sum_of = W(t, c) - A(t, c), total(k, j, e(j))
        return all_of(t, c, implies(eq(t + k, m), good, both(le(gap, sum_of), le(-gap, sum_of))))

    fine = p.assume(good)
    last = p.assume(eq(t + 0, m))
    same = ends.spec(t, c).mp(last, fine)
    gap = W(t, c) - A(t, c)
    base = p.show(le(gap, total(0, j, e(j))), same).both(p.show(le(-gap, total(0, j, e(j))), same))
    hyp, here = p.assume(claim(n)), p.assume(now)
    p.note("alive: average the induction hypothesis over the next cloud and add the drift of A")
    living_fact, next_good = p.assume(living), p.assume(eq(bad(t + 1, d), 0))
    law = step(t, c)
    null = (E(law, d, bad(t + 1, d)), nonneg.spec(t + 1), keeps.spec(t, n, c).mp(here, fine, living_fact))
    there = hyp.spec(t + 1, d).mp(here, next_good)
    martingale, one = moves.spec(t, n, c).mp(here, fine, living_fact), near.spec(t, n, c).mp(here, fine, living_fact)

    def half(fact: Fact, drift_fact: Fact, sign: int) -> Fact:
        low, high = fact.sides
        mean = p.mono(fact.discharge(next_good).gen(d), E(law, d, low), E(law, d, high), null)
        return p.show(le(sign * gap, total(n + 1, j, e(j))), mean, drift_fact, martingale)

    moving = half(there.left, one.left, 1).both(half(there.right, one.right, -1))
    moving = p.conv(moving, both(le(gap, total(n + 1, j, e(j))), le(-gap, total(n + 1, j, e(j)))))
    p.note("not alive: W = A")
    dead = p.assume(le(alive(t, c), 0))
    equal = stops.spec(t, n, c).mp(here, fine, dead)
    sums = p.mono(error.gen(n), total(n, j, 0), total(n, j, e(j)))
    still = [p.show(le(f, total(n + 1, j, e(j))), sums, error, equal) for f in (gap, -gap)]
    either = p.cases(alive(t, c), 0, still[0].both(still[1]), moving)
    return p.induct(
        n, claim(n), base.discharge(last.concl, good).gen(t, c), either.discharge(now, good).gen(t, c).discharge(hyp)
    )


@lemma(
    "telescope_start",
    title="the sum of the errors from the first cloud on",
    words="As telescope, for a random first cloud for which E A_0 is within e(m) of the target: |E W_0 - target| <= sum_{k<m+1} e(k).",
)
def telescope_start(p: Proof) -> Fact:
    target, mean_A = real("target"), E(start, d, A(0, d))
    zero = p.assume(eq(E(start, d, bad(0, d)), 0), note="the first cloud is good")
    near = p.assume(both(le(mean_A - target, e(m)), le(target - mean_A, e(m))), note="the first step")
    good = p.assume(eq(bad(0, d), 0))
    both_ways = p.use("telescope").spec(m, 0, d).mp(p.equal(0 + m, m), good)
    null = (E(start, d, bad(0, d)), p.assume(all_of(t, c, le(0, bad(t, c)))).spec(0), zero)

    def half(fact: Fact, first: Fact, bias: Node) -> Fact:
        low, high = fact.sides
        mean = p.mono(fact.discharge(good).gen(d), E(start, d, low), E(start, d, high), null)
        return p.show(le(bias, total(m + 1, j, e(j))), mean, first)

    mean_W = E(start, d, W(0, d))
    return half(both_ways.left, near.left, mean_W - target).both(half(both_ways.right, near.right, target - mean_W))


@lemma(
    "product_at_least_one",
    title="a product of factors of at least 1",
    words="If f(k) >= 1 for every k then prod_{k<n} f(k) >= 1.",
)
def product_at_least_one(p: Proof) -> Fact:
    n, k = nat("n k")
    f = fn("f", "nat -> real")
    given = p.assume(all_of(k, le(1, f(k))))
    claim = le(1, product(n, k, f(k)))
    hyp, last = p.assume(claim), given.spec(n)
    base = p.show(le(1, product(0, k, f(k))))
    step = p.show(le(1, product(n + 1, k, f(k))), hyp, last)
    return p.induct(n, claim, base, step.discharge(hyp))


def odds(a: Node, w: Node, factor: Node) -> Node:
    """(1 - a) w <= factor a (1 - w): the odds of w are at most `factor` times those of a."""
    return le((1 - a) * w, factor * a * (1 - w))


class Chain(NamedTuple):
    """A chain of clouds: W the expected final answer given the cloud at a time, A the answer without further noise, bad = 0 at good clouds,
    alive > 0 where the next cloud is drawn from `step`; f(k) the factor of a step after which k steps remain, m steps in all."""

    W: Symbol = fn("W", "nat Y* -> real")
    A: Symbol = fn("A", "nat Y* -> real")
    bad: Symbol = fn("bad", "nat Y* -> real")
    alive: Symbol = fn("alive", "nat Y* -> real")
    f: Symbol = fn("f", "nat -> real")
    step: Head = measure("step", "nat Y*", "Y*")
    start: Head = measure("start", "", "Y*")
    c: Node = element("Y*", "c")
    d: Node = element("Y*", "d")
    t: Node = nat("t")
    n: Node = nat("n")
    j: Node = nat("j")
    m: Node = nat("m")

    def up_to(self, count: Node) -> Node:
        """prod_{j < count} f(j)."""
        return product(count, self.j, self.f(self.j))

    def between(self, p: Proof) -> Fact:
        """0 <= A_t(c) <= 1 at a good cloud with n steps to go."""
        here = both(le(0, self.A(self.t, self.c)), le(self.A(self.t, self.c), 1))
        good = eq(self.bad(self.t, self.c), 0)
        return p.assume(
            all_of(self.t, self.n, self.c, implies(eq(self.t + self.n, self.m), good, here)), note="A in [0, 1]"
        )


def through_a_mean(
    p: Proof, null: tuple, over: tuple[Head, Node], pair: tuple[Node, Node], facts: tuple[Fact, Fact, Fact, Fact]
) -> tuple[Fact, Fact]:
    """odds(E a, E w, P) and 0 <= E a from odds(a, w, P), 0 <= a <= 1 at almost every cloud d, and P >= 1.

    The bound P a/(1 + (P - 1) a) is concave in a: its tangent at m = E a is above it. null: the triple for `mono`; over: the law and d;
    pair: a and w; facts: the guard that d is good, the odds and the range under it, 1 <= P.
    """
    (law, d), (a, w), (guard, ahead, inside, big) = over, pair, facts
    P, m, mean_w = big.sides[1], E(law, d, a), E(law, d, w)
    low = p.mono(inside.left.discharge(guard).gen(d), E(law, d, 0), m, null)
    Ppos = p.show(lt(0, P), big)
    at_a = p.show(lt(0, 1 + (P - 1) * a), big, inside.left)
    at_m = p.show(lt(0, 1 + (P - 1) * m), big, low)
    inverse = p.positive_inverse(at_a)
    tangent = p.cert(
        le(w * (1 + (P - 1) * m) ** 2, P * (a + (P - 1) * m**2)),
        products=[(1, [ahead, inverse], [1 + (P - 1) * m]), (1, [Ppos, big, inverse], [a - m])],
        dens=[at_a],
        why="products of premises and squares with an inverse, which the search does not find",
    )
    left, right = tangent.sides
    mean = p.mono(tangent.discharge(guard).gen(d), E(law, d, left), E(law, d, right), null)
    return p.show(odds(m, mean_w, P), mean, p.positive_inverse(at_m), dens=[at_m]), low


def chained(p: Proof, a: Node, first: Fact, then: Fact, low: Fact, factors: tuple[Fact, Fact], inside: Fact) -> Fact:
    """odds(a, w, P f) from odds(a, m, f), odds(m, w, P), 0 <= m, (1 <= f, 1 <= P) and 0 <= a <= 1."""
    fbig, big = factors
    factor, P, m = fbig.sides[1], big.sides[1], low.sides[1]
    w = open_odds(then)
    at_m = p.show(lt(0, 1 + (P - 1) * m), big, low)
    Ppos = p.show(le(0, P), big)
    at_a = p.show(le(0, 1 + (P * factor - 1) * a), inside.right, Ppos, fbig, inside.left)
    inverse = p.positive_inverse(at_m)
    return p.cert(
        odds(a, w, P * factor),
        products=[(1, [at_a, then, inverse], []), (1, [Ppos, first, inverse], [])],
        dens=[at_m],
        why="the search here forms no products with an inverse",
    )


def open_odds(fact: Fact) -> Node:
    """The w of odds(a, w, factor)."""
    return fact.sides[0].kids[-1]


@lemma(
    "telescope_odds",
    title="factors of single steps multiply",
    words="W is a martingale and the odds of A grow at most by the factor f(n) in mean when n steps remain, at every cloud that is "
    "alive; W = A at the end and at clouds that are not alive: then the odds of W are at most prod_{k<n} f(k) times those of A with "
    "n steps to go.",
)
def telescope_odds(p: Proof) -> Fact:
    W, A, bad, alive, f, step, _start, c, d, t, n, _j, m = chain = Chain()
    good, living, now = eq(bad(t, c), 0), lt(0, alive(t, c)), eq(t + (n + 1), m)
    law = step(t, c)
    nonneg = p.assume(all_of(t, c, le(0, bad(t, c))))
    factor = p.assume(all_of(n, le(1, f(n)))).spec(n)
    inside = chain.between(p)
    keeps = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(E(law, d, bad(t + 1, d)), 0))), note="good clouds stay good"
    )
    moves = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(W(t, c), E(law, d, W(t + 1, d))))), note="W is a martingale"
    )
    near = p.assume(
        all_of(t, n, c, implies(now, good, living, odds(A(t, c), E(law, d, A(t + 1, d)), f(n)))), note="one step"
    )
    stops = p.assume(all_of(t, n, c, implies(now, good, le(alive(t, c), 0), eq(W(t, c), A(t, c)))), note="dead clouds")
    ends = p.assume(all_of(t, c, implies(eq(t, m), good, eq(W(t, c), A(t, c)))), note="the end")

    def claim(k: Node) -> Node:
        return all_of(t, c, implies(eq(t + k, m), good, odds(A(t, c), W(t, c), chain.up_to(k))))

    fine, last = p.assume(good), p.assume(eq(t + 0, m))
    same = ends.spec(t, c).mp(last, fine)
    base = p.show(odds(A(t, c), W(t, c), chain.up_to(num(0))), same)
    hyp, here = p.assume(claim(n)), p.assume(now)
    big = p.use("product_at_least_one").cut(factor.gen(n)).spec(n)
    range_here = inside.spec(t, n + 1, c).mp(here, fine)
    p.note("alive: the induction hypothesis averaged over the next cloud, by its tangent; then the step")
    living_fact, next_good = p.assume(living), p.assume(eq(bad(t + 1, d), 0))
    null = (E(law, d, bad(t + 1, d)), nonneg.spec(t + 1), keeps.spec(t, n, c).mp(here, fine, living_fact))
    there = hyp.spec(t + 1, d).mp(here, next_good), inside.spec(t + 1, n, d).mp(here, next_good)
    then, low = through_a_mean(p, null, (law, d), (A(t + 1, d), W(t + 1, d)), (next_good, *there, big))
    first = near.spec(t, n, c).mp(here, fine, living_fact)
    mean = chained(p, A(t, c), first, then, low, (factor, big), range_here)
    martingale = moves.spec(t, n, c).mp(here, fine, living_fact)
    goal = odds(A(t, c), W(t, c), chain.up_to(n + 1))
    moving = p.show(goal, mean, martingale)
    p.note("not alive: W = A")
    dead = p.assume(le(alive(t, c), 0))
    equal = stops.spec(t, n, c).mp(here, fine, dead)
    more = p.use("product_at_least_one").cut(factor.gen(n)).spec(n + 1)
    still = p.show(odds(A(t, c), A(t, c), chain.up_to(n + 1)), more, range_here.left, range_here.right)
    still = p.show(goal, still, equal)
    either = p.cases(alive(t, c), 0, still, moving)
    return p.induct(
        n, claim(n), base.discharge(last.concl, good).gen(t, c), either.discharge(now, good).gen(t, c).discharge(hyp)
    )


@lemma(
    "telescope_odds_start",
    title="the product of the factors from the first cloud on",
    words="As telescope_odds, for a random first cloud: the odds of E A_0 are at most f(m) times those of a target in [0, 1]; then the "
    "odds of E W_0 are at most prod_{k<m+1} f(k) times those of the target.",
)
def telescope_odds_start(p: Proof) -> Fact:
    W, A, bad, _alive, f, _step, start, c, d, t, n, _j, m = chain = Chain()
    target, mean_A = real("target"), E(start, d, A(0, d))
    zero = p.assume(eq(E(start, d, bad(0, d)), 0), note="the first cloud is good")
    near = p.assume(odds(target, mean_A, f(m)), note="the first step")
    range_here = p.assume(both(le(0, target), le(target, 1)), note="the target is in [0, 1]")
    factor = p.assume(all_of(n, le(1, f(n)))).spec(m)
    big = p.use("product_at_least_one").cut(p.assume(all_of(n, le(1, f(n))))).spec(m)
    good = p.assume(eq(bad(0, d), 0))
    now = p.equal(0 + m, m)
    ahead = p.use("telescope_odds").spec(m, 0, d).mp(now, good)
    inside = chain.between(p).spec(0, m, d).mp(now, good)
    null = (E(start, d, bad(0, d)), p.assume(all_of(t, c, le(0, bad(t, c)))).spec(0), zero)
    then, low = through_a_mean(p, null, (start, d), (A(0, d), W(0, d)), (good, ahead, inside, big))
    out = chained(p, target, near, then, low, (factor, big), range_here)
    return p.conv(out, odds(target, E(start, d, W(0, d)), chain.up_to(m + 1)))
