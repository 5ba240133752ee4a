"""How many different instances a campaign checks in a second of processor time, on one worker: chunks of one seed, one after the other.

`python -m tests.bench.bench_campaign` prints the median over the chunks (`--quick`: fewer and smaller). To compare two versions of the
project, run it in both trees in turn.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence

from smc.campaign.plan import make_plan
from smc.campaign.search import run_chunk


def main(arguments: Sequence[str] = ()) -> None:
    """Print the rate."""
    models, chunks = (60, 3) if "--quick" in arguments else (200, 5)
    run_chunk(make_plan(seed=1, chunk=10), 0)  # proofs are read and bounds compiled once a process
    rates, drawn, instances, distinct = [], 0, 0, set[int]()
    for number in range(chunks):
        started = time.process_time()
        chunk = run_chunk(make_plan(chunk=models), number)
        rates.append(len(set(chunk.digests)) / (time.process_time() - started))
        drawn, instances, distinct = drawn + chunk.examples, instances + chunk.instances, distinct | set(chunk.digests)
    print(f"campaign: {instances:,} instances of {drawn:,} models, {len(distinct):,} distinct")
    spread = f"median of {chunks} chunks, {min(rates):.0f} .. {max(rates):.0f}"
    print(f"{statistics.median(rates):.0f} different instances a second of processor time ({spread})")


if __name__ == "__main__":
    main(sys.argv[1:])
