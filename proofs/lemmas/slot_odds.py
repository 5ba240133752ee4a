"""Odds under one step into slots, on clouds that occur: two copies of the cloud change places in a slot, derived in sympy.

S = sum_i w_i h(c_i), K = sum_i w_i k(c_i), g = h - k, and d a second draw of the cloud. That slots are independent is asked as what it does
to three functions of (c, d), whose law stays as it is where the two draws of a slot change places. With S_i = S - w_i h(c_i) + w_i h(d_i):
    E k(c_i) g(d_j)/S = E k(d_i) g(d_j)/S_i   and   E g(c_j) k(d_i)/S = E g(d_j) k(d_i)/S_j   for j other than i,
    E k(c_i) g(d_i)/S = E k(d_i) g(c_i)/S_i,
and of S, S_i, S_j none is above 1 + 2 omega (q - 1) times another; so E K/S of the rest is at most that factor times the reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
    implications,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma

N, i, j, l = symbols("N i j l", "nat")
a, q, omega = symbols("a q omega")
mu, c, d = Law("mu", "", "Y*"), Element("c", "Y*"), Element("d", "Y*")
h, k, w, z = (
    function("h", "Y -> real"),
    function("k", "Y -> real"),
    function("w", "nat -> real"),
    function("z", "Y* -> real"),
)


class Copies(NamedTuple):
    """Two draws c and d of a cloud by a law, the shares of its slots, and 0 <= k <= h of an entry."""

    law: Law
    parts: Callable[[Any], Any]
    h: Callable[[Any], Any]
    k: Callable[[Any], Any]
    c: Any
    d: Any

    def rest(self, x: Any) -> Any:
        """h - k."""
        return self.h(x) - self.k(x)

    def shares(self, value: Callable[[Any], Any]) -> Any:
        """The shared sum of value over c."""
        return total(N, l, self.parts(l) * value(Entry(self.c, l)))

    def moved(self, slot: Any) -> Any:
        """The shared sum S of h, with the other draw in a slot."""
        new, old = self.h(Entry(self.d, slot)), self.h(Entry(self.c, slot))
        return self.shares(self.h) - self.parts(slot) * old + self.parts(slot) * new

    def mean(self, value: Any) -> Any:
        """The expectation over a cloud."""
        return Expect(self.law, self.c, value)

    def twice(self, value: Any) -> Any:
        """The expectation over two clouds."""
        return Expect(self.law, self.c, Expect(self.law, self.d, value))

    def apart(self) -> Any:
        """k and the rest at slot i of c and slot j of d, over S: slot i changes places; and the rest and k."""

        def exchanged(f: Callable[[Any], Any], g: Callable[[Any], Any]) -> Any:
            old, new, other = Entry(self.c, i), Entry(self.d, i), Entry(self.d, j)
            return Eq(
                self.twice(f(old) * g(other) / self.shares(self.h)), self.twice(f(new) * g(other) / self.moved(i))
            )

        return Both(exchanged(self.k, self.rest), exchanged(self.rest, self.k))

    def one(self) -> Any:
        """k and the rest at slot i of c and of d, over S; and the rest and k."""
        old, new = Entry(self.c, i), Entry(self.d, i)

        def exchanged(f: Callable[[Any], Any], g: Callable[[Any], Any]) -> Any:
            return Eq(self.twice(f(old) * g(new) / self.shares(self.h)), self.twice(f(new) * g(old) / self.moved(i)))

        return Both(exchanged(self.k, self.rest), exchanged(self.rest, self.k))

    def rules(self) -> list[Any]:
        """What the exchange of a slot does to the three functions."""
        sooner, later = (implications(i < N, j < N, order, self.apart()) for order in (i < j, j < i))
        return [ForAll(i, Implication(i < N, self.one())), ForAll(i, j, sooner), ForAll(i, j, later)]


copies = Copies(mu, w, h, k, c, d)
rest, moved, mean, twice = copies.rest, copies.moved, copies.mean, copies.twice
S, K = copies.shares(h), copies.shares(k)


@lemma(
    "slots_odds",
    title="odds under one step into slots, on clouds that occur",
    words="For a random cloud of N entries, shares 0 <= w_i <= omega of sum 1, 0 <= k <= h and 0 < a <= h <= q a at the entries almost "
    "surely, entries that are independent in that in two draws c and d of the cloud those of a slot may change places: with "
    "S = sum_i w_i h(c_i), K = sum_i w_i k(c_i): (E S - E K) E K/S <= (1 + 2 omega (q - 1)) E K (1 - E K/S).",
)
@in_sympy("slots_odds")
def slots_odds(s: Derivation) -> Line:
    entry = Both(
        Both(0 <= k(Entry(c, i)), k(Entry(c, i)) <= h(Entry(c, i))), Both(a <= h(Entry(c, i)), h(Entry(c, i)) <= q * a)
    )
    inside, share, ones, nonneg, never, own, before, after, *_ = s.given(
        ForAll(c, Implication(Eq(z(c), 0), ForAll(i, Implication(i < N, entry)))),
        ForAll(i, Implication(i < N, Both(0 <= w(i), w(i) <= omega))),
        Eq(total(N, l, w(l)), 1),
        ForAll(c, 0 <= z(c)),
        Eq(mean(z(c)), 0),
        *copies.rules(),
        0 < a,
        relation("<=", 1, q),
        relation("<=", 0, omega),
    )
    factor = 1 + 2 * omega * (q - 1)
    some = s.know(s.prove(0 <= omega * (q - 1)))

    def near(slot: Any) -> tuple[Line, Line, Line]:
        """S_i >= a, and that w_i h(d_i) and w_i h(c_i) are at most omega (q - 1) a apart; at good clouds, of a slot."""
        x, y = Entry(c, slot), Entry(d, slot)
        weights, old, new = share(slot), inside(c)(slot)[1], inside(d)(slot)[1]
        with s.suppose(l < N) as here:
            each = here.then(s.prove(0 <= w(l) * (h(Entry(c, l)) - a), share(l)[0], inside(c)(l)[1][0]), l)
        s.know(each)
        line = s.use("term_below_partial_sum", {function("f", "nat -> real")(j): w(j) * (h(Entry(c, j)) - a)})(N)(slot)
        line = s.prove(w(slot) * (h(x) - a) <= S - a, line, ones, hold=[h(x), w(slot)])
        low = s.prove(
            a <= moved(slot),
            line,
            s.prove(w(slot) * a <= w(slot) * h(y), weights[0], new[0]),
            hold=[S, w(slot), h(x), h(y)],
        )
        most = s.prove(w(slot) * (q - 1) * a <= omega * (q - 1) * a, weights[1])
        up = s.prove(w(slot) * h(y) - w(slot) * h(x) <= w(slot) * (q - 1) * a, weights[0], new[1], old[0])
        down = s.prove(w(slot) * h(x) - w(slot) * h(y) <= w(slot) * (q - 1) * a, weights[0], old[1], new[0])
        return low, s.prove(up.lhs <= most.rhs, up, most), s.prove(down.lhs <= most.rhs, down, most)

    def over_both(value: Callable[[], Line]) -> Line:
        """The mean over both clouds of a line about good ones."""
        with s.surely(mu, c, z(c), nonneg, never) as first:
            with s.surely(mu, d, z(d), nonneg, never) as second:
                average = second.average(value())
            return first.average(average)

    def letters(*slots: Any) -> list[Any]:
        """What the draws of slots are, as letters."""
        return [S, *(part for slot in slots for part in (w(slot), h(Entry(c, slot)), h(Entry(d, slot))))]

    def within(top: Any, positive: Line, small: Any, big: Any, least: tuple[Line, Line], less: Line) -> Line:
        """top/small <= factor top/big from 0 <= top, a <= small, a <= big and big <= factor small."""
        for part, low in zip((small, big), least, strict=True):
            s.know(s.prove(0 < part, low))
        ratio = s.prove(1 / small <= factor / big, less, hold=[small, big])
        return s.prove(top / small <= factor * (top / big), positive, ratio, hold=[small, big, *tested])

    def values(f: Any, slot: Any, cloud: Any) -> Line:
        """0 <= f of the draw of a slot, f being k or the rest."""
        pair = inside(cloud)(slot)[0]
        return pair[0] if f is k else s.prove(0 <= rest(Entry(cloud, slot)), pair[1])

    tested = [f(Entry(cloud, slot)) for f in (h, k) for cloud in (c, d) for slot in (i, j)]

    def whole(cloud: Any) -> Line:
        """a <= S."""
        with s.below(l, N) as here:
            sums = here.sum(s.prove(w(l) * a <= w(l) * h(Entry(cloud, l)), share(l)[0], inside(cloud)(l)[1][0]))
        return s.prove(a <= S, sums, ones)

    def same() -> Line:
        """S <= factor S_i."""
        low, _, down = near(i)
        room = s.prove(omega * (q - 1) * a <= omega * (q - 1) * moved(i), low, some)
        twice_room = s.prove(
            omega * (q - 1) * a <= 2 * omega * (q - 1) * moved(i),
            room,
            s.prove(0 <= omega * (q - 1) * moved(i), some, low),
        )
        less = s.prove(S <= factor * moved(i), down, twice_room, hold=letters(i))
        top = k(Entry(d, i)) * rest(Entry(c, i))
        positive = s.prove(0 <= top, values(k, i, d), values(rest, i, c))
        return within(top, positive, moved(i), S, (low, whole(c)), less)

    def other() -> Line:
        """S_j <= factor S_i."""
        (low, _, down), (least, up, _) = near(i), near(j)
        room = s.prove(omega * (q - 1) * a <= omega * (q - 1) * moved(i), low, some)
        less = s.prove(moved(j) <= factor * moved(i), up, down, room, hold=letters(i, j))
        top = k(Entry(d, i)) * rest(Entry(d, j))
        positive = s.prove(0 <= top, values(k, i, d), values(rest, j, d))
        return within(top, positive, moved(i), moved(j), (low, least), less)

    def left(slot: Any, there: Any) -> Any:
        return twice(k(Entry(c, slot)) * rest(Entry(d, there)) / S)

    def right(slot: Any, there: Any) -> Any:
        return twice(rest(Entry(c, there)) * k(Entry(d, slot)) / S)

    def apart(now: Line, later: Line) -> Line:
        """left <= factor right, from what the exchanges of slots i and j say."""
        return s.prove(left(i, j) <= factor * right(i, j), over_both(other), now[0], later[1])

    with s.below(i, N) as outer:
        diagonal = s.prove(left(i, i) <= factor * right(i, i), over_both(same), own(i)[0])
        with s.below(j, N) as inner:
            with s.suppose(i <= j) as sooner:
                with s.suppose(j <= i) as not_later:
                    equal = s.at(
                        s.equal(sooner[0], not_later[0]), diagonal, lambda r: left(i, r) <= factor * right(i, r)
                    )
                with s.suppose(i < j):
                    higher = apart(before(i, j), after(j, i))
                up = s.cases(j, i, equal, higher)
            with s.suppose(j < i):
                down = apart(after(i, j), before(j, i))
            line = s.cases(i, j, up, down)
            weights = s.prove(0 <= w(i) * w(j), share(i)[0], share(j)[0])
            sums = inner.sum(
                s.prove(
                    w(i) * w(j) * left(i, j) <= w(i) * w(j) * factor * right(i, j),
                    line,
                    weights,
                    hold=[left(i, j), right(i, j)],
                )
            )
        line = outer.sum(sums)
    one = [
        s.fubini(mean(value))
        for value in (S, K, copies.shares(lambda x: k(x) / S), copies.shares(lambda x: rest(x) / S))
    ]
    X, H, answer, others = mean(K), mean(S), mean(K / S), mean((S - K) / S)
    line = s.prove((H - X) * answer <= factor * (X * others), line, *one)
    with s.surely(mu, c, z(c), nonneg, never) as here:
        s.know(s.prove(0 < S, whole(c)))
        split = here.average(s.prove(Eq((S - K) / S, 1 - K / S), hold=[S, K]))
    split = s.form(split, Eq(others, 1 - answer))
    return s.prove((H - X) * answer <= factor * X * (1 - answer), line, split, hold=[answer, others, X, H])
