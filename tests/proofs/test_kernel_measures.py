"""The kernel refuses bad proofs about expectations, draws, definitions and new measures."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.derive.library import Library
from proofs.derive.proof import Proof
from proofs.kernel import ProofError, num, var
from proofs.language.terms import (
    E,
    all_of,
    at,
    draws,
    element,
    eq,
    exp,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    product,
    real,
    total,
)
from tests.proofs.kernel_names import a, d, f, g, h, k, kappa, m, mu, n, nu, u, v, w, x, y
from tests.proofs.refusing import refused


def test_mono_refusals(p):
    fact = p.assume(all_of(u, le(f(u), g(u))))
    assert p.mono(fact, E(mu, u, f(u)), E(mu, u, g(u))).concl is le(E(mu, u, f(u)), E(mu, u, g(u)))
    refused(p, "mono", [fact], [E(mu, u, g(u)), E(mu, u, f(u))], match="between the bodies")
    refused(p, "mono", [fact], [E(mu, u, f(u)), E(nu, u, g(u))], match="different")
    refused(p, "mono", [fact], [product(n, k, x), product(n, k, y)], match="different")
    refused(p, "mono", [p.assume(le(f(u), g(u)))], [E(mu, u, f(u)), E(mu, u, g(u))], match="forall")


def test_mono_is_strict_only_for_probabilities(p):
    fact = p.assume(all_of(u, lt(f(u), g(u))))
    A = finite_set("A", "", "X")
    assert p.mono(fact, E(mu, u, f(u)), E(mu, u, g(u))).concl.op == "<"
    assert p.mono(fact, E(A, u, f(u)), E(A, u, g(u))).concl.op == "<=", "the set may be empty"
    sums = p.assume(all_of(k, lt(fn("s", "nat -> real")(k), x)))
    assert p.mono(sums, total(n, k, fn("s", "nat -> real")(k)), total(n, k, x)).concl.op == "<=", "n may be 0"


def test_mono_with_a_guard_needs_its_reason(p):
    fact = p.assume(all_of(u, implies(eq(h(f(u)), 0), le(f(u), g(u)))))
    left, right, null = E(mu, u, f(u)), E(mu, u, g(u)), E(mu, u, h(f(u)))
    positive, zero = p.assume(all_of(u, le(0, h(f(u))))), p.assume(eq(null, 0))
    assert p.step("mono", [fact, positive, zero], [left, right, null]).concl is le(left, right)
    refused(p, "mono", [fact], [left, right], match="guard")
    refused(p, "mono", [fact, zero, zero], [left, right, null], match="z >= 0")
    refused(p, "mono", [fact, positive, p.assume(eq(E(nu, u, h(f(u))), 0))], [left, right, null], match="missing")
    bounded = p.assume(all_of(k, implies(lt(k, m), le(k * x, y))))
    refused(p, "mono", [bounded], [total(n, k, k * x), total(n, k, y)], match="guard")


def test_fubini_needs_independence(p):
    k2 = fn("k2", "X X -> real")
    good = E(mu, u, E(nu, v, k2(u, v)))
    assert p.step("fubini", [], [good]).concl is eq(good, E(nu, v, E(mu, u, k2(u, v))))
    refused(p, "fubini", [], [E(mu, u, E(kappa(u), v, k2(u, v)))], match="depends")
    refused(p, "fubini", [], [product(n, k, total(m, d, x**k))], match="nested")


def test_iid_rules(p):
    c = element("X*", "c")
    k2 = fn("k2", "X X -> real")
    assert p.step("iid_sum", [], [E(mu, u, f(u)), n]).concl is eq(
        E(draws(n, mu), c, total(n, k, f(at(c, k)))), n * E(mu, u, f(u))
    )
    refused(p, "iid_pair", [], [E(mu, u, E(nu, v, k2(u, v))), n], match="different measures")
    refused(p, "iid_pair", [], [E(kappa(w), u, E(kappa(u), v, k2(u, v))), n], match="different measures")
    refused(p, "iid_sum", [], [E(finite_set("A", "", "X"), u, f(u)), n], match="iid")
    refused(p, "iid_sum", [], [E(mu, u, f(u)), x], match="iid")
    refused(p, "iid_prod", [], [E(measure("mu", "nat", "X")(k), u, f(u)), n, k], match="bad index")
    refused(p, "iid_prod", [], [E(mu, u, f(u)), k, k], match="bad index")


def test_iid_swap(p):
    """With one draw: E f(c_0) h(c_0) = E E f(v) h(v), where the sum is h(c_0) before the exchange and h(v) after it."""
    c = element("X*", "c")
    k2, s = fn("k2", "X X -> real"), real("s")
    fact = p.step("iid_swap", [], [E(mu, u, E(mu, v, k2(u, v) * s)), n, s, E(mu, u, f(u))])
    total_f = total(n, d, f(at(c, d)))
    left = E(draws(n, mu), c, total(n, k, E(mu, v, k2(at(c, k), v) * total_f)))
    right = E(draws(n, mu), c, total(n, k, E(mu, v, k2(v, at(c, k)) * (total_f + f(v) - f(at(c, k))))))
    assert fact.sides[0] is left and p.conv(fact, eq(left, right))
    with pytest.raises(ProofError):  # the sum changes with the exchange
        p.conv(fact, eq(left, E(draws(n, mu), c, total(n, k, E(mu, v, k2(v, at(c, k)) * total_f)))))
    mean = E(mu, u, E(mu, v, k2(u, v) * s))
    refused(p, "iid_swap", [], [mean, n, s, E(nu, u, f(u))], match="another measure")
    refused(p, "iid_swap", [], [mean, n, s, E(mu, u, f(u) * s)], match="in G alone")
    refused(p, "iid_swap", [], [mean, n, k, E(mu, u, f(u))], match="real variable")
    refused(p, "iid_swap", [], [E(mu, u, E(nu, v, k2(u, v))), n, s, E(mu, u, f(u))], match="different measures")
    refused(
        p,
        "iid_swap",
        [],
        [E(kappa(w), u, E(kappa(u), v, k2(u, v))), n, s, E(kappa(w), u, f(u))],
        match="different measures",
    )


def test_iid_pair_has_the_diagonal(p):
    c = element("X*", "c")
    fact = p.step("iid_pair", [], [E(mu, u, E(mu, v, f(u) * f(v))), num(2)])
    wrong = eq(E(draws(2, mu), c, total(2, k, f(at(c, k))) ** 2), 4 * E(mu, u, f(u)) ** 2)
    with pytest.raises(ProofError):
        p.conv(fact, wrong)


def test_definitions_are_fresh_and_not_circular(p):
    F = fn("F", "real -> real")
    p.step("define", [], [F(x), x * x])
    refused(p, "define", [], [F(x), x * x + 1], match="already defined")
    refused(p, "define", [], [fn("F", "nat -> real")(n), n + 1], match="already defined")
    G = fn("G", "real -> real")
    refused(p, "define", [], [G(x), G(x) + 1], match="circular")
    refused(p, "define", [], [exp(y), y], match="already defined|reserved")
    refused(p, "define", [], [fn("H", "real real -> real")(x, x), x], match="distinct")
    p.step("define", [], [fn("G2", "real -> real")(x), G(x) + 1])
    refused(p, "define", [], [G(x), fn("G2", "real -> real")(x)], match="earlier definition")


def test_what_a_definition_rests_on_is_fixed(p):
    C = fn("C", "-> real")
    defined = p.step("define", [], [C(), 2 * x])
    refused(p, "generalise", [defined], [x], match="fixed")
    refused(p, "inst", [defined], [[x, num(3)]], match="fixed")
    refused(p, "inst", [defined], [[C(), num(3)]], match="fixed")
    refused(
        p, "rename_sort", [p.step("define", [], [fn("D", "X -> real")(u), f(u)])], ["X", "nat"], match="defined symbol"
    )
    D = var("D0", "nat")
    p.step("define", [], [D, n])
    claim = eq(D, 0)
    refused(p, "induct", [p.assume(claim), p.refl(x).discharge(claim)], [n, claim], match="fixed|base case")


def test_recursion_must_be_primitive(p):
    F = fn("F", "nat X -> real")
    refused(p, "define_rec", [], [F(n, u), num(0), F(n + 1, u)], match="only as")
    refused(p, "define_rec", [], [F(n, u), num(0), F(m, u)], match="only as")
    refused(p, "define_rec", [], [F(n, u), n * 1, F(n, u)], match="base mentions")
    refused(p, "define_rec", [], [F(n, u), F(0, u), F(n, u)], match="base mentions")
    made = p.step("define_rec", [], [F(n, u), f(u), E(kappa(u), v, F(n, v))])
    assert made.left.concl is all_of(u, eq(F(0, u), f(u)))


def test_recursion_is_of_a_function_of_numbers_in_closed_terms(p):
    F, G, count = fn("F", "nat -> real"), fn("G", "X -> real"), fn("C", "nat -> nat")
    inside = E(mu, u, f(u)).kids[-1]
    refused(p, "define_rec", [], [E(mu, u, f(u)), num(0), x], match="malformed")
    refused(p, "define_rec", [], [G(u), num(0), G(u)], match="malformed")
    refused(p, "define_rec", [p.assume(le(0, x))], [F(n), num(0), F(n)], match="malformed")
    refused(p, "define_rec", [], [F(n), inside, F(n)], match="malformed")
    refused(p, "define_rec", [], [F(n), num(0), inside], match="malformed")
    refused(p, "define_rec", [], [count(n), num(Fraction(1, 2)), count(n)], match="another sort")
    refused(p, "define_rec", [], [count(n), num(0), x], match="another sort")
    assert not p.theory.defs


def _mixture(p: Proof, right, hyps=(), one_fails=False):
    """The premises of define_measure for a functional `right(f)`."""
    ff, gg, s, t = fn("ff", "X -> real"), fn("gg", "X -> real"), real("s"), real("t")
    left = E(measure("mix", "", "X"), w, ff(w))
    linear = p.equal(right(lambda z: s * ff(z) + t * gg(z)), s * right(ff) + t * right(gg))
    positive = p.assume(all_of(w, le(0, ff(w))))
    one = p.equal(right(lambda z: num(1)), 1)
    return left, right(ff), linear, positive, one, [ff(w), gg(w), s, t]


def test_a_new_measure_must_be_linear_positive_and_normalised(p):
    third = num(Fraction(1, 3))

    def good(F):
        return third * E(mu, u, F(u)) + 2 * third * E(nu, u, F(u))

    left, right, linear, positive, one, names = _mixture(p, good)
    first = p.mono(positive, E(mu, u, 0), E(mu, u, fn("ff", "X -> real")(u)))
    second = p.mono(positive, E(nu, u, 0), E(nu, u, fn("ff", "X -> real")(u)))
    shown = p.certificate(le(0, right), products=[(third.value, [first], []), (2 * third.value, [second], [])])
    made = p.step("define_measure", [linear, shown, one], [left, right, *names])
    assert made.concl is eq(left, right) and not made.hyps
    refused(p, "define_measure", [linear, shown, one], [left, right, *names], match="already")
    other = Proof("other", Library({}))
    refused(other, "define_measure", [linear, first, one], [left, right, *names], match="positivity")
    refused(other, "define_measure", [linear, shown, linear], [left, right, *names], match="total mass")
    refused(other, "define_measure", [one, shown, one], [left, right, *names], match="linearity")
    assumed = p.assume(le(0, right))
    refused(other, "define_measure", [linear, assumed, one], [left, right, *names], match="not fresh")


def test_a_new_measure_keeps_every_hypothesis_and_is_well_formed(p):
    """What linearity, positivity and mass rest on stands before the equation; each part of the definition has its place."""
    left, right, linear, positive, one, (ff, gg, s, t) = _mixture(p, lambda F: F(u))
    shown = positive.spec(u)

    def resting_on(fact, hypothesis):
        return fact.discharge(hypothesis).mp(p.assume(hypothesis))

    conditions = [le(0, x), le(0, y), le(0, a)]
    facts = [resting_on(fact, h) for fact, h in zip((linear, shown, one), conditions, strict=True)]
    made = p.step("define_measure", facts, [left, right, ff, gg, s, t])
    assert made.hyps == set(conditions)
    q = Proof("other", Library({}))
    facts, number = [linear, shown, one], fn("hh", "real -> real")
    elsewhere = E(measure("mix", "", "nat"), n, fn("kk", "nat -> real")(n))
    for args in (
        [elsewhere, right, ff, gg, s, t],
        [left, right, ff, fn("gg", "X -> real")(v), s, t],
        [left, right, number(x), gg, s, t],
        [E(measure("mix", "", "X"), w, fn("gg", "X -> real")(w)), right, ff, gg, s, t],
        [left, right, ff, gg, num(1), t],
        [left, right, ff, gg, s, num(1)],
        [left, right, ff, gg, n, t],
        [left, left.kids[-1], ff, gg, s, t],
        [left, u, ff, gg, s, t],
        [fn("F", "X -> real")(w), right, ff, gg, s, t],
    ):
        refused(q, "define_measure", facts, args, match="malformed|unary")
    refused(q, "define_measure", facts, [left, right, ff, gg, s, s], match="not fresh")
    refused(q, "define_measure", facts, [left, right, ff, ff, s, t], match="not fresh")
    refused(q, "define_measure", facts, [left, right + s, ff, gg, s, t], match="not fresh")
    assert not q.theory.defs


def test_the_page_on_null_sets(p):
    """z = 1, -1 on a fair coin has mean 0 and is never 0: without z >= 0 the guard excuses everything."""
    vacuous = p.assume(all_of(u, implies(eq(f(u), 0), le(1, 0))))
    one, nothing, z = E(mu, u, 1), E(mu, u, 0), E(mu, u, f(u))
    mean = p.assume(eq(z, 0))
    square = p.certificate(le(0, f(u) ** 2), products=[(1, [], [f(u)])]).gen(u)
    refused(p, "mono", [vacuous, square, mean], [one, nothing, z], match="z >= 0 is missing")
    refused(p, "mono", [vacuous, mean], [one, nothing, z], match="malformed")
    sign = p.assume(all_of(u, le(0, f(u))))
    refused(p, "mono", [vacuous, sign, p.assume(le(z, 0))], [one, nothing, z], match=r"B\(z\) = 0 is missing")
    other = p.assume(eq(E(nu, u, f(u)), 0))
    refused(p, "mono", [vacuous, sign, other], [one, nothing, z], match=r"B\(z\) = 0 is missing")
    assert p.step("mono", [vacuous, sign, mean], [one, nothing, z]).concl is le(one, nothing)


def test_the_page_on_define_measure(p):
    """R(f) = 2 f(u) - f(v) is linear with mass one, and not positive; an assumption about the f at hand does not make it so."""
    at_hand = fn("_f", "X -> real")

    def assumed(_):
        return p.assume(le(0, 2 * at_hand(u) - at_hand(v)))

    with pytest.raises(ProofError, match="not fresh"):
        p.define_measure(measure("signed", "", "X"), w, lambda f: 2 * f(u) - f(v), assumed)
    with pytest.raises(ProofError, match="identity does not hold"):
        p.define_measure(measure("squared", "", "X"), w, lambda f: f(u) ** 2, assumed)
    assert not p.theory.defs

    def positive(given):
        return p.certificate(
            le(0, at_hand(u) / 2 + at_hand(v) / 2), products=[("1/2", [given.spec(t)], []) for t in (u, v)]
        )

    law, _ = p.define_measure(measure("half", "", "X"), w, lambda f: f(u) / 2 + f(v) / 2, positive)
    assert not law.hyps and law.concl.op == "="
