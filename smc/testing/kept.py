"""Conditional SMC as a finite model of the sealed statements (S17): every free symbol at the value of a run that keeps a path."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

from smc.numbers import INFINITE
from smc.setting.analysis import Constants
from smc.testing.witness import ONE, Layers, fraction, reciprocal

Edge = tuple[int, int]
Values = dict[int, Fraction]
ZERO = Fraction(0)


class Kept(Layers):
    """Conditional SMC on a prefix tree, N free particles beside the kept path of a leaf z; a cloud is a tuple of the N free edges.

    `held(z, t)`: the edge of the path of z at time t; of a state that is no leaf of positive target mass, the first such leaf's.
    """

    def __init__(self, c: Constants, free: int):
        super().__init__(c)
        self.N = free
        ways: dict[int, tuple[int, ...]] = {0: (0,)}
        for t in range(self.T):
            ways = {y: (*way, y) for x, way in ways.items() for p, y in self.M(t, x) if self.psi(t, x, y)}
        self.leaves = [y for y, p in enumerate(c.target) if p]
        self.way = {z: ways[z if z in self.leaves else self.leaves[0]] for z in range(self.width)}
        self.csmc = cache(self._law)

    def held(self, z: int, t: int) -> Edge:
        """The kept edge at a time."""
        return (self.way[z][t], self.way[z][t + 1]) if t < self.T else (0, 0)

    def edges(self, z: int, t: int, cloud: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """All N + 1 edges."""
        return (*cloud, self.held(z, t))

    def _law(self, z: int, t: int, cloud: tuple[Edge, ...]) -> list[tuple[Fraction, Edge]]:
        """The law of a free edge at time t + 1."""
        every = self.edges(z, t, cloud)
        mass = sum((self.weight(t, e) for e in every), ZERO)
        return [
            (self.weight(t, e) / mass * p, (e[1], y))
            for e in every
            if self.weight(t, e)
            for p, y in self.M(t + 1, e[1])
        ]

    def first(self) -> list[tuple[Fraction, Edge]]:
        """The law of the first free edges."""
        return [(p, (0, y)) for p, y in self.M(0, 0)]

    def mean(self, law: list[tuple[Fraction, Edge]], value: Callable[[tuple[Edge, ...]], Fraction]) -> Fraction:
        """The mean over N independent draws."""
        found = ZERO
        for drawn in product(law, repeat=self.N):
            chance = ONE
            for p, _ in drawn:
                chance *= p
            found += chance * value(tuple(e for _, e in drawn))
        return found

    def answer(self, F: Callable[[int], Fraction]) -> Callable[[int, int, tuple[Edge, ...]], Fraction]:
        """Out(z, t, c): the mean of F at the answer, given the free cloud at time t."""

        @cache
        def out(z: int, t: int, cloud: tuple[Edge, ...]) -> Fraction:
            if t < self.T - 1:
                return self.mean(self.csmc(z, t, cloud), lambda d: out(z, t + 1, d))
            every = self.edges(z, self.T - 1, cloud)
            total = sum((self.weight(self.T - 1, e) for e in every), ZERO)
            return sum((self.weight(self.T - 1, e) * F(e[1]) for e in every), ZERO) / total

        return out

    def swept(self, F: Values) -> tuple[Callable[[int, int], Fraction], Callable[[int], Callable]]:
        """U(j, z), the mean of F after j sweeps from z, and OutJ(j), the answers of the test function U(j, .)."""

        @cache
        def out(j: int) -> Callable[[int, int, tuple[Edge, ...]], Fraction]:
            return self.answer(lambda x: U(j, x))

        @cache
        def U(j: int, z: int) -> Fraction:
            return self.mean(self.first(), lambda d: out(j - 1)(z, 0, d)) if j else F[z]

        return U, out

    def environment_of(self, F: Values) -> tuple[dict[str, Any], dict[str, Any]]:
        """The symbols of S17, z at the first leaf, and the ranges of the quantifiers."""
        env, ranges = super().environment()
        U, out = self.swept(F)
        value = cache(lambda j: self.value_of({x: U(j, x) for x in range(self.width)}))
        b = self.c.b

        def largest(t: int) -> Fraction:
            return fraction(b[t]) if t < self.T and b[t] != INFINITE else ONE

        env |= {
            "N": self.N, "src": lambda e: e[0], "dst": lambda e: e[1], "join": lambda x, y: (x, y), "first": self.first,
            "csmc": self.csmc, "held": self.held, "F": lambda x: F[x], "VF": self.value_of(F), "Out": self.answer(F.__getitem__),
            "U": U, "VJ": lambda j, t, x: value(j)(t, x), "OutJ": lambda j, z, t, c: out(j)(z, t, c), "b": largest, "bz": largest,
            "z": self.leaves[0],
        }  # fmt: skip
        edges = list(product(ranges["X"], repeat=2))
        return env, ranges | {"Edge": edges, "Edge*": list(product(edges, repeat=self.N))}

    def along(self, z: int) -> Callable[[int], Fraction]:
        """bz(t): Qbar of the kept edge over the least V*/V at time t."""

        def at(t: int) -> Fraction:
            if t >= self.T:
                return ONE
            x, y = self.held(z, t)
            least = min(map(fraction, self.c.value_ratio[t].values()))
            return self.psi(t, x, y) * self.Vstar(t + 1, y) * reciprocal(self.V(t, x) * least)

        return at
