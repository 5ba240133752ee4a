"""Small models for the Monte Carlo tests: dead ends, zero rewards, shared successors, edges whose weight depends on
the parent.
"""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from smc.samplers import particle_process
from smc.samplers.process import ParticleProcess
from smc.setting.analysis import true_value
from smc.setting.model import Model
from smc.setting.twist import Twist, twist


def lattice() -> Model:
    """Two steps, two states a layer, edge potentials that depend on the parent, one zero reward."""
    return Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3", "1"), ("root", "b", "2/3", "1/2")],
            [("a", "c", "1/2", "2"), ("a", "d", "1/2", "1"), ("b", "c", "1/2", "1"), ("b", "d", "1/2", "3")],
        ],
        {"c": "1", "d": "0"},
        name="lattice",
    )


def ladder() -> Model:
    """Three steps of two states each: long enough for a resampling that is skipped to matter."""
    layers = [["root"], ["a", "b"], ["c", "d"], ["e", "f"]]
    return Model.from_edges(
        layers,
        [
            [("root", "a", "1/2"), ("root", "b", "1/2")],
            [("a", "c", "1/2"), ("a", "d", "1/2"), ("b", "c", "1/4"), ("b", "d", "3/4", "2")],
            [("c", "e", "1/2"), ("c", "f", "1/2"), ("d", "e", "2/3"), ("d", "f", "1/3")],
        ],
        {"e": "1", "f": "3"},
        name="ladder",
    )


def skewed(model: Model, *, seed: int = 5) -> Twist:
    """A twist that is wrong by small whole factors; never zero where the truth is not."""
    choose = random.Random(seed).choice
    values = [[v * choose([Fraction(1, 2), 1, 2, 3]) for v in layer] for layer in true_value(model)[:-1]]
    return twist(model, values, name="skewed")


def promising(model: Model) -> Twist:
    """A twist of 1 before the horizon: states that lead nowhere look as good as any, so runs can die."""
    return twist(model, [[1] * size for size in model.sizes[:-1]], name="promising")


def random_model(seed: int, *, horizon: int, width: int, zero: float = 0.25) -> Model:
    """A random layered model with up to `width` states a layer, small denominators, some zero rewards and zero
    potentials.
    """
    draw = random.Random(seed)
    layers = [["root"], *([f"{t}.{i}" for i in range(draw.randint(2, width))] for t in range(1, horizon + 1))]
    steps = []
    for here, there in itertools.pairwise(layers):
        step = []
        for x in here:
            masses = [draw.randint(0, 3) for _ in there]
            masses[draw.randrange(len(there))] += 1
            step += [
                (x, y, Fraction(m, sum(masses)), 0 if draw.random() < zero / 2 else draw.choice([1, 1, 2]))
                for y, m in zip(there, masses, strict=True)
                if m
            ]
        steps.append(step)
    reward = {y: 0 if draw.random() < zero else draw.choice([1, 2, 3]) for y in layers[-1]}
    model = Model.from_edges(layers, steps, reward, name=f"random {seed}")
    return model if true_value(model)[0][0] else random_model(seed + 10**6, horizon=horizon, width=width, zero=zero)


def process(model: Model, algorithm: str, *, seed: int = 5) -> ParticleProcess:
    """`algorithm` on `model` under the skewed twist."""
    return particle_process(model, skewed(model, seed=seed), algorithm)


def persistent(horizon: int) -> Model:
    """Two states that particles never leave: a fault in one resampling step adds up over the others."""
    layers = [["root"], *[["a", "b"]] * horizon]
    stay = [("a", "a", 1), ("b", "b", 1)]
    steps = [[("root", "a", "1/2"), ("root", "b", "1/2")], *[stay] * (horizon - 1)]
    return Model.from_edges(layers, steps, {"a": "1", "b": "3"}, name="persistent")


def persistent_process(horizon: int) -> ParticleProcess:
    """Naive SMC on `persistent` with values that rise for a and fall for b: weights differ at every step."""
    model = persistent(horizon)
    values = [[1], *([Fraction(4, 3) ** t, Fraction(5, 6) ** t] for t in range(1, horizon))]
    return particle_process(model, twist(model, values, name="drifting"), "naive")
