"""S10: `out(y) >= pi(y)^2 / E[(Zhat/Z)^2 nu(y)]` state by state, so `TV <= sum (pi - l)_+`, at any N, zero rewards allowed."""

from __future__ import annotations

from hypothesis import given

from smc.exact import output_law
from smc.exact.moments import means, pair_moments
from smc.numbers import Rational, ball
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import perfect
from smc.testing import instances
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S10")


@given(instances())
def test_every_state_is_within_its_bound(instance):
    process = particle_process(instance.model, instance.twist, "naive")
    law, z = output_law(process, instance.particles).law, instance.constants.normaliser
    for out, first, second in zip(law, means(process), pair_moments(process, instance.particles), strict=True):
        assert (first / z) ** 2 <= out * second / z**2


@given(instances())
def test_from_below(instance):
    """`sum (l - pi)_+ <= TV`, the other half of the sealed statement."""
    for row in rows("S10", instance):
        process = particle_process(instance.model, instance.twist, "naive")
        z, pairs = instance.constants.normaliser, pair_moments(process, instance.particles)
        gaps = [m**2 / k - m / z for m, k in zip(means(process), pairs, strict=True) if k]
        assert sum((gap for gap in gaps if gap > 0), Rational(0)) <= row.observed


@given(instances())
def test_divergences_of_the_target_to_the_output(instance):
    """chi^2(pi || out) <= E[(Zhat/Z)^2] - 1 and KL(pi || out) <= log E[(Zhat/Z)^2], zero rewards and dead runs among the instances."""
    process, target = particle_process(instance.model, instance.twist, "naive"), instance.constants.target
    law, z = output_law(process, instance.particles).law, instance.constants.normaliser
    moment = sum(pair_moments(process, instance.particles), Rational(0)) / z**2
    pairs = [(pi, out) for pi, out in zip(target, law, strict=True) if pi]
    assert sum((pi * pi / out for pi, out in pairs), Rational(0)) <= moment
    entropy = sum((ball(pi) * ball(pi / out).log() for pi, out in pairs), ball(Rational(0)))
    assert not entropy > ball(moment).log()


def test_attained_by_one_particle():
    """T = N = 1: l is the output law."""
    edges = [[("r", "a", "1/2"), ("r", "b", "1/6"), ("r", "c", "1/3")]]
    model = Model.from_edges([["r"], ["a", "b", "c"]], edges, {"a": 1, "b": 5, "c": 2})
    process, z = particle_process(model, perfect(model), "naive"), analyse(model, perfect(model)).normaliser
    low = [(m / z) ** 2 / (k / z**2) for m, k in zip(means(process), pair_moments(process, 1), strict=True)]
    assert tuple(low) == output_law(process, 1).law


def test_the_bias_can_exceed_the_variance():
    """TV <= E[(Zhat/Z)^2] - 1 is false: T = 1, N = 2, a fair bit, rewards 3 and 5: TV = 1/16, variance 1/32."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": 3, "b": 5})
    c, process = analyse(model, perfect(model)), particle_process(model, perfect(model), "naive")
    assert output_law(process, 2).total_variation(c.target) == Rational(1, 16)
    assert sum(pair_moments(process, 2), Rational(0)) / c.normaliser**2 - 1 == Rational(1, 32)
