"""Enclosures at a million particles: seconds of processor and clock (medians of interleaved runs in one process; they differ on a busy
machine), widths, and memory, from small to large; and what level four takes in each arithmetic, by estimate.

`python -m tests.bench.bench_enclosure` prints the tables; `--quick` leaves out what takes minutes.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from functools import cache

from smc.exact.enclosure import enclosure, joined
from smc.exact.enclosure_cost import ways
from smc.formats import load
from smc.instances.hidden import hidden_child
from smc.numbers import ONE, Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess

PARTICLES = 10**6


def long_chain(states: int = 10**4, horizon: int = 200) -> ParticleProcess:
    """A birth and death chain from a uniform start, V random, potentials that turn with time and place."""
    rng = random.Random(1)
    value = [Rational(rng.randint(1, 9), 5) for _ in range(states)]

    def row(x: int, turn: int) -> tuple[Outcome, ...]:
        if not 0 < x < states - 1:
            return (Outcome(x, ONE, ONE),)
        potential = {y: 1 + Rational((7 * y + turn) % 5, 10) for y in (x - 1, x, x + 1)}
        return tuple(Outcome(y, ONE / 3, potential[y] * value[y] / value[x]) for y in potential)

    turns = [tuple(row(x, turn) for x in range(states)) for turn in range(5)]
    first = (tuple(Outcome(y, ONE / states, value[y]) for y in range(states)),)
    steps = (first, *(turns[t % 5] for t in range(1, horizon)))
    return ParticleProcess("chain", steps, (1, *[states] * horizon), ONE)


@cache
def lakes() -> dict[str, ParticleProcess]:
    """FrozenLake under V*, by size."""
    found = {}
    for name, spec in (("4x4, T = 20", "horizon=20"), ("8x8, T = 100", "horizon=100&map_name=8x8")):
        source = load(f"gym:FrozenLake-v1?{spec}", rationalise=True, with_values=False)
        found[name] = particle_process(source.model, source.twist("perfect"), "naive")
    return found


def cases(quick: bool) -> dict[str, tuple[ParticleProcess, int, str, int]]:
    """By name: process, level, arithmetic, how many runs."""
    hard = hidden_child(children=26, horizon=5, gain=Rational(3, 2))
    hidden = particle_process(hard.model, hard.twist, "naive")
    found = {
        "hidden child, level two": (hidden, 2, "rationals", 5),
        "hidden child, level four": (hidden, 4, "rationals", 5),
        "FrozenLake 4x4, T = 20, level two": (lakes()["4x4, T = 20"], 2, "rationals", 5),
        "FrozenLake 4x4, T = 20, level four": (lakes()["4x4, T = 20"], 4, "balls", 3),
        "FrozenLake 4x4, T = 20, level four in floats": (lakes()["4x4, T = 20"], 4, "floats", 3),
        "FrozenLake 8x8, T = 100, level two": (lakes()["8x8, T = 100"], 2, "floats", 3),
    }
    if not quick:
        found["FrozenLake 8x8, T = 100, level four in floats"] = (lakes()["8x8, T = 100"], 4, "floats", 1)
        found["chain of 10^4 states, T = 200, level two"] = (long_chain(), 2, "floats", 1)
    return found


def main(arguments: list[str]) -> None:
    """Print the table."""
    chosen = cases("--quick" in arguments)
    clock: dict[str, list[float]] = {name: [] for name in chosen}
    processor: dict[str, list[float]] = {name: [] for name in chosen}
    ends = {}
    for turn in range(max(runs for *_, runs in chosen.values())):
        for name, (process, level, arithmetic, runs) in chosen.items():
            if turn < runs:
                start, busy = time.perf_counter(), time.process_time()
                found = enclosure(process, PARTICLES, level=level, arithmetic=arithmetic)
                clock[name].append(time.perf_counter() - start)
                processor[name].append(time.process_time() - busy)
                ends[name] = float(found.tv_lower), float(found.tv_upper)
    print(f"{'median seconds':44} {'processor':>9} {'clock':>9}   TV in, and how wide")
    for name, (low, high) in ends.items():
        print(
            f"{name:44} {statistics.median(processor[name]):9.3f} {statistics.median(clock[name]):9.3f}   "
            f"[{low:.7g}, {high:.7g}] {high - low:9.2g}"
        )
    print("what level four takes, by estimate:")
    for name in ("4x4, T = 20", "8x8, T = 100"):
        quotient = joined(lakes()[name])[0]
        found = [str(way) for way in ways(quotient, PARTICLES) if way.level == 4]
        print(f"  FrozenLake {name}, up to {max(quotient.sizes)} classes a layer: {'; '.join(found)}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main(sys.argv[1:])
