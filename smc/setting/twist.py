"""Reward models (twists): the approximate values that steer the sampler, and perturbations of them.

A twist is `V_t >= 0` on every layer with `V_T = phi` and `V_0 > 0`; it must not kill a live state: `V_t(x) = 0` implies `V*_t(x) = 0`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from smc.errors import ModelError
from smc.numbers import ONE, rational
from smc.setting.analysis import Twist, true_value
from smc.setting.model import Model, reachable

__all__ = [
    "Twist",
    "constant",
    "from_function",
    "from_mappings",
    "perfect",
    "rescaled",
    "twist",
    "with_bellman_error",
    "with_floor",
]

NO_MASS = "the target has mass zero"


def twist(model: Model, values: Sequence[Sequence[object]], *, name: str = "given") -> Twist:
    """`values` for layers 0..T-1 (or 0..T, the last equal to the reward), checked against `model`.

    Raises ModelError for a wrong shape, a negative value, `V_0 = 0`, `V_T != phi`, a killed live state, and a target of mass zero.
    """
    given = [tuple(rational(v) for v in layer) for layer in values]
    if len(given) == model.horizon:
        given.append(model.reward)
    if len(given) != model.horizon + 1:
        raise ModelError(
            f"{len(values)} layers of values for horizon {model.horizon}", where="value", mend="give layers 0..T-1"
        )
    if given[-1] != model.reward:
        raise ModelError(
            "the last layer differs from the reward",
            where=f"value[{model.horizon}]",
            mend="V_T is the reward; leave it out",
        )
    truth = true_value(model)
    if not truth[0][0]:
        raise ModelError(
            NO_MASS,
            where="reward",
            mend="some path of positive probability and potential must end in a positive reward",
        )
    live = reachable(model)
    for t, (layer, states) in enumerate(zip(given, model.layers, strict=True)):
        if len(layer) != len(states):
            raise ModelError(
                f"{len(layer)} values for {len(states)} states", where=f"value[{t}]", mend="give one value a state"
            )
        for i, value in enumerate(layer):
            if value < 0:
                raise ModelError(
                    f"negative value {value}",
                    where=f"value[{t}][{states[i]!r}]",
                    mend="values are expected rewards: zero or more",
                )
            if not value and truth[t][i] and i in live[t]:
                raise ModelError(
                    f"value 0 kills a live state (its true value is {truth[t][i]})",
                    where=f"value[{t}][{states[i]!r}]",
                    mend="give every state that can still earn a reward a positive value, or choose --value floor:1/100, "
                    "or --value file:kill where that is meant",
                )
    return Twist(tuple(given), name)


def with_floor(model: Model, values: Sequence[Sequence[object]], floor: object) -> Twist:
    """`values` for layers 0..T-1 with `floor` in place of 0 on every live state: a scorer that estimates 0 from a few failed runs.

    The name says how many states were lifted; the Bellman error is that of the lifted values. Raises ModelError for a floor that is not
    positive, and as `twist` does.
    """
    least = rational(floor)
    if least <= 0:
        raise ModelError(
            f"floor {least} is not positive", where="floor", mend="give a small positive value such as 1/100"
        )
    truth, live, lifted = true_value(model), reachable(model), 0
    rows = []
    for t, layer in enumerate(values):
        row = [rational(value) for value in layer]
        for i in live[t]:
            if t < model.horizon and not row[i] and truth[t][i]:
                row[i], lifted = least, lifted + 1
        rows.append(row)
    return twist(model, rows, name=f"file, 0 on {lifted} live state{'s' * (lifted != 1)} read as {least}")


def perfect(model: Model) -> Twist:
    """The true value as reward model: Bellman error 0."""
    return twist(model, true_value(model), name="V*")


def constant(model: Model, value: object = 1) -> Twist:
    """`V_t = value` before the horizon: no guidance until the terminal reward (best-of-N's weights, spread over one step)."""
    return twist(model, [[value] * size for size in model.sizes[:-1]], name="constant")


def from_function(model: Model, value: Callable[[int, str], object], *, name: str = "heuristic") -> Twist:
    """A hand-written heuristic: `value(t, state name)` for layers 0..T-1."""
    return twist(model, [[value(t, s) for s in layer] for t, layer in enumerate(model.layers[:-1])], name=name)


def from_mappings(model: Model, values: Sequence[Mapping[Any, object]], *, name: str = "given") -> Twist:
    """Values by state name for layers 0..T-1, as the JSON format has them. A missing state raises ModelError with its place."""
    rows = []
    values = [{str(state): value for state, value in layer.items()} for layer in values]  # as `from_edges` names states
    for t, states in enumerate(model.layers[:-1]):
        if t >= len(values):
            raise ModelError(f"no values for layer {t}", where="value", mend="give layers 0..T-1")
        for state in values[t]:
            if state not in states:
                raise ModelError(f"unknown state {state!r}", where=f"value[{t}]", mend=f"use the names of layers[{t}]")
        for state in states:
            if state not in values[t]:
                raise ModelError(
                    f"no value for state {state!r}", where=f"value[{t}]", mend="give every state of the layer a value"
                )
        row = []
        for state in states:
            try:
                row.append(rational(values[t][state]))
            except (TypeError, ValueError) as error:
                raise ModelError(str(error), where=f"value[{t}][{state!r}]") from None
        rows.append(row)
    return twist(model, rows, name=name)


def rescaled(model: Model, base: Twist, factors: Sequence[object]) -> Twist:
    """Gauge: `c_t V_t` for layers 0..T-1, every `c_t > 0`. Changes the Bellman error and no law of the sampler."""
    scale = [rational(c) for c in factors]
    if len(scale) != model.horizon or any(c <= 0 for c in scale):
        raise ModelError(f"{len(scale)} factors for {model.horizon} layers, all must be positive", where="factors")
    return twist(
        model,
        [[c * v for v in layer] for c, layer in zip(scale, base.values, strict=False)],
        name=f"{base.name}, rescaled",
    )


def with_bellman_error(
    model: Model,
    eps: object,
    sign: Callable[[int, int], int] = lambda t, i: 1 if (t + i) % 2 == 0 else -1,
    *,
    name: str = "",
) -> Twist:
    """Values whose Bellman error is at most `eps`, and exactly `eps` unless no sign pushes outward on a live state.

    Backward from `V_T = phi`: `V_t(x) = (B_t V)(x) · (1+eps)^s` with `s = sign(t, index of x)` in {-1, 0, 1}, so
    that every Bellman ratio is
    1+eps, 1 or 1/(1+eps). `sign` chooses the pattern; an adversarial one correlates it with the state.
    """
    factor = ONE + rational(eps)
    if factor < 1:
        raise ModelError(f"Bellman error {eps} is negative", where="eps", mend="give zero or more")
    layers = [model.reward]
    for t in range(model.horizon - 1, -1, -1):
        backed = (
            sum((e.probability * e.potential * layers[0][e.target] for e in row), rational(0)) for row in model.edges[t]
        )
        layers.insert(0, tuple(b * factor ** sign(t, i) for i, b in enumerate(backed)))
    return twist(model, layers, name=name or f"Bellman error {eps}")
