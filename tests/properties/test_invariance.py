"""The gauge and N: rescaling a level changes eps but no law and no S bound; more particles never make a bound worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import INFINITE, Verdict, at_most
from smc.testing import Instance, instances, layered_models, perturbations
from smc.testing.scalars import factors
from smc.testing.statements import report
from tests.tightness import enough

INVARIANT = {"naive": ("S3", "S4", "S5", "G1", "P2"), "adapted": ("S8",), "guided": ("S1", "S2"), "mh": ("S7",)}
"""Statements by algorithm whose instance forms the gauge leaves alone."""
GAUGED = instances(
    models=layered_models(),
    rewards=perturbations(kinds=("perfect", "value-noise", "bellman-noise", "delayed", "arbitrary")),
)
SCALES = st.lists(factors(extremes=True), min_size=1, max_size=3)


def regauged(instance: Instance, scales) -> Instance:
    from smc.setting.twist import rescaled

    factors_ = [scales[t % len(scales)] for t in range(instance.model.horizon)]
    return Instance(instance.model, rescaled(instance.model, instance.twist, factors_), instance.particles)


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", INVARIANT)
def test_the_gauge_changes_no_law_and_no_instance_bound(algorithm):
    moved = []

    @given(GAUGED, SCALES)
    def invariant(instance, scales):
        other = regauged(instance, scales)
        before, after = report(instance, algorithm), report(other, algorithm)
        assert before.measured.output == after.measured.output
        assert before.measured.second_moment_ratio == after.measured.second_moment_ratio
        assert before.constants.level_ratio == after.constants.level_ratio
        for old, new in zip(before.rows, after.rows, strict=False):
            if old.id in INVARIANT[algorithm] and old.form != "uniform":
                assert (old.id, old.observed) == (new.id, new.observed)
                assert str(old.bound) == str(new.bound)
        moved.append(instance.constants.bellman_error != other.constants.bellman_error)

    invariant()
    assert sum(moved) >= enough(0.05), "the gauge hardly ever changed eps: the test says nothing"


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", ["naive", "adapted", "mh"])
def test_bounds_fall_as_particles_are_added(algorithm):
    compared = []

    @given(instances(), st.integers(1, 5))
    def falls(instance, more):
        few, many = report(instance, algorithm), report(_with(instance, instance.particles + more), algorithm)
        for old, new in zip(few.rows, many.rows, strict=True):
            if old.quantity != new.quantity or old.bound == INFINITE:
                continue
            if old.form == "certificate":  # read off the run at that N: it follows the distance, which may rise too
                continue
            assert at_most(new.bound, old.bound) is not Verdict.REFUTED
            compared.append(old.id)

    falls()
    assert compared


def _with(instance: Instance, particles: int) -> Instance:
    return Instance(instance.model, instance.twist, particles)
