"""The value-guided backtracking walk on a prefix tree (S18), exact: law of the leaves that it visits, steps that it takes, its constants.

From a node x the walk goes up to its parent with weight `V(x)` and down to a child y with weight `M psi V(y)` (root: down only; leaf: up).
It is read at its visits of leaves. Divided by `V(x)` these are the moves and weights of naive SMC: up 1, down `g(x, y) = M G_t(x, y)`, so
the walk runs on that process. Between two leaves it is a walk killed at the leaves: with `d(x)` the sum of the weights at x and `phi(x)`
the expected visits over d(x),

    d(x) phi(x) = s(x) + g(parent, x) phi(parent) + sum_{inner children y} phi(y),    s: where it starts,

is solved by one sweep up the tree and one down, in rationals or balls; a leaf y takes `g(x, y) phi(x)`. Unlike SMC, the walk sees the
level of V.
Source: Rohatgi et al. (2510.03149), Sinclair and Jerrum (1989).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from smc.errors import ModelError, whole_number
from smc.exact.law import OutputLaw
from smc.exact.lengths import MOST_SECONDS, stepped
from smc.numbers import ONE, ZERO, Ball, Rational, ball
from smc.samplers.process import ParticleProcess

Number = TypeVar("Number", Rational, Ball)
Levels = tuple[tuple[Number, ...], ...]
"""A number for every state, by layer."""


@dataclass(frozen=True)
class Backtracking(Generic[Number]):
    """The walk of a process (moves and weights of naive SMC) on its tree, in rationals or in balls.

    parent: `parent[t][x]`, index of the parent in layer t - 1 (None where no walk comes, and at the root).
    down: `down[t][x]`, the weight g of the edge to x from its parent, 0 where no walk comes.
    """

    parent: tuple[tuple[int | None, ...], ...]
    down: Levels[Number]

    @property
    def one(self) -> Number:
        """1, as the numbers of the walk are."""
        return self.down[0][0]

    @property
    def zero(self) -> Number:
        """0, likewise."""
        return self.one - self.one

    def in_balls(self: Backtracking[Rational], bits: int) -> Backtracking[Ball]:
        """The same walk with every weight in a ball of `bits` bits: its laws over many visits have no long fractions. Use it inside
        `precision(bits)`."""
        return Backtracking(self.parent, tuple(tuple(ball(g, bits) for g in layer) for layer in self.down))

    @property
    def horizon(self) -> int:
        """Number of steps `T` from the root to a leaf."""
        return len(self.down) - 1

    @cached_property
    def degree(self) -> Levels[Number]:
        """`d(x)`: 1 for the way up (0 at the root) and g for each way down, shapes (|X_t|,)."""
        found = [[self.one if t else self.zero] * len(layer) for t, layer in enumerate(self.down)]
        for t, _, p, g in self._edges():
            found[t - 1][p] += g
        return tuple(map(tuple, found))

    @cached_property
    def _pivot(self) -> Levels[Number]:
        """`D(x) = d(x) - sum g(x, y) / D(y)` over inner children y: what elimination from below leaves at x."""
        pivots = [list(layer) for layer in self.degree]
        for t in range(self.horizon - 1, 0, -1):
            for x, (p, g) in enumerate(zip(self.parent[t], self.down[t], strict=True)):
                if p is not None:
                    pivots[t - 1][p] -= g / pivots[t][x]
        return tuple(map(tuple, pivots))

    def _edges(self) -> Iterator[tuple[int, int, int, Number]]:
        """(layer, state, parent, g) of every node but the root, from the top."""
        for t in range(1, self.horizon + 1):
            for x, (p, g) in enumerate(zip(self.parent[t], self.down[t], strict=True)):
                if p is not None:
                    yield t, x, p, g

    def next_leaf(self, starts: dict[tuple[int, int], Number]) -> tuple[tuple[Number, ...], Number]:
        """(law of the next leaf, expected steps to it) from a law `starts` on inner nodes (layer, state)."""
        held = [[starts.get((t, x), self.zero) for x in range(len(layer))] for t, layer in enumerate(self.down)]
        for t in range(self.horizon - 1, 0, -1):
            for x, p in enumerate(self.parent[t]):
                if p is not None:
                    held[t - 1][p] += held[t][x] / self._pivot[t][x]
        potential = [[self.zero] * len(layer) for layer in self.down]
        potential[0][0] = held[0][0] / self._pivot[0][0]
        steps = potential[0][0] * self.degree[0][0]
        leaves = [self.zero] * len(self.down[-1])
        for t, x, p, g in self._edges():
            if t == self.horizon:
                leaves[x] = g * potential[t - 1][p]
            else:
                potential[t][x] = (held[t][x] + g * potential[t - 1][p]) / self._pivot[t][x]
                steps += potential[t][x] * self.degree[t][x]
        return tuple(leaves), steps

    def visits(self) -> Iterator[tuple[tuple[Number, ...], Number]]:
        """(law of the leaf, expected steps so far) at the first visit of a leaf from the root, the second, and so on without end."""
        law, steps = self.next_leaf({(0, 0): self.one})
        while True:
            yield law, steps
            law, more = self.next_leaf(self._above(law))
            steps += 1 + more

    def _above(self, law: tuple[Number, ...]) -> dict[tuple[int, int], Number]:
        starts: dict[tuple[int, int], Number] = {}
        for p, mass in zip(self.parent[-1], law, strict=True):
            if p is not None:
                place = (self.horizon - 1, p)
                starts[place] = starts.get(place, self.zero) + mass
        return starts

    def at(self, visits: int, seconds: float = MOST_SECONDS) -> tuple[tuple[Number, ...], Number]:
        """(law of the leaf, expected steps from the root) at the visit of that number: at most `kappa (S visits - 1)` (S18.steps).

        Raises InputError for a count below 1, TooLarge as `stepped` does.
        """
        count = whole_number("visits", visits)
        terms = sum(map(len, self.down))
        return stepped(self.visits(), count, "visits", terms, lambda found: found[0], seconds)

    def leaf_chain(self) -> list[tuple[Number, ...]]:
        """Kernel between successive leaves, shape (|X_T|, |X_T|): reversible with respect to the target (S18.1); rows of zeros where no
        walk comes."""
        size = len(self.down[-1])
        rows = []
        for z, p in enumerate(self.parent[-1]):
            unit = tuple(self.one if x == z else self.zero for x in range(size))
            rows.append((self.zero,) * size if p is None else self.next_leaf(self._above(unit))[0])
        return rows

    @cached_property
    def value_ratio(self) -> Levels[Number]:
        """`u = V*/V`, shapes (|X_t|,): 1 at a leaf, `sum_y g(x, y) u(y)` above."""
        found = [[self.zero] * len(layer) for layer in self.down[:-1]]
        found.append([self.zero if p is None else self.one for p in self.parent[-1]])
        for t in range(self.horizon, 0, -1):
            for x, (p, g) in enumerate(zip(self.parent[t], self.down[t], strict=True)):
                if p is not None:
                    found[t - 1][p] += g * found[t][x]
        return tuple(map(tuple, found))

    @cached_property
    def conductance(self) -> Levels[Number]:
        """`c(y)/V_0`, shapes (|X_t|,): the product of g on the way to y; 1 at the root, which has no way up."""
        found: list[list[Number]] = [[self.one]]
        for t in range(1, self.horizon + 1):
            found.append(
                [
                    self.zero if p is None else found[-1][p] * g
                    for p, g in zip(self.parent[t], self.down[t], strict=True)
                ]
            )
        return tuple(map(tuple, found))

    @cached_property
    def kappa(self) -> Number:
        """`sum_{t >= 1} E_pi[u_t]`: the first leaf from the root has density at most kappa with respect to the target (S18.first)."""
        root = self.value_ratio[0][0]
        pairs = zip(self.conductance[1:], self.value_ratio[1:], strict=True)
        return sum((c * u * u for cs, us in pairs for c, u in zip(cs, us, strict=True)), self.zero) / root

    @cached_property
    def longest(self) -> Number:
        """`A' = max sum_{t >= 1} u_t` over the paths of positive target mass: the leaf chain's gap is at least `1/A'` (S18.2)."""
        sums: list[Number | None] = [self.zero]
        for t in range(1, self.horizon + 1):
            sums = [
                None if p is None or not u or (above := sums[p]) is None else above + u
                for p, u in zip(self.parent[t], self.value_ratio[t], strict=True)
            ]
        return max(s for s in sums if s is not None)

    @cached_property
    def steps_per_visit(self) -> Number:
        """`S = 2 sum_{t >= 1} E[prod psi V_t] / Z`: stationary mean of steps from a leaf to the next (S18.stationary)."""
        return 2 * sum((c for layer in self.conductance[1:] for c in layer), self.zero) / self.value_ratio[0][0]


def backtracking(process: ParticleProcess) -> Backtracking[Rational]:
    """The walk on the tree of `process`. Raises ModelError where a state is entered from two others, or no leaf is reached."""
    parents: list[tuple[int | None, ...]] = [(None,)]
    down: list[tuple[Rational, ...]] = [(ONE,)]
    for t, step in enumerate(process.steps):
        above: list[int | None] = [None] * process.sizes[t + 1]
        weight = [ZERO] * process.sizes[t + 1]
        for x, row in enumerate(step):
            if t and parents[t][x] is None:
                continue
            for y, probability, factor in row:
                if not factor:
                    continue
                if above[y] not in (None, x):
                    raise ModelError(
                        f"state {y} of layer {t + 1} is entered from two states", where="model",
                        mend="the walk goes back up a tree: give the prefix tree of the model, which convert --to tree writes",
                    )  # fmt: skip
                above[y] = x
                weight[y] += probability * factor
        parents.append(tuple(above))
        down.append(tuple(weight))
    if not any(p is not None for p in parents[-1]):
        raise ModelError("no leaf is reached with positive weight", where="model", mend="give some leaf a reward")
    return Backtracking(tuple(parents), tuple(down))


def walk_law(process: ParticleProcess, visits: int, seconds: float = MOST_SECONDS) -> OutputLaw:
    """Law of the leaf at the walk's visit number `visits`. Raises as `backtracking` and `Backtracking.at` do."""
    return OutputLaw(backtracking(process).at(visits, seconds)[0], ZERO)
