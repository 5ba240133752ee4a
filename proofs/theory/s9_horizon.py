"""S9: even with a perfect reward model, naive-proposal SMC is wrong by the order of T/N; derived in sympy.

Instance: the first step chooses A or B evenly.  Below A every step is a fair sign and multiplies V by 3/2 or 1/2; below B, V stays 1.  The
number k of the N particles that lie below A after resampling is a Markov chain: with the k signs' sum 2 D, the next N particles lie below A
independently with probability (k + D)/(N + D).  X(n, k) is the expected fraction below A after n further steps.
"""

from __future__ import annotations

from sympy import Add, Eq, Expr, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Expect,
    ForAll,
    Implication,
    Law,
    function,
    relation,
    symbols,
    total,
)
from proofs.registry import lemma, statement

N, n, k, i = symbols("N n k i", "nat")
q = symbols("q")[0]
sign, signs = Element("s", "Coin"), Element("c", "Coin*")
side, sides = Element("e", "Side"), Element("d", "Side*")
A_side, B_side = Element("A", "Side"), Element("B", "Side")
coin, branch = Law("coin", "", "Coin"), Law("branch", "real", "Side")
sgn, below = function("sgn", "Coin -> real"), function("below", "Side -> nat")
X = function("X", "nat nat -> real")
D = total(k, i, sgn(Entry(signs, i))) / 2
share = (k + D) / (N + D)
x = k / N
theta = 1 - Rational(3, 2) / N
tosses = coin.draws(k)
half = Rational(1, 2)


def count(crowd: Expr) -> Expr:
    """How many of the N particles lie below A."""
    return total(N, i, below(Entry(crowd, i)))


def fair(d: Derivation) -> tuple[Line, Line]:
    """A fair sign: sgn^2 = 1 and E sgn = 0."""
    return d.given(ForAll(sign, Eq(sgn(sign) ** 2, 1)), Eq(Expect(coin, sign, sgn(sign)), 0))


def particles(d: Derivation) -> Line:
    """2 <= N; known: 0 < N."""
    two = d.given(relation("<=", 2, N))
    d.know(d.prove(relation("<", 0, N), two))
    return two


def crowd(d: Derivation) -> Line:
    """k <= N and 2 <= N; known: what |2 D| <= k says of k + D and N + D.  Returns |2 D| <= k."""
    d.given(k <= N)
    particles(d)
    size = d.use("sign_sum")(signs)
    d.know(d.prove(0 <= k + D, size[1]))
    d.know(d.prove(0 < N + D, size[1]))
    return size


@lemma("sign_sum", title="k signs sum to at most k in size", words="|sum_{i<k} sgn(c_i)| <= k.")
@in_sympy("sign_sum")
def sign_sum(d: Derivation) -> Line:
    square, _ = fair(d)
    toss = Entry(signs, i)
    d.know(square(toss))
    with d.below(i, k) as here:
        up, down = (here.sum(d.use("square_below")(s * sgn(toss), 1)) for s in (1, -1))
    return d.gen(d.both(d.prove(D <= k / 2, up), d.prove(0 <= k / 2 + D, down)), signs)


def moments(d: Derivation) -> tuple[Line, Line]:
    """E D = 0 and E D^2 = k/4 over k fair signs."""
    square, centred = fair(d)
    first = d.prove(Eq(Expect(tosses, signs, D), 0), d.iid_sum(coin, sign, sgn(sign), k), centred)
    mu, g, y = Law("mu", "", "Coin"), function("g", "Coin -> real"), Element("y", "Coin")
    spread = d.use("iid_mean_square", {mu: coin, g(y): sgn(y), N: k}, {"Y": "Coin"})
    ones = d.expect(coin, sign, square(sign))
    return first, d.prove(Eq(Expect(tosses, signs, D**2), k / 4), spread, ones)


@lemma(
    "split_drift",
    title="the mean share drifts away from A",
    words="E (k + D)/(N + D) <= x - x (1 - x)/(6 N) for x = k/N.",
)
@in_sympy("split_drift")
def split_drift(d: Derivation) -> Line:
    """D/(N + D) = D/N - D^2/(N (N + D)) <= D/N - (2/3) D^2/N^2, since N + D <= 3 N/2."""
    size, both = crowd(d), moments(d)
    room = d.prove(0 <= 3 * N / 2 - (N + D), size[0])
    pointwise = d.prove(share <= x + (1 - x) * (D / N - 2 * D**2 / (3 * N**2)), room)
    return d.prove(Expect(tosses, signs, share) <= x - x * (1 - x) / (6 * N), d.expect(tosses, signs, pointwise), *both)


@lemma(
    "split_spread",
    title="the shares stay apart",
    words="E p (1 - p) >= x (1 - x)(1 - 1/(2 N)) for p = (k + D)/(N + D), x = k/N.",
)
@in_sympy("split_spread")
def split_spread(d: Derivation) -> Line:
    """(1 + d)^(-2) >= 1 - 2 d for d = D/N >= -1/2: 1 - (1 - 2d)(1 + d)^2 = d^2 (3 + 2d)."""
    size, both = crowd(d), moments(d)
    room = d.prove(0 <= 3 * N + 2 * D, size[1])
    pointwise = d.prove((1 - x) * (x + D / N) * (1 - 2 * D / N) <= share * (1 - share), room)
    mean = d.expect(tosses, signs, pointwise)
    return d.prove(x * (1 - x) * (1 - 1 / (2 * N)) <= Expect(tosses, signs, share * (1 - share)), mean, *both)


@lemma(
    "branch_law",
    title="one particle below A with probability q",
    words="E[branch(q)] f = (1 - q) f(B) + q f(A), for 0 <= q <= 1.",
)
@in_sympy("branch_law")
def branch_law(d: Derivation) -> Line:
    d.given(0 <= q, q <= 1)

    def mean(f):
        return Add((1 - q) * f(B_side), q * f(A_side), evaluate=False)  # sealed in this order

    law = d.define_law(
        branch(q),
        side,
        mean,
        lambda test, f: d.prove(0 <= mean(f), test(A_side), test(B_side)),
    )
    return law(function("_f", "Side -> real")(side))


def sided(d: Derivation) -> tuple[Line, Line]:
    """below is the indicator of A."""
    return d.given(Both(Eq(below(A_side), 1), Eq(below(B_side), 0)), ForAll(side, Eq(below(side) ** 2, below(side))))


@lemma("count_at_most", title="at most N particles lie below A")
@in_sympy("count_at_most")
def count_at_most(d: Derivation) -> Line:
    """An indicator is at most 1: b > 1 would give b^2 > b."""
    _, square = sided(d)
    one = Entry(sides, i)
    with d.below(i, N) as here:
        summed = here.sum(d.contradiction(below(one) <= 1, square(one)))
    return d.gen(d.prove(count(sides) <= N, summed), sides)


@lemma(
    "branch_moments",
    title="mean and spread of the share of N particles",
    words="K of N independent particles lie below A, each with probability q: E K/N = q, E (K/N)(1 - K/N) = (1 - 1/N) q (1 - q).",
)
@in_sympy("branch_moments")
def branch_moments(d: Derivation) -> Line:
    d.given(relation("<", 0, N), 0 <= q, q <= 1)
    ends, square = sided(d)
    law, others, part = branch(q), branch(q).draws(N), count(sides) / N
    one = Expect(law, side, below(side))
    mean = d.prove(
        Eq(one, q), d.use("branch_law", {function("_f", "Side -> real")(side): below(side)}), ends[0], ends[1]
    )
    first = d.iid_sum(law, side, below(side), N)
    average = d.prove(Eq(Expect(others, sides, part), q), first, mean)
    u, v = Element("u", "Side"), Element("v", "Side")
    pair = d.iid_pair(law, u, v, below(u) * below(v), N)
    ones = d.expect(law, side, square(side))
    square_mean = Expect(others, sides, count(sides) ** 2)
    squares = d.prove(Eq(square_mean, N * q + N * (N - 1) * q**2), pair, ones, mean)
    spread = d.prove(Eq(Expect(others, sides, part * (1 - part)), (1 - 1 / N) * q * (1 - q)), average, squares)
    return d.both(average, spread)


def claim(steps: Expr, crowd_size: Expr) -> Expr:
    """X(n, k) <= x - x (1 - x) (1 - theta^n)/9."""
    ratio = crowd_size / N
    return X(steps, crowd_size) <= ratio - ratio * (1 - ratio) * (1 - theta**steps) / 9


def after_branching(d: Derivation, hyp: Line, value: Expr) -> Line:
    """E over N particles, each below A with probability `value`, of X(n, K) <= value - (1 - 1/N) value (1 - value)(1 - theta^n)/9."""
    law, shrink = branch(value).draws(N), (1 - theta**n) / 9
    d.know(d.use("count_at_most")(sides))
    average = d.expect(law, sides, hyp(count(sides)))
    mean = d.use("branch_moments", {q: value})
    goal = Expect(law, sides, X(n, count(sides))) <= value - (1 - 1 / N) * value * (1 - value) * shrink
    return d.prove(goal, average, mean[0], mean[1])


@lemma(
    "split_recursion",
    title="the mean share after n steps",
    words="X(n, k) <= x - x (1 - x)(1 - theta^n)/9 for x = k/N, k <= N, theta = 1 - 3/(2N).",
)
@in_sympy("split_recursion")
def split_recursion(d: Derivation) -> Line:
    move = Expect(tosses, signs, Expect(branch(share).draws(N), sides, X(n, count(sides))))
    start, step = d.given(ForAll(k, Eq(X(0, k), k / N)), ForAll(n, k, Eq(X(n + 1, k), move)))
    fair(d), sided(d)
    two = particles(d)
    with d.suppose(k <= N) as here:
        base = here.then(d.prove(claim(0, k), start(k)), k)
    with d.suppose(ForAll(k, Implication(k <= N, claim(n, k)))) as hyp, d.suppose(k <= N) as here:
        size = d.use("sign_sum")(signs)
        d.know(d.prove(0 <= k + D, size[1]))
        d.know(d.prove(0 < N + D, size[1]))
        d.know(d.prove(0 <= share)), d.know(d.prove(share <= 1))  # a probability
        mean = d.expect(tosses, signs, after_branching(d, hyp[0], share))
        # the share drifts down by x(1-x)/(6N), and x(1-x) shrinks by (1 - 1/N)(1 - 1/(2N)) >= theta at most
        drift, spread = d.use("split_drift"), d.use("split_spread")
        d.know(d.prove(0 <= theta, two))
        shrink, apart = (1 - theta**n) / 9, x * (1 - x)
        most = d.prove(0 <= shrink, d.use("power_mono")(theta, 1, n))
        kept = d.prove(0 <= shrink * (1 - 1 / N), most, d.prove(0 <= 1 - 1 / N, two))
        less = d.prove(shrink * (1 - 1 / N) * spread.lhs <= shrink * (1 - 1 / N) * spread.rhs, kept, spread)
        slack = d.prove(0 <= apart * shrink / (2 * N**2), most, d.prove(0 <= apart))
        out = d.prove(claim(n + 1, k), step(n, k), mean, drift, less, slack)
        later = hyp.then(here.then(out, k))
    return d.induct(n, lambda m: ForAll(k, Implication(k <= N, claim(m, k))), base, later)


@statement(
    "S9",
    source="new",
    title="the horizon dependence is exactly T/N",
    words="Perfect reward model, ratios in [1/2, 3/2], T = n + 1 steps, N >= 2 particles.  The target's mass of A is 1/2, the output lies "
    "below A with probability at most 1/2 - (1/36)(1 - 1/N)^2 (1 - (1 - 3/(2N))^(T-1)): so TV is at least the last term.  (The first step "
    "branches and resamples, hence the square.)",
)
@in_sympy("S9")
def horizon(d: Derivation) -> Line:
    particles(d)
    sided(d)
    first = Element("c0", "Side*")
    chosen = count(first) / N  # the first step: N fair branches, resampled with equal weights
    d.know(d.use("count_at_most")(first))
    d.know(d.prove(0 <= chosen)), d.know(d.prove(chosen <= 1))
    law = branch(half).draws(N)
    mean = d.expect(law, first, after_branching(d, d.use("split_recursion")(n), chosen))
    start = d.use("branch_moments", {q: half})
    goal = (1 - 1 / N) ** 2 * (1 - theta**n) / 36 <= half - mean.lhs
    return d.prove(goal, mean, start[0], start[1])
