"""Numbers for reading: four significant digits of a number of any size, never through a float that could overflow or vanish.

A rational is divided correctly rounded in decimal arithmetic whose exponents have eighteen digits; a ball is shown by the digits on which
its two ends agree, and as `low .. high` where they do not. The exact value is in the JSON of every report.
"""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction

import flint
import gmpy2

from smc.numbers import INFINITE, Ball, Extended, Rational, ball, dyadic, precision, whole

DIGITS = 4
_READING = Context(prec=DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
_WIDE = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
LARGE = 1_000_000
"""Whole values from here on are shown in powers of ten; a count, which is an int, from 10**9 on."""
MOST_BITS = 1 << 22
"""Binary exponent beyond which a ball is not written out as a rational (a million digits) but shown by its logarithm."""
NOT_KNOWN = "not enclosed"
"""For a ball that is not finite on either side."""


def short(value: Extended | Ball | Fraction | int | None) -> str:
    """Four significant digits for reading: "0.3333", "12", "1.5e-05", "1e-360"; "∞" for infinite, "—" for none. Raises nothing."""
    if value is None:
        return "—"
    if isinstance(value, flint.arb):
        return _ball(value)
    if isinstance(value, float):
        if value != value:
            return NOT_KNOWN
        if value in (INFINITE, -INFINITE):
            return "∞" if value > 0 else "-∞"
        return short(Rational(value))
    if isinstance(value, int) and abs(value) < 10**9:
        return f"{value:,}"
    return _rational(int(value.numerator), int(value.denominator))


def logarithm(value: Rational) -> str:
    """The natural logarithm of a non-negative rational, four digits; "-∞" for 0."""
    if not value:
        return "-∞"
    bits = 64 + 2 * max(value.numerator.bit_length(), value.denominator.bit_length()).bit_length()
    with precision(max(bits, 128)):
        return short(ball(value, max(bits, 128)).log())


def _rational(top: int, bottom: int) -> str:
    """Correctly rounded, in time that a few multiplications of the two numbers take: `Decimal` of a long int is quadratic in its length."""
    over, under = gmpy2.mpz(top), gmpy2.mpz(bottom)
    if abs(over) < LARGE * under and not over % under:
        return str(over // under)
    shift = 2 * DIGITS - int((over.bit_length() - under.bit_length()) * math.log10(2))
    scaled, rest = gmpy2.f_divmod(abs(over) * gmpy2.mpz(10) ** max(shift, 0), under * gmpy2.mpz(10) ** max(-shift, 0))
    kept = int(scaled) * 10 + (rest != 0)  # a last digit that says whether anything was cut off settles ties
    quotient = _READING.plus(Decimal(kept).scaleb(-shift - 1, _WIDE))
    return _written("-" * (over < 0), "".join(map(str, quotient.as_tuple().digits)), quotient.adjusted())


def _written(sign: str, digits: str, exponent: int) -> str:
    """`0.d1d2d3... * 10^(exponent + 1)` as a person writes it: in full near 1, else with a power of ten of at least two figures."""
    digits = digits.rstrip("0") or "0"
    if -5 < exponent < DIGITS:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole, rest = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
        return f"{sign}{whole}.{rest}" if rest else sign + whole
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _ball(value: Ball) -> str:
    if not value.is_finite():
        return "∞" if value == flint.arb("inf") else NOT_KNOWN
    low, high = (_end(end) for end in (value.lower(), value.upper()))
    return low if low == high else f"{low} .. {high}"


def _end(end: Ball) -> str:
    """One end of a ball, which is a dyadic number; of any size."""
    mantissa, exponent = end.mid().man_exp()
    size = int(exponent) + int(mantissa).bit_length()
    if abs(size) <= MOST_BITS:
        exact = dyadic(end)
        return _rational(int(exact.numerator), int(exact.denominator))
    with precision(128 + size.bit_length()):
        scale = abs(end.mid()).log() / flint.arb(10).log()
        power = whole(scale.mid().floor())
        digits = dyadic((flint.arb(10) ** (scale - power)).mid())
    shown = _READING.divide(Decimal(int(digits.numerator)), Decimal(int(digits.denominator)))
    return _written("-" if mantissa < 0 else "", "".join(map(str, shown.as_tuple().digits)), power + shown.adjusted())
