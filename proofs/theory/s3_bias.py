"""S3, P2 and P3: the bias of naive-proposal SMC, with the sharp exponent 2 and with the paper's exponent 6.

The law of one output particle of N-particle SMC is compared with the target on a test function F with values in [0, 1]; the supremum
over F is the total variation distance.  VF is the value with the terminal reward times F, so that the target gives F the mean
VF_0(root)/Vstar_0(root), and the output gives it the mean E W_0 over the first cloud, where W_t(c) is the expected F(output) given the
cloud c at time t.  States may be whole paths: then F is any function of the path.

Levels are counted by the steps to go: lo(k) and q(k) lo(k) bound Qbar on the edges after which k steps remain, k = T - p.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.kernel import Node, open_body
from proofs.language.terms import E, all_of, at, both, eq, fn, implies, le, lt, nat, num, real, sqrt, total
from proofs.lemmas.particle_system import (
    VF,
    L,
    M,
    N,
    Qbar,
    T,
    V,
    Vstar,
    W,
    c,
    dst,
    edge,
    eps,
    first,
    i,
    live,
    n,
    noedge,
    over,
    own_term,
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
from proofs.lemmas.telescoping import (
    answers,
    assemble,
    at_the_end,
    in_horizon,
    k,
    live_stays,
    m,
    never_zero,
    on_smc,
    quotient,
    target,
    tested,
    tested_between,
)
from proofs.registry import lemma, statement

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
        each = weight_nonneg(p).spec(t, src(at(c, k)), dst(at(c, k)))
        below = own_term(p, each, N, Npos)
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
    "the cloud c of N edges at time t, target = VF_0(root)/Vstar_0(root), and q(k) the ratio of the largest to the least backward "
    "potential Qbar on the edges with k steps to go: |E F(output) - target| <= 1/(2N) sum_{k<T} (q(k) - sqrt q(k)).",
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


def compare(p: Proof, out: Fact, below: Fact) -> Fact:
    """The bias bound with a larger sum: `below` is summand(k) <= larger(k), for every k or under k < T."""
    larger = below.sides[1]
    guards = [h for h in (lt(k, T),) if h in below.hyps]
    small = out.left.sides[1]
    below = p.conv(below, le(open_body(small, k), larger))
    wide = p.mono(below.discharge(*guards).gen(k), small, total(T, k, larger))
    return p.cert(le(out.left.sides[0], wide.sides[1]), products=[(1, [out.left], []), (1, [wide], [])]).both(
        p.cert(le(out.right.sides[0], wide.sides[1]), products=[(1, [out.right], []), (1, [wide], [])])
    )


@statement(
    "P2",
    source="paper",
    title="bias of SMC from the range ratios (Lemma E.1, Theorem E.6)",
    words="As S3: |E F(output) - target| <= 1/(2N) sum_{k<T} q(k) (q(k)^2 - 1).  Here it follows from S3, since q - sqrt q <= q (q^2 - 1).",
)
def paper_bias(p: Proof) -> Fact:
    big = p.assume(all_of(k, both(lt(0, lo(k)), le(1, q(k))))).spec(k).right
    root_big = p.use("root_at_least_one").spec(q(k)).mp(big)
    inverse = p.positive_inverse(p.assume(lt(0, N)))
    p.note(
        "q (q^2 - 1) - (q - sqrt q) = (q - 1)(q^2 + q - 1) + (sqrt q - 1), and q^2 + q - 1 = (q - 1)^2 + 3 (q - 1) + 1"
    )
    below = p.cert(
        le((q(k) - sqrt(q(k))) / (2 * N), q(k) * (q(k) ** 2 - 1) / (2 * N)),
        products=[
            ("1/2", [big, inverse], [q(k) - 1]),
            ("3/2", [big, big, inverse], []),
            ("1/2", [big, inverse], []),
            ("1/2", [root_big, inverse], []),
        ],
    )
    return compare(p, p.use("S3"), below)


def ratio_bound(p: Proof) -> Fact:
    """The weights of reachable edges lie in [1/L, L]."""
    scaled = psi(t, x, y) * V(t + 1, y)
    inside = both(le(V(t, x), L * scaled), le(scaled, L * V(t, x)))
    return p.assume(all_of(t, x, y, implies(reachable, inside)), note="ratio bound")


def bellman_error(p: Proof) -> Fact:
    """1/(1+eps) <= rho_t(x) <= 1+eps at live states."""
    BV = E(M(t, x), y, psi(t, x, y) * V(t + 1, y))
    inside = both(le(V(t, x), (1 + eps) * BV), le(BV, (1 + eps) * V(t, x)))
    return p.assume(all_of(t, x, implies(lt(t, T), live, lt(0, V(t, x)), inside)), note="Bellman error")


@lemma(
    "backward_bounds",
    title="two-sided bounds of the backward potentials",
    words="On a reachable edge with k steps to go: 1/(L (1+eps)^k) <= Qbar <= L (1+eps)^k.",
)
def backward_bounds(p: Proof) -> Fact:
    given = setting(p)
    twist = p.assume(all_of(t, x, implies(live, lt(0, V(t, x)))), note="the twist is positive on live states")
    ratio, _error = ratio_bound(p), bellman_error(p)
    big, nonneg = p.assume(le(1, L)), p.assume(le(0, eps))
    alive, none = p.assume(live), p.assume(eq(V(t, x), 0))
    above = twist.spec(t, x).mp(alive)
    weak = p.cert(le(0, V(t, x)), products=[(1, [above], [])]).discharge(live).gen(t, x)
    false = p.cert(lt(0, 0), products=[(1, [above], [])], eqs=[(1, none)])
    kills = p.absurd(eq(Vstar(t, x), 0), false).discharge(live, none.concl).gen(t, x)
    names = ("potentials are non-negative", "dead is non-negative", "value recursion", "terminal value")
    values = supply(p.use("P0"), weak, kills, live_stays(p, given), nonneg, *(given[name] for name in names))
    to_go, on_edge = p.assume(eq(t + 1 + k, T)), p.assume(reachable)
    ends = given["ends of edges"].spec(t, x, y).mp(on_edge)
    value, weights = values.spec(k, t + 1, y).mp(to_go, ends.right), given["potentials are non-negative"].spec(t, x, y)
    here, inside = twist.spec(t, x).mp(ends.left), ratio.spec(t, x, y).mp(on_edge)
    inverse, Q = p.positive_inverse(here), (1 + eps) ** k
    one = p.cert(lt(0, 1 + eps), products=[(1, [nonneg], []), (1, [], [])])
    Qpos = p.use("power_positive").spec(1 + eps, k).mp(one)
    Lpos = p.cert(lt(0, L), products=[(1, [big], []), (1, [], [])])
    p.note("Qbar = psi Vstar(y)/V(x) <= (1+eps)^k psi V(y)/V(x) <= L (1+eps)^k")
    upper = p.cert(
        le(Qbar(t, x, y), L * Q),
        products=[(1, [weights, value.left, inverse], []), (1, [Qpos, inside.right, inverse], [])],
        dens=[here],
    )
    p.note("1 <= L psi V(y)/V(x) <= L (1+eps)^k Qbar")
    product_form = p.cert(lt(0, L * Q), products=[(1, [Lpos, Qpos], [])])
    scale = p.positive_inverse(product_form)
    lower = p.cert(
        le(1 / (L * Q), Qbar(t, x, y)),
        products=[(1, [inside.left, inverse, scale], []), (1, [Lpos, weights, value.right, inverse, scale], [])],
        dens=[here, Lpos, Qpos],
    )
    return lower.both(upper).discharge(to_go.concl, reachable).gen(t, k, x, y)


def uniform(p: Proof, instance: str, power: int) -> tuple:
    """S3 or P2 at q(k) = L^2 (1+eps)^(2k) <= L^2 (1+eps)^(2n) for k < T = n + 1: T equal terms bound the sum."""
    big, nonneg, steps = p.assume(le(1, L)), p.assume(le(0, eps)), p.assume(eq(T, n + 1), note="n = T - 1")
    Q = (1 + eps) ** k
    one = p.cert(le(1, 1 + eps), products=[(1, [nonneg], [])])
    at_least = p.use("power_at_least_one").spec(1 + eps, k).mp(one)
    base = p.cert(le(1, L * Q), products=[(1, [big, at_least], []), (1, [big], []), (1, [at_least], [])])
    positive = p.cert(lt(0, L * Q), products=[(1, [base], []), (1, [], [])])
    square = p.cert(le(1, L**2 * (1 + eps) ** (2 * k)), products=[(1, [base, base], []), (2, [base], [])])
    Qpos = p.cert(lt(0, Q), products=[(1, [at_least], []), (1, [], [])])
    Lpos = p.cert(lt(0, L), products=[(1, [big], []), (1, [], [])])
    p.note("P1 with lo(k) = 1/(L (1+eps)^k) and q(k) = L^2 (1+eps)^(2k)")
    bounds = p.use("backward_bounds")
    to_go, on_edge = p.assume(eq(t + 1 + k, T)), p.assume(reachable)
    inside = bounds.spec(t, k, x, y).mp(to_go, on_edge)
    least, ratio = 1 / (L * Q), L**2 * (1 + eps) ** (2 * k)
    top = p.cert(le(Qbar(t, x, y), ratio * least), products=[(1, [inside.right], [])], dens=[Qpos, Lpos])
    ranged = inside.left.both(top).discharge(to_go.concl, reachable).gen(t, k, x, y)
    out = p.use(instance).inst((lo(k), least), (q(k), ratio))
    out = supply(out, ranged, p.positive_inverse(positive).both(square).gen(k))
    p.note("k <= n = T - 1, so (1+eps)^k <= (1+eps)^n")
    inverse = p.positive_inverse(p.assume(lt(0, N)))
    level, top_level = L * Q, L * (1 + eps) ** n
    j = nat("j")
    within, rest = p.assume(lt(k, T)), p.assume(eq(n, k + j))
    split = p.rewrite(
        p.equal(k + j, n, [(1, rest)]), lambda H: eq((1 + eps) ** H(), Q * (1 + eps) ** j), p.refl(Q * (1 + eps) ** j)
    )
    more = p.use("power_at_least_one").spec(1 + eps, j).mp(one)
    higher = p.cert(le(level, top_level), products=[(1, [Lpos, Qpos, more], [])], eqs=[(L, split)])
    at_most = p.cert(le(k, n), products=[(1, [p.step("nat_step", [within])], [])], eqs=[(1, steps)])
    higher = p.step("nat_split", [at_most, higher], [k, n, j])
    nonneg_level = p.cert(le(0, level), products=[(1, [positive], [])])
    power_up = p.use("power_mono").spec(level, top_level, power).mp(nonneg_level, higher)
    return out, power_up, inverse, square, ratio, top_level


def flat(p: Proof, out: Fact, below: Fact, power: int) -> Fact:
    """As `compare`, for a summand that does not depend on k: the sum is T times it, T (L (1+eps)^n)^power / (2N)."""
    wide = compare(p, out, below)
    low, high = wide.left.sides[0], wide.right.sides[0]
    bound = T * L**power * (1 + eps) ** (power * n) / (2 * N)
    return p.conv(wide, both(le(low, bound), le(high, bound)))


@statement(
    "S3.uniform",
    source="new",
    title="bias of SMC from the Bellman error, two-sided",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^2 (1+eps)^(2n) / (2N).",
)
def two_sided_uniform(p: Proof) -> Fact:
    out, power_up, inverse, _square, ratio, top = uniform(p, "S3", 2)
    root_nonneg = p.axiom("sqrt_nonneg", ratio)
    below = p.cert(
        le((ratio - sqrt(ratio)) / (2 * N), top**2 / (2 * N)),
        products=[("1/2", [power_up, inverse], []), ("1/2", [root_nonneg, inverse], [])],
    )
    return flat(p, out, below, 2)


@statement(
    "P3",
    source="paper",
    title="bias of SMC from the Bellman error (Theorem 5.1), by way of P2",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^6 (1+eps)^(6n) / (2N).",
)
def paper_uniform(p: Proof) -> Fact:
    out, power_up, inverse, square, ratio, top = uniform(p, "P2", 6)
    p.note("q (q^2 - 1) <= q^3 <= L^6 (1+eps)^(6n)")
    below = p.cert(
        le(ratio * (ratio**2 - 1) / (2 * N), top**6 / (2 * N)),
        products=[("1/2", [power_up, inverse], []), ("1/2", [square, inverse], []), ("1/2", [inverse], [])],
    )
    return flat(p, out, below, 6)


def enough(p: Proof, name: str) -> Fact:
    """If N is so large that the bound is at most delta, the bias is at most delta."""
    delta = real("delta")
    out, many = p.use(name), p.assume(lt(0, N))
    power = {"S3.uniform": 2, "P3": 6}[name]
    bound, needed = out.left.sides[1], p.assume(le(T * L**power * (1 + eps) ** (power * n), 2 * delta * N))
    inverse = p.positive_inverse(many)
    small = p.cert(le(bound, delta), products=[("1/2", [needed, inverse], [])], dens=[many])
    return p.chain(out.left, small).both(p.chain(out.right, small))
