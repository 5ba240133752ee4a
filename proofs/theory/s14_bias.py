"""S14 for the answer: the output law from below, and the bias, by local second moments.

The second moment times the answer F is the second moment less that times 1 - F, which is at least (1 - 1/N)^T (1 - pi(F)): the lineages
that never meet.  With the certificate of S10 that bounds the output law, and so the bias.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import relation, symbols
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import know_complement, lookahead, model, off
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import by_moment, scale, target
from proofs.theory.s5_normaliser import alive, later
from proofs.theory.s10_certificate import Run, edges, out
from proofs.theory.s12_density import complement
from proofs.theory.s14_local import LINEAGES, front, know_meetings, left, meetings

N, n, t, e, c, d, Out = particles.symbols("N n t e c d Out")
x, root, V, Vstar, VF, F = layered.symbols("x root V Vstar VF F")
src, dst, first, horizon = layered.symbols("src dst first T")
T, alone = n + 1, (1 - 1 / N) ** (n + 1)


def spare_value(s: Derivation, run: Run) -> Line:
    """0 <= Vstar - VF at live states."""
    test, given = run.tested["test function"], run.given
    values = {"tested recursion": run.tested["value recursion"], "tested terminal value": run.tested["terminal value"]}
    know_complement(s, T, {**given, **values, "test function": test})
    end = s.prove(0 <= V(t, x) * (1 - F(x)), given["twist is non-negative"](t, x), test(x)[1])
    s.know(s.gen(end, t, x))
    return s.use("value_nonneg", {horizon: T, Vstar(t, x): Vstar(t, x) - VF(t, x), V(t, x): V(t, x) * (1 - F(x))})


def know_spare(s: Derivation, run: Run) -> None:
    """0 <= psi (Vstar - VF)/V on reachable edges."""
    rest = spare_value(s, run)
    with s.suppose(t <= n, Eq(off(t, e), 0)) as here:
        s.know(run.given["ends of a reachable edge are live"](t, src(e), dst(e))[1])
        s.know(s.prove(t + 1 <= T))
        factors = run.given["potentials are non-negative"](t, src(e), dst(e)), s.use("inverse_nonneg")(V(t, src(e)))
        line = s.prove(0 <= lookahead(t, e) - lookahead(t, e, VF), rest(t + 1, dst(e)), *factors)
    s.know(here.then(line, t, e))


@statement(
    "S14.certificate",
    source="new",
    title="the output law from below, by local second moments",
    words="As S14, F a test function with values in [0, 1], out = E F(output), whatever is answered once all particles are dead, pi the "
    "target's mean of F: pi^2 <= out (prod_{k<T} (1 + (b(k) - 1)/N) - (1 - 1/N)^T (1 - pi)).",
)
@in_sympy("S14.certificate")
def certificate(s: Derivation) -> Line:
    run, ref = Run(s), meetings(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    mean = know_meetings(s, run.given, ref)
    know_spare(s, run)
    line = s.use("local_certificate", edges() | LINEAGES)

    def shape(h0: Any, g0: Any) -> Any:
        return g0**2 <= out * (left(0) * h0**2 - alone * h0 * (h0 - g0))

    test = run.tested_mean
    line = s.at(mean, s.form(line, shape(mean.lhs, test.lhs)), lambda h0: shape(h0, test.lhs))
    line = s.at(test, line, lambda g0: shape(mean.rhs, g0))
    line = s.times_square(line, scale)
    return s.prove(target**2 <= out * (front(T) - alone * (1 - target)), line)


@statement(
    "S14.bias",
    source="new",
    title="bias of the output by local second moments, through the normaliser",
    words="As S14, for every F with values in [0, 1], whatever is answered once all particles are dead: |E F(output) - pi(F)| <= "
    "(1/2) sqrt(prod_{k<T} (1 + (b(k) - 1)/N) - 1): less than S14.tv where N is small.",
)
@in_sympy("S14.bias")
def output_bias(s: Derivation) -> Line:
    meetings(s)
    return by_moment(s, "S14")


@lemma(
    "local_gap",
    title="x - y <= q/(1 + q) from x^2 <= y (q + a x)",
    words="For 0 <= x <= 1, 0 <= y, 0 <= a <= 1 and 0 <= q: y is at least the tangent of x^2/z at x = z/(1 + q).",
)
@in_sympy("local_gap")
def local_gap(d: Derivation) -> Line:
    a, q, p, r = symbols("a q x y")
    least = q + a * p
    given = d.suppose(0 <= p, p <= 1, 0 <= r, 0 <= a, a <= 1, 0 <= q, p**2 <= r * least)
    with given:
        bound = q / (1 + q)
        d.know(d.prove(0 < 1 + q))
        with d.suppose(0 < least):
            d.know(d.prove(p**2 / least <= r, given[6]))
            tangent = d.prove(
                2 * p / (1 + q) - least / (1 + q) ** 2 <= r, d.prove(0 <= (p - least / (1 + q)) ** 2 / least)
            )
            gap = d.prove(0 <= ((1 - p) * q**2 + p * (1 - a)) / (1 + q) ** 2)
            high = d.prove(p - r <= bound, tangent, gap)
        with d.suppose(least <= 0) as none:
            d.know(d.zero(p**2, given[6], none[0]))
            low = d.prove(p - r <= bound, d.use("square_below")(p, 0))
        line = d.cases(least, 0, low, high)
    return given.then(line, p, r, a, q)


@lemma(
    "local_at_least_one",
    title="the factor of S14 is at least 1, and parting for good is not surer than sure",
    words="1 <= prod_{k<T} (1 + (b(k) - 1)/N), and 0 <= (1 - 1/N)^T <= 1: S14.certificate for the test function 1 and the answer 1.",
)
@in_sympy("local_at_least_one")
def local_at_least_one(s: Derivation) -> Line:
    model(s), meetings(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    with s.suppose(t < n, alive) as here:
        still = s.prove(relation("=", 1, later(1)))
    s.know(here.then(still, t, c))
    big = s.prove(relation("<=", 1, front(T)), s.use("S14.certificate", {Out(t, c): 1, F(x): 1, VF(t, x): Vstar(t, x)}))
    one = s.nat_step(s.given(0 < N))
    low, high = s.prove(relation("<=", 0, 1 - 1 / N), one), s.prove(relation("<=", 1 - 1 / N, 1))
    s.know(low), s.know(high)
    return s.both(big, s.both(s.use("power_nonneg")(1 - 1 / N, T), s.use("power_mono")(1 - 1 / N, 1, T)))


@statement(
    "S14.tv",
    source="new",
    title="bias of SMC by local second moments",
    words="As S14.certificate: |E F(output) - target| <= w/(1 + w), w = prod_{k<T} (1 + (b(k) - 1)/N) - (1 - 1/N)^T.",
)
@in_sympy("S14.tv")
def total_variation(s: Derivation) -> Line:
    run = Run(s)
    complement(s, run)
    meetings(s)
    s.given(0 < Vstar(0, root))
    known = s.use("local_at_least_one")
    for line in (known[0], known[1][0], known[1][1]):
        s.know(line)
    up = s.use("S14.certificate")
    down = s.use("S14.certificate", {Out(t, c): 1 - Out(t, c), F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x)})
    excess, between = front(T) - alone, run.between(0, d)
    for line in (between[0], s.prove(0 <= 1 - Out(0, d), between[1])):
        s.know(s.expect(first.draws(N), d, line))
    for claim in (0 <= excess, 0 <= target, target <= 1, 0 <= 1 - target, 1 - target <= 1):
        s.know(s.prove(claim))

    def least(share: Any, answer: Any, line: Line) -> Line:
        s.know(s.prove(share**2 <= answer * (excess + alone * share), line))
        return s.use("local_gap")(share, answer, alone, excess)

    low, high = least(target, out, up), least(1 - target, 1 - out, down)
    return s.both(s.prove(out - target <= low.rhs, high), low)
