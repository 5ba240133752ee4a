"""Falsehoods planted beside the paper's statements P0 to P5."""

from __future__ import annotations

from smc.numbers import INFINITE, ONE, Rational, finite
from smc.testing.falsehoods.registry import (
    Claims,
    evaluated,
    long_models,
    one_step,
    planted,
    positive_only,
    scaled,
    two_branches,
)
from smc.testing.instances import Instance
from smc.testing.rewards import instances
from smc.testing.statements import rows


@planted("P0/exponent", "one factor (1+eps) too few: T - t - 1")
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    for t, layer in enumerate(c.value_ratio[:-1]):
        yield f"V*/V at layer {t}", max(layer.values()), (1 + c.bellman_error) ** (horizon - t - 1)


@planted("P0/one-sided", "eps read from the largest Bellman ratio alone, used on both sides")
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    upper = max(ONE, *(r for layer in c.bellman_ratio for r in layer.values()))
    for t, layer in enumerate(c.value_ratio):
        if min(layer.values()):
            yield f"V/V* at layer {t}", 1 / min(layer.values()), upper ** (horizon - t)


@planted("P0/upside-down", "V/V* bounded by the product of the largest ratios; invisible where errors are symmetric")
def _(instance: Instance) -> Claims:
    c = instance.constants
    for t, layer in enumerate(c.value_ratio[:-1]):
        product = ONE
        for ratios in c.bellman_ratio[t:]:
            product *= max(ratios.values())
        if min(layer.values()):
            yield f"V/V* at layer {t}", 1 / min(layer.values()), product


@planted("P1/power-of-L", "L in place of L^2")
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    for p, q in enumerate(c.q, 1):
        if INFINITE not in (c.ratio_bound, c.bellman_error):
            yield f"q_{p}", finite(q), finite(c.ratio_bound) * (1 + finite(c.bellman_error)) ** (2 * (horizon - p))


@planted("P1/steps", "2(T - p - 1) in place of 2(T - p) before the last step", where=long_models)
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    for p, q in enumerate(c.q[:-1], 1):
        if INFINITE not in (c.ratio_bound, c.bellman_error):
            yield (
                f"q_{p}",
                finite(q),
                finite(c.ratio_bound) ** 2 * (1 + finite(c.bellman_error)) ** (2 * (horizon - p - 1)),
            )


@planted("P1/zero-rewards", "L read from the positive ratios alone: zero rewards admitted")
def _(instance: Instance) -> Claims:
    c, values = instance.constants, instance.twist.values
    ratios = [
        e.potential * values[t + 1][e.target] / values[t][i]
        for t, layer in enumerate(c.alive[:-1]) for i in layer for e in instance.model.edges[t][i]
    ]  # fmt: skip
    positive = [r for r in ratios if r]
    if positive and c.bellman_error != INFINITE:
        big_l = max(max(positive), 1 / min(positive))
        q = c.q[-1]
        top = max(c.value_ratio[-1].values(), default=ONE)
        yield "q_T", finite(q) if q != INFINITE else top * big_l**2 + 1, big_l**2


@planted("P2/last-step", "the last resampling left out of the sum")
def _(instance: Instance) -> Claims:
    yield from evaluated("P2", "instance", instance, N=instance.particles, q=(ONE, *instance.constants.q[:-1]))


@planted("P2/positive-states", "q_p over states of positive true value alone: zero rewards admitted")
def _(instance: Instance) -> Claims:
    yield from evaluated("P2", "instance", instance, N=instance.particles, q=positive_only(instance.constants)[0])


@planted("P3/no-L", "the ratio bound left out", where=instances)
def _(instance: Instance) -> Claims:
    c, horizon = instance.constants, instance.model.horizon
    if INFINITE not in (c.ratio_bound, c.bellman_error):
        yield from evaluated("P3", "uniform", instance, N=instance.particles, T=horizon, L=ONE, eps=c.bellman_error)


@planted("P3/zero-rewards", "L read from the positive ratios alone: 0/1 rewards admitted", where=one_step)
def _(instance: Instance) -> Claims:
    c, values, horizon = instance.constants, instance.twist.values, instance.model.horizon
    positive = [
        r
        for t, layer in enumerate(c.alive[:-1]) for i in layer for e in instance.model.edges[t][i]
        if (r := e.potential * values[t + 1][e.target] / values[t][i])
    ]  # fmt: skip
    if positive and c.bellman_error != INFINITE:
        big_l = max(max(positive), 1 / min(positive))
        yield from evaluated("P3", "uniform", instance, N=instance.particles, T=horizon, L=big_l, eps=c.bellman_error)


@planted("P5/constant", "t eps / 4 in place of 2 t eps", algorithm="guided", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    yield from scaled("P5", "uniform", Rational(1, 8), instance)


@planted("P5/steps", "eps / 2 whatever the step", algorithm="guided", where=two_branches("S2"))
def _(instance: Instance) -> Claims:
    c = instance.constants
    if c.bellman_error != INFINITE:
        for row in rows("S2", instance):
            if row.form == "uniform":
                yield row.quantity, row.value, finite(c.bellman_error) / 2
