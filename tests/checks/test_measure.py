"""What a report measures, again by enumeration that shares no code with the engines: laws, moments, and distances to the target."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.measure import Measured, guided_tv, importance_chi_square, quick_law, target_chi_square
from smc.errors import TooLarge
from smc.exact.clouds import cloud_moments
from smc.samplers import find, resampled
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import from_mappings
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


def one_step(**reward):
    """From the root to leaves of the rewards given, each as likely, under a reward model that is right on average."""
    moves = [("root", leaf, Fraction(1, len(reward))) for leaf in reward]
    model = Model.from_edges([["root"], list(reward)], [moves], reward)
    return analyse(model, from_mappings(model, [{"root": Fraction(sum(reward.values()), len(reward))}]))


def test_moments_by_hand():
    """Weights 3/2 and 1/2, pi = (3/4, 1/4). Two particles: U = 3/2, 1, 1/2 with nu(a) = 1, 3/4, 0 in 1, 2, 1 of four runs, so
    m_j(a) = (3/2)^j/4 + 3/8 and m_j(b) = (1/2)^j/4 + 1/8. One particle: m_j(a) = (3/2)^j/2, m_j(b) = (1/2)^j/2."""
    F, pair = Fraction, Measured(one_step(a=3, b=1), find("naive"), 2)
    assert fractions([pair.second_moment_ratio, pair.total_variation]) == [F(9, 8), F(1, 8)]
    assert [fractions(m) for m in pair.answer_moments] == [[F(3, 4), F(1, 4)], [F(15, 16), F(3, 16)]]
    assert {name: fractions(m) for name, m in pair.four_moments.items()} == {
        "third": [F(39, 32), F(5, 32)],
        "fourth": [F(105, 64), F(9, 64)],
        # (m_1 m_4 - m_2 m_3)/d and (m_2^2 - m_1 m_3)/d, d = m_2 m_4 - m_3^2 = 27/512 and 1/512
        "alpha": [F(5, 3), 3],
        "beta": [F(-2, 3), -2],
    }
    alone = pair.at(1).four_moments  # the moments of one point: alpha = m_1/m_2
    assert {name: fractions(m) for name, m in alone.items()} == {
        "third": [F(27, 16), F(1, 16)],
        "fourth": [F(81, 32), F(1, 32)],
        "alpha": [F(2, 3), 2],
        "beta": [0, 0],
    }


def test_a_leaf_without_a_reward_has_no_mass():
    """Weights 3/2, 3/2, 0: one particle dies in a run of three. A walk draws its next leaf from the target, whatever the last one was."""
    constants, third = one_step(a=1, b=1, lost=0), Fraction(1, 3)
    run = Measured(constants, find("naive"), 1)
    assert fractions([*run.output.law, run.output.dead]) == [third, third, 0, third]
    a, b, lost, dead = (*(balls := Measured(constants, find("naive"), 1, bits=64).output).law, balls.dead)
    assert lost == 0 and all((3 * p).overlaps(flint.arb(1)) for p in (a, b, dead))
    assert Measured(constants, find("backtracking"), 1).relaxation_time == 1


def test_a_law_is_quick_or_refused():
    run = Measured(worked_a(), find("naive"), 1)
    law = quick_law(run)
    assert law(3) == run.at(3).total_variation
    with pytest.raises(TooLarge, match=r"about .* seconds"):
        law(100_000)
    clouds = quick_law(Measured(worked_a(), resampled(find("naive"), "systematic"), 1))
    with pytest.raises(TooLarge, match=" clouds"):
        clouds(100)


def test_another_scheme_has_its_own_second_moment():
    """Not that of pairs under multinomial resampling."""
    c = worked_a()
    other = Measured(c, resampled(find("naive"), "stratified"), 2)
    found = cloud_moments(other.process, 2).second_moment / c.normaliser**2
    assert other.second_moment_ratio == found < Measured(c, find("naive"), 2).second_moment_ratio
