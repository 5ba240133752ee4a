"""S7 on a good event, and P6: pool-based guided Metropolis-Hastings with explicit constants and the restriction term."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import E, all_of, both, eq, exp, implies, le, log, lt, nat, real, sqrt
from proofs.lemmas.clouds import settle
from proofs.lemmas.restricted_chain import (
    V,
    capped,
    capped_rule,
    e,
    event,
    g,
    good,
    good_values,
    h,
    mean_of,
    q,
    restricted,
    split,
    tame,
    tame_y,
)
from proofs.registry import statement
from proofs.theory.s7_metropolis import F, R, U, W, a, accept, guided, n, rule, x, y


@statement(
    "S7.restricted",
    source="new",
    title="Metropolis-Hastings with a weight ratio that is bounded on a good event only",
    words="Proposals are good with probability 1 - delta', the target gives the bad event the mass beta = 1 - E[good W], a <= W <= R a "
    "on good paths.  After H = n + 1 proposals, for every F in [0, 1]: |E F(path_H) - pi(F)| <= H delta' + (1 - 1/R)^(H-1) "
    "(sqrt R - 1)/(sqrt R + 1) + beta.  The restriction term beta is needed: it is what conditioning on the good event moves the target.",
)
def restricted_mixing(p: Proof) -> Fact:
    square, mass = event(p)
    mean = p.assume(eq(E(guided, x, W(x)), 1))
    floor, wide = p.assume(lt(0, a)), p.assume(le(1, R))
    ranged = p.assume(all_of(x, implies(eq(good(x), 1), both(le(a, W(x)), le(W(x), R * a)))))
    tests = p.assume(all_of(x, both(le(0, F(x)), le(F(x), 1))))
    given = rule(p)
    C = E(restricted, x, tame)
    p.note("the tamed weight lies in [a, R a], and C = E[restricted] tame >= a")
    on, off = p.assume(eq(good(x), 1)), p.assume(eq(good(x), 0))
    here = ranged.spec(x).mp(on)
    low = split(
        p,
        square,
        x,
        p.cert(le(a, tame), products=[(1, [here.left], [])], eqs=[(W(x) - a, on)]),
        p.cert(le(a, tame), eqs=[(W(x) - a, off)]),
    )
    high = split(
        p,
        square,
        x,
        p.cert(le(tame, R * a), products=[(1, [here.right], [])], eqs=[(W(x) - a, on)]),
        p.cert(le(tame, R * a), products=[(1, [wide, floor], [])], eqs=[(W(x) - a, off)]),
    )
    average = p.mono(low.gen(x), E(restricted, x, a), C)
    Cpos = p.cert(lt(0, C), products=[(1, [average], []), (1, [floor], [])])
    Cinv = p.positive_inverse(Cpos)
    inside = p.cert(le(a / C, tame / C), products=[(1, [low, Cinv], [])]).both(
        p.cert(le(tame / C, R * (a / C)), products=[(1, [high, Cinv], [])])
    )
    at_most, minimum = capped_rule(p)
    cap = at_most.spec(x, y)
    value = capped(x, y)
    scaled = cap.left.both(p.cert(le(value * (tame / C), tame_y / C), products=[(1, [cap.right, Cinv], [])])).gen(x, y)
    least = p.equal((1 - value) * (tame_y / C - value * (tame / C)), 0, [(1 / C, minimum.spec(x, y))]).gen(x, y)
    unit = p.equal(E(restricted, x, tame / C), 1, dens=[Cpos])
    p.note("S7 for the conditioned chain")
    mixing = p.use("S7").inst(
        (E(guided, x, 0), E(restricted, x, 0)),
        (W(x), tame / C),
        (accept(x, y), value),
        (U(n, x), V(n, x)),
        (a, a / C),
    )
    base = p.cert(lt(0, a / C), products=[(1, [floor, Cinv], [])])
    mixing = settle(mixing, inside.gen(x), base, scaled, least, unit)
    p.note("the first proposal, and then n more: the two chains differ by at most (n + 1)(1 - P(good))")
    rare = 1 - q
    one = square.spec(x)
    nonneg = p.cert(le(0, good(x)), products=[(1, [], [good(x)])], eqs=[(1, one)])
    below = p.cert(le(good(x), 1), products=[(1, [], [1 - good(x)])], eqs=[(1, one)])
    most = p.mono(below.gen(x), E(guided, x, good(x)), E(guided, x, 1))
    rare_pos = p.cert(le(0, rare), products=[(1, [most], [])])
    units = p.use("unit_values").spec(n).spec(x).both(good_values(p).spec(n).spec(x)).gen(x)
    close = p.use("coupled").spec(n)
    error = p.cert(le(0, n * rare), products=[(1, [p.nat_nonneg(n), rare_pos], [])])
    moved = p.use("restricted_mean").inst((h(x), U(n, x)), (g(x), V(n, x)), (e, n * rare))
    moved = settle(moved, close, units, error)
    p.note("the conditioned target: E[good W F]/E[good W], within beta = 1 - E[good W] of pi(F)")
    kept, share = E(guided, x, good(x) * W(x)), E(guided, x, good(x) * W(x) * F(x))
    law_c, law_f = mean_of(p, tame), mean_of(p, tame / C * F(x))
    tamed = p.equal(good(x) * tame, good(x) * W(x), [(W(x) - a, one)])
    c_is = p.rewrite(tamed.gen(x), lambda H: E(guided, x, H(x)))
    tamed_f = p.equal(good(x) * (tame / C * F(x)), good(x) * W(x) * F(x) / C, [((W(x) - a) * F(x) / C, one)])
    f_is = p.rewrite(tamed_f.gen(x), lambda H: E(guided, x, H(x)))
    qC = p.equal(q * C, kept, [(q, law_c), (1, c_is)], [mass])
    kpos = p.cert(lt(0, kept), products=[(1, [mass, Cpos], [])], eqs=[(1, qC)])
    inner = E(restricted, x, tame / C * F(x))
    target_is = p.equal(inner * kept, share, [(1 / q * kept, f_is), (kept, law_f), (share / q / C, qC)], [mass, Cpos])
    wpos = p.cert(le(0, W(x)), products=[(1, [given["weights are positive"].spec(x)], [])])
    t = tests.spec(x)

    def mono(fact: Fact) -> Fact:
        left, right = fact.sides
        return p.mono(fact.gen(x), E(guided, x, left), E(guided, x, right))

    pi = E(guided, x, W(x) * F(x))
    share_pos = mono(p.cert(le(0, good(x) * W(x) * F(x)), products=[(1, [nonneg, wpos, t.left], [])]))
    share_most = mono(p.cert(le(good(x) * W(x) * F(x), good(x) * W(x)), products=[(1, [nonneg, wpos, t.right], [])]))
    part = mono(p.cert(le(good(x) * W(x) * F(x), W(x) * F(x)), products=[(1, [below, wpos, t.left], [])]))
    rest = mono(
        p.cert(
            le(W(x) * F(x), good(x) * W(x) * F(x) + W(x) - good(x) * W(x)), products=[(1, [below, wpos, t.right], [])]
        )
    )
    bad_pos = mono(p.cert(le(good(x) * W(x), W(x)), products=[(1, [below, wpos], [])]))
    beta = 1 - kept
    kinv = p.positive_inverse(kpos)
    inner_most = p.cert(le(inner, 1), products=[(1, [share_most, kinv], [])], eqs=[(1 / kept, target_is)], dens=[kpos])
    inner_pos = p.cert(le(0, inner), products=[(1, [share_pos, kinv], [])], eqs=[(1 / kept, target_is)], dens=[kpos])
    beta_pos = p.cert(le(0, beta), products=[(1, [bad_pos], [])], eqs=[(1, mean)])
    up = p.cert(le(inner - pi, beta), products=[(1, [part], []), (1, [inner_most, beta_pos], [])], eqs=[(1, target_is)])
    down = p.cert(
        le(pi - inner, beta),
        products=[(1, [rest], []), (1, [inner_pos, beta_pos], [])],
        eqs=[(1, target_is), (1, mean)],
    )
    bias = E(guided, x, U(n, x)) - pi
    bound = (n + 1) * (1 - q) + mixing.left.sides[1] + (1 - kept)
    return p.cert(le(bias, bound), products=[(1, [moved.left], []), (1, [mixing.left], []), (1, [up], [])]).both(
        p.cert(le(-bias, bound), products=[(1, [moved.right], []), (1, [mixing.right], []), (1, [down], [])])
    )


@statement(
    "P6",
    source="paper",
    title="resampling-pool guided Metropolis-Hastings (Theorem 6.1), with explicit constants and the restriction term",
    words="Paths are proposed with their pools, W = dpi/dproposal on that space.  T = k + 1, eps = c/T; on the good event (all pool means "
    "within 1 +- xi, xi = 1/(2T)) the ratio of W is at most (1+eps)^(2T) ((1+xi)/(1-xi))^T <= e^(2c+4).  With n >= e^(2c+4) log(1/d) "
    "proposals after the first, H = n + 1, the error is at most H P(bad) + d + pi(bad).  S7.pool: 12 L (1+eps) T^2 log(2 H T/delta) "
    "candidates a pool make H P(bad) <= delta: the time H T m is soft-O(L T^3 log(1/delta) log(1/d)).  The last term is the restriction.",
)
def pool_theorem(p: Proof) -> Fact:
    c, d = real("c d")
    k = nat("k")
    error_nonneg, accuracy, small = p.assume(le(0, c)), p.assume(lt(0, d)), p.assume(le(d, 1))
    many = p.assume(le(exp(2 * c + 4) * log(1 / d), n))
    T = k + 1
    count = p.nat_nonneg(k)
    Tpos = p.cert(lt(0, T), products=[(1, [count], []), (1, [], [])])
    Tinv = p.positive_inverse(Tpos)
    xi, eps = 1 / (2 * T), c / T
    ratio = (1 + xi) / (1 - xi)
    value = (1 + eps) ** (2 * T) * ratio**T
    p.note("(1+xi)/(1-xi) <= 1 + 4/T at xi = 1/(2T), and (1 + 4/T)^T <= e^4")
    gap = p.cert(lt(0, 1 - xi), products=[("1/2", [Tinv], []), (1, [count, Tinv], [])], dens=[Tpos])
    ginv = p.positive_inverse(gap)
    above = p.cert(le(1, ratio), products=[(1, [Tinv, ginv], [])], dens=[gap])
    below = p.cert(
        le(ratio, 1 + 4 / T),
        products=[(1, [Tinv, Tinv, ginv], []), (3, [count, Tinv, Tinv, ginv], [])],
        dens=[gap, Tpos],
    )
    base = p.cert(le(0, ratio), products=[(1, [above], []), (1, [], [])])
    lifted = p.use("power_mono").spec(ratio, 1 + 4 / T, T).mp(base, below)
    four = p.use("compound").spec(4, k, 1).mp(p.cert(le(0, 4), products=[(4, [], [])])).right
    two = p.use("compound").spec(c, k, 2).mp(error_nonneg).right
    joined = p.axiom("exp_add", 2 * c, 4)
    one = p.cert(le(1, 1 + eps), products=[(1, [error_nonneg, Tinv], [])])
    grown = p.use("power_at_least_one").spec(1 + eps, 2 * T).mp(one)
    steep = p.use("power_at_least_one").spec(ratio, T).mp(above)
    top = p.cert(
        le(value, exp(2 * c + 4)),
        products=[
            (1, [two, steep], []),
            (1, [two], []),
            (1, [p.axiom("exp_pos", 2 * c), lifted], []),
            (1, [p.axiom("exp_pos", 2 * c), four], []),
        ],
        eqs=[(1, joined)],
    )
    floor = p.cert(le(1, value), products=[(1, [grown, steep], []), (1, [grown], []), (1, [steep], [])])
    Rpos = p.cert(lt(0, value), products=[(1, [floor], []), (1, [], [])])
    Rinv, dinv = p.positive_inverse(Rpos), p.positive_inverse(accuracy)
    p.note("(1 - 1/R)^n <= exp(-n/R) <= exp(-log(1/d)) = d")
    theta = 1 - 1 / value
    least = p.cert(le(0, theta), products=[(1, [floor, Rinv], [])], dens=[Rpos])
    step = p.cert(le(theta, exp(-1 / value)), products=[(1, [p.axiom("exp_ge", -1 / value)], [])])
    shrunk = p.use("power_mono").spec(theta, exp(-1 / value), n).mp(least, step)
    power = p.use("exp_power").spec(-1 / value, n)
    lpos = p.use("log_nonneg").spec(1 / d).mp(p.cert(le(1, 1 / d), products=[(1, [small, dinv], [])], dens=[accuracy]))
    enough = p.cert(
        le(n * (-1 / value), -log(1 / d)),
        products=[(1, [many, Rinv], []), (1, [top, lpos, Rinv], [])],
        dens=[Rpos],
    )
    rising = p.use("exp_mono").spec(*enough.sides).mp(enough)
    back = p.axiom("exp_add", log(1 / d), -log(1 / d))
    whole = p.axiom("exp_log", 1 / d).mp(dinv)
    last = p.equal(
        exp(-log(1 / d)), d, [(d, back), (d, p.axiom("exp_zero")), (d * exp(-log(1 / d)), whole)], [accuracy]
    )
    fast = p.cert(le(theta**n, d), products=[(1, [shrunk], []), (1, [rising], [])], eqs=[(1, power), (1, last)])
    slow = p.use("power_nonneg").spec(theta, n).mp(least)
    root = p.axiom("sqrt_nonneg", value)
    plus = p.cert(lt(0, sqrt(value) + 1), products=[(1, [root], []), (1, [], [])])
    share = (sqrt(value) - 1) / (sqrt(value) + 1)
    part = p.cert(le(share, 1), products=[(2, [p.positive_inverse(plus)], [])], dens=[plus])
    mixing = p.cert(le(theta**n * share, d), products=[(1, [fast], []), (1, [slow, part], [])])
    general = settle(p.use("S7.restricted").inst((R, value)), floor)
    q_good, kept = E(guided, x, good(x)), E(guided, x, good(x) * W(x))
    bound = (n + 1) * (1 - q_good) + d + (1 - kept)
    return p.cert(le(general.left.sides[0], bound), products=[(1, [general.left], []), (1, [mixing], [])]).both(
        p.cert(le(general.right.sides[0], bound), products=[(1, [general.right], []), (1, [mixing], [])])
    )
