"""`python -m tests.bench` (`make bench`): all benchmarks, one after the other."""

from __future__ import annotations

import sys

from tests.bench import bench_campaign, bench_enclosure, bench_exact, bench_montecarlo, bench_on_trees, bench_paths

if __name__ == "__main__":
    bench_exact.main(sys.argv[1:])
    print()
    bench_paths.main(sys.argv[1:])
    print()
    bench_enclosure.main(sys.argv[1:])
    print()
    bench_montecarlo.main()
    print()
    bench_on_trees.main()
    print()
    bench_campaign.main(sys.argv[1:])
