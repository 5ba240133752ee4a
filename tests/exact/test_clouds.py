"""Laws under resampling schemes (S16) against every vector of ancestors, and the two counterexamples that bound what holds for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from smc.errors import InputError, TooLarge
from smc.exact import output_law, second_moment
from smc.exact.clouds import cloud_moments, most_clouds
from smc.formats import load
from smc.numbers import ONE, ZERO, Rational
from smc.samplers import particle_process
from smc.samplers.resampling import (
    MULTINOMIAL,
    SCHEMES,
    SYSTEMATIC,
    Resampling,
    infinity_effective_sample_size,
)
from smc.setting.analysis import analyse, true_value
from smc.setting.model import Edge, Model
from smc.setting.twist import twist as steered
from smc.testing import nasty_instances
from tests.effort import effort
from tests.exact import enumeration_schemes as oracle
from tests.exact.random_models import fractions, graphs, trees, twisted

DUE = [
    ((None,), oracle.always),
    ((Rational(1, 2),), oracle.ess_below(Fraction(1, 2))),
    ((Rational(1, 2), infinity_effective_sample_size), oracle.infinity_ess_below(Fraction(1, 2))),
]
"""Rules of resampling, and the oracle's."""
THRESHOLDS = [Rational(k, 8) for k in (0, 3, 4, 6, 7, 8, 9)]
CASES = Path(__file__).parents[1] / "cases"


def compare(model, twist, particles, resampling, due):
    found = cloud_moments(replace(particle_process(model, twist, "naive"), resampling=resampling), particles)
    law, first, second, dead = oracle.run(model, twist, particles, oracle.SCHEMES[resampling.scheme.name], due)
    assert fractions(found.law) == law
    assert fractions([found.dead]) == [dead]
    assert fractions(found.first) == first
    assert fractions(found.second) == second
    assert found.normaliser == true_value(model)[0][0], "E[Zhat] = Z for every scheme and every rule"


@pytest.mark.by_turn
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@settings(deadline=None, max_examples=effort(500, sample=16))
@given(data=st.data())
def test_law_and_normaliser_equal_enumeration_of_all_ancestors(scheme, data):
    model, twist = data.draw(twisted(trees(max_children=2) | graphs()))
    particles = data.draw(st.integers(1, 3 if max(model.sizes) <= 4 else 2))
    compare(model, twist, particles, Resampling(scheme), oracle.always)


@pytest.mark.by_turn
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@settings(deadline=None, max_examples=effort(500, sample=16))
@given(data=st.data())
def test_adaptive_law_and_normaliser_equal_enumeration_of_all_ancestors(scheme, data):
    model, twist = data.draw(twisted(trees(max_children=2) | graphs()))
    particles = data.draw(st.integers(1, 3 if max(model.sizes) <= 4 else 2))
    theta = data.draw(st.sampled_from(THRESHOLDS))
    threshold = Fraction(int(theta.numerator), int(theta.denominator))
    if data.draw(st.booleans()):
        compare(model, twist, particles, Resampling(scheme, theta), oracle.ess_below(threshold))
    else:
        rule = Resampling(scheme, theta, infinity_effective_sample_size)
        compare(model, twist, particles, rule, oracle.infinity_ess_below(threshold))


@pytest.mark.by_turn
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@settings(deadline=None, max_examples=effort(500, sample=25))
@given(data=st.data())
def test_nasty_cases_equal_enumeration_of_all_ancestors(scheme, data):
    """Ties, zero rewards, one particle, runs that die whole, ends, weights beyond doubles."""
    instance = data.draw(nasty_instances(max_horizon=2, max_particles=2))
    rule, due = data.draw(st.sampled_from(DUE))
    compare(instance.model, instance.twist, instance.particles, Resampling(scheme, *rule), due)


@pytest.mark.by_turn
def test_nasty_cases_are_what_they_are_called():
    """Counts over 200 of them: no case of the issue is missing."""
    counts: Counter[str] = Counter()

    @seed(14)
    @settings(max_examples=200, database=None, deadline=None)
    @given(nasty_instances(max_horizon=2, max_particles=2))
    def count(instance):
        found = cloud_moments(particle_process(instance.model, instance.twist, "naive"), instance.particles)
        counts.update(
            {
                "zero reward": not all(instance.model.reward),
                "one particle": instance.particles == 1,
                "a run may die whole": found.dead > 0,
                "it dies in half of all runs or more": 2 * found.dead >= 1,
                "equal values and rewards": all(len(set(v)) == 1 for v in instance.twist.values),
                "weights beyond doubles": instance.model.name == "far",
                "early ends": instance.model.name == "end",
            }
        )

    count()
    assert min(counts.values()) >= 10, counts


@settings(deadline=None, max_examples=effort(150))
@given(data=st.data())
def test_multinomial_after_every_step_is_the_law_of_the_occupancy_engine(data):
    model, twist = data.draw(twisted(trees() | graphs()))
    process, particles = particle_process(model, twist, "naive"), data.draw(st.integers(1, 3))
    found = cloud_moments(replace(process, resampling=Resampling()), particles)
    assert found.output == output_law(process, particles)
    assert found.second_moment == second_moment(process, particles)


@pytest.mark.parametrize(("particles", "adaptive"), [(2, "1597/11340"), (3, "5641819/55135080")])
def test_resampling_below_half_the_effective_sample_size_is_another_law(particles, adaptive):
    """A case from outside: a loop that resamples where ESS < N/2, as many libraries do, is not the loop that `check` runs."""
    source = load(str(CASES / "adaptive_resampling_unsaid.json"))
    model, twist = source.model, source.twist("file")
    process, target = particle_process(model, twist, "naive"), analyse(model, twist).target
    found = cloud_moments(replace(process, resampling=Resampling(threshold=Rational(1, 2))), particles)
    assert found.output.total_variation(target) == Rational(adaptive)
    assert found.normaliser == Rational(7, 16)
    assert found.output.total_variation(target) != output_law(process, particles).total_variation(target)


weights = st.lists(st.integers(0, 6), min_size=1, max_size=7).filter(any)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@given(whole=weights)
def test_schemes_are_unbiased_and_keep_the_number_of_particles(scheme, whole):
    shares = [Rational(w, sum(whole)) for w in whole]
    pieces = scheme.pieces(shares)
    assert sum(p for p, _ in pieces) == 1
    for _, slots in pieces:
        assert len(slots) == len(whole)
        assert all(sum(slot.values()) == 1 and all(p > 0 for p in slot.values()) for slot in slots)
    for i, share in enumerate(shares):
        assert sum(p * slot.get(i, ZERO) for p, slots in pieces for slot in slots) == len(whole) * share


def layered(layers, edges, reward, values):
    """A model and a reward model from whole numbers and text: edges[t][x] = {y: probability}."""
    steps = tuple(tuple(tuple(Edge(y, Rational(p), ONE) for y, p in row.items()) for row in step) for step in edges)
    model = Model(layers, steps, tuple(map(Rational, reward)))
    return model, steered(model, values)


def s12_ratio(found, c, particles, y):
    """(`beta out(y)/pi(y)`, `E[U G(y)] / (beta pi(y))`) with `beta = prod (1 + (b_p - 1)/particles)`: S12 says >= 1 and <= 1."""
    beta = ONE
    for b in c.b:
        beta *= 1 + (b - 1) / particles
    return beta * found.law[y] / c.target[y], found.second[y] / c.normaliser**2 / (beta * c.target[y])


def test_ess_threshold_refutes_s12_with_theta_n_particles():
    """S16.2: N = 8, theta = 1/2; infinity-ESS keeps it (S16.1)."""
    rare = Rational(1, 10_000)
    model, twist = layered(
        (("o",), ("R", "S"), ("y", "n", "s")),
        [[{0: rare, 1: 1 - rare}], [{0: Rational(1, 30), 1: Rational(29, 30)}, {2: ONE}]],
        (120, 0, 1), ((1,), (4, 1)),
    )  # fmt: skip
    process, c, theta = particle_process(model, twist, "naive"), analyse(model, twist), Rational(1, 2)
    low, high = s12_ratio(cloud_moments(replace(process, resampling=Resampling(MULTINOMIAL, theta)), 8), c, 4, 0)
    assert Rational(9095, 10_000) < low < Rational(9097, 10_000)
    assert Rational(10_993, 10_000) < high < Rational(10_995, 10_000)
    rule = Resampling(MULTINOMIAL, theta, infinity_effective_sample_size)
    low, high = s12_ratio(cloud_moments(replace(process, resampling=rule), 8), c, 4, 0)
    assert low >= 1 >= high


def light_and_heavy(light, probability, value, reward):
    """One draw between a light state B and a heavy one, then no moves: S16.4's models."""
    return layered(
        (("o",), ("B", "A"), ("b", "a")),
        [[{0: Rational(probability), 1: 1 - Rational(probability)}], [{0: ONE}, {1: ONE}]],
        reward, ((1,), (light, value)),
    )  # fmt: skip


@pytest.mark.by_turn
def test_systematic_resampling_refutes_s12():
    """S16.4: the second level at N = 12."""
    model, twist = light_and_heavy("1/100000", "1/3", 1, ("30/100000", 1))
    process, c = particle_process(model, twist, "naive"), analyse(model, twist)
    _, high = s12_ratio(cloud_moments(replace(process, resampling=Resampling(SYSTEMATIC)), 12), c, 12, 0)
    assert Rational(1109, 1000) < high < Rational(1111, 1000)


def light_offspring(particles, heavy):
    """Law of (number of light particles, number of their systematic offspring) in S16.4's model, weights 1 and `heavy`, P(light) = 1/3.

    Every order of light and heavy particles, in whole numbers: in units of 1/(N S), S the sum of weights, a light interval has length N and
    the uniform is one of S offsets. Nothing of the exact engine.
    """
    law: dict[tuple[int, int], Fraction] = {}
    for light in range(particles + 1):
        orders = np.array(list(combinations(range(particles), light)), np.int64).reshape(comb(particles, light), light)
        total = light + heavy * (particles - light)
        rank = np.arange(light)
        start = particles * (rank + heavy * (orders - rank)) % total
        # the line of offsets with its turn cut open: an interval over the end begins anew at 0
        ends = start + particles
        over = np.maximum(ends - total, 0)
        marks = np.concatenate([start, np.minimum(ends, total), np.zeros_like(over), over], axis=1)
        jumps = np.concatenate(
            [np.ones_like(start), -np.ones_like(start), np.ones_like(over), -np.ones_like(over)], axis=1
        )
        order = np.argsort(marks, axis=1, kind="stable")
        marks, jumps = np.take_along_axis(marks, order, axis=1), np.take_along_axis(jumps, order, axis=1)
        covered = np.cumsum(jumps, axis=1)
        lengths = np.diff(np.concatenate([marks, np.full((len(orders), 1), total)], axis=1), axis=1)
        chance = Fraction(2 ** (particles - light), 3**particles)
        rest = total * len(orders)
        for offspring in range(1, light + 1):
            mass = int(lengths[covered == offspring].sum())
            rest -= mass
            if mass:
                law[light, offspring] = chance * Fraction(mass, total)
        law[light, 0] = chance * Fraction(rest, total)
    return law


def s16_4(particles):
    """(`beta out(B)/pi(B)`, `E[U G(B)] / (beta pi(B))`) of S16.4's counterexample, by `light_offspring`."""
    model, twist = light_and_heavy("1/100000", "1/3", 1, ("30/100000", 1))
    c = analyse(model, twist)
    beta = Fraction(1)
    for b in fractions(c.b):
        beta *= 1 + (b - 1) / particles
    z, pi = fractions([c.normaliser, c.target[0]])
    out = second = Fraction(0)
    for (light, offspring), p in light_offspring(particles, 100_000).items():
        first = Fraction(light + 100_000 * (particles - light), 100_000 * particles)
        mean = Fraction(30 * offspring + particles - offspring, particles)
        out += p * 30 * offspring / particles / mean
        second += p * first**2 * mean * 30 * offspring / particles
    return beta * out / pi, second / z**2 / (beta * pi)


def test_systematic_offspring_in_whole_numbers_are_those_of_the_engine():
    model, twist = light_and_heavy("1/100000", "1/3", 1, ("30/100000", 1))
    process, c = particle_process(model, twist, "naive"), analyse(model, twist)
    for particles in (1, 2, 5, 8):
        found = cloud_moments(replace(process, resampling=Resampling(SYSTEMATIC)), particles)
        assert list(s16_4(particles)) == fractions(s12_ratio(found, c, particles, 0))


@pytest.mark.by_turn
def test_systematic_resampling_refutes_s12_for_the_output():
    """S16.4: at N = 18 the output itself falls below `pi/beta`, by 0.9956; all 2^18 orders."""
    low, high = s16_4(18)
    assert Fraction(99555, 100_000) < low < Fraction(99565, 100_000) and high > 1


def test_systematic_resampling_can_exceed_the_variance_of_multinomial():
    """S16.4: N = 4, .5132 > .4681."""
    model, twist = light_and_heavy(1, "1/4", 100, (30, 100))
    process, z = particle_process(model, twist, "naive"), analyse(model, twist).normaliser
    variance = {
        s.name: cloud_moments(replace(process, resampling=Resampling(s)), 4).second_moment / z**2 - 1
        for s in SCHEMES.values()
    }
    assert Rational(5131, 10_000) < variance["systematic"] < Rational(5133, 10_000)
    assert Rational(4680, 10_000) < variance["multinomial"] < Rational(4682, 10_000)


@pytest.mark.by_turn
def test_what_does_not_fit_is_refused_before_it_is_enumerated():
    model, twist = light_and_heavy(1, "1/4", 100, (30, 100))
    process = particle_process(model, twist, "naive")
    with pytest.raises(TooLarge, match="clouds at step 1"):
        cloud_moments(replace(process, resampling=Resampling(SYSTEMATIC)), 40)
    assert cloud_moments(replace(process, resampling=Resampling(MULTINOMIAL)), 40).dead == 0, "sorted clouds are few"
    with pytest.raises(InputError):
        Resampling(threshold=Rational(-1))


def diamond(horizon):
    """The root leads to a and b, each of these to y and z, y to u and v, z to u; all weights are 1. So many steps of it."""
    layers = (("o",), ("a", "b"), ("y", "z"), ("u", "v"))[: horizon + 1]
    half = {0: "1/2", 1: "1/2"}
    edges = [[half], [half, half], [half, {0: 1}]][:horizon]
    return particle_process(*layered(layers, edges, (1, 1), ((1,), (1, 1), (1, 1))[:horizon]), "naive")


def test_how_many_clouds_there_can_be_by_hand():
    """Of two particles C(k + 1, 2) multisets or k^2 orders of k kinds: where every step resamples, edges into the layer and the lost one,
    k = 3, 5, 4; where weights are carried, paths, k = 3, 5, 7, and the clouds of every time of the last resampling, 3 at the end."""
    for rule, most in [
        (Resampling(), 15),
        (Resampling(threshold=ONE), 15),
        (Resampling(SYSTEMATIC), 25),
        (Resampling(threshold=Rational(1, 2)), 3 * 28),
        (Resampling(SYSTEMATIC, Rational(1, 2)), 3 * 49),
    ]:
        assert most_clouds(replace(diamond(3), resampling=rule), 2) == most, rule


@pytest.mark.parametrize(
    ("scheme", "horizon", "successors"),
    [
        (MULTINOMIAL, 3, {1: 3, 2: 9}),  # three multisets from the root, three from each of aa, ab, bb
        (SYSTEMATIC, 3, {1: 4, 2: 16}),  # in order: four, and four from each of four
        (SYSTEMATIC, 2, {1: 4, 2: 9}),  # the order of the last cloud does not matter
    ],
)
def test_what_is_refused_is_counted_before_it_is_enumerated(scheme, horizon, successors):
    process = replace(diamond(horizon), resampling=Resampling(scheme))
    for step, count in successors.items():
        with pytest.raises(TooLarge, match=f" {count} clouds at step {step}, more than {count - 1};"):
            cloud_moments(process, 2, most=count - 1)
    assert cloud_moments(process, 2, most=max(successors.values())).dead == 0
