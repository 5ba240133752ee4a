"""The chain over occupancies in whole numbers, kernel entry by kernel entry: O(K^2) operations a step, the fastest engine where K is small.

The same chain as `plain`. Given occupancy m, the next occupancy k has probability `N!/prod k_c! · prod_c a_c^{k_c} / (d D)^N`,
with `a = m A` and `D = m·g` integers. With `L = lcm D(m)`, probabilities after a step are whole numbers over `(d L)^N` times the
denominator before it, which is known beforehand: no fraction is ever reduced. Cells that no particle can reach from m are left out of k.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import factorial, lcm
from typing import Any

import flint
import numpy as np

from smc.exact.law import OutputLaw
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.cost import ENTRIES, FEW, last_by_polynomial
from smc.exact.occupancy.last import last_resampling, read_off
from smc.exact.occupancy.simplex import simplex, spread, weighted
from smc.numbers import Rational

_NONE = flint.fmpz(0)


def direct_law(chain: CellChain, particles: int, tick: Callable[[float], None] = lambda share: None) -> OutputLaw:
    """Law of the output particle and the probability of dying, exact. `tick` gets the share done."""
    if all(cells.count == 1 for cells in chain.layers):
        return read_off(chain, [1], 1, particles)  # nowhere else to be
    if chain.horizon == 1:
        return last_resampling(chain, [1], 1, particles)
    by_polynomial = last_by_polynomial(chain, particles, "direct")
    moves = chain.horizon - (1 if by_polynomial else 0)
    x = _first(chain, particles)
    denominator = flint.fmpz(chain.denominators[0]) ** particles
    dead = Rational(0)
    for t in range(1, moves):

        def part(share: float, done: int = t - 1) -> None:
            tick((done + share) / chain.horizon)

        x, growth, died = _move(chain, t, x, particles, part)
        dead += Rational(int(died), int(denominator))
        denominator *= growth
    law = (last_resampling if by_polynomial else read_off)(chain, x, int(denominator), particles)
    return OutputLaw(law.law, law.dead + dead)


def _first(chain: CellChain, particles: int) -> list:
    space = simplex(particles, len(chain.first))
    mixture = np.array([chain.first], dtype=np.int64 if max(chain.first) < 2**63 else object)
    products = _summed(mixture, [1], [0], tuple(range(space.cells)), space.points)
    return [w * p for w, p in zip(_multinomials(particles, space.cells), products, strict=True)]


def _move(chain: CellChain, t: int, x: list, particles: int, tick: Callable[[float], None]) -> tuple[list, Any, Any]:
    """Numerators after the move out of layer t, the growth of their denominator, and the numerator of dying at layer t."""
    cells, forms = chain.layers[t - 1], chain.forms(t)
    width = len(forms[0])
    points = simplex(particles, cells.count).points
    totals = weighted(points, cells.weights)
    common = lcm(*{d for d in totals if d})
    share = {d: flint.fmpz(common // d) ** particles for d in set(totals) if d}
    died = sum((mass for total, mass in zip(totals, x, strict=True) if not total), _NONE)
    going = [k for k, (total, mass) in enumerate(zip(totals, x, strict=True)) if mass and total]
    masses = [x[k] * share[totals[k]] for k in going]
    short = particles * max(map(max, forms)) < 2**62
    kind = np.int64 if short else object
    mixtures = points[going].astype(kind) @ np.array(forms, dtype=kind)
    following = [_NONE] * simplex(particles, width).count
    done = 0
    for support, rows in _by_support(mixtures, len(following)).items():
        reached = simplex(particles, len(support)).points

        def part(more: int, done: int = done) -> None:
            tick((done + more) / len(going))

        sums = _summed(mixtures, masses, rows, support, reached, part)
        for place, value in zip(_places(particles, support, width), sums, strict=True):
            following[place] += value
        done += len(rows)
    weights = _multinomials(particles, width)
    growth = flint.fmpz(chain.denominators[t] * common) ** particles
    return [w * a for w, a in zip(weights, following, strict=True)], growth, died


def _by_support(mixtures: np.ndarray, following: int) -> dict[tuple[int, ...], list[int]]:
    """Rows of `mixtures` by the cells that can be reached from them at all: in a tree most cannot."""
    width = mixtures.shape[1]
    if len(mixtures) * following <= FEW:
        return {tuple(range(width)): list(range(len(mixtures)))}
    found: dict[tuple[int, ...], list[int]] = {}
    for k, row in enumerate((mixtures > 0).tolist()):
        found.setdefault(tuple(c for c, positive in enumerate(row) if positive), []).append(k)
    return found


def _summed(
    mixtures: np.ndarray,
    masses: list,
    rows: list[int],
    support: tuple[int, ...],
    reached: np.ndarray,
    tick: Callable[[int], None] = lambda done: None,
) -> list:
    """`sum_m masses[m] prod_c mixtures[m, c]^{k_c}` for every occupancy k of the cells in `support`, m over `rows`."""
    particles = int(reached[0].sum())
    bases = mixtures if (len(rows), len(support)) == mixtures.shape else mixtures[np.ix_(rows, support)]
    short = bases.dtype != object and int(bases.max()) ** particles < 2**63
    if not short:
        bases = np.array([[flint.fmpz(int(v)) for v in row] for row in bases.tolist()], dtype=object)
    total = flint.fmpz_mat(len(reached), 1)
    step = max(1, ENTRIES // len(reached))
    for begin in range(0, len(rows), step):
        part = bases[begin : begin + step]
        entries = _in_words(part, reached) if short else _by_table(part, reached, particles)
        kernel = flint.fmpz_mat(len(reached), len(part), entries.ravel().tolist())
        held = flint.fmpz_mat(len(part), 1, [masses[k] for k in rows[begin : begin + step]])
        total += kernel * held
        tick(begin)
    return total.entries()


def _in_words(bases: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """`prod_c bases[m, c]^{k_c}` by k and m, in machine words."""
    return np.multiply.reduce(bases ** reached[:, np.newaxis].astype(np.int64), axis=2)


def _by_table(bases: np.ndarray, reached: np.ndarray, particles: int) -> np.ndarray:
    """The same in whole numbers of any length, each power worked out once."""
    powers = [np.ones_like(bases)]
    for _ in range(particles):
        powers.append(powers[-1] * bases)
    table = np.stack(powers)  # power, row, cell
    entries = table[reached[:, 0], :, 0]
    for c in range(1, bases.shape[1]):
        entries = entries * table[reached[:, c], :, c]
    return entries


@lru_cache(maxsize=256)
def _places(particles: int, support: tuple[int, ...], width: int) -> list[int]:
    """Where the occupancies of some of the cells stand among those of all."""
    return simplex(particles, width).index(spread(simplex(particles, len(support)).points, support, width)).tolist()


@lru_cache(maxsize=16)
def _multinomials(particles: int, cells: int) -> list:
    """`N!/prod k_c!` for every occupancy, lexicographic."""
    factorials = [flint.fmpz(factorial(k)) for k in range(particles + 1)]

    def rest(left: int, width: int, head) -> list:
        if width == 1:
            return [head // factorials[left]]
        result: list = []
        for k in range(left + 1):
            result += rest(left - k, width - 1, head // factorials[k])
        return result

    return rest(particles, cells, factorials[particles])
