"""S0: for h of mean 1 and range ratio q, `Var h <= (q-1)^2/(4q)` and `E|h-1|/2 <= (sqrt q - 1)/(sqrt q + 1)`, both attained."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import ONE, Rational, Verdict, at_most, ball
from smc.testing import distributions, rationals


@st.composite
def functions(draw):
    """(probabilities, values of h > 0) with E h = 1."""
    p = draw(distributions(zeros=False))
    h = draw(st.lists(rationals(exclude_zero=True, extremes=True), min_size=len(p), max_size=len(p)))
    mean = sum(w * x for w, x in zip(p, h, strict=True))
    return p, [x / mean for x in h]


def variance(p, h) -> Rational:
    return sum(w * (x - 1) ** 2 for w, x in zip(p, h, strict=True))


def half_deviation(p, h) -> Rational:
    return sum(w * abs(x - 1) for w, x in zip(p, h, strict=True)) / 2


@given(functions())
def test_bhatia_davis(function):
    p, h = function
    a, b = min(h), max(h)
    assert variance(p, h) <= (b - 1) * (1 - a)
    assert half_deviation(p, h) * (b - a) <= (b - 1) * (1 - a)


@given(functions())
def test_range_ratio_forms(function):
    p, h = function
    q = max(h) / min(h)
    assert variance(p, h) <= (q - 1) ** 2 / (4 * q)
    root = ball(q).sqrt()
    assert at_most(half_deviation(p, h), (root - 1) / (root + 1)) is Verdict.HOLDS or q == 1


@given(rationals(min_value=1, max_value=8))
def test_variance_attained_by_two_points(q):
    low = (q + 1) / (2 * q)
    p = [q / (q + 1), 1 / (q + 1)]
    h = [low, q * low]
    assert sum(w * x for w, x in zip(p, h, strict=True)) == 1
    assert variance(p, h) == (q - 1) ** 2 / (4 * q)


@given(rationals(min_value=1, max_value=8))
def test_half_deviation_attained_by_two_points(s):
    p, h = [s / (s + 1), 1 / (s + 1)], [ONE / s, s]
    assert sum(w * x for w, x in zip(p, h, strict=True)) == 1
    assert half_deviation(p, h) == (s - 1) / (s + 1)
