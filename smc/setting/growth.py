"""S14.1 in numbers: what each path has for its second moment, `E[(Zhat/Z)^2 nu(z)] = a(z) pi(z)`, by a recursion along the path.

    a_t = (1 - 1/N)^(T-t) + sum_{q = t..T-1} (1/N) (1 - 1/N)^(q-t)  psi V*_{q+1}(z_{q+1})/V_q(z_q)  E[V_q | z_t]/V*_t(z_t)  a_{q+1}

q + 1 is the step at which the second lineage meets the path again; its mean carries the potentials from t to q, along states where a
particle can be.  One backward pass for every q, and T^2/2 terms a path; exact in rationals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smc.numbers import ONE, Rational, balanced_sum
from smc.setting.paths import prefix_tree_of
from smc.setting.twist import Twist

if TYPE_CHECKING:
    from smc.setting.analysis import Constants


def reference_means(c: Constants) -> list[list[dict[int, Rational]]]:
    """`means[q][t][x] = E[psi_{t+1} .. psi_q V_q | x_t = x]` for t <= q < T, over the x where a particle can be and along such states."""
    found = []
    for q in range(c.model.horizon):
        level = {x: c.twist.values[q][x] for x in c.alive[q]}
        levels = [level]
        for t in range(q - 1, -1, -1):
            level = {
                x: balanced_sum(
                    e.probability * e.potential * level[e.target] for e in c.model.edges[t][x] if e.target in level
                )
                for x in c.alive[t]
            }
            levels.append(level)
        found.append(levels[::-1])
    return found


def path_growths(c: Constants, particles: int) -> list[tuple[Rational, Rational]]:
    """`(pi(z), a(z))` for the paths z that the target takes, on the prefix tree of the model, where a path is its last state.

    Raises TooLarge.
    """
    from smc.setting.analysis import analyse

    tree = prefix_tree_of(c.model)
    c = analyse(tree.model, Twist(tree.told(c.twist.values), c.twist.name))
    means = reference_means(c)
    return [(c.target[way[-1][0]], growth_along(c, means, way, particles)[0]) for way in ways(c)]


def ways(c: Constants) -> list[tuple[tuple[int, Rational], ...]]:
    """The paths of a tree that the target takes: their states after the root, each with the potential of the move into it."""
    found: list[tuple[tuple[int, Rational], ...]] = [()]
    for t, step in enumerate(c.model.edges):
        found = [
            (*way, (e.target, e.potential))
            for way in found
            for e in step[way[-1][0] if way else 0]
            if e.potential and c.true_value[t + 1][e.target]
        ]
    return found


def growth_along(
    c: Constants, means: list[list[dict[int, Rational]]], way: tuple[tuple[int, Rational], ...], particles: int
) -> list[Rational]:
    """`a_t`, t = 0..T, for the path with these states and potentials; means: `reference_means`."""
    states, alone, horizon = (0, *(x for x, _ in way)), ONE - ONE / particles, c.model.horizon
    paid = [
        psi * c.true_value[q + 1][y] / c.twist.values[q][x] / particles
        for q, (x, (y, psi)) in enumerate(zip(states, way, strict=False))
    ]
    growth = [ONE] * (horizon + 1)
    for t in range(horizon - 1, -1, -1):
        x = states[t]
        met = balanced_sum(alone ** (q - t) * paid[q] * means[q][t][x] * growth[q + 1] for q in range(t, horizon))
        growth[t] = alone ** (horizon - t) + met / c.true_value[t][x]
    return growth
