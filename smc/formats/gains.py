"""Rewards on the log scale, of any sign, as weights: `base^r` exactly, or `exp(r/beta)` as a declared decimal.

A reward `r` that is earned on the way (or at the end) tilts the target by `exp(r/beta)` at the temperature `beta`.
That is irrational unless r = 0, so that one of two things is said: a rational `base = exp(1/beta)`, for which
`base^r` is exact for whole r (and for a fraction r = p/q where the q-th root of the base is rational); or `beta` and
a number of significant `digits`, and the weight is the decimal of that many digits nearest to `exp(r/beta)`,
certified by ball arithmetic: a declared rational, told in the model's notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import flint
import gmpy2

from smc.errors import InputError
from smc.formats.options import positive, whole
from smc.numbers import ONE, Rational, ball, precision

MOST_POWER = 10_000
"""Largest |reward| that `base` is raised to, and largest |reward/beta| of an exponential."""
DIGITS = 20
"""Significant digits of `exp(r/beta)` where none are asked for."""
MOST_DIGITS = 1000
KEYS = ("base", "beta", "digits")


@dataclass
class Gains:
    """How a reward becomes a weight. base: exactly `base^r`; else beta: `exp(r/beta)` to `digits` significant digits; neither: always 1."""

    base: Rational | None = None
    beta: Rational | None = None
    digits: int = DIGITS
    _declared: dict[Rational, Rational] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Whether rewards count at all."""
        return self.base is not None or self.beta is not None

    def weight(self, reward: Rational, where: str = "") -> Rational:
        """The weight of `reward`. Raises InputError, at `where`, for a power that is not rational or too large."""
        if not self or not reward:
            return ONE
        if self.base is not None:
            return _power(self.base, reward, where)
        assert self.beta is not None
        if reward not in self._declared:
            if abs(reward / self.beta) > MOST_POWER:
                raise InputError(f"reward {reward} is more than {MOST_POWER} times beta", where=where)
            self._declared[reward] = _exponential(reward / self.beta, self.digits)
        return self._declared[reward]

    def notes(self, what: str = "reward") -> list[str]:
        """What was done, for the report."""
        if self.base is not None:
            return [f"potential {self.base}^{what} on the way"]
        if self.beta is None:
            return []
        return [
            f"potential exp({what}/{self.beta}) on the way, declared as decimals of {self.digits} significant digits"
        ]


def gains(given: Mapping[str, str]) -> Gains:
    """What the parameters `base`, `beta` and `digits` say. Raises InputError for base beside beta."""
    if "base" in given and "beta" in given:
        raise InputError("base and beta are both given", where="beta", mend="keep one: base^reward or exp(reward/beta)")
    if "digits" in given and "beta" not in given:
        raise InputError("digits are those of exp(reward/beta)", where="digits", mend="give beta, or leave digits out")
    digits = whole(given.get("digits", str(DIGITS)), "digits")
    if digits > MOST_DIGITS:
        raise InputError(f"{digits} digits", where="digits", mend=f"give at most {MOST_DIGITS}")
    forgets = "would forget every path; leave it out, and rewards on the way count for nothing"
    base = positive(given["base"], "base", forgets) if "base" in given else None
    beta = positive(given["beta"], "beta", "is no temperature") if "beta" in given else None
    return Gains(None if base == 1 else base, beta, digits)


def _power(base: Rational, reward: Rational, where: str) -> Rational:
    """`base^reward`, exact. Raises InputError where it is not rational."""
    steps, root = int(reward.numerator), int(reward.denominator)
    over, exact_over = gmpy2.iroot(base.numerator, root) if root <= MOST_POWER else (base.numerator, False)
    under, exact_under = gmpy2.iroot(base.denominator, root) if root <= MOST_POWER else (base.denominator, False)
    if abs(steps) > MOST_POWER or not (exact_over and exact_under):
        raise InputError(
            f"reward {reward}: {base}^reward is not rational, or too large",
            where=where,
            mend=f"give beta (and digits) in place of base, for exp(reward/beta) to {DIGITS} digits",
        )
    return Rational(over, under) ** steps


def _exponential(power: Rational, digits: int) -> Rational:
    """The decimal of `digits` significant digits nearest to `exp(power)`, `power` not 0 (no tie can occur: the number is irrational)."""
    bits = 64 + 4 * digits + 2 * MOST_POWER.bit_length()
    while True:
        with precision(bits):
            value = ball(power, bits).exp()
            place = (value.log() / flint.arb(10).log()).floor().unique_fmpz()
            if place is not None:
                shift = digits - 1 - int(place)
                scaled = value * flint.arb(10) ** shift
                nearest = (scaled + flint.arb("0.5")).floor().unique_fmpz()
                if nearest is not None:
                    return Rational(int(nearest)) / Rational(10) ** shift
        bits *= 2
