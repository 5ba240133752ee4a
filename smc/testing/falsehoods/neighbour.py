"""Falsehoods planted beside the neighbour's statements G1 and G3."""

from __future__ import annotations

from collections.abc import Iterator

import flint

from smc.numbers import ZERO, Rational, ball
from smc.testing.falsehoods.registry import Claims, evaluated, long_models, planted, scaled
from smc.testing.instances import Instance


@planted("G1/half", "1/3 in place of 1/2 in the sharper form")
def _(instance: Instance) -> Claims:
    yield from scaled("G1", "sharper", Rational(2, 3), instance)


@planted("G1/horizon", "the horizon left out of the published form")
def _(instance: Instance) -> Claims:
    c = instance.constants
    values = c.chi_square[:-1], [ZERO] * c.model.horizon
    ends = []
    for chi_square in values:
        [(_, observed, bound)] = evaluated(
            "G1", "published", instance, N=instance.particles, C_act=c.c_act, chi=chi_square
        )
        ends.append(bound if isinstance(bound, flint.arb) else ball(bound))
    yield "TV", observed, ends[0] - ends[1]


def _expectations(instance: Instance) -> Iterator[tuple[Rational, Rational, Rational, Rational]]:
    """For each layer: 1 + chi^2, E_{pi*}[V/V*], E_{pi*}[V*/V], and sum pihat^2/pi*."""
    c = instance.constants
    for eta, star, v, chi_square in zip(c.prefix_mass, c.true_value, instance.twist.values, c.chi_square, strict=True):
        states = [(m, s, w) for m, s, w in zip(eta, star, v, strict=True) if m and s]
        total, twisted = (
            sum(parts, ZERO) for parts in ([m * s for m, s, _ in states], [m * w for m, w in zip(eta, v, strict=True)])
        )
        down = sum((m * w for m, _, w in states), ZERO) / total
        up = sum((m * s * s / w for m, s, w in states), ZERO) / total
        reverse = sum((m * w * w / s for m, s, w in states), ZERO) * total / twisted**2
        yield 1 + chi_square, down, up, reverse


@planted("G3/doomed-states", "the identity without the mass of V where V* is 0", where=long_models)
def _(instance: Instance) -> Claims:
    for left, down, up, _reverse in _expectations(instance):
        yield "1 + chi^2", left, down * up


@planted("G3/swapped", "chi^2(pihat || pi*) in place of chi^2(pi* || pihat)", where=long_models)
def _(instance: Instance) -> Claims:
    for left, _down, _up, reverse in _expectations(instance):
        yield "1 + chi^2", left, reverse
