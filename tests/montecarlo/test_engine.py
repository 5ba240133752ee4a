"""The vectorised engine against exact laws, and planted faults against the same check.

Every check below is one call of `disagreements`: the exact law, `E[Zhat] = Z` and `E[Zhat^2]` must lie in intervals
that are valid at finite sample size. A sound engine fails it with probability at most 1e-9 a call, whatever the
seed; seeds are fixed all the same.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from smc.errors import InputError, TooLarge
from smc.exact import output_law, second_moment
from smc.montecarlo import compiled, estimate, occupancy, particlewise, realise, simulate
from smc.montecarlo.confidence import clopper_pearson
from smc.montecarlo.draws import every_run, law_of
from smc.montecarlo.estimate import law_intervals, moment_interval, possible_range
from smc.montecarlo.realised import RESAMPLERS as EXACT_RESAMPLERS
from smc.montecarlo.resampling import RESAMPLERS
from smc.numbers import ZERO, rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.samplers.resampling import effective_sample_size
from smc.setting.analysis import target, true_value
from smc.setting.model import Model
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

ERROR = 1e-9
SCHEMES = tuple(RESAMPLERS)


@dataclass(frozen=True)
class Truth:
    """Exact law of the output (dead last), `E[Zhat]` and `E[Zhat^2]`, as floats of exact rationals."""

    law: tuple[float, ...]
    first: float
    second: float


def exact_truth(steered, particles, normaliser):
    exact = output_law(steered, particles)
    law = tuple(map(float, (*exact.law, exact.dead)))
    return Truth(law, float(normaliser), float(second_moment(steered, particles)))


def realised_truth(steered, particles, **mode):
    """From the realised code, by the whole tree of its choices: the oracle for modes that the exact engine does not
    have.
    """
    law = [ZERO] * (steered.sizes[-1] + 1)
    first = second = ZERO
    for run, probability in every_run(lambda draws: realise(steered, particles, draws=draws, **mode)):
        law[-1 if run.output is None else run.output] += probability
        first += probability * run.normaliser
        second += probability * run.normaliser**2
    return Truth(tuple(map(float, law)), float(first), float(second))


def disagreements(runs, steered, truth, *, by_outputs=False):
    """What in `truth` lies outside the simultaneous intervals of `runs`; empty for a sound engine but for
    probability `ERROR`.
    """
    limits = possible_range(steered)
    wrong = []
    _, intervals = law_intervals(runs, limits, error=ERROR / 3, by_outputs=by_outputs)
    for state, (p, (low, high)) in enumerate(zip(truth.law, intervals, strict=True)):
        if not low - 1e-12 <= p <= high + 1e-12:
            wrong.append(f"law[{state}] = {p} outside [{low}, {high}]")
    for power, value in ((1, truth.first), (2, truth.second)):
        _, (low, high) = moment_interval(runs, limits, power=power, error=ERROR / 3)
        if not low <= value <= high:
            wrong.append(f"E[Zhat^{power}] = {value} outside [{low}, {high}]")
    return wrong


def instances():
    """Models with ladders, dead ends, shared successors; two algorithms; several numbers of particles."""
    models = [lattice(), ladder(), *(random_model(seed, horizon=3, width=3, zero=0.4) for seed in range(4))]
    for k, model in enumerate(models):
        for algorithm in ("naive", "adapted"):
            yield model, process(model, algorithm), (1, 2, 4)[k % 3]
            yield model, particle_process(model, promising(model), algorithm), (2, 3, 1)[k % 3]


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


@cache
def small_truth(scheme, threshold, algorithm):
    return realised_truth(process(ladder(), algorithm), 2, resampling=scheme, threshold=threshold)


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


LONG = {"multinomial": (6, 8), "stratified": (6, 3), "systematic": (6, 3), "residual": (5, 3)}
"""Horizon and particles at which a bias of one percent adds up to something visible, and an oracle still answers at
once.
"""


@cache
def persistent_truth(scheme):
    """By the exact engine where it applies: multinomial resampling has too many branches at this horizon."""
    horizon, particles = LONG[scheme]
    steered = persistent_process(horizon)
    if scheme == "multinomial":
        return exact_truth(steered, particles, true_value(persistent(horizon))[0][0])
    return realised_truth(steered, particles, resampling=scheme)


def test_the_two_oracles_agree():
    horizon = effort(3, sample=2)
    steered = persistent_process(horizon)
    assert realised_truth(steered, 3) == exact_truth(steered, 3, true_value(persistent(horizon))[0][0])


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


def final_ancestry(run):
    """(numbers of distinct ancestors of the last generation at step 1, path of the output) of a realised run."""
    index = list(range(run.particles))
    for generation in reversed(run.generations[1:]):
        index = [generation.ancestors[i] for i in index]
    return len(set(index)), run.path(run.chosen)


@pytest.mark.by_turn
@pytest.mark.parametrize("long_block", [0, 10**6])
@pytest.mark.parametrize(
    "mode", [{"method": "occupancies"}, {"method": "particles"}, {"resampling": "residual", "threshold": "5/6"}]
)
def test_genealogies_have_the_law_of_the_realised_run(mode, long_block, monkeypatch):
    """Both ways of drawing ancestors inside a block of particles."""
    monkeypatch.setattr(occupancy, "_LONG_BLOCK", long_block)
    steered = process(ladder(), "naive")
    exact_mode = {key: value for key, value in mode.items() if key != "method"}
    law = law_of(lambda draws: final_ancestry(realise(steered, 2, draws=draws, **exact_mode)))
    runs = simulate(steered, 2, effort(40_000, sample=15_000), seed=13, genealogies=True, **mode)
    seen: dict = {}
    for lineage in runs.lineages:
        distinct = [len(set(row)) for row in lineage.roots(2).tolist()]
        for key in zip(distinct, map(tuple, lineage.paths().tolist()), strict=True):
            seen[key] = seen.get(key, 0) + 1
    assert set(seen) == set(law) and len(law) > 8
    for key, p in law.items():
        low, high = clopper_pearson(seen[key], runs.replicates, ERROR / len(law))
        assert low <= p <= high


@pytest.mark.parametrize("method", ["occupancies", "particles"])
def test_resampling_in_a_layer_with_one_cell_makes_lines_meet(method):
    """Equal weights in a single state, and still the ancestors are drawn: only those of the root are their own."""
    layers = [("root",), ("m",), ("a", "b")]
    edges = [[("root", "m", 1, 1)], [("m", "a", "1/2", 1), ("m", "b", "1/2", 2)]]
    steered = process(Model.from_edges(layers, edges, {"a": 1, "b": 1}, name="neck"), "naive")
    runs = simulate(steered, 2, 40_000, seed=7, genealogies=True, method=method)
    met = sum(int((line.roots(1)[:, 0] == line.roots(1)[:, 1]).sum()) for line in runs.lineages)
    low, high = clopper_pearson(met, runs.replicates, ERROR)
    assert low <= 1 / 2 <= high
    assert all((line.ancestors[0] == np.arange(2)).all() for line in runs.lineages)


def test_every_ancestor_can_reach_its_child():
    model = random_model(7, horizon=5, width=3, zero=0.2)
    steered = process(model, "naive")
    modes = ({"method": "occupancies"}, {"method": "particles"}, {"resampling": "stratified", "threshold": "1/2"})
    for mode, (particles, replicates) in itertools.product(modes, ((50, 40), (40_000, 1))):
        for lineage in simulate(steered, particles, replicates, seed=14, genealogies=True, **mode).lineages:
            before = np.zeros_like(lineage.states[0])
            for t, (states, ancestors) in enumerate(zip(lineage.states, lineage.ancestors, strict=True)):
                parents = np.take_along_axis(before, ancestors.astype(np.intp), axis=1)
                dead_before, dead = steered.sizes[t], steered.sizes[t + 1]
                allowed = {(x, o.target if o.weight else dead) for x, row in enumerate(steered.steps[t]) for o in row}
                seen = set(zip(parents.ravel().tolist(), states.ravel().tolist(), strict=True))
                assert seen <= allowed | {(dead_before, dead)}
                before = states


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


def test_the_same_seed_gives_the_same_runs():
    steered = process(ladder(), "naive")
    for mode in ({}, {"resampling": "residual"}, {"genealogies": True}):
        one, two, other = (simulate(steered, 5, 30_000, seed=seed, **mode) for seed in (1, 1, 2))
        assert (one.law == two.law).all() and (one.output == two.output).all()
        assert (one.law != other.law).any()


@pytest.mark.by_turn
@pytest.mark.parametrize(
    "mode", [{}, {"genealogies": True}, {"resampling": "systematic", "genealogies": True}, {"threshold": "1/2"}]
)
def test_the_runs_do_not_depend_on_the_number_of_threads(mode):
    steered = process(ladder(), "naive")
    one, three = (simulate(steered, 40, 30_000, seed=3, threads=threads, **mode) for threads in (1, 3))
    assert (one.law == three.law).all() and (one.log_normaliser == three.log_normaliser).all()
    assert (one.output == three.output).all()
    assert len(one.lineages) == len(three.lineages) and (len(one.lineages) > 1 or "genealogies" not in mode)
    for a, b in zip(one.lineages, three.lineages, strict=True):
        assert all((x == y).all() for x, y in zip(a.ancestors, b.ancestors, strict=True))
        assert (a.paths() == b.paths()).all()


def test_blocks_of_runs_are_independent():
    """No two blocks share a stream: no row of the first block comes back in the second (Zhat takes many values)."""
    runs = simulate(process(ladder(), "naive"), 40_000, 20, seed=3, genealogies=True, threads=2)
    first = [lineage.ancestors[-1] for lineage in runs.lineages]
    assert len(first) > 1
    for a, b in itertools.combinations(first, 2):
        assert (a[0] == b[0]).mean() < 0.01


def test_a_fault_in_a_thread_stops_the_run():
    def broken(weights, rng):
        raise RuntimeError("no resampling today")

    with pytest.raises(RuntimeError, match="no resampling today"):
        simulate(process(ladder(), "naive"), 50, 50_000, seed=1, resampling=broken, threads=2)


class EveryWord:
    """Stands in for a generator: first every 16-bit word once, in order; then only the largest word."""

    def __init__(self):
        self.called = False

    def integers(self, low, high, size, dtype):
        if self.called:
            return np.full(size, 2**64 - 1, dtype)
        self.called = True
        return np.arange(2**16, dtype=np.uint16).view(dtype)


def test_ancestors_are_uniform_exactly():
    """Over all words, each value below `size` is accepted equally often; the rest are drawn again (to `size - 1` here)."""
    for size in (1, 2, 3, 7, 1000, 4096, 8191, 8192):
        values = occupancy.uniform_below(np.array([size]), np.array([2**16]), EveryWord())
        copies = np.bincount(values, minlength=size)
        whole, rest = divmod(2**16, size)
        assert len(copies) == size and copies[-1] == whole + rest and (copies[:-1] == whole).all()


@pytest.mark.parametrize("particles", [2**16, 2**16 + 1])
def test_ancestors_take_two_bytes_where_their_numbers_fit(particles):
    """The last particle of each cell has a number, whichever way its ancestor is drawn: nothing wraps around."""
    runs = simulate(process(ladder(), "naive"), particles, 2, seed=5, genealogies=True, method="occupancies")
    (lineage,) = runs.lineages
    assert len(lineage.ancestors) == 3 and lineage.ancestors[0].max() == particles - 1
    for ancestors in lineage.ancestors:
        assert ancestors.dtype == (np.uint16 if particles == 2**16 else np.int32)
        assert ancestors.shape == (2, particles) and ancestors.max() > particles - 50


def test_the_memory_of_one_draw_is_used_again_in_the_next():
    """Longer, shorter, wider words: the values do not depend on what the memory held, nor on whose it is."""
    scratch, jobs = occupancy.Scratch(), ((1000, 4001), (7, 13), (2**20 + 1, 999), (8192, 8003), (1, 9000), (5, 1))
    for size, drawn in jobs:
        args = np.array([size, 1 + size // 2]), np.array([drawn, 3])
        one, two = (
            occupancy.uniform_below(*args, np.random.Generator(np.random.SFC64(6)), *more)
            for more in ((), (None, scratch))
        )
        assert (one == two).all() and len(one) == drawn + 3 and one[:drawn].max() < size


def test_ancestors_in_a_long_range_are_uniform():
    """Size 3 · 2^29 and 32-bit words: without drawing again, a third of the values would have a quarter of the mass."""
    rng = np.random.Generator(np.random.SFC64(4))
    values = occupancy.uniform_below(np.array([3 * 2**29, 5]), np.array([300_000, 1000]), rng)
    assert values[:300_000].min() >= 0 and values[300_000:].max() == 4
    for count in np.bincount(values[:300_000] % 3, minlength=3):
        low, high = clopper_pearson(int(count), 300_000, ERROR)
        assert low <= 1 / 3 <= high


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


def test_progress_is_reported_to_the_end():
    calls = []
    simulate(
        process(ladder(), "naive"), 50, 5_000, seed=1, method="particles", progress=lambda *call: calls.append(call)
    )
    assert len(calls) > 1 and calls[-1] == (5_000, 5_000) and calls == sorted(calls)


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
