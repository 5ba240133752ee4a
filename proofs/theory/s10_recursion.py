"""S10's second moment by two lineages: the recursion of S5 extended to a test function."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import ForAll, implications, relation
from proofs.lemmas.clouds import particles
from proofs.lemmas.layered_system import weight
from proofs.lemmas.two_particles import double
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import end_weights, rewarded
from proofs.theory.s5_normaliser import later, lineage, lineages, two_step, weights

N, n, t, c, d, CF = particles.symbols("N n t c d CF")
x, y, F, dst = layered.symbols("x y F dst")
T = n + 1


@statement(
    "S10.recursion",
    source="new",
    title="the exact second moment of the normaliser times the answer",
    words="E[(Zhat/V_0)^2 nu(F)] = R_0(root, root), where R follows two lineages as in S5.recursion, but R_T(x, y) = F(y): with "
    "second = (V_0/Vstar_0)^2 R_0(root, root) the certificate of S10 is computed for every N, at a cost polynomial in the number of "
    "states.",
)
@in_sympy("S10.recursion")
def recursion(s: Derivation) -> Line:
    _, end, final = s.given(
        ForAll(t, c, implications(t < n, Eq(CF(t, c), (weights / N) ** 2 * later(CF(t + 1, d))))),
        ForAll(c, Eq(CF(n, c), end_weights * rewarded / N**2)),
        ForAll(x, y, relation("=", two_step(T, x, y), F(y))),
    )
    pairs = s.replace(final, lambda G: double(lambda p, q: weight(n, p) * weight(n, q) * G(dst(p), dst(q))))
    last = Eq(CF(n, c), double(lambda p, q: lineage(n, p, q)) / N**2)
    s.know(s.gen(s.prove(last, end(c), pairs), c))
    return lineages(s, "two_lineages", CF)
