"""Best-of-N as the field means it: N reference paths, one of largest `prod psi · phi`, ties drawn evenly. Its law does not tend to the
target: as N grows all of it goes to the paths of largest reward."""

from __future__ import annotations

from smc.samplers import weighted_of_n
from smc.samplers.process import Selection
from smc.samplers.sampler import PARTICLES, Sampler, Scores

best_of_n = Sampler(
    "best-of-n", "N paths of the model, the one of largest reward (argmax)", PARTICLES, weighted_of_n.moves, Selection.BEST, Scores.ENDS,
    checked_at=(4,),
)  # fmt: skip
