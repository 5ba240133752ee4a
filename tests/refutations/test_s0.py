"""Falsehoods planted beside S0, which speaks of functions on a finite set: constants lowered, a hypothesis dropped, a sign flipped."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import find
from hypothesis import strategies as st

from smc.numbers import Rational, Verdict, at_most, ball
from smc.testing import distributions, rationals
from tests.properties.test_s0 import functions, half_deviation, variance
from tests.refutations.test_refutations import is_shrunk, search
from tests.tightness import refutations


def ratio(h) -> Rational:
    return max(h) / min(h)


@st.composite
def unnormalised(draw):
    """(probabilities, values) whose mean need not be 1."""
    p = draw(distributions(zeros=False))
    return p, draw(st.lists(rationals(exclude_zero=True), min_size=len(p), max_size=len(p)))


def smaller_constant(p, h) -> bool:
    return variance(p, h) <= (ratio(h) - 1) ** 2 / (5 * ratio(h))


def smaller_deviation(p, h) -> bool:
    root = ball(ratio(h)).sqrt()
    return at_most(half_deviation(p, h), 9 * (root - 1) / (root + 1) / 10) is not Verdict.REFUTED


def no_root(p, h) -> bool:
    return half_deviation(p, h) <= (ratio(h) - 1) / (ratio(h) + 1) / 2


def flipped(p, h) -> bool:
    return variance(p, h) <= (max(h) - 1) * (1 / max(h))


def no_mean(p, h) -> bool:
    return variance(p, h) <= (ratio(h) - 1) ** 2 / (4 * ratio(h))


FALSE = {
    "S0/constant": (smaller_constant, functions, "5q in place of 4q"),
    "S0/deviation": (smaller_deviation, functions, "90 % of (sqrt q - 1)/(sqrt q + 1)"),
    "S0/no-root": (
        no_root,
        functions,
        "(q - 1)/(2(q + 1)) in place of (sqrt q - 1)/(sqrt q + 1): the two-point worst case on a fair coin",
    ),
    "S0/lower-end": (flipped, functions, "1/b in place of 1 - a in Bhatia-Davis"),
    "S0/mean": (no_mean, unnormalised, "the mean need not be 1"),
}


@pytest.mark.parametrize("name", FALSE)
def test_falsehood_is_refuted(name):
    claim, strategy, how = FALSE[name]
    tried = []

    def breaks(drawn) -> bool:
        tried.append(drawn)
        return not claim(*drawn)

    p, h = find(strategy(), breaks, settings=search(name, FALSE), random=Random(7))
    text = f"{name}: {how}\n  probabilities {', '.join(map(str, p))}; values {', '.join(map(str, h))}"
    print(text)
    refutations[name] = (len(p), len(tried), text)
    if is_shrunk(name, FALSE):
        assert len(p) <= 3
