"""Averages of many values in bounded memory, with intervals that hold at every number of values.

The values of a unit (a question with all its answers, say) are averaged first, so that what is averaged then is independent. Up to
`KEPT` units the interval bets (`smc.montecarlo.confidence.betting`); beyond, it is the empirical Bernstein interval, from two sums.
A value may lie above what is known to bound it: then it is cut there, and only the lower end of the interval says something of its mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from smc.montecarlo.confidence import betting, empirical_bernstein_of

KEPT = 50_000
"""Units whose values are kept."""
CAP = 8.0
"""Where values without a bound are cut."""


@dataclass(frozen=True)
class Interval:
    """A mean, and ends between which it lies with the probability asked for; `upper` is infinite where nothing bounds the values."""

    mean: float
    lower: float
    upper: float
    units: int


@dataclass
class Average:
    """The mean of values that come unit by unit. bound: of the values, None where there is none."""

    bound: float | None
    values: list[float] = field(default_factory=list)
    units: int = 0
    total: float = 0.0
    squares: float = 0.0
    plain: float = 0.0
    _unit: str | None = None
    _inside: list[float] = field(default_factory=list)

    def add(self, unit: str, value: float) -> None:
        """One value. The values of a unit come together."""
        if unit != self._unit:
            self._close()
            self._unit = unit
        self._inside.append(value)

    def _close(self) -> None:
        if not self._inside:
            return
        cap = CAP if self.bound is None else self.bound
        value = math.fsum(min(v, cap) for v in self._inside) / len(self._inside) / cap
        self.plain += math.fsum(self._inside) / len(self._inside)
        self.units += 1
        self.total += value
        self.squares += value * value
        if self.units <= KEPT:
            self.values.append(value)
        else:
            self.values.clear()
        self._inside = []

    def interval(self, error: float) -> Interval | None:
        """Ends that hold with probability 1 - `error`; None where no value came."""
        self._close()
        if not self.units:
            return None
        cap = CAP if self.bound is None else self.bound
        if self.units <= KEPT:
            lower, upper = (float(end[0]) for end in betting(np.array(self.values), error))
        else:
            lower, upper = empirical_bernstein_of(self.units, self.total / self.units, self.squares / self.units, error)
        return Interval(
            self.plain / self.units, lower * cap, math.inf if self.bound is None else upper * cap, self.units
        )
