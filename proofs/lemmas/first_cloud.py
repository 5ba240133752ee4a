"""From the first cloud: what a run of N particles answers, with a test function; the first particles are N independent draws of `start`.

H0 and G0 are the means of h and g over one first particle, so that G0/H0 is the target's mean of the test function.
"""

from __future__ import annotations

from sympy import Eq, Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Entry, Expect, ForAll, Law, implications, relation
from proofs.lemmas.clouds import each, over, particles, sequence, total_of
from proofs.lemmas.clouds import reachable as all_reachable
from proofs.lemmas.tested_clouds import (
    bound,
    grow,
    growing,
    outputs,
    pair_of_draws,
    second_moment,
    setting,
    squares,
    where_met,
)
from proofs.registry import lemma

N, n, m, t, i, k, e, c, d, z = particles.symbols("N n m t i k e c d z")
h, g, bad, b, last, tested, C, CF, Out = particles.symbols("h g bad b last tested C CF Out")
start = Law("start", "", "Edge")
first_cloud = start.draws(N)
H0, G0 = (Expect(start, e, value(0, e)) for value in (h, g))
out, square, moment = (Expect(first_cloud, d, value) for value in (Out(0, d), C(n, 0, d), CF(0, d)))
beta = Product(grow(k), (k, 0, n))


def reachable(s: Derivation) -> tuple:
    """That one first particle, and the first cloud, are reachable almost surely, for `surely`."""
    one = s.given(Eq(Expect(start, e, bad(0, e)), 0))
    nonneg = s.given(ForAll(e, 0 <= bad(0, e)))
    unreachable = total_of(bad, 0, d)
    with s.below(i, N) as inside:
        positive = inside.sum(nonneg(Entry(d, i)))
    many = s.iid_sum(start, e, bad(0, e), N)
    zero = s.prove(Eq(many.lhs, 0), many, one)
    return (bad(0, e), nonneg, one), (unreachable, s.gen(s.prove(0 <= unreachable, positive), d), zero)


@lemma(
    "first_certificate",
    title="a run's answer by the second moment, from the first cloud on",
    words="G0^2 <= E[nu(F)] E[C], C at least the square of Zhat times the answer.",
)
@in_sympy("first_certificate")
def first_certificate(s: Derivation) -> Line:
    setting(s)
    _, cloud = reachable(s)
    outputs(s), squares(s)
    with s.surely(first_cloud, d, *cloud) as clean:
        never = clean.average(s.use("output_square")(n, 0, d, z))
    many = s.iid_sum(start, e, g(0, e), N)
    never = s.prove(relation("<=", 0, out - 2 * z * (many.lhs / N) + z**2 * square), never)
    mean = s.prove(Eq(many.lhs / N, G0), many)
    s.know(s.gen(s.at(mean, never, lambda v: relation("<=", 0, out - 2 * z * v + z**2 * square)), z))
    return s.use("discriminant")(out, G0, square)


def first_bound(s: Derivation, given: dict[str, Line], one: tuple) -> Line:
    """E[prod_{k<n} (1 + (b(k+1) - 1)/N) (1/N) sum_i h(d_i) (1/N) sum_i g(d_i)] <= prod_{k<n+1} (1 + (b(k) - 1)/N) H0 G0."""
    with s.surely(start, e, *one) as fine:
        top = s.given(ForAll(e, implications(Eq(bad(0, e), 0), 0 < g(0, e), h(0, e) <= b(0) * H0)))
        tests = given["g is non-negative"](0, e)
        second = fine.average(where_met(s, h(0, e), g(0, e), b(0) * H0, tests, lambda: top(e)))
    spread = pair_of_draws(s, start, 0, second)
    s.know(growing(s, given))
    tail = s.use("product_nonneg", {sequence(k): grow(k)})(n, 1)
    front = s.use("product_front", {sequence(k): grow(k)})(n, 0)
    spread = s.prove(tail.rhs * spread.lhs <= tail.rhs * spread.rhs, spread, tail)
    mean = Expect(first_cloud, d, bound(n, 0, d))
    return s.put(s.prove(mean <= spread.rhs, spread), lambda q: mean <= q * H0 * G0, front)


@lemma(
    "first_second_moment",
    title="second moment of the normaliser times the answer, from the first cloud on",
    words="E[Zhat^2 nu(F)] <= prod_{k<n+1} (1 + (b(k) - 1)/N) H0 G0.",
)
@in_sympy("first_second_moment")
def first_second_moment(s: Derivation) -> Line:
    given = setting(s)
    one, cloud = reachable(s)
    second_moment(s)
    with s.surely(first_cloud, d, *cloud) as clean:
        mean = clean.average(s.use("tested_second_moment")(n, 0, d))
    return s.chain(mean, first_bound(s, given, one))


@lemma(
    "first_density",
    title="a run's answer from below, from the first cloud on",
    words="G0 <= prod_{k<n+1} (1 + (b(k) - 1)/N) H0 E[nu(F)].",
)
@in_sympy("first_density")
def first_density(s: Derivation) -> Line:
    given = setting(s)
    one, _ = reachable(s)
    s.know(s.expect(first_cloud, d, outputs(s)[2](0, d)))
    with s.surely(start, e, *one) as fine:
        signs = [fine.average(given[f"{value} is non-negative"](0, e)) for value in "hg"]
    for sign in signs:
        s.know(sign)
    growth = first_bound(s, given, one)
    s.know(s.use("product_nonneg", {sequence(k): grow(k)})(n + 1, 0))
    s.know(s.use("tested_step"))
    with s.suppose(all_reachable(n, c)) as clean:
        sums = [each(s, given, n, clean[0], given[f"{value} at the end"]) for value in "hg"]
        end = over(c, last) * over(c, tested) / N**2
        last_bound = s.put(s.prove(relation("<=", end, end)), lambda x, y: end <= x * y / N**2, *sums)
    s.know(clean.then(last_bound, c))
    certificate = s.use("first_certificate", {C(m, t, c): bound(m, t, c)})
    wide = beta * H0 * out
    with s.suppose(0 < G0):
        s.know(s.prove(G0 * G0 <= G0 * wide, certificate, s.prove(out * growth.lhs <= out * growth.rhs, growth)))
        high = s.use("cancel_factor")(G0, G0, wide)
    with s.suppose(G0 <= 0):
        low = s.prove(G0 <= wide, s.prove(0 <= wide))
    return s.cases(G0, 0, low, high)
