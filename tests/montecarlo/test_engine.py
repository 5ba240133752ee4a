"""The vectorised engine against exact laws, by the check of `truths`; its numerics, and bad arguments."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from smc.errors import InputError, TooLarge
from smc.exact import output_law
from smc.montecarlo import compiled, estimate, occupancy, realise, simulate
from smc.montecarlo.draws import every_run
from smc.numbers import rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.analysis import target, true_value
from smc.setting.twist import perfect
from tests.effort import NIGHTLY, effort, turn
from tests.montecarlo.models import (
    ladder,
    lattice,
    persistent,
    persistent_process,
    process,
    promising,
    random_model,
    skewed,
)
from tests.montecarlo.test_copies import SCHEMES
from tests.montecarlo.truths import ERROR, disagreements, exact_truth, instances, realised_truth, small_truth


@pytest.mark.by_turn
@pytest.mark.parametrize("genealogies", [False, True])
@pytest.mark.parametrize("method", ["occupancies", "particles"])
def test_multinomial_runs_have_the_exact_law(genealogies, method):
    dead, step = 0, 1 if NIGHTLY else 3
    for model, steered, particles in list(instances())[::step]:
        truth = exact_truth(steered, particles, true_value(model)[0][0])
        runs = simulate(steered, particles, 20_000, seed=1, genealogies=genealogies, method=method)
        assert runs.method == method
        assert disagreements(runs, steered, truth) == []
        assert disagreements(runs, steered, truth, by_outputs=True) == []
        dead += truth.law[-1] > 0
    assert dead >= 4 // step, "too few instances can die: the dead outcome went untested"


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("scheme", "threshold", "algorithm"),
    turn(itertools.product(SCHEMES, ["1", "5/6", "0"], ["naive", "adapted"]), 11),
)
def test_every_mode_has_the_law_of_the_realised_run(scheme, threshold, algorithm):
    truth = small_truth(scheme, threshold, algorithm)
    assert truth.first == float(true_value(ladder())[0][0])
    steered = process(ladder(), algorithm)
    runs = simulate(steered, 2, 100_000, seed=2, resampling=scheme, threshold=threshold)
    assert disagreements(runs, steered, truth) == []


def test_a_size_that_meets_the_threshold_exactly_is_resampled():
    """Thresholds placed on every effective sample size that occurs: rounding must not decide."""
    steered = process(ladder(), "naive")
    runs = [run for run, _ in every_run(lambda draws: realise(steered, 2, draws=draws, threshold="5/6"))]
    sizes = {run.generations[0].effective_sample_size / 2 for run in runs} - {1}
    assert sizes
    for size in sizes:
        truth = realised_truth(steered, 2, threshold=size)
        assert disagreements(simulate(steered, 2, 50_000, seed=20, threshold=size), steered, truth) == []


@pytest.mark.parametrize("algorithm", ["sis", "sis-guided", "weighted-of-n"])
def test_runs_without_resampling(algorithm):
    for model in (lattice(), ladder()):
        for twist_of in (skewed, promising):
            steered = particle_process(model, twist_of(model), algorithm)
            truth = realised_truth(steered, 2)
            assert disagreements(simulate(steered, 2, 50_000, seed=3), steered, truth) == []


def test_the_two_oracles_agree():
    horizon = effort(3, sample=2)
    steered = persistent_process(horizon)
    assert realised_truth(steered, 3) == exact_truth(steered, 3, true_value(persistent(horizon))[0][0])


def test_weights_far_beyond_double_precision():
    """Potentials of 10^400 and 10^-400: everything happens in log space."""
    model = ladder()
    steered = process(model, "naive")
    truth = exact_truth(steered, 3, true_value(model)[0][0])
    powers = (400, -700, 300)
    steps = tuple(
        tuple(tuple(Outcome(y, p, w * 10**power if power > 0 else w / 10**-power) for y, p, w in row) for row in step)
        for step, power in zip(steered.steps, powers, strict=True)
    )
    stretched = ParticleProcess("naive", steps, steered.sizes, steered.scale)
    for mode in ({"method": "occupancies"}, {"method": "particles"}, {"resampling": "systematic", "threshold": "0"}):
        plain, far = (simulate(each, 3, 5_000, seed=15, **mode) for each in (steered, stretched))
        assert np.allclose(plain.law, far.law, rtol=1e-9)
        assert np.allclose(plain.log_normaliser, far.log_normaliser, rtol=1e-9, atol=1e-9)
    assert truth.first == pytest.approx(float(np.exp(far.log_normaliser).mean()), rel=0.2)


def test_an_estimate_says_what_it_found_and_what_it_promises():
    model = ladder()
    steered = process(model, "naive")
    aim = target(model)
    truth = exact_truth(steered, 3, true_value(model)[0][0])
    tv = float(output_law(steered, 3).total_variation(aim))
    for by_outputs in (False, True):
        found = estimate(steered, 3, 50_000, seed=16, error=ERROR, target=aim, by_outputs=by_outputs)
        assert found.tv_interval[0] <= tv <= found.tv_interval[1] < 1 and found.tv_interval[0] > 0
        assert ((found.law_interval[:, 0] <= truth.law[:-1]) & (truth.law[:-1] <= found.law_interval[:, 1])).all()
        assert found.dead_interval == (0.0, 0.0)
        assert found.normaliser_interval[0] < truth.first < found.normaliser_interval[1]
        assert found.second_moment_interval[0] < truth.second < found.second_moment_interval[1]
        assert "0.999999999 over the 50000 independent runs" in found.guarantee
    assert estimate(steered, 3, 100, seed=1).tv is None


@pytest.mark.by_turn
def test_the_bias_of_order_one_over_n_is_seen_and_enclosed():
    """64 particles, 20,000 runs: the interval for TV contains the exact one and excludes zero."""
    model, steered = persistent(6), persistent_process(6)
    exact, aim = output_law(steered, 64), target(model)
    for method in ("occupancies", "particles"):
        runs = simulate(steered, 64, 20_000, seed=22, method=method)
        assert disagreements(runs, steered, exact_truth(steered, 64, true_value(model)[0][0])) == []
    found = estimate(steered, 64, 20_000, seed=23, error=ERROR, target=aim)
    low, high = found.tv_interval
    assert 0 < low <= float(exact.total_variation(aim)) <= high < low + 0.03


@pytest.mark.parametrize("mode", [{"method": "occupancies"}, {"method": "particles"}, {"resampling": "residual"}])
def test_weights_by_table_and_in_log_space_agree(mode, monkeypatch):
    """The table of weights against the route for weights too far apart for one, dead particles included."""
    model = lattice()
    steered = particle_process(model, promising(model), "naive")
    table = simulate(steered, 3, 5_000, seed=25, **mode)
    monkeypatch.setattr(compiled, "_SPREAD", -1.0)
    logs = simulate(steered, 3, 5_000, seed=25, **mode)
    assert np.isneginf(table.log_normaliser).any() and (table.output == logs.output).all()
    assert np.allclose(table.law, logs.law, rtol=1e-12)
    assert np.allclose(table.log_normaliser, logs.log_normaliser, rtol=1e-12)


def test_a_probability_carried_above_one_by_rounding_is_one():
    law = np.array([[np.nextafter(1.0, 2.0), 0.0]])
    assert occupancy.draw_counts(np.random.Generator(np.random.SFC64(5)), 9, law).tolist() == [[9, 0]]


def test_an_exact_normaliser_is_enclosed_to_rounding():
    """Fully adapted with a perfect reward model: `Zhat = Z` in every run, so the interval is a point but for rounding."""
    for model in (ladder(), random_model(7, horizon=5, width=3, zero=0.2)):
        steered = particle_process(model, perfect(model), "adapted")
        found = estimate(steered, 4, 50, seed=24, target=target(model))
        z = true_value(model)[0][0]
        for power, (low, high) in ((1, found.normaliser_interval), (2, found.second_moment_interval)):
            assert rational(Fraction(low)) < z**power < rational(Fraction(high))
            assert high - low < 1e-9 * high


@pytest.mark.parametrize("width", [2, 9])
def test_the_method_follows_the_sizes_and_both_have_one_law(width):
    """Matrix and sparse mixtures; few particles run one by one, many by occupancies."""
    model = random_model(3, horizon=4, width=width, zero=0.1)
    steered = process(model, "naive")
    few, many = (simulate(steered, particles, 2_000, seed=17) for particles in (2, 500))
    assert (few.method, many.method) == ("particles", "occupancies")
    one_by_one = simulate(steered, 500, 2_000, seed=18, method="particles")
    spread = np.sqrt((many.law.var(axis=0) + one_by_one.law.var(axis=0)) / 2_000)
    assert (np.abs(many.law.mean(axis=0) - one_by_one.law.mean(axis=0)) <= 8 * spread + 1e-12).all()


def test_rounding_never_reaches_an_impossible_cell():
    """NumPy's multinomial gives what is missing from a sum of one to the last category, whatever its probability."""
    law = np.array([[0.5, 0.5 - 1e-13, 0.0], [0.25, 0.25, 0.5]])
    rng = np.random.Generator(np.random.SFC64(21))
    assert rng.multinomial(10**15, law)[0, -1] > 0
    counts = occupancy.draw_counts(rng, 10**15, law)
    assert counts[0, -1] == 0 and counts[1, -1] > 0 and (counts.sum(axis=1) == 10**15).all()


def test_sparse_and_dense_mixtures_are_equal(monkeypatch):
    steered = process(random_model(3, horizon=4, width=9, zero=0.1), "naive")
    dense = simulate(steered, 500, 100, seed=19)
    monkeypatch.setattr(occupancy, "_DENSE", 0)
    sparse = simulate(steered, 500, 100, seed=19)
    assert np.allclose(dense.law, sparse.law, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"particles": 0}, InputError, "particles: 0; give"),
        ({"replicates": 0}, InputError, "replicates: 0; give"),
        ({"replicates": 1.5}, InputError, "replicates: 1.5; give"),
        ({"seed": -1}, InputError, "seed: -1; give"),
        ({"resampling": "lucky"}, InputError, "unknown resampling scheme 'lucky'; choose one of multinomial"),
        ({"method": "magic"}, InputError, "unknown method 'magic'; choose one of auto, occupancies, particles"),
        (
            {"method": "occupancies", "threshold": "1/2"},
            InputError,
            "method: occupancies do not describe naive with multinomial",
        ),
        ({"threads": 0}, InputError, "threads: 0; give a whole number of at least 1"),
        ({"threshold": "2"}, InputError, "threshold: threshold 2"),
        ({"replicates": 10**9}, TooLarge, "37.3 GiB, the limit is 2.0 GiB; ask for fewer runs at a time"),
        ({"particles": 10**8, "replicates": 9, "genealogies": True}, TooLarge, "of genealogies"),
        ({"particles": 10**8, "threshold": "1/2"}, TooLarge, "one by one need 9.3 GiB"),
        ({"particles": 10**30}, TooLarge, "counts are exact only up to"),
    ],
)
def test_bad_arguments_are_named(arguments, kind, message):
    with pytest.raises(kind, match=message):
        simulate(process(ladder(), "naive"), **{"particles": 2, "replicates": 10, "seed": 1, **arguments})


def test_a_target_of_the_wrong_size_is_refused():
    with pytest.raises(InputError, match="a target on 1 states for 2 terminal states"):
        estimate(process(ladder(), "naive"), 2, 10, seed=1, target=target(ladder())[:1])
