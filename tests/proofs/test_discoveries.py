"""What sympy discovers is what is sealed: maximisers, closed forms, limits, counts and leading terms, each from the sealed formulas.

If sympy's answer and a sealed form part ways, one of the two has changed, and a test here fails.
"""

from fractions import Fraction

import flint
import mpmath
import pytest
import sympy as sp
from sympy import Eq, Symbol, diff, exp, factor, limit, log, oo, series, simplify, sinh, solve, tanh

from proofs import bounds, theorem
from proofs.language.bridge import same

a, q, t = Symbol("a", positive=True), Symbol("q", positive=True), Symbol("t", positive=True)
T = Symbol("T", integer=True, positive=True)
c, delta = Symbol("c", nonnegative=True), Symbol("delta", positive=True)
COUNTED = ("S3", "S4", "S12", "S13")
"""Statements whose number of particles is sealed."""


def at_scale(th, rate):
    """The bound's closed form with n = T - 1 steps and eps = rate."""
    return th.rhs.subs(
        {s: v for s, v in ((th.symbols.get("n"), T - 1), (th.symbols.get("T"), T)) if s is not None}
    ).subs(th.symbols["eps"], rate)


def test_bhatia_davis_maximiser():
    """The density with the largest variance at range ratio q has its minimum at (q + 1)/(2 q)."""
    S0 = theorem("S0.variance")
    gain = S0.rhs.subs({S0.a: a, S0.b: q * a})
    [star] = solve(diff(gain, a), a)
    assert star == (q + 1) / (2 * q)
    R = theorem("S0.variance_ratio")
    assert simplify(gain.subs(a, star) - R.rhs.subs(R.q, q)) == 0
    assert diff(gain, a, 2) == -2 * q  # a maximum


def test_the_worst_density_for_the_mean_deviation():
    """|h - 1| lies below its chord over [a, b], whose mean is sealed; at range ratio s^2 it is largest for the minimum 1/s."""
    D, s, x = theorem("S0.deviation"), Symbol("s", positive=True), Symbol("x")
    a, b = D.a, D.b
    chord = sp.interpolate([(a, 1 - a), (b, b - 1)], x)
    assert simplify(chord.subs(x, 1) / 2 - D.rhs) == 0  # E h = 1
    gain = factor(D.rhs.subs({a: q, b: s**2 * q}))
    [star] = solve(diff(gain, q), q)
    R = theorem("S0.deviation_ratio")
    assert star == 1 / s and simplify(gain.subs(q, star) - R.rhs.subs(R.q, s**2)) == 0


def test_the_worst_mean_of_one_step():
    """S3.step: over [a, s^2 a] the square (s^2/4)(s^2 a - m)(m - a)/(m a) of the bias is largest at the mean m = s a."""
    S3, s, m = theorem("S3.step"), Symbol("s", positive=True), Symbol("m", positive=True)
    square = s**2 * (s**2 * a - m) * (m - a) / (4 * m * a)
    [star] = solve(diff(square, m), m)
    sealed = S3.rhs.subs({S3.s: s, S3.N: 1})
    assert star == s * a and simplify(sealed**2 - square.subs(m, star)) == 0


def test_the_gap_that_odds_allow():
    """x <= s^2 a/(1 + (s^2 - 1) a) exceeds a most at a = 1/(1 + s): S13.tv at s^2 = Q."""
    s = Symbol("s", positive=True)
    gap = s**2 * a / (1 + (s**2 - 1) * a) - a
    [star] = [at for at in solve(diff(gap, a), a) if at.subs(s, 2) > 0]
    assert simplify(star - 1 / (1 + s)) == 0
    S13 = theorem("S13.tv")
    Q = next(iter(S13.rhs.atoms(sp.Product)))
    assert simplify(gap.subs(a, star) - S13.rhs.subs(Q, s**2)) == 0


def test_a_quarter_is_the_leading_constant_of_the_odds():
    """S13.sum: tanh(x/4) for Q = e^x begins with x/4, x the sum of the (q - 1)/N to first order."""
    x, S13, tv = Symbol("x", positive=True), theorem("S13.sum"), theorem("S13.tv")
    Q = next(iter(tv.rhs.atoms(sp.Product)))
    lead = series(tv.rhs.subs(Q, exp(x)), x, 0, 2).removeO()
    assert simplify(lead - x / 4) == 0
    terms = next(iter(S13.rhs.atoms(sp.Sum)))
    one = Q.function.xreplace({Q.limits[0][0]: terms.limits[0][0]}) - 1
    assert simplify(S13.rhs.coeff(terms) * terms.function - one * lead.coeff(x)) == 0


def test_a_half_is_the_limit_of_the_root():
    """S4.rational: sqrt(b (b - 1)) - b tends to -1/2 as b grows."""
    b = Symbol("b", positive=True)
    half = limit(sp.sqrt(b * (b - 1)) - b, b, oo)
    S4, R = theorem("S4"), theorem("S4.rational")
    terms, bound = (next(iter(th.rhs.atoms(sp.Sum))).function for th in (S4, R))
    [own], [other] = ([e for e in t.atoms(sp.Function) if e.func.__name__ == "b"] for t in (terms, bound))
    [root] = [e for e in terms.atoms(sp.Pow) if e.exp == sp.Rational(1, 2)]
    wide = terms.subs(root, own + half).subs({own: b, S4.N: 1})
    assert half == -sp.Rational(1, 2) and simplify(wide - bound.subs({other: b, R.N: 1})) == 0


def test_sinh_is_the_closed_form_of_the_variance():
    S1 = theorem("S1")
    lam = S1.n * log(1 + S1.eps)
    assert same((sinh(lam) ** 2).rewrite(exp).rewrite(sp.Pow), S1.rhs)


def test_tanh_is_the_closed_form_of_the_guided_bound():
    S2 = theorem("S2")
    assert simplify(tanh(S2.n * log(1 + S2.eps) / 2).rewrite(exp).rewrite(sp.Pow) - S2.rhs) == 0


def test_the_constant_of_polynomial_time_is_a_limit():
    """(1 + c/T)^(2 (T - 1)) tends to e^(2c): the constant of the sealed cost S3.polynomial."""
    growth = (1 + c / T) ** (2 * (T - 1))
    assert limit(growth, T, oo) == exp(2 * c)
    P = theorem("S3.polynomial")
    steps = P.rhs.subs(P.n, T - 1).subs(P.c, c)
    assert simplify(limit(steps / T**2, T, oo) - P.L**2 * exp(2 * c) / (2 * P.delta)) == 0


def test_the_variance_of_guided_paths_has_a_limit():
    S1, bound = theorem("S1"), theorem("S1.limit")
    assert simplify(limit(at_scale(S1, c / T), T, oo) - bound.rhs.subs(bound.c, c)) == 0


@pytest.mark.parametrize(
    "bias, count", [("P3", "P3.particles"), *((f"{s}.uniform", f"{s}.particles") for s in COUNTED)]
)
def test_the_number_of_particles_is_solved_for(bias, count):
    """N from bound = delta is the N that the sealed corollary asks for."""
    B, P = theorem(bias), theorem(count)
    [need] = solve(Eq(B.rhs, delta), B.N)
    [asked] = [h for h in P.formulas if P.symbols["delta"] in h.free_symbols and P.symbols["N"] in h.free_symbols]
    given = {P.symbols[name]: B.symbols[name] for name in ("L", "eps", "n", "T") if name in P.symbols}
    [least] = solve(Eq(asked.lhs.subs(given), asked.rhs.subs(given).subs(P.symbols["delta"], delta)), P.symbols["N"])
    assert simplify(need - least) == 0


def test_leading_terms_in_eps():
    S1, S2, linear = theorem("S1"), theorem("S2"), theorem("S2.linear")
    assert simplify(series(S1.rhs, S1.eps, 0, 3).removeO() - S1.n**2 * S1.eps**2) == 0
    first = series(S2.rhs, S2.eps, 0, 2).removeO()
    assert simplify(first - linear.rhs.subs({linear.n: S2.n, linear.eps: S2.eps})) == 0


def test_the_sealed_leading_orders_are_series():
    """S1.leading and S2.leading bound by the first terms of sinh^2 and tanh."""
    y = Symbol("y", positive=True)
    S1, S2 = theorem("S1.leading"), theorem("S2.leading")
    assert S1.lhs.subs(S1.y, y) == series(sinh(y) ** 2, y, 0, 3).removeO()
    assert sp.expand(S2.lhs.subs(S2.y, y) - series(tanh(y), y, 0, 5).removeO()) == 0


def test_sharper_by_a_factor_of_four():
    """S2 to leading order is a quarter of the paper's P5 with T = n steps."""
    S2, P5 = theorem("S2"), theorem("P5")
    ours = series(S2.rhs, S2.eps, 0, 2).removeO()
    paper = P5.rhs.subs({P5.T: S2.n, P5.eps: S2.eps})
    assert simplify(paper / ours) == 4


@pytest.mark.parametrize("eps, n", [(Fraction(1, 10**9), 5), (Fraction(1, 10), 10**4), (Fraction(1, 3), 7)])
def test_fifty_digits_against_balls(eps, n):
    """sinh^2 at eps = 1e-9 has no correct digit in floats, and overflows at large T: mpmath reads it, arb encloses it."""
    S1 = theorem("S1")
    with mpmath.workdps(80):
        value = S1.numeric("mpmath")(mpmath.mpf(eps.numerator) / eps.denominator, n)
        text = mpmath.nstr(value, 50)
    before = flint.ctx.prec
    flint.ctx.prec = 400
    try:
        ball = S1.numeric("arb")(eps, n)
        digits, _, power = text.partition("e")
        read = flint.arb(digits) * flint.arb(10) ** int(power or 0)
        assert abs(ball - read) < abs(ball) * flint.arb(10) ** -48
    finally:
        flint.ctx.prec = before


def test_the_rate_of_the_limit_by_richardson():
    """T (log growth - 2c) tends to -c^2 - 2c for growth = (1 + c/T)^(2 (T - 1)): read by extrapolation, and by sympy."""
    growth = sp.lambdify((T, c), T * (2 * (T - 1) * log(1 + c / T) - 2 * c), "mpmath")
    with mpmath.workdps(60):
        values = [growth(mpmath.mpf(m), mpmath.mpf(1)) for m in range(1, 41)]
        rate, _ = mpmath.richardson(values)
    assert abs(rate + 3) < 1e-8
    assert limit(T * (2 * (T - 1) * log(1 + 1 / T) - 2), T, oo) == -3
    before, steps = flint.ctx.prec, 10**12  # the same in balls: the distance from the limit is of the order 1/T
    flint.ctx.prec = 200
    try:
        ball = steps * (2 * (steps - 1) * (1 + flint.arb(1) / steps).log() - 2)
        assert abs(ball - flint.arb(mpmath.nstr(rate, 20))) < flint.arb(10) ** -8
    finally:
        flint.ctx.prec = before


@pytest.mark.parametrize("name", ["S3", "S4", "S13", "P3"])
def test_the_error_that_a_budget_affords_by_root_finding(name):
    """eps at which the bound with N = 10^6, T = 50, L = 2 is 1/100, by findroot; exact values of the bound bracket it."""
    th, budget = theorem(name if name == "P3" else f"{name}.uniform"), 10**6
    with mpmath.workdps(30):
        root = th.root("eps", mpmath.mpf(1) / 100, (0, 1), N=budget, T=50, n=49, L=2)
        low, high = (Fraction(int(mpmath.floor(root * 10**20)) + step, 10**20) for step in (-1, 2))
    for eps, below in ((low, True), (high, False)):
        assert (bounds.evaluate(name, "uniform", N=budget, T=50, L=2, eps=eps) < Fraction(1, 100)) is below
    with pytest.raises(KeyError, match="give all but eps"):
        th.root("eps", 1, (0, 1), N=3)


def test_what_overflows_a_float_is_read_and_enclosed():
    """At T = 20,000 the paper's bound is beyond every float: mpmath reads what arb encloses."""
    P3 = theorem("P3")
    given = {"L": 2, "N": 7, "T": 20_001, "eps": Fraction(1, 5), "n": 20_000}
    args = [given[name] for name in P3.arguments()]
    with pytest.raises(OverflowError), mpmath.workdps(15):
        float(P3.numeric("numpy")(*[float(x) if isinstance(x, Fraction) else x for x in args]))
    with mpmath.workdps(50):
        read = mpmath.log10(P3.numeric("mpmath")(*args))
    ball = P3.numeric("arb")(*args).log() / flint.arb(10).log()
    assert abs(float(ball.mid()) - float(read)) < 1e-6 and float(read) > 9_000


def test_the_exponent_of_the_lower_bound_is_a_limit():
    """How many children leave the hidden one half of the target's mass is solved for; the number grows like a^2."""
    S6, E = theorem("S6"), theorem("S6.exponent")
    growth, half = (1 + E.eps) ** E.n, sp.Rational(1, 2)
    share = simplify((S6.lhs + 1) / S6.B + S6.delta).subs((1 + S6.eps) ** S6.n, a)
    [children] = solve(Eq(share, half), S6.B)
    order = limit(log(children) / log(a), a, oo)
    assert (children, order) == (a**2 + 1, 2)
    for asked in (E.B <= children.subs(a, growth), growth**order <= E.B):
        assert any(same(asked, h) for h in E.formulas)
    assert same(E.lhs, (half - E.delta) * growth**order - 1)


def test_the_bias_of_a_perfect_reward_model_is_of_the_order_of_the_horizon():
    """S9: N times the sealed lower bound tends to (T - 1)/24 as N grows, T = n + 1."""
    S9 = theorem("S9")
    assert limit(S9.N * S9.lhs.subs(S9.n, T - 1), S9.N, oo) == (T - 1) / 24


def test_the_number_of_proposals_is_solved_for():
    """P6 asks for the n that makes exp(-n/R) = d at the limit R = e^(2c) e^4 of the ratio of the weights."""
    P6 = theorem("P6")
    width = limit((1 + c / T) ** (2 * T), T, oo) * limit((1 + 4 / T) ** T, T, oo)
    [need] = solve(Eq(exp(-P6.n / width), delta), P6.n)
    [asked] = [h for h in P6.formulas if {P6.n, P6.c, P6.d} <= h.free_symbols]
    assert simplify(need - asked.lhs.subs({P6.c: c, P6.d: delta})) == 0


def test_the_size_of_a_pool_is_solved_for():
    """S7.pool asks for the m that makes Chernoff's bound delta/(2k)."""
    bound, pool = theorem("S7.chernoff"), theorem("S7.pool")
    [tail] = bound.rhs.atoms(exp) if not isinstance(bound.rhs, exp) else [bound.rhs]
    mean, m, odds = Symbol("G", positive=True), Symbol("m", positive=True), Symbol("odds", positive=True)
    names = {bound.b: Symbol("b", positive=True), bound.xi: Symbol("xi", positive=True), bound.m: m}
    shown = tail.subs(names).replace(lambda e: type(e).__name__ == "Expect", lambda e: mean)
    [need] = solve(Eq(shown, 1 / odds), m)
    assert simplify(need - 3 * names[bound.b] * log(odds) / (mean * names[bound.xi] ** 2)) == 0
    assert any("log(2*k/delta)" in str(h) and h.rhs == pool.m for h in pool.formulas if hasattr(h, "rhs"))
