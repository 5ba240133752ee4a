"""Clouds of weighted particles, in general: what S5 and its neighbours need of a particle filter.

A particle e at time t has a weight w(t, e) and moves by the kernel K(t, e).  Given a cloud c of N particles at time t, the particles at
time t + 1 are N independent draws of next(t, c), the mixture of the K(t, c_i) in proportion to the weights; where all weights vanish, next
is any law at all.  The last weight, at time n, is last(e).  h(t, e) is the exact expected product of the weights of one particle from e on.
Reachability: a particle with bad(t, e) > 0 cannot occur; nothing is assumed about it.
"""

from __future__ import annotations

from collections.abc import Callable

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, replace
from proofs.kernel.arithmetic import canonical
from proofs.language.terms import (
    E,
    Symbol,
    all_of,
    at,
    draws,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    total,
)
from proofs.registry import lemma

e, f = element("Edge", "e f")
c, d = element("Edge*", "c d")
N, n, m, t, i, k = nat("N n m t i k")
w, h, bad = (fn(name, "nat Edge -> real") for name in ("w", "h", "bad"))
b, last = fn("b", "nat -> real"), fn("last", "Edge -> real")
A, B = fn("A", "nat Edge* -> real"), fn("B", "nat Edge* -> real")
K, mixture = measure("K", "nat Edge", "Edge"), measure("next", "nat Edge*", "Edge")


def settle(fact: Fact, *facts: Fact) -> Fact:
    """Replace hypotheses by facts that prove them, whatever the form in which these are written; each must be used."""
    for g in facts:
        wanted = canonical(g.concl)
        found = [phi for phi in sorted(fact.hyps, key=repr) if canonical(phi) is wanted]
        assert found, f"no hypothesis {g.concl!r}"
        for phi in found:
            fact = fact.discharge(phi).mp(g)
    return fact


def put(p: Proof, equations: list[Fact], shape: Callable[..., Node], fact: Fact) -> Fact:
    """From shape(a_1, a_2, ...) and the equations a_i = b_i: shape(b_1, b_2, ...)."""
    left, right = [f.sides[0] for f in equations], [f.sides[1] for f in equations]
    for i, equation in enumerate(equations):

        def one_by_one(G: Symbol, i: int = i) -> Node:
            return shape(*right[:i], G(), *left[i + 1 :])

        fact = p.rewrite(equation, one_by_one, fact)
    return fact


def over(cloud: Node, g: Callable[[Node], Node]) -> Node:
    """sum_{i<N} g(cloud_i)."""
    return total(N, i, g(at(cloud, i)))


def good(s: Node, cloud: Node) -> Node:
    return eq(over(cloud, lambda q: bad(s, q)), 0)


weights = over(c, lambda q: w(t, q))
ahead = E(K(t, e), f, h(t + 1, f))


def setting(p: Proof) -> dict[str, Fact]:
    """The hypotheses on one particle filter, by name."""

    def mixed(g: Callable[[Node], Node]) -> Node:
        pushed = over(c, lambda q: w(t, q) * E(K(t, q), f, g(f)))
        return all_of(t, c, implies(lt(t, n), lt(0, weights), eq(E(mixture(t, c), f, g(f)), pushed / weights)))

    formulas = {
        "there are particles": lt(0, N),
        "weights are non-negative": all_of(t, e, le(0, w(t, e))),
        "bad is non-negative": all_of(t, e, le(0, bad(t, e))),
        "moves stay good": all_of(t, e, implies(lt(t, n), eq(bad(t, e), 0), eq(E(K(t, e), f, bad(t + 1, f)), 0))),
        "h recursion": all_of(t, e, implies(lt(t, n), eq(bad(t, e), 0), eq(h(t, e), w(t, e) * ahead))),
        "h at the end": all_of(e, implies(eq(bad(n, e), 0), eq(h(n, e), last(e)))),
        "mixture of bad": mixed(lambda q: bad(t + 1, q)),
        "mixture of h": mixed(lambda q: h(t + 1, q)),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def sharp(p: Proof) -> dict[str, Fact]:
    """The hypotheses of the second moment: b(t) bounds h(t, .) by the expected h from any particle that has weight."""
    known = implies(lt(t, n), eq(bad(t, e), 0), eq(bad(t + 1, f), 0), lt(0, w(t, e)))
    formulas = {
        "h is non-negative": all_of(t, e, implies(le(t, n), eq(bad(t, e), 0), le(0, h(t, e)))),
        "b is non-negative": all_of(t, le(0, b(t))),
        "h is bounded": all_of(t, e, f, _onto(known, le(h(t + 1, f), b(t + 1) * E(K(t, e), f, h(t + 1, f))))),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def _onto(chain: Node, last: Node) -> Node:
    """a => (b => c) and d give a => (b => (c => d))."""
    parts = []
    while chain.op == "=>":
        parts.append(chain.kids[0])
        chain = chain.kids[1]
    return implies(*parts, chain, last)


@lemma(
    "clouds_stay_good",
    title="the next cloud is reachable almost surely",
    words="If all particles of c are reachable and the weights do not all vanish, then E sum_i bad(t+1, d_i) = 0 for N draws of next.",
)
def clouds_stay_good(p: Proof) -> Fact:
    given = setting(p)
    before, clean, alive = p.assume(lt(t, n)), p.assume(good(t, c)), p.assume(lt(0, weights))
    zero = pointwise_zero(p, given, clean, bad)
    inside = p.assume(lt(i, N))
    stay = given["moves stay good"].spec(t, at(c, i)).mp(before, zero.spec(i).mp(inside))
    p.note("each component of the mixture gives bad the mass 0")
    term = w(t, at(c, i)) * E(K(t, at(c, i)), f, bad(t + 1, f))
    each = p.show(eq(term, 0 * term), stay).discharge(inside).gen(i)
    pair = (fn("f", "nat -> real")(k), at_k(term)), (fn("g", "nat -> real")(k), 0 * at_k(term))
    none = p.use("sum_equal").inst(*pair).spec(N).mp(each)
    mix = given["mixture of bad"].spec(t, c).mp(before, alive)
    one = E(mixture(t, c), f, bad(t + 1, f))
    mean = p.show(eq(one, 0), mix, none)
    many = p.step("iid_sum", [], [one, N])
    out = p.show(eq(E(draws(N, mixture(t, c)), d, over(d, lambda q: bad(t + 1, q))), 0), many, mean)
    return out.discharge(before, clean, alive).gen(t, c)


def at_k(term: Node) -> Node:
    return replace(term, {i: k})


def pointwise_zero(p: Proof, given: dict[str, Fact], clean: Fact, g) -> Fact:
    """forall i. i < N => g(t, c_i) = 0 from sum_i g(t, c_i) = 0, for g one of bad, w."""
    positive = given["bad is non-negative" if g is bad else "weights are non-negative"].spec(t, at(c, k)).gen(k)
    return p.use("terms_vanish").inst((fn("f", "nat -> real")(k), g(t, at(c, k)))).spec(N).mp(positive, clean)


def carried(p: Proof, given: dict[str, Fact], before: Fact, clean: Fact) -> Fact:
    """sum_i h(t, c_i) = sum_i w(t, c_i) E[K(t, c_i)](h(t+1, .)) for a reachable cloud."""
    zero = pointwise_zero(p, given, clean, bad)
    inside = p.assume(lt(i, N))
    each = given["h recursion"].spec(t, at(c, i)).mp(before, zero.spec(i).mp(inside)).discharge(inside).gen(i)
    q = at(c, k)
    pair = (fn("f", "nat -> real")(k), h(t, q)), (fn("g", "nat -> real")(k), w(t, q) * E(K(t, q), f, h(t + 1, f)))
    return p.use("sum_equal").inst(*pair).spec(N).mp(each)


def no_weight(p: Proof, given: dict[str, Fact], before: Fact, clean: Fact) -> tuple[Fact, Fact]:
    """From sum_i w <= 0: sum_i w = 0, and sum_i h(t, c_i) = 0."""
    small = p.assume(le(weights, 0))
    average = p.mono(given["weights are non-negative"].spec(t, at(c, i)).gen(i), total(N, i, 0), weights)
    none = p.antisymmetry(small, p.conv(average, le(0, weights)))
    zero = pointwise_zero(p, given, none, w)
    inside = p.assume(lt(i, N))
    term = w(t, at(c, i)) * E(K(t, at(c, i)), f, h(t + 1, f))
    each = p.show(eq(term, 0 * term), zero.spec(i).mp(inside)).discharge(inside).gen(i)
    pair = (fn("f", "nat -> real")(k), at_k(term)), (fn("g", "nat -> real")(k), 0 * at_k(term))
    gone = p.use("sum_equal").inst(*pair).spec(N).mp(each)
    future = carried(p, given, before, clean)
    return none, p.show(eq(over(c, lambda q: h(t, q)), 0), future, gone)


@lemma(
    "particle_mean",
    title="the expected product of mean weights",
    words="If A(t, c) is the expected product of the mean weights from the cloud c at time t on, then A(t, c) = (1/N) sum_i h(t, c_i).",
)
def particle_mean(p: Proof) -> Fact:
    given = setting(p)
    rec = p.assume(
        all_of(t, c, implies(lt(t, n), eq(A(t, c), weights / N * E(draws(N, mixture(t, c)), d, A(t + 1, d)))))
    )
    end = p.assume(all_of(c, eq(A(n, c), over(c, last) / N)))

    def claim(r: Node) -> Node:
        return all_of(t, c, implies(eq(t + r, n), good(t, c), eq(A(t, c), over(c, lambda q: h(t, q)) / N)))

    base = last_step(p, given, end)
    hyp = p.assume(claim(m))
    now, clean = p.assume(eq(t + (m + 1), n)), p.assume(good(t, c))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    goal = eq(A(t, c), over(c, lambda q: h(t, q)) / N)
    p.note("all weights vanish: both sides are 0")
    none, gone = no_weight(p, given, before, clean)
    recursion = rec.spec(t, c).mp(before)
    later = E(draws(N, mixture(t, c)), d, A(t + 1, d))
    why = "equations with multipliers that the search does not find"
    low = p.cert(goal, eqs=[(1, recursion), (later / N, none), (1 / N, gone)], why=why)
    p.note("otherwise: the next cloud is reachable almost surely, and E sum_j h(d_j) = N next(h)")
    alive = p.assume(lt(0, weights))
    null = cloud_null(p, before, clean, alive, given)
    there = p.assume(good(t + 1, d))
    one = hyp.spec(t + 1, d).mp(now, there)
    half = p.almost_surely(one, d, later, E(draws(N, mixture(t, c)), d, over(d, lambda q: h(t + 1, q)) / N), null)
    mean = E(mixture(t, c), f, h(t + 1, f))
    many = p.step("iid_sum", [], [mean, N])
    mix = given["mixture of h"].spec(t, c).mp(before, alive)
    future = carried(p, given, before, clean)
    high = p.cert(
        goal,
        eqs=[(1, recursion), (weights / N, half), (weights / N**2, many), (weights / N, mix), (1 / N, future)],
        dens=[alive, given["there are particles"]],
        why=why,
    )
    step = p.cases(weights, 0, low, high).discharge(now.concl, good(t, c)).gen(t, c).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def last_step(p: Proof, given: dict[str, Fact], end: Fact) -> Fact:
    """The base of the induction: at t = n, A = (1/N) sum_i h(n, c_i)."""
    at_end, clean = p.assume(eq(t + 0, n)), p.assume(good(t, c))
    same = p.show(eq(t, n), at_end)
    there = p.rewrite(same, lambda F: good(F(), c), clean)
    positive = given["bad is non-negative"].spec(n, at(c, k)).gen(k)
    zero = p.use("terms_vanish").inst((fn("f", "nat -> real")(k), bad(n, at(c, k)))).spec(N).mp(positive, there)
    inside = p.assume(lt(i, N))
    each = given["h at the end"].spec(at(c, i)).mp(zero.spec(i).mp(inside)).discharge(inside).gen(i)
    q = at(c, k)
    pair = (fn("f", "nat -> real")(k), h(n, q)), (fn("g", "nat -> real")(k), last(q))
    sums = p.use("sum_equal").inst(*pair).spec(N).mp(each)
    hs, _ = sums.sides
    value = p.show(eq(A(n, c), hs / N), end.spec(c), sums)
    back = p.rewrite(p.show(eq(n, t), at_end), lambda F: eq(A(F(), c), over(c, lambda q: h(F(), q)) / N), value)
    back = p.conv(back, eq(A(t, c), over(c, lambda q: h(t, q)) / N))
    return back.discharge(at_end.concl, good(t, c)).gen(t, c)


def cloud_null(p: Proof, before: Fact, clean: Fact, alive: Fact, given: dict[str, Fact]) -> tuple[Node, Fact, Fact]:
    """The null function of the next cloud, for `mono` and `almost_surely`."""
    z = over(d, lambda q: bad(t + 1, q))
    positive = given["bad is non-negative"].spec(t + 1, at(d, i)).gen(i)
    nonneg = p.conv(p.mono(positive, total(N, i, 0), z), le(0, z)).gen(d)
    zero = p.use("clouds_stay_good").spec(t, c).mp(before, clean, alive)
    return E(draws(N, mixture(t, c)), d, z), nonneg, zero


def growth_positive(p: Proof, given: dict[str, Fact]) -> Fact:
    """forall k. 0 <= 1 + (b(k) - 1)/N, for N >= 1."""
    many = given["there are particles"]
    one = p.step("nat_step", [many], [])
    inverse = p.positive_inverse(many)
    return p.show(le(0, 1 + (b(k) - 1) / N), one, inverse, given["b is non-negative"].spec(k), dens=[many]).gen(k)
