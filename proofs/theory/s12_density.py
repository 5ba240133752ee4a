"""S12: the output law of naive-proposal SMC is at least pi / prod_p (1 + (b_p - 1)/N), zero rewards allowed.

The model and b are those of S5.  The bound k <= beta pi on k = E[(Zhat/Z)^2 nu(F)] and the certificate of S10 give it; here both go in one
induction (`first_density`), so that nothing but the run is spoken of.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, implications, relation
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.layered_system import Setting, know_complement, lookahead, off, peak, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import end_weights, scale, target
from proofs.theory.s5_normaliser import alive, factor, later, value_of
from proofs.theory.s10_certificate import Run, edges, moment, out

N, n, t, k, b, c, d, e, f, Out = particles.symbols("N n t k b c d e f Out")
x, y, u, root, M, V, Vstar, VF, F, psi = layered.symbols("x y u root M V Vstar VF F psi")
dead, noedge, src, dst, horizon = layered.symbols("dead noedge src dst T")
T, beta = n + 1, factor


TEST = ForAll(x, Both(0 <= F(x), F(x) <= 1))


def sharp(s: Derivation) -> Run:
    """A run, and that b bounds the backward potentials of the edges from which the test function can still be met."""
    run = Run(s)
    bound = psi(t, u, y) * Vstar(t + 1, y) / V(t, u) <= b(t) * (Vstar(t, x) / V(t, x))
    where = Eq(dead(t, x), 0), 0 < V(t, x), Eq(noedge(t, u, y), 0), 0 < VF(t + 1, y)
    lines = s.given(
        ForAll(t, 0 <= b(t)),
        ForAll(t, x, u, y, implications(t < T, *where, bound)),
        0 < V(0, root),
        0 < Vstar(0, root),
    )
    with s.suppose(Eq(off(0, e), 0), 0 < lookahead(0, e, VF)) as here:
        s.know(reached(s, run, VF, 0, e, here[1]))
        top = lines[1](0, root, src(e), dst(e))
        top = s.put(top, lambda v: top.lhs <= b(0) * v, run.mean)
    s.know(here.then(top, e))
    with s.suppose(
        t < n, Eq(off(t, e), 0), Eq(off(t + 1, f), 0), 0 < weight(t, e), 0 < lookahead(t + 1, f, VF)
    ) as here:
        s.know(s.prove(t + 1 < T))
        s.know(run.given["ends of a reachable edge are live"](t, src(e), dst(e))[1])
        s.know(reached(s, run, V, t, e, here[3]))
        s.know(reached(s, run, VF, t + 1, f, here[4]))
        top = lines[1](t + 1, dst(e), src(f), dst(f))
        ahead = value_of(s, run.given, t + 1, dst(e))
        top = s.put(top, lambda v: top.lhs <= b(t + 1) * v, ahead)
    s.know(here.then(top, t, e, f))
    return run


def reached(s: Derivation, run: Setting, value, time, q, positive: Line) -> Line:
    """0 < value(new) from 0 < psi value(new)/V(old) on an edge."""
    s.know(run.given["twist is non-negative"](time, src(q)))
    factors = run.given["potentials are non-negative"](time, src(q), dst(q)), s.use("inverse_nonneg")(V(time, src(q)))
    scale = s.prove(0 <= psi(time, src(q), dst(q)) / V(time, src(q)), *factors)
    with s.suppose(value(time + 1, dst(q)) <= 0) as none:
        least = s.prove(
            0 <= -lookahead(time, q, value), s.prove(0 <= scale.rhs * -value(time + 1, dst(q)), scale, none[0])
        )
        low = s.anything(0 < value(time + 1, dst(q)), s.prove(relation("<", 0, 0), least, positive))
    with s.suppose(0 < value(time + 1, dst(q))) as some:
        high = some[0]
    return s.cases(value(time + 1, dst(q)), 0, low, high)


@statement(
    "S12.path",
    source="new",
    title="density of the output law under SMC, path by path",
    words="As S12, but b(k) bounds only the Qbar of edges from whose end the test function F can still be met (VF > 0), over the least "
    "Vstar/V among live states at time k; it may be less than 1: pi <= prod_{k<T} (1 + (b(k) - 1)/N) out.  On a prefix tree with F one "
    "leaf those are the edges of one path.",
)
@in_sympy("S12.path")
def path_density(s: Derivation) -> Line:
    run = sharp(s)
    line = s.use("first_density", edges())
    line = s.at(
        run.mean, s.at(run.tested_mean, line, lambda v: v <= line.rhs), lambda v: run.tested_mean.rhs <= beta * v * out
    )
    return s.prove(target <= beta * out, line)


@statement(
    "S12.path_moment",
    source="new",
    title="second moment of the normaliser times the answer, path by path",
    words="As S12.path, k = E[(Zhat/Z)^2 nu(F)], CF the mean of (Zhat/V_0)^2 nu(F) from a cloud on: k <= prod_{k<T} (1 + (b(k) - 1)/N) pi.",
)
@in_sympy("S12.path_moment")
def path_moment(s: Derivation) -> Line:
    run = sharp(s)
    run.squared()
    line = s.use("first_second_moment", edges())
    line = s.at(run.mean, line, lambda v: line.lhs <= beta * v * run.tested_mean.lhs)
    line = s.at(run.tested_mean, line, lambda v: line.lhs <= beta * run.mean.rhs * v)
    return s.prove(moment <= beta * target, s.times_square(line, scale))


def everywhere(s: Derivation) -> None:
    """b bounds the backward potentials of all reachable edges, so those of the edges from which the test function can be met."""
    bounds = peak(s)["b bounds the lookahead"]
    with s.suppose(t < T, Eq(dead(t, x), 0), 0 < V(t, x), Eq(noedge(t, u, y), 0), 0 < VF(t + 1, y)) as here:
        line = bounds(t, x, u, y)
    s.know(here.then(line, t, x, u, y))


@statement(
    "S12",
    source="new",
    title="density of the output law under SMC, zero rewards allowed",
    words="Naive-proposal SMC as in S5, horizon T = n + 1, F a test function with values in [0, 1], out = E "
    "F(output), whatever is answered once "
    "all particles are dead, pi = VF_0/Vstar_0 the target's mean of F, and b(k) the largest Qbar over the "
    "least Vstar/V among live states at "
    "time k: pi <= prod_{k<T} (1 + (b(k) - 1)/N) out.",
)
@in_sympy("S12")
def density(s: Derivation) -> Line:
    everywhere(s)
    return s.use("S12.path")


@statement(
    "S12.moment",
    source="new",
    title="second moment of the normaliser times the answer",
    words="As S12, k = E[(Zhat/Z)^2 nu(F)], CF the mean of (Zhat/V_0)^2 nu(F) from a cloud on: k <= prod_{k<T} (1 + "
    "(b(k) - 1)/N) pi.  With F = 1 "
    "it is S5.",
)
@in_sympy("S12.moment")
def second_moment(s: Derivation) -> Line:
    everywhere(s)
    return s.use("S12.path_moment")


@lemma("target_nonneg", title="the target's mean of a test function is not negative", words="0 <= VF_0/Vstar_0.")
@in_sympy("target_nonneg")
def target_nonneg(s: Derivation) -> Line:
    run = Run(s)
    s.given(0 < Vstar(0, root))
    s.know(s.gen(s.prove(0 <= V(t, x) * F(x), run.given["twist is non-negative"](t, x), s.given(TEST)(x)[0]), t, x))
    s.know(s.use("value_nonneg", {horizon: T, Vstar(t, x): VF(t, x), V(t, x): V(t, x) * F(x)})(0, root))
    return s.prove(0 <= target)


@lemma(
    "beta_at_least_one", title="the factor of S12 is at least 1", words="S12 for the test function 1 and the answer 1."
)
@in_sympy("beta_at_least_one")
def beta_at_least_one(s: Derivation) -> Line:
    Run(s)
    peak(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    with s.suppose(t < n, alive) as here:
        mean = s.prove(relation("=", 1, later(1)))
    s.know(here.then(mean, t, c))
    one = s.use("S12", {Out(t, c): 1, F(x): 1, VF(t, x): Vstar(t, x)})
    return s.prove(relation("<=", 1, beta), one)


@lemma(
    "density_both",
    title="S12 for the test function and for one minus it",
    words="With B = prod_{k<T} (1 + (b(k) - 1)/N) >= 1: pi <= B out and 1 - pi <= B (1 - out), 0 <= pi <= 1.",
)
@in_sympy("density_both")
def density_both(s: Derivation) -> Line:
    complement(s, Run(s))
    s.given(0 < Vstar(0, root))
    up = s.use("S12")
    down = s.use("S12", {Out(t, c): 1 - Out(t, c), F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x)})
    down = s.prove(1 - target <= beta * (1 - out), down)
    inside = s.both(s.prove(0 <= target), s.prove(target <= 1))
    return s.both(s.both(up, down), s.both(s.use("beta_at_least_one"), inside))


@statement(
    "S12.tv",
    source="new",
    title="bias of SMC from the density",
    words="As S12: |E F(output) - target| <= 1 - 1/prod_{k<T} (1 + (b(k) - 1)/N).",
)
@in_sympy("S12.tv")
def total_variation(s: Derivation) -> Line:
    known = s.use("density_both")
    for line in (known[0][0], known[0][1], known[1][0], known[1][1][0], known[1][1][1]):
        s.know(line)
    s.know(s.prove(1 - target <= 1))
    gap = s.use("density_gap")
    low, high = gap(target, out, beta), gap(1 - target, 1 - out, beta)
    return s.both(s.prove(out - target <= low.rhs, high), low)


def complement(s: Derivation, run: Run) -> None:
    """1 - F is a test function too: its value is Vstar - VF, its answer 1 - Out."""
    test, given = s.given(TEST), run.given
    values = {"tested recursion": run.tested["value recursion"], "tested terminal value": run.tested["terminal value"]}
    know_complement(s, T, {**given, **values, "test function": test})
    with s.suppose(t < n, alive) as here:
        moves = s.prove(Eq(1 - Out(t, c), later(1 - Out(t + 1, d))), run.moves(t, c))
    s.know(here.then(moves, t, c))
    s.know(
        s.gen(
            s.prove(
                Eq((1 - Out(n, c)) * end_weights, over(c, lambda q: weight(n, q) * (1 - F(dst(q))))), run.honest(c)
            ),
            c,
        )
    )
    for value, part in ((VF(t, x), F(x)), (Vstar(t, x) - VF(t, x), 1 - F(x))):
        s.know(s.gen(s.prove(0 <= V(t, x) * part, given["twist is non-negative"](t, x), test(x)[0], test(x)[1]), t, x))
        s.know(s.use("value_nonneg", {horizon: T, Vstar(t, x): value, V(t, x): V(t, x) * part})(0, root))
    between = run.between(t, c)
    s.know(s.gen(s.both(s.prove(0 <= 1 - Out(t, c), between[1]), s.prove(1 - Out(t, c) <= 1, between[0])), t, c))
