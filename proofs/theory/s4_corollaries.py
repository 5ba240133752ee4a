"""S4's corollaries: the one-sided bias of SMC without roots, from the Bellman error, and from action-level coverage.

S4 itself is derived in `dead_clouds.py`.  b(k) is the largest Qbar over the least Vstar/V with k steps to go.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import all_of, both, eq, implies, le, lt, nat, num, real, sqrt
from proofs.lemmas.particle_system import (
    L,
    N,
    Qbar,
    T,
    V,
    Vstar,
    eps,
    live,
    n,
    psi,
    reachable,
    setting,
    supply,
    t,
    x,
    y,
)
from proofs.lemmas.telescoping import k, live_stays
from proofs.registry import statement
from proofs.theory.s3_bias import bellman_error, compare
from proofs.theory.s4_one_sided import b, u


@statement(
    "S4.rational",
    source="new",
    title="bias of SMC, one-sided, without roots",
    words="As S4: |E F(output) - target| <= (1/N) sum_{k<T} (6 b(k) - 5)/4, since sqrt(b (b - 1)) <= b - 1/2.",
)
def without_roots(p: Proof) -> Fact:
    big = p.assume(all_of(k, both(lt(0, u(k)), le(1, b(k))))).spec(k).right
    inside = b(k) * (b(k) - 1)
    root = p.axiom("sqrt_square", inside).mp(p.cert(le(0, inside), products=[(1, [big, big], []), (1, [big], [])]))
    half = b(k) - num("1/2")
    square = p.cert(le(sqrt(inside) ** 2, half**2), products=[("1/4", [], [])], eqs=[(1, root)])
    nonneg = p.cert(le(0, half), products=[(1, [big], []), ("1/2", [], [])])
    below = p.use("square_below").spec(sqrt(inside), half).mp(square, nonneg)
    inverse = p.positive_inverse(p.assume(lt(0, N)))
    term = p.cert(
        le((b(k) - 1 + sqrt(inside) / 2) / N, (6 * b(k) - 5) / (4 * N)), products=[("1/2", [below, inverse], [])]
    )
    return compare(p, p.use("S4"), term)


def value_error(p: Proof, given: dict[str, Fact]) -> Fact:
    """P0 for this model."""
    names = ("potentials are non-negative", "dead is non-negative", "value recursion", "terminal value")
    weak = given["twist is non-negative"].spec(t, x).discharge(live).gen(t, x)
    kills = p.assume(all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))))
    bellman_error(p)
    nonneg = p.assume(le(0, eps))
    return supply(p.use("P0"), weak, kills, live_stays(p, given), nonneg, *(given[name] for name in names))


@statement(
    "S4.levels",
    source="new",
    title="bias of SMC from the Bellman error, one-sided, level by level",
    words="If psi V_{t+1}(y) <= L V_t(x) on reachable edges (an upper bound alone) and the Bellman error is eps, then in S4 "
    "b(k) <= L (1+eps)^(2k+1): |E F(output) - target| <= (1/N) sum_{k<T} (6 L (1+eps)^(2k+1) - 5)/4.",
)
def one_sided_levels(p: Proof) -> Fact:
    given = setting(p)
    nonneg, big = p.assume(le(0, eps)), p.assume(le(1, L * (1 + eps)), note="L (1+eps) >= 1 where Z > 0")
    upper = p.assume(
        all_of(t, x, y, implies(reachable, le(psi(t, x, y) * V(t + 1, y), L * V(t, x)))), note="upper bound"
    )
    values = value_error(p, given)
    Q, growth = (1 + eps) ** k, 1 + eps
    one = p.cert(le(1, growth), products=[(1, [nonneg], [])])
    at_least = p.use("power_at_least_one").spec(growth, k).mp(one)
    Qpos = p.cert(lt(0, Q), products=[(1, [at_least], []), (1, [], [])])
    gpos = p.cert(lt(0, growth), products=[(1, [one], []), (1, [], [])])
    square = p.cert(le(1, Q**2), products=[(1, [at_least, at_least], []), (2, [at_least], [])])
    bound, least = L * (1 + eps) ** (2 * k + 1), 1 / growth * (1 / Q)
    b_big = p.cert(le(1, bound), products=[(1, [big, square], []), (1, [big], []), (1, [square], [])])
    to_go, on_edge, alive = p.assume(eq(t + 1 + k, T)), p.assume(reachable), p.assume(live)
    p.note("V <= (1+eps)^(k+1) Vstar, so Vstar/V >= 1/(1+eps)^(k+1)")
    below = values.spec(k + 1, t, x).mp(to_go, alive).right
    scale = p.positive_inverse(gpos), p.positive_inverse(Qpos)
    inverse = p.cert(lt(0, least), products=[(1, scale, [])])
    value = p.cert(le(least * V(t, x), Vstar(t, x)), products=[(1, [below, *scale], [])], dens=[gpos, Qpos])
    value = value.discharge(to_go.concl, live, lt(0, V(t, x))).gen(t, k, x)
    p.note("Qbar = psi Vstar(y)/V(x) <= (1+eps)^k psi V(y)/V(x) <= L (1+eps)^k; it is 0 where V(x) = 0")
    ends = given["ends of edges"].spec(t, x, y).mp(on_edge)
    above = values.spec(k, t + 1, y).mp(to_go, ends.right).left
    own, inside = given["potentials are non-negative"].spec(t, x, y), upper.spec(t, x, y).mp(on_edge)
    some = p.assume(lt(0, V(t, x)))
    vinv = p.positive_inverse(some)
    goal = le(Qbar(t, x, y), bound * least)
    high = p.cert(goal, products=[(1, [own, above, vinv], []), (1, [Qpos, inside, vinv], [])], dens=[some, gpos, Qpos])
    zero = p.antisymmetry(p.assume(le(V(t, x), 0)), given["twist is non-negative"].spec(t, x))
    none = p.rewrite(zero, lambda H: psi(t, x, y) * Vstar(t + 1, y) / H())
    b_nonneg = p.cert(le(0, bound), products=[(1, [b_big], []), (1, [], [])])
    low = p.cert(goal, products=[(1, [b_nonneg, inverse], [])], eqs=[(1, none)])
    top = p.cases(V(t, x), 0, low, high).discharge(to_go.concl, reachable).gen(t, k, x, y)
    out = p.use("S4.rational").inst((b(k), bound), (u(k), least))
    return supply(out, inverse.both(b_big).gen(k), value, top)


@statement(
    "S4.uniform",
    source="new",
    title="bias of SMC from the Bellman error, one-sided",
    words="As S4.levels with n = T - 1: |E F(output) - target| <= 3 T L (1+eps)^(2n+1) / (2N): L to the power 1, and 0/1 rewards "
    "are covered.",
)
def one_sided_uniform(p: Proof) -> Fact:
    nonneg, big = p.assume(le(0, eps)), p.assume(le(1, L * (1 + eps)))
    steps, many = p.assume(eq(T, n + 1), note="n = T - 1"), p.assume(lt(0, N))
    growth, inverse = 1 + eps, p.positive_inverse(many)
    one = p.cert(le(1, growth), products=[(1, [nonneg], [])])
    p.note("k <= n, so (1+eps)^(2k) <= (1+eps)^(2n)")
    j = nat("j")
    within, rest = p.assume(lt(k, T)), p.assume(eq(n, k + j))
    level = growth**k
    at_least = p.use("power_at_least_one").spec(growth, k).mp(one)
    more = p.use("power_at_least_one").spec(growth, j).mp(one)
    split = p.rewrite(
        p.equal(k + j, n, [(1, rest)]), lambda H: eq(growth ** H(), level * growth**j), p.refl(level * growth**j)
    )
    lpos = p.cert(le(0, level), products=[(1, [at_least], []), (1, [], [])])
    higher = p.cert(le(level, growth**n), products=[(1, [lpos, more], [])], eqs=[(1, split)])
    at_most = p.cert(le(k, n), products=[(1, [p.step("nat_step", [within])], [])], eqs=[(1, steps)])
    higher = p.step("nat_split", [at_most, higher], [k, n, j])
    square = p.use("power_mono").spec(level, growth**n, 2).mp(lpos, higher)
    bpos = p.cert(le(0, L * growth), products=[(1, [big], []), (1, [], [])])
    small = p.cert(
        le((6 * (L * growth ** (2 * k + 1)) - 5) / (4 * N), 3 * L * growth ** (2 * n + 1) / (2 * N)),
        products=[("3/2", [bpos, square, inverse], []), ("5/4", [inverse], [])],
    )
    wide = compare(p, p.use("S4.levels"), small)
    low, high = wide.left.sides[0], wide.right.sides[0]
    bound = 3 * T * L * growth ** (2 * n + 1) / (2 * N)
    return p.conv(wide, both(le(low, bound), le(high, bound)))


@statement(
    "S4.particles",
    source="new",
    title="number of particles, one-sided",
    words="N >= 3/2 L (1+eps) T (1+eps)^(2(T-1)) / delta particles give |E F(output) - target| <= delta.",
)
def enough_particles(p: Proof) -> Fact:
    delta, many = real("delta"), p.assume(lt(0, N))
    out, needed = p.use("S4.uniform"), p.assume(le(3 * T * L * (1 + eps) ** (2 * n + 1), 2 * delta * N))
    bound = out.left.sides[1]
    small = p.cert(le(bound, delta), products=[("1/2", [needed, p.positive_inverse(many)], [])], dens=[many])
    return p.chain(out.left, small).both(p.chain(out.right, small))


@statement(
    "S4.coverage",
    source="new",
    title="bias of SMC from action-level coverage",
    words="If psi Vstar_{t+1}(y) <= C_act Vstar_t(x) on reachable edges and 1/C_inf <= Vstar/V <= C_inf where V > 0, then "
    "b(k) <= C_act C_inf^2: |E F(output) - target| <= T (6 C_act C_inf^2 - 5) / (4N): the bias decays as 1/N.",
)
def coverage(p: Proof) -> Fact:
    given = setting(p)
    act, inf = real("C_act C_inf")
    a_big, i_big = p.assume(le(1, act)), p.assume(le(1, inf))
    moves = p.assume(all_of(t, x, y, implies(reachable, le(psi(t, x, y) * Vstar(t + 1, y), act * Vstar(t, x)))))
    ratio = p.assume(
        all_of(
            t, x, implies(live, lt(0, V(t, x)), both(le(Vstar(t, x), inf * V(t, x)), le(V(t, x), inf * Vstar(t, x))))
        )
    )
    ipos = p.cert(lt(0, inf), products=[(1, [i_big], []), (1, [], [])])
    apos = p.cert(le(0, act), products=[(1, [a_big], []), (1, [], [])])
    inverse = p.positive_inverse(ipos)
    square = p.cert(le(1, inf**2), products=[(1, [i_big, i_big], []), (2, [i_big], [])])
    bound = act * inf**2
    b_big = p.cert(le(1, bound), products=[(1, [a_big, square], []), (1, [a_big], []), (1, [square], [])])
    to_go, on_edge, alive, some = (
        p.assume(eq(t + 1 + k, T)),
        p.assume(reachable),
        p.assume(live),
        p.assume(lt(0, V(t, x))),
    )
    here = ratio.spec(t, x).mp(alive, some)
    value = p.cert(le(1 / inf * V(t, x), Vstar(t, x)), products=[(1, [here.right, inverse], [])], dens=[ipos])
    value = value.discharge(to_go.concl, live, some.concl).gen(t, k, x)
    p.note("Qbar = psi Vstar(y)/V(x) <= C_act Vstar(x)/V(x) <= C_act C_inf")
    vinv, start = p.positive_inverse(some), given["ends of edges"].spec(t, x, y).mp(on_edge).left
    source, inside = ratio.spec(t, x).mp(start, some), moves.spec(t, x, y).mp(on_edge)
    goal = le(Qbar(t, x, y), bound * (1 / inf))
    high = p.cert(goal, products=[(1, [inside, vinv], []), (1, [apos, source.left, vinv], [])], dens=[some, ipos])
    zero = p.antisymmetry(p.assume(le(V(t, x), 0)), given["twist is non-negative"].spec(t, x))
    none = p.rewrite(zero, lambda H: psi(t, x, y) * Vstar(t + 1, y) / H())
    b_nonneg = p.cert(le(0, bound), products=[(1, [b_big], []), (1, [], [])])
    low = p.cert(goal, products=[(1, [b_nonneg, inverse], [])], eqs=[(1, none)])
    top = p.cases(V(t, x), 0, low, high).discharge(to_go.concl, reachable).gen(t, k, x, y)
    out = p.use("S4.rational").inst((b(k), bound), (u(k), 1 / inf))
    out = supply(out, inverse.both(b_big).gen(k), value, top)
    total_bound = T * (6 * bound - 5) / (4 * N)
    return p.conv(out, both(le(out.left.sides[0], total_bound), le(out.right.sides[0], total_bound)))
