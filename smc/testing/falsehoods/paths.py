"""Falsehoods planted beside the path formula: S14 along a path, and S15's upper half, which rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from proofs import bounds
from smc.exact.moments import pair_moments
from smc.numbers import ONE, ZERO, Rational
from smc.samplers import particle_process
from smc.samplers.naive import naive
from smc.setting.analysis import Constants, analyse
from smc.setting.growth import growth_along, reference_means, ways
from smc.setting.model import Edge, Model
from smc.setting.paths import prefix_tree_of
from smc.setting.twist import Twist, perfect, twist
from smc.testing.falsehoods.registry import Claims, distance, long_models, planted, promises, scaled, ties
from smc.testing.instances import Instance
from smc.testing.scalars import factors


@planted("S14/paths-constant", "nine tenths of the sum over paths", where=ties)
def _(instance: Instance) -> Claims:
    yield from scaled("S14", "average", Rational(9, 10), instance)


@planted("S14/meets-once", "the path formula without a second meeting of the two lineages", where=long_models)
def _(instance: Instance) -> Claims:
    yield from _second_moments_of_paths(instance, cut=True, again=False)


def rare_rewards() -> SearchStrategy[Instance]:
    """One step with a reward that is rare, which every value before it knows of."""

    def made(odds: int, particles: int) -> Instance:
        row = (Edge(0, Rational(1, odds)), Edge(1, 1 - Rational(1, odds)))
        model = Model((("root",), ("paid", "lost")), ((row,),), (ONE, ZERO), "a rare reward")
        return Instance(model, perfect(model), particles)

    return st.builds(made, st.integers(2, 40), st.integers(1, 4))


def passing_through() -> SearchStrategy[Instance]:
    """V = 0 at a state, which no particle can stand at, and V > 0 behind it, where no reward comes from."""

    def made(mass: Rational, looks: Rational, particles: int) -> Instance:
        first = (Edge(0, mass), Edge(1, 1 - mass))
        stay = ((Edge(0, ONE),), (Edge(1, ONE),))
        layers = (("root",), ("live", "gone"), ("on", "back"), ("paid", "lost"))
        model = Model(layers, ((first,), stay, stay), (ONE, ZERO), "through the dead")
        return Instance(model, twist(model, [[1], [1, 0], [1, looks]]), particles)

    return st.builds(made, st.sampled_from((Rational(1, 2), Rational(1, 5))), factors(extremes=True), st.integers(1, 4))


@planted(
    "S14/through-the-dead",
    "the free lineage's mean of V also along states where V = 0, as 'E[prod psi V_q | x]' reads: an upper end, not the moment",
    where=passing_through,
)
def _(instance: Instance) -> Claims:
    for name, moment, claimed in _second_moments_of_paths(instance, cut=False, again=True):
        yield f"claimed {name}", claimed, moment


def _upper(instance: Instance, **other: Rational) -> Rational:
    """S15's upper half with other constants."""
    c = instance.constants
    inputs: dict[str, Any] = {"C": c.c_act, "K": 1 + max(c.chi_square)} | other
    return bounds.evaluate("S15", "upper", N=instance.particles, T=c.model.horizon, **inputs)


@planted("S15/without-chi-squares", "coverage alone: K = 1 in the upper half", where=promises)
def _(instance: Instance) -> Claims:
    yield "TV", distance(instance), _upper(instance, K=ONE)


@planted("S15/without-coverage", "chi-squares alone: C = 1 in the upper half", where=rare_rewards)
def _(instance: Instance) -> Claims:
    yield "TV", distance(instance), _upper(instance, C=ONE)


def _second_moments_of_paths(instance: Instance, cut: bool, again: bool) -> Iterator[tuple[str, Rational, Rational]]:
    """`E[(Zhat/Z)^2 nu(z)]` of the paths of the target, and what a path formula says that does not cut, or meets once."""
    tree = prefix_tree_of(instance.model)
    c = analyse(tree.model, Twist(tree.told(instance.twist.values), instance.twist.name))
    n, horizon = instance.particles, c.model.horizon
    moments = pair_moments(particle_process(c.model, c.twist, naive.name), n)
    means = reference_means(c) if cut else _uncut(c)
    for way in ways(c):
        leaf = way[-1][0]
        growth = growth_along(c, means, way, n)[0]
        if not again:
            states = (0, *(x for x, _ in way))
            met = [
                (ONE - ONE / n) ** q * psi * c.true_value[q + 1][y] * means[q][0][0] / (c.twist.values[q][x] * n)
                for q, (x, (y, psi)) in enumerate(zip(states, way, strict=False))
            ]
            growth = (ONE - ONE / n) ** horizon + sum(met, ZERO) / c.normaliser
        yield "E[(Zhat/Z)^2 nu(z)]", moments[leaf] / c.normaliser**2, growth * c.target[leaf]


def _uncut(c: Constants) -> list[list[dict[int, Rational]]]:
    """`reference_means` along all states."""
    found = []
    for q in range(c.model.horizon):
        levels = [dict(enumerate(c.twist.values[q]))]
        for step in c.model.edges[:q][::-1]:
            after = levels[-1]
            levels.append(
                {
                    x: sum((e.probability * e.potential * after[e.target] for e in row), ZERO)
                    for x, row in enumerate(step)
                }
            )
        found.append(levels[::-1])
    return found
