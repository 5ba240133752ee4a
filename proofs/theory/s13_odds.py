"""S13: the odds of every event under the output of naive-proposal SMC are within Q = prod_p (1 + (q_p - 1)/N) of those under the target.

The model and the hypotheses are those of S3. With A_t(c) the answer of the cloud without further noise, one step multiplies
the odds of A at most
by 1 + (q - 1)/N in mean (S13.step), and the factors multiply over the steps (telescope_odds). The lower half is the upper one for 1 - F.
"""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.kernel import Node
from proofs.language.terms import E, both, draws, eq, exp, fn, le, lt, num, product, real, sqrt, total
from proofs.lemmas.chains import odds
from proofs.lemmas.particle_system import supply
from proofs.lemmas.ranged_steps import RangedSteps, cloud_answer
from proofs.lemmas.telescoping import answer, target
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.p3_complexity import particles
from proofs.theory.s3_bias import at_bellman_error, flat

t, n, k, m, T, N, W, c, d, noedge, smc, first = layered.terms("t n k m T N W c d noedge smc first")
q = fn("q", "nat -> real")


def levels(count: Node) -> Node:
    """prod_{k < count} (1 + (q(k) - 1)/N)."""
    return product(count, k, 1 + (q(k) - 1) / N)


def setting(p: Proof) -> RangedSteps:
    return RangedSteps(p, q, q(k), "S13.step", lambda left: [(real("q"), q(left))])


def at_least_one(s: RangedSteps) -> Fact:
    """forall n. 1 <= 1 + (q(n) - 1)/N."""
    factor = 1 + (q(n) - 1) / N
    return s.p.show(le(1, factor), s.positive.spec(n).right, s.inverse).gen(n)


def half(p: Proof, flip: bool) -> tuple[Fact, Fact]:
    """odds(target, E W, Q), or with `flip` odds(1 - target, 1 - E W, Q), for T = 1 + m; the sum over k < m + 1."""
    s = setting(p)

    def seen(value: Node) -> Node:
        return 1 - value if flip else value

    def A(r: Node, cloud: Node) -> Node:
        return seen(cloud_answer(r, cloud))

    def as_odds(step: Fact, same: Fact, mean: Node, left: Node, wanted: Node) -> Fact:
        """The step with A for the ratio of the means."""
        before, factor = same.sides[1], 1 + (q(left) - 1) / N
        goal = odds(seen(before), 1 - mean if flip else mean, factor)
        return p.conv(p.show(goal, step.right if flip else step.left, same), wanted)

    def near(step) -> Fact:
        wanted = odds(A(t, c), E(draws(N, smc(t, c)), d, A(t + 1, d)), 1 + (q(n) - 1) / N)
        return as_odds(*s.near(step), n, wanted)

    def first_near(*facts) -> Fact:
        wanted = odds(seen(target), E(draws(N, first), d, A(num(0), d)), 1 + (q(m) - 1) / N)
        return as_odds(*s.first_near(*facts), m, wanted)

    def flipped(fact: Fact) -> Fact:
        """W = X as seen(W) = seen(X)."""
        left, right = fact.sides
        return p.show(eq(seen(left), seen(right)), fact)

    pairs = [(real("target"), seen(target))] + ([(W(t, c), 1 - W(t, c))] if flip else [])
    out, split = s.assembled(
        lambda r: 1 + (q(r) - 1) / N,
        A,
        near,
        first_near,
        lambda now, clean, small: s.never_dead(eq(seen(W(t, c)), A(t, c)), now, small),
        lambda last, clean: flipped(s.ends(last)),
        lambda step: p.conv(flipped(s.moves(step)), eq(seen(W(t, c)), E(draws(N, smc(t, c)), d, seen(W(t + 1, d))))),
        how=("telescope_odds_start", "f"),
        pairs=pairs,
    )
    inside, target_inside = s.inside(), s.target_inside()
    if flip:
        guards = inside.spec(t, n, c).concl
        now, rest = guards.kids
        clean = rest.kids[0]
        facts = p.assume(now), p.assume(clean)
        here = inside.spec(t, n, c).mp(*facts)
        A_here = cloud_answer(t, c)
        here = p.show(le(0, 1 - A_here), here.right).both(p.show(le(1 - A_here, 1), here.left))
        inside = here.discharge(now, clean).gen(t, n, c)
        target_inside = p.show(le(0, 1 - target), target_inside.right).both(
            p.show(le(1 - target, 1), target_inside.left)
        )
    out = supply(out, inside, target_inside, at_least_one(s))
    Q = levels(m + 1)
    if flip:
        return p.conv(out, le(target * (1 - answer), Q * (1 - target) * answer)), split
    return p.conv(out, odds(target, answer, Q)), split


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
    count = p.show(eq(m + 1, T), split)

    def claim(H) -> Node:
        Q = levels(H())
        return both(odds(target, answer, Q), le(target * (1 - answer), Q * (1 - target) * answer))

    fact = p.rewrite(count, claim, p.conv(up.both(down), claim(lambda: m + 1)))
    return p.step("nat_split", [begin, fact], [num(1), T, m])


@lemma(
    "odds_and_target", title="S13, and that the target is in [0, 1]", words="The claim of S13, and 0 <= target <= 1."
)
def with_target(p: Proof) -> Fact:
    return p.use("S13").both(setting(p).target_inside())


def gaps(p: Proof, factor: Node, low_root: Fact, root: Fact, above: Fact) -> Fact:
    """|out - pi| <= (s - 1)/(s + 1) for s = `factor` >= 1 (low_root), where Q <= R and R = s^2 (root: s^2 = R; above: Q <= R)."""
    known = p.use("odds_and_target")
    claim, inside = known.left, known.right
    Q = above.sides[0]
    big = p.use("product_at_least_one").inst((fn("f", "nat -> real")(k), 1 + (q(k) - 1) / N))
    at_least = supply(big, at_least_one(setting(p))).spec(T)
    a, x, out = target, answer, []
    for part, pi, value in ((claim.left, a, x), (claim.right, 1 - a, 1 - x)):
        low = p.show(le(0, pi), inside.left if pi is a else inside.right)
        high = p.show(le(pi, 1), inside.right if pi is a else inside.left)
        top = p.show(lt(0, 1 + (Q - 1) * pi), at_least, low)
        p.note("1 - x >= (1 - a)/(1 + (Q - 1) a), so a larger factor than Q will do")
        rest = p.cert(
            le(0, 1 - value),
            products=[(1, [part, p.positive_inverse(top)], []), (1, [high, p.positive_inverse(top)], [])],
            dens=[top],
            why="the search here forms no products with an inverse",
        )
        wide = p.show(odds(pi, value, factor**2), part, above, low, rest, root)
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
    at_least = supply(big, at_least_one(setting(p))).spec(T)
    root = p.axiom("sqrt_square", Q).mp(p.show(le(0, Q), at_least))
    return gaps(p, sqrt(Q), p.use("root_at_least_one").spec(Q).mp(at_least), root, p.show(le(Q, Q)))


@statement(
    "S13.sum",
    source="new",
    title="bias of SMC, the constant 1/4",
    words="As S13: |E F(output) - target| <= 1/(4N) sum_{k<T} (q(k) - 1): a half of S3's constant.",
)
def summed(p: Proof) -> Fact:
    s = setting(p)
    excess = (q(k) - 1) / N
    length = total(T, k, excess)
    big = s.positive.spec(k).right
    nonneg = p.show(le(0, excess), big, s.inverse)
    sums = p.conv(p.mono(nonneg.gen(k), total(T, k, 0), length), le(0, length))
    p.note("Q = prod (1 + x_k) <= exp(sum x_k) = s^2 for s = exp(sum x_k / 2)")
    growing = p.show(le(0, 1 + excess), nonneg)
    above = p.use("product_below_exp").inst((fn("x", "nat -> real")(k), excess)).spec(T).mp(growing.gen(k))
    half_length = length / 2
    growth = exp(half_length)
    twice = p.axiom("exp_add", half_length, half_length)
    root = p.show(eq(growth**2, exp(length)), twice)
    half_nonneg = p.show(le(0, half_length), sums)
    at_least = p.show(le(1, growth), p.axiom("exp_ge", half_length), half_nonneg)
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
@in_sympy("S13.uniform")
def from_bellman_error(d: Derivation) -> Line:
    return flat(d, at_bellman_error(d, "S13.sum"), 2, 4)


@statement(
    "S13.particles",
    source="new",
    title="number of particles, the constant 1/4",
    words="N >= L^2 T (1+eps)^(2(T-1)) / (4 delta) particles give |E F(output) - target| <= delta.",
)
@in_sympy("S13.particles")
def enough_particles(d: Derivation) -> Line:
    return particles("S13.uniform", 4)(d)
