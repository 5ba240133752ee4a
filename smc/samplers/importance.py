"""Sequential importance sampling: the moves and weights of naive or adapted SMC (`W = prod G_t`, `W = prod rho_t`), never resampled; one
path is drawn in proportion to its accumulated weight."""

from __future__ import annotations

from smc.samplers import adapted, naive
from smc.samplers.process import Selection
from smc.samplers.sampler import PARTICLES, Sampler, Scores

sis = Sampler("sis", "as naive, resampled once at the end", PARTICLES, naive.moves, Selection.WEIGHTED)
sis_guided = Sampler(
    "sis-guided", "as guided, resampled once at the end", PARTICLES, adapted.moves, Selection.WEIGHTED, Scores.CHILDREN
)
