"""The least count at which a closed form is small enough: what doubling and bisection find, from few values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import INFINITE, ONE, Rational, Verdict, at_most, ball, least_at_most, least_enough, precision
from smc.testing.scalars import rationals

MOST = 1 << 200
SHAPES = {
    "linear": lambda a, steps, n: a * steps / n,
    "a square": lambda a, steps, n: a / Rational(n * n),
    "product": lambda a, steps, n: (1 + a / n) ** steps - 1,
    "flat at first": lambda a, steps, n: 1 - 1 / (1 + a / n) ** steps,
    "a root": lambda a, steps, n: (ball(a, 200) * steps / n).sqrt(),
    "none at few": lambda a, steps, n: INFINITE if n < steps else a / (n - steps + 1),
    "in leaps": lambda a, steps, n: a / Rational(1 << (n.bit_length() // 5)),
    "never": lambda a, steps, n: 1 + a / n,
}


@pytest.mark.parametrize("shape", SHAPES)
@given(a=rationals(), steps=st.integers(1, 12), scale=st.integers(0, 90), goal=st.integers(1, 10**6))
def test_the_least_count_is_that_of_bisection(shape, a, steps, scale, goal):
    """On values that fall as 1/n, faster, slower, not at all, in leaps or from infinity, up to counts of 30 digits."""
    a, goal = (a + ONE) * 10**scale, Rational(1, goal) if shape != "never" else ONE

    def value(n):
        return SHAPES[shape](a, steps, n)

    with precision(400):
        found = least_at_most(value, goal, MOST)
        assert found == least_enough(lambda n: at_most(value(n), goal) is Verdict.HOLDS, MOST)
        assert found is None or shape != "never"


def test_few_values_are_asked_for():
    """A product of 100 factors that takes a count of 150 digits; bisection asks for a thousand values."""
    asked = []

    def value(n):
        asked.append(n)
        return (1 + Rational(10**148) / n) ** 100 - 1

    found = least_at_most(value, Rational(1, 10), 1 << 2000)
    assert found is not None and value(found) <= Rational(1, 10) < value(found - 1) and len(asked) < 50
