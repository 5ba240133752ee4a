"""S10's second moment by two lineages: the recursion of S5 extended to a test function."""

from __future__ import annotations

from proofs.derive.author import Fact, Proof
from proofs.language.terms import E, all_of, at, draws, eq, fn, implies, lt, nat, total
from proofs.lemmas.clouds import N, c, d, n, over, t
from proofs.lemmas.layered_system import T, weight
from proofs.lemmas.particle_system import dst, smc, x, y
from proofs.registry import statement
from proofs.theory.s5_bias import F, end_weights, rewarded, weights
from proofs.theory.s5_normaliser import R, lineages

CF, j = fn("CF", "nat Edge* -> real"), nat("j")


@statement(
    "S10.recursion",
    source="new",
    title="the exact second moment of the normaliser times the answer",
    words="E[(Zhat/V_0)^2 nu(F)] = R_0(root, root), where R follows two lineages as in S5.recursion, but R_T(x, y) = F(y): with "
    "second = (V_0/Vstar_0)^2 R_0(root, root) the certificate of S10 is computed for every N, at a cost polynomial in the number of "
    "states.",
)
def recursion(p: Proof) -> Fact:
    later = E(draws(N, smc(t, c)), d, CF(t + 1, d))
    move = p.assume(all_of(t, c, implies(lt(t, n), eq(CF(t, c), (weights / N) ** 2 * later))))
    end = p.assume(all_of(c, eq(CF(n, c), end_weights * rewarded / N**2)))
    final = p.assume(all_of(x, y, eq(R(T, x, y), F(y))))
    pairs = p.rewrite(
        final, lambda G: over(c, lambda q: total(N, j, weight(n, q) * weight(n, at(c, j)) * G(dst(q), dst(at(c, j)))))
    )
    last = p.show(eq(CF(n, c), pairs.sides[0] / N**2), end.spec(c), pairs)
    return lineages(p, "two_lineages", CF, [move, last.gen(c)])
