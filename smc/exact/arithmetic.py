"""The steps of the transform on lists of numbers: exact integers (`flint.fmpz`) or balls (`flint.arb`).

Rows of lines are held as polynomials while a shift or a Stirling transform runs: adding two rows is then one call into compiled code,
whatever the length of the row. Nothing polynomial is meant by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import flint
import numpy as np

from smc.exact.transform import Divide, Embed, Normalise, Scale, Select, Shift, Step, Stirling
from smc.rational import Rational


class Numbers:
    """Arithmetic on a list of numbers of one type. Subclasses say which."""

    zero: object
    row: Callable

    def number(self, value: int) -> object:
        """An integer as a number of this type."""
        raise NotImplementedError

    def lift(self, values: Sequence[int]) -> list:
        """Integers as a vector."""
        return [self.number(v) for v in values]

    def normalise(self, x: list, step: Normalise) -> list:
        """See `Normalise`."""
        table = [self.number((step.common // v) ** step.power if v else 0) for v in step.values]
        return [a * table[i] for a, i in zip(x, step.index.tolist(), strict=True)]

    def scale(self, x: list, step: Scale) -> list:
        """See `Scale`."""
        factors = scale_factors(step)
        return [a * self.number(f) for a, f in zip(x, factors, strict=True)]

    def shift(self, x: list, step: Shift) -> list:
        """See `Shift`."""
        rows = self._rows(x, step.lines.rows)
        longest = len(rows) - 1
        for i in range(longest):
            upper = rows[longest]
            for j in range(longest - 1, i - 1, -1):
                upper = rows[j] = rows[j] + upper
        return self._points(x, rows, step.lines.rows)

    def stirling(self, x: list, step: Stirling) -> list:
        """See `Stirling`: after round i row i holds `E[n^i]` and row r > i holds `E[n^i (n)_{r-i}]`."""
        counts = [len(row) for row in step.lines.rows]
        rows = self._rows(x, step.lines.rows)
        longest = len(rows) - 1
        for i in range(1, longest):
            for r in range(longest, i, -1):
                rows[r] = rows[r] + (r - i) * rows[r - 1].truncate(counts[r])
        return self._points(x, rows, step.lines.rows)

    def _rows(self, x: list, places: list[np.ndarray]) -> list:
        rows = []
        for row in places:
            indices = row.tolist()
            rows.append(self.row([x[k] for k in indices]))
            for k in indices:  # two copies of the numbers of one row, never of all
                x[k] = None
        return rows

    def _points(self, x: list, rows: list, places: list[np.ndarray]) -> list:
        for a, row in enumerate(places):
            numbers, rows[a] = rows[a].coeffs(), None
            numbers += [self.zero] * (len(row) - len(numbers))
            for k, value in zip(row.tolist(), numbers, strict=True):
                x[k] = value
        return x

    def select(self, x: list, step: Select) -> list:
        """See `Select`."""
        return [x[k] for k in step.index.tolist()]

    def embed(self, x: list, step: Embed) -> list:
        """See `Embed`."""
        places = [self.zero] * step.size
        for k, value in zip(step.index.tolist(), x, strict=True):
            places[k] = value
        return places

    def divide(self, x: list, step: Divide) -> list:
        """See `Divide`."""
        raise NotImplementedError

    def run(self, x: list, steps: Sequence[Step], tick: Callable[[], None] = lambda: None) -> list:
        """`x` after `steps`. `tick` is called after each."""
        for step in steps:
            x = getattr(self, type(step).__name__.lower())(x, step)
            tick()
        return x

    def weigh(self, x: list, counts: np.ndarray, factor: int) -> object:
        """`factor · sum_k counts_k x_k`."""
        total = self.zero
        for count, value in zip(counts.tolist(), x, strict=True):
            if count:
                total = total + count * value
        return total * self.number(factor)

    def times(self, value: object, factor: int, power: int) -> object:
        """`value · factor^power`."""
        return value * self.number(factor) ** power


class WholeNumbers(Numbers):
    """Exact integers."""

    zero = flint.fmpz(0)
    row = staticmethod(flint.fmpz_poly)

    def number(self, value: int) -> flint.fmpz:
        return flint.fmpz(value)

    def divide(self, x: list, step: Divide) -> list:
        top, bottom = flint.fmpz(step.top), flint.fmpz(step.bottom)
        if top == 1:
            return [a * bottom for a in x]
        return [a * bottom // top for a in x]


class Balls(Numbers):
    """Enclosures at the working precision that is set when they run."""

    zero = flint.arb(0)
    row = staticmethod(flint.arb_poly)

    def number(self, value: int) -> flint.arb:
        return flint.arb(flint.fmpz(value))

    def normalise(self, x: list, step: Normalise) -> list:
        table = [(self.number(step.common) / v) ** step.power if v else self.zero for v in step.values]
        return [a * table[i] for a, i in zip(x, step.index.tolist(), strict=True)]

    def divide(self, x: list, step: Divide) -> list:
        ratio = self.number(step.bottom) / self.number(step.top)
        return [a * ratio for a in x]


def scale_factors(step: Scale) -> list[int]:
    """The integer factors of a `Scale`, one for each point."""
    top: list[np.ndarray] = []
    bottom: list[np.ndarray] = []
    degree = step.on.particles
    factorials = [1]
    for k in range(1, degree + 1):
        factorials.append(factorials[-1] * k)
    for c, (base, exponent) in enumerate(zip(step.bases, step.factorials, strict=True)):
        if base != 1:
            powers = np.array([base**k for k in range(degree + 1)], dtype=object)
            top.append(powers[step.on.points[:, c]])
        if exponent:
            (top if exponent > 0 else bottom).append(np.array(factorials, dtype=object)[step.on.points[:, c]])
    product = reduce(np.multiply, top, np.array([step.constant] * step.on.count, dtype=object))
    if bottom:  # the factorials divide the constant: multinomial coefficients, times whole powers
        product = product // reduce(np.multiply, bottom)
    return product.tolist()


def as_rational(value: flint.fmpz, denominator: int) -> Rational:
    """`value / denominator`."""
    return Rational(int(value), denominator)
