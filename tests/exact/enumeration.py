"""Brute force oracles: section 1 of the theory, simulated over every outcome with `fractions.Fraction`.

Written from the description of the algorithms alone. Nothing here imports `smc.exact` or `smc.samplers.process`, and no
symmetry, recursion or generating function is used, so that agreement with the exact engines tests those. Two
representations of a cloud of N particles: `TUPLES` keeps the particles' order (N^N ways to resample, one by one),
`MULTISETS` sorts it (a cloud is built particle by particle).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from smc.setting.model import Model
from smc.setting.twist import Twist

Cloud = tuple
Masses = tuple[Fraction, Fraction, Fraction]
"""Of an event: its probability, E[Zhat; event], E[Zhat^2; event], with Zhat the normaliser as far as the run has
come."""


@dataclass(frozen=True)
class Instance:
    """A model and its reward model over Fractions. rows[t][x] = [(y, probability, potential), ...]; value[T] is the
    reward."""

    rows: list[list[list[tuple[int, Fraction, Fraction]]]]
    value: list[list[Fraction]]
    leaves: int

    @staticmethod
    def of(model: Model, twist: Twist) -> Instance:
        rows = [
            [[(e.target, _fraction(e.probability), _fraction(e.potential)) for e in row] for row in step]
            for step in model.edges
        ]
        return Instance(rows, [[_fraction(v) for v in layer] for layer in twist.values], len(model.reward))

    @property
    def horizon(self) -> int:
        return len(self.rows)

    def backed_up(self, t: int, x: int) -> Fraction:
        """`(B_t V)(x)`."""
        return sum((p * psi * self.value[t + 1][y] for y, p, psi in self.rows[t][x]), Fraction(0))

    def reference_move(self, t: int, x: int) -> Iterator[tuple[int, Fraction, Fraction]]:
        """(y, probability, incremental weight `psi V_{t+1}(y)/V_t(x)`) of a move by the reference."""
        for y, p, psi in self.rows[t][x]:
            if p:
                yield y, p, psi * self.value[t + 1][y] / self.value[t][x]

    def guided_move(self, t: int, x: int) -> Iterator[tuple[int, Fraction]]:
        """(y, probability) of a move by `M psi V / (B V)`."""
        for y, p, psi in self.rows[t][x]:
            chance = p * psi * self.value[t + 1][y] / self.backed_up(t, x)
            if chance:
                yield y, chance


def _fraction(value) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))


@dataclass(frozen=True)
class Outcome:
    """What a run yields: law of the output by terminal state, probability of no answer, E[Zhat] and E[Zhat^2]."""

    law: list[Fraction]
    dead: Fraction
    first: Fraction
    second: Fraction


# --- clouds ---------------------------------------------------------------------------------------

Choices = Callable[[object], list[tuple[object, Fraction]]]


def all_tuples(options: list[list[tuple[object, Fraction]]]) -> Iterator[tuple[Cloud, Fraction]]:
    """Every ordered outcome of independent choices, one list of (outcome, probability) each."""
    for combination in product(*options):
        chance = Fraction(1)
        for _, p in combination:
            chance *= p
        yield tuple(outcome for outcome, _ in combination), chance


def all_multisets(options: list[list[tuple[object, Fraction]]]) -> Iterator[tuple[Cloud, Fraction]]:
    """The same with the order forgotten: sorted tuples, built by adding one particle after another."""
    clouds: dict[Cloud, Fraction] = {(): Fraction(1)}
    for particle in options:
        larger: dict[Cloud, Fraction] = {}
        for cloud, chance in clouds.items():
            for outcome, p in particle:
                key = tuple(sorted((*cloud, outcome)))
                larger[key] = larger.get(key, 0) + chance * p
        clouds = larger
    yield from clouds.items()


TUPLES, MULTISETS = all_tuples, all_multisets


def _add(
    events: dict[Cloud, Masses], cloud: Cloud, masses: Masses, chance: Fraction, factor: Fraction = Fraction(1)
) -> None:
    old = events.get(cloud, (Fraction(0),) * 3)
    p, z, zz = masses
    events[cloud] = (old[0] + chance * p, old[1] + chance * factor * z, old[2] + chance * factor * factor * zz)


# --- Sequential Monte Carlo -----------------------------------------------------------------------


def naive(model: Model, twist: Twist, particles: int, clouds=MULTISETS) -> Outcome:
    """Naive-proposal SMC: for t = 1..T propagate by M_t, weight by G_t, resample multinomially, also at T; output one
    particle."""
    instance = Instance.of(model, twist)
    first = instance.value[0][0]
    alive: dict[Cloud, Masses] = {(0,) * particles: (Fraction(1), first, first * first)}
    dead = Fraction(0)
    for t in range(instance.horizon):
        weighted: dict[Cloud, Masses] = {}
        for cloud, masses in alive.items():
            moves = [[((y, weight), p) for y, p, weight in instance.reference_move(t, x)] for x in cloud]
            for moved, chance in clouds(moves):
                _add(weighted, moved, masses, chance)
        alive = {}
        for moved, masses in weighted.items():
            total = sum(weight for _, weight in moved)
            if not total:
                dead += masses[0]
                continue
            mean = total / particles
            if t + 1 < instance.horizon:
                draw = [(y, weight / total) for y, weight in moved if weight]
                for drawn, chance in clouds([draw] * particles):
                    _add(alive, drawn, masses, chance, mean)
            else:  # one output particle is drawn; the other N - 1 of the last resampling play no further part
                for y, weight in moved:
                    if weight:
                        _add(alive, (y,), masses, weight / total, mean)
    return _outcome(instance, alive, dead)


def adapted(model: Model, twist: Twist, particles: int, clouds=MULTISETS) -> Outcome:
    """Fully adapted SMC: for t = 1..T weight by rho_{t-1}(x_{t-1}), resample, move by the guided kernel; output one
    particle."""
    instance = Instance.of(model, twist)
    first = instance.value[0][0]
    alive: dict[Cloud, Masses] = {(0,) * particles: (Fraction(1), first, first * first)}
    dead = Fraction(0)
    for t in range(instance.horizon):
        resampled: dict[Cloud, Masses] = {}
        for cloud, masses in alive.items():
            weights = [(x, instance.backed_up(t, x) / instance.value[t][x]) for x in cloud]
            total = sum(weight for _, weight in weights)
            if not total:
                dead += masses[0]
                continue
            for drawn, chance in clouds([[(x, weight / total) for x, weight in weights if weight]] * particles):
                _add(resampled, drawn, masses, chance, total / particles)
        alive = {}
        for cloud, masses in resampled.items():
            for moved, chance in clouds([list(instance.guided_move(t, x)) for x in cloud]):
                _add(alive, moved, masses, chance)
    return _outcome(instance, alive, dead)


def _outcome(instance: Instance, alive: dict[Cloud, Masses], dead: Fraction) -> Outcome:
    law = [Fraction(0)] * instance.leaves
    for cloud, (p, _, _) in alive.items():
        for x in cloud:
            law[x] += p / len(cloud)
    return Outcome(
        law, dead, sum((m[1] for m in alive.values()), Fraction(0)), sum((m[2] for m in alive.values()), Fraction(0))
    )


# --- runs without resampling ----------------------------------------------------------------------

Path = tuple[tuple[int, ...], Fraction, Fraction]
"""States visited (shorter than T + 1 when no move was left), probability, accumulated weight."""


def weighted_paths(model: Model, twist: Twist, algorithm: str) -> list[Path]:
    """Every path of the proposal with its weight, normalised so that E[weight] = Z: `sis`, `sis-guided` (also MH's),
    `weighted-of-n`."""
    instance = Instance.of(model, twist)
    last = instance.horizon - 1
    paths: list[Path] = [((0,), Fraction(1), Fraction(1) if algorithm == "weighted-of-n" else instance.value[0][0])]
    for t in range(instance.horizon):
        longer: list[Path] = []
        for path, chance, weight in paths:
            x = path[-1]
            if len(path) <= t:  # stopped before
                longer.append((path, chance, weight))
            elif algorithm == "weighted-of-n":
                for y, p, psi in instance.rows[t][x]:
                    longer.append(((*path, y), chance * p, weight * psi * (instance.value[-1][y] if t == last else 1)))
            elif not instance.value[t][x] or not (instance.backed_up(t, x) or algorithm == "sis"):
                longer.append((path, chance, Fraction(0)))
            elif algorithm == "sis":
                longer += [((*path, y), chance * p, weight * g) for y, p, g in instance.reference_move(t, x)]
            else:
                rho = instance.backed_up(t, x) / instance.value[t][x]
                longer += [((*path, y), chance * p, weight * rho) for y, p in instance.guided_move(t, x)]
        paths = longer
    return paths


def independent(model: Model, twist: Twist, particles: int, algorithm: str) -> Outcome:
    """N independent weighted paths; one is output in proportion to its weight; Zhat is the mean weight."""
    law, dead = [Fraction(0)] * len(model.reward), Fraction(0)
    first = second = Fraction(0)
    for drawn in product(weighted_paths(model, twist, algorithm), repeat=particles):
        chance, total = Fraction(1), Fraction(0)
        for _, p, weight in drawn:
            chance *= p
            total += weight
        first += chance * total / particles
        second += chance * (total / particles) ** 2
        if not total:
            dead += chance
        for path, _, weight in drawn:
            if weight:
                law[path[-1]] += chance * weight / total
    return Outcome(law, dead, first, second)


def metropolis(paths: list[Path], proposals: int) -> list[Fraction]:
    """Law over `paths` of independent MH after `proposals` proposals: the first is the start, each later one is
    accepted with probability min(1, weight'/weight); a path of weight zero gives way to anything."""
    law = [p for _, p, _ in paths]
    for _ in range(proposals - 1):
        following = [Fraction(0)] * len(paths)
        for i, (_, _, current) in enumerate(paths):
            for j, (_, p, weight) in enumerate(paths):
                accept = min(Fraction(1), weight / current) if current else Fraction(1)
                following[j] += law[i] * p * accept
                following[i] += law[i] * p * (1 - accept)
        law = following
    return law
