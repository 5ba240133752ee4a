"""Exhaustive minimax over all deterministic adaptive algorithms, in tiny cases; and the exact optimum that it confirms.

A deterministic algorithm with Q queries is a decision tree: at each node it expands a known prefix, chosen from the
answers so far, and at the end
it answers with a path. By Yao's principle a randomised algorithm is a mixture of such trees, so over a uniformly hidden prefix its answer
lies below the hidden one with probability at most the best tree's. `best_hit` finds that tree by trying every choice at every node.
The search sees the instances through their oracles alone and knows nothing of the formula `(Q+1)/B`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smc.errors import InputError, TooLarge, whole_number
from smc.instances.hidden import HardInstance
from smc.numbers import ZERO, Rational
from smc.query.oracle import Oracle, Prefix

MOST_NODES = 2_000_000
"""Largest number of decision nodes that are visited."""

Path = tuple[int, ...]


@dataclass(frozen=True)
class Optimum:
    """Best chance, over a uniformly hidden prefix, that the answer lies below it; and how many decision nodes were tried for it."""

    hit: Rational
    decisions: int


def best_hit(instances: Sequence[HardInstance], queries: int) -> Optimum:
    """The exact optimum over every deterministic adaptive algorithm with at most `queries` queries (those above the hidden level are free).

    Raises InputError for queries beyond the tree, TooLarge beyond `MOST_NODES` decision nodes.
    """
    search = _Search(instances)
    most = len(search.prefixes) * (instances[0].model.horizon - search.level)
    if whole_number("queries", queries, least=0) > most:
        raise InputError(
            f"{queries}", where="queries", mend=f"this tree has {most} prefixes to ask about; give 0..{most}"
        )
    best = search.play(frozenset(range(len(instances))), frozenset(), queries)
    return Optimum(Rational(best, len(instances)), search.decisions)


class _Search:
    def __init__(self, instances: Sequence[HardInstance]) -> None:
        self.instances = instances
        self.level = len(instances[0].hidden)
        self.decisions = 0
        model = instances[0].model
        paths: list[Path] = [()]
        for t in range(self.level):
            paths = [(*p, e.target) for p in paths for e in model.edges[t][p[-1] if p else 0]]
        self.prefixes = paths
        self.answers = [self._answers(instance) for instance in instances]

    def _answers(self, instance: HardInstance) -> dict[Path, tuple]:
        """What every expansion from the hidden level on would show of this instance, path by path."""
        oracle = Oracle(instance.model, instance.twist)
        frontier: dict[Path, Prefix] = {(): oracle.root}
        shown: dict[Path, tuple] = {}
        for t in range(instance.model.horizon):
            following: dict[Path, Prefix] = {}
            for path, prefix in frontier.items():
                children = oracle.expand(prefix)
                if t >= self.level:
                    shown[path] = tuple((c.probability, c.potential, c.value) for c in children)
                for child in children:
                    following[oracle.reveal(child.prefix)] = child.prefix
            frontier = following
        return shown

    def play(self, consistent: frozenset[int], expanded: frozenset[Path], left: int) -> int:
        """Most instances among `consistent` that one decision tree from here on answers correctly."""
        self.decisions += 1
        if self.decisions > MOST_NODES:
            raise TooLarge(
                f"more than {MOST_NODES} decision nodes", where="minimax", mend="use fewer children, levels or queries"
            )
        best = max(sum(p == self.instances[u].hidden for u in consistent) for p in self.prefixes)
        if not left:
            return best
        for path in self._open(expanded):
            groups: dict[tuple, set[int]] = {}
            for u in consistent:
                groups.setdefault(self.answers[u][path], set()).add(u)
            total = sum(self.play(frozenset(group), expanded | {path}, left - 1) for group in groups.values())
            best = max(best, total)
        return best

    def _open(self, expanded: frozenset[Path]) -> list[Path]:
        """Paths that may be expanded now: prefixes of the hidden level, and children of expanded paths, not complete."""
        horizon = self.instances[0].model.horizon
        row = self.instances[0].model.edges
        children = [(*p, e.target) for p in expanded if len(p) + 1 < horizon for e in row[len(p)][p[-1]]]
        return [p for p in (*self.prefixes, *children) if p not in expanded]


def least_tv(*, leaves: int, queries: int, mass: Rational) -> Rational:
    """Exact minimax TV of a hidden-prefix family with B leaves: `max(0, mass - (Q+1)/B)`.

    No algorithm does better (its answer is below the hidden prefix too rarely), and `hidden_search` does it.
    """
    return max(ZERO, mass - Rational(queries + 1, leaves))
