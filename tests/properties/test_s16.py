"""S16: S12, S13 with a factor of 2, and S5 under stratified, residual and infinity-ESS resampling, of naive SMC and of fully adapted SMC;
what is false is planted beside it."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.exact.clouds import cloud_moments
from smc.numbers import INFINITE, ONE, Rational
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.samplers.resampling import RESIDUAL, SCHEMES, STRATIFIED, Resampling, infinity_effective_sample_size
from smc.setting.analysis import analyse
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

THETA = Rational(1, 2)
CARRIED = [Resampling(SCHEMES[name], THETA) for name in ("multinomial", "stratified", "residual")]
"""Below a threshold on the effective sample size."""
SCOPE = [(Resampling(STRATIFIED), ONE), (Resampling(RESIDUAL), ONE)] + [
    (Resampling(scheme, THETA, infinity_effective_sample_size), THETA)
    for scheme in SCHEMES.values()
    if scheme.name in ("multinomial", "stratified", "residual")
]
"""Resamplings that S16 speaks of, and the share of N that its slots are worth. A skipped resampling has `max W <= 1/(theta N)`."""


def factor(ranges, scale):
    """`prod_p (1 + scale (b_p - 1))`, infinite where a b_p is."""
    found = ONE
    for b in ranges:
        if b == INFINITE:
            return INFINITE
        found *= 1 + scale * (b - 1)
    return found


CONSTANTS = {naive: ("b", "slot_cost", "q"), adapted: ("b_adapted", "slot_cost_adapted", "q_adapted")}
"""What S16 reads for each sampler: b_p, what the variance of a slot costs, q_p."""


@pytest.mark.parametrize("sampler", CONSTANTS, ids=lambda v: v.name)
@pytest.mark.parametrize("resampling", CARRIED, ids=lambda v: v.typed)
@settings(deadline=None, max_examples=effort(300, sample=15))
@given(data=st.data())
def test_second_moment_below_a_threshold_on_the_effective_sample_size(resampling, sampler, data):
    """`E[Zhat^2]/Z^2 <= prod_p (1 + c_p/(theta N))`, c_p = b_p - 1, or b_p^2/4 from b_p = 2 on."""
    model, reward_model = data.draw(twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2)))
    particles = data.draw(st.integers(1, 3))
    c = analyse(model, reward_model)
    peaks, costs, _ = (getattr(c, name) for name in CONSTANTS[sampler])
    assert costs == tuple(b if b == INFINITE else b - 1 if b < 2 else b * b / 4 for b in peaks)
    if INFINITE not in peaks:
        found = cloud_moments(replace(sampler.process(model, reward_model), resampling=resampling), particles)
        assert (
            found.second_moment <= prod((1 + cost / (THETA * particles) for cost in costs), start=ONE) * c.normaliser**2
        )


@pytest.mark.parametrize("sampler", CONSTANTS, ids=lambda v: v.name)
@pytest.mark.parametrize(("resampling", "share"), SCOPE, ids=lambda v: getattr(v, "words", ""))
@settings(deadline=None, max_examples=effort(300, sample=15))
@given(data=st.data())
def test_density_second_moment_and_odds(resampling, share, sampler, data):
    model, reward_model = data.draw(twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2)))
    particles = data.draw(st.integers(1, 3))
    c = analyse(model, reward_model)
    found = cloud_moments(replace(sampler.process(model, reward_model), resampling=resampling), particles)
    worth, (b, _, q) = share * particles, CONSTANTS[sampler]
    beta, odds = factor(getattr(c, b), 1 / worth), factor(getattr(c, q), 2 / worth)
    for pi, out, second in zip(c.target, found.law, found.second, strict=True):
        if beta != INFINITE:
            assert pi <= beta * out and second / c.normaliser**2 <= beta * pi
        if odds != INFINITE:
            assert out * (1 - pi) <= odds * pi * (1 - out) and pi * (1 - out) <= odds * out * (1 - pi)
    if beta != INFINITE:
        assert found.output.total_variation(c.target) <= 1 - 1 / beta
        assert found.second_moment <= beta * c.normaliser**2
