"""S7: independent Metropolis-Hastings on guided proposals.

Proposals are independent draws of `guided`; the target is W times guided, E W = 1.  A proposed path y is accepted from x with probability
accept(x, y) = min(1, W(y)/W(x)).  U(n, x) is the expected test function F after n proposals from x; the first path is a proposal itself, so
H proposals in all are n = H - 1 steps.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, absolute, all_of, both, element, eq, fn, le, lt, measure, nat, product, real
from proofs.lemmas.clouds import settle
from proofs.registry import lemma, statement

x, y = element("Path", "x y")
n, k, m, t = nat("n k m t")
a, R, s, eps = real("a R s eps")
guided = measure("guided", "", "Path")
W, F = fn("W", "Path -> real"), fn("F", "Path -> real")
accept, U = fn("accept", "Path Path -> real"), fn("U", "nat Path -> real")


def rule(p: Proof) -> dict[str, Fact]:
    """W > 0; accept = min(1, W(y)/W(x)), written without a quotient."""
    pxy = accept(x, y)
    formulas = {
        "weights are positive": all_of(x, lt(0, W(x))),
        "accept at most one": all_of(x, y, both(le(pxy, 1), le(pxy * W(x), W(y)))),
        "accept is a minimum": all_of(x, y, eq((1 - pxy) * (W(y) - pxy * W(x)), 0)),
    }
    return {name: p.assume(phi, note=name) for name, phi in formulas.items()}


def chain(p: Proof) -> tuple[Fact, Fact]:
    """U(0, x) = F(x); U(n + 1, x) = E over a proposal y of accept U(n, y) + (1 - accept) U(n, x)."""
    step = E(guided, y, accept(x, y) * U(n, y) + (1 - accept(x, y)) * U(n, x))
    return p.assume(all_of(x, eq(U(0, x), F(x)))), p.assume(all_of(n, x, eq(U(n + 1, x), step)))


target = E(guided, x, W(x) * F(x))


@lemma(
    "detailed_balance",
    title="detailed balance of Metropolis-Hastings",
    words="W(x) accept(x, y) = W(y) accept(y, x): both are min(W(x), W(y)).",
)
def detailed_balance(p: Proof) -> Fact:
    given = rule(p)

    def flow(q: Node, z: Node) -> tuple[Node, Fact, Fact, Fact]:
        """W(q) accept(q, z), that it is at most W(q) and W(z), and equal to one of them."""
        most, positive = given["accept at most one"].spec(q, z), given["weights are positive"].spec(q)
        value = accept(q, z) * W(q)
        own = p.cert(le(value, W(q)), products=[(1, [most.left, positive], [])])
        either = p.equal((W(q) - value) * (W(z) - value), 0, [(W(q), given["accept is a minimum"].spec(q, z))])
        return value, own, most.right, either

    first, second = flow(x, y), flow(y, x)

    def below(one, two) -> Fact:
        """value of one <= value of two."""
        small = p.assume(lt(two[0], one[0]))
        p.note("otherwise two < min(W(x), W(y)), which contradicts that it equals one of them")
        up = p.cert(lt(two[0], one[1].sides[1]), products=[(1, [small], []), (1, [one[1]], [])])
        other = p.cert(lt(two[0], one[2].sides[1]), products=[(1, [small], []), (1, [one[2]], [])])
        false = p.cert(lt(0, 0), products=[(1, [up, other], [])], eqs=[(1, two[3])])
        goal = le(one[0], two[0])
        return p.cases(one[0], two[0], p.assume(goal), p.absurd(goal, false))

    return p.antisymmetry(below(first, second), below(second, first)).gen(x, y)


@lemma(
    "stationarity",
    title="the target is stationary",
    words="E W U(n, .) = E W F for every n.",
)
def stationarity(p: Proof) -> Fact:
    start, step = chain(p)
    claim = eq(E(guided, x, W(x) * U(n, x)), target)
    base = p.rewrite(start, lambda G: E(guided, x, W(x) * G(x)))
    hyp = p.assume(claim)
    opened = p.rewrite(step.spec(n), lambda G: E(guided, x, W(x) * G(x)))
    balance = p.use("detailed_balance")
    p.note(
        "E E W(x) accept(x, y) U(y) = E E W(y) accept(y, x) U(y) = E E W(x) accept(x, y) U(x), by detailed balance and Fubini"
    )
    turned = p.rewrite(balance, lambda G: E(guided, x, E(guided, y, G(x, y) * U(n, y))))
    swapped = p.step("fubini", [], [E(guided, x, E(guided, y, accept(y, x) * W(y) * U(n, y)))])
    next_value = p.equal(E(guided, x, W(x) * U(n + 1, x)), target, [(1, opened), (1, turned), (1, swapped), (1, hyp)])
    return p.induct(n, claim, base, next_value.discharge(claim))


@lemma(
    "minorised",
    title="every move is to the target with probability 1/R",
    words="If W <= R then accept(x, y) >= W(y)/R.",
)
def minorised(p: Proof) -> Fact:
    given = rule(p)
    top, positive = p.assume(all_of(x, le(W(x), R))), p.assume(lt(0, R))
    goal = le(W(y) / R, accept(x, y))
    inverse = p.positive_inverse(positive)
    p.note("accept = 1: W(y)/R <= 1")
    full = p.assume(le(1, accept(x, y)))
    low = p.cert(goal, products=[(1, [full], []), (1, [top.spec(y), inverse], [])], dens=[positive])
    p.note("accept < 1: accept W(x) = W(y) and W(x) <= R")
    part = p.assume(lt(accept(x, y), 1))
    minimum = given["accept is a minimum"].spec(x, y)
    gap = p.cert(lt(0, 1 - accept(x, y)), products=[(1, [part], [])])
    equal = p.equal(accept(x, y) * W(x), W(y), [(1 / (1 - accept(x, y)), minimum)], [gap])
    wx, wy = given["weights are positive"].spec(x), given["weights are positive"].spec(y)
    xinv = p.positive_inverse(wx)
    nonneg = p.cert(lt(0, accept(x, y)), products=[(1, [wy, xinv], [])], eqs=[(1 / W(x), equal)], dens=[wx])
    high = p.cert(goal, products=[(1, [nonneg, top.spec(x), inverse], [])], eqs=[(1 / R, equal)], dens=[positive])
    return p.cases(1, accept(x, y), low, high).gen(x, y)


@lemma(
    "contraction",
    title="the values after n proposals lie in an interval that shrinks by 1 - 1/R a step",
    words="If 0 <= F <= 1, W <= R and R >= 1 then target (1 - (1-1/R)^n) <= U(n, x) <= target + (1-1/R)^n (1 - target).",
)
def contraction(p: Proof) -> Fact:
    start, step = chain(p)
    tests = p.assume(all_of(x, both(le(0, F(x)), le(F(x), 1))))
    mean = p.assume(eq(E(guided, x, W(x)), 1))
    one = p.assume(le(1, R))
    positive = p.cert(lt(0, R), products=[(1, [one], []), (1, [], [])])
    theta = 1 - 1 / R
    low, high = target * (1 - theta**n), target + theta**n * (1 - target)

    def claim(count: Node) -> Node:
        return all_of(
            x, both(le(target * (1 - theta**count), U(count, x)), le(U(count, x), target + theta**count * (1 - target)))
        )

    first = start.spec(x)
    base = (
        p.cert(le(target * (1 - theta**0), U(0, x)), products=[(1, [tests.spec(x).left], [])], eqs=[(1, first)])
        .both(
            p.cert(
                le(U(0, x), target + theta**0 * (1 - target)),
                products=[(1, [tests.spec(x).right], [])],
                eqs=[(1, first)],
            )
        )
        .gen(x)
    )
    hyp = p.assume(claim(n))
    here, there = hyp.spec(x), hyp.spec(y)
    least = p.use("minorised").cut(positive).spec(x, y)
    most = p.assume(rule(p)["accept at most one"].concl).spec(x, y).left
    value = accept(x, y) * U(n, y) + (1 - accept(x, y)) * U(n, x)
    p.note("accept = W(y)/R + rest: average the next value against the bounds, with the part W(y)/R exact")
    down = p.cert(
        le(W(y) * U(n, y) / R + (1 - W(y) / R) * low, value),
        products=[(1, [least, there.left], []), (1, [most, here.left], [])],
    )
    up = p.cert(
        le(value, W(y) * U(n, y) / R + (1 - W(y) / R) * high),
        products=[(1, [least, there.right], []), (1, [most, here.right], [])],
    )
    stays = p.use("stationarity").spec(n)
    law = step.spec(n, x)

    def average(fact: Fact) -> Fact:
        left, right = fact.sides
        return p.mono(fact.gen(y), E(guided, y, left), E(guided, y, right))

    p.note("E W U(n, .) = target and E (1 - W/R) = 1 - 1/R")
    lower = p.cert(
        le(target * (1 - theta ** (n + 1)), U(n + 1, x)),
        products=[(1, [average(down)], [])],
        eqs=[(1, law), (1 / R, stays), (low / R, mean)],
    )
    upper = p.cert(
        le(U(n + 1, x), target + theta ** (n + 1) * (1 - target)),
        products=[(1, [average(up)], [])],
        eqs=[(1, law), (1 / R, stays), (high / R, mean)],
    )
    return p.induct(n, claim(n), base, lower.both(upper).gen(x).discharge(hyp))


def converges(p: Proof, spread: Fact) -> Fact:
    """|E U(n, .) - target| <= (1-1/R)^n E|W - 1|/2 <= (1-1/R)^n times the bound `spread` on E|W - 1|/2; n is free."""
    mean = p.assume(eq(E(guided, x, W(x)), 1))
    one = p.assume(le(1, R))
    positive = p.cert(lt(0, R), products=[(1, [one], []), (1, [], [])])
    theta = 1 - 1 / R
    shrink = p.cert(le(0, theta), products=[(1, [one, p.positive_inverse(positive)], [])], dens=[positive])
    power = p.use("power_nonneg").spec(theta, n).mp(shrink)
    interval = p.use("contraction").spec(n, x)
    stays = p.use("stationarity").spec(n)
    root = absolute(W(x) - 1)
    nonneg = p.axiom("sqrt_nonneg", (W(x) - 1) ** 2)
    square = p.axiom("sqrt_square", (W(x) - 1) ** 2).mp(p.cert(le(0, (W(x) - 1) ** 2), products=[(1, [], [W(x) - 1])]))
    above = (
        p.use("square_below").spec(W(x) - 1, root).mp(p.cert(le((W(x) - 1) ** 2, root**2), eqs=[(1, square)]), nonneg)
    )
    under = (
        p.use("square_below").spec(1 - W(x), root).mp(p.cert(le((1 - W(x)) ** 2, root**2), eqs=[(1, square)]), nonneg)
    )
    low = target * (1 - theta**n)
    p.note(
        "with U in [low, low + theta^n]: (1 - W)(U - low) <= theta^n (|W - 1| + 1 - W)/2, and the same with -(1 - W)"
    )
    up = p.cert(
        le((1 - W(x)) * (U(n, x) - low), theta**n * (root + 1 - W(x)) / 2),
        products=[
            ("1/2", [interval.left, under], []),
            ("1/2", [interval.right, above], []),
        ],
    )
    down = p.cert(
        le(-(1 - W(x)) * (U(n, x) - low), theta**n * (root + W(x) - 1) / 2),
        products=[
            ("1/2", [interval.left, above], []),
            ("1/2", [interval.right, under], []),
        ],
    )

    def average(fact: Fact, sign: int) -> Fact:
        left, right = fact.sides
        got = p.mono(fact.gen(x), E(guided, x, left), E(guided, x, right))
        bias = sign * (E(guided, x, U(n, x)) - target)
        bound = spread.sides[1]
        return p.cert(
            le(bias, theta**n * bound),
            products=[(1, [got], []), (1, [power, spread], [])],
            eqs=[(1, stays), (low, mean), (theta**n / 2, mean)],
        )

    p.note("E (1 - W) = 0, E (1 - W) U = E U - target")
    return average(up, 1).both(average(down, -1))


@statement(
    "S7",
    source="new",
    title="independent Metropolis-Hastings on guided proposals",
    words="If W = dpi/dguided has values in [a, R a] then after H = n + 1 proposals, for every F with values in [0, 1]: "
    "|E F(path_H) - pi(F)| <= (1 - 1/R)^(H-1) (sqrt R - 1)/(sqrt R + 1); R = e^(2 Lambda) gives (1 - e^(-2 Lambda))^(H-1) tanh(Lambda/2).",
)
def mixing(p: Proof) -> Fact:
    ranged, positive = weight_range(p)
    spread = p.use("S0.deviation_ratio").rename_sort("Y", "Path")
    spread = read_for_paths(spread).inst((real("q"), R))
    return settle(converges(p, spread), *range_facts(p, ranged, positive))


def read_for_paths(fact: Fact) -> Fact:
    """An S0 theorem about (mu, h), read for (guided, W)."""
    mu, h = measure("mu", "", "Path"), fn("h", "Path -> real")
    return fact.inst((E(mu, x, 0), E(guided, x, 0)), (h(x), W(x)))


def weight_range(p: Proof) -> tuple[Fact, Fact]:
    """a <= W <= R a and 0 < a."""
    return p.assume(all_of(x, both(le(a, W(x)), le(W(x), R * a)))), p.assume(lt(0, a))


def range_facts(p: Proof, ranged: Fact, positive: Fact) -> list[Fact]:
    """W > 0, W <= R and R >= 1 from the range and E W = 1."""
    b = real("b")
    ends = read_for_paths(p.use("mean_between").rename_sort("Y", "Path")).inst((b, R * a)).cut(ranged)
    low, high = ranged.spec(x).left, ranged.spec(x).right
    weights = p.cert(lt(0, W(x)), products=[(1, [low], []), (1, [positive], [])]).gen(x)
    inverse = p.positive_inverse(positive)
    p.note("R >= 1/a >= 1, and W <= R a <= R")
    one = p.cert(le(1, R), products=[(1, [ends.right, inverse], []), (1, [ends.left, inverse], [])], dens=[positive])
    Rpos = p.cert(lt(0, R), products=[(1, [one], []), (1, [], [])])
    top = p.cert(le(W(x), R), products=[(1, [high], []), (1, [Rpos, ends.left], [])]).gen(x)
    return [weights, one, top]


@statement(
    "S7.uniform",
    source="new",
    title="Metropolis-Hastings with Bellman error eps",
    words="Guided paths, T = m + 1, Bellman ratios in [1/(1+eps), 1+eps], W = prod_{t=1}^m rho_t / C: after H = n + 1 proposals "
    "the error is at most (1 - (1+eps)^(-2m))^n ((1+eps)^m - 1)/((1+eps)^m + 1).",
)
def uniform_mixing(p: Proof) -> Fact:
    rho, state, C = fn("rho", "nat X -> real"), fn("state", "Path nat -> X"), real("C")
    nonneg, scale = p.assume(le(0, eps)), p.assume(lt(0, C))
    ratio = rho(t, state(x, t))
    bellman = p.assume(all_of(x, t, both(le(1 / (1 + eps), ratio), le(ratio, 1 + eps))), note="Bellman error")
    one = p.cert(lt(0, 1 + eps), products=[(1, [nonneg], []), (1, [], [])])
    weight = product(m, k, rho(k + 1, state(x, k + 1)))
    shrink = 1 / (1 + eps)
    inverse, Cinv = p.positive_inverse(one), p.positive_inverse(scale)

    def claim(count: Node) -> Node:
        value = product(count, k, rho(k + 1, state(x, k + 1)))
        return both(le(shrink**count, value), le(value, (1 + eps) ** count))

    base = p.cert(le(shrink**0, product(0, k, weight)), products=[]).both(
        p.cert(le(product(0, k, weight), (1 + eps) ** 0))
    )
    hyp = p.assume(claim(m))
    here = bellman.spec(x, m + 1)
    small = p.use("power_positive").spec(shrink, m).mp(inverse)
    large = p.use("power_positive").spec(1 + eps, m).mp(one)
    p.note("the product of m ratios lies in [(1+eps)^-m, (1+eps)^m]")
    wpos = p.cert(le(0, weight), products=[(1, [hyp.left], []), (1, [small], [])])
    value = product(m + 1, k, rho(k + 1, state(x, k + 1)))
    down = p.cert(le(shrink ** (m + 1), value), products=[(1, [hyp.left, inverse], []), (1, [here.left, wpos], [])])
    up = p.cert(le(value, (1 + eps) ** (m + 1)), products=[(1, [hyp.right, one], []), (1, [here.right, wpos], [])])
    within = p.induct(m, claim(m), base, down.both(up).discharge(hyp)).spec(m)
    ranged = p.cert(le(shrink**m / C, weight / C), products=[(1, [within.left, Cinv], [])]).both(
        p.cert(
            le(weight / C, (1 + eps) ** (2 * m) * (shrink**m / C)), products=[(1, [within.right, Cinv], [])], dens=[one]
        )
    )
    p.note("S7 with R = (1+eps)^(2m), sqrt R = (1+eps)^m")
    positive = p.cert(lt(0, shrink**m / C), products=[(1, [small, Cinv], [])])
    q = (1 + eps) ** m
    qpos = p.cert(le(0, q), products=[(1, [large], [])])
    root = p.use("root_of_square").spec(q, (1 + eps) ** (2 * m)).mp(qpos, p.equal(q**2, (1 + eps) ** (2 * m)))
    general = p.use("S7").inst((a, shrink**m / C), (R, (1 + eps) ** (2 * m)), (W(x), weight / C))
    general = settle(general, ranged.gen(x), positive)
    theta = (1 - shrink ** (2 * m)) ** n
    return p.rewrite(
        root,
        lambda G: both(*(le(general_side, theta * ((G() - 1) / (G() + 1))) for general_side in sides(general))),
        general,
    )


def sides(fact: Fact) -> tuple[Node, Node]:
    """The left sides of a conjunction of two inequalities."""
    return tuple(part.kids[0] for part in fact.concl.kids)  # type: ignore[return-value]
