"""Reward models by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.errors import InputError
from smc.numbers import rational
from smc.setting import twist as reward
from smc.setting.analysis import analyse, true_value
from smc.setting.named_twists import _nearest_power, choose, rounded
from tests.setting.test_mdp import mdps

EPS = st.fractions("1/8", 3, max_denominator=8).map(rational)


@given(mdp=mdps(), horizon=st.integers(1, 4), eps=EPS)
def test_rounding_costs_at_most_its_step(mdp, horizon, eps):
    model = mdp.unroll(horizon)
    if not true_value(model)[0][0]:
        return
    c = analyse(model, rounded(model, eps))
    assert c.bellman_error <= eps
    for layer in c.value_ratio:
        assert all(1 / (1 + eps) <= u * u <= 1 + eps for u in layer.values())


@given(value=st.fractions("1/100000", 100000).map(rational), eps=EPS)
def test_the_nearest_power_is_nearest(value, eps):
    base = 1 + eps
    power = _nearest_power(value, base)
    assert 1 / base <= (value / power) ** 2 <= base
    k = 0
    while power != 1 and abs(k) < 10_000:
        power, k = (power / base, k + 1) if power > 1 else (power * base, k - 1)
    assert power == 1


def test_powers_are_kept_and_huge_numbers_do_not_overflow():
    for k in (-5000, -3, 0, 1, 5000):
        assert _nearest_power(rational(2) ** k, rational(2)) == rational(2) ** k
    assert _nearest_power(rational(0), rational(2)) == 0


@given(mdp=mdps(), horizon=st.integers(1, 3))
def test_names(mdp, horizon):
    model = mdp.unroll(horizon)
    if not true_value(model)[0][0]:
        return
    truth = reward.perfect(model).values
    assert choose(model, None).values == choose(model, "perfect").values == truth
    assert choose(model, None, truth[:-1]).values == choose(model, "file", truth[:-1]).values == truth
    assert choose(model, "bellman-error:1/4").values == reward.with_bellman_error(model, "1/4").values
    assert choose(model, "constant:1/3").values == reward.constant(model, "1/3").values
    assert choose(model, "constant").values == reward.constant(model).values
    for bad in (
        "",
        "file",
        "file:x",
        "perfect:1",
        "bellman-error",
        "bellman-error:",
        "rounded:0",
        "rounded:-1",
        "constant:x",
        "best",
    ):
        with pytest.raises(InputError):
            choose(model, bad) if bad else choose(model, "?")
