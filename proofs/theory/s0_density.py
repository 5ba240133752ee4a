"""S0: the calculus of one positive functional, derived in sympy.

A density h (E h = 1) with a <= h <= b has Var h <= (b-1)(1-a) and E|h-1|/2 <= (b-1)(1-a)/(b-a); the ratio forms put b = q a, and the
worst minimum a is found, not typed.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Abs, Add, Eq, Expr, factor, interpolate

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Expect, Law, Root, relation, symbol, symbols
from proofs.registry import lemma, statement
from proofs.theory.s0_variance import densities, density

mu, y, h, a, b, q = densities.symbols("mu y h a b q")
s, w, x, r = symbols("s w x r")
deviation_of_h = Expect(mu, y, Abs(h(y) - 1))


@lemma("absolute_below", title="-r <= x <= r gives |x| <= r")
@in_sympy("absolute_below")
def absolute_below(d: Derivation) -> Line:
    """r < |x| would give r^2 < |x|^2 = x^2 <= r^2."""
    with d.suppose(x <= r, -x <= r) as here:
        d.know(d.prove(relation("<=", 0, x**2)))
        root, nonneg = d.axiom("sqrt_square", x**2), d.prove(0 <= r, here[0], here[1])
        line = d.contradiction(Abs(x) <= r, here[0], here[1], root, nonneg)
    return here.then(line, x, r)


@statement(
    "S0.deviation",
    source="new",
    title="mean absolute deviation of a density in [a, b]",
    attained=True,
    words="If a <= h <= b, a < b and E h = 1 then E|h - 1| / 2 <= (b - 1)(1 - a) / (b - a).",
)
@in_sympy("S0.deviation")
def deviation(d: Derivation) -> Line:
    """|h - 1| lies below its chord: 1 - a at h = a and b - 1 at h = b."""
    within = density(d, a, b)
    d.given(a < b)
    ends = d.use("mean_between")
    d.know(d.prove(0 < b - a))
    chord = factor((b - a) * interpolate([(a, 1 - a), (b, b - 1)], h(y))) / (b - a)
    d.know(d.prove(h(y) - 1 <= chord, within[1], ends[0]))
    d.know(d.prove(1 - h(y) <= chord, within[0], ends[1]))
    mean = d.expect(mu, y, d.use("absolute_below")(h(y) - 1, chord))
    return d.prove(deviation_of_h / 2 <= (b - 1) * (1 - a) / (b - a), mean)


@lemma(
    "deviation_root",
    title="mean absolute deviation of a density with range ratio s^2",
    words="If 0 < a <= h <= s^2 a, s >= 0 and E h = 1 then E|h - 1| / 2 <= (s - 1) / (s + 1).",
)
@in_sympy("deviation_root")
def deviation_root(d: Derivation) -> Line:
    """The bound of S0.deviation at b = s^2 a is largest at a = 1/s; for s = 1 the density is constant."""
    d.given(0 < a, relation("<=", 0, s))
    within = density(d, a, s**2 * a)
    ends = d.use("mean_between", {b: s**2 * a})
    big = d.prove(relation("<=", 1, s), d.contradiction(relation("<=", 1, s), ends[0], ends[1]))
    d.know(big)
    goal = deviation_of_h / 2 <= (s - 1) / (s + 1)
    with d.suppose(s <= 1) as flat:
        one = d.equal(flat[0], big)
        d.know(d.prove(h(y) - 1 <= 0, within[1], ends[0], one))
        d.know(d.prove(1 - h(y) <= 0, within[0], ends[1], one))
        equal = d.prove(goal, d.expect(mu, y, d.use("absolute_below")(h(y) - 1, 0)), one)
    with d.suppose(relation("<", 1, s)):
        d.know(d.prove(a < s**2 * a))
        chord = d.use("S0.deviation", {b: s**2 * a})
        worst = d.maximum(chord.rhs, a)
        apart = d.prove(goal, chord, worst)
    return d.cases(s, 1, equal, apart)


@statement(
    "S0.deviation_ratio",
    source="new",
    title="mean absolute deviation of a density with range ratio q",
    attained=True,
    words="If 0 < a <= h <= q a and E h = 1 then E|h - 1| / 2 <= (sqrt q - 1) / (sqrt q + 1).",
)
@in_sympy("S0.deviation_ratio")
def deviation_ratio(d: Derivation) -> Line:
    """deviation_root at s = sqrt q."""
    d.given(0 < a)
    within = density(d, a, q * a)
    ends = d.use("mean_between", {b: q * a})
    d.know(d.prove(0 <= q, ends[0], ends[1]))
    root = d.axiom("sqrt_square", q)
    d.know(d.gen(d.both(within[0], d.prove(h(y) <= Root(q) ** 2 * a, within[1], root)), y))
    d.know(d.axiom("sqrt_nonneg", q))
    return d.use("deviation_root", {s: Root(q)})


@statement(
    "S0.attained",
    source="new",
    title="a two-point density attains the variance bound",
    attained=True,
    words="For the two-point law with weights 1-w and w on 0 and 1 and h = a + (b - a) y: if E h = 1 then E h^2 - 1 = (b - 1)(1 - a).",
)
@in_sympy("S0.attained")
def attained(d: Derivation) -> Line:
    """E h = (1-w) a + w b = 1 and E h^2 = (1-w) a^2 + w b^2."""
    coin, m = Law("coin", "real", "nat")(w), symbol("m", "nat")
    d.given(0 <= w, w <= 1)

    def mean_of(f: Callable) -> Expr:
        return Add((1 - w) * f(0), w * f(1), evaluate=False)  # sealed in this order

    law = d.define_law(coin, m, mean_of, lambda nonneg, f: d.prove(0 <= mean_of(f), nonneg(0), nonneg(1)))
    value = a + (b - a) * m
    mean = d.given(Eq(Expect(coin, m, value), 1))
    return d.prove(Eq(Expect(coin, m, value**2) - 1, (b - 1) * (1 - a)), law(value**2), law(value), mean)
