"""P5: guided single particle, `TV <= 2 t eps`; implied by S2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proofs import bounds
from smc.testing import rationals
from tests.properties.common import long, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "P5", long())


@given(st.integers(1, 30), rationals(max_value=4))
def test_implied_by_S2_which_is_four_times_smaller(t, eps):
    s2 = bounds.evaluate("S2", "uniform", T=t, eps=eps)
    assert s2 <= (t - 1) * eps / 2 <= bounds.evaluate("P5", "uniform", T=t, eps=eps) / 4
    assert s2 < 1
