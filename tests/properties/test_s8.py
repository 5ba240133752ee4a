"""S8: fully adapted SMC obeys S3's bound with `q_p = max u_p / min u_p`, no L in it; no bias at any N when `V = V*`."""

from __future__ import annotations

from hypothesis import given

from smc.numbers import INFINITE
from smc.testing import instances, layered_models, perturbations
from smc.testing.statements import report
from tests.properties.common import long, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S8", long())


@given(instances(rewards=perturbations(kinds=("perfect",))))
def test_exact_with_a_perfect_reward_model(instance):
    adapted = report(instance, "adapted")
    assert adapted.measured.total_variation == 0
    assert adapted.measured.second_moment_ratio == 1


@given(instances(models=layered_models(max_horizon=1)))
def test_exact_at_horizon_one(instance):
    """One guided step from the root is a draw from the target, whatever V."""
    assert report(instance, "adapted").measured.total_variation == 0


@given(instances())
def test_q_from_eps_alone(instance):
    c, horizon = instance.constants, instance.model.horizon
    if c.bellman_error == INFINITE:
        return
    assert c.q_adapted[-1] == 1
    for p, q in enumerate(c.q_adapted, 1):
        assert q <= (1 + c.bellman_error) ** (2 * (horizon - p))
