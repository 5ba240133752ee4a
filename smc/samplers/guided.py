"""The guided single particle (P5, S2; the paper's SP-gSMC): `x_t ~ M_t psi_t V_t / (B_{t-1} V)`. It is fully adapted SMC with N = 1."""

from __future__ import annotations

from smc.samplers import adapted
from smc.samplers.process import Selection
from smc.samplers.sampler import ONE_PARTICLE, Sampler, Scores

guided = Sampler(
    "guided",
    "one particle, moves by the reward model",
    ONE_PARTICLE,
    adapted.moves,
    Selection.RESAMPLED,
    Scores.CHILDREN,
    checked_at=(1,),
)
