"""Random particle processes for the tests of the engines: made by the thousand from a seed, and by Hypothesis for shrinking.

Processes, not models: the engines see outcomes (target, probability, weight) and nothing else, so weights here may depend on the edge,
vanish, or differ by orders of magnitude, and layers have any sizes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import strategies as st

from smc.exact.occupancy.cells import cell_chain
from smc.numbers import ONE, Rational
from smc.samplers.process import Outcome, ParticleProcess


def process(
    rng: random.Random,
    sizes: list[int],
    *,
    heaviest: int = 3,
    denominator: int = 6,
    edges: bool = False,
    zeros: float = 0.0,
) -> ParticleProcess:
    """A process with layers of `sizes` after the root.

    Probabilities have denominators up to `denominator`; weights are 1..heaviest by target, or rationals by edge; a weight is 0 with
    probability `zeros`.
    """

    def weight() -> Rational:
        if rng.random() < zeros:
            return Rational(0)
        return Rational(rng.randint(1, heaviest), rng.randint(1, 2) if edges else 1)

    sizes = [1, *sizes]
    steps = []
    for here, there in pairwise(sizes):
        by_target = [weight() for _ in range(there)]
        rows = []
        for _ in range(here):
            total = rng.randint(1, denominator)
            shares = [0] * there
            for _ in range(total):
                shares[rng.randrange(there)] += 1
            rows.append(
                tuple(
                    Outcome(y, Rational(k, total), weight() if edges else by_target[y])
                    for y, k in enumerate(shares)
                    if k
                )
            )
        steps.append(tuple(rows))
    return ParticleProcess("random", tuple(steps), tuple(sizes), ONE)


def processes(
    seed: int, count: int, *, most_cells: int = 6, horizon: int = 4, states: int = 3
) -> Iterator[ParticleProcess]:
    """`count` processes of all kinds: rectangular layers, zero weights, weights by edge, large weights."""
    rng = random.Random(seed)
    while count:
        made = process(
            rng,
            [rng.randint(1, states) for _ in range(rng.randint(1, horizon))],
            heaviest=rng.choice([1, 3, 3, 1000]),
            edges=rng.random() < 0.5,
            zeros=rng.choice([0.0, 0.0, 0.3, 0.6]),
        )
        if max(cells.count for cells in cell_chain(made).layers) <= most_cells:
            count -= 1
            yield made


@st.composite
def drawn(draw) -> ParticleProcess:
    """A process for Hypothesis to shrink."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    steps = []
    for here, there in zip([1, *sizes], sizes, strict=False):
        rows = []
        for _ in range(here):
            shares = draw(st.lists(st.integers(0, 3), min_size=there, max_size=there))
            shares[0] += 1
            rows.append(
                tuple(
                    Outcome(y, Rational(k, sum(shares)), Rational(draw(st.integers(0, 3)), draw(st.integers(1, 2))))
                    for y, k in enumerate(shares)
                    if k
                )
            )
        steps.append(tuple(rows))
    return ParticleProcess("drawn", tuple(steps), (1, *sizes), ONE)


def reference(states: int = 3, horizon: int = 6) -> ParticleProcess:
    """The benchmark model: weights 1, 2, 3 that rotate from step to step; transition denominators at most 6."""
    rows = {
        3: ["1/2 1/3 1/6", "1/4 1/2 1/4", "1/5 2/5 2/5"],
        4: ["1/3 1/3 1/6 1/6", "1/4 1/4 1/4 1/4", "1/5 1/5 1/5 2/5", "1/6 1/2 1/6 1/6"],
    }[states]
    matrix = [[Rational(p) for p in row.split()] for row in rows]
    steps = []
    for t in range(1, horizon + 1):
        weights = [Rational(1 + (s + t) % 3) for s in range(states)]
        steps.append(
            tuple(
                tuple(Outcome(y, p, weights[y]) for y, p in enumerate(row)) for row in matrix[: 1 if t == 1 else states]
            )
        )
    return ParticleProcess("reference", tuple(steps), (1,) + (states,) * horizon, ONE)
