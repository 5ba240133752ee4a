"""Shared lemmas: order, roots, positive functionals, finite sums; derived in sympy."""

from __future__ import annotations

import sympy as sp
from sympy import Eq, Expr

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Element,
    Entry,
    Exp,
    Expect,
    ForAll,
    Implication,
    Law,
    Recip,
    function,
    product,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma

x, y, q, s = symbols("x y q s")
n, k, t, N, i = symbols("n k t N i", "nat")
f, g = function("f", "nat -> real"), function("g", "nat -> real")


@lemma("inverse_positive", title="0 < x gives 0 < 1/x")
@in_sympy("inverse_positive")
def inverse_positive(d: Derivation) -> Line:
    """If 1/x <= 0 then -1 = -(1/x) x >= 0."""
    given = d.given(0 < x)
    return d.gen_after(d.contradiction(relation("<", 0, Recip(x))), given, x)


@lemma(
    "sum_mono",
    title="termwise inequality of finite sums",
    words="If f(k) <= g(k) for every k < n then sum_{k<n} f <= sum_{k<n} g.",
)
@in_sympy("sum_mono")
def sum_mono(d: Derivation) -> Line:
    given = d.given(ForAll(k, Implication(k < n, f(k) <= g(k))))
    with d.below(k, n) as here:
        out = here.sum(given(k))
    return d.gen_after(out, given, n)


@lemma(
    "cauchy_schwarz",
    title="Cauchy-Schwarz for a positive linear functional",
    words="(A f g)^2 <= A f^2 * A g^2 for every finite sum A with non-negative weights.",
)
@in_sympy("cauchy_schwarz")
def cauchy_schwarz(d: Derivation) -> Line:
    """0 <= A (f - s g)^2 = A f^2 - 2 s A f g + s^2 A g^2 for every number s."""
    A, z = Law("A", "", "Y", kind="S"), Element("z", "Y")
    f, g = function("f", "Y -> real"), function("g", "Y -> real")
    ff, fg, gg = (Expect(A, z, value) for value in (f(z) ** 2, f(z) * g(z), g(z) ** 2))
    square = d.expect(A, z, d.prove(relation("<=", 0, (f(z) - s * g(z)) ** 2)))
    d.know(d.gen(d.form(square, relation("<=", 0, ff - 2 * s * fg + s**2 * gg)), s))
    return d.use("discriminant")(ff, fg, gg)


def power_claim(d: Derivation, claim, given: Line, *more: Line) -> Line:
    """forall x n. given => claim(n), by induction: one more factor x."""
    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0], given, *more))
    return d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), given, x, n)


@lemma("power_nonneg", title="0 <= x gives 0 <= x^n")
@in_sympy("power_nonneg")
def power_nonneg(d: Derivation) -> Line:
    return power_claim(d, lambda m: relation("<=", 0, x**m), d.given(0 <= x))


@lemma("power_positive", title="0 < x gives 0 < x^n")
@in_sympy("power_positive")
def power_positive(d: Derivation) -> Line:
    return power_claim(d, lambda m: relation("<", 0, x**m), d.given(0 < x))


@lemma("power_at_least_one", title="1 <= x gives 1 <= x^n")
@in_sympy("power_at_least_one")
def power_at_least_one(d: Derivation) -> Line:
    return power_claim(d, lambda m: relation("<=", 1, x**m), d.given(relation("<=", 1, x)))


@lemma("power_mono", title="0 <= x <= y gives x^n <= y^n")
@in_sympy("power_mono")
def power_mono(d: Derivation) -> Line:
    """y^(n+1) - x^(n+1) = y (y^n - x^n) + (y - x) x^n."""
    low, high = d.given(0 <= x, x <= y)
    d.know(d.use("power_nonneg")(x, n))
    d.know(d.prove(0 <= y, low, high))

    def claim(m: Expr) -> Expr:
        return relation("<=", x**m, y**m)

    with d.suppose(claim(n)) as hyp:
        first, second = d.prove(0 <= y * (y**n - x**n), hyp[0]), d.prove(0 <= (y - x) * x**n, high)
        step = hyp.then(d.prove(claim(n + 1), first, second))
    out = d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), high)
    return d.gen_after(out, low, x, y, n)


@lemma(
    "iid_mean_square",
    title="second moment of the sum of a centred function over a cloud",
    words="For N independent draws of mu and mu(g) = 0: E (sum_i g(c_i))^2 = N mu(g^2).",
)
@in_sympy("iid_mean_square")
def iid_mean_square(d: Derivation) -> Line:
    """E sum_i sum_j g(c_i) g(c_j) = N mu(g^2) + N (N-1) mu(g)^2."""
    mu, u, v, c = Law("mu", "", "Y"), Element("u", "Y"), Element("v", "Y"), Element("c", "Y*")
    g = function("g", "Y -> real")
    centred = d.given(Eq(Expect(mu, u, g(u)), 0))
    square = total(N, i, g(Entry(c, i))) ** 2
    pair = d.iid_pair(mu, u, v, g(u) * g(v), N)
    return d.prove(Eq(Expect(mu.draws(N), c, square), N * Expect(mu, u, g(u) ** 2)), pair, centred)


@lemma(
    "product_front",
    title="the first factor of a product",
    words="prod_{k < n+1} f(t + k) = f(t) prod_{k < n} f(t + 1 + k).",
)
@in_sympy("product_front")
def product_front(d: Derivation) -> Line:
    def claim(m: Expr) -> Expr:
        return Eq(product(m + 1, k, f(t + k)), f(t) * product(m, k, f(t + 1 + k)))

    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0]))
    return d.gen(d.induct(n, claim, d.prove(claim(0)), step)(n), n, t)


def product_sign(d: Derivation, op: str) -> Line:
    """forall n t. 0 <= or < prod_{k<n} f(t + k) from the same of every factor."""
    given = d.given(ForAll(k, relation(op, 0, f(k))))

    def claim(m: Expr) -> Expr:
        return relation(op, 0, product(m, k, f(t + k)))

    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0], given(t + n)))
    return d.gen(d.induct(n, claim, d.prove(claim(0)), step)(n), n, t)


@lemma(
    "product_nonneg",
    title="a product of non-negative factors",
    words="If f(k) >= 0 for all k then prod_{k < n} f(t + k) >= 0.",
)
@in_sympy("product_nonneg")
def product_nonneg(d: Derivation) -> Line:
    return product_sign(d, "<=")


@lemma(
    "product_positive",
    title="a product of positive factors",
    words="If f(k) > 0 for all k then prod_{k < n} f(t + k) > 0.",
)
@in_sympy("product_positive")
def product_positive(d: Derivation) -> Line:
    return product_sign(d, "<")


@lemma("exp_power", title="exp(x)^n = exp(n x)")
@in_sympy("exp_power")
def exp_power(d: Derivation) -> Line:
    def claim(m: Expr) -> Expr:
        return relation("=", Exp(x) ** m, Exp(m * x))

    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0], d.axiom("exp_add", n * x, x)))
    return d.gen(d.induct(n, claim, d.prove(claim(0), d.axiom("exp_zero")), step)(n), x, n)


@lemma(
    "power_below_exp",
    title="(1 + x)^n <= exp(n x) for x >= 0",
    words="From 1 + x <= exp x and the monotonicity of powers.",
)
@in_sympy("power_below_exp")
def power_below_exp(d: Derivation) -> Line:
    given = d.given(0 <= x)
    d.know(d.axiom("exp_ge", x))
    power = d.use("power_mono")(1 + x, Exp(x), n)
    return d.gen_after(d.prove((1 + x) ** n <= Exp(n * x), power, d.use("exp_power")(x, n)), given, x, n)


@lemma("root_of_square", title="sqrt q = s for s >= 0, s^2 = q")
@in_sympy("root_of_square")
def root_of_square(d: Derivation) -> Line:
    """s < sqrt q would give s^2 < (sqrt q)^2 = q, and the other way round."""
    with d.suppose(0 <= s, Eq(s**2, q)) as given:
        d.know(d.prove(0 <= q, d.prove(relation("<=", 0, s**2)), given[1]))
        root = d.axiom("sqrt_square", q)
        low = d.contradiction(sp.sqrt(q) <= s, root, given[0], given[1])
        high = d.contradiction(s <= sp.sqrt(q), root, d.axiom("sqrt_nonneg", q), given[1])
        same = d.equal(low, high)
    return given.then(same, s, q)
