"""What is rare survives resampling more rarely: the step of S15's lower bound that enters a branch, and what the other step shares with it.

Draws c_i of mu; u says of a draw that it lives, v that it has just left; X = sum_i u(c_i), Y = sum_i v(c_i).  The reward model undervalues
what lives (the weight s, where everything else has 1), and overvalues what has just left (2/s).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Recip,
    function,
    implications,
    relation,
    symbols,
)
from proofs.lemmas.self_normalised import almost, averages, over
from proofs.registry import lemma

N, i, j, mu, y, c, z = averages.symbols("N i j mu y c z")
s, g, Y, x = symbols("s g Y x")
u, v = function("u", "Y -> real"), function("v", "Y -> real")
e, f = Element("e", "Y"), Element("f", "Y")
sequence = function("f", "nat -> real")
lives, left = over(u), over(v)
mean_u, mean_v = Expect(mu, y, u(y)), Expect(mu, y, v(y))


def light(at: Any) -> Any:
    """The weight s of what lives, 1 of everything else."""
    return 1 - (1 - s) * u(at)


def heavy(at: Any) -> Any:
    """The weight s of what lives, 2/s of what has just left, 1 of everything else."""
    return light(at) + (2 / s - 1) * v(at)


class Cloud:
    """N > 0 draws of mu; u and v are indicators of two things that exclude each other, almost surely; 0 < s <= 1."""

    def __init__(self, d: Derivation) -> None:
        self.d = d
        nonneg, never, self.kinds, positive, _, _ = d.given(
            ForAll(y, 0 <= z(y)),
            Eq(Expect(mu, y, z(y)), 0),
            almost(Eq(u(y) ** 2, u(y)), Both(Eq(v(y) ** 2, v(y)), u(y) + v(y) <= 1)),
            0 < N,
            0 < s,
            s <= 1,
        )
        self.one = d.nat_step(positive)
        self.point = d.surely(mu, y, z(y), nonneg, never)
        with d.below(i, N) as inside:
            sums = inside.sum(nonneg(Entry(c, i)))
        above = d.gen(d.prove(0 <= over(z), sums), c)
        zero = d.prove(Eq(self.mean(over(z)), 0), d.iid_sum(mu, y, z(y), N), never)
        self.cloud: Surely = d.surely(mu.draws(N), c, over(z), above, zero)

    def mean(self, value: Any) -> Any:
        """The expectation over the cloud."""
        return Expect(mu.draws(N), c, value)

    def kind(self, at: Any) -> tuple[Line, Line, Line]:
        """0 <= u, 0 <= v, u + v <= 1 at a point where z = 0, which is known."""
        d, both = self.d, self.kinds(at)
        own, other = (
            d.know(d.contradiction(0 <= q(at), line, note="q < 0 <= q^2 = q"))
            for q, line in ((u, both[0]), (v, both[1][0]))
        )
        return own, other, d.know(both[1][1])

    def sums(self) -> Line:
        """Known from here on, at a good cloud: 0 <= X, 0 <= Y, X + Y <= N (`whole`); forall i < N. z(c_i) = 0."""
        d = self.d
        clean = d.use("terms_vanish", {sequence(j): z(Entry(c, j))})(N)
        with d.below(i, N) as inside:
            d.know(clean(i))
            kinds = self.kind(Entry(c, i))
            lines = [inside.sum(line) for line in kinds]
        goals = 0 <= lives, 0 <= left, lives + left <= N
        *_, self.whole = [d.know(d.prove(goal, line)) for goal, line in zip(goals, lines, strict=True)]
        return clean


def times(d: Derivation, factor: Any, line: Line) -> Line:
    """x a <= x b from a <= b, where 0 <= x is known."""
    a, b = symbols("a b")
    d.know(line)
    with d.suppose(0 <= x, a <= b) as here:
        rule = here.then(d.prove(x * a <= x * b, here[1]), x, a, b)
    return rule(factor, *line.fact.sides)


def spread(d: Derivation, low: Any, high: Any, *spare: Line) -> Line:
    """low <= high, whose difference is the sum of the non-negative terms `spare`."""
    a, b = symbols("a b")
    line = spare[0]
    for other in spare[1:]:
        line = added(d, line, other)
    d.know(d.form(line, 0 <= high - low))
    with d.suppose(0 <= b - a) as here:
        rule = here.then(d.prove(a <= b, here[0]), a, b)
    return rule(low, high)


def added(d: Derivation, first: Line, second: Line) -> Line:
    """a + x <= b + y from a <= b and x <= y."""
    a, b, y = symbols("a b y")
    d.know(first), d.know(second)
    with d.suppose(a <= b, x <= y) as here:
        rule = here.then(d.prove(a + x <= b + y, here[0], here[1]), a, b, x, y)
    return rule(*first.fact.sides, *second.fact.sides)


@lemma("light_share", title="s/(N - (1 - s) g) <= (s N + g)/N^2 for 0 <= g <= N and 0 < s <= 1; s N <= N - (1 - s) g")
@in_sympy("light_share")
def light_share(d: Derivation) -> Line:
    """The numerators' difference is g (N s^2 + (1 - s)(N - g))."""
    S = N - (1 - s) * g
    with d.suppose(0 < N, 0 < s, s <= 1, 0 <= g, g <= N) as here:
        slack = d.prove(0 <= g * (N * s**2 + (1 - s) * (N - g)))
        first = d.prove(s * N**2 <= (s * N + g) * S, slack)
        least = d.prove(s * N <= S, d.prove(0 <= (1 - s) * (N - g)))
        positive = d.know(d.prove(0 < S, least))
        line = d.both(d.prove(s / S <= (s * N + g) / N**2, first, hold=[S]), d.both(least, positive))
    return here.then(line, g)


@lemma(
    "rare_weight",
    title="s <= w and s/2 <= 1/w for the weight w = 1 - (1 - s) g + (2/s - 1) Y, where g, Y >= 0, g + Y <= 1",
)
@in_sympy("rare_weight")
def rare_weight(d: Derivation) -> Line:
    w = 1 - (1 - s) * g + (2 / s - 1) * Y
    with d.suppose(0 < s, s <= 1, 0 <= g, 0 <= Y, g + Y <= 1) as here:
        d.know(d.prove(0 <= 1 - g - Y, here[4]))
        d.know(d.prove(0 <= 2 / s - 1, here[1]))
        spare = d.prove(0 <= (1 - s) * (1 - g - Y)), d.prove(0 <= (1 - s) * Y), d.prove(0 <= (2 / s - 1) * Y)
        low = spread(d, s, w, *spare)
        d.know(d.chain(here[0], low))
        spare = d.prove(0 <= (2 / s - 1) * (1 - g - Y)), d.prove(0 <= (2 / s - 1) * g), d.prove(0 <= (1 - s) * g)
        high = d.prove(s * w <= 2, times(d, s, spread(d, w, 2 / s, *spare)))
        line = d.both(low, d.prove(s / 2 <= 1 / w, high, hold=[w]))
    return here.then(line, g, Y)


@lemma(
    "rare_share",
    title="the share of what is rare and undervalued",
    words="If a draw lives with probability s and then has the weight s, others 1: the mean share of the weight that lives is at most "
    "2 s^2 + s/N.",
)
@in_sympy("rare_share")
def rare_share(d: Derivation) -> Line:
    """s X/(N - (1 - s) X) <= (s N X + X^2)/N^2, and E X^2 = N s + N (N - 1) s^2."""
    cloud = Cloud(d)
    rare = d.given(Eq(mean_u, s))
    with cloud.cloud as there:
        cloud.sums()
        d.know(d.prove(lives <= N, cloud.whole))
        room = d.use("light_share")(lives)
        d.know(room[1][1])
        share = times(d, lives, room[0])
        average = there.average(share)
    with cloud.point as here:
        square = here.average(cloud.kinds(y)[0])
    one, two = cloud.mean(lives), cloud.mean(lives**2)
    count = d.prove(Eq(one, N * s), d.iid_sum(mu, y, u(y), N), rare)
    pair = d.iid_pair(mu, e, f, u(e) * u(f), N)
    mean_square = square.lhs
    pair = d.prove(Eq(two, N * mean_square + N * (N - 1) * mean_u**2), pair)
    pair = d.at(square, pair, lambda a: Eq(two, N * a + N * (N - 1) * mean_u**2))
    pair = d.at(rare, pair, lambda a: Eq(two, N * a + N * (N - 1) * a**2))
    answer = average.lhs
    average = d.form(average, answer <= (s * N * one + two) / N**2)
    average = d.at(count, average, lambda r: answer <= (s * N * r + two) / N**2)
    average = d.at(pair, average, lambda r: answer <= (s * N * (N * s) + r) / N**2)
    return d.prove(answer <= 2 * s**2 + s / N, average)


@lemma("indicator_is_one", title="x^2 = x and 0 < x give x = 1")
@in_sympy("indicator_is_one")
def indicator_is_one(d: Derivation) -> Line:
    with d.suppose(Eq(x**2, x), 0 < x) as here:
        cancel = d.use("cancel_factor")
        for line in (d.prove(x * 1 <= x * x, here[0]), d.prove(x * x <= x * 1, here[0])):
            d.know(line)
        line = d.equal(cancel(x, x, 1), cancel(x, 1, x))
    return here.then(line, x)


@lemma("own_share", title="x (1/x) <= 1 for x >= 0", words="It is 1, or 0 where x = 0.")
@in_sympy("own_share")
def own_share(d: Derivation) -> Line:
    with d.suppose(0 <= x) as here:
        with d.suppose(x <= 0) as none:
            low = d.prove(x * Recip(x) <= 1, d.equal(none[0], here[0]))
        with d.suppose(0 < x):
            high = d.prove(x * Recip(x) <= 1)
        line = d.cases(x, 0, low, high)
    return here.then(line, x)


@lemma("count_is_one", title="indicators that do not all vanish add up to at least 1")
@in_sympy("count_is_one")
def count_is_one(d: Derivation) -> Line:
    """Were the sum below 1, so were every term, which then is 0."""
    n, k = symbols("n k", "nat")
    f, whole = sequence(k), Sum(sequence(k), (k, 0, n - 1))
    kind = d.given(ForAll(k, implications(k < n, Eq(f**2, f))))
    with d.below(k, n) as inside:
        nonneg = inside.then(d.contradiction(0 <= f, kind(k), note="f < 0 <= f^2 = f"), k)
    d.know(nonneg)
    with d.suppose(0 < whole) as some:
        with d.suppose(relation("<=", 1, whole)) as many:
            low = many[0]
        with d.suppose(whole < 1) as few:
            top = d.use("term_below_partial_sum")(n)
            with d.below(k, n) as inside:
                less, own = d.prove(f < 1, top(k), few[0]), kind(k)
                d.know(less), d.know(nonneg(k))
                zero = inside.sum(d.contradiction(f <= 0, own, less, note="f (1 - f) = 0"))
            absurd = d.prove(relation("<", 0, 0), some[0], d.prove(whole <= 0, zero))
            high = d.anything(relation("<=", 1, whole), absurd)
        line = some.then(d.cases(1, whole, low, high))
    return line
