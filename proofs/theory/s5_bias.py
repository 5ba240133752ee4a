"""S5.bias: the bias of the output by way of the normaliser; what it shares with G1.

E[output F] - pi(F) = E[(1 - Zhat/Z)(nu(F) - 1/2)], because E[Zhat nu(F)] = Z pi(F) and E[Zhat] = Z; nu(F) is the conditional mean of the
output's test function.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import ZERO, Node, replace
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
    sqrt,
    total,
)
from proofs.lemmas.clouds import A, B, N, c, d, e, m, n, over, put, settle, t
from proofs.lemmas.layered_system import T, horizon, model, off, weight
from proofs.lemmas.particle_system import M, V, Vstar, dst, first, live, psi, root, smc, x, y
from proofs.registry import lemma, statement
from proofs.theory.s5_normaliser import (
    first_cloud_null,
    on_model,
    particle_facts,
    recursions,
    start,
)

z = real("z")
F, VF = fn("F", "X -> real"), fn("VF", "nat X -> real")
AF, Out = fn("AF", "nat Edge* -> real"), fn("Out", "nat Edge* -> real")
mean_weight = over(c, lambda q: weight(t, q)) / N
half = num("1/2")
weights = over(c, lambda q: weight(t, q))
end_weights = over(c, lambda q: weight(n, q))
rewarded = over(c, lambda q: weight(n, q) * F(dst(q)))


def answers(p: Proof) -> list[Fact]:
    """Out(t, c): the mean of F over the output, given the cloud c at time t; any value in [0, 1] once all particles are dead."""
    later = E(draws(N, smc(t, c)), d, Out(t + 1, d))
    return [
        p.assume(all_of(t, c, implies(lt(t, n), lt(0, weights), eq(Out(t, c), later)))),
        p.assume(all_of(c, eq(Out(n, c) * end_weights, rewarded))),
        p.assume(all_of(t, c, both(le(0, Out(t, c)), le(Out(t, c), 1)))),
    ]


def reward_recursion(p: Proof) -> list[Fact]:
    """AF(t, c): the expected product of the mean weights times nu(F), from the cloud c at time t on."""
    later = E(draws(N, smc(t, c)), d, AF(t + 1, d))
    return [
        p.assume(all_of(t, c, implies(lt(t, n), eq(AF(t, c), mean_weight * later)))),
        p.assume(all_of(c, eq(AF(n, c), rewarded / N))),
    ]


def bound(out: Node, reward: Node, one: Node, two: Node) -> Node:
    """(E[(1 - z Zhat)(nu(F) - 1/2)])^2 <= E[(1 - z Zhat)^2]/4 in terms of the means of nu(F), Zhat nu(F), Zhat and Zhat^2."""
    return le((out - half - z * reward + z * one / 2) ** 2, (1 - 2 * z * one + z**2 * two) / 4)


def vanishing(value: Node, later: Node, degree: int):
    """value = (F/N)^degree later, for weights F."""
    return lambda F: eq(value, (F() / N) ** degree * later)


@lemma(
    "normaliser_and_output",
    title="the bias given a cloud, by the variance of the normaliser given that cloud",
    words="(E[(1 - z Zhat)(nu(F) - 1/2) | c])^2 <= E[(1 - z Zhat)^2 | c]/4 for every scale z.",
)
def normaliser_and_output(p: Proof) -> Fact:
    moves, honest, between = answers(p)
    reward, first_moment, second = reward_recursion(p), recursions(p, A, 1), recursions(p, B, 2)
    nonneg = p.assume(all_of(t, e, le(0, weight(t, e))), note="weights are non-negative")

    def claim(r: Node) -> Node:
        return all_of(t, c, z, implies(eq(t + r, n), bound(Out(t, c), AF(t, c), A(t, c), B(t, c))))

    p.note("at the end AF = A Out and B = A^2: (1 - z A)^2 (Out - 1/2)^2 <= (1 - z A)^2/4")
    at_end = p.assume(eq(t + 0, n))
    ends = between.spec(n, c)
    a_end = end_weights / N
    o = Out(n, c)
    bare = p.show(bound(o, a_end * o, a_end, a_end**2), ends.left, ends.right)
    values = [
        p.show(eq(a_end * o, AF(n, c)), reward[1].spec(c), honest.spec(c)),
        p.show(eq(a_end, A(n, c)), first_moment[1].spec(c)),
        p.show(eq(a_end**2, B(n, c)), second[1].spec(c)),
    ]
    at_n = put(p, values, lambda *three: bound(o, *three), bare)
    same_time = p.show(eq(n, t), at_end)
    base = p.rewrite(same_time, lambda G: bound(Out(G(), c), AF(G(), c), A(G(), c), B(G(), c)), at_n)
    base = base.discharge(at_end).gen(t, c, z)

    hyp = p.assume(claim(m))
    now = p.assume(eq(t + (m + 1), n))
    before = p.show(lt(t, n), p.nat_nonneg(m), now)
    recs = [r.spec(t, c).mp(before) for r in (reward[0], first_moment[0], second[0])]
    left = Out(t, c) - half - z * AF(t, c) + z * A(t, c) / 2
    right = (1 - 2 * z * A(t, c) + z**2 * B(t, c)) / 4
    p.note("all weights vanish: AF = A = B = 0 and Out lies in [0, 1]")
    small = p.assume(le(weights, 0))
    i = nat("i")
    average = p.mono(nonneg.spec(t, at(c, i)).gen(i), total(N, i, 0), weights)
    none = p.antisymmetry(small, p.conv(average, le(0, weights)))
    means = [E(draws(N, smc(t, c)), d, f(t + 1, d)) for f in (AF, A, B)]
    zeros = [
        p.show(eq(0, f(t, c)), p.rewrite(none, vanishing(f(t, c), mean, degree), rec))
        for f, rec, mean, degree in zip((AF, A, B), recs, means, (1, 1, 2), strict=True)
    ]
    inside = between.spec(t, c)
    dead = p.show(bound(Out(t, c), ZERO, ZERO, ZERO), inside.left, inside.right)
    low = put(p, zeros, lambda *three: bound(Out(t, c), *three), dead)
    p.note("otherwise average over the next cloud: (E f)^2 <= E f^2")
    alive = p.assume(lt(0, weights))
    scale = z * mean_weight
    law = draws(N, smc(t, c))
    there = hyp.spec(t + 1, d, scale).mp(now)
    body = Out(t + 1, d) - half - scale * AF(t + 1, d) + scale * A(t + 1, d) / 2
    mean = p.mono(there.gen(d), E(law, d, there.sides[0]), E(law, d, there.sides[1]))
    jensen = p.use("mean_square").rename_sort("Y", "Edge*")
    mu, f, v = measure("mu", "", "Edge*"), fn("f", "Edge* -> real"), element("Edge*", "v")
    jensen = jensen.inst((E(mu, v, 0), E(law, v, 0)), (f(v), _at(body, v)))
    move = moves.spec(t, c).mp(before, alive)
    inner = E(law, d, body)
    same = p.show(eq(inner, left), move, recs[0], recs[1])
    jensen = p.rewrite(same, lambda F: le(F() ** 2, jensen.sides[1]), jensen)
    high = p.show(le(left**2, right), jensen, mean, recs[1], recs[2])
    step = p.cases(weights, 0, low, high).discharge(now).gen(t, c, z).discharge(hyp)
    return p.induct(m, claim(m), base, step)


def _at(body: Node, v: Node) -> Node:
    return replace(body, {d: v})


def rewarded_values(p: Proof, given: dict[str, Fact]) -> dict[str, Fact]:
    """VF: the value with the terminal reward times F, F in [0, 1]; it vanishes where the twist does, since 0 <= VF <= Vstar."""
    tests = p.assume(all_of(x, both(le(0, F(x)), le(F(x), 1))))
    step = E(M(t, x), y, psi(t, x, y) * VF(t + 1, y))
    rec = p.assume(all_of(t, x, implies(lt(t, T), live, eq(VF(t, x), step))))
    end = p.assume(all_of(x, eq(VF(T, x), V(T, x) * F(x))))
    twist = given["twist is non-negative"]

    def nonneg(value: Node, twisted: Node, extra: list[Fact]) -> Fact:
        """value >= 0 at live states, from value_nonneg for the value `value` with the terminal twist `twisted`."""
        out = p.use("value_nonneg").inst((horizon, T)).inst((Vstar(t, x), value), (V(t, x), twisted))
        return settle(out, *extra)

    lowered = p.show(le(0, V(t, x) * F(x)), twist.spec(t, x), tests.spec(x).left).gen(t, x)
    low = nonneg(VF(t, x), V(t, x) * F(x), [lowered, rec, end])
    rest = p.show(le(0, V(t, x) * (1 - F(x))), twist.spec(t, x), tests.spec(x).right).gen(t, x)
    before, alive = p.assume(lt(t, T)), p.assume(live)
    gap = p.show(
        eq(Vstar(t, x) - VF(t, x), E(M(t, x), y, psi(t, x, y) * (Vstar(t + 1, y) - VF(t + 1, y)))),
        given["value recursion"].spec(t, x).mp(before, alive),
        rec.spec(t, x).mp(before, alive),
    )
    gap_end = p.show(
        eq(Vstar(T, x) - VF(T, x), V(T, x) * (1 - F(x))), given["terminal value"].spec(x), end.spec(x)
    ).gen(x)
    high = nonneg(Vstar(t, x) - VF(t, x), V(t, x) * (1 - F(x)), [rest, gap.discharge(before, alive).gen(t, x), gap_end])
    none = p.assume(eq(V(t, x), 0))
    zero = given["twist kills no live value"].spec(t, x).mp(before, alive, none)
    upto = p.show(le(t, T), before)
    most = p.show(le(VF(t, x), 0), high.spec(t, x).mp(upto, alive), zero)
    kills = p.antisymmetry(most, low.spec(t, x).mp(upto, alive)).discharge(before, alive, none).gen(t, x)
    return {**given, "value recursion": rec, "terminal value": end, "twist kills no live value": kills}


U, AU, G = fn("U", "nat X -> real"), fn("AU", "nat Edge* -> real"), fn("G", "X -> real")


@lemma(
    "weighted_mean",
    title="the expected product of the mean weights times the mean of a function of the particles",
    words="V_0 E[AU(0, c)] = U_0(root): U is the value with the terminal reward V G, AU the expectation of Zhat nu(G) from a cloud on.",
)
def weighted_mean(p: Proof) -> Fact:
    given = model(p)
    rootpos, many = p.assume(lt(0, V(0, root))), given["there are particles"]
    step = E(M(t, x), y, psi(t, x, y) * U(t + 1, y))
    changed = {
        **given,
        "value recursion": p.assume(all_of(t, x, implies(lt(t, T), live, eq(U(t, x), step)))),
        "terminal value": p.assume(all_of(x, eq(U(T, x), V(T, x) * G(x)))),
        "twist kills no live value": p.assume(all_of(t, x, implies(lt(t, T), live, eq(V(t, x), 0), eq(U(t, x), 0)))),
    }
    later = E(draws(N, smc(t, c)), d, AU(t + 1, d))
    recs = [
        p.assume(all_of(t, c, implies(lt(t, n), eq(AU(t, c), mean_weight * later)))),
        p.assume(all_of(c, eq(AU(n, c), over(c, lambda q: weight(n, q) * G(dst(q))) / N))),
    ]
    general = on_model(p.use("particle_mean").inst((A(t, c), AU(t, c))), U, G(dst(e)))
    general = settle(general, *particle_facts(p, changed, U, G(dst(e))), *recs)
    mean, none, _ = start(p, changed, U)
    clean = p.assume(eq(over(d, lambda q: off(0, q)), 0))
    one = general.spec(n, 0, d).mp(p.show(eq(0 + n, n)), clean)
    cloud = draws(N, first)
    null = first_cloud_null(p, given, none)
    average = p.almost_surely(one, d, E(cloud, d, AU(0, d)), E(cloud, d, one.sides[1]), null)
    many_draws = p.step("iid_sum", [], [mean.sides[0], N])
    value = p.show(eq(E(cloud, d, AU(0, d)), mean.sides[0]), average, many_draws, dens=[many])
    return p.show(eq(V(0, root) * value.sides[0], U(0, root)), value, mean, dens=[rootpos])


@lemma("target_share", title="E[Zhat nu(F)] = Z pi(F)", words="V_0 E[AF(0, c)] = VF_0(root).")
def target_share(p: Proof) -> Fact:
    changed = rewarded_values(p, model(p))
    general = p.use("weighted_mean").inst((U(t, x), VF(t, x)), (AU(t, c), AF(t, c)), (G(x), F(x)))
    return settle(general, changed["twist kills no live value"])


@statement(
    "S5.bias",
    source="new",
    title="bias of the output by the variance of the normaliser",
    words="For every F with values in [0, 1], whatever is answered once all particles are dead: |E F(output) - pi(F)| <= "
    "(1/2) sqrt(prod_t (1 + (b(t) - 1)/N) - 1), pi(F) = VF_0/Vstar_0.  A, AF, B: the means of Zhat, Zhat nu(F) and Zhat^2 from a cloud on.",
)
def output_bias(p: Proof) -> Fact:
    given = model(p)
    mass = p.assume(lt(0, Vstar(0, root)))
    scale = V(0, root) / Vstar(0, root)
    cloud = draws(N, first)
    weight_nonneg = particle_facts(p, given)[1]
    general = settle(p.use("normaliser_and_output"), weight_nonneg)
    one = general.spec(n, 0, d, scale).mp(p.show(eq(0 + n, n)))
    average = p.mono(one.gen(d), E(cloud, d, one.sides[0]), E(cloud, d, one.sides[1]))
    body = Out(0, d) - half - scale * AF(0, d) + scale * A(0, d) / 2
    jensen = p.use("mean_square").rename_sort("Y", "Edge*")
    mu, f, v = measure("mu", "", "Edge*"), fn("f", "Edge* -> real"), element("Edge*", "v")
    jensen = jensen.inst((E(mu, v, 0), E(cloud, v, 0)), (f(v), replace(body, {d: v})))
    p.note("E[Zhat nu(F)] = Z pi(F), E[Zhat] = Z, E[(Zhat/Z)^2] <= prod")
    share, unbiased, moment = p.use("target_share"), p.use("S5.mean"), p.use("S5")
    target = VF(0, root) / Vstar(0, root)
    bias = E(cloud, d, Out(0, d)) - target
    same = p.show(eq(E(cloud, d, body), bias), share, unbiased, dens=[mass])
    growth = moment.sides[1] - 1
    unit = p.show(eq(scale * E(cloud, d, A(0, d)), 1), unbiased, dens=[mass])
    jensen = p.rewrite(same, lambda H: le(H() ** 2, jensen.sides[1]), jensen)
    square = p.show(le(bias**2, growth / 4), jensen, average, moment, unit)
    p.note("take the root")
    nonneg = p.show(le(0, growth), square)
    root_law, root_pos = p.axiom("sqrt_square", growth).mp(nonneg), p.axiom("sqrt_nonneg", growth)
    cap = sqrt(growth) / 2
    cap_pos = p.show(le(0, cap), root_pos)
    below = p.use("square_below")
    parts = []
    for value in (bias, -bias):
        small = p.show(le(value**2, cap**2), square, root_law)
        parts.append(below.spec(value, cap).mp(small, cap_pos))
    return parts[0].both(parts[1])
