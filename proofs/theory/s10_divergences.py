"""S10 in divergences: the target's chi^2 and its relative entropy to the output law, by the variance of the normaliser.

Test functions F_j, j < J, are the terminal states (or the paths): pi(j) their targets, second(j) = E[(Zhat/Z)^2 nu(F_j)].
"""

from __future__ import annotations

from sympy import Eq, Sum

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Exp, ForAll, Log, function, symbols
from proofs.lemmas.clouds import particles
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import scale
from proofs.theory.s5_normaliser import begin
from proofs.theory.s10_certificate import each_CF, each_Out, each_VF, for_each, numbered

t, c, d, CF, Out = particles.symbols("t c d CF Out")
x, root, Vstar, VF, F = layered.symbols("x root Vstar VF F")
j, J = symbols("j J", "nat")
pi, second = (function(name, "nat -> real") for name in ("pi", "second"))
answer = begin(each_Out(j, 0, d))
total = Sum(second(j), (j, 0, J - 1))


def by_state(s: Derivation) -> Line:
    """pi(j)^2 <= second(j) out_j."""
    at = numbered | {CF(t, c): each_CF(j, t, c)}
    names, shares = s.given(
        ForAll(j, Eq(pi(j), each_VF(j, 0, root) / Vstar(0, root))),
        ForAll(j, Eq(second(j), begin(scale**2 * each_CF(j, 0, d)))),
    )
    line = for_each(s, s.use("S10", at), j)
    return s.put(line, lambda p, m: p**2 <= m * answer, names(j), shares(j))


@statement(
    "S10.chi_square",
    source="new",
    title="chi^2 of the target to the output law, by the variance of the normaliser",
    words="As S10.tv, out_j > 0: sum_j pi(j)^2/out_j <= sum_j second(j).  Over the terminal states that is chi^2(pi || out) <= "
    "E[(Zhat/Z)^2] - 1, at any number of particles.",
)
@in_sympy("S10.chi_square")
def chi_square(s: Derivation) -> Line:
    line = by_state(s)
    s.know(s.given(ForAll(j, 0 < answer))(j))
    with s.below(j, J) as inside:
        return inside.sum(s.prove(pi(j) ** 2 / answer <= second(j), line))


@statement(
    "S10.entropy",
    source="new",
    title="relative entropy of the target to the output law, by the variance of the normaliser",
    words="As S10.chi_square, pi(j) > 0 and sum_j pi(j) = 1: sum_j pi(j) log(pi(j)/out_j) <= log(sum_j second(j)), that is "
    "KL(pi || out) <= log E[(Zhat/Z)^2].",
)
@in_sympy("S10.entropy")
def entropy(s: Derivation) -> Line:
    """log x <= x/c - 1 + log c, by exp(z) >= 1 + z."""
    line = by_state(s)
    for some in s.given(ForAll(j, 0 < answer), ForAll(j, 0 < pi(j))):
        s.know(some(j))
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
