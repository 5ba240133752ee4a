"""What a report measures, again by enumeration that shares no code with the engines: laws, moments, and distances to the target."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.measure import Measured, guided_tv, importance_chi_square, target_chi_square
from smc.samplers import find
from smc.setting.analysis import analyse
from tests.effort import effort
from tests.exact import enumeration as oracle
from tests.exact.random_models import fractions, graphs, trees, twisted
from tests.setting.test_constants import paths, worked_a, worked_b

RUNS = {"naive": oracle.naive, "adapted": oracle.adapted}


def aim(model) -> list[Fraction]:
    """pi on terminal states, from the paths."""
    found = [Fraction(0)] * len(model.reward)
    for states, _, mass in paths(model):
        if len(states) == model.horizon + 1:
            found[states[-1]] += mass * fractions([model.reward[states[-1]]])[0]
    return [mass / sum(found) for mass in found]


def distance(law, to, lost=Fraction(0)) -> Fraction:
    return (sum(abs(p - q) for p, q in zip(law, to, strict=True)) + lost) / 2


@pytest.mark.parametrize("algorithm", RUNS)
@settings(deadline=None, max_examples=effort(200, sample=20))
@given(data=st.data())
def test_runs_with_resampling(algorithm, data):
    model, twist = data.draw(twisted(st.one_of(trees(max_children=2), graphs())))
    c = analyse(model, twist)
    first = Measured(c, find(algorithm), 1)
    for particles in (1, 2, 3):
        measured, expected = first.at(particles), RUNS[algorithm](model, twist, particles)
        assert fractions(measured.output.law) == expected.law and fractions([measured.output.dead]) == [expected.dead]
        assert fractions([measured.second_moment_ratio]) == [expected.second / expected.first**2]
        assert fractions([measured.total_variation]) == [distance(expected.law, aim(model), expected.dead)]


@settings(deadline=None, max_examples=effort(200, sample=25))
@given(run=twisted(st.one_of(trees(), graphs())))
def test_independent_runs_and_the_guided_particle(run):
    model, twist = run
    c = analyse(model, twist)
    weighted = oracle.weighted_paths(model, twist, "sis-guided")
    mean = sum(p * weight for _, p, weight in weighted)
    assert fractions([importance_chi_square(c)]) == [sum(p * weight**2 for _, p, weight in weighted) / mean**2 - 1]
    sis = Measured(c, find("sis"), 2)
    expected = oracle.independent(model, twist, 2, "sis")
    assert fractions([sis.second_moment_ratio]) == [expected.second / expected.first**2]
    assert fractions([sis.total_variation]) == [distance(expected.law, aim(model), expected.dead)]
    values = [fractions(layer) for layer in twist.values]
    law, mass = {0: Fraction(1)}, {0: Fraction(1)}
    for t, step in enumerate(model.edges):
        moved: dict[int, Fraction] = {}
        heavier: dict[int, Fraction] = {}
        for x in mass:
            row = [(e.target, *fractions([e.probability, e.potential])) for e in step[x]]
            backed = sum(p * psi * values[t + 1][y] for y, p, psi in row)
            for y, p, psi in row:
                heavier[y] = heavier.get(y, 0) + mass[x] * p * psi
                if backed and x in law:
                    moved[y] = moved.get(y, 0) + law[x] * p * psi * values[t + 1][y] / backed
        law, mass = moved, heavier
        total = sum(m * values[t + 1][y] for y, m in mass.items())
        every = range(model.sizes[t + 1])
        twisted_aim = [mass.get(y, Fraction(0)) * values[t + 1][y] / total for y in every]
        here = [law.get(y, Fraction(0)) for y in every]
        assert fractions([guided_tv(c)[t]]) == [distance(here, twisted_aim, 1 - sum(here))]
        assert target_chi_square(c, t + 1) == c.chi_square[t + 1]


@pytest.mark.parametrize("particles", [1, 2, 3])
@pytest.mark.parametrize("worked", [worked_a, worked_b])
def test_answer_moments(worked, particles):
    """`E[(Zhat/Z)^2 nu(y)]` over every run of naive SMC, particle by particle."""
    c = worked()
    values = [fractions(layer) for layer in c.twist.values]
    clouds = {(0,) * particles: values[0][0] ** 2}  # cloud -> E[Zhat^2; cloud]
    found = [Fraction(0)] * len(c.model.reward)
    for t, step in enumerate(c.model.edges):
        following: dict[tuple[int, ...], Fraction] = {}
        for cloud, mass in clouds.items():
            rows = [[(x, e.target, *fractions([e.probability, e.potential])) for e in step[x]] for x in cloud]
            for moves in product(*rows):
                chance, weights = mass, []
                for x, y, p, psi in moves:
                    chance *= p
                    weights.append(psi * values[t + 1][y] / values[t][x])
                total = sum(weights)
                if not total or not chance:
                    continue
                chance *= (total / particles) ** 2
                share = [(move[1], weight / total) for move, weight in zip(moves, weights, strict=True) if weight]
                if t + 1 == c.model.horizon:
                    for y, q in share:
                        found[y] += chance * q
                    continue
                for drawn in product(share, repeat=particles):
                    part = chance
                    for _, q in drawn:
                        part *= q
                    key = tuple(sorted(y for y, _ in drawn))
                    following[key] = following.get(key, Fraction(0)) + part
        clouds = following
    z = fractions([c.normaliser])[0]
    pi, second = Measured(c, find("naive"), particles).answer_moments
    assert fractions(pi) == [p for p in aim(c.model) if p]
    assert fractions(second) == [m / z**2 for m, p in zip(found, aim(c.model), strict=True) if p]
