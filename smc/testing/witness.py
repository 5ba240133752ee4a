"""Models of `smc` as finite models of the sealed statements: every free symbol gets the value that the numerical side computes.

A statement read here meets the exact engine: its left side is what the engine measures, its right side what `proofs.bounds` claims.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache, partial
from math import isqrt
from typing import Any

from smc.numbers import INFINITE
from smc.setting.analysis import Constants
from smc.setting.growth import growth_along, reference_means, ways

ONE = Fraction(1)


def fraction(x: Any) -> Fraction:
    return Fraction(int(x.numerator), int(x.denominator))


def reciprocal(x: Any) -> Fraction:
    """1/x with the kernel's 1/0 = 0."""
    return 1 / Fraction(x) if x else Fraction(0)


def root_above(x: Any) -> Fraction:
    """The root of x: exact for squares of rationals, else a rational at most 2^-100 above it."""
    x = Fraction(x)
    if x < 0:
        return Fraction(0)
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    if top * top == x.numerator and bottom * bottom == x.denominator:
        return Fraction(top, bottom)
    return Fraction(isqrt((x.numerator << 200) // x.denominator) + 1, 1 << 100)


class Layers:
    """The setting: V, Vstar, psi, M, who is live. States are indices; a state that the layer does not have moves to 0 and has value 1.

    Live states and reachable edges are those of positive probability: the statements assume nothing elsewhere. Where no resampled
    particle can stand (not `alive`: every way there has weight 0) values and potentials are set to 0, which changes no run; with
    `as_given` they are left as they are.
    """

    def __init__(self, c: Constants, as_given: bool = False):
        self.c, self.T = c, c.model.horizon
        self.kept = [range(size) if as_given else alive for size, alive in zip(c.model.sizes, c.alive, strict=True)]
        self.width = max(c.model.sizes)
        self.moves = {
            (t, x): {e.target: (fraction(e.probability), fraction(e.potential)) for e in row}
            for t, step in enumerate(c.model.edges)
            for x, row in enumerate(step)
        }
        assert all(len(self.moves[t, x]) == len(row) for t, s in enumerate(c.model.edges) for x, row in enumerate(s))
        self.live = [{0}]
        for t in range(self.T):
            self.live.append({y for x in self.live[t] for y, (p, _) in self.moves[t, x].items() if p})
        self._values, self._true = self._table(c.twist.values), self._table(c.true_value)
        self.weight = cache(self._weight)  # asked for again with every cloud

    def _table(self, values: Any) -> list[list[Fraction]]:
        return [
            [fraction(value) if x in kept else Fraction(0) for x, value in enumerate(layer)]
            for layer, kept in zip(values, self.kept, strict=True)
        ]

    def V(self, t: int, x: int) -> Fraction:
        return self._values[t][x] if t <= self.T and x < len(self._values[t]) else ONE

    def Vstar(self, t: int, x: int) -> Fraction:
        return self._true[t][x] if t <= self.T and x < len(self._true[t]) else ONE

    def psi(self, t: int, x: int, y: int) -> Fraction:
        if (t, x) not in self.moves:
            return ONE
        return self.moves[t, x].get(y, (0, ONE))[1] if x in self.kept[t] else Fraction(0)

    def M(self, t: int, x: int) -> list[tuple[Fraction, int]]:
        return [(p, y) for y, (p, _) in self.moves.get((t, x), {}).items() if p] or [(ONE, 0)]

    def dead(self, t: int, x: int) -> int:
        return 0 if t <= self.T and x in self.live[t] else 1

    def noedge(self, t: int, x: int, y: int) -> int:
        return 0 if t < self.T and x in self.live[t] and self.moves[t, x].get(y, (0, 0))[0] else 1

    def _weight(self, t: int, edge: tuple[int, int]) -> Fraction:
        x, y = edge
        return self.psi(t, x, y) * self.V(t + 1, y) * reciprocal(self.V(t, x))

    def value_of(self, F: dict[int, Fraction]) -> Any:
        """VF(t, x): the true value with the terminal reward times F."""

        @cache
        def f(t: int, x: int) -> Fraction:
            if t >= self.T:
                return F[x] * self.V(self.T, x)
            return sum((p * self.psi(t, x, y) * f(t + 1, y) for p, y in self.M(t, x)), Fraction(0))

        return f

    def references(self) -> dict[str, Any]:
        """Means from x at time t, with the path's potentials, of V_s (PV), Vstar_s^2/V_s (PS) and E[psi^2 Vstar_{s+1}^2]/V_s (PQ)."""

        @cache
        def mean(name: str, s: int, t: int, x: int) -> Fraction:
            if t < s:
                return sum((p * self.psi(t, x, y) * mean(name, s, t + 1, y) for p, y in self.M(t, x)), Fraction(0))
            if name == "PV":
                return self.V(t, x)
            if name == "PS":
                return self.Vstar(t, x) ** 2 * reciprocal(self.V(t, x))
            squares = (p * (self.psi(t, x, y) * self.Vstar(t + 1, y)) ** 2 for p, y in self.M(t, x))
            return sum(squares, Fraction(0)) * reciprocal(self.V(t, x))

        return {name: partial(mean, name) for name in ("PV", "PQ", "PS")}

    def paths(self, particles: int) -> dict[str, Any]:
        """On a prefix tree: the J paths that the target takes, by number, each with its leaf as a test function and its growths (S14)."""
        means, taken = reference_means(self.c), ways(self.c)
        references = self.references()
        states = [(0, *(x for x, _ in way)) for way in taken]
        growths = [growth_along(self.c, means, way, particles) for way in taken]
        values = [self.value_of({x: Fraction(x == way[-1]) for x in range(self.width)}) for way in states]

        def along(rows: Any, j: int, t: int, beyond: Any) -> Any:
            return rows[j % len(rows)][t] if t <= self.T else beyond

        return {
            "J": len(taken), "FJ": lambda j, x: Fraction(x == states[j % len(states)][-1]),
            "VJ": lambda j, t, x: values[j % len(values)](t, x), "PV": references["PV"], "PS": references["PS"],
            "pathJ": lambda j, t: along(states, j, t, 0), "growthJ": lambda j, t: fraction(along(growths, j, t, ONE)),
            "aim": lambda j: values[j % len(values)](0, 0) / self.Vstar(0, 0),
            "src": lambda e: e[0], "dst": lambda e: e[1], "join": lambda x, y: (x, y),
            "first": lambda: [(p, (0, y)) for p, y in self.M(0, 0)],
        }  # fmt: skip

    def peak(self, y: int, k: int) -> Fraction:
        """The largest Qbar of step k + 1 on the way to the terminal state y, over the least V*/V at time k, or 1 if that is more."""
        if k >= self.T or y not in self.live[self.T]:
            return ONE
        least, value = (
            min(map(fraction, self.c.value_ratio[k].values())),
            self.value_of({x: Fraction(x == y) for x in range(self.width)}),
        )
        looks = [
            self.psi(k, x, z) * self.Vstar(k + 1, z) * reciprocal(self.V(k, x) * least)
            for x in self.live[k] for p, z in self.M(k, x) if p and value(k + 1, z)
        ]  # fmt: skip
        return max([ONE, *looks])

    def guided(self, t: int, x: int) -> list[tuple[Fraction, int]]:
        """The guided kernel; the reference one where no particle can stand."""
        pairs = [(p * self.psi(t, x, y) * self.V(t + 1, y), y) for p, y in self.M(t, x)]
        mass = sum(w for w, _ in pairs)
        return [(w / mass, y) for w, y in pairs if w] if mass else self.M(t, x)

    def mean_ahead(self, t: int, x: int) -> Fraction:
        """BV(t, x): the mean of psi V ahead of a state where V > 0; V itself at the end."""
        if t >= self.T or not self.V(t, x):
            return self.V(t, x)
        return sum((p * self.psi(t, x, y) * self.V(t + 1, y) for p, y in self.M(t, x)), Fraction(0))

    def lifted(self, t: int, x: int, y: int) -> Fraction:
        """psiV(t, x, y): the potential under which guided moves are those of a naive run with the twist BV."""
        return self.mean_ahead(t, x) * reciprocal(self.V(t + 1, y))

    def left_by_guided_moves(self, t: int, x: int, y: int) -> int:
        """noedge for guided moves: 0 where x has one, and it leads to y."""
        taken = t < self.T and x in self.live[t] and self.mean_ahead(t, x) and any(y == z for _, z in self.guided(t, x))
        return 0 if taken else 1

    def mean_of(self, F: dict[int, Fraction]) -> Any:
        """GF(t, x): the mean of F at the end of the guided path from x."""

        @cache
        def f(t: int, x: int) -> Fraction:
            return F[x] if t >= self.T else sum((w * f(t + 1, y) for w, y in self.guided(t, x)), Fraction(0))

        return f

    def environment(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Symbols that every topic shares, and the ranges of the quantifiers."""
        c = self.c
        env = {
            "T": self.T, "n": self.T - 1, "root": 0, "M": self.M, "psi": self.psi, "V": self.V, "Vstar": self.Vstar,
            "dead": self.dead, "noedge": self.noedge, "sqrt": root_above, "1/": reciprocal,
        }  # fmt: skip
        if c.bellman_error != INFINITE:
            env["eps"] = fraction(c.bellman_error)
        if c.ratio_bound != INFINITE:
            env["L"] = fraction(c.ratio_bound)
        return env, {"nat": range(self.T + 2), "X": range(self.width), "real": [Fraction(0), ONE, Fraction(7, 3)]}


class Cloud(Layers):
    """Naive-proposal SMC with N particles: a particle at time t is the edge that it crosses; a cloud is a tuple of N edges."""

    def __init__(self, c: Constants, particles: int):
        super().__init__(c)
        self.N = particles
        self.smc = cache(self.resampled)

    def total(self, t: int, cloud: tuple) -> Fraction:
        return sum((self.weight(t, e) for e in cloud), Fraction(0))

    def first(self) -> list[tuple[Fraction, tuple[int, int]]]:
        return [(p, (0, y)) for p, y in self.M(0, 0)]

    def resampled(self, t: int, cloud: tuple) -> list[tuple[Fraction, tuple[int, int]]]:
        """The law of a particle after resampling and moving; any law where all weights vanish."""
        mass = self.total(t, cloud)
        if not mass:
            return self.first()
        return [(self.weight(t, e) / mass * p, (e[1], y)) for e in cloud for p, y in self.M(t + 1, e[1])]

    def clouds(self, law: list) -> list[tuple[Fraction, tuple]]:
        """N independent draws."""
        out: list[tuple[Fraction, tuple]] = [(ONE, ())]
        for _ in range(self.N):
            out = [(w * p, (*row, e)) for w, row in out for p, e in law]
        return out

    def backward(self, last: Any, step: Any) -> Any:
        """The function f(t, cloud) with f(T-1, c) = last(c) and f(t, c) = step(t, c, E f(t+1, next cloud))."""

        @cache
        def f(t: int, cloud: tuple) -> Fraction:
            if t >= self.T - 1:
                return last(cloud)
            return step(t, cloud, sum(w * f(t + 1, d) for w, d in self.clouds(self.smc(t, cloud))))

        return f

    def answer(self, F: dict[int, Fraction]) -> Any:
        """W(t, c): the expected F(output) given the cloud."""
        t = self.T - 1
        return self.backward(
            lambda c: sum((self.weight(t, e) * F[e[1]] for e in c), Fraction(0)) * reciprocal(self.total(t, c)),
            lambda t, c, mean: mean,
        )

    def moment(self, power: int) -> Any:
        """E of the product of the mean weights from t on, to a power, given the cloud at t."""
        t = self.T - 1
        return self.backward(
            lambda c: (self.total(t, c) / self.N) ** power,
            lambda t, c, mean: (self.total(t, c) / self.N) ** power * mean,
        )

    def moment_of(self, F: dict[int, Fraction], power: int = 1, answers: int = 1) -> Any:
        """E of the product of the mean weights from t on, to a power, times the last cloud's weighted mean of F to another, no larger."""
        t = self.T - 1

        def last(c: tuple) -> Fraction:
            rewarded = sum((self.weight(t, e) * F[e[1]] for e in c), Fraction(0))
            return (self.total(t, c) / self.N) ** (power - answers) * (rewarded / self.N) ** answers

        return self.backward(last, lambda t, c, mean: (self.total(t, c) / self.N) ** power * mean)

    def environment(self, F: dict[int, Fraction] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        env, ranges = super().environment()
        F = F or {x: Fraction(x + 1, self.width) for x in range(self.width)}
        constants = self.c

        def at(values: Any, k: int) -> Fraction:
            return fraction(values[k]) if 0 <= k < self.T and values[k] != INFINITE else ONE

        env |= {
            "N": self.N, "src": lambda e: e[0], "dst": lambda e: e[1], "join": lambda x, y: (x, y), "first": self.first,
            "smc": self.smc, "F": lambda x: F[x], "VF": self.value_of(F), "W": self.answer(F), "Out": self.answer(F),
            "A": self.moment(1), "AF": self.moment_of(F), "CF": self.moment_of(F, 2),
            "B": self.moment(2), "b": lambda t: at(constants.b, t), "q": lambda k: at(constants.q, self.T - 1 - k),
            "lo": lambda k: fraction(constants._lookahead[self.T - 1 - k][1]) if k < self.T else ONE,
        }  # fmt: skip
        edges = list(itertools.product(ranges["X"], repeat=2))
        return env, ranges | {"Edge": edges, "Edge*": list(itertools.product(edges, repeat=self.N))}


class Adapted(Layers):
    """Fully adapted SMC with N particles: a cloud is a tuple of N states; resample by rho, then move by the guided kernel."""

    def __init__(self, c: Constants, particles: int):
        super().__init__(c)
        self.N = particles
        self.adapted = cache(self.resampled)

    def rho(self, t: int, x: int) -> Fraction:
        """(BV)(x) / V(x)."""
        return self.mean_ahead(t, x) * reciprocal(self.V(t, x))

    def resampled(self, t: int, cloud: tuple) -> list[tuple[Fraction, int]]:
        mass = sum(self.rho(t, x) for x in cloud)
        if not mass:
            return self.guided(t, cloud[0])
        return [(self.rho(t, x) / mass * p, y) for x in cloud for p, y in self.guided(t, x)]

    def environment(self, F: dict[int, Fraction] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        env, ranges = super().environment()
        F = F or {x: Fraction(x + 1, self.width) for x in range(self.width)}

        @cache
        def W(t: int, cloud: tuple) -> Fraction:
            if t >= self.T:
                return sum((F[x] for x in cloud), Fraction(0)) / self.N
            out = Fraction(0)
            for row in itertools.product(self.adapted(t, cloud), repeat=self.N):
                weight = ONE
                for w, _ in row:
                    weight *= w
                out += weight * W(t + 1, tuple(y for _, y in row))
            return out

        spread = [[fraction(r) for r in layer.values()] for layer in self.c.value_ratio]
        env |= {
            "N": self.N, "F": lambda x: F[x], "VF": self.value_of(F), "W": W, "guided": self.guided, "adapted": self.adapted,
            "lo": lambda k: min(spread[self.T - k]) if k <= self.T else ONE,
            "q": lambda k: max(spread[self.T - k]) / min(spread[self.T - k]) if k <= self.T else ONE,
            "b": lambda k: fraction(self.c.b_adapted[k]) if k < self.T else ONE,
        }  # fmt: skip
        return env, ranges | {"X*": list(itertools.product(ranges["X"], repeat=self.N))}


class Paths(Layers):
    """Guided paths (states from time 0 to T) with their importance weight W = dpi/dguided."""

    def __init__(self, c: Constants):
        super().__init__(c)
        self.law: dict[tuple, Fraction] = {(0,): Fraction(1)}
        for t in range(self.T):
            self.law = {(*path, y): p * q for path, p in self.law.items() for q, y in self.guided(t, path[-1])}
        self.rho = {(t, x): fraction(r) for t, layer in enumerate(c.bellman_ratio) for x, r in layer.items()}
        raw = {path: self.product(path) for path in self.law}
        self.mean = sum(p * raw[path] for path, p in self.law.items())
        self.W = {path: w / self.mean for path, w in raw.items()}

    def product(self, path: tuple) -> Fraction:
        out = Fraction(1)
        for t in range(1, self.T):
            out *= self.rho[t, path[t]]
        return out

    def accept(self, x: tuple, y: tuple) -> Fraction:
        return min(Fraction(1), self.W[y] / self.W[x])

    def chain(self, F: dict[int, Fraction]) -> Any:
        """U(k, path): the mean of F at the end of the chain's path after k further proposals."""

        @cache
        def U(k: int, x: tuple) -> Fraction:
            if not k:
                return F[x[-1]]
            return sum(
                (
                    p * (self.accept(x, y) * U(k - 1, y) + (1 - self.accept(x, y)) * U(k - 1, x))
                    for y, p in self.law.items()
                ),
                Fraction(0),
            )

        return U

    def environment_of(self, F: dict[int, Fraction], proposals: int) -> tuple[dict[str, Any], dict[str, Any]]:
        W, low = self.W, min(self.W.values())
        env = {
            "guided": lambda: [(p, path) for path, p in self.law.items()], "W": lambda x: W[x], "F": lambda x: F[x[-1]],
            "U": self.chain(F), "accept": self.accept, "a": low, "R": max(W.values()) / low, "n": proposals - 1, "m": self.T - 1,
            "rho": lambda t, x: self.rho.get((t, x), Fraction(1)), "state": lambda path, t: path[t] if t <= self.T else 0,
            "C": self.mean, "eps": fraction(self.c.bellman_error), "sqrt": root_above, "1/": reciprocal,
        }  # fmt: skip
        return env, {"Path": list(self.law), "nat": range(max(self.T, proposals) + 1)}
