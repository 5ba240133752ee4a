"""S10: a certificate at any number of particles, from the second moment of the normaliser times the answer.

With U = Zhat/Z, nu the weighted law of the last cloud and out(F) the mean answer: E[U nu(F)] = pi(F), so by Cauchy-Schwarz under E[nu(F) .]
pi(F)^2 <= out(F) k(F), k(F) = E[U^2 nu(F)].  Zero rewards are allowed, and any answer once all particles are dead.  CF is the mean of
Zhat^2 nu(F) from a cloud on.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import to_kernel
from proofs.language.expressions import Both, ForAll, Root, function, implications, symbols
from proofs.language.terms import forall
from proofs.lemmas.clouds import particles, total_of
from proofs.lemmas.layered_system import lookahead, model, off, weight
from proofs.registry import statement
from proofs.theory import s5_normaliser as normaliser
from proofs.theory.model import layered
from proofs.theory.s5_bias import end_weights, know_answers, know_tested, rewarded, scale, target
from proofs.theory.s5_normaliser import begin, first_mean, know_first, know_particles, later, weights

N, n, m, t, c, d, e = particles.symbols("N n m t c d e")
C, CF, Out, g, tested, start = particles.symbols("C CF Out g tested start")
x, root, V, Vstar, VF, F, psi, src, dst, first, horizon = layered.symbols("x root V Vstar VF F psi src dst first T")
T = n + 1
j, J = symbols("j J", "nat")
each_VF, each_F = function("VJ", "nat nat X -> real"), function("FJ", "nat X -> real")
each_Out, each_CF = (function(name, "nat nat Edge* -> real") for name in ("OutJ", "CJ"))
numbered = {F(x): each_F(j, x), VF(t, x): each_VF(j, t, x), Out(t, c): each_Out(j, t, c)}
"""The test function F, its value and its answer, as the j-th of several."""


def edges() -> dict[Any, Any]:
    """The particles of `first_cloud` are the edges of the layered model; VF is the value of the terminal reward times F."""
    rewards = {g(t, e): lookahead(t, e, VF), tested(e): weight(n, e) * F(dst(e)), start: first}
    return normaliser.edges() | rewards


class Run:
    """A run of naive-proposal SMC with a test function: its hypotheses, and what the lemmas of `first_cloud` ask of it."""

    def __init__(self, s: Derivation):
        self.s, self.given = s, model(s)
        self.tested = know_tested(s, self.given)
        know_particles(s, self.given)
        know_particles(s, self.tested, VF, F(dst(e)))
        self.mean, self.tested_mean = first_mean(s, self.given), first_mean(s, self.tested, VF)
        self.test, self.reachable = self.tested["test function"], know_first(s, self.given)
        s.know(s.use("lookahead_nonneg"))
        self.moves, self.honest, self.between = know_answers(s)
        s.know(s.gen(self.between(t, c)[0], t, c))
        s.know(self.tested_lookahead())

    def tested_lookahead(self) -> Line:
        """0 <= psi VF/V on reachable edges."""
        s, given = self.s, self.given
        value = s.use("value_nonneg", {horizon: T, Vstar(t, x): VF(t, x), V(t, x): V(t, x) * F(x)})
        a, b = src(e), dst(e)
        with s.suppose(t <= n, Eq(off(t, e), 0)) as here:
            s.know(given["ends of a reachable edge are live"](t, a, b)[1])
            s.know(given["twist is non-negative"](t, a))
            s.know(s.prove(t + 1 <= T))
            factors = given["potentials are non-negative"](t, a, b), value(t + 1, b), s.use("inverse_nonneg")(V(t, a))
            line = s.prove(0 <= psi(t, a, b) * VF(t + 1, b) / V(t, a), *factors)
        return here.then(line, t, e)

    def squared(self) -> None:
        """CF, the mean of Zhat^2 nu(F) from a cloud on, is what C is above."""
        s = self.s
        step = (weights / N) ** 2 * later(CF(t + 1, d))
        move, end = s.given(
            ForAll(t, c, implications(t < n, Eq(CF(t, c), step))),
            ForAll(c, Eq(CF(n, c), end_weights * rewarded / N**2)),
        )
        with s.suppose(Eq(t + (m + 1), n), Eq(total_of(off, t, c), 0)) as now:
            s.know(s.prove(t < n, now[0]))
            more = s.prove(step <= CF(t, c), move(t, c))
        s.know(now.then(more, m, t, c))
        with s.suppose(Eq(total_of(off, n, c), 0)) as now:
            least = s.prove(end(c).rhs <= CF(n, c), end(c))
        s.know(now.then(least, c))


out, moment = begin(Out(0, d)), begin(scale**2 * CF(0, d))


@statement(
    "S10",
    source="new",
    title="the output law from below, at any number of particles",
    words="Naive-proposal SMC as in S5, F a test function with values in [0, 1], out = E F(output), whatever is "
    "answered once all particles "
    "are dead, pi = VF_0/Vstar_0 the target's mean of F, and k = E[(Zhat/Z)^2 nu(F)], CF the mean of (Zhat/V_0)^2 nu(F) from a cloud on: "
    "pi^2 <= k out.  For every N >= 1 and every horizon T = n + 1.",
)
@in_sympy("S10")
def certificate(s: Derivation) -> Line:
    run = Run(s)
    run.squared()
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    line = s.use("first_certificate", edges() | {C(m, t, c): CF(t, c)})
    line = s.times_square(s.at(run.tested_mean, line, lambda v: v**2 <= line.rhs), scale)
    return s.prove(target**2 <= moment * out, line)


def for_each(s: Derivation, line: Line, index) -> Line:
    """The line with its hypotheses on the test function asked of all test functions, numbered by `index`."""
    fact, j = line.fact, to_kernel(index)
    for h in sorted((h for h in fact.hyps if j.symbol in h.free), key=repr):
        fact = fact.discharge(h).mp(s.proof.assume(forall([j], h)).spec(j))
    return s.line(fact)


@statement(
    "S10.tv",
    source="new",
    title="total variation by the certificate, at any number of particles",
    words="Test functions F_j for j < J and weights a_j, 0 <= a_j <= 1 (the states of an event, or of the last layer, each of weight 1), "
    "with answers Out_j, targets pi(j), and second moments second(j) = E[(Zhat/Z)^2 nu(F_j)] > 0; with l(j) = pi(j)^2/second(j): "
    "sum_j a(j) (l(j) - pi(j)) <= sum_j a(j) (out_j - pi(j)) and sum_j a(j) (pi(j) - out_j) <= sum_j max(pi(j) - l(j), 0).",
)
@in_sympy("S10.tv")
def by_states(s: Derivation) -> Line:
    pi, m2, a = (function(name, "nat -> real") for name in ("pi", "second", "a"))
    names, shares, positive, part = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Eq(m2(j), begin(scale**2 * each_CF(j, 0, d)))),
        ForAll(j, 0 < m2(j)),
        ForAll(j, Both(0 <= a(j), a(j) <= 1)),
    )
    for line in (positive(j), part(j)[0], part(j)[1]):
        s.know(line)
    answer = begin(each_Out(j, 0, d))
    line = for_each(s, s.use("S10", numbered | {CF(t, c): each_CF(j, t, c)}), j)
    line = s.put(line, lambda p, m: p**2 <= m * answer, names(j), shares(j))
    least = s.prove(pi(j) ** 2 / m2(j) <= answer, line)
    gap = pi(j) - pi(j) ** 2 / m2(j)
    size = s.use("root_facts")(gap)
    for line in (size[1][0], size[1][1]):
        s.know(line)
    most = s.use("part_of_positive")(a(j), gap, Root(gap**2))
    with s.below(j, J) as inside:
        low = inside.sum(s.prove(a(j) * (pi(j) ** 2 / m2(j) - pi(j)) <= a(j) * (answer - pi(j)), least))
        high = inside.sum(s.prove(a(j) * (pi(j) - answer) <= (gap + Root(gap**2)) / 2, most, least))
    return s.both(low, high)
