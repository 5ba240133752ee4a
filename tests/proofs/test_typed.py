"""Coefficients of certificates are found by search; the few that an author typed say why, where they are stored."""

import ast
import json
from fractions import Fraction
from pathlib import Path

import pytest

import proofs
from proofs.derive.count import report, styles
from proofs.derive.library import Library
from proofs.derive.proof import TYPED, Proof
from proofs.kernel.replay import load
from proofs.language.terms import le, real

AUTHORS = sorted(p for room in ("theory", "lemmas") for p in (Path(proofs.__file__).parent / room).glob("*.py"))
x = real("x")


def test_at_most_five_percent_are_typed_each_with_its_reason():
    found = styles(load())
    assert found.certificates > 2000 and found.typed_share <= Fraction(5, 100)
    assert all(why.strip() for reasons in found.typed.values() for why in reasons)


def test_a_typed_certificate_without_a_reason_is_refused():
    proof = Proof("mine", Library({}))
    square = [(1, [], [x])]
    for silent in ("", " "):
        with pytest.raises(ValueError, match="say why"):
            proof.cert(le(0, x**2), products=square, why=silent)
    proof.note("a square")
    proof.cert(le(0, x**2), products=square, why="a test")
    assert proof.steps[-1][3] == f"a square; {TYPED}a test"


def around_the_reason(tree):
    """Lines that ask for a certificate with coefficients by another name than `cert`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            rule = isinstance(first, ast.Constant) and first.value == "certificate"
            if node.func.attr == "certificate" or (node.func.attr in ("step", "apply") and rule):
                yield node.lineno


@pytest.mark.parametrize("path", AUTHORS, ids=lambda p: p.stem)
def test_no_author_goes_around_the_reason(path):
    assert not list(around_the_reason(ast.parse(path.read_text(encoding="utf-8"))))


def test_the_rules_can_fail():
    for text in ("p.certificate(goal, products=[])", 'p.step("certificate", [], [goal])'):
        assert list(around_the_reason(ast.parse(text)))
    assert not list(around_the_reason(ast.parse("p.cert(goal, why='a test')\np.step('mp', [])")))
    steps = [["certificate", [], [], note] for note in ("", f"a square; {TYPED}", f"{TYPED}a test")]
    counted = styles({"mine": json.dumps({"steps": [*steps, ["mp", [], [], TYPED]]})})
    assert counted.typed == {"mine": ["", "a test"]} and counted.typed_share == Fraction(2, 3)
    assert "1 found, 2 with typed coefficients (66.7 %)" in report(counted)
