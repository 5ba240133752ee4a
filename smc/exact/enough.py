"""How many particles are certified to be enough on one model (S10, S14.2): the least N that meets an accuracy, and for good.

`R(N) = min( sum (pi - pi^2/k)_+, sqrt(v)/2 )` is the upper end of TV at level two. TV need not fall with N, nor R, so every N is
accounted for:

- far out by S14.2, whose bound falls with N: `TV <= R <= w/(1+w)`, `w = prod_p (1 + (beta_p - 1)/N) - (1 - 1/N)^T`;
- below that in blocks low..high, on which `k` lies between its values at the weights `(1 - 1/low, 1/high)` and `(1 - 1/high, 1/low)` of
  S5's recursion, all of whose terms are positive. A block that its ends do not settle is cut, down to a single N, where they agree.

The scans end at a single N on the other side, so both numbers are exact for R, unless the budget ends first: then what is left is open.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import flint

from smc.exact.enclosure import ends, joined, root_above
from smc.exact.moments import PairRecursion, means
from smc.numbers import ONE, ZERO, Ball, Rational, ball, precision
from smc.samplers.process import ParticleProcess

BITS = 192
"""Working precision of S14.2's constants."""
MOST_PARTICLES = 10**9
"""Largest count that is looked for."""


@dataclass(frozen=True)
class Enough:
    """Certified numbers of particles for `TV <= delta`. None: none up to the largest count looked for, or the budget ended.

    first: the least N with `R(N) <= delta`. for_good: the least N from which on R stays at most delta. tail: the least N from which on
    S14.2's bound is at most delta. open_from, open_to: counts that the budget left unsettled, inclusive; None where nothing is open.
    """

    delta: Rational
    first: int | None
    for_good: int | None
    tail: int | None
    open_from: int | None = None
    open_to: int | None = None


class Curve:
    """R(N) of one process, for blocks of N."""

    def __init__(self, process: ParticleProcess, delta: Rational) -> None:
        quotient = joined(process)[0]
        self.recursion, self.delta = PairRecursion(quotient), delta
        first = means(quotient)
        self.z = sum(first, ZERO)
        self.pi = [m / self.z for m in first]

    def side(self, low: int, high: int) -> bool | None:
        """Whether `R(N) <= delta` for every N in low..high; False if for none; None where the block's ends do not settle it."""
        below, above = self.recursion.between(low, high)
        if self._upper(above) <= self.delta:
            return True
        if low == high:
            return False
        if self._gap(below) > self.delta and self._dispersion(below) > 4 * self.delta**2:
            return False
        return None

    def truth(self, low: int, high: int) -> bool | None:
        """Whether TV itself is at most delta at every N in low..high; False if at none; None where level two does not settle it.

        `TV >= sum (l - pi)_+` with `l = pi^2/k`, least where k is largest (S10).
        """
        _, above = self.recursion.between(low, high)
        if self._upper(above) <= self.delta:
            return True
        square = self.z**2
        low_end = sum(
            (p * (p * square / m - 1) for p, m in zip(self.pi, above, strict=True) if p and p * square > m), ZERO
        )
        return False if low_end > self.delta else None

    def _gap(self, moments: tuple[Rational, ...]) -> Rational:
        """`sum (pi - pi^2/k)_+`, which grows with k."""
        square = self.z**2
        return sum(
            (p * (1 - p * square / m) for p, m in zip(self.pi, moments, strict=True) if p and p * square < m), ZERO
        )

    def _dispersion(self, moments: tuple[Rational, ...]) -> Rational:
        return max(ZERO, sum(moments, ZERO) / self.z**2 - 1)

    def _upper(self, moments: tuple[Rational, ...]) -> Rational:
        return min(self._gap(moments), root_above(self._dispersion(moments)) / 2)


def coalescence_ratios(process: ParticleProcess) -> tuple[Rational, ...]:
    """`beta_p` for p = 1..T (S14.2), rounded up: the largest, over s < p and states x at s that the target reaches, of

    `E[W_{s,p-1} | x] E[W_{s,p-1} w_p^2 u_p^2 | x] / u_s(x)^2`, W the product of the weights from s to p - 1, `u = E[the weights to come]`.
    """
    horizon, one = process.horizon, flint.arb(1)
    with precision(BITS):
        steps = [
            [
                [
                    (o.target, ball(o.probability * o.weight, BITS), ball(o.weight, BITS))
                    for o in row
                    if o.probability and o.weight
                ]
                for row in step
            ]
            for step in process.steps
        ]
        u = [[one] * process.sizes[-1]]
        for step in reversed(steps):
            u.insert(0, _back(step, u[0]))
        live = [{0}]
        for step, ahead in zip(steps, u[1:], strict=True):
            live.append({y for x in live[-1] for y, _, _ in step[x] if ahead[y] > 0})
        found = []
        for p in range(1, horizon + 1):
            first = [one] * process.sizes[p - 1]
            second = _back([[(y, pw * w, w) for y, pw, w in row] for row in steps[p - 1]], [v * v for v in u[p]])
            worst = ZERO
            for s in range(p - 1, -1, -1):
                if s < p - 1:
                    first, second = _back(steps[s], first), _back(steps[s], second)
                worst = max(worst, *(ends(first[x] * second[x] / (u[s][x] * u[s][x]))[1] for x in live[s]))
            found.append(worst)
    return tuple(found)


_Moves = list[list[tuple[int, Ball, Ball]]]
"""By source: target, probability times weight, weight."""


def _back(step: _Moves, values: list[Ball]) -> list[Ball]:
    """`E[w_{t+1} values(y) | x]`."""
    return [sum((pw * values[y] for y, pw, _ in row), flint.arb(0)) for row in step]


def tail_bound(ratios: tuple[Rational, ...], particles: int) -> Rational:
    """S14.2's bound on TV, which falls with N."""
    w = ONE
    for ratio in ratios:
        w *= 1 + (ratio - 1) / particles
    w -= (ONE - ONE / particles) ** len(ratios)
    return w / (1 + w)


def enough(process: ParticleProcess, delta: Rational, *, budget: float = 30.0, most: int = MOST_PARTICLES) -> Enough:
    """The certified counts of a resampled `process` for `TV <= delta`, within a budget of seconds: looked at between two steps."""
    deadline = time.monotonic() + budget
    steps = settling(process, delta, most=most)
    found: Enough | None = None
    while found is None or time.monotonic() <= deadline:
        following = next(steps, None)
        if following is None:
            break
        found = following
    assert found is not None
    return found


def settling(process: ParticleProcess, delta: Rational, *, most: int = MOST_PARTICLES) -> Iterator[Enough]:
    """What is certain so far, from the tail on, until nothing is open: to be ended at any time."""
    tail = _tail(coalescence_ratios(process), delta, most)
    top = most if tail is None else tail - 1
    yield Enough(delta, None, tail, tail, 1, top)
    curve = Curve(process, delta)
    first = None
    for reached, settled in _scan(curve, 1, top, False):
        if not settled:
            assert reached is not None
            yield Enough(delta, None, tail, tail, reached, top)
        first = reached
    if first is None or tail is None:  # none is enough below the tail; or the last ones cannot be told
        yield Enough(delta, tail if first is None else first, tail, tail)
        return
    last = None
    for reached, settled in _scan(curve, first, top, True):
        if not settled:
            assert reached is not None
            yield Enough(delta, first, reached + 1, tail, first + 1, reached)
        last = reached
    yield Enough(delta, first, first if last is None else last + 1, tail)


def _tail(ratios: tuple[Rational, ...], delta: Rational, most: int) -> int | None:
    """The least N with `tail_bound <= delta`, by bisection."""
    if tail_bound(ratios, most) > delta:
        return None
    return 1 + bisect_left(range(1, most), True, key=lambda n: tail_bound(ratios, n) <= delta)


def _scan(curve: Curve, low: int, high: int, skip: bool) -> Iterator[tuple[int | None, bool]]:
    """The first N of low..high on the other side than `skip`, and True; None and True where there is none.

    Upward to find one that is enough (`skip` False), downward to find one that is not. Before each step: how far it came, and False.
    """
    length = 1
    while low <= high:
        yield (high if skip else low), False
        length = min(length, high - low + 1)
        side = curve.side(high - length + 1, high) if skip else curve.side(low, low + length - 1)
        if side is skip:
            low, high = (low, high - length) if skip else (low + length, high)
            length *= 2
        elif length > 1:
            length = max(1, length // 4)
        else:
            yield (high if skip else low), True
            return
    yield None, True
