"""Statements about numbers alone (complexity, asymptotics): true at many points, in certified enclosures, and not by a mile."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of


def ball(x) -> flint.arb:
    return x if isinstance(x, flint.arb) else flint.arb(flint.fmpq(int(x.numerator), int(x.denominator)))


FUNCTIONS = {
    "exp": lambda x: ball(x).exp(),
    "log": lambda x: ball(x).log(),
    "sqrt": lambda x: ball(x).sqrt(),
    "1/": lambda x: 1 / ball(x),
}
C = [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(5, 2)]
N = [0, 1, 2, 7, 40]
REALS = {
    "c": C,
    "y": [Fraction(k, 6) for k in range(13)],
    "eps": [Fraction(0), Fraction(1, 10), Fraction(1, 2), Fraction(1)],
    "L": C[1:],
    "delta": [Fraction(1, 10), Fraction(2)],
}
NATURALS = {"n": N, "k": [0, 1, 2, 5]}
SCALARS = [
    "P3.compound", "P3.polynomial", "S1.leading", "S1.limit", "S2.leading", "S3.exponential", "S3.logarithmic", "S3.polynomial",
    "S3.threshold",
]  # fmt: skip


def points(names: set[str]):
    """Every combination of values for the free symbols."""
    found = [{}]
    for name in sorted(names):
        found = [{**point, name: v} for point in found for v in (REALS | NATURALS)[name]]
    return found


def sides(formula, env) -> tuple[flint.arb, flint.arb]:
    return tuple(ball(evaluate(side, env, ball)) for side in formula.kids)  # type: ignore[return-value]


def certainly(op: str, left: flint.arb, right: flint.arb) -> bool:
    """`left op right`, an overlap of thin enclosures counting as equality."""
    if left.overlaps(right):
        return op != "<" and float(left.rad() + right.rad()) <= 1e-12 * (1 + abs(float(left.mid())))
    return bool(left < right) and op != "="


@pytest.mark.parametrize("name", SCALARS)
def test_holds_and_is_nearly_attained_somewhere(replayer, name):
    theorem = replayer.theorem(name)
    names = {symbol.name for symbol in theorem.free()} - set(FUNCTIONS)
    hyps, conclusions = claim_of(theorem)
    met, ratios = 0, []
    for point in points(names):
        env = FUNCTIONS | {name: v if name in NATURALS else ball(v) for name, v in point.items()}
        if not all(certainly(h.op, *sides(h, env)) for h in hyps):
            continue
        met += 1
        for conclusion in conclusions:
            left, right = sides(conclusion, env)
            assert certainly(conclusion.op, left, right), f"{name} is false at {point}: {left} against {right}"
            if float(right) > 0:
                ratios.append(float(left / right))
    assert met >= 10, "too few points meet the hypotheses"
    assert max(ratios) > 0.4, f"{name}: the two sides never come near each other, at most {max(ratios)}"


@pytest.mark.parametrize("name", SCALARS)
def test_the_reading_can_fail(replayer, name):
    """A right side made smaller than the tightest point allows is found to be false at one of the points."""
    theorem = replayer.theorem(name)
    names = {symbol.name for symbol in theorem.free()} - set(FUNCTIONS)
    hyps, conclusions = claim_of(theorem)
    falsified = False
    for point in points(names):
        env = FUNCTIONS | {name: v if name in NATURALS else ball(v) for name, v in point.items()}
        if all(certainly(h.op, *sides(h, env)) for h in hyps):
            left, right = sides(conclusions[0], env)
            falsified = falsified or not certainly("<=", left, right * 2 / 5)
    assert falsified
