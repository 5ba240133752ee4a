"""P0: `(1+eps)^{-(T-t)} <= V*_t/V_t <= (1+eps)^{T-t}`, and both ends are attained."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import INFINITE, ONE
from smc.setting.analysis import analyse
from smc.setting.twist import with_bellman_error
from smc.testing import instances, layered_models, rationals
from tests.properties.common import within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "P0")


@given(instances())
def test_two_sided_at_every_alive_state(instance):
    c = instance.constants
    if c.bellman_error == INFINITE:
        return
    for t, layer in enumerate(c.value_ratio):
        power = (1 + c.bellman_error) ** (instance.model.horizon - t)
        assert all(1 / power <= ratio <= power for ratio in layer.values())


@pytest.mark.parametrize("sign", [1, -1])
def test_attained_when_every_ratio_errs_the_same_way(sign):
    @given(layered_models(), rationals(exclude_zero=True))
    def attained(model, eps):
        c = analyse(model, with_bellman_error(model, eps, lambda t, i: sign))
        for t, layer in enumerate(c.value_ratio):
            power = (ONE + eps) ** (sign * (model.horizon - t))
            assert {1 / ratio for ratio in layer.values()} == {power}

    attained()


@given(instances(), st.sampled_from([2, 3]))
def test_a_reward_model_off_by_a_constant_has_its_error_at_one_step(instance, factor):
    """Scaling every layer before T moves only the last Bellman ratio: eps grows at one step, not at T."""
    c = instance.constants
    scaled = analyse(
        instance.model,
        type(instance.twist)(
            (*(tuple(factor * v for v in layer) for layer in instance.twist.values[:-1]), instance.model.reward)
        ),
    )
    assert scaled.bellman_ratio[:-1] == c.bellman_ratio[:-1]
    assert scaled.level_ratio == c.level_ratio
