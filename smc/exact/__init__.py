"""Exact laws and moments of a particle run. The interface is narrow: a process (model and algorithm), N -> law, dead.

`output_law(process, particles)` and `second_moment(process, particles)` choose the method; the plain engine that defines the answer
is `smc.exact.plain`.
"""

from __future__ import annotations

from smc.algorithms import ParticleProcess, check_particles
from smc.exact import plain
from smc.exact.law import OutputLaw
from smc.exact.moments import second_moment as _pair_recursion
from smc.rational import Rational

__all__ = ["OutputLaw", "output_law", "second_moment"]


def output_law(process: ParticleProcess, particles: int) -> OutputLaw:
    """Expected law of the output particle, and the probability that the run dies.

    Raises InputError for a particle count below 1 and TooLarge, before anything is allocated, for what will not fit.
    """
    return plain.output_law(process, check_particles(particles))


def second_moment(process: ParticleProcess, particles: int) -> Rational:
    """`E[Zhat^2]`, exact for every N (S5)."""
    return _pair_recursion(process, check_particles(particles))
