"""The chain over occupancies of a few particles over a few cells, in plain whole numbers: `direct` without arrays or a choice of engines.

What `direct` computes, entry by entry of the kernel, with the same common denominators; below some forty occupancies a layer the arrays
of `direct` cost more than the numbers in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import factorial, lcm

from smc.exact.law import OutputLaw
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.last import read_off
from smc.exact.occupancy.simplex import simplex
from smc.numbers import ZERO, Rational


def small_law(chain: CellChain, particles: int) -> OutputLaw:
    """Law of the output particle and the probability of dying, exact."""
    if all(cells.count == 1 for cells in chain.layers):
        return read_off(chain, [1], 1, particles)  # nowhere else to be
    x = _spread(1, chain.first, particles)
    x = [w * a for w, a in zip(_multinomials(particles, len(chain.first)), x, strict=True)]
    denominator = chain.denominators[0] ** particles
    dead = ZERO
    for t in range(1, chain.horizon):
        weights, forms = chain.layers[t - 1].weights, chain.forms(t)
        points = _points(particles, len(weights))
        totals = [sum(m * g for m, g in zip(point, weights, strict=True)) for point in points]
        common = lcm(*{total for total in totals if total})
        following = [0] * len(_points(particles, len(forms[0])))
        for point, total, mass in zip(points, totals, x, strict=True):
            if not total:
                dead += Rational(mass, denominator)
            elif mass:
                rows = [(m, form) for m, form in zip(point, forms, strict=True) if m]
                mixture = [sum(m * form[c] for m, form in rows) for c in range(len(forms[0]))]
                reached = _spread(mass * (common // total) ** particles, mixture, particles)
                following = [a + b for a, b in zip(following, reached, strict=True)]
        x = [w * a for w, a in zip(_multinomials(particles, len(forms[0])), following, strict=True)]
        denominator *= (chain.denominators[t] * common) ** particles
    law = read_off(chain, x, denominator, particles)
    return OutputLaw(law.law, law.dead + dead)


def _spread(mass: int, mixture: Sequence[int], particles: int) -> list[int]:
    """`mass · prod_c mixture_c^{k_c}` for every occupancy k, in lexicographic order."""
    *others, last = [[a**k for k in range(particles + 1)] for a in mixture]
    begun = [(particles, mass)]
    for powers in others:
        begun = [(left - k, value * powers[k]) for left, value in begun for k in range(left + 1)]
    return [value * last[left] for left, value in begun]


@lru_cache(maxsize=64)
def _points(particles: int, cells: int) -> list[list[int]]:
    return simplex(particles, cells).points.tolist()


@lru_cache(maxsize=64)
def _multinomials(particles: int, cells: int) -> list[int]:
    """`N!/prod k_c!` for every occupancy."""
    found = []
    for point in _points(particles, cells):
        ways = factorial(particles)
        for k in point:
            ways //= factorial(k)
        found.append(ways)
    return found
