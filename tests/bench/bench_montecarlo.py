"""Throughput of the Monte Carlo engine on the reference model, interleaved in one run: particle-steps a CPU second on one thread,
and a second of the clock on all threads (meaningful only on an idle machine).

Reference model: 3 states a layer, horizon 6, transition denominators at most 6, potentials in {1, 2, 3} by the state entered, `V = 1`.
`python -m tests.bench.bench_montecarlo` prints the table; `pytest tests/bench/bench_montecarlo.py` records the same with pytest-benchmark.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from smc.montecarlo import simulate
from smc.samplers import particle_process
from smc.setting.analysis import true_value
from smc.setting.model import Model
from smc.setting.twist import constant

HERE = Path(__file__).resolve()
NEIGHBOUR = HERE.parents[2] / "build" / "particles-venv" / "bin" / "python"
HORIZON = 6
ROWS = (("1/2", "1/3", "1/6"), ("1/6", "1/2", "1/3"), ("1/5", "2/5", "2/5"))
POTENTIALS = (1, 2, 3)


def reference_model() -> Model:
    """3 states, 6 steps; every step has the same kernel, the potentials rotate by one state a step."""
    states = ("a", "b", "c")
    layers = [("root",), *[states] * HORIZON]
    steps = []
    for t in range(HORIZON):
        sources = [("root", ROWS[0])] if t == 0 else list(zip(states, ROWS, strict=True))
        steps.append(
            [
                (x, y, p, POTENTIALS[(k + t) % 3])
                for x, row in sources
                for k, (y, p) in enumerate(zip(states, row, strict=True))
            ]
        )
    return Model.from_edges(layers, steps, dict.fromkeys(states, 1), name="reference")


MODEL = reference_model()
PROCESS = particle_process(MODEL, constant(MODEL), "naive")


def neighbour(particles: int, resampling: str, runs: int, *, history: bool = False) -> dict | None:
    """What `neighbour_particles.py` reports, None where its environment is missing."""
    if not NEIGHBOUR.exists():
        return None
    job = {
        "transitions": [[[float(Fraction(p)) for p in row] for row in ROWS]] * HORIZON,
        "weights": [[POTENTIALS[(k + t) % 3] for k in range(3)] for t in range(HORIZON)],
        "particles": particles,
        "resampling": resampling,
        "history": history,
        "runs": runs,
    }
    done = subprocess.run(
        [NEIGHBOUR, HERE.with_name("neighbour_particles.py")],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@dataclass(frozen=True, eq=False)
class Contest:
    """One way to simulate: how many particles and runs, and what else `simulate` is told."""

    name: str
    particles: int
    replicates: int
    mode: dict

    def run(self, threads: int | None = None) -> object:
        return simulate(PROCESS, self.particles, self.replicates, seed=1, threads=threads, **self.mode)

    @property
    def steps(self) -> int:
        """Particle-steps of one call."""
        return self.particles * self.replicates * HORIZON


LINES = {"genealogies": True}
EACH = {"method": "particles"}
CONTESTS = (
    Contest("occupancies", 1_000, 20_000, {}),
    Contest("occupancies", 100_000, 20_000, {}),
    Contest("occupancies", 1_000_000, 20_000, {}),
    Contest("occupancies with genealogies", 1_000, 1_000, LINES),
    Contest("occupancies with genealogies", 100_000, 10, LINES),
    *(
        Contest(f"particles, {scheme}", 1_000, 400, {**EACH, "resampling": scheme})
        for scheme in ("multinomial", "stratified", "systematic", "residual")
    ),
    Contest("particles, systematic, with genealogies", 1_000, 400, {**EACH, **LINES, "resampling": "systematic"}),
    Contest("particles, systematic", 100_000, 4, {**EACH, "resampling": "systematic"}),
    Contest("particles, systematic, ESS below N/2", 1_000, 400, {"resampling": "systematic", "threshold": "1/2"}),
    Contest("particles, no resampling", 1_000, 400, {"threshold": "0"}),
)


def uniforms(size: int = 2_000_000) -> Callable[[], float]:
    """SFC64 doubles a second: no sampler that uses one uniform a particle-step can be faster."""
    rng, out = np.random.Generator(np.random.SFC64(1)), np.empty(size)

    def rate() -> float:
        start = time.process_time()
        rng.random(out=out)
        return size / (time.process_time() - start)

    return rate


@dataclass(frozen=True)
class Rate:
    """Particle-steps a second: of processor time on one thread, and of the clock on all (the library has one)."""

    cpu: float
    wall: float

    def __truediv__(self, other: Rate) -> Rate:
        return Rate(self.cpu / other.cpu, self.wall / other.wall)


def median(rates: list[Rate]) -> Rate:
    """Median of each of the two, on its own."""
    return Rate(statistics.median(r.cpu for r in rates), statistics.median(r.wall for r in rates))


def timed(contest: Contest) -> Rate:
    """One call on one thread, and one on all."""
    cpu = time.process_time()
    contest.run(threads=1)
    cpu, wall = time.process_time() - cpu, time.perf_counter()
    contest.run()
    return Rate(contest.steps / cpu, contest.steps / (time.perf_counter() - wall))


LIBRARY = (("multinomial", False), ("multinomial", True), ("systematic", False), ("systematic", True))
"""Scheme, and whether genealogies are kept."""


def measure(rounds: int = 5) -> tuple[float, dict[Contest, Rate], dict[tuple[int, str, bool], Rate]]:
    """Medians over `rounds` interleaved rounds: uniforms a CPU second, the rate of each contest, and of `particles`."""
    limit, rate = [], uniforms()
    ours: dict[Contest, list[Rate]] = {contest: [] for contest in CONTESTS}
    theirs: dict[tuple[int, str, bool], list[Rate]] = {}
    for contest in CONTESTS:
        contest.run()
    for _ in range(rounds):
        limit.append(rate())
        for contest in CONTESTS:
            ours[contest].append(timed(contest))
        for particles, runs in ((1_000, 60), (100_000, 5)):
            for scheme, history in LIBRARY:
                answer = neighbour(particles, scheme, runs, history=history)
                if answer is not None:
                    steps = particles * HORIZON
                    cpu, wall = (statistics.median(answer[clock]) for clock in ("seconds", "wall"))
                    theirs.setdefault((particles, scheme, history), []).append(Rate(steps / cpu, steps / wall))
    return (
        statistics.median(limit),
        {k: median(v) for k, v in ours.items()},
        {k: median(v) for k, v in theirs.items()},
    )


def alike(contest: Contest) -> tuple[int, str, bool]:
    """The library's mode that does the same: scheme, genealogies, and at most as many particles."""
    mode = contest.mode
    return min(contest.particles, 100_000), mode.get("resampling", "multinomial"), bool(mode.get("genealogies"))


def main() -> None:
    limit, ours, theirs = measure()
    print(
        f"uniform doubles (SFC64): {limit / 1e6:.0f} M a CPU second; M particle-steps a CPU second (one thread), a second (all threads):"
    )
    columns = ("CPU", "clock", "of uniforms", "x fastest", "clock", "x alike", "clock")
    print(f"{'method':44} {'N':>9} " + " ".join(f"{c:>11}" for c in columns))
    fastest = Rate(max(r.cpu for r in theirs.values()), max(r.wall for r in theirs.values())) if theirs else None
    for contest, rate in ours.items():
        cells = [f"{rate.cpu / 1e6:.1f}", f"{rate.wall / 1e6:.1f}", f"{rate.cpu / limit:.0%}"]
        for other in (fastest, theirs.get(alike(contest)) if "threshold" not in contest.mode else None):
            ratio = rate / other if other else None
            cells += [f"{ratio.cpu:.1f}", f"{ratio.wall:.1f}"] if ratio else ["", ""]
        print(f"{contest.name:44} {contest.particles:>9} " + " ".join(f"{c:>11}" for c in cells))
    for (particles, scheme, history), rate in theirs.items():
        name = f"library, {scheme}{', with genealogies' if history else ''}"
        print(f"{name:44} {particles:>9} {rate.cpu / 1e6:>11.1f} {rate.wall / 1e6:>11.1f} {rate.cpu / limit:>11.0%}")
    if theirs:
        print(
            "x fastest: against the library's fastest mode. x alike: against its mode with the same scheme and genealogies."
        )
    else:
        print(
            f"the particles library is not installed for comparison: see {HERE.with_name('neighbour_particles.py').name}"
        )


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda c: f"{c.name}-{c.particles}".replace(" ", "-"))
def test_throughput(benchmark, contest):
    benchmark.extra_info["particle_steps"] = contest.steps
    benchmark.pedantic(contest.run, rounds=3, warmup_rounds=1)


def test_the_library_runs_the_same_algorithm():
    """Its normaliser agrees with Z, so the comparison is of like with like (mean of 400 runs; Chebyshev at 1e-3 with the exact moment)."""
    answer = neighbour(1_000, "multinomial", 400)
    if answer is None:
        pytest.skip("particles is not installed: see neighbour_particles.py")
    from smc.exact import second_moment

    z = float(true_value(MODEL)[0][0])
    variance = float(second_moment(PROCESS, 1_000)) - z**2
    mean = float(np.exp(answer["log_normalisers"]).mean())
    assert abs(mean - z) < (variance / 400 / 1e-3) ** 0.5
    assert 400 * variance > 0


if __name__ == "__main__":
    main()
