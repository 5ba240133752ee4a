"""A sampler as its users write them: plain NumPy, one function, nothing of the project but the model's tables. With planted faults."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smc.setting.model import Model
from smc.setting.twist import Twist
from smc.testing.contracts import DEAD, Runs

FAULTS = ("biased-resampler", "wrong-level", "no-division", "lost-factor", "sorted", "sign")


def tables(model: Model, twist: Twist) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """(transition matrix by step, potential matrix by step, value by layer), in floats; no parallel edges."""
    moves, potentials = [], []
    for step, size in zip(model.edges, model.sizes[1:], strict=True):
        m, psi = np.zeros((len(step), size)), np.ones((len(step), size))
        for x, row in enumerate(step):
            for edge in row:
                m[x, edge.target], psi[x, edge.target] = float(edge.probability), float(edge.potential)
        moves.append(m)
        potentials.append(psi)
    return moves, potentials, [np.array(layer, float) for layer in twist.values]


def draw(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index for each row of probabilities along the last axis (weights do for probabilities)."""
    levels = np.cumsum(rows, axis=-1)
    return (rng.random((*rows.shape[:-1], 1)) * levels[..., -1:] >= levels).sum(axis=-1)


def naive_smc(fault: str | None = None) -> Callable[..., Runs]:
    """Naive-proposal SMC, vectorised over runs; `fault` plants one of `FAULTS`."""

    def sampler(model: Model, twist: Twist, particles: int, replicates: int, seed: int) -> Runs:
        rng = np.random.default_rng(seed)
        moves, potentials, values = tables(model, twist)
        states = np.zeros((replicates, particles), int)
        normaliser = np.full(replicates, values[0][0])
        alive = np.ones(replicates, bool)
        for t, (m, psi) in enumerate(zip(moves, potentials, strict=True)):
            before = states
            states = draw(m[before], rng)
            gained = values[t + 1][states]
            if fault == "sign" and t + 1 < len(moves):
                gained = 1 / gained
            if fault == "wrong-level":
                gained = values[t][np.minimum(states, len(values[t]) - 1)]
            weights = psi[before, states] * gained / (1 if fault == "no-division" else values[t][before])
            mean = weights.mean(axis=1)
            if not (fault == "lost-factor" and t == 0):
                normaliser = normaliser * mean
            alive &= mean > 0
            weights[mean == 0] = 1.0
            if fault == "biased-resampler":
                weights = weights * np.where(states == 0, 1.01, 1.0)
            ancestors = draw(np.repeat(weights[:, None, :], particles, axis=1), rng)
            if fault == "sorted":
                ancestors = np.sort(ancestors, axis=1)
            states = np.take_along_axis(states, ancestors, axis=1)
        states[~alive] = DEAD
        return Runs(states, np.where(alive, normaliser, 0.0))

    return sampler
