"""S5: `E[Zhat] = Z` at every N, `E[(Zhat/Z)^2] <= prod_p (1 + (b_p - 1)/N)`, and the bias bound that follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.exact import second_moment
from smc.numbers import Verdict
from smc.samplers import particle_process
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance, distributions, instances, layered_models
from tests.exact import enumeration
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S5")


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_unbiased_by_enumeration_of_clouds(algorithm):
    """Every cloud of particles is enumerated by an oracle that knows neither the engine nor the theorem."""

    @given(instances(models=layered_models(max_horizon=3, max_states=2), max_particles=3, work=300))
    def unbiased(instance):
        outcome = getattr(enumeration, algorithm)(instance.model, instance.twist, instance.particles)
        assert outcome.first == instance.constants.normaliser
        process = particle_process(instance.model, instance.twist, algorithm)
        assert outcome.second == second_moment(process, instance.particles)

    unbiased()


@given(instances(), st.sampled_from([10, 1000, 10**6]))
def test_variance_vanishes_as_particles_grow(instance, many):
    """Jensen from below, the bound from above; the excess over 1 falls at least in proportion to N^(-1) up to the bound's own slack."""
    wide = Instance(instance.model, instance.twist, many)
    process = particle_process(wide.model, wide.twist, "naive")
    ratio, z = second_moment(process, many), wide.constants.normaliser
    assert z**2 <= ratio <= second_moment(process, many // 2)


@given(distributions(min_states=2, max_states=2), st.integers(1, 9))
def test_attained_by_a_zero_one_reward(masses, particles):
    """T = 1, phi in {0, 1}: b_1 = 1/p and `E[(Zhat/Z)^2] = 1 + (1/p - 1)/N` exactly."""
    p = masses[0] or masses[1]
    if p == 1:
        return
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", p), ("r", "b", 1 - p)]], {"a": 1, "b": 0})
    row = next(row for row in rows("S5", Instance(model, twist(model, [[p]]), particles)) if row.form == "instance")
    assert row.observed == row.bound == 1 + (1 / p - 1) / particles
    assert row.verdict is Verdict.HOLDS
