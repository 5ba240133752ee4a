"""S12: the output law is at least `pi / prod_p (1 + (b_p - 1)/N)`, zero rewards and dead runs allowed, so `TV <= 1 - 1/prod`."""

from __future__ import annotations

from hypothesis import assume, given

from smc.exact import output_law
from smc.exact.moments import pair_moments
from smc.instances.split import split_model
from smc.numbers import INFINITE, ONE, Rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import from_mappings, perfect
from smc.testing import hard_families, instances, layered_models, prefix_trees, product_models
from tests.properties.common import within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S12")


def test_product_models_with_zero_weights(ledger):
    within_bound(ledger, "S12", product_models())


def beta(bounds, particles: int) -> Rational:
    """prod_p (1 + (b_p - 1)/N)."""
    total = ONE
    for b in bounds:
        total *= 1 + (b - 1) / particles
    return total


@given(instances())
def test_density_and_second_moment_of_every_state(instance):
    """out >= pi/beta, and E[(Zhat/Z)^2 nu] <= beta pi."""
    c = instance.constants
    assume(INFINITE not in c.b)
    process, factor = particle_process(instance.model, instance.twist, "naive"), beta(c.b, instance.particles)
    law, second = output_law(process, instance.particles).law, pair_moments(process, instance.particles)
    for out, pi, k in zip(law, c.target, second, strict=True):
        assert pi <= factor * out
        assert k / c.normaliser**2 <= factor * pi


@given(instances(models=prefix_trees(max_horizon=3, max_children=2)))
def test_density_of_every_path(instance):
    """out(z) >= pi(z) / prod_p (1 + (b_p(z) - 1)/N) with b_p(z) of the edges of the path z; b_p is the largest; the average over pi."""
    c, n = instance.constants, instance.particles
    assume(INFINITE not in c.b)
    law = output_law(particle_process(instance.model, instance.twist, "naive"), n).law
    least = [min(u.values()) for u in c.value_ratio]
    paths = {(0,): ()}
    for t, step in enumerate(instance.model.edges):
        values, star = c.twist.values[t], c.true_value[t + 1]
        paths = {
            (*path, e.target): (*peaks, e.potential * star[e.target] / values[path[-1]] / least[t] if values[path[-1]] else 0)
            for path, peaks in paths.items()
            for e in step[path[-1]]
        }  # fmt: skip
    assert len(paths) == len(law)  # a path of the tree is its leaf
    for (*_, z), peaks in paths.items():
        if c.target[z]:
            assert c.target[z] <= beta(peaks, n) * law[z]
            assert all(peak <= b for peak, b in zip(peaks, c.b, strict=True))
    excess = [sum(c.target[z] * max(peaks[p] - 1, 0) for (*_, z), peaks in paths.items()) for p in range(len(c.b))]
    assert tuple(excess) == c.path_excess


@given(instances(max_particles=2))
def test_the_average_over_whole_paths(instance):
    """Where paths meet again as well: `path_excess` is the target's mean over paths, each with its own largest Qbar."""
    c = instance.constants
    assume(INFINITE not in c.b)
    least = [min(u.values()) for u in c.value_ratio]
    paths = [(0, ONE, ())]
    for t, step in enumerate(instance.model.edges):
        values, star = c.twist.values[t], c.true_value[t + 1]
        paths = [
            (e.target, mass * e.probability * e.potential, (*peaks, e.potential * star[e.target] / values[x] / least[t]))
            for x, mass, peaks in paths if values[x]
            for e in step[x]
        ]  # fmt: skip
    excess = [
        sum(mass * instance.model.reward[z] * max(peaks[p] - 1, 0) for z, mass, peaks in paths) / c.normaliser
        for p in range(len(c.b))
    ]
    assert tuple(excess) == c.path_excess


def test_the_average_is_less_than_the_maximum_where_the_maximum_is_rare():
    """S9's instance, V = V*: 3/16 of T/N, where the sum over maxima has a half of it."""
    c = analyse(*split_model(9))
    assert c.b == (1, *[Rational(3, 2)] * 8)
    assert c.path_excess == (0, *[Rational(3, 16)] * 8)


@given(instances())
def test_density_of_every_state_under_adapted_smc(instance):
    """out >= pi/beta with the adapted b_p, dead ends and zero rewards among the instances; b_p <= the adapted q_p."""
    c = instance.constants
    assert all(b <= q for b, q in zip(c.b_adapted, c.q_adapted, strict=True)) and c.b_adapted[-1] == 1
    assume(INFINITE not in c.b_adapted)
    process, factor = particle_process(instance.model, instance.twist, "adapted"), beta(c.b_adapted, instance.particles)
    law = output_law(process, instance.particles).law
    assert all(pi <= factor * out for out, pi in zip(law, c.target, strict=True))


@given(instances(models=layered_models(min_horizon=2)) | hard_families(families=("S2",)))
def test_adapted_density_from_the_bellman_error(instance):
    """b_p <= (1 + eps)^(2 (T - p)), and so out >= pi / prod_p (1 + ((1 + eps)^(2 (T - p)) - 1)/N); zero rewards among the instances."""
    c, n = instance.constants, instance.particles
    assume(c.bellman_error != INFINITE)
    powers = [(1 + c.bellman_error) ** (2 * k) for k in range(c.model.horizon - 1, -1, -1)]
    assert all(b <= power for b, power in zip(c.b_adapted, powers, strict=True))
    law = output_law(particle_process(instance.model, instance.twist, "adapted"), n).law
    assert all(pi <= beta(powers, n) * out for out, pi in zip(law, c.target, strict=True))


def test_adapted_smc_with_a_dead_end_and_zero_rewards():
    """A state that the reward model promises and from which no guided move exists counts in no minimum: b_1 = 11, attained at N = 1.

    V_1 = (1, 10), rewards (1, 0): the guided particle goes to A with probability 1/11, and is answered only there.
    """
    edges = [[("r", "A", "1/2"), ("r", "B", "1/2")], [("A", "a", 1), ("B", "b", 1)]]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"]], edges, {"a": 1, "b": 0})
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": 1, "B": 10}]))
    assert c.b_adapted == (11, 1) and c.q_adapted[0] == INFINITE
    process = particle_process(model, c.twist, "adapted")
    assert output_law(process, 1).law[0] == Rational(1, 11)
    assert output_law(process, 2).law[0] == 1 - Rational(100, 121) >= 1 / beta(c.b_adapted, 2)


def test_attained_by_one_particle_in_one_step():
    """T = N = 1, rewards 0 and 1: TV = 1 - 1/b."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "2/3"), ("r", "b", "1/3")]], {"a": 0, "b": 1})
    c = analyse(model, perfect(model))
    law = output_law(particle_process(model, perfect(model), "naive"), 1)
    assert c.b == (3,) and law.total_variation(c.target) == Rational(2, 3)


def test_doomed_states_count():
    """The minimum of V*/V runs over every state where a particle can be, V* = 0 included: without them S5 and S12 are false.

    V_1 = (1, 10), rewards (1, 0), N = 2: `analyse` gives b_2 = infinity. Over states of positive true value alone the factor would be
    3/2, but out(A) = 163/484 is less than 2/3 of pi(A) = 1, and E[(Zhat/Z)^2] = 4.
    """
    edges = [[("r", "A", "1/2"), ("r", "B", "1/2")], [("A", "a", 1), ("B", "b", 1)]]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"]], edges, {"a": 1, "b": 0})
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": 1, "B": 10}]))
    process = particle_process(model, c.twist, "naive")
    assert c.alive[1] == (0, 1) and c.b[1] == INFINITE
    out = output_law(process, 2).law[0]
    assert out == Rational(163, 484) and out < Rational(2, 3)
    assert sum(pair_moments(process, 2), Rational(0)) / c.normaliser**2 > Rational(3, 2)
