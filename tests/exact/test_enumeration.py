"""The exact engine against brute force over every outcome of a run: laws, dead, E[Zhat] and E[Zhat^2], as rationals."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.exact import output_law, second_moment
from smc.samplers import particle_process
from smc.setting.analysis import true_value
from smc.setting.model import prefix_tree
from smc.setting.twist import perfect, with_bellman_error
from tests.effort import effort
from tests.exact import enumeration as oracle
from tests.exact.random_models import fractions, graphs, trees, twisted

RUNS = {"naive": oracle.naive, "adapted": oracle.adapted}


def compare(model, twist, algorithm, particles, clouds):
    process = particle_process(model, twist, algorithm)
    expected = RUNS[algorithm](model, twist, particles, clouds)
    found = output_law(process, particles)
    assert fractions(found.law) == expected.law
    assert fractions([found.dead]) == [expected.dead]
    assert sum(expected.law) + expected.dead == 1
    assert expected.first == fractions([true_value(model)[0][0]])[0], "E[Zhat] = Z"
    assert fractions([second_moment(process, particles)]) == [expected.second]
    return expected


@pytest.mark.parametrize("algorithm", RUNS)
@settings(deadline=None, max_examples=effort(150))
@given(data=st.data())
def test_law_and_normaliser_equal_enumeration_of_multisets_on_trees(algorithm, data):
    model, twist = data.draw(twisted(trees()))
    particles = data.draw(st.integers(1, 4 if max(model.sizes) <= 12 else 3))
    compare(model, twist, algorithm, particles, oracle.MULTISETS)


@pytest.mark.parametrize("algorithm", RUNS)
@settings(deadline=None, max_examples=effort(150))
@given(data=st.data())
def test_law_and_normaliser_equal_enumeration_of_multisets_on_graphs(algorithm, data):
    model, twist = data.draw(twisted(graphs()))
    compare(model, twist, algorithm, data.draw(st.integers(1, 4)), oracle.MULTISETS)


@pytest.mark.parametrize("algorithm", RUNS)
@settings(deadline=None, max_examples=effort(80))
@given(data=st.data())
def test_law_and_normaliser_equal_enumeration_of_ordered_clouds(algorithm, data):
    """Symmetry itself is under test: particles keep their names here. N is cut where ordered clouds exceed some thousands."""
    model, twist = data.draw(twisted(trees() | graphs()))
    particles = data.draw(st.integers(1, 4))
    while particles > 1 and max(model.sizes) ** particles > 4096:
        particles -= 1
    compare(model, twist, algorithm, particles, oracle.TUPLES)


@pytest.mark.nightly
@pytest.mark.parametrize("algorithm", RUNS)
def test_ordered_clouds_of_four_particles_on_27_leaves(algorithm):
    model = widest_tree()
    compare(model, with_bellman_error(model, "1/3", lambda t, i: (i % 3) - 1), algorithm, 4, oracle.TUPLES)


def widest_tree():
    """T = 3, three children everywhere, a zero reward below every second node."""
    return prefix_tree(
        3,
        lambda prefix: {k: Fraction(1 + (k + len(prefix)) % 3, 6) for k in range(3)},
        lambda sequence: (sum(sequence) * 2 + sequence[-1]) % 4,
    )


@pytest.mark.by_turn
@pytest.mark.parametrize("clouds", [oracle.TUPLES, oracle.MULTISETS])
def test_four_particles_on_two_levels_of_three_children(clouds):
    model = prefix_tree(
        2, lambda prefix: {k: Fraction(1 + (k + len(prefix)) % 3, 6) for k in range(3)}, lambda s: (2 * s[0] + s[1]) % 3
    )
    for algorithm in RUNS:
        expected = compare(model, with_bellman_error(model, "1/2"), algorithm, 4, clouds)
        assert bool(expected.dead) == (algorithm == "naive")


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", RUNS)
def test_many_particles_on_three_levels_of_three_children(algorithm):
    """The largest instance: 27 leaves, N = 4 (3 in the everyday run)."""
    model, particles = widest_tree(), effort(4, sample=3)
    compare(model, with_bellman_error(model, "1/3", lambda t, i: (i % 3) - 1), algorithm, particles, oracle.MULTISETS)


def test_doomed_states_make_even_the_adapted_sampler_die():
    """A twist that promises what the process cannot deliver: B V = 0 where V > 0."""
    model = prefix_tree(2, lambda prefix: {0: "1/2", 1: "1/2"}, lambda s: 1 if s[0] == 0 else 0)
    twist = with_bellman_error(model, 0)
    doomed = type(twist)(((twist.values[0][0],), (twist.values[1][0], twist.values[1][0]), twist.values[2]))
    for particles in (1, 2, 3):
        expected = compare(model, doomed, "adapted", particles, oracle.TUPLES)
        assert expected.dead == Fraction(1, 2**particles)


def test_perfect_twist_leaves_the_adapted_sampler_without_bias():
    model = widest_tree()
    found = output_law(particle_process(model, perfect(model), "adapted"), 2)
    weights = [p * r for p, r in zip(_leaf_probabilities(), model.reward, strict=True)]
    assert fractions(found.law) == [Fraction(int(w.numerator), int(w.denominator)) / sum(weights) for w in weights]


def _leaf_probabilities():
    rows = [[Fraction(1 + (k + t) % 3, 6) for k in range(3)] for t in range(3)]
    return [a * b * c for a in rows[0] for b in rows[1] for c in rows[2]]


@pytest.mark.parametrize("algorithm", RUNS)
def test_the_oracle_notices_a_planted_fault(algorithm, monkeypatch):
    """A resampler biased by one part in a hundred must not go unseen."""
    model = prefix_tree(2, lambda prefix: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[1])
    twist = with_bellman_error(model, "1/2")
    process = particle_process(model, twist, algorithm)
    (first, *rest) = process.steps[0][0]
    biased = type(process)(
        algorithm,
        (((first._replace(weight=first.weight * 101 / 100), *rest),), *process.steps[1:]),
        process.sizes,
        process.scale,
    )
    assert fractions(output_law(biased, 2).law) != RUNS[algorithm](model, twist, 2).law


REGIONS = {
    "three children and T = 3": lambda m, v: m.horizon == 3 and any(len(row) == 3 for step in m.edges for row in step),
    "a zero reward that can be reached": lambda m, v: any(
        not m.reward[e.target] for row in m.edges[-1] for e in row if e.probability and e.potential
    ),
    "a zero potential": lambda m, v: any(not e.potential for step in m.edges for row in step for e in row),
    "the adapted sampler may die": lambda m, v: bool(output_law(particle_process(m, v, "adapted"), 1).dead),
    "layers that grow and shrink": lambda m, v: any(a > b for a, b in pairwise(m.sizes)) and m.sizes[-1] > 1,
    "parallel edges": lambda m, v: any(
        len({e.target for e in row}) < len(row) and len({e.potential for e in row}) > 1
        for step in m.edges
        for row in step
    ),
}


@pytest.mark.by_turn
def test_random_models_reach_every_corner():
    """Counted, not assumed: the comparisons above mean little if zero rewards or doomed states never come up."""
    seen: Counter[str] = Counter()

    @settings(deadline=None, max_examples=300, database=None, derandomize=True)
    @given(instance=twisted(trees() | graphs()))
    def collect(instance):
        seen.update(name for name, reached in REGIONS.items() if reached(*instance))

    collect()
    assert not {name: seen[name] for name in REGIONS if seen[name] < 5}, "of 300 random models"
