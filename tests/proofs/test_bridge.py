"""Kernel terms to sympy and back: every sealed formula makes the trip, in each mode."""

import json

import pytest
import sympy as sp
from sympy import Eq, Le, Product, Sum, exp, log, sinh, sqrt

from proofs import bounds
from proofs.kernel import num, var
from proofs.kernel.arithmetic import canonical
from proofs.kernel.replay import STORED, decode_term, load, load_seals
from proofs.language.bridge import NotInLanguage, same, to_kernel, to_sympy
from proofs.language.expressions import (
    Both,
    Element,
    Entry,
    Exp,
    Expect,
    ForAll,
    Implication,
    Law,
    Log,
    Recip,
    Root,
    function,
    relation,
    symbol,
    symbols,
)
from proofs.language.terms import le, real
from proofs.language.text import latex
from proofs.reading.blueprint import Journal
from proofs.registry import claim_of
from tests.effort import turn

NAMES = sorted(load())
a, b = symbols("a b")
n, k, t = symbols("n k t", "nat")
x, y = Element("x", "X"), Element("y", "X")
M, mu = Law("M", "nat X", "X"), Law("mu", "", "X")
f = function("f", "X -> real")


def claims():
    """Conclusions and hypotheses of the sealed statements, each once, in a fixed order."""
    found = [bounds.claim(name) for name in NAMES]
    return list(dict.fromkeys(formula for claim in found for formula in (claim.concl, *claim_of(claim)[0])))


def terms_of_proofs(every: int):
    """Every k-th closed formula of the stored proofs: conclusions, goals and hypotheses of steps among them."""
    found = {}
    for name in NAMES:
        terms = []
        for entry in json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))["terms"]:
            terms.append(decode_term(entry, terms))
        found |= dict.fromkeys(f for f in terms if f.sort == "bool" and not f.dangling)
    return list(found)[::every]


def check(formulas, mode):
    moved = [f for f in formulas if canonical(to_kernel(to_sympy(f, mode))) is not canonical(f)]
    assert not moved, f"{len(moved)} of {len(formulas)} formulas change in mode {mode}, first {moved[0]!r}"


@pytest.mark.by_turn
@pytest.mark.parametrize("mode", ["exact", "structural"])
def test_every_sealed_formula_makes_the_round_trip(mode):
    formulas = claims()
    assert len(formulas) > 400
    check(turn(formulas, 150), mode)


@pytest.mark.by_turn
def test_reading_changes_only_what_sympy_evaluates():
    """x/x and sqrt(N)^2: in the native mode these few sealed formulas evaluate; `theorem` then shows the structural form."""
    moved = [f for f in turn(claims(), 150) if not same(to_sympy(f, "native"), f)]
    assert len(moved) <= 12


@pytest.mark.by_turn
@pytest.mark.parametrize("mode", ["exact", "structural"])
def test_formulas_of_the_stored_proofs_make_the_round_trip(mode):
    check(terms_of_proofs(every=20), mode)


@pytest.mark.nightly
@pytest.mark.parametrize("mode", ["exact", "structural"])
def test_the_conclusion_of_every_step_makes_the_round_trip(mode):
    journal = Journal(load(), load_seals())
    for name in NAMES:
        journal.theorem(name)
    conclusions = {f for facts in journal.conclusions.values() for fact in facts for f in (fact.concl, *fact.hyps)}
    assert len(conclusions) > 5000
    check(conclusions, mode)


def test_what_the_kernel_does_not_simplify_is_held():
    assert Recip(a) * a != 1 and Exp(Log(a)) != a and Log(1) != 0 and Root(a) ** 2 != a
    assert not same(Recip(a) * a, 1)
    assert (Exp(Log(a)) + Recip(b) * b).doit() == a + 1
    assert Exp(2 * a).diff(a) == 2 * exp(2 * a) and Log(a).diff(a) == 1 / a


def test_relations_are_not_decided():
    assert relation("<=", 0, n) != sp.true and to_kernel(relation("<=", 0, n)).op == "<="
    assert Le(0, n) == sp.true


def test_bound_names_do_not_matter_and_are_not_captured():
    z = Element("z", "X")
    assert Expect(mu, x, f(x)) == Expect(mu, y, f(y)) and ForAll(x, Eq(f(x), 0)) == ForAll(y, Eq(f(y), 0))
    assert Expect(mu, x, f(x)) != Expect(mu, x, f(y))
    here = Expect(mu, y, f(x) * f(y))
    there = here.subs(x, y)
    assert there.free_symbols == {y} and there == Expect(mu, z, f(y) * f(z))
    assert here.xreplace({x: y}) == there
    assert to_kernel(Expect(mu, x, f(x))) is to_kernel(Expect(mu, y, f(y)))


def test_conjunctions_keep_their_order():
    low, high = relation("<=", 0, f(x)), relation("<=", f(x), 1)
    assert Both(low, high) != Both(high, low)
    assert to_kernel(Both(low, high)).kids == (to_kernel(low), to_kernel(high))
    assert to_kernel(Implication(low, high)).op == "=>"


def test_naturals_without_subtraction():
    assert same(Sum(a**k, (k, 0, n - 1)), Sum(a**k, (k, 0, n - 1)))
    assert to_kernel(Product(a, (k, 0, n - 1))).kids[0] is var("n", "nat")
    assert same(Sum(k, (k, 1, n)), Sum(k + 1, (k, 0, n - 1)))
    assert same(a ** (-n - 1), Recip(a) ** (n + 1))
    with pytest.raises(NotInLanguage, match="not a natural number"):
        to_kernel(a ** (n / 2))


def test_what_sympy_has_more_of_is_written_in_the_language():
    assert same(sinh(a) ** 2, ((exp(a) - exp(-a)) / 2) ** 2)
    assert to_kernel(sp.E) is to_kernel(exp(1, evaluate=False))
    assert to_kernel(sqrt(a)).symbol.name == "sqrt" and to_kernel(sp.Abs(a)).kids[0].op == "^"
    assert to_kernel(sp.Rational(1, 3)) is num("1/3") and to_kernel(log(a)).symbol.name == "log"
    with pytest.raises(NotInLanguage, match="sin is not in the language"):
        to_kernel(sp.sin(a))
    with pytest.raises(NotInLanguage):
        to_kernel(sp.Ne(a, b))


def test_expectations_are_linear_on_request():
    assert Expect(mu, y, 2 * a * f(y) + 1).doit() == 2 * a * Expect(mu, y, f(y)) + 1
    assert same(Expect(mu, y, 2 * a * f(y) + 1), 2 * a * Expect(mu, y, f(y)) + 1)
    weights = Law("S0", "", "X", kind="S")
    assert Expect(weights, y, 1).doit() == Expect(weights, y, 1)


def test_clouds():
    c = Element("c", "X*")
    mean = Expect(M(t, x).draws(n), c, Sum(f(Entry(c, k)), (k, 0, n - 1)))
    assert same(to_sympy(to_kernel(mean)), mean)
    assert Entry(c, k).sort == "X"


def test_latex_uses_the_notation():
    eps, V = symbol("eps", "real"), function("V", "nat X -> real")
    assert latex(eps) == r"\varepsilon"
    assert latex(V(t, x)) == r"V_{t}\left(x\right)"
    assert latex(Expect(M(t, x), y, f(y))) == r"\mathbb{E}_{y\sim M_{t}\left(x\right)}\left[f\left(y\right)\right]"
    assert latex(le(real("b") + real("a"), 1)) == r"b + a \leq 1"
