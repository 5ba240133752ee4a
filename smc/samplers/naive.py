"""Naive-proposal SMC (P2, P3, S3 to S5, G1): moves by the reference, weights `G_t(x, y) = psi_t V_t(y)/V_{t-1}(x)`, scale `V_0`."""

from __future__ import annotations

from smc.samplers.process import Moves, Outcome, Selection, merged
from smc.samplers.sampler import PARTICLES, Sampler
from smc.setting.model import Model
from smc.setting.twist import Twist


def moves(model: Model, twist: Twist) -> Moves:
    """Moves by the reference, weights `G_t(x, y) = psi_t V_t(y)/V_{t-1}(x)`, scale `V_0`."""
    steps = []
    for t, step in enumerate(model.edges):
        here, there = twist.values[t], twist.values[t + 1]
        steps.append(
            tuple(
                merged([Outcome(e.target, e.probability, e.potential * there[e.target] / v) for e in row]) if v else ()
                for v, row in zip(here, step, strict=True)
            )
        )
    return Moves(tuple(steps), twist.values[0][0])


naive = Sampler("naive", "SMC, moves by the model", PARTICLES, moves, Selection.RESAMPLED, checked_at=(1, 2, 3, 4, 8))
