"""S2: guided single particle, `TV <= tanh(Lambda/2)`, attained at every horizon and eps."""

from __future__ import annotations

from hypothesis import given

from smc.exact.guided import path_total_variation
from smc.numbers import INFINITE, Verdict, at_most, ball
from smc.samplers import particle_process
from smc.testing import hard_families, instances
from tests.properties.common import long, rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S2", long())


@given(hard_families(families=("S2",), max_horizon=8))
def test_attained(instance):
    for row in rows("S2", instance):
        assert row.observed == row.bound
        assert row.verdict is Verdict.HOLDS


@given(instances())
def test_holds_on_paths_too(instance):
    """The proof bounds the law of the whole path, which is at least as far from its target as the law of the last state."""
    c = instance.constants
    if c.bellman_product == INFINITE:
        return
    root = ball(c.bellman_product).sqrt()
    distance = path_total_variation(particle_process(instance.model, instance.twist, "sis-guided"))
    assert at_most(distance, (root - 1) / (root + 1)) is not Verdict.REFUTED
    assert all(
        row.observed <= distance
        for row in rows("S2", instance)
        if row.form == "instance" and instance.model.horizon == 1
    )
