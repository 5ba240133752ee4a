"""S8: the bias of fully adapted SMC: guided moves, weights rho_t = B V_t / V_t, no constant L.  The model is in `adapted_clouds.py`.

lo(k) and q(k) lo(k) bound Vstar/V at live states with V > 0 and k steps to go; q(0) = 1, and q = 1 throughout when V = Vstar.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, draws, eq, implies, le, lt, num, sqrt, total
from proofs.lemmas.adapted_system import N, W, d, lo, q, s
from proofs.lemmas.guided_chord import BV, exists, guided, star
from proofs.lemmas.particle_system import M, T, V, Vstar, eps, live, psi, root, supply, t, x, y
from proofs.lemmas.telescoping import k, target
from proofs.registry import statement
from proofs.theory.model import hypotheses


def bias_of(W1: Node, bound: Node) -> Node:
    return both(le(W1 - target, bound), le(target - W1, bound))


answer = E(draws(N, guided(0, root)), d, W(1, d))


@statement(
    "S8",
    source="new",
    title="bias of fully adapted SMC",
    words="Guided moves, N particles, weights rho_t: with q(k) the ratio of the largest to the least Vstar/V at live states with V > 0 and "
    "k steps to go (q(0) = 1): |E F(output) - target| <= 1/(2N) sum_{k<T} (q(k) - sqrt q(k)).",
)
def adapted_statement(p: Proof) -> Fact:
    positive = p.assume(all_of(k, both(lt(0, lo(k)), le(1, q(k)))), note="bounds are positive")
    between = both(le(lo(k), star(t, x)), le(star(t, x), q(k) * lo(k)))
    given = p.assume(all_of(t, k, x, implies(eq(t + k, T), live, lt(0, V(t, x)), between)), note="range of Vstar/V")
    big = positive.spec(k).right
    root_of = p.axiom("sqrt_square", q(k)).mp(p.show(le(0, q(k)), big))
    at_least = p.use("root_at_least_one").spec(q(k)).mp(big)
    guards = [p.assume(eq(t + k, T)), p.assume(live), p.assume(lt(0, V(t, x)))]
    inside = given.spec(t, k, x).mp(*guards)
    top = p.show(le(star(t, x), sqrt(q(k)) ** 2 * lo(k)), inside.right, root_of)
    ranged = inside.left.both(top).discharge(*guards).gen(t, k, x)
    out = p.use("adapted_bias").inst((s(k), sqrt(q(k))))
    out = supply(out, positive.spec(k).left.both(at_least).gen(k), ranged)
    out = p.conv(out, bias_of(answer, total(T, k, (sqrt(q(k)) ** 2 - sqrt(q(k))) / (2 * N))))
    return p.rewrite(root_of.gen(k), lambda H: bias_of(answer, total(T, k, (H(k) - sqrt(q(k))) / (2 * N))), out)


@statement(
    "S8.uniform",
    source="new",
    title="bias of fully adapted SMC from the Bellman error",
    words="With Bellman error eps: q(k) <= (1+eps)^(2k), so |E F(output) - target| <= 1/(2N) sum_{k<T} ((1+eps)^(2k) - (1+eps)^k).",
)
def adapted_uniform(p: Proof) -> Fact:
    given = exists(p)
    nonneg, error, growth = p.assume(le(0, eps)), hypotheses("Bellman error")(p)["Bellman error"], 1 + eps
    kills = p.assume(all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))))
    step = E(M(t, x), y, psi(t, x, y) * Vstar(t + 1, y))
    value = p.assume(all_of(t, x, implies(lt(t, T), live, eq(Vstar(t, x), step))))
    ends = p.assume(all_of(x, eq(Vstar(T, x), V(T, x))))
    weak = given["twist is non-negative"].spec(t, x).discharge(live).gen(t, x)
    names = ("potentials are non-negative", "dead is non-negative", "live states stay live")
    errors = supply(p.use("P0"), weak, kills, nonneg, value, ends, *(given[name] for name in names))
    one = p.show(le(1, growth), nonneg)
    gpos = p.show(lt(0, growth), one)
    before, alive, some = p.assume(lt(t, T)), p.assume(live), p.assume(lt(0, V(t, x)))
    p.note("V <= (1+eps) BV, so BV > 0 and the guided move exists")
    ratio = error.spec(t, x).mp(before, alive, some)
    scaled = p.chain(some, ratio.left)
    mass = p.show(lt(0, BV), scaled, p.positive_inverse(gpos), dens=[gpos])
    moves = mass.discharge(before, alive, some).gen(t, x)
    Q = growth**k
    Qbig = p.use("power_at_least_one").spec(growth, k).mp(one)
    Qpos = p.show(lt(0, Q), Qbig)
    p.note("P0: 1/(1+eps)^k <= Vstar/V <= (1+eps)^k with k steps to go")
    to_go = p.assume(eq(t + k, T))
    both_ways = errors.spec(k, t, x).mp(to_go, alive)
    inverse, unit = p.positive_inverse(Qpos), p.positive_inverse(some)
    why = "the search here forms no products with an inverse"
    goals, dens = (le(1 / Q, star(t, x)), le(star(t, x), Q**2 * (1 / Q))), [Qpos, some]
    low = p.cert(goals[0], products=[(1, [both_ways.right, inverse, unit], [])], dens=dens, why=why)
    high = p.cert(goals[1], products=[(1, [both_ways.left, unit], [])], dens=dens, why=why)
    ranged = low.both(high).discharge(to_go, alive, some).gen(t, k, x)
    out = p.use("adapted_bias").inst((s(k), Q), (lo(k), 1 / Q))
    out = supply(out, moves, inverse.both(Qbig).gen(k), ranged)
    return p.conv(out, bias_of(answer, total(T, k, (growth ** (2 * k) - Q) / (2 * N))))


@statement(
    "S8.perfect",
    source="new",
    title="fully adapted SMC with a perfect reward model has no bias",
    words="If V = Vstar at live states then E F(output) = target for every number of particles.",
)
def adapted_perfect(p: Proof) -> Fact:
    same = p.assume(all_of(t, x, implies(live, eq(V(t, x), Vstar(t, x)))))
    alive, some, to_go = p.assume(live), p.assume(lt(0, V(t, x))), p.assume(eq(t + k, T))
    here = same.spec(t, x).mp(alive)
    exact = p.show(eq(star(t, x), 1), here, dens=[some])
    low = p.show(le(1, star(t, x)), exact)
    high = p.show(le(star(t, x), num(1) ** 2 * 1), exact)
    ranged = low.both(high).discharge(to_go, alive, some).gen(t, k, x)
    out = p.use("adapted_bias").inst((s(k), num(1)), (lo(k), num(1)))
    unit = p.show(lt(0, 1)).both(p.show(le(num(1), 1))).gen(k)
    out = supply(out, unit, ranged)
    p.note("a value that vanishes with V is Vstar = V itself")
    none = p.assume(eq(V(t, x), 0))
    kills = p.show(eq(Vstar(t, x), 0), here, none).discharge(live, none.concl).gen(t, x)
    out = supply(out, kills)
    up = p.show(le(answer, target), out.left)
    return p.antisymmetry(up, p.show(le(target, answer), out.right))
