"""What a sampler under test is, and what its runs are: one run at a time, or many at once.

The protocol is one function, `run(model, twist, n_particles, seed) -> (output, log_normaliser)`, or with a genealogy as a third item. Who
has a vectorised sampler gives `many(model, twist, n_particles, replicates, seed) -> Runs` and is faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smc.errors import InputError
from smc.setting.model import Model
from smc.setting.twist import Twist

SEEDS = 2**32
"""Seeds are below this, so that every generator takes them; those of one call are distinct."""
DEAD = -1
"""Output of a run that died."""
Single = Callable[[Model, Twist, int, int], Any]
"""`run(model, twist, n_particles, seed) -> (output, log_normaliser)` or `(output, log_normaliser, genealogy)`: the output is the index of a
terminal state, None where every particle is dead; the normaliser may be None where a sampler has none."""


@dataclass(frozen=True)
class Genealogy:
    """Every particle of every step. states: index in layer t, `DEAD` for a particle of weight zero that moves no more; ancestors: index
    of the particle of the step before that it moved from (ignored at step 1). Shapes (T, N) of one run, (T, R, N) of many; t = 1..T,
    before the resampling of the step."""

    states: Any
    ancestors: Any


@dataclass(frozen=True)
class Runs:
    """R independent runs. output: index of a terminal state or `DEAD`, shape (R,). log_normaliser: log of `Zhat`, -inf where the run died,
    shape (R,); None where the sampler has none. genealogy: shapes (T, R, N), where there is one."""

    output: NDArray[np.integer]
    log_normaliser: NDArray[np.floating] | None = None
    genealogy: Genealogy | None = None


Many = Callable[[Model, Twist, int, int, int], Runs]
"""`many(model, twist, n_particles, replicates, seed) -> Runs`."""


def one_by_one(run: Single) -> Many:
    """The many of a sampler that makes one run at a time."""

    def many(model: Model, twist: Twist, n_particles: int, replicates: int, seed: int) -> Runs:
        # without replacement: two runs of one seed are one run, and among 20,000 draws of 32 bits two agree in 5 of 100
        seeds = np.random.default_rng(seed).choice(SEEDS, replicates, replace=False)
        made = [_single(run(model, twist, n_particles, int(s))) for s in seeds]
        logs = [log for _, log, _ in made]
        lines = [line for _, _, line in made]
        return Runs(
            np.array([DEAD if y is None else y for y, _, _ in made]),
            None if any(log is None for log in logs) else np.array(logs, float),
            None
            if any(line is None for line in lines)
            else Genealogy(*(np.stack([getattr(g, f) for g in lines], axis=1) for f in ("states", "ancestors"))),
        )

    return many


def _single(answer: Any) -> tuple[Any, Any, Any]:
    try:
        output, log_normaliser, *rest = answer
    except (TypeError, ValueError):
        raise InputError(
            "returned no pair", where="sampler", mend="return (output, log_normaliser), or with a Genealogy as well"
        ) from None
    if len(rest) > 1:
        raise InputError(f"returned {2 + len(rest)} items", where="sampler", mend="return two or three")
    return output, log_normaliser, rest[0] if rest else None


def checked(made: Any, model: Model, n_particles: int, replicates: int) -> Runs:
    """`made` if it is `Runs` of the right shapes; raises InputError otherwise. Values that no run can have are left for the checks."""
    if not isinstance(made, Runs):
        raise InputError(
            f"returned {type(made).__name__}", where="sampler", mend="return Runs, or wrap a function in one_by_one"
        )
    output = np.asarray(made.output)
    logs = None if made.log_normaliser is None else np.asarray(made.log_normaliser, float)
    if output.shape != (replicates,) or not np.issubdtype(output.dtype, np.integer):
        raise InputError(
            f"returned outputs of shape {output.shape} and type {output.dtype}", where="sampler",
            mend=f"return whole numbers of shape {(replicates,)}, {DEAD} for a dead run",
        )  # fmt: skip
    if output.min() < DEAD or output.max() >= model.sizes[-1]:
        raise InputError(
            "returned states that do not exist", where="sampler", mend=f"number them 0..{model.sizes[-1] - 1}"
        )
    if logs is not None and logs.shape != (replicates,):
        raise InputError(
            f"returned normalisers of shape {logs.shape}", where="sampler", mend=f"return one a run: {(replicates,)}"
        )
    return Runs(output, logs, _genealogy(made.genealogy, model, n_particles, replicates))


def _genealogy(line: Genealogy | None, model: Model, n_particles: int, replicates: int) -> Genealogy | None:
    if line is None:
        return None
    states, ancestors = np.asarray(line.states), np.asarray(line.ancestors)
    shape = (model.horizon, replicates, n_particles)
    for what, found in (("states", states), ("ancestors", ancestors)):
        if found.shape != shape or not np.issubdtype(found.dtype, np.integer):
            raise InputError(
                f"returned a genealogy whose {what} have shape {found.shape} and type {found.dtype}", where="sampler",
                mend=f"return whole numbers of shape {shape}: steps, runs, particles",
            )  # fmt: skip
    sizes = np.array(model.sizes[1:])[:, None, None]
    if (states < DEAD).any() or (states >= sizes).any() or (ancestors < 0).any() or (ancestors >= n_particles).any():
        raise InputError(
            "returned a genealogy with states or ancestors that do not exist", where="sampler",
            mend=f"states are indices in their layer or {DEAD}, ancestors 0..{n_particles - 1}",
        )  # fmt: skip
    return Genealogy(states, ancestors)
