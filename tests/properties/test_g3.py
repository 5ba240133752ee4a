"""G3: `1 + chi^2(pi*_t || pihat_t) = E_{pi*_t}[V/V*] · E_{pi*_t}[V*/V]`, an identity, on states where V* > 0."""

from __future__ import annotations

from hypothesis import given

from smc.numbers import ZERO, Verdict
from smc.testing import instances, layered_models
from smc.testing.statements import report
from tests.properties.common import everything
from tests.tightness import enough


def test_identity():
    unequal = []

    @given(instances(models=layered_models(min_horizon=2)))
    def identity(instance):
        c = instance.constants
        for eta, star, v, chi_square in zip(
            c.prefix_mass, c.true_value, instance.twist.values, c.chi_square, strict=True
        ):
            doomed = any(m and w and not s for m, s, w in zip(eta, star, v, strict=True))
            true = [m * s for m, s in zip(eta, star, strict=True)]
            total = sum(true, ZERO)
            true = [p / total for p in true]
            down = sum((p * w / s for p, s, w in zip(true, star, v, strict=True) if p), ZERO)
            up = sum((p * s / w for p, s, w in zip(true, star, v, strict=True) if p), ZERO)
            twisted_total = sum((m * w for m, w in zip(eta, v, strict=True)), ZERO)
            twisted = [m * w / twisted_total for m, w in zip(eta, v, strict=True)]
            by_definition = sum((p * p / r for p, r in zip(true, twisted, strict=True) if p), ZERO)
            assert by_definition == 1 + chi_square
            if doomed:  # mass of V outside the support of pi*: the identity needs it counted, so the product is smaller
                assert up * down < 1 + chi_square
            else:
                assert up * down == 1 + chi_square
                unequal.append(chi_square > 0)

    identity()
    assert sum(unequal) >= enough(0.05)


def test_the_report_holds_it_as_an_identity():
    """Every report carries the row, and the row is an equality, not a bound."""
    held = []

    @given(everything())
    def reported(instance):
        found = [row for row in report(instance, "naive").rows if row.id == "G3"]
        assert len(found) == 1, "on the levels where V and V* vanish together; the root is always one"
        for row in found:
            assert (row.relation, row.verdict) == ("=", Verdict.HOLDS)
            assert row.observed == row.bound
            held.append(row.observed > 0)

    reported()
    assert sum(held) >= enough(0.05)
