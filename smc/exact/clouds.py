"""Exact laws under any resampling scheme, adaptive or not (S16): the chain over weighted clouds, for small N.

A cloud is N particles (state, carried weight), weights with mean 1. A step moves every particle and multiplies its weight; with m the
mean of the new weights, `Zhat` gains the factor m and the weights are divided by it. Where the rule says so the slots then take their
ancestors by the scheme and all weights become 1; otherwise the weights are carried. So `Zhat = scale * prod_t m_t` whether or not a step
resamples, and `E[Zhat] = Z` for every unbiased scheme. The output is one particle drawn in proportion to the last weights; where all
weights vanish the run is dead. A particle of weight zero that is not resampled away stays, at no state.

Clouds keep their order, which stratified and systematic resampling see; where the scheme is symmetric they are sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, prod

from smc.errors import TooLarge
from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess, check_particles
from smc.samplers.resampling import Resampling

Particle = tuple[int, Rational]
"""(state, carried weight); `LOST` where the weight is zero."""
Cloud = tuple[Particle, ...]
LOST: Particle = (-1, ZERO)
Masses = tuple[Rational, Rational, Rational]
"""Of an event A: P(A), E[Zhat; A], E[Zhat^2; A], with Zhat as far as the run has come."""

MOST_CLOUDS = 1_000_000
"""Largest number of successors of the clouds of one layer that is enumerated."""


@dataclass(frozen=True)
class CloudMoments:
    """What a run yields, by terminal state y, shape (|X_T|,): `law` = E[nu(y)], `first` = E[Zhat nu(y)], `second` = E[Zhat^2 nu(y)]
    with nu the weighted law of the last cloud; dead: the probability of no answer."""

    law: tuple[Rational, ...]
    first: tuple[Rational, ...]
    second: tuple[Rational, ...]
    dead: Rational

    @property
    def output(self) -> OutputLaw:
        """The law of the output."""
        return OutputLaw(self.law, self.dead)

    @property
    def normaliser(self) -> Rational:
        """`E[Zhat]`."""
        return sum(self.first, ZERO)

    @property
    def second_moment(self) -> Rational:
        """`E[Zhat^2]`."""
        return sum(self.second, ZERO)


def cloud_moments(
    process: ParticleProcess, particles: int, resampling: Resampling, *, most: int = MOST_CLOUDS
) -> CloudMoments:
    """Law of the output and moments of `Zhat` for `particles` particles of `process` (its moves and weights) under `resampling`.

    Raises InputError for a particle count below 1, and TooLarge, before a layer is enumerated, where its clouds have more than `most`
    successors.
    """
    start, dead = process.scale, ZERO
    clouds: dict[Cloud, Masses] = {((0, ONE),) * check_particles(particles): (ONE, start, start * start)}
    for t in range(process.horizon):
        # the order of the last cloud no longer matters: its output is drawn by weight
        ordered = not resampling.scheme.symmetric and t + 1 < process.horizon
        clouds, lost = _weighted(_moved(process, t, clouds, resampling, ordered, most))
        dead += lost
    sums = [[ZERO] * process.sizes[-1] for _ in range(3)]
    for cloud, masses in clouds.items():
        for y, weight in cloud:
            if weight:
                for total, mass in zip(sums, masses, strict=True):
                    total[y] += mass * weight / particles
    law, first, second = map(tuple, sums)
    return CloudMoments(law, first, second, dead)


def _moved(
    process: ParticleProcess, t: int, clouds: Mapping[Cloud, Masses], resampling: Resampling, ordered: bool, most: int
) -> dict[Cloud, Masses]:
    """Clouds after the choice of ancestors and the move t -> t+1, weights multiplied, not yet divided by their mean."""
    mixtures = []  # (masses, slots), a slot the law of the moved particle that it holds
    for cloud, masses in clouds.items():
        weights = [w / len(cloud) for _, w in cloud]
        if t and resampling.due(weights):  # at the root all weights are 1 and all particles the same
            for chance, ancestors in resampling.scheme.pieces(weights):
                fresh = [
                    _slot(process, t, [(cloud[i][0], ONE) for i in slot], list(slot.values())) for slot in ancestors
                ]
                mixtures.append((_scaled(masses, chance), fresh))
        else:
            mixtures.append((masses, [_slot(process, t, [particle], [ONE]) for particle in cloud]))
    successors = sum(prod(map(len, slots)) if ordered else _most_multisets(slots) for _, slots in mixtures)
    if successors > most:
        raise TooLarge(
            f"{successors} clouds at step {t + 1}, more than {most}",
            where="particles",
            mend="take fewer particles, multinomial resampling after every step, or a Monte Carlo run",
        )
    moved: dict[Cloud, Masses] = {}
    for masses, slots in mixtures:
        for cloud, chance in _product(slots, ordered).items():
            _add(moved, cloud, masses, chance)
    return moved


def _slot(
    process: ParticleProcess, t: int, ancestors: list[Particle], chances: list[Rational]
) -> dict[Particle, Rational]:
    """Law of the moved particle of one slot whose ancestor is drawn by `chances`."""
    law: dict[Particle, Rational] = {}
    for (x, carried), p in zip(ancestors, chances, strict=True):
        left = p
        for target, probability, weight in process.steps[t][x] if carried else ():
            if weight:
                particle = (target, carried * weight)
                law[particle] = law.get(particle, ZERO) + p * probability
                left -= p * probability
        if left:
            law[LOST] = law.get(LOST, ZERO) + left
    return law


def _product(slots: list[dict[Particle, Rational]], ordered: bool) -> dict[Cloud, Rational]:
    """Law of the cloud whose slots are independent; sorted unless `ordered`."""
    clouds: dict[Cloud, Rational] = {(): ONE}
    for slot in slots:
        longer: dict[Cloud, Rational] = {}
        for cloud, chance in clouds.items():
            for particle, p in slot.items():
                key = (*cloud, particle)
                key = key if ordered else tuple(sorted(key))
                longer[key] = longer.get(key, ZERO) + chance * p
        clouds = longer
    return clouds


def _most_multisets(slots: list[dict[Particle, Rational]]) -> int:
    """At most so many sorted clouds: the product over groups of equal slots of the multisets that each can make."""
    groups: dict[frozenset[Particle], int] = {}
    for slot in slots:
        groups[frozenset(slot)] = groups.get(frozenset(slot), 0) + 1
    return prod(comb(len(kinds) + n - 1, n) for kinds, n in groups.items())


def _weighted(moved: Mapping[Cloud, Masses]) -> tuple[dict[Cloud, Masses], Rational]:
    """Clouds with weights divided by their mean, which `Zhat` takes over; and the probability of the dead ones."""
    clouds: dict[Cloud, Masses] = {}
    dead = ZERO
    for cloud, masses in moved.items():
        mean = sum((w for _, w in cloud), ZERO) / len(cloud)
        if mean:
            _add(clouds, tuple((x, w / mean) for x, w in cloud), (masses[0], masses[1] * mean, masses[2] * mean * mean))
        else:
            dead += masses[0]
    return clouds, dead


def _scaled(masses: Masses, chance: Rational) -> Masses:
    p, z, zz = masses
    return chance * p, chance * z, chance * zz


def _add(clouds: dict[Cloud, Masses], cloud: Cloud, masses: Masses, chance: Rational = ONE) -> None:
    p, z, zz = clouds.get(cloud, (ZERO, ZERO, ZERO))
    more = _scaled(masses, chance)
    clouds[cloud] = (p + more[0], z + more[1], zz + more[2])
