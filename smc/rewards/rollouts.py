"""The reward model against the true value, from prefixes with answers drawn after them: `chi^2(pi*_t || pihat_t)` by step, with ends.

Particles that are resampled by V follow `pihat_t`, in proportion to the reference times V_t; the target's prefixes follow `pi*_t`, with
V*_t for V_t. With E over prefixes of step t of the reference,

    1 + chi^2(pi*_t || pihat_t) = E[V_t] E[V*_t^2 / V_t] / E[V*_t]^2          (G3's identity in another form)
    TV(output, pi) <= 1/2 N^(-1/2) sum_{t=1}^T sqrt(E[V_(t-1)] E[V*_t^2 / V_(t-1)]) / Z                (G1, sharper; no supremum in it)

V* is not known, but two rewards of answers that the reference draws after a prefix, one without the other, have the product V*^2 in the
mean: each mean is that of values of the log. Answers are drawn after a prefix (`rollouts`), or are its children where all of them end.
The means are over all answers, ended ones with their reward for V and V*; those leave no prefix, so that nothing is said once some ended.
Where some prefixes lack answers the rest need not be like them: a chi-square then is of those that have them, and G1's sum is not given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from smc.rewards.averages import Average, Interval

AVERAGES = 4
"""Averages a step that take a share of the error here."""


@dataclass(frozen=True)
class Truth:
    """What a step shows of V*. mass: E[V*_t]. chi: an estimate and ends of `chi^2(pi*_t || pihat_t)`. moment: `E[V*_t^2 / V_(t-1)]`, None
    where some prefix came without the score before it. prefixes: those with answers after them, which the three are about."""

    prefixes: int
    mass: Interval
    chi: Interval
    moment: Interval | None


@dataclass
class Answers:
    """One step while its prefixes come in. top: bound of V and of rewards, None where there is none; most: bound of 1/V, or
    None."""

    top: float | None
    most: float | None
    level: Average = field(init=False)
    mass: Average = field(init=False)
    tilt: Average = field(init=False)
    moment: Average = field(init=False)
    prefixes: int = 0
    rootless: bool = False
    killed: bool = False

    def __post_init__(self) -> None:
        bound = None if self.top is None or self.most is None else self.top * self.top * self.most
        self.level, self.mass, self.tilt, self.moment = (Average(b) for b in (self.top, self.top, bound, bound))

    def add(
        self, unit: str, value: float, before: float | None, rewards: Sequence[float], chances: Sequence[float] | None
    ) -> None:
        """A prefix of value `value` after one of value `before`, and the rewards after it: draws, or all with their `chances`."""
        mean, square = _moments(rewards, chances)
        if square is None:
            return
        self.prefixes += 1
        self.level.add(unit, value)
        self.mass.add(unit, mean)
        self.tilt.add(unit, self._over(square, value))
        if before is None:
            self.rootless = True
        else:
            self.moment.add(unit, self._over(square, before))

    def _over(self, square: float, value: float) -> float:
        if value:
            return square / value
        self.killed = self.killed or square > 0
        return 0.0

    def closed(self, error: float) -> Truth | None:
        """The step, each average with `error`; None where no prefix had answers."""
        level, mass, tilt, moment = (a.interval(error) for a in (self.level, self.mass, self.tilt, self.moment))
        if level is None or mass is None or tilt is None:
            return None
        ends = [
            _chi(level.mean, tilt.mean, mass.mean),
            _chi(level.lower, tilt.lower, mass.upper),
            _chi(level.upper, tilt.upper, mass.lower),
        ]
        if self.killed:
            ends[0] = ends[2] = math.inf  # V is 0 where V* is not
        chi = Interval(ends[0], ends[1], ends[2], mass.units)
        return Truth(self.prefixes, mass, chi, None if self.rootless or self.killed else moment)


def _moments(rewards: Sequence[float], chances: Sequence[float] | None) -> tuple[float, float | None]:
    """V* and V*^2 of a prefix, unbiased: by the chances of all that can follow, or from at least two draws."""
    if chances is not None:
        mean = math.fsum(p * r for p, r in zip(chances, rewards, strict=True))
        return mean, mean * mean
    count, total = len(rewards), math.fsum(rewards)
    if count < 2:
        return 0.0, None
    pairs = (total * total - math.fsum(r * r for r in rewards)) / (count * (count - 1))
    return total / count, max(pairs, 0.0)


def _chi(level: float, tilt: float, mass: float) -> float:
    if not mass:
        return math.inf
    return max(level * (tilt / mass) / mass - 1, 0.0) if tilt < math.inf else math.inf
