"""What many runs say about the law of the output, its distance from the target, and the normaliser, with one stated
error probability.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smc.errors import InputError
from smc.montecarlo import confidence
from smc.montecarlo.compiled import Floats, log
from smc.montecarlo.engine import Runs, simulate
from smc.numbers import Rational
from smc.samplers.process import ParticleProcess, Selection

Interval = tuple[float, float]
ROUNDING = 1e-10
"""What intervals of `TV` (absolute) and of the moments of `Zhat` (relative) are widened by, for double precision: far above the rounding
of thousands of steps, far below any sampling error; an end that is exact in theory never lands on the wrong side of a bound.
"""


@dataclass(frozen=True)
class Estimate:
    """Estimates with intervals that hold all together with probability at least `1 - error`.

    particles: or visits, or sweeps: the count of the runs.
    law, law_interval: output law by terminal state, shapes (|X_T|,) and (|X_T|, 2). dead, dead_interval: probability
        of no answer.
    tv, tv_interval: total variation from the target (None without one), counting `dead`. The plug-in `tv` is biased
        upward; the interval is valid all the same.
    normaliser, second_moment: means of `Zhat` and `Zhat^2`, with intervals. `Zhat` is bounded only by the product of
        the largest weights, so the upper ends can be far away at long horizons: that is what is known without
        further assumptions. None where runs estimate no normaliser (walks, sweeps that keep a path).
    steps: mean number of steps of a walk, None for the others.
    """

    algorithm: str
    particles: int
    replicates: int
    resampling: str
    threshold: float
    seed: int
    error: float
    law: Floats
    law_interval: Floats
    dead: float
    dead_interval: Interval
    tv: float | None
    tv_interval: Interval | None
    normaliser: float | None
    normaliser_interval: Interval | None
    second_moment: float | None
    second_moment_interval: Interval | None
    steps: float | None = None

    @property
    def guarantee(self) -> str:
        """The promise in one sentence."""
        return (
            f"with probability at least {1 - self.error:.12g} over the {self.replicates} independent runs, every interval contains its "
            "true value (finite-sample, no normal approximation; double-precision sampling, ideal random bits)"
        )


@dataclass(frozen=True)
class Range:
    """What a run can give at all: outcomes of positive probability (|X_T| + 1, dead last), and log bounds of `Zhat`."""

    possible: np.ndarray
    log_least: float
    log_most: float


def possible_range(process: ParticleProcess) -> Range:
    """Outcomes that can occur, and the product of the largest (smallest) weights that any particle can have."""
    alive, zero = {0}, False
    least, most = log(process.scale), log(process.scale)
    for step in process.steps:
        outcomes = [o for x in alive for o in step[x]]
        weights: list[Rational] = [o.weight for o in outcomes]
        zero = zero or not all(weights)
        least += log(min(weights))
        most += log(max(weights))
        alive = {o.target for o in outcomes if o.weight}
    possible = np.zeros(process.sizes[-1] + 1, bool)
    dies = zero and process.selection is not Selection.WALK
    possible[[*alive, *([process.sizes[-1]] if dies else [])]] = True
    return Range(possible, -math.inf if zero else least, most)


def estimate(
    process: ParticleProcess,
    particles: int,
    replicates: int,
    *,
    seed: int,
    error: float = 0.01,
    target: Sequence[Rational] | None = None,
    by_outputs: bool = False,
    resampling: str | None = None,
    threshold: object = None,
    progress: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Simulate and estimate. target: law on the terminal states to measure the distance from, shape (|X_T|,).

    by_outputs: use only the output particle of each run (exact binomial intervals), as for walks always; otherwise the law of the output
    given the last generation (much less variance, same mean). Raises InputError and TooLarge as `simulate` does.
    """
    confidence.check_error(error)
    runs = simulate(
        process, particles, replicates, seed=seed, resampling=resampling, threshold=threshold, progress=progress
    )
    return summarise(runs, possible_range(process), error=error, target=target, by_outputs=by_outputs)


def summarise(
    runs: Runs,
    limits: Range,
    *,
    error: float,
    target: Sequence[Rational] | None = None,
    by_outputs: bool = False,
) -> Estimate:
    """Estimates from finished runs: half of `error` for the law (shared evenly by its outcomes), a quarter for each
    moment of `Zhat`; all of it for the law where there is no `Zhat`.
    """
    moments = runs.log_normaliser is not None
    law, intervals = law_intervals(runs, limits, error=error / 2 if moments else error, by_outputs=by_outputs)
    tv = tv_interval = None
    if target is not None:
        if len(target) != len(law) - 1:
            raise InputError(f"a target on {len(target)} states for {len(law) - 1} terminal states", where="target")
        aim = np.array([*map(float, target), 0.0])
        tv = float(np.abs(law - aim).sum() / 2)
        least, most = confidence.total_variation(intervals[:, 0], intervals[:, 1], aim)
        tv_interval = (max(least - ROUNDING, 0.0), min(most + ROUNDING, 1.0))
    first = first_interval = second = second_interval = None
    if moments:
        first, first_interval = moment_interval(runs, limits, power=1, error=error / 4)
        second, second_interval = moment_interval(runs, limits, power=2, error=error / 4)
    return Estimate(
        runs.algorithm,
        runs.particles,
        runs.replicates,
        runs.resampling,
        runs.threshold,
        runs.seed,
        error,
        law[:-1],
        intervals[:-1],
        float(law[-1]),
        (float(intervals[-1, 0]), float(intervals[-1, 1])),
        tv,
        tv_interval,
        first,
        first_interval,
        second,
        second_interval,
        None if runs.steps is None else float(runs.steps.mean()),
    )


def law_intervals(runs: Runs, limits: Range, *, error: float, by_outputs: bool = False) -> tuple[Floats, Floats]:
    """Estimated law (K,) and simultaneous intervals (K, 2), K = |X_T| + 1, dead last. Impossible outcomes get [0, 0]
    at no cost.
    """
    outcomes = np.flatnonzero(limits.possible)
    law, intervals = np.zeros(len(limits.possible)), np.zeros((len(limits.possible), 2))
    if len(outcomes) == 1:
        law[outcomes], intervals[outcomes] = 1.0, 1.0
        return law, intervals
    share = error / (
        1 if len(outcomes) == 2 else len(outcomes)
    )  # of two outcomes, one interval is the other's mirror image
    if by_outputs or runs.law is None:
        counts = np.bincount(runs.output, minlength=len(law))
        law = counts / runs.replicates
        for k in outcomes:
            intervals[k] = confidence.clopper_pearson(int(counts[k]), runs.replicates, share)
    else:
        values = np.clip(runs.law[:, outcomes], 0.0, 1.0)
        law[outcomes] = values.mean(axis=0)
        intervals[outcomes] = np.stack(confidence.mean(values, share), axis=1)
    return law, intervals


def moment_interval(runs: Runs, limits: Range, *, power: int, error: float) -> tuple[float, Interval]:
    """Mean of `Zhat^power` and its interval, from the known range of `Zhat`, for runs that estimate it."""
    assert runs.log_normaliser is not None
    top, bottom = power * limits.log_most, power * limits.log_least
    floor = math.exp(bottom - top)
    values = np.exp(power * runs.log_normaliser - top)  # Zhat^power over its largest possible value
    mean, low, high = float(values.mean()), floor, 1.0
    if floor < 1 - ROUNDING:
        lower, upper = confidence.mean(np.clip((values - floor) / (1 - floor), 0.0, 1.0), error)
        low, high = (floor + (1 - floor) * float(end[0]) for end in (lower, upper))
    return _scaled(mean, top), (_scaled(low * (1 - ROUNDING), top), _scaled(high * (1 + ROUNDING), top))


def _exp(exponent: float) -> float:
    return math.exp(exponent) if exponent < 709 else math.inf


def _scaled(value: float, log_unit: float) -> float:
    return _exp(math.log(value) + log_unit) if value > 0 else 0.0
