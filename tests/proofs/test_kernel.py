"""The kernel refuses bad proofs: every rule of language and logic has an attempt that would prove something false."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.kernel import RULES, ProofError, Theorem, close, forall, mk, num, replace, theorem, var
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    element,
    eq,
    exp,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    total,
)
from tests.proofs.kernel_names import f, g, k, kappa, m, mu, n, u, v, w, x, y
from tests.proofs.refusing import refused


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
