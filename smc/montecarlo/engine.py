"""The vectorised engine: many independent runs of a particle process, by occupancies where that is enough, by
particles otherwise.

| asked for | simulated |
|---|---|
| multinomial resampling at every step | occupancies (`occupancy`), with ancestors attached where genealogies are
asked for | | another scheme, a threshold below 1, or no resampling | particle by particle (`particlewise`) |

Runs are simulated in blocks that fit the processor's cache. Block k draws from its own SFC64 stream, made from
(seed, k), so the same seed gives the same runs whatever the number of threads that share the blocks.

What is guaranteed. Runs are independent and, for ideal uniforms and real arithmetic, have exactly the law of the
algorithm. Probabilities and weights are rounded to double precision once; each draw then errs by at most about 1e-12
in total variation. `realise` has no rounding at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from smc.errors import MOST_COUNT, InputError, TooLarge, whole_number
from smc.montecarlo import particlewise
from smc.montecarlo.backtracking import walks
from smc.montecarlo.compiled import Floats, compile_process
from smc.montecarlo.conditional import sweeps
from smc.montecarlo.occupancy import Batch, Indices, Lineage, OccupancyEngine, Scratch, index_type
from smc.montecarlo.realised import check_threshold, own_threshold
from smc.montecarlo.resampling import RESAMPLERS, Resampler
from smc.samplers.process import ParticleProcess, Selection
from smc.samplers.resampling import MULTINOMIAL, Choice

_BLOCK = {"occupancies": 2**14, "genealogies": 2**18, "particles": 2**16}
"""Numbers that a block of runs holds per array: cells of an occupancy; particles with ancestors drawn by occupancies;
particles one by one, and walks. Measured: fast, and many enough to share among threads."""
Result = TypeVar("Result")
METHODS = ("auto", "occupancies", "particles")
MEMORY = 2**31
"""Most bytes that the results of `simulate` may take."""


@dataclass(frozen=True)
class Runs:
    """R independent runs of N particles (or visits of a walk, or sweeps that keep a path).

    law: probability of each output given the run's last generation, shape (R, |X_T| + 1); the last column is *dead*.
        Its mean over runs estimates the output law with less variance than the outputs themselves. None for a walk, which has no cloud.
    log_normaliser: log of `Zhat`, shape (R,), -inf for a dead run. None for a walk and for sweeps, which estimate no normaliser.
    output: terminal state of the output particle, |X_T| for dead, shape (R,).
    lineages: genealogies by block of runs, when asked for.
    steps: steps that a walk took, shape (R,), None for the others.
    method: "occupancies", "particles", "walk" or "sweeps".
    """

    algorithm: str
    particles: int
    resampling: str
    threshold: float
    seed: int
    method: str
    law: Floats | None
    log_normaliser: Floats | None
    output: NDArray[np.int32]
    lineages: tuple[Lineage, ...] = ()
    steps: NDArray[np.int64] | None = None

    @property
    def replicates(self) -> int:
        """Number of runs R."""
        return len(self.output)


def simulate(
    process: ParticleProcess,
    particles: int,
    replicates: int,
    *,
    seed: int,
    resampling: str | Resampler | None = None,
    threshold: object = None,
    genealogies: bool = False,
    method: str = "auto",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Runs:
    """`replicates` independent runs of `process` with `particles` particles (visits of a walk, sweeps that keep a path).

    resampling: the process's own, another name in `RESAMPLERS`, or a function from weights (R, N) and a generator to ancestors (R, N),
        which several threads may call at a time.
    threshold: the process's own, or: resample after step t < T when the effective sample size is below `threshold · N` (1 always, 0
        never); a process that is not `resampled` never is. The normaliser closes a factor only where a run is resampled.
    method: "occupancies", "particles", or "auto" for the faster one (see `_occupancies_pay`).
        Resampling, threshold, genealogies and method are of particles, and refused for walks and sweeps.
    threads: how many blocks to run at a time, by default one for each processor that this process may use. NumPy
        releases the interpreter while it computes. The runs are the same for every number.
    progress: called with (runs done, runs in all) after each block.
    Raises InputError for a bad count, seed, scheme, threshold, method or number of threads, and TooLarge, before anything is allocated, for
    results beyond memory. On paths (walks and sweeps) ModelError where the model is no tree, and TooLarge for walks that go on and on.
    """
    whole_number("particles", particles)
    whole_number("replicates", replicates, most=MOST_COUNT)
    workers = _check_threads(threads)
    whole_number("seed", seed, least=0)
    if process.on_paths:
        if genealogies or method != "auto" or resampling is not None or threshold is not None:
            raise InputError(
                f"{process.algorithm} has no such options",
                where="simulate",
                mend="they are of particles; leave them out",
            )
        _check_memory(process, process.held or 1, replicates, genealogies)
        return _simulate_on_paths(process, particles, replicates, seed, workers, progress)
    own = process.resampling
    share = float(own_threshold(process) if threshold is None or not process.resampled else check_threshold(threshold))
    resampling = own.scheme.name if resampling is None else resampling
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}", where="method", mend=f"choose one of {', '.join(METHODS)}")
    if not callable(resampling) and resampling not in RESAMPLERS:
        raise InputError(
            f"unknown resampling scheme {resampling!r}",
            where="resampling",
            mend=f"choose one of {', '.join(RESAMPLERS)}",
        )
    _check_memory(process, particles, replicates, genealogies)
    compiled = compile_process(process)
    plain = resampling == MULTINOMIAL.name and share == 1 and process.choice is Choice.BY_WEIGHT
    engine = OccupancyEngine(compiled) if plain and method != "particles" else None
    if engine is None and method == "occupancies":
        raise InputError(
            f"occupancies do not describe {process.algorithm} with {resampling} resampling at threshold {share:g}",
            where="method",
            mend='resample multinomially at every step, or use "particles"',
        )
    _check_work(particles, by_particles=engine is None or genealogies or method == "particles")
    if engine is not None and (method == "occupancies" or _occupancies_pay(engine, particles, genealogies)):
        cells, width = engine, max(particles, engine.flows) if genealogies else engine.cells
        most = _BLOCK["genealogies" if genealogies else "occupancies"]
        scratch = Scratch()
        room: Indices | None = None
        if genealogies:  # in one piece, which the system maps faster than many
            room = np.empty((process.horizon - 1, replicates, particles), index_type(particles))

        def run(rows: slice, rng: np.random.Generator) -> Batch:
            ancestors = None if room is None else room[:, rows]
            return cells.run(particles, rows.stop - rows.start, rng, ancestors=ancestors, scratch=scratch)
    else:
        engine = None
        width, most = particles, _BLOCK["particles"]
        resampler = resampling if callable(resampling) else RESAMPLERS[resampling]

        def run(rows: slice, rng: np.random.Generator) -> Batch:
            size = rows.stop - rows.start
            return particlewise.run(
                compiled, particles, size, rng, resampler=resampler, threshold=share,
                size=particlewise.SIZES[own.size], choice=process.choice, lineage=genealogies,
            )  # fmt: skip

    share_of_runs = max(1, most // width)
    law, log_normaliser, output, _, lineages = _in_blocks(
        run, process.sizes[-1] + 1, replicates, share_of_runs, seed, workers, progress
    )
    return Runs(
        process.algorithm,
        particles,
        resampling if isinstance(resampling, str) else getattr(resampling, "__name__", "given"),
        share,
        seed,
        "particles" if engine is None else "occupancies",
        law,
        log_normaliser,
        output,
        lineages,
    )


_MOVES_IN_BLOCK = 10**8
"""Moves of the particles of a block of runs that sweep: some seconds."""


def _simulate_on_paths(
    process: ParticleProcess,
    count: int,
    replicates: int,
    seed: int,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> Runs:
    """As `simulate`: a walk to its visit number `count`, or `count` sweeps."""
    runner = (walks if process.selection is Selection.WALK else sweeps)(process, count)

    def run(rows: slice, rng: np.random.Generator) -> Batch:
        return runner.run(rows.stop - rows.start, rng)

    most = _BLOCK["particles"]
    if process.selection is Selection.CONDITIONAL:  # whole blocks are reported, so those of many sweeps are smaller
        most = max(2**10, min(most, _MOVES_IN_BLOCK // (process.horizon * count)))
    block = max(1, most // (process.held or 1))
    law, _, output, steps, _ = _in_blocks(run, process.sizes[-1] + 1, replicates, block, seed, workers, progress)
    method = "walk" if process.selection is Selection.WALK else "sweeps"
    return Runs(process.algorithm, count, MULTINOMIAL.name, 1.0, seed, method, law, None, output, steps=steps)


def _in_blocks(
    run: Callable[[slice, np.random.Generator], Batch],
    outcomes: int,
    replicates: int,
    block: int,
    seed: int,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Floats | None, Floats | None, NDArray[np.int32], NDArray[np.int64] | None, tuple[Lineage, ...]]:
    """(law, log_normaliser, output, steps, lineages) of `replicates` runs, `block` at a time, each block with a stream of its own; None for
    what `run` does not tell."""
    output = np.empty(replicates, np.int32)
    law: Floats | None = None
    log_normaliser: Floats | None = None
    steps: NDArray[np.int64] | None = None
    lineages: list[Lineage] = []

    def made(k: int) -> Batch:
        stream = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(k,)))
        return run(slice(k * block, min((k + 1) * block, replicates)), np.random.Generator(stream))

    blocks = range(-(-replicates // block))
    for k, batch in enumerate(_in_order(made, blocks, min(workers, len(blocks)))):
        rows = slice(k * block, min((k + 1) * block, replicates))
        output[rows] = batch.output
        if batch.law is not None:
            law = np.empty((replicates, outcomes)) if law is None else law
            law[rows] = batch.law
        if batch.log_normaliser is not None:
            log_normaliser = np.empty(replicates) if log_normaliser is None else log_normaliser
            log_normaliser[rows] = batch.log_normaliser
        if batch.steps is not None:
            steps = np.empty(replicates, np.int64) if steps is None else steps
            steps[rows] = batch.steps
        if batch.lineage is not None:
            lineages.append(batch.lineage)
        if progress is not None:
            progress(rows.stop, replicates)
    return law, log_normaliser, output, steps, tuple(lineages)


def _in_order(function: Callable[[int], Result], items: Iterable[int], workers: int) -> Iterator[Result]:
    """Results of `function` in the order of `items`, from `workers` threads; what has not begun is dropped when the
    caller stops.
    """
    if workers == 1:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _check_threads(threads: int | None) -> int:
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return whole_number("threads", threads)


def _occupancies_pay(engine: OccupancyEngine, particles: int, genealogies: bool) -> bool:
    """Whether a multinomial draw of the categories of a step is faster than moving and resampling every particle.

    Measured: 20 to 70 ns a category, growing with the number of particles in it, against 35 to 50 ns a particle; 3 states or 500 alike.
    """
    return (engine.flows if genealogies else engine.cells) <= 0.75 * particles


def _check_work(particles: int, by_particles: bool) -> None:
    """Refuse one run that does not fit: particles one by one take about 100 bytes each, occupancies must be exact as doubles."""
    if by_particles and 100 * particles > MEMORY:
        raise TooLarge(
            f"{particles} particles one by one need {100 * particles / 2**30:.1f} GiB, the limit is {MEMORY / 2**30:.1f} GiB",
            where="particles",
            mend="resample multinomially at every step and without genealogies: occupancies need no memory per particle",
        )
    if particles > 2**50:
        raise TooLarge(f"{particles} particles", where="particles", mend=f"counts are exact only up to {2**50}")


def _check_memory(process: ParticleProcess, particles: int, replicates: int, genealogies: bool) -> None:
    results = 8 * replicates * (process.sizes[-1] + 3)
    lines = 8 * replicates * particles * process.horizon if genealogies else 0
    if results + lines > MEMORY:
        raise TooLarge(
            f"{replicates} runs of {particles} particles over {process.horizon} steps leave {(results + lines) / 2**30:.1f} GiB"
            f"{' of genealogies' if lines > results else ''}, the limit is {MEMORY / 2**30:.1f} GiB",
            where="replicates",
            mend="ask for fewer runs at a time" + (", or without genealogies" if genealogies else ""),
        )
