"""S2 and P5, derived in sympy: total variation of the guided single particle from its Bellman error.

The chord bound (`guided_bias`) at the ranges 1/(1+eps) and 1+eps gives tanh(n log(1+eps)/2); its first order is a quarter of the paper's.
"""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import symbols
from proofs.lemmas.guided_chord import BV, hi, live, lo
from proofs.registry import statement
from proofs.theory.model import hypotheses, layered

t, n, T, x, V, eps = layered.symbols("t n T x V eps")
a, s = symbols("a s")


@statement(
    "S2",
    source="new",
    title="guided single particle, sharp",
    attained=True,
    words="With Bellman error eps and n = T - 1: |target(F) - guided(F)| <= ((1+eps)^n - 1)/((1+eps)^n + 1) for every F with values in "
    "[0, 1].  With V_t for the terminal reward it holds at every step t.",
)
@in_sympy("S2")
def guided_uniform(d: Derivation) -> Line:
    d.given(0 <= eps)
    error = d.setting(hypotheses("Bellman error"))["Bellman error"]
    Q = (1 + eps) ** n
    d.know(d.use("power_at_least_one")(1 + eps, n))
    with d.suppose(t < T, live, 0 < V(t, x)) as here:
        ratio = error(t, x)
        ranged = d.both(d.prove(V(t, x) / (1 + eps) <= BV, ratio[0]), ratio[1])
    d.know(here.then(ranged, t, x))
    return d.use("guided_bias", {lo(t): 1 / (1 + eps), hi(t): 1 + eps, a: 1 / Q, s: Q})


def weaker(d: Derivation, out: Line, below: Line) -> Line:
    """Both sides of a two-sided bound with a larger right-hand side."""
    return d.both(d.chain(out[0], below), d.chain(out[1], below))


@statement(
    "S2.linear",
    source="new",
    title="guided single particle, linear in eps",
    words="With Bellman error eps and n = T - 1: |target(F) - guided(F)| <= n eps / 2.",
)
@in_sympy("S2.linear")
def guided_linear(d: Derivation) -> Line:
    d.given(0 <= eps)
    return weaker(d, d.use("S2"), d.use("tanh_below"))


@statement(
    "P5",
    source="paper",
    title="guided single particle (Theorem 4.3)",
    words="With Bellman error eps: |target(F) - guided(F)| <= 2 T eps.  With V_t for the terminal reward it holds at every step t.",
)
@in_sympy("P5")
def paper_guided(d: Derivation) -> Line:
    d.given(0 <= eps, Eq(T, n + 1))
    return weaker(d, d.use("S2.linear"), d.prove(n * eps / 2 <= 2 * T * eps))
