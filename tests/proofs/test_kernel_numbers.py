"""The kernel refuses bad arithmetic: normal forms, certificates, derivatives and axioms with their conditions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.kernel import ProofError, mk, num, replace
from proofs.kernel import arithmetic as certificates
from proofs.language.terms import (
    E,
    all_of,
    eq,
    exp,
    finite_set,
    fn,
    implies,
    le,
    log,
    lt,
    product,
    sqrt,
    total,
)
from tests.proofs.kernel_names import a, b, d, f, g, h, k, kappa, m, mu, n, nu, u, v, w, x, y
from tests.proofs.refusing import refused


def test_division_by_zero_gives_nothing(p):
    refused(p, "certificate", [], [eq(x / x, 1), [], [], []], match="identity")
    assert certificates.normal_form(mk("inv", None, (num(0),))) == {}
    refused(p, "certificate", [p.assume(le(0, x))], [eq(x * (1 / x), 1), [], [], ["0"]])
    refused(p, "certificate", [p.assume(lt(0, y))], [eq(x * (1 / x), 1), [], [], ["0"]], match="identity")
    assert p.certificate(eq(x * (1 / x), 1), dens=[p.assume(lt(0, x))]).hyps == {lt(0, x)}
    assert p.equal(mk("inv", None, (num(0),)), 0).concl.op == "="


def test_zero_to_the_zero_is_one_and_zero_to_the_n_is_not_zero(p):
    assert p.equal(mk("^", None, (num(0), num(0))), 1)
    with pytest.raises(ProofError):
        p.equal(num(0) ** n, 0)
    with pytest.raises(ProofError):
        p.equal(num(-1) ** n, -1)


def test_naturals_have_no_subtraction(p):
    with pytest.raises(ProofError):
        _ = x ** (n - 1)
    refused(p, "nat_nonneg", [], [n - 1], match="natural")
    refused(p, "nat_step", [p.assume(lt(x, y))], match="naturals")
    refused(p, "nat_split", [p.assume(le(x, y)), p.refl(x)], [x, y, d], match="malformed")
    kept = p.assume(eq(m, n + d))
    refused(p, "nat_split", [p.assume(le(n, m)), kept], [n, m, d], match="fresh")


def test_antisymmetry_needs_both(p):
    refused(p, "antisymmetry", [p.assume(le(x, y)), p.assume(le(x, y))], match="antisymmetry")


def test_certificates_refuse(p):
    pos, nonneg, equation = p.assume(lt(0, x)), p.assume(le(0, y)), p.assume(eq(a, b))
    refused(p, "certificate", [pos], [le(x, 0), [["-1", ["0"], []]], [], []], match="negative")
    refused(p, "certificate", [pos], [le(0, 2 * x), [["1", ["0"], []]], [], []], match="identity")
    refused(p, "certificate", [nonneg], [lt(0, y), [["1", ["0"], []]], [], []], match="strictly")
    refused(p, "certificate", [pos], [lt(0, x * y * y), [["1", ["0"], [y]]], [], []], match="strictly")
    refused(p, "certificate", [pos], [eq(0, x), [["1", ["0"], []]], [], []], match="equations only")
    refused(p, "certificate", [equation], [le(a, b), [["1", ["0"], []]], [], []], match="premise 0")
    refused(p, "certificate", [pos], [le(0, y), [], [[y, "0"]], []], match="premise 0")
    refused(p, "certificate", [pos], [le(0, x), [["1", ["7"], []]], [], []])
    refused(p, "certificate", [pos], [le(0, x), [["1", ["-1"], []]], [], []])
    refused(p, "certificate", [], [lt(0, 0), [["0", [], []]], [], []], match="strictly")
    refused(p, "certificate", [], [eq(u, v), [], [], []], match="numbers")
    refused(p, "certificate", [], [eq(u, u)])


def test_the_normal_form_does_not_prove_what_is_false(p):
    A = finite_set("A", "", "X")
    for left, right in [
        (E(A, u, 1), 1),
        (E(mu, u, f(u) * g(u)), E(mu, u, f(u)) * E(mu, u, g(u))),
        (E(mu, u, f(u)), E(nu, u, f(u))),
        (total(n, k, k * x), n * x),
        (product(n, k, x), n * x),
        (product(n, k, x + k), product(n, k, x) + n),
        ((x + y) ** n, x**n + y**n),
        (1 / (x + y), 1 / x + 1 / y),
        (exp(x + y), exp(x) * exp(y)),
        (sqrt(x**2), x),
        (log(exp(x)) + y, x),
        (total(n + 1, k, f(u)), n * f(u)),
        (x / x, 1),
        (E(mu, u, E(kappa(u), v, f(v))), E(kappa(w), v, f(v))),
        (x ** (2 * n), x**n * 2),
    ]:
        with pytest.raises(ProofError):
            p.equal(left, right)


def test_the_normal_form_proves_the_ring_and_linearity_laws(p):
    for left, right in [
        ((x + y) ** 3, x**3 + 3 * x**2 * y + 3 * x * y**2 + y**3),
        (x ** (2 * n + 1), x * (x**n) ** 2),
        (E(mu, u, 2 * f(u) + x), 2 * E(mu, u, f(u)) + x),
        (total(n + 2, k, x**k), total(n, k, x**k) + x**n + x ** (n + 1)),
        (product(n + 1, k, 2 * x), 2 ** (n + 1) * x ** (n + 1)),
        (1 / (x * y), (1 / x) * (1 / y)),
        (1 / (2 * x + 2), 1 / (x + 1) / 2),
        ((x * y) ** n, x**n * y**n),
        (total(3, k, k * x), 3 * x),
        ((x**n) ** m, x ** (n * m)),
        (h(x + y), h(y + x)),
        (E(mu, u, E(nu, v, f(u) * g(v))), E(mu, u, f(u)) * E(nu, u, g(u))),
        (2 ** (n + 3), 8 * 2**n),
    ]:
        assert p.equal(left, right).concl is eq(left, right)


def test_contradiction_needs_a_false_premise(p):
    refused(p, "contradiction", [p.assume(le(0, 1))], [lt(0, 0)], match="true")
    refused(p, "contradiction", [p.assume(lt(x, x - y))], [lt(0, 0)], match="constants")
    half = num(Fraction(1, 2))
    for true in (le(0, 0), le(0, half), lt(0, half), lt(0, 1), eq(0, 0), eq(1, 1)):
        refused(p, "contradiction", [p.assume(true)], [lt(0, 0)], match="true")
    for false in (le(0, -half), le(0, -1), lt(0, 0), lt(0, -half), eq(0, half), eq(0, 1), eq(0, -1)):
        assert p.step("contradiction", [p.assume(false)], [lt(x, x)]).hyps == {false}
    assert p.absurd(eq(u, v), p.assume(lt(x, x))).hyps == {lt(x, x)}


def test_powers_of_a_denominator_are_cleared():
    rest = certificates.add(certificates.normal_form(y * x**n / x**n), certificates.normal_form(y), Fraction(-1))
    assert rest and certificates.cleared([rest], x**n) == [{}]


def test_products_over_an_index_give_up_what_is_constant():
    s = fn("s", "nat -> real")
    whole, apart = product(n, k, 2 * x * s(k)), 2**n * x**n * product(n, k, s(k))
    assert certificates.normal_form(whole) == certificates.normal_form(apart)


def test_the_largest_count_that_is_expanded():
    assert certificates.normal_form(total(num(1000), k, x)) == certificates.normal_form(1000 * x)
    with pytest.raises(ProofError, match="too large"):
        certificates.normal_form(total(num(1001), k, x * k))


def test_derivative_rule(p):
    inside = [le(0, x)]
    slope = p.certificate(le(0, 2 * x), products=[(2, [p.assume(inside[0])], [])]).discharge(inside[0]).gen(x)
    assert p.step("increasing", [slope], [x, x**2, num(0)]).concl is all_of(x, implies(le(0, x), le(num(0) ** 2, x**2)))
    refused(p, "increasing", [slope], [x, x**2, num(-1)], match="not among")
    refused(p, "increasing", [slope], [x, x**2, num(0), num(1), num(2)], match="end points")
    refused(p, "increasing", [slope], [x, x**3, num(0)], match="not among")
    refused(p, "increasing", [slope], [x, x**2, x], match="end points")
    refused(p, "increasing", [slope], [x, fn("F", "real -> real")(x), num(0)], match="not differentiated")
    refused(p, "increasing", [slope], [n, n**2, num(0)], match="real variable")
    # -1/x has a positive derivative and falls from +infinity to -infinity at 0: the denominator must be positive
    assumed = p.assume(all_of(x, implies(le(-1, x), le(0, (1 / x) ** 2))))
    refused(p, "increasing", [assumed], [x, -1 * (1 / x), num(-1)], match="positivity premise")
    root = p.assume(all_of(x, implies(le(0, x), le(0, 1 / (2 * sqrt(x))))))
    refused(p, "increasing", [root], [x, sqrt(x), num(0)], match="positivity premise")
    # x^n: the derivative of a power with an exponent that may be 0 is not formed
    refused(p, "increasing", [slope], [x, x**n, num(0)], match="not differentiated")


def test_axioms_keep_their_conditions(p):
    assert p.axiom("sqrt_square", x).concl is implies(le(0, x), eq(sqrt(x) ** 2, x))
    assert p.axiom("exp_log", x).concl.op == "=>"
    refused(p, "axiom", [], ["log_add", x, y], match="unknown axiom")
    refused(p, "axiom", [], ["exp_ge", u])
    refused(p, "axiom", [], ["exp_ge"])


def test_the_page_on_increasing(p):
    """-1/x falls from 1 at -1 to -1 at 1, although its derivative is nowhere negative; away from 0 it does increase."""

    def rising(low):
        square = p.certificate(le(0, (1 / x) ** 2), products=[(1, [], [1 / x])])
        return square.discharge(le(low, x)).gen(x)

    refused(p, "increasing", [rising(-1)], [x, -1 * (1 / x), num(-1)], match="positivity premise")
    positive = p.certificate(lt(0, x), products=[(1, [p.assume(le(1, x))], []), (1, [], [])]).discharge(le(1, x)).gen(x)
    term = -1 * (1 / x)
    fact = p.step("increasing", [rising(1), positive], [x, term, num(1)])
    assert fact.concl is all_of(x, implies(le(1, x), le(replace(term, {x: num(1)}), term))) and not fact.hyps
