"""What is said of a line without a proof: the line as it was written, a point where it is false, what may be missing."""

import pytest
from sympy import Eq, Function, Lt, Rational, Symbol, exp, sqrt, symbols

from proofs import Element, Expect, Law, NotFound, derivation, prove, theorem
from proofs.derive.unproved import POINTS, counterexample
from proofs.language.bridge import NotInLanguage, to_kernel

a, b = symbols("a b", positive=True)
x = Symbol("x", real=True)


def said(claim, *facts, **options):
    with pytest.raises(NotFound) as refused:
        prove(claim, *facts, **options)
    return str(refused.value)


def test_the_line_is_said_as_it_was_written():
    S0 = theorem("S0.variance")
    claim = S0.lhs <= S0.rhs / 2
    message = said(claim, "S0.variance")
    assert message == f"no proof of {claim} was found from 1 line, which does not make it false"
    assert said(claim, "S0.variance") == message  # the search is remembered, the message is the same


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        (a <= b, []),
        (a * b <= (a**2 + b**2) / 3, []),
        (a <= b + 1, [b <= a]),
        (Eq(a + b, 2 * a), []),
        (sqrt(a) <= a, []),
        (x**2 <= x, [x <= 1]),
    ],
)
def test_a_false_line_between_numbers_is_refuted_by_a_point(claim, given):
    message = said(claim, given=given)
    assert "false at" in message
    point = dict(part.split(" = ") for part in message.partition("false at ")[2].split(", "))
    values = {s: Rational(point[s.name]) for s in (a, b, x) if s.name in point}
    assert claim.subs(values) == False and all(g.subs(values) == True for g in given)  # noqa: E712
    assert all(v > 0 for s, v in values.items() if s.is_positive)


def test_no_point_is_claimed_where_the_line_is_true_or_speaks_of_more_than_numbers():
    f = Function("f")
    assert counterexample(to_kernel(a**2 + b**2 >= 2 * a * b), []) is None
    assert counterexample(to_kernel(f(a) <= a), []) is None
    assert counterexample(to_kernel(x <= a), [to_kernel(f(x) <= a)]) is None
    assert (
        counterexample(to_kernel(1 / x <= a), [to_kernel(x <= 0), to_kernel(0 <= x)]) is None
    )  # 1/0 is nothing to sympy
    natural = Symbol("n", integer=True, nonnegative=True)
    assert counterexample(to_kernel(Lt(natural, natural + 1, evaluate=False)), []) is None
    assert 9**3 < POINTS


def test_what_may_be_missing_is_named():
    natural, real = Symbol("n", integer=True, nonnegative=True), Symbol("n", real=True)
    assert "; n is a natural number and a real number in it" in said(real <= natural + 1)
    assert "d.axiom('exp_ge', x)" in said(1 + x <= exp(x))
    inverse = Symbol("z", real=True)
    assert said(Eq(x * inverse, 1), given=[Eq(inverse, 1 / x)]).endswith("; give a line 0 < x, which is divided by")
    assert "|-  Eq(x*z, 1)" in repr(prove(Eq(x * inverse, 1), given=[Eq(inverse, 1 / x), 0 < x]))


def test_a_line_on_a_denominator_is_known_where_it_is_given():
    """E w E 1/w >= 1 for w > 0: the mean is divided by, and cancels."""
    mu, y, w = Law("mu", "", "Y"), Element("y", "Y"), Function("w", positive=True)
    mean, inverse = Expect(mu, y, w(y)), Expect(mu, y, 1 / w(y))
    d = derivation()
    positive = d.prove(mean > 0, d.expect(mu, y, d.prove(Lt(0, w(y), evaluate=False))))
    line = d.expect(mu, y, d.prove(1 / w(y) >= 2 / mean - w(y) / mean**2))
    with pytest.raises(NotFound, match="give a line 0 < E"):
        d.prove(mean * inverse >= 1, line)
    assert d.prove(mean * inverse >= 1, line, positive).relation == (mean * inverse >= 1).reversed
    with pytest.raises(NotFound):
        d.prove(mean * inverse >= 2, line, positive)
    assert positive.fact not in d.prover.context


def test_inputs_that_are_none_are_answered_with_what_is_meant():
    S3 = theorem("S3.uniform")
    with pytest.raises(KeyError, match=r"S3.unform.*S3.uniform"):
        prove(S3.lhs <= S3.rhs, "S3.unform")
    with pytest.raises(KeyError, match=r"no symbol N of this sort; take theorem\('S3.uniform'\).N"):
        prove(S3.lhs <= S3.rhs, ("S3.uniform", {Symbol("N"): 10}))
    with pytest.raises(KeyError, match="no symbol Q"):
        prove(S3.lhs <= S3.rhs, ("S3.uniform", {Symbol("Q"): 10}))
    with pytest.raises(TypeError, match=r"theorem\('S3.uniform'\).N"):
        prove(S3.lhs <= S3.rhs, ("S3.uniform", {"N": 10}))
    assert len(prove(S3.lhs <= S3.rhs.subs(S3.eps, 0), ("S3.uniform", {S3.eps: 0})).hypotheses) < len(S3.hypotheses)
    with pytest.raises(NotInLanguage, match=r"0.5: .* write Rational\(1, 2\)"):
        prove(a * b <= 0.5 * (a**2 + b**2))
    with pytest.raises(KeyError, match="no axiom 'exp_gee'; known: exp_ge"):
        derivation().axiom("exp_gee", x)
