"""The toy on which a loop that multiplies odds goes astray under a perfect reward model: T fair steps, success more likely with every one.

State k after t steps is the number of ones; the answer succeeds with probability `phi(k) = (k+1)/(T+2)`, so that
`V*_t(k) = (k + (T-t)/2 + 1)/(T+2)`: a probability of success, strictly between 0 and 1 everywhere.
"""

from __future__ import annotations

from smc.numbers import Rational
from smc.setting.model import Model


def fair_steps(horizon: int) -> Model:
    """The model at horizon T >= 1."""
    layers = [list(range(t + 1)) for t in range(horizon + 1)]
    half = Rational(1, 2)
    edges = [[(k, k + one, half) for k in layer for one in (0, 1)] for layer in layers[:-1]]
    reward = {k: Rational(k + 1, horizon + 2) for k in layers[-1]}
    return Model.from_edges(layers, edges, reward, name=f"fair steps, T = {horizon}")
