"""Convex quartics of the product of mean weights of a particle filter, in general: what S11.fourth needs.

As `clouds`, b bounding h as in `sharp` and at least 1 until the horizon.  Given the cloud, a convex quartic of Zhat has at most the mean
that it has of (1/N) sum_i h(c_i) times independent B_k = (b(k)/N) Bin(N, 1/b(k)), one for each step to go: by `quartic_of_average` at each.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    implications,
    relation,
    symbols,
)
from proofs.lemmas import clouds
from proofs.lemmas.clouds import backwards, each, later, no_value, over, particles, pushed, sequence, total_of, weights
from proofs.lemmas.first_cloud import H0, first_cloud, reachable, start
from proofs.lemmas.quartics import convex, k2, k3, k4, largest, phi, powers
from proofs.lemmas.tested_clouds import below_mean
from proofs.registry import lemma

N, n, m, t, k, e, f, c, d = particles.symbols("N n m t k e f c d")
h, bad, b, last, B, mixture = particles.symbols("h bad b last B next")
B3, B4 = (function(name, "nat Edge* -> real") for name in ("B3", "B4"))
MEANS = B, B3, B4
"""The means of Zhat^2, Zhat^3, Zhat^4 from a cloud on."""
ks = k2, k3, k4
(top,) = symbols("b")
AT_LEAST_ONE = ForAll(t, Implication(t <= n, relation("<=", 1, b(t))))


def steps(count: Any, time: Any) -> tuple[Any, ...]:
    """The moments 2, 3, 4 of the product of B_k for time <= k < time + count."""
    return tuple(Product(moment, (k, 0, count - 1)) for moment in largest(b(time + k)))


def bounds(count: Any, time: Any, cloud: Any) -> tuple[Any, ...]:
    """The moments 2, 3, 4 of (1/N) sum_i h(c_i) times the product of B_k over the steps to go."""
    return tuple(p * q for p, q in zip(steps(count, time + 1), powers(total_of(h, time, cloud) / N), strict=True))


def convex_at(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The quartic with these coefficients is convex."""
    first, second, third = values
    return relation("<=", 0, first), relation("<=", 0, third), relation("<=", second**2, first * third)


def times(left: Any, right: Any) -> tuple[Any, ...]:
    """The products, one by one."""
    return tuple(p * q for p, q in zip(left, right, strict=True))


# ---------------------------------------------------------------------------------------------------- convexity is kept
@lemma(
    "quartic_stays_convex",
    title="coefficients of a convex quartic times moments",
    words="If 0 <= k2, k4 and k3^2 <= k2 k4, and the same of q2, q3, q4, then it holds of the products k2 q2, k3 q3, k4 q4.",
)
@in_sympy("quartic_stays_convex")
def quartic_stays_convex(s: Derivation) -> Line:
    qs = symbols("q2 q3 q4")
    with s.suppose(*convex, *convex_at(qs)) as here:
        signs = [s.prove(goal, here[j], here[j + 3]) for j, goal in enumerate(convex_at(times(ks, qs))[:2])]
        first = s.times_square(here[2], qs[1])
        second = s.prove(k2 * k4 * qs[1] ** 2 <= k2 * k4 * (qs[0] * qs[2]), s.know(s.prove(0 <= k2 * k4)), here[5])
        line = s.both(signs[0], s.both(signs[1], s.form(s.chain(first, second), convex_at(times(ks, qs))[2])))
    return here.then(line, *ks, *qs)


def know_convex(s: Derivation, left: Any, right: Any) -> tuple[Any, ...]:
    """The products of the coefficients of two convex quartics, which are known to be convex from here on."""
    know_parts(s, s.use("quartic_stays_convex")(*left, *right))
    return times(left, right)


def know_parts(s: Derivation, line: Line) -> None:
    """That a quartic is convex, part by part."""
    for part in (line[0], line[1][0], line[1][1]):
        s.know(part)


@lemma(
    "binomial_convex",
    title="the moments of B = (b/N) Bin(N, 1/b) keep a quartic convex",
    words="For b >= 1 and N >= 1: 0 <= E B^2, 0 <= E B^4 and (E B^3)^2 <= E B^2 E B^4.",
)
@in_sympy("binomial_convex")
def binomial_convex(s: Derivation) -> Line:
    """Times N^4 they are polynomials of b - 1 and N - 1 with coefficients that are not negative."""
    many = s.given(0 < N)
    one = s.prove(relation("<=", 0, N - 1), s.nat_step(many))
    with s.suppose(relation("<=", 1, top)) as here:
        high = s.prove(relation("<=", 0, top - 1), here[0])
        lines = [_expanded(s, goal, high, one) for goal in convex_at(largest(top))]
        line = s.both(lines[0], s.both(*lines[1:]))
    return here.then(line, top)


def _expanded(s: Derivation, goal: Any, *signs: Line) -> Line:
    """The goal from the coefficients of its difference times N^4, as a polynomial of b - 1 and N - 1."""
    over, more = symbols("v w")
    difference = sp.simplify((goal.rhs - goal.lhs) * N**4).subs({top: over + 1, N: more + 1}, simultaneous=True)
    with s.suppose(0 <= over, 0 <= more) as here:
        rule = here.then(s.prove(0 <= sp.expand(difference)), over, more)
    for sign in signs:
        s.know(sign)
    positive = rule(top - 1, N - 1)
    return s.prove(goal, s.prove(0 <= positive.rhs / N**4, positive))


@lemma(
    "binomials_convex",
    title="the moments of a product of independent B_k keep a quartic convex",
    words="For b(k) >= 1 where k <= n: the moments 2, 3, 4 of the product of B_k over t <= k < t + m, t + m <= n + 1.",
)
@in_sympy("binomials_convex")
def binomials_convex(s: Derivation) -> Line:
    s.given(0 < N)
    high = s.given(AT_LEAST_ONE)

    def claim(count: Any) -> Any:
        goals = convex_at(steps(count, t))
        return Implication(relation("<=", t + count, n + 1), Both(goals[0], Both(goals[1], goals[2])))

    with s.suppose(relation("<=", t + 0, n + 1)) as now:
        goals = convex_at(steps(0, t))
        base = now.then(s.both(s.prove(goals[0]), s.both(s.prove(goals[1]), s.prove(goals[2]))))
    with s.suppose(claim(m)) as hyp, s.suppose(t + (m + 1) <= n + 1) as now:
        s.know(s.prove(t + m <= n + 1, now[0]))
        s.know(s.prove(t + m <= n, now[0]))
        s.know(high(t + m))
        know_parts(s, hyp[0]())
        know_parts(s, s.use("binomial_convex")(b(t + m)))
        line = s.use("quartic_stays_convex")(*steps(m, t), *largest(b(t + m)))
        step = hyp.then(now.then(s.form(line, claim(m + 1).args[1])))
    return s.gen(s.induct(m, claim, base, step), t)


# ---------------------------------------------------------------------------------------------------- from cloud to cloud
def drawn(s: Derivation, law: Law, time: Any) -> Line:
    """`quartic_of_average` for h at this time and draws of the law."""
    point = {function(name, "Edge -> real")(e): value(time, e) for name, value in (("h", h), ("z", bad))}
    return s.use("quartic_of_average", {Law("mu", "", "Edge"): law, **point, top: b(time)}, {"Y": "Edge"})


def know_next(s: Derivation, given: dict[str, Line], clean: Line) -> None:
    """A particle of the next cloud is reachable almost surely, and then 0 <= h <= b next(h)."""
    every, law = s.iid_sum(mixture(t, c), f, bad(t + 1, f), N), given["mixture of h"](t, c)
    s.know(s.prove(Eq(Expect(mixture(t, c), f, bad(t + 1, f)), 0), every, s.use("clouds_stay_good")(t, c)))
    s.know(s.gen(given["bad is non-negative"](t + 1, f), f))
    s.know(s.prove(t + 1 <= n, s.nat_step(s.prove(t < n))))
    highest = below_mean(s, given, clean, law)
    with s.suppose(Eq(bad(t + 1, f), 0)) as fine:
        line = fine.then(s.both(given["h is non-negative"](t + 1, f), highest()), f)
    s.know(line)


def powers_of_weights(s: Derivation) -> list[tuple[Line, Line]]:
    """B_j: what one step does to it, and its value at the end."""
    rules = []
    for power, value in enumerate(MEANS, 2):
        move = Eq(value(t, c), (weights / N) ** power * later(value(t + 1, d)))
        end = Eq(value(n, c), (over(c, last) / N) ** power)
        rules.append(tuple(s.given(ForAll(t, c, Implication(t < n, move)), ForAll(c, end))))
    return rules


@lemma(
    "quartic_of_weights",
    title="the mean of a convex quartic of the product of mean weights",
    words="If B_j(t, c) is the mean of the power j of the product of the mean weights from the cloud c at time t on, then for t + m = n "
    "6 k2 B_2 - 4 k3 B_3 + k4 B_4 is at most the same of the powers of (1/N) sum_i h(t, c_i) times the moments of the B_k, t < k <= n.",
)
@in_sympy("quartic_of_weights")
def quartic_of_weights(s: Derivation) -> Line:
    given = clouds.setting(s) | clouds.sharp(s)
    s.given(AT_LEAST_ONE)
    ratio, law, rules = weights / N, mixture(t, c), powers_of_weights(s)

    def claim(r: Any, time: Any) -> Any:
        return implications(*convex, phi(*(value(time, c) for value in MEANS)) <= phi(*bounds(r, time, c)))

    def shape(right: Any) -> Any:
        """The claim's inequality for values of the means and of (1/N) sum_i h(c_i)."""
        return lambda *values: phi(*values[:3]) <= phi(*right(values[3]))

    def at_end(clean: Line) -> Line:
        own = over(c, last) / N
        sums = s.prove(Eq(total_of(h, n, c) / N, own), each(s, given, n, clean, given["h at the end"]))
        with s.suppose(*convex) as here:
            bare = s.prove(phi(*powers(own)) <= phi(*powers(own)))
            line = s.put(
                bare, shape(lambda v: times(steps(0, n + 1), powers(v))), *(rule[1](c) for rule in rules), sums
            )
        return here.then(line)

    def none(clean: Line, zero: Line) -> Line:
        values = [s.prove(Eq(value(t, c), 0), rule[0](t, c), zero) for value, rule in zip(MEANS, rules, strict=True)]
        gone = s.prove(Eq(total_of(h, t, c) / N, 0), no_value(s, given, clean, zero, h))
        with s.suppose(*convex) as here:
            bare = s.prove(relation("<=", 0, 0))
            line = s.put(bare, shape(lambda v: times(steps(m + 1, t + 1), powers(v))), *values, gone)
        return here.then(line)

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        mean, rest = Expect(law, f, h(t + 1, f)), steps(m, t + 2)
        carried = s.prove(Eq(total_of(h, t, c) / N, ratio * mean), pushed(s, given, clean, h))
        fronts = [s.use("product_front", {sequence(k): moment})(m, t + 1) for moment in largest(b(k))]
        with s.suppose(*convex) as here:
            for goal in convex_at(powers(ratio)):
                s.know(s.prove(goal))
            scaled = know_convex(s, ks, powers(ratio))
            with ahead:
                average = ahead.average(hyp(t + 1, d, *scaled))
            s.know(s.prove(t + 2 + m <= n + 1))
            know_parts(s, s.use("binomials_convex")(t + 2, m))
            onward = know_convex(s, scaled, rest)
            know_next(s, given, clean)
            line = s.chain(average, drawn(s, law, t + 1)(*onward))
            values = [ratio**power * later(value(t + 1, d)) for power, value in enumerate(MEANS, 2)]
            moments = times(largest(b(t + 1)), rest)
            line = s.form(line, phi(*values) <= phi(*times(moments, powers(ratio * mean))))
            line = s.put(
                line,
                lambda *v: phi(*v[:3]) <= phi(*times(v[4:], powers(v[3]))),
                *(rule[0](t, c) for rule in rules),
                carried,
                *fronts,
            )
        return here.then(line)

    return backwards(s, given, (t, c, *ks), claim, at_end, none, some)


@lemma(
    "first_quartic",
    title="the mean of a convex quartic of the product of mean weights, from the first cloud on",
    words="6 k2 E B_2 - 4 k3 E B_3 + k4 E B_4 is at most the same of the powers of H0 times the moments of the B_k, 0 <= k <= n.",
)
@in_sympy("first_quartic")
def first_quartic(s: Derivation) -> Line:
    given = clouds.setting(s) | clouds.sharp(s)
    s.given(AT_LEAST_ONE)
    powers_of_weights(s)
    _, cloud = reachable(s)
    top_of = s.given(ForAll(e, Implication(Eq(bad(0, e), 0), h(0, e) <= b(0) * H0)))
    with s.suppose(Eq(bad(0, e), 0)) as fine:
        line = fine.then(s.both(given["h is non-negative"](0, e), top_of(e)), e)
    s.know(line)
    fronts = [s.use("product_front", {sequence(k): moment})(n, 0) for moment in largest(b(k))]
    with s.suppose(*convex) as here:
        with s.surely(first_cloud, d, *cloud) as clean:
            average = clean.average(s.use("quartic_of_weights")(n, 0, d, *ks))
        s.know(s.prove(relation("<=", 1 + n, n + 1)))
        know_parts(s, s.use("binomials_convex")(1, n))
        onward = know_convex(s, ks, steps(n, 1))
        line = s.chain(average, drawn(s, start, 0)(*onward))
        means = tuple(Expect(first_cloud, d, value(0, d)) for value in MEANS)
        line = s.form(line, phi(*means) <= phi(*times(times(largest(b(0)), steps(n, 1)), powers(H0))))
        line = s.put(line, lambda *v: phi(*means) <= phi(*times(v, powers(H0))), *fronts)
    return here.then(line, *ks)
