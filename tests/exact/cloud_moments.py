"""`E[Zhat^j nu(y)]` by brute force: every cloud of N particles, with `E[Zhat^j; cloud]` carried for each power j.

Fractions, and no symmetry used.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from smc.samplers.process import ParticleProcess


def _fraction(value) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))


def cloud_moments(process: ParticleProcess, particles: int, powers: int = 4) -> list[list[Fraction]]:
    """`[E[Zhat^j nu(y)] for j in 1..powers]` by terminal state; `nu` is the weighted law of the last cloud."""
    steps = [
        [[(o.target, _fraction(o.probability), _fraction(o.weight)) for o in row] for row in step]
        for step in process.steps
    ]
    start = [Fraction(1)] * (powers + 1)
    clouds: dict[tuple[int, ...], list[Fraction]] = {(0,) * particles: start}  # states after resampling, in order
    moments = [[Fraction(0)] * powers for _ in range(process.sizes[-1])]
    for t, step in enumerate(steps):
        following: dict[tuple[int, ...], list[Fraction]] = {}
        for cloud, masses in clouds.items():
            for outcomes in product(*(step[x] for x in cloud)):
                chance = Fraction(1)
                for _, p, _ in outcomes:
                    chance *= p
                total = sum((w for _, _, w in outcomes), Fraction(0))
                if not chance or not total:
                    continue
                mean = total / particles
                carried = [chance * mass * mean**j for j, mass in enumerate(masses)]
                if t + 1 == len(steps):
                    for y, _, w in outcomes:
                        for j in range(powers):
                            moments[y][j] += carried[j + 1] * w / total
                    continue
                shares: dict[int, Fraction] = {}
                for y, _, w in outcomes:
                    if w:
                        shares[y] = shares.get(y, Fraction(0)) + w / total
                for picked in product(shares, repeat=particles):
                    share = Fraction(1)
                    for y in picked:
                        share *= shares[y]
                    kept = following.setdefault(picked, [Fraction(0)] * (powers + 1))
                    for j in range(powers + 1):
                        kept[j] += carried[j] * share
        clouds = following
    scale = _fraction(process.scale)
    return [[m * scale ** (j + 1) for j, m in enumerate(row)] for row in moments]
