"""Which enclosure, and what it will take: an estimate from the sizes alone, made before anything is allocated.

Operation counts times what one operation took on the machine where they were measured (a 2.6 GHz core), right within a factor of about
three. Level four is preferred where it fits, since it is never wider; between arithmetics, rationals while they are quick, else the
fastest, but level four in floats only where nothing else fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2

from smc.errors import TooLarge
from smc.exact.enclosure import MOST_MOVES
from smc.exact.float_fours import ORDER
from smc.exact.moments import Layer, gauge
from smc.exact.occupancy.cost import duration, size
from smc.numbers import Rational
from smc.samplers.process import ParticleProcess

BUDGET = 30.0
"""Seconds that an enclosure may take where nobody says otherwise."""
MEMORY = 2.0 * 2**30
"""Bytes that an enclosure may take where nobody says otherwise."""
QUICK = 1.0
"""Seconds up to which rationals are preferred to anything faster."""
LONG = 100_000
"""Bits of the model's own fractions beyond which balls take over."""
MOST_IN_FLOATS = 10**8
"""Particles up to which level four in floats is tighter than level two: its rounding errors take some 10^-11."""
BALL_BITS = 200
"""Working precision that is usual for balls."""


@dataclass(frozen=True)
class Way:
    """One level in one arithmetic, with its estimate. why: what rules the others out, if anything does."""

    level: int
    arithmetic: str
    seconds: float
    bytes: float
    why: str = ""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        return f"level {self.level} in {self.arithmetic}{why}: about {duration(self.seconds)}, {size(self.bytes)}"


def ways(process: ParticleProcess, particles: int) -> list[Way]:
    """The estimates for a process whose interchangeable states are joined (`smc.exact.enclosure.joined`)."""
    moves = [sum(map(len, step)) for step in process.steps]
    if sum(moves) > MOST_MOVES:  # reading off more than the sizes would itself take minutes
        return [Way(2, "floats", *_pairs_in_floats(list(process.sizes), moves))]
    longest = max((o.weight.denominator.bit_length() for step in process.steps for row in step for o in row), default=1)
    if longest > LONG:  # reading off more than the sizes would reduce such fractions again and again
        why, sizes = f"the model has fractions of {longest:,} bits", list(process.sizes)
        balls = _pairs_in_balls(sizes), _fours(sizes, [0.0] * process.horizon)
        return [Way(level, "balls", *cost, why) for level, cost in zip((2, 4), balls, strict=True)]
    layers = gauge(process)
    widths = [1, *(max(1, len(layer.scale)) for layer in layers)]
    edges = [sum(map(len, layer.b)) for layer in layers]
    bits = _bits(layers, particles)
    return [
        Way(2, "rationals", *_pairs_in_rationals(layers, widths, edges, bits)),
        Way(2, "balls", *_pairs_in_balls(widths)),
        Way(2, "floats", *_pairs_in_floats(widths, edges)),
        Way(4, "rationals", *_fours(widths, [2 * b for b in bits])),
        Way(4, "balls", *_fours(widths, [0.0] * len(bits))),
        *([Way(4, "floats", *_fours_in_floats(widths, edges))] if ORDER <= particles <= MOST_IN_FLOATS else []),
    ]


def choose(
    process: ParticleProcess,
    particles: int,
    *,
    level: int | None = None,
    budget: float = BUDGET,
    memory: float = MEMORY,
) -> Way:
    """The way to take: the highest level (or the one asked for) that fits seconds and bytes. Raises TooLarge where none does."""
    found = [way for way in ways(process, particles) if level in (None, way.level)]
    fitting = [way for way in found if way.seconds <= budget and way.bytes <= memory]
    if not fitting:
        best = min(found, key=lambda way: (way.bytes > memory, way.seconds))
        mend = "use level 2" if level == 4 else ""
        if best.bytes <= memory:
            mend = f"give a budget of {ceil(best.seconds)} seconds"
        raise TooLarge(
            f"{max(process.sizes):,} states in the widest layer; {best}",
            where=f"enclosure at {particles} particles",
            mend=mend,
        )
    highest = [way for way in fitting if way.level == max(w.level for w in fitting)]
    quick = [way for way in highest if way.arithmetic == "rationals" and way.seconds <= QUICK]
    sharp = [
        way for way in highest if (way.level, way.arithmetic) != (4, "floats")
    ]  # floats only where nothing else fits
    return quick[0] if quick else min(sharp or highest, key=lambda way: way.seconds)


def _bits(layers: Sequence[Layer], particles: int) -> list[float]:
    """Bits of the pair recursion's numbers after each layer: what the denominators multiply to."""
    total, found = 0.0, []
    for layer in layers:
        widest = max((value.denominator.bit_length() for column in layer.c for value in column.values()), default=1)
        entries = max((entry.bit_length() for column in layer.b for entry in column.values()), default=1)
        total += log2(particles) + 1.5 * widest + 2 * entries
        found.append(total)
    return found


def _one_function(layers: Sequence[Layer]) -> bool:
    """Whether every test function is proportional to the scale of its layer, as it is when the reward model is the true value."""
    before = [Rational(1)]
    for layer in layers:
        image = [Rational(0)] * len(before)
        for a, column in zip(layer.scale, layer.b, strict=True):
            for k, entry in column.items():
                image[k] += a * entry
        if any(value * before[0] != a * image[0] for value, a in zip(image, before, strict=True)):
            return False
        before = layer.scale
    return True


def _pairs_in_rationals(
    layers: Sequence[Layer], widths: list[int], edges: list[int], bits: list[float]
) -> tuple[float, float]:
    one = _one_function(layers)
    seconds = held = 0.0
    for t, (count, b) in enumerate(zip(edges, bits, strict=True)):
        functions = 1 if one else len(layers) - t
        vectors = min(functions, widths[t] + widths[t + 1])
        seconds += count * (5e-6 + vectors * (3e-7 + 3e-11 * b)) + widths[t + 1] * vectors * (3e-10 * b + 4e-13 * b * b)
        held = max(held, 2 * vectors * widths[t + 1] * (64 + b / 8))
    families = sum(w * (1 if one else len(widths) - t) for t, w in enumerate(widths))
    return 1e-3 + seconds + (
        0 if one else 4e-7 * sum(e * (len(edges) - t) for t, e in enumerate(edges))
    ), held + 64 * families


def _pairs_in_balls(widths: list[int]) -> tuple[float, float]:
    steps = pairwise(widths)
    seconds = sum(1.5e-6 * a * b + 3e-8 * (a * a * b + a * b * b) for a, b in steps)
    return 1e-3 + seconds, 4.0 * 120 * max(widths) ** 2


def _pairs_in_floats(widths: list[int], edges: list[int]) -> tuple[float, float]:
    horizon = len(edges)
    return 1e-3 + sum(edges) * (6e-6 + 1.2e-8 * horizon) + 3e-5 * horizon**2, 8.0 * 4 * (
        sum(widths) + sum(edges)
    ) + 400.0 * sum(edges)


def _fours(widths: list[int], bits: list[float]) -> tuple[float, float]:
    seconds, held = 2e-3, 0.0
    for (a, b), digits in zip(pairwise(widths), bits, strict=True):
        top = float(max(a, b))
        each = 1 + 1.5e-3 * digits
        seconds += 1e-3 + each * (6e-6 * top**4 + 1e-7 * top**5)
        held = max(held, top**4 * (3 * 120 + digits / 2))
    return seconds, held


def _fours_in_floats(widths: list[int], edges: list[int]) -> tuple[float, float]:
    tops = [float(max(pair)) for pair in pairwise(widths)]
    seconds = 5e-3 + sum(2e-4 + 2e-8 * top**4 + 7e-10 * top**5 for top in tops) + 2e-5 * sum(edges)
    return seconds, 40 * max(tops) ** 4
