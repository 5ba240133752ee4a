"""Orders in the number of particles that are no powers of it in rationals: S15's exponent, and a rational just above a root of 1/N."""

from __future__ import annotations

from fractions import Fraction


def rounds(T: int) -> int:
    """S15's r = max(1, floor(T/2))."""
    return max(1, T // 2)


def root_above(N: int, power: int) -> Fraction:
    """The least multiple of a small power of 2 that is at least N^(-1/power), or that root where it is 1/m."""
    m = round(N ** (1 / power)) if N < 1 << 900 else 0
    if m and m**power == N:
        return Fraction(1, m)
    low, high = 0, 1 << (bits := 64 + N.bit_length())  # low^power N < 2^(bits power) <= high^power N
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**power * N >= 1 << bits * power else (middle, high)
    return Fraction(high, 1 << bits)
