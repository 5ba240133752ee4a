"""The query model of the lower bounds (P4, S6): an algorithm sees of the model only what it asked for.

A *prefix* is a handle on a path from the root. Expanding it costs one query and reveals its children with their reference
probability, potential and value. Expanding it again is free: an algorithm remembers. A *guess* continues a prefix to a complete path
by the reference process, free of charge, and reveals nothing but the handle of the end: the bounds need no rule against guessing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from smc.errors import InputError
from smc.montecarlo.draws import Draws, whole_weights
from smc.numbers import Rational
from smc.setting.model import Model, Row
from smc.setting.twist import Twist


class BudgetSpent(Exception):
    """A query was asked beyond the budget; the algorithm must answer with what it knows."""


class Prefix(NamedTuple):
    """A handle: depth, and a name that says nothing about the model beyond identity."""

    depth: int
    name: int


class Child(NamedTuple):
    """What an expansion reveals of one child."""

    prefix: Prefix
    probability: Rational
    potential: Rational
    value: Rational


@dataclass
class Oracle:
    """A model and a reward model behind unit-cost queries.

    budget: largest number of distinct prefixes that may be expanded; None for no limit. queries: how many have been.
    """

    model: Model
    twist: Twist
    budget: int | None = None
    queries: int = 0
    _paths: list[tuple[int, ...]] = field(default_factory=lambda: [()], repr=False)
    _children: dict[Prefix, tuple[Child, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.budget is not None and self.budget < 0:
            raise InputError(f"{self.budget} queries", where="queries", mend="give zero or more")

    @property
    def horizon(self) -> int:
        """Steps from the root to a complete path; known to every algorithm."""
        return self.model.horizon

    @property
    def root(self) -> Prefix:
        """The empty prefix, known from the start, with `root_value`."""
        return Prefix(0, 0)

    @property
    def root_value(self) -> Rational:
        """`V_0`."""
        return self.twist.values[0][0]

    def expand(self, prefix: Prefix) -> tuple[Child, ...]:
        """Children of `prefix`. Raises BudgetSpent, and InputError for a handle that was never given out or a complete path."""
        if prefix in self._children:
            return self._children[prefix]
        self._known(prefix)
        if prefix.depth == self.horizon:
            raise InputError("a complete path has no children", where=f"expand({prefix})")
        if self.budget is not None and self.queries >= self.budget:
            raise BudgetSpent
        self.queries += 1
        path = self._paths[prefix.name]
        children = []
        for edge in self._row(path, prefix.depth):
            handle = self._hand_out((*path, edge.target))
            children.append(
                Child(handle, edge.probability, edge.potential, self.twist.values[prefix.depth + 1][edge.target])
            )
        self._children[prefix] = tuple(children)
        return self._children[prefix]

    def guess(self, prefix: Prefix, draws: Draws) -> Prefix:
        """A complete path below `prefix`, drawn by the reference process. Free; reveals nothing on the way."""
        self._known(prefix)
        path = self._paths[prefix.name]
        for depth in range(prefix.depth, self.horizon):
            row = self._row(path, depth)
            path = (*path, row[draws.choose(whole_weights([e.probability for e in row]))].target)
        return self._hand_out(path) if prefix.depth < self.horizon else prefix

    def reveal(self, prefix: Prefix) -> tuple[int, ...]:
        """State indices along `prefix` from layer 1 on. For the referee who judges the output, never for an algorithm."""
        self._known(prefix)
        return self._paths[prefix.name]

    def _row(self, path: tuple[int, ...], depth: int) -> Row:
        return self.model.edges[depth][path[-1] if path else 0]

    def _hand_out(self, path: tuple[int, ...]) -> Prefix:
        self._paths.append(path)
        return Prefix(len(path), len(self._paths) - 1)

    def _known(self, prefix: Prefix) -> None:
        if not (0 <= prefix.name < len(self._paths) and len(self._paths[prefix.name]) == prefix.depth):
            raise InputError("this prefix was never revealed", where=f"{prefix}", mend="expand its parent first")
