"""Coverage of the intervals, computed exactly by summing over every sample: nothing random, nothing that can flake."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from smc.errors import InputError
from smc.montecarlo import confidence


def wald(values, error):
    """The textbook normal interval, which is not valid: what the tests below must reject."""
    values = np.asarray(values, float).reshape(len(values), -1)
    half = 1.96 * values.std(axis=0) / math.sqrt(len(values))
    return values.mean(axis=0) - half, values.mean(axis=0) + half


def miss_probability(interval, *, support, law, size, error):
    """Exact probability that the interval misses the mean, by enumerating every sample of `size` values from
    `support`.
    """
    mean = sum(p * x for p, x in zip(law, support, strict=True))
    missed = 0.0
    for sample in itertools.product(range(len(support)), repeat=size):
        lower, upper = interval(np.array([support[k] for k in sample]), error)
        if not float(lower[0]) <= mean <= float(upper[0]):
            missed += math.prod(law[k] for k in sample)
    return missed


LAWS = [((0.0, 1.0), (0.9, 0.1), 9), ((0.0, 1.0), (0.5, 0.5), 9), ((0.0, 0.2, 1.0), (0.6, 0.3, 0.1), 6)]
VALID = [confidence.betting, confidence.empirical_bernstein, confidence.hoeffding]


@pytest.mark.by_turn
@pytest.mark.parametrize("interval", VALID)
@pytest.mark.parametrize(("support", "law", "size"), LAWS)
@pytest.mark.parametrize("error", [0.05, 0.3, 0.6])
def test_a_bounded_mean_is_covered(interval, support, law, size, error):
    assert miss_probability(interval, support=support, law=law, size=size, error=error) <= error


def test_the_normal_interval_fails_the_same_test():
    support, law, size = LAWS[0]
    assert miss_probability(wald, support=support, law=law, size=size, error=0.05) > 0.05


def test_a_bet_without_its_limit_fails_the_same_test(monkeypatch):
    """Ruling out at wealth 2/error · e^-1.5 instead of 2/error misses too often: the coverage test is sharp enough
    to see it.
    """
    genuine = confidence._ruled_out
    monkeypatch.setattr(confidence, "_ruled_out", lambda values, bets, limit: genuine(values, bets, limit - 1.5))
    missed = [miss_probability(confidence.betting, support=s, law=p, size=n, error=0.3) for s, p, n in LAWS]
    assert max(missed) > 0.3


def binomial_pmf(k, trials, p):
    return math.comb(trials, k) * p**k * (1 - p) ** (trials - k)


@pytest.mark.parametrize("trials", [1, 5, 40])
@pytest.mark.parametrize("error", [0.01, 0.2])
def test_the_binomial_interval_covers_every_probability(trials, error):
    intervals = [confidence.clopper_pearson(k, trials, error) for k in range(trials + 1)]
    worst = 0.0
    for p in np.linspace(0.0, 1.0, 1601):
        missed = sum(binomial_pmf(k, trials, p) for k, (low, high) in enumerate(intervals) if not low <= p <= high)
        worst = max(worst, missed)
    assert worst <= error
    assert worst > error / 4  # an interval of [0, 1] would cover too


@pytest.mark.parametrize(("k", "trials"), [(0, 10), (3, 10), (10, 10), (7, 1000), (499_000, 10**6)])
def test_binomial_ends_are_ruled_out_and_hardly_more(k, trials):
    """The exact tail at the lower end is at most error/2; at a point slightly inside it is more."""
    error = 1e-6
    low, high = confidence.clopper_pearson(k, trials, error)
    for end, successes in ((low, k), (1 - high, trials - k)):
        if successes == 0:
            assert end == 0
            continue
        inside = end + 2e-3 * (successes / trials - end)
        assert confidence._tail(successes, trials, end * (1 - 1e-9), error / 2)[0]
        assert not confidence._tail(successes, trials, inside, error / 2)[0]
    if trials <= 1000 and k:
        tail = sum(binomial_pmf(j, trials, low) for j in range(k, trials + 1))
        assert tail <= error / 2 * (1 + 1e-9) and tail > error / 2 * 0.9


def test_intervals_shrink_like_the_standard_error():
    rng = np.random.default_rng(4)
    values = rng.beta(0.5, 5.0, 20_000)
    normal = 1.96 * values.std() / math.sqrt(len(values))
    for interval, factor in ((confidence.betting, 1.6), (confidence.empirical_bernstein, 2.2)):
        lower, upper = interval(values, 0.05)
        assert lower[0] < values.mean() < upper[0] and (upper[0] - lower[0]) / 2 < factor * normal


def test_columns_are_independent_of_each_other():
    values = np.random.default_rng(1).random((50, 3))
    together = confidence.betting(values, 0.1)
    for k in range(3):
        alone = confidence.betting(values[:, k], 0.1)
        assert np.allclose([end[0] for end in alone], [end[k] for end in together], rtol=1e-12, atol=0)


def test_the_variation_range_contains_every_law_of_the_box():
    rng = np.random.default_rng(7)
    touched_low = touched_high = 0
    for _ in range(300):
        target, centre = rng.dirichlet([1, 1, 1]), rng.dirichlet([1, 1, 1])
        radius = rng.random(3) * 0.2
        lower, upper = np.maximum(centre - radius, 0), np.minimum(centre + radius, 1)
        least, most = confidence.total_variation(lower, upper, target)
        for law in [centre, *rng.dirichlet([1, 1, 1], 200)]:
            if (lower <= law).all() and (law <= upper).all():
                distance = np.abs(law - target).sum() / 2
                assert least - 1e-12 <= distance <= most + 1e-12
                touched_low += distance < least + 0.01
                touched_high += distance > most - 0.03
    assert touched_low and touched_high, "the range was never nearly attained: the test would accept [0, 1]"


@pytest.mark.parametrize("error", [0, 1, -0.1, 2, "0.1"])
def test_an_error_probability_must_be_one(error):
    with pytest.raises(InputError, match="strictly between 0 and 1"):
        confidence.betting(np.array([0.5]), error)


def test_values_must_have_the_range_they_claim():
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        confidence.hoeffding(np.array([0.5, 1.5]), 0.1)
    with pytest.raises(InputError, match="4 successes in 3 trials"):
        confidence.clopper_pearson(4, 3, 0.1)
