"""Numbers of any size are shown with four right digits, whatever their type; nothing overflows, vanishes or raises."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import INFINITE, Rational, ball, nearest_float, precision
from smc.present.digits import logarithm, short

SIZES = st.integers(-3000, 3000)
WHOLE = st.integers(-(10**30), 10**30)


def value(text: str) -> Rational:
    """The number that was printed, exactly."""
    return Rational(Fraction(text.replace(",", "")))


@st.composite
def rationals(draw):
    number = Rational(draw(WHOLE), draw(st.integers(1, 10**30)))
    power = draw(SIZES)
    return number * Rational(10) ** power


@given(rationals())
def test_four_digits_of_any_rational(number):
    shown = value(short(number))
    assert (shown == 0) == (number == 0)
    assert abs(shown - number) * 2000 <= abs(number), "further away than half a unit of the fourth digit"
    assert len(short(number)) <= 18


@given(rationals())
def test_a_narrow_ball_shows_like_its_rational(number):
    with precision(200):
        ends = short(ball(number, 200)).split(" .. ")
    assert all(abs(value(end) - number) * 2000 <= abs(number) * Rational(1001, 1000) for end in ends)


@given(rationals(), st.integers(1, 50))
def test_the_ends_of_a_wide_ball(number, tenths):
    with precision(128):
        wide = ball(number) + flint.arb(0, 1) * ball(abs(number) * tenths / 10)
        shown = short(wide)
    low, high = (value(end) for end in (shown.split(" .. ") if " .. " in shown else (shown, shown)))
    slack = abs(number) * Rational(1 + tenths, 1000)
    assert low <= high
    assert abs(low - (number - abs(number) * tenths / 10)) <= slack
    assert abs(high - (number + abs(number) * tenths / 10)) <= slack


@given(st.integers(min_value=0, max_value=10**40))
def test_counts(count):
    assert abs(value(short(count)) - count) * 2000 <= count
    if count < 10**9:
        assert value(short(count)) == count


@given(st.floats())
def test_floats_of_a_simulation(number):
    shown = short(number)
    if math.isnan(number):
        assert shown == "not enclosed"
    elif math.isinf(number):
        assert shown.endswith("∞")
    else:
        assert abs(value(shown) - Rational(number)) * 2000 <= abs(Rational(number))


@given(rationals())
def test_logarithm(number):
    if number > 0:
        shown = logarithm(number)
        exact = math.log(int(number.numerator)) - math.log(int(number.denominator))
        low, high = (float(end) for end in (shown.split(" .. ") if " .. " in shown else (shown, shown)))
        assert math.isclose(low, exact, rel_tol=1e-3, abs_tol=1e-9) and math.isclose(
            high, exact, rel_tol=1e-3, abs_tol=1e-9
        )


@given(rationals())
def test_nearest_float_never_raises(number):
    near = nearest_float(number)
    assert near == nearest_float(number) and (abs(near) <= 1e308 or abs(number) > 10**307)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Rational(1, 3), "0.3333"), (Rational(10) ** 400 / 3, "3.333e+399"), (Rational(1, 10**360), "1e-360"),
        (Rational(0), "0"), (Rational(123456), "123456"), (Rational(99999, 10), "1e+04"), (10**12, "1e+12"), (None, "—"),
        (INFINITE, "∞"), (999_999_999, "999,999,999"), (Rational(-1, 7), "-0.1429"), (10**5000, "1e+5000"),
        (flint.arb("inf"), "∞"), (flint.arb("nan"), "not enclosed"), (flint.arb(1) / 3, "0.3333"), 
        (flint.arb(0.5, 0.125), "0.375 .. 0.625"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_examples(number, text):
    assert short(number) == text


def test_a_ball_too_large_to_write_out():
    tower = flint.arb(10) ** (10**12 + 1) * 2
    assert re.fullmatch(r"2e\+1000000000001", short(tower))
    assert short(1 / tower) == "5e-1000000000002"
