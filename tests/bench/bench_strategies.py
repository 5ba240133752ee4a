"""Instances a second of CPU time for each strategy and for each statement's property: `python -m tests.bench.bench_strategies`.

CPU time of one process, so that a shared machine does not blur it. A property's rate counts drawing, measuring and comparing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from smc.testing import (
    distributions,
    finite_mdps,
    hard_families,
    instances,
    layered_models,
    perturbations,
    prefix_trees,
    product_models,
    rationals,
)
from smc.testing.statements import SPOKEN_OF, rows

STRATEGIES: dict[str, SearchStrategy] = {
    "rationals": rationals(),
    "distributions": distributions(),
    "layered_models": layered_models(),
    "prefix_trees": prefix_trees(),
    "finite_mdps": finite_mdps(),
    "perturbations": perturbations(),
    "product_models": product_models(),
    "hard_families": hard_families(families=("S1", "S2", "S9", "G2")),
    "instances": instances(),
}


def rate(strategy: SearchStrategy, use: Callable[[object], object], examples: int) -> float:
    """Examples drawn and used in a second of CPU time."""
    count = 0

    @seed(1)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(strategy)
    def draw(example: object) -> None:
        nonlocal count
        count += 1
        use(example)

    begun = time.process_time()
    draw()
    return count / (time.process_time() - begun)


def main(examples: int = 1000) -> None:
    """Prints two Markdown tables."""
    set_hypothesis_home_dir(tempfile.mkdtemp())
    print("| strategy | examples a second |\n|---|---:|")
    for name, strategy in STRATEGIES.items():
        print(f"| {name} | {rate(strategy, lambda _: None, examples):,.0f} |", flush=True)
    print("\n| property | instances a second |\n|---|---:|")
    for statement in sorted(SPOKEN_OF):
        print(f"| {statement} | {rate(instances(), lambda i, s=statement: rows(s, i), examples):,.0f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
