"""Simulated runs under every scheme, rule and choice that a process may name: intervals hold what the chain over clouds says exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smc.exact.clouds import cloud_moments
from smc.formats import load
from smc.montecarlo import estimate, realise
from smc.numbers import Rational
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.resampling import (
    KILLING,
    SCHEMES,
    Choice,
    Resampling,
    effective_sample_size,
    infinity_effective_sample_size,
)
from smc.setting.twist import constant

TREE = load("shipped:verifier-tree")
HALF = Rational(1, 2)
RULES = [(None, effective_sample_size), (HALF, effective_sample_size), (HALF, infinity_effective_sample_size)]


def process(resampling: Resampling, choice: Choice = Choice.BY_WEIGHT, model=TREE.model, twist=None) -> ParticleProcess:
    return naive.resampling_by(resampling, choice).process(model, twist or TREE.twist())


def outside(found, exact) -> list[str]:
    """What the exact moments have outside the intervals; each run of this is wrong with probability 1e-9."""
    pairs = [
        *zip(("law",) * len(exact.law), exact.law, found.law_interval, strict=True),
        ("dead", exact.dead, found.dead_interval),
        ("E[Zhat]", exact.normaliser, found.normaliser_interval),
        ("E[Zhat^2]", exact.second_moment, found.second_moment_interval),
    ]
    return [what for what, value, (low, high) in pairs if not low <= value <= high]


@pytest.mark.by_turn
@pytest.mark.parametrize(("threshold", "size"), RULES)
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda s: s.name)
def test_schemes_and_rules(scheme, threshold, size):
    steered = process(Resampling(scheme, threshold, size))
    assert outside(estimate(steered, 3, 20_000, seed=5, error=1e-9), cloud_moments(steered, 3)) == []


@pytest.mark.parametrize("choice", Choice)
def test_choices(choice):
    steered = process(Resampling(KILLING, HALF), choice)
    exact = cloud_moments(steered, 3)
    assert outside(estimate(steered, 3, 20_000, seed=6, error=1e-9), exact) == []
    others = [cloud_moments(replace(steered, choice=other), 3).law for other in Choice if other is not choice]
    assert exact.law not in others, "the test can tell the choices apart"


@pytest.mark.by_turn
def test_a_scheme_of_another_name_is_told_apart():
    """Multinomial resampling in place of systematic: the second moment leaves the interval."""
    model = TREE.model
    steered = process(Resampling(SCHEMES["systematic"]), model=model, twist=constant(model))
    wrong = replace(steered, resampling=Resampling())
    found = estimate(steered, 4, 200_000, seed=7, error=1e-9)
    assert outside(found, cloud_moments(steered, 4)) == [] != outside(found, cloud_moments(wrong, 4))


def test_a_realised_run_follows_the_process():
    run = realise(process(Resampling(KILLING, HALF), Choice.ARGMAX), 3, seed=1)
    assert run.resampling == "killing" and run.threshold == HALF
    last = run.generations[-1]
    assert run.chosen is not None and last.accumulated[run.chosen] == max(last.accumulated)
