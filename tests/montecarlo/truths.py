"""What runs are held against: exact laws and moments of the output, and the check that the vectorised engine's tests share.

The exact law, `E[Zhat] = Z` and `E[Zhat^2]` must lie in intervals that are valid at finite sample size: one call of `disagreements`. A
sound engine fails it with probability at most 1e-9 a call, whatever the seed; seeds are fixed all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from smc.exact import output_law, second_moment
from smc.montecarlo import realise
from smc.montecarlo.draws import every_run
from smc.montecarlo.estimate import law_intervals, moment_interval, possible_range
from smc.numbers import ZERO
from smc.samplers import particle_process
from smc.setting.analysis import true_value
from tests.montecarlo.models import (
    ladder,
    lattice,
    persistent,
    persistent_process,
    process,
    promising,
    random_model,
)

ERROR = 1e-9


@dataclass(frozen=True)
class Truth:
    """Exact law of the output (dead last), `E[Zhat]` and `E[Zhat^2]`, as floats of exact rationals."""

    law: tuple[float, ...]
    first: float
    second: float


def exact_truth(steered, particles, normaliser):
    exact = output_law(steered, particles)
    law = tuple(map(float, (*exact.law, exact.dead)))
    return Truth(law, float(normaliser), float(second_moment(steered, particles)))


def realised_truth(steered, particles, **mode):
    """From the realised code, by the whole tree of its choices: the oracle for modes that the exact engine does not
    have.
    """
    law = [ZERO] * (steered.sizes[-1] + 1)
    first = second = ZERO
    for run, probability in every_run(lambda draws: realise(steered, particles, draws=draws, **mode)):
        law[-1 if run.output is None else run.output] += probability
        first += probability * run.normaliser
        second += probability * run.normaliser**2
    return Truth(tuple(map(float, law)), float(first), float(second))


def disagreements(runs, steered, truth, *, by_outputs=False):
    """What in `truth` lies outside the simultaneous intervals of `runs`; empty for a sound engine but for
    probability `ERROR`.
    """
    limits = possible_range(steered)
    wrong = []
    _, intervals = law_intervals(runs, limits, error=ERROR / 3, by_outputs=by_outputs)
    for state, (p, (low, high)) in enumerate(zip(truth.law, intervals, strict=True)):
        if not low - 1e-12 <= p <= high + 1e-12:
            wrong.append(f"law[{state}] = {p} outside [{low}, {high}]")
    for power, value in ((1, truth.first), (2, truth.second)):
        _, (low, high) = moment_interval(runs, limits, power=power, error=ERROR / 3)
        if not low <= value <= high:
            wrong.append(f"E[Zhat^{power}] = {value} outside [{low}, {high}]")
    return wrong


def instances():
    """Models with ladders, dead ends, shared successors; two algorithms; several numbers of particles."""
    models = [lattice(), ladder(), *(random_model(seed, horizon=3, width=3, zero=0.4) for seed in range(4))]
    for k, model in enumerate(models):
        for algorithm in ("naive", "adapted"):
            yield model, process(model, algorithm), (1, 2, 4)[k % 3]
            yield model, particle_process(model, promising(model), algorithm), (2, 3, 1)[k % 3]


LONG = {"multinomial": (6, 8), "stratified": (6, 3), "systematic": (6, 3), "residual": (5, 3)}
"""Horizon and particles at which a bias of one percent adds up to something visible, and an oracle still answers at
once.
"""


@cache
def persistent_truth(scheme):
    """By the exact engine where it applies: multinomial resampling has too many branches at this horizon."""
    horizon, particles = LONG[scheme]
    steered = persistent_process(horizon)
    if scheme == "multinomial":
        return exact_truth(steered, particles, true_value(persistent(horizon))[0][0])
    return realised_truth(steered, particles, resampling=scheme)


@cache
def small_truth(scheme, threshold, algorithm):
    return realised_truth(process(ladder(), algorithm), 2, resampling=scheme, threshold=threshold)
