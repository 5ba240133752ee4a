"""The second moment of a particle filter by local second moments: what S14 needs of a particle filter.

As `clouds`; for p > t, plain(p, t, e) is the expected product of one particle's weights from e at time t up to time p, so plain(t+1, t, e)
= w(t, e), and square(p, t, e) the same product times E[h(p, f)^2] over the particle f at time p.  Two lineages that part at e and meet at p
contribute plain(p, t, e) square(p, t, e), which b(p) bounds by h(t, e)^2.  tail(t) is at least prod_{k>=t} (1 + (b(k) - 1)/N); z = 1 - 1/N.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Expect, ForAll, Implication, Law, function, implications, relation, total
from proofs.lemmas import clouds
from proofs.lemmas.clouds import (
    alive,
    backwards,
    each,
    later,
    mixed,
    no_weight,
    over,
    particles,
    pushed,
    reachable,
    sequence,
    total_of,
    vanished,
    weights,
)
from proofs.lemmas.first_cloud import H0, first_cloud, start
from proofs.lemmas.first_cloud import reachable as first_reachable
from proofs.registry import lemma

N, n, m, t, k, p, e, f, c, d, z = particles.symbols("N n m t k s e f c d z")
w, h, bad, b, last, B, K, mixture = particles.symbols("w h bad b last B K next")
plain, square = (function(name, "nat nat Edge -> real") for name in ("plain", "square"))
tail = function("tail", "nat -> real")
good = Eq(bad(t, e), 0)
between = t < p, p <= n, good
BOUNDED = ForAll(p, t, e, implications(*between, plain(p, t, e) * square(p, t, e) <= b(p) * h(t, e) ** 2))


def mean(value: Any, time: Any, cloud: Any) -> Any:
    """(1/N) sum_i value(time, cloud_i)."""
    return total_of(value, time, cloud) / N


def at(value: Any, meeting: Any) -> Any:
    """value(meeting, ., .), for `plain` and `square`."""
    return lambda time, q: value(meeting, time, q)


def pair(meeting: Any, time: Any, cloud: Any) -> Any:
    """Two lineages from the cloud that meet at a time: the product of two means."""
    return mean(at(plain, meeting), time, cloud) * mean(at(square, meeting), time, cloud)


def met(steps: Any, time: Any, term: Any) -> Any:
    """sum_{k<steps} (1/N) z^k tail(time+1+k) term(time+k): the first meeting is at time + k, parting before it."""
    return total(steps, k, z**k / N * tail(time + 1 + k) * term(time + k))


def bound(steps: Any, time: Any, cloud: Any) -> Any:
    """Two lineages from a cloud at a time that meet at one of the next times, or never."""
    return met(steps, time + 1, lambda s: pair(s, time, cloud)) + z**steps * mean(h, time, cloud) ** 2


# ---------------------------------------------------------------------------------------------------- hypotheses
def tails(s: Derivation) -> tuple[Line, Line, Line]:
    """tail: at least the product of the factors 1 + (b - 1)/N that are left.  Its sign, its growth, its end."""
    s.given(0 < N, Eq(z, 1 - 1 / N))
    return s.given(
        ForAll(t, Implication(t <= n + 1, 0 <= tail(t))),
        ForAll(t, Implication(t <= n, (1 + (b(t) - 1) / N) * tail(t + 1) <= tail(t))),
        relation("<=", 1, tail(n + 1)),
    )


def rules(value: Any) -> dict[str, Any]:
    """A value of two lineages: its sign, what its moves make of it at most, its mean in the next cloud; by the value's name."""
    name, ahead = value.__name__, Expect(K(t, e), f, value(p, t + 1, f))
    longer = t + 1 < p, p <= n, good
    return {
        f"{name} is non-negative": ForAll(p, t, e, implications(*between, 0 <= value(p, t, e))),
        f"{name} recursion": ForAll(p, t, e, implications(*longer, w(t, e) * ahead <= value(p, t, e))),
        f"{name} mixture": mixed(lambda q: value(p, t + 1, q), p),
    }


def setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of `clouds.setting`, and those on `plain`, `square` and b, by name."""
    squares = w(t, e) * Expect(K(t, e), f, h(t + 1, f) ** 2)
    return clouds.setting(s) | s.setting(
        {
            "plain at once": ForAll(t, e, Implication(t < n, Eq(plain(t + 1, t, e), w(t, e)))),
            "square at once": ForAll(t, e, implications(t < n, Eq(square(t + 1, t, e), squares))),
            "mixture of the squares": mixed(lambda q: h(t + 1, q) ** 2),
            **rules(plain),
            **rules(square),
            "b bounds the meetings": BOUNDED,
        }
    )


def powers(s: Derivation) -> None:
    """0 <= z, z^k, z^m for z = 1 - 1/N."""
    one = s.nat_step(s.given(0 < N))
    s.know(s.prove(relation("<=", 0, z), one, s.given(Eq(z, 1 - 1 / N))))
    for count in (k, m):
        s.know(s.use("power_nonneg")(z, count))


def draws(s: Derivation, law: Law, time: Any, left: Any, right: Any) -> Line:
    """E mean(left) mean(right) = E[left right]/N + z E left E right for N draws of `law`."""
    two = s.iid_pair(law, e, f, left(time, e) * right(time, f), N)
    pairs = Expect(law.draws(N), d, mean(left, time, d) * mean(right, time, d))
    same, *ones = (Expect(law, f, value) for value in (left(time, f) * right(time, f), left(time, f), right(time, f)))
    return s.prove(Eq(pairs, same / N + z * ones[0] * ones[1]), two, s.given(Eq(z, 1 - 1 / N)))


# ---------------------------------------------------------------------------------------------------- the first meeting
@lemma(
    "first_meeting",
    title="the first meeting of two lineages, summed",
    words="sum_{k<m} (1/N) z^k tail(t+1+k) b(t+k) + z^m <= tail(t) for t + m = n + 1, z = 1 - 1/N.",
)
@in_sympy("first_meeting")
def first_meeting(s: Derivation) -> Line:
    _, grows, end = tails(s)
    powers(s)

    def below(steps: Any, time: Any) -> Any:
        return met(steps, time, b) + z**steps <= tail(time)

    def claim(r: Any) -> Any:
        return ForAll(t, Implication(Eq(t + r, n + 1), below(r, t)))

    with s.suppose(Eq(t, n + 1)) as now:
        back = s.prove(Eq(n + 1, t), now[0])
        base = now.then(s.at(back, s.prove(below(0, n + 1), end), lambda r: below(0, r)), t)
    with s.suppose(claim(m)) as hyp, s.suppose(Eq(t + (m + 1), n + 1)) as now:
        s.know(s.prove(t <= n, now[0]))
        front = s.use("sum_front", {sequence(k): z**k / N * tail(t + 1 + k) * b(t + k)})(m, 0)
        rest = hyp[0](t + 1)
        rest = s.prove(z * rest.lhs <= z * rest.rhs, rest)
        step = hyp.then(now.then(s.prove(below(m + 1, t), front, rest, grows(t)), t))
    return s.induct(m, claim, base, step)


def longer(s: Derivation, given: dict[str, Line], clean: Line, value: Any) -> Line:
    """(mean weight) E[next] value(p, t+1, .) <= (1/N) sum_i value(p, t, c_i), for t + 1 < p <= n and a reachable cloud."""
    name = value.__name__
    sums, law = each(s, given, t, clean, given[f"{name} recursion"](p, t)), given[f"{name} mixture"](t, c, p)
    return s.prove(weights / N * law.lhs <= mean(at(value, p), t, c), sums, law)


def one_ahead(s: Derivation, given: dict[str, Line]) -> Surely:
    """`with one_ahead:` a particle f of the next cloud is reachable, as all of that cloud are almost surely."""
    law, unreachable = mixture(t, c), bad(t + 1, f)
    every = s.iid_sum(law, f, unreachable, N)
    never = s.prove(Eq(Expect(law, f, unreachable), 0), every, s.use("clouds_stay_good")(t, c))
    return s.surely(law, f, unreachable, given["bad is non-negative"](t + 1), never)


@lemma(
    "parted",
    title="two lineages that meet later: one step",
    words="(mean weight)^2 E pair(p, t+1, d) <= (mean weight)^2 b(p) E[next] h^2/N + z pair(p, t, c) for t + 1 < p <= n, pair(p, t, c) the "
    "product of the means of plain(p, t, c_i) and square(p, t, c_i), at a reachable cloud whose weights do not all vanish.",
)
@in_sympy("parted")
def parted(s: Derivation) -> Line:
    given = setting(s)
    powers(s)
    law = mixture(t, c)
    with s.suppose(t < n, t + 1 < p, p <= n, reachable(t, c), 0 < weights) as now:
        two = draws(s, law, t + 1, at(plain, p), at(square, p))
        with one_ahead(s, given) as fine:
            same = fine.average(given["b bounds the meetings"](p, t + 1, f))
            signs = [fine.average(given[f"{v.__name__} is non-negative"](p, t + 1, f)) for v in (plain, square)]
        ones = [sign.rhs for sign in signs]
        most = s.prove(two.lhs <= same.rhs / N + z * ones[0] * ones[1], two, same)
        most, ratio = s.times_square(most, weights / N), weights / N
        left, right = (longer(s, given, now[3], value) for value in (plain, square))
        s.know(s.prove(0 <= ratio * ones[1], signs[1]))
        s.know(each(s, given, t, now[3], given["plain is non-negative"](p, t)))
        under = s.prove(left.lhs * right.lhs <= left.rhs * right.lhs, left)
        above = s.prove(left.rhs * right.lhs <= pair(p, t, c), right)
        apart = s.chain(under, above)
        goal = most.lhs <= same.rhs / N * ratio**2 + z * pair(p, t, c)
        line = s.prove(goal, most, s.prove(z * apart.lhs <= z * apart.rhs, apart))
    return now.then(line, p, t, c)


@lemma(
    "local_step",
    title="second moment of one step, by local second moments",
    words="At a reachable cloud c at time t, t + (m + 1) = n: (mean weight)^2 E B(m, t+1, d) <= B(m+1, t, c) for the next cloud d, "
    "B(m, t, c) = sum_{k<m} (1/N) z^k tail(t+2+k) pair(t+1+k, t, c) + z^m ((1/N) sum_i h(t, c_i))^2, z = 1 - 1/N.",
)
@in_sympy("local_step")
def local_step(s: Derivation) -> Line:
    given = setting(s)
    positive, *_ = tails(s)
    powers(s)
    law, ratio = mixture(t, c), weights / N
    average, most = later(bound(m, t + 1, d)), bound(m + 1, t, c)

    def none(clean: Line) -> Line:
        zero = no_weight(s, given)
        with s.below(k, m + 1) as inside:
            s.know(s.prove(t + 1 + k <= n, s.nat_step(inside[0])))
            for v in (plain, square):
                s.know(each(s, given, t, clean, given[f"{v.__name__} is non-negative"](t + 1 + k, t)))
            s.know(positive(t + 2 + k))
            term = z**k / N * tail(t + 2 + k) * pair(t + 1 + k, t, c)
            sums = inside.sum(s.prove(0 <= term))
        return s.put(s.prove(0 <= most, sums), lambda v: (v / N) ** 2 * average <= most, zero)

    def some(clean: Line) -> Line:
        lead = ratio**2 * Expect(law, f, h(t + 1, f) ** 2) / N
        own, carried = draws(s, law, t + 1, h, h), pushed(s, given, clean, h)
        last = s.prove(Eq(ratio**2 * own.lhs, lead + z * mean(h, t, c) ** 2), own, carried)
        with s.below(k, m) as inside:
            s.know(s.prove(t + 2 + k <= n, s.nat_step(inside[0])))
            one = s.use("parted")(t + 2 + k, t, c)
            coef = z**k / N * s.know(positive(t + 3 + k)).rhs
            rest = inside.sum(s.prove(coef * one.lhs <= coef * one.rhs, one))
        later_on = later(met(m, t + 2, lambda r: pair(r, t + 1, d)))
        split = s.prove(Eq(average, later_on + z**m * own.lhs))
        parts = s.prove(Eq(ratio**2 * average, rest.lhs + z**m * last.rhs), split, s.fubini(later_on), last)
        steps = s.use("first_meeting")(m, t + 2)
        front = s.use("sum_front", {sequence(k): z**k / N * tail(t + 2 + k) * pair(t + 1 + k, t, c)})(m, 0)
        s.know(s.prove(0 <= lead, s.expect(law, f, s.prove(relation("<=", 0, h(t + 1, f) ** 2)))))
        steps = s.prove(lead * steps.lhs <= lead * steps.rhs, steps)
        under = s.prove(parts.rhs <= rest.rhs + z**m * last.rhs, rest)
        onward = z * met(m, t + 2, lambda r: pair(r, t, c)) + z ** (m + 1) * mean(h, t, c) ** 2
        all_met = s.prove(under.rhs <= lead * tail(t + 2) + onward, steps)
        soon = s.prove(
            Eq(lead * tail(t + 2), tail(t + 2) / N * pair(t + 1, t, c)),
            each(s, given, t, clean, lambda q: given["plain at once"](t, q)),
            each(s, given, t, clean, lambda q: given["square at once"](t, q)),
            given["mixture of the squares"](t, c),
        )
        return s.prove(ratio**2 * average <= most, parts, s.chain(under, all_met), soon, front)

    with s.suppose(Eq(t + (m + 1), n), reachable(t, c)) as now:
        s.know(s.prove(t < n, now[0]))
        with s.suppose(vanished):
            low = none(now[1])
        with s.suppose(alive):
            high = some(now[1])
        line = s.cases(weights, 0, low, high)
    return now.then(line, m, t, c)


@lemma(
    "local_second_moment",
    title="second moment of the product of mean weights, by local second moments",
    words="If B(t, c) is the expected square of the product of the mean weights from the cloud c at time t on, then it is at most the "
    "bound of local_step with n - t steps to go.",
)
@in_sympy("local_second_moment")
def local_second_moment(s: Derivation) -> Line:
    given = setting(s)
    tails(s)
    move, end = s.given(
        ForAll(t, c, Implication(t < n, Eq(B(t, c), (weights / N) ** 2 * later(B(t + 1, d))))),
        ForAll(c, Eq(B(n, c), (over(c, last) / N) ** 2)),
    )

    def claim(r: Any, time: Any) -> Any:
        return B(time, c) <= bound(r, time, c)

    def above() -> Line:
        return s.use("local_step")(m, t, c)

    def at_end(clean: Line) -> Line:
        sums = each(s, given, n, clean, given["h at the end"])
        return s.prove(claim(0, n), end(c), s.prove(Eq(mean(h, n, c), over(c, last) / N), sums))

    def none(clean: Line, zero: Line) -> Line:
        gone = s.at(zero, move(t, c), lambda v: Eq(B(t, c), (v / N) ** 2 * later(B(t + 1, d))))
        right = s.at(zero, above(), lambda v: (v / N) ** 2 * later(bound(m, t + 1, d)) <= bound(m + 1, t, c))
        return s.prove(claim(m + 1, t), gone, right)

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            average = ahead.average(hyp(t + 1, d))
        one = s.times_square(average, weights / N)
        return s.put(s.chain(one, above()), lambda v: v <= bound(m + 1, t, c), move(t, c))

    return backwards(s, given, (t, c), claim, at_end, none, some)


def first_mean(value: Any) -> Any:
    """The mean of a term in the first cloud d."""
    return Expect(first_cloud, d, value)


@lemma(
    "first_local_bound",
    title="the bound by local second moments, over the first cloud",
    words="E B(n, 0, d) <= tail(0) H0^2 for the bound B of local_step and the first cloud d, where E plain(k+1, 0, e) "
    "E square(k+1, 0, e) <= b(k+1) H0^2 for k < n and E h(0, e)^2 <= b(0) H0^2 over one first particle e.",
)
@in_sympy("first_local_bound")
def first_local_bound(s: Derivation) -> Line:
    setting(s)
    positive, grows, _ = tails(s)
    powers(s)
    one, _ = first_reachable(s)
    spread = Expect(start, e, h(0, e) ** 2)
    means = [Expect(start, e, v(k + 1, 0, e)) for v in (plain, square)]
    meetings, low = s.given(
        ForAll(k, Implication(k < n, means[0] * means[1] <= b(k + 1) * H0**2)),
        spread <= b(0) * H0**2,
    )
    both = spread / N + z * H0**2
    with s.below(k, n) as inside:
        s.know(s.prove(k + 1 <= n, s.nat_step(inside[0])))
        with s.surely(start, e, *one) as fine:
            same = fine.average(s.given(BOUNDED)(k + 1, 0, e))
        two = draws(s, start, 0, at(plain, k + 1), at(square, k + 1))
        most = s.prove(two.lhs <= b(k + 1) * both, two, same, meetings(k))
        coef = z**k / N * s.know(positive(k + 2)).rhs
        rest = inside.sum(s.prove(coef * most.lhs <= coef * most.rhs, most))
    never, later_on = draws(s, start, 0, h, h), first_mean(met(n, 1, lambda r: pair(r, 0, d)))
    parts = s.prove(Eq(first_mean(bound(n, 0, d)), rest.lhs + z**n * both), s.fubini(later_on), never)
    s.know(s.prove(0 <= both, s.expect(start, e, s.prove(relation("<=", 0, h(0, e) ** 2)))))
    steps = s.use("first_meeting")(n, 1)
    steps = s.prove(both * steps.lhs <= both * steps.rhs, steps)
    under = s.prove(parts.lhs <= steps.lhs, parts, rest)
    s.know(positive(1))
    top = s.prove(both * tail(1) <= (1 + (b(0) - 1) / N) * tail(1) * H0**2, low)
    last = s.prove(top.rhs <= tail(0) * H0**2, grows(0))
    return s.chain(under, steps, top, last)


@lemma(
    "first_local_moment",
    title="second moment of the normaliser by local second moments, from the first cloud on",
    words="E[Zhat^2] <= tail(0) H0^2.",
)
@in_sympy("first_local_moment")
def first_local_moment(s: Derivation) -> Line:
    setting(s)
    tails(s)
    _, cloud = first_reachable(s)
    with s.surely(first_cloud, d, *cloud) as clean:
        average = clean.average(s.use("local_second_moment")(n, 0, d))
    return s.chain(average, s.use("first_local_bound"))
