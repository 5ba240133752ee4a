"""Equations solved for one quantity after the other: the goal and the premises without what the equations determine.

An equation is solved for an atom that occurs once in it, times a number and quantities that are known to be positive (denominators).  What
is left of a goal after all substitutions is zero when the goal follows, whatever the number of equations; the multipliers are kept.
Equations that cannot be solved so divide what is left at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from proofs.derive.polynomials import Ring

Multipliers = dict[int, sp.Poly]


class Elimination:
    """equations: right - left by number, over the atoms of the ring; inverses: pairs of places, of 1/d and of d, for atoms d > 0."""

    def __init__(self, ring: Ring, equations: Mapping[int, sp.Poly], inverses: Sequence[tuple[int, int]]):
        self.ring, self.inverses = ring, list(inverses)
        self.other = {a: b for pair in inverses for a, b in (pair, pair[::-1])}
        self.solved: list[tuple[int, sp.Poly, Multipliers]] = []
        left = {i: (self._cancelled(g), {i: ring.poly(1)}) for i, g in equations.items()}
        while (pivot := self._pivot({i: g for i, (g, _) in left.items()})) is not None:
            i, place, unit = pivot
            g, parts = left.pop(i)
            self.solved.append((place, self._cancelled(g * unit), self._times(parts, unit)))
            left = {j: self._without(place, *rest) for j, rest in left.items()}
        self.left = [(g, parts) for g, parts in left.values() if not g.is_zero]

    def reduce(self, p: sp.Poly) -> tuple[sp.Poly, Multipliers]:
        """What is left of p, and multipliers m with p = rest + sum m_i equation_i."""
        rest = self._cancelled(p)
        parts: Multipliers = {}
        for place, g, own in self.solved:
            quotient, rest = self._divided(place, rest, g)
            parts = self._plus(parts, self._times(own, quotient))
        if self.left and not rest.is_zero:
            quotients, rest = sp.reduced(rest, [g for g, _ in self.left], *self.ring.gens, order="grlex", polys=True)
            rest = self._cancelled(self.ring.poly(rest))
            for quotient, (_, own) in zip(quotients, self.left, strict=True):
                parts = self._plus(parts, self._times(own, self.ring.poly(quotient)))
        return rest, parts

    # ------------------------------------------------------------------------------------------------ one equation
    def _pivot(self, left: Mapping[int, sp.Poly]) -> tuple[int, int, sp.Poly] | None:
        """The equation, the atom it is solved for, and what it is multiplied by to have that atom alone: a short equation first."""
        best = None
        for i, g in left.items():
            for e, c in g.terms():
                odd = [j for j, k in enumerate(e) if k and j not in self.other]
                if len(odd) != 1 or e[odd[0]] != 1 or sum(f[odd[0]] > 0 for f in g.monoms()) != 1:
                    continue
                size = (len(g.terms()), -odd[0])
                if best is None or size < best[0]:
                    flipped = [0] * len(e)
                    for j, k in enumerate(e):
                        if k and j in self.other:
                            flipped[self.other[j]] = k
                    unit = sp.Poly.from_dict({tuple(flipped): 1 / c}, *self.ring.gens, domain="QQ")
                    best = size, (i, odd[0], unit)
        return None if best is None else best[1]

    def _without(self, place: int, g: sp.Poly, parts: Multipliers) -> tuple[sp.Poly, Multipliers]:
        """Another equation after the substitution of the last solved one."""
        _, solved, own = self.solved[-1]
        quotient, rest = self._divided(place, g, solved)
        return rest, self._plus(parts, self._times(own, -quotient))

    def _divided(self, place: int, p: sp.Poly, g: sp.Poly) -> tuple[sp.Poly, sp.Poly]:
        gens = self.ring.gens
        order = (gens[place], *gens[:place], *gens[place + 1 :])
        if p.degree(gens[place]) <= 0:
            return self.ring.poly(0), p
        [quotient], rest = sp.reduced(p, [g], *order, order="lex", polys=True)
        return self._cancelled(self.ring.poly(quotient)), self._cancelled(self.ring.poly(rest))

    # ------------------------------------------------------------------------------------------------ arithmetic
    def _cancelled(self, p: sp.Poly) -> sp.Poly:
        """d * 1/d = 1."""
        out: dict[tuple, sp.Expr] = {}
        for e, c in p.terms():
            exponents = list(e)
            for a, b in self.inverses:
                both = min(e[a], e[b])
                exponents[a] -= both
                exponents[b] -= both
            key = tuple(exponents)
            out[key] = out.get(key, 0) + c
        return sp.Poly.from_dict({e: c for e, c in out.items() if c}, *self.ring.gens, domain="QQ")

    def _times(self, parts: Multipliers, factor: sp.Poly) -> Multipliers:
        return {i: self._cancelled(p * factor) for i, p in parts.items()}

    def _plus(self, one: Multipliers, other: Multipliers) -> Multipliers:
        both = {i: one.get(i, self.ring.poly(0)) + other.get(i, self.ring.poly(0)) for i in {**one, **other}}
        return {i: p for i, p in both.items() if not p.is_zero}
