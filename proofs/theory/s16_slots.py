"""S16: one step under any resampling whose slots are independent: stratified, residual, or skipped with weights carried; derived in sympy.

Slot i has a weight w_i <= omega and a law of its own. What the laws have in common is a bound from below on the mean of h; that the slots
draw from different places does not hurt. As in S17's step, R (1 - l S)^2 >= 0 replaces division.
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
from proofs.registry import statement

N, i = symbols("N i", "nat")
a, b, omega, l = symbols("a b omega l")
mu, y, c = Law("mu", "", "Y*"), Element("y", "Y"), Element("c", "Y*")
h, k, w = function("h", "Y -> real"), function("k", "Y -> real"), function("w", "nat -> real")
R = function("R", "Y* -> real")
S, K = total(N, i, w(i) * h(Entry(c, i))), total(N, i, w(i) * k(Entry(c, i)))


def mean(value):
    """The expectation over the clouds."""
    return Expect(mu, c, value)


@statement(
    "S16.step",
    source="new",
    title="one step under resampling with independent slots of unequal weights",
    words="For a random cloud c of N entries, weights 0 <= w_i <= omega of sum 1, 0 <= k <= h <= b a with b >= 1, entries that are "
    "independent in that k(c_i) is uncorrelated with the rest of S = sum_i w_i h(c_i), E h(c_i) >= a > 0, and an answer R >= 0 with "
    "R S = K = sum_i w_i k(c_i): E K S <= (1 + omega (b - 1)) E K E S, and E K / E S <= (1 + omega (b - 1)) E R.  With w_i = omega = 1/N: "
    "stratified and residual resampling.",
)
@in_sympy("S16.step")
def slot_step(d: Derivation) -> Line:
    """E K S <= E K E S (1 + omega (b - 1)), slot by slot; then R >= 2 l K - l^2 K S with l = 1/(E S (1 + omega (b - 1)))."""
    ki, hi = k(Entry(c, i)), h(Entry(c, i))
    apart = Eq(mean(ki * (S - w(i) * hi)), mean(ki) * (mean(S) - w(i) * mean(hi)))
    slots = Both(Both(0 <= w(i), w(i) <= omega), Both(a <= mean(hi), apart))
    inside, each, ones, answer, *_ = d.given(
        ForAll(y, Both(Both(0 <= k(y), k(y) <= h(y)), h(y) <= b * a)),
        ForAll(i, Implication(i < N, slots)),
        Eq(total(N, i, w(i)), 1),
        ForAll(c, Both(Eq(R(c) * S, K), 0 <= R(c))),
        0 < a,
        relation("<=", 1, b),
        relation("<=", 0, omega),
    )
    at = inside(Entry(c, i))
    low = d.expect(mu, c, at[0][0])
    product = d.prove(ki * hi <= b * a * ki, at[0][0], at[1])
    own = d.expect(mu, c, product)
    H, X = mean(S), mean(K)
    with d.below(i, N) as here:
        one = each(i)
        weight, most, least, rest = one[0][0], one[0][1], one[1][0], one[1][1]
        whole = d.prove(Eq(mean(ki * S), mean(ki) * (H - w(i) * mean(hi)) + w(i) * mean(ki * hi)), rest)
        first = d.prove(w(i) * mean(ki * hi) <= w(i) * b * a * mean(ki), own, weight)
        share = d.prove(relation("<=", 0, w(i) * mean(ki)), weight, low)
        second = d.prove(w(i) * mean(ki) * a <= w(i) * mean(ki) * mean(hi), least, share)
        spent = d.prove(mean(ki * S) <= mean(ki) * (H + w(i) * (b - 1) * a), whole, first, second)
        even = d.prove(w(i) * mean(ki) * (b - 1) * a <= omega * mean(ki) * (b - 1) * a, most, low)
        slot = d.prove(w(i) * mean(ki * S) <= w(i) * mean(ki) * (H + omega * (b - 1) * a), spent, even, weight)
        floor = d.prove(w(i) * a <= w(i) * mean(hi), least, weight)
        used, enough, some = (here.sum(line) for line in (slot, floor, share))
    mixed = d.fubini(mean(total(N, i, w(i) * ki * S)))
    tops, all_h = d.fubini(mean(K)), d.fubini(mean(S))
    low = d.prove(0 <= X, tops, some)
    enough = d.prove(a <= H, all_h, enough, ones)
    used = d.prove(mean(K * S) <= X * (H + omega * (b - 1) * a), used, mixed, tops, hold=[H])
    grown = d.prove(0 <= omega * (b - 1))
    room = d.prove(omega * (b - 1) * a <= omega * (b - 1) * H, enough, grown)
    factor = 1 + omega * (b - 1)
    used = d.prove(
        mean(K * S) <= X * H * factor, used, d.prove(X * (omega * (b - 1) * a) <= X * (omega * (b - 1) * H), room, low)
    )

    square = d.prove(relation("<=", 0, R(c) * (1 - l * S) ** 2), answer(c)[1])
    pointwise = d.prove(2 * l * K - l**2 * K * S <= R(c), square, answer(c)[0], hold=[K, S, R(c)])
    average = d.expect(mu, c, pointwise)
    average = d.prove(2 * l * X - l**2 * mean(K * S) <= mean(R(c)), average)
    whole = d.know(d.prove(0 < H * factor, enough, grown))
    best = d.gen(average, l)(1 / (H * factor))
    d.know(d.prove(0 < H, enough))
    d.know(d.prove(0 < factor, grown))
    tight = d.times_square(used, 1 / (H * factor))
    tight = d.prove(mean(K * S) / (H * factor) ** 2 <= X / (H * factor), tight, hold=[mean(K * S), X, H])
    share = d.prove(X / (H * factor) <= mean(R(c)), best, tight)
    return d.both(used, d.prove(X / H <= factor * mean(R(c)), share))
