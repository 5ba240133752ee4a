"""Independent Metropolis-Hastings on guided paths with exact normalisers (S7): H proposals, the first of which is the start."""

from __future__ import annotations

from smc.samplers import adapted
from smc.samplers.process import Selection
from smc.samplers.sampler import PROPOSALS, Sampler, Scores

metropolis = Sampler(
    "mh",
    "Metropolis-Hastings on guided paths",
    PROPOSALS,
    adapted.moves,
    Selection.CHAIN,
    Scores.CHILDREN,
    checked_at=(2, 8),
)
