"""Exact laws and moments of a sampler. The interface is narrow: a process (model and sampler), its count -> law, dead.

`output_law(process, count)` is the one door: the process says how its output is selected (`Selection`), and that chooses the engine.
Where particles are resampled a cost model chooses among these (`explain_law` says which, why, and what it will take):

| mode | answer | engines |
|---|---|---|
| exact | rationals | `direct` (K x K), `transform` (generating function), both in whole numbers; `residues` (modulo primes) |
| certified | balls of a radius asked for | `certified` (the transform in ball arithmetic) |
| float | float64, never a verdict | `floats` (matrix products) |

Laws of few occupancies (`SMALL`) are computed at once by `small`, in whole numbers without arrays.
The plain engine that defines the answer, and that all of them are tested against, is `smc.exact.occupancy.plain`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from math import comb, inf
from typing import Literal, overload

from smc.errors import InputError, TooLarge, whole_number
from smc.exact.backtracking import walk_law
from smc.exact.clouds import cloud_moments
from smc.exact.conditional import sweep_law
from smc.exact.independent import best_law, independent_law
from smc.exact.independent import second_moment as _independent_moment
from smc.exact.law import CertifiedLaw, FloatLaw, OutputLaw
from smc.exact.lengths import MOST_SECONDS
from smc.exact.metropolis import chain_law
from smc.exact.moments import second_moment as _second_moment
from smc.exact.moments import second_moment_ball as _second_moment_ball
from smc.exact.occupancy.cells import CellChain, cell_chain
from smc.exact.occupancy.cost import MODES, Plan, choose, denominator_bits, duration
from smc.exact.single import one_particle_law
from smc.numbers import Ball, Rational, Verdict, at_most, ball, precision
from smc.samplers.process import ParticleProcess, Selection

__all__ = [
    "CertifiedLaw",
    "FloatLaw",
    "OutputLaw",
    "Plan",
    "certified_verdict",
    "explain_law",
    "output_law",
    "second_moment",
    "second_moment_ball",
    "seconds_of_law",
]

Mode = Literal["exact", "certified", "float"]
SMALL = 40
"""Most occupancies of a layer at which the exact law is computed before engines are compared."""
SMALL_BITS = 1 << 16
"""Most bits that the probabilities of such a layer may have together: the plain engine is measured to be slower than the others beyond."""
Progress = Callable[[float, str], None]
"""Called with the share done, in [0, 1], and what is being done; from the calling thread, only in runs that take more than a second."""


@overload
def output_law(
    process: ParticleProcess, particles: int, *, mode: Literal["exact"] = ..., bits: int = ..., progress: Progress | None = ...,
    explain: Callable[[Plan], None] | None = ..., memory: float | None = ..., method: str | None = ..., most: float | None = ...,
) -> OutputLaw: ...  # fmt: skip
@overload
def output_law(
    process: ParticleProcess, particles: int, *, mode: Literal["certified"], bits: int = ..., progress: Progress | None = ...,
    explain: Callable[[Plan], None] | None = ..., memory: float | None = ..., method: str | None = ..., most: float | None = ...,
) -> CertifiedLaw: ...  # fmt: skip
@overload
def output_law(
    process: ParticleProcess, particles: int, *, mode: Literal["float"], bits: int = ..., progress: Progress | None = ...,
    explain: Callable[[Plan], None] | None = ..., memory: float | None = ..., method: str | None = ..., most: float | None = ...,
) -> FloatLaw: ...  # fmt: skip
def output_law(
    process: ParticleProcess,
    particles: int,
    *,
    mode: str = "exact",
    bits: int = 100,
    progress: Progress | None = None,
    explain: Callable[[Plan], None] | None = None,
    memory: float | None = None,
    method: str | None = None,
    most: float | None = None,
) -> OutputLaw | CertifiedLaw | FloatLaw:
    """Expected law of the output of `process` with `particles` particles (proposals, for a chain), and the probability that the run dies.

    mode: `exact` (OutputLaw), `certified` (CertifiedLaw, radii at most `2**-bits`), `float` (FloatLaw).
    progress: see `Progress`. explain: called with the Plan before anything is allocated.
    memory: limit in bytes, half of the free memory when None. method: an engine of this mode, in place of the cost model's choice.
    most: seconds, by estimate, that the law may take; when None an engine, whose plan says what it takes, has no limit, and the others have
    `smc.exact.lengths.MOST_SECONDS`.

    The modes and engines are for processes that are resampled; the laws of the others are sums over terminal states.
    Raises InputError for a count below 1, an unknown mode, or another mode than `exact` for a process that is not resampled; TooLarge,
    before anything is allocated, for what will not fit or takes longer than `most`.
    """
    if process.selection is not Selection.RESAMPLED and mode == "exact":
        return _not_resampled(process, particles, progress, MOST_SECONDS if most is None else most)
    if mode == "exact" and not process.plain:
        return cloud_moments(process, particles, seconds=MOST_SECONDS if most is None else most).output
    if mode == "exact" and explain is None and method is None:
        if particles == 1:
            return one_particle_law(process)
        if memory is None and (small := _small_law(process, particles)) is not None:
            return small
    chain, plan = _planned(process, particles, mode, bits, memory)
    if explain is not None:
        explain(plan)
    if most is not None and plan.costs and plan.costs[0].seconds > most:
        raise TooLarge(
            f"the {mode} law takes about {duration(plan.costs[0].seconds)}, more than {duration(most)}",
            where=f"{particles} particles",
            mend="take fewer particles",
        )
    if method is not None and method not in MODES[mode]:
        raise InputError(
            f"no engine {method!r} in mode {mode!r}", where="method", mend=f"choose one of {', '.join(MODES[mode])}"
        )
    if not all(
        any(cells.weights) for cells in chain.layers
    ):  # a layer that no particle of positive weight reaches: every run dies
        zero = (Rational(0),) * chain.outcomes
        if mode == "certified":
            return CertifiedLaw(tuple(map(ball, zero)), ball(Rational(1)), bits, bits)
        return OutputLaw(zero, Rational(1)) if mode == "exact" else FloatLaw(tuple(map(float, zero)), 1.0)
    ticker = _Ticker(progress, f"{mode} law of {particles} particles ({method or plan.method})")
    return _run(chain, particles, method or plan.method, bits, ticker)


def _small_law(process: ParticleProcess, particles: int) -> OutputLaw | None:
    """The exact law where it takes less time than the cost model would take to choose an engine; None elsewhere."""
    whole_number("particles", particles)
    _check_resampled(process)
    chain = cell_chain(process)
    live = all(any(cells.weights) for cells in chain.layers)
    most = max(comb(particles + cells.count - 1, particles) for cells in chain.layers)
    if not live or most > SMALL or most * denominator_bits(chain, particles)[-1] > SMALL_BITS:
        return None
    from smc.exact.occupancy.small import small_law

    return small_law(chain, particles)


def explain_law(
    process: ParticleProcess, particles: int, *, mode: str = "exact", bits: int = 100, memory: float | None = None
) -> Plan:
    """The plan of `output_law` with these arguments, without running it. Raises as `output_law` does."""
    return _planned(process, particles, mode, bits, memory)[1]


def seconds_of_law(process: ParticleProcess, particles: int, *, mode: str = "exact") -> float:
    """Estimated seconds of `output_law`: 0 for one particle and where the engines have no part, infinite where it does not fit."""
    if particles == 1 or not (process.resampled and process.plain):
        return 0.0
    try:
        costs = explain_law(process, particles, mode=mode).costs
    except TooLarge:
        return inf
    return costs[0].seconds if costs else 0.0


def second_moment(
    process: ParticleProcess, particles: int, *, progress: Progress | None = None, most: float = MOST_SECONDS
) -> Rational:
    """`E[Zhat^2]` of `process`, exact for every N (S5 where it is resampled). progress: see `Progress`. most: seconds, by estimate, that
    clouds of particles may take.

    Raises InputError as `output_law` does.

    Where reward models have long values the exact answer is as long as the product of all of them: `second_moment_ball` encloses it.
    """
    whole_number("particles", particles)
    if not process.resampled:
        return _independent_moment(process, particles)
    if not process.plain:
        return cloud_moments(process, particles, seconds=most).second_moment
    return _second_moment(process, particles, _Ticker(progress, f"exact second moment of {particles} particles"))


def second_moment_ball(process: ParticleProcess, particles: int, *, bits: int = 100) -> Ball:
    """A ball of relative radius at most `2**-bits` around `E[Zhat^2]`. Raises InputError as `output_law` does."""
    whole_number("particles", particles)
    _check_resampled(process)
    return _second_moment_ball(process, particles, bits)


def certified_verdict(
    process: ParticleProcess,
    particles: int,
    target: Sequence[Rational],
    bound: Rational,
    *,
    bits: int = 64,
    most: int = 4096,
) -> Verdict:
    """Verdict of `TV <= bound` from the certified law; precision doubles while it is UNDECIDED, up to radius `2**-most`."""
    while True:
        law = output_law(process, particles, mode="certified", bits=bits)
        with precision(law.precision):
            verdict = at_most(law.total_variation(target), bound)
        if verdict is not Verdict.UNDECIDED or bits >= most:
            return verdict
        bits *= 2


def _planned(
    process: ParticleProcess, particles: int, mode: str, bits: int, memory: float | None
) -> tuple[CellChain, Plan]:
    whole_number("particles", particles)
    if mode not in MODES:
        raise InputError(f"unknown mode {mode!r}", where="mode", mend=f"choose one of {', '.join(MODES)}")
    _check_resampled(process)
    chain = cell_chain(process)
    if not all(any(cells.weights) for cells in chain.layers):
        return chain, Plan(
            mode, MODES[mode][0], "no particle reaches the horizon with positive weight", particles, 0, 0, 0, (), 0.0
        )
    return chain, choose(chain, particles, mode, bits, memory)


def _check_resampled(process: ParticleProcess) -> None:
    if process.resampled and not process.plain:
        raise InputError(
            f"no engine for {process.resampling.words}",
            where="resampling",
            mend="its exact law is that of few particles, in mode exact",
        )
    if not process.resampled:
        raise InputError(f"{process.algorithm} does not resample", where="algorithm", mend="choose its exact law")


def _not_resampled(process: ParticleProcess, count: int, progress: Progress | None, seconds: float) -> OutputLaw:
    if process.selection is Selection.CHAIN:
        return chain_law(process, count, seconds)
    if process.selection is Selection.WALK:
        return walk_law(process, count, seconds)
    if process.selection is Selection.CONDITIONAL:
        return sweep_law(process, count, _Ticker(progress, f"exact law of {count:,} sweeps"), seconds)
    return (best_law if process.selection is Selection.BEST else independent_law)(process, count, seconds)


def _run(
    chain: CellChain, particles: int, method: str, bits: int, ticker: _Ticker
) -> OutputLaw | CertifiedLaw | FloatLaw:
    # imported here: one engine is used, and the small cases should not wait for the others
    if method == "direct":
        from smc.exact.occupancy import direct

        return direct.direct_law(chain, particles, ticker)
    if method == "float64":
        from smc.exact.occupancy import floats

        return floats.float_law(chain, particles, ticker.counting(chain.horizon))
    if method == "balls":
        from smc.exact.occupancy import certified

        return certified.certified_law(chain, particles, bits, ticker)
    from smc.exact.occupancy.engine import integer_law, schedule

    if method == "transform":
        return integer_law(chain, particles, ticker)
    from smc.exact.occupancy import residues

    plan = schedule(chain, particles)
    *law, dead = residues.output_numerators(plan, tick=ticker)
    whole = plan.denominator
    return OutputLaw(tuple(Rational(v, whole) for v in law), Rational(dead, whole))


class _Ticker:
    """Turns what an engine reports into calls of `progress`, after the first second and at most ten a second."""

    def __init__(self, progress: Progress | None, label: str) -> None:
        self.progress, self.label = progress, label
        self.next = time.monotonic() + 1.0

    def __call__(self, share: float) -> None:
        """Report the share done."""
        if self.progress is not None and (now := time.monotonic()) >= self.next:
            self.next = now + 0.1
            self.progress(min(share, 1.0), self.label)

    def counting(self, steps: int) -> Callable[[], None]:
        """A function to call after each of `steps` steps."""
        done = itertools.count(1)
        return lambda: self(next(done) / max(steps, 1))
