"""Self-normalised averages over clouds, and how errors of single steps add up: shared by S3, S4 and S8.

One step.  For N independent draws c_1..c_N of mu, R = sum_i k(c_i) / sum_i h(c_i) estimates mu(k)/mu(h), biased at the order 1/N.
Telescoping.  W_t(c) is the expected final answer given the cloud c at time t, A_t(c) the answer without further noise; if A moves by
at most e(k) in mean when k steps remain, then |W - A| <= sum_k e(k).
Reachability: z >= 0 vanishes mu-almost surely, and nothing is assumed about points where z > 0.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    num,
    real,
    total,
)
from proofs.registry import lemma

N, i, j, n, t, m = nat("N i j n t m")
mu, y, c = measure("mu", "", "Y"), element("Y", "y"), element("Y*", "c")
h, k, z = fn("h", "Y -> real"), fn("k", "Y -> real"), fn("z", "Y -> real")
a, s, b = real("a s b")


@lemma("term_below_sum", title="a term is at most the sum", words="If f >= 0 and i < n then f(i) <= sum_{k<n} f(k).")
def term_below_sum(p: Proof) -> Fact:
    f = fn("f", "nat -> real")
    given = p.assume(all_of(j, le(0, f(j))))
    claim = all_of(i, implies(lt(i, n), le(f(i), total(n, j, f(j)))))
    below = p.assume(lt(i, 0))
    false = p.cert(lt(0, 0), products=[(1, [below], []), (1, [p.nat_nonneg(i)], [])])
    base = p.absurd(le(f(i), total(0, j, f(j))), false).discharge(below).gen(i)
    hyp = p.assume(claim)
    inside = p.assume(lt(i, n + 1))
    goal = le(f(i), total(n + 1, j, f(j)))
    p.note("i = n is the last term")
    last = p.assume(le(n, i))
    upper = p.cert(le(i, n), products=[(1, [p.step("nat_step", [inside])], [])])
    same = p.rewrite(p.antisymmetry(upper, last), lambda F: f(F()))
    rest = p.mono(given, total(n, j, 0), total(n, j, f(j)))
    high = p.cert(goal, products=[(1, [rest], [])], eqs=[(1, same)])
    p.note("i < n is a term of the smaller sum")
    earlier = p.assume(lt(i, n))
    low = p.cert(goal, products=[(1, [hyp.spec(i).mp(earlier)], []), (1, [given.spec(n)], [])])
    step = p.cases(n, i, high, low).discharge(inside).gen(i).discharge(hyp)
    return p.induct(n, claim, base, step)


def almost_sure_cloud(p: Proof) -> tuple[tuple[Node, Fact, Fact], Fact]:
    """Where z vanishes mu-almost surely, sum_i z(c_i) vanishes almost surely over the cloud.

    Returns the null triple for `mono` over the cloud, and forall i. i < N => z(c_i) = 0 under the assumption sum_i z(c_i) = 0.
    """
    nonneg, zero = p.assume(all_of(y, le(0, z(y)))), p.assume(eq(E(mu, y, z(y)), 0))
    bad = total(N, i, z(at(c, i)))
    each = nonneg.spec(at(c, i))
    positive = p.mono(each.gen(i), total(N, i, 0), bad)
    positive = p.conv(positive, le(0, bad)).gen(c)
    p.note("E sum_i z(c_i) = N mu(z) = 0")
    mean = p.equal(E(draws(N, mu), c, bad), 0, [(1, p.step("iid_sum", [], [E(mu, y, z(y)), N])), (N, zero)])
    guard = p.assume(eq(bad, 0))
    inside = p.assume(lt(i, N))
    below = p.use("term_below_sum").inst((fn("f", "nat -> real")(j), z(at(c, j)))).cut(each.gen(i)).spec(N, i)
    none = p.antisymmetry(p.cert(le(z(at(c, i)), 0), products=[(1, [below.mp(inside)], [])], eqs=[(1, guard)]), each)
    return (E(draws(N, mu), c, bad), positive, mean), none.discharge(inside).gen(i)


def sum_over_cloud(p: Proof, none: Fact, fact: Fact) -> Fact:
    """From forall y. z(y) = 0 => f <= g: sum_i f(c_i) <= sum_i g(c_i), where z(c_i) = 0 for i < N."""
    inside = p.assume(lt(i, N))
    term = fact.spec(at(c, i)).mp(none.spec(i).mp(inside))
    low, high = term.sides
    return p.mono(term.discharge(inside).gen(i), total(N, i, low), total(N, i, high))


def tested(p: Proof) -> tuple[Fact, Fact, Fact]:
    """0 <= k <= h almost surely: the assumption z(y) = 0, 0 <= k(y), k(y) <= h(y)."""
    guard = p.assume(eq(z(y), 0))
    both_sides = p.assume(all_of(y, implies(guard.concl, both(le(0, k(y)), le(k(y), h(y)))))).spec(y).mp(guard)
    return guard, both_sides.left, both_sides.right


def average(p: Proof, guard: Fact, fact: Fact) -> Fact:
    """mu(f) <= mu(g) from f(y) <= g(y) where z(y) = 0."""
    low, high = fact.sides
    null = (E(mu, y, z(y)), p.assume(all_of(y, le(0, z(y)))), p.assume(eq(E(mu, y, z(y)), 0)))
    return p.mono(fact.discharge(guard).gen(y), E(mu, y, low), E(mu, y, high), null)


@lemma(
    "centred_second_moment",
    title="second moment of h (F - r) when r = mu(h F)/mu(h)",
    words="If 0 <= k <= h <= b almost surely then mu((k - r h)^2) <= b mu(h) / 4 for r = mu(k)/mu(h).",
)
def centred_second_moment(p: Proof) -> Fact:
    guard, low, high = tested(p)
    top = p.assume(all_of(y, implies(guard.concl, le(h(y), b)))).spec(y).mp(guard)
    mass = E(mu, y, h(y))
    mpos, bpos = p.assume(lt(0, mass)), p.assume(le(0, b))
    r = E(mu, y, k(y)) / mass
    p.note("b (k (1-r)^2 + r^2 (h-k)) - (k - r h)^2 = (b - h)(k (1-r)^2 + r^2 (h-k)) + k (h-k)")
    pointwise = p.cert(
        le((k(y) - r * h(y)) ** 2, b * (k(y) * (1 - r) ** 2 + r**2 * (h(y) - k(y)))),
        products=[(1, [top, low], [1 - r]), (1, [top, high], [r]), (1, [low, high], [])],
    )
    mean = average(p, guard, pointwise)
    p.note("the mean is b mu(h) (r - r^2) <= b mu(h)/4")
    return p.cert(
        le(E(mu, y, (k(y) - r * h(y)) ** 2), b * mass / 4),
        products=[(1, [mean], []), (1, [bpos, mpos], [r - num("1/2")])],
        dens=[mpos],
    )


def variance_of_h(p: Proof) -> tuple[Node, Fact, Fact]:
    """mu(h^2) - mu(h)^2; that it is not negative; E (sum_i (h(c_i) - mu(h)))^2 = N times it."""
    mass = E(mu, y, h(y))
    variance = E(mu, y, h(y) ** 2) - mass**2
    square = p.use("mean_square").inst((fn("f", "Y -> real")(y), h(y)))
    centred = p.equal(E(mu, y, h(y) - mass), 0)
    cloud = p.use("iid_mean_square").inst((fn("g", "Y -> real")(y), h(y) - mass)).cut(centred)
    return variance, p.cert(le(0, variance), products=[(1, [square], [])]), cloud


def within(p: Proof, value: Node, bound: Node, square: Fact, nonneg: Fact) -> tuple[Fact, Fact]:
    """value <= bound and -value <= bound from value^2 <= bound^2 and 0 <= bound."""
    minus = p.cert(le((-value) ** 2, bound**2), products=[(1, [square], [])])
    below = p.use("square_below")
    return below.spec(value, bound).mp(square, nonneg), below.spec(-value, bound).mp(minus, nonneg)


W, A = fn("W", "nat Y* -> real"), fn("A", "nat Y* -> real")
bad, alive = fn("bad", "nat Y* -> real"), fn("alive", "nat Y* -> real")
e, d = fn("e", "nat -> real"), element("Y*", "d")
step, start = measure("step", "nat Y*", "Y*"), measure("start", "", "Y*")


@lemma(
    "telescope",
    title="errors of single steps add up",
    words="W is a martingale and A moves by at most e(n) in mean when n steps remain, at every cloud that is alive; W = A at the end and "
    "at clouds that are not alive: then |W - A| <= sum_{k<n} e(k) with n steps to go.",
)
def telescope(p: Proof) -> Fact:
    good, living, now = eq(bad(t, c), 0), lt(0, alive(t, c)), eq(t + (n + 1), m)
    drift = E(step(t, c), d, A(t + 1, d)) - A(t, c)
    nonneg = p.assume(all_of(t, c, le(0, bad(t, c))))
    error = p.assume(all_of(n, le(0, e(n)))).spec(n)
    keeps = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(E(step(t, c), d, bad(t + 1, d)), 0))),
        note="good clouds stay good",
    )
    moves = p.assume(
        all_of(t, n, c, implies(now, good, living, eq(W(t, c), E(step(t, c), d, W(t + 1, d))))),
        note="W is a martingale",
    )
    near = p.assume(
        all_of(t, n, c, implies(now, good, living, both(le(drift, e(n)), le(-drift, e(n))))), note="one step"
    )
    stops = p.assume(all_of(t, n, c, implies(now, good, le(alive(t, c), 0), eq(W(t, c), A(t, c)))), note="dead clouds")
    ends = p.assume(all_of(t, c, implies(eq(t, m), good, eq(W(t, c), A(t, c)))), note="the end")

    def claim(k: Node) -> Node:
        gap, sum_of = W(t, c) - A(t, c), total(k, j, e(j))
        return all_of(t, c, implies(eq(t + k, m), good, both(le(gap, sum_of), le(-gap, sum_of))))

    fine = p.assume(good)
    last = p.assume(eq(t + 0, m))
    same = ends.spec(t, c).mp(last, fine)
    gap = W(t, c) - A(t, c)
    base = p.cert(le(gap, total(0, j, e(j))), eqs=[(1, same)]).both(
        p.cert(le(-gap, total(0, j, e(j))), eqs=[(1, same)])
    )
    hyp, here = p.assume(claim(n)), p.assume(now)
    p.note("alive: average the induction hypothesis over the next cloud and add the drift of A")
    living_fact, next_good = p.assume(living), p.assume(eq(bad(t + 1, d), 0))
    law = step(t, c)
    null = (E(law, d, bad(t + 1, d)), nonneg.spec(t + 1), keeps.spec(t, n, c).mp(here, fine, living_fact))
    there = hyp.spec(t + 1, d).mp(here, next_good)
    martingale, one = moves.spec(t, n, c).mp(here, fine, living_fact), near.spec(t, n, c).mp(here, fine, living_fact)

    def half(fact: Fact, drift_fact: Fact, sign: int) -> Fact:
        low, high = fact.sides
        mean = p.mono(fact.discharge(next_good).gen(d), E(law, d, low), E(law, d, high), null)
        return p.cert(
            le(sign * gap, total(n + 1, j, e(j))),
            products=[(1, [mean], []), (1, [drift_fact], [])],
            eqs=[(1, martingale)],
        )

    moving = half(there.left, one.left, 1).both(half(there.right, one.right, -1))
    moving = p.conv(moving, both(le(gap, total(n + 1, j, e(j))), le(-gap, total(n + 1, j, e(j)))))
    p.note("not alive: W = A")
    dead = p.assume(le(alive(t, c), 0))
    equal = stops.spec(t, n, c).mp(here, fine, dead)
    sums = p.mono(error.gen(n), total(n, j, 0), total(n, j, e(j)))
    still = [
        p.cert(le(f, total(n + 1, j, e(j))), products=[(1, [sums], []), (1, [error], [])], eqs=[(1, equal)])
        for f in (gap, -gap)
    ]
    either = p.cases(alive(t, c), 0, still[0].both(still[1]), moving)
    return p.induct(
        n, claim(n), base.discharge(last.concl, good).gen(t, c), either.discharge(now, good).gen(t, c).discharge(hyp)
    )


@lemma(
    "telescope_start",
    title="the sum of the errors from the first cloud on",
    words="As telescope, for a random first cloud for which E A_0 is within e(m) of the target: |E W_0 - target| <= sum_{k<m+1} e(k).",
)
def telescope_start(p: Proof) -> Fact:
    target, mean_A = real("target"), E(start, d, A(0, d))
    zero = p.assume(eq(E(start, d, bad(0, d)), 0), note="the first cloud is good")
    near = p.assume(both(le(mean_A - target, e(m)), le(target - mean_A, e(m))), note="the first step")
    good = p.assume(eq(bad(0, d), 0))
    both_ways = p.use("telescope").spec(m, 0, d).mp(p.equal(0 + m, m), good)
    null = (E(start, d, bad(0, d)), p.assume(all_of(t, c, le(0, bad(t, c)))).spec(0), zero)

    def half(fact: Fact, first: Fact, bias: Node) -> Fact:
        low, high = fact.sides
        mean = p.mono(fact.discharge(good).gen(d), E(start, d, low), E(start, d, high), null)
        return p.cert(le(bias, total(m + 1, j, e(j))), products=[(1, [mean], []), (1, [first], [])])

    mean_W = E(start, d, W(0, d))
    return half(both_ways.left, near.left, mean_W - target).both(half(both_ways.right, near.right, target - mean_W))
