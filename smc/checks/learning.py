"""A reward model while it is learned, on a language model whose truth is known: measured errors, the error of SMC, particles needed.

At each stage: eps and Lambda (exact, by dynamic programming), the certified error of naive SMC at a fixed number of particles and of
best-of-N beside it, the number of particles with which the error is certified to be at most delta (and best-of-N's), and what an audit of
sampled prefixes says: its interval for eps, and the number of particles that the average prefix suggests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from smc.checks.needs import needs
from smc.lm.chain import Chain, Ends, Steered
from smc.lm.learn import differences, regression, rollouts
from smc.rewards.facts import Scores
from smc.rewards.local import facts

METHODS: dict[str, Callable[[Chain, np.ndarray], np.ndarray]] = {
    "rollouts": rollouts,
    "temporal differences": differences,
    "regression": lambda chain, paths: regression(chain, paths, 100),
    "regression stopped early": lambda chain, paths: regression(chain, paths, 10),
}
"""How a reward model is learned from texts, by name."""
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
"""Texts that the stages are trained on."""


@dataclass(frozen=True)
class Stage:
    """method, texts: how the reward model was learned. eps, cumulative: exact. smc: ends of the TV at the study's number of particles.
    needed: particles for the study's delta. audited: the audit's interval for eps; predicted: particles that it suggests, None for none."""

    method: str
    texts: int
    eps: float
    cumulative: float
    smc: Ends
    needed: int
    audited: tuple[float, float]
    predicted: float | None


@dataclass(frozen=True)
class Study:
    """stages: by method, in the order of training. best_of: ends of best-of-N at the same N, and `best_needed` its answers for delta.
    perfect: particles for delta with V*."""

    chain: Chain
    particles: int
    delta: Fraction
    stages: tuple[Stage, ...]
    best_of: Ends
    best_needed: int
    perfect: int


@dataclass(frozen=True)
class Sample:
    """What an audit is given: texts, draws of the next symbol at each of their steps (0: all symbols with their probabilities), a seed."""

    texts: int = 300
    children: int = 0
    seed: int = 1


def study(
    chain: Chain, sizes: Iterable[int] = SIZES, *, methods: Iterable[str] = tuple(METHODS), particles: int = 64,
    delta: Fraction = Fraction(1, 10), sample: Sample = Sample(), seed: int = 0, tick: Callable[[int, int], None] | None = None,
) -> Study:  # fmt: skip
    """The stages of `methods` at `sizes` texts. tick: called with what is done and what there is to do."""
    plan = [(method, size) for method in methods for size in sizes]
    stages = []
    for done, (method, size) in enumerate(plan):
        if tick is not None:
            tick(done, len(plan))
        values = METHODS[method](chain, chain.walk(size, seed))
        stages.append(stage(chain.steer(values), method, size, particles, delta, sample))
    if tick is not None:
        tick(len(plan), len(plan))
    perfect = chain.steer(chain.value).needed(float(delta))
    answers = chain.answers_needed(float(delta))
    return Study(chain, particles, delta, tuple(stages), chain.best_of(particles), answers, perfect)


def stage(steered: Steered, method: str, texts: int, particles: int, delta: Fraction, sample: Sample) -> Stage:
    """One stage, measured, and audited on sampled prefixes."""
    chain = steered.chain
    scores = Scores("probabilities", lambda score: score, floor=chain.low)
    families = chain.families(steered.values, sample.texts, sample.children, sample.seed)
    found = facts(families, chain.horizon, scores)
    suggested = next((need.count for need in needs(found, delta) if need.kind == "average"), None)
    return Stage(
        method, texts, steered.bellman_error, steered.cumulative, steered.certificate(particles),
        steered.needed(float(delta)), found.eps, suggested,
    )  # fmt: skip
