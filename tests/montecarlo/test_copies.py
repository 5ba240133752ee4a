"""Copies that the vectorised schemes make of a particle: their expectation, their spread, and equal weights."""

from __future__ import annotations

import numpy as np
import pytest

from smc.montecarlo.confidence import clopper_pearson
from smc.montecarlo.realised import RESAMPLERS as EXACT_RESAMPLERS
from smc.montecarlo.resampling import RESAMPLERS
from tests.effort import NIGHTLY
from tests.montecarlo.truths import ERROR

SCHEMES = tuple(RESAMPLERS)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("particles", [3, 60])
def test_expected_copies_of_the_vectorised_schemes(scheme, particles):
    """Mean share of each particle's copies, against its weight; also: a particle of weight zero has no copies."""
    weights = np.tile((np.arange(particles) % 3).astype(float), (60_000 // particles * 5, 1))
    ancestors = RESAMPLERS[scheme](weights, np.random.Generator(np.random.SFC64(10)))
    assert ancestors.shape == weights.shape and ancestors.dtype == np.intp
    copies = np.bincount(ancestors.ravel(), minlength=particles)
    share = weights[0] / weights[0].sum()
    assert not copies[weights[0] == 0].any()
    for k in range(0, particles, 1 if NIGHTLY else 1 + particles // 12):
        low, high = clopper_pearson(
            int(copies[k]), ancestors.size, ERROR
        )  # sums of these are less spread than binomial (Hoeffding 1956)
        assert low <= share[k] <= high


@pytest.mark.parametrize("scheme", ["stratified", "systematic", "residual"])
def test_vectorised_copies_stay_within_one_or_two_of_their_expectation(scheme):
    rng = np.random.Generator(np.random.SFC64(11))
    weights = rng.random((300, 40)) ** 3
    ancestors = RESAMPLERS[scheme](weights, rng)
    copies = np.stack([np.bincount(row, minlength=40) for row in ancestors])
    expected = 40 * weights / weights.sum(axis=1, keepdims=True)
    if scheme == "residual":
        assert (copies >= np.floor(expected)).all()
    else:
        limit = 1 if scheme == "systematic" else 2
        assert (np.abs(copies - expected) < limit).all() and (np.abs(copies - expected) > limit - 0.5).any()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_equal_weights_are_kept_by_the_low_variance_schemes(scheme):
    """Rounding must not turn an expected number of exactly one copy into none."""
    for particles in (3, 7, 49, 1000):
        ancestors = RESAMPLERS[scheme](np.full((50, particles), 0.1), np.random.Generator(np.random.SFC64(12)))
        if scheme != "multinomial":
            assert (np.sort(ancestors, axis=1) == np.arange(particles)).all()


def test_exact_and_vectorised_schemes_have_the_same_names():
    assert set(EXACT_RESAMPLERS) == set(RESAMPLERS)
