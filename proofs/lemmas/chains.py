"""Chains of clouds: how errors, or factors, of single steps add up from the first cloud to the answer.

W_t(c) is the expected final answer given the cloud c at time t, A_t(c) the answer without further noise.  If A moves by at most e(k)
in mean when k steps remain, then |W - A| <= sum_k e(k) (`telescope`).  If its odds grow at most by the factor f(k), then those of W are at
most prod_k f(k) times those of A (`telescope_odds`): the bound w <= Q a/(1 + (Q - 1) a) is concave in a, so Jensen's inequality
carries it through a mean, by the tangent at the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import (
    Both,
    Element,
    Expect,
    ForAll,
    Law,
    function,
    implications,
    product,
    relation,
    symbols,
    total,
)
from proofs.lemmas.exchange import odds
from proofs.registry import lemma

j, n, t, m = symbols("j n t m", "nat")
c, d = Element("c", "Y*"), Element("d", "Y*")
W, A, bad, alive = (function(name, "nat Y* -> real") for name in ("W", "A", "bad", "alive"))
e, f = function("e", "nat -> real"), function("f", "nat -> real")
step, start = Law("step", "nat Y*", "Y*"), Law("start", "", "Y*")

good, living, now = Eq(bad(t, c), 0), 0 < alive(t, c), Eq(t + (n + 1), m)
next_cloud = step(t, c)


@dataclass
class Chain:
    """What is assumed of a chain of clouds: W is a martingale where clouds are alive and equals A elsewhere and at the end."""

    keeps: Line
    moves: Line
    near: Line
    stops: Line
    ends: Line
    nonneg: Line

    def ahead(self, s: Derivation) -> Surely:
        """The next cloud d is good almost surely, where the cloud c is good and alive."""
        return s.surely(next_cloud, d, bad(t + 1, d), self.nonneg(t + 1), self.keeps(t, n, c))


def chain(s: Derivation, drift: Any) -> Chain:
    """The hypotheses on the chain; drift: what one step does to A, when n steps remain after it."""

    def at_a_step(claim: Any, where: Any = living) -> Any:
        return ForAll(t, n, c, implications(now, good, where, claim))

    lines = s.given(
        at_a_step(Eq(Expect(next_cloud, d, bad(t + 1, d)), 0)),
        at_a_step(Eq(W(t, c), Expect(next_cloud, d, W(t + 1, d)))),
        at_a_step(drift),
        at_a_step(Eq(W(t, c), A(t, c)), alive(t, c) <= 0),
        ForAll(t, c, implications(Eq(t, m), good, Eq(W(t, c), A(t, c)))),
        ForAll(t, c, 0 <= bad(t, c)),
    )
    return Chain(*lines)


def first_cloud(s: Derivation) -> Surely:
    """The first cloud is good almost surely."""
    nonneg, zero = s.given(ForAll(t, c, 0 <= bad(t, c)), Eq(Expect(start, d, bad(0, d)), 0))
    return s.surely(start, d, bad(0, d), nonneg(0), zero)


# ---------------------------------------------------------------------------------------------------- errors add up
def apart(gap: Any, most: Any) -> Any:
    """gap <= most and -gap <= most."""
    return Both(gap <= most, -gap <= most)


def within(s: Derivation, gap: Any, most: Any, high: list[Line], low: list[Line]) -> Line:
    """gap <= most from `high` and -gap <= most from `low`."""
    return s.both(s.prove(gap <= most, *high), s.prove(-gap <= most, *low))


def errors(count: Any) -> Any:
    """sum_{j < count} e(j)."""
    return total(count, j, e(j))


@lemma(
    "telescope",
    title="errors of single steps add up",
    words="W is a martingale and A moves by at most e(n) in mean when n steps remain, at every cloud that is alive; W = A at the end and "
    "at clouds that are not alive: then |W - A| <= sum_{k<n} e(k) with n steps to go.",
)
@in_sympy("telescope")
def telescope(s: Derivation) -> Line:
    error = s.given(ForAll(n, 0 <= e(n)))
    given = chain(s, apart(Expect(next_cloud, d, A(t + 1, d)) - A(t, c), e(n)))
    gap = W(t, c) - A(t, c)

    def claim(k: Any) -> Any:
        return ForAll(t, c, implications(Eq(t + k, m), good, apart(gap, errors(k))))

    with s.suppose(Eq(t, m), good) as here:
        same = [given.ends(t, c)]
        base = here.then(within(s, gap, errors(0), same, same), t, c)
    with s.suppose(claim(n)) as hyp, s.suppose(now, good) as here:
        with s.suppose(living):
            with given.ahead(s) as there:
                later = hyp[0](t + 1, d)
                high, low = there.average(later[0]), there.average(later[1])
            one, martingale = given.near(t, n, c), given.moves(t, n, c)
            moving = within(s, gap, errors(n + 1), [high, one[0], martingale], [low, one[1], martingale])
        with s.suppose(alive(t, c) <= 0):
            with s.below(j, n) as inside:
                sums = inside.sum(error(j))
            same = [given.stops(t, n, c), sums, error(n)]
            still = within(s, gap, errors(n + 1), same, same)
        one_step = hyp.then(here.then(s.cases(alive(t, c), 0, still, moving), t, c))
    return s.induct(n, claim, base, one_step)


@lemma(
    "telescope_start",
    title="the sum of the errors from the first cloud on",
    words="As telescope, for a random first cloud for which E A_0 is within e(m) of the target: |E W_0 - target| <= sum_{k<m+1} e(k).",
)
@in_sympy("telescope_start")
def telescope_start(s: Derivation) -> Line:
    (target,) = symbols("target")
    first = s.given(apart(Expect(start, d, A(0, d)) - target, e(m)))
    with first_cloud(s) as fine:
        later = s.use("telescope")(m, 0, d)
        high, low = fine.average(later[0]), fine.average(later[1])
    return within(s, Expect(start, d, W(0, d)) - target, errors(m + 1), [high, first[0]], [low, first[1]])


# ---------------------------------------------------------------------------------------------------- odds multiply
@lemma(
    "product_at_least_one",
    title="a product of factors of at least 1",
    words="If f(k) >= 1 for every k then prod_{k<n} f(k) >= 1.",
)
@in_sympy("product_at_least_one")
def product_at_least_one(s: Derivation) -> Line:
    (k,) = symbols("k", "nat")
    given = s.given(ForAll(k, relation("<=", 1, f(k))))

    def claim(count: Any) -> Any:
        return relation("<=", 1, product(count, k, f(k)))

    with s.suppose(claim(n)) as hyp:
        one_step = hyp.then(s.prove(claim(n + 1), hyp[0], given(n)))
    return s.induct(n, claim, s.prove(claim(0)), one_step)


def factors(count: Any) -> Any:
    """prod_{j < count} f(j)."""
    return product(count, j, f(j))


def answers_between(s: Derivation) -> Line:
    """0 <= A_t(c) <= 1 at a good cloud with n steps to go."""
    inside = Both(0 <= A(t, c), relation("<=", A(t, c), 1))
    return s.given(ForAll(t, n, c, implications(Eq(t + n, m), good, inside)))


def through_a_mean(s: Derivation, fine: Surely, pair: tuple[Any, Any], ahead: Line, inside: Line, big: Line) -> Line:
    """odds(E a, E w, P) and 0 <= E a from odds(a, w, P) and 0 <= a <= 1 at almost every cloud, supposed to be good, and P >= 1.

    The bound P a/(1 + (P - 1) a) is concave in a: its tangent at m = E a is above it.
    """
    a, w = pair
    P, mean_a, mean_w = big.rhs, *(Expect(fine.law, d, value) for value in pair)
    letters = [mean_w, mean_a, w, a, P]
    low = fine.average(inside[0])
    at_a = s.prove(0 < 1 + (P - 1) * a, big, inside[0], hold=letters)
    at_m = s.prove(0 < 1 + (P - 1) * mean_a, big, low, hold=letters)
    steep = s.prove(0 <= P * (P - 1), big, hold=letters)

    def tangent(a: Any, w: Any) -> Any:
        return w * (1 + (P - 1) * mean_a) ** 2 <= P * (a + (P - 1) * mean_a**2)

    line = fine.average(s.prove(tangent(a, w), ahead, steep, at_a, hold=letters))
    mean = s.prove(odds(mean_a, mean_w, P), s.form(line, tangent(mean_a, mean_w)), at_m, hold=letters)
    return s.both(mean, low)


def chained(
    s: Derivation, answers: tuple[Any, Any, Any], first: Line, then: Line, sizes: tuple[Line, Line], inside: Line
) -> Line:
    """odds(a, w, P f) from odds(a, m, f) and (odds(m, w, P), 0 <= m), 1 <= f, 1 <= P and 0 <= a <= 1; answers: a, m, w."""
    a, m, w = answers
    factor, P = (line.rhs for line in sizes)
    letters = [w, m, a, P, factor]
    at_m = s.prove(0 < 1 + (P - 1) * m, sizes[1], then[1], hold=letters)
    low = s.prove(0 <= P, sizes[1], hold=letters)
    at_a = s.prove(0 <= 1 + (P * factor - 1) * a, low, sizes[0], inside[0], inside[1], hold=letters)
    return s.prove(odds(a, w, P * factor), at_a, low, then[0], first, at_m, hold=letters)


@lemma(
    "telescope_odds",
    title="factors of single steps multiply",
    words="W is a martingale and the odds of A grow at most by the factor f(n) in mean when n steps remain, at every cloud that is "
    "alive; W = A at the end and at clouds that are not alive: then the odds of W are at most prod_{k<n} f(k) times those of A with "
    "n steps to go.",
)
@in_sympy("telescope_odds")
def telescope_odds(s: Derivation) -> Line:
    factor = s.given(ForAll(n, relation("<=", 1, f(n))))
    given, inside = chain(s, odds(A(t, c), Expect(next_cloud, d, A(t + 1, d)), f(n))), answers_between(s)
    big = s.use("product_at_least_one")

    def claim(k: Any) -> Any:
        return ForAll(t, c, implications(Eq(t + k, m), good, odds(A(t, c), W(t, c), factors(k))))

    with s.suppose(Eq(t, m), good) as here:
        base = here.then(s.prove(odds(A(t, c), W(t, c), factors(0)), given.ends(t, c)), t, c)
    with s.suppose(claim(n)) as hyp, s.suppose(now, good) as here:
        between = inside(t, n + 1, c)
        goal = odds(A(t, c), W(t, c), factors(n + 1))
        with s.suppose(living):
            with given.ahead(s) as fine:
                pair, ahead, there = (A(t + 1, d), W(t + 1, d)), hyp[0](t + 1, d), inside(t + 1, n, d)
                then = through_a_mean(s, fine, pair, ahead, there, big(n))
            answers = A(t, c), *(Expect(next_cloud, d, value) for value in pair)
            mean = chained(s, answers, given.near(t, n, c), then, (factor(n), big(n)), between)
            moving = s.prove(goal, mean, given.moves(t, n, c))
        with s.suppose(alive(t, c) <= 0):
            still = s.prove(odds(A(t, c), A(t, c), factors(n + 1)), big(n + 1), between[0], between[1])
            still = s.prove(goal, still, given.stops(t, n, c))
        one_step = hyp.then(here.then(s.cases(alive(t, c), 0, still, moving), t, c))
    return s.induct(n, claim, base, one_step)


@lemma(
    "telescope_odds_start",
    title="the product of the factors from the first cloud on",
    words="As telescope_odds, for a random first cloud: the odds of E A_0 are at most f(m) times those of a target in [0, 1]; then the "
    "odds of E W_0 are at most prod_{k<m+1} f(k) times those of the target.",
)
@in_sympy("telescope_odds_start")
def telescope_odds_start(s: Derivation) -> Line:
    (target,) = symbols("target")
    first, between = s.given(
        odds(target, Expect(start, d, A(0, d)), f(m)), Both(0 <= target, relation("<=", target, 1))
    )
    factor, inside = s.given(ForAll(n, relation("<=", 1, f(n)))), answers_between(s)
    big = s.use("product_at_least_one")(m)
    with first_cloud(s) as fine:
        pair = A(0, d), W(0, d)
        then = through_a_mean(s, fine, pair, s.use("telescope_odds")(m, 0, d), inside(0, m, d), big)
    answers = target, *(Expect(start, d, value) for value in pair)
    mean = chained(s, answers, first, then, (factor(m), big), between)
    return s.form(mean, odds(target, Expect(start, d, W(0, d)), factors(m + 1)))
