"""Reward models learned as practitioners do, on texts of the reference: rollouts, temporal differences, a small regression, stopped early.

What is learned is a table over features of the prefix: the automaton state, the last symbol, and the steps that are left, in bands.
Texts that ended have their reward. Every value stays positive, between the two rewards, so that nothing is killed.

- `rollouts`: the mean final reward of the texts that passed through a feature, with one text of the mean reward added to each.
- `differences`: TD(0), swept back through each text, with the same start.
- `regression`: a logistic model, additive in the features, by gradient steps on the log loss; the number of steps is the training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smc.lm.chain import Chain

BAND = 4
"""Steps left that share a feature."""
RATE = 0.1
"""Of TD(0)."""
GRADIENT_RATE = 2.0


@dataclass(frozen=True)
class Features:
    """cell: the feature of each state and step, shape (T + 1, states); count: how many. parts: its automaton state, last symbol, band."""

    cell: np.ndarray
    count: int
    parts: tuple[np.ndarray, np.ndarray, np.ndarray]


def features(chain: Chain) -> Features:
    """The features of a chain. The two states of ended texts have none of their own (their values are their rewards)."""
    names = {symbol: k for k, symbol in enumerate(sorted({context[-1] for context in chain.model.contexts}))}
    last = np.array([names[chain.model.contexts[k][-1]] for k in chain.context] + [0, 0])
    phase = np.concatenate([chain.phase, [0, 0]])
    bands = np.array([-(-(chain.horizon - t) // BAND) for t in range(chain.horizon + 1)])
    phases, symbols = len(chain.automaton.accepts), len(names)
    cell = (bands[:, None] * phases + phase[None, :]) * symbols + last[None, :]
    return Features(cell, (int(bands.max()) + 1) * phases * symbols, (phase, last, bands))


def _finished(chain: Chain, table: np.ndarray, at: Features) -> np.ndarray:
    """Values by step and state: the table's, and the rewards of texts that ended and at the horizon."""
    values = np.clip(table[at.cell], chain.low, 1.0)
    values[:, -2:] = chain.reward[-2:]
    values[-1] = chain.reward
    return values


def _start(chain: Chain, paths: np.ndarray) -> float:
    return float(chain.reward[paths[:, -1]].mean())


def rollouts(chain: Chain, paths: np.ndarray) -> np.ndarray:
    """Values, shape (T + 1, states), from texts, shape (texts, T + 1)."""
    at, rewards = features(chain), chain.reward[paths[:, -1]]
    total, seen = np.full(at.count, _start(chain, paths)), np.ones(at.count)
    for t in range(chain.horizon):
        cells = at.cell[t, paths[:, t]]
        open_ = paths[:, t] < chain.states - 2
        np.add.at(total, cells[open_], rewards[open_])
        np.add.at(seen, cells[open_], 1.0)
    return _finished(chain, total / seen, at)


def differences(chain: Chain, paths: np.ndarray) -> np.ndarray:
    """As `rollouts`, by TD(0)."""
    at = features(chain)
    table = np.full(at.count, _start(chain, paths))
    for path in paths:
        for t in range(chain.horizon - 1, -1, -1):
            if path[t] >= chain.states - 2:
                continue
            ended = t + 1 == chain.horizon or path[t + 1] >= chain.states - 2
            target = chain.reward[path[t + 1]] if ended else table[at.cell[t + 1, path[t + 1]]]
            cell = at.cell[t, path[t]]
            table[cell] += RATE * (target - table[cell])
    return _finished(chain, table, at)


def regression(chain: Chain, paths: np.ndarray, steps: int) -> np.ndarray:
    """As `rollouts`, after `steps` gradient steps on all texts."""
    at, rewards = features(chain), chain.reward[paths[:, -1]]
    phase, last, bands = at.parts
    states = paths[:, :-1]
    open_ = states < chain.states - 2
    time = np.broadcast_to(bands[:-1], states.shape)[open_]
    where = (phase[states][open_], last[states][open_], time)
    aim = np.broadcast_to(rewards[:, None], states.shape)[open_]
    mean = _start(chain, paths)
    weights = [np.zeros(int(part.max()) + 1) for part in at.parts]
    base = np.log(mean / (1 - mean))
    seen = [np.maximum(np.bincount(index, minlength=len(w)), 1) for index, w in zip(where, weights, strict=True)]
    for _ in range(steps):
        guess = 1 / (1 + np.exp(-(base + sum(w[index] for w, index in zip(weights, where, strict=True)))))
        slope = guess - aim  # of the log loss: a proper score, whose minimum is the mean reward
        for k, index in enumerate(where):
            weights[k] -= GRADIENT_RATE * np.bincount(index, slope, len(weights[k])) / seen[k]
    logits = base + weights[0][phase][None, :] + weights[1][last][None, :] + weights[2][bands][:, None]
    values = np.clip(1 / (1 + np.exp(-logits)), chain.low, 1.0)
    values[:, -2:] = chain.reward[-2:]
    values[-1] = chain.reward
    return values
