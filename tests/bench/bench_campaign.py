"""How many different instances a campaign checks in a second of processor time, on one worker: chunks of one seed, one after the other.

`python -m tests.bench.bench_campaign` prints the median over the chunks (`--quick`: fewer and smaller). `--against FOLDER` takes the tree
of another version of the project as well, chunk by chunk in turn, both with the statements of the first release: the ratio of the rates of
different instances, and of instances as each version counts them (the first release counts those that its search comes back to).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from smc.campaign.plan import make_plan
from smc.campaign.search import run_chunk

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("G1", "P0", "P1", "P2", "P3", "P5", "S1", "S2", "S3", "S4", "S5", "S7", "S8")
"""Statements that the campaign of the first release is held against."""
ONE_CHUNK = """
import json, sys, time
from smc.campaign.plan import make_plan
from smc.campaign.search import run_chunk
number, models, *statements = json.loads(sys.argv[1])
run_chunk(make_plan(seed=999, chunk=20), 0)  # proofs are read and bounds compiled once a process
plan, started = make_plan(seed=1, chunk=models, statements=statements), time.process_time()
chunk = run_chunk(plan, number)
taken = time.process_time() - started
print(json.dumps([getattr(chunk, "instances", chunk.examples) / taken, len(set(chunk.digests)) / taken]))
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Print the rate, and its ratio to that of another tree."""
    quick = "--quick" in arguments
    models, chunks = (60, 3) if quick else (200, 5)
    run_chunk(make_plan(seed=1, chunk=10), 0)
    rates, drawn, instances, distinct = [], 0, 0, set[int]()
    for number in range(chunks):
        started = time.process_time()
        chunk = run_chunk(make_plan(chunk=models), number)
        rates.append(len(set(chunk.digests)) / (time.process_time() - started))
        drawn, instances, distinct = drawn + chunk.examples, instances + chunk.instances, distinct | set(chunk.digests)
    print(f"campaign: {instances:,} instances of {drawn:,} models, {len(distinct):,} distinct")
    spread = f"median of {chunks} chunks, {min(rates):.0f} .. {max(rates):.0f}"
    print(f"{statistics.median(rates):.0f} different instances a second of processor time ({spread})")
    if "--against" in arguments:
        against(Path(arguments[list(arguments).index("--against") + 1]), models, len(FIRST) // (4 if quick else 1))


def against(other: Path, models: int, chunks: int) -> None:
    """Print the ratios to the tree `other`: chunks that steer by each statement in turn, of both trees one after the other."""

    def rates(tree: Path, number: int) -> list[float]:
        job = json.dumps([number, models, *FIRST])
        told = subprocess.run(
            [sys.executable, "-c", ONE_CHUNK, job], cwd=tree, capture_output=True, text=True, check=True
        )
        return json.loads(told.stdout)

    pairs = [(rates(ROOT, number), rates(other, number)) for number in range(len(FIRST), len(FIRST) + chunks)]
    for k, what in enumerate(("instances as counted", "different instances")):
        ours, theirs = ([rate[k] for rate in side] for side in zip(*pairs, strict=True))
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"{what}: {statistics.median(ours):.0f} a second against {statistics.median(theirs):.0f}; ratio of medians "
            f"{statistics.median(ours) / statistics.median(theirs):.2f}, median of ratios {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} .. {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
