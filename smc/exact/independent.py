"""Runs without resampling, exact: N independent weighted paths, one of them output in proportion to its weight (SIS,
best-of-N).

One path ends in a *cell* (terminal state x, accumulated weight W). By exchangeability the output law needs only one
path and the sum S of the N - 1 other weights: `P(output = x) = N · sum_W W P(x, W) · E[1/(W + S)]`, over W > 0. The law
of S is the (N-1)-th power of the one-dimensional generating function `A(z) = sum_W P(W) z^W`, a dense polynomial where
the weights have a small common denominator and otherwise sparse. The run is dead when all N weights are zero:
`P(W = 0)^N`. `E[Zhat^2] = scale^2 (E[W^2]/N + (1 - 1/N) E[W]^2)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import comb

import flint
import gmpy2

from smc.errors import TooLarge, whole_number
from smc.exact.law import OutputLaw
from smc.exact.lengths import MOST_SECONDS, check_powers
from smc.numbers import ONE, ZERO, Rational, balanced_sum
from smc.samplers.process import ParticleProcess

MOST_CELLS = 200_000
"""Largest number of (state, weight) cells that is enumerated."""
MOST_TERMS = 400_000
"""Largest number of fractions that is added up: values of S times values of W."""
REDUCTIONS, SUMS = 0.5, 0.02
"""Greatest common divisors that a best-of-N law takes for each weight and each cell, and a weighted draw for each of those fractions, as
measured."""


@dataclass(frozen=True)
class TerminalCells:
    """Law of one path of a process.

    law: probability of each (terminal state, accumulated weight W > 0). dead: probability of W = 0, or of a path
        without a next move.
    states: number of terminal states.
    """

    law: dict[tuple[int, Rational], Rational]
    dead: Rational
    states: int

    @cached_property
    def weights(self) -> dict[Rational, Rational]:
        """Probability of each positive weight, in increasing order."""
        return dict(sorted(_merge((w, p) for (_, w), p in self.law.items()).items()))

    def moment(self, k: int) -> Rational:
        """`E[W^k]`, k >= 1."""
        return sum((p * w**k for w, p in self.weights.items()), ZERO)

    @cached_property
    def target(self) -> tuple[Rational, ...]:
        """`E[W; x_T = x] / E[W]`, shape (states,): the law that the weights aim at."""
        mass = _merge((x, p * w) for (x, w), p in self.law.items())
        total = sum(mass.values(), ZERO)
        return tuple(mass.get(x, ZERO) / total for x in range(self.states))


def terminal_cells(process: ParticleProcess, most: int = MOST_CELLS) -> TerminalCells:
    """Law of (terminal state, accumulated weight) of one path of `process`, whether or not the process resamples.

    Raises TooLarge when more than `most` cells come up in a layer.
    """
    cells: dict[tuple[int, Rational], Rational] = {(0, ONE): ONE}
    dead = ZERO
    for t, step in enumerate(process.steps):
        following: dict[tuple[int, Rational], Rational] = {}
        for (x, weight), mass in cells.items():
            if not step[x]:
                dead += mass
            for y, probability, factor in step[x]:
                if factor:
                    key = (y, weight * factor)
                    following[key] = following.get(key, ZERO) + mass * probability
                else:
                    dead += mass * probability
        cells = following
        if len(cells) > most:
            raise TooLarge(
                f"more than {most} pairs of state and accumulated weight at step {t + 1}",
                where="model",
                mend="use --method monte-carlo, or a reward model with fewer distinct Bellman ratios",
            )
    return TerminalCells(cells, dead, process.sizes[-1])


def independent_law(process: ParticleProcess, particles: int, seconds: float = MOST_SECONDS) -> OutputLaw:
    """Law of the output state of `particles` paths of a `process` that does not resample, and the probability that all
    weights are zero.

    Raises InputError for a particle count below 1, TooLarge for what would take too long.
    """
    return weighted_draw(terminal_cells(process), whole_number("particles", particles), seconds)


def best_law(process: ParticleProcess, particles: int, seconds: float = MOST_SECONDS) -> OutputLaw:
    """Law of the terminal state of a path of largest weight among `particles`, ties drawn evenly; dead when every weight is zero.

    With `F(w)` the probability that one path's weight is at most w, the largest of N is w with probability `F(w)^N - F(w-)^N`, and the
    path taken is then distributed as one path given that its weight is w. Raises InputError for a count below 1,
    TooLarge for digits that would not fit, or are estimated to take longer than `seconds`.
    """
    cells, n = terminal_cells(process), whole_number("particles", particles)
    unit = gmpy2.lcm(cells.dead.denominator, *(p.denominator for p in cells.weights.values()))
    work = REDUCTIONS * (len(cells.weights) + len(cells.law))
    check_powers((unit - 1).bit_length(), len(cells.weights) + 1, work, n, "particles", seconds=seconds)
    law, below, taken = [ZERO] * cells.states, cells.dead, {}
    for weight, p in sorted(cells.weights.items()):
        taken[weight] = ((below + p) ** n - below**n) / p
        below += p
    for (x, weight), p in cells.law.items():
        law[x] += p * taken[weight]
    return OutputLaw(tuple(law), cells.dead**n)


def second_moment(process: ParticleProcess, particles: int) -> Rational:
    """`E[Zhat^2]` of `particles` paths that are never resampled, for any N, by two sums over the layers."""
    first, second = moments(process)
    return process.scale**2 * (second + (particles - 1) * first**2) / whole_number("particles", particles)


def moments(process: ParticleProcess) -> tuple[Rational, Rational]:
    """(E[W], E[W^2]) of one path's accumulated weight: one pass over the edges, whatever the number of distinct
    weights."""
    mass: dict[int, tuple[Rational, Rational]] = {0: (ONE, ONE)}
    for step in process.steps:
        following: dict[int, tuple[Rational, Rational]] = {}
        for x, (first, second) in mass.items():
            for y, p, w in step[x]:
                if w:
                    a, b = following.get(y, (ZERO, ZERO))
                    following[y] = (a + first * p * w, b + second * p * w * w)
        mass = following
    return sum((a for a, _ in mass.values()), ZERO), sum((b for _, b in mass.values()), ZERO)


def weighted_draw(cells: TerminalCells, particles: int, seconds: float = MOST_SECONDS) -> OutputLaw:
    """Law of one draw, in proportion to weight, out of `particles` independent cells; dead when every weight is
    zero."""
    law = [ZERO] * cells.states
    inverse = mean_inverse_sums(cells.weights, cells.dead, particles, seconds)
    for (x, weight), p in cells.law.items():
        law[x] += particles * weight * p * inverse[weight]
    return OutputLaw(tuple(law), cells.dead**particles)


def mean_inverse_sums(
    weights: Mapping[Rational, Rational], zero: Rational, particles: int, seconds: float = MOST_SECONDS
) -> dict[Rational, Rational]:
    """`E[1/(W + S)]` for each weight W, with S the sum of `particles - 1` independent weights; `zero` is the
    probability of weight 0.

    Raises TooLarge when the sums take too many values, or are estimated to take longer than `seconds`.
    """
    scale = gmpy2.lcm(*(w.denominator for w in weights)) if weights else 1
    grid = {int(w * scale): p for w, p in weights.items()}
    atoms = {0: zero, **grid} if zero else grid
    draws = particles - 1
    dense, sparse = max(draws, 1) * max(grid, default=0) + 1, comb(draws + len(atoms) - 1, draws)
    if min(dense, sparse) * len(grid) > MOST_TERMS:
        raise TooLarge(
            f"the sum of {draws} weights takes up to {min(dense, sparse)} values; {len(grid)} weights are distinct",
            where="particles",
            mend=f"the exact law adds at most {MOST_TERMS} fractions: take fewer particles or use --method monte-carlo",
        )
    unit = gmpy2.lcm(*(p.denominator for p in atoms.values())) if atoms else 1
    terms = min(dense, sparse) * len(grid)
    check_powers((unit - 1).bit_length(), len(weights), SUMS * terms, particles, "particles", seconds=seconds)
    power = _dense_power if dense <= sparse else _sparse_power
    sums = power({k: int(p * unit) for k, p in atoms.items()}, draws)
    return {
        w: scale * balanced_sum([Rational(c, int(w * scale) + s) for s, c in sums.items()]) / unit**draws
        for w in weights
    }


def law_of_sum(law: Mapping[Rational, Rational], draws: int) -> dict[Rational, Rational]:
    """Law of the sum of `draws` independent draws from `law` (value -> probability), sparse."""
    scale = gmpy2.lcm(*(v.denominator for v in law))
    unit = gmpy2.lcm(*(p.denominator for p in law.values()))
    sums = _sparse_power({int(v * scale): int(p * unit) for v, p in law.items()}, draws)
    return {Rational(s, scale): Rational(c, unit**draws) for s, c in sums.items()}


def _dense_power(law: Mapping[int, int], exponent: int) -> dict[int, int]:
    """Coefficients of `(sum_k law[k] z^k)^exponent`, whole numbers, as one dense polynomial."""
    coefficients = [0] * (max(law) + 1)
    for k, c in law.items():
        coefficients[k] = c
    return {k: int(c) for k, c in enumerate((flint.fmpz_poly(coefficients) ** exponent).coeffs()) if c}


def _sparse_power(law: Mapping[int, int], exponent: int) -> dict[int, int]:
    """The same where the exponents k are few and far apart, by squaring."""
    result, square = {0: gmpy2.mpz(1)}, {k: gmpy2.mpz(c) for k, c in law.items() if c}
    while exponent:
        if exponent % 2:
            result = _product(result, square)
        exponent //= 2
        square = _product(square, square) if exponent else square
    return result


def _product(left: Mapping[int, int], right: Mapping[int, int]) -> dict[int, int]:
    product: dict[int, int] = {}
    for s, c in left.items():
        for k, d in right.items():
            product[s + k] = product.get(s + k, 0) + c * d
    return product


def _merge(pairs: Iterable[tuple]) -> dict:
    merged: dict = {}
    for key, value in pairs:
        merged[key] = merged.get(key, ZERO) + value
    return merged
