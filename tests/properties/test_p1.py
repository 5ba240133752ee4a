"""P1: `q_p <= L^2 (1+eps)^{2(T-p)}`, attained at p = T."""

from __future__ import annotations

from hypothesis import given

from smc.numbers import INFINITE, ONE, Verdict
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance, instances, rationals
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "P1")


@given(instances())
def test_every_p_not_only_the_tightest(instance):
    c = instance.constants
    if INFINITE in (c.ratio_bound, c.bellman_error):
        return
    for p, q in enumerate(c.q, 1):
        assert q <= c.ratio_bound**2 * (1 + c.bellman_error) ** (2 * (instance.model.horizon - p))


@given(rationals(min_value=1, exclude_zero=True))
def test_attained_by_a_reward_of_L_and_one_of_its_inverse(big_l):
    model = Model.from_edges(
        [["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": big_l, "b": ONE / big_l}
    )
    (row,) = rows("P1", Instance(model, twist(model, [[1]])))
    assert row.verdict is Verdict.HOLDS
    assert row.observed == row.bound == big_l**2
