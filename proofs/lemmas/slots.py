"""Resampling into slots: independent draws, each from a law of its own and with a share of the weight of its own; one step of S16.

The step asks nothing of clouds that do not occur: z >= 0 vanishes almost surely.  As in `kept_step`, R (1 - l S)^2 >= 0 replaces division.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma

N, i = symbols("N i", "nat")
a, b, omega, l = symbols("a b omega l")
mu, c = Law("mu", "", "Y*"), Element("c", "Y*")
h, k, w = function("h", "Y -> real"), function("k", "Y -> real"), function("w", "nat -> real")
z, R = function("z", "Y* -> real"), function("R", "Y* -> real")
hi, ki = h(Entry(c, i)), k(Entry(c, i))
S, K = total(N, i, w(i) * hi), total(N, i, w(i) * ki)


def mean(value):
    """The expectation over the clouds."""
    return Expect(mu, c, value)


@lemma(
    "slots_step",
    title="one step into slots, on clouds that occur",
    words="For a random cloud of N entries, shares 0 <= w_i <= omega of sum 1, 0 <= k <= h and k h <= b a k at the entries almost surely, "
    "b >= 1, entries that are independent in that k(c_i) is uncorrelated with the rest of S = sum_i w_i h(c_i), E h(c_i) >= a >= 0, and an "
    "answer R >= 0 with K = sum_i w_i k(c_i) <= R S: E K S <= (1 + omega (b - 1)) E K E S and E K <= (1 + omega (b - 1)) E S E R.",
)
@in_sympy("slots_step")
def slots_step(d: Derivation) -> Line:
    """S16.step almost surely, and for R at least the answer."""
    apart = Eq(mean(ki * (S - w(i) * hi)), mean(ki) * (mean(S) - w(i) * mean(hi)))
    slots = Both(Both(0 <= w(i), w(i) <= omega), Both(a <= mean(hi), apart))
    entry = Both(Both(0 <= ki, ki <= hi), ki * hi <= b * a * ki)
    nonneg, never, inside, each, ones, answer, *_ = d.given(
        ForAll(c, 0 <= z(c)),
        Eq(mean(z(c)), 0),
        ForAll(c, Implication(Eq(z(c), 0), ForAll(i, Implication(i < N, entry)))),
        ForAll(i, Implication(i < N, slots)),
        Eq(total(N, i, w(i)), 1),
        ForAll(c, Implication(Eq(z(c), 0), Both(K <= R(c) * S, 0 <= R(c)))),
        0 <= a,
        relation("<=", 1, b),
        relation("<=", 0, omega),
    )
    fine, H, X = d.surely(mu, c, z(c), nonneg, never), mean(S), mean(K)
    with d.below(i, N) as here:
        with fine as there:
            at = inside(c)(i)
            low, below, own = there.average(at[0][0]), at[0][1], there.average(at[1])
            wide = there.average(below)
        one = each(i)
        weight, most, least, rest = one[0][0], one[0][1], one[1][0], one[1][1]
        whole = d.prove(Eq(mean(ki * S), mean(ki) * (H - w(i) * mean(hi)) + w(i) * mean(ki * hi)), rest)
        first = d.prove(w(i) * mean(ki * hi) <= w(i) * b * a * mean(ki), own, weight)
        share = d.prove(relation("<=", 0, w(i) * mean(ki)), weight, low)
        second = d.prove(w(i) * mean(ki) * a <= w(i) * mean(ki) * mean(hi), least, share)
        spent = d.prove(mean(ki * S) <= mean(ki) * (H + w(i) * (b - 1) * a), whole, first, second)
        even = d.prove(w(i) * mean(ki) * (b - 1) * a <= omega * mean(ki) * (b - 1) * a, most, low)
        slot = d.prove(w(i) * mean(ki * S) <= w(i) * mean(ki) * (H + omega * (b - 1) * a), spent, even, weight)
        floor, under = (
            d.prove(w(i) * a <= w(i) * mean(hi), least, weight),
            d.prove(w(i) * mean(ki) <= w(i) * mean(hi), wide, weight),
        )
        used, enough, some, less = (here.sum(line) for line in (slot, floor, share, under))
    mixed = d.fubini(mean(total(N, i, w(i) * ki * S)))
    tops, all_h = d.fubini(mean(K)), d.fubini(mean(S))
    low, less = d.prove(0 <= X, tops, some), d.prove(X <= H, less, tops, all_h)
    enough = d.prove(a <= H, all_h, enough, ones)
    factor = 1 + omega * (b - 1)
    grown = d.prove(0 <= omega * (b - 1))
    d.know(d.prove(0 < factor, grown))
    used = d.prove(mean(K * S) <= X * (H + omega * (b - 1) * a), used, mixed, tops, hold=[H])
    room = d.prove(omega * (b - 1) * a <= omega * (b - 1) * H, enough, grown)
    wide = d.prove(X * (omega * (b - 1) * a) <= X * (omega * (b - 1) * H), room, low)
    used = d.prove(mean(K * S) <= X * H * factor, used, wide)

    with fine as there:
        above, positive = answer(c)[0], answer(c)[1]
        with d.below(i, N) as here:
            one = d.prove(0 <= w(i) * ki, each(i)[0][0], inside(c)(i)[0][0])
            some = here.sum(one)
        answered = there.average(positive)
        with d.suppose(0 <= l) as scale:
            goal, letters = 2 * l * K - l**2 * K * S <= R(c), [S, K, R(c)]
            with d.suppose(l * S <= 2) as small:
                few = d.prove(relation("<=", 0, l * (2 - l * S)), small[0], scale[0], hold=letters)
                best = d.prove(relation("<=", 0, R(c) * (1 - l * S) ** 2), positive)
                smaller = d.prove(goal, best, above, few, hold=letters)
            with d.suppose(2 < l * S) as large:
                share = d.prove(0 <= l * K, some, scale[0], hold=letters)
                larger = d.prove(goal, share, large[0], positive, hold=letters)
            average = there.average(d.cases(l * S, 2, smaller, larger))
    average = scale.then(d.prove(2 * l * X - l**2 * mean(K * S) <= mean(R(c)), average), l)
    goal = factor * H * mean(R(c))
    d.know(answered)
    with d.suppose(0 < H):
        d.know(d.prove(0 < H * factor))
        best = average(1 / (H * factor))
        tight = d.times_square(used, 1 / (H * factor))
        tight = d.prove(mean(K * S) / (H * factor) ** 2 <= X / (H * factor), tight, hold=[mean(K * S), X, H])
        share = d.prove(X / (H * factor) <= mean(R(c)), best, tight)
        some = d.prove(X <= goal, share)
    with d.suppose(H <= 0) as here:
        none = d.equal(here[0], d.prove(0 <= H, enough))
        none = d.put(d.prove(X <= 0, less, here[0]), lambda v: X <= factor * v * mean(R(c)), none)
    return d.both(used, d.cases(H, 0, none, some))


@lemma(
    "slots_variance",
    title="the second moment of one step into slots, on clouds that occur",
    words="For a random cloud of N entries, shares w_i >= 0 of sum 1 whose squares add up to at most omega, 0 <= h <= b a at the entries "
    "almost surely, b >= 1, entries that are independent in that h(c_i) is uncorrelated with the rest of S = sum_i w_i h(c_i), "
    "E h(c_i) >= a >= 0, and v >= b - 1 where b <= 2, v >= b^2/4 where b >= 2: E S^2 <= (1 + omega v) (E S)^2.",
)
@in_sympy("slots_variance")
def slots_variance(d: Derivation) -> Line:
    """Var h(c_i) <= p (b a - p) <= v a^2 with p = E h(c_i) >= a: from b = 2 on p (b a - p) is largest at b a/2, up to b = 2 it falls."""
    v, p = symbols("v p")
    apart = Eq(mean(hi * (S - w(i) * hi)), mean(hi) * (mean(S) - w(i) * mean(hi)))
    inside, each, nonneg, never, ones, squares, *_, narrow, wide = d.given(
        ForAll(c, Implication(Eq(z(c), 0), ForAll(i, Implication(i < N, Both(0 <= hi, hi <= b * a))))),
        ForAll(i, Implication(i < N, Both(0 <= w(i), Both(a <= mean(hi), apart)))),
        ForAll(c, 0 <= z(c)),
        Eq(mean(z(c)), 0),
        Eq(total(N, i, w(i)), 1),
        total(N, i, w(i) ** 2) <= omega,
        0 <= a,
        relation("<=", 1, b),
        Implication(relation("<=", b, 2), b - 1 <= v),
        Implication(relation("<=", 2, b), b**2 / 4 <= v),
    )
    with d.suppose(a <= p) as here:
        goal = p * (b * a - p) <= v * a**2
        with d.suppose(b <= 2) as small:
            short = d.prove(relation("<=", 0, (2 - b) * a), small[0])
            falls = d.prove(relation("<=", 0, (p - a) * (p - a + (2 - b) * a)), here[0], short)
            low = d.prove(goal, falls, d.prove((b - 1) * a**2 <= v * a**2, narrow()))
        with d.suppose(2 < b) as large:
            d.know(d.prove(2 <= b, large[0]))
            square = d.prove(relation("<=", 0, (p - b * a / 2) ** 2))
            high = d.prove(goal, square, d.prove(b**2 / 4 * a**2 <= v * a**2, wide()))
        at_most = here.then(d.cases(b, 2, low, high), p)
    H = mean(S)
    with d.below(i, N) as here:
        with d.surely(mu, c, z(c), nonneg, never) as there:
            at = inside(c)(i)
            own = there.average(d.prove(hi**2 <= b * a * hi, at[0], at[1]))
        one = each(i)
        weight, least, rest = one[0], one[1][0], one[1][1]
        d.know(least)
        own = d.prove(mean(hi**2) <= b * a * mean(hi), own)
        square = d.prove(mean(hi**2) - mean(hi) ** 2 <= v * a**2, own, at_most(mean(hi)), hold=[mean(hi), mean(hi**2)])
        part = d.prove(Eq(w(i) * mean(hi * S), w(i) * mean(hi) * H + w(i) ** 2 * (mean(hi**2) - mean(hi) ** 2)), rest)
        slot = d.prove(
            w(i) * mean(hi * S) <= w(i) * mean(hi) * H + w(i) ** 2 * v * a**2, part, d.times_square(square, w(i))
        )
        floor = d.prove(w(i) * a <= w(i) * mean(hi), least, weight)
        used, enough, some = here.sum(slot), here.sum(floor), here.sum(d.prove(relation("<=", 0, w(i) ** 2)))
    mixed, all_h = d.fubini(mean(total(N, i, w(i) * hi * S))), d.fubini(H)
    enough = d.prove(a <= H, all_h, enough, ones)
    with d.suppose(b <= 2):
        low = d.prove(0 <= v, narrow())
    with d.suppose(2 < b) as large:
        d.know(d.prove(2 <= b, large[0]))
        high = d.prove(0 <= v, wide())
    positive = d.know(d.cases(b, 2, low, high))
    some = d.know(d.prove(0 <= omega, some, squares))
    line = d.prove(mean(S**2) <= H**2 + omega * v * a**2, used, mixed, all_h, squares, positive)
    more = d.prove(a**2 <= H**2, enough)
    grown = d.prove(omega * v * a**2 <= omega * v * H**2, more, d.prove(0 <= omega * v))
    return d.prove(mean(S**2) <= (1 + omega * v) * H**2, line, grown)
