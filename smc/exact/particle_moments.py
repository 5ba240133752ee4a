"""`m_j(y) = E[Zhat^j nu(y)]` for j up to 4 and any number of particles (S11 (a)), by the recursion for j particles of a generation.

nu is the weighted law of the last cloud. Given a generation, the next one is N independent draws y_i from the mixture mu that it
defines, so the product of j means over the N particles splits by who coincides with whom:

    E prod_{i=1..j} (1/N) sum_k w_k f_i(y_k)
        = sum over set partitions P of {1..j} of (N)_{|P|} / N^j · prod_{b in P} mu(w^{|b|} prod_{i in b} f_i),

`(N)_b = N (N-1) .. (N-b+1)`. The symmetric tensor `M_t(x_1..x_j) = E[Zhat_t^j nu_t(x_1) .. nu_t(x_j)]` therefore obeys: for every P, sum
M_t over all but |P| of its places (nu_t has mass 1), send block b's place along `B_|b|(x, y) = sum p w^{|b|}`, and give all places of the
block the state that it arrives at. Then `m_j(y)` is the sum of M_T over all places but one. For j = 2 this is `smc.exact.moments`.

*Gauge.* `M_t = a_t^(x j) n_t` with `a_{t+1}` the content of the columns of `diag(a_t) B_1`, as there: places are summed against a_t, and
`b_k(x, y) = a_t(x) B_k(x, y) / a_{t+1}(y)^k`. Exact: whole numbers over one denominator (that of the matrices, of a_t and of N^j, cleared
layer by layer). Balls: the same in `flint.arb`; all terms are positive, so next to nothing is lost.

Cost: states^j numbers a layer, and a product along each of j places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import lcm, prod
from typing import Any

import flint

from smc.exact.moments import gauge
from smc.numbers import ONE, ZERO, Ball, Rational, rounded
from smc.samplers.process import ParticleProcess

Partition = tuple[tuple[int, ...], ...]
"""Blocks of places, the largest first."""


def set_partitions(places: int) -> Iterator[Partition]:
    """The set partitions of {0..places-1}, each with its blocks by falling size."""
    for blocks in _grown([[]], places):
        yield tuple(sorted(map(tuple, blocks), key=lambda block: (-len(block), block)))


def _grown(start: list[list[list[int]]], places: int) -> list[list[list[int]]]:
    found = start
    for place in range(places):
        found = [
            grown
            for blocks in found
            for grown in (
                *([*blocks[:k], [*block, place], *blocks[k + 1 :]] for k, block in enumerate(blocks)),
                [*blocks, [place]],
            )
        ]
    return found


def coincidence(particles: int, places: int, blocks: int) -> Rational:
    """`(N)_blocks / N^places`: the probability that `places` picks with replacement fall on given blocks of equal picks."""
    return Rational(prod(range(particles - blocks + 1, particles + 1)) if particles >= blocks else 0, particles**places)


@dataclass(frozen=True)
class _Step:
    """One layer in the gauge. moves[k-1]: `b_k` as rows by source, in numbers of the ring. below: `a_t`. after: `a_{t+1}`."""

    moves: tuple[list[list[Any]], ...]
    below: list[Rational]
    after: list[Rational]
    states: list[int]


def _steps(process: ParticleProcess, order: int, number: Callable[[Rational], Any]) -> list[_Step]:
    steps: list[_Step] = []
    here, below = [0], [ONE]
    for t, layer in enumerate(gauge(process)):
        position = {y: k for k, y in enumerate(layer.states)}
        moves = tuple([[number(ZERO)] * len(position) for _ in here] for _ in range(order))
        scale = list(map(number, layer.scale))
        for k, x in enumerate(here):
            for y, p, w in process.steps[t][x]:
                if p and w:
                    column = position[y]
                    ratio = number(w) / scale[column]
                    entry = number(below[k] * p)
                    for power in range(order):
                        entry *= ratio
                        moves[power][k][column] += entry
        steps.append(_Step(moves, below, layer.scale, layer.states))
        here, below = layer.states, layer.scale
    return steps


class _Exact:
    """Whole numbers over one denominator."""

    matrix: Any = flint.fmpz_mat
    zero = flint.fmpz(0)

    def number(self, value: Rational) -> Rational:
        """`value`, which is made whole where a matrix is."""
        return value

    def __init__(self) -> None:
        self.denominator = 1

    def moves(self, step: _Step) -> tuple[list[Any], list[int]]:
        """The matrices `b_k`, whole, with the factors that made them so."""
        raised = [lcm(*(int(v.denominator) for row in move for v in row)) for move in step.moves]
        moves = [
            flint.fmpz_mat([[int(v * factor) for v in row] for row in move])
            for move, factor in zip(step.moves, raised, strict=True)
        ]
        return moves, raised

    def row(self, scale: list[Rational]) -> tuple[Any, int]:
        """`scale` as a row of whole numbers, with the factor that made it so."""
        raised = lcm(*(int(a.denominator) for a in scale))
        return flint.fmpz_mat([[int(a * raised) for a in scale]]), raised

    def coefficients(self, shares: list[Rational]) -> list[Any]:
        """Whole multiples of `shares`; the denominator grows by what they were multiplied with."""
        raised = lcm(*(int(share.denominator) for share in shares))
        self.denominator *= raised
        return [flint.fmpz(int(share * raised)) for share in shares]

    def lightened(self, entries: list[Any]) -> list[Any]:
        """The entries and the denominator without what they have in common."""
        common = flint.fmpz(self.denominator)
        for entry in entries:
            common = common.gcd(entry)
            if common == 1:
                return entries
        self.denominator //= int(common)
        return [entry // common for entry in entries]

    def value(self, entry: Any, factor: Rational) -> Rational:
        """`entry · factor`, the denominator put back."""
        return int(entry) * factor / self.denominator


class _Balls:
    """Balls in the working precision."""

    matrix: Any = flint.arb_mat
    zero = flint.arb(0)

    def number(self, value: Rational) -> Ball:
        """`value` as a ball, before anything is multiplied: powers of long fractions take a while."""
        return rounded(value)

    def moves(self, step: _Step) -> tuple[list[Any], list[int]]:
        """The matrices `b_k`; nothing had to be made whole."""
        return [flint.arb_mat(move) for move in step.moves], [1] * len(step.moves)

    def row(self, scale: list[Rational]) -> tuple[Any, int]:
        """`scale` as a row."""
        return flint.arb_mat([[rounded(a) for a in scale]]), 1

    def coefficients(self, shares: list[Rational]) -> list[Any]:
        """`shares` as balls."""
        return [rounded(share) for share in shares]

    def lightened(self, entries: list[Any]) -> list[Any]:
        """The entries: balls have no denominator."""
        return entries

    def value(self, entry: Any, factor: Rational) -> Ball:
        """`entry · factor`."""
        return entry * rounded(factor)


def particle_moments(
    process: ParticleProcess, particles: int, order: int, tick: Callable[[float], None] = lambda share: None
) -> tuple[Rational, ...]:
    """`E[Zhat^order nu(y)]` by terminal state y of a resampled `process`, exact; shape (|X_T|,)."""
    return _moments(process, particles, order, _Exact(), ZERO, tick)


def particle_moment_balls(
    process: ParticleProcess, particles: int, order: int, tick: Callable[[float], None] = lambda share: None
) -> tuple[Ball, ...]:
    """Balls around `particle_moments`, in the working precision."""
    return _moments(process, particles, order, _Balls(), flint.arb(0), tick)


def _moments(
    process: ParticleProcess, particles: int, order: int, ring: Any, zero: Any, tick: Callable[[float], None]
) -> tuple[Any, ...]:
    moments = [zero] * process.sizes[-1]
    steps = _steps(process, order, ring.number)
    if not steps[-1].states:
        return tuple(moments)
    partitions = list(set_partitions(order))
    tensor = [ring.matrix([[1]])[0, 0]]
    for t, step in enumerate(steps):
        tensor = _advanced(tensor, step, partitions, particles, order, ring)
        tick((t + 1) / len(steps))
    last = steps[-1]
    row, raised = ring.row(last.after)
    rest = _marginals(tensor, row, order, ring)[1]
    factor = process.scale**order / Rational(raised) ** (order - 1)
    for y, a, entry in zip(last.states, last.after, rest, strict=True):
        moments[y] = ring.value(entry, factor * a)
    return tuple(moments)


def _advanced(
    tensor: list[Any], step: _Step, partitions: list[Partition], particles: int, order: int, ring: Any
) -> list[Any]:
    """The tensor of the next layer, flat, in row-major order."""
    moves, raised = ring.moves(step)
    row, scale = ring.row(step.below)
    shapes = sorted({tuple(map(len, blocks)) for blocks in partitions})
    shares = [
        coincidence(particles, order, len(shape))
        / prod(raised[size - 1] for size in shape)
        / Rational(scale) ** (order - len(shape))
        for shape in shapes
    ]
    marginals = _marginals(tensor, row, order, ring)
    width = len(step.states)
    pushed = {
        shape: _pushed(marginals[len(shape)], [moves[size - 1] for size in shape], width, coefficient, ring)
        for shape, coefficient in zip(shapes, ring.coefficients(shares), strict=True)
    }
    following = [ring.zero] * width**order
    for blocks in partitions:
        strides = [sum(width ** (order - 1 - place) for place in block) for block in blocks]
        arrived = pushed[tuple(map(len, blocks))]
        for states, entry in zip(product(range(width), repeat=len(blocks)), arrived, strict=True):
            following[sum(map(int.__mul__, states, strides))] += entry
    return ring.lightened(following)


def _marginals(tensor: list[Any], row: Any, order: int, ring: Any) -> dict[int, list[Any]]:
    """The tensor summed against a_t over all places but k, for k = 1..order."""
    found = {order: tensor}
    for places in range(order - 1, 0, -1):
        matrix = ring.matrix(row.ncols(), len(found[places + 1]) // row.ncols(), found[places + 1])
        found[places] = (row * matrix).entries()
    return found


def _pushed(tensor: list[Any], moves: list[Any], width: int, coefficient: Any, ring: Any) -> list[Any]:
    """The tensor with its k-th place sent along moves[k], times `coefficient`."""
    if not coefficient:
        return [ring.zero] * width ** len(moves)
    for move in moves:  # the first place is sent on and becomes the last
        matrix = ring.matrix(move.nrows(), len(tensor) // move.nrows(), tensor)
        tensor = (matrix.transpose() * move).entries()
    return [coefficient * entry for entry in tensor]
