"""S1: from the Bellman error to the variance of importance weights, derived in sympy from Bhatia-Davis along a path (`s1_variance`).

The worst mean A is found by `solve`; the closed form is sinh^2(n log(1 + eps)).
"""

from __future__ import annotations

from sympy import Eq, Expr, Pow, Product, Symbol, exp, log, sinh

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, function
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s1_variance import PATH_WEIGHTS, path_weights

x, t, n, k, T, L, eps, dead = layered.symbols("x t n k T L eps dead")
A, C, a, b, f, g, hi, lo, rho, z = path_weights.symbols("A C a b f g hi lo rho z")

r = function("r", "nat -> real")


def squared_sinh(growth: Expr) -> Expr:
    """sinh^2 of the exponent, written in powers."""
    return (sinh(growth) ** 2).rewrite(exp).rewrite(Pow)


def positive_product(d: Derivation, factor, count: Symbol, shift: int, facts: Line) -> Expr:
    """prod_{k < count} factor(k + shift), known to be positive from here on."""
    d.know(d.gen(facts, k))
    out = Product(factor(k + shift), (k, 0, count - 1))
    d.know(d.prove(0 < out, d.use("product_positive", {f(k): factor(k)})(count, shift)))
    return out


@statement(
    "S1.range",
    source="new",
    title="variance of a product of weights",
    attained=True,
    words="Var(W)/E[W]^2 = C/A^2 - 1 <= (q - 1)^2 / (4 q) for W the product of T weights along a path, the t-th in [lo(t), hi(t)], and "
    "q = prod_t hi(t)/lo(t).",
)
@in_sympy("S1.range")
def weight_range(d: Derivation) -> Line:
    given = d.setting(PATH_WEIGHTS)
    alive = d.given(Eq(dead(0, x), 0))
    bounds, m = given["bounds are positive"](k), A(0, x)
    low, high = (positive_product(d, w, T, 0, bounds[side]) for side, w in enumerate((lo, hi)))
    d.know(d.prove(0 < m, d.use("path_mean")(T, 0, x)))
    path = d.use("path_bhatia_davis", {a: low, b: high})(T, 0, x, 1)  # 0 <= (low + high) A - low high - C
    spread = ((low + high) * m - low * high) / m**2 - 1
    worst = d.maximum(spread, m)  # (high - low)^2/(4 low high), at A = 2 low high/(low + high)
    q = high / low
    bound = d.calc(C(0, x) / m**2 - 1, ("<=", spread, path), ("<=", worst.rhs, worst), ("=", (q - 1) ** 2 / (4 * q)))
    return d.gen_after(bound, alive, x)


@statement(
    "S1",
    source="new",
    title="Bellman error to importance-weight variance",
    attained=True,
    words="Guided proposal, horizon n + 1, W = prod_{t=1}^n rho_t(x_t) with Bellman ratios in [1/(1+eps), 1+eps]: chi^2 = Var(W)/E[W]^2 = "
    "C/A^2 - 1 <= ((1+eps)^n - (1+eps)^(-n))^2 / 4 = sinh^2(n log(1+eps)).",
)
@in_sympy("S1")
def chi_square(d: Derivation) -> Line:
    d.given(0 <= eps)
    alive = d.given(Eq(dead(0, x), 0))
    bound = d.use("S1.range", {g(t, x, z): rho(t + 1, z), lo(t): 1 / (1 + eps), hi(t): 1 + eps, T: n})(x)
    return d.gen_after(d.prove(bound.lhs <= squared_sinh(n * log(1 + eps)), bound), alive, x)


@statement(
    "S1.naive",
    source="new",
    title="naive proposal with terminal weights",
    words="Reference paths weighted at the end only, with incremental weights in [1/L, L] on reachable edges: "
    "Var(W)/E[W]^2 <= (L^T - L^(-T))^2 / 4 = sinh^2(T log L).",
)
@in_sympy("S1.naive")
def terminal_weights(d: Derivation) -> Line:
    d.given(0 < L)
    alive = d.given(Eq(dead(0, x), 0))
    bound = d.use("S1.range", {lo(t): 1 / L, hi(t): L})(x)
    return d.gen_after(d.prove(bound.lhs <= squared_sinh(T * log(L)), bound), alive, x)


@statement(
    "S1.product",
    source="new",
    title="Bellman error to importance-weight variance, level by level",
    attained=True,
    words="As S1 with the gauge-invariant per-level ratios r_t = max rho_t / min rho_t: C/A^2 - 1 <= (q - 1)^2/(4 q) "
    "with q = prod_{t=1}^n r_t "
    "= e^(2 Lambda), that is sinh^2(Lambda).",
)
@in_sympy("S1.product")
def chi_square_product(d: Derivation) -> Line:
    given = d.given(ForAll(t, Both(0 < lo(t), 0 < r(t))))
    alive = d.given(Eq(dead(0, x), 0))
    least = d.know(given(t)[0])
    d.know(given(t + 1)[1])
    d.know(d.gen(d.both(least, d.prove(0 < r(t + 1) * lo(t))), t))
    bound = d.use("S1.range", {g(t, x, z): rho(t + 1, z), hi(t): r(t + 1) * lo(t), T: n})(x)
    positive_product(d, lo, n, 0, given(k)[0])
    q = positive_product(d, r, n, 1, given(k)[1])
    return d.gen_after(d.prove(bound.lhs <= (q - 1) ** 2 / (4 * q), bound), alive, x)
