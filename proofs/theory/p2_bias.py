"""P2 and P3, derived in sympy: the paper's bias of SMC from the range ratios, and from the Bellman error, both by way of S3."""

from __future__ import annotations

from sympy import factor

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, ForAll, Root, function, relation
from proofs.registry import statement
from proofs.theory.model import layered
from proofs.theory.p5_guided import weaker
from proofs.theory.s3_bias import at_bellman_error, flat

k, T, N = layered.symbols("k T N")
lo, q = function("lo", "nat -> real"), function("q", "nat -> real")


@statement(
    "P2",
    source="paper",
    title="bias of SMC from the range ratios (Lemma E.1, Theorem E.6)",
    words="As S3: |E F(output) - target| <= 1/(2N) sum_{k<T} q(k) (q(k)^2 - 1).  Here it follows from S3, since q - sqrt q <= q (q^2 - 1).",
)
@in_sympy("P2")
def paper_bias(d: Derivation) -> Line:
    positive, _ = d.given(ForAll(k, Both(0 < lo(k), relation("<=", 1, q(k)))), 0 < N)
    d.know(positive(k)[1])
    root, out = d.use("root_at_least_one")(q(k)), d.use("S3")
    excess = d.prove(0 <= factor(q(k) ** 3 - 2 * q(k) + 1))  # (q - 1)(q^2 + q - 1)
    above = d.prove(q(k) - Root(q(k)) <= q(k) * (q(k) ** 2 - 1), excess, root)
    with d.below(k, T) as inside:
        wide = inside.sum(d.prove((q(k) - Root(q(k))) / (2 * N) <= q(k) * (q(k) ** 2 - 1) / (2 * N), above))
    return weaker(d, out, wide)


@statement(
    "P3",
    source="paper",
    title="bias of SMC from the Bellman error (Theorem 5.1), by way of P2",
    words="With weights in [1/L, L] and Bellman error eps, n = T - 1: |E F(output) - target| <= T L^6 (1+eps)^(6n) / (2N).",
)
@in_sympy("P3")
def paper_uniform(d: Derivation) -> Line:
    """q (q^2 - 1) <= q^3 <= L^6 (1+eps)^(6n)."""
    return flat(d, at_bellman_error(d, "P2"), 6, 2)
