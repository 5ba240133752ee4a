"""S10: a certificate at any number of particles, from the second moment of the normaliser times the answer.

With U = Zhat/Z, nu the weighted law of the last cloud and out(F) the mean answer: E[U nu(F)] = pi(F), so by Cauchy-Schwarz under E[nu(F) .]
pi(F)^2 <= out(F) k(F), k(F) = E[U^2 nu(F)].  Zero rewards are allowed, and any answer once all particles are dead.  CF is the mean of
Zhat^2 nu(F) from a cloud on.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.bridge import read, to_kernel
from proofs.language.expressions import Both, Expect, ForAll, Implication, Root, function, symbols
from proofs.language.terms import E, fn, forall, measure
from proofs.lemmas import clouds
from proofs.lemmas import layered_system as layered
from proofs.lemmas import particle_system as system
from proofs.lemmas.first_cloud import CF, C, N, Out, c, d, e, m, n, t, total_of
from proofs.registry import statement
from proofs.theory import s5_bias as bias
from proofs.theory import s5_normaliser as normaliser

x, y, root, V, Vstar, psi = read(system.x, system.y, system.root, system.V, system.Vstar, system.psi)
M, dead, noedge = read(system.M, system.dead, system.noedge)
F, VF, src, dst, first, smc = read(bias.F, bias.VF, system.src, system.dst, system.first, system.smc)
T, horizon = read(layered.T, layered.horizon)


def weight(time, q):
    """psi V(new)/V(old) of an edge."""
    return psi(time, src(q), dst(q)) * V(time + 1, dst(q)) / V(time, src(q))


def off(time, q):
    """noedge of an edge."""
    return noedge(time, src(q), dst(q))


def edges() -> dict:
    """The particles of `first_cloud` are the edges of the layered model; VF is the value of the terminal reward times F."""
    s, q = clouds.t, clouds.e
    g, tested, start = fn("g", "nat Edge -> real"), fn("tested", "Edge -> real"), measure("start", "", "Edge")
    pairs = [
        (clouds.w(s, q), layered.weight(s, q)),
        (clouds.last(q), layered.weight(clouds.n, q)),
        (clouds.h(s, q), layered.lookahead(s, q)),
        (g(s, q), layered.lookahead(s, q, bias.VF)),
        (tested(q), layered.weight(clouds.n, q) * bias.F(system.dst(q))),
        (clouds.bad(s, q), layered.off(s, q)),
        (E(clouds.K(s, q), clouds.f, 0), E(layered.move(s + 1, system.dst(q)), clouds.f, 0)),
        (E(clouds.mixture(s, clouds.c), clouds.f, 0), E(system.smc(s, clouds.c), clouds.f, 0)),
        (E(start, q, 0), E(system.first, q, 0)),
    ]
    return {read(a): read(b) for a, b in pairs}


weights, end_weights, rewarded = read(bias.weights, bias.end_weights, bias.rewarded)


class Run:
    """A run of naive-proposal SMC with a test function: its hypotheses, and what the lemmas of `first_cloud` ask of it."""

    def __init__(self, s: Derivation):
        p, self.s = s.proof, s
        self.given = s.setting(layered.model)
        facts = {name: line.fact for name, line in self.given.items()}
        tested = bias.rewarded_values(p, facts)
        reward = bias.F(system.dst(clouds.e))
        particle = [s.know(s.line(fact)) for fact in normaliser.particle_facts(p, facts)]
        self.weight, self.stays = particle[1], particle[3]
        for fact in normaliser.particle_facts(p, tested, bias.VF, reward):
            s.know(s.line(fact))
        with s.suppose(t < n, Eq(off(t, e), 0), 0 < weight(t, e)) as here:
            stays = self.stays(t, e)
        s.know(here.then(stays, t, e))
        self.tested = {name: s.know(s.line(tested[name])) for name in ("value recursion", "terminal value")}
        mean, none, (_, nonneg, _) = normaliser.start(p, facts)
        self.mean, self.tested_mean = s.line(mean), s.line(normaliser.start(p, tested, bias.VF)[0])
        self.reachable = s.line(none)
        for fact in (none, nonneg, p.use("lookahead_nonneg")):
            s.know(s.line(fact))
        self.moves, self.honest, self.between = (s.know(s.line(fact)) for fact in bias.answers(p))
        s.know(s.gen(self.between(t, c)[0], t, c))
        s.know(self.tested_lookahead())

    def tested_lookahead(self) -> Line:
        """0 <= psi VF/V on reachable edges."""
        s, given = self.s, self.given
        self.test = test = s.given(ForAll(x, Both(0 <= F(x), F(x) <= 1)))
        s.know(s.gen(s.prove(0 <= V(t, x) * F(x), test(x)[0], given["twist is non-negative"](t, x)), t, x))
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
        later = (weights / N) ** 2 * Expect(smc(t, c).draws(N), d, CF(t + 1, d))
        move, end = s.given(
            ForAll(t, c, Implication(t < n, Eq(CF(t, c), later))),
            ForAll(c, Eq(CF(n, c), end_weights * rewarded / N**2)),
        )
        with s.suppose(Eq(t + (m + 1), n), Eq(total_of(off, t, c), 0)) as now:
            s.know(s.prove(t < n, now[0]))
            more = s.prove(later <= CF(t, c), move(t, c))
        s.know(now.then(more, m, t, c))
        with s.suppose(Eq(total_of(off, n, c), 0)) as now:
            least = s.prove(end(c).rhs <= CF(n, c), end(c))
        s.know(now.then(least, c))


def mean(value):
    """The mean of a term in the first cloud d."""
    return Expect(first.draws(N), d, value)


target, scale = VF(0, root) / Vstar(0, root), V(0, root) / Vstar(0, root)
out, moment = mean(Out(0, d)), mean(scale**2 * CF(0, d))


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
    line = s.times_square(s.at(run.tested_mean, line, lambda v: v**2 <= line.rhs), V(0, root) / Vstar(0, root))
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
    words="Test functions F_j for j < J that add up to the weights a_j, 0 <= a_j <= 1 (the states of an event, or "
    "of the last layer), with answers "
    "Out_j, targets pi(j), and second moments second(j) = E[(Zhat/Z)^2 nu(F_j)] > 0; with l(j) = pi(j)^2/second(j): "
    "sum_j a(j) (l(j) - pi(j)) <= sum_j a(j) (out_j - pi(j)) and sum_j a(j) (pi(j) - out_j) <= sum_j max(pi(j) - l(j), 0).",
)
@in_sympy("S10.tv")
def by_states(s: Derivation) -> Line:
    j, J = symbols("j J", "nat")
    pi, m2, a = (function(name, "nat -> real") for name in ("pi", "second", "a"))
    each_F, each_VF = function("FJ", "nat X -> real"), function("VJ", "nat nat X -> real")
    each_Out, each_CF = (function(name, "nat nat Edge* -> real") for name in ("OutJ", "CJ"))
    at = {F(x): each_F(j, x), VF(t, x): each_VF(j, t, x), Out(t, c): each_Out(j, t, c), CF(t, c): each_CF(j, t, c)}
    names, shares, positive, part = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Eq(m2(j), mean(scale**2 * each_CF(j, 0, d)))),
        ForAll(j, 0 < m2(j)),
        ForAll(j, Both(0 <= a(j), a(j) <= 1)),
    )
    for line in (positive(j), part(j)[0], part(j)[1]):
        s.know(line)
    answer = mean(each_Out(j, 0, d))
    line = for_each(s, s.use("S10", at), j)
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
