"""S14's constants: the local second moments of two lineages that part at a state and meet again before step p.

    b_p = max over s < p, x of  E[V_{p-1} | x_s = x] E[psi_p^2 V*_p^2 / V_{p-1} | x_s = x] / V*_s(x)^2

over the states x where a particle can be and V* > 0; the means carry the potentials from s to p - 1 along states where a particle can be.
Two backward passes for every p: time O(T edges), exact in rationals. Where that is more than `EXACT`, in float64: every term is positive,
so that a sum or product of n rounded numbers has relative error at most `gamma(n) = n u / (1 - n u)`, whatever falls below `TINY` is raised
to it, and what is given is an upper end of b_p, no larger than the maximum over edges that `Constants.b` has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from smc.numbers import INFINITE, ZERO, Extended, Rational, balanced_sum

if TYPE_CHECKING:
    from smc.setting.analysis import Constants

EXACT = 200_000
"""Largest horizon times edges for which the constants are exact: beyond it their numerators grow too long (a second or two)."""
TINY = 1e-250
UNIT = Rational(1, 2**52)
"""Relative error of a rational as a float, whichever way it is rounded; and more than that of one operation."""


def local_moments(c: Constants) -> tuple[Extended, ...]:
    """`b_p` for p = 1..T, exact, or upper ends of it."""
    if c.model.horizon * sum(len(row) for step in c.model.edges for row in step) <= EXACT:
        return _exact(c)
    return tuple(min(above, b) for above, b in zip(_above(c), c.b, strict=True))


def _moves(c: Constants, t: int) -> Mapping[int, list[tuple[int, Rational]]]:
    """(target, probability times potential) of the moves between states of the layers t and t + 1 where a particle can be, by source."""
    ahead = set(c.alive[t + 1])
    return {
        x: [(e.target, e.probability * e.potential) for e in c.model.edges[t][x] if e.target in ahead]
        for x in c.alive[t]
    }


def _squares(c: Constants, t: int) -> dict[int, Rational]:
    """`E[psi^2 V*_{t+1}^2 | x] / V_t(x)` for the x of layer t where a particle can be."""
    star = c.true_value[t + 1]
    return {
        x: balanced_sum(e.probability * (e.potential * star[e.target]) ** 2 for e in c.model.edges[t][x])
        / c.twist.values[t][x]
        for x in c.alive[t]
    }


def _exact(c: Constants) -> tuple[Rational, ...]:
    moves = [_moves(c, t) for t in range(c.model.horizon)]
    found = []
    for last in range(c.model.horizon):
        first, second = {x: c.twist.values[last][x] for x in c.alive[last]}, _squares(c, last)
        worst = ZERO
        for s in range(last, -1, -1):
            if s < last:
                first, second = (
                    {x: balanced_sum(w * means[y] for y, w in row) for x, row in moves[s].items()}
                    for means in (first, second)
                )
            star = c.true_value[s]
            worst = max(worst, *(mean * second[x] / star[x] ** 2 for x, mean in first.items() if star[x]))
        found.append(worst)
    return tuple(found)


def _float(value: Rational) -> float:
    """To the nearest, or one beside it; positive numbers stay above `TINY`."""
    return max(float(value), TINY) if value else 0.0


def _above(c: Constants) -> list[Extended]:
    """Upper ends of `b_p`, by float64: with `F = E[V_{p-1} | x]/V_s` and `S = E[psi^2 V*^2/V_{p-1} | x]/V*_s` the ratio is F S V_s/V*_s."""
    import numpy as np

    place = [{x: k for k, x in enumerate(layer)} for layer in c.alive]
    kernels, scales = [], []
    terms = 0
    for t in range(c.model.horizon):
        values, star = c.twist.values, c.true_value
        rows = [(x, y, w) for x, row in _moves(c, t).items() for y, w in row if w]
        terms += max(map(len, c.model.edges[t]))
        source = np.array([place[t][x] for x, _, _ in rows], dtype=int)
        target = np.array([place[t + 1][y] for _, y, _ in rows], dtype=int)
        plain = np.array([_float(w * values[t + 1][y] / values[t][x]) for x, y, w in rows])
        true = np.array([_float(w * star[t + 1][y] / star[t][x]) if star[t][x] else 0.0 for x, y, w in rows])
        kernels.append((source, target, plain, true))
        scales.append(np.array([_float(values[t][x] / star[t][x]) if star[t][x] else 0.0 for x in c.alive[t]]))
    wide = 1 + 2 * UNIT * (2 * (terms + 4 * c.model.horizon) + 16)
    found: list[Extended] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for last in range(c.model.horizon):
            squares, level = _squares(c, last), c.true_value[last]
            first = np.ones(len(c.alive[last]))
            second = np.array([_float(squares[x] / level[x]) if level[x] else 0.0 for x in c.alive[last]])
            worst = 0.0  # infinite where a product overflows
            for s in range(last, -1, -1):
                if s < last:
                    source, target, plain, true = kernels[s]
                    size = len(c.alive[s])
                    first = np.maximum(np.bincount(source, plain * first[target], size), TINY)
                    second = np.maximum(np.bincount(source, true * second[target], size), TINY)
                ratios = first * second * scales[s]
                worst = max(worst, float(ratios.max())) if np.isfinite(ratios).all() else INFINITE
            found.append(Rational(worst) * wide if worst < INFINITE else INFINITE)
    return found
