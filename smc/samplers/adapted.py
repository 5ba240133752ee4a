"""Fully adapted SMC (S8): moves `M_t psi_t V_t / (B_{t-1} V)`, weights `rho_t(y)` before T and 1 at T, scale `V_0 rho_0`.

It weights by `rho_{t-1}(x_{t-1})`, resamples, then moves. Weighting by `rho_t` right after the move to x_t is the same run written one
half-step earlier: `rho_0` is a constant, and the last resampling, with equal weights, changes no law of one particle. An alive state
without a guided move (`B V = 0`) is entered with weight `rho = 0`, so no particle ever leaves it.
"""

from __future__ import annotations

from smc.numbers import ONE
from smc.samplers.process import Moves, Outcome, Selection, merged
from smc.samplers.sampler import PARTICLES, Sampler, Scores
from smc.setting.analysis import bellman
from smc.setting.model import Model
from smc.setting.twist import Twist


def moves(model: Model, twist: Twist) -> Moves:
    """Guided moves, weights `rho_t`."""
    values = twist.values
    backed = [bellman(model, t, values[t + 1]) for t in range(model.horizon)]
    steps = []
    for t, step in enumerate(model.edges):
        last = t + 1 == model.horizon
        rows = []
        for x, row in enumerate(step):
            mass = backed[t][x]
            outcomes = []
            for e in row if mass and values[t][x] else ():
                v = values[t + 1][e.target]
                if v and e.potential:
                    weight = ONE if last else backed[t + 1][e.target] / v
                    outcomes.append(Outcome(e.target, e.probability * e.potential * v / mass, weight))
            rows.append(merged(outcomes))
        steps.append(tuple(rows))
    return Moves(tuple(steps), backed[0][0])


adapted = Sampler(
    "adapted",
    "SMC, moves and weights by the reward model",
    PARTICLES,
    moves,
    Selection.RESAMPLED,
    Scores.CHILDREN,
    checked_at=(2, 4, 8),
)
