"""Small models in which sealed statements are read."""

from __future__ import annotations

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
