"""How far the normaliser's estimate strays: |z Zhat - 1| by the increments of the martingale from E[Zhat] to Zhat.

H(t, c) = (1/N) sum_i h(t, c_i) is the expected product of the mean weights from the cloud c on.  J(s, t, c) is the expected size of the
increment from s to s + 1, weighted by the product of the mean weights from t to s; P and Q are the same product's expectation alone and
times next(h^2).
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, replace
from proofs.language.terms import (
    E,
    absolute,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    real,
    sqrt,
    total,
)
from proofs.lemmas.clouds import (
    N,
    bad,
    c,
    carried,
    cloud_null,
    d,
    e,
    f,
    good,
    h,
    i,
    k,
    last,
    m,
    mixture,
    n,
    no_weight,
    over,
    pointwise_zero,
    put,
    setting,
    settle,
    t,
    w,
    weights,
)
from proofs.registry import lemma

z, s = real("z"), nat("s")
Dev, J = fn("Dev", "nat Edge* real -> real"), fn("J", "nat nat Edge* -> real")
P, Q = fn("P", "nat nat Edge* -> real"), fn("Q", "nat nat Edge* -> real")
H = over(c, lambda q: h(t, q)) / N
Hd = over(d, lambda q: h(t + 1, q)) / N
mu = E(mixture(t, c), f, h(t + 1, f))
law = draws(N, mixture(t, c))


def deviation(p: Proof) -> tuple[Fact, Fact]:
    """Dev(t, c, z) = E |z prod of the mean weights from t on - 1|."""
    later = E(law, d, Dev(t + 1, d, z * (weights / N)))
    return (
        p.assume(all_of(t, c, z, implies(lt(t, n), eq(Dev(t, c, z), later)))),
        p.assume(all_of(c, z, eq(Dev(n, c, z), absolute(z * (over(c, last) / N) - 1)))),
    )


def sizes(p: Proof) -> tuple[Fact, Fact]:
    """J(s, s, c) = mean weight * E |H(s+1, d) - next(h)|; J(s, t, c) = mean weight * E J(s, t+1, d) for t < s."""
    here = weights / N * E(law, d, absolute(Hd - mu))
    return (
        p.assume(all_of(t, c, eq(J(t, t, c), here))),
        p.assume(all_of(s, t, c, implies(lt(t, s), eq(J(s, t, c), weights / N * E(law, d, J(s, t + 1, d)))))),
    )


@lemma("root_facts", title="|x| >= 0, |x|^2 = x^2, x <= |x|, -x <= |x|")
def root_facts(p: Proof) -> Fact:
    x = real("x")
    nonneg = p.axiom("sqrt_nonneg", x**2)
    square = p.axiom("sqrt_square", x**2).mp(p.show(le(0, x**2)))
    up = p.use("square_below").spec(x, absolute(x)).mp(p.show(le(x**2, absolute(x) ** 2), square), nonneg)
    down = p.use("square_below").spec(-x, absolute(x))
    down = down.mp(p.show(le((-x) ** 2, absolute(x) ** 2), square), nonneg)
    return nonneg.both(square).both(up.both(down)).gen(x)


@lemma("triangle", title="|x + y| <= |x| + |y|")
def triangle(p: Proof) -> Fact:
    x, y = real("x y")
    first, second = p.use("root_facts").spec(x), p.use("root_facts").spec(y)
    up = p.show(le(x + y, absolute(x) + absolute(y)), first.right.left, second.right.left)
    down = p.show(le(-(x + y), absolute(x) + absolute(y)), first.right.right, second.right.right)
    return p.use("absolute_below").spec(x + y, absolute(x) + absolute(y)).mp(up, down).gen(x, y)


@lemma("scaled_absolute", title="|a x| = a |x| for a >= 0")
def scaled_absolute(p: Proof) -> Fact:
    a, x = real("a x")
    given = p.assume(le(0, a))
    fx = p.use("root_facts").spec(x)
    nonneg = p.show(le(0, a * absolute(x)), given, fx.left.left)
    square = p.show(eq((a * absolute(x)) ** 2, (a * x) ** 2), fx.left.right)
    return p.use("root_of_square").spec(a * absolute(x), (a * x) ** 2).mp(nonneg, square).discharge(given).gen(a, x)


@lemma("sum_front", title="the first term of a sum")
def sum_front(p: Proof) -> Fact:
    g, r = fn("f", "nat -> real"), nat("r")
    claim = eq(total(n + 1, k, g(r + k)), g(r) + total(n, k, g(r + 1 + k)))
    hyp = p.assume(claim)
    base = p.show(eq(total(1, k, g(r + k)), g(r) + total(0, k, g(r + 1 + k))))
    step = p.show(eq(total(n + 2, k, g(r + k)), g(r) + total(n + 1, k, g(r + 1 + k))), hyp)
    return p.induct(n, claim, base, step.discharge(claim)).spec(n).gen(n, r)


@lemma("no_scale", title="Dev(t, c, 0) = 1")
def no_scale(p: Proof) -> Fact:
    move, end = deviation(p)

    def claim(r: Node) -> Node:
        return all_of(t, c, implies(eq(t + r, n), eq(Dev(t, c, 0), 1)))

    at_end = p.assume(eq(t + 0, n))
    value = p.conv(end.spec(c, 0), eq(Dev(n, c, 0), sqrt((-1) * (-1 + 0 * z))))
    one = p.use("root_of_square").spec(1, 1).mp(p.show(le(0, 1)), p.show(eq(1 + 0 * z, 1)))
    value = p.show(eq(Dev(n, c, 0), 1), value, one)
    base = p.rewrite(p.show(eq(n, t), at_end), lambda G: eq(Dev(G(), c, 0), 1), value)
    base = base.discharge(at_end).gen(t, c)
    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    ones = p.rewrite(hyp.spec(t + 1, d).mp(now).gen(d), lambda G: E(law, d, G(d)))
    step = p.show(eq(Dev(t, c, 0), 1), move.spec(t, c, 0).mp(before), ones)
    return p.induct(m, claim(m), base, step.discharge(now).gen(t, c).discharge(hyp))


@lemma(
    "increment_bound",
    title="the size of one increment",
    words="J(s, t, c)^2 <= P(s, t, c) Q(s, t, c)/N for t + m = s; J, P and Q are not negative.",
)
def increment_bound(p: Proof) -> Fact:
    here, there = sizes(p)
    many = p.assume(lt(0, N))
    positive = p.assume(all_of(t, e, le(0, w(t, e))))
    squares = E(mixture(t, c), f, h(t + 1, f) ** 2)
    ends = p.assume(all_of(t, c, both(eq(P(t, t, c), weights / N), eq(Q(t, t, c), weights / N * squares))))
    moves = p.assume(
        all_of(
            s,
            t,
            c,
            implies(
                lt(t, s),
                both(
                    eq(P(s, t, c), weights / N * E(law, d, P(s, t + 1, d))),
                    eq(Q(s, t, c), weights / N * E(law, d, Q(s, t + 1, d))),
                ),
            ),
        )
    )
    ninv = p.positive_inverse(many)
    average = p.mono(positive.spec(t, at(c, i)).gen(i), total(N, i, 0), weights)
    mean = p.show(le(0, weights / N), average, ninv)

    def four(j: Node, a: Node, b: Node) -> Node:
        return both(both(le(0, j), le(0, a)), both(le(0, b), le(j**2, a * b / N)))

    def claim(r: Node) -> Node:
        return all_of(t, c, implies(eq(t + r, s), four(J(s, t, c), P(s, t, c), Q(s, t, c))))

    p.note("t = s: (E |H - next(h)|)^2 <= E (H - next(h))^2 = Var(h)/N <= next(h^2)/N")
    facts = p.use("root_facts").spec(Hd - mu)
    size = E(law, d, absolute(Hd - mu))
    size_pos = p.mono(facts.left.left.gen(d), E(law, d, 0), size)
    jensen = cloud_jensen(p, absolute(Hd - mu))
    same = p.rewrite(facts.left.right.gen(d), lambda G: E(law, d, G(d)))
    u, v = element("Edge", "u"), element("Edge", "v")
    first = p.step("iid_sum", [], [mu, N])
    pair = p.step("iid_pair", [], [E(mixture(t, c), u, E(mixture(t, c), v, h(t + 1, u) * h(t + 1, v))), N])
    spread = p.cert(
        le(size**2, squares / N),
        products=[(1, [jensen], []), (1, [ninv], [mu])],
        eqs=[(1, same), (1 / N**2, pair), (2 * mu / N, first)],
        dens=[many],
        why="the multipliers of this many equations are not found in time",
    )
    sq_pos = p.mono(p.show(le(0, h(t + 1, f) ** 2)).gen(f), E(mixture(t, c), f, 0), squares)
    ratio = weights / N
    bare = (
        p.show(le(0, ratio * size), mean, size_pos)
        .both(mean)
        .both(
            p.show(le(0, ratio * squares), mean, sq_pos).both(
                p.show(le((ratio * size) ** 2, ratio * (ratio * squares) / N), spread)
            )
        )
    )
    at_end = p.assume(eq(t + 0, s))
    end = ends.spec(t, c)
    flipped = [p.show(eq(q.sides[1], q.sides[0]), q) for q in (here.spec(t, c), end.left, end.right)]
    base = put(p, flipped, four, bare)
    time = p.show(eq(t, s), at_end)
    base = p.rewrite(time, lambda G: four(J(G(), t, c), P(G(), t, c), Q(G(), t, c)), base).discharge(at_end).gen(t, c)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), s))
    before = p.show(lt(t, s), p.nat_nonneg(m), now)
    p.note("t < s: Cauchy-Schwarz over the next cloud")
    inside = hyp.spec(t + 1, d).mp(now)
    js, ps, qs = (g(s, t + 1, d) for g in (J, P, Q))
    ej, ep, eq_ = (E(law, d, g) for g in (js, ps, qs))
    jpos, ppos, qpos = (
        p.mono(fact.gen(d), E(law, d, 0), mean_of)
        for fact, mean_of in ((inside.left.left, ej), (inside.left.right, ep), (inside.right.left, eq_))
    )
    scaled = p.show(le(js**2, ps * (qs / N)), inside.right.right).gen(d)
    qn = p.show(le(0, qs / N), inside.right.left, ninv).gen(d)
    cs = p.use("mean_cauchy").rename_sort("Y", "Edge*")
    nu, y = measure("mu", "", "Edge*"), element("Edge*", "y")
    names = (fn(name, "Edge* -> real")(y) for name in ("j", "a", "b"))
    bodies = (replace(g, {d: y}) for g in (js, ps, qs / N))
    cs = cs.inst((E(nu, y, 0), E(law, y, 0)), *zip(names, bodies, strict=True))
    cs = settle(cs, inside.left.left.gen(d), inside.left.right.gen(d), qn, scaled)
    move = moves.spec(s, t, c).mp(before)
    bare = (
        p.show(le(0, ratio * ej), mean, jpos)
        .both(p.show(le(0, ratio * ep), mean, ppos))
        .both(
            p.show(le(0, ratio * eq_), mean, qpos).both(
                p.show(le((ratio * ej) ** 2, ratio * ep * (ratio * eq_) / N), cs)
            )
        )
    )
    flipped = [p.show(eq(q.sides[1], q.sides[0]), q) for q in (there.spec(s, t, c).mp(before), move.left, move.right)]
    step = put(p, flipped, four, bare).discharge(now).gen(t, c).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def cloud_jensen(p: Proof, body: Node, over_law=law) -> Fact:
    """(E body)^2 <= E body^2 over a cloud d."""
    jensen = p.use("mean_square").rename_sort("Y", "Edge*")
    nu, g, v = measure("mu", "", "Edge*"), fn("f", "Edge* -> real"), element("Edge*", "v")
    return jensen.inst((E(nu, v, 0), E(over_law, v, 0)), (g(v), replace(body, {d: v})))


@lemma(
    "mean_cauchy",
    title="Cauchy-Schwarz for a function below a geometric mean",
    words="If j, a, b >= 0 and j^2 <= a b pointwise then (E j)^2 <= E a E b.",
)
def mean_cauchy(p: Proof) -> Fact:
    nu, y = measure("mu", "", "Y"), element("Y", "y")
    j, a, b = (fn(name, "Y -> real") for name in ("j", "a", "b"))
    jpos, apos, bpos = (p.assume(all_of(y, le(0, g(y)))) for g in (j, a, b))
    square = p.assume(all_of(y, le(j(y) ** 2, a(y) * b(y))))
    ra, rb = (p.axiom("sqrt_square", g(y)).mp(fact.spec(y)) for g, fact in ((a, apos), (b, bpos)))
    na, nb = p.axiom("sqrt_nonneg", a(y)), p.axiom("sqrt_nonneg", b(y))
    x = sqrt(a(y)) * sqrt(b(y))
    small = p.show(le(j(y) ** 2, x**2), square.spec(y), ra, rb)
    below = p.use("square_below").spec(j(y), x).mp(small, p.show(le(0, x), na, nb))
    mean = p.mono(below.gen(y), E(nu, y, j(y)), E(nu, y, x))
    low = p.mono(jpos, E(nu, y, 0), E(nu, y, j(y)))
    cs = p.use("cauchy_schwarz").inst(
        (E(finite_set("A", "", "Y"), y, 0), E(nu, y, 0)),
        (fn("f", "Y -> real")(y), sqrt(a(y))),
        (fn("g", "Y -> real")(y), sqrt(b(y))),
    )
    sa = p.rewrite(ra.gen(y), lambda G: E(nu, y, G(y)))
    sb = p.rewrite(rb.gen(y), lambda G: E(nu, y, G(y)))
    ej, ex = E(nu, y, j(y)), E(nu, y, x)
    rise = p.show(le(ej**2, ex**2), mean, low)
    return p.show(le(ej**2, E(nu, y, a(y)) * E(nu, y, b(y))), rise, cs, sa, sb)


@lemma(
    "deviation_telescopes",
    title="|z Zhat - 1| by the first estimate and the increments",
    words="Dev(t, c, z) <= |z H(t, c) - 1| + z sum_{k<m} J(t+k, t, c) for reachable clouds, z >= 0 and t + m = n.",
)
def deviation_telescopes(p: Proof) -> Fact:
    given = setting(p)
    move, end = deviation(p)
    here, there = sizes(p)

    def gaps(r: Node | int, at_t: Node, cloud: Node) -> Node:
        return total(r, k, J(at_t + k, at_t, cloud))

    def claim(r: Node) -> Node:
        right = absolute(z * H - 1) + z * gaps(r, t, c)
        return all_of(t, c, z, implies(eq(t + r, n), good(t, c), le(0, z), le(Dev(t, c, z), right)))

    p.note("t = n: H is the mean weight")
    at_end, clean, scale = p.assume(eq(t + 0, n)), p.assume(good(t, c)), p.assume(le(0, z))
    sums = end_sum(p, given, at_end, clean)
    value = p.rewrite(
        p.show(eq(n, t), at_end),
        lambda G: eq(Dev(G(), c, z), absolute(z * (over(c, last) / N) - 1)),
        end.spec(c, z),
    )
    flat = p.show(eq(over(c, last) / N, H), sums)
    value = p.rewrite(flat, lambda G: eq(Dev(t, c, z), absolute(z * G() - 1)), value)
    base = p.show(le(Dev(t, c, z), absolute(z * H - 1) + z * gaps(0, t, c)), value)
    base = base.discharge(at_end, clean, scale).gen(t, c, z)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    g = fn("f", "nat -> real")
    front = p.use("sum_front").inst((g(k), J(k, t, c))).spec(m, t)
    later = p.show(lt(t, t + 1 + k), p.nat_nonneg(k))
    each = there.spec(t + 1 + k, t, c).mp(later).gen(k)
    opened = p.rewrite(each, lambda G: total(m, k, G(k)))
    rest = E(law, d, total(m, k, J(t + 1 + k, t + 1, d)))
    swapped = p.step("fubini", [], [rest])
    first = here.spec(t, c)
    ratio = weights / N
    size = E(law, d, absolute(Hd - mu))
    p.note("sum_{k<m+1} J(t+k, t, c) = mean weight * (E |H - next(h)| + E sum_k J(t+1+k, t+1, d))")
    tail = p.show(eq(gaps(m + 1, t, c), ratio * (size + rest)), front, first, opened, swapped)
    goal = le(Dev(t, c, z), absolute(z * H - 1) + z * gaps(m + 1, t, c))
    moved = move.spec(t, c, z).mp(before)

    p.note("all weights vanish: both sides are 1")
    none, gone = no_weight(p, given, before, clean)
    flat = p.show(eq(z * ratio, 0), none)
    one = p.use("no_scale").spec(m, t + 1, d).mp(now).gen(d)
    ones = p.rewrite(one, lambda G: E(law, d, G(d)))
    dev_one = p.rewrite(flat, lambda G: eq(Dev(t, c, z), E(law, d, Dev(t + 1, d, G()))), moved)
    dev_one = p.show(eq(Dev(t, c, z), 1), dev_one, ones)
    below = p.use("root_facts").spec(z * H - 1).right.right
    low = p.cert(
        goal,
        products=[(1, [below], [])],
        eqs=[(1, dev_one), (z / N, gone), (z, tail), (z / N * (size + rest), none)],
        why="the multipliers of this many equations are not found in time",
    )
    p.note("otherwise: the next cloud is reachable almost surely; |z m H' - 1| <= z m |H' - next(h)| + |z H - 1|")
    alive = p.assume(lt(0, weights))
    null = cloud_null(p, before, clean, alive, given)
    fine = p.assume(good(t + 1, d))
    ninv = p.positive_inverse(given["there are particles"])
    mean = p.show(le(0, z * ratio), scale, alive, ninv)
    inside = hyp.spec(t + 1, d, z * ratio).mp(now, fine, mean)
    mix = given["mixture of h"].spec(t, c).mp(before, alive)
    future = carried(p, given, before, clean)
    exact = p.show(eq(ratio * mu, H), mix, future, dens=[alive])
    x1 = z * ratio * (Hd - mu)
    parts = p.use("triangle").spec(x1, z * H - 1)
    parts = p.rewrite(
        p.show(eq(x1 + (z * H - 1), z * ratio * Hd - 1), exact),
        lambda G: le(absolute(G()), absolute(x1) + absolute(z * H - 1)),
        parts,
    )
    out = p.use("scaled_absolute").spec(z * ratio, Hd - mu).mp(mean)
    after = total(m, k, J(t + 1 + k, t + 1, d))
    pointwise = p.show(
        le(Dev(t + 1, d, z * ratio), z * ratio * absolute(Hd - mu) + absolute(z * H - 1) + z * ratio * after),
        inside,
        parts,
        out,
    )
    left, right = pointwise.sides
    average = p.mono(pointwise.discharge(fine).gen(d), E(law, d, left), E(law, d, right), null)
    high = p.show(goal, average, moved, tail)
    step = p.cases(weights, 0, low, high).discharge(now, good(t, c), le(0, z)).gen(t, c, z).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def end_sum(p: Proof, given: dict[str, Fact], at_end: Fact, clean: Fact) -> Fact:
    """sum_i h(t, c_i) = sum_i last(c_i) at t = n for a reachable cloud."""
    zero = pointwise_zero(p, given, clean, bad)
    inside = p.assume(lt(i, N))
    time = p.show(eq(n, t), at_end)
    rule = p.rewrite(
        time,
        lambda G: all_of(e, implies(eq(bad(G(), e), 0), eq(h(G(), e), last(e)))),
        given["h at the end"],
    )
    each = rule.spec(at(c, i)).mp(zero.spec(i).mp(inside)).discharge(inside).gen(i)
    q = at(c, k)
    pair = (fn("f", "nat -> real")(k), h(t, q)), (fn("g", "nat -> real")(k), last(q))
    return p.use("sum_equal").inst(*pair).spec(N).mp(each)
