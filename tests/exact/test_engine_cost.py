"""Estimates made before a run: what they count is what the engines do, in particles, shifts, bits and bytes."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from smc.exact.occupancy.cells import CellChain, Cells
from smc.exact.occupancy.cost import _Sizes
from smc.exact.occupancy.direct import direct_law
from smc.exact.occupancy.floats import float_law
from smc.exact.occupancy.simplex import occupancy_count


def layered(*layers: tuple[int, ...]) -> CellChain:
    """A chain with cells of the given weights, a state each; every cell moves to all of the next layer, evenly."""
    first, denominators = (1,) * len(layers[0]), [len(layers[0])]
    moves = []
    for here, there in pairwise(layers):
        moves.append(tuple(tuple((c, 1) for c in range(len(there))) for _ in here))
        denominators.append(len(there))
    cells = tuple(Cells(tuple(range(len(layer))), layer) for layer in layers)
    return CellChain(cells, first, tuple(moves), tuple(denominators), len(layers[-1]))


@pytest.mark.parametrize(
    ("layers", "particles"), [(((1,), (3, 1, 2, 3, 1), (1, 1)), 40), (((1, 2), (1, 2, 3), (1, 2)), 60)]
)
def test_floats_stay_within_their_estimate(layers, particles):
    """Many occupancies before the last move, and few weights after it: the tables of powers are the large ones there."""
    chain = layered(*layers)
    float_law(chain, 2)
    tracemalloc.start()
    found = float_law(chain, particles)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(sum(found.law) + found.dead - 1) < 1e-9
    estimate = _Sizes(chain, particles, 0).cost("float64")
    assert peak < estimate.bytes < 2 * peak + 2e8
    powers = occupancy_count(particles, len(layers[-2])) * len(set(layers[-1])) * particles
    assert 1e-8 * powers < estimate.seconds < 1


def test_a_block_of_the_kernel_is_within_the_estimate():
    """45,900 entries, numbers of flint, beside 3,060 occupancies: more than all occupancies together."""
    chain = layered((3,), (3, 1, 2, 3, 1), (1, 1))
    direct_law(chain, 2)
    tracemalloc.start()
    found = direct_law(chain, 14)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(found.law) + found.dead == 1
    assert peak < _Sizes(chain, 14, 0).cost("direct").bytes < 4 * peak
