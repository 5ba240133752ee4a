"""S7 on a good event, and P6: pool-based guided Metropolis-Hastings with explicit constants and the restriction term; in sympy.

The number of proposals is found by `solve` from exp(-n/R) = d, the constant e^(2c+4) by `limit`.
"""

from __future__ import annotations

from sympy import Eq, Expr, Symbol, exp, limit, oo, powsimp, solve, sqrt

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Exp, Expect, ForAll, Implication, Log, Recip, relation, symbols
from proofs.lemmas.restricted_chain import (
    capped_rule,
    event,
    events,
    good_chain,
    good_values,
    kept,
    mean_of,
    split,
    tame,
    tame_positive,
)
from proofs.registry import statement
from proofs.theory.s7_metropolis import chain, metropolis, rule, tests

x, y, n, a, R, guided, W, F, accept, U = metropolis.symbols("x y n a R guided W F accept U")
e, p, r, good, h, g, restricted, capped, Ugood = events.symbols("e p r good h g restricted capped Ugood")
captured = Expect(guided, x, good(x) * W(x))
"""The target's mass of the good event."""
bias = Expect(guided, x, U(n, x)) - Expect(guided, x, W(x) * F(x))


@statement(
    "S7.restricted",
    source="new",
    title="Metropolis-Hastings with a weight ratio that is bounded on a good event only",
    words="Proposals are good with probability 1 - delta', the target gives the bad event the mass beta = 1 - E[good W], a <= W <= R a "
    "on good paths.  After H = n + 1 proposals, for every F in [0, 1]: |E F(path_H) - pi(F)| <= H delta' + (1 - 1/R)^(H-1) "
    "(sqrt R - 1)/(sqrt R + 1) + beta.  The restriction term beta is needed: it is what conditioning on the good event moves the target.",
)
@in_sympy("S7.restricted")
def restricted_mixing(d: Derivation) -> Line:
    event(d)
    mean, *_, ranged = d.given(
        Eq(Expect(guided, x, W(x)), 1),
        0 < a,
        relation("<=", 1, R),
        ForAll(x, Implication(Eq(good(x), 1), Both(a <= W(x), W(x) <= R * a))),
    )
    test, (positive, _, _) = tests(d), rule(d)
    chain(d), good_chain(d)
    at_most, minimum = capped_rule(d)
    tame_positive(d)
    C = Expect(restricted, x, tame(x))
    # the tamed weight lies in [a, R a], and C = E[restricted] tame >= a
    low = split(d, x, a <= tame(x), lambda: (ranged(x)[0],), lambda: ())
    more = d.prove(a <= R * a)
    high = split(d, x, tame(x) <= R * a, lambda: (ranged(x)[1],), lambda: (more,))
    d.know(d.prove(0 < C, d.expect(restricted, x, low)))
    inside = d.both(
        d.prove(a * Recip(C) <= tame(x) * Recip(C), low), d.prove(tame(x) * Recip(C) <= R * (a * Recip(C)), high)
    )
    value = capped(x, y)
    cap = at_most(x, y)
    scaled = d.both(cap[0], d.prove(value * (tame(x) * Recip(C)) <= tame(y) * Recip(C), cap[1]))
    least = d.prove(Eq((1 - value) * (tame(y) * Recip(C) - value * (tame(x) * Recip(C))), 0), minimum(x, y))
    d.know(d.gen(inside, x)), d.know(d.gen(scaled, x, y)), d.know(d.gen(least, x, y))
    d.know(d.prove(relation("=", Expect(restricted, x, tame(x) * Recip(C)), 1)))
    d.know(d.prove(0 < a * Recip(C)))
    at = {guided: restricted, W(x): tame(x) * Recip(C), accept(x, y): value, U(n, x): Ugood(n, x), a: a * Recip(C)}
    mixing = d.use("S7", at)  # S7 for the conditioned chain
    # the first proposal, and then n more: the two chains differ by at most (n + 1)(1 - P(good))
    most = d.expect(guided, x, d.prove(good(x) <= 1))
    d.know(d.prove(0 <= n * (1 - kept), d.prove(0 <= 1 - kept, most)))
    d.know(d.gen(d.both(d.use("unit_values")(n, x), good_values(d)(n, x)), x))
    d.know(d.use("coupled")(n))
    moved = d.use("restricted_mean", {h(x): U(n, x), g(x): Ugood(n, x), e: n * (1 - kept)})
    # the conditioned target: E[good W F]/E[good W], within beta = 1 - E[good W] of pi(F)
    share, pi = Expect(guided, x, good(x) * W(x) * F(x)), Expect(guided, x, W(x) * F(x))
    square = d.prove(Eq(good(x) ** 2, good(x)))
    flat = d.expect(guided, x, d.prove(Eq(good(x) * tame(x), good(x) * W(x)), square))
    mass = d.prove(Eq(kept * C, captured), mean_of(d, tame(x)), flat)
    d.know(d.prove(0 < captured, mass))
    inner = Expect(restricted, x, tame(x) * Recip(C) * F(x))
    body = d.prove(Eq(good(x) * tame(x) * F(x), good(x) * W(x) * F(x)), square)
    tested = d.prove(Eq(kept * C * inner, share), mean_of(d, tame(x) * F(x)), d.expect(guided, x, body))
    target = d.prove(Eq(inner * captured, share), tested, mass)
    d.know(d.prove(0 <= W(x), positive(x)))
    d.know(test(x)[0]), d.know(d.prove(0 <= 1 - F(x), test(x)[1]))
    d.know(d.prove(0 <= 1 - good(x)))

    def average(claim: Expr, *lines: Line) -> Line:
        return d.expect(guided, x, d.prove(claim, *lines))

    bulk, flag = good(x) * W(x), good(x)
    some = average(0 <= bulk * F(x))
    at_most_all = average(bulk * F(x) <= bulk, d.prove(0 <= bulk * (1 - F(x))))
    part = average(bulk * F(x) <= W(x) * F(x), d.prove(0 <= (1 - flag) * W(x) * F(x)))
    rest = average(W(x) * F(x) <= bulk * F(x) + W(x) - bulk, d.prove(0 <= (1 - flag) * W(x) * (1 - F(x))))
    beta = d.prove(0 <= 1 - captured, average(bulk <= W(x), d.prove(0 <= (1 - flag) * W(x))), mean)
    below = d.contradiction(inner <= 1, target, at_most_all)
    above = d.contradiction(0 <= inner, target, some)
    up = d.prove(inner - pi <= 1 - captured, part, d.prove(0 <= (1 - inner) * (1 - captured), below, beta), target)
    down = d.prove(pi - inner <= 1 - captured, rest, d.prove(0 <= inner * (1 - captured), above, beta), target, mean)
    bound = (n + 1) * (1 - kept) + mixing[0].rhs + (1 - captured)
    return d.both(d.prove(bias <= bound, moved[0], mixing[0], up), d.prove(-bias <= bound, moved[1], mixing[1], down))


def proposals(ratio: Expr, accuracy: Expr) -> Expr:
    """How many proposals make exp(-n/R) equal to the accuracy: solved for."""
    count, width, aim = Symbol("n", positive=True), Symbol("R", positive=True), Symbol("d", positive=True)
    [enough] = solve(Eq(exp(-count / width), 1 / aim), count)
    return enough.subs({width: ratio, aim: 1 / accuracy}, simultaneous=True)


def within_accuracy(d: Derivation, widest: Expr, accuracy: Expr, small: Line, enough: Line) -> Line:
    """(1 - 1/R)^n (sqrt R - 1)/(sqrt R + 1) <= d for 1 <= R <= widest: (1 - 1/R)^n <= exp(-n/R) <= exp(-log(1/d)) = d."""
    digits, theta = Log(1 / accuracy), 1 - 1 / R
    with d.suppose(relation("<=", 1, R), R <= widest) as given:
        d.know(d.prove(0 < R))
        d.know(d.prove(0 <= theta))
        d.know(d.prove(theta <= Exp(-1 / R), d.axiom("exp_ge", -1 / R)))
        d.know(d.prove(relation("<=", 1, 1 / accuracy), small))
        more = d.prove(
            R * digits <= n, enough, d.prove(R * digits <= widest * digits, given[1], d.use("log_nonneg")(1 / accuracy))
        )
        less = d.know(d.prove(n * (-1 / R) <= -digits, more))
        rising = d.use("exp_mono")(less.lhs, -digits)
        inverse = d.prove(
            relation("=", Exp(digits) * Exp(-digits), 1), d.axiom("exp_add", digits, -digits), d.axiom("exp_zero")
        )
        last = d.prove(Eq(Exp(-digits), accuracy), inverse, d.axiom("exp_log", 1 / accuracy))
        shrunk = d.use("power_mono")(theta, Exp(-1 / R), n)
        fast = d.prove(theta**n <= accuracy, shrunk, d.use("exp_power")(-1 / R, n), rising, last)
        d.know(d.use("power_nonneg")(theta, n))
        share = (sqrt(R) - 1) / (sqrt(R) + 1)
        part = d.prove(theta**n * share <= theta**n, d.prove(share <= 1))
        out = d.prove(theta**n * share <= accuracy, part, fast)
    return given.then(out, R)


@statement(
    "P6",
    source="paper",
    title="resampling-pool guided Metropolis-Hastings (Theorem 6.1), with explicit constants and the restriction term",
    words="Paths are proposed with their pools, W = dpi/dproposal on that space.  T = k + 1, eps = c/T; on the good event (all pool means "
    "within 1 +- xi, xi = 1/(2T)) the ratio of W is at most (1+eps)^(2T) ((1+xi)/(1-xi))^T <= e^(2c+4).  With n >= e^(2c+4) log(1/d) "
    "proposals after the first, H = n + 1, the error is at most H P(bad) + d + pi(bad).  S7.pool: 12 L (1+eps) T^2 log(2 H T/delta) "
    "candidates a pool make H P(bad) <= delta: the time H T m is soft-O(L T^3 log(1/delta) log(1/d)).  The last term is the restriction.",
)
@in_sympy("P6")
def pool_theorem(d: Derivation) -> Line:
    c, accuracy = symbols("c d")
    [k] = symbols("k", "nat")
    T = k + 1
    eps, xi = c / T, 1 / (2 * T)
    ratio = (1 + xi) * Recip(1 - xi)
    growth, spread = (1 + eps) ** (2 * T), (1 + 4 / T) ** T
    widest = powsimp(limit(growth, k, oo) * limit(spread, k, oo))  # e^(2c) e^4
    _, _, small, enough = d.given(0 <= c, 0 < accuracy, accuracy <= 1, proposals(widest, accuracy) <= n)
    fast = within_accuracy(d, widest, accuracy, small, enough)
    width = growth * ratio**T
    gap, pos = d.know(d.prove(relation("<", 0, 1 - xi))), d.prove(relation("<", 0, xi))
    cleared = d.prove(relation("=", ratio * (1 - xi), 1 + xi))
    room = d.prove(relation("<=", 1 + xi, (1 + 4 / T) * (1 - xi)))
    d.know(d.contradiction(relation("<=", 1, ratio), cleared, gap, pos))
    d.know(d.contradiction(relation("<=", ratio, 1 + 4 / T), cleared, gap, room))
    d.know(d.use("power_at_least_one")(ratio, T))
    spread_below = d.prove(ratio**T <= Exp(4), d.use("power_mono")(ratio, 1 + 4 / T, T), d.use("compound")(4, k, 1)[1])
    product = d.prove(width <= Exp(2 * c) * Exp(4), d.use("compound")(c, k, 2)[1], spread_below)
    d.know(d.prove(width <= widest, product, d.axiom("exp_add", 2 * c, 4)))
    d.know(d.prove(relation("<=", 1, 1 + eps)))
    with d.suppose(relation("<=", 1, p), relation("<=", 1, r)) as given:
        larger = given.then(d.prove(relation("<=", 1, p * r), d.prove(0 <= (p - 1) * (r - 1))), p, r)
    d.know(d.use("power_at_least_one")(1 + eps, 2 * T))
    d.know(larger(growth, ratio**T))
    mixing, general = fast(width), d.use("S7.restricted", {R: width})
    bound = (n + 1) * (1 - kept) + accuracy + (1 - captured)
    return d.both(*(d.prove(s * bias <= bound, part, mixing) for s, part in ((1, general[0]), (-1, general[1]))))
