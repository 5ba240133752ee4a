"""S7 with a resampling pool (the paper's Algorithm 2): the exact path marginal, and how large a pool must be.

At each step a pool of m candidates is drawn from the reference kernel, one is picked in proportion to its potential G, and the weight is
multiplied by the pool's mean Zbar = (1/m) sum_i G(c_i).  On the space of pools this is independent Metropolis-Hastings, so
`detailed_balance`, `stationarity` and S7 hold there as they stand; here is what is special to pools.
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
    exp,
    fn,
    implies,
    le,
    log,
    lt,
    measure,
    nat,
    num,
    product,
    real,
    total,
)
from proofs.registry import lemma, statement
from proofs.theory.model import layered

M, V, dead, psi, t, x, y = layered.terms("M V dead psi t x y")
live = eq(dead(t, x), 0)
m, n, i, k, T = nat("m n i k T")
b, lam, xi, u, g = real("b lam xi u g")
mu, z = measure("mu", "", "Y"), element("Y", "z")
c = element("Y*", "c")
G = fn("G", "Y -> real")
up, down = fn("up", "Y* -> real"), fn("down", "Y* -> real")
S = total(m, i, G(at(c, i)))
law = draws(m, mu)
mean = E(mu, z, G(z))


@lemma(
    "exp_chord",
    title="exp(l u) <= 1 + u (exp l - 1) for u in [0, 1]",
    words="By the tangent of exp at l u, in 0 and in l.",
)
def exp_chord(p: Proof) -> Fact:
    low, high = p.assume(le(0, u)), p.assume(le(u, 1))
    here = p.axiom("exp_pos", lam * u)
    first, second = p.axiom("exp_ge", -lam * u), p.axiom("exp_ge", lam - lam * u)
    back = p.equal(
        exp(lam * u) * exp(-lam * u), 1, [(1, p.axiom("exp_add", lam * u, -lam * u)), (1, p.axiom("exp_zero"))]
    )
    onward = p.axiom("exp_add", lam * u, lam - lam * u)
    p.note("1 >= e^(lu) (1 - lu) and e^l >= e^(lu) (1 + l - lu): weigh them with 1 - u and u")
    return (
        p.cert(
            le(exp(lam * u), 1 + u * (exp(lam) - 1)),
            products=[(1, [high, here, first], []), (1, [low, here, second], [])],
            eqs=[(1 - u, back), (u, onward)],
        )
        .discharge(low, high)
        .gen(lam, u)
    )


@lemma("exp_total", title="exp of a sum is the product of the exps")
def exp_total(p: Proof) -> Fact:
    h = fn("f", "nat -> real")
    claim = eq(exp(total(n, k, h(k))), product(n, k, exp(h(k))))
    hyp = p.assume(claim)
    base = p.equal(exp(total(0, k, h(k))), product(0, k, exp(h(k))), [(1, p.axiom("exp_zero"))])
    step = p.equal(
        exp(total(n + 1, k, h(k))),
        product(n + 1, k, exp(h(k))),
        [(1, p.axiom("exp_add", total(n, k, h(k)), h(n))), (exp(h(n)), hyp)],
    )
    return p.induct(n, claim, base, step.discharge(claim)).spec(n).gen(n)


@lemma(
    "pool_exponential_moment",
    title="exponential moment of the sum over a pool",
    words="For 0 <= G <= b, b > 0: E exp(l sum_i G(c_i)/b) <= exp(m (mu(G)/b)(exp l - 1)) for every number l.",
)
def pool_exponential_moment(p: Proof) -> Fact:
    ranged, positive = p.assume(all_of(z, both(le(0, G(z)), le(G(z), b)))), p.assume(lt(0, b))
    inverse = p.positive_inverse(positive)
    share = G(z) / b
    low = p.cert(le(0, share), products=[(1, [ranged.spec(z).left, inverse], [])])
    high = p.cert(le(share, 1), products=[(1, [ranged.spec(z).right, inverse], [])], dens=[positive])
    chord = p.use("exp_chord").spec(lam, share).mp(low, high)
    left, right = chord.sides
    one = p.mono(chord.gen(z), E(mu, z, left), E(mu, z, right))
    p.note("E exp(l G/b) <= 1 + (mu(G)/b)(e^l - 1) <= exp of it")
    rate = mean / b * (exp(lam) - 1)
    single = p.cert(le(E(mu, z, left), exp(rate)), products=[(1, [one], []), (1, [p.axiom("exp_ge", rate)], [])])
    nonneg_each = p.cert(le(0, left), products=[(1, [p.axiom("exp_pos", lam * share)], [])]).gen(z)
    nonneg = p.mono(nonneg_each, E(mu, z, 0), E(mu, z, left))
    split = p.step("iid_prod", [], [E(mu, z, left), m, k])
    open_sum = p.use("exp_total").inst((fn("f", "nat -> real")(k), lam * (G(at(c, k)) / b))).spec(m)
    under = p.rewrite(open_sum.gen(c), lambda F: E(law, c, F(c)))
    power = p.use("power_mono").spec(E(mu, z, left), exp(rate), m).mp(nonneg, single)
    whole = p.use("exp_power").spec(rate, m)
    goal = le(E(law, c, exp(lam * S / b)), exp(m * rate))
    return p.cert(goal, products=[(1, [power], [])], eqs=[(1, under), (1, split), (1, whole)])


def tail(p: Proof, sign: int) -> Fact:
    """E up <= exp(-m mu(G) xi^2/(3 b)) for an event on which the sum is above (1 + xi) m mu(G); `sign` -1: below (1 - xi) m mu(G)."""
    event = up if sign > 0 else down
    positive, low, high = p.assume(lt(0, b)), p.assume(le(0, xi)), p.assume(le(xi, 1))
    ranged = p.assume(all_of(z, both(le(0, G(z)), le(G(z), b))))
    level = (1 + sign * xi) * m * mean
    inside = lt(S, level) if sign > 0 else lt(level, S)
    most = p.assume(all_of(c, le(event(c), 1)))
    off = p.assume(all_of(c, implies(inside, eq(event(c), 0))), note="an event outside the interval")
    inverse = p.positive_inverse(positive)
    rate = sign * num("2/3") * xi
    shift = rate * (S - level) / b
    p.note("Markov: the event is at most exp(l (S - level)/b)")
    beyond = p.assume(le(level, S) if sign > 0 else le(S, level))
    far = p.cert(
        le(event(c), exp(shift)),
        products=[(1, [most.spec(c)], []), (1, [p.axiom("exp_ge", shift)], []), ("2/3", [low, beyond, inverse], [])],
    )
    near_zero = off.spec(c).mp(p.assume(inside))
    near = p.cert(le(event(c), exp(shift)), products=[(1, [p.axiom("exp_pos", shift)], [])], eqs=[(1, near_zero)])
    pointwise = p.cases(level, S, far, near) if sign > 0 else p.cases(S, level, far, near)
    # exp(shift) = exp(l S/b) exp(-l level/b)
    back = p.axiom("exp_add", rate * S / b, -rate * level / b)
    scaled = p.cert(
        le(event(c), exp(-rate * level / b) * exp(rate * S / b)), products=[(1, [pointwise], [])], eqs=[(1, back)]
    )
    left, right = scaled.sides
    average = p.mono(scaled.gen(c), E(law, c, left), E(law, c, right))
    moment = p.use("pool_exponential_moment").inst((lam, rate))
    factor = p.axiom("exp_pos", -rate * level / b)
    total_rate = m * (mean / b * (exp(rate) - 1))
    joined = p.axiom("exp_add", total_rate, -rate * level / b)
    bound = p.cert(
        le(E(law, c, left), exp(total_rate - rate * level / b)),
        products=[(1, [average], []), (1, [factor, moment], [])],
        eqs=[(1, joined)],
    )
    p.note(
        "e^l - 1 - l (1 + xi) <= -xi^2/3 at l = 2 xi/3"
        if sign > 0
        else "e^-l - 1 + l (1 - xi) <= -xi^2/3 at l = 2 xi/3"
    )
    least = p.mono(p.cert(le(0, G(z)), products=[(1, [ranged.spec(z).left], [])]).gen(z), E(mu, z, 0), mean)
    size = num("2/3") * xi
    room = p.cert(le(size, num("2/3")), products=[("2/3", [high], [])])
    step = (
        p.use("exp_upper" if sign > 0 else "exp_lower")
        .spec(size)
        .mp(p.cert(le(0, size), products=[("2/3", [low], [])]), *([room] if sign > 0 else []))
    )
    exponent = p.cert(
        le(total_rate - rate * level / b, -m * mean * xi**2 / (3 * b)),
        products=[
            (1, [p.nat_nonneg(m), least, inverse, step], []),
            *([] if sign > 0 else [("1/9", [p.nat_nonneg(m), least, inverse], [xi])]),
        ],
    )
    rising = p.use("exp_mono").spec(*exponent.sides).mp(exponent)
    return p.chain(bound, rising)


@lemma("exp_upper", title="exp x <= 1 + x + (3/4) x^2 on [0, 2/3]", words="(1 + x + (3/4) x^2) e^(-x) increases there.")
def exp_upper(p: Proof) -> Fact:
    r = real("x")
    low, high = p.assume(le(0, r)), p.assume(le(r, num("2/3")))
    poly = 1 + r + num("3/4") * r**2
    slope = (1 + num("3/2") * r) * exp(-r) - poly * exp(-r)
    here = p.axiom("exp_pos", -r)
    rise = p.cert(le(0, slope), products=[("3/4", [low, high, here], [])]).discharge(low, high).gen(r)
    grown = p.step("increasing", [rise], [r, poly * exp(-r), num(0), num("2/3")]).spec(r).mp(low, high)
    back = p.axiom("exp_add", r, -r)
    zero = p.axiom("exp_zero")
    start = p.equal((1 + num(0)) * exp(-1 * num(0)), 1, [(1, zero)])
    return (
        p.cert(
            le(exp(r), poly),
            products=[(1, [p.axiom("exp_pos", r), grown], [])],
            eqs=[(exp(r), start), (poly, back), (poly, zero)],
        )
        .discharge(low, high)
        .gen(r)
    )


@lemma("exp_lower", title="exp(-x) <= 1 - x + x^2/2 for x >= 0", words="(1 - x + x^2/2) e^x increases.")
def exp_lower(p: Proof) -> Fact:
    r = real("x")
    low = p.assume(le(0, r))
    poly = 1 - r + r**2 / 2
    slope = (r - 1) * exp(r) + poly * exp(r)
    rise = p.cert(le(0, slope), products=[("1/2", [p.axiom("exp_pos", r)], [r])]).discharge(low).gen(r)
    grown = p.step("increasing", [rise], [r, poly * exp(r), num(0)]).spec(r).mp(low)
    back, zero = p.axiom("exp_add", r, -r), p.axiom("exp_zero")
    start = p.equal(1 * exp(num(0)), 1, [(1, zero)])
    return (
        p.cert(
            le(exp(-r), poly),
            products=[(1, [p.axiom("exp_pos", -r), grown], [])],
            eqs=[(exp(-r), start), (poly, back), (poly, zero)],
        )
        .discharge(low)
        .gen(r)
    )


@statement(
    "S7.chernoff",
    source="new",
    title="multiplicative Chernoff bound for a pool mean",
    words="For a pool of m draws with 0 <= G <= b and 0 <= xi <= 1: P(mean > (1+xi) mu(G)) and P(mean < (1-xi) mu(G)) are at most "
    "exp(-m mu(G) xi^2/(3 b)) each.  With b/mu(G) <= L (1+eps) and m >= 3 L (1+eps) xi^-2 log(2 H T/delta) all H T pools are good, up to "
    "delta.",
)
def chernoff(p: Proof) -> Fact:
    return tail(p, 1).both(tail(p, -1))


@statement(
    "S7.pool",
    source="new",
    title="the size of the pools, and what size-biasing costs",
    words="If m >= 3 b/(mu(G) xi^2) log(2 k/delta), k = H T, then k times the probability of a bad pool is at most delta; under the target "
    "one member is size-biased: k E[(mean/mu(G)) bad] <= (b/mu(G)) delta.  Here b/mu(G) <= L (1+eps).",
)
def pool_size(p: Proof) -> Fact:
    delta = real("delta")
    positive, accuracy, some = p.assume(lt(0, b)), p.assume(lt(0, delta)), p.assume(lt(0, k))
    gpos, width = p.assume(lt(0, mean)), p.assume(lt(0, xi))
    two = p.use("S7.chernoff").cut(p.cert(le(0, xi), products=[(1, [width], [])]))
    ranged = p.assume(all_of(z, both(le(0, G(z)), le(G(z), b))))
    enough = p.assume(le(3 * b * log(2 * k / delta) / (mean * xi**2), m))
    dinv, binv, ginv = (p.positive_inverse(q) for q in (accuracy, positive, gpos))
    ratio = p.cert(lt(0, 2 * k / delta), products=[(2, [some, dinv], [])])
    p.note("exp(-m mu(G) xi^2/(3b)) <= exp(-log(2k/delta)) = delta/(2k)")
    less = p.cert(
        le(-m * mean * xi**2 / (3 * b), -log(2 * k / delta)),
        products=[("1/3", [enough, gpos, width, width, binv], [])],
        dens=[positive, gpos, width],
    )
    rising = p.use("exp_mono").spec(*less.sides).mp(less)
    inverse = p.axiom("exp_add", log(2 * k / delta), -log(2 * k / delta))
    whole = p.axiom("exp_log", 2 * k / delta).mp(ratio)
    tail_value = exp(-log(2 * k / delta))
    value = p.equal(
        2 * k * tail_value,
        delta,
        [(delta, inverse), (delta, p.axiom("exp_zero")), (delta * tail_value, whole)],
        [accuracy],
    )
    bad = E(law, c, up(c)) + E(law, c, down(c))
    first = p.cert(
        le(k * bad, delta),
        products=[(1, [some, two.left], []), (1, [some, two.right], []), (2, [some, rising], [])],
        eqs=[(1, value)],
    )
    p.note("the pool's mean is at most b")
    cap = p.mono(ranged.spec(z).right.gen(z).spec(at(c, i)).gen(i), S, total(m, i, b))
    events = p.assume(all_of(c, both(le(0, up(c)), le(0, down(c)))))
    nonneg = events.spec(c)
    many = p.assume(lt(0, m))
    minv = p.positive_inverse(many)
    each = p.cert(
        le(S / (m * mean) * (up(c) + down(c)), b / mean * (up(c) + down(c))),
        products=[(1, [cap, minv, ginv, nonneg.left], []), (1, [cap, minv, ginv, nonneg.right], [])],
        dens=[many],
    )
    left, right = each.sides
    biased = p.mono(each.gen(c), E(law, c, left), E(law, c, right))
    second = p.cert(
        le(k * E(law, c, left), b / mean * delta),
        products=[(1, [some, biased], []), (1, [first, positive, ginv], [])],
    )
    return first.both(second)


@statement(
    "S7.marginal",
    source="new",
    title="the path marginal of the pool target is exact",
    words="Each step multiplies by the pool's mean weight and picks a candidate in proportion to its weight: for every pool size the "
    "expected product of the pool means times F(path's end) is VF_t(x)/V_t(x), where VF is the value with the terminal reward times F.",
)
def pool_marginal(p: Proof) -> Fact:
    VF, RP, F = fn("VF", "nat X -> real"), fn("RP", "nat X -> real"), fn("F", "X -> real")
    pick = fn("pick", "nat X X* -> real")
    cloud = element("X*", "c")
    pool = draws(m, M(t, x))

    def weigh(f) -> Node:
        return total(m, i, psi(t, x, at(cloud, i)) * V(t + 1, at(cloud, i)) / V(t, x) * f(at(cloud, i)))

    many = p.assume(lt(0, m))
    formulas = {
        "dead is non-negative": all_of(t, x, le(0, dead(t, x))),
        "live states stay live": all_of(t, x, implies(lt(t, T), live, eq(E(M(t, x), y, dead(t + 1, y)), 0))),
        "positive": all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)))),
        "pick": all_of(t, x, cloud, eq(pick(t, x, cloud) * weigh(lambda q: num(1)), weigh(lambda q: RP(t + 1, q)))),
        "pool": all_of(
            t, x, implies(lt(t, T), live, eq(RP(t, x), E(pool, cloud, weigh(lambda q: num(1)) / m * pick(t, x, cloud))))
        ),
        "value": all_of(t, x, implies(lt(t, T), live, eq(VF(t, x), E(M(t, x), y, psi(t, x, y) * VF(t + 1, y))))),
        "at the end": all_of(x, both(eq(RP(T, x), F(x)), eq(VF(T, x), V(T, x) * F(x)))),
    }
    given = {name: p.assume(phi, note=name) for name, phi in formulas.items()}

    def claim(r: Node) -> Node:
        return all_of(t, x, implies(eq(t + r, T), live, eq(V(t, x) * RP(t, x), VF(t, x))))

    at_end = p.assume(eq(t + 0, T))
    end = given["at the end"].spec(x)
    last = p.equal(V(T, x) * RP(T, x), VF(T, x), [(V(T, x), end.left), (1, end.right)])
    base = p.rewrite(p.equal(T, t, [(1, at_end)]), lambda H: eq(V(H(), x) * RP(H(), x), VF(H(), x)), last)
    base = base.discharge(at_end.concl, live).gen(t, x)
    hyp = p.assume(claim(n))
    now, alive = p.assume(eq(t + (n + 1), T)), p.assume(live)
    before = p.cert(lt(t, T), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])], eqs=[(1, now)])
    dense = given["positive"].spec(t, x).mp(before, alive)
    p.note("E (mean weight) pick = E (1/m) sum_i G(c_i) RP(c_i) = E[M] G RP")
    honest = p.rewrite(given["pick"].spec(t, x), lambda H: E(pool, cloud, H(cloud)))
    one = E(M(t, x), y, psi(t, x, y) * V(t + 1, y) * RP(t + 1, y))
    many_draws = p.step("iid_sum", [], [one, m])
    there = p.assume(eq(dead(t + 1, y), 0))
    null = (
        E(M(t, x), y, dead(t + 1, y)),
        given["dead is non-negative"].spec(t + 1),
        given["live states stay live"].spec(t, x).mp(before, alive),
    )
    later = hyp.spec(t + 1, y).mp(now, there)
    body = psi(t, x, y) * VF(t + 1, y)
    same = p.equal(psi(t, x, y) * V(t + 1, y) * RP(t + 1, y), body, [(psi(t, x, y), later)])
    average = p.almost_surely(same, y, one, E(M(t, x), y, body), null)
    step = p.equal(
        V(t, x) * RP(t, x),
        VF(t, x),
        [
            (V(t, x), given["pool"].spec(t, x).mp(before, alive)),
            (V(t, x) / m, honest),
            (1 / m, many_draws),
            (1, average),
            (1, given["value"].spec(t, x).mp(before, alive)),
        ],
        [dense, many],
    )
    return p.induct(n, claim(n), base, step.discharge(now.concl, live).gen(t, x).discharge(hyp))
