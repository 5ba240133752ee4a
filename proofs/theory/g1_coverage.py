"""G1: the bias of the output by the increments of the normaliser's martingale, with the factor 1/2.

PV(s, t, x) is the reference mean of the path's potentials times V_s(x_s) from x at time t, PQ(s, t, x) the same with
E[psi^2 Vstar_{s+1}^2 | x_s] / V_s(x_s) in place of V_s(x_s).  The twist is positive before the end; zero rewards are allowed.
"""

from __future__ import annotations

import proofs.lemmas.increments  # noqa: F401  (registers lemmas)
from proofs.derive.author import Fact, Proof
from proofs.kernel import ONE, ZERO, Node, replace
from proofs.language.terms import (
    E,
    absolute,
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
    sqrt,
    total,
)
from proofs.lemmas.clouds import A, N, c, d, e, f, i, k, m, n, over, put, settle, t
from proofs.lemmas.increments import Dev, J, P, Q, cloud_jensen, s, z
from proofs.lemmas.layered_system import T, lookahead, model, off, weight
from proofs.lemmas.particle_system import M, V, Vstar, dst, first, live, psi, root, smc, x, y
from proofs.lemmas.particle_system import f as ends_function
from proofs.registry import lemma, statement
from proofs.theory.s5_bias import (
    AF,
    AU,
    VF,
    G,
    Out,
    U,
    answers,
    end_weights,
    half,
    mean_weight,
    reward_recursion,
    vanishing,
    weights,
)
from proofs.theory.s5_normaliser import first_cloud_null, on_model, particle_facts, recursions, start

PV, PQ = fn("PV", "nat nat X -> real"), fn("PQ", "nat nat X -> real")


def deviation(p: Proof) -> list[Fact]:
    """Dev(t, c, z) = E |z Zhat - 1| from the cloud c at time t on."""
    later = E(draws(N, smc(t, c)), d, Dev(t + 1, d, z * mean_weight))
    return [
        p.assume(all_of(t, c, z, implies(lt(t, n), eq(Dev(t, c, z), later)))),
        p.assume(all_of(c, z, eq(Dev(n, c, z), absolute(z * (end_weights / N) - 1)))),
    ]


def shape(out: Node, reward: Node, one: Node, dev: Node) -> Node:
    """|E[(1 - z Zhat)(nu(F) - 1/2)]| <= E|z Zhat - 1|/2, as two inequalities."""
    left = out - half - z * reward + z * one / 2
    return both(le(left, dev / 2), le(-left, dev / 2))


@lemma(
    "output_by_deviation",
    title="the bias given a cloud, by the deviation of the normaliser given that cloud",
    words="|E[(1 - z Zhat)(nu(F) - 1/2) | c]| <= E[|z Zhat - 1| | c]/2 for every scale z.",
)
def output_by_deviation(p: Proof) -> Fact:
    moves, honest, between = answers(p)
    reward, first_moment = reward_recursion(p), recursions(p, A, 1)
    dev = deviation(p)
    nonneg = p.assume(all_of(t, e, le(0, weight(t, e))), note="weights are non-negative")

    def claim(r: Node) -> Node:
        return all_of(t, c, z, implies(eq(t + r, n), shape(Out(t, c), AF(t, c), A(t, c), Dev(t, c, z))))

    at_end = p.assume(eq(t + 0, n))
    inside = between.spec(n, c)
    a = end_weights / N
    o, root_facts = Out(n, c), p.use("root_facts").spec(z * a - 1)
    up, down = root_facts.right.left, root_facts.right.right
    r = absolute(z * a - 1)
    body = o - half - z * (a * o) + z * a / 2
    bare = p.show(le(body, r / 2), inside.left, down, inside.right, up).both(
        p.show(le(-body, r / 2), inside.left, up, inside.right, down)
    )
    values = [
        p.show(eq(a * o, AF(n, c)), reward[1].spec(c), honest.spec(c)),
        p.show(eq(a, A(n, c)), first_moment[1].spec(c)),
        p.show(eq(r, Dev(n, c, z)), dev[1].spec(c, z)),
    ]
    at_n = put(p, values, lambda *three: shape(o, *three), bare)
    time = p.show(eq(n, t), at_end)
    base = p.rewrite(time, lambda H: shape(Out(H(), c), AF(H(), c), A(H(), c), Dev(H(), c, z)), at_n)
    base = base.discharge(at_end).gen(t, c, z)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    recs = [q.spec(t, c).mp(before) for q in (reward[0], first_moment[0])]
    step_dev = dev[0].spec(t, c, z).mp(before)
    law, scale = draws(N, smc(t, c)), z * mean_weight

    p.note("all weights vanish: Zhat = 0 and Out lies in [0, 1]")
    small = p.assume(le(weights, 0))
    average = p.mono(nonneg.spec(t, at(c, i)).gen(i), total(N, i, 0), weights)
    none = p.antisymmetry(small, p.conv(average, le(0, weights)))
    flat = p.show(eq(scale, 0), none)
    one = settle(on_model(p.use("no_scale")), *dev).spec(m, t + 1, d).mp(now).gen(d)
    ones = p.rewrite(one, lambda H: E(law, d, H(d)))
    opened = p.rewrite(flat, lambda H: eq(Dev(t, c, z), E(law, d, Dev(t + 1, d, H()))), step_dev)
    zeros = [
        p.show(eq(0, g(t, c)), p.rewrite(none, vanishing(g(t, c), E(law, d, g(t + 1, d)), 1), rec))
        for g, rec in zip((AF, A), recs, strict=True)
    ]
    zeros.append(p.show(eq(1, Dev(t, c, z)), opened, ones))
    inside = between.spec(t, c)
    low_body = Out(t, c) - half - z * 0 + z * 0 / 2
    low = p.show(le(low_body, half), inside.right).both(p.show(le(-low_body, half), inside.left))
    low = p.conv(low, shape(Out(t, c), ZERO, ZERO, ONE))
    low = put(p, zeros, lambda *three: shape(Out(t, c), *three), low)
    p.note("otherwise average over the next cloud")
    alive = p.assume(lt(0, weights))
    there = hyp.spec(t + 1, d, scale).mp(now)
    move_out = moves.spec(t, c).mp(before, alive)
    left = Out(t, c) - half - z * AF(t, c) + z * A(t, c) / 2

    def mean(fact: Fact, sign: int) -> Fact:
        got = p.mono(fact.gen(d), E(law, d, fact.sides[0]), E(law, d, fact.sides[1]))
        return p.show(le(left if sign > 0 else -left, Dev(t, c, z) / 2), got, move_out, recs[0], recs[1], step_dev)

    high = mean(there.left, 1).both(mean(there.right, -1))
    step = p.cases(weights, 0, low, high).discharge(now).gen(t, c, z).discharge(hyp)
    return p.induct(m, claim(m), base, step)


law = draws(N, smc(t, c))
ahead = E(smc(t, c), f, lookahead(t + 1, f))
squares = E(smc(t, c), f, lookahead(t + 1, f) ** 2)


def increments(p: Proof) -> tuple[Fact, Fact, Fact, Fact]:
    """J, P and Q by their recursions, as in `proofs.lemmas.increments`."""
    size = E(law, d, absolute(over(d, lambda q: lookahead(t + 1, q)) / N - ahead))

    def step(g) -> Node:
        return eq(g(s, t, c), mean_weight * E(law, d, g(s, t + 1, d)))

    return (
        p.assume(all_of(t, c, eq(J(t, t, c), mean_weight * size))),
        p.assume(all_of(s, t, c, implies(lt(t, s), step(J)))),
        p.assume(all_of(t, c, both(eq(P(t, t, c), mean_weight), eq(Q(t, t, c), mean_weight * squares)))),
        p.assume(all_of(s, t, c, implies(lt(t, s), both(step(P), step(Q))))),
    )


def references(p: Proof) -> dict[str, Fact]:
    """PV and PQ by backward recursion, and the positive twist."""

    def push(g) -> Node:
        return eq(g(s, t, x), E(M(t, x), y, psi(t, x, y) * g(s, t + 1, y)))

    last = E(M(t, x), y, psi(t, x, y) ** 2 * Vstar(t + 1, y) ** 2) / V(t, x)
    return {
        "positive": p.assume(
            all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)))), note="the twist is positive before the end"
        ),
        "push": p.assume(all_of(s, t, x, implies(lt(t, s), live, both(push(PV), push(PQ))))),
        "ends": p.assume(all_of(t, x, both(eq(PV(t, t, x), V(t, x)), eq(PQ(t, t, x), last)))),
    }


def reference_moment(p: Proof, which: str) -> Fact:
    """k < n gives V_0 E[P(k, 0, c)] = PV(k+1, 0, root), or the same with Q and PQ, at the first cloud c."""
    given, ref = model(p), references(p)
    _, _, start_of, steps_of = increments(p)
    inside = p.assume(lt(s, n))
    short = p.assume(lt(t, s + 1))
    now = p.show(lt(t, T), short, inside)
    value, cloud_value, side = (PV, P, "left") if which == "P" else (PQ, Q, "right")
    alive = p.assume(live)
    top = E(M(s + 1, x), y, psi(s + 1, x, y) ** 2 * Vstar(s + 2, y) ** 2)
    rho = top / V(s + 1, x) ** 2
    reward = 1 + 0 * z if which == "P" else rho
    recursion = getattr(ref["push"].spec(s + 1, t, x).mp(short, alive), side).discharge(short, alive).gen(t, x)
    follow = given["moves follow edges"].spec(t, x).mp(now, alive).discharge(short, alive).gen(t, x)
    none = p.assume(eq(V(t, x), 0))
    dense = ref["positive"].spec(t, x).mp(now, alive)
    false = p.show(lt(0, 0), dense, none)
    kills = p.absurd(eq(value(s + 1, t, x), 0), false).discharge(short, alive, none).gen(t, x)
    p.note("the last weight carries psi V: the terminal value is V times the reward")
    end = getattr(ref["ends"].spec(s + 1, x), side)
    if which == "P":
        terminal = p.show(eq(PV(s + 1, s + 1, x), V(s + 1, x)), end).gen(x)
    else:
        here = V(s + 1, x)
        goal = eq(PQ(s + 1, s + 1, x), here * rho)
        big = p.show(goal, end, dens=[p.assume(lt(0, here))])
        gone = p.antisymmetry(p.assume(le(here, 0)), given["twist is non-negative"].spec(s + 1, x))
        zero = p.show(eq(0, here), gone)
        trivial = p.show(eq(top / ZERO, ZERO * (top / ZERO**2)))
        flat = p.rewrite(zero, lambda H: eq(top / H(), H() * (top / H() ** 2)), trivial)
        small = p.show(goal, end, flat)
        terminal = p.cases(here, 0, small, big).gen(x)
    cloud_steps = getattr(steps_of.spec(s, t, c).mp(p.assume(lt(t, s))), side).discharge(lt(t, s)).gen(t, c)
    heavy = over(c, lambda q: weight(s, q))
    first_value = getattr(start_of.spec(s, c), side)
    if which == "P":
        cloud_end = p.show(eq(P(s, s, c), heavy / N), first_value).gen(c)
    else:

        def rho_at(q: Node) -> Node:
            return replace(rho, {x: dst(q)})

        rewarded = over(c, lambda q: weight(s, q) * rho_at(q))
        goal = eq(Q(s, s, c), rewarded / N)
        p.note("mean weight * next(Qbar^2) = (1/N) sum_i weight_i E[Qbar^2 | end of c_i]")
        body = (psi(t + 1, x, y) * Vstar(t + 2, y) / V(t + 1, x)) ** 2
        law_of = p.use("smc_law").inst((ends_function(x, y), body))
        law_of = settle(
            law_of, given["edges are pairs"], given["potentials are non-negative"], given["twist is non-negative"]
        )
        law_of = law_of.discharge(lt(0, weights)).gen(t, c).spec(s, c).mp(p.assume(lt(0, heavy)))
        many = given["there are particles"]
        large = p.show(goal, first_value, law_of, dens=[p.assume(lt(0, heavy)), many])
        nonneg = particle_facts(p, given)[1]
        average = p.mono(nonneg.spec(s, at(c, i)).gen(i), total(N, i, 0), heavy)
        nothing = p.antisymmetry(p.assume(le(heavy, 0)), p.conv(average, le(0, heavy)))
        name, other = fn("f", "nat -> real"), fn("g", "nat -> real")
        each_zero = p.use("terms_vanish").inst((name(k), weight(s, at(c, k)))).spec(N)
        each_zero = each_zero.mp(nonneg.spec(s, at(c, k)).gen(k), nothing)
        within = p.assume(lt(i, N))
        term = weight(s, at(c, i)) * rho_at(at(c, i))
        each = p.show(eq(term, 0 * term), each_zero.spec(i).mp(within)).discharge(within).gen(i)
        at_k = replace(term, {i: k})
        vanish = p.use("sum_equal").inst((name(k), at_k), (other(k), 0 * at_k)).spec(N).mp(each)
        square_mean = replace(squares, {t: s})
        small = p.cert(
            goal,
            eqs=[(1, first_value), (square_mean / N, nothing), (1 / N, vanish)],
            why="the multipliers of this many equations are not found in time",
        )
        cloud_end = p.cases(heavy, 0, small, large).gen(c)
    general = p.use("weighted_mean").inst(
        (n, s), (U(t, x), value(s + 1, t, x)), (AU(t, c), cloud_value(s, t, c)), (G(x), reward)
    )
    return settle(general, follow, recursion, kills, terminal, cloud_steps, cloud_end).discharge(inside).gen(s)


@lemma(
    "mean_weight_moment",
    title="V_0 E[P(s, 0, c)] = PV_{s+1}",
    words="The expected product of the mean weights up to s.",
)
def mean_weight_moment(p: Proof) -> Fact:
    return reference_moment(p, "P")


@lemma(
    "square_moment", title="V_0 E[Q(s, 0, c)] = PQ_{s+1}", words="The same times the second moment of the next Qbar."
)
def square_moment(p: Proof) -> Fact:
    return reference_moment(p, "Q")


def spread(index: Node) -> Node:
    """sqrt(E[V_k] E[Vstar^2 / V_k] / N), reference means with the path's potentials."""
    return sqrt(PV(index, 0, root) * PQ(index, 0, root) / N)


def below_root(p: Proof, value: Node, square: Fact, scale: Fact, index: Node) -> Fact:
    """value <= spread(k)/s from value^2 <= E[V] E[Vstar^2/V] / (N s^2) and 0 < s."""
    bulk, denominator = PV(index, 0, root) * PQ(index, 0, root) / N, scale.sides[1]
    inverse = p.positive_inverse(scale)
    scaled = p.show(le(0, bulk / denominator**2), square, p.show(le(0, value**2)))
    nonneg = p.show(le(0, bulk), scaled, scale, dens=[scale])
    root_law, root_pos = p.axiom("sqrt_square", bulk).mp(nonneg), p.axiom("sqrt_nonneg", bulk)
    cap = spread(index) / denominator
    small = p.show(le(value**2, cap**2), square, root_law)
    return p.use("square_below").spec(value, cap).mp(small, p.show(le(0, cap), root_pos, inverse))


@statement(
    "G1",
    source="neighbour",
    title="bias by the chi-squares of the twisted targets, with the factor 1/2 (Theorem 3.2 sharpened)",
    words="For every F with values in [0, 1], horizon T = n + 1: |E F(output) - pi(F)| <= (1/2) sum_{t=0}^{n} "
    "sqrt(E[V_t] E[Vstar_{t+1}^2/V_t] / N) / Z, reference means that carry the path's potentials: PV(t, 0, root) and PQ(t, 0, root).",
)
def neighbour_bound(p: Proof) -> Fact:
    given, ref = model(p), references(p)
    rootpos, mass = p.assume(lt(0, V(0, root))), p.assume(lt(0, Vstar(0, root)))
    many = given["there are particles"]
    facts = particle_facts(p, given)
    z0 = V(0, root) / Vstar(0, root)
    cloud = draws(N, first)
    start_time = p.show(eq(0 + n, n))
    p.note("the bias is at most half of E|Zhat/Z - 1|")
    half_dev = settle(p.use("output_by_deviation"), facts[1]).spec(n, 0, d, z0).mp(start_time)
    p.note("E|Zhat/Z - 1| by the first estimate and the increments of the martingale")
    here, there, start_of, steps_of = increments(p)
    telescope = settle(on_model(p.use("deviation_telescopes")), *facts, *deviation(p), here, there)
    mean, none, _ = start(p, given)
    clean = p.assume(eq(over(d, lambda q: off(0, q)), 0))
    zpos = p.show(le(0, z0), rootpos, p.positive_inverse(mass))
    one = telescope.spec(n, 0, d, z0).mp(start_time, clean, zpos)
    null = first_cloud_null(p, given, none)
    average = p.mono(one.discharge(clean).gen(d), E(cloud, d, one.sides[0]), E(cloud, d, one.sides[1]), null)
    H0 = over(d, lambda q: lookahead(0, q)) / N
    size = E(cloud, d, absolute(z0 * H0 - 1))
    gaps = E(cloud, d, total(n, k, J(k, 0, d)))
    swapped = p.step("fubini", [], [gaps])

    p.note("(E|z H - 1|)^2 <= E (z H - 1)^2 <= z^2 E[Qbar^2]/N")
    size_facts = p.use("root_facts").spec(z0 * H0 - 1)
    jensen = cloud_jensen(p, absolute(z0 * H0 - 1), cloud)
    square_law = p.rewrite(size_facts.left.right.gen(d), lambda H: E(cloud, d, H(d)))
    first_sum = p.step("iid_sum", [], [mean.sides[0], N])
    pair = p.step("iid_pair", [], [E(first, e, E(first, f, lookahead(0, e) * lookahead(0, f))), N])
    zmean = p.show(eq(z0 * mean.sides[0], 1), mean, dens=[rootpos, mass])
    law_of = p.use("first_law").inst((ends_function(x, y), (psi(0, x, y) * Vstar(1, y) / V(0, x)) ** 2))
    law_of = settle(law_of, given["edges are pairs"])
    ends = ref["ends"].spec(0, root)
    moment = E(first, e, lookahead(0, e) ** 2)
    bulk = PV(0, 0, root) * PQ(0, 0, root)
    known = p.show(eq(z0**2 * moment, bulk / Vstar(0, root) ** 2), law_of, ends.left, ends.right, dens=[rootpos, mass])
    zm = z0 * mean.sides[0]
    begin = p.cert(
        le(size**2, bulk / N / Vstar(0, root) ** 2),
        products=[(1, [jensen], []), (1, [p.positive_inverse(many)], [])],
        eqs=[
            (1, square_law),
            (z0**2 / N**2, pair),
            (2 * z0 / N, first_sum),
            (1 / N, known),
            (2, zmean),
            ((1 - 1 / N) * (zm + 1), zmean),
        ],
        dens=[many],
        why="the multipliers of this many equations are not found in time",
    )
    begin = below_root(p, size, begin, mass, ZERO)

    p.note("(E J)^2 <= E[P] E[Q]/N = E[V_{k+1}] E[Vstar^2/V_{k+1}] / (N V_0^2)")
    inside = p.assume(lt(k, n))
    bound = settle(on_model(p.use("increment_bound")), many, facts[1], here, there, start_of, steps_of)
    bound = bound.gen(s).spec(k, k, 0, d).mp(p.show(eq(0 + k, k)))
    js, ps, qs = (g(k, 0, d) for g in (J, P, Q))
    cs = p.use("mean_cauchy").rename_sort("Y", "Edge*")
    nu, v = measure("mu", "", "Edge*"), element("Edge*", "v")
    names = (fn(name, "Edge* -> real")(v) for name in ("j", "a", "b"))
    bodies = (replace(g, {d: v}) for g in (js, ps, qs / N))
    cs = cs.inst((E(nu, v, 0), E(cloud, v, 0)), *zip(names, bodies, strict=True))
    ninv = p.positive_inverse(many)
    qn = p.show(le(0, qs / N), bound.right.left, ninv).gen(d)
    scaled = p.show(le(js**2, ps * (qs / N)), bound.right.right).gen(d)
    cs = settle(cs, bound.left.left.gen(d), bound.left.right.gen(d), qn, scaled)
    first_moment = p.use("mean_weight_moment").spec(k).mp(inside)
    second_moment = p.use("square_moment").spec(k).mp(inside)
    ep, eq_ = E(cloud, d, ps), E(cloud, d, qs)
    ratio = p.show(
        eq(ep * eq_ / N, PV(k + 1, 0, root) * PQ(k + 1, 0, root) / N / V(0, root) ** 2),
        first_moment,
        second_moment,
        dens=[rootpos],
    )
    ej = E(cloud, d, js)
    square = p.show(le(ej**2, ratio.sides[1]), cs, ratio)
    each = below_root(p, ej, square, rootpos, k + 1).discharge(inside).gen(k)
    rest = p.mono(each, total(n, k, ej), total(n, k, spread(k + 1) / V(0, root)))

    p.note("add up: the increments come with the factor z = V_0/Z")
    front = p.use("sum_front").inst((fn("f", "nat -> real")(k), spread(k))).spec(n, 0)
    everything = total(n + 1, k, spread(k)) / Vstar(0, root)
    dev = E(cloud, d, Dev(0, d, z0))
    stray = p.show(
        le(dev, everything), average, begin, rest, rootpos, p.positive_inverse(mass), swapped, front, dens=[rootpos]
    )
    share, unbiased = p.use("target_share"), p.use("S5.mean")
    target = VF(0, root) / Vstar(0, root)
    bias = E(cloud, d, Out(0, d)) - target
    body = E(cloud, d, Out(0, d) - half - z0 * AF(0, d) + z0 * A(0, d) / 2)
    same = p.show(eq(body, bias), share, unbiased, dens=[mass])
    parts = []
    for sign, fact in ((1, half_dev.left), (-1, half_dev.right)):
        got = p.mono(fact.gen(d), E(cloud, d, fact.sides[0]), E(cloud, d, fact.sides[1]))
        parts.append(p.show(le(bias if sign > 0 else -bias, everything / 2), got, stray, same))
    return parts[0].both(parts[1])
