"""A particle process as arrays: compressed sparse rows of outcomes, alias tables, and cells, in double precision.

Every layer gets one more state, *dead*, at index |X_t|: outcomes of weight zero lead there, and it leads only to
itself. A particle of
weight zero then needs no special case: it moves from dead to dead with log weight -inf.

The alias tables (Walker 1977; Vose 1991) are built in exact rationals and rounded once. A *cell* is a pair (state,
log weight): all that matters about a particle after a move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import gmpy2
import numpy as np
from numpy.typing import NDArray

from smc.numbers import ONE, Rational
from smc.samplers.process import Outcome, ParticleProcess, check_simulated

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_SPREAD = 500.0
"""Log weights that differ by at most this much can be added up relative to the largest of all, not of each run."""


@dataclass(frozen=True)
class Move:
    """One step, from layer t (states 0..S-1, dead = S) to layer t+1. E outcomes, C cells (the last one dead).

    Per state, shape (S+1,): `first` outcome and `degree` (number of outcomes), as float for the draw.
    Per outcome, shape (E,), grouped by state: `source`, `target`, `probability`, `log_weight`, `accept` and `alias`
    (the outcome to take when the fractional part of the draw is not below `accept`), `cell`.
    Per cell, shape (C,), ordered by state: `cell_state`, `cell_log_weight`.
    """

    first: Ints
    degree: Floats
    source: Ints
    target: Ints
    probability: Floats
    log_weight: Floats
    accept: Floats
    alias: Ints
    cell: Ints
    cell_state: Ints
    cell_log_weight: Floats

    @property
    def dead(self) -> int:
        """Index of the dead state of the layer that is entered."""
        return int(self.cell_state[-1])

    @cached_property
    def relative(self) -> tuple[Floats, float] | None:
        """Weight of each outcome over the largest, and the logarithm of the largest; None where their sums could underflow."""
        scaled = scale(self.log_weight)
        return None if scaled is None else (np.exp(self.log_weight - scaled), scaled)


@dataclass(frozen=True)
class Compiled:
    """The steps of a process as arrays; `log_scale` is the logarithm of the constant in front of `Zhat`."""

    moves: tuple[Move, ...]
    log_scale: float
    resampled: bool

    @property
    def terminal(self) -> int:
        """Number of terminal states; also the index of the dead outcome in a law."""
        return self.moves[-1].dead


def log(value: Rational) -> float:
    """Natural logarithm of a rational >= 0 to double precision, whatever the size of its parts; -inf for 0."""
    if not value:
        return -math.inf
    size = value.numerator.bit_length() - value.denominator.bit_length()
    return math.log(float(value)) if abs(size) < 1000 else float(gmpy2.log(gmpy2.mpfr(value)))


def scale(log_weight: Floats) -> float | None:
    """The largest of some log weights, None where the positive ones differ by more than `e^500` (or there are none)."""
    finite = log_weight[np.isfinite(log_weight)]
    return float(finite.max()) if len(finite) and np.ptp(finite) <= _SPREAD else None


def compile_process(process: ParticleProcess) -> Compiled:
    """`process` as arrays. Raises InputError for one whose output is not drawn in proportion to weights."""
    return compile_moves(check_simulated(process))


def compile_moves(process: ParticleProcess) -> Compiled:
    """The moves and weights of `process` as arrays, whatever its output is."""
    moves = tuple(compile_rows(rows, process.sizes[t + 1]) for t, rows in enumerate(process.steps))
    return Compiled(moves, log(process.scale), process.resampled)


def compile_rows(rows: tuple[tuple[Outcome, ...], ...], dead: int) -> Move:
    """The outcomes of each state as one step; dead: the number of states that are entered. An empty row leads to dead."""
    stay = (Outcome(dead, ONE, Rational(0)),)
    outcomes: list[Outcome] = []
    first, source, accept, alias = [], [], [], []
    for x, row in enumerate((*rows, stay)):
        merged = _join_dead(row, dead) or stay
        table = _alias_table([o.probability for o in merged])
        first.append(len(outcomes))
        source += [x] * len(merged)
        accept += [float(share) for share, _ in table]
        alias += [len(outcomes) + other for _, other in table]
        outcomes += merged
    cells = sorted({(o.target, o.weight) for o in outcomes})
    index = {cell: i for i, cell in enumerate(cells)}
    cell = np.array([index[o.target, o.weight] for o in outcomes], np.intp)
    log_weight = np.array([log(w) for _, w in cells])
    return Move(
        first=np.array(first, np.intp),
        degree=np.diff([*first, len(outcomes)]).astype(np.float64),
        source=np.array(source, np.intp),
        target=np.array([o.target for o in outcomes], np.intp),
        probability=np.array([float(o.probability) for o in outcomes]),
        log_weight=log_weight[cell],
        accept=np.array(accept),
        alias=np.array(alias, np.intp),
        cell=cell,
        cell_state=np.array([x for x, _ in cells], np.intp),
        cell_log_weight=log_weight,
    )


def _join_dead(row: tuple[Outcome, ...], dead: int) -> list[Outcome]:
    """`row` with its outcomes of weight zero joined into one that leads to the dead state."""
    kept = [o for o in row if o.weight]
    lost = sum((o.probability for o in row if not o.weight), Rational(0))
    return [*kept, Outcome(dead, lost, Rational(0))] if lost else kept


def _alias_table(probabilities: list[Rational]) -> list[tuple[Rational, int]]:
    """(acceptance, alias) of each of K slots: slot k is chosen with probability 1/K and then kept with `acceptance`.
    Exact.
    """
    size = len(probabilities)
    filled = [size * p for p in probabilities]
    table = [(ONE, k) for k in range(size)]
    small = [k for k in range(size) if filled[k] < 1]
    large = [k for k in range(size) if filled[k] > 1]
    while small:
        poor, rich = small.pop(), large[-1]
        table[poor] = (filled[poor], rich)
        filled[rich] -= 1 - filled[poor]
        if filled[rich] <= 1:
            large.pop()
            if filled[rich] < 1:
                small.append(rich)
    return table
