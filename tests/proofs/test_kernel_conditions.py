"""Conditions of the kernel of which one corrupted comparison would lose a part: each part is asked for alone."""

from __future__ import annotations

import pytest

from proofs.kernel import ProofError, mk, num, var
from proofs.kernel import arithmetic as certificates
from proofs.kernel.terms import quotient
from proofs.language.terms import E, all_of, element, eq, fn, implies, le, lt, measure, nat, product, real, total
from tests.proofs.refusing import refused

x, y, z = real("x y z")
j, k, m, n = nat("j k m n")
u = element("X", "u")
f = fn("f", "X -> real")
s = fn("s", "nat -> real")
mu = measure("mu", "", "X")


def test_the_variable_that_increases_is_in_neither_end(p):
    """x <= y up to x: a term is not above its value at a lower end that moves along, nor is x a bound of itself."""
    slope = p.assume(all_of(x, implies(le(x, x), implies(le(x, y), le(0, 1)))))
    refused(p, "increasing", [slope], [x, x, x, y], match="end points")
    slope = p.assume(all_of(x, implies(le(y, x), implies(le(x, x), le(0, 1)))))
    refused(p, "increasing", [slope], [x, x, y, x], match="end points")


def test_a_denominator_is_compared_with_zero(p):
    """From x < y neither is known to be other than 0."""
    goal, one = le(0, x * (1 / x) - 1), p.assume(lt(x, y))
    refused(p, "certificate", [one], [goal, [], [], ["0"]], match="a denominator needs")
    for other in (lt(1, x), lt(x, 1)):
        refused(p, "certificate", [p.assume(other)], [goal, [], [], ["0"]], match="a denominator needs")
    for sign in (lt(x, 0), lt(0, x)):
        assert p.step("certificate", [p.assume(sign)], [goal, [], [], ["0"]]).concl is goal


def test_the_largest_power_that_is_expanded():
    most = certificates.LIMIT
    assert certificates.normal_form(x**most) == certificates.power(certificates.normal_form(x), most)
    with pytest.raises(ProofError, match="too large"):
        certificates.normal_form(x ** (most + 1))


def test_only_reciprocals_are_cleared(p):
    """1/x^n other than 0 has the factor x^n in its reciprocal, which is none to be cleared."""
    premise = p.assume(lt(0, (1 / x) ** n))
    refused(p, "certificate", [premise], [le(0, x**n - x**n * y), [], [], ["0"]], match="no factor")


def test_what_is_constant_in_a_product_is_constant_under_the_sum_around_it():
    """sum over m of the product over k < n of s(m) x is sum s(m)^n x^n: the index of the sum is not moved."""
    whole = certificates.normal_form(total(m, k, product(n, j, s(k) * x)))
    assert whole == certificates.normal_form(x**n * total(m, k, s(k) ** n))
    assert whole != certificates.normal_form(x**n * total(m, k, s(k + 1) ** n))
    beside = certificates.normal_form(total(m, k, product(n, j, s(k) * s(j))))
    assert beside == certificates.normal_form(total(m, k, s(k) ** n) * product(n, j, s(j)))


def test_an_average_is_compared_at_every_point_of_its_own_sort(p):
    """A premise about all numbers is none about all points, even where the point does not occur."""
    claim = p.assume(all_of(x, le(y, z)))
    refused(p, "mono", [claim], [E(mu, u, y), E(mu, u, z)], match="not a forall")


def test_the_guard_is_about_the_null_function_that_is_given(p):
    h, g = fn("h", "X -> real"), fn("g", "X -> real")
    left, right, null = E(mu, u, f(u)), E(mu, u, g(u)), E(mu, u, h(u))
    fact = p.assume(all_of(u, implies(eq(h(u), 0), le(f(u), g(u)))))

    def facts(body, z):
        return [fact, p.assume(all_of(u, le(0, body))), p.assume(eq(z, 0))]

    assert p.step("mono", facts(h(u), null), [left, right, null]).concl is le(left, right)
    square, elsewhere = E(mu, u, g(u) ** 2), E(measure("nu", "", "X"), u, h(u))
    refused(p, "mono", facts(g(u) ** 2, square), [left, right, square], match="guard is not z = 0")
    refused(p, "mono", facts(h(u), elsewhere), [left, right, elsewhere], match="guard is not z = 0")


def test_induction_is_not_over_a_number_that_a_hypothesis_fixes(p):
    """D = n by definition: from D <= 2 follows n <= 3 => n + 1 <= 3, of this n alone."""
    number = var("D0", "nat")
    defined, small, claim = p.step("define", [], [number, n]), p.assume(le(number, 2)), le(n, 3)
    step = p.certificate(le(n + 1, 3), products=[(1, [small], [])], eqs=[(1, defined)]).discharge(claim)
    base = p.certificate(le(0, 3), products=[(3, [], [])])
    refused(p, "induct", [base, step], [n, claim], match="fixed")


def test_a_step_between_naturals_is_between_two_naturals(p):
    """n < n + 1/2, and not n + 1 <= n + 1/2."""
    assert p.step("nat_step", [p.assume(lt(m, n))]).concl is le(m + 1, n)
    for order in (lt(n, x), lt(x, n), lt(x, y)):
        refused(p, "nat_step", [p.assume(order)], match="not naturals")


def test_every_sort_of_a_symbol_is_one():
    for sorts in (("X", "no sort"), ("no sort", "X"), ("no sort",)):
        with pytest.raises(ProofError, match="malformed symbol"):
            mk("f", ("f", sorts, "real"), ())
    with pytest.raises(ProofError, match="malformed symbol"):
        mk("f", ("f", (), "no sort"), ())


def test_a_sum_has_no_data_and_two_parts():
    whole = total(n, k, s(k))
    for data, kids in (("name", whole.kids), (None, whole.kids[:1]), (None, (*whole.kids, num(1)))):
        with pytest.raises(ProofError):
            mk("sum", data, kids)


def test_differences_and_quotients_are_what_they_are_written_as():
    assert 1 - x is num(1) + num(-1) * x
    assert 3 * quotient(num(2), num(3)).value == 2
