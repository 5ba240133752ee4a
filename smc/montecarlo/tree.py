"""The tree under a process whose moves depend on the path: who is whose parent, and the moves that lead to a node."""

from __future__ import annotations

from smc.errors import ModelError
from smc.numbers import ZERO, Rational
from smc.samplers.process import ParticleProcess

NOWHERE = -1
"""The parent of the root, and of states that no weight reaches."""


def parents(process: ParticleProcess) -> list[list[int]]:
    """`parents[t][y]`: index in layer t - 1 of the one state from which weight comes to y, `NOWHERE` elsewhere; t = 0..T.

    Raises ModelError where weight comes from two, and where none comes to the last layer.
    """
    found = [[NOWHERE]]
    for t, (step, size) in enumerate(zip(process.steps, process.sizes[1:], strict=True), 1):
        above = [NOWHERE] * size
        for x, row in enumerate(step):
            if t > 1 and found[-1][x] == NOWHERE:
                continue
            for y, _, weight in row:
                if not weight:
                    continue
                if above[y] not in (NOWHERE, x):
                    raise ModelError(
                        f"state {y} of layer {t} is entered from two states",
                        where="model",
                        mend="its moves depend on the path: give the prefix tree of the model, which convert --to tree writes",
                    )
                above[y] = x
        found.append(above)
    if all(p == NOWHERE for p in found[-1]):
        raise ModelError("no leaf is reached with positive weight", where="model", mend="give some leaf a reward")
    return found


def weights_down(process: ParticleProcess, t: int, x: int) -> dict[int, Rational]:
    """`M_t G_t` of each child of state x of layer t: probability times weight, summed over parallel moves; positive ones only."""
    found: dict[int, Rational] = {}
    for y, probability, weight in process.steps[t][x]:
        if weight:
            found[y] = found.get(y, ZERO) + probability * weight
    return found
