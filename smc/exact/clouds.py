"""Exact laws under any resampling scheme, adaptive or not (S16): the chain over weighted clouds, for small N.

A cloud is N particles (state, carried weight), weights with mean 1. A step moves every particle and multiplies its weight; with m the
mean of the new weights, `Zhat` gains the factor m and the weights are divided by it. Where the rule says so the slots then take their
ancestors by the scheme and all weights become 1; otherwise the weights are carried. So `Zhat = scale * prod_t m_t` whether or not a step
resamples, and `E[Zhat] = Z` for every unbiased scheme. The output is one particle of the last cloud, by the process's choice; where all
weights vanish the run is dead. A particle of weight zero that is not resampled away stays, at no state.

Clouds keep their order, which stratified and systematic resampling see; where the scheme is symmetric they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import comb, inf, prod
from typing import Any

from smc.errors import TooLarge, whole_number
from smc.exact.law import OutputLaw
from smc.exact.lengths import MOST_SECONDS
from smc.exact.occupancy.cost import duration
from smc.numbers import ONE, ZERO, Rational, order
from smc.samplers.process import ParticleProcess
from smc.samplers.resampling import Resampling, SlotLaw

Particle = tuple[int, Rational]
"""(state, carried weight); `LOST` where the weight is zero."""
Cloud = tuple[Particle, ...]
Slot = tuple[tuple[Particle, Rational], ...]
"""Law of the particle that a slot takes over, before it moves."""
LOST: Particle = (-1, ZERO)
Masses = tuple[Rational, Rational, Rational]
"""Of an event A: P(A), E[Zhat; A], E[Zhat^2; A], with Zhat as far as the run has come."""

MOST_CLOUDS = 1_000_000
"""Largest number of successors of the clouds of one layer that is enumerated."""
A_CLOUD, A_PARTICLE = 1.5e-6, 6e-8
"""Seconds of one cloud, as it grows by a slot, and of every particle in it, as measured."""
FEWER = "take fewer particles, multinomial resampling after every step, or a Monte Carlo run"


@dataclass(frozen=True)
class CloudMoments:
    """What a run yields, by terminal state y, shape (|X_T|,): `law` = P(output y), which is E[nu(y)] where one is drawn by weight,
    `first` = E[Zhat nu(y)], `second` = E[Zhat^2 nu(y)], with nu the weighted law of the last cloud; dead: the probability of no answer."""

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
    process: ParticleProcess, particles: int, *, most: int = MOST_CLOUDS, seconds: float = MOST_SECONDS
) -> CloudMoments:
    """Law of the output and moments of `Zhat` for `particles` particles of `process` under its own resampling and choice.

    Raises InputError for a particle count below 1, and TooLarge, before a layer is enumerated, where its clouds have more than `most`
    successors, or the layers so far are estimated to take longer than `seconds`.
    """
    clouds, dead = last_clouds(process, particles, most=most, seconds=seconds)
    law, first, second = ([ZERO] * process.sizes[-1] for _ in range(3))
    for cloud, (chance, mean, square) in clouds.items():
        for (y, weight), share in zip(cloud, process.choice.shares([w for _, w in cloud]), strict=True):
            if weight:
                law[y] += chance * share
                first[y] += mean * weight / particles
                second[y] += square * weight / particles
    return CloudMoments(tuple(law), tuple(first), tuple(second), dead)


def most_clouds(process: ParticleProcess, particles: int) -> float:
    """At most so many clouds at one time, from the process's moves alone: a particle is its state and last weight where every step
    resamples, and its path where weights are carried, since one of the times when all were resampled last. A whole number; infinite
    for more particles than clouds may be listed, of which no cloud is."""
    if particles > MOST_CLOUDS:
        return inf
    rule = process.resampling
    every = rule.threshold is None or rule.threshold >= 1
    ways, most = {0: 1}, 1
    for t, step in enumerate(process.steps):
        after: dict[int, int] = {}
        for x, paths in ways.items():
            for target, _, weight in step[x]:
                if weight:
                    after[target] = after.get(target, 0) + (1 if every else paths)
        kinds = sum(after.values()) + 1  # and the one that is lost
        ways = after
        clouds = comb(kinds + particles - 1, particles) if rule.scheme.symmetric else kinds**particles
        most = max(most, clouds if every else (t + 1) * clouds)
    return most


def last_clouds(
    process: ParticleProcess, particles: int, *, most: int = MOST_CLOUDS, seconds: float = MOST_SECONDS
) -> tuple[dict[Cloud, Masses], Rational]:
    """The clouds of the last layer that live, weights of mean 1, and the probability of a dead run. Raises as `cloud_moments` does."""
    layers = list(_layers(process, particles, most, seconds))
    return layers[-1][0], sum((lost for _, lost in layers), ZERO)


def _layers(
    process: ParticleProcess, particles: int, most: int, seconds: float
) -> Iterator[tuple[dict[Cloud, Masses], Rational]]:
    """The clouds that live at times 0, 1, ..., T, and the probability of dying there."""
    start, resampling = process.scale, process.resampling
    if whole_number("particles", particles) > most:  # one cloud has more entries than clouds may be listed
        raise TooLarge(
            f"{particles} particles, one by one, in clouds",
            where="particles",
            mend=f"take fewer particles, {most:,} at most",
        )
    clouds: dict[Cloud, Masses] = {((0, ONE),) * particles: (ONE, start, start * start)}
    yield clouds, ZERO
    room = _Room(most, seconds)
    for t in range(process.horizon):
        # the order of the last cloud no longer matters: its output is drawn by weight
        ordered = not resampling.scheme.symmetric and t + 1 < process.horizon
        clouds, lost = _weighted(_moved(process, t, clouds, resampling, ordered, room))
        yield clouds, lost


def weights_to_come(process: ParticleProcess) -> list[list[Rational]]:
    """`u_t(x)`: the mean of the product of the weights after time t from x, shape (|X_t|,) for t = 0..T; V*/V for naive SMC."""
    found = [[ONE] * process.sizes[-1]]
    for step in reversed(process.steps):
        found.insert(0, [sum((o.probability * o.weight * found[0][o.target] for o in row), ZERO) for row in step])
    return found


def growths(
    process: ParticleProcess, particles: int, *, most: int = MOST_CLOUDS, seconds: float = MOST_SECONDS
) -> list[Rational]:
    """`E[U_p^2] / E[U_{p-1}^2]` for p = 1..T, `U_p = Zhat_p nu_p(u_p) / Z`, with `u` of `weights_to_come` (S16). `E[U_p] = 1`, `U_0 = 1`,
    and U_T is `Zhat/Z`. Raises as `cloud_moments` does."""
    found, means = [], weights_to_come(process)
    for (clouds, _), u in zip(_layers(process, particles, most, seconds), means, strict=True):
        level = ZERO
        for cloud, (_, _, square) in clouds.items():
            level += square * (sum((w * u[x] for x, w in cloud if w), ZERO) / particles) ** 2
        found.append(level)
    return [after / before for before, after in pairwise(found)]


def _moved(
    process: ParticleProcess, t: int, clouds: Mapping[Cloud, Masses], resampling: Resampling, ordered: bool, room: _Room
) -> dict[Cloud, Masses]:
    """Clouds after the choice of ancestors and the move t -> t+1, weights multiplied, not yet divided by their mean."""
    # clouds that leave the same slots behind are moved once
    left: dict[tuple[Slot, ...], Masses] = {}
    for cloud, masses in clouds.items():
        weights = [w / len(cloud) for _, w in cloud]
        if t and resampling.due(weights):  # at the root all weights are 1 and all particles the same
            for chance, ancestors in resampling.scheme.pieces(weights):
                taken = tuple(_slot(cloud, law) for law in ancestors)
                _add(left, taken if ordered else tuple(sorted(taken)), masses, chance)
        else:
            _add(left, tuple(((particle, ONE),) for particle in cloud), masses)
    moves = {slot: _move(process, t, slot) for slot in {slot for held in left for slot in held}}
    kinds = sorted({particle for law in moves.values() for particle in law})
    # numbers in the same order are quicker to sort and to find
    number = {particle: k for k, particle in enumerate(kinds)}
    numbered = {slot: {number[particle]: p for particle, p in law.items()} for slot, law in moves.items()}
    mixtures = [([numbered[slot] for slot in held], masses) for held, masses in left.items()]
    room.take(t + 1, [slots for slots, _ in mixtures], ordered)
    moved: dict[tuple[int, ...], Masses] = {}
    for slots, masses in mixtures:
        for numbers, chance in _product(slots, ordered).items():
            _add(moved, numbers, masses, chance)
    return {tuple(kinds[k] for k in numbers): masses for numbers, masses in moved.items()}


@dataclass
class _Room:
    """What an enumeration may hold, in clouds of a layer, and take, in seconds of all layers. taken: seconds so far, by estimate."""

    most: int
    seconds: float
    taken: float = 0.0

    def take(self, step: int, mixtures: list[list[dict[int, Rational]]], ordered: bool) -> None:
        """Raises TooLarge where the clouds of the step, which come from such slots, have no room."""
        counts = [prod(map(len, slots)) if ordered else _most_multisets(slots) for slots in mixtures]
        successors = sum(counts)
        if successors > self.most:
            raise TooLarge(
                f"{order(successors)} clouds at step {step}, more than {self.most:,}", where="particles", mend=FEWER
            )
        for slots, count in zip(mixtures, counts, strict=True):
            n, kinds = len(slots), max(map(len, slots))
            # slot by slot the clouds grow, in order as kinds^j and else as C(j + kinds - 1, j): all of them together are so many
            self.taken += count * (2 if ordered and kinds > 1 else n + kinds) * (A_CLOUD + n * A_PARTICLE)
        if self.taken > self.seconds:
            raise TooLarge(
                f"{order(successors)} clouds of {len(mixtures[0]):,} particles at step {step}: the exact law takes about "
                f"{duration(self.taken)}, more than {duration(self.seconds)}",
                where="particles",
                mend=FEWER,
            )


def _slot(cloud: Cloud, law: SlotLaw) -> Slot:
    """The particle of weight 1 that a slot takes over, ancestors at the same state joined."""
    parents: dict[Particle, Rational] = {}
    for i, p in law.items():
        particle = (cloud[i][0], ONE)
        parents[particle] = parents.get(particle, ZERO) + p
    return tuple(sorted(parents.items()))


def _move(process: ParticleProcess, t: int, slot: Slot) -> dict[Particle, Rational]:
    """Law of the particle of one slot after the move t -> t+1."""
    law: dict[Particle, Rational] = {}
    for (x, carried), p in slot:
        lost = p
        for target, probability, weight in process.steps[t][x] if carried else ():
            if weight:
                particle = (target, carried * weight)
                law[particle] = law.get(particle, ZERO) + p * probability
                lost -= p * probability
        if lost:
            law[LOST] = law.get(LOST, ZERO) + lost
    return law


def _product(slots: list[dict[int, Rational]], ordered: bool) -> dict[tuple[int, ...], Rational]:
    """Law of the cloud, by the numbers of its particles, whose slots are independent; sorted unless `ordered`."""
    clouds: dict[tuple[int, ...], Rational] = {(): ONE}
    for slot in slots:
        longer: dict[tuple[int, ...], Rational] = {}
        for cloud, chance in clouds.items():
            for k, p in slot.items():
                key = (*cloud, k)
                key = key if ordered else tuple(sorted(key))
                longer[key] = longer.get(key, ZERO) + chance * p
        clouds = longer
    return clouds


def _most_multisets(slots: list[dict[int, Rational]]) -> int:
    """At most so many sorted clouds: the product over groups of equal slots of the multisets that each can make."""
    groups: dict[frozenset[int], int] = {}
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


def _add(events: dict[Any, Masses], event: Any, masses: Masses, chance: Rational = ONE) -> None:
    p, z, zz = events.get(event, (ZERO, ZERO, ZERO))
    events[event] = (p + chance * masses[0], z + chance * masses[1], zz + chance * masses[2])
