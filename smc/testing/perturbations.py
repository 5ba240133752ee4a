"""How reward models go wrong: perturbations of the true value, as small records that a person can read and that any model can take.

A perturbation does not know the model it will meet: its lists of factors or signs are cycled over the states, layer by layer. So a
counterexample's reward model shrinks on its own ("value noise by 2, 1, 1") and not together with the shape of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle

from smc.numbers import ONE, ZERO, Rational
from smc.setting.analysis import prefix_mass, true_value
from smc.setting.model import Model
from smc.setting.tempering import resampled_by_power, tempered
from smc.setting.twist import Twist, constant, perfect, rescaled, twist, with_bellman_error
from smc.testing.instances import Instance


@dataclass(frozen=True)
class Perturbation:
    """Base class. `apply(model)` is the perturbed pair of model and reward model."""

    def apply(self, model: Model) -> Instance:
        """`model` with the reward model that this perturbation makes of its true value."""
        raise NotImplementedError


@dataclass(frozen=True)
class Perfect(Perturbation):
    """`V = V*`: Bellman error 0."""

    def apply(self, model: Model) -> Instance:
        return Instance(model, perfect(model))


@dataclass(frozen=True)
class Constant(Perturbation):
    """`V = value` before the horizon: no guidance at all."""

    value: Rational = ONE

    def apply(self, model: Model) -> Instance:
        return Instance(model, constant(model, self.value))


@dataclass(frozen=True)
class ValueNoise(Perturbation):
    """`V_t(x) = V*_t(x) · f` with the factors f cycled over the states of layers 0..T-1. Dead states keep their value 0."""

    factors: tuple[Rational, ...]

    def apply(self, model: Model) -> Instance:
        noise = cycle(self.factors)
        layers = [[v * next(noise) for v in layer] for layer in true_value(model)[:-1]]
        return Instance(model, twist(model, layers, name="value noise " + ", ".join(map(str, self.factors))))


@dataclass(frozen=True)
class Arbitrary(Perturbation):
    """`V_t(x) = f`, cycled, whatever the truth: it promises reward at states that have none (doomed states)."""

    values: tuple[Rational, ...]

    def apply(self, model: Model) -> Instance:
        given = cycle(self.values)
        return Instance(
            model, twist(model, [[next(given) for _ in layer] for layer in model.layers[:-1]], name="arbitrary")
        )


@dataclass(frozen=True)
class BellmanNoise(Perturbation):
    """Bellman error (at most) eps: backwards from `V_T = phi`, `V_t = (B_t V)(1+eps)^s`, the signs s in {-1, 0, 1} cycled."""

    eps: Rational
    signs: tuple[int, ...]

    def apply(self, model: Model) -> Instance:
        starts = [sum(model.sizes[:t]) for t in range(model.horizon)]
        return Instance(
            model, with_bellman_error(model, self.eps, lambda t, i: self.signs[(starts[t] + i) % len(self.signs)])
        )


@dataclass(frozen=True)
class AdversarialSigns(Perturbation):
    """Bellman noise eps whose sign follows the state: overrated where the true value is above its layer's mean, underrated elsewhere,
    or the other way round. Errors then add up along a path instead of cancelling."""

    eps: Rational
    overrate_good: bool = True

    def apply(self, model: Model) -> Instance:
        truth = true_value(model)
        means = [sum(layer, ZERO) / len(layer) for layer in truth]
        good = 1 if self.overrate_good else -1
        adversary = with_bellman_error(model, self.eps, lambda t, i: good if truth[t][i] >= means[t] else -good)
        return Instance(model, Twist(adversary.values, f"adversarial signs, eps {self.eps}"))


@dataclass(frozen=True)
class Delayed(Perturbation):
    """One-step-delayed values: `V_t(x)` is the mean of `V*_{t-1}` over the parents of x, as if the last step had not been read."""

    def apply(self, model: Model) -> Instance:
        truth, mass = true_value(model), prefix_mass(model)
        layers: list[list[Rational]] = [[truth[0][0]]]
        for t in range(1, model.horizon):
            inflow, carried = [ZERO] * model.sizes[t], [ZERO] * model.sizes[t]
            for x, row in enumerate(model.edges[t - 1]):
                for e in row:
                    share = mass[t - 1][x] * e.probability * e.potential
                    inflow[e.target] += share
                    carried[e.target] += share * truth[t - 1][x]
            # where no mass arrives, or only past worth nothing, the reward model falls back on the truth
            layers.append([c / m if m and c else v for c, m, v in zip(carried, inflow, truth[t], strict=True)])
        return Instance(model, twist(model, layers, name="delayed by one step"))


@dataclass(frozen=True)
class ZeroRewards(Perturbation):
    """Terminal rewards where the cycled mask is set become 0, and the reward model still believes in the old ones."""

    mask: tuple[bool, ...]

    def apply(self, model: Model) -> Instance:
        believed = true_value(model)
        reward = tuple(ZERO if gone else phi for gone, phi in zip(cycle(self.mask), model.reward, strict=False))
        poorer = Model(model.layers, model.edges, reward, model.name)
        if not true_value(poorer)[0][0]:
            poorer = model
        return Instance(poorer, twist(poorer, believed[:-1], name="believes in lost rewards"))


@dataclass(frozen=True)
class Rescaled(Perturbation):
    """Gauge: `c_t V_t` on top of another perturbation, factors cycled over layers. Changes eps and no law."""

    base: Perturbation
    factors: tuple[Rational, ...]

    def apply(self, model: Model) -> Instance:
        inner = self.base.apply(model)
        scale = cycle(self.factors)
        return Instance(inner.model, rescaled(inner.model, inner.twist, [next(scale) for _ in range(model.horizon)]))


COARSE = 8
"""Significant bits of the irrational powers below: fractions stay short, and a declared twist is as good as any other."""


@dataclass(frozen=True)
class Tempered(Perturbation):
    """`V_t^a` on top of another perturbation, the exponents a cycled over layers; irrational powers in few bits."""

    base: Perturbation
    exponents: tuple[Rational, ...]

    def apply(self, model: Model) -> Instance:
        inner = self.base.apply(model)
        powers = cycle(self.exponents)
        exponents = [next(powers) for _ in range(model.horizon)]
        return Instance(inner.model, tempered(inner.model, inner.twist, exponents, bits=COARSE))


@dataclass(frozen=True)
class ResampledByPower(Perturbation):
    """The twist of a loop that resamples by `W^share` and carries the rest, on top of another perturbation; on prefix trees only."""

    base: Perturbation
    share: Rational

    def apply(self, model: Model) -> Instance:
        inner = self.base.apply(model)
        return Instance(inner.model, resampled_by_power(inner.model, inner.twist, self.share, bits=COARSE))
