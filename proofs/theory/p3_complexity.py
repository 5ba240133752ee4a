"""What the particle counts of P3 and S3 cost, and where polynomial cost ends; derived in sympy.

Time is particles times steps, N T, with N from `solve(bound = delta, N)`.  With eps = c/T the factor (1+eps)^(kT) stays below its limit
e^(kc); with eps = c log T / T it is at most T^(kc); with a constant eps it outgrows every power of T, and it stays below a power of T only
if eps = O(log T / T).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Eq, exp, limit, log, oo, series, solve

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Exp, Log, relation, symbols
from proofs.reading.theorem import theorem
from proofs.registry import statement
from proofs.theory.p5_guided import weaker

c, L, delta, eps, x, y = symbols("c L delta eps x y")
n, k, T, N = symbols("n k T N", "nat")
steps = n + 1
"""The horizon."""


@statement(
    "P3.compound",
    source="paper",
    title="the Bellman error c/T compounds to a constant",
    words="(1 + c/T)^(k T) <= e^(k c) for every c >= 0, every k and every horizon T = n + 1; k = 2: (1 + c/T)^(2T) <= e^(2c).",
)
@in_sympy("P3.compound")
def compound_power(d: Derivation) -> Line:
    d.given(0 <= c)
    step = c / steps
    d.know(d.prove(0 <= step))
    power = d.use("power_below_exp")(step, k * steps)  # (1 + c/T)^(k T) <= exp(k T c/T)
    return d.rewrite(power, (1 + step) ** (k * steps) <= limit((1 + step) ** (k * steps), n, oo))


@statement(
    "P3.polynomial",
    source="paper",
    title="polynomial time for eps = c/T (Corollary 5.2)",
    words="With T = n + 1, eps = c/T and N = L^k T (1+eps)^(k(T-1)) / (2 delta) particles (P3: k = 6): N T <= L^k T^2 e^(k c) / (2 delta).",
)
@in_sympy("P3.polynomial")
def paper_polynomial(d: Derivation) -> Line:
    d.given(0 < delta, 0 <= L, 0 <= c)
    d.know(d.use("power_nonneg")(L, k))
    cost = L**k * steps * (1 + c / steps) ** (k * n) / (2 * delta) * steps
    compound = d.use("compound")(c, n, k)[0]
    return d.prove(cost <= L**k * steps**2 * exp(k * c) / (2 * delta), compound)


def enough(rate: sp.Expr) -> sp.Expr:
    """The particles that S3.uniform asks for at T = n + 1 and eps = rate, solved from bound = delta."""
    S3 = theorem("S3.uniform")
    [need] = solve(Eq(S3.rhs, delta), S3.N)
    return need.subs({S3.T: steps, S3.n: n, S3.eps: rate, S3.L: L})


@statement(
    "S3.polynomial",
    source="new",
    title="polynomial time for eps = c/T, sharpened",
    words="With T = n + 1, eps = c/T and the particles of S3, N = L^2 T (1+eps)^(2(T-1)) / (2 delta): N T <= L^2 T^2 e^(2c) / (2 delta).",
)
@in_sympy("S3.polynomial")
def sharp_polynomial(d: Derivation) -> Line:
    d.given(0 < delta, 0 <= L, 0 <= c)
    cost, growth = enough(c / steps) * steps, (1 + c / steps) ** (2 * n)
    compound = d.use("compound")(c, n, 2)[0]  # (1 + c/T)^(2 n) <= e^(2 c)
    return d.prove(cost <= cost.subs(growth, limit(growth, n, oo)), compound)


@statement(
    "S3.logarithmic",
    source="new",
    title="polynomial time for eps = k log T / T",
    words="With T = n + 1, eps = k log T / T, k a natural number, and the particles of S3: N T <= L^2 T^(2 + 2k) / (2 delta).",
)
@in_sympy("S3.logarithmic")
def logarithmic(d: Derivation) -> Line:
    d.given(0 <= L, 0 < delta)
    d.know(d.prove(relation("<=", 1, steps)))
    d.know(d.use("log_nonneg")(steps))
    rate = k * log(steps)
    bound = d.use("compound")(rate, n, 2)[0]
    power = d.use("exp_power")(log(steps), 2 * k)  # exp(2 k log T) = (exp log T)^(2k) = T^(2k)
    value = d.at(d.axiom("exp_log", steps), power, lambda v: Eq(v ** (2 * k), Exp(2 * k * Log(steps))))
    return d.prove(enough(rate / steps) * steps <= L**2 * steps ** (2 + 2 * k) / (2 * delta), bound, value)


@statement(
    "S3.exponential",
    source="new",
    title="exponential particle counts for a constant Bellman error",
    words="For constant eps >= 0 the factor (1+eps)^(2(T-1)) of S3 and S6 exceeds every power: (1+eps)^(k n) >= (1 + n eps)^k for all "
    "k, n; with T - 1 = k n this is a polynomial in T of any degree k.",
)
@in_sympy("S3.exponential")
def exponential(d: Derivation) -> Line:
    d.given(0 <= eps)
    base = d.know(d.use("bernoulli")(eps, n))
    power = d.use("power_mono")(base.lhs, base.rhs, k)
    return d.rewrite(power, (1 + n * eps) ** k <= (1 + eps) ** (k * n))


@statement(
    "S3.threshold",
    source="new",
    title="polynomial cost forces eps = O(log T / T)",
    words="If 0 <= eps <= 1 and (1+eps)^T <= T^k with T = n + 1 then eps <= 2 k log T / T.  "
    "With S6 nothing is polynomial above this order.",
)
@in_sympy("S3.threshold")
def threshold(d: Derivation) -> Line:
    _, _, power = d.given(0 <= eps, eps <= 1, (1 + eps) ** steps <= steps**k)
    rising = d.grows(log(1 + x) - x / 2, x, 0, end=1)(eps)
    above = d.prove(eps / 2 <= log(1 + eps), rising, d.use("log_one"))
    many = d.know(d.prove(steps * eps / 2 <= steps * log(1 + eps), above))
    rise = d.use("exp_mono")(many.lhs, many.rhs)

    def as_power(base, m) -> Line:
        """base^m = exp(m log base)."""
        power = d.use("exp_power")(log(base), m)
        return d.at(d.axiom("exp_log", base), power, lambda v: Eq(v**m, Exp(m * Log(base))))

    left, right = as_power(1 + eps, steps), as_power(steps, k)
    d.know(d.prove(Exp(steps * eps / 2) <= Exp(k * Log(steps)), rise, power, left, right))
    bare = d.use("exp_below")(steps * eps / 2, k * log(steps))
    return d.prove(eps <= 2 * k * log(steps) / steps, bare)


def inverse_exponential(d: Derivation, z: sp.Symbol) -> Line:
    """1/e^z = e^(-z)."""
    return d.prove(Eq(1 / Exp(z), Exp(-z)), d.axiom("exp_add", z, -z), d.axiom("exp_zero"))


@statement(
    "S1.limit",
    source="new",
    title="the chi-square of guided paths stays bounded for eps = c/T",
    words="With T = n + 1 and eps = c/T the bound of S1 is at most sinh^2(c) = (e^c - e^(-c))^2 / 4 for every T.",
)
@in_sympy("S1.limit")
def chi_square_limit(d: Derivation) -> Line:
    d.given(0 <= c)
    q = 1 + c / steps
    d.know(d.prove(0 <= c / steps))
    d.know(d.use("power_at_least_one")(q, n))
    Q = q**n
    X = Exp(*limit(Q, n, oo).args)  # e^c
    d.know(d.prove(Q - 1 / Q <= X - 1 / X, d.use("compound")(c, n, 1)[0], note="x - 1/x increases"))
    d.know(d.prove(0 <= Q - 1 / Q))
    square = d.use("power_mono")(Q - 1 / Q, X - 1 / X, 2)
    return d.prove((Q - 1 / Q) ** 2 / 4 <= (X - Exp(-c)) ** 2 / 4, square, inverse_exponential(d, c))


@statement(
    "S2.leading",
    source="new",
    title="leading order of the guided bound",
    words="y - y^3/3 <= tanh y <= y for y >= 0: S2's bound is Lambda/2 to leading order, a quarter of P5's 2 t eps.",
)
@in_sympy("S2.leading")
def tanh_leading(d: Derivation) -> Line:
    def tanh(z):
        return (Exp(2 * z) - 1) / (Exp(2 * z) + 1)

    none = d.axiom("exp_zero")
    with d.suppose(0 <= x) as here:
        rising = d.grows(x - tanh(x), x, 0)(x)  # the derivative is tanh^2
        above = d.know(d.prove(tanh(x) <= x, rising, none))
        below = d.know(d.prove(0 <= tanh(x), d.axiom("exp_ge", 2 * x)))
        lead = series(sp.tanh(x), x, 0, 5).removeO()  # x - x^3/3
        third = d.grows(tanh(x) - lead, x, 0, above, below)(x)  # the derivative is (x - tanh x)(x + tanh x)
        out = here.then(d.both(d.prove(lead <= tanh(x), third, none), above), x)
    d.given(0 <= y)
    return out(y)


@statement(
    "S1.leading",
    source="new",
    title="leading order of the chi-square bound",
    words="y^2 <= sinh^2 y for y >= 0: S1's bound is at least Lambda^2, its leading order.",
)
@in_sympy("S1.leading")
def sinh_leading(d: Derivation) -> Line:
    none, X, lead = d.axiom("exp_zero"), Exp(x), series(sp.sinh(x) ** 2, x, 0, 3).removeO()  # x^2
    with d.suppose(0 <= x) as here:
        rising = d.grows(X - 1 / X - 2 * x, x, 0)(x)  # the derivative is (e^x - 1)^2 e^-x
        above = d.prove(2 * x <= X - 1 / X, rising, none)
        square = d.prove(lead <= (X - 1 / X) ** 2 / 4, above)
        out = here.then(d.prove(lead <= (X - Exp(-x)) ** 2 / 4, square, inverse_exponential(d, x)), x)
    d.given(0 <= y)
    return out(y)


def particles(bound: str, scale: int = 2) -> Callable[[Derivation], Line]:
    """N from `solve(bound = delta, N)` is enough; the hypothesis is written times scale * delta."""

    def derive(d: Derivation) -> Line:
        B = theorem(bound)
        [need] = solve(Eq(B.rhs, delta), B.N)
        least = need.subs({B.symbols[s.name]: s for s in (T, n, eps, L) if s.name in B.symbols})
        d.given(0 < N, scale * delta * least <= scale * delta * N)
        out = d.use(bound)
        return weaker(d, out, d.prove(out[0].rhs <= delta))

    return derive


@statement(
    "S3.particles",
    source="new",
    title="number of particles, exponent 2",
    words="N >= L^2 T (1+eps)^(2(T-1)) / (2 delta) particles give |E F(output) - target| <= delta.",
)
@in_sympy("S3.particles")
def enough_sharp(d: Derivation) -> Line:
    return particles("S3.uniform")(d)


@statement(
    "P3.particles",
    source="paper",
    title="number of particles (Theorem 5.1)",
    words="N >= L^6 T (1+eps)^(6(T-1)) / (2 delta) particles give |E F(output) - target| <= delta.",
)
@in_sympy("P3.particles")
def enough_paper(d: Derivation) -> Line:
    return particles("P3")(d)
