"""S3, P2 and P3: the bias of naive-proposal SMC, with the sharp exponent 2 and with the paper's exponent 6.

The law of one output particle of N-particle SMC is compared with the target on a test function F with values in [0, 1]; the supremum
over F is the total variation distance.  VF is the value with the terminal reward times F, so that the target gives F the mean
VF_0(root)/Vstar_0(root), and the output gives it the mean E W_0 over the first cloud, where W_t(c) is the expected F(output) given the
cloud c at time t.  States may be whole paths: then F is any function of the path.

Levels are counted by the steps to go: lo(k) and q(k) lo(k) bound Qbar on the edges after which k steps remain, k = T - p.
"""

from __future__ import annotations

from proofs.builder import Fact, Proof
from proofs.kernel import Node
from proofs.smc_bias import (
    answers,
    assemble,
    at_the_end,
    in_horizon,
    k,
    m,
    never_zero,
    on_smc,
    quotient,
    target,
    tested,
    tested_between,
)
from proofs.smc_model import (
    VF,
    N,
    Qbar,
    T,
    V,
    Vstar,
    W,
    c,
    dst,
    edge,
    first,
    i,
    live,
    n,
    noedge,
    over,
    psi,
    reachable,
    reachable_entries,
    root,
    setting,
    smc,
    src,
    supply,
    t,
    weight,
    weight_nonneg,
    x,
    y,
)
from proofs.statements import lemma, statement
from proofs.terms import E, all_of, at, both, eq, fn, implies, le, lt, num, real, sqrt, total

lo, s, q = fn("lo", "nat -> real"), fn("s", "nat -> real"), fn("q", "nat -> real")


def backward_range(p: Proof) -> tuple[Fact, Fact]:
    """lo(k) <= Qbar <= s(k)^2 lo(k) on the reachable edges after which k steps remain, lo(k) > 0, s(k) >= 1."""
    positive = p.assume(all_of(k, both(lt(0, lo(k)), le(1, s(k)))), note="bounds are positive")
    here = Qbar(t, x, y)
    between = both(le(lo(k), here), le(here, s(k) ** 2 * lo(k)))
    ranged = p.assume(all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, between)), note="range of Qbar")
    return positive, ranged


@lemma(
    "smc_bias",
    title="bias of SMC, with the roots of the range ratios",
    words="As S3, with q(k) = s(k)^2: |E F(output) - target| <= 1/(2N) sum_{k<T} (s(k)^2 - s(k)).",
)
def rooted(p: Proof) -> Fact:
    given = setting(p) | answers(p)
    twist = p.assume(all_of(t, x, implies(live, lt(0, V(t, x)))), note="the twist is positive on live states")
    positive, ranged = backward_range(p)
    between = tested_between(p, given)
    Npos = given["there are particles"]

    def drift(law: Node, time: Node, left: Node, to_go: Fact, null: Fact) -> Fact:
        """The one-step lemma for edges drawn at `time` with `left` steps to go."""
        a, b = src(edge), dst(edge)
        guard = p.assume(eq(noedge(time, a, b), 0))
        tested_fact = between.spec(time, left, a, b).mp(to_go, guard).discharge(guard).gen(edge)
        range_fact = ranged.spec(time, left, a, b).mp(to_go, guard).discharge(guard).gen(edge)
        nonneg = given["noedge is non-negative"].spec(time, a, b).gen(edge)
        step = on_smc(p.use("S3.step"), law, time, (real("a"), lo(left)), (real("s"), s(left)))
        bounds = positive.spec(left)
        s_nonneg = p.cert(le(0, s(left)), products=[(1, [bounds.right], []), (1, [], [])])
        return supply(step, tested_fact, range_fact, nonneg, null, bounds.left, s_nonneg, Npos)

    def error(r: Node) -> Node:
        return (s(r) ** 2 - s(r)) / (2 * N)

    def A(r: Node, cloud: Node) -> Node:
        return over(cloud, tested, r) / over(cloud, Qbar, r)

    def with_mean(step: Fact, same: Fact, before: Node) -> Fact:
        mean = step.left.concl.kids[0].kids[0]
        up, down = step.left, step.right
        higher = p.cert(le(mean - before, up.sides[1]), products=[(1, [up], [])], eqs=[(1, same)])
        return higher.both(p.cert(le(before - mean, up.sides[1]), products=[(1, [down], [])], eqs=[(1, same)]))

    def near(step) -> Fact:
        one = drift(E(smc(t, c), edge, 0), t + 1, n, step.to_go, step.null)
        same = quotient(p, step.means[1], step.means[0], [step.alive], A(t, c))
        return with_mean(one, same, A(t, c))

    def first_near(origin: Fact, zero: Fact, means: list[Fact]) -> Fact:
        one = drift(E(first, edge, 0), num(0), m, origin, zero)
        root_positive = twist.spec(0, root).mp(given["the root is live"])
        same = quotient(p, means[1], means[0], [root_positive], target)
        return with_mean(one, same, target)

    def stops(now: Fact, clean: Fact, small: Fact) -> Fact:
        p.note("the weights of reachable edges are positive, so the case does not occur")
        a, b = src(at(c, 0)), dst(at(c, 0))
        split = p.assume(eq(T, 1 + m))
        to_go = p.equal(t + 1 + (n + 1), T, [(1, now), (1, split)])
        _inside, entry = reachable_entries(p, given)
        entry = entry.discharge(_inside).gen(i).spec(0).mp(Npos)
        ends = given["ends of edges"].spec(t, a, b).mp(entry)
        Va, Vb = twist.spec(t, a).mp(ends.left), twist.spec(t + 1, b).mp(ends.right)
        bottom = ranged.spec(t, n + 1, a, b).mp(to_go, entry).left
        least = positive.spec(n + 1).left
        zero_psi = p.antisymmetry(p.assume(le(psi(t, a, b), 0)), given["potentials are non-negative"].spec(t, a, b))
        false = p.cert(
            lt(0, 0), products=[(1, [bottom], []), (1, [least], [])], eqs=[(Vstar(t + 1, b) / V(t, a), zero_psi)]
        )
        weights = [weight(t, src(at(c, k)), dst(at(c, k))), weight(t, a, b)]
        each = weight_nonneg(p).spec(t, src(at(c, k)), dst(at(c, k))).gen(k)
        below = p.use("term_below_sum").inst((fn("f", "nat -> real")(k), weights[0])).cut(each).spec(N, 0).mp(Npos)
        goal = eq(W(t, c), A(t, c))
        psi_pos = p.assume(lt(0, psi(t, a, b)))
        own = p.cert(lt(0, weights[1]), products=[(1, [psi_pos, Vb, p.positive_inverse(Va)], [])])
        contra = p.cert(lt(0, 0), products=[(1, [own], []), (1, [below], []), (1, [small], [])])
        return p.cases(psi(t, a, b), 0, p.absurd(goal, false), p.absurd(goal, contra))

    def ends(last: Fact, clean: Fact) -> Fact:
        sums = at_the_end(p, given, last)
        final = given["answer at the end"].spec(t, c).mp(last)
        same = p.rewrite(sums[1], lambda H: over(c, tested) / H())
        return p.equal(W(t, c), A(t, c), [(1, final), (1, same), (1 / over(c, weight), sums[0])])

    def moves(step) -> Fact:
        before = p.cert(lt(t + 1, T), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])], eqs=[(1, step.to_go)])
        return given["answer before"].spec(t, c).mp(before)

    zero_twist = never_zero(p, given, twist, Vstar), never_zero(p, given, twist, VF)
    out, split = assemble(p, given, zero_twist, error, A, near, first_near, stops, ends, moves)
    at_least = positive.spec(n).right
    inverse = p.positive_inverse(Npos)
    errors = p.cert(
        le(0, error(n)), products=[("1/2", [at_least, at_least, inverse], []), ("1/2", [at_least, inverse], [])]
    )
    out = supply(out, errors.gen(n))
    return in_horizon(p, given, out, split)


@statement(
    "S3",
    source="new",
    title="bias of SMC, two-sided",
    words="Naive-proposal SMC with N particles and horizon T, F a test function with values in [0, 1], W_t(c) the expected F(output) given "
    "the cloud c of N edges at time t, target = VF_0(root)/Vstar_0(root), and q(k) the ratio of the largest to the least backward potential "
    "Qbar on the edges with k steps to go: |E F(output) - target| <= 1/(2N) sum_{k<T} (q(k) - sqrt q(k)).",
)
def two_sided(p: Proof) -> Fact:
    positive = p.assume(all_of(k, both(lt(0, lo(k)), le(1, q(k)))), note="bounds are positive")
    here = Qbar(t, x, y)
    between = both(le(lo(k), here), le(here, q(k) * lo(k)))
    given = p.assume(all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, between)), note="range of Qbar")
    p.note("s = sqrt q")
    big = positive.spec(k).right
    root_of = p.axiom("sqrt_square", q(k)).mp(p.cert(le(0, q(k)), products=[(1, [big], []), (1, [], [])]))
    at_least = p.use("root_at_least_one").spec(q(k)).mp(big)
    to_go, on_edge = p.assume(eq(t + 1 + k, T)), p.assume(reachable)
    inside = given.spec(t, k, x, y).mp(to_go, on_edge)
    top = p.cert(le(here, sqrt(q(k)) ** 2 * lo(k)), products=[(1, [inside.right], [])], eqs=[(lo(k), root_of)])
    ranged = inside.left.both(top).discharge(to_go.concl, reachable).gen(t, k, x, y)
    out = p.use("smc_bias").inst((s(k), sqrt(q(k))))
    out = supply(out, positive.spec(k).left.both(at_least).gen(k), ranged)
    p.note("(sqrt q)^2 = q in the sum")
    low, high = (part.sides[0] for part in (out.left, out.right))
    return p.rewrite(
        root_of.gen(k), lambda H: both(*(le(a, total(T, k, (H(k) - sqrt(q(k))) / (2 * N))) for a in (low, high))), out
    )
