"""The printed statement is what a reader reads: rows by hand, and sums and products read back by Python's own precedence."""

from __future__ import annotations

import random
import re
from fractions import Fraction

import pytest

from proofs.kernel import Node, ProofError, Theory, mk, num
from proofs.kernel import as_term as term
from proofs.kernel.printing import bound_name, conclusion, names_in, show, sign_flipped, signature_line, statement
from proofs.language.terms import (
    E,
    all_of,
    at,
    both,
    draws,
    element,
    eq,
    evaluate,
    finite_set,
    fn,
    implies,
    le,
    lt,
    measure,
    nat,
    product,
    real,
    sqrt,
    total,
)
from tests.effort import effort

HALF = Fraction(1, 2)
a, b, c = real("a b c")
n, m = nat("n m")
x, y, z = element("X", "x y z")
cloud = element("X*", "c")
f, g = fn("f", "nat X -> real"), fn("g", "nat nat nat nat nat -> real")
M, mu, A = measure("M", "nat X", "X"), measure("mu", "", "X"), finite_set("A", "X", "X")


def add(*kids) -> Node:
    return mk("+", None, tuple(map(term, kids)))


def mul(*kids) -> Node:
    return mk("*", None, tuple(map(term, kids)))


def inv(kid) -> Node:
    return mk("inv", None, (term(kid),))


def power(base, exponent) -> Node:
    return mk("^", None, (term(base), term(exponent)))


ROWS = [
    # constants: a sign or a bar stands in parentheses where the context binds closer
    (num(-1), "-1"), (num(0), "0"), (num(HALF), "1/2"), (power(-1, n), "(-1)^n"), (power(HALF, n), "(1/2)^n"), (power(0, n), "0^n"),
    (add(-1, a), "-1 + a"), (add(a, HALF), "a + 1/2"), (add(a, mul(-1, 2)), "a - 2"),
    (mul(0, a), "0 * a"), (mul(1, 1), "1"),
    (fn("h", "real -> real")(-1), "h(-1)"),
    # signs
    (add(a, -1), "a - 1"), (add(a, mul(-1, b)), "a - b"), (add(a, mul(-2, b)), "a - 2 * b"), (add(a, mul(-1, b, c)), "a - b * c"),
    (add(a, mul(-1, add(b, c))), "a - (b + c)"), (add(a, mul(0, b)), "a + 0 * b"), (add(a, 0), "a + 0"),
    (add(a, mul(HALF, b)), "a + 1/2 * b"),
    (add(a, mul(-1, -1, b)), "a + b"), (add(a, mul(b, -3, c)), "a - 3 * b * c"), (add(a, add(b, -1)), "a + (b - 1)"),
    (mul(-1, a), "(-1) * a"), (mul(a, -1, b), "(-1) * a * b"), (mul(2, a, 3), "6 * a"), (mul(HALF, a), "1/2 * a"),
    (add(a, mul(-1, inv(b))), "a - 1 / b"), (add(a, mul(-1, 2, inv(b))), "a - 2 / b"),
    # products and quotients
    (mul(add(a, b), c), "(a + b) * c"), (mul(mul(a, b), c), "(a * b) * c"), (mul(c, add(a, b)), "c * (a + b)"),
    (inv(a), "1 / a"), (mul(-1, inv(a)), "(-1) / a"), (mul(1, inv(a)), "1 / a"), (mul(a, inv(b)), "a / b"), (mul(inv(b), a), "a / b"),
    (mul(a, inv(b), inv(c)), "a / (b * c)"), (inv(mul(a, b)), "1 / (a * b)"), (mul(a, inv(add(b, c))), "a / (b + c)"),
    (inv(inv(a)), "1 / (1 / a)"), (inv(2), "1 / 2"), (inv(HALF), "1 / (1/2)"), (mul(a, inv(-2)), "a / (-2)"),
    (mul(3, inv(a), b), "3 * b / a"),
    # powers
    (power(add(a, b), n), "(a + b)^n"), (power(a, add(n, 1)), "a^(n + 1)"), (power(power(a, 2), 3), "(a^2)^3"),
    (power(inv(a), 2), "(1 / a)^2"),
    (power(mul(a, b), 2), "(a * b)^2"), (mul(a, power(b, 2)), "a * b^2"), (power(a, power(n, 2)), "a^(n^2)"),
    (power(sqrt(a), 2), "sqrt(a)^2"),
    (power(E(mu, y, f(0, y)), 2), "E[x ~ mu](f(0, x))^2"),
    # formulas: `=>` and `and` associate to the right
    (le(a, b), "a <= b"), (lt(add(a, b), c), "a + b < c"), (eq(n, m), "n = m"),
    (implies(le(a, b), lt(b, c), eq(a, c)), "a <= b => b < c => a = c"),
    (implies(implies(le(a, b), lt(b, c)), eq(a, c)), "(a <= b => b < c) => a = c"),
    (both(le(a, b), both(lt(b, c), eq(a, c))), "a <= b and b < c and a = c"),
    (both(both(le(a, b), lt(b, c)), eq(a, c)), "(a <= b and b < c) and a = c"),
    (implies(both(le(a, b), lt(b, c)), eq(a, c)), "a <= b and b < c => a = c"),
    (both(implies(le(a, b), lt(b, c)), eq(a, c)), "(a <= b => b < c) and a = c"),
    (both(eq(a, c), implies(le(a, b), lt(b, c))), "a = c and (a <= b => b < c)"),
    (implies(le(a, b), both(lt(b, c), eq(a, c))), "a <= b => b < c and a = c"),
    # quantifiers reach as far as they can
    (all_of(n, x, le(f(n, x), a)), "forall t:nat x:X. f(t, x) <= a"),
    (implies(all_of(x, le(f(n, x), a)), le(a, b)), "(forall x:X. f(n, x) <= a) => a <= b"),
    (implies(le(a, b), all_of(x, le(f(n, x), a))), "a <= b => (forall x:X. f(n, x) <= a)"),
    (all_of(n, implies(le(n, m), all_of(x, le(f(n, x), a)))), "forall t:nat. t <= m => (forall x:X. f(t, x) <= a)"),
    # functions, entries, laws, sums
    (at(cloud, add(n, 1)), "c[n + 1]"), (at(fn("h", "nat -> X*")(n), 0), "h(n)[0]"), (fn("k", "-> real")(), "k"),
    (E(M(n, x), y, f(n, y)), "E[y ~ M; n, x](f(n, y))"), (E(mu, y, 1), "E[x ~ mu](1)"), (E(A(x), y, f(0, y)), "S[y ~ A; x](f(0, y))"),
    (total(add(n, 1), m, f(m, x)), "sum[t < n + 1](f(t, x))"), (product(n, m, f(m, x)), "prod[t < n](f(t, x))"),
    (E(draws(n, mu), cloud, f(0, at(cloud, m))), "I[c ~ mu; n](f(0, c[m]))"),
    (mul(a, E(mu, y, add(f(0, y), b))), "a * E[x ~ mu](f(0, x) + b)"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "written"), ROWS, ids=[written for _, written in ROWS])
def test_by_hand(formula, written):
    assert show(formula) == written


def test_the_context_decides_on_parentheses():
    """At the level of a formula's own operator there are none, one above there are."""
    levels = {
        5: mul(a, b),
        4: add(a, b),
        3: le(a, b),
        2: both(le(a, b), lt(a, b)),
        1: implies(le(a, b), lt(a, b)),
        0: all_of(a, le(a, b)),
    }
    levels |= {7: power(a, n)}
    for own, formula in [*levels.items(), (3, eq(a, b)), (3, lt(a, b)), (5, inv(a))]:
        assert not show(formula, own).startswith("(") and show(formula, own + 1) == f"({show(formula)})"
    assert show(num(HALF), 5) == "1/2" and show(num(HALF), 6) == "(1/2)"
    assert show(num(-1), 4) == "-1" and show(num(-1), 5) == "(-1)" and show(num(7), 9) == "7"


def arithmetic(draw: random.Random, depth: int) -> Node:
    """A random term of sums, products, quotients and powers over a, b and constants of either sign."""
    if not depth or draw.random() < 0.15:
        return draw.choice([a, b, num(draw.randint(-3, 3)), num(Fraction(draw.choice([-1, 1]), draw.randint(2, 3)))])
    kids = [arithmetic(draw, depth - 1) for _ in range(draw.randint(2, 3))]
    return draw.choice(
        [add(*kids), mul(*kids), inv(kids[0]), mul(kids[0], inv(kids[1])), power(kids[0], draw.randint(0, 3))]
    )


def test_python_reads_the_same_number():
    """`^` as `**` and whole numbers as fractions, the text is an expression of Python: by its precedence it has the term's value."""
    draw, values = random.Random(0), {"a": Fraction(3, 7), "b": Fraction(-5, 4)}
    read = longest = 0
    for _ in range(effort(600, sample=150)):
        made = arithmetic(draw, 4)
        written = show(made)
        as_python = re.sub(r"\d+", r"Fraction(\g<0>)", written).replace("^", "**")
        try:
            value = evaluate(made, values)
        except ZeroDivisionError:
            continue
        assert eval(as_python, {"Fraction": Fraction, **values}) == value, written
        read, longest = read + 1, max(longest, len(written))
    assert read > effort(400, sample=100) and longest > 100


def test_the_other_sign():
    flipped = [
        (num(2), num(-2)),
        (mul(-1, a), a),
        (mul(1, a), mul(-1, a)),
        (mul(-1, a, b), mul(a, b)),
        (mul(-2, a), mul(2, a)),
    ]
    flipped += [
        (mul(a, -3), mul(3, a)),
        (mul(-1, 2, inv(a)), mul(2, inv(a))),
        (mul(-1, -3), num(-3)),
        (mul(-1, 1), num(1)),
    ]
    assert all(sign_flipped(one) is other for one, other in flipped)


# ------------------------------------------------------------------------------------------- bound names
def test_a_bound_name_is_fresh():
    """The usual names of a sort in their order, without those that are free inside or bound around; then numbered ones."""
    t, k, r = nat("t"), nat("k"), real("r")
    assert show(all_of(nat("i"), eq(f(nat("i"), x), g(t, n, k, n, n)))) == "forall m:nat. f(m, x) = g(t, n, k, n, n)"
    assert show(all_of(y, z, le(f(n, y), f(n, z)))) == "forall x:X y:X. f(n, x) <= f(n, y)"
    assert show(total(nat("i"), nat("j"), g(t, n, k, m, nat("j")))) == "sum[t1 < i](g(t, n, k, m, t1))"
    t1 = nat("t1")
    assert show(total(nat("i"), nat("j"), add(t1, g(t, n, k, m, nat("j"))))) == "sum[t2 < i](t1 + g(t, n, k, m, t2))"
    assert (
        show(all_of(a, b, lt(a, b))) == "forall r:real s:real. r < s"
        and show(all_of(a, lt(a, r))) == "forall s:real. s < r"
    )
    assert show(all_of(a, b, c, lt(a, b * c))) == "forall r:real s:real r1:real. r < s * r1"


def test_a_name_that_is_bound_around_is_not_taken_again():
    """Also where the inner formula does not mention it."""
    assert show(total(n, m, total(n, m, f(m, x)))) == "sum[t < n](sum[k < n](f(k, x)))"
    assert show(E(M(n, x), y, E(M(n, y), z, f(n, z)))) == "E[y ~ M; n, x](E[x ~ M; n, y](f(n, x)))"
    assert show(all_of(a, implies(le(a, 0), all_of(b, le(b, 0))))) == "forall r:real. r <= 0 => (forall s:real. s <= 0)"
    d = element("X*", "d")
    assert show(E(draws(n, mu), cloud, E(draws(n, mu), d, f(0, at(d, 0))))) == "I[c ~ mu; n](I[d ~ mu; n](f(0, d[0])))"


def test_a_proposed_name_is_used_where_it_can_be():
    inside = total(n, m, f(m, x))
    for proposed in ("i", "i'", "m"):
        assert bound_name(inside, frozenset(), lambda binder, proposed=proposed: proposed) == proposed
    for proposed in ("n", "x", "f", "1", "exp", "at", "i j", "", None):
        assert bound_name(inside, frozenset(), lambda binder, proposed=proposed: proposed) == "t"
    assert bound_name(inside, {"i", "t"}, lambda binder: "i") == "k"
    with pytest.raises(ProofError, match="no binder"):
        bound_name(a, frozenset())


def test_the_names_of_a_text_are_proposed_in_its_order():
    text = "forall n:nat p:X. sum[i < n](E[q ~ M; i, p](f(i, q))) <= S[v ~ A; p](1) + I[e ~ mu; n](prod[j < n](1))"
    proposal, binder = names_in(text), total(n, m, f(m, x))
    assert [proposal(binder) for _ in range(9)] == ["n", "p", "i", "q", "v", "e", "j", None, None]
    formula = all_of(n, x, implies(le(n, 1), all_of(y, le(total(n, m, f(m, y)), f(n, x)))))
    text = "forall i:nat p:X. i <= 1 => (forall q:X. sum[j < i](f(j, q)) <= f(i, p))"
    assert show(formula, 0, names_in(text)) == text


# ------------------------------------------------------------------------------------------- statements
def test_a_signature_line_for_each_kind_of_symbol():
    theory = Theory()
    made = theory.apply("assume", [], [le(add(f(n, x), E(M(n, x), y, b), E(A(x), y, b)), sqrt(a))])
    lines = sorted(signature_line(s) for s in made.free())
    assert lines == [
        "A : X -> finite sum over X", "M : nat X -> law on X", "a : real", "b : real", "f : nat X -> real", "n : nat",
        "sqrt : real -> real", "x : X",
    ]  # fmt: skip
    assert signature_line(next(iter(E(mu, y, 1).free))) == "mu : law on X"


def test_a_statement_by_hand():
    """Symbols by name without the language's own, hypotheses, conclusion, the definitions behind it with theirs."""
    theory = Theory()
    assume = lambda formula: theory.apply("assume", [], [formula])  # noqa: E731
    made = theory.apply("conj", [assume(le(sqrt(a), b)), assume(lt(0, a))], [])
    law = assume(eq(c, b))
    text = statement(made, {fn("c", "-> real"): law})
    assert text == (
        "a : real\nb : real\nc : real\n\n    0 < a\n    sqrt(a) <= b\n|-  sqrt(a) <= b and 0 < a\nwhere  c = b\n    if  c = b\n"
    )
    assert conclusion(made, {}) == ["|-  sqrt(a) <= b and 0 < a"]
    general = theory.apply("generalise", [theory.apply("nat_nonneg", [], [n])], [n])
    assert statement(general, {}) == "\n|-  forall t:nat. 0 <= t\n"


def test_two_symbols_of_one_name_are_refused():
    theory = Theory()
    made = theory.apply("assume", [], [le(a, nat("a"))])
    with pytest.raises(ProofError, match="two symbols are called a"):
        statement(made, {})
