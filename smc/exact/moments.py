"""`E[Zhat^2; output y]` and `E[Zhat^2]` for any number of particles (S5, S10), exact, in whole numbers; polynomial in the number of states.

Two particles of a generation, picked with replacement, are one and the same with probability 1/N and otherwise independent draws from the
mixture that the weights of the generation before define. So the weighted measure `m_t(x, x')` of such a pair's states obeys

    m_{t+1} = (1 - 1/N) B' m_t B + (1/N) diag(C' m_t 1),    B(x, y) = sum p w,  C(x, y) = sum p w^2  over the outcomes x -> y,

from `m_0 = 1` at (root, root). With nu the weighted law of the last cloud, `E[Zhat^2 nu(y) nu(y')] = scale^2 · m_T(y, y')`, so row sums are
`E[Zhat^2 nu(y)]` (`pair_moments`) and the sum of all is `E[Zhat^2]` (`plain.second_moment` is this recursion, literally).

*Gauge.* With `m_t = a_t a_t' n_t` and `a_{t+1}(y)` the content (the greatest common divisor) of column y of `diag(a_t) B`, the matrices
`b = diag(a_t) B diag(a_{t+1})^-1` are whole; a twist's values, which stand in the rows and columns of B, drop out of them.

*Test functions.* All that is asked of `n_t` is `e_t = n_t a_t`, the last one included. With `h_{t,s} = b_t .. b_{s-1} a_s` (whole
numbers over one denominator), `f_{t,s} = n_t h_{t,s}` obeys `f_{t+1,s} = (1 - 1/N) b' f_{t,s} + g_{t+1} h_{t+1,s}`,
`g_{t+1} = (1/N) c' f_{t,t}`: vectors in place of a matrix, T - t + 1 of them, fewer where test functions are proportional (one, when the
reward model is the true value). Where there are more of them than states, the matrix itself is carried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import flint

from smc.numbers import ONE, ZERO, Ball, Rational, precision, rounded
from smc.samplers.process import ParticleProcess

Mixture = tuple[Rational, Rational]
"""Weights of two different particles and of one and the same: `(1 - 1/N, 1/N)`."""
Sparse = list[dict[int, int]]
"""By target y: source x -> entry."""


@dataclass(frozen=True)
class Layer:
    """One step in the gauge: `b`, and `c(x, y) = a_t(x) C(x, y) / a_{t+1}(y)^2`, by target; `scale = a_{t+1}`. States are positions
    in `states`, the states of layer t + 1 that a particle of positive weight reaches."""

    b: Sparse
    c: list[dict[int, Rational]]
    scale: list[Rational]
    states: list[int]


def means(process: ParticleProcess) -> tuple[Rational, ...]:
    """`E[Zhat nu(y)]` by terminal state y, free of N: Z times the target. Shape (|X_T|,)."""
    mass = {0: process.scale}
    for step in process.steps:
        following: dict[int, Rational] = {}
        for x, m in mass.items():
            for y, p, w in step[x]:
                if p and w:
                    following[y] = following.get(y, ZERO) + m * p * w
        mass = following
    return tuple(mass.get(y, ZERO) for y in range(process.sizes[-1]))


class PairRecursion:
    """The recursion on one process, ready to be run at many N: what does not depend on N is computed once."""

    def __init__(self, process: ParticleProcess) -> None:
        self.process = process
        self.layers = gauge(process)
        if self.layers[-1].scale:  # else no particle arrives
            self.families = _test_functions(self.layers)
            self._method = _by_functions if _functions_are_fewer(self.layers, self.families) else _by_pairs

    def rows(
        self, apart: Rational, same: Rational, tick: Callable[[float], None] = lambda share: None
    ) -> tuple[list[int], list[Rational], Rational]:
        """Terminal states, `E[Zhat^2 nu(y)]` for each as numbers over one divisor, and that divisor.

        apart, same: the weights of two different particles and of one, `1 - 1/N` and `1/N` for N particles.
        """
        if not self.layers[-1].scale:
            return [], [], ONE
        rows, over = self._method(self.layers, self.families, (apart, same), tick)
        return self.layers[-1].states, rows, over / self.process.scale**2

    def moments(
        self, apart: Rational, same: Rational, tick: Callable[[float], None] = lambda share: None
    ) -> tuple[Rational, ...]:
        """`E[Zhat^2 nu(y)]` by terminal state y; shape (|X_T|,)."""
        moments = [ZERO] * self.process.sizes[-1]
        states, rows, over = self.rows(apart, same, tick)
        for y, row in zip(states, rows, strict=True):
            moments[y] = row / over
        return tuple(moments)

    def between(self, low: int, high: int) -> tuple[tuple[Rational, ...], tuple[Rational, ...]]:
        """Lower and upper ends of the moments for every N in low..high: they grow with either weight."""
        below = self.moments(ONE - ONE / low, ONE / high)
        return below, below if low == high else self.moments(ONE - ONE / high, ONE / low)


def pair_moments(
    process: ParticleProcess, particles: int, tick: Callable[[float], None] = lambda share: None
) -> tuple[Rational, ...]:
    """`E[Zhat^2 nu(y)]` by terminal state y of a resampled `process`; shape (|X_T|,). `tick` gets the share done."""
    return PairRecursion(process).moments(ONE - ONE / particles, ONE / particles, tick)


def second_moment(
    process: ParticleProcess, particles: int, tick: Callable[[float], None] = lambda share: None
) -> Rational:
    """`E[Zhat^2]` of a resampled `process` with `particles` particles: the sum of `pair_moments`."""
    _, rows, over = PairRecursion(process).rows(ONE - ONE / particles, ONE / particles, tick)
    return sum(rows, ZERO) / over


def _functions_are_fewer(layers: Sequence[Layer], families: list[tuple]) -> bool:
    """Whether test functions take fewer additions than pairs of states do."""
    by_functions = sum(
        len(set(family)) * sum(map(len, layer.b)) for family, layer in zip(families[1:], layers, strict=True)
    )
    by_pairs = sum(sum(map(len, layer.b)) * (len(layer.scale) + len(before)) for layer, before in _with_sources(layers))
    return by_functions <= by_pairs


def second_moment_ball(process: ParticleProcess, particles: int, bits: int) -> Ball:
    """A ball around `E[Zhat^2]` of relative radius at most `2**-bits`: for models whose exact value has hundreds of thousands of digits.

    The recursion adds and multiplies positive numbers only, so next to nothing is lost; the precision doubles should it not suffice.
    """
    working = bits + 64
    while True:
        with precision(working):
            value = sum(pair_moment_balls(process, particles), flint.arb(0))
            if value.rad() * 2**bits <= value.mid():
                return value
        working *= 2


def pair_moment_balls(process: ParticleProcess, particles: int) -> tuple[Ball, ...]:
    """Balls around `pair_moments`, in the working precision: `e_T = n_T a_T` with the matrix n, as in the docstring of the module."""
    moments = [flint.arb(0)] * process.sizes[-1]
    layers = gauge(process)
    if layers[-1].scale:
        square = rounded(process.scale) ** 2
        for y, moment in zip(layers[-1].states, _pairs_of_balls(layers, particles), strict=True):
            moments[y] = square * moment
    return tuple(moments)


def _pairs_of_balls(layers: Sequence[Layer], particles: int) -> list[Ball]:
    """Row sums of `m_T` in balls."""
    apart, same = flint.arb(particles - 1) / particles, flint.arb(1) / particles
    scale: list[Rational] = [ONE]
    n = flint.arb_mat(1, 1, [1])
    for layer in layers:
        size = len(layer.b)
        e = (n * flint.arb_mat(len(scale), 1, [rounded(a) for a in scale])).entries()
        entries = [0] * (len(scale) * size)
        for y, column in enumerate(layer.b):
            for k, entry in column.items():
                entries[k * size + y] = entry
        b = flint.arb_mat(len(scale), size, entries)
        n = b.transpose() * n * b * apart
        for y, squares in enumerate(layer.c):
            n[y, y] += same * sum((e[k] * rounded(value) for k, value in squares.items()), flint.arb(0))
        scale = layer.scale
    numbers = [rounded(v) for v in scale]
    rows = (n * flint.arb_mat(len(scale), 1, numbers)).entries()
    return [a * row for a, row in zip(numbers, rows, strict=True)]


@lru_cache(maxsize=2)  # moments of several orders ask for the same
def gauge(process: ParticleProcess) -> tuple[Layer, ...]:
    """The steps in the gauge of the docstring of the module."""
    layers: list[Layer] = []
    states, scale = [0], [ONE]
    for t in range(process.horizon):
        into: dict[int, dict[int, tuple[Rational, Rational]]] = {}
        for k, x in enumerate(states):
            for y, p, w in process.steps[t][x]:
                if p and w:
                    first, second = into.setdefault(y, {}).get(k, (ZERO, ZERO))
                    into[y][k] = (first + p * w, second + p * w * w)
        states = sorted(into)
        b: Sparse = []
        c: list[dict[int, Rational]] = []
        below = scale
        scale = []
        for y in states:
            column = {k: below[k] * first for k, (first, _) in into[y].items()}
            content = _content(list(column.values()))
            scale.append(content)
            b.append({k: int(entry / content) for k, entry in column.items()})
            c.append({k: below[k] * second / content**2 for k, (_, second) in into[y].items()})
        layers.append(Layer(b, c, scale, states))
    return tuple(layers)


def _content(entries: list[Rational]) -> Rational:
    return Rational(gcd(*(int(e.numerator) for e in entries)), lcm(*(int(e.denominator) for e in entries)))


def _with_sources(layers: Sequence[Layer]) -> list[tuple[Layer, list[Rational]]]:
    return list(zip(layers, [[ONE], *(layer.scale for layer in layers[:-1])], strict=True))


def _test_functions(layers: Sequence[Layer]) -> list[tuple]:
    """`h_{t,s}` for t = 0..T and s = t..T, each as coprime whole numbers (their factors are found again by `_factor`)."""
    scales = [[ONE], *(layer.scale for layer in layers)]
    families: list[tuple] = [()] * len(scales)
    for t in range(len(layers), -1, -1):
        family = [_primitive(scales[t])]
        if t < len(layers):
            done: dict[tuple, tuple] = {}
            for h in families[t + 1]:
                if h not in done:
                    image = [0] * len(scales[t])
                    for value, column in zip(h, layers[t].b, strict=True):
                        for k, entry in column.items():
                            image[k] += entry * value
                    done[h] = _primitive(image)
                family.append(done[h])
        families[t] = tuple(family)
    return families


def _primitive(vector: list) -> tuple[int, ...]:
    raised = lcm(*(int(Rational(v).denominator) for v in vector))
    whole = [int(v * raised) for v in vector]
    common = gcd(*whole)
    return tuple(v // common for v in whole)


def _factor(vector: list[Rational], primitive: tuple[int, ...]) -> Rational:
    """`vector / primitive`, a number: they are proportional and positive."""
    return Rational(vector[0]) / primitive[0]


def _by_functions(
    layers: Sequence[Layer], families: list[tuple], mixture: Mixture, tick: Callable[[float], None]
) -> tuple[list[Rational], Rational]:
    """Row sums of `m_T`, as numbers over one divisor, by test functions.

    `f[h]` are whole numbers over `denominator`, for each primitive h of the layer's family.
    """
    scale: list[Rational] = [ONE]
    apart, same, over = _whole(mixture)
    denominator = 1
    f: dict[tuple, list] = {families[0][0]: [flint.fmpz(1)]}
    for t, layer in enumerate(layers):
        # n_{t+1} = (apart b' n b + same diag(G)) / over with G(y) = sum_x c(x, y) f_{t,t}(x), f_{t,t} = (a_t / h) f[h], over `raised`
        factor = _factor(scale, families[t][0])
        entries = [{k: factor * value for k, value in column.items()} for column in layer.c]
        raised = lcm(*(int(value.denominator) for column in entries for value in column.values()))
        own = f[families[t][0]]
        g = [
            same * sum((own[k] * int(value * raised) for k, value in column.items()), flint.fmpz(0))
            for column in entries
        ]
        stay = flint.fmpz(apart * raised)
        following: dict[tuple, list] = {}
        for s, h in enumerate(families[t + 1]):
            if h not in following:
                image = families[t][s + 1]  # proportional to b h
                place = next(k for k, value in enumerate(image) if value)
                ratio = sum(column.get(place, 0) * h[y] for y, column in enumerate(layer.b)) // image[place]
                old, keep = f[image], stay * ratio
                following[h] = [
                    keep * sum((entry * old[k] for k, entry in column.items()), flint.fmpz(0)) + g[y] * h[y]
                    for y, column in enumerate(layer.b)
                ]
        denominator, f = _lightened(denominator * over * raised, following)
        scale = layer.scale
        tick((t + 1) / len(layers))
    own, factor = f[families[-1][0]], _factor(scale, families[-1][0])
    return [a * int(v) for a, v in zip(scale, own, strict=True)], denominator / factor


def _whole(mixture: Mixture) -> tuple[int, int, int]:
    """The two weights as whole numbers over one denominator."""
    apart, same = mixture
    over = lcm(int(apart.denominator), int(same.denominator))
    return int(apart * over), int(same * over), over


def _lightened(denominator: int, f: dict[Any, list]) -> tuple[int, dict[Any, list]]:
    """Numerators and denominator without their common divisor, where that saves a tenth of their length."""
    common = flint.fmpz(denominator)
    for numbers in f.values():
        for number in numbers:
            common = common.gcd(number)
            if 10 * common.height_bits() < denominator.bit_length():
                return denominator, f
    return denominator // int(common), {h: [number // common for number in numbers] for h, numbers in f.items()}


def _by_pairs(
    layers: Sequence[Layer], families: list[tuple], mixture: Mixture, tick: Callable[[float], None]
) -> tuple[list[Rational], Rational]:
    """Row sums of `m_T`, as numbers over one divisor, by the matrix n, rows of whole numbers over `denominator`."""
    del families
    scale: list[Rational] = [ONE]
    apart, same, over = _whole(mixture)
    denominator = 1
    n = [[flint.fmpz(1)]]
    for t, layer in enumerate(layers):
        raised_scale = lcm(*(int(a.denominator) for a in scale))
        whole_scale = [int(a * raised_scale) for a in scale]
        entries = [{k: value / raised_scale for k, value in column.items()} for column in layer.c]
        raised = lcm(*(int(value.denominator) for column in entries for value in column.values()))
        own = [sum((v * a for v, a in zip(row, whole_scale, strict=True)), flint.fmpz(0)) for row in n]
        g = [
            same * sum((own[k] * int(value * raised) for k, value in column.items()), flint.fmpz(0))
            for column in entries
        ]
        stay = flint.fmpz(apart * raised)
        half = [
            [sum((entry * n[x][k] for k, entry in column.items()), flint.fmpz(0)) for x in range(len(n))]
            for column in layer.b
        ]
        following = [[flint.fmpz(0)] * len(layer.b) for _ in layer.b]
        for y, column in enumerate(layer.b):
            for z in range(y + 1):  # symmetric
                following[z][y] = following[y][z] = stay * sum(
                    (entry * half[z][k] for k, entry in column.items()), flint.fmpz(0)
                )
            following[y][y] += g[y]
        denominator, lighter = _lightened(denominator * over * raised, dict(enumerate(following)))
        n = [lighter[y] for y in range(len(following))]
        scale = layer.scale
        tick((t + 1) / len(layers))
    rows = (sum((a * int(v) for a, v in zip(scale, row, strict=True)), ZERO) for row in n)
    return [a * row for a, row in zip(scale, rows, strict=True)], Rational(denominator)
