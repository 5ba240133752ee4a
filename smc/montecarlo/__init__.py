"""Monte Carlo runs of a particle process: realised in exact rationals, and vectorised with finite-sample intervals.

`realise(process, particles, seed=...)` is one exact run with everything recorded. `simulate(process, particles,
replicates, seed=...)` makes many runs in double precision; `estimate` adds intervals that are valid at every sample
size. This side imports neither the exact engine nor the proofs: the laws it estimates, the laws computed exactly and
the bounds share no formula.
"""

from __future__ import annotations

from smc.montecarlo.engine import Runs, simulate
from smc.montecarlo.estimate import Estimate, estimate
from smc.montecarlo.realised import RealisedRun, realise

__all__ = ["Estimate", "RealisedRun", "Runs", "estimate", "realise", "simulate"]
