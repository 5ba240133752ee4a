"""S7: independent Metropolis-Hastings on guided proposals; derived in sympy.

Proposals are independent draws of `guided`; the target is W times guided, E W = 1.  A proposed path y is accepted from x with probability
accept(x, y) = min(1, W(y)/W(x)).  U(n, x) is the expected test function F after n proposals from x; the first path is a proposal itself, so
H proposals in all are n = H - 1 steps.
"""

from __future__ import annotations

from sympy import Abs, Eq, Expr

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Element, Expect, ForAll, Law, Recip, function, product, relation, symbols
from proofs.registry import lemma, statement
from proofs.theory.model import Vocabulary

metropolis = Vocabulary(
    {
        "Path": "x y",
        "nat": "n k m t",
        "real": "a b q R eps",
        "~ Path": "guided",
        "Path -> real": "W F",
        "Path Path -> real": "accept",
        "nat Path -> real": "U",
    }
)
x, y, n, k, m, t, a, b, q, R, eps = metropolis.symbols("x y n k m t a b q R eps")
guided, W, F, accept, U = metropolis.symbols("guided W F accept U")
target = Expect(guided, x, W(x) * F(x))


def rule(d: Derivation) -> tuple[Line, Line, Line]:
    """W > 0; accept = min(1, W(y)/W(x)), written without a quotient: at most one and W(y)/W(x), and equal to one of them."""
    p = accept(x, y)
    return d.given(
        ForAll(x, 0 < W(x)),
        ForAll(x, y, Both(p <= 1, p * W(x) <= W(y))),
        ForAll(x, y, Eq((1 - p) * (W(y) - p * W(x)), 0)),
    )


def tests(d: Derivation) -> Line:
    """0 <= F <= 1."""
    return d.given(ForAll(x, Both(0 <= F(x), F(x) <= 1)))


def next_value(at_y: Expr, at_x: Expr) -> Expr:
    """What one proposal y from x does to a value."""
    return accept(x, y) * at_y + (1 - accept(x, y)) * at_x


def chain(d: Derivation) -> tuple[Line, Line]:
    """U(0, x) = F(x); U(n + 1, x) = E over a proposal y of accept U(n, y) + (1 - accept) U(n, x)."""
    step = Expect(guided, y, next_value(U(n, y), U(n, x)))
    return d.given(ForAll(x, Eq(U(0, x), F(x))), ForAll(n, x, Eq(U(n + 1, x), step)))


@lemma(
    "detailed_balance",
    title="detailed balance of Metropolis-Hastings",
    words="W(x) accept(x, y) = W(y) accept(y, x): both are min(W(x), W(y)).",
)
@in_sympy("detailed_balance")
def detailed_balance(d: Derivation) -> Line:
    positive, most, least = rule(d)

    def flow(at: Element, to: Element) -> tuple[Expr, Line, Line, Line]:
        """W(at) accept(at, to), that it is at most W(at) and W(to), and equal to one of them."""
        value = accept(at, to) * W(at)
        own = d.prove(value <= W(at), most(at, to)[0], positive(at))
        return value, own, most(at, to)[1], d.prove(Eq((W(at) - value) * (W(to) - value), 0), least(at, to))

    first, second = flow(x, y), flow(y, x)

    def below(one, two) -> Line:
        """Otherwise two < min(W(x), W(y)), which contradicts that it equals one of them."""
        goal = one[0] <= two[0]
        with d.suppose(two[0] < one[0]) as here:
            up, other = (d.prove(two[0] < top.rhs, here[0], top) for top in one[1:3])
            high = d.anything(goal, d.prove(relation("<", 0, 0), up, other, two[3]))
        with d.suppose(goal) as here:
            low = here[0]
        return d.cases(one[0], two[0], low, high)

    return d.gen(d.equal(below(first, second), below(second, first)), x, y)


@lemma(
    "stationarity",
    title="the target is stationary",
    words="E W U(n, .) = E W F for every n.",
)
@in_sympy("stationarity")
def stationarity(d: Derivation) -> Line:
    start, step = chain(d)

    def mean(f) -> Expr:
        return Expect(guided, x, W(x) * f(x))

    def claim(count: Expr) -> Expr:
        return Eq(Expect(guided, x, W(x) * U(count, x)), target)

    base = d.replace(start, mean)
    with d.suppose(claim(n)) as hyp:
        # E E W(x) accept(x, y) U(y) = E E W(y) accept(y, x) U(y) = E E W(x) accept(x, y) U(x), by detailed balance and Fubini
        opened = d.replace(step(n), mean)
        turned = d.replace(d.use("detailed_balance"), lambda f: Expect(guided, x, Expect(guided, y, f(x, y) * U(n, y))))
        swapped = d.fubini(Expect(guided, x, Expect(guided, y, accept(y, x) * W(y) * U(n, y))))
        later = hyp.then(d.prove(claim(n + 1), opened, turned, swapped, hyp[0]))
    return d.induct(n, claim, base, later)


@lemma(
    "minorised",
    title="every move is to the target with probability 1/R",
    words="If W <= R then accept(x, y) >= W(y)/R.",
)
@in_sympy("minorised")
def minorised(d: Derivation) -> Line:
    positive, _, least = rule(d)
    top, _ = d.given(ForAll(x, W(x) <= R), 0 < R)
    p = accept(x, y)
    goal = W(y) / R <= p
    with d.suppose(1 <= p) as here:
        low = d.prove(goal, here[0], d.prove(W(y) / R <= 1, top(y)))
    with d.suppose(p < 1) as here:  # accept W(x) = W(y) and W(x) <= R
        low_side, high_side = p * W(x) <= W(y), W(y) <= p * W(x)
        even = d.equal(*(d.contradiction(f, here[0], least(x, y)) for f in (low_side, high_side)))
        d.know(d.contradiction(0 < p, positive(x), positive(y), even))
        high = d.prove(goal, d.prove(p * W(x) <= p * R, top(x)), even)
    return d.gen(d.cases(1, p, low, high), x, y)


@lemma(
    "contraction",
    title="the values after n proposals lie in an interval that shrinks by 1 - 1/R a step",
    words="If 0 <= F <= 1, W <= R and R >= 1 then target (1 - (1-1/R)^n) <= U(n, x) <= target + (1-1/R)^n (1 - target).",
)
@in_sympy("contraction")
def contraction(d: Derivation) -> Line:
    start, step = chain(d)
    within, (_, at_most, _) = tests(d), rule(d)
    mean, _ = d.given(Eq(Expect(guided, x, W(x)), 1), 1 <= R)
    d.know(d.prove(0 < R))
    theta = 1 - 1 / R
    d.know(d.prove(0 <= theta))
    d.know(d.use("power_nonneg")(theta, n))

    def ends(count: Expr) -> tuple[Expr, Expr]:
        return target * (1 - theta**count), target + theta**count * (1 - target)

    def inside(count: Expr) -> tuple[Expr, Expr]:
        low, high = ends(count)
        return low <= U(count, x), U(count, x) <= high

    base = d.gen(d.both(*(d.prove(f, within(x)[side], start(x)) for side, f in enumerate(inside(0)))), x)
    with d.suppose(ForAll(x, Both(*inside(n)))) as hyp:
        here, there = hyp[0](x), hyp[0](y)
        least, most = d.use("minorised")(x, y), at_most(x, y)[0]
        value, move = next_value(U(n, y), U(n, x)), step(n, x)
        stays = d.use("stationarity")(n)  # E W U(n, .) = target and E (1 - W/R) = 1 - 1/R
        parts = []
        for side, (end, goal) in enumerate(zip(ends(n), inside(n + 1), strict=True)):
            # accept = W(y)/R + rest: the next value against the bounds, with the part W(y)/R exact
            exact = W(y) * U(n, y) / R + (1 - W(y) / R) * end
            bound = exact <= value if side == 0 else value <= exact
            over, sign = accept(x, y) - W(y) / R, 1 - 2 * side
            moved = d.prove(0 <= over * sign * (U(n, y) - end), least, there[side])
            stayed = d.prove(0 <= (1 - accept(x, y)) * sign * (U(n, x) - end), most, here[side])
            average = d.expect(guided, y, d.prove(bound, moved, stayed))
            parts.append(d.prove(goal, average, move, stays, mean))
        later = hyp.then(d.gen(d.both(*parts), x))
    return d.induct(n, lambda count: ForAll(x, Both(*inside(count))), base, later)


def converges(d: Derivation, spread: Line) -> Line:
    """|E U(n, .) - target| <= (1-1/R)^n E|W - 1|/2 <= (1-1/R)^n times the bound `spread` on E|W - 1|/2; n is free."""
    mean = d.given(Eq(Expect(guided, x, W(x)), 1))
    theta, gap = 1 - 1 / R, W(x) - 1
    d.know(d.prove(0 < R))
    d.know(d.prove(0 <= theta))
    d.know(d.use("power_nonneg")(theta, n))
    interval, stays = d.use("contraction")(n, x), d.use("stationarity")(n)
    d.know(d.axiom("sqrt_square", gap**2))
    size = d.use("square_below")
    above, under = size(gap, Abs(gap)), size(-gap, Abs(gap))
    low = target * (1 - theta**n)
    bias = Expect(guided, x, U(n, x)) - target

    def averaged(sign: int, one: Line, two: Line) -> Line:
        """With U in [low, low + theta^n]: (1 - W)(U - low) <= theta^n (|W - 1| + 1 - W)/2, and the same with -(1 - W)."""
        part = -sign * gap
        up = d.prove(part * (U(n, x) - low) <= theta**n * (Abs(gap) + part) / 2, interval[0], interval[1], one, two)
        more = d.prove(theta**n * spread.lhs <= theta**n * spread.rhs, spread)
        return d.prove(sign * bias <= theta**n * spread.rhs, d.expect(guided, x, up), more, stays, mean)

    return d.both(averaged(1, under, above), averaged(-1, above, under))


def for_paths(d: Derivation, name: str, **at: Expr) -> Line:
    """An S0 theorem about (mu, h), read for (guided, W)."""
    law, density = Law("mu", "", "Path"), function("h", "Path -> real")
    values = {symbols(s)[0]: value for s, value in at.items()}
    return d.use(name, {law: guided, density(x): W(x), **values}, {"Y": "Path"})


def weight_range(d: Derivation) -> None:
    """a <= W <= R a, 0 < a and E W = 1; known from here on: W > 0, W <= R and R >= 1."""
    ranged, _, _ = d.given(ForAll(x, Both(a <= W(x), W(x) <= R * a)), 0 < a, Eq(Expect(guided, x, W(x)), 1))
    ends = for_paths(d, "mean_between", b=R * a)
    low, high = ranged(x)[0], ranged(x)[1]
    d.know(d.gen(d.prove(0 < W(x), low), x))
    d.know(d.prove(1 <= R, ends[1], ends[0]))  # R >= 1/a >= 1, and W <= R a <= R
    d.know(d.prove(0 < R))
    d.know(d.gen(d.prove(W(x) <= R, high, d.prove(R * a <= R, ends[0])), x))


@statement(
    "S7",
    source="new",
    title="independent Metropolis-Hastings on guided proposals",
    words="If W = dpi/dguided has values in [a, R a] then after H = n + 1 proposals, for every F with values in [0, 1]: "
    "|E F(path_H) - pi(F)| <= (1 - 1/R)^(H-1) (sqrt R - 1)/(sqrt R + 1); R = e^(2 Lambda) gives (1 - e^(-2 Lambda))^(H-1) tanh(Lambda/2).",
)
@in_sympy("S7")
def mixing(d: Derivation) -> Line:
    weight_range(d)
    return converges(d, for_paths(d, "S0.deviation_ratio", q=R))


@statement(
    "S7.uniform",
    source="new",
    title="Metropolis-Hastings with Bellman error eps",
    words="Guided paths, T = m + 1, Bellman ratios in [1/(1+eps), 1+eps], W = prod_{t=1}^m rho_t / C: after H = n + 1 proposals "
    "the error is at most (1 - (1+eps)^(-2m))^n ((1+eps)^m - 1)/((1+eps)^m + 1).",
)
@in_sympy("S7.uniform")
def uniform_mixing(d: Derivation) -> Line:
    rho, state, C = function("rho", "nat X -> real"), function("state", "Path nat -> X"), symbols("C")[0]
    ratio = rho(t, state(x, t))
    *_, bellman = d.given(0 <= eps, 0 < C, ForAll(x, t, Both(1 / (1 + eps) <= ratio, ratio <= 1 + eps)))

    def weight(count: Expr) -> Expr:
        return product(count, k, rho(k + 1, state(x, k + 1)))

    def claim(count: Expr) -> Expr:  # the product of m ratios lies in [(1+eps)^-m, (1+eps)^m]
        low, high = (1 + eps) ** -count, (1 + eps) ** count
        return Both(relation("<=", low, weight(count)), relation("<=", weight(count), high))

    base = d.both(*(d.prove(f) for f in claim(0).args))
    with d.suppose(claim(m)) as hyp:
        here = bellman(x, m + 1)
        d.know(d.prove(0 < weight(m), hyp[0][0]))
        down = d.prove(claim(m + 1).args[0], hyp[0][0], here[0])
        up = d.prove(claim(m + 1).args[1], hyp[0][1], here[1])
        step = hyp.then(d.both(down, up))
    within = d.induct(m, claim, base, step)(m)
    least, R_m = Recip(1 + eps) ** m * Recip(C), (1 + eps) ** (2 * m)
    ranged = d.both(d.prove(least <= weight(m) / C, within[0]), d.prove(weight(m) / C <= R_m * least, within[1]))
    d.know(d.gen(ranged, x))
    d.know(d.prove(0 < least))
    root = d.use("root_of_square")((1 + eps) ** m, R_m)  # S7 with R = (1+eps)^(2m), sqrt R = (1+eps)^m
    general = d.use("S7", {a: least, R: R_m, W(x): weight(m) / C})
    bias = Expect(guided, x, U(n, x)) - Expect(guided, x, weight(m) / C * F(x))
    theta = (1 - 1 / R_m) ** n
    return d.at(root, general, lambda g: Both(*(s * bias <= theta * ((g - 1) / (g + 1)) for s in (1, -1))))
