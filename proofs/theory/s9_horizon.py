"""S9: even with a perfect reward model, naive-proposal SMC is wrong by the order of T/N.

Instance: the first step chooses A or B evenly.  Below A every step is a fair sign and multiplies V by 3/2 or 1/2; below B, V stays 1.  The
number k of the N particles that lie below A after resampling is a Markov chain: with the k signs' sum 2 D, the next N particles lie below A
independently with probability (k + D)/(N + D).  X(n, k) is the expected fraction below A after n further steps.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    num,
    real,
    total,
)
from proofs.registry import lemma, statement

N, n, k, i = nat("N n k i")
q = real("q")
sign, signs = element("Coin", "s"), element("Coin*", "c")
side, sides = element("Side", "e"), element("Side*", "d")
A_side, B_side = element("Side", "A"), element("Side", "B")
coin, branch = measure("coin", "", "Coin"), measure("branch", "real", "Side")
sgn, below = fn("sgn", "Coin -> real"), fn("below", "Side -> nat")
X = fn("X", "nat nat -> real")
D = total(k, i, sgn(at(signs, i))) / 2
share = (k + D) / (N + D)
x = k / N
theta = 1 - num("3/2") / N
count = total(N, i, below(at(sides, i)))


def fair(p: Proof) -> tuple[Fact, Fact]:
    """A fair sign: sgn^2 = 1 and E sgn = 0."""
    return p.assume(all_of(sign, eq(sgn(sign) ** 2, 1))), p.assume(eq(E(coin, sign, sgn(sign)), 0))


def crowd(p: Proof) -> tuple[Fact, Fact]:
    """k <= N and 2 <= N."""
    return p.assume(le(k, N)), p.assume(le(2, N))


def positive_count(p: Proof, two: Fact) -> Fact:
    return p.cert(lt(0, N), products=[(1, [two], []), (2, [], [])])


@lemma("sign_sum", title="k signs sum to at most k in size", words="|sum_{i<k} sgn(c_i)| <= k.")
def sign_sum(p: Proof) -> Fact:
    square, _ = fair(p)
    one, unit = square.spec(sign), p.cert(le(0, 1), products=[(1, [], [])])
    up, down = (
        p.use("square_below").spec(z, 1).mp(p.cert(le(z**2, num(1) ** 2), eqs=[(1, one)]), unit)
        for z in (sgn(sign), -sgn(sign))
    )
    c = at(signs, i)
    above = p.mono(up.gen(sign).spec(c).gen(i), total(k, i, sgn(c)), total(k, i, 1))
    under = p.mono(down.gen(sign).spec(c).gen(i), total(k, i, -sgn(c)), total(k, i, 1))
    return (
        p.cert(le(D, k / 2), products=[("1/2", [above], [])])
        .both(p.cert(le(0, k / 2 + D), products=[("1/2", [under], [])]))
        .gen(signs)
    )


def moments(p: Proof) -> tuple[Fact, Fact]:
    """E D = 0 and E D^2 = k/4 over k fair signs."""
    square, centred = fair(p)
    law = draws(k, coin)
    mean = p.step("iid_sum", [], [E(coin, sign, sgn(sign)), k])
    first = p.equal(E(law, signs, D), 0, [(num("1/2"), mean), (k / 2, centred)])
    spread = p.use("iid_mean_square").rename_sort("Y", "Coin")
    mu, g, y, cloud = measure("mu", "", "Coin"), fn("g", "Coin -> real"), element("Coin", "y"), nat("N")
    spread = spread.inst((E(mu, y, 0), E(coin, y, 0)), (g(y), sgn(y)), (cloud, k)).cut(centred)
    ones = p.rewrite(square, lambda F: E(coin, sign, F(sign)))
    second = p.equal(E(law, signs, D**2), k / 4, [(num("1/4"), spread), (k / 4, ones)])
    return first, second


@lemma(
    "split_drift",
    title="the mean share drifts away from A",
    words="E (k + D)/(N + D) <= x - x (1 - x)/(6 N) for x = k/N.",
)
def split_drift(p: Proof) -> Fact:
    few, two = crowd(p)
    Npos = positive_count(p, two)
    size = p.use("sign_sum").spec(signs)
    first, second = moments(p)
    total_weight = p.cert(lt(0, N + D), products=[(1, [size.right], []), ("1/2", [few], []), ("1/2", [Npos], [])])
    inverse, Ninv = p.positive_inverse(total_weight), p.positive_inverse(Npos)
    p.note("D/(N + D) = D/N - D^2/(N (N + D)) <= D/N - (2/3) D^2/N^2, since N + D <= 3 N/2")
    room = p.cert(le(0, num("3/2") * N - (N + D)), products=[(1, [size.left], []), ("1/2", [few], [])])
    pointwise = p.cert(
        le(share, x + (1 - x) * (D / N - num("2/3") * D**2 / N**2)),
        products=[("2/3", [room, few, inverse, Ninv, Ninv, Ninv], [D])],
        dens=[total_weight, Npos],
    )
    law = draws(k, coin)
    left, right = pointwise.sides
    mean = p.mono(pointwise.gen(signs), E(law, signs, left), E(law, signs, right))
    return p.cert(
        le(E(law, signs, share), x - x * (1 - x) / (6 * N)),
        products=[(1, [mean], [])],
        eqs=[((1 - x) / N, first), ((1 - x) * num("2/3") / N**2, second)],
        dens=[Npos],
    )


@lemma(
    "split_spread",
    title="the shares stay apart",
    words="E p (1 - p) >= x (1 - x)(1 - 1/(2 N)) for p = (k + D)/(N + D), x = k/N.",
)
def split_spread(p: Proof) -> Fact:
    few, two = crowd(p)
    Npos = positive_count(p, two)
    size = p.use("sign_sum").spec(signs)
    first, second = moments(p)
    W = N + D
    total_weight = p.cert(lt(0, W), products=[(1, [size.right], []), ("1/2", [few], []), ("1/2", [Npos], [])])
    inverse, Ninv = p.positive_inverse(total_weight), p.positive_inverse(Npos)
    held = p.cert(le(0, k + D), products=[(1, [size.right], []), ("1/2", [p.nat_nonneg(k)], [])])
    p.note("(1 + d)^(-2) >= 1 - 2 d for d = D/N >= -1/2: 1 - (1 - 2d)(1 + d)^2 = d^2 (3 + 2d)")
    room = p.cert(le(0, 3 * N + 2 * D), products=[(2, [size.right], []), (1, [few], []), (2, [Npos], [])])
    pointwise = p.cert(
        le((1 - x) * (x + D / N) * (1 - 2 * D / N), share * (1 - share)),
        products=[(1, [few, held, room, inverse, inverse, Ninv, Ninv, Ninv], [D])],
        dens=[total_weight, Npos],
    )
    law = draws(k, coin)
    left, right = pointwise.sides
    mean = p.mono(pointwise.gen(signs), E(law, signs, left), E(law, signs, right))
    return p.cert(
        le(x * (1 - x) * (1 - num("1/2") / N), E(law, signs, share * (1 - share))),
        products=[(1, [mean], [])],
        eqs=[((1 - x) * (1 - 2 * x) / N, first), ((1 - x) * 2 / N**2, second)],
        dens=[Npos],
    )


@lemma(
    "branch_law",
    title="one particle below A with probability q",
    words="E[branch(q)] f = (1 - q) f(B) + q f(A), for 0 <= q <= 1.",
)
def branch_law(p: Proof) -> Fact:
    low, high = p.assume(le(0, q)), p.assume(le(q, 1))
    law, _ = p.define_measure(
        branch(q),
        side,
        lambda f: (1 - q) * f(B_side) + q * f(A_side),
        lambda test: p.cert(
            le(0, (1 - q) * test.spec(B_side).sides[1] + q * test.spec(A_side).sides[1]),
            products=[(1, [high, test.spec(B_side)], []), (1, [low, test.spec(A_side)], [])],
        ),
    )
    return law


def sided(p: Proof) -> tuple[Fact, Fact]:
    """below is the indicator of A."""
    ends = p.assume(both(eq(below(A_side), 1), eq(below(B_side), 0)))
    return ends, p.assume(all_of(side, eq(below(side) ** 2, below(side))))


@lemma("count_at_most", title="at most N particles lie below A")
def count_at_most(p: Proof) -> Fact:
    _, square = sided(p)
    p.note("an indicator is at most 1: b > 1 would give b^2 > b")
    one = square.spec(side)
    big = p.assume(lt(1, below(side)))
    false = p.cert(lt(0, 0), products=[(1, [big, big], []), (1, [big], [])], eqs=[(1, one)])
    goal = le(below(side), 1)
    small = p.cases(below(side), 1, p.assume(goal), p.absurd(goal, false)).gen(side)
    summed = p.mono(small.spec(at(sides, i)).gen(i), count, total(N, i, 1))
    return p.cert(le(count, N), products=[(1, [summed], [])]).gen(sides)


@lemma(
    "branch_moments",
    title="mean and spread of the share of N particles",
    words="K of N independent particles lie below A, each with probability q: E K/N = q, E (K/N)(1 - K/N) = (1 - 1/N) q (1 - q).",
)
def branch_moments(p: Proof) -> Fact:
    many = p.assume(lt(0, N))
    ends, square = sided(p)
    law = p.use("branch_law").inst((fn("_f", "Side -> real")(side), below(side)))
    mean = p.equal(law.sides[0], q, [(1, law), (q, ends.left), (1 - q, ends.right)])
    cloud = draws(N, branch(q))
    first = p.step("iid_sum", [], [mean.sides[0], N])
    average = p.equal(E(cloud, sides, count / N), q, [(1 / N, first), (1, mean)], [many])
    d, f = element("Side", "u"), element("Side", "v")
    pair = p.step("iid_pair", [], [E(branch(q), d, E(branch(q), f, below(d) * below(f))), N])
    ones = p.rewrite(square, lambda F: E(branch(q), side, F(side)))
    m = mean.sides[0]
    spread = p.equal(
        E(cloud, sides, count / N * (1 - count / N)),
        (1 - 1 / N) * q * (1 - q),
        [
            (1 / N, first),
            (1 / N**2, pair),
            (1 / N, ones),
            (1, mean),
            (1 / N, mean),
            ((1 - 1 / N) * (m + q), mean),
        ],
        [many],
    )
    return average.both(spread)


def claim(steps: Node, crowd_size: Node) -> Node:
    """X(n, k) <= x - x (1 - x) (1 - theta^n)/9."""
    ratio = crowd_size / N
    return le(X(steps, crowd_size), ratio - ratio * (1 - ratio) * (1 - theta**steps) / 9)


def contracting(p: Proof, two: Fact) -> tuple[Fact, Fact]:
    """0 <= theta^n and theta^n <= 1."""
    Npos = positive_count(p, two)
    inverse = p.positive_inverse(Npos)
    low = p.cert(le(0, theta), products=[(1, [two, inverse], []), ("1/2", [inverse], [])], dens=[Npos])
    high = p.cert(le(theta, 1), products=[("3/2", [inverse], [])])
    power = p.use("power_mono").spec(theta, 1, n).mp(low, high)
    return p.use("power_nonneg").spec(theta, n).mp(low), p.conv(power, le(theta**n, 1))


def after_branching(p: Proof, hyp: Fact, value: Node, low: Fact, high: Fact, two: Fact) -> Fact:
    """E over N particles, each below A with probability `value`, of X(n, K) <= value - (1 - 1/N) value (1 - value)(1 - theta^n)/9."""
    law = draws(N, branch(value))
    most = p.use("count_at_most").spec(sides)
    each = hyp.spec(count).mp(most).gen(sides)
    left, right = hyp.spec(count).mp(most).sides
    average = p.mono(each, E(law, sides, left), E(law, sides, right))
    both_moments = p.use("branch_moments").inst((q, value)).cut(low, high, positive_count(p, two))
    shrink = (1 - theta**n) / 9
    return p.cert(
        le(average.sides[0], value - (1 - 1 / N) * value * (1 - value) * shrink),
        products=[(1, [average], [])],
        eqs=[(1, both_moments.left), (shrink, both_moments.right)],
    )


@lemma(
    "split_recursion",
    title="the mean share after n steps",
    words="X(n, k) <= x - x (1 - x)(1 - theta^n)/9 for x = k/N, k <= N, theta = 1 - 3/(2N).",
)
def split_recursion(p: Proof) -> Fact:
    start = p.assume(all_of(k, eq(X(0, k), k / N)))
    move = E(draws(k, coin), signs, E(draws(N, branch(share)), sides, X(n, count)))
    step = p.assume(all_of(n, k, eq(X(n + 1, k), move)))
    few, two = crowd(p)
    Npos = positive_count(p, two)
    p.note("n = 0: X = x")
    base = p.cert(claim(num(0), k), eqs=[(1, start.spec(k))]).discharge(few).gen(k)
    hyp = p.assume(all_of(k, implies(le(k, N), claim(n, k))))
    size = p.use("sign_sum").spec(signs)
    weight = p.cert(lt(0, N + D), products=[(1, [size.right], []), ("1/2", [few], []), ("1/2", [Npos], [])])
    inverse = p.positive_inverse(weight)
    held = p.cert(le(0, k + D), products=[(1, [size.right], []), ("1/2", [p.nat_nonneg(k)], [])])
    p.note("the probability (k + D)/(N + D) lies in [0, 1]")
    low = p.cert(le(0, share), products=[(1, [held, inverse], [])])
    high = p.cert(le(share, 1), products=[(1, [few, inverse], [])], dens=[weight])
    inner = after_branching(p, hyp, share, low, high, two)
    law = draws(k, coin)
    left, right = inner.sides
    mean = p.mono(inner.gen(signs), E(law, signs, left), E(law, signs, right))
    p.note("the share drifts down by x(1-x)/(6N), and x(1-x) shrinks by (1 - 1/N)(1 - 1/(2N)) >= theta at most")
    _, at_most = contracting(p, two)
    drift, spread = p.use("split_drift"), p.use("split_spread")
    Ninv = p.positive_inverse(Npos)
    one = p.step("nat_step", [Npos], [])
    goal = claim(n + 1, k)
    out = p.cert(
        goal,
        products=[
            (1, [mean], []),
            (1, [drift], []),
            ("1/9", [at_most, spread, one, Ninv], []),
            ("1/18", [at_most, p.nat_nonneg(k), few, Ninv, Ninv, Ninv, Ninv], []),
        ],
        eqs=[(1, step.spec(n, k))],
        dens=[Npos],
    )
    return p.induct(n, all_of(k, implies(le(k, N), claim(n, k))), base, out.discharge(few).gen(k).discharge(hyp))


@statement(
    "S9",
    source="new",
    title="the horizon dependence is exactly T/N",
    words="Perfect reward model, ratios in [1/2, 3/2], T = n + 1 steps, N >= 2 particles.  The target's mass of A is 1/2, the output lies "
    "below A with probability at most 1/2 - (1/36)(1 - 1/N)^2 (1 - (1 - 3/(2N))^(T-1)): so TV is at least the last term.  (The first step "
    "branches and resamples, hence the square.)",
)
def horizon(p: Proof) -> Fact:
    _, two = crowd(p)
    Npos = positive_count(p, two)
    bound = p.use("split_recursion").spec(n)
    first = element("Side*", "c0")
    initial = total(N, i, below(at(first, i)))
    p.note("the first step: N fair branches, resampled with equal weights")
    most = p.use("count_at_most").spec(first)
    chosen, Ninv = initial / N, p.positive_inverse(Npos)
    low = p.cert(le(0, chosen), products=[(1, [p.nat_nonneg(initial), Ninv], [])])
    high = p.cert(le(chosen, 1), products=[(1, [most, Ninv], [])], dens=[Npos])
    inner = after_branching(p, bound, chosen, low, high, two)
    half = num("1/2")
    law = draws(N, branch(half))
    left, right = inner.sides
    mean = p.mono(inner.gen(first), E(law, first, left), E(law, first, right))
    fair_start = p.use("branch_moments").inst((q, half))
    ends = [p.cert(phi, products=[(half.value, [], [])]) for phi in (le(0, half), le(half, 1))]
    fair_start = fair_start.cut(*ends, Npos)
    shrink = (1 - theta**n) / 9
    return p.cert(
        le((1 - 1 / N) ** 2 * (1 - theta**n) / 36, half - E(law, first, left)),
        products=[(1, [mean], [])],
        eqs=[(1, fair_start.left), ((1 - 1 / N) * shrink, fair_start.right)],
    )
