"""What a scheme and a threshold are worth, held against their own draws, and which statements `check`, `plan` and `atlas` then speak of."""

from __future__ import annotations

import pytest
from hypothesis import given

from smc.numbers import ONE, ZERO, Rational
from smc.samplers.resampling import (
    SCHEMES,
    SIZES,
    SYSTEMATIC,
    effective_sample_size,
    infinity_effective_sample_size,
    resampling_of,
)
from smc.testing import nasty_weights, resamplings


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@given(weights=nasty_weights())
def test_slots_are_unbiased_and_independent_where_the_scheme_says_so(scheme, weights):
    pieces = scheme.pieces(weights)
    assert sum(chance for chance, _ in pieces) == 1
    offspring = [
        sum((chance * slot.get(i, ZERO) for chance, slots in pieces for slot in slots), ZERO)
        for i in range(len(weights))
    ]
    assert offspring == [len(weights) * w for w in weights]
    assert len(pieces) == 1 or not scheme.independent


def test_systematic_slots_hang_together():
    """Weights 1/2, 1/4, 1/4: the second slot takes 1 half of the time, the third a quarter of it, and never both."""
    pieces = SYSTEMATIC.pieces([Rational(1, 2), Rational(1, 4), Rational(1, 4)])
    both, second, third = (
        sum((chance for chance, slots in pieces if all(1 in slots[k] for k in which)), ZERO)
        for which in ((1, 2), (1,), (2,))
    )
    assert (both, second, third) == (0, Rational(1, 2), Rational(1, 4))


@given(weights=nasty_weights())
def test_a_size_caps_the_largest_weight_where_it_says_so(weights):
    for size in SIZES.values():
        assert 1 <= size(weights) <= len(weights)
        assert max(weights) <= 1 / size(weights) or not size.caps


def test_the_effective_sample_size_does_not_cap_the_largest_weight():
    weights = [Rational(1, 2), *[Rational(1, 10)] * 5]
    assert max(weights) > 1 / effective_sample_size(weights) and max(weights) == 1 / infinity_effective_sample_size(
        weights
    )
    assert not effective_sample_size.caps


@given(resampling=resamplings(), weights=nasty_weights())
def test_carried_weights_are_at_most_what_the_worth_says(resampling, weights):
    if resampling.worth is not None and not resampling.due(weights):
        assert max(weights) * resampling.worth * len(weights) <= 1


@given(resampling=resamplings())
def test_what_is_typed_is_read_again(resampling):
    read = resampling_of(resampling.typed)
    assert read.scheme is resampling.scheme
    assert all(read.due(w) is resampling.due(w) for w in ([ONE], [ONE / 2] * 2, [ONE / 3, 2 * ONE / 3]))
