"""Algorithms as clients of the oracle: each sees only what it asked for, and answers with a complete path.

A client is `client(oracle, draws) -> Prefix` (a complete path). It must cope with a spent budget at any query. With
`smc.montecarlo.draws.law_of` the exact law of its answer is the enumeration of its own coin tosses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from smc.errors import whole_number
from smc.montecarlo.draws import Draws, whole_weights
from smc.numbers import ONE, ZERO, Rational
from smc.query.oracle import BudgetSpent, Child, Oracle, Prefix

Client = Callable[[Oracle, Draws], Prefix]
Weighted = tuple[Prefix, Rational]
"""A prefix and the unnormalised weight (reference probability times potentials times value) it stands for."""


def _pick(draws: Draws, weighted: Sequence[Weighted]) -> Prefix | None:
    """A prefix in proportion to its weight; None when every weight is zero."""
    alive = [(prefix, w) for prefix, w in weighted if w]
    return alive[draws.choose(whole_weights([w for _, w in alive]))][0] if alive else None


def _frontier_search(oracle: Oracle, draws: Draws, *, depth_first: bool) -> Prefix:
    frontier: deque[tuple[Prefix, Rational, Rational]] = deque([(oracle.root, ONE, oracle.root_value)])
    done: list[tuple[Prefix, Rational, Rational]] = []
    try:
        while frontier:
            prefix, mass, _ = frontier[-1] if depth_first else frontier[0]
            if prefix.depth == oracle.horizon:
                done.append(frontier.pop() if depth_first else frontier.popleft())
                continue
            children = oracle.expand(prefix)
            frontier.pop() if depth_first else frontier.popleft()
            ranked = sorted(children, key=lambda c: c.value) if depth_first else children
            frontier.extend((c.prefix, mass * c.probability * c.potential, c.value) for c in ranked)
    except BudgetSpent:
        pass
    known = [(prefix, mass * value) for prefix, mass, value in (*done, *frontier)]
    return oracle.guess(_pick(draws, known) or oracle.root, draws)


def breadth_first(oracle: Oracle, draws: Draws) -> Prefix:
    """Expand level by level while the budget lasts; answer from the known frontier in proportion to mass times value, then guess."""
    return _frontier_search(oracle, draws, depth_first=False)


def depth_first(oracle: Oracle, draws: Draws) -> Prefix:
    """Expand the most valuable child first; answer as `breadth_first` does."""
    return _frontier_search(oracle, draws, depth_first=True)


def smc(particles: int) -> Client:
    """Naive-proposal SMC with multinomial resampling; each particle's move queries the prefix it leaves."""
    whole_number("particles", particles)

    def run(oracle: Oracle, draws: Draws) -> Prefix:
        cloud: list[Weighted] = [(oracle.root, oracle.root_value)] * particles
        try:
            for _ in range(oracle.horizon):
                moved: list[Weighted] = []
                weights: list[Weighted] = []
                for prefix, value in cloud:
                    child = _reference_child(oracle.expand(prefix), draws)
                    moved.append((child.prefix, child.value))
                    weights.append((child.prefix, child.potential * child.value / value))
                values = dict(moved)
                chosen = [_pick(draws, weights) for _ in range(particles)]
                if chosen[0] is None:
                    return oracle.guess(oracle.root, draws)
                cloud = [(prefix, values[prefix]) for prefix in chosen if prefix is not None]
        except BudgetSpent:
            pass
        return oracle.guess(cloud[0][0], draws)

    return run


def best_of_n(paths: int) -> Client:
    """Reference paths, one drawn in proportion to `prod psi · phi`."""
    whole_number("paths", paths)

    def run(oracle: Oracle, draws: Draws) -> Prefix:
        ends: list[Weighted] = []
        try:
            for _ in range(paths):
                prefix, weight = oracle.root, ONE
                for _ in range(oracle.horizon):
                    child = _reference_child(oracle.expand(prefix), draws)
                    prefix, weight = child.prefix, weight * child.potential
                ends.append((prefix, weight * child.value))
        except BudgetSpent:
            pass
        return oracle.guess(_pick(draws, ends) or oracle.root, draws)

    return run


def guided(oracle: Oracle, draws: Draws) -> Prefix:
    """The guided single particle: each child in proportion to `M psi V`."""
    return oracle.guess(_guided_path(oracle, draws)[0], draws)


def guided_mh(proposals: int) -> Client:
    """Independent Metropolis-Hastings on guided proposals, with their exact importance weights."""
    whole_number("proposals", proposals)

    def run(oracle: Oracle, draws: Draws) -> Prefix:
        current, weight, complete = _guided_path(oracle, draws)
        for _ in range(proposals - 1):
            if not complete:
                break
            proposal, new, complete = _guided_path(oracle, draws)
            if complete and (not weight or new >= weight or draws.choose(whole_weights([new, weight - new])) == 0):
                current, weight = proposal, new
        return oracle.guess(current, draws)

    return run


def _guided_path(oracle: Oracle, draws: Draws) -> tuple[Prefix, Rational, bool]:
    """End of a guided path, its importance weight `prod_t rho_t`, and whether it is complete."""
    prefix, value, weight = oracle.root, oracle.root_value, ONE
    for _ in range(oracle.horizon):
        try:
            children = oracle.expand(prefix)
        except BudgetSpent:
            return prefix, weight, False
        masses = [c.probability * c.potential * c.value for c in children]
        total = sum(masses, ZERO)
        if not total:
            return prefix, ZERO, False
        weight *= total / value
        chosen = children[draws.choose(whole_weights(masses))]
        prefix, value = chosen.prefix, chosen.value
    return prefix, weight, True


def hidden_search(*, level: int, tries: int, mass: Rational) -> Client:
    """The optimal client of a hidden-prefix family whose hidden prefixes have length `level`.

    It lists the B prefixes, tests `tries` of them in random order, and stops at one that shows a gain. Without a find it answers below a
    random untested prefix, so its answer lies below the hidden one with probability `(tries + 1)/B`, the most that any algorithm reaches.
    mass: target mass below the hidden prefix. Where `(tries + 1)/B` exceeds it, a find is reported only so often that the total is `mass`.
    """

    def run(oracle: Oracle, draws: Draws) -> Prefix:
        prefixes = [oracle.root]
        for _ in range(level):
            prefixes = [c.prefix for p in prefixes for c in oracle.expand(p)]
        untested = list(prefixes)
        for _ in range(min(tries, len(prefixes))):
            prefix = untested.pop(draws.below(len(untested)))
            if any(c.value > 1 for c in oracle.expand(prefix)):
                report = min(ONE, max(ZERO, (mass * len(prefixes) - 1) / tries))
                others = [p for p in prefixes if p != prefix]
                reported = draws.choose(whole_weights([report, 1 - report])) == 0
                return oracle.guess(prefix if reported else others[draws.below(len(others))], draws)
        choices = untested or prefixes
        return oracle.guess(choices[draws.below(len(choices))], draws)

    return run


def _reference_child(children: Sequence[Child], draws: Draws) -> Child:
    return children[draws.choose(whole_weights([c.probability for c in children]))]
