"""A chain of three states with scores, whose every mean is known: what an audit of its sampled prefixes is held to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from smc.rewards.records import Family

MOVES = np.array([[0.5, 0.4, 0.1], [0.2, 0.6, 0.2], [0.05, 0.25, 0.7]])
VALUES = np.array([[0.3, 0.3, 0.3], [0.2, 0.35, 0.6], [0.1, 0.4, 0.8], [0.05, 0.3, 0.95]])
"""V_t of the three states, t = 0..3; the root is state 1, and V_3 is the reward."""
FRONTS = [np.array([0.0, 1.0, 0.0])]
for _ in range(3):
    FRONTS.append(FRONTS[-1] @ MOVES)
BEST = [VALUES[3]]
"""V*, by step."""
for _ in range(3):
    BEST.insert(0, MOVES @ BEST[0])


def chi_square(t: int) -> float:
    """`chi^2(pi*_t || pihat_t)` from the two laws themselves."""
    best, followed = (FRONTS[t] * of[t] / (FRONTS[t] @ of[t]) for of in (BEST, VALUES))
    seen = followed > 0
    return float(((best - followed)[seen] ** 2 / followed[seen]).sum())


def increments() -> list[float]:
    """`E[V_(t-1)] E[V*_t^2 / V_(t-1)] / Z^2`, t = 1..3."""
    return [
        float((FRONTS[t] @ VALUES[t]) * (FRONTS[t] @ (MOVES @ BEST[t + 1] ** 2 / VALUES[t])) / BEST[0][1] ** 2)
        for t in range(3)
    ]


def activity() -> float:
    """C_act: the largest ratio of V* after a step of the reference to V* before it."""
    return max(BEST[t + 1][y] / BEST[t][x] for t in range(3) for x in range(3) for y in range(3) if FRONTS[t][x])


def answers(
    rng: np.random.Generator, count: int, children: int, rollouts: int, *, rewarded: bool = False
) -> Iterator[Family]:
    """Answers cut at every step, with draws of the next state (0: all three) and rewards of answers drawn after each prefix."""
    for k in range(count):
        x, before = 1, None
        for t in range(3):
            after = np.full(rollouts if t else 0, x)
            for _ in range(t, 3):
                after = np.array([rng.choice(3, p=MOVES[y]) for y in after], int)
            drawn = rng.choice(3, size=children, p=MOVES[x]) if children else np.arange(3)
            yield Family(
                str(k), str(k), t, float(VALUES[t][x]), tuple(VALUES[t + 1][drawn].tolist()),
                None if children else tuple(MOVES[x].tolist()), tuple(range(len(drawn))) if t == 2 else (), rewarded and t == 2,
                tuple(VALUES[3][after].tolist()), before,
            )  # fmt: skip
            x, before = int(rng.choice(3, p=MOVES[x])), float(VALUES[t][x])
