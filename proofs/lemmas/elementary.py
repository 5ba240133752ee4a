"""Elementary inequalities, derived in sympy: means, powers, roots, exponentials and logarithms."""

from __future__ import annotations

from sympy import Eq, exp, log, sqrt

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Element, Exp, Expect, Law, Log, function, relation, symbols
from proofs.registry import lemma

x, y, q, eps = symbols("x y q eps")
n, k = symbols("n k", "nat")


@lemma("mean_square", title="(E f)^2 <= E f^2", words="From 0 <= E (f - E f)^2.")
@in_sympy("mean_square")
def mean_square(d: Derivation) -> Line:
    mu, z, f = Law("mu", "", "Y"), Element("z", "Y"), function("f", "Y -> real")
    mean = Expect(mu, z, f(z))
    spread = d.expect(mu, z, d.prove(relation("<=", 0, (f(z) - mean) ** 2)))
    return d.prove(mean**2 <= Expect(mu, z, f(z) ** 2), spread)


@lemma("bernoulli", title="1 + n x <= (1 + x)^n for x >= 0")
@in_sympy("bernoulli")
def bernoulli(d: Derivation) -> Line:
    nonneg = d.given(0 <= x)

    def claim(m):
        return relation("<=", 1 + m * x, (1 + x) ** m)

    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0]))
    return d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), nonneg, x, n)


@lemma("square_below", title="x^2 <= y^2 and y >= 0 give x <= y")
@in_sympy("square_below")
def square_below(d: Derivation) -> Line:
    with d.suppose(x**2 <= y**2, 0 <= y) as here:
        line = d.contradiction(x <= y, here[0])
    return here.then(line, x, y)


@lemma("root_at_least_one", title="1 <= q gives 1 <= sqrt q")
@in_sympy("root_at_least_one")
def root_at_least_one(d: Derivation) -> Line:
    big = d.given(relation("<=", 1, q))
    root, nonneg = d.axiom("sqrt_square", q), d.axiom("sqrt_nonneg", q)
    return d.gen_after(d.contradiction(relation("<=", 1, sqrt(q)), root, nonneg), big, q)


@lemma("exp_mono", title="x <= y gives exp x <= exp y")
@in_sympy("exp_mono")
def exp_mono(d: Derivation) -> Line:
    """exp y = exp x exp(y - x) >= exp x (1 + y - x)."""
    low = d.given(x <= y)
    split, above = d.axiom("exp_add", x, y - x), d.axiom("exp_ge", y - x)
    return d.gen_after(d.prove(exp(x) <= exp(y), split, above), low, x, y)


@lemma("exp_below", title="exp x <= exp y gives x <= y")
@in_sympy("exp_below")
def exp_below(d: Derivation) -> Line:
    """y < x would give exp x = exp y exp(x - y) >= exp y (1 + x - y) > exp y."""
    low = d.given(exp(x) <= exp(y))
    split, above = d.axiom("exp_add", y, x - y), d.axiom("exp_ge", x - y)
    return d.gen_after(d.contradiction(x <= y, split, above), low, x, y)


@lemma("log_one", title="log 1 = 0")
@in_sympy("log_one")
def log_one(d: Derivation) -> Line:
    return d.at(d.axiom("exp_zero"), d.axiom("log_exp", 0), lambda one: Eq(Log(one), 0))


@lemma("log_nonneg", title="1 <= x gives 0 <= log x")
@in_sympy("log_nonneg")
def log_nonneg(d: Derivation) -> Line:
    """log x < 0 would give x = exp(log x) < 1, since exp(-s) >= 1 - s for s = log x."""
    big = d.given(relation("<=", 1, x))
    s = Log(x)
    back, above = d.axiom("exp_log", x), d.axiom("exp_ge", -s)
    one = d.prove(Eq(Exp(s) * Exp(-s), 1), d.axiom("exp_add", s, -s), d.axiom("exp_zero"))
    return d.gen_after(d.contradiction(0 <= log(x), back, one, above), big, x)


@lemma(
    "log_below",
    title="log(1 + x) <= x for x >= 0",
    words="x - log(1 + x) has the derivative 1 - 1/(1 + x) >= 0 and is 0 at 0.",
)
@in_sympy("log_below")
def log_below(d: Derivation) -> Line:
    nonneg = d.given(0 <= x)
    rising = d.grows(x - log(1 + x), x, 0)(x)
    return d.gen_after(d.prove(log(1 + x) <= x, rising, d.use("log_one")), nonneg, x)


@lemma(
    "compound",
    title="(1 + x/T)^(k m) <= exp(k x) for m <= T",
    words="For x >= 0, T = n + 1 and m in {n, n + 1}: (1 + x/T)^(k n) <= (1 + x/T)^(k T) <= exp(k x).",
)
@in_sympy("compound")
def compound(d: Derivation) -> Line:
    nonneg = d.given(0 <= x)
    T = n + 1
    step = x / T
    d.know(d.prove(0 <= step))
    high = d.rewrite(d.use("power_below_exp")(step, k * T), (1 + step) ** (k * T) <= exp(k * x))
    one, rest = d.use("power_at_least_one")(1 + step, k), d.use("power_nonneg")(1 + step, k * n)
    low = d.prove((1 + step) ** (k * n) <= exp(k * x), high, one, rest, note="fewer steps make the power smaller")
    return d.gen_after(d.both(low, high), nonneg, x, n, k)


@lemma(
    "tanh_below",
    title="tanh of half a sum of logarithms",
    words="((1+eps)^n - 1)/((1+eps)^n + 1) <= n eps/2: each factor 1 + eps adds at most eps/2, since 4 Q <= (Q + 1)^2.",
)
@in_sympy("tanh_below")
def tanh_below(d: Derivation) -> Line:
    d.given(0 <= eps)
    Q = (1 + eps) ** n
    d.know(d.use("power_at_least_one")(1 + eps, n))

    def claim(m):
        return relation("<=", ((1 + eps) ** m - 1) / ((1 + eps) ** m + 1), m * eps / 2)

    with d.suppose(claim(n)) as hyp:
        now, later = Q + 1, Q * (1 + eps) + 1
        square = d.prove(4 * Q <= now * later, d.prove(4 * Q <= now**2), d.prove(now <= later))
        more = d.prove(2 * eps * Q / (now * later) <= eps / 2, square, note="what one more step adds")
        step = hyp.then(d.prove(claim(n + 1), hyp[0], more))
    return d.induct(n, claim, d.prove(claim(0)), step)(n)
