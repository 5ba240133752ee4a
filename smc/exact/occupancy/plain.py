"""The plain exact engine: the chain over occupancies, written from its definition. Slow, clear, the reference for every faster one.

Just after a move, a particle is described by its *cell*: the pair (state, incremental weight). Given the occupancy `m` of the cells at
step t (how many particles are in each), the particles at step t+1 are N independent draws from the mixture
`mu(m) = sum_c m_c w_c K(c, .) / sum_c m_c w_c`, so the next occupancy is Multinomial(N, mu(m)). Where every weight is zero the run is dead.
The output is one particle drawn in proportion to the weights at T.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import comb

from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess

Cell = tuple[int, Rational]
"""(state, incremental weight)."""
Occupancy = tuple[tuple[Cell, int], ...]
"""Cells that are occupied, with their counts, in cell order."""


def plain_law(process: ParticleProcess, particles: int) -> OutputLaw:
    """Law of the output state, and the probability of dying, of a resampled `process` with `particles` particles."""
    generation = _multinomial(_moves(process, 0, {0: ONE}), particles)
    dead = ZERO
    for t in range(1, process.horizon):
        following: dict[Occupancy, Rational] = {}
        for occupancy, probability in generation.items():
            parents, total = _parents(occupancy)
            if not total:
                dead += probability
                continue
            mixture = _moves(process, t, {x: w / total for x, w in parents.items()})
            for drawn, chance in _multinomial(mixture, particles).items():
                following[drawn] = following.get(drawn, ZERO) + probability * chance
        generation = following
    law = [ZERO] * process.sizes[-1]
    for occupancy, probability in generation.items():
        parents, total = _parents(occupancy)
        if not total:
            dead += probability
        for x, w in parents.items():
            law[x] += probability * w / total
    return OutputLaw(tuple(law), dead)


def _parents(occupancy: Occupancy) -> tuple[dict[int, Rational], Rational]:
    """Total weight of the particles at each state (states of weight zero left out), and its sum."""
    parents: dict[int, Rational] = {}
    for (x, weight), count in occupancy:
        if weight:
            parents[x] = parents.get(x, ZERO) + count * weight
    return parents, sum(parents.values(), ZERO)


def _moves(process: ParticleProcess, t: int, parents: Mapping[int, Rational]) -> dict[Cell, Rational]:
    """Law of the cell of one particle at step t+1 whose ancestor has law `parents` on layer t."""
    cells: dict[Cell, Rational] = {}
    for x, p in parents.items():
        for target, probability, weight in process.steps[t][x]:
            cells[target, weight] = cells.get((target, weight), ZERO) + p * probability
    return cells


def _multinomial(law: Mapping[Cell, Rational], particles: int) -> dict[Occupancy, Rational]:
    """Law of the occupancy of `particles` independent draws from `law`."""
    cells = sorted(law)

    def draw(k: int, left: int) -> Iterator[tuple[Occupancy, Rational]]:
        if k == len(cells) - 1:
            yield (((cells[k], left),) if left else ()), law[cells[k]] ** left
            return
        for count in range(left + 1):
            factor = comb(left, count) * law[cells[k]] ** count
            head = ((cells[k], count),) if count else ()
            for tail, chance in draw(k + 1, left - count):
                yield head + tail, factor * chance

    return dict(draw(0, particles))


def second_moment(process: ParticleProcess, particles: int) -> Rational:
    """`E[Zhat^2]` by the two-particle recursion (S5), written out over pairs of states; see `smc.exact.moments`."""
    same = ONE / particles
    pairs: dict[tuple[int, int], Rational] = {(0, 0): ONE}
    for step in process.steps:
        following: dict[tuple[int, int], Rational] = {}
        first: dict[int, Rational] = {}
        for (x, y), mass in pairs.items():
            first[x] = first.get(x, ZERO) + mass
            for a, p, v in step[x]:
                for b, q, w in step[y]:
                    following[a, b] = following.get((a, b), ZERO) + (1 - same) * mass * p * v * q * w
        for x, mass in first.items():
            for a, p, w in step[x]:
                following[a, a] = following.get((a, a), ZERO) + same * mass * p * w * w
        pairs = following
    return process.scale**2 * sum(pairs.values(), ZERO)
