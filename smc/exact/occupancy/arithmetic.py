"""The steps of the transform on arrays of numbers: exact integers (`flint.fmpz`) or balls (`flint.arb`).

A shift composes the polynomial of each line with a linear one, in FLINT's compiled code. A Stirling transform holds rows of lines as
polynomials (nothing polynomial is meant by it): combining two rows is then one call into compiled code, whatever their length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import flint
import numpy as np

from smc.exact.occupancy.transform import Divide, Embed, Normalise, Scale, Select, Shift, Step, Stirling


class Numbers:
    """Arithmetic on arrays (NumPy, of objects) of numbers of one type. Subclasses say which."""

    zero: Any
    polynomial: Callable

    def number(self, value: int) -> Any:
        """An integer as a number of this type."""
        raise NotImplementedError

    def lift(self, values: Sequence[int]) -> np.ndarray:
        """Integers as a vector."""
        return _array([self.number(v) for v in values])

    def run(self, x: np.ndarray, steps: Sequence[Step], tick: Callable[[], None] = lambda: None) -> np.ndarray:
        """`x` after `steps`; overwrites `x`. `tick` is called after each."""
        held = [x]
        del x  # numbers can be many and long: no step may find a second reference to the old ones
        for step in steps:
            held.append(getattr(self, type(step).__name__.lower())(held.pop(), step))
            tick()
        return held.pop()

    def common(self, step: Normalise) -> int:
        """By what `normalise` multiplies, besides dividing by D."""
        return step.common

    def normalise(self, x: np.ndarray, step: Normalise) -> np.ndarray:
        """See `Normalise`."""
        table = _array([self.number((step.common // v) ** step.power if v else 0) for v in step.values])
        x *= table[step.index]
        return x

    def scale(self, x: np.ndarray, step: Scale) -> np.ndarray:
        """See `Scale`."""
        x *= _array([self.number(factor) for factor in scale_factors(step)])
        return x

    def shift(self, x: np.ndarray, step: Shift) -> np.ndarray:
        """See `Shift`."""
        order, lines = step.lines.by_line
        linear, amount = self.polynomial([step.amount, 1]), self.number(step.amount)
        numbers = x[order].tolist()
        del x  # so that old numbers go while new ones come
        for a, b in lines:
            if b - a == 2:
                numbers[a] += amount * numbers[a + 1]
            else:
                shifted = self.polynomial(numbers[a:b])(linear).coeffs()
                numbers[a:b] = shifted + [self.zero] * (b - a - len(shifted))
        return _scattered(numbers, order)

    def stirling(self, x: np.ndarray, step: Stirling) -> np.ndarray:
        """See `Stirling`: after round i row i holds `E[n^i]` and row r > i holds `E[n^i (n)_{r-i}]`."""
        starts, counts = step.lines.starts, step.lines.lengths
        numbers = x[step.lines.rows].tolist()
        del x
        rows = []
        for a, b in pairwise(starts):
            rows.append(self.polynomial(numbers[a:b]))
            numbers[a:b] = [None] * (b - a)
        longest = len(rows) - 1
        for i in range(1, longest):
            for r in range(longest, i, -1):
                rows[r] = rows[r] + (r - i) * rows[r - 1].truncate(counts[r])
        for r, count in enumerate(counts):
            moments, rows[r] = rows[r].coeffs(), None
            numbers[starts[r] : starts[r + 1]] = moments + [self.zero] * (count - len(moments))
        return _scattered(numbers, step.lines.rows)

    def select(self, x: np.ndarray, step: Select) -> np.ndarray:
        """See `Select`."""
        return x[step.index]

    def embed(self, x: np.ndarray, step: Embed) -> np.ndarray:
        """See `Embed`."""
        places = _array([self.zero] * step.size)
        places[step.index] = x
        return places

    def divide(self, x: np.ndarray, step: Divide) -> np.ndarray:
        """See `Divide`."""
        raise NotImplementedError

    def weigh(self, x: np.ndarray, counts: np.ndarray, factor: int) -> Any:
        """`factor · sum_k counts_k x_k`."""
        return sum(
            (count * value for count, value in zip(counts.tolist(), x, strict=True) if count), self.zero
        ) * self.number(factor)

    def times(self, value: Any, factor: int, power: int) -> Any:
        """`value · factor^power`."""
        return value * self.number(factor) ** power


def _array(numbers: list) -> np.ndarray:
    return np.fromiter(numbers, dtype=object, count=len(numbers))


def _scattered(numbers: list, order: np.ndarray) -> np.ndarray:
    placed = np.empty(len(numbers), dtype=object)
    placed[order] = _array(numbers)
    return placed


class WholeNumbers(Numbers):
    """Exact integers."""

    zero = flint.fmpz(0)
    polynomial = staticmethod(flint.fmpz_poly)

    def number(self, value: int) -> flint.fmpz:
        return flint.fmpz(value)

    def divide(self, x: np.ndarray, step: Divide) -> np.ndarray:
        if step.bottom != 1:
            x *= flint.fmpz(step.bottom)
        if step.top != 1:
            x //= flint.fmpz(step.top)
        return x


class Balls(Numbers):
    """Enclosures at the working precision that is set when they run. They divide by D at once: `L` is 1 here."""

    zero = flint.arb(0)
    polynomial = staticmethod(flint.arb_poly)

    def number(self, value: int) -> flint.arb:
        return flint.arb(flint.fmpz(value))

    def common(self, step: Normalise) -> int:
        return 1

    def normalise(self, x: np.ndarray, step: Normalise) -> np.ndarray:
        table = _array([1 / self.number(v) ** step.power if v else self.zero for v in step.values])
        x *= table[step.index]
        return x

    def divide(self, x: np.ndarray, step: Divide) -> np.ndarray:
        x *= self.number(step.bottom) / self.number(step.top)
        return x


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
