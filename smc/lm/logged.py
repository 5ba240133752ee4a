"""Files as a practitioner logs them, made on a chain whose truth is known: runs of the loop, and prefixes with draws of what follows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from smc.lm.adapter import steer
from smc.lm.chain import Steered
from smc.lm.known import Known
from smc.rewards.writing import particle_lines, prefix_lines


def log_of_runs(steered: Steered, particles: int, runs: int, seed: int = 0) -> str:
    """The path of a new file in the format `particles`, of `runs` runs of naive SMC."""
    rng, known = np.random.default_rng(seed), Known(steered)
    found = (steer(known, particles, steered.chain.horizon, rng, str(k)) for k in range(runs))
    return _written(particle_lines(steering.run for steering in found))


def log_of_prefixes(steered: Steered, texts: int, children: int, seed: int = 0, *, rollouts: int = 0) -> str:
    """The path of a new file in the format `prefixes`: `texts` texts of the reference, with `children` draws (0: all) at each step and
    `rollouts` texts drawn to the end."""
    return _written(prefix_lines(steered.chain.families(steered.values, texts, children, seed, rollouts)))


def _written(lines: Iterable[dict[str, Any]]) -> str:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl", dir=_folder().name, delete=False) as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return file.name


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Of the files of this process: removed with them when it ends."""
    return tempfile.TemporaryDirectory(prefix="bellman-smc-")
