"""The value-guided backtracking walk (S18), many at once: each step one draw from an alias table, walks that are through leave the array.

From a node up with weight 1, down to a child with weight `M_t G_t` (root: down only; leaf: up); the output is the leaf at a visit. The
transition probabilities are exact rationals, rounded once in the alias tables.
Source: Rohatgi et al. (2510.03149).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smc.errors import TooLarge
from smc.montecarlo.compiled import Ints, Move, compile_rows
from smc.montecarlo.occupancy import Batch
from smc.montecarlo.particlewise import move_particles
from smc.montecarlo.tree import NOWHERE, parents, weights_down
from smc.numbers import ONE
from smc.samplers.process import Outcome, ParticleProcess

MOST_STEPS = 10**9
"""Most steps of one block of walks: some tens of seconds."""
A_STEP = 1000
"""What a step of a block takes beside its walks, in steps of one walk, as measured."""


@dataclass(frozen=True)
class Walks:
    """The walk on the nodes of all layers, numbered layer by layer; leaves are the last. leaf: number of the first leaf. horizon: T."""

    move: Move
    leaf: int
    visits: int
    horizon: int

    def run(self, replicates: int, rng: np.random.Generator) -> Batch:
        """`replicates` walks to their visit number `visits`; the output's law given what came before is not known.

        Raises TooLarge, before the first step where the visits alone, T steps to the first and two or more to each other, are too many.
        """
        least = self.horizon + 2 * (self.visits - 1)
        if least * (A_STEP + replicates) > MOST_STEPS:
            raise TooLarge(
                f"{replicates:,} walks to {self.visits:,} visits take {least:,} steps each or more",
                where="visits",
                mend="ask for fewer visits or runs",
            )
        output, steps = np.empty(replicates, np.int32), np.empty(replicates, np.int64)
        on_the_way = np.arange(replicates)
        at: Ints = np.zeros(replicates, np.intp)
        missing = np.full(replicates, self.visits)
        taken = work = 0
        while len(at):
            at = self.move.target.take(move_particles(self.move, at, rng))
            taken, work = taken + 1, work + A_STEP + len(at)
            at_leaf = at >= self.leaf
            missing -= at_leaf
            through = at_leaf & (missing == 0)
            if through.any():
                done, left = on_the_way[through], ~through
                output[done], steps[done] = at[through] - self.leaf, taken
                on_the_way, at, missing = on_the_way[left], at[left], missing[left]
            if work > MOST_STEPS:
                raise TooLarge(
                    f"{replicates:,} walks are not at {self.visits:,} visits after {taken:,} steps",
                    where="visits",
                    mend="ask for fewer visits or runs; where V is far from V*, visits are rare",
                )
        return Batch(None, None, output, steps=steps)


def walks(process: ParticleProcess, visits: int) -> Walks:
    """The walk on the tree of `process`, read at its visit of that number. Raises ModelError as `parents` does."""
    above = parents(process)
    start = np.cumsum([0, *process.sizes])
    rows: list[tuple[Outcome, ...]] = []
    for t, layer in enumerate(above):
        for x, parent in enumerate(layer):
            if t and parent == NOWHERE:
                rows.append(())
                continue
            ways = {int(start[t - 1]) + parent: ONE} if t else {}
            if t < process.horizon:
                ways |= {int(start[t + 1]) + y: g for y, g in weights_down(process, t, x).items()}
            total = sum(ways.values(), 0 * ONE)
            rows.append(tuple(Outcome(y, g / total, ONE) for y, g in ways.items()))
    return Walks(compile_rows(tuple(rows), len(rows)), int(start[process.horizon]), visits, process.horizon)
