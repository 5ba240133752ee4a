"""The model of naive-proposal SMC in the derivations for S3 and S4: setting, sampling laws, conditional expectations.

A particle at time t is an edge (x_t, x_{t+1}), of a sort Edge with src, dst and join(x, y).  Given the cloud c of N edges at time t, the
next N edges are independent draws of  smc(t, c) : resample an edge in proportion to its weight G_t = psi V_{t+1}(dst)/V_t(src), and
move on from dst by M.  W_t(c) is the expected test function of the output given the cloud.
VF_t(x) is the true value with the terminal reward times F.
Reachability: dead(t, x) = 0 for live states, noedge(t, x, y) = 0 for reachable edges; nothing is assumed elsewhere.
"""

from __future__ import annotations

import proofs.lemmas.chains  # noqa: F401  (registers its lemmas)
from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, ProofError
from proofs.kernel.arithmetic import canonical
from proofs.language.terms import (
    E,
    Symbol,
    all_of,
    at,
    both,
    eq,
    fn,
    implies,
    le,
    lt,
    nat,
    show,
    total,
)
from proofs.registry import lemma
from proofs.theory.model import SMC, TESTED, VALUES, hypotheses, layered

x, y, root, t, n, i, N, T, eps, L = layered.terms("x y root t n i N T eps L")
M, psi, V, Vstar, VF, F, dead, noedge, U = layered.terms("M psi V Vstar VF F dead noedge U")
src, dst, join, c, d, edge, smc, first, W, f = layered.terms("src dst join c d e smc first W f")
live, reachable = eq(dead(t, x), 0), eq(noedge(t, x, y), 0)


def weight(s: Node | int, a: Node, b: Node) -> Node:
    """The incremental weight of the edge a -> b at time s."""
    return psi(s, a, b) * V(s + 1, b) / V(s, a)


def Qbar(s: Node | int, a: Node, b: Node, value: Symbol = Vstar) -> Node:
    """The edge's backward potential psi Vstar_{s+1}(b) / V_s(a)."""
    return psi(s, a, b) * value(s + 1, b) / V(s, a)


def over(cloud: Node, g, s: Node = t) -> Node:
    """sum of g(time, src, dst) over the cloud."""
    return total(N, i, g(s, src(at(cloud, i)), dst(at(cloud, i))))


def pairs(p: Proof) -> Fact:
    return hypotheses("edges are pairs")(p)["edges are pairs"]


def nonnegative(p: Proof) -> tuple[Fact, Fact]:
    """psi >= 0 and V >= 0."""
    potentials, twist = hypotheses("potentials are non-negative", "twist is non-negative")(p).values()
    return potentials, twist


def weight_nonneg(p: Proof) -> Fact:
    """forall t x y. 0 <= weight(t, x, y), also where V_t(x) = 0."""
    potentials, values = nonnegative(p)
    goal = le(0, weight(t, x, y))
    flat = p.antisymmetry(p.assume(le(V(t, x), 0)), values.spec(t, x))
    none = p.rewrite(flat, lambda H: psi(t, x, y) * V(t + 1, y) / H())
    low = p.show(goal, none)
    inverse = p.positive_inverse(p.assume(lt(0, V(t, x))))
    high = p.show(goal, potentials.spec(t, x, y), values.spec(t + 1, y), inverse)
    return p.cases(V(t, x), 0, low, high).gen(t, x, y)


def on_ends(p: Proof, body) -> Fact:
    """forall x y. body(src(join(x, y)), dst(join(x, y))) = body(x, y) for a term body(x, y)."""
    ends = pairs(p).spec(x, y)
    once = p.rewrite(ends.left.gen(x, y), lambda H: body(H(x, y), dst(join(x, y))))
    twice = p.rewrite(ends.right.gen(x, y), lambda H: body(x, H(x, y)))
    return p.chain(once, twice).gen(x, y)


@lemma(
    "smc_law",
    title="the sampling law of naive-proposal SMC",
    words="E[smc(t, c)] f = sum_i G_t(c_i) E[M(t+1, dst c_i)] f(dst c_i, .) / sum_i G_t(c_i), where the weights do not all vanish.",
)
def smc_law(p: Proof) -> Fact:
    weights = weight_nonneg(p)
    G = over(c, weight)
    mass = p.assume(lt(0, G))
    b = dst(at(c, i))

    def push(h) -> Node:
        return total(N, i, weight(t, src(at(c, i)), b) * E(M(t + 1, b), y, h(join(b, y))))

    def nonneg(test: Fact) -> Fact:
        moved = E(M(t + 1, b), y, fn("_f", "Edge -> real")(join(b, y)))
        inner = p.mono(test.spec(join(b, y)).gen(y), E(M(t + 1, b), y, 0), moved)
        own = weights.spec(t, src(at(c, i)), b)
        term = p.show(le(0, own.sides[1] * moved), own, inner)
        sums = p.mono(term.gen(i), total(N, i, 0), push(fn("_f", "Edge -> real")))
        return p.show(le(0, push(fn("_f", "Edge -> real")) / G), sums, p.positive_inverse(mass))

    p.note("a probability: linear, positive, of mass one")
    law, pattern = p.define_measure(smc(t, c), edge, lambda h: push(h) / G, nonneg, dens=[mass])
    p.note("for a test function of the two ends: src(join(x, y)) = x, dst(join(x, y)) = y")
    general = law.inst((pattern, f(src(edge), dst(edge))))
    left = E(smc(t, c), edge, f(src(edge), dst(edge)))

    def mixed(H) -> Node:
        return eq(left, total(N, i, weight(t, src(at(c, i)), b) * E(M(t + 1, b), y, H(b, y))) / G)

    return p.conv(p.rewrite(on_ends(p, f), mixed, general), mixed(f))


@lemma("first_law", title="the law of the first edges", words="E[first] f = E[M(0, root)] f(root, .).")
def first_law(p: Proof) -> Fact:
    def push(h) -> Node:
        return E(M(0, root), y, h(join(root, y)))

    def nonneg(test: Fact) -> Fact:
        return p.mono(test.spec(join(root, y)).gen(y), E(M(0, root), y, 0), push(fn("_f", "Edge -> real")))

    law, pattern = p.define_measure(first, edge, push, nonneg)
    general = law.inst((pattern, f(src(edge), dst(edge))))
    left = E(first, edge, f(src(edge), dst(edge)))
    out = p.rewrite(on_ends(p, f), lambda H: eq(left, E(M(0, root), y, H(root, y))), general)
    return p.conv(out, eq(left, E(M(0, root), y, f(root, y))))


setting = hypotheses(*SMC)
"""The hypotheses that S3, S4 and S13 share, by name."""


def supply(fact: Fact, *facts: Fact) -> Fact:
    """Replace hypotheses by facts that prove them, in whatever form these are written; ProofError when one is no hypothesis."""
    for g in facts:
        wanted = canonical(g.concl)
        found = sorted((phi for phi in fact.hyps if canonical(phi) is wanted), key=show)
        if not found:
            raise ProofError(f"no hypothesis {show(g.concl)}")
        for phi in found:
            fact = fact.discharge(phi).mp(g)
    return fact


CHAIN = (
    "potentials are non-negative",
    "twist is non-negative",
    "noedge is non-negative",
    "moves follow edges",
    "ends of edges",
)
"""What a sampling step needs of the model."""


def chain_of(p: Proof, value=U) -> dict[str, Fact]:
    """The hypotheses on the model that S3 and S4 share, by name; `value` is any function with the recursion of Vstar and VF.

    Live states move along reachable edges, whose ends are live; a live state where V = 0 has value 0.
    """
    step = E(M(t, x), y, psi(t, x, y) * value(t + 1, y))
    formulas = {
        "recursion": all_of(t, x, implies(lt(t, T), live, eq(value(t, x), step))),
        "zero twist": all_of(t, n, x, implies(eq(t + n, T), live, eq(V(t, x), 0), eq(value(t, x), 0))),
    }
    return hypotheses(*CHAIN)(p) | {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def own_term(p: Proof, each: Fact, count: Node, inside: Fact) -> Fact:
    """f(i) <= sum_{k < count} f(k), from 0 <= f(k) for every k and i < count."""
    k, index = nat("k"), inside.sides[0]
    below = p.use("term_below_sum").inst((fn("f", "nat -> real")(k), each.sides[1])).cut(each.gen(k))
    return below.spec(count, index).mp(inside)


def good(s: Node, cloud: Node) -> Node:
    """All edges of the cloud are reachable."""
    return eq(over(cloud, noedge, s), 0)


def reachable_entries(p: Proof, given: dict[str, Fact]) -> tuple[Fact, Fact]:
    """i < N assumed, and noedge(t, src c_i, dst c_i) = 0 for a good cloud c at time t."""
    clean, inside = p.assume(good(t, c)), p.assume(lt(i, N))
    k = nat("k")
    each = given["noedge is non-negative"].spec(t, src(at(c, k)), dst(at(c, k)))
    top = own_term(p, each, N, inside)
    here = given["noedge is non-negative"].spec(t, src(at(c, i)), dst(at(c, i)))
    return inside, p.antisymmetry(p.show(le(here.sides[1], 0), top, clean), here)


def sums_equal(p: Proof, fact: Fact, inside: Fact) -> Fact:
    """sum_i f = sum_i g from f = g, proved under i < N."""
    one, two = fact.sides
    below = p.show(le(one, two), fact).discharge(inside).gen(i)
    above = p.show(le(two, one), fact).discharge(inside).gen(i)
    left, right = total(N, i, one), total(N, i, two)
    return p.antisymmetry(p.mono(below, left, right), p.mono(above, right, left))


@lemma(
    "smc_mean",
    title="the mean of the next backward potential",
    words="At a reachable cloud whose weights do not all vanish: E[smc(t, c)] psi U_{t+2}(dst)/V_{t+1}(src) = "
    "sum_i psi U_{t+1}(dst)/V_t(src) / sum_i G_t, for U = Vstar and U = VF.",
)
def smc_mean(p: Proof) -> Fact:
    given = chain_of(p)
    now, mass = p.assume(eq(t + (n + 2), T)), p.assume(lt(0, over(c, weight)))
    clean = good(t, c)
    inside, entry = reachable_entries(p, given)
    a, b = src(at(c, i)), dst(at(c, i))
    before = p.show(lt(t + 1, T), p.nat_nonneg(n), now)
    alive = given["ends of edges"].spec(t, a, b).mp(entry).right
    rec = given["recursion"].spec(t + 1, b).mp(before, alive)
    p.note("G_t(a, b) E[M(t+1, b)] Qbar_{t+1}(b, .) = psi V(b)/V(a) * U(b)/V(b) = Qbar_t(a, b)")
    left = weight(t, a, b) * E(M(t + 1, b), y, Qbar(t + 1, b, y, U))
    goal = eq(left, Qbar(t, a, b, U))
    positive = p.assume(lt(0, V(t + 1, b)))
    high = p.show(goal, rec, dens=[positive])
    zero = p.antisymmetry(p.assume(le(V(t + 1, b), 0)), given["twist is non-negative"].spec(t + 1, b))
    none = given["zero twist"].spec(t + 1, n + 1, b).mp(now, alive, zero)
    low = p.show(goal, zero, none)
    each = p.cases(V(t + 1, b), 0, low, high)
    sums = sums_equal(p, each, inside)
    law = p.use("smc_law").inst((f(x, y), Qbar(t + 1, x, y, U)))
    mean = E(smc(t, c), edge, Qbar(t + 1, src(edge), dst(edge), U))
    out = p.show(eq(mean, over(c, lambda s, a, b: Qbar(s, a, b, U)) / over(c, weight)), law, sums)
    return out.discharge(now.concl, clean, mass.concl).gen(t, n, c)


@lemma(
    "smc_reachable",
    title="the next cloud is reachable",
    words="At a reachable cloud whose weights do not all vanish, E[smc(t, c)] noedge(t+1, src, dst) = 0.",
)
def smc_reachable(p: Proof) -> Fact:
    given = chain_of(p)
    now, mass = p.assume(eq(t + (n + 2), T)), p.assume(lt(0, over(c, weight)))
    clean = good(t, c)
    inside, entry = reachable_entries(p, given)
    a, b = src(at(c, i)), dst(at(c, i))
    alive = given["ends of edges"].spec(t, a, b).mp(entry).right
    before = p.show(lt(t + 1, T), p.nat_nonneg(n), now)
    bad = E(M(t + 1, b), y, noedge(t + 1, b, y))
    goal = eq(weight(t, a, b) * bad, 0 * weight(t, a, b))
    stay = given["moves follow edges"].spec(t + 1, b).mp(before, alive)
    sums = sums_equal(p, p.show(goal, stay), inside)
    law = p.use("smc_law").inst((f(x, y), noedge(t + 1, x, y)))
    mean = E(smc(t, c), edge, noedge(t + 1, src(edge), dst(edge)))
    out = p.show(eq(mean, 0), law, sums)
    return out.discharge(now.concl, clean, mass.concl).gen(t, n, c)


@lemma(
    "tested_value",
    title="the value of a test function in [0, 1]",
    words="With the terminal reward times F, 0 <= F <= 1: 0 <= VF_t(x) <= Vstar_t(x) at live states.",
)
def tested_value(p: Proof) -> Fact:
    given = hypotheses(*VALUES, "twist is non-negative", *TESTED)(p)

    def claim(m: Node) -> Node:
        return all_of(t, x, implies(eq(t + m, T), live, both(le(0, VF(t, x)), le(VF(t, x), Vstar(t, x)))))

    at_end = p.assume(eq(t + 0, T))
    nonneg = given["twist is non-negative"].spec(T, x)
    ends = given["terminal value"].spec(x), given["tested terminal value"].spec(x)
    test = given["test function"].spec(x)
    low = p.show(le(0, VF(T, x)), test.left, nonneg, ends[1])
    high = p.show(le(VF(T, x), Vstar(T, x)), test.right, nonneg, ends[0], ends[1])
    same = p.show(eq(T, t), at_end)
    base = p.rewrite(same, lambda H: both(le(0, VF(H(), x)), le(VF(H(), x), Vstar(H(), x))), low.both(high))
    hyp = p.assume(claim(n))
    now, alive, there = p.assume(eq(t + (n + 1), T)), p.assume(live), p.assume(eq(dead(t + 1, y), 0))
    before = p.show(lt(t, T), p.nat_nonneg(n), now)
    null = (
        E(M(t, x), y, dead(t + 1, y)),
        given["dead is non-negative"].spec(t + 1),
        given["live states stay live"].spec(t, x).mp(before, alive),
    )
    inner, weights = hyp.spec(t + 1, y).mp(now, there), given["potentials are non-negative"].spec(t, x, y)
    tested, plain = psi(t, x, y) * VF(t + 1, y), psi(t, x, y) * Vstar(t + 1, y)
    up = p.show(le(tested, plain), weights, inner.right).discharge(there).gen(y)
    down = p.show(le(0, tested), weights, inner.left).discharge(there).gen(y)
    up = p.mono(up, E(M(t, x), y, tested), E(M(t, x), y, plain), null)
    down = p.mono(down, E(M(t, x), y, 0), E(M(t, x), y, tested), null)
    rec = [given[name].spec(t, x).mp(before, alive) for name in ("value recursion", "tested recursion")]
    step = p.show(le(0, VF(t, x)), down, rec[1]).both(p.show(le(VF(t, x), Vstar(t, x)), up, rec[0], rec[1]))
    return p.induct(
        n,
        claim(n),
        base.discharge(at_end.concl, live).gen(t, x),
        step.discharge(now.concl, live).gen(t, x).discharge(hyp),
    )
