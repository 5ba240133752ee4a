"""`check` by simulation, for models whose exact law does not fit: bounds against intervals that are valid at every sample size.

The constants of the model, and so every bound, stay exact. What is measured is an interval: a bound above its upper end HOLDS, one
below its lower end is REFUTED, one inside is UNDECIDED, all together with probability at least `1 - error` over the runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs.catalogue import SECOND_MOMENT, TV
from smc.checks.closing import Concluded
from smc.checks.document import exact, of_model, summary
from smc.checks.measure import Measured
from smc.checks.row import Ends, Row
from smc.checks.table import claims, rows
from smc.errors import InputError, whole_number
from smc.montecarlo import Estimate, estimate
from smc.numbers import INFINITE, Rational, nearest_float
from smc.samplers import SAMPLERS, find
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import PARTICLES, Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist

MOST_PAIR_MOVES = 200_000
"""Largest work, in pairs of moves, for which `E[Zhat^2]` is computed exactly (some seconds); beyond it the interval stands."""


def interval(low: float, high: float) -> list[float | None]:
    """A pair for JSON, null for an end that is not known."""
    return [low, None if math.isinf(high) else high]


@dataclass(frozen=True)
class SampledReport(Concluded):
    """What simulation found. second_moment_ratio: exact where it fits, else None and only its interval is known."""

    constants: Constants
    sampler: Sampler
    estimated: Estimate
    second_moment_ratio: Rational | None
    rows: tuple[Row, ...]

    @property
    def particles(self) -> int:
        """Number of particles, as in exact reports: those held by a sampler that counts sweeps, 1 for one that counts visits."""
        return self.estimated.particles if self.sampler.count is PARTICLES else self.sampler.held or 1

    @property
    def second_moment_interval(self) -> tuple[float, float]:
        """Interval of `E[Zhat^2]/Z^2`; a point where it is exact."""
        if self.second_moment_ratio is not None:
            exact = nearest_float(self.second_moment_ratio)
            return exact, exact
        square = nearest_float(self.constants.normaliser**2)
        assert self.estimated.second_moment_interval is not None
        low, high = self.estimated.second_moment_interval
        return (low / square, high / square) if square else (0.0, math.inf)

    def to_json(self) -> dict[str, Any]:
        """The object that `check --method monte-carlo --json` prints: constants exact, measurements as intervals."""
        c, e = self.constants, self.estimated
        assert e.tv_interval is not None
        return {
            **of_model(c, self.sampler),
            "particles": self.particles,
            self.sampler.count.option: e.particles,
            "method": "monte-carlo",
            "replicates": e.replicates,
            "seed": e.seed,
            "error": e.error,
            "guarantee": e.guarantee,
            "law": None,
            "law_intervals": {
                s: [float(lo), float(hi)] for s, (lo, hi) in zip(c.model.layers[-1], e.law_interval, strict=True)
            },
            "dead": None,
            "dead_interval": list(e.dead_interval),
            "tv": None,
            "tv_interval": list(e.tv_interval),
            **exact("second_moment_ratio", self.second_moment_ratio),
            "second_moment_ratio_interval": interval(*self.second_moment_interval) if self.sampler.estimates else None,
            **({} if e.steps is None else {"steps": e.steps}),
            "bounds": [row.to_json() for row in self.rows],
            "summary": summary(self.closing),
            "verdict": self.verdict.value,
        }


def check_by_simulation(
    model: Model,
    twist: Twist,
    sampler: str | Sampler = naive,
    *,
    particles: int | None = None,
    proposals: int | None = None,
    visits: int | None = None,
    sweeps: int | None = None,
    replicates: int = 10_000,
    seed: int = 0,
    error: float = 1e-6,
    progress: Callable[[int, int], None] | None = None,
) -> SampledReport:
    """`replicates` independent runs of `sampler`, held against every statement that speaks of it.

    particles, proposals, visits, sweeps: as in `check`. error: probability that some interval misses.
    progress: called with (runs done, runs in all). Raises InputError for an algorithm that is not simulated, for counts below 1 and a
    negative seed; ModelError where a walk or sweeps meet a model that is no tree; TooLarge for more than fits.
    """
    chosen = find(sampler)
    if not chosen.simulated:
        others = ", ".join(s.name for s in SAMPLERS.values() if s.simulated)
        raise InputError(
            f"{chosen.name!r} is not simulated",
            where="algorithm",
            mend=f"choose the method exact, or the algorithm {others}",
        )
    whole_number("seed", seed, least=0)
    if chosen.held is not None:
        chosen = chosen.holding(particles)
    count = chosen.counted(particles=particles, proposals=proposals, visits=visits, sweeps=sweeps)
    constants = analyse(model, twist)
    process = chosen.process(model, twist)
    found = estimate(process, count, replicates, seed=seed, error=error, target=constants.target, progress=progress)
    exact = None
    measured = Measured(constants, chosen, count)  # its process is the same one with indistinguishable states joined
    few_pairs = process.plain and _pair_moves(measured.process) <= MOST_PAIR_MOVES
    if chosen.estimates and (measured.particles == 1 or few_pairs):
        exact = measured.second_moment_ratio
    report = SampledReport(constants, chosen, found, exact, ())
    held = list(rows(constants))
    for claim in claims(constants, chosen):
        if claim.quantity == SECOND_MOMENT and exact is not None:
            held.append(claim.row(count, exact))
        else:
            assert found.tv_interval is not None
            low, high = found.tv_interval if claim.quantity == TV else report.second_moment_interval
            ends = Ends(Rational(low), INFINITE if math.isinf(high) else Rational(high), proved=False)
            held.append(claim.row(count, ends))
    return SampledReport(constants, chosen, found, exact, tuple(held))


def _pair_moves(process: ParticleProcess) -> int:
    return sum(sum(len(row) for row in step) ** 2 for step in process.steps)
