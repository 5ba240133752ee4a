"""Level two of the enclosure for chains of many states: S5's recursion in float64, with a bound on every rounding error.

In the recursion of `smc.exact.moments`, with B and C by their nonzero entries, `h_{t,s} = B_t .. B_{s-1} 1` and `f_{t,s} = n_t h_{t,s}`,

    f_{t+1,s} = (1 - 1/N) B' f_{t,s} + g_{t+1} h_{t+1,s},   g_{t+1} = (1/N) C' f_{t,t},   E[Zhat^2 nu] = scale^2 f_{T,T},

one s after the other, so that memory is (T + 1) |X_t| + the edges and time is T^2 edges. Every term is positive: a sum or product of n
rounded numbers has relative error at most `gamma(n) = n u / (1 - n u)`, `u = 2^-53`, in any order of summation, and nothing cancels.

*Scale.* f is carried as `f u_t`, with `u_t` the float64 values of `h_{t,T}` (any positive numbers do, their errors play no part): the
entries are then of the size of the target's marginals. What falls below `TINY` is raised to it in f and lowered to 0 in the target, each
to the safe side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from smc.errors import InputError
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess

TINY = 1e-250
UNIT = Rational(1, 2**53)


@dataclass(frozen=True)
class _Edges:
    """The moves of one step by source and target: `first = sum p w`, `ratio = sum p w^2 / sum p w`."""

    source: np.ndarray
    target: np.ndarray
    first: np.ndarray
    ratio: np.ndarray
    sizes: tuple[int, int]

    def back(self, values: np.ndarray) -> np.ndarray:
        """`B values`."""
        return np.bincount(self.source, self.first * values[self.target], self.sizes[0])

    def forward(self, kernel: np.ndarray, values: np.ndarray) -> np.ndarray:
        """`kernel' values`."""
        return np.bincount(self.target, kernel * values[self.source], self.sizes[1])


def _edges(process: ParticleProcess) -> tuple[list[_Edges], int]:
    """The steps, and how many terms the entries of products with B or B' have at most, summed over the steps."""
    steps: list[_Edges] = []
    terms = 0
    for t, step in enumerate(process.steps):
        entries: dict[tuple[int, int], tuple[Rational, Rational]] = {}
        for x, row in enumerate(step):
            for y, p, w in row:
                if p and w:
                    one, two = entries.get((x, y), (ZERO, ZERO))
                    entries[x, y] = one + p * w, two + p * w * w
        source, target = (np.array([key[i] for key in entries], dtype=np.int64) for i in (0, 1))
        try:
            first = np.array([float(a) for a, _ in entries.values()])
            ratio = np.array([float(b / a) for a, b in entries.values()])
        except OverflowError:
            raise _too_far() from None
        sizes = process.sizes[t], process.sizes[t + 1]
        steps.append(_Edges(source, target, first, ratio, sizes))
        if entries:
            terms += max(int(np.bincount(source).max()), int(np.bincount(target).max()))
    return steps, terms


Ends = tuple[Rational, Rational]


def float_moments(
    process: ParticleProcess, particles: int, tick: Callable[[float], None] = lambda share: None
) -> tuple[list[Ends], list[Rational], Ends]:
    """`(pi, k, 1 + v)` of a resampled `process`: ends of the target and upper ends of `k = E[U^2 nu]` by terminal state, ends of `E[U^2]`.

    Raises InputError where the values leave the range of float64.
    """
    steps, terms = _edges(process)
    horizon = len(steps)
    live = _live(steps)
    u = [np.ones(process.sizes[-1])]
    for edges in reversed(steps):
        u.insert(0, edges.back(u[0]))
    if not all((layer[here] > TINY).all() and (layer < 1 / TINY).all() for layer, here in zip(u, live, strict=True)):
        raise _too_far()
    kernels = [
        np.where(live[t + 1][e.target] & live[t][e.source], e.first, 0.0)
        * u[t + 1][e.target]
        / np.maximum(u[t][e.source], TINY)
        for t, e in enumerate(steps)
    ]
    lifted = False

    def lift(values: np.ndarray, here: np.ndarray) -> np.ndarray:
        nonlocal lifted
        small = here & (values < TINY)
        lifted = lifted or bool(small.any())
        return np.where(small, TINY, values)

    apart, same = float(Fraction(particles - 1, particles)), float(Fraction(1, particles))
    g: list[np.ndarray] = []
    own = u[0]  # f_{s,s} u_s
    for s in range(1, horizon + 1):
        g.append(lift(same * steps[s - 1].forward(kernels[s - 1] * steps[s - 1].ratio, own), live[s]))
        h = [np.ones(process.sizes[s])]
        for edges in reversed(steps[:s]):
            h.insert(0, edges.back(h[0]))
        own = h[0] * u[0]
        for t in range(s):
            own = lift(apart * steps[t].forward(kernels[t], own) + g[t] * h[t + 1], live[t + 1])
        tick((s / horizon) ** 2)
    mass = u[0]
    for edges, kernel in zip(steps, kernels, strict=True):
        mass = edges.forward(kernel, mass)
    slack = gamma(8 * (terms + 6 * horizon + 12))
    floor = [Rational(m) if m > TINY else ZERO for m in mass.tolist()]
    roof = [
        max(Rational(m), Rational(TINY)) if here else ZERO
        for m, here in zip(mass.tolist(), live[-1].tolist(), strict=True)
    ]
    low, high = sum(floor, ZERO) * (1 - slack), sum(roof, ZERO) * (1 + slack)
    pi = [(a * (1 - slack) / high, b * (1 + slack) / low) for a, b in zip(floor, roof, strict=True)]
    values = [Rational(v) if here else ZERO for v, here in zip(own.tolist(), live[-1].tolist(), strict=True)]
    total = sum(values, ZERO)
    second = (ONE if lifted else max(ONE, total * (1 - slack) / high**2)), total * (1 + slack) / low**2
    return pi, [v * (1 + slack) / low**2 for v in values], second


def _live(steps: list[_Edges]) -> list[np.ndarray]:
    """Where a particle can be that may still end with a positive weight, by layer."""
    ahead = [np.ones(steps[-1].sizes[1], dtype=bool)]
    for e in reversed(steps):
        ahead.insert(0, np.bincount(e.source, ahead[0][e.target], e.sizes[0]) > 0)
    behind = [np.ones(1, dtype=bool)]
    for e in steps:
        behind.append(np.bincount(e.target, behind[-1][e.source], e.sizes[1]) > 0)
    return [a & b for a, b in zip(ahead, behind, strict=True)]


def gamma(roundings: int) -> Rational:
    """Relative error that so many roundings in a row make at most."""
    return roundings * UNIT / (1 - roundings * UNIT)


def _too_far() -> InputError:
    return InputError(
        "the values leave the range of float64",
        where="method",
        mend="choose a smaller model: balls have no such range",
    )
