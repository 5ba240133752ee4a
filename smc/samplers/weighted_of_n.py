"""N reference paths, one of which is drawn in proportion to `prod psi · phi`: best-of-N with a proportional choice. The reward model plays
no part before T; as N grows the law tends to the target."""

from __future__ import annotations

from smc.numbers import ONE
from smc.samplers.process import Moves, Outcome, Selection, merged
from smc.samplers.sampler import PARTICLES, Sampler, Scores
from smc.setting.model import Model
from smc.setting.twist import Twist


def moves(model: Model, twist: Twist) -> Moves:
    """Reference paths, weight `prod psi · phi`; the reward model plays no part before T."""
    del twist
    steps = []
    for t, step in enumerate(model.edges):
        phi = model.reward if t + 1 == model.horizon else (ONE,) * len(model.layers[t + 1])
        steps.append(
            tuple(merged([Outcome(e.target, e.probability, e.potential * phi[e.target]) for e in row]) for row in step)
        )
    return Moves(tuple(steps), ONE)


weighted_of_n = Sampler(
    "weighted-of-n", "N paths of the model, one drawn in proportion to the reward", PARTICLES, moves, Selection.WEIGHTED, Scores.ENDS,
    checked_at=(4,),
)  # fmt: skip
