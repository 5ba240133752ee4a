"""Formulas of the kernel read in a finite model, with exact numbers: the meaning of a sealed statement, independent of its proof.

A model gives every free symbol a value: variables a number or a state, functions a callable, measures a callable from parameters to
(weight, element) pairs, and every sort a finite range over which its quantifiers run.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import Any

from proofs.kernel import Binder, Node, open_body, var
from proofs.kernel.printing import show
from proofs.language.terms import evaluate

_NAMES = itertools.count()


def exact_sqrt(x: Fraction) -> Fraction:
    """The root of a rational square; ValueError otherwise."""
    x = Fraction(x)
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    if top * top != x.numerator or bottom * bottom != x.denominator:
        raise ValueError(f"sqrt({x}) is not rational")
    return Fraction(top, bottom)


@cache
def _opened(formula: Binder) -> tuple[str, Node]:
    """A name that occurs nowhere else for the quantified variable, and the body with it: made once a formula, not once a value."""
    name = f"bound{next(_NAMES)}"
    return name, open_body(formula, var(name, formula.bound))


def holds(formula: Node, env: Mapping[str, Any], ranges: Mapping[str, Any]) -> bool:
    """Is the formula true, its quantifiers running over `ranges[sort]`?"""
    op, kids = formula.op, formula.kids
    if op == "all" and isinstance(formula, Binder):
        name, body = _opened(formula)
        return all(holds(body, {**env, name: value}, ranges) for value in ranges[formula.bound])
    if op == "=>":
        return not holds(kids[0], env, ranges) or holds(kids[1], env, ranges)
    if op == "and":
        return holds(kids[0], env, ranges) and holds(kids[1], env, ranges)
    left, right = evaluate(kids[0], env), evaluate(kids[1], env)
    return bool({"=": left == right, "<=": left <= right, "<": left < right}[op])


def check_theorem(theorem, env: Mapping[str, Any], ranges: Mapping[str, Any]) -> None:
    """Every hypothesis is met by the model (so the statement is not vacuous), and the conclusion holds in it."""
    for h in theorem.hyps:
        assert holds(h, env, ranges), f"the model does not meet the hypothesis {show(h)}"
    assert holds(theorem.concl, env, ranges), f"FALSE in a model that meets all hypotheses: {show(theorem.concl)}"
