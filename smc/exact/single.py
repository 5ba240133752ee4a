"""The exact law of a run with one particle: no occupancies, one pass over the edges, any number of states and steps.

With N = 1 resampling keeps the particle whatever its weight, unless the weight is zero: then the run is dead. So the law of the output is
the law of a chain that moves by the proposals and is killed where a weight is zero.
"""

from __future__ import annotations

from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess


def one_particle_law(process: ParticleProcess) -> OutputLaw:
    """Law of the output state of `process` with one particle, and the probability of dying."""
    here: dict[int, Rational] = {0: ONE}
    dead = ZERO
    for step in process.steps:
        following: dict[int, Rational] = {}
        for x, mass in here.items():
            left = mass
            for y, probability, weight in step[x]:
                if weight:
                    moved = mass * probability
                    following[y] = following.get(y, ZERO) + moved
                    left -= moved
            dead += left
        here = following
    return OutputLaw(tuple(here.get(y, ZERO) for y in range(process.sizes[-1])), dead)
