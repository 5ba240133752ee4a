"""Iterated conditional SMC (particle Gibbs, S17): an ordinary run of N particles, then H sweeps, each of which keeps the path at hand as
one of N particles and draws its answer from the last weights. It runs on prefix trees, where leaves are paths, and moves as naive SMC."""

from __future__ import annotations

from smc.samplers import naive
from smc.samplers.process import Selection
from smc.samplers.sampler import SWEEPS, Sampler

conditional = Sampler(
    "conditional",
    "SMC that keeps a path: particle Gibbs, sweep after sweep",
    SWEEPS,
    naive.moves,
    Selection.CONDITIONAL,
    held=2,
)
