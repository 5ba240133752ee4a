"""G2: uniform bits, `V* = V` doubling on a one: `TV >= c min(1, sqrt(T)/N)`. The constant is measured here, on exact laws, not proved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.instances.product import product_family
from smc.numbers import ONE, Rational
from smc.testing import Instance
from smc.testing.families import FAMILIES
from smc.testing.statements import report

C = Rational(1, 9)
"""Holds on every (N, T) below; 1/8 does not."""


def above(distance: Rational, particles: int, horizon: int, c: Rational) -> bool:
    """`distance >= c min(1, sqrt(T)/N)`, compared in squares."""
    return distance >= c or (distance * particles) ** 2 >= c**2 * horizon


@given(st.integers(1, 64), st.integers(1, 64))
def test_lower_bound(particles, horizon):
    assert above(product_family(2, horizon).total_variation(particles), particles, horizon, C)


def test_a_larger_constant_is_refuted():
    """The family is exact, so the constant is not slack by much."""
    failures = [
        (n, t) for n in (1, 2, 4, 8, 16) for t in (1, 2, 3, 5, 9, 16, 32)
        if not above(product_family(2, t).total_variation(n), n, t, Rational(1, 8))
    ]  # fmt: skip
    assert failures


@pytest.mark.parametrize(("particles", "horizon"), [(1, 3), (2, 2), (2, 3), (3, 3)])
def test_the_product_law_is_the_law_of_the_run(particles, horizon):
    """The closed form for products against the general engine, on the model whose states count ones."""
    instance = Instance(*FAMILIES["G2"](horizon, ONE), particles)
    assert instance.constants.bellman_error == 0
    assert report(instance, "naive").measured.total_variation == product_family(2, horizon).total_variation(particles)
