"""The engines that the property tests measure with, against the plain one that defines the answer, on instances of every region."""

from __future__ import annotations

import pytest
from hypothesis import given

from smc.exact import output_law
from smc.exact.occupancy import plain
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.setting.model import Model
from smc.setting.twist import perfect
from tests.properties.common import everything


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_fast_and_plain_laws_are_equal(algorithm):
    @given(everything())
    def equal(instance):
        process = particle_process(instance.model, instance.twist, algorithm)
        assert output_law(process, instance.particles) == plain.plain_law(process, instance.particles)

    equal()


@pytest.mark.parametrize("particles", [1, 2, 3])
@pytest.mark.parametrize("scale", [10**6, 10**12, Rational(1, 10**9)])
def test_rewards_far_apart(particles, scale):
    """Weights whose common multiple is beyond 64 bits, and a polynomial that must not be stored densely."""
    edges = [
        [("r", "a", "1/2"), ("r", "b", "1/2")],
        [("a", "a", "1/2"), ("a", "b", "1/2"), ("b", "b", "1/3"), ("b", "c", "2/3")],
    ]
    model = Model.from_edges([["r"], ["a", "b"], ["a", "b", "c"]], edges, {"a": 1, "b": scale, "c": 2})
    process = particle_process(model, perfect(model), "naive")
    assert output_law(process, particles) == plain.plain_law(process, particles)
