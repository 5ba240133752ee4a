"""S7 when the weight ratio is bounded on a good event only: the event's probability, the contraction, and the restriction term.

Independent Metropolis-Hastings with proposals from `guided` and weight W is compared with the chain whose proposals are conditioned on the
good event and whose weight is W there.  The two agree until a bad path is proposed; the conditioned target differs from the target by
the target's own mass of the bad event, which is a term of its own.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import E, all_of, both, eq, fn, implies, le, lt, measure, real
from proofs.lemmas.clouds import settle
from proofs.registry import lemma
from proofs.theory.s7_metropolis import F, U, W, a, accept, chain, guided, n, rule, x, y

e = real("e")
good = fn("good", "Path -> real")
restricted = measure("restricted", "", "Path")
capped, V = fn("capped", "Path Path -> real"), fn("Ugood", "nat Path -> real")
h, g = fn("h", "Path -> real"), fn("g", "Path -> real")
q = E(guided, x, good(x))
tame = good(x) * W(x) + (1 - good(x)) * a
tame_y = good(y) * W(y) + (1 - good(y)) * a


def event(p: Proof) -> tuple[Fact, Fact]:
    """good is an indicator of positive probability."""
    return p.assume(all_of(x, eq(good(x) ** 2, good(x)))), p.assume(lt(0, q))


def split(p: Proof, square: Fact, z: Node, on: Fact, off: Fact) -> Fact:
    """A conclusion proved from good(z) = 1 and from good(z) = 0."""
    one = square.spec(z)
    low, high = p.assume(le(good(z), 0)), p.assume(lt(0, good(z)))
    nonneg = p.cert(le(0, good(z)), products=[(1, [], [good(z)])], eqs=[(1, one)])
    zero = p.antisymmetry(low, nonneg)
    unit = p.equal(good(z), 1, [(1 / good(z), one)], [high])
    return p.cases(good(z), 0, off.discharge(eq(good(z), 0)).mp(zero), on.discharge(eq(good(z), 1)).mp(unit))


@lemma(
    "restricted_law",
    title="proposals conditioned on the good event",
    words="E[restricted] f = E[guided](good f) / E[guided](good).",
)
def restricted_law(p: Proof) -> Fact:
    square, mass = event(p)
    nonneg = p.cert(le(0, good(x)), products=[(1, [], [good(x)])], eqs=[(1, square.spec(x))])

    def positive(test: Fact) -> Fact:
        f = test.spec(x).sides[1]
        each = p.cert(le(0, good(x) * f), products=[(1, [nonneg, test.spec(x)], [])])
        average = p.mono(each.gen(x), E(guided, x, 0), E(guided, x, good(x) * f))
        return p.cert(le(0, E(guided, x, good(x) * f) / q), products=[(1, [average, p.positive_inverse(mass)], [])])

    law, _ = p.define_measure(restricted, x, lambda f: E(guided, x, good(x) * f(x)) / q, positive, dens=[mass])
    return law


def mean_of(p: Proof, body: Node) -> Fact:
    """E[restricted](body) = E[guided](good body)/E[guided](good)."""
    return p.use("restricted_law").inst((fn("_f", "Path -> real")(x), body))


@lemma(
    "restricted_mean",
    title="conditioning on the good event moves a mean by at most the bad event's probability",
    words="If |h - g| <= e on good points and 0 <= h, g <= 1 then |E[guided] h - E[restricted] g| <= e + 1 - E[guided] good.",
)
def restricted_mean(p: Proof) -> Fact:
    square, mass = event(p)
    near = p.assume(all_of(x, implies(eq(good(x), 1), both(le(h(x) - g(x), e), le(g(x) - h(x), e)))))
    unit = p.assume(all_of(x, both(both(le(0, h(x)), le(h(x), 1)), both(le(0, g(x)), le(g(x), 1))))).spec(x)
    error = p.assume(le(0, e))
    on, off = p.assume(eq(good(x), 1)), p.assume(eq(good(x), 0))
    close = near.spec(x).mp(on)
    up_goal = le(h(x), good(x) * (g(x) + e) + 1 - good(x))
    up = split(
        p,
        square,
        x,
        p.cert(up_goal, products=[(1, [close.left], [])], eqs=[(g(x) + e - 1, on)]),
        p.cert(up_goal, products=[(1, [unit.left.right], [])], eqs=[(g(x) + e - 1, off)]),
    )
    down_goal = le(good(x) * (g(x) - e), h(x))
    down = split(
        p,
        square,
        x,
        p.cert(down_goal, products=[(1, [close.right], [])], eqs=[(g(x) - e, on)]),
        p.cert(down_goal, products=[(1, [unit.left.left], [])], eqs=[(g(x) - e, off)]),
    )
    nonneg = p.cert(le(0, good(x)), products=[(1, [], [good(x)])], eqs=[(1, square.spec(x))])
    most = p.cert(le(good(x), 1), products=[(1, [], [1 - good(x)])], eqs=[(1, square.spec(x))])
    E(guided, x, good(x) * g(x))

    def average(fact: Fact) -> Fact:
        left, right = fact.sides
        return p.mono(fact.gen(x), E(guided, x, left), E(guided, x, right))

    low = average(p.cert(le(0, good(x) * g(x)), products=[(1, [nonneg, unit.right.left], [])]))
    high = average(p.cert(le(good(x) * g(x), good(x)), products=[(1, [nonneg, unit.right.right], [])]))
    rare = average(most)
    law, inverse = mean_of(p, g(x)), p.positive_inverse(mass)
    mean_h, mean_g = E(guided, x, h(x)), E(restricted, x, g(x))
    above = p.cert(
        le(mean_h - mean_g, e + 1 - q),
        products=[(1, [average(up)], []), (1, [error, rare], []), (1, [rare, low, inverse], [])],
        eqs=[(1, law)],
        dens=[mass],
    )
    below = p.cert(
        le(mean_g - mean_h, e + 1 - q),
        products=[(1, [average(down)], []), (1, [error, rare], []), (1, [rare, high, inverse], [])],
        eqs=[(1, law)],
        dens=[mass],
    )
    return above.both(below)


@lemma("accept_nonneg", title="acceptance probabilities are not negative")
def accept_nonneg(p: Proof) -> Fact:
    given = rule(p)
    small = p.assume(lt(accept(x, y), 0))
    wx, wy = given["weights are positive"].spec(x), given["weights are positive"].spec(y)
    least = given["accept is a minimum"].spec(x, y)
    p.note("accept < 0 would make (1 - accept)(W(y) - accept W(x)) positive")
    false = p.cert(
        lt(0, 0),
        products=[(1, [wy], []), (1, [small, wx], []), (1, [small, wy], []), (1, [small, small, wx], [])],
        eqs=[(1, least)],
    )
    goal = le(0, accept(x, y))
    return p.cases(0, accept(x, y), p.assume(goal), p.absurd(goal, false)).gen(x, y)


@lemma("unit_values", title="values of the chain lie in [0, 1]")
def unit_values(p: Proof) -> Fact:
    start, step = chain(p)
    tests = p.assume(all_of(x, both(le(0, F(x)), le(F(x), 1))))
    most, least = p.assume(rule(p)["accept at most one"].concl), p.use("accept_nonneg")

    def claim(r: Node) -> Node:
        return all_of(x, both(le(0, U(r, x)), le(U(r, x), 1)))

    base = p.rewrite(
        p.equal(F(x), U(0, x), [(1, start.spec(x))]), lambda H: both(le(0, H()), le(H(), 1)), tests.spec(x)
    ).gen(x)
    hyp = p.assume(claim(n))
    here, there = hyp.spec(x), hyp.spec(y)
    low, high = least.spec(x, y), most.spec(x, y).left
    value = accept(x, y) * U(n, y) + (1 - accept(x, y)) * U(n, x)
    bottom = p.cert(le(0, value), products=[(1, [low, there.left], []), (1, [high, here.left], [])]).gen(y)
    top = p.cert(le(value, 1), products=[(1, [low, there.right], []), (1, [high, here.right], [])]).gen(y)
    law = step.spec(n, x)
    under = p.cert(
        le(0, U(n + 1, x)), products=[(1, [p.mono(bottom, E(guided, y, 0), E(guided, y, value))], [])], eqs=[(1, law)]
    )
    over = p.cert(
        le(U(n + 1, x), 1), products=[(1, [p.mono(top, E(guided, y, value), E(guided, y, 1))], [])], eqs=[(1, law)]
    )
    return p.induct(n, claim(n), base, under.both(over).gen(x).discharge(hyp))


@lemma(
    "minimum_below",
    title="two forms of min(1, b/a) agree",
    words="If both p and r satisfy the rule of `accept` for (a, b) then p <= r.",
)
def minimum_below(p: Proof) -> Fact:
    s, t, one, two = real("s t p r")
    positive = p.assume(lt(0, s))
    first = [p.assume(le(one, 1)), p.assume(le(one * s, t))]
    second = p.assume(eq((1 - two) * (t - two * s), 0))
    small = p.assume(lt(two, one))
    p.note("r < p <= 1 gives t = r s < p s <= t")
    gap = p.cert(lt(0, 1 - two), products=[(1, [small], []), (1, [first[0]], [])])
    equal = p.equal(t, two * s, [(1 / (1 - two), second)], [gap])
    false = p.cert(lt(0, 0), products=[(1, [small, positive], []), (1, [first[1]], [])], eqs=[(1, equal)])
    goal = le(one, two)
    out = p.cases(one, two, p.assume(goal), p.absurd(goal, false))
    return out.discharge(positive, *first, second).gen(s, t, one, two)


def capped_rule(p: Proof) -> tuple[Fact, Fact]:
    """capped = min(1, tame(y)/tame(x)), the acceptance probability for the weight W on good paths, a elsewhere."""
    value = capped(x, y)
    return (
        p.assume(all_of(x, y, both(le(value, 1), le(value * tame, tame_y)))),
        p.assume(all_of(x, y, eq((1 - value) * (tame_y - value * tame), 0))),
    )


def good_chain(p: Proof) -> tuple[Fact, Fact]:
    """Ugood: the chain whose proposals are good and whose acceptance probability is `capped`."""
    step = E(restricted, y, capped(x, y) * V(n, y) + (1 - capped(x, y)) * V(n, x))
    return p.assume(all_of(x, eq(V(0, x), F(x)))), p.assume(all_of(n, x, eq(V(n + 1, x), step)))


def tame_positive(p: Proof) -> Fact:
    """forall x. 0 < tame(x)."""
    square, _ = event(p)
    weights, floor = rule(p)["weights are positive"], p.assume(lt(0, a))
    on, off = p.assume(eq(good(x), 1)), p.assume(eq(good(x), 0))
    goal = lt(0, tame)
    yes = p.cert(goal, products=[(1, [weights.spec(x)], [])], eqs=[(W(x) - a, on)])
    no = p.cert(goal, products=[(1, [floor], [])], eqs=[(W(x) - a, off)])
    return split(p, square, x, yes, no).gen(x)


@lemma(
    "coupled",
    title="the two chains agree until a bad proposal",
    words="|U(n, x) - Ugood(n, x)| <= n (1 - P(good)) for good x.",
)
def coupled(p: Proof) -> Fact:
    square, _mass = event(p)
    given = rule(p)
    start, step = chain(p)
    first, move = good_chain(p)
    at_most, minimum = capped_rule(p)
    rare = 1 - q
    one = square.spec(x)
    most = p.mono(
        p.cert(le(good(x), 1), products=[(1, [], [1 - good(x)])], eqs=[(1, one)]).gen(x),
        E(guided, x, good(x)),
        E(guided, x, 1),
    )
    rare_pos = p.cert(le(0, rare), products=[(1, [most], [])])

    def claim(r: Node) -> Node:
        gap = U(r, x) - V(r, x)
        return all_of(x, implies(eq(good(x), 1), both(le(gap, r * rare), le(-gap, r * rare))))

    same = p.equal(U(0, x), V(0, x), [(1, start.spec(x)), (1, first.spec(x))])
    base = (
        p.cert(le(U(0, x) - V(0, x), 0 * rare), eqs=[(1, same)])
        .both(p.cert(le(-(U(0, x) - V(0, x)), 0 * rare), eqs=[(1, same)]))
        .discharge(eq(good(x), 1))
        .gen(x)
    )
    hyp = p.assume(claim(n))
    here_good, there_good = p.assume(eq(good(x), 1)), p.assume(eq(good(y), 1))
    p.note("between good paths the two acceptance probabilities are one")
    tx = p.equal(tame, W(x), [(W(x) - a, here_good)])
    ty = p.equal(tame_y, W(y), [(W(y) - a, there_good)])
    p1, p2 = accept(x, y), capped(x, y)
    pick = at_most.spec(x, y)
    cap_low = p.cert(le(p2 * W(x), W(y)), products=[(1, [pick.right], [])], eqs=[(p2, tx), (1, ty)])
    cap_min = p.equal((1 - p2) * (W(y) - p2 * W(x)), 0, [(1, minimum.spec(x, y)), ((1 - p2), ty), ((1 - p2) * p2, tx)])
    wx = given["weights are positive"].spec(x)
    mine = given["accept at most one"].spec(x, y)
    unique = p.use("minimum_below")
    agree = p.antisymmetry(
        unique.spec(W(x), W(y), p1, p2).mp(wx, mine.left, mine.right, cap_min),
        unique.spec(W(x), W(y), p2, p1).mp(wx, pick.left, cap_low, given["accept is a minimum"].spec(x, y)),
    )
    p.note("so the next values differ by at most n (1 - P(good)) there; a bad proposal costs at most 1")
    hx, hy = hyp.spec(x).mp(here_good), hyp.spec(y).mp(there_good)
    next_u = p1 * U(n, y) + (1 - p1) * U(n, x)
    next_v = p2 * V(n, y) + (1 - p2) * V(n, x)
    low, high = p.use("accept_nonneg").spec(x, y), mine.left
    up = p.cert(
        le(next_u - next_v, n * rare),
        products=[(1, [low, hy.left], []), (1, [high, hx.left], [])],
        eqs=[(V(n, y) - V(n, x), agree)],
    )
    down = p.cert(
        le(next_v - next_u, n * rare),
        products=[(1, [low, hy.right], []), (1, [high, hx.right], [])],
        eqs=[(V(n, y) - V(n, x), agree)],
    )
    near = up.both(down).discharge(there_good).gen(y)
    units = unit_pair(p, next_u, next_v).gen(y)
    error = p.cert(le(0, n * rare), products=[(1, [p.nat_nonneg(n), rare_pos], [])])
    moved = p.use("restricted_mean").inst((h(y), next_u), (g(y), next_v), (e, n * rare))
    moved = settle(moved, near, units, error)
    laws = [(1, step.spec(n, x)), (1, move.spec(n, x))]
    gap = U(n + 1, x) - V(n + 1, x)
    out = p.cert(le(gap, (n + 1) * rare), products=[(1, [moved.left], [])], eqs=laws).both(
        p.cert(le(-gap, (n + 1) * rare), products=[(1, [moved.right], [])], eqs=laws)
    )
    return p.induct(n, claim(n), base, out.discharge(here_good).gen(x).discharge(hyp))


def unit_pair(p: Proof, next_u: Node, next_v: Node) -> Fact:
    """Both next values lie in [0, 1]."""
    values, others = p.use("unit_values"), good_values(p)
    low, most = p.use("accept_nonneg").spec(x, y), rule(p)["accept at most one"].spec(x, y).left
    cap_low, cap_most = good_accept(p).spec(x, y), capped_rule(p)[0].spec(x, y).left
    parts = []
    for fact, bottom, top, value in ((values, low, most, next_u), (others, cap_low, cap_most, next_v)):
        at_x, at_y = fact.spec(n, x), fact.spec(n, y)
        parts.append(
            p.cert(le(0, value), products=[(1, [bottom, at_y.left], []), (1, [top, at_x.left], [])]).both(
                p.cert(le(value, 1), products=[(1, [bottom, at_y.right], []), (1, [top, at_x.right], [])])
            )
        )
    return parts[0].both(parts[1])


def good_accept(p: Proof) -> Fact:
    """0 <= capped."""
    fact = p.use("accept_nonneg").inst((accept(x, y), capped(x, y)), (W(x), tame))
    return settle(fact, tame_positive(p), capped_rule(p)[1])


def good_values(p: Proof) -> Fact:
    """0 <= Ugood <= 1."""
    fact = p.use("unit_values").inst(
        (accept(x, y), capped(x, y)), (W(x), tame), (U(n, x), V(n, x)), (E(guided, x, 0), E(restricted, x, 0))
    )
    return settle(fact, tame_positive(p), *capped_rule(p))
