"""Certified enclosures of the output law and of TV at any number of particles (S10, S11 (a)), polynomial in the number of states.

With `U = Zhat/Z`, nu the weighted law of the last cloud, and `m_j(y) = E[U^j nu(y)]` (so `m_1 = pi`, the target), for every terminal
state y

    out(y) >= l(y),   level two: l = m_1^2/m_2;   level four: l = m_1^2/m_2 + (m_1 m_3 - m_2^2)^2 / (m_2 (m_2 m_4 - m_3^2)),

the second term left out where its determinant is 0 (S11 writes the sum as `(m_1^2 m_4 - 2 m_1 m_2 m_3 + m_2^3)/(m_2 m_4 - m_3^2)`).
From l follow

    sum (l - pi)_+ <= TV <= min( sum (pi - l)_+, sqrt(v)/2 ),   v = sum m_2 - 1,
    l(y) <= out(y) <= 1 - sum of l over the others,   P(dead) <= 1 - sum l.

The second form of S10, `w/(1+w)` with `w = sum (m_2 - pi)_+`, is never below `sum (pi - l)_+`. Level two has width at most v/(1+v), level
four at most `E(1-U)^4`. Interchangeable states are joined first (`lump_symmetric`), which changes none of these numbers.

| arithmetic | moments | for |
|---|---|---|
| rationals | exact | answers whose digits can be written down |
| balls | `flint.arb`, precision doubled until they add next to nothing to the width | long fractions; level four |
| floats | float64 with a bound on all rounding errors (`float_moments`, `float_fours`) | thousands of states; level four, up to ninety |

The ends are rationals in each case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

import flint

from smc.errors import InputError, whole_number
from smc.exact.float_fours import float_particle_moments
from smc.exact.float_moments import float_moments
from smc.exact.lumping import lump_symmetric
from smc.exact.moments import means, pair_moment_balls, pair_moments
from smc.exact.particle_moments import particle_moment_balls, particle_moments
from smc.numbers import ONE, ZERO, Ball, Rational, dyadic, precision, rounded
from smc.samplers.process import ParticleProcess

START_BITS, MOST_BITS = 128, 1 << 14
"""Working precision of balls: doubled until the enclosure is sharp."""
MOST_MOVES = 300_000
"""Moves beyond which looking for interchangeable states takes longer than the enclosure itself."""
SHARP = 16
"""Balls are sharp when they widen the enclosure by less than `2**-SHARP` of itself."""

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Enclosure:
    """What is certain about the output of N particles, on classes of interchangeable terminal states.

    level: 2 or 4. arithmetic: see the docstring of the module. bits: the working precision of balls, else None.
    target, lower: both ends of pi, and the output law from below, by class.
    second_moment: `E[Zhat^2]/Z^2`, from below and from above.
    classes: class of each terminal state, None where no particle of positive weight arrives.
    """

    particles: int
    level: int
    arithmetic: str
    bits: int | None
    target: tuple[tuple[Rational, Rational], ...]
    lower: tuple[Rational, ...]
    second_moment: tuple[Rational, Rational]
    classes: tuple[int | None, ...]

    @cached_property
    def dead_upper(self) -> Rational:
        """At least the probability that a run dies: `1 - sum l`. It is the width of the enclosure too: the ends of TV differ by no more."""
        return max(ZERO, 1 - sum(self.lower, ZERO))

    @cached_property
    def tv_lower(self) -> Rational:
        """`sum (l - pi)_+`."""
        return sum((max(ZERO, low - above) for low, (_, above) in zip(self.lower, self.target, strict=True)), ZERO)

    @cached_property
    def tv_upper(self) -> Rational:
        """The lesser of `sum (pi - l)_+` and `sqrt(v)/2` (the root rounded up)."""
        gap = sum((max(ZERO, above - low) for low, (_, above) in zip(self.lower, self.target, strict=True)), ZERO)
        return min(gap, root_above(max(ZERO, self.second_moment[1] - 1)) / 2)

    @cached_property
    def _shares(self) -> Counter[int | None]:
        """States by class."""
        return Counter(self.classes)

    def probability(self, state: int) -> tuple[Rational, Rational]:
        """Ends of the probability that the output is terminal state `state` (alive)."""
        k = self.classes[state]
        if k is None:
            return ZERO, ZERO
        share = self._shares[k]
        return self.lower[k] / share, (self.lower[k] + self.dead_upper) / share


def root_above(value: Rational, bits: int = 128) -> Rational:
    """A rational at or just above the square root of a rational >= 0: at most `2**-bits` of it too large."""
    if not value:
        return ZERO
    numerator, denominator = int(value.numerator), int(value.denominator)
    shift = max(0, bits + 1 + (denominator.bit_length() - numerator.bit_length()) // 2 + 1)
    scaled = -(-(numerator << (2 * shift)) // denominator)
    root = isqrt(scaled)
    return Rational(root + (root * root < scaled), 1 << shift)


def lower_bound(m: Sequence[Any]) -> Any:
    """`l` from `(m_1, m_2)` or `(m_1, .., m_4)`, in rationals (0 where m_2 is 0)."""
    if not m[1]:
        return ZERO
    low = m[0] * m[0] / m[1]
    if len(m) == 4:
        determinant = m[1] * m[3] - m[2] * m[2]
        if determinant:
            low += (m[0] * m[2] - m[1] * m[1]) ** 2 / (m[1] * determinant)
    return low


def enclosure(
    process: ParticleProcess,
    particles: int,
    *,
    level: int = 2,
    arithmetic: str = "rationals",
    tick: Progress = lambda share: None,
) -> Enclosure:
    """The enclosure of a resampled `process` with `particles` particles. tick: gets the share done of each moment.

    Raises InputError for a particle count below 1, another level or arithmetic, a process that is not resampled.
    """
    whole_number("particles", particles)
    if (level, arithmetic) not in WAYS:
        raise InputError(
            f"level {level!r} in {arithmetic}",
            where="level",
            mend="choose " + " or ".join(f"level {a} in {b}" for a, b in WAYS),
        )
    if not process.plain:
        raise InputError(
            f"{process.algorithm} does not resample multinomially after every step",
            where="algorithm",
            mend="choose its exact law",
        )
    quotient, classes = joined(process)
    target, lower, second, bits = WAYS[level, arithmetic](quotient, particles, level, tick)
    return Enclosure(particles, level, arithmetic, bits, target, lower, second, classes)


def joined(process: ParticleProcess) -> tuple[ParticleProcess, tuple[int | None, ...]]:
    """The process with interchangeable states joined, and the class of each terminal state; unchanged beyond `MOST_MOVES` moves."""
    if sum(len(row) for step in process.steps for row in step) > MOST_MOVES:
        return process, tuple(range(process.sizes[-1]))
    quotient, lumping = lump_symmetric(process)
    return quotient, tuple(lumping.classes[-1])


_Ends = tuple[Rational, Rational]
_Parts = tuple[tuple[_Ends, ...], tuple[Rational, ...], _Ends, int | None]


def _exact(process: ParticleProcess, particles: int, level: int, tick: Progress) -> _Parts:
    first = means(process)
    z = sum(first, ZERO)
    rows = [first, pair_moments(process, particles, tick)]
    rows += [particle_moments(process, particles, j, tick) for j in range(3, level + 1)]
    by_class = [[m / z**j for j, m in enumerate(ms, 1)] for ms in zip(*rows, strict=True)]
    second = sum((ms[1] for ms in by_class), ZERO)
    target = tuple((ms[0], ms[0]) for ms in by_class)
    return target, tuple(map(lower_bound, by_class)), (second, second), None


def _by_balls(process: ParticleProcess, particles: int, level: int, tick: Progress) -> _Parts:
    bits = START_BITS + 4 * particles.bit_length()
    first = means(process)
    z = sum(first, ZERO)
    while True:
        with precision(bits):
            rows = [pair_moment_balls(process, particles)]
            rows += [particle_moment_balls(process, particles, j, tick) for j in range(3, level + 1)]
            total = rounded(z)
            by_class = [
                [rounded(mean) / total, *(m / total**j for j, m in enumerate(ms, 2))]
                for mean, *ms in zip(first, *rows, strict=True)
            ]
            lows = [_lower_ball(m) for m in by_class]
            second = sum((m[1] for m in by_class), flint.arb(0))
            sides = [ends(low) for low in lows]
            target = tuple(ends(m[0]) for m in by_class)
            blur = sum((high - low for low, high in (*sides, *target)), ZERO)
            width = 1 - sum((low for low, _ in sides), ZERO)
            if blur * 2**SHARP <= width or blur * 2 ** (bits // 2) <= 1 or bits >= MOST_BITS:
                lower = tuple(max(ZERO, low) for low, _ in sides)
                return target, lower, ends(second), bits
        bits *= 2


def _by_floats(process: ParticleProcess, particles: int, level: int, tick: Progress) -> _Parts:
    del level
    pi, k, second = float_moments(process, particles, tick)
    lower = (low**2 / moment if moment else ZERO for (low, _), moment in zip(pi, k, strict=True))
    return tuple(pi), tuple(lower), second, None


def _by_float_fours(process: ParticleProcess, particles: int, level: int, tick: Progress) -> _Parts:
    del level
    with precision(START_BITS):
        by_class = float_particle_moments(process, particles, tick)
        sides = [ends(_lower_ball(m)) for m in by_class]
        target = tuple((max(ZERO, low), high) for low, high in (ends(m[0]) for m in by_class))
        low, high = ends(sum((m[1] for m in by_class), flint.arb(0)))
    return target, tuple(max(ZERO, low) for low, _ in sides), (max(ONE, low), high), None


WAYS: dict[tuple[int, str], Callable[[ParticleProcess, int, int, Progress], _Parts]] = {
    (2, "rationals"): _exact,
    (2, "balls"): _by_balls,
    (2, "floats"): _by_floats,
    (4, "rationals"): _exact,
    (4, "balls"): _by_balls,
    (4, "floats"): _by_float_fours,
}
"""By level and arithmetic."""


def _lower_ball(m: list[Ball]) -> Ball:
    """`lower_bound` in balls: the second term only where its determinant is certainly positive, and without it where it says nothing."""
    if not m[1] > 0:
        return flint.arb(0)
    low = m[0] * m[0] / m[1]
    if len(m) == 4:
        determinant = m[1] * m[3] - m[2] * m[2]
        if determinant > 0:
            slope = m[0] * m[2] - m[1] * m[1]
            low += (slope * slope / (m[1] * determinant)).nonnegative_part()
    return low


def ends(value: Ball) -> tuple[Rational, Rational]:
    """Both ends of a ball, as rationals."""
    return dyadic(value.lower()), dyadic(value.upper())
