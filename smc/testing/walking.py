"""The backtracking walk as a finite model of the sealed statements (S18): harmonic extensions by the exact walk, values by the model."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from smc.exact.backtracking import backtracking
from smc.samplers.naive import naive
from smc.setting.analysis import Constants
from smc.testing.witness import Layers, fraction, reciprocal

Function = Callable[[int], Fraction]
ZERO = Fraction(0)


class Walking(Layers):
    """The walk on a prefix tree. A function of the leaves is one of the states of the last layer."""

    def __init__(self, c: Constants):
        super().__init__(c)
        self.walk = backtracking(naive.process(c.model, c.twist))
        self.parent = {y: x for x in self.live[self.T - 1] for y in self.moves[self.T - 1, x]}
        self.next_leaf = cache(self._next_leaf)

    def _next_leaf(self, t: int, x: int) -> tuple[Fraction, ...]:
        """The law of the next leaf from an inner node; none where the walk does not come."""
        if t >= self.T or x not in self.live[t] or not self.V(t, x):
            return ()
        return tuple(map(fraction, self.walk.next_leaf({(t, x): self.walk.one})[0]))

    def extension(self, f: Function) -> Callable[[int, int], Fraction]:
        """H(t, x): the mean of f at the next leaf, f itself at a leaf."""
        return lambda t, x: f(x) if t >= self.T else sum((p * f(z) for z, p in enumerate(self.next_leaf(t, x))), ZERO)

    def ahead(self, f: Function) -> Function:
        """Kf: the mean of f at the next leaf after a leaf."""
        extension = self.extension(f)
        return lambda z: extension(self.T - 1, self.parent[z]) if z in self.parent else ZERO

    def under(self, f: Function) -> Callable[[int, int], Fraction]:
        """The value with the terminal reward V f."""
        return self.value_of({x: f(x) for x in range(self.width)})

    def longest(self, t: int, x: int) -> Fraction:
        """The largest sum of Vstar/V along the paths from x, x left out."""
        if t >= self.T or x not in self.live[t]:
            return ZERO
        ways = [y for p, y in self.M(t, x) if p]
        return max(self.Vstar(t + 1, y) * reciprocal(self.V(t + 1, y)) + self.longest(t + 1, y) for y in ways)

    def mean_path(self, t: int, x: int) -> Fraction:
        """kappa: the target's mean, from x on, of the sum of Vstar/V along the path, x left out."""
        if t >= self.T or x not in self.live[t]:
            return ZERO
        stars = [(p * self.psi(t, x, y) * self.Vstar(t + 1, y), y) for p, y in self.M(t, x)]
        ahead = (q * (self.mean_path(t + 1, y) + self.Vstar(t + 1, y) * reciprocal(self.V(t + 1, y))) for q, y in stars)
        return sum(ahead, ZERO) * reciprocal(self.Vstar(t, x))

    def steps(self, t: int, x: int) -> Fraction:
        """The mean number of steps to the next leaf, by the exact walk; 0 at a leaf and where no walk comes."""
        if t >= self.T or x not in self.live[t] or not self.V(t, x):
            return ZERO
        return fraction(self.walk.next_leaf({(t, x): self.walk.one})[1])

    def cost(self, z: int) -> Fraction:
        """What a visit of a leaf costs, in steps up to the next one."""
        return 1 + self.steps(self.T - 1, self.parent[z]) if z in self.parent else ZERO

    def conductances(self, t: int, x: int) -> Fraction:
        """The sum of prod psi V over the nodes below x."""
        if t >= self.T or x not in self.live[t] or not self.V(t, x):
            return ZERO
        ways = ((p * self.psi(t, x, y), y) for p, y in self.M(t, x))
        return sum((q * (self.V(t + 1, y) + self.conductances(t + 1, y)) for q, y in ways), ZERO)

    def environment_of(self, F: Function, G: Function) -> tuple[dict[str, Any], dict[str, Any]]:
        """The symbols of S18 for two functions of the leaves, and the ranges of the quantifiers."""
        env, ranges = super().environment()
        KF, KG = self.ahead(F), self.ahead(G)

        @cache
        def visited(j: int) -> Function:
            return cache(self.ahead(visited(j - 1)) if j else F)

        value = cache(lambda j: self.under(visited(j)))
        both = cache(lambda i, j: self.under(lambda x: visited(i)(x) * visited(j)(x)))
        values = {"PF": F, "PFF": lambda x: F(x) ** 2, "PFK": lambda x: F(x) * KF(x), "PGK": lambda x: G(x) * KG(x)}
        values |= {"PFKG": lambda x: F(x) * KG(x), "PKFG": lambda x: G(x) * KF(x)}
        env |= {name: self.under(f) for name, f in values.items()}
        env |= {
            "F": F, "G": G, "H": self.extension(F), "HG": self.extension(G), "KF": KF, "KG": KG, "A": cache(self.longest),
            "kappa": cache(self.mean_path), "steps": cache(self.steps), "conductances": cache(self.conductances),
            "U": lambda j, x: visited(j)(x), "HJ": lambda j, t, x: self.extension(visited(j))(t, x),
            "PJ": lambda j, t, x: value(j)(t, x), "PIJ": lambda i, j, t, x: both(i, j)(t, x),
        }  # fmt: skip
        return env, ranges
