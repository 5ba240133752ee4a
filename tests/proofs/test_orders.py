"""The rational that stands for a root of 1/N in S15 is the least of its grid, and the root itself where that is rational."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from proofs.orders import root_above


@given(N=st.integers(1, 10**40), power=st.integers(1, 120))
@example(N=10**40 - 1, power=119)
@example(N=2, power=2)
def test_it_is_the_least_of_its_grid_that_is_no_smaller(N, power):
    found = root_above(N, power)
    assert found**power * N >= 1
    if found**power * N > 1:
        grid = Fraction(1, 1 << 64 + N.bit_length())
        assert (found / grid).denominator == 1
        assert (found - grid) ** power * N < 1


@given(m=st.integers(1, 10**6), power=st.integers(1, 60))
@example(m=10**6, power=60)  # N has 1,200 binary digits: beyond floats
def test_a_power_has_its_root(m, power):
    assert root_above(m**power, power) == Fraction(1, m)
