"""G1: `TV <= sqrt(C_act/N) (T + sum sqrt chi^2_t)`, and the sharper form with 1/2 and increments that implies it."""

from __future__ import annotations

from hypothesis import given

from smc.numbers import Verdict, at_most
from smc.testing import instances, product_models
from tests.properties.common import rows, within_bound
from tests.tightness import enough


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "G1")


def test_product_models(ledger):
    within_bound(ledger, "G1", product_models())


def test_the_sharper_form_implies_the_published_one():
    both = []

    @given(instances())
    def implied(instance):
        by_form = {row.form: row for row in rows("G1", instance)}
        both.append(len(by_form) == 2)
        if both[-1]:
            assert at_most(by_form["sharper"].bound, by_form["published"].bound) is not Verdict.REFUTED

    implied()
    assert sum(both) >= enough(0.5)


@given(instances())
def test_each_increment_is_at_most_its_chi_square_form(instance):
    """Term by term: `E[V_{t-1}] E[psi^2 V*_t^2/V_{t-1}] / Z^2 <= C_act (1 + chi^2_{t-1})`."""
    c = instance.constants
    for moment, chi_square in zip(c.increment_moment, c.chi_square, strict=False):
        assert moment <= c.c_act * (1 + chi_square)
