"""How far the answer spreads along a run, in general: what S11.closed needs of a particle filter with a test function.

As `tested_clouds`, 0 <= g <= h, and b bounds h as in `clouds.sharp`.  Two lineages that never meet keep the second moment times the
answer above z^(n+1) times what the means would give, z = 1 - 1/N.  Zhat (nu(F) - p) moves from cloud to cloud like a martingale, and the
squares of its moves add up: QF(t, c) is the mean of its square from the cloud c on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    implications,
    product,
    relation,
    symbols,
    total,
)
from proofs.lemmas import clouds
from proofs.lemmas.clouds import backwards, each, later, no_value, over, particles, pushed, sequence, weights
from proofs.lemmas.first_cloud import G0, H0, first_cloud, start
from proofs.lemmas.first_cloud import reachable as first_reachable
from proofs.lemmas.local_moments import draws, good, mean, one_ahead, powers
from proofs.lemmas.tested_clouds import below_mean, grow, growing, second_moment
from proofs.registry import lemma

N, n, m, t, i, k, e, f, c, d, z = particles.symbols("N n m t i k e f c d z")
h, g, bad, b, last, tested, CF, mixture = particles.symbols("h g bad b last tested CF next")
(p,) = symbols("p")
QF = function("QF", "nat Edge* -> real")


def setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of `clouds.setting` and `clouds.sharp`, and those on the value g of a test function between 0 and 1, by name."""
    rest = ForAll(t, e, implications(t <= n, good, 0 <= h(t, e) - g(t, e)))
    on_g = {"g is non-negative": clouds.never_negative(g), "g is at most h": rest, **clouds.value_rules(g, tested)}
    return clouds.setting(s) | clouds.sharp(s) | s.setting(on_g)


def off_target(time: Any, at: Any) -> Any:
    """g - p h: what a particle adds to Zhat (nu(F) - p)."""
    return g(time, at) - p * h(time, at)


def spread(time: Any, at: Any) -> Any:
    """(1 - p)^2 g + p^2 (h - g): times h it is at least (g - p h)^2."""
    return (1 - p) ** 2 * g(time, at) + p**2 * (h(time, at) - g(time, at))


def room(count: Any, time: Any) -> Any:
    """sum_{k<count} (b(time+k)/N) prod_{i<k} (1 + (b(time+i) - 1)/N)."""
    return total(count, k, b(time + k) / N * product(k, i, grow(time + i)))


def bound(count: Any, time: Any, cloud: Any) -> Any:
    """The square of what the cloud expects, and what the moves after it add."""
    return mean(off_target, time, cloud) ** 2 + room(count, time + 1) * mean(h, time, cloud) * mean(spread, time, cloud)


# ---------------------------------------------------------------------------------------------------- from below
def pair_below(s: Derivation, given: dict[str, Line], law: Law, time: Any, at: Any, point: Surely) -> Line:
    """z E h E g <= E (1/N) sum_i h(d_i) (1/N) sum_i g(d_i) over N draws of the law; `with point:` the draw `at` is reachable."""
    with point as fine:
        own, test = given["h is non-negative"](time, at), given["g is non-negative"](time, at)
        same = fine.average(s.prove(0 <= h(time, at) * g(time, at), own, test))
    two = draws(s, law, time, h, g)
    ones = [Expect(law, f, value(time, f)) for value in (h, g)]
    return s.prove(z * ones[0] * ones[1] <= two.lhs, two, same)


@lemma(
    "answer_moment_below",
    title="second moment of the product of mean weights times the answer, from below",
    words="If CF(t, c) is the expected square of the product of the mean weights times the answer, from the cloud c at time t on, then for "
    "t + m = n (1 - 1/N)^m (1/N) sum_i h(t, c_i) (1/N) sum_i g(t, c_i) <= CF(t, c).",
)
@in_sympy("answer_moment_below")
def answer_moment_below(s: Derivation) -> Line:
    given = setting(s)
    move, end = second_moment(s)
    powers(s)

    def claim(r: Any, time: Any) -> Any:
        return z**r * mean(h, time, c) * mean(g, time, c) <= CF(time, c)

    def at_end(clean: Line) -> Line:
        sums = [each(s, given, n, clean, given[f"{v} at the end"]) for v in "hg"]
        return s.put(s.prove(end(c).rhs <= CF(n, c), end(c)), lambda x, y: x * y / N**2 <= CF(n, c), *sums)

    def none(clean: Line, zero: Line) -> Line:
        gone = s.at(zero, move(t, c), lambda v: Eq(CF(t, c), (v / N) ** 2 * later(CF(t + 1, d))))
        return s.prove(claim(m + 1, t), gone, no_value(s, given, clean, zero, h))

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            average = ahead.average(hyp(t + 1, d))
        s.know(s.prove(t + 1 <= n, s.nat_step(s.prove(t < n))))
        pair = pair_below(s, given, mixture(t, c), t + 1, f, one_ahead(s, given))
        pair = s.prove(z**m * pair.lhs <= average.rhs, s.prove(z**m * pair.lhs <= z**m * pair.rhs, pair), average)
        carried = [pushed(s, given, clean, value) for value in (h, g)]
        return s.prove(claim(m + 1, t), s.times_square(pair, weights / N), move(t, c), *carried)

    return backwards(s, given, (t, c), claim, at_end, none, some)


@lemma(
    "first_answer_below",
    title="second moment of the normaliser times the answer, from below, from the first cloud on",
    words="(1 - 1/N)^(n+1) H0 G0 <= E[Zhat^2 nu(F)].",
)
@in_sympy("first_answer_below")
def first_answer_below(s: Derivation) -> Line:
    given = setting(s)
    second_moment(s)
    powers(s)
    one, cloud = first_reachable(s)
    with s.surely(first_cloud, d, *cloud) as clean:
        average = clean.average(s.use("answer_moment_below")(n, 0, d))
    s.know(s.use("power_nonneg")(z, n))
    pair = pair_below(s, given, start, 0, e, s.surely(start, e, *one))
    return s.prove(z ** (n + 1) * H0 * G0 <= average.rhs, s.prove(z**n * pair.lhs <= z**n * pair.rhs, pair), average)


# ---------------------------------------------------------------------------------------------------- from above
@lemma(
    "room_front",
    title="what the moves add, from the first of them on",
    words="sum_{k<m+1} (b(t+k)/N) prod_{i<k} (1 + (b(t+i) - 1)/N) = b(t)/N + (1 + (b(t) - 1)/N) times the sum over k < m from t + 1 on.",
)
@in_sympy("room_front")
def room_front(s: Derivation) -> Line:
    def term(count: Any, time: Any) -> Any:
        return b(time + count) / N * product(count, i, grow(time + i))

    front = s.use("sum_front", {sequence(k): term(k, t)})(m, 0)
    with s.below(k, m) as inside:
        first = s.use("product_front", {sequence(k): grow(k)})(k, t)
        whole = s.put(
            s.prove(relation("=", 0, 0)), lambda v: Eq(b(t + 1 + k) / N * v, b(t + 1 + k) / N * first.rhs), first
        )
        rest = inside.sum(s.form(whole, Eq(term(k + 1, t), grow(t) * term(k, t + 1))))
    line = s.prove(Eq(room(m + 1, t), b(t) / N + grow(t) * room(m, t + 1)), front, rest)
    return s.gen(line, m, t)


@lemma(
    "room_nonneg",
    title="what the moves add is non-negative",
    words="0 <= sum_{k<m} (b(t+k)/N) prod_{i<k} (1 + (b(t+i) - 1)/N).",
)
@in_sympy("room_nonneg")
def room_nonneg(s: Derivation) -> Line:
    many, high = s.given(0 < N, ForAll(t, 0 <= b(t)))
    s.know(growing(s, {"there are particles": many, "b is non-negative": high}))
    factors = s.use("product_nonneg", {sequence(k): grow(k)})
    with s.below(k, m) as inside:
        s.know(factors(k, t))
        line = inside.sum(s.prove(0 <= b(t + k) / N * product(k, i, grow(t + i)), high(t + k)))
    return s.gen(s.form(line, 0 <= room(m, t)), m, t)


def pairs_above(
    s: Derivation, given: dict[str, Line], law: Law, time: Any, at: Any, point: Surely, top: Callable[[], Line]
) -> tuple[Line, Line]:
    """Over N draws of the law, from `top`, h <= b E h at a reachable draw `at`: the mean of the square of the cloud's g - p h is at most
    (E (g - p h))^2 + (b/N) E h E spread, and that of the products of h and spread at most 1 + (b - 1)/N times E h E spread."""
    with point as fine:
        test, rest = given["g is non-negative"](time, at), given["g is at most h"](time, at)
        s.know(s.prove(0 <= 1 - p))
        wide = s.prove(
            0 <= spread(time, at), s.prove(0 <= (1 - p) ** 2 * g(time, at), test), s.prove(0 <= p**2 * rest.rhs, rest)
        )
        highest = top()
        most = s.prove(
            h(time, at) * wide.rhs <= highest.rhs * wide.rhs,
            s.prove(0 <= (highest.rhs - h(time, at)) * wide.rhs, highest, wide),
        )
        square = s.prove(
            off_target(time, at) ** 2 <= h(time, at) * wide.rhs, s.prove(0 <= g(time, at) * rest.rhs, test, rest)
        )
        means = [fine.average(line) for line in (s.chain(square, most), most)]
    own = Expect(law, f, off_target(time, f))
    s.know(s.prove(0 <= 1 - z, s.given(Eq(z, 1 - 1 / N))))
    apart = s.prove(z * own**2 <= own**2, s.prove(0 <= (1 - z) * own**2, s.prove(relation("<=", 0, own**2))))
    squares, cross = draws(s, law, time, off_target, off_target), draws(s, law, time, h, spread)
    both = Expect(law, f, h(time, f)) * Expect(law, f, spread(time, f))
    return (
        s.prove(squares.lhs <= own**2 + b(time) / N * both, squares, means[0], apart),
        s.prove(cross.lhs <= grow(time) * both, cross, means[1]),
    )


@lemma(
    "answer_spread",
    title="how far the answer spreads, given the cloud",
    words="If QF(t, c) is the mean of the square of Zhat (nu(F) - p) from the cloud c at time t on, 0 <= p <= 1, then for t + m = n it "
    "is at most ((1/N) sum_i (g - p h)(c_i))^2 + K (1/N) sum_i h(c_i) (1/N) sum_i ((1-p)^2 g + p^2 (h - g))(c_i), K = "
    "sum_{k<m} (b(t+1+k)/N) prod_{i<k} (1 + (b(t+1+i) - 1)/N).",
)
@in_sympy("answer_spread")
def answer_spread(s: Derivation) -> Line:
    given = setting(s)
    s.given(Eq(z, 1 - 1 / N), 0 <= p, p <= 1)
    ratio, law = weights / N, mixture(t, c)
    move, end = squares(s)

    def claim(r: Any, time: Any) -> Any:
        return QF(time, c) <= bound(r, time, c)

    def shape(left: Any, count: Any, time: Any) -> Callable[..., Any]:
        """The claim for values of the sums of h and of g."""

        def of(one: Any, test: Any) -> Any:
            rest = (1 - p) ** 2 * test / N + p**2 * (one / N - test / N)
            return left <= (test / N - p * one / N) ** 2 + room(count, time + 1) * (one / N) * rest

        return of

    def at_end(clean: Line) -> Line:
        sums = [each(s, given, n, clean, given[f"{v} at the end"]) for v in "hg"]
        bare = s.prove(shape(QF(n, c), 0, n)(over(c, last), over(c, tested)), end(c))
        return s.form(s.put(bare, shape(QF(n, c), 0, n), *sums), claim(0, n))

    def none(clean: Line, zero: Line) -> Line:
        gone = s.at(zero, move(t, c), lambda v: Eq(QF(t, c), (v / N) ** 2 * later(QF(t + 1, d))))
        sums = [no_value(s, given, clean, zero, value) for value in (h, g)]
        bare = s.prove(shape(QF(t, c), m + 1, t)(0, 0), gone)
        return s.form(s.put(bare, shape(QF(t, c), m + 1, t), *sums), claim(m + 1, t))

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            average = ahead.average(hyp(t + 1, d))
        s.know(s.prove(t + 1 <= n, s.nat_step(s.prove(t < n))))
        mixed = given["mixture of h"](t, c)
        first, cross = pairs_above(s, given, law, t + 1, f, one_ahead(s, given), below_mean(s, given, clean, mixed))
        rest = s.know(s.use("room_nonneg")(m, t + 2)).rhs
        cross = s.prove(rest * cross.lhs <= rest * cross.rhs, cross)
        front = s.use("room_front")(m, t + 1)
        most = s.prove(average.lhs <= first.rhs + cross.rhs, average, first, cross)
        most = s.times_square(most, ratio)
        carried = [pushed(s, given, clean, value) for value in (h, g)]
        return s.prove(claim(m + 1, t), most, move(t, c), front, *carried)

    return backwards(s, given, (t, c), claim, at_end, none, some)


def squares(s: Derivation) -> list[Line]:
    """QF: what one step does to it, and its value at the end."""
    move = Eq(QF(t, c), (weights / N) ** 2 * later(QF(t + 1, d)))
    end = Eq(QF(n, c), (over(c, tested) / N - p * over(c, last) / N) ** 2)
    return s.given(ForAll(t, c, Implication(t < n, move)), ForAll(c, end))


@lemma(
    "first_answer_spread",
    title="how far the answer spreads, from the first cloud on",
    words="E QF <= (G0 - p H0)^2 + K H0 ((1-p)^2 G0 + p^2 (H0 - G0)), K = sum_{k<=n} (b(k)/N) prod_{i<k} (1 + (b(i) - 1)/N).",
)
@in_sympy("first_answer_spread")
def first_answer_spread(s: Derivation) -> Line:
    given = setting(s)
    s.given(Eq(z, 1 - 1 / N), 0 <= p, p <= 1)
    squares(s)
    one, cloud = first_reachable(s)
    top = s.given(ForAll(e, Implication(Eq(bad(0, e), 0), h(0, e) <= b(0) * H0)))
    with s.surely(first_cloud, d, *cloud) as clean:
        average = clean.average(s.use("answer_spread")(n, 0, d))
    first, cross = pairs_above(s, given, start, 0, e, s.surely(start, e, *one), lambda: top(e))
    rest = s.know(s.use("room_nonneg")(n, 1)).rhs
    cross = s.prove(rest * cross.lhs <= rest * cross.rhs, cross)
    goal = (G0 - p * H0) ** 2 + room(n + 1, 0) * H0 * ((1 - p) ** 2 * G0 + p**2 * (H0 - G0))
    return s.prove(average.lhs <= goal, average, first, cross, s.use("room_front")(n, 0))
