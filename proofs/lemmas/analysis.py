"""Shared lemmas: order, roots, positive functionals, finite sums."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import (
    E,
    all_of,
    at,
    draws,
    element,
    eq,
    exp,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    product,
    real,
    sqrt,
    total,
)
from proofs.registry import lemma

a, b, c, x, y = real("a b c x y")


@lemma("inverse_positive", title="0 < x gives 0 < 1/x")
def inverse_positive(p: Proof) -> Fact:
    given = p.assume(lt(0, x))
    p.note("if 1/x <= 0 then -1 = -(1/x) x >= 0")
    wrong, goal = p.assume(le(1 / x, 0)), lt(0, 1 / x)
    false = p.show(le(0, -1), wrong, given, p.cancel(given))
    return p.cases(1 / x, 0, p.absurd(goal, false), p.assume(goal)).discharge(given).gen(x)


@lemma(
    "sum_mono",
    title="termwise inequality of finite sums",
    words="If f(k) <= g(k) for every k < n then sum_{k<n} f <= sum_{k<n} g.",
)
def sum_mono(p: Proof) -> Fact:
    n, k = nat("n k")
    f, g = fn("f", "nat -> real"), fn("g", "nat -> real")
    given = p.assume(all_of(k, implies(lt(k, n), le(f(k), g(k)))))
    out = p.mono(given, total(n, k, f(k)), total(n, k, g(k)))
    return out.discharge(given).gen(n)


@lemma(
    "cauchy_schwarz",
    title="Cauchy-Schwarz for a positive linear functional",
    words="(A f g)^2 <= A f^2 * A g^2 for every finite sum A with non-negative weights.",
)
def cauchy_schwarz(p: Proof) -> Fact:
    A, z = finite_set("A", "", "Y"), element("Y", "z")
    f, g, s, t = fn("f", "Y -> real"), fn("g", "Y -> real"), real("s"), real("t")
    ff, gg, fg = E(A, z, f(z) ** 2), E(A, z, g(z) ** 2), E(A, z, f(z) * g(z))
    p.note("0 <= A (s f - t g)^2 for all numbers s, t")
    square = p.show(le(0, (s * f(z) - t * g(z)) ** 2)).gen(z)
    form = p.mono(square, E(A, z, 0), E(A, z, (s * f(z) - t * g(z)) ** 2))
    form = p.conv(form, le(0, s**2 * ff - 2 * s * t * fg + t**2 * gg)).gen(s, t)
    goal = le(fg**2, ff * gg)
    p.note("case A g^2 > 0: take s = A g^2, t = A f g and divide by A g^2")
    big = p.assume(lt(0, gg))
    at = form.spec(gg, fg)
    high = p.show(goal, at, p.positive_inverse(big), dens=[big])
    p.note("case A g^2 <= 0: s = 1, t = (A f^2 + 1) A f g gives 0 <= A f^2 - 2 (A f^2 + 1) (A f g)^2")
    small = p.assume(le(gg, 0))
    nonneg = p.conv(p.mono(p.show(le(0, f(z) ** 2)).gen(z), E(A, z, 0), ff), le(0, ff))
    gnonneg = p.conv(p.mono(p.show(le(0, g(z) ** 2)).gen(z), E(A, z, 0), gg), le(0, gg))
    zero = p.show(le(gg, 0), small)
    # with w = A f g: for every r, 0 <= A f^2 - 2 r w^2 + r^2 w^2 A g^2 <= A f^2 - 2 r w^2; r = A f^2 / w^2 + 1 when w^2 > 0
    w = fg**2
    wpos = p.assume(lt(0, w))
    r = ff / w + 1
    line = form.spec(1, r * fg)
    bad = p.show(le(0, ff - 2 * r * w), line, zero)
    # ff - 2 (ff/w + 1) w = -ff - 2 w
    false = p.show(lt(0, 0), bad, nonneg, wpos, dens=[wpos])
    low = p.cases(w, 0, p.show(goal, p.assume(le(w, 0)), nonneg, gnonneg), p.absurd(goal, false))
    return p.cases(gg, 0, low, high)


@lemma("power_nonneg", title="0 <= x gives 0 <= x^n")
def power_nonneg(p: Proof) -> Fact:
    n = nat("n")
    given = p.assume(le(0, x))
    hyp = p.assume(le(0, x**n))
    base = p.show(le(0, x**0))
    step = p.show(le(0, x ** (n + 1)), given, hyp).discharge(hyp)
    return p.induct(n, le(0, x**n), base, step).spec(n).discharge(given).gen(x, n)


@lemma("power_positive", title="0 < x gives 0 < x^n")
def power_positive(p: Proof) -> Fact:
    n = nat("n")
    given = p.assume(lt(0, x))
    hyp = p.assume(lt(0, x**n))
    base = p.show(lt(0, x**0))
    step = p.show(lt(0, x ** (n + 1)), given, hyp).discharge(hyp)
    return p.induct(n, lt(0, x**n), base, step).spec(n).discharge(given).gen(x, n)


@lemma("power_at_least_one", title="1 <= x gives 1 <= x^n")
def power_at_least_one(p: Proof) -> Fact:
    n = nat("n")
    given = p.assume(le(1, x))
    hyp = p.assume(le(1, x**n))
    base = p.show(le(1, x**0))
    step = p.show(le(1, x ** (n + 1)), given, hyp).discharge(hyp)
    return p.induct(n, le(1, x**n), base, step).spec(n).discharge(given).gen(x, n)


@lemma("power_mono", title="0 <= x <= y gives x^n <= y^n")
def power_mono(p: Proof) -> Fact:
    n = nat("n")
    low, high = p.assume(le(0, x)), p.assume(le(x, y))
    hyp = p.assume(le(x**n, y**n))
    nonneg = p.use("power_nonneg").spec(x, n).mp(low)
    base = p.show(le(x**0, y**0))
    p.note("y^(n+1) - x^(n+1) = y (y^n - x^n) + (y - x) x^n")
    step = p.show(le(x ** (n + 1), y ** (n + 1)), low, hyp, high, nonneg)
    return p.induct(n, le(x**n, y**n), base, step.discharge(hyp)).spec(n).discharge(low, high).gen(x, y, n)


@lemma(
    "iid_mean_square",
    title="second moment of the sum of a centred function over a cloud",
    words="For N independent draws of mu and mu(g) = 0: E (sum_i g(c_i))^2 = N mu(g^2).",
)
def iid_mean_square(p: Proof) -> Fact:
    N, i = nat("N i")
    mu, u, v, c = measure("mu", "", "Y"), element("Y", "u"), element("Y", "v"), element("Y*", "c")
    g = fn("g", "Y -> real")
    centred = p.assume(eq(E(mu, u, g(u)), 0))
    p.note("E sum_i sum_j g(c_i) g(c_j) = N mu(g^2) + N (N-1) mu(g)^2")
    pair = p.step("iid_pair", [], [E(mu, u, E(mu, v, g(u) * g(v))), N])
    square = total(N, i, g(at(c, i))) ** 2
    return p.show(eq(E(draws(N, mu), c, square), N * E(mu, u, g(u) ** 2)), pair, centred)


@lemma(
    "product_front",
    title="the first factor of a product",
    words="prod_{k < n+1} f(t + k) = f(t) prod_{k < n} f(t + 1 + k).",
)
def product_front(p: Proof) -> Fact:
    n, t, k = nat("n t k")
    f = fn("f", "nat -> real")
    claim = eq(product(n + 1, k, f(t + k)), f(t) * product(n, k, f(t + 1 + k)))
    hyp = p.assume(claim)
    step = p.show(eq(product(n + 2, k, f(t + k)), f(t) * product(n + 1, k, f(t + 1 + k))), hyp)
    return (
        p.induct(n, claim, p.equal(product(1, k, f(t + k)), f(t) * product(0, k, f(t + 1 + k))), step.discharge(claim))
        .spec(n)
        .gen(n, t)
    )


@lemma(
    "product_nonneg",
    title="a product of non-negative factors",
    words="If f(k) >= 0 for all k then prod_{k < n} f(t + k) >= 0.",
)
def product_nonneg(p: Proof) -> Fact:
    n, t, k = nat("n t k")
    f = fn("f", "nat -> real")
    given = p.assume(all_of(k, le(0, f(k))))
    claim = le(0, product(n, k, f(t + k)))
    hyp = p.assume(claim)
    base = p.show(le(0, product(0, k, f(t + k))))
    step = p.show(le(0, product(n + 1, k, f(t + k))), hyp, given.spec(t + n)).discharge(claim)
    return p.induct(n, claim, base, step).spec(n).gen(n, t)


@lemma(
    "product_positive",
    title="a product of positive factors",
    words="If f(k) > 0 for all k then prod_{k < n} f(t + k) > 0.",
)
def product_positive(p: Proof) -> Fact:
    n, t, k = nat("n t k")
    f = fn("f", "nat -> real")
    given = p.assume(all_of(k, lt(0, f(k))))
    claim = lt(0, product(n, k, f(t + k)))
    hyp = p.assume(claim)
    base = p.show(lt(0, product(0, k, f(t + k))))
    step = p.show(lt(0, product(n + 1, k, f(t + k))), hyp, given.spec(t + n)).discharge(claim)
    return p.induct(n, claim, base, step).spec(n).gen(n, t)


@lemma("exp_power", title="exp(x)^n = exp(n x)")
def exp_power(p: Proof) -> Fact:
    n = nat("n")
    claim = eq(exp(x) ** n, exp(n * x))
    hyp = p.assume(claim)
    base = p.show(eq(exp(x) ** 0, exp(0 * x)), p.axiom("exp_zero"))
    step = p.show(eq(exp(x) ** (n + 1), exp((n + 1) * x)), hyp, p.axiom("exp_add", n * x, x))
    return p.induct(n, claim, base, step.discharge(claim)).spec(n).gen(x, n)


@lemma(
    "power_below_exp",
    title="(1 + x)^n <= exp(n x) for x >= 0",
    words="From 1 + x <= exp x and the monotonicity of powers.",
)
def power_below_exp(p: Proof) -> Fact:
    n = nat("n")
    given = p.assume(le(0, x))
    nonneg = p.show(le(0, 1 + x), given)
    mono = p.use("power_mono").spec(1 + x, exp(x), n).mp(nonneg, p.axiom("exp_ge", x))
    return p.show(le((1 + x) ** n, exp(n * x)), mono, p.use("exp_power").spec(x, n)).discharge(given).gen(x, n)


@lemma("root_of_square", title="sqrt q = s for s >= 0, s^2 = q")
def root_of_square(p: Proof) -> Fact:
    q, s = real("q s")
    nonneg, square = p.assume(le(0, s)), p.assume(eq(s**2, q))
    qpos = p.show(le(0, q), square)
    root, rpos = p.axiom("sqrt_square", q).mp(qpos), p.axiom("sqrt_nonneg", q)
    p.note("s < sqrt q would give s^2 < (sqrt q)^2 = q, and the other way round")
    small = p.assume(lt(s, sqrt(q)))
    no = p.show(lt(0, 0), small, nonneg, root, square)
    low = p.cases(sqrt(q), s, p.assume(le(sqrt(q), s)), p.absurd(le(sqrt(q), s), no))
    big = p.assume(lt(sqrt(q), s))
    no = p.show(lt(0, 0), big, rpos, root, square)
    high = p.cases(s, sqrt(q), p.assume(le(s, sqrt(q))), p.absurd(le(s, sqrt(q)), no))
    return p.antisymmetry(low, high).discharge(nonneg, square).gen(s, q)
