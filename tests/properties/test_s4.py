"""S4: `TV <= 1/N sum_p [(b_p - 1) + sqrt(b_p (b_p - 1))/2]` with zero rewards and dead runs, and `b_p <= L (1+eps)^{2(T-p)+1}`."""

from __future__ import annotations

from hypothesis import given

from smc.exact import output_law
from smc.numbers import INFINITE
from smc.samplers import particle_process
from smc.testing import instances, product_models
from tests.properties.common import rows, within_bound
from tests.tightness import enough


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S4")


def test_product_models_with_zero_weights(ledger):
    within_bound(ledger, "S4", product_models())


def test_zero_rewards_and_dead_runs_are_covered():
    """Not vacuous where the paper's assumption fails: zero rewards, dead runs of positive probability, finite bounds."""
    covered = []

    @given(instances())
    def zero(instance):
        row = next(row for row in rows("S4", instance) if row.form == "instance")
        dead = output_law(particle_process(instance.model, instance.twist, "naive"), instance.particles).dead
        if row.bound != INFINITE and dead:
            assert row.observed >= dead / 2
            covered.append(dead)

    zero()
    assert len(covered) >= enough(0.02)


@given(instances())
def test_b_from_the_upper_ratio_alone(instance):
    c, horizon = instance.constants, instance.model.horizon
    for p, b in enumerate(c.b, 1):
        if c.bellman_error != INFINITE:
            assert b <= c.upper_ratio * (1 + c.bellman_error) ** (2 * (horizon - p) + 1)
        if c.c_inf != INFINITE:
            assert b <= c.c_act * c.c_inf**2


@given(instances())
def test_the_second_form_is_weaker(instance):
    """`(b-1) + sqrt(b(b-1))/2 <= (6b - 5)/4`, by `(2b-1)^2 >= 4b(b-1)`: exact in squares."""
    for b in instance.constants.b:
        if b != INFINITE:
            assert b >= 1
            assert 4 * b * (b - 1) <= (2 * b - 1) ** 2
