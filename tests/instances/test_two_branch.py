"""S1 and S2 are attained: on the two-branch models the bound is an equality of rationals."""

from fractions import Fraction

import pytest

from smc.checks.measure import guided_tv, importance_chi_square
from smc.errors import InputError
from smc.instances.two_branch import most_bias, most_variance, two_branch
from smc.setting.analysis import analyse


@pytest.mark.parametrize("horizon", [1, 2, 5, 30])
@pytest.mark.parametrize("eps", ["0", "1/10", "1", "7/3"])
def test_s1_and_s2_are_equalities(horizon, eps):
    a = (1 + Fraction(eps)) ** (horizon - 1)
    variance, bias = analyse(*most_variance(horizon=horizon, eps=eps)), analyse(*most_bias(horizon=horizon, eps=eps))
    assert importance_chi_square(variance) == (a - 1 / a) ** 2 / 4
    assert guided_tv(bias)[-1] == (a - 1) / (a + 1)
    for constants in (variance, bias):
        assert constants.bellman_product == a * a
        # with two layers or more the ratios of layers 1..T-1 are exactly (1+eps) and its inverse; the root's lies between them
        assert constants.bellman_error == (Fraction(eps) if horizon > 1 else 0)


def test_no_other_probability_does_better():
    q = Fraction(3, 2) ** 4
    best = (q - 1) ** 2 / (4 * q)
    for k in range(1, 20):
        assert importance_chi_square(analyse(*two_branch(horizon=3, eps="1/2", low=Fraction(k, 20)))) < best


@pytest.mark.parametrize("bad", [{"horizon": 0}, {"eps": -1}, {"low": 1}, {"low": 0}])
def test_impossible_arguments_are_refused(bad):
    with pytest.raises(InputError):
        two_branch(**{"horizon": 2, "eps": 1, "low": "1/2", **bad})
