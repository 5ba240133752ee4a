"""Moments of several particles (S10, S11) against every cloud and the pair recursion, balls against rationals; planted faults."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from smc.exact import particle_moments as engine
from smc.exact.moments import PairRecursion, _by_functions, _by_pairs, means, pair_moment_balls, pair_moments
from smc.exact.particle_moments import coincidence, particle_moment_balls, particle_moments, set_partitions
from smc.numbers import ONE, Rational, ball
from smc.samplers import particle_process
from smc.setting.model import Model
from smc.setting.twist import from_mappings, perfect
from tests.exact.cloud_moments import cloud_moments
from tests.exact.random_processes import processes


def fractions(values) -> list[Fraction]:
    return [Fraction(int(v.numerator), int(v.denominator)) for v in values]


def small(seed: int, count: int):
    """Processes whose clouds can be listed, with a number of particles each."""
    rng = random.Random(seed)
    for made in processes(seed, count, most_cells=4, horizon=3, states=2):
        yield made, rng.choice([1, 2, 3])


@pytest.mark.parametrize("seed", range(400, 404))
def test_moments_equal_those_over_all_clouds(seed: int) -> None:
    """200 processes, N <= 3, zero weights and deaths included."""
    for made, particles in small(seed, 50):
        truth = cloud_moments(made, particles)
        assert fractions(means(made)) == [row[0] for row in truth]
        assert fractions(pair_moments(made, particles)) == [row[1] for row in truth]
        for order in range(1, 5):
            assert fractions(particle_moments(made, particles, order)) == [row[order - 1] for row in truth]


def test_moments_equal_the_pair_recursion_at_any_size() -> None:
    rng = random.Random(1)
    for made in processes(1, 200, most_cells=20, horizon=4, states=4):
        particles = rng.choice([1, 2, 7, 10**6, 10**19])
        assert particle_moments(made, particles, 2) == pair_moments(made, particles)


def test_balls_contain_the_exact_moments_and_are_small() -> None:
    rng = random.Random(2)
    for made in processes(2, 100, most_cells=20, horizon=4, states=4):
        particles = rng.choice([1, 2, 7, 10**6, 10**19])
        pairs = zip(pair_moments(made, particles), pair_moment_balls(made, particles), strict=True)
        fours = zip(particle_moments(made, particles, 4), particle_moment_balls(made, particles, 4), strict=True)
        for exact, enclosed in (*pairs, *fours):
            assert enclosed.overlaps(ball(exact, 300))
            assert enclosed.rad() <= ball(exact / 2**30, 100)


@pytest.mark.parametrize("method", [_by_functions, _by_pairs])
def test_pairs_by_hand(method) -> None:
    """Weights 3/2 and 1/2, each of chance 1/2: `E[Zhat^2 nu] = apart (3/4, 1/4) + same (9/8, 1/8)`, apart + same = 1 for one N."""
    model = Model.from_edges([["o"], ["a", "b"]], [[("o", "a", "1/2"), ("o", "b", "1/2")]], {"a": 3, "b": 1})
    pairs = PairRecursion(particle_process(model, from_mappings(model, [{"o": 2}]), "naive"))
    pairs._method, z = method, 2  # Zhat starts at V = 2
    assert pairs.moments(ONE / 2, ONE / 2) == tuple(z * z * m for m in (Rational(15, 16), Rational(3, 16)))
    low, high = pairs.between(2, 4)  # weights 1/2 and 1/4, 3/4 and 1/2
    assert low == tuple(z * z * m for m in (Rational(21, 32), Rational(5, 32)))
    assert high == tuple(z * z * m for m in (Rational(9, 8), Rational(1, 4)))
    assert pairs.between(3, 3) == (pairs.moments(2 * ONE / 3, ONE / 3),) * 2


@pytest.mark.parametrize("method", [_by_functions, _by_pairs])
def test_the_share_done_is_told_after_every_step(method) -> None:
    steps = [[("o", "a", 1)], [("a", "b", 1)], [("b", "c", 1)]]
    model = Model.from_edges([["o"], ["a"], ["b"], ["c"]], steps, {"c": 1})
    process, told, thirds = particle_process(model, perfect(model), "naive"), [], [1 / 3, 2 / 3, 1]
    pairs = PairRecursion(process)
    pairs._method = method
    assert pairs.moments(ONE / 2, ONE / 2, told.append) == (1,) and told == thirds
    assert particle_moments(process, 2, 3, told.append) == (1,) and told == 2 * thirds


def test_set_partitions_are_bells_and_their_chances_sum_to_one() -> None:
    assert [len(set(set_partitions(places))) for places in range(1, 6)] == [1, 2, 5, 15, 52]
    for particles in (1, 2, 3, 4, 5, 1000):
        for places in range(1, 5):
            chances = [coincidence(particles, places, len(blocks)) for blocks in set_partitions(places)]
            assert sum(chances) == 1 and min(chances) >= 0


def _wrong_pairs(particles: int, places: int, blocks: int) -> Rational:
    """Three blocks of four places get N (N-1)^2 in place of N (N-1) (N-2)."""
    right = coincidence(particles, places, blocks)
    return Rational(particles * (particles - 1) ** 2, particles**4) if (places, blocks) == (4, 3) else right


def _picks_without_collision(particles: int, places: int, blocks: int) -> Rational:
    """N for N - 1."""
    return coincidence(particles + 1, places, blocks) * Rational(particles + 1, particles) ** places


def _dropped(places: int):
    """The partition {0,3},{1,2} left out."""
    return [blocks for blocks in set_partitions(places) if blocks != ((0, 3), (1, 2))]


FAULTS = {
    "one coefficient": ("coincidence", _wrong_pairs),
    "N for N - 1": ("coincidence", _picks_without_collision),
    "a dropped partition": ("set_partitions", _dropped),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_the_clouds(fault: str, monkeypatch) -> None:
    monkeypatch.setattr(engine, *FAULTS[fault])
    assert any(
        fractions(particle_moments(made, particles, 4)) != [row[3] for row in cloud_moments(made, particles)]
        for made, particles in small(400, 50)
    )
