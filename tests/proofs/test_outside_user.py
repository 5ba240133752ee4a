"""What an outside sympy user writes in a pytest file: derivations of one's own, checked by the kernel.  Public names alone."""

import pytest
from sympy import Eq, Function, Le, Rational, Symbol, diff, exp, factor, limit, oo, series, simplify, solve, symbols

from proofs import Derivation, derivation, prove, theorem
from proofs.derive.polynomials import NotFound
from proofs.language.bridge import same
from proofs.language.expressions import Both, Element, Expect, ForAll, Law
from proofs.testing import still_proves

mu, y, f, m = Law("mu", "", "Y"), Element("y", "Y"), Function("f"), Symbol("m", real=True)
a, q = symbols("a q", positive=True)


def test_the_worst_minimum_of_a_density():
    gain = (q * a - 1) * (1 - a)
    best = factor(gain.subs(a, solve(diff(gain, a), a)[0]))
    proof = prove(gain <= best)  # the certificate is found by factoring
    assert list(map(str, proof.hypotheses)) == ["0 < q"]  # positive=True became a hypothesis; that of a was not needed
    S0 = theorem("S0.variance_ratio")
    assert simplify(best - S0.rhs.subs(S0.q, q)) == 0


def test_a_wrong_constant_is_refused():
    with pytest.raises(NotFound):
        prove((q * a - 1) * (1 - a) <= (q - 1) ** 2 / (5 * q))
    S3 = theorem("S3.uniform")
    with pytest.raises(NotFound):
        prove(S3.lhs <= S3.rhs * Rational(99, 100), "S3.uniform")


def test_sample_complexity_by_solve_and_prove():
    S3, delta = theorem("S3.uniform"), Symbol("delta", positive=True)
    c, T = Symbol("c", nonnegative=True), Symbol("T", integer=True, positive=True)
    need = solve(Eq(S3.rhs, delta), S3.N)[0]
    proof = prove(S3.lhs <= delta, "S3.uniform", given=[need <= S3.N])
    assert len(proof.hypotheses) == len(S3.hypotheses) + 2  # those of S3.uniform, delta > 0 and N >= need
    per_step = need.subs({S3.eps: c / T, S3.n: T - 1, S3.T: T}) / T
    assert limit(per_step, T, oo) == S3.L**2 * exp(2 * c) / (2 * delta)


def jensen(d: Derivation):
    """(E f)^2 <= E f^2: the mean minimises E (f - m)^2."""
    square = d.prove(Le(0, (f(y) - m) ** 2, evaluate=False))
    spread = d.gen(d.expect(mu, y, square), m)
    return d.prove(Expect(mu, y, f(y)) ** 2 <= Expect(mu, y, f(y) ** 2), spread(Expect(mu, y, f(y))))


def test_the_square_of_the_mean():
    proof = still_proves(jensen, claim=Expect(mu, y, f(y)) ** 2 <= Expect(mu, y, f(y) ** 2), given=[])
    assert proof.steps < 10
    with pytest.raises(AssertionError, match="not"):
        still_proves(jensen, claim=2 * Expect(mu, y, f(y)) ** 2 <= Expect(mu, y, f(y) ** 2))
    with pytest.raises(AssertionError, match="hypotheses"):
        still_proves(jensen, given=[0 < a])


def test_bhatia_davis_for_a_density_of_one_s_own():
    low, high = symbols("low high", real=True)
    d = derivation("mine")
    g = Function("g", real=True)
    within, _ = d.given(ForAll(y, Both(low <= g(y), g(y) <= high)), Eq(Expect(mu, y, g(y)), 1))
    ends = within(y)
    apart = d.expect(mu, y, d.prove((high - g(y)) * (g(y) - low) >= 0, ends[0], ends[1]))
    line = d.prove(Expect(mu, y, g(y) ** 2) - 1 <= (high - 1) * (1 - low), apart)
    assert len(line.fact.hyps) == 2


def test_a_positive_function_is_a_hypothesis_where_it_is_used():
    w = Function("w", positive=True)
    d = derivation("mine")
    line = d.expect(mu, y, d.prove(Le(0, 2 * w(y), evaluate=False)))
    assert same(line.relation, Le(0, 2 * Expect(mu, y, w(y)), evaluate=False))
    assert [str(h.op) for h in line.fact.hyps] == ["all"]  # forall y. 0 < w(y)


def test_facts_of_one_s_own_are_facts():
    first = prove((q * a - 1) * (1 - a) <= (q - 1) ** 2 / (4 * q))
    second = prove((q * a - 1) * (1 - a) <= (q - 1) ** 2 / (4 * q) + 1, first)
    assert second.replay().concl is second.theorem.concl
    assert "|-" in repr(second) and second._repr_latex_().startswith("$")


def test_what_sympy_decided_is_explained():
    n = Symbol("n", integer=True, nonnegative=True)
    with pytest.raises(ValueError, match="evaluate=False"):
        prove(0 <= n)
    assert prove(Le(0, n, evaluate=False)).hypotheses == []
    with pytest.raises(TypeError, match="a relation is needed"):
        prove(n + 1)
    with pytest.raises(TypeError, match="ID of a stored theorem"):
        prove(Le(0, n, evaluate=False), 3)


def test_leading_order_of_the_variance():
    S1 = theorem("S1")
    assert simplify(series(S1.rhs, S1.eps, 0, 3).removeO() - S1.n**2 * S1.eps**2) == 0
