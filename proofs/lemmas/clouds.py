"""Clouds of weighted particles, in general: what S5 and its neighbours need of a particle filter.

A particle e at time t has a weight w(t, e) and moves by the kernel K(t, e).  Given a cloud c of N particles at time t, the particles at
time t + 1 are N independent draws of next(t, c), the mixture of the K(t, c_i) in proportion to the weights; where all weights vanish, next
is any law at all.  The last weight, at time n, is last(e).  h(t, e) is the exact expected product of the weights of one particle from e on.
Reachability: a particle with bad(t, e) > 0 cannot occur; nothing is assumed about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Eq, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.derive.lines import Surely
from proofs.language.expressions import Entry, Expect, ForAll, Implication, function, implications
from proofs.registry import lemma
from proofs.theory.model import Vocabulary

particles = Vocabulary(
    {
        "nat": "N n m t i j k s",
        "Edge": "e f u v o",
        "Edge*": "c d",
        "real": "z",
        "nat Edge -> real": "w h bad g",
        "nat -> real": "b",
        "Edge -> real": "last tested",
        "nat Edge* -> real": "A B AF AU Out CF",
        "nat nat Edge* -> real": "C J P Q",
        "nat Edge* real -> real": "Dev",
        "nat Edge Edge -> real": "D",
        "nat Edge ~ Edge": "K",
        "nat Edge* ~ Edge": "next",
        "~ Edge": "start",
    }
)
"""The symbols of particle filters; `first_cloud` and its users ask for them by name."""

N, n, m, t, i, k, e, f, c, d = particles.symbols("N n m t i k e f c d")
w, h, bad, b, last, A, K, mixture = particles.symbols("w h bad b last A K next")
sequence = function("f", "nat -> real")
"""The f of lemmas about sums and products."""


# ---------------------------------------------------------------------------------------------------- terms
def over(cloud: Any, body: Callable[[Any], Any]) -> Any:
    """sum_{i<N} body(cloud_i)."""
    return Sum(body(Entry(cloud, i)), (i, 0, N - 1))


def total_of(value: Callable[..., Any], time: Any, cloud: Any) -> Any:
    """sum_{i<N} value(time, cloud_i)."""
    return over(cloud, lambda q: value(time, q))


def reachable(time: Any, cloud: Any) -> Any:
    """No particle of the cloud is unreachable."""
    return Eq(total_of(bad, time, cloud), 0)


weights = total_of(w, t, c)
next_cloud = mixture(t, c).draws(N)
vanished, alive = weights <= 0, 0 < weights


def later(value: Any) -> Any:
    """The mean of a term in the next cloud d."""
    return Expect(next_cloud, d, value)


def mixed(value: Callable[[Any], Any], *more: Any) -> Any:
    """E[next] value is the mixture of the moves, in proportion to the weights, where they do not all vanish."""
    pushed = over(c, lambda q: w(t, q) * Expect(K(t, q), f, value(f)))
    return ForAll(t, c, *more, implications(t < n, alive, Eq(Expect(mixture(t, c), f, value(f)), pushed / weights)))


# ---------------------------------------------------------------------------------------------------- hypotheses
def value_rules(value: Any, end: Any) -> dict[str, Any]:
    """A value of one particle: what its moves make of it, its value at the end, its mean in the next cloud; by the value's name."""
    name, good = value.__name__, Eq(bad(t, e), 0)
    ahead = Expect(K(t, e), f, value(t + 1, f))
    return {
        f"{name} recursion": ForAll(t, e, implications(t < n, good, Eq(value(t, e), w(t, e) * ahead))),
        f"{name} at the end": ForAll(e, implications(Eq(bad(n, e), 0), Eq(value(n, e), end(e)))),
        f"mixture of {name}": mixed(lambda q: value(t + 1, q)),
    }


STAYS = ForAll(t, e, implications(t < n, Eq(bad(t, e), 0), Eq(Expect(K(t, e), f, bad(t + 1, f)), 0)))


def setting(s: Derivation, stays: Any = STAYS) -> dict[str, Line]:
    """The hypotheses on one particle filter, by name; stays: that moves lead to reachable particles."""
    return s.setting(
        {
            "there are particles": 0 < N,
            "weights are non-negative": ForAll(t, e, 0 <= w(t, e)),
            "bad is non-negative": ForAll(t, e, 0 <= bad(t, e)),
            "moves stay good": stays,
            "mixture of bad": mixed(lambda q: bad(t + 1, q)),
            **value_rules(h, last),
        }
    )


def never_negative(value: Any) -> Any:
    """A value is non-negative at reachable particles."""
    return ForAll(t, e, implications(t <= n, Eq(bad(t, e), 0), 0 <= value(t, e)))


def sharp(s: Derivation, *also: Any) -> dict[str, Line]:
    """The hypotheses of the second moment: b(t) bounds h(t, .), where `also` holds, by the expected h from any particle that has weight."""
    where = t < n, Eq(bad(t, e), 0), Eq(bad(t + 1, f), 0), 0 < w(t, e), *also
    most = h(t + 1, f) <= b(t + 1) * Expect(K(t, e), f, h(t + 1, f))
    return s.setting(
        {
            "h is non-negative": never_negative(h),
            "b is non-negative": ForAll(t, 0 <= b(t)),
            "h is bounded": ForAll(t, e, f, implications(*where, most)),
        }
    )


# ---------------------------------------------------------------------------------------------------- one reachable cloud
def each(s: Derivation, given: dict[str, Line], time: Any, clean: Line, line: Callable[[Any], Line]) -> Line:
    """The sums over a reachable cloud of a <= b, or a = b; line: of e the line forall e. bad(time, e) = 0 => a(e) <= b(e), or =."""
    s.know(s.gen(given["bad is non-negative"](time, Entry(c, k)), k))
    s.know(clean)
    zero = s.use("terms_vanish", {sequence(k): bad(time, Entry(c, k))})(N)
    with s.below(i, N) as inside:
        s.know(zero(i))
        return inside.sum(line(Entry(c, i)))


def no_weight(s: Derivation, given: dict[str, Line], of: Any = weights) -> Line:
    """The sum of the weights of c is 0, where it is supposed to be at most 0."""
    with s.below(i, N) as inside:
        sums = inside.sum(given["weights are non-negative"](t, Entry(c, i)))
    return s.zero(of, sums)


def no_value(s: Derivation, given: dict[str, Line], clean: Line, none: Line, value: Any) -> Line:
    """sum_i value(t, c_i) = 0 from sum_i w(t, c_i) = 0, for h and g."""
    s.know(s.gen(given["weights are non-negative"](t, Entry(c, k)), k))
    s.know(none)
    gone = s.use("terms_vanish", {sequence(k): w(t, Entry(c, k))})(N)
    recursion = given[f"{value.__name__} recursion"](t)

    def zero(q: Any) -> Line:
        ahead = Expect(K(t, q), f, value(t + 1, f))
        return s.at(gone(i), recursion(q), lambda v: Eq(value(t, q), v * ahead))

    return each(s, given, t, clean, zero)


def pushed(s: Derivation, given: dict[str, Line], clean: Line, value: Any) -> Line:
    """(1/N) sum_i value(t, c_i) = (mean weight) next(value), for h and g, at a reachable cloud with weights that do not all vanish."""
    name = value.__name__
    sums, law = each(s, given, t, clean, given[f"{name} recursion"](t)), given[f"mixture of {name}"](t, c)
    return s.prove(Eq(total_of(value, t, c) / N, weights / N * law.lhs), sums, law)


def next_null(s: Derivation, given: dict[str, Line], lemma: str = "clouds_stay_good") -> tuple[Any, Line, Line]:
    """That the next cloud is reachable almost surely, for `surely`; lemma: the one that says so."""
    unreachable = total_of(bad, t + 1, d)
    with s.below(i, N) as inside:
        positive = inside.sum(given["bad is non-negative"](t + 1, Entry(d, i)))
    return unreachable, s.gen(s.prove(0 <= unreachable, positive), d), s.use(lemma)(t, c)


def backwards(
    s: Derivation,
    given: dict[str, Line],
    variables: Sequence[Any],
    claim: Callable[[Any, Any], Any],
    at_end: Callable[[Line], Line],
    none: Callable[[Line, Line], Line],
    some: Callable[[Line, Line, Surely], Line],
    lemma: str = "clouds_stay_good",
) -> Line:
    """forall m variables. t + m = n => c is reachable => claim(m, t), by induction on the steps to go; the variables are t, c and others.

    at_end(clean) is claim(0, n), where c is reachable at time n.  claim(m + 1, t) is none(clean, zero) where the weights of c sum to zero,
    and some(clean, hypothesis, ahead) where they do not: `with ahead:` the next cloud d is reachable.
    """

    def formula(r: Any) -> Any:
        return ForAll(*variables, implications(Eq(t + r, n), reachable(t, c), claim(r, t)))

    with s.suppose(Eq(t, n), reachable(t, c)) as now:
        clean = s.know(s.at(now[0], now[1], lambda r: reachable(r, c)))
        base = now.then(s.at(s.prove(Eq(n, t), now[0]), at_end(clean), lambda r: claim(0, r)), *variables)
    with s.suppose(formula(m)) as hyp, s.suppose(Eq(t + (m + 1), n), reachable(t, c)) as now:
        s.know(s.prove(t < n, now[0]))
        with s.suppose(vanished):
            low = none(now[1], no_weight(s, given))
        with s.suppose(alive):
            high = some(now[1], hyp[0], s.surely(next_cloud, d, *next_null(s, given, lemma)))
        step = hyp.then(now.then(s.cases(weights, 0, low, high), *variables))
    return s.induct(m, formula, base, step)


# ---------------------------------------------------------------------------------------------------- lemmas
@lemma(
    "clouds_stay_good",
    title="the next cloud is reachable almost surely",
    words="If all particles of c are reachable and the weights do not all vanish, then E sum_i bad(t+1, d_i) = 0 for N draws of next.",
)
@in_sympy("clouds_stay_good")
def clouds_stay_good(s: Derivation) -> Line:
    given = setting(s)
    with s.suppose(t < n, reachable(t, c), alive) as here:
        ahead = Expect(K(t, e), f, bad(t + 1, f))
        with s.suppose(Eq(bad(t, e), 0)) as good:
            stays = good.then(s.prove(Eq(w(t, e) * ahead, 0), given["moves stay good"](t, e)), e)
        none = each(s, given, t, here[1], stays)
        one = s.prove(Eq(Expect(mixture(t, c), f, bad(t + 1, f)), 0), given["mixture of bad"](t, c), none)
        many = s.iid_sum(mixture(t, c), f, bad(t + 1, f), N)
        line = s.prove(Eq(later(total_of(bad, t + 1, d)), 0), many, one)
    return here.then(line, t, c)


@lemma(
    "particle_mean",
    title="the expected product of mean weights",
    words="If A(t, c) is the expected product of the mean weights from the cloud c at time t on, then A(t, c) = (1/N) sum_i h(t, c_i).",
)
@in_sympy("particle_mean")
def particle_mean(s: Derivation) -> Line:
    given = setting(s)
    move, end = s.given(
        ForAll(t, c, Implication(t < n, Eq(A(t, c), weights / N * later(A(t + 1, d))))),
        ForAll(c, Eq(A(n, c), over(c, last) / N)),
    )

    def claim(_: Any, time: Any) -> Any:
        return Eq(A(time, c), total_of(h, time, c) / N)

    def at_end(clean: Line) -> Line:
        return s.prove(claim(0, n), end(c), each(s, given, n, clean, given["h at the end"]))

    def none(clean: Line, zero: Line) -> Line:
        gone = no_value(s, given, clean, zero, h)
        return s.prove(claim(m + 1, t), s.at(zero, move(t, c), lambda v: Eq(A(t, c), v / N * later(A(t + 1, d)))), gone)

    def some(clean: Line, hyp: Line, ahead: Surely) -> Line:
        with ahead:
            mean = ahead.average(hyp(t + 1, d))
        many = s.iid_sum(mixture(t, c), f, h(t + 1, f), N)
        return s.prove(claim(m + 1, t), move(t, c), mean, many, pushed(s, given, clean, h))

    return backwards(s, given, (t, c), claim, at_end, none, some)
