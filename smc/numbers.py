"""The exact scalar, its enclosures, and three-valued verdicts.

`Rational` is `gmpy2.mpq`. It mixes with `int` and `fractions.Fraction` (`mpq(1, 3) == Fraction(1, 3)`, equal hashes), and a
Bellman recursion over it runs in 0.26 of the time that `Fraction` takes and 0.72 of the time of `flint.fmpq`.
Where a square root or an exponential cannot be avoided, an enclosure (`flint.arb`) takes its place, and a comparison that the
enclosure cannot settle is `Verdict.UNDECIDED`, which never passes.
"""

from __future__ import annotations

import decimal
import enum
import math
import numbers
import re
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import flint
import gmpy2

if TYPE_CHECKING:
    from smc.rational import Rational
else:
    Rational = gmpy2.mpq
Extended: TypeAlias = Rational | float
"""A rational or `INFINITE`."""
Ball: TypeAlias = flint.arb

ZERO = Rational(0)
ONE = Rational(1)
INFINITE = math.inf
"""The one value on the exact path that is not rational: a bound or ratio that does not exist. Compared, never added."""

CHANCE = Rational(1, 10**4)
"""A decimal is read as a fraction with denominator q only where `q^2` times its rounding is below this: the probability that a number which
has nothing to do with fractions lies so close to one of denominator up to q."""
DOUBLE = Rational(1, 2**52)
"""Spacing of the doubles, relative: what the last digits of a decimal of 16 or 17 digits may be off by."""

_NUMBER = re.compile(r"[+-]?(\d+(/\d+)?|\d+\.\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


class Verdict(enum.Enum):
    """Outcome of a comparison `observed <= bound`."""

    HOLDS = "holds"
    REFUTED = "refuted"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError("a Verdict is not a truth value: compare it with Verdict.HOLDS, REFUTED or UNDECIDED")


def rational(value: object) -> Rational:
    """`value` as an exact rational.

    Accepts int, Fraction, Decimal, mpq, fmpq, and strings such as "3", "-1/3", "0.25", "1e-3". Raises TypeError for floats, which are not
    what was written down (use `rationalise` when that is meant), and ValueError for text that is not a finite number.
    """
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is a truth value, not a number")
    if isinstance(value, type(ZERO)):
        return value
    if isinstance(
        value, numbers.Rational
    ):  # int() because Fraction(mpq) holds gmpy2's integers, which mpq() does not take
        return Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a finite number")
        return Rational(*value.as_integer_ratio())
    if isinstance(value, flint.fmpq):
        return Rational(int(value.p), int(value.q))
    if isinstance(value, flint.fmpz):
        return Rational(int(value))
    if isinstance(value, str):
        text = value.strip()
        match = _NUMBER.fullmatch(text)
        if match is None or ("/" in text and match.group(3)):
            raise ValueError(f'{value!r} is not a rational number; write it as "1/3", "2" or "0.25"')
        try:
            if text.lstrip("+-").replace("/", "").isdigit():
                return Rational(text.lstrip("+"))  # of any length, where int() stops at 4300 digits
            return Rational(Fraction(text))
        except ZeroDivisionError:
            raise ValueError(f"{value!r} has a zero denominator") from None
    if isinstance(value, numbers.Real):  # numpy's floats of any width too
        raise TypeError(
            f'{value} is a float, which is not exact; write it as a string such as "1/3", or call smc.numbers.rationalise'
        )
    raise TypeError(f"{value!r} ({type(value).__name__}) is not a rational number")


def rationals(values: Iterable[object]) -> tuple[Rational, ...]:
    """Every entry of `values` as an exact rational (see `rational`)."""
    return tuple(rational(v) for v in values)


def rationalise(value: float | str) -> Rational:
    """A decimal (a float as it prints) as the simple fraction that its digits round, 0.3333333333333333 as 1/3; else exactly as written.

    The fraction lies within one unit of the last digit (or of a double's, for the 16 and 17 digits that doubles print) and is simpler than
    chance would have it (`CHANCE`), so that no number is moved to an unrelated one. A decision of the caller's, to be reported.
    Raises ValueError for NaN, infinities and text that is no number.
    """
    text = value if isinstance(value, str) else repr(float(value))
    written = rational(text)
    mantissa, _, exponent = text.lower().partition("e")
    unit = Rational(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    if 16 <= len(mantissa.lstrip("+-0.").replace(".", "")) <= 17:
        unit = max(unit, DOUBLE * abs(written))
    most = min(10**6, math.isqrt(int(CHANCE / unit)))
    if not written or not most:
        return written
    near = Rational(Fraction(int(written.numerator), int(written.denominator)).limit_denominator(most))
    return near if near and abs(near - written) <= unit else written


def balanced_sum(terms: Iterable[Rational]) -> Rational:
    """Sum by halves, so that large denominators meet only near the end."""
    terms = list(terms)
    while len(terms) > 1:
        terms = [sum(terms[i : i + 2], ZERO) for i in range(0, len(terms), 2)]
    return terms[0] if terms else ZERO


def ball(value: Extended, bits: int = 128) -> Ball:
    """An enclosure of `value` whose radius is at most `2**-bits` relative."""
    if isinstance(value, float):
        if value != INFINITE:
            raise TypeError(f"{value!r} is a float; a ball is made from a rational or INFINITE")
        return flint.arb("inf")
    with precision(bits):
        return rounded(value)


def rounded(value: Rational) -> Ball:
    """`value` as a ball at the working precision. As a quotient: a fraction of `flint` would look for common factors once more."""
    return flint.arb(int(value.numerator)) / int(value.denominator)


def whole(value: Ball) -> int:
    """The one whole number in `value`, a ball that is a point or nearly one. Raises ValueError when there is none, or more than one."""
    found = value.unique_fmpz()
    if found is None:
        raise ValueError(f"{value} holds no single whole number")
    return int(found)


class precision:
    """Context manager: working precision of balls, in bits; restores the previous one on exit."""

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        self._previous = flint.ctx.prec
        flint.ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = self._previous


def at_most(observed: Extended | Ball, bound: Extended | Ball) -> Verdict:
    """Verdict of `observed <= bound`, exact for rationals, certified for balls (UNDECIDED where they overlap).

    Raises TypeError for a finite float: no verdict rests on one.
    """
    if type(observed) is type(bound) is Rational:  # nearly always
        return Verdict.HOLDS if observed <= bound else Verdict.REFUTED
    for value in (observed, bound):
        if isinstance(value, float) and value != INFINITE:
            raise TypeError(f"{value!r} is a float; a verdict needs a rational, a ball or INFINITE")
    if not isinstance(observed, flint.arb) and not isinstance(bound, flint.arb):
        return Verdict.HOLDS if observed <= bound else Verdict.REFUTED
    left = observed if isinstance(observed, flint.arb) else ball(observed, flint.ctx.prec)
    right = bound if isinstance(bound, flint.arb) else ball(bound, flint.ctx.prec)
    if left <= right:  # true for balls only when every pair of points satisfies it
        return Verdict.HOLDS
    if left > right:
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def dyadic(point: Ball) -> Rational:
    """The midpoint of a finite ball, which is a rational with a power of two below."""
    mantissa, exponent = point.mid().man_exp()
    return Rational(int(mantissa)) * Rational(2) ** int(exponent)


def order(count: float) -> str:
    """A whole number for reading, or where it has too many digits for that, its order."""
    if count == math.inf:
        return "countless"
    count = int(count)
    return f"{count:,}" if count < 10**15 else f"over 10^{(count.bit_length() - 1) * 30103 // 100_000}"


def least_enough(enough: Callable[[int], bool], most: int) -> int | None:
    """The least n >= 1 with `enough(n)`, where `enough` once true stays true; None when no power of two up to `most` is enough."""
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
        if high > most:
            return None
    while high - low > 1:  # counts pass 2^63, where `bisect` ends
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def least_at_most(value: Callable[[int], Extended | Ball], goal: Extended | Ball, most: int) -> int | None:
    """The least n >= 1 at which `value` is at most `goal` for certain, for a closed form that falls in n; None as of `least_enough`.

    Counts have hundreds of digits where a bound multiplies hundreds of steps: doubling and bisection ask for each of their bits twice.
    Here the power of two is bisected, and below it the next count is where the secant through the last two values, in 1/n, meets the
    goal; where two such counts have not halved the bracket, it is bisected. Asked at counts up to the square of what is found.
    """
    found: list[tuple[int, Extended | Ball]] = []

    def enough(n: int) -> bool:
        found.append((n, value(n)))
        return at_most(found[-1][1], goal) is Verdict.HOLDS

    if enough(1):
        return 1
    last = most.bit_length() - 1
    missed, reached = 0, min(1, last)
    while not enough(1 << reached):
        if reached == last:
            return None
        missed, reached = reached, min(2 * reached, last)
    while reached - missed > 1:
        middle = (missed + reached) // 2
        missed, reached = (missed, middle) if enough(1 << middle) else (middle, reached)
    low, high = 1 << missed, 1 << reached
    widths = [high - low] * 2
    while high - low > 1:
        near = None if 2 * (high - low) > widths[-2] else _secant(found[-2:], goal)
        near = (low + high) // 2 if near is None else min(max(near, low + 1), high - 1)
        low, high = (low, near) if enough(near) else (near, high)
        widths.append(high - low)
    return high


def _secant(points: list[tuple[int, Extended | Ball]], goal: Extended | Ball) -> int | None:
    """Where the line through two values, drawn over 1/n, is at `goal`; None where it is at no n >= 1."""
    (n, left), (m, right) = points
    with precision(64 + 2 * max(n, m).bit_length()):
        value, other, wanted = (x if isinstance(x, flint.arb) else ball(x, flint.ctx.prec) for x in (left, right, goal))
        at, beside = 1 / flint.arb(n), 1 / flint.arb(m)
        met = at + (wanted - value).mid() / (other - value).mid() * (beside - at)
        near = (1 / met.mid()).mid()
        return int(dyadic(near)) if near.is_finite() and near >= 1 else None


def nearest_float(value: Extended | Ball) -> float:
    """A float near `value`, for drawing and sorting only: infinite where it is too large for one, 0 where it is too small."""
    if isinstance(value, flint.arb):
        return float(value.mid())
    return float(gmpy2.mpfr(value))


_DECIMAL = decimal.Context(prec=17, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
_DIGITS = 40
"""Decimal digits that a number out of the range of floats is read to before it is rounded to 17."""


def decimal_of(value: Rational) -> float | str:
    """`value` as a number for reading: the nearest float; as text of 17 digits ("1.2e-360") where no float is of that size."""
    near = nearest_float(value)
    if math.isfinite(near) and (abs(near) >= sys.float_info.min or not value):
        return near
    digits = gmpy2.mpfr(value, 4 * _DIGITS)  # `Decimal` of a long whole number takes the square of its length
    return str(_DECIMAL.create_decimal(f"{digits:.{_DIGITS}e}").normalize(_DECIMAL))


def is_infinite(value: Extended | Ball) -> bool:
    """Whether a bound or constant does not exist; a ball always does."""
    return isinstance(value, float) and value == INFINITE


def finite(value: Extended) -> Rational:
    """The rational that `value` is. Raises ValueError for INFINITE: the caller has looked."""
    if isinstance(value, float):
        raise ValueError(f"{value} where a rational is needed")
    return value


def text(value: Extended) -> str | None:
    """A rational as the JSON reports write it ("1/3"); None for an infinite value."""
    return None if value == INFINITE else str(value)
