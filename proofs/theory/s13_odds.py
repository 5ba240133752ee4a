"""S13: the odds of every event under the output of naive-proposal SMC are within Q = prod_p (1 + (q_p - 1)/N) of those under the target.

The model and the hypotheses are those of S3. With A_t(c) the answer of the cloud without further noise, one step multiplies
the odds of A at most
by 1 + (q - 1)/N in mean (S13.step), and the factors multiply over the steps (telescope_odds). The lower half is the upper one for 1 - F.
"""

from __future__ import annotations

import proofs.lemmas.exchange  # noqa: F401  (registers S13.step)
from proofs.derive.author import Fact, Proof
from proofs.kernel import Node
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    eq,
    exp,
    fn,
    implies,
    le,
    lt,
    num,
    product,
    real,
    sqrt,
    total,
)
from proofs.lemmas.chains import odds
from proofs.lemmas.particle_system import (
    VF,
    L,
    N,
    Qbar,
    T,
    V,
    Vstar,
    W,
    c,
    d,
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
)  # fmt: skip
from proofs.lemmas.telescoping import (
    answers,
    assemble,
    at_the_end,
    k,
    live_stays,
    m,
    never_zero,
    on_smc,
    quotient,
    target,
    tested,
    tested_between,
)  # fmt: skip
from proofs.registry import lemma, statement
from proofs.theory.s3_bias import compare, uniform

lo, q = fn("lo", "nat -> real"), fn("q", "nat -> real")
answer = E(draws(N, first), d, W(0, d))


def levels(count: Node) -> Node:
    """prod_{k < count} (1 + (q(k) - 1)/N)."""
    return product(count, k, 1 + (q(k) - 1) / N)


def cloud_answer(s: Node, cloud: Node) -> Node:
    """A_s(c) = sum_i Qbar^F(c_i) / sum_i Qbar(c_i)."""
    return over(cloud, tested, s) / over(cloud, Qbar, s)


class Settings:
    """The hypotheses of S13 and what both halves use: the range of Qbar, the step, the range of A."""

    def __init__(self, p: Proof) -> None:
        self.p, self.given = p, setting(p) | answers(p)
        self.twist = p.assume(all_of(t, x, implies(live, lt(0, V(t, x)))), note="the twist is positive on live states")
        self.positive = p.assume(all_of(k, both(lt(0, lo(k)), le(1, q(k)))), note="bounds are positive")
        here = Qbar(t, x, y)
        between = both(le(lo(k), here), le(here, q(k) * lo(k)))
        self.ranged = p.assume(all_of(t, k, x, y, implies(eq(t + 1 + k, T), reachable, between)), note="range of Qbar")
        self.between = tested_between(p, self.given)
        self.Npos = self.given["there are particles"]
        self.inverse = p.positive_inverse(self.Npos)
        big = self.positive.spec(n).right
        self.factor = p.cert(le(1, 1 + (q(n) - 1) / N), products=[(1, [big, self.inverse], [])]).gen(n)

    def step(self, law: Node, time: Node, left: Node, to_go: Fact, null: Fact) -> Fact:
        """S13.step for edges drawn at `time` with `left` steps to go."""
        p, a, b = self.p, src(edge), dst(edge)
        guard = p.assume(eq(noedge(time, a, b), 0))
        tested_fact = self.between.spec(time, left, a, b).mp(to_go, guard).discharge(guard).gen(edge)
        range_fact = self.ranged.spec(time, left, a, b).mp(to_go, guard).discharge(guard).gen(edge)
        nonneg = self.given["noedge is non-negative"].spec(time, a, b).gen(edge)
        step = on_smc(p.use("S13.step"), law, time, (real("a"), lo(left)), (real("q"), q(left)))
        return supply(step, tested_fact, range_fact, nonneg, null, self.positive.spec(left).left, self.Npos)

    def inside(self) -> Fact:
        """0 <= A_t(c) <= 1 at a reachable cloud with n steps to go: forall t n c. t + n = m => ..., where T = 1 + m."""
        p, split = self.p, self.p.assume(eq(T, 1 + m))
        now = p.assume(eq(t + n, m))
        to_go = p.equal(t + 1 + n, T, [(1, now), (1, split)])
        within, entry = reachable_entries(p, self.given)
        ends = src(at(c, i)), dst(at(c, i))
        own, range_own = (f.spec(t, n, *ends).mp(to_go, entry) for f in (self.between, self.ranged))

        def summed(fact: Fact) -> Fact:
            a, b = fact.sides
            return p.mono(fact.discharge(within).gen(i), total(N, i, a), total(N, i, b))

        low, high, least = summed(own.left), summed(own.right), summed(range_own.left)
        lopos = self.positive.spec(n).left
        many = p.cert(lt(0, N * lo(n)), products=[(1, [self.Npos, lopos], [])])
        bottom = over(c, Qbar)
        pos = p.cert(lt(0, bottom), products=[(1, [least], []), (1, [many], [])])
        inverse = p.positive_inverse(pos)
        A = cloud_answer(t, c)
        zero = p.cert(le(0, A), products=[(1, [low, inverse], [])])
        one = p.cert(le(A, 1), products=[(1, [high, inverse], [])], dens=[pos])
        clean = eq(over(c, noedge), 0)
        return zero.both(one).discharge(now.concl, clean).gen(t, n, c)

    def target_inside(self) -> Fact:
        """0 <= target <= 1."""
        p, given = self.p, self.given
        names = (
            "potentials are non-negative", "twist is non-negative", "dead is non-negative", "value recursion",
            "terminal value", "tested recursion", "tested terminal value", "test function",
        )  # fmt: skip
        value = supply(p.use("tested_value"), live_stays(p, given), *(given[name] for name in names))
        value = value.spec(T, 0, root).mp(p.equal(0 + T, T), given["the root is live"])
        top, bottom = VF(0, root), Vstar(0, root)
        goal = both(le(0, top / bottom), le(top / bottom, 1))
        pos = p.assume(lt(0, bottom))
        inverse = p.positive_inverse(pos)
        high = p.cert(goal.kids[0], products=[(1, [value.left, inverse], [])]).both(
            p.cert(goal.kids[1], products=[(1, [value.right, inverse], [])], dens=[pos])
        )
        none = p.assume(le(bottom, 0))
        zero = p.antisymmetry(p.cert(le(top, 0), products=[(1, [value.right], []), (1, [none], [])]), value.left)
        low = p.cert(goal.kids[0], eqs=[(1 / bottom, zero)]).both(
            p.cert(goal.kids[1], products=[(1, [], [])], eqs=[(1 / bottom, zero)])
        )
        return p.cases(bottom, 0, low, high)


def half(p: Proof, flip: bool) -> tuple[Fact, Fact]:
    """odds(target, E W, Q), or with `flip` odds(1 - target, 1 - E W, Q), for T = 1 + m; the sum over k < m + 1."""
    s = Settings(p)
    given = s.given

    def seen(value: Node) -> Node:
        return 1 - value if flip else value

    def A(r: Node, cloud: Node) -> Node:
        return seen(cloud_answer(r, cloud))

    def as_odds(step: Fact, same: Fact, before: Node, left: Node, mean: Node) -> Fact:
        """The step with A for the ratio of the means."""
        part = step.right if flip else step.left
        factor = 1 + (q(left) - 1) / N
        if flip:
            return p.cert(
                odds(seen(before), 1 - mean, factor),
                products=[(1, [part], [])],
                eqs=[(-(1 - mean) - factor * mean, same)],
            )
        return p.cert(odds(before, mean, factor), products=[(1, [part], [])], eqs=[(mean + factor * (1 - mean), same)])

    def near(step) -> Fact:
        one = s.step(E(smc(t, c), edge, 0), t + 1, n, step.to_go, step.null)
        same = quotient(p, step.means[1], step.means[0], [step.alive], cloud_answer(t, c))
        mean = E(draws(N, smc(t, c)), d, cloud_answer(t + 1, d))
        out = as_odds(one, same, cloud_answer(t, c), n, mean)
        return p.conv(out, odds(A(t, c), E(draws(N, smc(t, c)), d, A(t + 1, d)), 1 + (q(n) - 1) / N))

    def first_near(origin: Fact, zero: Fact, means: list[Fact]) -> Fact:
        one = s.step(E(first, edge, 0), num(0), m, origin, zero)
        root_positive = s.twist.spec(0, root).mp(given["the root is live"])
        same = quotient(p, means[1], means[0], [root_positive], target)
        mean = E(draws(N, first), d, cloud_answer(num(0), d))
        out = as_odds(one, same, target, m, mean)
        return p.conv(out, odds(seen(target), E(draws(N, first), d, A(num(0), d)), 1 + (q(m) - 1) / N))

    def flipped(fact: Fact) -> Fact:
        """W = X as seen(W) = seen(X)."""
        left, right = fact.sides
        return p.equal(seen(left), seen(right), [(-1 if flip else 1, fact)])

    def stops(now: Fact, clean: Fact, small: Fact) -> Fact:
        return p.absurd(eq(seen(W(t, c)), A(t, c)), nothing_dead(p, s, now, small))

    def ends(last: Fact, clean: Fact) -> Fact:
        sums = at_the_end(p, given, last)
        final = given["answer at the end"].spec(t, c).mp(last)
        same = p.rewrite(sums[1], lambda H: over(c, tested) / H())
        return flipped(p.equal(W(t, c), cloud_answer(t, c), [(1, final), (1, same), (1 / over(c, weight), sums[0])]))

    def moves(step) -> Fact:
        before = p.cert(lt(t + 1, T), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])], eqs=[(1, step.to_go)])
        fact = flipped(given["answer before"].spec(t, c).mp(before))
        return p.conv(fact, eq(seen(W(t, c)), E(draws(N, smc(t, c)), d, seen(W(t + 1, d)))))

    zero_twist = never_zero(p, given, s.twist, Vstar), never_zero(p, given, s.twist, VF)
    pairs = [(real("target"), seen(target))] + ([(W(t, c), 1 - W(t, c))] if flip else [])
    out, split = assemble(
        p, given, zero_twist, lambda r: 1 + (q(r) - 1) / N, A, near, first_near, stops, ends, moves,
        how=("telescope_odds_start", "f"), pairs=pairs,
    )  # fmt: skip
    inside, target_inside = s.inside(), s.target_inside()
    if flip:
        guards = inside.spec(t, n, c).concl
        now, rest = guards.kids
        clean = rest.kids[0]
        facts = p.assume(now), p.assume(clean)
        here = inside.spec(t, n, c).mp(*facts)
        A_here = cloud_answer(t, c)
        here = p.cert(le(0, 1 - A_here), products=[(1, [here.right], [])]).both(
            p.cert(le(1 - A_here, 1), products=[(1, [here.left], [])])
        )
        inside = here.discharge(now, clean).gen(t, n, c)
        target_inside = p.cert(le(0, 1 - target), products=[(1, [target_inside.right], [])]).both(
            p.cert(le(1 - target, 1), products=[(1, [target_inside.left], [])])
        )
    out = supply(out, inside, target_inside, s.factor)
    Q = levels(m + 1)
    if flip:
        return p.conv(out, le(target * (1 - answer), Q * (1 - target) * answer)), split
    return p.conv(out, odds(target, answer, Q)), split


def nothing_dead(p: Proof, s: Settings, now: Fact, small: Fact) -> Fact:
    """0 < 0 from a reachable cloud whose weights vanish: on reachable edges Qbar >= lo > 0, so psi > 0 and V > 0."""
    given = s.given
    split = p.assume(eq(T, 1 + m))
    to_go = p.equal(t + 1 + (n + 1), T, [(1, now), (1, split)])
    inside, entry = reachable_entries(p, given)
    entry = entry.discharge(inside).gen(i).spec(0).mp(s.Npos)
    a, b = src(at(c, 0)), dst(at(c, 0))
    ends = given["ends of edges"].spec(t, a, b).mp(entry)
    Va, Vb = s.twist.spec(t, a).mp(ends.left), s.twist.spec(t + 1, b).mp(ends.right)
    bottom = s.ranged.spec(t, n + 1, a, b).mp(to_go, entry).left
    least = s.positive.spec(n + 1).left
    zero_psi = p.antisymmetry(p.assume(le(psi(t, a, b), 0)), given["potentials are non-negative"].spec(t, a, b))
    false = p.cert(
        lt(0, 0), products=[(1, [bottom], []), (1, [least], [])], eqs=[(Vstar(t + 1, b) / V(t, a), zero_psi)]
    )
    each = weight_nonneg(p).spec(t, src(at(c, k)), dst(at(c, k)))
    below = own_term(p, each, N, s.Npos)
    psi_pos = p.assume(lt(0, psi(t, a, b)))
    own = p.cert(lt(0, weight(t, a, b)), products=[(1, [psi_pos, Vb, p.positive_inverse(Va)], [])])
    contra = p.cert(lt(0, 0), products=[(1, [own], []), (1, [below], []), (1, [small], [])])
    return p.cases(psi(t, a, b), 0, false, contra)


@statement(
    "S13",
    source="new",
    title="odds of every event under SMC",
    words="Naive-proposal SMC as in S3, F a test function with values in [0, 1], out = E F(output), pi = target, and q(k) the ratio of the "
    "largest to the least backward potential Qbar on the edges with k steps to go: with Q = prod_{k<T} (1 + (q(k) - 1)/N), "
    "(1 - pi) out <= Q pi (1 - out) and pi (1 - out) <= Q (1 - pi) out.",
)
def odds_of_events(p: Proof) -> Fact:
    (up, split), (down, _) = half(p, False), half(p, True)
    begin = p.conv(p.step("nat_step", [p.assume(lt(0, T))]), le(1, T))
    count = p.equal(m + 1, T, [(1, split)])

    def claim(H) -> Node:
        Q = levels(H())
        return both(odds(target, answer, Q), le(target * (1 - answer), Q * (1 - target) * answer))

    fact = p.rewrite(count, claim, p.conv(up.both(down), claim(lambda: m + 1)))
    return p.step("nat_split", [begin, fact], [num(1), T, m])


@lemma(
    "odds_and_target", title="S13, and that the target is in [0, 1]", words="The claim of S13, and 0 <= target <= 1."
)
def with_target(p: Proof) -> Fact:
    return p.use("S13").both(Settings(p).target_inside())


def gaps(p: Proof, factor: Node, low_root: Fact, root: Fact, above: Fact) -> Fact:
    """|out - pi| <= (s - 1)/(s + 1) for s = `factor` >= 1 (low_root), where Q <= R and R = s^2 (root: s^2 = R; above: Q <= R)."""
    known = p.use("odds_and_target")
    claim, inside = known.left, known.right
    Q = above.sides[0]
    big = p.use("product_at_least_one").inst((fn("f", "nat -> real")(k), 1 + (q(k) - 1) / N))
    at_least = supply(big, Settings(p).factor).spec(T)
    a, x, out = target, answer, []
    for part, pi, value in ((claim.left, a, x), (claim.right, 1 - a, 1 - x)):
        low = p.cert(le(0, pi), products=[(1, [inside.left if pi is a else inside.right], [])])
        high = p.cert(le(pi, 1), products=[(1, [inside.right if pi is a else inside.left], [])])
        top = p.cert(lt(0, 1 + (Q - 1) * pi), products=[(1, [at_least, low], []), (1, [], [])])
        p.note("1 - x >= (1 - a)/(1 + (Q - 1) a), so a larger factor than Q will do")
        rest = p.cert(
            le(0, 1 - value),
            products=[(1, [part, p.positive_inverse(top)], []), (1, [high, p.positive_inverse(top)], [])],
            dens=[top],
        )
        wide = p.cert(
            odds(pi, value, factor**2),
            products=[(1, [part], []), (1, [above, low, rest], [])],
            eqs=[(pi * (1 - value), root)],
        )
        gap = p.use("odds_gap").spec(pi, factor, value).mp(low, high, low_root, wide)
        out.append(p.conv(gap, le(x - a if pi is a else a - x, (factor - 1) / (factor + 1))))
    return out[0].both(out[1])


@statement(
    "S13.tv",
    source="new",
    title="bias of SMC from the odds",
    words="As S13: |E F(output) - target| <= (sqrt Q - 1)/(sqrt Q + 1) = tanh(log(Q)/4), Q = prod_{k<T} (1 + (q(k) - 1)/N).",
)
def total_variation(p: Proof) -> Fact:
    Q = levels(T)
    big = p.use("product_at_least_one").inst((fn("f", "nat -> real")(k), 1 + (q(k) - 1) / N))
    at_least = supply(big, Settings(p).factor).spec(T)
    root = p.axiom("sqrt_square", Q).mp(p.cert(le(0, Q), products=[(1, [at_least], []), (1, [], [])]))
    return gaps(p, sqrt(Q), p.use("root_at_least_one").spec(Q).mp(at_least), root, p.cert(le(Q, Q)))


@statement(
    "S13.sum",
    source="new",
    title="bias of SMC, the constant 1/4",
    words="As S13: |E F(output) - target| <= 1/(4N) sum_{k<T} (q(k) - 1): a half of S3's constant.",
)
def summed(p: Proof) -> Fact:
    s = Settings(p)
    excess = (q(k) - 1) / N
    length = total(T, k, excess)
    big = s.positive.spec(k).right
    nonneg = p.cert(le(0, excess), products=[(1, [big, s.inverse], [])])
    sums = p.conv(p.mono(nonneg.gen(k), total(T, k, 0), length), le(0, length))
    p.note("Q = prod (1 + x_k) <= exp(sum x_k) = s^2 for s = exp(sum x_k / 2)")
    growing = p.cert(le(0, 1 + excess), products=[(1, [nonneg], []), (1, [], [])])
    above = p.use("product_below_exp").inst((fn("x", "nat -> real")(k), excess)).spec(T).mp(growing.gen(k))
    half_length = length / 2
    growth = exp(half_length)
    twice = p.axiom("exp_add", half_length, half_length)
    root = p.equal(growth**2, exp(length), [(-1, twice)])
    half_nonneg = p.cert(le(0, half_length), products=[("1/2", [sums], [])])
    at_least = p.cert(le(1, growth), products=[(1, [p.axiom("exp_ge", half_length)], []), (1, [half_nonneg], [])])
    gap = gaps(p, growth, at_least, root, above)
    small = p.use("tanh_of_half").spec(half_length).mp(half_nonneg)
    bound = total(T, k, (q(k) - 1) / (4 * N))
    out = [p.conv(p.chain(part, small), le(part.sides[0], bound)) for part in (gap.left, gap.right)]
    return out[0].both(out[1])


@statement(
    "S13.uniform",
    source="new",
    title="bias of SMC from the Bellman error, the constant 1/4",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^2 (1+eps)^(2n) / (4N).",
)
def from_bellman_error(p: Proof) -> Fact:
    out, power_up, inverse, _square, ratio, top = uniform(p, "S13.sum", 2)
    below = p.cert(
        le((ratio - 1) / (4 * N), top**2 / (4 * N)), products=[("1/4", [power_up, inverse], []), ("1/4", [inverse], [])]
    )
    wide = compare(p, out, below)
    bound = T * L**2 * (1 + eps) ** (2 * n) / (4 * N)
    return p.conv(wide, both(le(wide.left.sides[0], bound), le(wide.right.sides[0], bound)))


@statement(
    "S13.particles",
    source="new",
    title="number of particles, the constant 1/4",
    words="N >= L^2 T (1+eps)^(2(T-1)) / (4 delta) particles give |E F(output) - target| <= delta.",
)
def enough_particles(p: Proof) -> Fact:
    delta = real("delta")
    out, many = p.use("S13.uniform"), p.assume(lt(0, N))
    needed = p.assume(le(T * L**2 * (1 + eps) ** (2 * n), 4 * delta * N))
    inverse = p.positive_inverse(many)
    small = p.cert(le(out.left.sides[1], delta), products=[("1/4", [needed, inverse], [])], dens=[many])
    return p.chain(out.left, small).both(p.chain(out.right, small))
