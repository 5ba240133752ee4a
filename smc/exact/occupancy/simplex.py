"""Occupancies: how many of N particles are in each of C cells, as index structures for whole-array work.

The occupancies are the lattice points of a simplex, `K = C(N + C - 1, C - 1)` of them, in lexicographic order. A *line* along cells
(i, j) is the set of occupancies that differ only in how many of a fixed number n of particles are in i and how many in j. All lines of
one pair are handled together, in one of two orders of the points: line by line, or row by row, where row a holds the points with a
particles in i, longer lines first, so that the lines which reach row a + 1 are the first ones of row a, in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb

import numpy as np


def occupancy_count(particles: int, cells: int) -> int:
    """`K = C(N + C - 1, C - 1)`."""
    return comb(particles + cells - 1, cells - 1)


@dataclass(frozen=True)
class Lines:
    """The lines along one pair of cells. `rows` lists the points row by row; row a is `rows[starts[a]:starts[a + 1]]`, a = 0..N."""

    rows: np.ndarray
    starts: tuple[int, ...]

    @property
    def lengths(self) -> list[int]:
        """Number of points in each row, descending."""
        return [b - a for a, b in zip(self.starts, self.starts[1:], strict=False)]

    @cached_property
    def by_line(self) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """The points line by line, each line by ascending a, and the slices of the lines that have more than one point."""
        position = np.arange(len(self.rows)) - np.repeat(
            np.array(self.starts[:-1]), self.lengths
        )  # which line, the same in every row
        order = np.argsort(position, kind="stable")
        ends = np.cumsum(np.bincount(position)).tolist()
        return self.rows[order], [(a, b) for a, b in zip([0, *ends], ends, strict=False) if b - a > 1]


class Simplex:
    """Occupancies of `particles` over `cells` cells. `points` has shape (K, C)."""

    def __init__(self, particles: int, cells: int) -> None:
        self.particles, self.cells = particles, cells
        self.points = _points(particles, cells)
        self._lines: dict[tuple[int, int], Lines] = {}

    @property
    def count(self) -> int:
        """`K`."""
        return len(self.points)

    def index(self, points: np.ndarray) -> np.ndarray:
        """Positions of `points`, shape (k, C), in the lexicographic order."""
        rank = np.zeros(len(points), dtype=np.int64)
        left = np.full(len(points), self.particles, dtype=np.int64)
        for c in range(self.cells - 1):
            # points before this one that agree so far and have fewer particles in cell c: by hockey stick, a difference of two counts
            table = np.array(
                [comb(n + self.cells - 1 - c, self.cells - 1 - c) for n in range(self.particles + 1)], dtype=np.int64
            )
            after = left - points[:, c]
            rank += table[left] - table[after]
            left = after
        return rank

    def lines(self, i: int, j: int) -> Lines:
        """The lines along cells i and j."""
        if (i, j) not in self._lines:
            a = self.points[:, i].astype(np.int64)
            length = a + self.points[:, j]
            # a stable sort: in every row, points of one length stay in the order of what is in the other cells
            order = np.lexsort([-length, a]).astype(np.int32 if len(a) < 2**31 else np.int64)
            self._lines[i, j] = Lines(order, (0, *np.cumsum(np.bincount(a)).tolist()))
        return self._lines[i, j]


@lru_cache(maxsize=12)
def simplex(particles: int, cells: int) -> Simplex:
    """The occupancies of `particles` over `cells`, kept between steps of equal size."""
    return Simplex(particles, cells)


def weighted(points: np.ndarray, weights: Sequence[int]) -> list[int]:
    """`sum_c points[k, c] weights[c]` for every occupancy k, whole numbers of any size."""
    kind = np.int64 if int(points[0].sum()) * max(weights) < 2**63 else object
    return (points.astype(kind) @ np.array(weights, dtype=kind)).tolist()


def spread(points: np.ndarray, cells: Sequence[int], width: int) -> np.ndarray:
    """Occupancies of `cells` as occupancies of `width` cells, the others empty."""
    wide = np.zeros((len(points), width), dtype=points.dtype)
    wide[:, list(cells)] = points
    return wide


def _points(particles: int, cells: int) -> np.ndarray:
    """All compositions of `particles` into `cells` parts, lexicographic."""
    kind = np.int16 if particles < 2**15 else np.int32
    points = np.zeros((1, 0), dtype=kind)
    left = np.array([particles], dtype=np.int64)
    for _ in range(cells - 1):
        repeats = left + 1
        total = int(repeats.sum())
        parent = np.repeat(np.arange(len(left)), repeats)
        begin = np.cumsum(repeats) - repeats
        value = np.arange(total) - begin[parent]
        points = np.column_stack([points[parent], value.astype(kind)])
        left = left[parent] - value
    return np.column_stack([points, left.astype(kind)])
