"""Enclosures on thousands of random models: the exact total variation and every terminal probability inside, how wide they are beside it,
and moments with a planted fault, which must be met by a law outside.

`python -m tests.exact.test_enclosure_survey 5000` prints the survey.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

import pytest

from smc.exact import enclosure as module
from smc.exact import output_law
from smc.exact import particle_moments as engine
from smc.exact.enclosure import Enclosure, enclosure
from smc.exact.moments import means, pair_moments
from smc.exact.particle_moments import coincidence, set_partitions
from smc.numbers import ZERO, Rational
from smc.samplers.process import ParticleProcess
from tests.effort import effort
from tests.exact.random_processes import processes

SEED = 1000
TENTHS = (1, 5, 9)


def models(count: int, seed: int = SEED) -> Iterator[tuple[ParticleProcess, int]]:
    """Processes of positive normaliser, each with a number of particles from 1 to 4."""
    rng = random.Random(seed)
    left = count
    for made in processes(seed, 2 * count + 20, most_cells=5, horizon=4, states=3):
        particles = rng.randint(1, 4)
        if left and any(means(made)):
            left -= 1
            yield made, particles


def outside(found: Enclosure, made: ParticleProcess, law) -> list[str]:
    """What the enclosure says wrongly of the exact law: nothing, if all is well."""
    first = means(made)
    pi = [m / sum(first, ZERO) for m in first]
    wrong = []
    if not found.tv_lower <= law.total_variation(pi) <= found.tv_upper:
        wrong.append("tv")
    if law.dead > found.dead_upper:
        wrong.append("dead")
    for state, p in enumerate(law.law):
        low, high = found.probability(state)
        if not low <= p <= high:
            wrong.append("probability")
    return wrong


class Survey:
    """What `count` models say. widths: width / TV by level, where TV is positive."""

    def __init__(self, count: int) -> None:
        self.models = self.probabilities = 0
        self.wrong: Counter[str] = Counter()
        self.widths: dict[int, list[float]] = {2: [], 4: []}
        for made, particles in models(count):
            law = output_law(made, particles)
            self.models += 1
            self.probabilities += len(law.law)
            for level, widths in self.widths.items():
                found = enclosure(made, particles, level=level)
                self.wrong.update(outside(found, made, law))
                first = means(made)
                tv = law.total_variation([m / sum(first, ZERO) for m in first])
                if tv:
                    widths.append(float((found.tv_upper - found.tv_lower) / tv))

    def lines(self) -> list[str]:
        """The survey as text."""
        said = [
            f"{self.models:,} models, {self.probabilities:,} terminal probabilities: {sum(self.wrong.values())} outside"
        ]
        for level, widths in self.widths.items():
            tenths = statistics.quantiles(widths, n=10)
            shown = ", ".join(f"{tenths[k - 1]:.3g}" for k in TENTHS)
            said.append(f"level {level}: width / TV at 10, 50 and 90 % of {len(widths):,} models: {shown}")
        return said


def _one_coefficient(particles: int, places: int, blocks: int) -> Rational:
    """Four places in three blocks get half of N (N-1) (N-2)/N^4."""
    right = coincidence(particles, places, blocks)
    return right / 2 if (places, blocks) == (4, 3) else right


def _more_particles(particles: int, places: int, blocks: int) -> Rational:
    """N for N - 1, which makes the picks those of one particle more."""
    return coincidence(particles + 1, places, blocks)


def _dropped(places: int) -> list:
    """The partition {0,3},{1,2} left out."""
    return [blocks for blocks in set_partitions(places) if blocks != ((0, 3), (1, 2))]


def _more_pairs(made: ParticleProcess, particles: int, *rest: object) -> tuple[Rational, ...]:
    """N for N - 1 in the pair recursion: the picks of one particle more."""
    del rest
    return pair_moments(made, particles + 1)


FAULTS: dict[str, tuple[int, Callable[[], AbstractContextManager]]] = {
    "one coalescence coefficient": (4, lambda: patch.object(engine, "coincidence", _one_coefficient)),
    "a dropped partition": (4, lambda: patch.object(engine, "set_partitions", _dropped)),
    "N for N - 1, level four": (4, lambda: patch.object(engine, "coincidence", _more_particles)),
    "N for N - 1, level two": (2, lambda: patch.object(module, "pair_moments", _more_pairs)),
}


def refuted(level: int, fault: Callable[[], AbstractContextManager], count: int) -> int:
    """On how many of `count` models a law is outside of the enclosure that the fault makes, or the fault makes none."""
    met = 0
    for made, particles in models(count):
        law = output_law(made, particles)
        with fault():
            try:
                met += bool(outside(enclosure(made, particles, level=level), made, law))
            except ArithmeticError:
                met += 1
    return met


def test_every_law_is_inside() -> None:
    survey = Survey(effort(5000, sample=150))
    assert not survey.wrong, survey.wrong
    assert survey.models == effort(5000, sample=150) and survey.probabilities > survey.models
    two, four = (statistics.median(widths) for widths in survey.widths.values())
    assert four < two


@pytest.mark.by_turn
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault: str) -> None:
    assert refuted(*FAULTS[fault], effort(5000, sample=150)) > 0


def test_without_a_fault_nothing_is_caught() -> None:
    assert refuted(4, nullcontext, 20) == refuted(2, nullcontext, 20) == 0


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    print(*Survey(wanted).lines(), sep="\n")
    for name, (level, fault) in FAULTS.items():
        print(f"{name}: outside on {refuted(level, fault, wanted):,} of {wanted:,} models")
