"""S10 in divergences: the target's chi^2 and its relative entropy to the output law, by the variance of the normaliser.

Test functions F_j, j < J, are the terminal states (or the paths): pi(j) their targets, second(j) = E[(Zhat/Z)^2 nu(F_j)].
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Entry, Exp, ForAll, Log, Recip, function, implications, symbols
from proofs.lemmas.clouds import over, particles
from proofs.lemmas.layered_system import model, weight
from proofs.registry import lemma, statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import backwards, end_weights, scale
from proofs.theory.s5_normaliser import begin, know_weights, later, weights
from proofs.theory.s10_certificate import Run, each_CF, each_F, each_Out, each_VF, for_each, numbered

N, n, t, i, e, c, d, CF = particles.symbols("N n t i e c d CF")
root, Vstar, F, dst, smc, first = layered.symbols("root Vstar F dst smc first")
j, J = symbols("j J", "nat")
pi, second = (function(name, "nat -> real") for name in ("pi", "second"))
answer = begin(each_Out(j, 0, d))
total = Sum(second(j), (j, 0, J - 1))


def moments(moment: Any, test: Any, *index: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """What the mean of Zhat^2 nu(F) from a cloud on is, with the variables of each line; moment and test may be numbered."""
    rewards = over(c, lambda q: weight(n, q) * test(*index, dst(q)))
    more = Eq(moment(*index, t, c), (weights / N) ** 2 * later(moment(*index, t + 1, d)))
    return [((t, c), implications(t < n, more)), ((c,), Eq(moment(*index, n, c), end_weights * rewards / N**2))]


def by_state(s: Derivation) -> Line:
    """pi(j)^2 <= second(j) out_j; that 0 <= second(j) and 0 <= out_j is known from here on."""
    at = numbered | {CF(t, c): each_CF(j, t, c)}
    names, shares, between = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Eq(second(j), begin(scale**2 * each_CF(j, 0, d)))),
        ForAll(j, t, c, Both(0 <= each_Out(j, t, c), each_Out(j, t, c) <= 1)),
    )
    know_weights(s, model(s))
    for rule in s.given(*(ForAll(j, *named, shape) for named, shape in moments(each_CF, each_F, j))):
        s.know(rule(j))
    line, moment = (for_each(s, s.use(name, at), j) for name in ("S10", "answered_moment_nonneg"))
    s.know(s.expect(first.draws(N), d, between(j, 0, d)[0]))
    s.know(s.prove(0 <= second(j), shares(j), s.times_square(moment, scale)))
    return s.put(line, lambda p, m: p**2 <= m * answer, names(j), shares(j))


@lemma(
    "answered_moment_nonneg",
    title="the second moment of the normaliser times the answer is not negative",
    words="0 <= E[(Zhat/V_0)^2 nu(F)] from the first cloud on.",
)
@in_sympy("answered_moment_nonneg")
def answered_moment_nonneg(s: Derivation) -> Line:
    run = Run(s)
    move, end = s.given(*(ForAll(*named, shape) for named, shape in moments(CF, F)))
    nonneg, entry = s.given(ForAll(t, e, 0 <= weight(t, e))), Entry(c, i)
    with s.below(i, N) as inside:
        own, test = nonneg(n, entry), run.test(dst(entry))[0]
        sums = [inside.sum(own), inside.sum(s.prove(0 <= weight(n, entry) * F(dst(entry)), own, test))]
    for line in sums:
        s.know(line)

    def claim(time: Any) -> Any:
        return 0 <= CF(time, c)

    def none(zero: Line) -> Line:
        return s.prove(claim(t), move(t, c), zero)

    def some(hyp: Line) -> Line:
        return s.prove(claim(t), move(t, c), s.expect(smc(t, c).draws(N), d, hyp(t + 1, d)))

    of_cloud = backwards(s, (t, c), claim, lambda: s.prove(claim(n), end(c)), none, some)
    return s.expect(first.draws(N), d, of_cloud(n, 0, d))


@statement(
    "S10.chi_square",
    source="new",
    title="chi^2 of the target to the output law, by the variance of the normaliser",
    words="As S10.tv: sum_j pi(j)^2/out_j <= sum_j second(j), where out_j = 0 only if pi(j) = 0, and 1/0 = 0.  Over the terminal states "
    "that is chi^2(pi || out) <= E[(Zhat/Z)^2] - 1, at any number of particles.",
)
@in_sympy("S10.chi_square")
def chi_square(s: Derivation) -> Line:
    line, goal = by_state(s), pi(j) ** 2 / answer <= second(j)
    with s.suppose(0 < answer):
        high = s.prove(goal, line)
    with s.suppose(answer <= 0):
        none = s.prove(pi(j) ** 2 * Recip(0) <= second(j))
        low = s.put(none, lambda v: pi(j) ** 2 * Recip(v) <= second(j), s.zero(answer))
    with s.below(j, J) as inside:
        return inside.sum(s.cases(answer, 0, low, high))


@statement(
    "S10.entropy",
    source="new",
    title="relative entropy of the target to the output law, by the variance of the normaliser",
    words="As S10.tv, pi(j) > 0 and sum_j pi(j) = 1: sum_j pi(j) log(pi(j)/out_j) <= log(sum_j second(j)), that is "
    "KL(pi || out) <= log E[(Zhat/Z)^2].",
)
@in_sympy("S10.entropy")
def entropy(s: Derivation) -> Line:
    """log x <= x/c - 1 + log c, by exp(z) >= 1 + z."""
    line = by_state(s)
    s.know(s.given(ForAll(j, 0 < pi(j)))(j))
    s.know(s.contradiction(0 < answer, line))
    whole, _ = s.given(Eq(Sum(pi(j), (j, 0, J - 1)), 1), 0 < total)
    ratio = pi(j) / answer
    s.know(s.prove(0 < ratio))
    L, l = Log(ratio), Log(total)
    at, of = s.axiom("exp_log", ratio), s.axiom("exp_log", total)
    split, low = s.axiom("exp_add", L - l, l), s.axiom("exp_ge", L - l)
    e = Exp(L - l)
    scaled = s.prove(Eq(e * total, ratio), split, at, of)
    s.know(s.prove(Eq(e, ratio / total), scaled))
    share = s.prove(pi(j) * ratio / total <= second(j) / total, s.prove(pi(j) * ratio <= second(j), line))
    top = s.prove(pi(j) * L <= pi(j) * (l - 1) + pi(j) * e, s.prove(L <= l - 1 + e, low))
    each = s.prove(
        pi(j) * L <= pi(j) * (l - 1) + second(j) / total, top, share, s.prove(Eq(pi(j) * e, pi(j) * ratio / total))
    )
    with s.below(j, J) as inside:
        sums = inside.sum(each)
    return s.prove(sums.lhs <= l, sums, whole)
