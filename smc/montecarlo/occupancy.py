"""Multinomial resampling at every step, simulated by occupancies: how many particles are in each cell.

Given the occupancy m of the cells (state, weight) at step t, the N next particles are independent draws from the
mixture `mu(m) = sum_c m_c w_c K(c, .) / sum_c m_c w_c`, so the next occupancy is one draw of
`Multinomial(N, mu(m))`. The cost of a step does not depend on N. Where ancestors are asked for, the draw is over pairs (parent cell,
child cell): given its parent cell, an ancestor is uniform among the particles there, which costs one uniform a
particle. Particles are numbered by cell, then by parent cell; their labels carry no information, so every law that
does not read labels is that of the particle-by-particle algorithm.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smc.montecarlo.compiled import Compiled, Floats, Ints, Move, scale

Counts = NDArray[np.int64]
Indices = NDArray[np.uint16 | np.int32]
"""Numbers of particles of a run: two bytes each where that is enough."""
_DENSE = 4096
"""Largest number of entries for which the mixture is one matrix product."""
_LONG_BLOCK = 1024
"""Particles in a block from which on one call of the generator for each block is faster than 32 random bits for all."""
_SHORT_RANGE = 8192
"""Largest range for which 16 random bits are enough: at most one draw in 8 is repeated."""


@dataclass(frozen=True)
class Blocks:
    """States of R runs of N particles that are numbered by cell: `counts[r, k]` of them in `state[k]`, block after block."""

    state: Ints
    counts: Counts

    def spread(self) -> NDArray[np.int32]:
        """The state of each particle, shape (R, N)."""
        rows = np.broadcast_to(self.state.astype(np.int32), self.counts.shape)
        return np.repeat(rows.ravel(), self.counts.ravel()).reshape(len(rows), -1)


class Scratch(threading.local):
    """Arrays that each thread uses again and again: memory that is given back and asked for anew is mapped page by page."""

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, length: int, dtype: type) -> NDArray:
        """`length` numbers of unspecified value, in the memory of the last array of that name."""
        size = length * np.dtype(dtype).itemsize
        if name not in self._buffers or len(self._buffers[name]) < size:
            self._buffers[name] = np.empty(size, np.uint8)
        return self._buffers[name][:size].view(dtype)


def index_type(particles: int) -> type[np.uint16 | np.int32]:
    """The type of the numbers of `particles` particles."""
    return np.uint16 if particles <= 2**16 else np.int32


@dataclass
class Lineage:
    """Genealogies of R runs of N particles: lists over t = 1..T.

    generations: states after step t, |X_t| where dead, as an array (R, N) or as `Blocks`; `states` gives arrays, int32.
    ancestors: index of the particle of step t-1 that each moved from (its own index at t = 1), shape (R, N), uint16 or int32.
        In a run that has died they are those of dead particles.
    chosen: the output particle, shape (R,), -1 for a dead run.
    """

    generations: list[NDArray[np.int32] | Blocks] = field(default_factory=list)
    ancestors: list[Indices] = field(default_factory=list)
    chosen: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    @cached_property
    def states(self) -> list[NDArray[np.int32]]:
        """State of each particle after step t = 1..T, arrays of shape (R, N). Made when first asked for."""
        return [g.spread() if isinstance(g, Blocks) else g for g in self.generations]

    def paths(self, particle: Indices | None = None) -> NDArray[np.int32]:
        """States of the ancestral lines of `particle` (one a run; the output by default), shape (R, T)."""
        index: Indices = self.chosen if particle is None else particle
        rows = np.arange(len(index))
        line = []
        for states, ancestors in zip(reversed(self.states), reversed(self.ancestors), strict=True):
            line.append(states[rows, index])
            index = ancestors[rows, index]
        return np.stack(line[::-1], axis=1)

    def roots(self, steps: int) -> Indices:
        """Index, `steps` generations back from T, of the ancestor of each final particle, shape (R, N)."""
        rows = np.arange(len(self.ancestors[-1]))[:, None]
        last = self.ancestors[-1]
        index: Indices = np.broadcast_to(np.arange(last.shape[1], dtype=np.int32), last.shape)
        for ancestors in reversed(self.ancestors[len(self.ancestors) - steps :]):
            index = ancestors[rows, index]
        return index


@dataclass(frozen=True)
class Batch:
    """What R runs leave: the output's law given the last generation (R, |X_T| + 1), dead last; log `Zhat` and output (R,). See `Runs` for
    what is None."""

    law: Floats | None
    log_normaliser: Floats | None
    output: NDArray[np.int32]
    lineage: Lineage | None = None
    steps: NDArray[np.int64] | None = None


def draw_counts(rng: np.random.Generator, particles: int, law: Floats) -> Counts:
    """One `Multinomial(particles, law[r])` for each row.

    NumPy gives what rounding leaves over to the last category; where that has probability zero it is given to the
    likeliest instead. A probability that rounding has carried above 1 is 1.
    """
    counts = rng.multinomial(particles, np.minimum(law, 1.0))
    stray = np.flatnonzero((counts[:, -1] > 0) & (law[:, -1] == 0))
    if len(stray):
        counts[stray, np.argmax(law[stray], axis=1)] += counts[stray, -1]
        counts[stray, -1] = 0
    return counts


def weigh(counts: Counts | Floats, log_weight: Floats) -> tuple[Floats, Floats]:
    """Each row's shares `m_c w_c / sum`, and log of `sum_c m_c w_c`.

    Relative to the largest weight there is, or to the row's own largest where weights differ by more than `e^500`. A
    row of weight zero keeps its shares in proportion to the counts (its dead particles stay dead) and has log sum
    -inf.
    """
    top: float | Floats
    largest = scale(log_weight)
    if largest is not None:
        top, weights = largest, counts * np.exp(log_weight - largest)
    else:
        score = np.where(counts > 0, log_weight, -np.inf)
        best = score.max(axis=1, keepdims=True)
        top = np.where(np.isneginf(best), 0.0, best)
        weights = counts * np.exp(score - top)
    total = weights @ np.ones((weights.shape[1], 1))
    log_sum = np.log(total, out=np.full_like(total, -np.inf), where=total > 0)
    if not total.all():
        dead = total[:, 0] == 0
        weights[dead] = counts[dead]
        total[dead] = counts[dead].sum(axis=1, keepdims=True)
    weights /= total
    return weights, (log_sum + top)[:, 0]


def pick(law: Floats, rng: np.random.Generator) -> NDArray[np.int32]:
    """One index a row, with the probabilities in `law` (rows sum to 1 up to rounding; zero entries are never
    picked).
    """
    sums = np.cumsum(law, axis=1)
    sums /= sums[:, -1:].copy()
    return (rng.random((len(law), 1)) >= sums).sum(axis=1, dtype=np.int32)


class _Flow:
    """Every way into a cell: pairs (parent, child cell) of one step, ordered by child, then parent.

    Per pair: `parent` (an index into the `parent_states` given), `probability` of the child given the parent.
    Per child cell that can be entered, shape (C,): `starts`, its first pair; `cell`, its index in `move`.
    """

    def __init__(self, parent_states: Ints, move: Move) -> None:
        degree = move.degree[parent_states].astype(np.intp)
        parent = np.repeat(np.arange(len(parent_states)), degree)
        outcome = np.arange(degree.sum()) - np.repeat(np.cumsum(degree) - degree - move.first[parent_states], degree)
        order = np.lexsort((parent, move.cell[outcome]))
        child = move.cell[outcome[order]]
        self.parent, self.probability = parent[order], move.probability[outcome[order]]
        self.starts = np.flatnonzero(np.diff(child, prepend=-1))
        self.cell = child[self.starts]

    def matrix(self, parents: int) -> Floats:
        """The pairs as a matrix (parents, C)."""
        dense = np.zeros((parents, len(self.starts)))
        child = np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=len(self.parent)))
        dense[self.parent, child] = self.probability
        return dense


class _Step:
    """One step between the cells that particles can occupy. Per child cell, shape (C,): `state`, `log_weight`."""

    def __init__(self, parent_states: Ints, move: Move) -> None:
        self._parent_states, self._move = parent_states, move
        self._blocks = np.flatnonzero(np.diff(parent_states, prepend=-1))  # cells are ordered by state
        self._flow = _Flow(parent_states[self._blocks], move)
        self.state, self.log_weight = move.cell_state[self._flow.cell], move.cell_log_weight[self._flow.cell]
        self._matrix: Floats | None = None
        if len(parent_states) * len(self.state) <= _DENSE:
            self._matrix = self.flow.matrix(len(parent_states))

    @cached_property
    def flow(self) -> _Flow:
        """Pairs of cells, for genealogies."""
        return _Flow(self._parent_states, self._move)

    def mixture(self, shares: Floats) -> Floats:
        """Law of the cell of one particle, given the shares of its parent cells: (R, parents) -> (R, C)."""
        if self._matrix is not None:
            return shares @ self._matrix
        by_state = np.add.reduceat(shares, self._blocks, axis=1)
        return np.add.reduceat(by_state[:, self._flow.parent] * self._flow.probability, self._flow.starts, axis=1)


class OccupancyEngine:
    """Prepared tables of a compiled process; `run` simulates."""

    def __init__(self, compiled: Compiled) -> None:
        self.log_scale, self.terminal = compiled.log_scale, compiled.terminal
        self.steps: list[_Step] = []
        states = np.array([0], np.intp)
        for move in compiled.moves:
            self.steps.append(_Step(states, move))
            states = self.steps[-1].state

    @property
    def cells(self) -> int:
        """Largest number of cells that an occupancy has."""
        return max(len(step.state) for step in self.steps)

    @property
    def flows(self) -> int:
        """Largest number of pairs (parent cell, child cell)."""
        return max(len(step.flow.parent) for step in self.steps)

    def run(
        self,
        particles: int,
        replicates: int,
        rng: np.random.Generator,
        *,
        ancestors: Indices | None = None,
        scratch: Scratch | None = None,
    ) -> Batch:
        """`replicates` runs of `particles` particles; with genealogies where there is room for `ancestors`, shape
        (T - 1, R, N).
        """
        shares = np.ones((replicates, 1))
        counts: Counts = np.full((replicates, 1), particles)
        log_normaliser = np.full(replicates, self.log_scale)
        record = None if ancestors is None else Lineage()
        scratch = scratch or Scratch()
        for t, step in enumerate(self.steps):
            if record is None or ancestors is None:
                counts = draw_counts(rng, particles, step.mixture(shares))
            else:
                flows = draw_counts(rng, particles, shares[:, step.flow.parent] * step.flow.probability)
                if t == 0:  # the root: particle i moved from particle i
                    itself: Indices = np.arange(particles, dtype=index_type(particles))
                    record.ancestors.append(np.broadcast_to(itself, (replicates, particles)))
                else:
                    room = ancestors[t - 1]
                    record.ancestors.append(_ancestors(counts, flows, step.flow.parent, room, rng, scratch))
                counts = np.add.reduceat(flows, step.flow.starts, axis=1)
                record.generations.append(Blocks(step.state, counts))
            shares, log_sum = weigh(counts, step.log_weight)
            log_normaliser += log_sum - np.log(particles)
        last = self.steps[-1]
        cell = pick(shares, rng)
        if record is not None:
            record.chosen = _member(counts, cell, rng)
            record.chosen[last.state[cell] == self.terminal] = -1
        return Batch(self._law(shares), log_normaliser, last.state[cell].astype(np.int32), record)

    def _law(self, shares: Floats) -> Floats:
        """Shares of the last cells added up by state, shape (R, |X_T| + 1)."""
        states = self.steps[-1].state
        starts = np.flatnonzero(np.diff(states, prepend=-1))
        law = np.zeros((len(shares), self.terminal + 1))
        law[:, states[starts]] = np.add.reduceat(shares, starts, axis=1)
        return law


def _ancestors(
    counts: Counts, flows: Counts, parent: Ints, out: Indices, rng: np.random.Generator, scratch: Scratch
) -> Indices:
    """An independent uniform member of the parent cell for each particle, cells laid out one after the other, in `out`
    (R, N), which is contiguous.
    """
    particles = out.shape[1]
    start = (np.cumsum(counts, axis=1) - counts)[:, parent].ravel()
    size, drawn = counts[:, parent].ravel(), flows.ravel()
    flat = out.reshape(-1)
    if counts.max() > _SHORT_RANGE and particles >= _LONG_BLOCK * len(parent):
        position = 0
        for low, width, number in zip(start.tolist(), size.tolist(), drawn.tolist(), strict=True):
            if number:
                flat[position : position + number] = rng.integers(low, low + width, number, np.int32)
                position += number
        return out
    uniform_below(size, drawn, rng, flat, scratch)
    flat += np.repeat(start.astype(flat.dtype), drawn)
    return out


def uniform_below(
    size: Counts, drawn: Counts, rng: np.random.Generator, out: Indices | None = None, scratch: Scratch | None = None
) -> Indices:
    """`drawn[k]` independent uniform integers below `size[k]`, for one k after the other, in `out`; exactly uniform for
    ideal bits.

    Lemire (2019): of the product of a random b-bit word and the size, the upper half is uniform once the products
    whose lower half is below `2^b mod size` are drawn again. One 64-bit number of the generator makes four words, or two
    where a size exceeds `_SHORT_RANGE`.
    """
    bits, word, double = (16, np.uint16, np.uint32) if size.max() <= _SHORT_RANGE else (32, np.uint32, np.uint64)
    total = int(drawn.sum())

    def words(number: int) -> NDArray:
        return rng.integers(0, 2**64, -(-number * bits // 64), np.uint64).view(word)[:number]

    scratch = scratch or Scratch()
    product, lower = scratch.array("product", total, double), scratch.array("lower", total, word)
    repeat = scratch.array("repeat", -(-total // 8) * 8, np.bool_)
    np.multiply(words(total), np.repeat(size.astype(word), drawn), out=product, dtype=double)
    np.copyto(lower, product, casting="unsafe")
    least = (2**bits % np.maximum(size, 1)).astype(word)
    np.less(lower, np.repeat(least, drawn), out=repeat[:total])
    repeat[total:] = False
    eight = np.flatnonzero(repeat.view(np.uint64))  # few are repeated, so looking at eight at a time is faster
    inside = np.flatnonzero(repeat.reshape(-1, 8)[eight])
    again = eight[inside // 8] * 8 + inside % 8
    if len(again):
        block = np.searchsorted(np.cumsum(drawn), again, side="right")
        while len(again):
            fresh = np.multiply(words(len(again)), size[block].astype(word), dtype=double)
            product[again] = fresh
            rejected = fresh.astype(word) < least[block]
            again, block = again[rejected], block[rejected]
    product >>= double(bits)
    if out is None:
        return product.astype(np.int32)
    np.copyto(out, product, casting="unsafe")
    return out


def _member(counts: Counts, cell: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int32]:
    """A uniform member of the given cell of each row."""
    rows = np.arange(len(counts))
    start = (np.cumsum(counts, axis=1) - counts)[rows, cell]
    return (start + (rng.random(len(rows)) * counts[rows, cell]).astype(np.int64)).astype(np.int32)
