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


Stages = list[tuple[list[tuple[str, str]], Node]]


@cache
def _opened(formula: Binder) -> Stages:
    """`forall ... P_1 => ... => P_m => Q` as its parts P_1, ..., P_m, Q, each after the variables that it is the first to have.

    Variables come as (name, sort), under names that occur nowhere else; those of no premise come before Q. Made once a formula, not once a
    value. Universal quantifiers commute, so that a premise that fails rules out all values of the variables after it.
    """
    sorts: dict[str, str] = {}
    rest: Node = formula
    while rest.op == "all" and isinstance(rest, Binder):
        name = f"bound{next(_NAMES)}"
        sorts[name] = rest.bound
        rest = open_body(rest, var(name, rest.bound))
    stages: Stages = []
    while rest.op == "=>":
        premise, rest = rest.kids
        names = {symbol.name for symbol in premise.free}
        stages.append(([(name, sorts.pop(name)) for name in list(sorts) if name in names], premise))
    return [*stages, (list(sorts.items()), rest)]


def holds(formula: Node, env: Mapping[str, Any], ranges: Mapping[str, Any]) -> bool:
    """Is the formula true, its quantifiers running over `ranges[sort]`?"""
    op, kids = formula.op, formula.kids
    if op == "all" and isinstance(formula, Binder):
        return _everywhere(_opened(formula), {**env}, ranges)
    if op == "=>":
        return not holds(kids[0], env, ranges) or holds(kids[1], env, ranges)
    if op == "and":
        return holds(kids[0], env, ranges) and holds(kids[1], env, ranges)
    left, right = evaluate(kids[0], env), evaluate(kids[1], env)
    return bool({"=": left == right, "<=": left <= right, "<": left < right}[op])


def _everywhere(stages: Stages, env: dict[str, Any], ranges: Mapping[str, Any], at: int = 0) -> bool:
    """From part `at` on: is the last part true wherever the parts before it are? Writes the variables' values to `env`."""
    variables, part = stages[at]
    names, last = [name for name, _ in variables], at + 1 == len(stages)
    for values in itertools.product(*(ranges[sort] for _, sort in variables)):
        env.update(zip(names, values, strict=True))
        true = holds(part, env, ranges)
        if not (true if last else not true or _everywhere(stages, env, ranges, at + 1)):
            return False
    return True


def check_theorem(theorem, env: Mapping[str, Any], ranges: Mapping[str, Any]) -> None:
    """Every hypothesis is met by the model (so the statement is not vacuous), and the conclusion holds in it."""
    for h in theorem.hyps:
        assert holds(h, env, ranges), f"the model does not meet the hypothesis {show(h)}"
    assert holds(theorem.concl, env, ranges), f"FALSE in a model that meets all hypotheses: {show(theorem.concl)}"
