"""S0: the variance of a density with range [a, b] and mean one, derived in sympy.  The worst minimum a is found, not typed."""

from __future__ import annotations

from sympy import Eq

from proofs.derive.derivation import Derivation, Line, in_sympy
from proofs.language.expressions import Both, Expect, ForAll, relation
from proofs.registry import lemma, statement
from proofs.theory.model import Vocabulary

densities = Vocabulary({"~ Y": "mu", "Y": "y", "Y -> real": "h", "real": "a b q"})
mu, y, h, a, b, q = densities.symbols("mu y h a b q")
second_moment = Expect(mu, y, h(y) ** 2)


def density(d: Derivation, low, high) -> Line:
    """Hypotheses: low <= h <= high and E h = 1; the two inequalities at y."""
    within, _mean = d.given(ForAll(y, Both(low <= h(y), h(y) <= high)), Eq(Expect(mu, y, h(y)), 1))
    return within(y)


@statement(
    "S0.variance",
    source="new",
    title="variance of a density in [a, b] (Bhatia-Davis)",
    attained=True,
    words="If a <= h <= b and E h = 1 then Var h = E h^2 - 1 <= (b - 1)(1 - a).",
)
@in_sympy("S0.variance")
def bhatia_davis(d: Derivation) -> Line:
    within = density(d, a, b)
    apart = d.prove(0 <= (b - h(y)) * (h(y) - a), within[0], within[1], note="(b - h)(h - a) >= 0 pointwise")
    return d.prove(second_moment - 1 <= (b - 1) * (1 - a), d.expect(mu, y, apart))


@lemma("mean_between", title="a mean lies between the bounds", words="If a <= h <= b and E h = 1 then a <= 1 <= b.")
@in_sympy("mean_between")
def mean_between(d: Derivation) -> Line:
    within = density(d, a, b)
    low, high = d.prove(a <= 1, d.expect(mu, y, within[0])), d.expect(mu, y, within[1])
    return d.both(low, d.prove(relation("<=", 1, b), high))


@statement(
    "S0.variance_ratio",
    source="new",
    title="variance of a density with range ratio q",
    attained=True,
    words="If 0 < a <= h <= q a and E h = 1 then Var h = E h^2 - 1 <= (q - 1)^2 / (4 q).",
)
@in_sympy("S0.variance_ratio")
def variance_ratio(d: Derivation) -> Line:
    d.given(0 < a)
    density(d, a, q * a)
    variance = d.use("S0.variance", {b: q * a})
    d.know(d.prove(0 < q, d.use("mean_between", {b: q * a})[1]))
    return d.chain(variance, d.maximum(variance.rhs, a))
