"""Is a sampler the loop that it is declared to be, and if not, which fault does it have? With a stated probability of a false alarm.

| check | what is tested | false alarm |
|---|---|---|
| numbers | no normaliser is NaN or +infinite; one is zero exactly where there is no output | never |
| support | every (output, `Zhat`) is one that the declared loop can return | never |
| normaliser | `E[Zhat] = Z`, by a betting martingale | error/4 |
| law | the law of the output is the declared one: a mixture over all other laws | error/4 |
| joint | the law of (output, `Zhat`) is the declared one: likelihood ratios against every known fault, and a mixture | error/4 |
| genealogy | moves, ancestors and normaliser are those of the loop (`smc.testing.conformance.genealogy`) | error/4 |

All hold at every number of runs (`smc.testing.conformance.evidence`). "Never" is up to rounding, for which `Laws.near` leaves room.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from smc.errors import InputError, whole_number
from smc.montecarlo.compiled import log
from smc.montecarlo.confidence import check_error, mean
from smc.samplers.naive import naive
from smc.samplers.sampler import Sampler
from smc.testing.conformance import evidence
from smc.testing.conformance.faults import Fault
from smc.testing.conformance.genealogy import genealogy_findings
from smc.testing.conformance.laws import UNKNOWN, Atom, FloatLaw, Laws, known, laws
from smc.testing.conformance.runs import DEAD, Many, Runs, checked
from smc.testing.conformance.suite import suite
from smc.testing.instances import Instance

CHECKS = ("numbers", "support", "normaliser", "law", "joint", "genealogy")
SHARE = 4
"""Checks with a probability of a false alarm."""


@dataclass(frozen=True)
class Finding:
    """One check on one instance: whether it is kept, and what was seen."""

    check: str
    instance: str
    kept: bool
    words: str

    def __str__(self) -> str:
        return f"{self.check:10} {'kept' if self.kept else 'BROKEN':6} {self.instance}: {self.words}"


@dataclass(frozen=True)
class Report:
    """What a sampler was found to be. error: a sampler without fault is called broken with at most this probability.

    named: the faults whose law fits the runs best, where the runs refute the declared one; several where no run tells them apart.
    advantage: natural logarithm of how many times likelier the runs are than under the declared law.
    """

    declared: str
    findings: tuple[Finding, ...]
    named: tuple[Fault, ...]
    advantage: float
    error: float
    replicates: int
    clues: tuple[str, ...] = field(default=())

    @property
    def broken(self) -> tuple[str, ...]:
        """The checks that failed, each once."""
        return tuple(dict.fromkeys(f.check for f in self.findings if not f.kept))

    @property
    def diagnosis(self) -> str:
        """What is wrong, in a sentence or two; empty where nothing is."""
        if not self.broken:
            return ""
        clues = "; ".join(self.clues)
        if self.broken == ("genealogy",):
            return f"the law of (output, Zhat) is the declared one, but its particles are not: {clues}"
        if not self.named:
            several = len({f.instance for f in self.findings}) > 1
            failed = [f for f in self.findings if not f.kept and f.check != "genealogy"]
            seen = "; ".join(dict.fromkeys(f"{f.instance}: {f.words}" if several else f.words for f in failed))
            return "; ".join(filter(None, [f"no single fault that is known here explains the runs: {seen}", clues]))
        which = ", or ".join(fault.words for fault in self.named)
        than = "impossible" if math.isinf(self.advantage) else f"e^{self.advantage:.0f} times less likely"
        said = f"the runs fit a loop in which {which} (under the declared law they are {than})"
        return "; ".join(filter(None, [said, clues if len(self.named) > 1 else ""]))

    def __str__(self) -> str:
        head = f"declared: {self.declared}; {self.replicates} runs an instance, false alarm probability at most {self.error:g}"
        return "\n".join([head, *map(str, self.findings), *([self.diagnosis] if self.broken else [])])


def check_sampler(
    sampler: Many,
    declared: Sampler = naive,
    *,
    instances: Iterable[Instance] | None = None,
    replicates: int = 20_000,
    seed: int = 0,
    error: float = 1e-7,
) -> Report:
    """Holds `sampler` to the loop that it is declared to be.

    sampler: `many(model, twist, n_particles, replicates, seed) -> Runs`; `one_by_one` makes it from a function that makes one run.
    declared: moves, weights, resampling and choice, say `naive.resampling_by(resampling_of("systematic:1/2"))`.
    instances: small models; `suite(declared)` when left out. error: probability, in (0, 1), that a sampler without fault is called broken.
    Raises InputError for bad arguments, a sampler that returns something else than `Runs`, and a declared sampler that is no loop of
    particles; TooLarge for an instance that is too large to enumerate; InputError
    for a genealogy on a model with parallel edges, which it does not tell apart.
    """
    whole_number("replicates", replicates)
    share = check_error(error) / SHARE
    if not declared.interacting:
        raise InputError(f"{declared.name} is no loop of particles", where="declared", mend="declare naive or adapted")
    held = tuple(suite(declared) if instances is None else instances)
    if not held:
        raise InputError("no instance", where="instances", mend="leave it out, or give at least one")
    all_laws = [laws(declared, instance) for instance in held]
    all_runs = [_runs(sampler, instance, replicates, seed + k) for k, instance in enumerate(held)]
    findings: list[Finding] = []
    clues: list[str] = []
    if all(map(_alike, all_runs)):
        clues.append("all runs on an instance are the same, as where a sampler does not use its seed")
    for law, runs in zip(all_laws, all_runs, strict=True):
        findings += _numbers(law, runs)
        findings += _normaliser(law, runs, share / len(held))
    seen = [_Seen.of(law, runs) for law, runs in zip(all_laws, all_runs, strict=True)]
    findings += [f for s in seen for f in _support(s)]
    findings += _law(seen, share)
    findings += _joint(seen, share)
    for law, runs in zip(all_laws, all_runs, strict=True):
        found = genealogy_findings(declared, law.instance, runs, share / len(held), law.near)
        findings += [Finding("genealogy", law.instance.model.name, kept, words) for kept, words in found]
        clues += [words.partition(" (")[0] for kept, words in found if not kept]
    broken = [f for f in findings if not f.kept]
    named, advantage = _named(seen, known(declared), share) if broken else ((), 0.0)
    return Report(declared.how, tuple(findings), named, advantage, error, replicates, tuple(dict.fromkeys(clues)))


def assert_conforms(sampler: Many, declared: Sampler = naive, **options) -> None:
    """`check_sampler`, raising AssertionError with the report where a check is broken: for use in a test."""
    report = check_sampler(sampler, declared, **options)
    if report.broken:
        raise AssertionError(str(report))


def _runs(sampler: Many, instance: Instance, replicates: int, seed: int) -> Runs:
    made = sampler(instance.model, instance.twist, instance.particles, replicates, seed)
    return checked(made, instance.model, instance.particles, replicates)


@dataclass(frozen=True)
class _Seen:
    """Counts of runs on the atoms of an instance, with the normaliser and without."""

    laws: Laws
    joint: dict[Atom, int]
    output: dict[Atom, int]
    normalisers: bool

    @staticmethod
    def of(found: Laws, runs: Runs) -> _Seen:
        normalisers = found.enumerated and runs.log_normaliser is not None
        joint = found.counts(runs.output, runs.log_normaliser if normalisers else None)
        return _Seen(found, joint, found.counts(runs.output, None), normalisers)

    def declared(self, normalisers: bool) -> FloatLaw:
        return self.laws.on_atoms(self.laws.declared, normalisers and self.normalisers)

    def faulty(self, name: str, normalisers: bool) -> FloatLaw:
        law = self.laws.faulty.get(name, self.laws.declared)
        return self.laws.on_atoms(law, normalisers and self.normalisers)


def _alike(runs: Runs) -> bool:
    """Whether every run gave the same answer; of ten and more on models with several no sampler's do."""
    same = len(runs.output) >= 10 and len(set(runs.output.tolist())) == 1 and runs.output[0] != DEAD
    return same and (runs.log_normaliser is None or len(set(runs.log_normaliser.tolist())) == 1)


def _numbers(law: Laws, runs: Runs) -> list[Finding]:
    if runs.log_normaliser is None:
        return []
    logs, name = runs.log_normaliser, law.instance.model.name
    odd = np.isnan(logs) | np.isposinf(logs)
    if odd.any():
        return [Finding("numbers", name, False, f"{int(odd.sum())} normalisers are NaN or infinite")]
    unlike = np.isneginf(logs) != (runs.output == DEAD)
    if unlike.any():
        both = (
            "an answer where Zhat is zero" if (np.isneginf(logs) & unlike).any() else "no answer where Zhat is positive"
        )
        return [Finding("numbers", name, False, f"{int(unlike.sum())} runs give {both}")]
    return [Finding("numbers", name, True, "every normaliser is a number, and zero where there is no answer")]


def _support(seen: _Seen) -> list[Finding]:
    model, law = seen.laws.instance.model, seen.declared(True)
    impossible = {atom: n for atom, n in seen.joint.items() if not law.get(atom)}
    if not impossible:
        return [Finding("support", model.name, True, f"all runs are among the {len(law)} that are possible")]
    (output, place), _ = max(impossible.items(), key=lambda item: item[1])
    state = "no answer" if output == DEAD else f"{model.layers[-1][output]!r}"
    outputs = {y for y, _ in law}
    value = "a value of its own" if place == UNKNOWN else f"{math.exp(seen.laws.places[place]):.6g}"
    what = f"{state} with Zhat at {value}" if output in outputs else f"{state}, which no run gives"
    if not seen.normalisers:
        what = state
    return [Finding("support", model.name, False, f"{sum(impossible.values())} runs are impossible, such as {what}")]


def _normaliser(found: Laws, runs: Runs, error: float) -> list[Finding]:
    if runs.log_normaliser is None:
        return []
    name = found.instance.model.name
    truth, largest = log(found.normaliser), log(found.largest)
    shares = np.exp(np.minimum(np.nan_to_num(runs.log_normaliser, nan=-np.inf) - largest, 0.0))
    low, high = (float(end[0]) for end in mean(shares, error))
    known_share = math.exp(truth - largest)
    # where a value lies above the largest possible one the mean is above the interval for what was cut off
    above = bool((runs.log_normaliser > largest + 2 * found.near).any())
    kept = not above and low * (1 - found.near) <= known_share <= high * (1 + found.near)
    ratio = f"E[Zhat] is {low / known_share:.4g} to {high / known_share:.4g} times Z"
    return [
        Finding(
            "normaliser",
            name,
            kept,
            ratio
            if not above
            else f"some Zhat exceed the largest possible one; E[Zhat] is at least {low / known_share:.4g} times Z",
        )
    ]


def _law(seen: Sequence[_Seen], error: float) -> list[Finding]:
    """Mixture against every other law of the output, by instance; the average of them is held against 1/error, so each has its share."""
    findings = []
    for s in seen:
        law = s.declared(False)
        e_value = evidence.log_mixture(s.output, len(law)) - evidence.log_likelihood(s.output, law)
        kept = e_value < math.log(len(seen) / error)
        n = sum(s.output.values())
        far = sum(abs(s.output.get(a, 0) / n - law.get(a, 0.0)) for a in {*law, *s.output}) / 2
        words = f"the frequencies of the outputs are {far:.2g} from the declared law in total variation"
        findings.append(Finding("law", s.laws.instance.model.name, kept, words))
    return findings


def _joint(seen: Sequence[_Seen], error: float) -> list[Finding]:
    """The average of the likelihood ratios against every fault, over all instances together, and of a mixture on each."""
    base = [evidence.log_likelihood(s.joint, s.declared(True)) for s in seen]
    if -math.inf in base:  # impossible runs, which `support` reports
        return []
    names = dict.fromkeys(name for s in seen for name in s.laws.faulty)
    logs = [
        sum(evidence.log_likelihood(s.joint, s.faulty(name, True)) - b for s, b in zip(seen, base, strict=True))
        for name in names
    ]
    logs += [evidence.log_mixture(s.joint, len(s.declared(True))) - b for s, b in zip(seen, base, strict=True)]
    e_value = evidence.log_average(logs)
    words = f"against every known fault and any other law: evidence e^{e_value:.1f} (an alarm needs e^{-math.log(error):.1f})"
    return [Finding("joint", "all", e_value < -math.log(error), words)]


def _named(seen: Sequence[_Seen], faults: dict[str, Fault], error: float) -> tuple[tuple[Fault, ...], float]:
    """The faults under which the runs are likeliest, if those laws are not refuted themselves; by outputs alone where no fault gives the
    normalisers."""
    for normalisers in (True, False):
        counts = [s.joint if normalisers else s.output for s in seen]
        base = sum(evidence.log_likelihood(c, s.declared(normalisers)) for c, s in zip(counts, seen, strict=True))
        logs = {}
        for name in dict.fromkeys(name for s in seen for name in s.laws.faulty):
            fitting = [s.faulty(name, normalisers) for s in seen]
            total = sum(evidence.log_likelihood(c, law) for c, law in zip(counts, fitting, strict=True))
            if total > base - math.log(error) and not any(_refuted(s, s.faulty(name, False), error) for s in seen):
                logs[name] = total
        if logs:
            best = max(logs.values())
            return tuple(faults[name] for name, total in logs.items() if total > best - 1), best - base
    return (), 0.0


def _refuted(seen: _Seen, law: FloatLaw, error: float) -> bool:
    e_value = evidence.log_mixture(seen.output, len(law)) - evidence.log_likelihood(seen.output, law)
    return e_value >= -math.log(error)
