"""The laws of (output, Zhat) under the declared loop and under each fault, on atoms that doubles can tell apart."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from smc.errors import TooLarge
from smc.exact import output_law
from smc.montecarlo.compiled import log
from smc.numbers import ZERO, Rational
from smc.samplers.sampler import Sampler
from smc.setting.analysis import true_value
from smc.testing.conformance.faults import Fault, faults
from smc.testing.conformance.loop import JointLaw, Loop, declared_loop, joint_law
from smc.testing.conformance.runs import DEAD
from smc.testing.instances import Instance

NEAR = 1e-5
"""Logarithms of `Zhat` that differ by at most this much are one atom, unless they are large: see `Laws.near`."""
ROUNDINGS = 16
"""How often a run is taken to round its largest logarithm."""
SINGLE = 2.0**-24
"""Relative rounding of single precision."""
UNKNOWN = -1
"""The place of a `Zhat` that no law here has."""
Atom = tuple[int, int]
"""(output, place of Zhat); the place is 0 where normalisers are not looked at."""
FloatLaw = dict[Atom, float]


@dataclass(frozen=True)
class Laws:
    """On one instance: the declared law, and those of the faults that change it.

    normaliser: Z. largest: the largest Zhat that weights allow. near: logarithms of `Zhat` at most this far apart are one atom, `NEAR` or
    what single precision loses of the largest logarithm of a weight.
    enumerated: whether `declared` has the law of Zhat; otherwise it is the law of the output alone, with Zhat at 0, and no faulty loop is
    enumerated.
    """

    instance: Instance
    declared: JointLaw
    faulty: dict[str, JointLaw]
    normaliser: Rational
    largest: Rational
    near: float
    enumerated: bool = True

    @cached_property
    def places(self) -> list[float]:
        """The values of log Zhat that any of the laws has, ascending; of several that are near the least."""
        found: list[float] = []
        for value in sorted({log(z) for law in (self.declared, *self.faulty.values()) for _, z in law if z}):
            if not found or value > found[-1] + self.near:
                found.append(value)
        return [-math.inf, *found]

    def place(self, log_normaliser: float) -> int:
        """The index in `places` of a logarithm, `UNKNOWN` where none is near."""
        if math.isnan(log_normaliser):
            return UNKNOWN
        k = bisect_left(self.places, log_normaliser - self.near)
        at = self.places[k] if k < len(self.places) else math.inf
        return k if at == log_normaliser or abs(at - log_normaliser) <= 2 * self.near else UNKNOWN

    def on_atoms(self, law: JointLaw, normalisers: bool) -> FloatLaw:
        """`law` on atoms; without normalisers the law of the output."""
        found: FloatLaw = {}
        for (y, z), p in law.items():
            atom = (y, self.place(log(z)) if normalisers else 0)
            found[atom] = found.get(atom, 0.0) + float(p)
        return found

    def counts(self, output: NDArray, logs: NDArray | None) -> dict[Atom, int]:
        """How often each atom was seen."""
        if logs is None:
            pairs: Iterable[tuple[int, int]] = zip(output.tolist(), (0,) * len(output), strict=True)
        else:
            values, inverse = np.unique(logs, return_inverse=True)
            place = np.array([self.place(v) for v in values.tolist()])
            pairs = zip(output.tolist(), place[inverse].tolist(), strict=True)
        counts: dict[Atom, int] = {}
        for pair in pairs:
            counts[pair] = counts.get(pair, 0) + 1
        return counts


@cache
def laws(sampler: Sampler, instance: Instance) -> Laws:
    """The laws for a loop declared to be `sampler` on `instance`. A loop that is not enumerable is left out; where the declared one is not,
    its output has the law that the exact engine gives, which raises TooLarge where it does not fit either."""
    loop = declared_loop(sampler, instance)
    z, near = true_value(instance.model)[0][0], _near(loop)
    try:
        declared = joint_law(loop)
    except TooLarge:
        found = output_law(sampler.process(instance.model, instance.twist), instance.particles)
        law = {(y, ZERO): p for y, p in enumerate(found.law) if p} | ({(DEAD, ZERO): found.dead} if found.dead else {})
        return Laws(instance, law, {}, z, _largest(loop), near, enumerated=False)
    faulty = {}
    for fault in faults(sampler):
        wrong = fault.change(loop, instance)
        if wrong is not None:
            try:
                law = joint_law(wrong)
            except TooLarge:
                continue
            if law != declared:
                faulty[fault.name] = law
    return Laws(instance, declared, faulty, z, max(value for _, value in declared), near)


def _largest(loop: Loop) -> Rational:
    found = loop.scale
    for step in loop.steps:
        found *= max(outcome.weight for row in step for outcome in row)
    return found


def _near(loop: Loop) -> float:
    weights = (loop.scale, *(outcome.weight for step in loop.steps for row in step for outcome in row))
    return max(NEAR, ROUNDINGS * SINGLE * max(abs(log(weight)) for weight in weights if weight))


def known(sampler: Sampler) -> dict[str, Fault]:
    """The faults by name."""
    return {fault.name: fault for fault in faults(sampler)}
