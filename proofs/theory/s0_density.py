"""S0: the calculus of one positive functional.

A density h (E h = 1) with a <= h <= b has Var h <= (b-1)(1-a) and E|h-1|/2 <= (b-1)(1-a)/(b-a); the ratio forms put b = q a.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    absolute,
    all_of,
    both,
    element,
    eq,
    fn,
    le,
    lt,
    measure,
    nat,
    num,
    real,
    sqrt,
)
from proofs.registry import lemma, statement

mu, y = measure("mu", "", "Y"), element("Y", "y")
h = fn("h", "Y -> real")
a, b, q, s = real("a b q s")
mean_one = eq(E(mu, y, h(y)), 1)


def ranged(p: Proof, low: Node, high: Node) -> tuple[Fact, Fact, Fact]:
    """Assume low <= h <= high and E h = 1; the two pointwise inequalities and the mean."""
    given = p.assume(all_of(y, both(le(low, h(y)), le(h(y), high))))
    return given.spec(y).left, given.spec(y).right, p.assume(mean_one)


@lemma("absolute_below", title="-r <= x <= r gives |x| <= r")
def absolute_below(p: Proof) -> Fact:
    x, r = real("x r")
    up, down = p.assume(le(x, r)), p.assume(le(-x, r))
    root = absolute(x)
    square = p.axiom("sqrt_square", x**2).mp(p.show(le(0, x**2)))
    p.note("r < |x| would give r^2 < |x|^2 = x^2 <= r^2")
    big = p.assume(lt(r, root))
    rpos = p.show(le(0, r), up, down)
    twice = p.show(lt(0, root), big, rpos)
    gap = p.show(lt(0, 0), big, twice, rpos, up, down, square)
    low = p.absurd(le(root, r), gap)
    return p.cases(root, r, p.assume(le(root, r)), low).discharge(up, down).gen(x, r)


@statement(
    "S0.deviation",
    source="new",
    title="mean absolute deviation of a density in [a, b]",
    attained=True,
    words="If a <= h <= b, a < b and E h = 1 then E|h - 1| / 2 <= (b - 1)(1 - a) / (b - a).",
)
def deviation(p: Proof) -> Fact:
    low, high, mean = ranged(p, a, b)
    apart = p.assume(lt(a, b))
    ends = p.use("mean_between")
    p.note(
        "(b - a) |h - 1| <= (b - h)(1 - a) + (h - a)(b - 1): both signs differ from the chord by 2 (b-h)(1-a) and 2 (h-a)(b-1)"
    )
    chord = ((b - h(y)) * (1 - a) + (h(y) - a) * (b - 1)) / (b - a)
    gap = p.show(lt(0, b - a), apart)
    width = p.positive_inverse(gap)
    up = p.show(le(h(y) - 1, chord), high, ends.left, width, dens=[gap])
    down = p.show(le(-(h(y) - 1), chord), low, ends.right, width, dens=[gap])
    below = p.use("absolute_below").spec(h(y) - 1, chord).mp(up, down)
    average = p.mono(below.gen(y), E(mu, y, absolute(h(y) - 1)), E(mu, y, chord))
    p.note("take expectations; E h = 1")
    return p.show(le(E(mu, y, absolute(h(y) - 1)) / 2, (b - 1) * (1 - a) / (b - a)), average, mean, dens=[gap])


@lemma(
    "deviation_root",
    title="mean absolute deviation of a density with range ratio s^2",
    words="If 0 < a <= h <= s^2 a, s >= 0 and E h = 1 then E|h - 1| / 2 <= (s - 1) / (s + 1).",
)
def deviation_root(p: Proof) -> Fact:
    positive, nonneg = p.assume(lt(0, a)), p.assume(le(0, s))
    low, high, _mean = ranged(p, a, s**2 * a)
    ends = p.use("mean_between").inst((b, s**2 * a))
    plus = p.show(lt(0, s + 1), nonneg)
    inverse = p.positive_inverse(positive)
    goal = le(E(mu, y, absolute(h(y) - 1)) / 2, (s - 1) / (s + 1))

    p.note("s^2 >= 1/a >= 1, so s >= 1")
    square = p.cert(
        le(1, s**2),
        products=[(1, [ends.right, inverse], []), (1, [ends.left, inverse], [])],
        dens=[positive],
        why="the search here forms no products with an inverse",
    )
    small = p.assume(lt(s, 1))
    false = p.show(lt(0, 0), small, nonneg, square)
    at_least = p.cases(1, s, p.assume(le(1, s)), p.absurd(le(1, s), false))

    p.note("case s = 1: h = a = 1")
    one = p.antisymmetry(p.assume(le(s, 1)), at_least)
    up = p.show(le(h(y) - 1, 0), high, ends.left, one)
    down = p.show(le(-(h(y) - 1), 0), low, ends.right, one)
    flat = p.mono(
        p.use("absolute_below").spec(h(y) - 1, 0).mp(up, down).gen(y), E(mu, y, absolute(h(y) - 1)), E(mu, y, 0)
    )
    equal = p.show(goal, flat, one)

    p.note("case s > 1: (s - 1)/(s + 1) - (s^2 a - 1)(1 - a)/(s^2 a - a) = (s a - 1)^2 / (s^2 a - a)")
    apart = p.assume(lt(1, s))
    wide = p.show(lt(0, s**2 * a - a), positive, apart)
    chord = p.use("S0.deviation").inst((b, s**2 * a)).cut(p.show(lt(a, s**2 * a), wide))
    above = p.cert(
        goal,
        products=[(1, [chord], []), (1, [p.positive_inverse(wide)], [s * a - 1])],
        dens=[wide, plus],
        why="the square over a denominator that the search does not find",
    )
    return p.cases(s, 1, equal, above)


@statement(
    "S0.deviation_ratio",
    source="new",
    title="mean absolute deviation of a density with range ratio q",
    attained=True,
    words="If 0 < a <= h <= q a and E h = 1 then E|h - 1| / 2 <= (sqrt q - 1) / (sqrt q + 1).",
)
def deviation_ratio(p: Proof) -> Fact:
    positive = p.assume(lt(0, a))
    low, high, _mean = ranged(p, a, q * a)
    ends = p.use("mean_between").inst((b, q * a))
    inverse = p.positive_inverse(positive)
    qpos = p.cert(
        le(0, q),
        products=[(1, [ends.right, inverse], []), (1, [inverse], [])],
        dens=[positive],
        why="the search here forms no products with an inverse",
    )
    root = p.axiom("sqrt_square", q).mp(qpos)
    p.note("s = sqrt q")
    range_of_root = low.both(p.show(le(h(y), sqrt(q) ** 2 * a), high, root)).gen(y)
    return p.use("deviation_root").inst((s, sqrt(q))).cut(range_of_root, p.axiom("sqrt_nonneg", q))


@statement(
    "S0.attained",
    source="new",
    title="a two-point density attains the variance bound",
    attained=True,
    words="For the two-point law with weights 1-w and w on 0 and 1 and h = a + (b - a) y: if E h = 1 then E h^2 - 1 = (b - 1)(1 - a).",
)
def attained(p: Proof) -> Fact:
    w, m = real("w"), nat("m")
    coin = measure("coin", "real", "nat")
    below, above = p.assume(le(0, w)), p.assume(le(w, 1))
    p.note("the two-point law is linear, positive and has mass one")
    law, f = p.define_measure(
        coin(w),
        m,
        lambda h: (1 - w) * h(num(0)) + w * h(num(1)),
        lambda nonneg: p.show(
            le(0, (1 - w) * nonneg.spec(0).sides[1] + w * nonneg.spec(1).sides[1]),
            above,
            nonneg.spec(0),
            below,
            nonneg.spec(1),
        ),
    )
    density = a + (b - a) * m
    first, second = law.inst((f, density)), law.inst((f, density**2))
    mean = p.assume(eq(E(coin(w), m, density), 1))
    p.note("E h = (1-w) a + w b = 1 and E h^2 = (1-w) a^2 + w b^2")
    value = p.show(eq((1 - w) * a + w * b, 1), first, mean)
    return p.show(eq(E(coin(w), m, density**2) - 1, (b - 1) * (1 - a)), second, value)
