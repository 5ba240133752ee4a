"""Clouds of weighted particles with a test function, in general: what S10 and S12 need of a particle filter.

As `clouds`, with a second value g(t, e): the exact expected product of the weights of one particle times its terminal test function, whose
last weight is tested(e).  Out(t, c) is the mean answer given the cloud c at time t, any number >= 0 once all weights vanish.  C(m, t, c) is
the expected square of the product of the mean weights times the answer from c on, with m steps to go, or anything above it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Expect, ForAll, Implication, Law, implications, relation
from proofs.lemmas import clouds
from proofs.lemmas.clouds import (
    alive,
    backwards,
    each,
    later,
    never_negative,
    no_value,
    no_weight,
    over,
    particles,
    pushed,
    reachable,
    sequence,
    total_of,
    value_rules,
    vanished,
    weights,
)
from proofs.registry import lemma

N, n, m, t, k, e, f, c, d, z = particles.symbols("N n m t k e f c d z")
w, h, g, bad, b, last, tested = particles.symbols("w h g bad b last tested")
B, C, CF, Out, K, mixture = particles.symbols("B C CF Out K next")
STAY = "moving_clouds_stay_good"


def both(time, cloud):
    """(1/N) sum_i h(cloud_i) (1/N) sum_i g(cloud_i)."""
    return (total_of(h, time, cloud) / N) * (total_of(g, time, cloud) / N)


def grow(time):
    """1 + (b - 1)/N."""
    return 1 + (b(time) - 1) / N


def bound(steps, time, cloud):
    """prod_{k<steps} (1 + (b(time+1+k) - 1)/N) (1/N) sum_i h(cloud_i) (1/N) sum_i g(cloud_i)."""
    return Product(grow(time + 1 + k), (k, 0, steps - 1)) * both(time, cloud)


# ---------------------------------------------------------------------------------------------------- hypotheses
def outputs(s: Derivation) -> list[Line]:
    """Out(t, c): the mean answer, given the cloud c at time t; any number >= 0 once all weights vanish."""
    return s.given(
        ForAll(t, c, implications(t < n, alive, Eq(Out(t, c), later(Out(t + 1, d))))),
        ForAll(c, Eq(Out(n, c) * over(c, last), over(c, tested))),
        ForAll(t, c, 0 <= Out(t, c)),
    )


def squares(s: Derivation) -> list[Line]:
    """C is at least the square of the mean weight times the mean of C one step later, and at the end at least its value."""
    more = (weights / N) ** 2 * later(C(m, t + 1, d)) <= C(m + 1, t, c)
    end = over(c, last) * over(c, tested) / N**2 <= C(0, n, c)
    return s.given(
        ForAll(m, t, c, implications(Eq(t + (m + 1), n), reachable(t, c), more)),
        ForAll(c, Implication(reachable(n, c), end)),
    )


def second_moment(s: Derivation) -> list[Line]:
    """CF: the expected square of the product of the mean weights, times the answer, from a cloud on."""
    return s.given(
        ForAll(t, c, Implication(t < n, Eq(CF(t, c), (weights / N) ** 2 * later(CF(t + 1, d))))),
        ForAll(c, Eq(CF(n, c), over(c, last) * over(c, tested) / N**2)),
    )


def moving(s: Derivation) -> dict[str, Line]:
    """The hypotheses of `clouds.setting`, but a particle without weight may move to where it likes."""
    stays = Eq(Expect(K(t, e), f, bad(t + 1, f)), 0)
    return clouds.setting(s, ForAll(t, e, implications(t < n, Eq(bad(t, e), 0), 0 < w(t, e), stays)))


def setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of `moving` and `clouds.sharp`, h bounded where the test function can still be met, and those on g, by name."""
    on_g = {"g is non-negative": never_negative(g), **value_rules(g, tested)}
    return moving(s) | clouds.sharp(s, 0 < g(t + 1, f)) | s.setting(on_g)


# ---------------------------------------------------------------------------------------------------- one step
def growing(s: Derivation, given: dict[str, Line]) -> Line:
    """forall k. 0 <= 1 + (b(k) - 1)/N."""
    one = s.nat_step(given["there are particles"])
    return s.gen(s.prove(0 <= grow(k), one, given["b is non-negative"](k)), k)


H = Expect(mixture(t, c), f, h(t + 1, f))


def next_pair(s: Derivation, given: dict[str, Line], clean: Line) -> Line:
    """E (1/N) sum_j h(d_j) (1/N) sum_j g(d_j) <= (1 + (b - 1)/N) next(h) next(g)."""
    law = given["mixture of h"](t, c)
    many, gone = s.iid_sum(mixture(t, c), f, bad(t + 1, f), N), s.use(STAY)(t, c)
    zero = s.prove(Eq(Expect(mixture(t, c), f, bad(t + 1, f)), 0), many, gone)
    with s.surely(mixture(t, c), f, bad(t + 1, f), given["bad is non-negative"](t + 1), zero) as fine:
        tests = given["g is non-negative"](t + 1, f)
        highest = below_mean(s, given, clean, law)
        second = fine.average(where_met(s, h(t + 1, f), g(t + 1, f), b(t + 1) * H, tests, highest))
    return pair_of_draws(s, mixture(t, c), t + 1, second)


def below_mean(s: Derivation, given: dict[str, Line], clean: Line, law: Line) -> Callable[[], Line]:
    """h(t+1, f) <= b(t+1) next(h) for a reachable particle f where h is bounded; law: the mixture of h."""
    ahead = Expect(K(t, e), f, h(t + 1, f))

    def highest() -> Line:
        with s.suppose(Eq(bad(t, e), 0)) as old:

            def ordered(v):
                return relation("<=", v * h(t + 1, f), b(t + 1) * v * ahead)

            with s.suppose(w(t, e) <= 0):
                none = s.zero(w(t, e), given["weights are non-negative"](t, e))
                low = s.put(s.prove(relation("<=", 0, 0)), ordered, none)
            with s.suppose(0 < w(t, e)):
                high = s.prove(ordered(w(t, e)), given["h is bounded"](t, e, f))
            line = old.then(s.cases(w(t, e), 0, low, high), e)
        top = s.prove(h(t + 1, f) <= b(t + 1) * law.rhs, each(s, given, t, clean, line))
        return s.put(top, lambda v: h(t + 1, f) <= b(t + 1) * v, law)

    return highest


def where_met(s: Derivation, value, test, most, nonneg: Line, highest: Callable[[], Line]) -> Line:
    """value test <= most test, for test >= 0 (nonneg): `highest` gives value <= most where the test is positive."""
    with s.suppose(test <= 0):
        low = s.put(s.prove(relation("<=", 0, 0)), lambda v: value * v <= most * v, s.zero(test, nonneg))
    with s.suppose(0 < test):
        high = s.prove(value * test <= most * test, highest())
    return s.cases(test, 0, low, high)


def pair_of_draws(s: Derivation, law: Law, time, second: Line) -> Line:
    """E (1/N) sum_j h(d_j) (1/N) sum_j g(d_j) <= (1 + (b - 1)/N) E h E g for N draws of `law`; second: E[h g] <= b E h E g."""
    left, right = (Expect(law, f, value(time, f)) for value in (h, g))
    pair, pairs = s.iid_pair(law, e, f, h(time, e) * g(time, f), N), Expect(law.draws(N), d, both(time, d))
    mean = s.prove(Eq(pairs, second.lhs / N + (1 - 1 / N) * left * right), pair)
    return s.prove(pairs <= grow(time) * left * right, mean, second)


# ---------------------------------------------------------------------------------------------------- lemmas
@lemma(
    "moving_clouds_stay_good",
    title="the next cloud is reachable almost surely, though particles without weight may move to where they like",
    words="If all particles of c are reachable and the weights do not all vanish, then E sum_i bad(t+1, d_i) = 0 for N draws of next.",
)
@in_sympy("moving_clouds_stay_good")
def moving_clouds_stay_good(s: Derivation) -> Line:
    given = moving(s)
    with s.suppose(t < n, reachable(t, c), alive) as now:

        def nothing(q) -> Line:
            away = Expect(K(t, q), f, bad(t + 1, f))
            with s.suppose(w(t, q) <= 0):
                none = s.zero(w(t, q), given["weights are non-negative"](t, q))
                low = s.prove(Eq(w(t, q) * away, 0), none)
            with s.suppose(0 < w(t, q)):
                high = s.prove(Eq(w(t, q) * away, 0), given["moves stay good"](t, q))
            return s.cases(w(t, q), 0, low, high)

        sums = each(s, given, t, now[1], nothing)
        mean = s.prove(Eq(Expect(mixture(t, c), f, bad(t + 1, f)), 0), given["mixture of bad"](t, c), sums)
        many = s.iid_sum(mixture(t, c), f, bad(t + 1, f), N)
        line = s.prove(Eq(later(total_of(bad, t + 1, d)), 0), many, mean)
    return now.then(line, t, c)


@lemma(
    "tested_step",
    title="second moment of one step, times the answer",
    words="At a reachable cloud c at time t, t + (m + 1) = n: (mean weight)^2 E B(m, t+1, d) <= B(m+1, t, c) for the next cloud d, with "
    "B(m, t, c) = prod_{k<m} (1 + (b(t+1+k) - 1)/N) (1/N) sum_i h(t, c_i) (1/N) sum_i g(t, c_i).",
)
@in_sympy("tested_step")
def tested_step(s: Derivation) -> Line:
    given = setting(s)
    with s.suppose(Eq(t + (m + 1), n), reachable(t, c)) as now:
        s.know(s.prove(t < n, now[0]))
        s.know(s.prove(relation("<=", t + 1, n), now[0]))
        for value in "hg":
            s.know(each(s, given, t, now[1], given[f"{value} is non-negative"](t)))
        s.know(growing(s, given))
        positive = s.use("product_nonneg", {sequence(k): grow(k)})
        front = s.use("product_front", {sequence(k): grow(k)})(m, t + 1)
        tail, mean = s.know(positive(m, t + 2)).rhs, later(bound(m, t + 1, d))
        with s.suppose(vanished):
            s.know(positive(m + 1, t + 1))
            right = s.prove(0 <= bound(m + 1, t, c))
            low = s.put(right, lambda v: (v / N) ** 2 * mean <= bound(m + 1, t, c), no_weight(s, given))
        with s.suppose(alive):
            one = next_pair(s, given, now[1])
            one = s.times_square(
                s.prove(mean <= tail * one.rhs, s.prove(tail * one.lhs <= tail * one.rhs, one)), weights / N
            )
            carried = [pushed(s, given, now[1], value) for value in (h, g)]
            high = s.put(one, lambda q, x, y: (weights / N) ** 2 * mean <= q * x * y, front, *carried)
        line = s.cases(weights, 0, low, high)
    return now.then(line, m, t, c)


@lemma(
    "tested_second_moment",
    title="second moment of the product of mean weights, times the answer",
    words="If CF(t, c) is the expected square of the product of the mean weights times the answer, from the cloud c at time t on, then for "
    "t + m = n CF(t, c) <= prod_{k<m} (1 + (b(t+1+k) - 1)/N) (1/N) sum_i h(t, c_i) (1/N) sum_i g(t, c_i).",
)
@in_sympy("tested_second_moment")
def tested_second_moment(s: Derivation) -> Line:
    given = setting(s)
    move, end = second_moment(s)

    def claim(r: Any, time: Any) -> Any:
        return CF(time, c) <= bound(r, time, c)

    def at_end(clean: Line) -> Line:
        sums = [each(s, given, n, clean, given[f"{v} at the end"]) for v in "hg"]
        return s.put(s.prove(CF(n, c) <= end(c).rhs, end(c)), lambda x, y: CF(n, c) <= x * y / N**2, *sums)

    def none(clean: Line, zero: Line) -> Line:
        right = s.at(zero, above(), lambda v: (v / N) ** 2 * later(bound(m, t + 1, d)) <= bound(m + 1, t, c))
        gone = s.at(zero, move(t, c), lambda v: Eq(CF(t, c), (v / N) ** 2 * later(CF(t + 1, d))))
        return s.prove(claim(m + 1, t), gone, right)

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            mean = ahead.average(hyp(t + 1, d))
        one = s.times_square(mean, weights / N)
        return s.put(s.chain(one, above()), lambda v: v <= bound(m + 1, t, c), move(t, c))

    def above() -> Line:
        return s.use("tested_step")(m, t, c)

    return backwards(s, given, (t, c), claim, at_end, none, some, STAY)


@lemma(
    "particle_second_moment",
    title="second moment of the product of mean weights",
    words="If B(t, c) is the expected square of the product of the mean weights from the cloud c at time t on, then for t + m = n "
    "B(t, c) <= prod_{k<m} (1 + (b(t+1+k) - 1)/N) ((1/N) sum_i h(t, c_i))^2: the answer 1 in tested_second_moment.",
)
@in_sympy("particle_second_moment")
def particle_second_moment(s: Derivation) -> Line:
    clouds.setting(s), clouds.sharp(s)
    return s.use("tested_second_moment", {g(t, e): h(t, e), tested(e): last(e), CF(t, c): B(t, c)})


@lemma(
    "output_square",
    title="the answer under the square of 1 - z Zhat",
    words="E[nu(F) (1 - z Zhat)^2 | c] >= 0, that is 0 <= Out - (2 z/N) sum_i g(t, c_i) + z^2 C for every scale z, at a reachable cloud.",
)
@in_sympy("output_square")
def output_square(s: Derivation) -> Line:
    given = setting(s)
    moves, honest, nonneg = outputs(s)
    above, above_end = squares(s)

    def shape(zero, one, two):
        return relation("<=", 0, zero - 2 * z * (one / N) + z**2 * two)

    def claim(r: Any, time: Any) -> Any:
        return shape(Out(time, c), total_of(g, time, c), C(r, time, c))

    def at_end(clean: Line) -> Line:
        value = each(s, given, n, clean, given["g at the end"])
        out, mean = Out(n, c), over(c, last) / N
        bare = s.prove(0 <= out * (1 - z * mean) ** 2, nonneg(n, c))
        most = s.times_square(s.prove(out * mean**2 <= C(0, n, c), honest(c), above_end(c)), z)
        bare = s.prove(shape(out, out * over(c, last), C(0, n, c)), bare, most)
        there = s.at(honest(c), bare, lambda v: shape(out, v, C(0, n, c)))
        return s.put(there, lambda v: shape(out, v, C(0, n, c)), value)

    out, most = Out(t, c), C(m + 1, t, c)

    def none(clean: Line, zero: Line) -> Line:
        right = s.at(zero, above(m, t, c), lambda v: (v / N) ** 2 * later(C(m, t + 1, d)) <= most)
        flat = s.prove(shape(out, 0, most), nonneg(t, c), s.times_square(right, z))
        return s.put(flat, lambda v: shape(out, v, most), no_value(s, given, clean, zero, g))

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            average = ahead.average(hyp(t + 1, d, z * weights / N))
        many, here = s.iid_sum(mixture(t, c), f, g(t + 1, f), N), pushed(s, given, clean, g)
        value = s.prove(Eq(total_of(g, t, c), weights / N * many.lhs), here, many)
        line = s.prove(shape(later(Out(t + 1, d)), value.rhs, most), average, s.times_square(above(m, t, c), z))
        return s.put(line, lambda a, v: shape(a, v, most), moves(t, c), value)

    return backwards(s, given, (t, c, z), claim, at_end, none, some, STAY)
