"""Monte Carlo runs of a particle process: realised in exact rationals, and vectorised in floating point with valid
intervals.

`realise(process, particles, seed=...)` is one exact run with everything recorded. This side imports neither the
exact engine nor the proofs, so that the laws it estimates, the laws computed exactly and the bounds share no formula.
"""

from __future__ import annotations

from smc.montecarlo.realised import RealisedRun, realise

__all__ = ["RealisedRun", "realise"]
