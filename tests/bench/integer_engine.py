"""`fraction_engine` without fractions: gmpy2 integers over the common denominator that is known beforehand.

Shares no code with `smc.exact`.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, lcm, prod

from gmpy2 import mpq, mpz

from tests.bench.fraction_engine import occupancies


def output_law(first: list, kernel: list[list], weights: list[list], particles: int) -> list:
    """As in `fraction_engine`."""
    states = len(first)
    points = list(occupancies(particles, states))
    multinomials = [mpz(factorial(particles) // prod(map(factorial, point))) for point in points]
    d = lcm(*(Fraction(p).denominator for line in [first, *kernel] for p in line))
    whole = [[int(Fraction(p) * d) for p in line] for line in kernel]
    law = row([mpz(int(Fraction(p) * d)) for p in first], points, multinomials, mpz(1))
    denominator = mpz(d) ** particles
    for weight in weights[:-1]:
        totals = [sum(m * g for m, g in zip(point, weight, strict=True)) for point in points]
        common = lcm(*totals)
        following = [mpz(0)] * len(points)
        for point, total, mass in zip(points, totals, law, strict=True):
            mixture = [
                mpz(sum(m * g * line[j] for m, g, line in zip(point, weight, whole, strict=True)))
                for j in range(states)
            ]
            scaled = mass * mpz(common // total) ** particles
            following = [a + b for a, b in zip(following, row(mixture, points, multinomials, scaled), strict=True)]
        law = following
        denominator *= mpz(d * common) ** particles
    totals = [sum(m * g for m, g in zip(point, weights[-1], strict=True)) for point in points]
    common = lcm(*totals)
    output = [mpz(0)] * states
    for point, total, mass in zip(points, totals, law, strict=True):
        for j in range(states):
            output[j] += mass * (common // total) * (point[j] * weights[-1][j])
    return [mpq(v, denominator * common) for v in output]


def row(mixture: list, points: list[tuple[int, ...]], multinomials: list, scale: object) -> list:
    """`scale` times the multinomial numerators of the next occupancy."""
    particles = sum(points[0])
    powers = []
    for p in mixture:
        table = [mpz(1)]
        for _ in range(particles):
            table.append(table[-1] * p)
        powers.append(table)
    return [
        scale * coefficient * prod(table[k] for table, k in zip(powers, point, strict=True))
        for point, coefficient in zip(points, multinomials, strict=True)
    ]
