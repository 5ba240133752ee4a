"""The law of the occupancies after a move, without the K x K kernel: O(S^2 N K) operations instead of O(K^2).

Given occupancy m of the cells of a layer, the next occupancy is Multinomial(N, mu(m)) with `mu(m) = m·A / (d D(m))`, where
`A = diag(g) p` and `D(m) = m·g`. So the generating function of the next occupancy is, with `w(m) = P(m) / (d D(m))^N`,

    F(z) = sum_m w(m) (m · A z)^N .

Three linear maps take the numbers P(m) to the coefficients of F. Let l be the last cell, so that `m_l = N - sum_{c<l} m_c`:

1. factorial moments `sum_m w(m) prod_{c<l} (m_c)_{k_c}`: one Taylor shift along (c, l) for every c < l, then times `prod k_c!`;
2. power moments `M_k = sum_m w(m) prod_{c<l} m_c^{k_c}`: one Stirling transform along (c, l) for every c < l;
3. `m · y = sum_{c<l} m_c u_c + v` with `u_c = y_c - y_l`, `v = N y_l`, so F is the form of degree N in (u, v) with coefficients
   `M_k · N!/prod k!`. Substitute `(u, v) = B z`, `B_c = A_c - A_l`, `B_l = N A_l`, by the factors of `B = L D U`: each elementary factor
   is a Taylor shift `x_i -> x_i + a x_j`, with `a` an integer once the variables are scaled: `diag(c) L diag(c)^-1`, and U likewise.
   Rank-deficient and rectangular B drop variables after L and gain variables before U.

Every map is made a map of integers: `P(m)` is an integer over a denominator known beforehand, `1/D` becomes `lcm(D)/D`, scalings by
rationals are scaled up (a form of degree N gains the factor `lambda^N`, divided off exactly at the end). The same steps therefore run on
integers, on residues modulo primes, and on balls: see `smc.exact.occupancy.arithmetic` and `smc.exact.occupancy.residues`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm

import numpy as np

from smc.exact.occupancy.simplex import Lines, Simplex, simplex, spread
from smc.numbers import ONE, ZERO, Rational


@dataclass(frozen=True)
class Normalise:
    """`X[k] *= (L / D_k)^power`, with `L = lcm(D)`, and 0 where `D_k = 0`. `D_k = values[index[k]]`."""

    values: tuple[int, ...]
    index: np.ndarray
    power: int

    @cached_property
    def common(self) -> int:
        """`L`, the least common multiple of the positive values."""
        return lcm(*(value for value in self.values if value))


@dataclass(frozen=True)
class Scale:
    """`X[k] *= constant · prod_c bases[c]^{k_c} · (k_c!)^{factorials[c]}` over the points k, an integer.

    `factorials` are in {-1, 0, 1}.
    """

    on: Simplex
    bases: tuple[int, ...]
    factorials: tuple[int, ...]
    constant: int = 1


@dataclass(frozen=True)
class Shift:
    """`x_i -> x_i + amount · x_j` in the form with coefficients X: along a line of (i, j), `sum_a X_a (x + amount)^a`."""

    lines: Lines
    amount: int = 1


@dataclass(frozen=True)
class Stirling:
    """From `E[(n)_k]` to `E[n^k]` along every line, k = 0.. its length. By `n (n)_j = (n)_{j+1} + j (n)_j`."""

    lines: Lines


@dataclass(frozen=True)
class Select:
    """Keep the entries `index`, in that order."""

    index: np.ndarray


@dataclass(frozen=True)
class Embed:
    """Entry k goes to place `index[k]` among `size`, zeros elsewhere."""

    index: np.ndarray
    size: int


@dataclass(frozen=True)
class Divide:
    """`X *= bottom / top`; the quotient is an integer."""

    top: int
    bottom: int


Step = Normalise | Scale | Shift | Stirling | Select | Embed | Divide


def normalisation(weights: tuple[int, ...], particles: int, power: int) -> Normalise:
    """`Normalise` by `D(m) = sum_c m_c weights_c` over the occupancies."""
    points = simplex(particles, len(weights)).points
    kind = np.int64 if particles * max(weights) < 2**62 else object
    totals = points.astype(kind) @ np.array(weights, dtype=kind)
    values, index = np.unique(totals, return_inverse=True)
    return Normalise(tuple(int(v) for v in values), index, power)


def resampling(weights: tuple[int, ...], particles: int) -> list[Step]:
    """From w(m) to the power moments `M_k` (steps 1 and 2), index k over the same simplex, `k_l = N - sum k_c`."""
    space, last = simplex(particles, len(weights)), len(weights) - 1
    others = range(last)
    steps: list[Step] = [Shift(space.lines(c, last)) for c in others]
    steps.append(Scale(space, (1,) * (last + 1), (*(1 for _ in others), 0)))
    steps += [Stirling(space.lines(c, last)) for c in others]
    return steps


def substitution(forms: list[list[int]], particles: int) -> list[Step]:
    """From the power moments to the coefficients of F (step 3). `forms` is A, shape (C, C')."""
    rows, columns = len(forms), len(forms[0])
    matrix = [[a - b for a, b in zip(row, forms[-1], strict=True)] for row in forms[:-1]] + [
        [particles * b for b in forms[-1]]
    ]
    factor = factorise(matrix)
    rank, kept, new = factor.rank, factor.row_order[: factor.rank], factor.column_order[: factor.rank]
    source, smaller, target = simplex(particles, rows), simplex(particles, rank), simplex(particles, columns)
    left, right = _unit_scales(factor.lower, range(rows)), _unit_scales(factor.upper, range(columns - 1, -1, -1))
    scaling = _Scaling(particles)
    # u = L v, column by column; row a of `lower` belongs to variable row_order[a]
    steps = scaling.step(source, {factor.row_order[a]: 1 / left[a] for a in range(rows)}, multinomial=True)
    for b in range(rank):
        for a in range(b + 1, rows):
            if factor.lower[a][b]:
                amount = left[a] * factor.lower[a][b] / left[b]
                steps.append(Shift(source.lines(factor.row_order[a], factor.row_order[b]), int(amount)))
    # variables without a pivot are 0 now: keep the points without them; then one variable of the next layer for each pivot
    if rank < rows or kept != tuple(range(rows)):
        steps.append(Select(source.index(spread(smaller.points, kept, rows))))
    steps += scaling.step(smaller, {b: left[b] * factor.pivots[b] / right[b] for b in range(rank)})
    if rank < columns or new != tuple(range(columns)):
        steps.append(Embed(target.index(spread(smaller.points, new, columns)), target.count))
    # v = U z, row by row from the last
    for b in range(rank - 1, -1, -1):
        for c in range(b + 1, columns):
            if factor.upper[b][c]:
                amount = right[b] * factor.upper[b][c] / right[c]
                steps.append(Shift(target.lines(factor.column_order[b], factor.column_order[c]), int(amount)))
    steps += scaling.step(target, {factor.column_order[c]: right[c] for c in range(columns)})
    if scaling.excess != 1:
        steps.append(Divide(int(scaling.excess.numerator), int(scaling.excess.denominator)))
    return steps


def _unit_scales(matrix: list[list[Rational]], order: range) -> list[Rational]:
    """Whole c, one for each variable, so that `c_a matrix[a][b] / c_b` is an integer off the diagonal of a triangular matrix.

    `order` lists the variables so that every entry of row a lies in a column that comes before a.
    """
    scales = [ONE] * len(order)
    for place, a in enumerate(order):
        entries = [matrix[a][b] / scales[b] for b in order[:place] if a < len(matrix) and b < len(matrix[a])]
        scales[a] = Rational(lcm(*(int(x.denominator) for x in entries)))
    return scales


class _Scaling:
    """Scalings of variables by rationals, done by coprime integers. `excess` is the factor by which the form is too large."""

    def __init__(self, particles: int) -> None:
        self.particles = particles
        self.excess = ONE

    def step(self, on: Simplex, by: dict[int, Rational], *, multinomial: bool = False) -> list[Step]:
        """`X[k] *= prod_c by_c^{k_c}`, times `N!/prod k_c!` if `multinomial`."""
        raised = lcm(*(int(b.denominator) for b in by.values()))
        whole = [int(by[c] * raised) for c in range(on.cells)]
        common = gcd(*whole)
        self.excess *= Rational(raised, common) ** self.particles
        bases = tuple(b // common for b in whole)
        if multinomial:
            return [Scale(on, bases, (-1,) * on.cells, _factorial(self.particles))]
        return [Scale(on, bases, (0,) * on.cells)] if any(b != 1 for b in bases) else []


def _factorial(n: int) -> int:
    result = 1
    for k in range(2, n + 1):
        result *= k
    return result


@dataclass(frozen=True)
class Factors:
    """`matrix[row_order][:, column_order] = L D U`: L unit lower (rows, rank), D diagonal, U unit upper (rank, columns)."""

    lower: list[list[Rational]]
    pivots: list[Rational]
    upper: list[list[Rational]]
    row_order: tuple[int, ...]
    column_order: tuple[int, ...]

    @property
    def rank(self) -> int:
        """Rank of the matrix."""
        return len(self.pivots)


def factorise(matrix: list[list[int]]) -> Factors:
    """Exact LDU factors of any rectangular matrix, rows and columns exchanged so that every pivot is non-zero.

    Of the possible pivots the one with the fewest other non-zero entries in its row and column is taken: fewer factors, fewer shifts.
    """
    left = [[Rational(x) for x in row] for row in matrix]
    rows, columns = len(left), len(left[0])
    row_order, column_order = list(range(rows)), list(range(columns))
    lower = [[ZERO] * min(rows, columns) for _ in range(rows)]
    upper: list[list[Rational]] = []
    pivots: list[Rational] = []
    while True:
        b = len(pivots)
        candidates = [(i, j) for i in range(b, rows) for j in range(b, columns) if left[i][j]]
        if not candidates:
            break
        row_fill = [sum(1 for j in range(b, columns) if left[i][j]) for i in range(rows)]
        column_fill = [sum(1 for i in range(b, rows) if left[i][j]) for j in range(columns)]
        i, j = min(candidates, key=lambda at: (row_fill[at[0]] - 1) * (column_fill[at[1]] - 1))
        left[b], left[i] = left[i], left[b]
        lower[b], lower[i] = lower[i], lower[b]
        row_order[b], row_order[i] = row_order[i], row_order[b]
        for row in (*left, *upper):
            row[b], row[j] = row[j], row[b]
        column_order[b], column_order[j] = column_order[j], column_order[b]
        pivot = left[b][b]
        pivots.append(pivot)
        upper.append([x / pivot for x in left[b]])
        lower[b][b] = ONE
        for i in range(b + 1, rows):
            if left[i][b]:
                lower[i][b] = left[i][b] / pivot
                left[i] = [x - lower[i][b] * y for x, y in zip(left[i], left[b], strict=True)]
    return Factors(lower, pivots, upper, tuple(row_order), tuple(column_order))
