"""What is rare survives resampling more rarely: the two steps of S15's lower bound.

Draws c_i of mu; u says of a draw that it lives, v that it has just left; X = sum_i u(c_i), Y = sum_i v(c_i).  The reward model undervalues
what lives (the weight s, where everything else has 1), and overvalues what has just left (2/s).
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.bridge import to_sympy
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


def rest(g: Any, Y: Any) -> Any:
    """The weight of a cloud of g that live and Y that have just left, one of which has come to life."""
    return N - (1 - s) * g + (2 / s - 1) * Y + s - 2 / s


def most(g: Any, Y: Any) -> Any:
    """s^2 + s/N + 3 (g + 1)/(N^2 (1 + Y))."""
    return s**2 + s / N + 3 * (g + 1) / (N**2 * (1 + Y))


@lemma("heavy_share", title="s Y/rest <= s^2 + s/N + 3 (g + 1)/(N^2 (1 + Y)) for g >= 0, Y >= 1, g + Y <= N")
@in_sympy("heavy_share")
def heavy_share(d: Derivation) -> Line:
    """rest = L + (2/s - 1)(Y - 1), L = N - (1 - s)(g + 1) >= Y - 1: so it is at least 2 (Y - 1)/s, and s/L <= (s N + g + 1)/N^2."""
    S, L = rest(g, Y), N - (1 - s) * (g + 1)
    given = 0 < N, 0 < s, s <= 1, 0 <= g, relation("<=", 1, Y), g + Y <= N
    with d.suppose(*given) as here:
        d.know(d.prove(0 <= g + 1))
        d.know(d.prove(g + 1 <= N, here[4], here[5]))
        room = d.use("light_share")(g + 1)
        d.know(room[1][1])
        least = d.prove(Y - 1 <= L, here[5], d.prove(0 <= s * (g + 1)))
        split = d.prove(Eq(S, L + (2 / s - 1) * (Y - 1)))
        above = d.prove(L <= S, split, d.prove(0 <= (2 / s - 1) * (Y - 1), here[4], d.prove(0 <= 2 / s - 1, here[2])))
        d.know(d.prove(0 < S, above, room[1][1]))
        wide = d.prove(2 * (Y - 1) / s <= S, split, least)
        wide = d.prove(2 * (Y - 1) <= s * S, times(d, s, wide))
        first = d.prove(s * (Y - 1) / S <= s**2 / 2, times(d, s, wide), hold=[S])
        with d.suppose(Y <= 2) as few:
            less = d.prove(s / S <= s / L, above, hold=[S, L])
            small = d.prove((g + 1) / N**2 <= 3 * (g + 1) / (N**2 * (1 + Y)), few[0])
            sum_of = d.prove((s * N + g + 1) / N**2 <= s / N + small.rhs, small)
            low = d.chain(less, room[0], sum_of, d.prove(sum_of.rhs <= s**2 / 2 + sum_of.rhs))
        with d.suppose(2 < Y) as many:
            enough = d.prove(2 <= s * S, wide, many[0])
            half = d.prove(s / S <= s**2 / 2, times(d, s, enough), hold=[S])
            high = d.chain(half, d.prove(s**2 / 2 <= s**2 / 2 + s / N + 3 * (g + 1) / (N**2 * (1 + Y))))
        second = d.cases(Y, 2, low, high)
        line = d.both(d.prove(0 < S), d.form(added(d, first, second), s * Y / S <= most(g, Y)))
    return here.then(line, g, Y)


@lemma("gated", title="a b p <= a b q for indicators a and b, if p <= q where both are 1")
@in_sympy("gated")
def gated(d: Derivation) -> Line:
    a, b, p, q = symbols("a b p q")
    where = implications(Eq(a, 1), Eq(b, 1), p <= q)
    with d.suppose(Eq(a**2, a), Eq(b**2, b), 0 <= a, 0 <= b, where) as here:
        goal, one = a * b * p <= a * b * q, d.use("indicator_is_one")
        with d.suppose(a <= 0) as none:
            low = d.prove(goal, d.equal(none[0], here[2]))
        with d.suppose(0 < a):
            d.know(one(a))
            with d.suppose(b <= 0) as none:
                first = d.prove(goal, d.equal(none[0], here[3]))
            with d.suppose(0 < b):
                d.know(one(b))
                d.know(d.prove(0 <= a * b))
                second = times(d, a * b, here[4]())
            high = d.cases(b, 0, first, second)
        line = d.cases(a, 0, low, high)
    return here.then(line, a, b, p, q)


class Exchange:
    """A draw y that lives changes places with an entry c_i that has just left; i < N, y and c are good."""

    def __init__(self, d: Derivation) -> None:
        self.d, self.cloud, self.own = d, Cloud(d), Entry(c, i)
        self.same = d.given(Eq(mean_u, mean_v))

    def swapped(self, after: Any, bound: Any, least: Any) -> Line:
        """E sum_i E u(y) v(c_i) after <= E u E [Y (1/Y) bound], from after <= (1/Y) bound where u(y) = 1 and v(c_i) = 1, which `least`
        says of v(y) = 0, u(c_i) = 0, 1 <= Y."""
        d, cloud, own = self.d, self.cloud, self.own
        with cloud.cloud as there:
            clean = cloud.sums()
            with d.below(i, N) as inside:
                d.know(clean(i))
                kind = cloud.kind(own)
                d.know(d.gen_after(kind[1], inside[0], i))
                top = d.use("term_below_partial_sum", {sequence(j): v(Entry(c, j))})(N)(i)
                d.know(cloud.kinds(own)[1][0])
                with cloud.point as here:
                    drawn = cloud.kind(y)
                    d.know(cloud.kinds(y)[0])
                    with d.suppose(Eq(u(y), 1), Eq(v(own), 1)) as both:
                        gone = d.equal(d.prove(v(y) <= 0, drawn[2], both[0]), drawn[1])
                        other = d.equal(d.prove(u(own) <= 0, kind[2], both[1]), kind[0])
                        one = d.know(d.prove(relation("<=", 1, left), top, both[1]))
                        line = least(gone, other, one, both)
                    d.know(both.then(line))
                    gate = d.use("gated")(u(y), v(own), after, Recip(left) * bound)
                mean = here.average(gate)
            sums = inside.sum(mean)
        whole = there.average(sums)
        left_side = to_sympy(whole.fact.sides[0])
        return d.form(whole, left_side <= mean_u * cloud.mean(left * Recip(left) * bound))


@lemma(
    "lives_by_left",
    title="how many live for one more that has just left",
    words="If a draw lives as often as it has just left, E u = E v: E u E[X/(1 + Y)] <= E u.",
)
@in_sympy("lives_by_left")
def lives_by_left(d: Derivation) -> Line:
    """E v E[X/(1+Y)] = E sum_i E u(y) v(c_i)/(1 + Y + v(y) - v(c_i)) <= E u E[Y (1/Y)]."""
    ex = Exchange(d)
    cloud, r = ex.cloud, symbols("r")[0]
    moved = 1 + left + v(y) - v(ex.own)

    def least(gone: Line, other: Line, one: Line, both: Any) -> Line:
        same = d.prove(Eq(left, moved), gone, both[1])
        line = d.prove(relation("<=", Recip(left), Recip(left) * 1))
        return d.at(same, line, lambda w: Recip(w) <= Recip(left) * 1)

    whole = ex.swapped(Recip(moved), 1, least)
    with cloud.cloud as there:
        cloud.sums()
        share = there.average(d.use("own_share")(left))
    exchange = d.iid_swap(mu, e, f, u(e) * v(f) / (1 + r), N, r, (y, v(y)))
    answer = cloud.mean(lives / (1 + left))
    exchange = d.form(exchange, Eq(mean_v * answer, to_sympy(whole.fact.sides[0])))
    with cloud.point as here:
        positive = here.average(cloud.kind(y)[0])
    d.know(d.prove(0 <= mean_u, positive))
    line = d.chain(exchange, whole, times(d, mean_u, share))
    return d.at(d.prove(Eq(mean_v, mean_u), ex.same), line, lambda p: p * answer <= mean_u * 1)


@lemma(
    "left_share",
    title="the share of what lives, where as much has just left and is overvalued",
    words="If a draw lives as often as it has just left, with the weights s and 2/s, others 1: the mean share of the weight that lives is "
    "at most s^2 + s/N + 6/N^2, however often that is.",
)
@in_sympy("left_share")
def left_share(d: Derivation) -> Line:
    """E v E[X/S] = E sum_i E u(y) v(c_i)/(S + s - 2/s), where s/(S + s - 2/s) is at most (1/Y) `most`, and E[X/(1 + Y)] <= 1."""
    ex = Exchange(d)
    cloud, r, S = ex.cloud, symbols("r")[0], over(heavy)
    moved, bound = S + heavy(y) - heavy(ex.own), most(lives, left)
    plain = N - (1 - s) * lives + (2 / s - 1) * left

    def least(gone: Line, other: Line, one: Line, both: Any) -> Line:
        share = d.use("heavy_share")(lives, left)
        d.know(share[0])
        d.know(d.prove(0 < left, one))
        d.know(d.prove(0 <= Recip(left)))
        known, low = times(d, Recip(left), share[1]), rest(lives, left)
        line = d.prove(s * Recip(low) <= Recip(left) * bound, known, hold=[low, bound])
        same = d.prove(Eq(low, moved), gone, other, both[0], both[1])
        return d.at(same, line, lambda w: s * Recip(w) <= Recip(left) * bound)

    whole = ex.swapped(s * Recip(moved), bound, least)
    with cloud.point as here:
        positive = here.average(cloud.kind(y)[0])
    d.know(d.prove(0 <= mean_u, positive))
    size, odd = s**2 + s / N + 3 / N**2, lives / (1 + left)
    with cloud.cloud as there:
        cloud.sums()
        d.know(d.prove(0 <= bound))
        own = d.form(times(d, bound, d.use("own_share")(left)), left * Recip(left) * bound <= bound)
        less = d.prove(1 / (1 + left) <= 1)
        tail = d.prove(3 * (lives + 1) / (N**2 * (1 + left)) <= 3 / N**2 * odd + 3 / N**2, less)
        flat = d.form(
            added(d, d.prove(relation("<=", s**2 + s / N, s**2 + s / N)), tail), bound <= size + 3 / N**2 * odd
        )
        share = there.average(d.chain(own, flat))
    exchange = d.iid_swap(mu, e, f, s * u(e) * v(f) / r, N, r, (y, heavy(y)))
    answer = cloud.mean(s * lives / S)
    exchange = d.form(exchange, Eq(mean_v * answer, to_sympy(whole.fact.sides[0])))
    line = d.chain(exchange, whole, times(d, mean_u, share))
    many = d.use("lives_by_left")
    total = size + 3 / N**2
    line = d.at(
        d.prove(Eq(mean_v, mean_u), ex.same), line, lambda p: p * answer <= mean_u * (size + 3 / N**2 * cloud.mean(odd))
    )
    line = d.prove(mean_u * answer <= mean_u * total, line, many, hold=[answer, mean_u, cloud.mean(odd)])
    with cloud.cloud as there:
        cloud.sums()
        d.know(d.prove(0 <= N - lives, cloud.whole))
        spare = d.prove(0 <= (1 - s) * (N - lives)), d.prove(0 <= (2 / s - 1) * left)
        low = spread(d, s * N, plain, *spare)
        d.know(d.chain(d.prove(0 < s * N), low))
        part = there.average(d.prove(s * lives / plain <= lives / N, times(d, lives, low), hold=[plain, lives]))
    count, held = d.iid_sum(mu, y, u(y), N), [answer, mean_u, cloud.mean(lives)]
    never = d.prove(answer <= mean_u, d.form(part, answer <= cloud.mean(lives) / N), count, hold=held)
    with d.suppose(0 < mean_u):
        d.know(line)
        high = d.use("cancel_factor")(mean_u, answer, total)
    with d.suppose(mean_u <= 0) as none:
        small = d.chain(never, none[0], d.prove(0 <= total))
    return d.both(d.cases(mean_u, 0, small, high), never)


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
