"""Elementary inequalities, derived in sympy: means, powers, roots, exponentials and logarithms."""

from __future__ import annotations

from sympy import Eq, exp, log, sqrt

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Element, Exp, Expect, ForAll, Law, Log, function, relation, symbols
from proofs.registry import lemma

x, y, z, a, q, eps = symbols("x y z a q eps")
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


@lemma("power_increasing", title="1 <= x and k <= n give x^k <= x^n")
@in_sympy("power_increasing")
def power_increasing(d: Derivation) -> Line:
    (rest,) = symbols("rest", "nat")
    with d.suppose(relation("<=", 1, x), k <= n) as here:
        low, more = d.use("power_nonneg")(x, k), d.use("power_at_least_one")(x, rest)
        with d.nat_split(here[1], rest) as split:
            longer = d.prove(x**k <= x ** (k + rest), low, more)
            line = split.close(d.at(d.prove(Eq(k + rest, n), split[0]), longer, lambda m: x**k <= x**m))
    return here.then(line, x, k, n)


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


@lemma("cancel_factor", title="a x <= a y and 0 < a give x <= y")
@in_sympy("cancel_factor")
def cancel_factor(d: Derivation) -> Line:
    with d.suppose(0 < a, a * x <= a * y) as here:
        line = d.contradiction(x <= y, here[1])
    return here.then(line, a, x, y)


@lemma("never_negative", title="x - z a is negative for some z unless a <= 0")
@in_sympy("never_negative")
def never_negative(d: Derivation) -> Line:
    never = d.given(ForAll(z, relation("<=", 0, x - z * a)))
    with d.suppose(0 < a) as here:
        wrong = d.prove(relation("<", 0, 0), never((x + 1) / a), note="at z = (x + 1)/a")
        high = d.anything(a <= 0, wrong)
    with d.suppose(a <= 0) as here:
        low = here[0]
    return d.gen_after(d.cases(a, 0, low, high), never, x, a)


@lemma(
    "discriminant",
    title="a quadratic that is never negative",
    words="If 0 <= x - 2 z a + z^2 y for every z then a^2 <= x y.",
)
@in_sympy("discriminant")
def discriminant(d: Derivation) -> Line:
    """At z = a/y; for y <= 0 the linear part and then the square would win for some z, unless a = y = 0."""
    never = d.given(ForAll(z, relation("<=", 0, x - 2 * z * a + z**2 * y)))
    with d.suppose(0 < y):
        high = d.prove(a**2 <= x * y, never(a / y), note="at z = a/y")
    with d.suppose(y <= 0) as flat:
        linear, both_ways = d.use("never_negative"), (never(z), never(-z))
        down, near = d.times_square(flat[0], z), d.times_square(flat[0], z - 1)
        for slope in (2 * a, -2 * a):
            d.know(d.gen(d.prove(relation("<=", 0, x - z * slope), *both_ways, down), z))
        d.know(d.gen(d.prove(relation("<=", 0, x - y - z * (-2 * y)), *both_ways, near), z))
        no_slope = d.zero(a, linear(x, 2 * a), linear(x, -2 * a))
        no_square = d.zero(y, linear(x - y, -2 * y), flat[0])
        low = d.put(d.prove(relation("<=", 0, 0)), lambda u, v: relation("<=", u**2, x * v), no_slope, no_square)
    return d.gen_after(d.cases(y, 0, low, high), never, x, a, y)


@lemma("density_gap", title="x - y <= 1 - 1/q from x <= q y, x <= 1 <= q")
@in_sympy("density_gap")
def density_gap(d: Derivation) -> Line:
    with d.suppose(relation("<=", 1, q), x <= q * y, x <= 1) as here:
        d.know(d.prove(0 < q))
        below = d.prove(x / q <= y)
        near = d.prove(x * (1 - 1 / q) <= 1 - 1 / q, d.prove(1 / q <= 1))
        line = d.prove(x - y <= 1 - 1 / q, below, near)
    return here.then(line, x, y, q)


@lemma("part_of_positive", title="a x <= (x + y)/2 from |x| <= y and 0 <= a <= 1")
@in_sympy("part_of_positive")
def part_of_positive(d: Derivation) -> Line:
    with d.suppose(0 <= a, a <= 1, x <= y, -x <= y) as here:
        rest = d.prove(0 <= (1 - a) * (y + x) / 2 + a * (y - x) / 2, *(here[i] for i in range(4)))
        line = d.prove(a * x <= (x + y) / 2, rest)
    return here.then(line, a, x, y)


@lemma("joint_falls", title="(q - y)(y - 1)/y grows up to the root of q", words="For 1 <= y <= a and a^2 <= q.")
@in_sympy("joint_falls")
def joint_falls(d: Derivation) -> Line:
    with d.suppose(relation("<=", 1, y), y <= a, a**2 <= q) as here:
        for line in (d.prove(0 < y, here[0]), d.prove(0 < a, here[0], here[1])):
            d.know(line)
        far = d.prove(0 <= q - a * y, d.prove(a * y <= a**2))
        grows = d.prove(0 <= (a - y) * (q - a * y), far)
        line = d.prove((q - y) * (y - 1) / y <= (a - 1) * (q - a) / a, grows)
    return here.then(line, y, a, q)


@lemma(
    "joint_gap",
    title="x - y from a density and from odds together",
    words="From x <= a y, x (1 - y) <= q (1 - x) y, 0 <= x <= 1 <= a, a^2 <= q and 1 < q: x - y <= (a - 1)(q - a)/(a (q - 1)).",
)
@in_sympy("joint_gap")
def joint_gap(d: Derivation) -> Line:
    """Up to x = (q - a)/(q - 1) the density is the better of the two; from there on x - y falls."""
    s, r = q - (q - 1) * x, symbols("r")[0]
    bound = (a - 1) * (q - a) / (a * (q - 1))
    with d.suppose(
        0 <= x, x <= 1, relation("<=", 1, a), a**2 <= q, relation("<", 1, q), x <= a * y, x * (1 - y) <= q * (1 - x) * y
    ) as here:
        for line in (d.prove(0 < a), d.prove(0 < q - 1)):
            d.know(line)
        with d.suppose(a < s) as near:
            small = d.prove(x <= (q - a) / (q - 1), near[0])
            low = d.prove(
                x - y <= bound, d.prove(x - y <= x * (a - 1) / a, here[5]), d.prove(x * (a - 1) / a <= bound, small)
            )
        with d.suppose(s <= a), d.suppose(Eq(r, s)) as named:
            d.know(d.prove(relation("<=", 1, r), named[0]))
            d.know(d.prove(r <= a, named[0]))
            d.know(d.prove(0 < r))
            falls = d.use("joint_falls")(r, a, q)
            below = d.prove(x / r <= y, d.prove(x <= r * y, here[6], named[0]))
            share = d.prove(Eq((q - 1) * x, q - r), named[0])
            wide = d.prove((q - 1) * (x - x / r) <= (a - 1) * (q - a) / a, falls, share)
            line = d.prove(x - y <= bound, below, d.prove(x - x / r <= bound, wide))
        high = d.line(named.then(line, r).fact)(s)
        line = d.cases(s, a, high, low)
    return here.then(line, x, y, a, q)
