"""The exponent by vocabulary: its closed form, its two ends, and the exact best depth that tends to it."""

import itertools
from fractions import Fraction

import pytest

from smc.errors import InputError
from smc.instances.hidden import audit, hidden_prefix
from smc.numbers import Verdict, at_most, ball, rational
from smc.query.exponents import best_depth, exponent, needed_queries
from smc.query.minimax import least_tv


def test_the_papers_exponent_at_the_smallest_vocabulary():
    for k in (2, 3, 7):
        found = exponent(k, k - 1)
        assert found.overlaps(ball(rational("2/3"))) and at_most(found.rad(), rational("1e-30")) is Verdict.HOLDS


def test_it_rises_to_two():
    values = [exponent(k, "1/10") for k in (2, 16, 256, 50_000, 10**30)]
    assert all(at_most(a, b) is Verdict.HOLDS for a, b in itertools.pairwise(values))
    assert at_most(rational("1.99"), values[-1]) is Verdict.HOLDS and at_most(values[-1], rational(2)) is Verdict.HOLDS


def test_needed_queries_is_where_minimax_reaches_delta():
    for prefixes, levels, gain in ((5, 2, "3/2"), (12, 3, "2")):
        instance = hidden_prefix(vocabulary=prefixes, hidden=1, horizon=levels + 1, gain=gain)
        mass = audit(instance).hidden_mass
        needed = needed_queries(prefixes=prefixes, levels=levels, eps=Fraction(gain) - 1, delta="1/4")
        for queries in range(prefixes):
            assert (least_tv(leaves=prefixes, queries=queries, mass=mass) <= Fraction(1, 4)) == (queries >= needed)


@pytest.mark.parametrize("vocabulary", [2, 5, 1000])
def test_best_depth_is_best_among_all(vocabulary):
    horizon, eps = 12, Fraction(1, 3)
    found = best_depth(vocabulary=vocabulary, eps=eps, horizon=horizon)
    others = []
    for r in range(1, horizon):
        square = (1 + eps) ** (2 * (horizon - r))
        prefixes = min(vocabulary**r, int(square) + 1)
        others.append(needed_queries(prefixes=prefixes, levels=horizon - r, eps=eps, delta="1/4"))
    assert found.queries == max(others)


def test_the_exponent_of_the_best_depth_tends_to_the_formula():
    """log queries / (T log(1+eps)) at T = 400 lies within 3 % of the limit."""
    from math import log

    for vocabulary in (2, 100):
        found = best_depth(vocabulary=vocabulary, eps="1/2", horizon=400)
        digits = found.queries.numerator.bit_length() - found.queries.denominator.bit_length()
        assert abs(digits * log(2) / (400 * log(1.5)) / float(exponent(vocabulary, "1/2")) - 1) < 0.03


@pytest.mark.parametrize("bad", [{"vocabulary": 1}, {"vocabulary": 2.5}, {"horizon": 1}])
def test_bad_arguments(bad):
    with pytest.raises(InputError):
        best_depth(**{"vocabulary": 2, "eps": "1/2", "horizon": 5, **bad})
