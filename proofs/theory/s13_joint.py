"""S13 and S12 together, for naive and for fully adapted SMC: sharper than either where the factor of S12 is at most the root of the
factor of S13."""

from __future__ import annotations

from typing import Any

from sympy import Product

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import function, relation
from proofs.lemmas.clouds import particles
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.s5_bias import target
from proofs.theory.s10_certificate import out
from proofs.theory.s12_adapted import both_densities
from proofs.theory.s12_adapted import out as adapted_out
from proofs.theory.s12_density import beta

N, n, t, k, c, Out = particles.symbols("N n t k c Out")
W, horizon = layered.symbols("W T")
q, T = function("q", "nat -> real"), n + 1
Q = Product(1 + (q(k) - 1) / N, (k, 0, n))


@statement(
    "S13.joint",
    source="new",
    title="bias of SMC from the odds and the density together",
    words="Under the hypotheses of S12 and S13, T = n + 1, with B = prod_{k<T} (1 + (b(k) - 1)/N) and Q = prod_{k<T} (1 + (q(k) - 1)/N): "
    "if B^2 <= Q and 1 < Q then |E F(output) - target| <= (B - 1)(Q - B) / (B (Q - 1)).",
)
@in_sympy("S13.joint")
def joint(s: Derivation) -> Line:
    density, both = s.use("density_both"), s.use("S13", {horizon: T, W(t, c): Out(t, c)})
    small = s.given(beta**2 <= Q, relation("<", 1, Q))
    for line in (*small, density[0][0], density[0][1], density[1][0], density[1][1][0], density[1][1][1]):
        s.know(line)
    return both_gaps(s, out, both)


def both_gaps(s: Derivation, out: Any, odds: Line) -> Line:
    """The two gaps from the odds; the densities, the range of the target and beta^2 <= Q are known."""
    s.know(s.prove(target * (1 - out) <= Q * (1 - target) * out, odds[1]))
    s.know(s.prove((1 - target) * (1 - (1 - out)) <= Q * (1 - (1 - target)) * (1 - out), odds[0]))
    s.know(s.prove(0 <= 1 - target))
    s.know(s.prove(1 - target <= 1))
    gap = s.use("joint_gap")
    low, high = gap(target, out, beta, Q), gap(1 - target, 1 - out, beta, Q)
    return s.both(s.prove(out - target <= low.rhs, high), low)


@statement(
    "S13.adapted_joint",
    source="new",
    title="bias of fully adapted SMC from the odds and the density together",
    words="Under the hypotheses of S12.adapted and S13.adapted, with B = prod_{k<T} (1 + (b(k) - 1)/N) and Q = prod_{k<T} (1 + (q(k) - "
    "1)/N): if B^2 <= Q and 1 < Q then |E F(output) - target| <= (B - 1)(Q - B) / (B (Q - 1)).",
)
@in_sympy("S13.adapted_joint")
def adapted_joint(s: Derivation) -> Line:
    both_densities(s)
    odds = s.use("S13.adapted")
    for line in s.given(beta**2 <= Q, relation("<", 1, Q)):
        s.know(line)
    return both_gaps(s, adapted_out, odds)
