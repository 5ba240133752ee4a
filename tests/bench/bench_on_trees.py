"""Throughput of simulated walks and of sweeps that keep a path, beside the walk written as a loop over one run, interleaved in one process.

Reference model: a binary prefix tree of horizon 8, rewards 4^ones, V* with a Bellman error of 1/4. A unit is a step of a walk, or a
particle-step of a sweep. `python -m tests.bench.bench_on_trees` prints the table; `pytest tests/bench/bench_on_trees.py`
records the same with pytest-benchmark.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from smc.montecarlo import simulate
from smc.montecarlo.tree import parents, weights_down
from smc.samplers.backtracking import backtracking
from smc.samplers.conditional import conditional
from smc.setting.model import prefix_tree
from smc.setting.twist import with_bellman_error

HORIZON = 8
MODEL = prefix_tree(HORIZON, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 4 ** sum(s))
TWIST = with_bellman_error(MODEL, "1/4")
WALK = backtracking.process(MODEL, TWIST)


def walked(visits: int, runs: int) -> Callable[[], int]:
    """Steps of vectorised walks."""

    def run() -> int:
        steps = simulate(WALK, visits, runs, seed=1, threads=1).steps
        assert steps is not None
        return int(steps.sum())

    return run


def swept(particles: int, sweeps: int, runs: int) -> Callable[[], int]:
    """Particle-steps of vectorised sweeps, the ordinary run before them included."""
    process = conditional.holding(particles).process(MODEL, TWIST)

    def run() -> int:
        simulate(process, sweeps, runs, seed=1, threads=1)
        return runs * particles * HORIZON * (sweeps + 1)

    return run


def one_at_a_time(visits: int, runs: int) -> Callable[[], int]:
    """Steps of the walk as a plain loop, with tables of floats made before."""
    above = parents(WALK)
    ways = [
        [
            ([(t - 1, p)] * (t > 0), [1.0] * (t > 0))
            if t == HORIZON
            else (
                [(t - 1, p)] * (t > 0) + [(t + 1, y) for y in weights_down(WALK, t, x)],
                [1.0] * (t > 0) + [float(g) for g in weights_down(WALK, t, x).values()],
            )
            for x, p in enumerate(layer)
        ]
        for t, layer in enumerate(above)
    ]
    rng = random.Random(1)

    def run() -> int:
        steps = 0
        for _ in range(runs):
            t, x, left = 0, 0, visits
            while left:
                places, weights = ways[t][x]
                ((t, x),) = rng.choices(places, weights)
                left -= t == HORIZON
                steps += 1
        return steps

    return run


@dataclass(frozen=True)
class Contest:
    """A way to run: what it is called, a call that says how many units it did."""

    name: str
    run: Callable[[], int]


CONTESTS = (
    Contest("walk, one at a time", one_at_a_time(4, 500)),
    Contest("walk, 4 visits, 2,000 runs", walked(4, 2_000)),
    Contest("walk, 4 visits, 100,000 runs", walked(4, 100_000)),
    Contest("walk, 64 visits, 20,000 runs", walked(64, 20_000)),
    Contest("sweeps, N = 2, 20,000 runs of 4", swept(2, 4, 20_000)),
    Contest("sweeps, N = 16, 5,000 runs of 4", swept(16, 4, 5_000)),
    Contest("sweeps, N = 1,000, 100 runs of 4", swept(1_000, 4, 100)),
)


def main(rounds: int = 5) -> None:
    """Medians over interleaved rounds, in millions of units a second of processor time on one thread."""
    rates: dict[Contest, list[float]] = {contest: [] for contest in CONTESTS}
    for _ in range(rounds):
        for contest in CONTESTS:
            began = time.process_time()
            rates[contest].append(contest.run() / (time.process_time() - began))
    found = {contest: statistics.median(seen) for contest, seen in rates.items()}
    loop = found[CONTESTS[0]]
    print(f"{'simulation on paths, T = 8, one thread':44} {'M units a CPU second':>22} {'x the loop':>11}")
    for contest, rate in found.items():
        print(f"{contest.name:44} {rate / 1e6:>22.2f} {rate / loop:>11.1f}")


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda c: c.name.replace(" ", "-"))
def test_throughput(benchmark, contest):
    assert benchmark.pedantic(contest.run, rounds=3, warmup_rounds=1) > 0


if __name__ == "__main__":
    main()
