"""S8: the bias of fully adapted SMC, derived in sympy: guided moves, weights rho_t = B V_t / V_t, no constant L (`adapted_system`).

lo(k) and q(k) lo(k) bound Vstar/V at live states with V > 0 and k steps to go; q(0) = 1, and q = 1 throughout when V = Vstar.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Element, Expect, ForAll, Recip, function, implications, relation
from proofs.registry import statement
from proofs.theory.model import VALUES, hypotheses, layered
from proofs.theory.s3_bias import lo, with_roots

x, y, t, k, N, T, eps, root = layered.symbols("x y t k N T eps root")
M, psi, V, Vstar, VF, dead, guided = layered.symbols("M psi V Vstar VF dead guided")
W, s, cloud = function("W", "nat X* -> real"), function("s", "nat -> real"), Element("d", "X*")
to_go, live, positive = Eq(t + k, T), Eq(dead(t, x), 0), 0 < V(t, x)
star, target = Vstar(t, x) / V(t, x), VF(0, root) / Vstar(0, root)


@statement(
    "S8",
    source="new",
    title="bias of fully adapted SMC",
    words="Guided moves, N particles, weights rho_t: with q(k) the ratio of the largest to the least Vstar/V at live states with V > 0 and "
    "k steps to go (q(0) = 1): |E F(output) - target| <= 1/(2N) sum_{k<T} (q(k) - sqrt q(k)).",
)
@in_sympy("S8")
def adapted_statement(d: Derivation) -> Line:
    return with_roots(d, "adapted_bias", star, (to_go, live, positive), t, k, x)


@statement(
    "S8.uniform",
    source="new",
    title="bias of fully adapted SMC from the Bellman error",
    words="With Bellman error eps: q(k) <= (1+eps)^(2k), so |E F(output) - target| <= 1/(2N) sum_{k<T} ((1+eps)^(2k) - (1+eps)^k).",
)
@in_sympy("S8.uniform")
def adapted_uniform(d: Derivation) -> Line:
    """P0: 1/(1+eps)^k <= Vstar/V <= (1+eps)^k with k steps to go; V <= (1+eps) BV, so the guided move exists."""
    given = d.setting(hypotheses(*VALUES, "twist is non-negative", "twist kills no live value", "Bellman error"))
    d.given(0 <= eps)
    d.know(d.prove(0 < 1 + eps))
    Q = (1 + eps) ** k
    d.know(d.use("power_at_least_one")(1 + eps, k))
    with d.suppose(t < T, live, positive) as here:
        moves = d.prove(0 < Expect(M(t, x), y, psi(t, x, y) * V(t + 1, y)), given["Bellman error"](t, x)[0])
    d.know(here.then(moves, t, x))
    with d.suppose(live) as here:
        weak = here.then(given["twist is non-negative"](t, x), t, x)
    d.know(weak)
    errors = d.use("P0")
    with d.suppose(to_go, live, positive) as here:
        below, above = errors(k, t, x)[1], errors(k, t, x)[0]
        ranged = d.both(d.prove(Recip(Q) <= star, below), d.prove(star <= Q**2 * Recip(Q), above))
    d.know(here.then(ranged, t, k, x))
    d.know(d.gen(d.both(d.prove(0 < Recip(Q)), d.prove(relation("<=", 1, Q))), k))
    return d.use("adapted_bias", {s(k): Q, lo(k): Recip(Q)})


@statement(
    "S8.perfect",
    source="new",
    title="fully adapted SMC with a perfect reward model has no bias",
    words="If V = Vstar at live states then E F(output) = target for every number of particles.",
)
@in_sympy("S8.perfect")
def adapted_perfect(d: Derivation) -> Line:
    """S8's lemma at q = 1; a value that vanishes with V is Vstar = V itself."""
    same = d.given(ForAll(t, x, implications(live, Eq(V(t, x), Vstar(t, x)))))
    with d.suppose(to_go, live, positive) as here:
        exact = d.prove(Eq(star, 1), same(t, x))
        ranged = d.both(d.prove(relation("<=", 1, star), exact), d.prove(star <= 1, exact))
    d.know(here.then(ranged, t, k, x))
    with d.suppose(live, Eq(V(t, x), 0)) as here:
        kills = here.then(d.prove(Eq(Vstar(t, x), 0), same(t, x), here[1]), t, x)
    d.know(kills)
    out = d.use("adapted_bias", {s(k): 1, lo(k): 1})
    answer = Expect(guided(0, root).draws(N), cloud, W(1, cloud))
    return d.equal(d.prove(answer <= target, out[0]), d.prove(target <= answer, out[1]))
