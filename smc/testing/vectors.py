"""Language-neutral vectors: what a sampler should do on small models, as JSON that a test in any language can read.

`runs_document` is of one model: the model in the native format, and for every way to run on it the exact law of the output, the
probability of a dead run, `E[Zhat]`, `E[Zhat^2]` and the joint law of output and `Zhat`. `resampling_document` is of all schemes: from
normalised weights, the exact law of the copies of each particle and of the vector of ancestors. Numbers are
{"exact": "1/3", "decimal": 0.33...}; the decimal is text where no double holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from smc.exact.clouds import cloud_moments
from smc.formats.native import layered_document
from smc.numbers import ZERO, Rational, decimal_of
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.samplers.resampling import (
    CHOICES,
    SCHEMES,
    SIZES,
    Resampling,
)
from smc.samplers.sampler import Sampler
from smc.testing.conformance.loop import declared_loop, joint_law
from smc.testing.conformance.runs import DEAD
from smc.testing.conformance.suite import ending, far, ordinary, spread
from smc.testing.instances import Instance

FORMAT = "bellman-smc/vectors-1"
HALF = Rational(1, 2)
WEIGHTS = tuple(
    tuple(Rational(w, sum(ws)) for w in ws)
    for ws in ((1, 1, 1), (1, 2, 3), (0, 1, 0), (0, 1, 1), (1, 1, 40), (1, 1), (3, 1), (1,), (1, 2, 2, 3))
)
"""Normalised weights: ties, zeros, one heavy particle, one particle, quarters that fall on multiples of 1/N."""


def number(value: Rational) -> dict[str, Any]:
    """A rational as text and as a decimal."""
    return {"exact": str(value), "decimal": decimal_of(value)}


def samplers() -> Iterator[Sampler]:
    """Every way to run that has vectors: schemes after every step and below half of N, the infinity-ESS, choices, and adapted moves."""
    yield naive
    yield adapted
    for scheme in SCHEMES.values():
        if scheme.name != naive.resampling.scheme.name:
            yield naive.resampling_by(Resampling(scheme))
        for size in SIZES.values():
            yield naive.resampling_by(Resampling(scheme, HALF, size))
    for choice in CHOICES.values():
        if choice is not naive.choice:
            yield naive.resampling_by(naive.resampling, choice)


def run_case(sampler: Sampler, instance: Instance) -> dict[str, Any]:
    """One way to run on one model: what it is, and what is known of it. Raises TooLarge where it cannot be enumerated."""
    model, resampling = instance.model, sampler.resampling
    joint = joint_law(declared_loop(sampler, instance))  # first: it refuses before the clouds are enumerated
    exact = cloud_moments(sampler.process(model, instance.twist), instance.particles)
    names = {**dict(enumerate(model.layers[-1])), DEAD: None}
    return {
        "moves": sampler.name,
        "particles": instance.particles,
        "scheme": resampling.scheme.name,
        "threshold": None if resampling.threshold is None else str(resampling.threshold),
        "size": resampling.size.typed,
        "choice": sampler.choice.typed,
        "words": sampler.how,
        "law": {state: number(p) for state, p in zip(model.layers[-1], exact.law, strict=True)},
        "dead": number(exact.dead),
        "normaliser": number(exact.normaliser),
        "second_moment": number(exact.second_moment),
        "joint": [
            {"output": names[y], "normaliser": number(z), "probability": number(p)}
            for (y, z), p in sorted(joint.items())
        ],
    }


def runs_document(instances: Sequence[Instance]) -> dict[str, Any]:
    """The document of one model and reward model, at the numbers of particles of `instances`."""
    model, values = instances[0].model, instances[0].twist.values
    return {
        "format": FORMAT,
        "kind": "runs",
        "model": layered_document(model, values),
        "cases": [run_case(sampler, instance) for instance in instances for sampler in samplers()],
    }


def resampling_document() -> dict[str, Any]:
    """The document of the schemes."""
    cases = []
    for scheme in SCHEMES.values():
        for weights in WEIGHTS:
            vectors: dict[tuple[int, ...], Rational] = {}
            for p, slots in scheme.pieces(weights):
                for ancestors in product(*(slot.items() for slot in slots)):
                    q = p
                    for _, share in ancestors:
                        q *= share
                    key = tuple(i for i, _ in ancestors)
                    vectors[key] = vectors.get(key, ZERO) + q
            counts: dict[tuple[int, ...], Rational] = {}
            for chosen, q in vectors.items():
                copies = tuple(chosen.count(i) for i in range(len(weights)))
                counts[copies] = counts.get(copies, ZERO) + q
            cases.append(
                {
                    "scheme": scheme.name,
                    "weights": [number(w) for w in weights],
                    "copies": [{"copies": list(c), "probability": number(q)} for c, q in sorted(counts.items())],
                    "ancestors": [{"ancestors": list(a), "probability": number(q)} for a, q in sorted(vectors.items())],
                }
            )
    return {"format": FORMAT, "kind": "resampling", "cases": cases}


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, document) of every file that ships: the instances of the conformance suite with one and more particles, and the schemes."""
    yield "resampling", resampling_document()
    for make, most in ((ordinary, 3), (ending, 2), (spread, 3), (far, 2)):
        instances = [make(n) for n in (1, most)]
        yield instances[0].model.name, runs_document(instances)
