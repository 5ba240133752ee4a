"""The chain over occupancies in whole numbers, kernel entry by kernel entry: O(K^2) operations a step, the fastest engine where K is small.

The same chain as `plain`. Given occupancy m, the next occupancy k has probability `N!/prod k_c! · prod_c a_c^{k_c} / (d D)^N`,
with `a = m A` and `D = m·g` integers. With `L = lcm D(m)`, probabilities after a step are whole numbers over `(d L)^N` times the
denominator before it, which is known beforehand: no fraction is ever reduced. Cells that no particle can reach from m are left out of k.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import lcm

import gmpy2

from smc.exact.law import OutputLaw
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.cost import last_by_polynomial
from smc.exact.occupancy.last import last_resampling, read_off
from smc.exact.occupancy.simplex import simplex, spread
from smc.numbers import Rational

_ONE, _NONE = gmpy2.mpz(1), gmpy2.mpz(0)


def direct_law(chain: CellChain, particles: int, tick: Callable[[float], None] = lambda share: None) -> OutputLaw:
    """Law of the output particle and the probability of dying, exact. `tick` gets the share done."""
    if chain.horizon == 1:
        return last_resampling(chain, [1], 1, particles)
    by_polynomial = last_by_polynomial(chain, particles, "direct")
    moves = chain.horizon - (1 if by_polynomial else 0)
    x = _first(chain, particles)
    denominator = gmpy2.mpz(chain.denominators[0]) ** particles
    dead = Rational(0)
    for t in range(1, moves):

        def part(share: float, done: int = t - 1) -> None:
            tick((done + share) / chain.horizon)

        x, growth, died = _move(chain, t, x, particles, part)
        dead += Rational(died, denominator)
        denominator *= growth
    law = (last_resampling if by_polynomial else read_off)(chain, x, denominator, particles)
    return OutputLaw(law.law, law.dead + dead)


def _first(chain: CellChain, particles: int) -> list:
    powers = [_powers(gmpy2.mpz(a), particles) for a in chain.first]
    weights = _multinomials(particles, len(powers))
    products = _products(powers, particles, _ONE)
    return [w * p for w, p in zip(weights, products, strict=True)]


def _move(chain: CellChain, t: int, x: list, particles: int, tick: Callable[[float], None]) -> tuple[list, int, int]:
    """Numerators after the move out of layer t, the growth of their denominator, and the numerator of dying at layer t."""
    cells, forms = chain.layers[t - 1], chain.forms(t)
    width = len(forms[0])
    points = simplex(particles, cells.count).points.tolist()
    totals = [sum(m * g for m, g in zip(point, cells.weights, strict=True)) for point in points]
    common = lcm(*{d for d in totals if d})
    share = {d: gmpy2.mpz(common // d) ** particles for d in set(totals) if d}
    following = [_NONE] * simplex(particles, width).count
    sums: dict[tuple[int, ...], list] = {}  # by the cells that can be reached at all: in a tree most cannot
    waiting, died = 0, _NONE
    for k, (point, total, mass) in enumerate(zip(points, totals, x, strict=True)):
        tick(k / len(points))
        if not mass:
            continue
        if not total:
            died += mass
            continue
        mixture = [sum(m * row[c] for m, row in zip(point, forms, strict=True) if m) for c in range(width)]
        support = tuple(c for c, a in enumerate(mixture) if a)
        products = _products(
            [_powers(gmpy2.mpz(mixture[c]), particles) for c in support], particles, mass * share[total]
        )
        if support in sums:
            sums[support] = [a + b for a, b in zip(sums[support], products, strict=True)]
            continue
        sums[support] = products
        waiting += len(products)
        if waiting > 2 * len(following):
            _settle(following, sums, particles, width)
            waiting = 0
    _settle(following, sums, particles, width)
    weights = _multinomials(particles, width)
    growth = gmpy2.mpz(chain.denominators[t] * common) ** particles
    return [w * a for w, a in zip(weights, following, strict=True)], growth, died


def _settle(following: list, sums: dict[tuple[int, ...], list], particles: int, width: int) -> None:
    """Add the sums over occupancies of some of the cells to those over all of them."""
    for support, values in sums.items():
        if len(support) == width:
            following[:] = [a + b for a, b in zip(following, values, strict=True)]
            continue
        for place, value in zip(_places(particles, support, width), values, strict=True):
            following[place] += value
    sums.clear()


@lru_cache(maxsize=256)
def _places(particles: int, support: tuple[int, ...], width: int) -> list[int]:
    """Where the occupancies of some of the cells stand among those of all."""
    return simplex(particles, width).index(spread(simplex(particles, len(support)).points, support, width)).tolist()


def _powers(base, particles: int) -> list:
    powers = [_ONE]
    for _ in range(particles):
        powers.append(powers[-1] * base)
    return powers


def _products(powers: list[list], left: int, head) -> list:
    """`head · prod_c powers[c][k_c]` for every occupancy k of `left` particles, lexicographic."""
    if not head:
        return [_NONE] * simplex(left, len(powers)).count
    if len(powers) == 1:
        return [head * powers[0][left]]
    if len(powers) == 2:
        first, second = powers
        return [head * a * b for a, b in zip(first[: left + 1], second[left::-1], strict=True)]
    result: list = []
    for k in range(left + 1):
        result += _products(powers[1:], left - k, head * powers[0][k])
    return result


@lru_cache(maxsize=16)
def _multinomials(particles: int, cells: int) -> list:
    """`N!/prod k_c!` for every occupancy, lexicographic."""
    factorials = [gmpy2.fac(k) for k in range(particles + 1)]

    def rest(left: int, width: int, head) -> list:
        if width == 1:
            return [head // factorials[left]]
        result: list = []
        for k in range(left + 1):
            result += rest(left - k, width - 1, head // factorials[k])
        return result

    return rest(particles, cells, factorials[particles])
