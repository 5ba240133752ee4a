"""S7 with a resampling pool (the paper's Algorithm 2): the exact path marginal, and how large a pool must be; derived in sympy.

At each step a pool of m candidates is drawn from the reference kernel, one is picked in proportion to its potential G, and the weight is
multiplied by the pool's mean Zbar = (1/m) sum_i G(c_i).  On the space of pools this is independent Metropolis-Hastings, so
`detailed_balance`, `stationarity` and S7 hold there as they stand; here is what is special to pools.  Its size is found by `solve`.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Eq, Expr, Rational, Symbol, exp, log, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Exp,
    Expect,
    ForAll,
    Law,
    Log,
    Recip,
    function,
    implications,
    product,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma, statement
from proofs.theory.model import hypotheses, layered

m, n, i, k = symbols("m n i k", "nat")
b, lam, xi, u, r, delta = symbols("b lam xi u x delta")
mu, z, pool = Law("mu", "", "Y"), Element("z", "Y"), Element("c", "Y*")
G = function("G", "Y -> real")
up, down = function("up", "Y* -> real"), function("down", "Y* -> real")
S = total(m, i, G(Entry(pool, i)))
draws = mu.draws(m)
mean = Expect(mu, z, G(z))
f = function("f", "nat -> real")


@lemma(
    "exp_chord",
    title="exp(l u) <= 1 + u (exp l - 1) for u in [0, 1]",
    words="By the tangent of exp at l u, in 0 and in l.",
)
@in_sympy("exp_chord")
def exp_chord(d: Derivation) -> Line:
    """1 >= e^(lu) (1 - lu) and e^l >= e^(lu) (1 + l - lu): weigh them with 1 - u and u."""
    with d.suppose(0 <= u, u <= 1) as given:
        here, back, ahead = Exp(lam * u), Exp(-lam * u), Exp(lam - lam * u)
        one = d.prove(relation("=", here * back, 1), d.axiom("exp_add", lam * u, -lam * u), d.axiom("exp_zero"))
        onward = d.prove(relation("=", here * ahead, Exp(lam)), d.axiom("exp_add", lam * u, lam - lam * u))
        first = d.prove(here * (1 - lam * u) <= 1, d.axiom("exp_ge", -lam * u), one)
        second = d.prove(here * (1 + lam - lam * u) <= Exp(lam), d.axiom("exp_ge", lam - lam * u), onward)
        low = d.prove(0 <= (1 - u) * (1 - here * (1 - lam * u)), first)
        high = d.prove(0 <= u * (Exp(lam) - here * (1 + lam - lam * u)), second)
        out = d.prove(here <= 1 + u * (Exp(lam) - 1), low, high)
    return given.then(out, lam, u)


@lemma("exp_total", title="exp of a sum is the product of the exps")
@in_sympy("exp_total")
def exp_total(d: Derivation) -> Line:
    def claim(count: Expr) -> Expr:
        return relation("=", Exp(total(count, k, f(k))), product(count, k, Exp(f(k))))

    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), d.axiom("exp_add", total(n, k, f(k)), f(n)), hyp[0]))
    return d.induct(n, claim, d.prove(claim(0), d.axiom("exp_zero")), step)


@lemma(
    "pool_exponential_moment",
    title="exponential moment of the sum over a pool",
    words="For 0 <= G <= b, b > 0: E exp(l sum_i G(c_i)/b) <= exp(m (mu(G)/b)(exp l - 1)) for every number l.",
)
@in_sympy("pool_exponential_moment")
def pool_exponential_moment(d: Derivation) -> Line:
    """E exp(l G/b) <= 1 + (mu(G)/b)(e^l - 1) <= exp of it."""
    ranged, _ = d.given(ForAll(z, Both(0 <= G(z), G(z) <= b)), 0 < b)
    share, rate = G(z) / b, mean / b * (Exp(lam) - 1)
    d.know(d.prove(0 <= share, ranged(z)[0]))
    d.know(d.prove(share <= 1, ranged(z)[1]))
    chord = d.use("exp_chord")(lam, share)
    one = Expect(mu, z, Exp(lam * share))
    single = d.prove(one <= Exp(rate), d.expect(mu, z, chord), d.axiom("exp_ge", rate))
    d.know(single)
    d.know(d.prove(relation("<=", 0, one), d.expect(mu, z, d.prove(relation("<=", 0, Exp(lam * share))))))
    split = d.iid_prod(mu, z, Exp(lam * share), m, k)
    opened = d.use("exp_total", {f(k): lam * (G(Entry(pool, k)) / b)})(m)
    inside = d.expect(draws, pool, opened)
    power = d.use("power_mono")(one, Exp(rate), m)
    goal = Expect(draws, pool, Exp(lam * S / b)) <= Exp(m * rate)
    return d.prove(goal, power, inside, split, d.use("exp_power")(rate, m))


@lemma("exp_upper", title="exp x <= 1 + x + (3/4) x^2 on [0, 2/3]", words="(1 + x + (3/4) x^2) e^(-x) increases there.")
@in_sympy("exp_upper")
def exp_upper(d: Derivation) -> Line:
    return above_exp(d, 1 + r + 3 * r**2 / 4, 1, Rational(2, 3))


@lemma("exp_lower", title="exp(-x) <= 1 - x + x^2/2 for x >= 0", words="(1 - x + x^2/2) e^x increases.")
@in_sympy("exp_lower")
def exp_lower(d: Derivation) -> Line:
    return above_exp(d, 1 - r + r**2 / 2, -1, None)


def above_exp(d: Derivation, poly: Expr, sign: int, end: Expr | None) -> Line:
    """exp(sign x) <= poly for 0 <= x (and x <= end), because poly exp(-sign x) increases from 1."""
    with d.suppose(0 <= r, *([] if end is None else [r <= end])) as given:
        rising = d.grows(poly * Exp(-sign * r), r, 0, end=end)(r)
        start = d.prove(relation("<=", 1, poly * Exp(-sign * r)), rising, d.axiom("exp_zero"))
        back = d.prove(relation("=", Exp(sign * r) * Exp(-sign * r), 1), d.axiom("exp_add", r, -r), d.axiom("exp_zero"))
        scaled = d.prove(Exp(sign * r) <= Exp(sign * r) * poly * Exp(-sign * r), start)
        out = d.prove(Exp(sign * r) <= poly, scaled, back)
    return given.then(out, r)


def tail(d: Derivation, sign: int) -> Line:
    """E up <= exp(-m mu(G) xi^2/(3 b)) for an event on which the sum is above (1 + xi) m mu(G); `sign` -1: below (1 - xi) m mu(G)."""
    event = up if sign > 0 else down
    level = (1 + sign * xi) * m * mean
    inside, beyond = (S < level, level <= S) if sign > 0 else (level < S, S <= level)
    _, _, _, ranged, most, off = d.given(
        0 < b,
        0 <= xi,
        xi <= 1,
        ForAll(z, Both(0 <= G(z), G(z) <= b)),
        ForAll(pool, event(pool) <= 1),
        ForAll(pool, implications(inside, Eq(event(pool), 0))),  # an event outside the interval
    )
    rate = sign * Rational(2, 3) * xi
    shift = rate * (S - level) / b
    # Markov: the event is at most exp(l (S - level)/b)
    with d.suppose(beyond) as here:
        far = d.prove(0 <= shift, here[0])
        far = d.prove(event(pool) <= Exp(shift), most(pool), d.axiom("exp_ge", shift), far)
    with d.suppose(inside):
        near = d.prove(event(pool) <= Exp(shift), off(pool))
    pointwise = d.cases(level, S, far, near) if sign > 0 else d.cases(S, level, far, near)
    scale, power = Exp(-rate * level / b), Exp(rate * S / b)
    scaled = d.prove(event(pool) <= scale * power, pointwise, d.axiom("exp_add", rate * S / b, -rate * level / b))
    average = d.expect(draws, pool, scaled)
    moment = d.use("pool_exponential_moment", {lam: rate})
    growth = m * (mean / b * (Exp(rate) - 1))
    raised = d.prove(scale * moment.lhs <= scale * Exp(growth), moment)
    joined = d.axiom("exp_add", growth, -rate * level / b)
    bound = d.prove(Expect(draws, pool, event(pool)) <= Exp(growth - rate * level / b), average, raised, joined)
    # e^l - 1 - l (1 + xi) <= -xi^2/3 at l = 2 xi/3, and e^-l - 1 + l (1 - xi) <= -xi^2/3
    d.know(d.prove(0 <= mean, d.expect(mu, z, d.prove(0 <= G(z), ranged(z)[0]))))
    size = Rational(2, 3) * xi
    step = d.use("exp_upper" if sign > 0 else "exp_lower")(size)
    gap = d.prove(Exp(rate) - 1 - rate * (1 + sign * xi) <= -(xi**2) / 3, step)
    unit = d.prove(0 <= m * mean / b)
    less = d.prove(m * mean / b * (Exp(rate) - 1 - rate * (1 + sign * xi)) <= m * mean / b * -(xi**2) / 3, gap, unit)
    d.know(d.prove(growth - rate * level / b <= -m * mean * xi**2 / (3 * b), less))
    return d.chain(bound, d.use("exp_mono")(growth - rate * level / b, -m * mean * xi**2 / (3 * b)))


@statement(
    "S7.chernoff",
    source="new",
    title="multiplicative Chernoff bound for a pool mean",
    words="For a pool of m draws with 0 <= G <= b and 0 <= xi <= 1: P(mean > (1+xi) mu(G)) and P(mean < (1-xi) mu(G)) are at most "
    "exp(-m mu(G) xi^2/(3 b)) each.  With b/mu(G) <= L (1+eps) and m >= 3 L (1+eps) xi^-2 log(2 H T/delta) all H T pools are good, up to "
    "delta.",
)
@in_sympy("S7.chernoff")
def chernoff(d: Derivation) -> Line:
    return d.both(tail(d, 1), tail(d, -1))


def candidates(odds: Expr) -> Expr:
    """The size of a pool whose Chernoff bound is 1/odds: solved for."""
    size, bulk, wide, top, aim = (Symbol(name, positive=True) for name in ("m", "G", "xi", "b", "odds"))
    [enough] = solve(Eq(exp(-size * bulk * wide**2 / (3 * top)), 1 / aim), size)
    return enough.subs({bulk: mean, wide: xi, top: b}).subs(log(aim), Log(odds))


@statement(
    "S7.pool",
    source="new",
    title="the size of the pools, and what size-biasing costs",
    words="If m >= 3 b/(mu(G) xi^2) log(2 k/delta), k = H T, then k times the probability of a bad pool is at most delta; under the target "
    "one member is size-biased: k E[(mean/mu(G)) bad] <= (b/mu(G)) delta.  Here b/mu(G) <= L (1+eps).",
)
@in_sympy("S7.pool")
def pool_size(d: Derivation) -> Line:
    odds = 2 * k / delta
    digits = Log(odds)
    _, _, _, _, _, _, ranged, enough, events = d.given(
        0 < b,
        0 < delta,
        relation("<", 0, k),
        0 < mean,
        0 < xi,
        relation("<", 0, m),
        ForAll(z, Both(0 <= G(z), G(z) <= b)),
        candidates(odds) <= m,
        ForAll(pool, Both(0 <= up(pool), 0 <= down(pool))),
    )
    d.know(d.prove(0 <= xi))
    two = d.use("S7.chernoff")
    # exp(-m mu(G) xi^2/(3b)) <= exp(-log(2k/delta)) = delta/(2k)
    exponent = -m * mean * xi**2 / (3 * b)
    d.know(d.prove(exponent <= -digits, d.prove(3 * b * digits <= m * mean * xi**2, enough)))
    rising = d.use("exp_mono")(exponent, -digits)
    d.know(d.prove(0 < odds))
    inverse = d.prove(
        relation("=", Exp(digits) * Exp(-digits), 1), d.axiom("exp_add", digits, -digits), d.axiom("exp_zero")
    )
    value = d.prove(Eq(2 * k * Exp(-digits), delta), inverse, d.axiom("exp_log", odds))
    below = d.prove(k * Exp(exponent) <= k * Exp(-digits), rising)
    bad = Expect(draws, pool, up(pool)) + Expect(draws, pool, down(pool))
    each = [d.prove(k * part.lhs <= k * Exp(exponent), part) for part in (two[0], two[1])]
    first = d.prove(k * bad <= delta, *each, below, value)
    with d.below(i, m) as here:  # the pool's mean is at most b
        cap = here.sum(ranged(Entry(pool, i))[1])
    nonneg, either = events(pool), up(pool) + down(pool)
    d.know(d.prove(0 <= either, nonneg[0], nonneg[1]))
    share = d.prove(S / (m * mean) <= b / mean, cap)
    one = d.prove(S / (m * mean) * either <= b / mean * either, share)
    biased = d.expect(draws, pool, one)
    scaled = d.prove(b / mean * (k * bad) <= b / mean * delta, first)
    more = d.prove(k * biased.lhs <= k * biased.rhs, biased)
    return d.both(first, d.prove(k * Expect(draws, pool, S / (m * mean) * either) <= b / mean * delta, more, scaled))


@statement(
    "S7.marginal",
    source="new",
    title="the path marginal of the pool target is exact",
    words="Each step multiplies by the pool's mean weight and picks a candidate in proportion to its weight: for every pool size the "
    "expected product of the pool means times F(path's end) is VF_t(x)/V_t(x), where VF is the value with the terminal reward times F.",
)
@in_sympy("S7.marginal")
def pool_marginal(d: Derivation) -> Line:
    t, x, y, T, M, psi, V, VF, dead, F = layered.symbols("t x y T M psi V VF dead F")
    RP, pick, cloud = function("RP", "nat X -> real"), function("pick", "nat X X* -> real"), Element("c", "X*")
    live, others = Eq(dead(t, x), 0), M(t, x).draws(m)

    def weigh(test: Callable) -> Expr:
        own = Entry(cloud, i)
        return total(m, i, psi(t, x, own) * V(t + 1, own) * Recip(V(t, x)) * test(own))

    whole, tested = weigh(lambda q: 1), weigh(lambda q: RP(t + 1, q))
    some = relation("<", 0, m)
    given = d.setting(hypotheses("dead is non-negative", "live states stay live", "tested recursion"))
    value = given["tested recursion"]
    _, positive, picked, recursion, ends = d.given(
        some,
        ForAll(t, x, implications(t < T, live, 0 < V(t, x))),
        ForAll(t, x, cloud, Eq(pick(t, x, cloud) * whole, tested)),
        ForAll(
            t, x, implications(t < T, live, Eq(RP(t, x), Expect(others, cloud, whole * Recip(m) * pick(t, x, cloud))))
        ),
        ForAll(x, Both(Eq(RP(T, x), F(x)), Eq(VF(T, x), V(T, x) * F(x)))),
    )

    def claim(rest: Expr) -> Expr:
        return ForAll(t, x, implications(Eq(t + rest, T), live, Eq(V(t, x) * RP(t, x), VF(t, x))))

    with d.suppose(Eq(t, T), live) as here:
        last = d.prove(Eq(V(T, x) * RP(T, x), VF(T, x)), ends(x)[0], ends(x)[1])
        base = here.then(d.at(d.prove(Eq(T, t), here[0]), last, lambda s: Eq(V(s, x) * RP(s, x), VF(s, x))), t, x)
    with d.suppose(claim(n)) as hyp, d.suppose(Eq(t + n + 1, T), live) as here:
        d.know(d.prove(t < T, here[0]))
        d.know(positive(t, x))
        # E (mean weight) pick = E (1/m) sum_i G(c_i) RP(c_i) = E[M] G RP
        honest = d.expect(others, cloud, picked(t, x, cloud))
        body = psi(t, x, y) * V(t + 1, y) * RP(t + 1, y)
        many = d.iid_sum(M(t, x), y, body, m)
        calm, stays = d.gen(given["dead is non-negative"](t + 1, y), y), given["live states stay live"](t, x)
        with d.surely(M(t, x), y, dead(t + 1, y), calm, stays) as there:
            later = hyp[0](t + 1, y)
            average = there.average(d.prove(Eq(body, psi(t, x, y) * VF(t + 1, y)), later))
        own = Entry(cloud, i)
        bulk = Expect(others, cloud, total(m, i, psi(t, x, own) * V(t + 1, own) * RP(t + 1, own)))
        drawn = d.prove(Eq(V(t, x) * RP(t, x), bulk * Recip(m)), recursion(t, x), honest)
        whole_value = d.prove(Eq(bulk, m * VF(t, x)), many, average, value(t, x))
        out = d.prove(Eq(V(t, x) * RP(t, x), VF(t, x)), drawn, whole_value)
        later = hyp.then(here.then(out, t, x))
    return d.induct(n, claim, base, later)
