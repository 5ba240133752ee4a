"""Derivations in sympy: every line is a theorem of the kernel at once; what sympy proposes wrongly is refused."""

import pytest
import sympy as sp
from sympy import Eq, exp, log, solve

from proofs import derivation
from proofs.derive.derivation import Derivation, Line
from proofs.derive.polynomials import NotFound
from proofs.derive.stored import encode
from proofs.kernel.replay import Replayer, load
from proofs.language.bridge import same, to_kernel
from proofs.language.expressions import Both, Element, Expect, ForAll, Law, function, implications, relation, symbols

a, q, r, s, u = symbols("a q r s u")
n, k = symbols("n k", "nat")
mu, y = Law("mu", "", "Y"), Element("y", "Y")
f, g, z = (function(name, "Y -> real") for name in "fgz")


@pytest.fixture
def d() -> Derivation:
    return derivation("mine")


def replayed(line: Line):
    """The theorem of the line's proof, from its text."""
    proof = line.derivation.proof
    if line.fact.ref != len(proof.steps) - 1:
        proof.conv(line.fact, line.fact.concl)
    theorem = Replayer({**load(), proof.name: encode(proof)}).theorem(proof.name)
    assert theorem.concl is line.fact.concl
    return theorem


def test_the_maximiser_is_found_and_noted(d):
    d.given(0 < q)
    line = d.maximum((q * a - 1) * (1 - a), a)
    assert same(line.rhs, (q - 1) ** 2 / (4 * q))
    notes = [note for *_, note in d.proof.steps]
    assert any("the maximiser is a = (q + 1)/(2*q)" in note for note in notes)
    replayed(line)


def test_a_minimum_is_no_maximum(d):
    with pytest.raises(NotFound):
        d.maximum((a - 1) ** 2, a)
    with pytest.raises(NotFound, match="no stationary point"):
        d.maximum(2 * a, a)


def test_growth_from_the_derivative(d):
    d.given(0 <= u)
    line = d.grows(r - log(1 + r), r, 0)(u)
    assert same(line.rhs, u - log(1 + u))
    assert any("the derivative is" in note for *_, note in d.proof.steps)
    with pytest.raises(NotFound):
        d.grows(log(1 + r) - r, r, 0)


def test_expectations_and_almost_sure_averages(d):
    pointwise = d.prove(2 * f(y) * g(y) <= f(y) ** 2 + g(y) ** 2)
    mean = d.expect(mu, y, pointwise)
    assert same(mean.relation, 2 * Expect(mu, y, f(y) * g(y)) <= Expect(mu, y, f(y) ** 2) + Expect(mu, y, g(y) ** 2))
    nonneg, nothing = d.given(ForAll(y, 0 <= z(y)), Eq(Expect(mu, y, z(y)), 0))
    with d.suppose(Eq(z(y), 0)) as here:
        low = d.given(ForAll(y, implications(Eq(z(y), 0), f(y) <= g(y))))
        line = here.then(low(y), y)
    almost = d.average(mu, y, line, (z(y), nonneg, nothing))
    assert same(almost.relation, Expect(mu, y, f(y)) <= Expect(mu, y, g(y)))
    replayed(almost)


def test_induction(d):
    def claim(m):
        return relation("<=", 1 + m * u, (1 + u) ** m)

    low = d.given(0 <= u)
    with d.suppose(claim(n)) as hyp:
        step = hyp.then(d.prove(claim(n + 1), hyp[0]))
    line = d.gen_after(d.induct(n, claim, d.prove(claim(0)), step)(n), low, u, n)
    assert not replayed(line).hyps


def test_cases_and_contradiction(d):
    with d.suppose(a <= 0) as low:
        down = d.prove(0 <= (a - 1) ** 2 + a**2, low[0])
    with d.suppose(0 < a):
        up = d.prove(0 <= (a - 1) ** 2 + a**2)
    assert not d.cases(a, 0, down, up).fact.hyps
    square = d.given(a**2 <= u**2)
    d.given(0 <= u)
    assert d.contradiction(a <= u, square).relation == (a <= u)
    with pytest.raises(NotFound):
        d.contradiction(u <= a, square)


def test_a_supposition_ends(d):
    with d.suppose(0 < a):
        d.prove(0 < 2 * a)
    with pytest.raises(NotFound):
        d.prove(0 < 2 * a)


def test_calc_chain_and_rewrite(d):
    d.given(0 < q)
    line = d.calc((q * a - 1) * (1 - a), ("<=", (q - 1) ** 2 / (4 * q)), ("=", q / 4 - sp.Rational(1, 2) + 1 / (4 * q)))
    assert replayed(line).concl.op == "<="
    long = d.given(exp(k * (n + 1) * a / (n + 1)) <= u)
    assert same(d.rewrite(long, exp(k * a) <= u).relation, exp(k * a) <= u)
    with pytest.raises(NotFound):
        d.rewrite(long, exp(2 * k * a) <= u)
    with pytest.raises(NotFound, match="up to cancelling"):
        d.rewrite(long, exp(k * a) <= 2 * u)


def test_equations_by_antisymmetry_and_rewriting(d):
    d.given(a <= 0, 0 <= a)
    zero = d.zero(a)
    assert zero.fact.concl.op == "="
    value = d.at(zero, d.prove(Eq(f(y) + a, f(y) + a)), lambda v: Eq(f(y) + v, f(y) + a))
    assert same(value.relation, Eq(f(y), f(y) + a))


def test_an_earlier_theorem_at_values(d):
    h = function("h", "Y -> real")
    d.given(0 < a, ForAll(y, Both(a <= h(y), h(y) <= q * a)), Eq(Expect(mu, y, h(y)), 1))
    variance = d.use("S0.variance", {symbols("b")[0]: q * a})
    assert len(variance.fact.hyps) == 2  # the range in its own form, and the mean
    assert same(variance.rhs, (q * a - 1) * (1 - a))


def test_axioms_discharge_what_is_known(d):
    d.given(0 <= q)
    root = d.axiom("sqrt_square", q)
    assert root.fact.hyps == {to_kernel(0 <= q)} and same(root.rhs, q)
    with pytest.raises(NotFound):
        d.axiom("sqrt_square", a)


def test_a_quantified_goal_says_what_to_do(d):
    with pytest.raises(NotFound, match="generalise it"):
        d.prove(ForAll(y, relation("<=", 0, f(y) ** 2)))
    with pytest.raises(IndexError, match="parts 0 and 1"):
        d.both(d.prove(relation("<=", 0, a**2)), d.prove(relation("<=", 0, q**2)))[2]


def test_what_solve_says_is_not_believed(d):
    """A wrong root of sympy would be refused: the kernel checks the value, not the method."""
    star = solve(Eq((q - 1) * s, 1), s)[0]
    d.given(1 < q)
    assert replayed(d.prove(Eq((q - 1) * star, 1)))
    with pytest.raises(NotFound):
        d.prove(Eq((q - 1) * (star + 1), 1))
