"""The kernel refuses bad proofs: every rule has an attempt that would prove something false."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.derive.author import Library, Proof
from proofs.kernel import RULES, ProofError, Theorem, close, forall, mk, num, replace, theorem, var
from proofs.kernel import arithmetic as certificates
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    exp,
    finite_set,
    fn,
    implies,
    le,
    log,
    lt,
    measure,
    nat,
    product,
    real,
    sqrt,
    total,
)
from tests.proofs.refusing import refused

x, y, a, b = real("x y a b")
n, m, k, d = nat("n m k d")
u, v, w = element("X", "u v w")
f, g, h = fn("f", "X -> real"), fn("g", "X -> real"), fn("h", "real -> real")
mu, nu, kappa = measure("mu", "", "X"), measure("nu", "", "X"), measure("kappa", "X", "X")


# ------------------------------------------------------------------------------------------- language
def test_sorts_are_checked():
    for bad in (
        lambda: x**y,
        lambda: x ** Fraction(1, 2),
        lambda: x ** (n - 1),
        lambda: f(x),
        lambda: total(x, k, x),
        lambda: f(u) + u,
        lambda: eq(u, x),
        lambda: le(u, v),
        lambda: mk("=>", None, (x, x)),
        lambda: fn("exp", "X -> real")(u),
        lambda: at(u, 0),
        lambda: mk("nonsense", None, ()),
        lambda: mk("+", None, (x,)),
        lambda: var("1x", "real"),
        lambda: var("x", "bool"),
    ):
        with pytest.raises((ProofError, IndexError)):
            bad()


def test_a_bound_variable_keeps_its_sort():
    with pytest.raises(ProofError, match="another sort"):
        mk("all", "real", (mk("=", None, (mk("b", (0, "X")), mk("b", (0, "X")))),))


def test_alpha_equivalent_terms_are_one_object():
    assert E(mu, u, f(u)) is E(mu, v, f(v))
    assert all_of(x, le(0, x * x)) is all_of(y, le(0, y * y))


def test_substitution_under_binders_does_not_capture():
    open_term = E(mu, u, f(u) * x)
    assert replace(open_term, {x: f(u)}) is not E(mu, u, f(u) * f(u))
    assert replace(open_term, {x: f(w)}) is E(mu, u, f(u) * f(w))


def test_theorems_are_not_made_by_hand(p):
    with pytest.raises(ProofError, match="made by a rule"):
        Theorem(object(), frozenset(), lt(0, 0))
    with pytest.raises(ProofError, match="closed"):
        theorem([], mk("<", None, (mk("b", (0, "real")), num(0))))


# ------------------------------------------------------------------------------------------- logic
def test_modus_ponens_needs_the_antecedent(p):
    refused(p, "mp", [p.assume(implies(lt(0, x), lt(0, y))), p.assume(le(0, x))], match="antecedent")


def test_discharge_removes_only_what_is_named(p):
    fact = p.assume(lt(0, x)).discharge(lt(0, y))
    assert fact.hyps == {lt(0, x)}


def test_no_generalisation_over_a_free_hypothesis_variable(p):
    refused(p, "generalise", [p.assume(lt(0, x))], [x], match="free in a hypothesis")


def test_generalise_wants_a_variable(p):
    refused(p, "generalise", [p.refl(f(u))], [f(u)], match="not a variable")


def test_spec_checks_sort_and_count(p):
    fact = p.refl(f(u)).gen(u)
    refused(p, "spec", [fact], [x], match="sort")
    refused(p, "spec", [fact], [u, u], match="no quantifier")
    natural = p.refl(x**n).gen(n)
    refused(p, "spec", [natural], [num(Fraction(1, 2))], match="sort")


def test_spec_does_not_capture(p):
    fact = p.refl(E(mu, u, f(u) * x)).gen(x).spec(f(u))
    assert fact.sides[0] is replace(E(mu, v, f(v) * x), {x: f(u)})
    assert fact.sides[0] is not E(mu, u, f(u) * f(u))


def test_inst_applies_to_hypotheses_too(p):
    fact = p.assume(lt(0, x)).inst((x, y - 1))
    assert fact.hyps == {lt(0, y - 1)} and fact.concl is lt(0, y - 1)


def test_second_order_instantiation_does_not_capture(p):
    fact = p.refl(E(mu, u, f(u))).inst((f(v), f(v) * g(u)))
    assert fact.sides[0] is E(mu, w, f(w) * g(u))


def test_inst_is_simultaneous(p):
    fact = p.assume(lt(x, y)).inst((x, y), (y, x))
    assert fact.concl is lt(y, x)


def test_inst_refusals(p):
    refused(p, "inst", [p.refl(exp(x))], [[exp(x), x]], match="reserved")
    refused(p, "inst", [p.refl(f(u))], [[f(u), n], [f(u), x]], match="twice")
    refused(p, "inst", [p.refl(f(u))], [[fn("f2", "X X -> real")(u, u), x]], match="distinct")
    refused(p, "inst", [p.refl(x**n)], [[n, x]], match="sort")
    refused(p, "inst", [p.refl(E(mu, u, f(u)))], [[E(mu, u, 0), E(finite_set("A", "", "X"), u, 0)]], match="measure")
    refused(p, "inst", [p.refl(E(mu, u, f(u)))], [[E(mu, u, 0), total(3, k, 0)]], match="measure")


def test_a_measure_with_parameters_is_instantiated_at_each_occurrence(p):
    fact = p.refl(E(kappa(w), u, f(u))).inst((E(kappa(v), u, 0), E(measure("step", "real X", "X")(g(v), v), u, 0)))
    assert fact.sides[0] is E(measure("step", "real X", "X")(g(w), w), u, f(u))


def test_rewrite_checks_the_template(p):
    equation = p.assume(all_of(u, eq(f(u), g(u))))
    result = p.rewrite(equation, lambda F: E(mu, u, F(u) ** 2))
    assert result.concl is eq(E(mu, u, f(u) ** 2), E(mu, u, g(u) ** 2))
    hole = fn("_F", "X -> real")(element("X", "_y1"))
    refused(
        p,
        "rewrite",
        [equation, p.assume(lt(0, E(mu, u, g(u))))],
        [hole, lt(0, E(mu, u, fn("_F", "X -> real")(u)))],
        match="template",
    )


def test_rewrite_needs_the_equation_for_all_arguments(p):
    pointwise = p.assume(eq(f(u), g(u)))
    hole = fn("_F", "X -> real")(element("X", "_y1"))
    refused(
        p,
        "rewrite",
        [pointwise, p.refl(E(mu, u, f(u)))],
        [hole, eq(E(mu, u, f(u)), E(mu, u, fn("_F", "X -> real")(u)))],
    )


def test_cases_needs_complementary_halves(p):
    low, high = p.assume(le(x, 0)), p.assume(le(0, x))
    goal = le(0, x * x)
    one = p.certificate(goal, products=[(1, [low, low], [])])
    two = p.certificate(goal, products=[(1, [high, high], [])])
    result = p.cases(x, 0, one, two)
    assert result.hyps == {le(0, x)}, "0 <= x is not 0 < x, so it stays a hypothesis"
    refused(p, "cases", [low, high], [x, num(0)], match="two conclusions")


def test_induction_refusals(p):
    claim = le(0, x**n)
    given = p.assume(le(0, x))
    hyp = p.assume(claim)
    base = p.certificate(le(0, x ** num(0)), products=[(1, [], [])])
    step = p.conv(
        p.certificate(le(0, x ** (n + 1)), products=[(1, [given, hyp], [])]), replace(claim, {n: n + 1})
    ).discharge(hyp)
    assert p.step("induct", [base, step], [n, claim]).concl is all_of(n, claim)
    refused(p, "induct", [base, step], [m, claim], match="base case|step")
    refused(p, "induct", [base, base], [n, claim], match="step")
    refused(p, "induct", [base, step], [x, claim], match="naturals")
    about_n = p.step("mp", [p.assume(implies(le(n, 5), step.concl)), p.assume(le(n, 5))])
    refused(p, "induct", [base, about_n], [n, claim], match="free in a hypothesis")


def test_induction_does_not_start_at_one(p):
    claim = lt(0, n)
    step = p.certificate(lt(0, n + 1), products=[(1, [p.nat_nonneg(n)], []), (1, [], [])]).discharge(claim)
    refused(p, "induct", [p.certificate(lt(0, 1), products=[(1, [], [])]), step], [n, claim], match="base case")


# ------------------------------------------------------------------------------------------- expectations
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


# ------------------------------------------------------------------------------------------- definitions
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


# ------------------------------------------------------------------------------------------- numbers
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


def test_a_theorem_is_about_closed_formulas():
    """A hypothesis or a conclusion that is a number, or has an index that nothing binds, makes no theorem."""
    open_formula = all_of(u, le(0, f(u))).kids[0]
    for hyps, concl in (([x], le(0, x)), ([le(0, x)], x), ([open_formula], le(0, x)), ([le(0, x)], open_formula)):
        with pytest.raises(ProofError, match="closed formula"):
            theorem(hyps, concl)


def test_only_variables_are_bound():
    inside = all_of(u, le(0, f(u))).kids[0]
    for node, variable in ((le(0, x), num(1)), (le(0, x), f(u)), (inside, x)):
        with pytest.raises(ProofError, match="only a variable"):
            close(node, variable)


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


def test_malformed_calls_are_proof_errors(p):
    for rule in RULES:
        for args in ([], ["x"], [None, 3], [x, y, x, y, x, y, x]):
            with pytest.raises(ProofError):
                p.theory.apply(rule, [], args)
    with pytest.raises(ProofError, match="unknown rule"):
        p.theory.apply("sorry", [], [])
    with pytest.raises(ProofError, match="not a theorem"):
        p.theory.apply("conj", [lt(0, 1), lt(0, 1)], [])


def test_fake_theorem_objects_do_not_pass_the_dispatcher(p):
    class Fake:
        hyps, concl = frozenset(), lt(0, 0)

    with pytest.raises(ProofError, match="not a theorem"):
        p.theory.apply("conj", [Fake(), Fake()], [])


def test_renaming_a_sort(p):
    fact = p.refl(E(mu, u, f(u))).rename_sort("X", "nat")
    assert fact.sides[0] is E(measure("mu", "", "nat"), n, fn("f", "nat -> real")(n))
    for bad in ("real", "X*"):
        refused(p, "rename_sort", [p.refl(x)], [bad, "nat"], match="bad sort")
    refused(p, "rename_sort", [p.refl(f(u))], ["X", "bool"], match="bad sort")


def test_conjunction_parts(p):
    fact = p.assume(both(lt(0, x), lt(0, y)))
    assert fact.left.concl is lt(0, x) and fact.right.concl is lt(0, y)
    refused(p, "part", [fact], ["2"], match="conjunction")
    refused(p, "part", [fact.left], ["0"], match="conjunction")


def test_conv_does_not_weaken(p):
    refused(p, "conv", [p.assume(le(x, y))], [lt(x, y)], match="differ")
    refused(p, "conv", [p.assume(le(x, y))], [le(y, x)], match="differ")
    refused(p, "conv", [p.assume(implies(lt(0, x), lt(0, y)))], [implies(lt(0, y), lt(0, x))], match="differ")
    assert p.conv(p.assume(le(x + x, y)), le(0, y - 2 * x))
    assert forall([], lt(0, x)) is lt(0, x)


# ------------------------------------------------------------------------------------------- the pages of proofs/README.md
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
