"""Small models in which sealed statements are read, and how a closed form is held against what was read."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import flint

from proofs.bounds import ball
from smc.setting.model import Model
from smc.setting.twist import twist, with_bellman_error


def branching(reward: tuple = ("1", "6/5"), values: tuple = (("11/10",), ("21/20", "1"))):
    """Two steps, two states a layer, unequal branches, a potential, and a twist that is wrong."""
    model = Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3", "9/8")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
        ],
        dict(zip(("c", "d"), reward, strict=True)),
    )
    return model, twist(model, values)


def perfect():
    model, _ = branching()
    return model, with_bellman_error(model, 0)


MODELS = {"wrong twist": branching, "perfect twist": perfect, "zero rewards": lambda: branching(("0", "1"))}


def same(bound: Any, read: Any) -> bool:
    """A closed form equals what was read: exactly, or, where it has a root, as a thin ball (the reader's roots are above by 2^-100)."""
    if isinstance(bound, flint.arb):
        return bound.rad() < flint.arb(2) ** -40 and bound.overlaps(ball(read))
    return bound == read


def ascending(*numbers: Any) -> bool:
    """None is above the next: exactly where all are rational, otherwise certain of their balls."""
    if any(isinstance(x, flint.arb) for x in numbers):
        numbers = tuple(map(ball, numbers))
    return all(low <= high for low, high in pairwise(numbers))
