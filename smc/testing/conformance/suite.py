"""The instances on which a sampler is held to its law: small enough to enumerate, asymmetric, each with one of the nasty cases.

All values lie below 1, as scores do, and no two parts of a step have the same value: a fault that a symmetric test hides shows here.
"""

from __future__ import annotations

from smc.numbers import Rational
from smc.samplers.sampler import Sampler
from smc.setting.model import Edge, Model
from smc.setting.twist import Twist, twist
from smc.testing.instances import Instance

FAR = Rational(1, 10**200)
"""A value whose square has no double."""


def ordinary(particles: int = 3) -> Instance:
    """Two steps, two states a layer, no zeros; a reward model that is off by factors up to 3."""
    model = Model.from_edges(
        [["start"], ["a", "b"], ["a", "b"]],
        [
            [("start", "a", "2/5"), ("start", "b", "3/5")],
            [("a", "a", "2/3"), ("a", "b", "1/3"), ("b", "a", "1/4"), ("b", "b", "3/4")],
        ],
        {"a": "1/5", "b": "9/10"},
        name="ordinary",
    )
    return Instance(model, twist(model, [["1/2"], ["3/10", "4/5"]]), particles)


def ending(particles: int = 2) -> Instance:
    """Three steps; a sequence may end early; a state of reward zero, so that particles, and whole runs, die."""
    going = [
        ("a", "a", "1/2"),
        ("a", "b", "1/4"),
        ("a", "end", "1/4"),
        ("b", "a", "1/5"),
        ("b", "b", "4/5"),
        ("end", "end", 1),
    ]
    model = Model.from_edges(
        [["start"], *[["a", "b", "end"]] * 3],
        [[("start", "a", "1/2"), ("start", "b", "1/4"), ("start", "end", "1/4")], going, going],
        {"a": "9/10", "b": 0, "end": "2/5"},
        name="ending",
    )  # fmt: skip
    return Instance(model, twist(model, [["1/2"], ["3/5", "1/5", "7/20"], ["4/5", "1/3", "3/10"]]), particles)


def spread(particles: int = 3) -> Instance:
    """Three steps with weights that differ by a factor of 40: an effective sample size falls below half of N in some runs, not in all."""
    going = [("a", "a", "1/2"), ("a", "b", "1/2"), ("b", "a", "1/3"), ("b", "b", "2/3")]
    model = Model.from_edges(
        [["start"], *[["a", "b"]] * 3],
        [[("start", "a", "7/10"), ("start", "b", "3/10")], going, going],
        {"a": "3/10", "b": "3/5"},
        name="spread",
    )
    return Instance(model, twist(model, [["1/2"], ["1/50", "4/5"], ["1/4", "1/10"]]), particles)


def far(particles: int = 2) -> Instance:
    """`ordinary` in another gauge: values and potentials of step 1 are 10^-200 times as large, so that weights near 10^-400 occur, which
    no double holds, while every number of the model has one. In logarithms nothing changes but a constant."""
    plain = ordinary(particles)
    first, *rest = plain.model.edges
    small = tuple(tuple(Edge(e.target, e.probability, e.potential * FAR) for e in row) for row in first)
    model = Model(plain.model.layers, (small, *rest), plain.model.reward, "far")
    values = plain.twist.values
    return Instance(model, Twist((values[0], tuple(v * FAR for v in values[1]), values[2]), "far"), particles)


def suite(sampler: Sampler) -> tuple[Instance, ...]:
    """The instances for a loop declared to be `sampler`, simplest first: `spread` where a threshold decides."""
    return (ordinary(), ending(), *([] if sampler.resampling.threshold is None else [spread()]), far())
