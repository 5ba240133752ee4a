"""A sampler as its users write them: plain NumPy, one function, nothing of the project but the model's tables. With planted faults."""

from __future__ import annotations

import numpy as np

from smc.setting.model import Model
from smc.setting.twist import Twist
from smc.testing.conformance import DEAD, Genealogy, Many, Runs

FAULTS = (
    "untelescoped weights",
    "double last weight",
    "wrong normaliser after a skipped resampling",
    "systematic with one uniform per slot",
    "ancestor off by one",
    "dead particle drawn",
    "stale weights",
    "log-sum-exp without max",
    "score of the parent",
    "EOS particle propagated",
    "argmax called sampling",
    "N for N - 1",
)
OTHERS = ("biased resampler", "wrong level", "lost factor", "sorted", "sign", "odds")


def tables(model: Model, twist: Twist) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """(transition matrix by step, log potential matrix by step, log value by layer), in floats; no parallel edges."""
    moves, potentials = [], []
    with np.errstate(divide="ignore"):
        for step, size in zip(model.edges, model.sizes[1:], strict=True):
            m, psi = np.zeros((len(step), size)), np.zeros((len(step), size))
            for x, row in enumerate(step):
                for edge in row:
                    m[x, edge.target], psi[x, edge.target] = float(edge.probability), np.log(float(edge.potential))
            moves.append(m)
            potentials.append(psi)
        return moves, potentials, [np.log(np.array(layer, float)) for layer in twist.values]


def draw(rows: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """One index for each row of weights along the last axis."""
    levels = np.cumsum(rows, axis=-1)
    return (uniforms[..., None] * levels[..., -1:] >= levels).sum(axis=-1)


def drawn_ancestors(weights: np.ndarray, scheme: str, rng: np.random.Generator) -> np.ndarray:
    """Ancestors of every slot; multinomial, stratified or systematic."""
    runs, n = weights.shape
    if scheme == "multinomial":
        uniforms = rng.random((runs, n))
    else:
        uniforms = (np.arange(n) + rng.random((runs, n if scheme == "stratified" else 1))) / n
    return draw(np.repeat(weights[:, None, :], n, axis=1), uniforms)


def steered_smc(
    fault: str = "",
    *,
    scheme: str = "multinomial",
    threshold: float = 1.0,
    genealogy: bool = False,
    excess: float = 0.01,
) -> Many:
    """Naive-proposal SMC in logarithms, vectorised over runs; `fault` plants one, a biased resampler by `excess`.

    threshold: on the effective sample size over N.
    """

    def many(model: Model, twist: Twist, n_particles: int, replicates: int, seed: int) -> Runs:
        rng = np.random.default_rng(seed)
        moves, potentials, values = tables(model, twist)
        shape, n = (replicates, n_particles), n_particles
        states, carried, score = np.zeros(shape, int), np.zeros(shape), np.full(shape, values[0][0])
        log_z, alive = np.full(replicates, values[0][0]), np.ones(replicates, bool)
        parents = np.tile(np.arange(n), (replicates, 1))
        generations, lines = [], []
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            for t, (m, psi) in enumerate(zip(moves, potentials, strict=True)):
                before = states
                table = np.where(m.sum(axis=1, keepdims=True) > 0, m, 1.0)
                if fault == "EOS particle propagated" and t and "end" in model.layers[t]:
                    table[model.layers[t].index("end")] = table[0]
                states = draw(table[before], rng.random(shape))
                gained = values[t + 1][states]
                if fault == "wrong level":
                    gained = values[t][np.minimum(states, len(values[t]) - 1)]
                if fault == "sign" and t + 1 < len(moves):
                    gained = -gained
                if fault == "score of the parent":  # the new score is looked up only after the weight is made
                    gained = values[t][before]
                    step = psi[before, states] + gained - score
                    score = gained
                elif fault in ("untelescoped weights", "odds"):
                    step = psi[before, states] + gained - (np.log1p(-np.exp(gained)) if fault == "odds" else 0.0)
                else:
                    step = psi[before, states] + gained - values[t][before]
                carried = np.where(np.isneginf(carried), -np.inf, carried + step)
                generations.append(states)
                lines.append(parents)
                parents = np.tile(np.arange(n), (replicates, 1))
                top = carried.max(axis=1, keepdims=True)
                top = np.where(np.isneginf(top) | (fault == "log-sum-exp without max"), 0.0, top)
                weights = np.exp(carried - top)
                total = weights.sum(axis=1)
                if fault == "dead particle drawn":
                    weights[total == 0] = 1.0
                else:
                    alive &= total > 0
                    weights[total == 0] = 1.0
                last = t + 1 == len(moves)
                share = weights / weights.sum(axis=1, keepdims=True)
                due = (1 / (share**2).sum(axis=1) < threshold * n * (1 - 1e-12)) | (threshold >= 1)
                close = np.ones(replicates, bool) if last else due
                if fault == "wrong normaliser after a skipped resampling":
                    close = np.ones(replicates, bool)
                divisor = n - 1 if fault == "N for N - 1" else n
                if not (fault == "lost factor" and t == 0):
                    log_z = np.where(close, log_z + np.log(total) + top[:, 0] - np.log(divisor), log_z)
                if last:
                    break
                used = share * np.where(states == 0, 1 + excess, 1.0) if fault == "biased resampler" else share
                kind = "stratified" if fault == "systematic with one uniform per slot" else scheme
                chosen = drawn_ancestors(used, kind, rng)
                if fault == "ancestor off by one":
                    chosen = (chosen + 1) % n
                if fault == "sorted":
                    chosen = np.sort(chosen, axis=1)
                parents = np.where(due[:, None], chosen, parents)
                states, score = (np.take_along_axis(a, parents, axis=1) for a in (states, score))
                kept = np.take_along_axis(carried, parents, axis=1)
                carried = np.where(due[:, None], kept if fault == "stale weights" else 0.0, kept)
            if fault == "double last weight":
                again = drawn_ancestors(share, scheme, rng)
                states, share = (np.take_along_axis(a, again, axis=1) for a in (states, share))
            chosen = share.argmax(axis=1) if fault == "argmax called sampling" else draw(share, rng.random(replicates))
        output = np.where(alive, states[np.arange(replicates), chosen], DEAD)
        line = Genealogy(np.array(generations), np.array(lines)) if genealogy else None
        return Runs(output, np.where(alive, log_z, -np.inf), line)

    return many
