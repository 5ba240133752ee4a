"""The search: what it finds is checked by the kernel, what it cannot find is reported."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.derive.library import Library
from proofs.derive.programme import search
from proofs.derive.proof import Proof
from proofs.kernel import ProofError
from proofs.language.terms import E, element, eq, fn, le, lt, measure, real

x, y, z, N, q, a = real("x y z N q a")


@pytest.fixture
def p() -> Proof:
    from proofs.registry import library

    return Proof("test", Library(library().derivations))


def test_products_of_hypotheses(p):
    facts = [p.assume(le(0, x)), p.assume(le(x, y)), p.assume(le(y, 1))]
    assert p.auto(le(x * x, y), facts).concl is le(x * x, y)


def test_squares(p):
    assert p.auto(le(2 * x * y, x**2 + y**2), squares=[x - y]).hyps == frozenset()
    assert p.auto(lt(0, x**2 + y**2 + 1), squares=[x, y])


def test_equations_with_multipliers(p):
    facts = [p.assume(eq(x, y)), p.assume(le(0, z))]
    assert p.auto(le(x * z, y * z + z), facts)
    assert p.auto(eq(x * x, y * y), facts)


def test_denominators_are_cleared_only_when_positive(p):
    positive = p.assume(lt(0, N))
    inverse = p.positive_inverse(positive)
    fact = p.auto(le(x / (2 * N), (x**2 + 1) / (4 * N)), [positive, inverse], squares=[x - 1], dens=[positive])
    assert fact.hyps == {lt(0, N)}
    with pytest.raises(ProofError, match="no certificate"):
        p.auto(le(x / (2 * N), (x**2 + 1) / (4 * N)), [], squares=[x - 1])


def test_coefficients_are_exact(p):
    found = search(le(Fraction(1, 3) * x, Fraction(1, 7) * y), [le(x, Fraction(3, 7) * y)])
    assert found.products == [(Fraction(1, 3), [0], [])]


@pytest.mark.parametrize("goal", [le(x, 0), lt(0, x), le(x * x, x), eq(x, y), le(1, x)])
def test_failure_is_reported_and_never_papered_over(p, goal):
    with pytest.raises(ProofError, match="no certificate"):
        p.auto(goal, [p.assume(le(0, x))], squares=[x, y])


def test_strict_goals_need_a_strict_reason(p):
    weak, strict = p.assume(le(0, x)), p.assume(lt(0, y))
    assert p.auto(lt(0, x + y), [weak, strict]).concl.op == "<"
    with pytest.raises(ProofError, match="no certificate"):
        p.auto(lt(0, x), [weak])


def test_expectations_are_atoms(p):
    mu, u, f = measure("mu", "", "X"), element("X", "u"), fn("f", "X -> real")
    average = p.assume(le(0, E(mu, u, f(u))))
    assert p.auto(le(0, E(mu, u, 2 * f(u) + 1)), [average])


def test_bhatia_davis_maximum_is_found(p):
    """(q - 1)^2 / (4q) - (q a - 1)(1 - a) >= 0 for q > 0, the step of S0, by search."""
    positive = p.assume(lt(0, q))
    inverse = p.positive_inverse(positive)
    goal = le((q * a - 1) * (1 - a), (q - 1) ** 2 / (4 * q))
    assert p.auto(goal, [positive, inverse], squares=[2 * q * a - q - 1], dens=[positive], degree=1)
