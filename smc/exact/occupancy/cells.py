"""A particle process in whole numbers: what the fast engines run.

Just after move t = 1..T a particle is in a *cell*, the pair (state, incremental weight); that is all its future depends on. Cells of
weight zero have no future, so they are one cell, the *dead* one. The laws do not change when all weights of a layer are multiplied by one
number, so the weights of a layer are scaled to coprime integers `g`, and the probabilities of a step to integers over one denominator `d`:

    K_t(c, c') = rows[t][state of c][c'] / d_t,        mu_{c'}(m) = sum_c m_c g_c rows[t][c][c'] / (d_t D(m)),   D(m) = sum_c m_c g_c.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import gmpy2

from smc.errors import InputError
from smc.numbers import ZERO, Rational
from smc.samplers.process import ParticleProcess

DEAD = -1
"""The state of the dead cell, whatever state its particles are in."""

IntegerRow = tuple[tuple[int, int], ...]
"""Sparse row: (cell of the next layer, positive numerator)."""


@dataclass(frozen=True)
class Cells:
    """The cells of one layer that particles reach. The dead cell, when there is one, is the last.

    states: state index of each cell, `DEAD` for the dead cell, shape (C,).
    weights: coprime integers `g`, zero for the dead cell only, shape (C,).
    """

    states: tuple[int, ...]
    weights: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of cells `C`."""
        return len(self.states)


@dataclass(frozen=True)
class CellChain:
    """A resampled process over cells.

    layers: cells after moves 1..T, length T.
    first: numerators of the law of one particle's cell after move 1, over `denominators[0]`, shape (C_1,).
    moves: `moves[t - 1][c]` for t = 1..T-1, the numerators of the move that follows from cell c of layer t, over `denominators[t]`;
        empty for the dead cell. Length T - 1.
    denominators: `d_0 .. d_{T-1}`, one for each step.
    sizes: number of states of the last layer.
    """

    layers: tuple[Cells, ...]
    first: tuple[int, ...]
    moves: tuple[tuple[IntegerRow, ...], ...]
    denominators: tuple[int, ...]
    outcomes: int

    @property
    def horizon(self) -> int:
        """Number of moves `T`."""
        return len(self.layers)

    def forms(self, t: int) -> list[list[int]]:
        """`A[c][c'] = g_c rows[t][c][c']` of the move that follows layer t (1..T-1), dense, shape (C_t, C_{t+1})."""
        cells, width = self.layers[t - 1], self.layers[t].count
        dense = []
        for weight, row in zip(cells.weights, self.moves[t - 1], strict=True):
            line = [0] * width
            for target, numerator in row:
                line[target] = weight * numerator
            dense.append(line)
        return dense


@lru_cache(maxsize=4)  # a process is asked for its law at several numbers of particles, one after the other
def cell_chain(process: ParticleProcess) -> CellChain:
    """`process` over cells. Raises InputError when a state that a particle of positive weight reaches has no law of its next move."""
    layers: list[Cells] = []
    moves: list[tuple[IntegerRow, ...]] = []
    denominators: list[int] = []
    sources: list[int] = [
        0
    ]  # states whose rows the step needs: the root, then the states of the cells of positive weight
    for t in range(process.horizon):
        joined = {x: _joined(process, t, x) for x in dict.fromkeys(sources)}
        live = sorted({cell for row in joined.values() for cell in row if cell[1]})
        dead = any(not cell[1] for row in joined.values() for cell in row)
        index = {cell: c for c, cell in enumerate(live)}
        states = [x for x, _ in live] + [DEAD] * dead
        layers.append(Cells(tuple(states), (*_coprime([w for _, w in live]), *([0] * dead))))
        d = int(gmpy2.lcm(1, *(p.denominator for row in joined.values() for p in row.values())))
        rows: dict[int, IntegerRow] = {}
        for x, row in joined.items():
            numerators: dict[int, int] = {}
            for cell, p in row.items():
                c = index[cell] if cell[1] else len(live)
                numerators[c] = numerators.get(c, 0) + int(p.numerator) * (d // int(p.denominator))
            rows[x] = tuple(sorted(numerators.items()))
        denominators.append(d)
        # the step out of layer t: one row for each of its cells
        moves.append(tuple(rows[x] if x != DEAD else () for x in (layers[-2].states if t else (0,))))
        sources = [x for x, _ in live]
    first = [0] * layers[0].count
    for c, numerator in moves[0][0]:
        first[c] = numerator
    return CellChain(tuple(layers), tuple(first), tuple(moves[1:]), tuple(denominators), process.sizes[-1])


def _joined(process: ParticleProcess, t: int, x: int) -> dict[tuple[int, Rational], Rational]:
    row: dict[tuple[int, Rational], Rational] = {}
    for target, probability, weight in process.steps[t][x]:
        if probability:
            row[target, weight] = row.get((target, weight), ZERO) + probability
    total = sum(row.values(), ZERO)
    if total != 1 or any(p < 0 or w < 0 for (_, w), p in row.items()):
        raise InputError(
            f"the outcomes have probabilities that sum to {total}" if total != 1 else "an outcome is negative",
            where=f"steps[{t}][{x}]",
            mend="give every state that a particle of positive weight reaches a law with non-negative weights",
        )
    return row


def _coprime(weights: list[Rational]) -> list[int]:
    """`weights` times one positive number, so that they are whole and have no common divisor."""
    if not weights:
        return []
    scale = gmpy2.lcm(*(w.denominator for w in weights))
    whole = [w.numerator * (scale // w.denominator) for w in weights]
    common = gmpy2.gcd(*whole)
    return [int(w // common) for w in whole]
