"""S3, S4 and S8 with the gauge-invariant level ratios in place of one Bellman error.

SMC does not change when V_t is multiplied by a constant c_t, but the Bellman error does.  Let lo(j) <= rho_t <= r(j) lo(j) on the level
from which j steps remain after the move.  Then with k steps to go Vstar/V lies in [P, P prod_{j<k} r(j)], P = prod_{j<k} lo(j), and
the bounds hold with prod_{j<k} r(j) <= e^(2 Lambda) where the uniform forms have (1+eps)^(2k): a Bellman error of order 1/T on
average is enough.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, plus
from proofs.language.terms import E, all_of, both, eq, fn, implies, le, lt, nat, num, product, sqrt, total
from proofs.lemmas.guided_chord import BV, star
from proofs.lemmas.particle_system import (
    M,
    N,
    Qbar,
    T,
    V,
    Vstar,
    dead,
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
from proofs.registry import lemma, statement
from proofs.theory.s4_one_sided import b, u
from proofs.theory.s8_adapted import answer as adapted_answer
from proofs.theory.s8_adapted import bias_of

j = nat("j")
lo, r, q = fn("lo", "nat -> real"), fn("r", "nat -> real"), fn("q", "nat -> real")
least, width, top = fn("wlo", "nat -> real"), fn("wratio", "nat -> real"), fn("whi", "nat -> real")


def low(m: Node) -> Node:
    return product(m, j, lo(j))


def spread(m: Node) -> Node:
    return product(m, j, r(j))


def levels(p: Proof) -> tuple[Fact, Fact]:
    """lo > 0, r >= 1, and the Bellman ratios of each level in [lo, r lo]."""
    signs = p.assume(all_of(k, both(lt(0, lo(k)), le(1, r(k)))), note="bounds are positive")
    inside = both(le(lo(k) * V(t, x), BV), le(BV, r(k) * lo(k) * V(t, x)))
    ratios = p.assume(all_of(t, k, x, implies(eq(t + 1 + k, T), live, lt(0, V(t, x)), inside)), note="Bellman ratios")
    return signs, ratios


def positive_products(p: Proof, signs: Fact) -> tuple[Fact, Fact]:
    """0 < prod_{j<k} lo(j) and 1 <= prod_{j<k} r(j), for every k."""
    symbol = fn("f", "nat -> real")(k)
    first = p.use("product_positive").inst((symbol, lo(k))).cut(signs.spec(k).left.gen(k)).spec(k, 0)
    claim = le(1, spread(k))
    hyp, more = p.assume(claim), signs.spec(k).right
    base = p.cert(le(1, spread(num(0))))
    step = p.cert(le(1, spread(k + 1)), products=[(1, [hyp, more], []), (1, [hyp], []), (1, [more], [])])
    return p.conv(first, lt(0, low(k))), p.induct(k, claim, base, step.discharge(hyp)).spec(k)


@lemma(
    "value_levels",
    title="value error from the level ratios",
    words="For t + n = T and live x: prod_{j<n} lo(j) V <= Vstar <= prod_{j<n} r(j) lo(j) V.",
)
def value_levels(p: Proof) -> Fact:
    signs, ratios = levels(p)
    formulas = {
        "psi": all_of(t, x, y, le(0, psi(t, x, y))),
        "V": all_of(t, x, le(0, V(t, x))),
        "dead": all_of(t, x, le(0, dead(t, x))),
        "stays": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "recursion": all_of(
            t, x, implies(lt(t, T), live, eq(Vstar(t, x), E(M(t, x), y, psi(t, x, y) * Vstar(t + 1, y))))
        ),
        "end": all_of(x, eq(Vstar(T, x), V(T, x))),
        "kills": all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))),
    }
    given = {name: p.assume(phi) for name, phi in formulas.items()}

    def claim(m: Node) -> Node:
        inside = both(le(low(m) * V(t, x), Vstar(t, x)), le(Vstar(t, x), spread(m) * low(m) * V(t, x)))
        return all_of(t, x, implies(eq(t + m, T), live, inside))

    at_end, alive = p.assume(eq(t + num(0), T)), p.assume(live)
    same = p.rewrite(p.equal(T, t, [(1, at_end)]), lambda H: eq(Vstar(H(), x), V(H(), x)), given["end"].spec(x))
    zero = num(0)
    base = p.cert(le(low(zero) * V(t, x), Vstar(t, x)), eqs=[(1, same)]).both(
        p.cert(le(Vstar(t, x), spread(zero) * low(zero) * V(t, x)), eqs=[(1, same)])
    )
    hyp, now = p.assume(claim(n)), p.assume(eq(t + (n + 1), T))
    before = p.cert(lt(t, T), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])], eqs=[(1, now)])
    later, there = p.equal(t + 1 + n, T, [(1, now)]), p.assume(eq(dead(t + 1, y), 0))
    inner, weights = hyp.spec(t + 1, y).mp(later, there), given["psi"].spec(t, x, y)
    null = (E(M(t, x), y, dead(t + 1, y)), given["dead"].spec(t + 1), given["stays"].spec(t, x).mp(before, alive))

    def average(part: Fact) -> Fact:
        one, two = (psi(t, x, y) * side for side in part.sides)
        fact = p.cert(le(one, two), products=[(1, [weights, part], [])]).discharge(there).gen(y)
        return p.mono(fact, E(M(t, x), y, one), E(M(t, x), y, two), null)

    below, above = average(inner.left), average(inner.right)
    rec = given["recursion"].spec(t, x).mp(before, alive)
    lpos, rbig = (fact.gen(k).spec(n) for fact in positive_products(p, signs))
    rpos = p.cert(lt(0, spread(n)), products=[(1, [rbig], []), (1, [], [])])
    both_pos = p.cert(lt(0, spread(n) * low(n)), products=[(1, [rpos, lpos], [])])
    goals = le(low(n + 1) * V(t, x), Vstar(t, x)), le(Vstar(t, x), spread(n + 1) * low(n + 1) * V(t, x))
    some = p.assume(lt(0, V(t, x)))
    ratio = ratios.spec(t, n, x).mp(later, alive, some)
    high = p.cert(goals[0], products=[(1, [below], []), (1, [lpos, ratio.left], [])], eqs=[(1, rec)]).both(
        p.cert(goals[1], products=[(1, [above], []), (1, [both_pos, ratio.right], [])], eqs=[(1, rec)])
    )
    flat = p.antisymmetry(p.assume(le(V(t, x), 0)), given["V"].spec(t, x))
    gone = given["kills"].spec(t, x).mp(alive, flat)
    nothing = p.cert(goals[0], eqs=[(low(n + 1), flat), (1, gone)]).both(
        p.cert(goals[1], eqs=[(spread(n + 1) * low(n + 1), flat), (1, gone)])
    )
    step = p.cases(V(t, x), 0, nothing, high).discharge(now.concl, live).gen(t, x).discharge(hyp)
    return p.induct(n, claim(n), base.discharge(at_end.concl, live).gen(t, x), step)


@statement(
    "S8.product",
    source="new",
    title="bias of fully adapted SMC, level by level",
    words="As S8 with the ratios r(j) = max rho / min rho of the levels from which j steps remain: q(k) <= Q_k = prod_{j<k} r(j), so "
    "|E F(output) - target| <= 1/(2N) sum_{k<T} (Q_k - sqrt Q_k).",
)
def adapted_product(p: Proof) -> Fact:
    signs, ratios = levels(p)
    values = p.use("value_levels")
    lpos, rbig = positive_products(p, signs)
    to_go, alive, some = p.assume(eq(t + k, T)), p.assume(live), p.assume(lt(0, V(t, x)))
    inside, inverse = values.spec(k, t, x).mp(to_go, alive), p.positive_inverse(some)
    down = p.cert(le(low(k), star(t, x)), products=[(1, [inside.left, inverse], [])], dens=[some])
    up = p.cert(le(star(t, x), spread(k) * low(k)), products=[(1, [inside.right, inverse], [])], dens=[some])
    ranged = down.both(up).discharge(to_go, alive, some).gen(t, k, x)
    p.note("BV >= lo V > 0, so the guided moves exist")
    before, split = p.assume(lt(t, T)), p.assume(eq(T, plus(t + 1, k)))
    ratio = ratios.spec(t, k, x).mp(p.equal(t + 1 + k, T, [(1, split)]), alive, some).left
    mass = p.chain(p.cert(lt(0, lo(k) * V(t, x)), products=[(1, [signs.spec(k).left, some], [])]), ratio)
    later = p.step("nat_step", [before])
    moves = p.step("nat_split", [later, mass], [t + 1, T, k]).discharge(before, alive, some).gen(t, x)
    out = p.use("S8").inst((fn("lo", "nat -> real")(k), low(k)), (q(k), spread(k)))
    out = supply(out, moves, lpos.both(rbig).gen(k), ranged)
    return p.conv(out, bias_of(adapted_answer, total(T, k, (spread(k) - sqrt(spread(k))) / (2 * N))))


def edge_values(p: Proof, given: dict[str, Fact]) -> Fact:
    """value_levels for the model of S3 and S4."""
    return supply(
        p.use("value_levels"),
        live_stays(p, given),
        *(
            given[name]
            for name in (
                "potentials are non-negative",
                "twist is non-negative",
                "dead is non-negative",
                "value recursion",
                "terminal value",
            )
        ),
    )


@statement(
    "S3.product",
    source="new",
    title="bias of SMC, two-sided, level by level",
    words="As S3 with weights in [wlo(k), wratio(k) wlo(k)] on the edges with k steps to go (wratio = L^2 under a ratio bound L) and "
    "the level ratios r(j): q(k) <= wratio(k) prod_{j<k} r(j).",
)
def two_sided_product(p: Proof) -> Fact:
    given = setting(p)
    signs, _ratios = levels(p)
    twist = p.assume(all_of(t, x, implies(live, lt(0, V(t, x)))), note="the twist is positive on live states")
    weight = psi(t, x, y) * V(t + 1, y)
    bounds = p.assume(all_of(k, both(lt(0, least(k)), le(1, width(k)))), note="bounds of the weights are positive")
    within = both(le(least(k) * V(t, x), weight), le(weight, width(k) * least(k) * V(t, x)))
    weights = p.assume(all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, within)), note="weights in range")
    alive, none = p.assume(live), p.assume(eq(V(t, x), 0))
    false = p.cert(lt(0, 0), products=[(1, [twist.spec(t, x).mp(alive)], [])], eqs=[(1, none)])
    kills = p.absurd(eq(Vstar(t, x), 0), false).discharge(live, none.concl).gen(t, x)
    values = supply(edge_values(p, given), kills)
    lpos, rbig = positive_products(p, signs)
    to_go, on_edge = p.assume(eq(t + 1 + k, T)), p.assume(reachable)
    ends = given["ends of edges"].spec(t, x, y).mp(on_edge)
    inner, own = values.spec(k, t + 1, y).mp(to_go, ends.right), given["potentials are non-negative"].spec(t, x, y)
    here = twist.spec(t, x).mp(ends.left)
    inside, inverse = weights.spec(t, k, x, y).mp(to_go, on_edge), p.positive_inverse(here)
    ratio, bottom = width(k) * spread(k), least(k) * low(k)
    rpos = p.cert(lt(0, spread(k)), products=[(1, [rbig], []), (1, [], [])])
    scale = p.cert(lt(0, spread(k) * low(k)), products=[(1, [rpos, lpos], [])])
    down = p.cert(
        le(bottom, Qbar(t, x, y)),
        products=[(1, [own, inner.left, inverse], []), (1, [lpos, inside.left, inverse], [])],
        dens=[here],
    )
    up = p.cert(
        le(Qbar(t, x, y), ratio * bottom),
        products=[(1, [own, inner.right, inverse], []), (1, [scale, inside.right, inverse], [])],
        dens=[here],
    )
    ranged = down.both(up).discharge(to_go.concl, reachable).gen(t, k, x, y)
    sign = bounds.spec(k)
    bpos = p.cert(lt(0, bottom), products=[(1, [sign.left, lpos], [])])
    big = p.cert(le(1, ratio), products=[(1, [sign.right, rbig], []), (1, [sign.right], []), (1, [rbig], [])])
    out = p.use("S3").inst((fn("lo", "nat -> real")(k), bottom), (q(k), ratio))
    return supply(out, bpos.both(big).gen(k), ranged)


@statement(
    "S4.product",
    source="new",
    title="bias of SMC, one-sided, level by level",
    words="As S4.rational with psi V_{t+1}(y) <= whi(k) V_t(x) on the edges with k steps to go and the level ratios r(j): "
    "b(k) <= (whi(k)/lo(k)) prod_{j<k} r(j).",
)
def one_sided_product(p: Proof) -> Fact:
    given = setting(p)
    signs, _ratios = levels(p)
    kills = p.assume(all_of(t, x, implies(live, eq(V(t, x), 0), eq(Vstar(t, x), 0))))
    values = supply(edge_values(p, given), kills)
    big = p.assume(all_of(k, le(lo(k), top(k))), note="whi >= lo where Z > 0").spec(k)
    inside = le(psi(t, x, y) * V(t + 1, y), top(k) * V(t, x))
    weights = p.assume(all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, inside)), note="weights from above")
    lpos, rbig = positive_products(p, signs)
    sign = signs.spec(k).left
    inv = p.positive_inverse(sign)
    bound, bottom = top(k) / lo(k) * spread(k), lo(k) * low(k)
    ratio = p.cert(le(1, top(k) / lo(k)), products=[(1, [big, inv], [])], dens=[sign])
    b_big = p.cert(le(1, bound), products=[(1, [ratio, rbig], []), (1, [ratio], []), (1, [rbig], [])])
    u_pos = p.cert(lt(0, bottom), products=[(1, [sign, lpos], [])])
    to_go, on_edge, alive, some = (
        p.assume(eq(t + 1 + k, T)),
        p.assume(reachable),
        p.assume(live),
        p.assume(lt(0, V(t, x))),
    )
    value = (
        p.cert(le(bottom * V(t, x), Vstar(t, x)), products=[(1, [values.spec(k + 1, t, x).mp(to_go, alive).left], [])])
        .discharge(to_go.concl, live, some.concl)
        .gen(t, k, x)
    )
    ends, own = given["ends of edges"].spec(t, x, y).mp(on_edge), given["potentials are non-negative"].spec(t, x, y)
    inner, weight = values.spec(k, t + 1, y).mp(to_go, ends.right).right, weights.spec(t, k, x, y).mp(to_go, on_edge)
    vinv = p.positive_inverse(some)
    rpos = p.cert(lt(0, spread(k)), products=[(1, [rbig], []), (1, [], [])])
    scale = p.cert(lt(0, spread(k) * low(k)), products=[(1, [rpos, lpos], [])])
    goal = le(Qbar(t, x, y), bound * bottom)
    high = p.cert(goal, products=[(1, [own, inner, vinv], []), (1, [scale, weight, vinv], [])], dens=[some, sign])
    zero = p.antisymmetry(p.assume(le(V(t, x), 0)), given["twist is non-negative"].spec(t, x))
    none = p.rewrite(zero, lambda H: psi(t, x, y) * Vstar(t + 1, y) / H())
    b_nonneg = p.cert(le(0, bound), products=[(1, [b_big], []), (1, [], [])])
    nothing = p.cert(goal, products=[(1, [b_nonneg, u_pos], [])], eqs=[(1, none)])
    over = p.cases(V(t, x), 0, nothing, high).discharge(to_go.concl, reachable).gen(t, k, x, y)
    out = p.use("S4.rational").inst((b(k), bound), (u(k), bottom))
    return supply(out, u_pos.both(b_big).gen(k), value, over)
