"""Falsehoods planted beside the statements on moments of the normaliser and the answer: S10, S11 and S14."""

from __future__ import annotations

from proofs import bounds
from smc.exact import output_law
from smc.numbers import INFINITE, ZERO, Rational
from smc.samplers import particle_process
from smc.samplers.naive import naive
from smc.testing.falsehoods.registry import (
    Claims,
    distance,
    long_models,
    one_step,
    planted,
    restated,
    scaled,
    ties,
)
from smc.testing.instances import Instance
from smc.testing.statements import report


@planted("S10/variance", "TV is at most the relative variance of Zhat", where=ties)
def _(instance: Instance) -> Claims:
    measured = report(instance, naive).measured
    yield "TV", measured.total_variation, measured.second_moment_ratio - 1


@planted(
    "S10/half-chi-square",
    "chi^2 of the target to the output law is at most half the relative variance of Zhat",
    where=ties,
)
def _(instance: Instance) -> Claims:
    measured, target = report(instance, naive).measured, instance.constants.target
    law = output_law(particle_process(instance.model, instance.twist, naive.name), instance.particles).law
    spread = sum((pi * pi / out for pi, out in zip(target, law, strict=True) if pi), ZERO) - 1
    yield "chi^2", spread, (measured.second_moment_ratio - 1) / 2


@planted("S11/odd", "the output law is at least 3 m_1 - 3 m_2 + m_3, as if U were at least 1", where=one_step)
def _(instance: Instance) -> Claims:
    measured = report(instance, naive).measured
    law = output_law(particle_process(instance.model, instance.twist, naive.name), instance.particles).law
    kept = [out for out, pi in zip(law, instance.constants.target, strict=True) if pi]
    rest = zip(kept, *measured.answer_moments, measured.four_moments["third"], strict=True)
    for out, pi, two, three in rest:
        yield "pi - out", pi - out, pi - (3 * pi - 3 * two + three)


@planted(
    "S11/leading-alone",
    "the bias is at most its leading term, p E U^2 - E[U^2 nu], without a remainder",
    where=one_step,
)
def _(instance: Instance) -> Claims:
    pairs = list(zip(*report(instance, naive).measured.answer_moments, strict=True))
    square = sum((two for _, two in pairs), ZERO)
    yield "TV", distance(instance), sum((max(ZERO, pi * square - two) for pi, two in pairs), ZERO)


@planted("S11/constant", "nine tenths of the certificate", where=ties)
def _(instance: Instance) -> Claims:
    yield from scaled("S11", "certificate", Rational(9, 10), instance)


@planted("S11/remainder", "(prod (1 + (b_p - 1)/N) - (1 - 1/N)^T)/4, without the two roots", where=one_step)
def _(instance: Instance) -> Claims:
    c, n = instance.constants, instance.particles
    if INFINITE not in c.b:
        grown = bounds.evaluate("S5", "instance", N=n, b=c.b)
        yield "TV", distance(instance), (grown - (1 - Rational(1, n)) ** c.model.horizon) / 4


@planted("S11/one-more", "E (1 - Zhat/Z)^4 with N + 1 in place of N", where=one_step)
def _(instance: Instance) -> Claims:
    yield from restated("S11", "normaliser", instance, N=instance.particles + 1, b=instance.constants.b)


@planted("S11/half-b", "E (1 - Zhat/Z)^4 with half of b_p - 1", where=one_step)
def _(instance: Instance) -> Claims:
    if INFINITE not in instance.constants.b:
        halves = [1 + (b - 1) / 2 for b in instance.constants.b]
        yield from restated("S11", "normaliser", instance, N=instance.particles, b=halves)


@planted("S10/constant", "nine tenths of the certificate", where=ties)
def _(instance: Instance) -> Claims:
    yield from scaled("S10", "certificate", Rational(9, 10), instance)


@planted("S14/variance", "TV is at most prod (1 + (b_p - 1)/N) - 1, without 1 - (1 - 1/N)^T", where=ties)
def _(instance: Instance) -> Claims:
    yield "TV", distance(instance), _grown(instance) - 1


@planted(
    "S14/density",
    "the output law is at least pi/prod (1 + (b_p - 1)/N), as under S12 with its larger b_p",
    where=one_step,
)
def _(instance: Instance) -> Claims:
    law = output_law(particle_process(instance.model, instance.twist, naive.name), instance.particles).law
    for out, pi in zip(law, instance.constants.target, strict=True):
        yield "pi - out", pi - out, pi - pi / _grown(instance)


def _grown(instance: Instance) -> Rational:
    """S14's factor."""
    return bounds.evaluate("S14", "instance", N=instance.particles, b=instance.constants.b_local)


@planted("S14/one-more", "N + 1 in place of N", where=ties)
def _(instance: Instance) -> Claims:
    yield from restated("S14", "instance", instance, N=instance.particles + 1, b=instance.constants.b_local)


@planted(
    "S14/from-the-root",
    "two lineages part at the root alone: b_p = E[V_{p-1}] E[psi_p^2 V*_p^2 / V_{p-1}] / Z^2",
    where=long_models,
)
def _(instance: Instance) -> Claims:
    yield from restated("S14", "instance", instance, N=instance.particles, b=instance.constants.increment_moment)
