"""Odds of an event under a self-normalised average, and how they add up: the step and the telescoping of S13.

One step. R = sum_i k(c_i) / sum_i h(c_i) over N independent draws of mu, 0 <= k <= h, estimates r = mu(k)/mu(h). One more draw y,
put in the place of c_i, changes the sum of the h at most by the factor q_N = 1 + (q - 1)/N, and the two are exchangeable (`iid_swap`): so
mu(h - k) E[sum k/S] <= q_N mu(k) E[sum (h - k)/S], that is (1 - r) E R <= q_N r (1 - E R).
Telescoping. From (1 - a) m <= q a (1 - m) at every step, m the mean of the next a: (1 - a) w <= Q a (1 - w), Q the product of the q.
The bound w <= Q a/(1 + (Q - 1) a) is concave in a, so Jensen's inequality carries it through a mean, by the tangent at m.
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
    at,
    both,
    draws,
    element,
    eq,
    exp,
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
)  # fmt: skip
from proofs.lemmas.self_normalised import almost_sure_cloud, average, sum_over_cloud, tested
from proofs.registry import lemma, statement


@lemma(
    "term_below_partial_sum",
    title="a term is at most the sum of the first n",
    words="If f(k) >= 0 for every k < n and i < n then f(i) <= sum_{k<n} f(k).",
)
def term_below_partial_sum(p: Proof) -> Fact:
    n, i, j = nat("n i j")
    f = fn("f", "nat -> real")

    def claim(count: Node) -> Node:
        nonneg = all_of(j, implies(lt(j, count), le(0, f(j))))
        return implies(nonneg, all_of(i, implies(lt(i, count), le(f(i), total(count, j, f(j))))))

    none, below = p.assume(claim(num(0)).kids[0]), p.assume(lt(i, 0))
    false = p.cert(lt(0, 0), products=[(1, [below], []), (1, [p.nat_nonneg(i)], [])])
    base = p.absurd(le(f(i), total(0, j, f(j))), false).discharge(below).gen(i).discharge(none)
    hyp, nonneg, inside = p.assume(claim(n)), p.assume(claim(n + 1).kids[0]), p.assume(lt(i, n + 1))
    goal = le(f(i), total(n + 1, j, f(j)))
    sooner = p.assume(lt(j, n))
    earlier_nonneg = nonneg.spec(j).mp(p.cert(lt(j, n + 1), products=[(1, [sooner], []), (1, [], [])]))
    earlier_nonneg = earlier_nonneg.discharge(sooner).gen(j)
    p.note("i = n is the last term")
    last = p.assume(le(n, i))
    same = p.antisymmetry(p.cert(le(i, n), products=[(1, [p.step("nat_step", [inside])], [])]), last)
    same = p.rewrite(same, lambda F: f(F()))
    rest = p.mono(earlier_nonneg, total(n, j, 0), total(n, j, f(j)))
    high = p.cert(goal, products=[(1, [rest], [])], eqs=[(1, same)])
    p.note("i < n is a term of the smaller sum")
    earlier = p.assume(lt(i, n))
    final = nonneg.spec(n).mp(p.cert(lt(n, n + 1), products=[(1, [], [])]))
    low = p.cert(goal, products=[(1, [hyp.mp(earlier_nonneg).spec(i).mp(earlier)], []), (1, [final], [])])
    step = p.cases(n, i, high, low).discharge(inside).gen(i).discharge(nonneg).discharge(hyp)
    return p.induct(n, claim(n), base, step)


@lemma(
    "odds_above",
    title="odds under one self-normalised average, the upper half",
    words="As S13.step: (1 - r) E R <= (1 + (q - 1)/N) r (1 - E R).",
)
def odds_above(p: Proof) -> Fact:
    N, i, j = nat("N i j")
    mu, y, c = measure("mu", "", "Y"), element("Y", "y"), element("Y*", "c")
    h, k, z = (fn(name, "Y -> real") for name in ("h", "k", "z"))
    a, q, s = real("a q s")
    guard, klow, khigh = tested(p)
    apos, Npos = p.assume(lt(0, a)), p.assume(lt(0, N))
    ranged = p.assume(all_of(y, implies(guard.concl, both(le(a, h(y)), le(h(y), q * a))))).spec(y).mp(guard)
    low, high = ranged.left, ranged.right
    null, none = almost_sure_cloud(p)
    cloud = p.assume(eq(total(N, i, z(at(c, i))), 0))
    mass, mean_k = E(mu, y, h(y)), E(mu, y, k(y))
    below, above = average(p, guard, low), average(p, guard, high)
    mpos = p.cert(lt(0, mass), products=[(1, [below], []), (1, [apos], [])])
    law = draws(N, mu)
    S, K = total(N, i, h(at(c, i))), total(N, i, k(at(c, i)))

    p.note("q >= 1, since a <= mu(h) <= q a")
    inva = p.positive_inverse(apos)
    one = p.cert(le(1, q), products=[(1, [below, inva], []), (1, [above, inva], [])], dens=[apos])
    p.note("almost surely S = sum h(c_i) >= N a > 0")
    Na = p.cert(lt(0, N * a), products=[(1, [Npos, apos], [])])
    large = sum_over_cloud(p, none, low.discharge(guard).gen(y))
    Spos = p.cert(lt(0, S), products=[(1, [large], []), (1, [Na], [])])
    factor = 1 + (q - 1) / N

    p.note("with y in the place of c_i the sum is S' = S - h(c_i) + h(y) >= N a, and N S <= (N - 1 + q) S'")
    inside = p.assume(lt(i, N))
    own_point = at(c, i)
    low, high, klow, khigh = (fact.discharge(guard).gen(y) for fact in (low, high, klow, khigh))
    clean = none.spec(i).mp(inside)
    own_low, own_high, own_k = (fact.spec(own_point).mp(clean) for fact in (low, high, khigh))
    above_a = p.cert(le(0, h(own_point) - a), products=[(1, [own_low], [])]).discharge(inside).gen(i)
    rest = p.use("term_below_partial_sum").inst((fn("f", "nat -> real")(j), h(at(c, j)) - a))
    rest = rest.spec(N).mp(above_a).spec(i).mp(inside)  # h(c_i) - a <= sum (h(c_j) - a)
    drawn_low, drawn_k = (fact.spec(y).mp(guard) for fact in (low, klow))
    moved = S + h(y) - h(own_point)
    moved_large = p.cert(le(N * a, moved), products=[(1, [rest], []), (1, [drawn_low], [])])
    moved_pos = p.cert(lt(0, moved), products=[(1, [moved_large], []), (1, [Na], [])])
    ratio = p.cert(
        le(N * S, (N - 1 + q) * moved),
        products=[
            (1, [one, rest], []),
            (1, [Npos, drawn_low], []),
            (1, [one, drawn_low], []),
            (1, [Npos, own_high], []),
        ],
    )
    inverses = [p.positive_inverse(fact) for fact in (Npos, Spos, moved_pos)]
    smaller = p.cert(le(1 / moved, factor / S), products=[(1, [ratio, *inverses], [])], dens=[Npos, Spos, moved_pos])
    p.note("exchange: mu(h - k) E[sum k/S] = E[sum_i (h - k)(c_i) k(y)/S'] <= q_N mu(k) E[sum (h - k)/S]")
    other = h(own_point) - k(own_point)
    pointwise = p.cert(
        le(other * k(y) / moved, factor * (other * k(y) / S)), products=[(1, [own_k, drawn_k, smaller], [])]
    )
    mean = average(p, guard, pointwise)
    swapped, bound = (total(N, i, side) for side in mean.sides)
    sums = p.mono(mean.discharge(inside).gen(i), swapped, bound)
    whole = p.mono(sums.discharge(cloud).gen(c), E(law, c, swapped), E(law, c, bound), null)
    u, v = element("Y", "u"), element("Y", "v")
    exchange = p.step("iid_swap", [], [E(mu, u, E(mu, v, k(u) * (h(v) - k(v)) / s)), N, s, E(mu, y, h(y))])
    split = p.equal((S - K) / S, 1 - K / S, dens=[Spos])
    split = p.almost_surely(split, c, E(law, c, split.sides[0]), E(law, c, split.sides[1]), null)
    r, answer = mean_k / mass, E(law, c, K / S)
    unscaled = p.cert(
        le((mass - mean_k) * answer, factor * mean_k * (1 - answer)),
        products=[(1, [whole], [])],
        eqs=[(1, exchange), (factor * mean_k, split)],
    )
    return p.cert(
        le((1 - r) * answer, factor * r * (1 - answer)),
        products=[(1, [unscaled, p.positive_inverse(mpos)], [])],
        dens=[mpos],
    )


@statement(
    "S13.step",
    source="new",
    title="odds under one self-normalised average",
    words="For N independent draws c_i of mu, 0 <= k <= h and 0 < a <= h <= q a almost surely, r = mu(k)/mu(h) and "
    "R = sum k(c_i)/sum h(c_i): (1 - r) E R <= (1 + (q - 1)/N) r (1 - E R), and r (1 - E R) <= (1 + (q - 1)/N) (1 - r) E R.",
)
def odds_step(p: Proof) -> Fact:
    N, i = nat("N i")
    mu, y, c = measure("mu", "", "Y"), element("Y", "y"), element("Y*", "c")
    h, k = fn("h", "Y -> real"), fn("k", "Y -> real")
    a, q = real("a q")
    guard, klow, khigh = tested(p)
    apos, Npos = p.assume(lt(0, a)), p.assume(lt(0, N))
    low = p.assume(all_of(y, implies(guard.concl, both(le(a, h(y)), le(h(y), q * a))))).spec(y).mp(guard).left
    up = p.use("odds_above")
    p.note("the complement: h - k in place of k")
    rest = h(y) - k(y)
    inside = p.cert(le(0, rest), products=[(1, [khigh], [])]).both(p.cert(le(rest, h(y)), products=[(1, [klow], [])]))
    down = up.inst((k(y), rest)).cut(inside.discharge(guard).gen(y))
    null, none = almost_sure_cloud(p)
    S, K = total(N, i, h(at(c, i))), total(N, i, k(at(c, i)))
    large = sum_over_cloud(p, none, low.discharge(guard).gen(y))
    Na = p.cert(lt(0, N * a), products=[(1, [Npos, apos], [])])
    Spos = p.cert(lt(0, S), products=[(1, [large], []), (1, [Na], [])])
    law = draws(N, mu)
    split = p.equal((S - K) / S, 1 - K / S, dens=[Spos])
    split = p.almost_surely(split, c, E(law, c, split.sides[0]), E(law, c, split.sides[1]), null)
    mass, answer = E(mu, y, h(y)), E(law, c, K / S)
    below = average(p, guard, low)
    mpos = p.cert(lt(0, mass), products=[(1, [below], []), (1, [apos], [])])
    r, factor = E(mu, y, k(y)) / mass, 1 + (q - 1) / N
    lower = p.cert(
        le(r * (1 - answer), factor * (1 - r) * answer),
        products=[(1, [down], [])],
        eqs=[(-r - factor * (1 - r), split)],
        dens=[mpos],
    )
    return up.both(lower)


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
    base = p.cert(le(1, product(0, k, f(k))))
    step = p.cert(le(1, product(n + 1, k, f(k))), products=[(1, [hyp, last], []), (1, [hyp], []), (1, [last], [])])
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
    Ppos = p.cert(lt(0, P), products=[(1, [big], []), (1, [], [])])
    at_a = p.cert(lt(0, 1 + (P - 1) * a), products=[(1, [big, inside.left], []), (1, [], [])])
    at_m = p.cert(lt(0, 1 + (P - 1) * m), products=[(1, [big, low], []), (1, [], [])])
    inverse = p.positive_inverse(at_a)
    tangent = p.cert(
        le(w * (1 + (P - 1) * m) ** 2, P * (a + (P - 1) * m**2)),
        products=[(1, [ahead, inverse], [1 + (P - 1) * m]), (1, [Ppos, big, inverse], [a - m])],
        dens=[at_a],
    )
    left, right = tangent.sides
    mean = p.mono(tangent.discharge(guard).gen(d), E(law, d, left), E(law, d, right), null)
    return p.cert(odds(m, mean_w, P), products=[(1, [mean, p.positive_inverse(at_m)], [])], dens=[at_m]), low


def chained(p: Proof, a: Node, first: Fact, then: Fact, low: Fact, factors: tuple[Fact, Fact], inside: Fact) -> Fact:
    """odds(a, w, P f) from odds(a, m, f), odds(m, w, P), 0 <= m, (1 <= f, 1 <= P) and 0 <= a <= 1."""
    fbig, big = factors
    factor, P, m = fbig.sides[1], big.sides[1], low.sides[1]
    w = open_odds(then)
    at_m = p.cert(lt(0, 1 + (P - 1) * m), products=[(1, [big, low], []), (1, [], [])])
    Ppos = p.cert(le(0, P), products=[(1, [big], []), (1, [], [])])
    at_a = p.cert(
        le(0, 1 + (P * factor - 1) * a),
        products=[(1, [inside.right], []), (1, [Ppos, fbig, inside.left], []), (1, [Ppos, inside.left], [])],
    )
    inverse = p.positive_inverse(at_m)
    return p.cert(
        odds(a, w, P * factor), products=[(1, [at_a, then, inverse], []), (1, [Ppos, first, inverse], [])], dens=[at_m]
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
    base = p.cert(odds(A(t, c), W(t, c), chain.up_to(num(0))), eqs=[(1, same)])
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
    moving = p.cert(goal, products=[(1, [mean], [])], eqs=[(-(1 - A(t, c)) - chain.up_to(n + 1) * A(t, c), martingale)])
    p.note("not alive: W = A")
    dead = p.assume(le(alive(t, c), 0))
    equal = stops.spec(t, n, c).mp(here, fine, dead)
    more = p.use("product_at_least_one").cut(factor.gen(n)).spec(n + 1)
    still = p.cert(
        odds(A(t, c), A(t, c), chain.up_to(n + 1)), products=[(1, [more, range_here.left, range_here.right], [])]
    )
    still = p.cert(goal, products=[(1, [still], [])], eqs=[(-(1 - A(t, c)) - chain.up_to(n + 1) * A(t, c), equal)])
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


@lemma(
    "odds_gap",
    title="the largest gap that odds allow",
    words="If 0 <= a <= 1, s >= 1 and (1 - a) x <= s^2 a (1 - x) then x - a <= (s - 1)/(s + 1): the gap is largest at a = 1/(1 + s).",
)
def odds_gap(p: Proof) -> Fact:
    a, s, x = real("a s x")
    low, high, big = p.assume(le(0, a)), p.assume(le(a, 1)), p.assume(le(1, s))
    given = p.assume(odds(a, x, s**2))
    square = p.cert(le(1, s**2), products=[(1, [big, big], []), (2, [big], [])])
    top = p.cert(lt(0, 1 + (s**2 - 1) * a), products=[(1, [square, low], []), (1, [], [])])
    positive = p.cert(lt(0, s + 1), products=[(1, [big], []), (2, [], [])])
    inverses = p.positive_inverse(top), p.positive_inverse(positive)
    gap = p.cert(
        le(x - a, (s - 1) / (s + 1)),
        products=[(1, [given, inverses[0]], []), (1, [big, *inverses], [1 - (s + 1) * a])],
        dens=[top, positive],
    )
    return gap.discharge(low, high, big, given).gen(a, s, x)


@lemma("tanh_of_half", title="tanh x <= x, at half the argument", words="(e^x - 1)/(e^x + 1) <= x/2 for x >= 0.")
def tanh_of_half(p: Proof) -> Fact:
    x = real("x")
    growth = exp(x)
    positive = p.axiom("exp_pos", x)
    bottom = p.cert(lt(0, growth + 1), products=[(1, [positive], []), (1, [], [])])
    inverse = p.positive_inverse(bottom)
    above = p.assume(le(0, x))
    p.note("x/2 - 1 + 2/(e^x + 1) grows: its derivative is (e^x - 1)^2/(2 (e^x + 1)^2)")
    slope = p.cert(
        le(0, num("1/2") - 2 * growth * (1 / (growth + 1)) ** 2),
        products=[("1/2", [inverse, inverse], [growth - 1])],
        dens=[bottom],
    )
    curve = x / 2 - 1 + 2 / (growth + 1)
    rising = p.step("increasing", [slope.discharge(above).gen(x), bottom.discharge(above).gen(x)], [x, curve, num(0)])
    here = rising.spec(x).mp(above)
    start = p.axiom("exp_zero")
    half = p.rewrite(start, lambda H: 2 / (H() + 1))
    return (
        p.cert(le((growth - 1) / (growth + 1), x / 2), products=[(1, [here], [])], eqs=[(1, half)], dens=[bottom])
        .discharge(above)
        .gen(x)
    )
