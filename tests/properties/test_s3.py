"""S3: `TV <= 1/(2N) sum_p (q_p - sqrt q_p)` and `N >= L^2 T (1+eps)^{2(T-1)}/(2 delta)` suffices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smc.numbers import ONE, Rational
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance, instances, layered_models, perturbations
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S3")


def test_positive_rewards_and_small_errors(ledger):
    """Where the bound is close to the truth: ratios near 1."""
    gentle = instances(
        models=layered_models(potentials=False, zero_rewards=False, extremes=False),
        rewards=perturbations(kinds=("perfect", "bellman-noise", "adversarial-signs"), eps=Rational(1, 10)),
    )
    within_bound(ledger, "S3", gentle)


@given(st.integers(1, 6))
def test_attained_in_the_limit(power):
    """N = 1, T = 1, two rewards 1 and q on fair branches: observed/bound = (2/(q+1)) (sqrt q + 1)/(2 sqrt q) -> 1 as q -> 1."""
    root = 1 + Rational(1, 10**power)
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": ONE, "b": root**2})
    instance = Instance(model, twist(model, [[1]]))
    (row,) = [row for row in rows("S3", instance) if row.form == "instance"]
    assert row.observed / row.bound == (root + 1) / (root * (root**2 + 1))
    assert 1 - row.observed / row.bound < 3 * (root - 1)
