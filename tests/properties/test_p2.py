"""P2: `TV <= 1/(2N) sum_p q_p (q_p^2 - 1)`; implied by S3."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proofs import bounds
from smc.numbers import Verdict, at_most
from smc.testing import instances, rationals
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "P2")


@given(st.lists(rationals(min_value=1), min_size=1, max_size=4), st.integers(1, 20))
def test_implied_by_S3(q, particles):
    assert (
        at_most(
            bounds.evaluate("S3", "instance", N=particles, q=q), bounds.evaluate("P2", "instance", N=particles, q=q)
        )
        is Verdict.HOLDS
    )


@given(instances())
def test_the_bound_is_zero_only_where_the_bias_is(instance):
    """Equality at the bottom: all q_p = 1 leaves no bias, at any N."""
    (row,) = rows("P2", instance)
    if row.bound == 0:
        assert row.observed == 0
