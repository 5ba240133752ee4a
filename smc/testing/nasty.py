"""Strategies for the cases at which SMC code goes wrong: ties, zeros, one particle, runs that die whole, ends, weights beyond doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.numbers import ONE, ZERO, Rational
from smc.samplers.naive import naive
from smc.samplers.resampling import SCHEMES, SIZES, Choice, Resampling
from smc.samplers.sampler import Sampler
from smc.setting.model import Edge, Model, Row
from smc.setting.twist import Twist, twist
from smc.testing import arguments
from smc.testing.instances import Instance, most_particles
from smc.testing.models import layered_models
from smc.testing.rewards import instances
from smc.testing.scalars import normalised

HALF = Rational(1, 2)
FAR = Rational(1, 10**200)
"""A scale whose square has no double."""


def _ties(instance: Instance) -> Instance:
    """All rewards and values 1, so that all weights of a step tie where potentials do."""
    model = instance.model
    ones = tuple((ONE,) * size for size in model.sizes)
    return Instance(Model(model.layers, model.edges, ones[-1], "ties"), Twist(ones, "one"), instance.particles)


def _with_branch(instance: Instance, name: str, reward: Rational, value: Rational) -> Instance:
    """A further state in every layer, entered from the root with probability 1/2 and then kept to the end."""
    model = instance.model
    layers = (model.layers[0], *((*layer, name) for layer in model.layers[1:]))
    steps: list[tuple[Row, ...]] = []
    for t, step in enumerate(model.edges):
        there = model.sizes[t + 1]
        if t == 0:
            (row,) = step
            steps.append(((*(Edge(e.target, e.probability / 2, e.potential) for e in row), Edge(there, HALF)),))
        else:
            steps.append((*step, (Edge(there, ONE),)))
    values = instance.twist.values
    given = [values[0], *((*layer, value) for layer in values[1:-1])]
    grown = Model(layers, tuple(steps), (*model.reward, reward), name)
    return Instance(grown, twist(grown, given, name="with " + name), instance.particles)


def _dead(instance: Instance) -> Instance:
    """Half of the particles go where the reward is zero though the value is positive: a run dies whole with probability 2^-N or more."""
    return _with_branch(instance, "doomed", ZERO, ONE)


def _ends(instance: Instance) -> Instance:
    """Half of the sequences end after the first step, with reward 1/2."""
    return _with_branch(instance, "end", HALF, HALF)


def _alone(instance: Instance) -> Instance:
    """One particle."""
    return Instance(instance.model, instance.twist, 1)


def _far(instance: Instance) -> Instance:
    """The same run in another gauge: potentials and values of step 1 are 10^-200 times as large (of a model of one step: the potentials and
    no value), so that a weight may be near 10^-400."""
    model, values = instance.model, instance.twist.values
    first = tuple(tuple(Edge(e.target, e.probability, e.potential * FAR) for e in row) for row in model.edges[0])
    scaled = values if model.horizon == 1 else (values[0], tuple(v * FAR for v in values[1]), *values[2:])
    far = Model(model.layers, (first, *model.edges[1:]), model.reward, "far")
    return Instance(far, Twist(scaled, "far"), instance.particles)


NASTY: dict[str, Callable[[Instance], Instance]] = {
    "ties": _ties,
    "alone": _alone,
    "dead": _dead,
    "ends": _ends,
    "far": _far,
}
"""By kind, simplest first: what is made of a drawn instance. Zero rewards and zero potentials are drawn under every kind but ties."""


def nasty_instances(
    *,
    kinds: Iterable[str] = tuple(NASTY),
    max_horizon: int = 3,
    max_states: int = 2,
    max_particles: int = 3,
    work: int = 50_000,
) -> SearchStrategy[Instance]:
    """Instances at which SMC code goes wrong. kinds: which, of `NASTY`; the others as for `instances`. Shrinks towards the first kind
    named, fewer steps and states, and N = 1."""
    chosen = arguments.subset("kinds", kinds, tuple(NASTY))
    models = layered_models(max_horizon=max_horizon, max_states=max_states, extremes=False)
    base = instances(models=models, max_particles=max_particles, work=work)

    def made(kind: str) -> SearchStrategy[Instance]:
        return base.map(NASTY[kind]).map(
            lambda i: Instance(i.model, i.twist, min(i.particles, most_particles(i.model, max_particles, work)))
        )

    return st.sampled_from(chosen).flatmap(made)


def nasty_weights(*, max_particles: int = 5) -> SearchStrategy[tuple[Rational, ...]]:
    """Normalised weights of 1..max_particles particles: ties, zeros, multiples of 1/N (where strata and weights break at the same place),
    one that has it all, and one that outweighs the others by 10^6. Shrinks towards one particle and equal weights."""
    arguments.whole("max_particles", max_particles, most=26)
    whole = st.lists(st.sampled_from([1, 0, 2, 3, 10**6]), min_size=1, max_size=max_particles)
    return whole.map(normalised)


def resamplings() -> SearchStrategy[Resampling]:
    """Every scheme, after every step or below a threshold that sizes attain exactly, of either size. Shrinks towards multinomial after
    every step."""
    thresholds = [None, HALF, Rational(2, 3), Rational(3, 4), ZERO, ONE]
    return st.builds(
        Resampling,
        st.sampled_from(list(SCHEMES.values())),
        st.sampled_from(thresholds),
        st.sampled_from(list(SIZES.values())),
    )


def loops() -> SearchStrategy[Sampler]:
    """Naive-proposal SMC under any resampling and choice of the output. Shrinks towards plain SMC."""
    return st.builds(naive.resampling_by, resamplings(), st.sampled_from(list(Choice)))
