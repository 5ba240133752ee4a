"""Orders in the number of particles that are no powers of it in rationals: S15's exponent, and a rational just above a root of 1/N."""

from __future__ import annotations

from fractions import Fraction

import flint


def rounds(T: int) -> int:
    """S15's r = max(1, floor(T/2))."""
    return max(1, T // 2)


def root_above(N: int, power: int) -> Fraction:
    """The least multiple of a small power of 2 that is at least N^(-1/power), or that root where it is 1/m."""
    whole = int(flint.fmpz(N).root(power))
    if whole**power == N:
        return Fraction(1, whole)
    bits = 64 + N.bit_length()
    least = -(-(1 << bits * power) // N)  # of the multiples k / 2^bits those with k^power >= this
    return Fraction(int(flint.fmpz(least - 1).root(power)) + 1, 1 << bits)
