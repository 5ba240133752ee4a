"""Runs come in blocks, perhaps on several threads: seeds, independence, faults and progress."""

from __future__ import annotations

import itertools

import pytest

from smc.montecarlo import simulate
from tests.montecarlo.models import (
    ladder,
    process,
)


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


def test_progress_is_reported_to_the_end():
    calls = []
    simulate(
        process(ladder(), "naive"), 50, 5_000, seed=1, method="particles", progress=lambda *call: calls.append(call)
    )
    assert len(calls) > 1 and calls[-1] == (5_000, 5_000) and calls == sorted(calls)
