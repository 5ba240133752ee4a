"""The last resampling, for any number of terminal states: one power of a polynomial in one variable for each occupancy before it.

Given occupancy m before the last move, the particles after it are N independent draws from `mu = m A / (d D(m))`. With `b_g` the mass of
`m A` on the cells of weight g, and `f(x) = sum_g b_g x^g` (the dead cell included, at `x^0`), the output is in cell c with probability

    E[n_c g_c / sum n g] = N mu_c g_c sum_z [x^z] f(x)^{N-1} / (g_c + z) / (d D)^{N-1} ,

because N - 1 particles are left when one of them, in c, is set aside. Dead: `(b_0 / d D)^N`.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from typing import Any

import flint
import numpy as np

from smc.exact.law import OutputLaw
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.simplex import occupancy_count, simplex, weighted
from smc.numbers import ZERO, Rational

BLOCK = 32
"""Occupancies handled at once."""


def last_resampling(
    chain: CellChain, x: list, denominator: int, particles: int, tick: Callable[[], None] = lambda: None
) -> OutputLaw:
    """Output law from the numerators `x` of the occupancies of layer T - 1 over `denominator`; `dead` counts runs that die at T - 1 or T.

    With `T = 1` the only occupancy is that of the root: `x = [1]`, `denominator = 1`. Empties `x`. `tick` is called after each block.
    """
    held = [v if isinstance(v, flint.fmpz) else flint.fmpz(int(v)) for v in x]
    x.clear()  # the numbers are long: they go one by one, as they are used
    last = last_numerators(chain, held, particles, flint.fmpz(0), tick)
    whole = int(denominator) * last.growth
    law = tuple(Rational(int(top), whole * last.common) for top in last.law)
    return OutputLaw(law, Rational(int(last.died), int(denominator)) + Rational(int(last.drowned), whole))


@dataclass(frozen=True)
class LastStep:
    """What the last move and resampling make of numerators `x` over a denominator Q.

    law: by terminal state, over `Q · growth · common`; died (at T - 1): over Q; drowned (at T): over `Q · growth`.
    """

    law: list
    died: Any
    drowned: Any
    growth: int
    common: int


def last_numerators(
    chain: CellChain, x: MutableSequence, particles: int, zero: Any, tick: Callable[[], None] = lambda: None
) -> LastStep:
    """The last step on numbers of any kind that `flint.fmpz` multiplies: integers or balls. They are dropped from `x` once used."""
    cells = chain.layers[-1]
    d, points, weights, forms = chain.denominators[-1], np.ones((1, 1), dtype=np.int64), [1], [list(chain.first)]
    if chain.horizon > 1:
        weights, forms = list(chain.layers[-2].weights), chain.forms(chain.horizon - 1)
        points = simplex(particles, len(weights)).points
    levels = sorted(set(cells.weights))
    grouped = [
        [sum(a for a, g in zip(row, cells.weights, strict=True) if g == level) for level in levels] for row in forms
    ]
    small = particles * max(max(weights), max(max(row) for row in grouped)) < 2**62
    points = points.astype(np.int64 if small else object)
    totals = (points @ np.array(weights, dtype=points.dtype)).tolist()
    mixtures = points @ np.array(grouped, dtype=points.dtype)
    common = lcm(*{total for total in totals if total})
    share = {total: flint.fmpz(common // total) ** particles for total in set(totals) if total}
    inverse = _Reciprocals(levels, particles)
    died = sum((x[k] for k, total in enumerate(totals) if not total), zero)
    drowned = zero
    # sum_m P(m) (L/D)^N m_c N g L' S_g(m), by cell c and weight level g
    chosen = [[zero] * len(levels) for _ in forms]
    for begin in range(0, len(totals), BLOCK):
        # not `!= 0`, which is false of a ball that holds 0 and other numbers
        block = [k for k in range(begin, min(begin + BLOCK, len(totals))) if totals[k] and not x[k] == 0]
        if block:
            masses = [x[k] * share[totals[k]] for k in block]
            for k in block:
                x[k] = None
            mixed = mixtures[block].tolist()
            if not levels[0]:
                drowned += sum((v * flint.fmpz(b[0]) ** particles for v, b in zip(masses, mixed, strict=True)), zero)
            for point, mass, row in zip(points[block].tolist(), masses, inverse.answers(mixed), strict=True):
                for level, answer in enumerate(row):
                    lifted = mass * answer
                    for c, m in enumerate(point):
                        if m and answer:
                            chosen[c][level] += m * lifted
        tick()
    law = [zero] * chain.outcomes
    for j, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            level = levels.index(weight)
            law[state] += sum((row[j] * chosen[c][level] for c, row in enumerate(forms) if row[j]), zero)
    return LastStep(law, died, drowned, (d * common) ** particles, inverse.common)


def read_off(chain: CellChain, x: Sequence, denominator: int, particles: int) -> OutputLaw:
    """Output law from the numerators `x` of the occupancies of layer T over `denominator`: `sum_m P(m) m_c g_c / D(m)`.

    `dead` counts runs that die at T. Terms of equal D are added first, and the sums of fractions that are left, two by two.
    """
    cells = chain.layers[-1]
    points = simplex(particles, cells.count).points
    by_total: dict[int, list] = {}
    for point, total, mass in zip(points.tolist(), weighted(points, cells.weights), x, strict=True):
        if mass:
            sums = by_total.setdefault(total, [0] * cells.count)
            for c, m in enumerate(point):
                if m:
                    sums[c] += m * mass
    dead = by_total.pop(0, None)
    law = [ZERO] * chain.outcomes
    for c, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            terms = [(sums[c], total) for total, sums in by_total.items() if sums[c]]
            while len(terms) > 1:
                left, right = terms[::2], terms[1::2]
                joined = [
                    (a * (e // g) + b * (d // g), d // g * e)
                    for (a, d), (b, e) in zip(left, right, strict=False)
                    for g in (gcd(d, e),)
                ]
                terms = joined + left[len(right) :]
            if terms:
                law[state] += Rational(int(terms[0][0]) * weight, int(terms[0][1]) * int(denominator))
    died = Rational(int(dead[-1]), int(denominator) * particles) if dead else ZERO
    return OutputLaw(tuple(law), died)


class _Reciprocals:
    """`N g L' sum_z [x^z] f^{N-1} / (g + z)` for each weight level g, where `L'` (`common`) is a multiple of every `g + z`."""

    def __init__(self, levels: list[int], particles: int) -> None:
        self.levels, self.particles = levels, particles
        low = levels[0]
        unit = gcd(*(g - low for g in levels)) or 1
        self.exponents = [(g - low) // unit for g in levels]
        # z = (N - 1) low + unit · e: dense in e when its range is short, by terms otherwise
        self.dense = self.exponents[-1] * max(particles - 1, 1) <= 64 * occupancy_count(particles - 1, len(levels))
        if self.dense:
            reached = list(range(self.exponents[-1] * (particles - 1) + 1))
        else:
            points = simplex(particles - 1, len(levels)).points.astype(object)
            reached = sorted(set((points @ np.array(self.exponents, dtype=object)).tolist()))
            self.ring = flint.fmpz_mpoly_ctx.get(("x",), "lex")
        self.place = {e: k for k, e in enumerate(reached)}
        sums = [(particles - 1) * low + unit * e for e in reached]
        self.common = lcm(*{g + z for g in levels if g for z in sums})
        table = [particles * g * (self.common // (g + z)) if g else 0 for z in sums for g in levels]
        self.table = flint.fmpz_mat(len(sums), len(levels), table)

    def answers(self, mixtures: list[list[int]]) -> list[list[flint.fmpz]]:
        """For each mixture, one number for each level; zero for the level of the dead cell."""
        width = len(self.place)
        entries: list[flint.fmpz] = []
        for mixture in mixtures:
            power = self._power(mixture)
            entries += power + [flint.fmpz(0)] * (width - len(power))
        return (flint.fmpz_mat(len(mixtures), width, entries) * self.table).table()

    def _power(self, mixture: list[int]) -> list[flint.fmpz]:
        """Coefficients of `f^{N-1}` at the reached exponents."""
        if self.particles == 1:
            return [flint.fmpz(1)]
        if self.dense:
            coefficients = [0] * (self.exponents[-1] + 1)
            for e, b in zip(self.exponents, mixture, strict=True):
                coefficients[e] += b
            return (flint.fmpz_poly(coefficients) ** (self.particles - 1)).coeffs()
        f = self.ring.from_dict({(e,): b for e, b in zip(self.exponents, mixture, strict=True) if b})
        row = [flint.fmpz(0)] * len(self.place)
        for (e,), a in (f ** (self.particles - 1)).to_dict().items():
            row[self.place[int(e)]] = a
        return row
