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
    product,
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

    base = last_step(p, given, end, lambda s, cl: A(s, cl), 1)
    hyp = p.assume(claim(m))
    now, clean = p.assume(eq(t + (m + 1), n)), p.assume(good(t, c))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    goal = eq(A(t, c), over(c, lambda q: h(t, q)) / N)
    p.note("all weights vanish: both sides are 0")
    none, gone = no_weight(p, given, before, clean)
    recursion = rec.spec(t, c).mp(before)
    later = E(draws(N, mixture(t, c)), d, A(t + 1, d))
    low = p.cert(goal, eqs=[(1, recursion), (later / N, none), (1 / N, gone)])
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
    )
    step = p.cases(weights, 0, low, high).discharge(now.concl, good(t, c)).gen(t, c).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def last_step(p: Proof, given: dict[str, Fact], end: Fact, of, degree: int) -> Fact:
    """The base of both inductions: at t = n, A = ((1/N) sum_i h(n, c_i))^degree."""
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
    value = p.show(eq(of(n, c), (hs / N) ** degree), end.spec(c), sums)
    back = p.rewrite(
        p.show(eq(n, t), at_end), lambda F: eq(of(F(), c), (over(c, lambda q: h(F(), q)) / N) ** degree), value
    )
    if degree == 1:
        back = p.conv(back, eq(of(t, c), over(c, lambda q: h(t, q)) / N))
    return back.discharge(at_end.concl, good(t, c)).gen(t, c)


def cloud_null(p: Proof, before: Fact, clean: Fact, alive: Fact, given: dict[str, Fact]) -> tuple[Node, Fact, Fact]:
    """The null function of the next cloud, for `mono` and `almost_surely`."""
    z = over(d, lambda q: bad(t + 1, q))
    positive = given["bad is non-negative"].spec(t + 1, at(d, i)).gen(i)
    nonneg = p.conv(p.mono(positive, total(N, i, 0), z), le(0, z)).gen(d)
    zero = p.use("clouds_stay_good").spec(t, c).mp(before, clean, alive)
    return E(draws(N, mixture(t, c)), d, z), nonneg, zero


@lemma(
    "particle_second_moment",
    title="second moment of the product of mean weights",
    words="If B(t, c) is the expected square of the product of the mean weights from the cloud c at time t on, then for t + m = n "
    "B(t, c) <= prod_{k<m} (1 + (b(t+1+k) - 1)/N) ((1/N) sum_i h(t, c_i))^2.",
)
def particle_second_moment(p: Proof) -> Fact:
    given = setting(p) | sharp(p)
    rec = p.assume(
        all_of(t, c, implies(lt(t, n), eq(B(t, c), (weights / N) ** 2 * E(draws(N, mixture(t, c)), d, B(t + 1, d)))))
    )
    end = p.assume(all_of(c, eq(B(n, c), (over(c, last) / N) ** 2)))
    many = given["there are particles"]

    def grow(s: Node) -> Node:
        return 1 + (b(s) - 1) / N

    def claim(r: Node) -> Node:
        square = (over(c, lambda q: h(t, q)) / N) ** 2
        bound = le(B(t, c), product(r, k, grow(t + 1 + k)) * square)
        return all_of(t, c, implies(eq(t + r, n), good(t, c), bound))

    end_equal = last_step(p, given, end, lambda s, cl: B(s, cl), 2)
    at_end, clean = p.assume(eq(t + 0, n)), p.assume(good(t, c))
    same = end_equal.spec(t, c).mp(at_end, clean)
    base = p.show(le(B(t, c), product(0, k, grow(t + 1 + k)) * (over(c, lambda q: h(t, q)) / N) ** 2), same)
    base = base.discharge(at_end, clean).gen(t, c)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    next_time = p.show(le(t + 1, n), p.nat_nonneg(m), now)
    mean = E(mixture(t, c), f, h(t + 1, f))
    later = E(draws(N, mixture(t, c)), d, B(t + 1, d))
    recursion = rec.spec(t, c).mp(before)
    positive = growth_positive(p, given)
    symbol = fn("f", "nat -> real")(k)
    rest = p.use("product_nonneg").inst((symbol, grow(k))).cut(positive).spec(m, t + 2)
    front = p.use("product_front").inst((symbol, grow(k))).spec(m, t + 1)
    tail = product(m, k, grow(t + 2 + k))
    goal = le(B(t, c), product(m + 1, k, grow(t + 1 + k)) * (over(c, lambda q: h(t, q)) / N) ** 2)
    p.note("all weights vanish: B = 0")
    none, _ = no_weight(p, given, before, clean)
    all_nonneg = p.use("product_nonneg").inst((symbol, grow(k))).cut(positive).spec(m + 1, t + 1)
    low = p.cert(
        goal,
        products=[(1, [all_nonneg], [over(c, lambda q: h(t, q)) / N])],
        eqs=[(1, recursion), (weights / N**2 * later, none)],
    )
    p.note("otherwise: B(t+1, d) is bounded at the next cloud, almost surely")
    alive = p.assume(lt(0, weights))
    null = cloud_null(p, before, clean, alive, given)
    there = p.assume(good(t + 1, d))
    hs = over(d, lambda q: h(t + 1, q))
    one = p.conv(hyp.spec(t + 1, d).mp(now, there), le(B(t + 1, d), tail * (hs / N) ** 2)).discharge(there).gen(d)
    later_bound = p.mono(one, later, E(draws(N, mixture(t, c)), d, tail * (hs / N) ** 2), null)
    p.note("(w-sum) h(f) <= b sum_i w_i E[K_i] h for reachable f: sum the bound against each ancestor")
    fine = p.assume(eq(bad(t + 1, f), 0))
    zero = pointwise_zero(p, given, clean, bad)
    inside = p.assume(lt(i, N))
    q = at(c, i)
    kept = p.assume(lt(0, w(t, q)))
    push = E(K(t, q), f, h(t + 1, f))
    term = le(w(t, q) * h(t + 1, e), b(t + 1) * (w(t, q) * push))
    known = (
        given["h is bounded"].spec(t, q, e).mp(before, zero.spec(i).mp(inside), p.assume(eq(bad(t + 1, e), 0)), kept)
    )
    yes = p.show(term, kept, known)
    gone = p.antisymmetry(p.assume(le(w(t, q), 0)), given["weights are non-negative"].spec(t, q))
    no = p.show(term, gone)
    each = p.cases(w(t, q), 0, no, yes).discharge(inside).gen(i)
    summed = p.mono(each, total(N, i, w(t, q) * h(t + 1, e)), total(N, i, b(t + 1) * (w(t, q) * push)))
    mix = given["mixture of h"].spec(t, c).mp(before, alive)
    p.note("divide by the sum of the weights: h(f) <= b next(h)")
    top = (
        p.cert(
            le(h(t + 1, e), b(t + 1) * mean),
            products=[(1, [summed, p.positive_inverse(alive)], [])],
            eqs=[(b(t + 1), mix)],
            dens=[alive],
        )
        .discharge(eq(bad(t + 1, e), 0))
        .gen(e)
        .spec(f)
        .mp(fine)
    )
    p.note("so next(h^2) <= b next(h)^2")
    nonneg = given["h is non-negative"].spec(t + 1, f).mp(next_time, fine)
    square = p.show(le(h(t + 1, f) ** 2, b(t + 1) * mean * h(t + 1, f)), top, nonneg).discharge(fine).gen(f)
    squares = E(mixture(t, c), f, h(t + 1, f) ** 2)
    one_null = particle_null(p, given, before, clean, alive)
    second = p.mono(square, squares, E(mixture(t, c), f, b(t + 1) * mean * h(t + 1, f)), one_null)
    p.note("E ((1/N) sum_j h(d_j))^2 = next(h^2)/N + (1 - 1/N) next(h)^2 <= (1 + (b - 1)/N) next(h)^2")
    pair = p.step("iid_pair", [], [E(mixture(t, c), e, E(mixture(t, c), f, h(t + 1, e) * h(t + 1, f))), N])
    inverse = p.positive_inverse(many)
    spread = p.show(
        le(E(draws(N, mixture(t, c)), d, (hs / N) ** 2), grow(t + 1) * mean**2), second, inverse, pair, dens=[many]
    )
    future = carried(p, given, before, clean)
    total_w = p.show(eq(weights / N * mean, over(c, lambda q: h(t, q)) / N), mix, future, dens=[alive])
    left, right = total_w.sides
    chained = p.show(le(later, tail * grow(t + 1) * mean**2), later_bound, rest, spread)
    high = p.cert(
        goal,
        products=[(1, [chained], [weights / N])],
        eqs=[
            (1, recursion),
            (right**2, front),
            (tail * grow(t + 1) * (left + right), total_w),
        ],
    )
    step = p.cases(weights, 0, low, high).discharge(now.concl, good(t, c)).gen(t, c).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def growth_positive(p: Proof, given: dict[str, Fact]) -> Fact:
    """forall k. 0 <= 1 + (b(k) - 1)/N, for N >= 1."""
    many = given["there are particles"]
    one = p.step("nat_step", [many], [])
    inverse = p.positive_inverse(many)
    return p.show(le(0, 1 + (b(k) - 1) / N), one, inverse, given["b is non-negative"].spec(k), dens=[many]).gen(k)


def particle_null(p: Proof, given: dict[str, Fact], before: Fact, clean: Fact, alive: Fact) -> tuple[Node, Fact, Fact]:
    """The null function of one particle of the next cloud."""
    cloud = p.use("clouds_stay_good").spec(t, c).mp(before, clean, alive)
    z = E(mixture(t, c), f, bad(t + 1, f))
    many = p.step("iid_sum", [], [z, N])
    zero = p.equal(z, 0, [(1 / N, many), (1 / N, cloud)], [given["there are particles"]])
    return z, given["bad is non-negative"].spec(t + 1), zero
