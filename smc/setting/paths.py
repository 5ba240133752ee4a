"""The prefix tree of a model: a state is a path, for what depends on the path: one that is kept, a walk that goes back, carried weights.

Its runs are the model's, told with the whole way of each particle: the same output law once a path counts as its end, and the same
constants (theory, section 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from smc.errors import TooLarge
from smc.numbers import Rational
from smc.setting.model import Edge, Model

MOST_NODES = 200_000
"""Largest prefix tree that is made."""


class PrefixTree(NamedTuple):
    """model: the tree. ends: `ends[t][k]`, index in layer t of the model of the state where path k ends."""

    model: Model
    ends: tuple[tuple[int, ...], ...]

    def told(self, values: Sequence[Sequence[Rational]]) -> tuple[tuple[Rational, ...], ...]:
        """Values of the model's states, by layer, as those of the paths that end there."""
        return tuple(tuple(layer[x] for x in ends) for layer, ends in zip(values, self.ends, strict=False))


def paths_by_layer(model: Model) -> list[int]:
    """Paths of moves of positive probability from the root to each layer, shape (T + 1,)."""
    count, found = {0: 1}, [1]
    for step in model.edges:
        after: dict[int, int] = {}
        for x, paths in count.items():
            for e in step[x]:
                if e.probability:
                    after[e.target] = after.get(e.target, 0) + paths
        count = after
        found.append(sum(count.values()))
    return found


def is_tree(model: Model) -> bool:
    """Whether no state is entered by two moves of positive probability from states that the reference reaches."""
    layer = [0]
    for step in model.edges:
        layer = [e.target for x in layer for e in step[x] if e.probability]
        if len(set(layer)) < len(layer):
            return False
    return True


def prefix_tree_of(model: Model) -> PrefixTree:
    """The prefix tree: a state is a path of moves of positive probability, named by its states without the root. Raises TooLarge."""
    nodes = sum(paths_by_layer(model))
    if nodes > MOST_NODES:
        raise TooLarge(
            f"the prefix tree has {nodes:,} nodes, the limit is {MOST_NODES:,}",
            where="model",
            mend="take a shorter horizon",
        )
    ends: list[tuple[int, ...]] = [(0,)]
    layers: list[tuple[str, ...]] = [model.layers[0]]
    steps = []
    for t, step in enumerate(model.edges):
        rows: list[tuple[Edge, ...]] = []
        below: list[int] = []
        names: list[str] = []
        for x, path in zip(ends[-1], layers[-1], strict=True):
            moves = [e for e in step[x] if e.probability]
            rows.append(tuple(Edge(len(below) + k, e.probability, e.potential) for k, e in enumerate(moves)))
            below += [e.target for e in moves]
            start = f"{path} / " if t else ""
            names += [start + model.layers[t + 1][e.target] for e in moves]
        ends.append(tuple(below))
        layers.append(tuple(_told_apart(names)))
        steps.append(tuple(rows))
    reward = tuple(model.reward[x] for x in ends[-1])
    return PrefixTree(Model(tuple(layers), tuple(steps), reward, model.name, model.notes), tuple(ends))


def _told_apart(names: Iterable[str]) -> list[str]:
    """`names` with a number behind those that came before: two moves may lead to the same state."""
    found: dict[str, None] = {}
    for name in names:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name} ({number})"
        found[free] = None
    return list(found)
