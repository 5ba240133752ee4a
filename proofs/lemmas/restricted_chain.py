"""S7 when the weight ratio is bounded on a good event only: the event's probability, the contraction, and the restriction term; in sympy.

Independent Metropolis-Hastings with proposals from `guided` and weight W is compared with the chain whose proposals are conditioned on the
good event and whose weight is W there.  The two agree until a bad path is proposed; the conditioned target differs from the target by
the target's own mass of the bad event, which is a term of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Eq, Expr, Mul

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Expect,
    ForAll,
    Implication,
    Recip,
    function,
    relation,
)
from proofs.registry import lemma
from proofs.theory.model import Vocabulary
from proofs.theory.s7_metropolis import chain, metropolis, rule, tests

events = Vocabulary(
    {
        "real": "e p r s t",
        "Path -> real": "good h g",
        "~ Path": "restricted",
        "Path Path -> real": "capped",
        "nat Path -> real": "Ugood",
    }
)
x, y, n, a, guided, W, F, accept, U = metropolis.symbols("x y n a guided W F accept U")
e, p, r, s, t, good, h, g, restricted, capped, Ugood = events.symbols("e p r s t good h g restricted capped Ugood")
kept = Expect(guided, x, good(x))
"""The probability of the good event."""


def tame(path: Element) -> Expr:
    """The weight on good paths, a elsewhere."""
    return good(path) * W(path) + (1 - good(path)) * a


def event(d: Derivation) -> None:
    """good is an indicator of positive probability; known from here on: at x and y it lies in [0, 1]."""
    square, _ = d.given(ForAll(x, Eq(good(x) ** 2, good(x))), 0 < kept)
    for path in (x, y):
        one, flag = square(path), good(path)
        d.know(d.prove(0 <= flag, d.prove(relation("<=", 0, flag**2)), one))
        d.know(d.prove(flag <= 1, d.prove(relation("<=", 0, (1 - flag) ** 2)), one))
        d.know(one)


def split(d: Derivation, path: Element, goal: Expr, on: Callable[[], tuple], off: Callable[[], tuple]) -> Line:
    """The goal, from lines that hold where good(path) = 1 and from lines that hold where good(path) = 0."""
    flag = good(path)
    parts = []
    for value, lines in ((1, on), (0, off)):
        with d.suppose(Eq(flag, value)) as here:
            parts.append(here.then(d.prove(goal, here[0], *lines())))
    with d.suppose(flag <= 0):
        d.know(d.zero(flag))
        low = parts[1]()
    with d.suppose(0 < flag):
        below = d.contradiction(1 <= flag)
        d.know(d.equal(d.prove(flag <= 1), below))
        high = parts[0]()
    return d.cases(flag, 0, low, high)


@lemma(
    "restricted_law",
    title="proposals conditioned on the good event",
    words="E[restricted] f = E[guided](good f) / E[guided](good).",
)
@in_sympy("restricted_law")
def restricted_law(d: Derivation) -> Line:
    event(d)
    mass = d.prove(0 < kept)

    def mean(f: Callable) -> Expr:  # sealed in this order
        return Mul(Expect(guided, x, Mul(good(x), f(x), evaluate=False)), Recip(kept), evaluate=False)

    def positive(test: Line, f: Callable) -> Line:
        return d.prove(0 <= mean(f), d.expect(guided, x, d.prove(0 <= good(x) * f(x), test(x))))

    return d.define_law(restricted, x, mean, positive, mass)(function("_f", "Path -> real")(x))


def mean_of(d: Derivation, body: Expr) -> Line:
    """E[restricted](body) = E[guided](good body)/E[guided](good)."""
    return d.use("restricted_law", {function("_f", "Path -> real")(x): body})


@lemma(
    "restricted_mean",
    title="conditioning on the good event moves a mean by at most the bad event's probability",
    words="If |h - g| <= e on good points and 0 <= h, g <= 1 then |E[guided] h - E[restricted] g| <= e + 1 - E[guided] good.",
)
@in_sympy("restricted_mean")
def restricted_mean(d: Derivation) -> Line:
    event(d)
    near, unit, _ = d.given(
        ForAll(x, Implication(Eq(good(x), 1), Both(h(x) - g(x) <= e, g(x) - h(x) <= e))),
        ForAll(x, Both(Both(0 <= h(x), h(x) <= 1), Both(0 <= g(x), g(x) <= 1))),
        0 <= e,
    )
    (h_low, h_high), (g_low, g_high) = ((unit(x)[side][0], unit(x)[side][1]) for side in (0, 1))
    up = split(d, x, h(x) <= good(x) * (g(x) + e) + 1 - good(x), lambda: (near(x)[0],), lambda: (h_high,))
    down = split(d, x, good(x) * (g(x) - e) <= h(x), lambda: (near(x)[1],), lambda: (h_low,))

    def average(line: Line) -> Line:
        return d.expect(guided, x, line)

    rare, error = average(d.prove(good(x) <= 1)), Expect(guided, x, good(x) * g(x))
    low = average(d.prove(0 <= good(x) * g(x), g_low))
    high = average(d.prove(good(x) * g(x) <= good(x), g_high))
    law = mean_of(d, g(x))
    d.know(rare)
    # E[restricted] g = G/q with 0 <= G <= q, so G/q - G lies in [0, 1 - q]
    share = error / kept
    over, under = d.prove(0 <= share - error, low), d.prove(share - error <= 1 - kept, high)
    mean_h, mean_g = Expect(guided, x, h(x)), Expect(restricted, x, g(x))
    slack = d.prove(0 <= e * (1 - kept))
    above = d.prove(mean_h - mean_g <= e + 1 - kept, average(up), over, law, slack)
    below = d.prove(mean_g - mean_h <= e + 1 - kept, average(down), under, law, slack)
    return d.both(above, below)


@lemma("accept_nonneg", title="acceptance probabilities are not negative")
@in_sympy("accept_nonneg")
def accept_nonneg(d: Derivation) -> Line:
    """accept < 0 would make (1 - accept)(W(y) - accept W(x)) positive."""
    positive, _, least = rule(d)
    goal, flag = 0 <= accept(x, y), accept(x, y)
    with d.suppose(flag < 0) as here:
        d.know(positive(x)), d.know(positive(y))
        room, gap = d.prove(0 < 1 - flag, here[0]), d.prove(0 < W(y) - flag * W(x), here[0])
        high = d.anything(goal, d.prove(relation("<", 0, 0), room, gap, least(x, y)))
    with d.suppose(goal) as here:
        low = here[0]
    return d.gen(d.cases(0, flag, low, high), x, y)


@lemma("unit_values", title="values of the chain lie in [0, 1]")
@in_sympy("unit_values")
def unit_values(d: Derivation) -> Line:
    start, step = chain(d)
    test, (_, most, _) = tests(d), rule(d)
    least = d.use("accept_nonneg")
    flag = accept(x, y)

    def claim(count: Expr) -> Expr:
        return ForAll(x, Both(0 <= U(count, x), U(count, x) <= 1))

    base = d.gen(d.both(*(d.prove(f, test(x)[side], start(x)) for side, f in enumerate(claim(0).body.args))), x)
    with d.suppose(claim(n)) as hyp:
        here, there, law = hyp[0](x), hyp[0](y), step(n, x)
        d.know(least(x, y)), d.know(d.prove(0 <= 1 - flag, most(x, y)[0]))
        bottom = d.prove(0 <= flag * U(n, y) + (1 - flag) * U(n, x), there[0], here[0])
        moved, stayed = d.prove(0 <= flag * (1 - U(n, y)), there[1]), d.prove(0 <= (1 - flag) * (1 - U(n, x)), here[1])
        top = d.prove(flag * U(n, y) + (1 - flag) * U(n, x) <= 1, moved, stayed)
        parts = (
            d.prove(f, d.expect(guided, y, line), law)
            for f, line in zip(claim(n + 1).body.args, (bottom, top), strict=True)
        )
        later = hyp.then(d.gen(d.both(*parts), x))
    return d.induct(n, claim, base, later)


@lemma(
    "minimum_below",
    title="two forms of min(1, b/a) agree",
    words="If both p and r satisfy the rule of `accept` for (a, b) then p <= r.",
)
@in_sympy("minimum_below")
def minimum_below(d: Derivation) -> Line:
    """r < p <= 1 gives t = r s < p s <= t."""
    with d.suppose(0 < s, p <= 1, p * s <= t, Eq((1 - r) * (t - r * s), 0)) as given:
        with d.suppose(r < p) as here:
            room = d.prove(0 < 1 - r, here[0], given[1])
            gap = d.prove(0 < t - r * s, d.prove(0 < s * (p - r), here[0]), given[2])
            high = d.anything(p <= r, d.prove(relation("<", 0, 0), room, gap, given[3]))
        with d.suppose(p <= r) as here:
            low = here[0]
        out = d.cases(p, r, low, high)
    return given.then(out, s, t, p, r)


def capped_rule(d: Derivation) -> tuple[Line, Line]:
    """capped = min(1, tame(y)/tame(x)), the acceptance probability for the weight W on good paths, a elsewhere."""
    value = capped(x, y)
    return d.given(
        ForAll(x, y, Both(value <= 1, value * tame(x) <= tame(y))),
        ForAll(x, y, Eq((1 - value) * (tame(y) - value * tame(x)), 0)),
    )


def good_chain(d: Derivation) -> tuple[Line, Line]:
    """Ugood: the chain whose proposals are good and whose acceptance probability is `capped`."""
    step = Expect(restricted, y, capped(x, y) * Ugood(n, y) + (1 - capped(x, y)) * Ugood(n, x))
    return d.given(ForAll(x, Eq(Ugood(0, x), F(x))), ForAll(n, x, Eq(Ugood(n + 1, x), step)))


def tame_positive(d: Derivation) -> None:
    """Known from here on: 0 < tame(x) for all x."""
    positive, floor = rule(d)[0], d.given(0 < a)
    d.know(d.gen(split(d, x, 0 < tame(x), lambda: (positive(x),), lambda: (floor,)), x))


def good_values(d: Derivation) -> Line:
    """0 <= Ugood <= 1; `tame_positive` is known."""
    at = {accept(x, y): capped(x, y), W(x): tame(x), U(n, x): Ugood(n, x), guided: restricted}
    return d.use("unit_values", at)


@lemma(
    "coupled",
    title="the two chains agree until a bad proposal",
    words="|U(n, x) - Ugood(n, x)| <= n (1 - P(good)) for good x.",
)
@in_sympy("coupled")
def coupled(d: Derivation) -> Line:
    event(d)
    positive, most, least = rule(d)
    (start, step), (first, move) = chain(d), good_chain(d)
    tests(d)
    at_most, minimum = capped_rule(d)
    tame_positive(d)
    rare = 1 - kept
    d.know(d.prove(0 <= rare, d.expect(guided, x, d.prove(good(x) <= 1))))

    def gaps(count: Expr) -> tuple[Expr, Expr]:
        gap = U(count, x) - Ugood(count, x)
        return gap <= count * rare, -gap <= count * rare

    def claim(count: Expr) -> Expr:
        return ForAll(x, Implication(Eq(good(x), 1), Both(*gaps(count))))

    with d.suppose(Eq(good(x), 1)) as here:
        base = here.then(d.both(*(d.prove(f, start(x), first(x)) for f in gaps(0))), x)
    one, two = accept(x, y), capped(x, y)
    with d.suppose(claim(n)) as hyp, d.suppose(Eq(good(x), 1)) as here:
        own = hyp[0](x)
        d.know(d.prove(0 <= n * rare))
        values, others = d.use("unit_values"), good_values(d)
        unit, low = d.use("accept_nonneg"), d.use("accept_nonneg", {accept(x, y): capped(x, y), W(x): tame(x)})
        d.know(unit(x, y)), d.know(d.prove(0 <= 1 - one, most(x, y)[0]))
        d.know(low(x, y)), d.know(d.prove(0 <= 1 - two, at_most(x, y)[0]))
        next_u = one * U(n, y) + (1 - one) * U(n, x)
        next_v = two * Ugood(n, y) + (1 - two) * Ugood(n, x)
        with d.suppose(Eq(good(y), 1)) as there:
            # between good paths the two acceptance probabilities are one
            tx, ty = d.prove(Eq(tame(x), W(x)), here[0]), d.prove(Eq(tame(y), W(y)), there[0])
            pick = at_most(x, y)
            d.know(positive(x))
            d.know(
                d.at(
                    ty,
                    d.at(tx, pick, lambda v: Both(two <= 1, two * v <= tame(y))),
                    lambda v: Both(two <= 1, two * W(x) <= v),
                )[1]
            )
            cap = d.at(tx, minimum(x, y), lambda v: Eq((1 - two) * (tame(y) - two * v), 0))
            d.know(d.at(ty, cap, lambda v: Eq((1 - two) * (v - two * W(x)), 0)))
            d.know(least(x, y)), d.know(most(x, y)[0]), d.know(most(x, y)[1]), d.know(pick[0])
            unique = d.use("minimum_below")
            agree = d.equal(unique(W(x), W(y), one, two), unique(W(x), W(y), two, one))
            other = hyp[0](y)
            near = []
            for side, goal in enumerate((next_u - next_v <= n * rare, next_v - next_u <= n * rare)):
                sign = 1 - 2 * side
                moved = d.prove(0 <= one * (n * rare - sign * (U(n, y) - Ugood(n, y))), other[side])
                stayed = d.prove(0 <= (1 - one) * (n * rare - sign * (U(n, x) - Ugood(n, x))), own[side])
                near.append(d.prove(goal, moved, stayed, agree))
            close = there.then(d.both(*near), y)
        units = []
        for value, at, flag in ((U, values, one), (Ugood, others, two)):
            at_x, at_y = at(n, x), at(n, y)
            mix = flag * value(n, y) + (1 - flag) * value(n, x)
            bottom = d.prove(0 <= mix, at_y[0], at_x[0])
            moved, stayed = (
                d.prove(0 <= flag * (1 - value(n, y)), at_y[1]),
                d.prove(0 <= (1 - flag) * (1 - value(n, x)), at_x[1]),
            )
            units.append(d.both(bottom, d.prove(mix <= 1, moved, stayed)))
        d.know(close), d.know(d.gen(d.both(*units), y))
        moved = d.use("restricted_mean", {h(y): next_u, g(y): next_v, e: n * rare})
        out = d.both(*(d.prove(f, moved[side], step(n, x), move(n, x)) for side, f in enumerate(gaps(n + 1))))
        later = hyp.then(here.then(out, x))
    return d.induct(n, claim, base, later)
