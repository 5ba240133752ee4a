"""Contracts that any Sequential Monte Carlo sampler can be held to, with a stated probability of a false alarm.

A sampler is a callable `sampler(model, twist, particles, replicates, seed) -> Runs`. On a small instance the exact engine knows what it
should do, so each contract is a statement about probabilities that are known, and `check_sampler` tests it with an interval that is
valid at every sample size (Clopper-Pearson for frequencies, a betting martingale for the normaliser; Bonferroni over all of them). A
sampler that keeps its contracts is reported as broken with probability at most `error`, whatever the instance.

| contract | what is tested |
|---|---|
| normaliser | `E[Zhat] = Z`, and no `Zhat` above the largest value that the weights allow |
| law | the output particle has the exact expected output law of `algorithm` at this N, dead runs included |
| target | under the true value `V = V*` the output is within that algorithm's exact bias of the target (0 if adapted) |
| exchangeable | the particles' order carries no information: `(x_i, x_j)` and `(x_j, x_i)` are equally likely |

The first three look at one particle chosen at random from each run, so that a sampler that sorts its particles fails `exchangeable` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from smc.errors import InputError, one_of, whole_number
from smc.exact import output_law
from smc.montecarlo.confidence import check_error, clopper_pearson, mean
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.samplers.process import ParticleProcess
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import Twist, perfect
from smc.testing.instances import Instance

CONTRACTS = ("normaliser", "law", "target", "exchangeable")
DEAD = -1
"""State of every particle of a run that died."""
ROUNDING = 1e-9
"""Relative error that a sampler's floating-point normaliser may have."""


class Runs(NamedTuple):
    """What a sampler returns. states: terminal state (index) of each equally weighted particle after the last resampling,
    shape (replicates, particles), `DEAD` for a dead run. normaliser: `Zhat` of each run, shape (replicates,)."""

    states: np.ndarray
    normaliser: np.ndarray


Sampler = Callable[[Model, Twist, int, int, int], Runs]
"""`sampler(model, twist, particles, replicates, seed)`."""


@dataclass(frozen=True)
class Finding:
    """One comparison: the known value, the interval that the runs give for it, and whether the interval holds it."""

    contract: str
    what: str
    known: float
    low: float
    high: float
    kept: bool

    def __str__(self) -> str:
        word = "kept" if self.kept else "BROKEN"
        return f"{self.contract:12} {word:6} {self.what}: {self.known:.6g}, runs say [{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True)
class ContractReport:
    """Every comparison. broken: names of the contracts that failed; false with probability at most `error` in all."""

    findings: tuple[Finding, ...]
    error: float
    replicates: int

    @property
    def broken(self) -> tuple[str, ...]:
        """Contracts with at least one comparison that failed."""
        return tuple(dict.fromkeys(f.contract for f in self.findings if not f.kept))

    def __str__(self) -> str:
        head = f"{self.replicates} runs, a false alarm has probability at most {self.error:g}"
        return "\n".join([head, *map(str, self.findings)])


def one_by_one(single: Callable[[Model, Twist, int, int], tuple[Iterable[int], float]]) -> Sampler:
    """A sampler from a function that makes one run, `single(model, twist, particles, seed) -> (states, normaliser)`, no states if dead."""

    def sampler(model: Model, twist: Twist, particles: int, replicates: int, seed: int) -> Runs:
        seeds = np.random.SeedSequence(seed).generate_state(replicates, dtype=np.uint64)
        states, normalisers = np.full((replicates, particles), DEAD), np.zeros(replicates)
        for r in range(replicates):
            found, normalisers[r] = single(model, twist, particles, int(seeds[r]))
            found = list(found)
            if found:
                states[r] = found
        return Runs(states, normalisers)

    return sampler


def check_sampler(
    sampler: Sampler,
    instance: Instance,
    *,
    algorithm: str = "naive",
    replicates: int = 20_000,
    seed: int = 0,
    error: float = 1e-6,
    contracts: Iterable[str] = CONTRACTS,
) -> ContractReport:
    """Holds `sampler` to `contracts` on `instance`.

    algorithm: which exact law it should have, `naive` or `adapted`, resampled multinomially at every step (also at T).
    error: probability, in (0, 1), that a sampler without fault is reported as broken. Raises InputError for bad arguments and for a
    sampler that returns something else than `Runs` of the right shape.
    """
    chosen = tuple(dict.fromkeys(contracts))
    for name in chosen:
        if name not in CONTRACTS:
            raise InputError(f"unknown contract {name!r}", where="contracts", mend=one_of(CONTRACTS, name))
    if not chosen:
        raise InputError("no contract to check", where="contracts", mend=f"choose from {', '.join(CONTRACTS)}")
    whole_number("replicates", replicates)
    share = check_error(error) / len(chosen)
    findings: list[Finding] = []
    runs = None
    if set(chosen) - {"target"}:
        runs = _runs(sampler, instance, replicates, seed)
    process = particle_process(instance.model, instance.twist, algorithm)
    if runs is not None and "normaliser" in chosen:
        findings += _normaliser(runs, process, analyse(instance.model, instance.twist).normaliser, share)
    if runs is not None and "law" in chosen:
        law = output_law(process, instance.particles)
        findings += _frequencies("law", runs, seed, instance, (*law.law, law.dead), Rational(0), share)
    if "target" in chosen:
        informed = Instance(instance.model, perfect(instance.model), instance.particles)
        constants = informed.constants
        exact = output_law(particle_process(informed.model, informed.twist, algorithm), informed.particles)
        ideal = _runs(sampler, informed, replicates, seed + 1)
        bias = exact.total_variation(constants.target)
        findings += _frequencies("target", ideal, seed, informed, (*constants.target, Rational(0)), bias, share)
    if runs is not None and "exchangeable" in chosen:
        findings += _exchanges(runs, instance, share)
    return ContractReport(tuple(findings), error, replicates)


def assert_contracts(sampler: Sampler, instance: Instance, **options) -> None:
    """`check_sampler`, raising AssertionError with the whole report when a contract is broken: for use in a test."""
    report = check_sampler(sampler, instance, **options)
    if report.broken:
        raise AssertionError(f"broken: {', '.join(report.broken)}\n{report}")


def _runs(sampler: Sampler, instance: Instance, replicates: int, seed: int) -> Runs:
    made = sampler(instance.model, instance.twist, instance.particles, replicates, seed)
    try:
        states, normaliser = np.asarray(made[0]), np.asarray(made[1], float)
    except (TypeError, ValueError, IndexError, KeyError):
        raise InputError(
            "returned neither Runs nor a pair of arrays", where="sampler", mend="return Runs(states, normaliser)"
        ) from None
    if states.shape != (replicates, instance.particles) or normaliser.shape != (replicates,):
        raise InputError(
            f"returned shapes {states.shape} and {normaliser.shape}", where="sampler",
            mend=f"return states of shape {(replicates, instance.particles)} and normalisers of shape {(replicates,)}",
        )  # fmt: skip
    terminal = len(instance.model.layers[-1])
    if not np.issubdtype(states.dtype, np.integer) or states.min() < DEAD or states.max() >= terminal:
        raise InputError(
            "returned states that do not exist",
            where="sampler",
            mend=f"number them 0..{terminal - 1}, {DEAD} for a dead run",
        )
    if not (np.isfinite(normaliser) & (normaliser >= 0)).all():
        raise InputError(
            "returned a negative or infinite normaliser", where="sampler", mend="return Zhat itself, not its logarithm"
        )
    return Runs(states, normaliser)


def _normaliser(runs: Runs, process: ParticleProcess, z: Rational, error: float) -> list[Finding]:
    largest = process.scale
    for step in process.steps:
        largest *= max(outcome.weight for row in step for outcome in row)
    most = float(largest)
    top = float(runs.normaliser.max())
    findings = [Finding("normaliser", "no Zhat above the largest", most, 0.0, top, top <= most * (1 + ROUNDING))]
    below, above = mean(np.minimum(runs.normaliser / most, 1.0), error)
    low, high = float(below[0]) * most, float(above[0]) * most
    known = float(z)
    return [
        *findings,
        Finding("normaliser", "E[Zhat] = Z", known, low, high, low * (1 - ROUNDING) <= known <= high * (1 + ROUNDING)),
    ]


def _frequencies(
    contract: str, runs: Runs, seed: int, instance: Instance, law: tuple[Rational, ...], bias: Rational, error: float
) -> list[Finding]:
    """Frequencies of the terminal states, and of dying, of one random particle of each run; each may be off by `bias`."""
    replicates, particles = runs.states.shape
    picked = np.random.default_rng((seed, 1)).integers(particles, size=replicates)
    output = runs.states[np.arange(replicates), picked]
    names = (*(f"P({state})" for state in instance.model.layers[-1]), "P(dead)")
    findings = []
    for index, name, known in zip((*range(len(law) - 1), DEAD), names, law, strict=True):
        low, high = clopper_pearson(int((output == index).sum()), replicates, error / len(law))
        kept = low <= known + bias and known - bias <= high
        what = name if not bias else f"{name} within {float(bias):.3g} of"
        findings.append(Finding(contract, what, float(known), low, high, bool(kept)))
    return findings


def _exchanges(runs: Runs, instance: Instance, error: float) -> list[Finding]:
    """For the first and the last particle, and the first two: of the runs with states {a, b}, half have them in either order."""
    states, particles = instance.model.layers[-1], instance.particles
    pairs = [(0, j) for j in dict.fromkeys((1, particles - 1)) if 0 < j < particles]
    compared = [(i, j, a, b) for i, j in pairs for a in range(len(states)) for b in range(a + 1, len(states))]
    findings = []
    for i, j, a, b in compared:
        forward = int(((runs.states[:, i] == a) & (runs.states[:, j] == b)).sum())
        backward = int(((runs.states[:, i] == b) & (runs.states[:, j] == a)).sum())
        if forward + backward:
            low, high = clopper_pearson(forward, forward + backward, error / len(compared))
            what = f"particles {i} and {j}, share of ({states[a]}, {states[b]})"
            findings.append(Finding("exchangeable", what, 0.5, low, high, low <= 0.5 <= high))
    return findings
