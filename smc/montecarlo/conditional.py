"""Iterated conditional SMC (particle Gibbs, S17), many runs at once: an ordinary run of N particles, then sweeps that keep a path.

A sweep keeps the path at hand in slot 0 at every step and runs the other N - 1: ancestors in proportion to all weights, that of the kept
path included; the next path is drawn from the last weights. On a tree a path is its leaf. Where two moves of different weight lead to a
node, which of them the kept path took is drawn anew in every sweep, in proportion to probability times weight: what the target says of it.
A run that dies before it has a path stays dead.
Source: Andrieu, Doucet, Holenstein (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smc.errors import InputError, TooLarge
from smc.montecarlo.compiled import Compiled, Floats, Ints, Move, compile_moves, compile_rows
from smc.montecarlo.occupancy import Batch, pick
from smc.montecarlo.particlewise import move_particles, step_weights
from smc.montecarlo.resampling import multinomial
from smc.montecarlo.tree import NOWHERE, parents, weights_down
from smc.numbers import ONE
from smc.samplers.process import Outcome, ParticleProcess

MOST_MOVES = 10**6
"""Most moves of a cloud of up to `AT_ONCE` particles in one run: a minute or so, in which it says nothing of how far it is."""
AT_ONCE = 1000
"""Particles that move in about the time of one: larger clouds take longer in proportion."""


@dataclass(frozen=True)
class Sweeps:
    """Runs of a process on a tree. lines: `lines[t][z]`, the node of layer t + 1 above leaf z, shapes (|X_T|,). entries: for each step a
    table to draw from, from a node to the index of a move that leads to it. particles: N. sweeps: how many."""

    compiled: Compiled
    lines: tuple[Ints, ...]
    entries: tuple[Move, ...]
    particles: int
    sweeps: int

    def run(self, replicates: int, rng: np.random.Generator) -> Batch:
        """`replicates` runs; `law` is that of the output given the last cloud."""
        law, leaf = self.cloud(replicates, None, rng)
        for _ in range(self.sweeps):
            alive = np.flatnonzero(leaf < self.compiled.terminal)
            if len(alive):
                law[alive], leaf[alive] = self.cloud(len(alive), leaf[alive], rng)
        return Batch(law, None, leaf)

    def cloud(
        self, replicates: int, kept: NDArray[np.int32] | None, rng: np.random.Generator
    ) -> tuple[Floats, NDArray[np.int32]]:
        """One run of N particles, slot 0 of which is held to the path of `kept` (none for an ordinary run): (law of the next path given
        the last cloud, that path), shapes (R, |X_T| + 1) and (R,), dead last."""
        shape, rows = (replicates, self.particles), np.arange(replicates)
        states: Ints = np.zeros(shape, np.intp)
        for t, move in enumerate(self.compiled.moves):
            outcome = move_particles(move, states, rng)
            if kept is not None:
                outcome[:, 0] = self.entries[t].target.take(
                    move_particles(self.entries[t], self.lines[t].take(kept), rng)
                )
            states = move.target.take(outcome)
            weights, _ = step_weights(move, outcome)
            if t + 1 < len(self.compiled.moves):
                ancestors = multinomial(weights, rng)
                if kept is not None:
                    # N draws for N - 1 slots: what is left in slot 0, which the kept path takes at the next move, is any one of them, and
                    # not the first, since many draws come sorted
                    unused = rng.integers(0, self.particles, replicates)
                    ancestors[rows, unused] = ancestors[:, 0]
                states = states[rows[:, None], ancestors]
        weights /= weights.sum(axis=1, keepdims=True)
        size = self.compiled.terminal + 1
        cells = states + rows[:, None] * size
        mass = np.bincount(cells.ravel(), weights.ravel(), minlength=replicates * size).astype(np.float64, copy=False)
        return mass.reshape(replicates, size), states[rows, pick(weights, rng)].astype(np.int32)


def sweeps(process: ParticleProcess, count: int) -> Sweeps:
    """Runs of `count` sweeps on the tree of `process`. Raises ModelError as `parents` does, InputError for a process that holds no
    particles, TooLarge for more than `MOST_MOVES` moves, of large clouds fewer."""
    if process.held is None:
        raise InputError(f"{process.algorithm} holds no particles", where="algorithm", mend="choose conditional")
    moves = process.horizon * max(1, process.held // AT_ONCE)
    if count * moves > MOST_MOVES:
        raise TooLarge(
            f"{count:,} sweeps of {process.horizon} steps of {process.held:,} particles",
            where="sweeps",
            mend=f"take at most {MOST_MOVES // moves:,}" if moves <= MOST_MOVES else "hold fewer particles",
        )
    above, compiled = parents(process), compile_moves(process)
    lines = [np.arange(process.sizes[-1])]
    for layer in reversed(above[2:]):
        lines.insert(0, np.array(layer, np.intp)[lines[0]])  # where no path comes: anything, never read
    entries = []
    for t, (layer, move) in enumerate(zip(above[1:], compiled.moves, strict=True)):
        rows: list[tuple[Outcome, ...]] = []
        for y, x in enumerate(layer):
            if x == NOWHERE:
                rows.append(())
                continue
            total = weights_down(process, t, x)[y]
            first = int(move.first[x])
            leading = [o for o in process.steps[t][x] if o.weight]  # in the order of the compiled moves
            rows.append(
                tuple(
                    Outcome(first + k, o.probability * o.weight / total, ONE)
                    for k, o in enumerate(leading)
                    if o.target == y
                )
            )
        entries.append(compile_rows(tuple(rows), len(move.target)))
    return Sweeps(compiled, tuple(lines), tuple(entries), process.held, count)
