"""What the particle counts of P3 and S3 cost, and where polynomial cost ends.

Time is particles times steps, N T.  With eps = c/T the factor (1+eps)^(kT) stays below e^(kc); with eps = c log T / T it is at most T^(kc);
with a constant eps it outgrows every power of T, and it stays below a power of T only if eps = O(log T / T).
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import eq, exp, le, log, lt, nat, num, real
from proofs.registry import lemma, statement

c, L, delta, eps, y = real("c L delta eps y")
n, k = nat("n k")


def horizon(p: Proof) -> tuple[Fact, Fact, Fact]:
    """T = n + 1 steps: 0 < T, 0 < 1/T, 0 <= n."""
    count = p.nat_nonneg(n)
    positive = p.cert(lt(0, n + 1), products=[(1, [count], []), (1, [], [])])
    return positive, p.positive_inverse(positive), count


@lemma(
    "compound",
    title="(1 + x/T)^(k m) <= exp(k x) for m <= T",
    words="For x >= 0, T = n + 1 and m in {n, n + 1}: (1 + x/T)^(k n) <= (1 + x/T)^(k T) <= exp(k x).",
)
def compound(p: Proof) -> Fact:
    x = real("x")
    given = p.assume(le(0, x))
    positive, inverse, _ = horizon(p)
    step = x / (n + 1)
    nonneg = p.cert(le(0, step), products=[(1, [given, inverse], [])])
    p.note("1 + x <= exp x, so (1 + x/T)^(kT) <= exp(k T x / T) = exp(k x)")
    power = p.use("power_below_exp").spec(step, k * (n + 1)).mp(nonneg)
    same = p.equal(k * (n + 1) * step, k * x, dens=[positive])
    high = p.rewrite(same, lambda F: le((1 + step) ** (k * (n + 1)), exp(F())), power)
    p.note("(1 + x/T)^k >= 1: fewer steps make the power smaller")
    one = p.cert(le(1, 1 + step), products=[(1, [nonneg], [])])
    more = p.use("power_at_least_one").spec(1 + step, k).mp(one)
    base = p.cert(le(0, 1 + step), products=[(1, [nonneg], []), (1, [], [])])
    rest = p.use("power_nonneg").spec(1 + step, k * n).mp(base)
    low = p.cert(le((1 + step) ** (k * n), exp(k * x)), products=[(1, [high], []), (1, [more, rest], [])])
    return low.both(high).discharge(given).gen(x, n, k)


@statement(
    "P3.compound",
    source="paper",
    title="the Bellman error c/T compounds to a constant",
    words="(1 + c/T)^(k T) <= e^(k c) for every c >= 0, every k and every horizon T = n + 1; k = 2: (1 + c/T)^(2T) <= e^(2c).",
)
def compound_power(p: Proof) -> Fact:
    given = p.assume(le(0, c))
    bound = p.use("compound").spec(c, n, k).mp(given).right
    return p.conv(bound, le((1 + c / (n + 1)) ** (k * (n + 1)), exp(k * c)))


def cost(power: int | Node, extra: Node, at: Node) -> Node:
    """Particles times steps: N T with N = L^power T (1 + eps)^(power (T-1)) / (2 delta)."""
    return L**power * (n + 1) * (1 + at) ** (power * n) / (2 * delta) * extra


def polynomial(p: Proof, power: int | Node) -> Fact:
    """N T <= L^power T^2 e^(power c) / (2 delta) for eps = c/T."""
    given, big, accuracy = p.assume(le(0, c)), p.assume(le(0, L)), p.assume(lt(0, delta))
    positive, _, _ = horizon(p)
    bound = p.use("compound").spec(c, n, power).mp(given).left
    Lpos = p.use("power_nonneg").spec(L, power).mp(big)
    steps = n + 1
    return p.cert(
        le(cost(power, steps, c / steps), L**power * steps**2 * exp(power * c) / (2 * delta)),
        products=[("1/2", [bound, Lpos, positive, positive, p.positive_inverse(accuracy)], [])],
    )


@statement(
    "P3.polynomial",
    source="paper",
    title="polynomial time for eps = c/T (Corollary 5.2)",
    words="With T = n + 1, eps = c/T and N = L^k T (1+eps)^(k(T-1)) / (2 delta) particles (P3: k = 6): N T <= L^k T^2 e^(k c) / (2 delta).",
)
def paper_polynomial(p: Proof) -> Fact:
    return polynomial(p, k)


@statement(
    "S3.polynomial",
    source="new",
    title="polynomial time for eps = c/T, sharpened",
    words="With T = n + 1, eps = c/T and the particles of S3, N = L^2 T (1+eps)^(2(T-1)) / (2 delta): N T <= L^2 T^2 e^(2c) / (2 delta).",
)
def sharp_polynomial(p: Proof) -> Fact:
    return polynomial(p, 2)


@lemma("log_one", title="log 1 = 0")
def log_one(p: Proof) -> Fact:
    return p.rewrite(p.axiom("exp_zero"), lambda F: eq(log(F()), 0), p.axiom("log_exp", 0))


@lemma("log_nonneg", title="1 <= x gives 0 <= log x")
def log_nonneg(p: Proof) -> Fact:
    x = real("x")
    given = p.assume(le(1, x))
    p.note("log x < 0 would give x = exp(log x) < 1, since exp(-s) >= 1 - s for s = log x")
    positive = p.cert(lt(0, x), products=[(1, [given], []), (1, [], [])])
    back = p.axiom("exp_log", x).mp(positive)
    small = p.assume(lt(log(x), 0))
    inverse = p.axiom("exp_add", log(x), -log(x))
    one = p.equal(exp(log(x)) * exp(-log(x)), 1, [(1, inverse), (1, p.axiom("exp_zero"))])
    above = p.axiom("exp_ge", -log(x))
    false = p.cert(
        lt(0, 0),
        products=[(1, [positive, above], []), (1, [positive, small], []), (1, [given], [])],
        eqs=[(1, one), (exp(-log(x)), back)],
    )
    goal = le(0, log(x))
    return p.cases(0, log(x), p.assume(goal), p.absurd(goal, false)).discharge(given).gen(x)


@statement(
    "S3.logarithmic",
    source="new",
    title="polynomial time for eps = k log T / T",
    words="With T = n + 1, eps = k log T / T, k a natural number, and the particles of S3: N T <= L^2 T^(2 + 2k) / (2 delta).",
)
def logarithmic(p: Proof) -> Fact:
    big, accuracy = p.assume(le(0, L)), p.assume(lt(0, delta))
    positive, _, count = horizon(p)
    steps = n + 1
    one = p.cert(le(1, steps), products=[(1, [count], [])])
    nonneg = p.use("log_nonneg").spec(steps).mp(one)
    x = k * log(steps)
    xpos = p.cert(le(0, x), products=[(1, [p.nat_nonneg(k), nonneg], [])])
    bound = p.use("compound").spec(x, n, 2).mp(xpos).left
    p.note("exp(2 k log T) = (exp log T)^(2k) = T^(2k)")
    power = p.use("exp_power").spec(log(steps), 2 * k)
    back = p.axiom("exp_log", steps).mp(positive)
    value = p.rewrite(back, lambda F: eq(F() ** (2 * k), exp(2 * k * log(steps))), power)
    Lpos = p.use("power_nonneg").spec(L, 2).mp(big)
    return p.cert(
        le(cost(2, steps, x / steps), L**2 * steps ** (2 + 2 * k) / (2 * delta)),
        products=[("1/2", [bound, Lpos, positive, positive, p.positive_inverse(accuracy)], [])],
        eqs=[(L**2 * steps**2 / (2 * delta), value)],
    )


@statement(
    "S3.exponential",
    source="new",
    title="exponential particle counts for a constant Bellman error",
    words="For constant eps >= 0 the factor (1+eps)^(2(T-1)) of S3 and S6 exceeds every power: (1+eps)^(k n) >= (1 + n eps)^k for all "
    "k, n; with T - 1 = k n this is a polynomial in T of any degree k.",
)
def exponential(p: Proof) -> Fact:
    given = p.assume(le(0, eps))
    base = p.use("bernoulli").spec(eps, n).mp(given)
    below = p.cert(le(0, 1 + n * eps), products=[(1, [p.nat_nonneg(n), given], []), (1, [], [])])
    power = p.use("power_mono").spec(*base.sides, k).mp(below, base)
    return p.conv(power, le((1 + n * eps) ** k, (1 + eps) ** (k * n)))


@statement(
    "S3.threshold",
    source="new",
    title="polynomial cost forces eps = O(log T / T)",
    words="If 0 <= eps <= 1 and (1+eps)^T <= T^k with T = n + 1 then eps <= 2 k log T / T.  "
    "With S6 nothing is polynomial above this order.",
)
def threshold(p: Proof) -> Fact:
    given, small = p.assume(le(0, eps)), p.assume(le(eps, 1))
    steps = n + 1
    power = p.assume(le((1 + eps) ** steps, steps**k))
    positive, inverse, _ = horizon(p)
    p.note("exp(x/2) <= 1 + x on [0, 1]: log(1 + x) - x/2 has the derivative 1/(1+x) - 1/2 >= 0")
    x = real("x")
    low, high = p.assume(le(0, x)), p.assume(le(x, 1))
    plus = p.cert(lt(0, 1 + x), products=[(1, [low], []), (1, [], [])])
    slope = p.cert(
        le(0, 1 / (1 + x) - num("1/2")), products=[("1/2", [high, p.positive_inverse(plus)], [])], dens=[plus]
    )
    facts = [f.discharge(low, high).gen(x) for f in (slope, plus)]
    rising = p.step("increasing", facts, [x, log(1 + x) - x / 2, num(0), num(1)]).spec(eps).mp(given, small)
    above = p.cert(le(eps / 2, log(1 + eps)), products=[(1, [rising], [])], eqs=[(1, p.use("log_one"))])
    p.note("exp(T eps/2) <= exp(T log(1+eps)) = (1+eps)^T <= T^k = exp(k log T)")
    one = p.cert(lt(0, 1 + eps), products=[(1, [given], []), (1, [], [])])
    many = p.cert(le(steps * eps / 2, steps * log(1 + eps)), products=[(1, [above, positive], [])])
    rise = p.use("exp_mono").spec(*many.sides).mp(many)
    left = p.rewrite(
        p.axiom("exp_log", 1 + eps).mp(one),
        lambda F: eq(F() ** steps, exp(steps * log(1 + eps))),
        p.use("exp_power").spec(log(1 + eps), steps),
    )
    right = p.rewrite(
        p.axiom("exp_log", steps).mp(positive),
        lambda F: eq(F() ** k, exp(k * log(steps))),
        p.use("exp_power").spec(log(steps), k),
    )
    below = p.cert(
        le(exp(steps * eps / 2), exp(k * log(steps))),
        products=[(1, [rise], []), (1, [power], [])],
        eqs=[(1, left), (1, right)],
    )
    bare = p.use("exp_below").spec(steps * eps / 2, k * log(steps)).mp(below)
    return p.cert(le(eps, 2 * k * log(steps) / steps), products=[(2, [bare, inverse], [])], dens=[positive])


@lemma("exp_below", title="exp x <= exp y gives x <= y")
def exp_below(p: Proof) -> Fact:
    x = real("x")
    given = p.assume(le(exp(x), exp(y)))
    big = p.assume(lt(y, x))
    p.note("exp x = exp y exp(x - y) >= exp y (1 + x - y) > exp y")
    split = p.axiom("exp_add", y, x - y)
    above, positive = p.axiom("exp_ge", x - y), p.axiom("exp_pos", y)
    false = p.cert(
        lt(0, 0),
        products=[(1, [positive, above], []), (1, [positive, big], []), (1, [given], [])],
        eqs=[(1, split)],
    )
    goal = le(x, y)
    return p.cases(x, y, p.assume(goal), p.absurd(goal, false)).discharge(given).gen(x, y)


@statement(
    "S1.limit",
    source="new",
    title="the chi-square of guided paths stays bounded for eps = c/T",
    words="With T = n + 1 and eps = c/T the bound of S1 is at most sinh^2(c) = (e^c - e^(-c))^2 / 4 for every T.",
)
def chi_square_limit(p: Proof) -> Fact:
    given = p.assume(le(0, c))
    inverse = horizon(p)[1]
    bound = p.use("compound").spec(c, n, 1).mp(given).left
    q = 1 + c / (n + 1)
    nonneg = p.cert(le(0, c / (n + 1)), products=[(1, [given, inverse], [])])
    one = p.use("power_at_least_one").spec(q, n).mp(p.cert(le(1, q), products=[(1, [nonneg], [])]))
    Q, X = q**n, exp(c)
    Qpos = p.cert(lt(0, Q), products=[(1, [one], []), (1, [], [])])
    Xpos = p.axiom("exp_pos", c)
    p.note("x - 1/x increases: (e^c - e^-c) - (Q - 1/Q) = (e^c - Q)(1 + 1/(Q e^c))")
    Qinv, Xinv = p.positive_inverse(Qpos), p.positive_inverse(Xpos)
    rise = p.cert(
        le(Q - 1 / Q, X - 1 / X),
        products=[(1, [bound], []), (1, [bound, Qinv, Xinv], [])],
        dens=[Qpos, Xpos],
    )
    low = p.cert(le(0, Q - 1 / Q), products=[(1, [one], []), (1, [one, Qinv], [])], dens=[Qpos])
    back = p.axiom("exp_add", c, -c)
    unit = p.equal(1 / X, exp(-c), [(1 / X, back), (1 / X, p.axiom("exp_zero"))], [Xpos])
    square = p.cert(
        le((Q - 1 / Q) ** 2 / 4, (X - 1 / X) ** 2 / 4),
        products=[("1/4", [rise, rise], []), ("1/2", [rise, low], [])],
    )
    return p.cert(
        le((Q - 1 / Q) ** 2 / 4, (X - exp(-c)) ** 2 / 4),
        products=[(1, [square], [])],
        eqs=[((2 * X - 1 / X - exp(-c)) / 4, unit)],
    )


def tanh(z: Node) -> Node:
    return (exp(2 * z) - 1) / (exp(2 * z) + 1)


@statement(
    "S2.leading",
    source="new",
    title="leading order of the guided bound",
    words="y - y^3/3 <= tanh y <= y for y >= 0: S2's bound is Lambda/2 to leading order, a quarter of P5's 2 t eps.",
)
def tanh_leading(p: Proof) -> Fact:
    x = real("x")
    low = p.assume(le(0, x))
    X = exp(2 * x)
    plus = p.cert(lt(0, X + 1), products=[(1, [p.axiom("exp_pos", 2 * x)], []), (1, [], [])])
    inverse = p.positive_inverse(plus)
    p.note("(x - tanh x)' = tanh^2 x")
    steep = 2 * X / (X + 1) - 2 * X * (X - 1) * (1 / (X + 1)) ** 2
    slope = p.cert(le(0, 1 - steep), products=[(1, [], [(X - 1) / (X + 1)])], dens=[plus])
    facts = [f.discharge(low).gen(x) for f in (slope, plus)]
    rising = p.step("increasing", facts, [x, x - tanh(x), num(0)]).spec(x).mp(low)
    zero = exp(2 * num(0))
    none = p.axiom("exp_zero")
    at_zero = p.equal((zero - 1) / (zero + 1), 0, [(1 / (zero + 1), none)])
    above = p.cert(le(tanh(x), x), products=[(1, [rising], [])], eqs=[(1, at_zero)])
    p.note("tanh x >= 0, since exp(2x) >= 1 + 2x")
    below = p.cert(le(0, tanh(x)), products=[(1, [p.axiom("exp_ge", 2 * x), inverse], []), (2, [low, inverse], [])])
    p.note("(tanh x - x + x^3/3)' = x^2 - tanh^2 x = (x - tanh x)(x + tanh x) >= 0")
    slope = p.cert(
        le(0, steep - 1 + x**2),
        products=[(1, [above, low], []), (1, [above, below], [])],
        dens=[plus],
    )
    facts = [f.discharge(low).gen(x) for f in (slope, plus)]
    third = p.step("increasing", facts, [x, tanh(x) - x + x**3 / 3, num(0)]).spec(x).mp(low)
    lower = p.cert(le(x - x**3 / 3, tanh(x)), products=[(1, [third], [])], eqs=[(1, at_zero)])
    return lower.both(above).discharge(low).gen(x).spec(y).mp(p.assume(le(0, y)))


@statement(
    "S1.leading",
    source="new",
    title="leading order of the chi-square bound",
    words="y^2 <= sinh^2 y for y >= 0: S1's bound is at least Lambda^2, its leading order.",
)
def sinh_leading(p: Proof) -> Fact:
    x = real("x")
    low = p.assume(le(0, x))
    X, positive = exp(x), p.axiom("exp_pos", x)
    inverse = p.positive_inverse(positive)
    p.note("(e^x - e^-x - 2x)' = (e^x - 1)^2 e^-x >= 0")
    slope = p.cert(le(0, X + X / X**2 - 2), products=[(1, [inverse], [X - 1])], dens=[positive])
    facts = [f.discharge(low).gen(x) for f in (slope, positive)]
    rising = p.step("increasing", facts, [x, X - 1 / X - 2 * x, num(0)]).spec(x).mp(low)
    zero = exp(num(0))
    none = p.axiom("exp_zero")
    unit = p.cancel(p.axiom("exp_pos", 0))
    at_zero = p.equal(zero - 1 / zero, 0, [(1 + 1 / zero, none), (1, unit)])
    above = p.cert(le(2 * x, X - 1 / X), products=[(1, [rising], [])], eqs=[(1, at_zero)])
    back = p.equal(1 / X, exp(-x), [(1 / X, p.axiom("exp_add", x, -x)), (1 / X, p.axiom("exp_zero"))], [positive])
    square = p.cert(le(x**2, (X - 1 / X) ** 2 / 4), products=[("1/4", [above, above], []), (1, [above, low], [])])
    out = p.cert(
        le(x**2, (X - exp(-x)) ** 2 / 4),
        products=[(1, [square], [])],
        eqs=[((2 * X - 1 / X - exp(-x)) / 4, back)],
    )
    return out.discharge(low).gen(x).spec(y).mp(p.assume(le(0, y)))
