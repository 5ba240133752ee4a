"""Loops with a known factor, written independently of the product: they log what they did."""

from __future__ import annotations

import json

import numpy as np

from smc.rewards.importers import particles
from smc.rewards.items import Item

LOOPS = {
    ("ratio", ""): lambda before, path, last: path[-1] / before,
    ("score", ""): lambda before, path, last: path[-1],
    ("score", "odds"): lambda before, path, last: path[-1] / (1 - path[-1]),
    ("twice-last", ""): lambda before, path, last: path[-1] ** (1 + last) / before,
    ("parent", ""): lambda before, path, last: before,
    ("last", ""): lambda before, path, last: path[-1] ** last,
    ("product", ""): lambda before, path, last: float(np.prod(path)) ** last,
    ("min", ""): lambda before, path, last: min(path) ** last,
    ("ratio", "odds"): lambda before, path, last: path[-1] / (1 - path[-1]) * (1 - before) / before,
}


def log_of(
    factor,
    seed: int,
    *,
    steps: int = 5,
    particles: int = 12,
    runs: int = 2,
    temperature: float = 1.0,
    normalised: bool = True,
):
    """JSON lines of `runs` runs of a loop with `factor` on scores that wander in (0, 1); weights normalised at each step or as they are."""
    rng = np.random.default_rng(seed)
    lines = []
    for run in range(runs):
        paths = [(0.5,)] * particles
        parents = [None] * particles
        for step in range(1, steps + 1):
            paths = [(*path, float(rng.beta(1 + 4 * path[-1], 5 - 4 * path[-1]) * 0.98 + 0.01)) for path in paths]
            weights = np.array([factor(p[-2], p[1:], step == steps) ** (1 / temperature) for p in paths])
            logs = np.log(weights / weights.sum() if normalised else weights)
            lines += [
                json.dumps(
                    {
                        "run": run,
                        "step": step,
                        "particle": k,
                        "parent": parents[k],
                        "score": p[-1],
                        "log_weight": float(w),
                    }
                )
                for k, (p, w) in enumerate(zip(paths, logs, strict=True))
            ]
            chosen = rng.choice(particles, particles, p=weights / weights.sum())
            paths, parents = [paths[k] for k in chosen], [int(k) for k in chosen]
    return lines


def moves_of(lines):
    """The moves of a log given by its lines."""
    read = particles.read(Item(json.loads(line), f"line {number}") for number, line in enumerate(lines, 1))
    return (move for run in read for move in run.moves())
