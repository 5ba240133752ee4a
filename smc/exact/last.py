"""The last resampling, for any number of terminal states: one power of a polynomial in one variable for each occupancy before it.

Given occupancy m before the last move, the particles after it are N independent draws from `mu = m A / (d D(m))`. With `b_g` the mass of
`m A` on the cells of weight g, and `f(x) = sum_g b_g x^g` (the dead cell included, at `x^0`), the output is in cell c with probability

    E[n_c g_c / sum n g] = N mu_c g_c sum_z [x^z] f(x)^{N-1} / (g_c + z) / (d D)^{N-1} ,

because N - 1 particles are left when one of them, in c, is set aside. Dead: `(b_0 / d D)^N`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm

import flint
import gmpy2

from smc.exact.cells import CellChain
from smc.exact.law import OutputLaw
from smc.exact.simplex import simplex
from smc.rational import ZERO, Rational


def last_resampling(chain: CellChain, x: Sequence, denominator, particles: int) -> OutputLaw:
    """Output law from the numerators `x` of the occupancies of layer T - 1 over `denominator`; `dead` counts runs that die at T - 1 or T.

    With `T = 1` the only occupancy is that of the root: `x = [1]`, `denominator = 1`.
    """
    cells = chain.layers[-1]
    if chain.horizon == 1:
        points, forms, weights, d = [[1]], [list(chain.first)], (1,), chain.denominators[0]
    else:
        before = chain.layers[-2]
        points = simplex(particles, before.count).points.tolist()
        forms, weights, d = chain.forms(chain.horizon - 1), before.weights, chain.denominators[-1]
    levels = sorted(set(cells.weights))
    grouped = [[sum(a for a, g in zip(row, cells.weights, strict=True) if g == level) for level in levels] for row in forms]
    totals = [sum(m * g for m, g in zip(point, weights, strict=True)) for point in points]
    common = lcm(*{total for total in totals if total})
    share = {total: gmpy2.mpz(common // total) ** particles for total in set(totals) if total}
    inverse = _Reciprocals(levels, particles)
    chosen = [[gmpy2.mpz(0)] * len(forms) for _ in levels]  # sum_m P(m) (L/D)^N N g L' S_g(m) m_c, by weight level and cell c
    died = drowned = gmpy2.mpz(0)
    for point, total, mass in zip(points, totals, x, strict=True):
        if not mass:
            continue
        mass = gmpy2.mpz(int(mass))
        if not total:
            died += mass
            continue
        mass *= share[total]
        mixture = [sum(m * row[k] for m, row in zip(point, grouped, strict=True) if m) for k in range(len(levels))]
        if not levels[0]:
            drowned += mass * gmpy2.mpz(mixture[0]) ** particles
        for k, answer in enumerate(inverse.answers(mixture)):
            if answer:
                lifted = mass * answer
                for c, m in enumerate(point):
                    if m:
                        chosen[k][c] += m * lifted
    whole = denominator * gmpy2.mpz(d * common) ** particles
    law = [ZERO] * chain.outcomes
    for j, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            k = levels.index(weight)
            top = sum((row[j] * value for row, value in zip(forms, chosen[k], strict=True) if row[j]), gmpy2.mpz(0))
            law[state] += Rational(top, whole * inverse.common)
    return OutputLaw(tuple(law), Rational(died, denominator) + Rational(drowned, whole))


class _Reciprocals:
    """`N g L' sum_z [x^z] f^{N-1} / (g + z)` for each weight level g, where `L'` (`common`) is a multiple of every `g + z`."""

    def __init__(self, levels: list[int], particles: int) -> None:
        self.levels, self.particles = levels, particles
        self.low = levels[0]
        self.unit = gcd(*(g - self.low for g in levels)) or 1
        self.exponents = [(g - self.low) // self.unit for g in levels]
        # z = (N - 1) low + unit · e: dense in e when its range is short, by terms otherwise
        self.dense = self.exponents[-1] * (particles - 1) <= 64 * simplex(particles - 1, len(levels)).count
        if self.dense:
            reached = range(self.exponents[-1] * (particles - 1) + 1)
        else:
            reached = sorted(set((simplex(particles - 1, len(levels)).points.astype(object) @ self.exponents).tolist()))
            self.ring = flint.fmpz_mpoly_ctx.get(("x",), "lex")
        sums = {e: (particles - 1) * self.low + self.unit * e for e in reached}
        self.common = lcm(*{g + z for g in levels if g for z in sums.values()})
        self.table = [{e: flint.fmpz(particles * g * (self.common // (g + z))) for e, z in sums.items()} if g else {} for g in levels]

    def answers(self, mixture: list[int]) -> list[int]:
        """One for each level; zero for the level of the dead cell."""
        if self.dense:
            coefficients = [0] * (self.exponents[-1] + 1)
            for e, b in zip(self.exponents, mixture, strict=True):
                coefficients[e] += b
            terms = [(e, a) for e, a in enumerate((flint.fmpz_poly(coefficients) ** (self.particles - 1)).coeffs()) if a]
        else:
            power = self.ring.from_dict({(e,): b for e, b in zip(self.exponents, mixture, strict=True) if b}) ** (self.particles - 1)
            terms = [(int(e), a) for (e,), a in power.to_dict().items()]
        return [int(sum((a * table[e] for e, a in terms), flint.fmpz(0))) if table else 0 for table in self.table]
