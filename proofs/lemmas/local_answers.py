"""A run's answer by local second moments: `local_moments` with a test function, as `tested_clouds` has it.

The second moment times the answer F is the second moment less that times 1 - F, which is at least z^(n+1) of what the means would give.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Expect, ForAll, Law, implications, relation
from proofs.lemmas import clouds
from proofs.lemmas.clouds import (
    alive,
    each,
    later,
    no_value,
    no_weight,
    over,
    particles,
    pushed,
    reachable,
    vanished,
    weights,
)
from proofs.lemmas.first_cloud import G0, H0, first_cloud, start
from proofs.lemmas.first_cloud import reachable as first_reachable
from proofs.lemmas.local_moments import bound, draws, first_mean, good, mean, one_ahead, powers, setting, tail, tails
from proofs.lemmas.tested_clouds import outputs
from proofs.registry import lemma

N, n, m, t, e, f, c, d, z = particles.symbols("N n m t e f c d z")
h, g, bad, last, tested, C, Out, mixture = particles.symbols("h g bad last tested C Out next")


def tested_setting(s: Derivation) -> dict[str, Line]:
    """The hypotheses of `setting`, and those on the value g of a test function between 0 and 1, by name."""
    rest = ForAll(t, e, implications(t <= n, good, 0 <= h(t, e) - g(t, e)))
    on_g = {"h is non-negative": clouds.never_negative(h), "g is at most h": rest, **clouds.value_rules(g, tested)}
    return setting(s) | s.setting(on_g)


def spare(time: Any, cloud: Any) -> Any:
    """The mean of h times the mean of h - g."""
    return mean(h, time, cloud) * (mean(h, time, cloud) - mean(g, time, cloud))


def most(steps: Any, time: Any, cloud: Any) -> Any:
    """The bound of local_step, without what the runs that end elsewhere are sure to have."""
    return bound(steps, time, cloud) - z**steps * spare(time, cloud)


def kept(s: Derivation, law: Law, time: Any, signs: list[Line]) -> Line:
    """z E h E (h - g) <= E spare(time, d) over N draws of `law`; signs: 0 <= E h (h - g)."""
    square, cross = draws(s, law, time, h, h), draws(s, law, time, h, g)
    value, test = (Expect(law, f, v(time, f)) for v in (h, g))
    return s.prove(z * value * (value - test) <= square.lhs - cross.lhs, square, cross, *signs)


@lemma(
    "local_tested_step",
    title="second moment of one step times the answer, by local second moments",
    words="As local_step for B(m, t, c) - z^m (1/N) sum_i h(t, c_i) (1/N) sum_i (h - g)(t, c_i).",
)
@in_sympy("local_tested_step")
def local_tested_step(s: Derivation) -> Line:
    given = tested_setting(s)
    tails(s)
    powers(s)
    law, ratio = mixture(t, c), weights / N
    with s.suppose(Eq(t + (m + 1), n), reachable(t, c)) as now:
        s.know(s.prove(t < n, now[0]))
        s.know(s.prove(t + 1 <= n, now[0]))
        step = s.use("local_step")(m, t, c)
        goal = ratio**2 * later(most(m, t + 1, d)) <= most(m + 1, t, c)
        with s.suppose(vanished):
            zero = no_weight(s, given)
            gone = no_value(s, given, now[1], zero, h)
            step = s.at(zero, step, lambda v: (v / N) ** 2 * later(bound(m, t + 1, d)) <= bound(m + 1, t, c))
            flat = s.prove(0 <= most(m + 1, t, c), step, gone)
            low = s.put(flat, lambda v: (v / N) ** 2 * later(most(m, t + 1, d)) <= most(m + 1, t, c), zero)
        with s.suppose(alive):
            step = s.use("local_step")(m, t, c)
            with one_ahead(s, given) as fine:
                own, other = given["h is non-negative"](t + 1, f), given["g is at most h"](t + 1, f)
                sign = fine.average(s.prove(0 <= own.rhs * other.rhs, own, other))
            below = s.times_square(kept(s, law, t + 1, [sign]), ratio)
            carried = [pushed(s, given, now[1], value) for value in (h, g)]
            below = s.prove(z * spare(t, c) <= below.rhs, below, *carried)
            below = s.prove(z**m * below.lhs <= z**m * below.rhs, below)
            high = s.prove(goal, step, below)
        line = s.cases(weights, 0, low, high)
    return now.then(line, m, t, c)


@lemma(
    "local_certificate",
    title="a run's answer from below, by local second moments",
    words="G0^2 <= E[nu(F)] (tail(0) H0^2 - z^(n+1) H0 (H0 - G0)), z = 1 - 1/N.",
)
@in_sympy("local_certificate")
def local_certificate(s: Derivation) -> Line:
    given = tested_setting(s)
    tails(s)
    powers(s)
    one, _ = first_reachable(s)
    _, _, nonneg = outputs(s)
    s.know(s.use("local_tested_step"))
    with s.suppose(reachable(n, c)) as clean:
        sums = [each(s, given, n, clean[0], given[f"{v} at the end"]) for v in "hg"]
        end = over(c, last) * over(c, tested) / N**2
        last_bound = s.put(s.prove(relation("<=", end, end)), lambda x, y: end <= x * y / N**2, *sums)
        last_bound = s.prove(end <= most(0, n, c), last_bound)
    s.know(clean.then(last_bound, c))
    certificate = s.use("first_certificate", {C(m, t, c): most(m, t, c)})
    with s.surely(start, e, *one) as fine:
        own, other = given["h is non-negative"](0, e), given["g is at most h"](0, e)
        sign = fine.average(s.prove(0 <= own.rhs * other.rhs, own, other))
    below = kept(s, start, 0, [sign])
    square = first_mean(most(n, 0, d))
    rest = z * H0 * (H0 - G0)
    s.know(s.use("power_nonneg")(z, n))
    below = s.prove(z**n * rest <= z**n * below.rhs, below)
    top = s.prove(square <= tail(0) * H0**2 - z**n * rest, s.use("first_local_bound"), below)
    s.know(s.expect(first_cloud, d, nonneg(0, d)))
    answer = first_mean(Out(0, d))
    return s.chain(certificate, s.prove(answer * top.lhs <= answer * top.rhs, top))
