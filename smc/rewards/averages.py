"""Averages of many values in bounded memory, with intervals that hold at every number of values.

The values of a unit (a question with all its answers, say) are averaged first, so that what is averaged then is independent. Up to
`KEPT` units the interval bets (`smc.montecarlo.confidence.betting`); beyond, it is the empirical Bernstein interval, from two sums.
The length of an interval grows with the bound of the values, so the lower end is that of the values cut at `CAP`, whose mean is no larger,
and the upper end, where values have a bound, that of the values themselves: each at half of the error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from smc.montecarlo.confidence import betting, empirical_bernstein_of

KEPT = 50_000
"""Units whose values are kept."""
CAP = 4.0
"""Where values are cut for the lower end."""


@dataclass(frozen=True)
class Interval:
    """A mean, and ends between which it lies with the probability asked for; `upper` is infinite where nothing bounds the values."""

    mean: float
    lower: float
    upper: float
    units: int


@dataclass
class _Column:
    """Values in [0, 1]: all of them up to `KEPT`, then two sums."""

    values: list[float] = field(default_factory=list)
    size: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """One more."""
        self.size, self.total, self.squares = self.size + 1, self.total + value, self.squares + value * value
        if self.size <= KEPT:
            self.values.append(value)
        else:
            self.values.clear()

    def ends(self, error: float) -> tuple[float, float]:
        """An interval for the mean, each end at half of `error`."""
        if self.size <= KEPT:
            lower, upper = betting(np.array(self.values), error)
            return float(lower[0]), float(upper[0])
        return empirical_bernstein_of(self.size, self.total / self.size, self.squares / self.size, error)


@dataclass
class Average:
    """The mean of values that come unit by unit. bound: of the values, None where there is none."""

    bound: float | None
    units: int = 0
    total: float = 0.0
    cut: _Column = field(default_factory=_Column)
    whole: _Column = field(default_factory=_Column)
    _unit: str | None = None
    _inside: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cap = CAP if self.bound is None else min(self.bound, CAP)

    def add(self, unit: str, value: float) -> None:
        """One value. The values of a unit come together."""
        if unit != self._unit:
            self._close()
            self._unit = unit
        self._inside.append(value)

    @property
    def plain(self) -> float | None:
        """The mean itself; None where no value came."""
        self._close()
        return self.total / self.units if self.units else None

    def _close(self) -> None:
        if not self._inside:
            return
        mean = self._inside[0] if len(self._inside) == 1 else math.fsum(self._inside) / len(self._inside)
        self._inside = []
        self.units += 1
        self.total += mean
        self.cut.add(min(mean / self._cap, 1.0))
        if self.bound is not None and self.bound > CAP:
            self.whole.add(min(mean / self.bound, 1.0))

    def interval(self, error: float) -> Interval | None:
        """Ends that hold with probability 1 - `error`; None where no value came."""
        self._close()
        if not self.units:
            return None
        lower, upper = (end * self._cap for end in self.cut.ends(error))
        if self.bound is None:
            upper = math.inf
        elif self.bound > CAP:
            upper = self.whole.ends(error)[1] * self.bound
        return Interval(self.total / self.units, lower, upper, self.units)
