"""S11 (d): the bias of SMC in closed form, with the constant 1/4 at its order 1/N.

S11.bias says that the bias is c(F) = pi k(1 - F) - (1 - pi) k(F) up to two roots, k(F) = E[U^2 nu(F)].  Here k(F)/pi(F) lies between
(1 - 1/N)^T, the lineages that never meet, and S12.moment's product, so that |c| is at most pi (1 - pi) <= 1/4 times their difference;
E D^2 <= K pi (1 - pi), since D is the end of a martingale; and E (1 - U)^4 is at most what S11.fourth says.  K is a sum over the steps of
products over those before; (1 + T/N) times the product over all, less 1, is above it and takes no nested sum.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Rational

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, Implication, Root, product, relation, symbols
from proofs.lemmas.answer_spread import QF, room
from proofs.lemmas.clouds import over, particles, sequence
from proofs.lemmas.layered_system import peak, weight
from proofs.lemmas.quartic_clouds import AT_LEAST_ONE
from proofs.lemmas.tested_clouds import grow, growing
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import end_weights, rewarded, scale, target
from proofs.theory.s5_normaliser import begin, factor, know_bounds, know_top, later, weights
from proofs.theory.s10_certificate import Run, edges, moment, out
from proofs.theory.s11_fourth import mu4
from proofs.theory.s11_leading import CF3, KF, know_means, run_means
from proofs.theory.s12_density import complement
from proofs.theory.s14_bias import alone, know_spare

N, n, m, t, k, c, d, z, b, AF, B, CF, Out = particles.symbols("N n m t k c d z b AF B CF Out")
x, root, V, Vstar, VF, F, dst, first = layered.symbols("x root V Vstar VF F dst first")
(p,) = symbols("p")
beta, K = factor, room(n + 1, 0)
most_room = (1 + (n + 1) / N) * beta - 1
"""At least K, and the same at its order 1/N."""
width, size, variance = run_means.fourth(), run_means.square(target), run_means.variance()
lead = target * run_means.of[2, 0] - run_means.of[2, 1]


def bounded(s: Derivation) -> Run:
    """A run with a test function F, b that bounds the lookaheads, and what is rewarded by 1 - F is not negative."""
    run = Run(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    high = peak(s)
    know_bounds(s, run.given, high)
    know_top(s, run.given, high)
    know_spare(s, run)
    return run


@lemma(
    "answered_moment_below",
    title="second moment of the normaliser times the answer, from below",
    words="As S12.moment: (1 - 1/N)^T pi <= k = E[(Zhat/Z)^2 nu(F)], by the lineages that never meet.",
)
@in_sympy("answered_moment_below")
def answered_moment_below(s: Derivation) -> Line:
    run = bounded(s)
    know_means(s)
    line = s.use("first_answer_below", edges() | {z: 1 - 1 / N})
    line = s.at(run.mean, line, lambda v: alone * v * run.tested_mean.lhs <= line.rhs)
    line = s.at(run.tested_mean, line, lambda v: alone * run.mean.rhs * v <= line.rhs)
    return s.prove(alone * target <= moment, s.times_square(line, scale))


@lemma(
    "answer_variance",
    title="how far the answer spreads about the target's mean",
    words="With U = Zhat/Z and D = U (nu(F) - pi): E D^2 <= K pi (1 - pi), K = sum_{k<T} (b(k)/N) prod_{i<k} (1 + (b(i) - 1)/N).",
)
@in_sympy("answer_variance")
def answer_variance(s: Derivation) -> Line:
    run = bounded(s)
    rules = know_means(s)
    complement(s, run)
    for claim in (0 <= target, target <= 1):
        s.know(s.prove(claim))

    def square(time: Any, cloud: Any) -> Any:
        """The mean of (Zhat (nu(F) - pi))^2 from a cloud on."""
        return KF(time, cloud) - 2 * target * CF(time, cloud) + target**2 * B(time, cloud)

    with s.suppose(t < n) as here:
        steps = [rules[value][0](t, c) for value in (KF, CF, B)]
        move = s.prove(Eq(square(t, c), (weights / N) ** 2 * later(square(t + 1, d))), *steps)
    s.know(here.then(move, t, c))
    ends = [rules[value][1](c) for value in (KF, CF, B)]
    s.know(s.gen(s.prove(Eq(square(n, c), (rewarded / N - target * end_weights / N) ** 2), *ends), c))
    line = s.use("first_answer_spread", edges() | {QF(t, c): square(t, c), p: target, z: 1 - 1 / N})

    def shape(value: Any, test: Any) -> Any:
        rest = (1 - target) ** 2 * test + target**2 * (value - test)
        return begin(square(0, d)) <= (test - target * value) ** 2 + K * value * rest

    line = s.form(line, shape(run.mean.lhs, run.tested_mean.lhs))
    line = s.at(run.tested_mean, line, lambda v: shape(run.mean.lhs, v))
    line = s.at(run.mean, line, lambda v: shape(v, run.tested_mean.rhs))
    return s.prove(size <= K * (target * (1 - target)), s.times_square(line, scale))


@lemma(
    "room_below",
    title="what the moves add, without the inner products",
    words="sum_{k<m} (b(k)/N) prod_{i<k} (1 + (b(i) - 1)/N) <= (1 + m/N) prod_{k<m} (1 + (b(k) - 1)/N) - 1 for b(k) >= 1, m <= n + 1.",
)
@in_sympy("room_below")
def room_below(s: Derivation) -> Line:
    """One more step adds (b/N) P on the left and that plus (m + 1) (b - 1) P/N^2 on the right, P the product so far."""
    many, high = s.given(0 < N), s.given(AT_LEAST_ONE)
    s.know(growing(s, {"there are particles": many, "b is non-negative": s.given(ForAll(t, 0 <= b(t)))}))

    def claim(count: Any) -> Any:
        grown = product(count, k, grow(k))
        return Implication(relation("<=", count, n + 1), room(count, 0) <= (1 + count / N) * grown - 1)

    with s.suppose(relation("<=", 0, n + 1)) as now:
        base = now.then(s.prove(relation("<=", 0, 0)))
    with s.suppose(claim(m)) as hyp, s.suppose(m + 1 <= n + 1) as now:
        s.know(s.prove(m <= n, now[0]))
        s.know(s.prove(m <= n + 1, now[0]))
        above, grown = s.prove(0 <= b(m) - 1, high(m)), s.use("product_nonneg", {sequence(k): grow(k)})(m, 0)
        s.know(grown)
        more = s.prove(0 <= (m + 1) * above.rhs * grown.rhs / N**2, above, grown)
        step = hyp.then(now.then(s.prove(claim(m + 1).args[1], hyp[0](), more)))
    return s.induct(m, claim, base, step)


@lemma("roots_below", title="sqrt(x y) <= sqrt u sqrt v for 0 <= x <= u and 0 <= y <= v")
@in_sympy("roots_below")
def roots_below(s: Derivation) -> Line:
    x, y, u, v = symbols("x y u v")
    with s.suppose(0 <= x, x <= u, 0 <= y, y <= v) as here:
        s.know(s.prove(0 <= x * y))
        s.know(s.chain(here[0], here[1])), s.know(s.chain(here[2], here[3]))
        more = s.chain(s.prove(x * y <= x * v, here[3]), s.prove(x * v <= u * v, here[1]))
        roots = [s.axiom("sqrt_square", value) for value in (x * y, u, v)]
        signs = [s.axiom("sqrt_nonneg", value) for value in (u, v)]
        cap = Root(u) * Root(v)
        s.know(s.prove(0 <= cap, *signs))
        square = s.prove(Eq(cap**2, u * v), roots[1], roots[2])
        s.know(s.prove(Root(x * y) ** 2 <= cap**2, square, roots[0], more))
        line = s.use("square_below")(Root(x * y), cap)
    return here.then(line, x, y, u, v)


@lemma(
    "leading_signs",
    title="mean squares are not negative",
    words="0 <= E (1 - U)^4, 0 <= E (1 - U)^2 and 0 <= E D^2, D = U (nu(F) - p) for 0 <= p <= 1.",
)
@in_sympy("leading_signs")
def leading_signs(s: Derivation) -> Line:
    Run(s)
    know_means(s)
    s.given(0 <= p, p <= 1)
    nothing = {F(x): 0, VF(t, x): 0, Out(t, c): 0, p: 0} | {value(t, c): 0 for value in (AF, CF, CF3, KF)}
    fourth = s.expect(first.draws(N), d, s.use("leading_quadratics", nothing)(n, 0, d, 1, scale)[0])
    own = s.use("leading_quadratics")(n, 0, d, 0, scale)
    means = [s.expect(first.draws(N), d, own[i]) for i in (0, 1)]
    goals = relation("<=", 0, width), relation("<=", 0, run_means.square(p)), relation("<=", 0, variance)
    lines = [s.prove(goal, line) for goal, line in zip(goals, (fourth, *means), strict=True)]
    return s.both(lines[0], s.both(*lines[1:]))


@lemma(
    "leading_range",
    title="the leading term of the bias lies within a quarter of the range of a density",
    words="With c(F) = pi E U^2 - E[U^2 nu(F)]: |c(F)| <= (prod_{k<T} (1 + (b(k) - 1)/N) - (1 - 1/N)^T)/4.",
)
@in_sympy("leading_range")
def leading_range(s: Derivation) -> Line:
    run = bounded(s)
    rules = know_means(s)
    complement(s, run)
    for claim in (0 <= target, 0 <= 1 - target):
        s.know(s.prove(claim))
    with s.suppose(t < n) as here:
        step = s.prove(
            Eq(B(t, c) - CF(t, c), (weights / N) ** 2 * later(B(t + 1, d) - CF(t + 1, d))),
            rules[B][0](t, c),
            rules[CF][0](t, c),
        )
    s.know(here.then(step, t, c))
    other = over(c, lambda q: weight(n, q) * (1 - F(dst(q))))
    s.know(s.gen(s.prove(Eq(B(n, c) - CF(n, c), end_weights * other / N**2), rules[B][1](c), rules[CF][1](c)), c))
    tested = {F(x): 1 - F(x), VF(t, x): Vstar(t, x) - VF(t, x), CF(t, c): B(t, c) - CF(t, c)}
    own, between, ranges = run_means.of[2, 1], beta - alone, []
    for share, k, at in ((target, own, {}), (1 - target, run_means.of[2, 0] - own, tested)):
        least = s.prove(alone * share <= k, s.use("answered_moment_below", at))
        ranges.append((least, s.prove(k <= beta * share, s.use("S12.moment", at))))
    (low, high), (other_low, other_high) = ranges
    s.know(s.prove(0 <= between, low, high, other_low, other_high))

    def part(share: Any, line: Line) -> Line:
        return s.prove(share * line.lhs <= share * line.rhs, line)

    most = target * (1 - target) * between
    up = s.prove(lead <= most, part(target, other_high), part(1 - target, low))
    down = s.prove(-lead <= most, part(1 - target, high), part(target, other_low))
    quarter = s.prove(most <= between / 4, s.times_square(s.prove(0 <= between), target - Rational(1, 2)))
    return s.both(s.chain(up, quarter), s.chain(down, quarter))


@statement(
    "S11.closed",
    source="new",
    title="bias of SMC in closed form, constant 1/4 at the order 1/N",
    words="Naive-proposal SMC as in S12, F a test function with values in [0, 1], whatever is answered once all particles are dead: "
    "|E F(output) - pi(F)| <= (beta - (1 - 1/N)^T)/4 + sqrt(mu4) (sqrt((1 + T/N) beta - 1)/2 + sqrt(beta - 1)), beta = "
    "prod_{k<T} (1 + (b(k) - 1)/N) and mu4 the bound of S11.fourth: sum_k b(k)/(4 N) + O(N^(-3/2)).  A, B, B3, B4, AF, CF, CF3, KF as in "
    "S11.bias: means along the run that the bound does not name.",
)
@in_sympy("S11.closed")
def closed(s: Derivation) -> Line:
    run = Run(s)
    complement(s, run)
    know_means(s)
    peak(s)
    s.given(0 < V(0, root), 0 < Vstar(0, root))
    for claim in (0 <= target, target <= 1):
        s.know(s.prove(claim))
    signs = s.use("leading_signs", {p: target})
    for line in (signs[0], signs[1][0], signs[1][1], s.use("S11.fourth")):
        s.know(line)
    s.know(s.prove(variance <= beta - 1, s.use("S5.mean"), s.use("S5")))
    s.know(s.use("peak_at_least_one"))
    s.know(s.form(s.use("room_nonneg")(n + 1, 0), 0 <= K))
    s.know(s.prove(relation("<=", n + 1, n + 1)))
    most = s.form(s.use("room_below")(n + 1), K <= most_room)
    s.know(s.prove(0 <= most_room, most))
    share = s.prove(target * (1 - target) <= Rational(1, 4), s.prove(relation("<=", 0, (target - Rational(1, 2)) ** 2)))
    s.know(s.prove(size <= most_room / 4, s.use("answer_variance"), s.prove(K * share.lhs <= K / 4, share), most))
    half = Root(most_room) / 2
    s.know(s.prove(Eq(half**2, most_room / 4), s.axiom("sqrt_square", most_room)))
    s.know(s.prove(0 <= half, s.axiom("sqrt_nonneg", most_room)))
    first_root = s.use("roots_below")(width, size, mu4, most_room / 4)
    first_root = s.at(
        s.use("root_of_square")(half, most_room / 4), first_root, lambda v: first_root.lhs <= Root(mu4) * v
    )
    second_root = s.use("roots_below")(width, variance, mu4, beta - 1)
    bias, range_of = s.use("S11.bias"), s.use("leading_range")
    most = (beta - alone) / 4 + Root(mu4) * (half + Root(beta - 1))
    goals = out - target <= most, target - out <= most
    return s.both(*(s.prove(goal, bias[i], range_of[i], first_root, second_root) for i, goal in enumerate(goals)))
