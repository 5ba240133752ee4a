"""The exact engine against what one would use instead, interleaved in one run: medians of processor seconds, and their ratios.

Reference model: S states a layer, horizon T = 6, weights {1, 2, 3} by the state entered, rotated by one state a step, transition
denominators at most 6 (`tests/exact/random_processes.py`). Processor time, because benchmarks share their machine; engines on several
threads need less time by the clock. Storm runs in an environment of its own (`python -m tests.bench.neighbours` makes it);
its rows are left out, with a message, where that is missing.

`python -m tests.bench.bench_exact` prints the table (`--quick` leaves out what takes minutes); `pytest tests/bench/bench_exact.py` records
the small cases with pytest-benchmark.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from smc.exact import output_law
from smc.exact.occupancy.simplex import occupancy_count
from smc.numbers import Rational
from smc.samplers.process import ParticleProcess
from tests.bench import fraction_engine, integer_engine
from tests.exact.random_processes import reference

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
STORM = ROOT / "build" / "storm-venv" / "bin" / "python"

OURS = {
    "direct (gmpy2, K x K)": {"method": "direct"},
    "transform (whole numbers)": {"method": "transform"},
    "residues (multimodular)": {"method": "residues"},
    "certified, radius 2^-100": {"mode": "certified"},
    "float64": {"mode": "float"},
    "chosen by the cost model": {},
}


def tables(states: int, horizon: int = 6) -> tuple[list, list[list], list[list]]:
    """The reference model as `fraction_engine` takes it."""
    steps = reference(states, horizon).steps
    kernel = [[str(o.probability) for o in row] for row in steps[1]]
    return kernel[0], kernel, [[int(o.weight) for o in step[0]] for step in steps]


def storm(states: int, particles: int) -> dict | None:
    """What `neighbour_storm.py` reports; None where its environment is missing."""
    if not STORM.exists():
        return None
    first, kernel, weights = tables(states)
    job = json.dumps({"first": first, "kernel": kernel, "weights": weights, "particles": particles})
    done = subprocess.run(
        [STORM, HERE.with_name("neighbour_storm.py")], input=job, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def contestants(states: int, particles: int, slow: bool) -> dict[str, Callable[[], float]]:
    """By name: run once, return processor seconds. The engines that take K^2 operations only where they take seconds."""

    def ours(made: ParticleProcess, options: dict) -> Callable[[], float]:
        return lambda: seconds(lambda: output_law(made, particles, **options))

    count = occupancy_count(particles, states)
    racing: dict[str, Callable[[], float]] = {}
    if count <= (153 if slow else 45):
        racing["Fraction"] = lambda: seconds(lambda: fraction_engine.output_law(*tables(states), particles))
        if STORM.exists():
            racing["Storm, exact"] = lambda: storm(states, particles)["seconds"]  # type: ignore[index]
    if count <= (969 if slow else 153):
        racing["mpz, row by row"] = lambda: seconds(lambda: integer_engine.output_law(*tables(states), particles))
    for name, options in OURS.items():
        if not (name.startswith("direct") and count > 969):
            racing[name] = ours(reference(states), options)
    return racing


def seconds(run: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    started = time.process_time()
    run()
    return time.process_time() - started


def interleaved(racing: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median seconds by name; every round runs each once. Runs of more than five seconds are not repeated."""
    times: dict[str, list[float]] = {name: [] for name in racing}
    for _ in range(rounds):
        for name, run in racing.items():
            if not times[name] or times[name][0] < 5:
                times[name].append(run())
    return {name: statistics.median(found) for name, found in times.items()}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Exponent of a power law through the points, by least squares on logarithms."""
    xs, ys = [math.log(s) for s in sizes], [math.log(v) for v in values]
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def operations(states: int, horizon: int, particles: int) -> float:
    """The predicted number of additions, `(T - 1) (S - 1)(S + 3) K N / S`: below the `T S^2 N K` that is usually quoted.

    A move has 2 (S - 1) shifts and Stirling transforms (which count twice) and S (S - 1) shifts by the factors of its matrix; each adds
    `K N / S` times, the number of pairs of points on the lines of one pair of cells.
    """
    return (horizon - 1) * (states - 1) * (states + 3) * occupancy_count(particles, states) * particles / states


def growth() -> None:
    """Fitted exponents of the time in N, S and T between what is predicted if an operation costs the same at any length and if it costs its
    length: the additions of `operations`, and those times the bits of the numbers (`100 + 1.5 N T` for balls of radius 2^-100, `T N^2`
    for whole numbers, by Chebyshev's bound on `lcm D`). What does not grow (making the steps, calls) pulls exponents down.
    """
    balls = {"mode": "certified"}
    whole = {"method": "transform"}
    axes = [
        ("N", balls, [(3, 6, n) for n in (24, 34, 48, 68, 96)]),
        ("N", whole, [(3, 6, n) for n in (24, 34, 48, 68)]),
        ("T", balls, [(3, t, 24) for t in (6, 9, 14, 21)]),
        ("T", whole, [(3, t, 24) for t in (6, 9, 14, 21)]),
        ("S", balls, [(s, 6, 12) for s in (3, 4, 5, 6)]),
        ("S", whole, [(s, 6, 12) for s in (3, 4, 5, 6)]),
    ]
    print(
        "\ngrowth: exponent of the time, fitted, and predicted if an operation costs the same at any length, or its length"
    )
    print(f"{'in':>3} {'numbers':>14} {'over (S, T, N)':>28} {'fitted':>7} {'constant':>9} {'by length':>10}")
    for axis, options, points in axes:
        place = {"S": 0, "T": 1, "N": 2}[axis]
        times = []
        for states, horizon, particles in points:
            run = partial(output_law, square(states, horizon), particles, **options)
            times.append(interleaved({"": partial(seconds, run)}, 3)[""])
        sizes = [point[place] for point in points]
        bits = [100 + 1.5 * n * t if options is balls else (t - 1) * n**2 for _, t, n in points]
        constant = [operations(*point) for point in points]
        exponents = (
            slope(sizes, times),
            slope(sizes, constant),
            slope(sizes, [c * b for c, b in zip(constant, bits, strict=True)]),
        )
        name = "balls" if options is balls else "whole"
        print(
            f"{axis:>3} {name:>14} {f'{points[0]} .. {points[-1]}':>28} {exponents[0]:7.2f} {exponents[1]:9.2f} {exponents[2]:10.2f}"
        )


def square(states: int, horizon: int) -> ParticleProcess:
    """A model of any number of states with dense kernels and weights 1, 2, 3, for the growth in S."""
    from smc.numbers import ONE
    from smc.samplers.process import Outcome

    if states in (3, 4):
        return reference(states, horizon)
    steps = []
    for t in range(1, horizon + 1):
        rows = []
        for x in range(states if t > 1 else 1):
            shares = [1 + (x + y * y + t) % 3 for y in range(states)]
            rows.append(
                tuple(Outcome(y, Rational(k, sum(shares)), Rational(1 + (y + t) % 3)) for y, k in enumerate(shares))
            )
        steps.append(tuple(rows))
    return ParticleProcess("square", tuple(steps), (1,) + (states,) * horizon, ONE)


def hundred() -> tuple[float, float, float]:
    """Clock seconds, processor seconds and peak MiB of a fresh interpreter that computes the exact law at S = 3, T = 6, N = 100."""
    code = (
        "import resource, time; from tests.exact.random_processes import reference\n"
        "from smc.exact import output_law\n"
        "a, b = time.perf_counter(), time.process_time(); law = output_law(reference(), 100); assert sum(law.law) == 1\n"
        "print(time.perf_counter() - a, time.process_time() - b, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    clock, processor, peak = map(float, done.stdout.split())
    return clock, processor, peak


def frozen_lake() -> float | None:
    """Processor seconds for the values and `E[Zhat^2]` at N = 10^6 on FrozenLake 8x8, horizon 50; None without gymnasium."""
    try:
        from smc.formats import load

        model = load("gym:FrozenLake-v1?map_name=8x8&horizon=50", rationalise=True).model
    except (ImportError, ValueError):
        return None
    from smc.exact import second_moment
    from smc.samplers import particle_process
    from smc.setting.analysis import analyse
    from smc.setting.twist import perfect

    def run() -> None:
        steered = perfect(model)
        constants = analyse(model, steered)
        for name in (
            "bellman_error",
            "bellman_product",
            "ratio_bound",
            "q",
            "b",
            "c_act",
            "chi_square",
            "increment_moment",
            "target",
        ):
            getattr(constants, name)
        second_moment(particle_process(model, steered, "naive"), 10**6)

    return seconds(run)


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table, the ratios that the engine must reach, and the growth."""
    slow = "--quick" not in arguments
    columns = [(3, 4), (3, 8), (3, 16), (3, 32), (4, 16)]
    found = {column: interleaved(contestants(*column, slow), 5 if slow else 3) for column in columns}
    names = ["Fraction", "Storm, exact", "mpz, row by row", *OURS]
    print("exact law of the output, reference model, T = 6, weights {1, 2, 3}: median milliseconds of processor time")
    print(f"{'':28}" + "".join(f"{f'S={s} N={n}':>12}" for s, n in columns))
    for name in names:
        cells = [f"{found[c][name] * 1e3:12.3g}" if name in found[c] else f"{'-':>12}" for c in columns]
        if any(name in found[c] for c in columns):
            print(f"{name:28}" + "".join(cells))
    if not STORM.exists():
        print("Storm left out: no build/storm-venv (see the docstring)")
    chosen = "chosen by the cost model"

    def ratio(text: str, column: tuple[int, int], slower: str, faster: str, bound: float) -> None:
        if slower in found[column] and faster in found[column]:
            reached = found[column][slower] / found[column][faster]
            print(f"{text:58} {reached:8.1f}   asked for {bound:g}   {'reached' if reached >= bound else 'missed'}")

    print("\nratios (slower / faster)")
    ratio("S=3 N=16: Fraction / exact", (3, 16), "Fraction", chosen, 50)
    ratio("S=3 N=16: Storm exact / exact", (3, 16), "Storm, exact", chosen, 70)
    ratio("S=3 N=32: mpz row by row / exact", (3, 32), "mpz, row by row", chosen, 10)
    ratio("S=3 N=32: our own K x K in mpz / exact", (3, 32), "direct (gmpy2, K x K)", chosen, 10)
    ratio("S=4 N=16: mpz row by row / exact", (4, 16), "mpz, row by row", chosen, 30)
    ratio("S=4 N=16: our own K x K in mpz / exact", (4, 16), "direct (gmpy2, K x K)", chosen, 30)
    for column in columns[:2]:
        ratio(f"S=3 N={column[1]}: mpz row by row / exact (small cases)", column, "mpz, row by row", chosen, 1 / 1.5)
    for column in columns:
        times = found[column]["certified, radius 2^-100"] / found[column]["float64"]
        reached = "reached" if times <= 30 else "missed"
        print(
            f"{f'S={column[0]} N={column[1]}: certified / float64 (at most)':58} {times:8.1f}   asked for 30   {reached}"
        )
    lake = frozen_lake()
    print(
        "FrozenLake 8x8, horizon 50: left out, gymnasium is missing"
        if lake is None
        else f"FrozenLake 8x8, T=50, N=10^6: {lake:.2f} s (asked for 5 s)"
    )
    if slow:
        clock, processor, peak = hundred()
        print(
            f"S=3 N=100, exact: {clock:.1f} s by the clock, {processor:.1f} s of processor, peak {peak:.0f} MiB (asked for 60 s, 250 MiB)"
        )
        growth()


@pytest.mark.parametrize(("states", "particles"), [(3, 4), (3, 8), (3, 16), (4, 8)])
@pytest.mark.parametrize("name", list(OURS))
def test_exact_engines(benchmark, name: str, states: int, particles: int) -> None:
    made = reference(states)
    benchmark.group = f"S={states} N={particles}"
    benchmark.pedantic(output_law, args=(made, particles), kwargs=OURS[name], rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("engine", [fraction_engine, integer_engine], ids=["Fraction", "mpz, row by row"])
@pytest.mark.parametrize(("states", "particles"), [(3, 4), (3, 8)])
def test_yardsticks_agree_with_the_engine(benchmark, engine, states: int, particles: int) -> None:
    benchmark.group = f"S={states} N={particles}"
    law = benchmark.pedantic(engine.output_law, args=(*tables(states), particles), rounds=3)
    assert tuple(map(Rational, law)) == output_law(reference(states), particles).law


def test_storm_agrees_with_the_engine() -> None:
    answer = storm(3, 4)
    if answer is None:
        pytest.skip("no build/storm-venv with stormpy in it")
    assert tuple(map(Rational, answer["law"])) == output_law(reference(3), 4).law


def test_the_fitted_slope_is_the_exponent() -> None:
    assert math.isclose(slope([1, 2, 4, 8], [3 * n**2.5 for n in (1, 2, 4, 8)]), 2.5)


if __name__ == "__main__":
    main(sys.argv[1:])
