"""A pytest file of an outside project: derivations of one's own, checked by the kernel.  It needs sympy, pytest and the installed package.

`python -m pytest test_my_derivations.py` in a folder of its own; `tests/test_package.py` does so from the wheel in a clean environment.
"""

import inspect

import pytest
from sympy import Eq, Function, Le, Rational, Symbol, diff, exp, factor, limit, oo, series, simplify, solve, symbols

from proofs import Both, Derivation, Element, Expect, ForAll, Law, NotFound, prove, theorem
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


@pytest.mark.parametrize("name, constant", [("S3.uniform", 2), ("S13.uniform", 4)])
def test_sample_complexity_by_solve_and_prove(name, constant):
    B, delta = theorem(name), Symbol("delta", positive=True)
    c, T = Symbol("c", nonnegative=True), Symbol("T", integer=True, positive=True)
    need = solve(Eq(B.rhs, delta), B.N)[0]
    proof = prove(B.lhs <= delta, name, given=[need <= B.N])
    assert len(proof.hypotheses) == len(B.hypotheses) + 2  # those of the theorem, delta > 0 and N >= need
    with pytest.raises(NotFound):  # half as many particles do not follow
        prove(B.lhs <= delta, name, given=[need / 2 <= B.N])
    per_step = need.subs({B.eps: c / T, B.n: T - 1, B.T: T}) / T
    assert limit(per_step, T, oo) == B.L**2 * exp(2 * c) / (constant * delta)


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


low, high, g = Symbol("low", real=True), Symbol("high", real=True), Function("g", real=True)
ranged = ForAll(y, Both(low <= g(y), g(y) <= high))
mean_one, spread = Eq(Expect(mu, y, g(y)), 1), Expect(mu, y, g(y) ** 2) - 1


def my_density(d: Derivation):
    """Var g <= (high - 1)(1 - low) for a density g of one's own."""
    within = d.given(ranged, mean_one)[0](y)
    apart = d.expect(mu, y, d.prove((high - g(y)) * (g(y) - low) >= 0, within[0], within[1]))
    return d.prove(spread <= (high - 1) * (1 - low), apart)


def test_bhatia_davis_for_a_density_of_one_s_own():
    still_proves(my_density, claim=spread <= (high - 1) * (1 - low), given=[ranged, mean_one])
    S0 = theorem("S0.variance")
    assert simplify(S0.rhs.subs({S0.a: low, S0.b: high}) - (high - 1) * (1 - low)) == 0


def too_good(d: Derivation):
    """Half of it: no proof, because two-point laws attain the whole."""
    within = d.given(ranged, mean_one)[0](y)
    apart = d.expect(mu, y, d.prove((high - g(y)) * (g(y) - low) >= 0, within[0], within[1]))
    return d.prove(spread <= (high - 1) * (1 - low) / 2, apart)


def test_a_lemma_that_is_too_good_is_refused():
    with pytest.raises(NotFound):
        still_proves(too_good)


@pytest.mark.parametrize("lemma", [jensen, my_density])
def test_a_lemma_takes_less_than_ten_lines(lemma):
    assert len(inspect.getsource(lemma).splitlines()) < 10


def positive_mean(d: Derivation):
    w = Function("w", positive=True)
    return d.expect(mu, y, d.prove(Le(0, 2 * w(y), evaluate=False)))


def test_a_positive_function_is_a_hypothesis_where_it_is_used():
    w, v = Function("w"), Element("v", "Y")
    still_proves(positive_mean, claim=Le(0, 2 * Expect(mu, y, w(y))), given=[ForAll(v, 0 < w(v))])


def test_facts_of_one_s_own_are_facts():
    first = prove((q * a - 1) * (1 - a) <= (q - 1) ** 2 / (4 * q))
    second = prove((q * a - 1) * (1 - a) <= (q - 1) ** 2 / (4 * q) + 1, first)
    assert second.replay().concl is second.theorem.concl
    assert "|-" in repr(second) and second._repr_markdown_().startswith("$$")


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
