"""Genealogies of vectorised runs: their law, who can be whose ancestor, and how ancestors are drawn and kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from smc.montecarlo import occupancy, realise, simulate
from smc.montecarlo.confidence import clopper_pearson
from smc.montecarlo.draws import law_of
from smc.setting.model import Model
from tests.effort import effort
from tests.montecarlo.models import (
    ladder,
    process,
    random_model,
)
from tests.montecarlo.truths import ERROR


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
