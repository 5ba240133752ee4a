"""Faults planted in the vectorised engine are seen by the check that the sound one passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smc.montecarlo import occupancy, particlewise, simulate
from smc.montecarlo.resampling import RESAMPLERS
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.samplers.resampling import effective_sample_size
from smc.setting.analysis import true_value
from tests.effort import NIGHTLY, effort
from tests.montecarlo.models import (
    ladder,
    lattice,
    persistent_process,
    process,
    promising,
    skewed,
)
from tests.montecarlo.truths import LONG, disagreements, exact_truth, persistent_truth, small_truth

EXCESS = 0.01 if NIGHTLY else 0.05
"""By how much a planted bias raises a weight."""
LOT = effort(400_000, sample=30_000)
"""Runs that show it."""


@pytest.mark.parametrize(
    "scheme",
    ["multinomial", "systematic", *(pytest.param(s, marks=pytest.mark.nightly) for s in ("stratified", "residual"))],
)
def test_a_resampler_that_is_slightly_biased_is_caught(scheme):
    """Weights above the mean count 1.01 times (a day 1.05). The sound scheme passes the same check on as many runs."""
    sound = RESAMPLERS[scheme]

    def biased(weights, rng):
        return sound(np.where(weights > weights.mean(axis=1, keepdims=True), (1 + EXCESS) * weights, weights), rng)

    (horizon, particles), truth = LONG[scheme], persistent_truth(scheme)
    steered = persistent_process(horizon)
    for resampler, caught in ((sound, False), (biased, True)):
        runs = simulate(steered, particles, LOT, seed=4, resampling=resampler)
        assert bool(disagreements(runs, steered, truth)) is caught


def test_a_mixture_that_is_slightly_biased_is_caught(monkeypatch):
    """The same fault where occupancies are simulated."""
    sound = occupancy.weigh

    def biased(counts, log_weight):
        shares, log_sum = sound(counts, log_weight)
        shares = np.where(log_weight == log_weight.max(), (1 + EXCESS) * shares, shares)
        return shares / shares.sum(axis=1, keepdims=True), log_sum

    (horizon, particles), truth = LONG["multinomial"], persistent_truth("multinomial")
    steered = persistent_process(horizon)
    mode = {"seed": 5, "method": "occupancies"}
    assert disagreements(simulate(steered, particles, LOT, **mode), steered, truth) == []
    monkeypatch.setattr(occupancy, "weigh", biased)
    assert disagreements(simulate(steered, particles, LOT, **mode), steered, truth)


def test_a_normaliser_that_ignores_skipped_resampling_is_caught(monkeypatch):
    """The field's mistake: a factor closed at every step, though the weights carry on."""
    steered = process(ladder(), "naive")
    truth = small_truth("systematic", "5/6", "naive")

    def careless(log_normaliser, log_sum, due, particles):
        log_normaliser += log_sum - np.log(particles)

    monkeypatch.setattr(particlewise, "close_factor", careless)
    wrong = disagreements(
        simulate(steered, 2, 20_000, seed=6, resampling="systematic", threshold="5/6"), steered, truth
    )
    assert any("E[Zhat^1]" in line for line in wrong)


def test_an_effective_sample_size_upside_down_is_caught(monkeypatch):
    steered = process(ladder(), "naive")
    truth = small_truth("multinomial", "5/6", "naive")
    sound = particlewise.effective_sample_size
    monkeypatch.setitem(particlewise.SIZES, effective_sample_size, lambda weights: 1 / sound(weights))
    runs = simulate(steered, 2, 100_000, seed=7, threshold="5/6")
    assert any("law" in line for line in disagreements(runs, steered, truth))


def test_forgetting_the_previous_score_is_caught():
    """Weights `psi_t V_t(y)` that are not divided by `V_{t-1}(x)` do not telescope."""
    model = ladder()
    steered = process(model, "naive")
    values = skewed(model).values
    steps = tuple(
        tuple(tuple(Outcome(y, p, w * values[t][x]) for y, p, w in row) for x, row in enumerate(step))
        for t, step in enumerate(steered.steps)
    )
    wrong = ParticleProcess("naive", steps, steered.sizes, steered.scale)
    truth = exact_truth(steered, 2, true_value(model)[0][0])
    found = disagreements(simulate(wrong, 2, 20_000, seed=8), wrong, truth)
    assert any("E[Zhat^1]" in line for line in found)


def test_throwing_dead_runs_away_is_caught():
    model = lattice()
    steered = particle_process(model, promising(model), "naive")
    truth = exact_truth(steered, 2, true_value(model)[0][0])
    runs = simulate(steered, 2, 20_000, seed=9)
    live = runs.law[:, -1] == 0
    survivors = replace(runs, law=runs.law[live], log_normaliser=runs.log_normaliser[live], output=runs.output[live])
    assert disagreements(runs, steered, truth) == []
    assert disagreements(survivors, steered, truth)
