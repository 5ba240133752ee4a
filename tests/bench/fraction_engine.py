"""The exact engine as anyone would write it first, with `fractions.Fraction`: the yardstick of the benchmarks.

Occupancies of the states after each move (the reference model's weights depend on the state alone), the kernel between occupancies
applied row by row and never stored, the output read off the occupancies after the last move. Shares no code with `smc.exact`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import factorial, prod


def output_law(first: list, kernel: list[list], weights: list[list], particles: int) -> list[Fraction]:
    """Law of the output state: `first` the law of the first move, `kernel` of the others, `weights[t]` by state after move t + 1."""
    states = len(first)
    points = list(occupancies(particles, states))
    multinomials = [factorial(particles) // prod(map(factorial, point)) for point in points]
    law = row([Fraction(p) for p in first], points, multinomials)
    kernel = [[Fraction(p) for p in line] for line in kernel]
    for weight in weights[:-1]:
        following = [Fraction(0)] * len(points)
        for point, mass in zip(points, law, strict=True):
            parents = [m * g for m, g in zip(point, weight, strict=True)]
            total = sum(parents)
            mixture = [sum(a * line[j] for a, line in zip(parents, kernel, strict=True)) / total for j in range(states)]
            for k, chance in enumerate(row(mixture, points, multinomials)):
                following[k] += mass * chance
        law = following
    output = [Fraction(0)] * states
    for point, mass in zip(points, law, strict=True):
        total = sum(m * g for m, g in zip(point, weights[-1], strict=True))
        for j in range(states):
            output[j] += mass * Fraction(point[j] * weights[-1][j], total)
    return output


def row(mixture: list[Fraction], points: list[tuple[int, ...]], multinomials: list[int]) -> list[Fraction]:
    """The multinomial law of the next occupancy."""
    particles = sum(points[0])
    powers = [[Fraction(1)] for _ in mixture]
    for table, p in zip(powers, mixture, strict=True):
        for _ in range(particles):
            table.append(table[-1] * p)
    return [
        coefficient * prod((table[k] for table, k in zip(powers, point, strict=True)), start=Fraction(1))
        for point, coefficient in zip(points, multinomials, strict=True)
    ]


def occupancies(particles: int, states: int) -> Iterator[tuple[int, ...]]:
    """All ways to put `particles` into `states`."""
    if states == 1:
        yield (particles,)
        return
    for k in range(particles + 1):
        for rest in occupancies(particles - k, states - 1):
            yield (k, *rest)
