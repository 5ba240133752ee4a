"""The kernel's polynomials as sympy polynomials, and fractions with positive denominators as numerators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import sympy as sp

from proofs.derive.order import settled, tidy
from proofs.kernel import ZERO, Node, mk, text
from proofs.kernel.arithmetic import Poly, add, normal_form

Product = tuple[Fraction, list[int], list[sp.Poly]]
"""c * (premises, by number) * (squares of polynomials)."""
Certificate = tuple[list[tuple[Fraction, list[int], list[Node]]], list[tuple[Node, int]]]
"""Products and multiples of equations: what the kernel's rule `certificate` is told."""


class NotFound(Exception):
    """No certificate of the shapes that are tried; it never says that the statement is false."""


def gap(formula: Node) -> Poly:
    """right - left in normal form."""
    return add(normal_form(formula.kids[1]), normal_form(formula.kids[0]), Fraction(-1))


def rational(c: sp.Expr) -> Fraction:
    c = sp.Rational(c)
    return Fraction(int(c.p), int(c.q))


class Ring:
    """Kernel polynomials as sympy polynomials over numbered atoms, in the order of what the atoms print as: runs agree."""

    def __init__(self, polys: Iterable[Poly]):
        self.atoms = sorted({a for p in polys for m in p for a, _ in m}, key=lambda a: text(settled(a)))
        self.gens = sp.symbols(f"a0:{len(self.atoms) or 1}")
        self.place = {a: i for i, a in enumerate(self.atoms)}

    def poly(self, expr: sp.Poly | sp.Expr | int) -> sp.Poly:
        return sp.Poly(expr, *self.gens, domain="QQ")

    def to(self, p: Poly) -> sp.Poly:
        out = {}
        for m, c in p.items():
            e = [0] * len(self.gens)
            for a, k in m:
                e[self.place[a]] = k
            out[tuple(e)] = sp.Rational(c.numerator, c.denominator)
        return sp.Poly.from_dict(out, *self.gens, domain="QQ")

    def back(self, poly: sp.Poly) -> Node:
        out: Poly = {}
        for e, c in poly.terms():
            if c:
                powers = [(self.atoms[i], k) for i, k in enumerate(e) if k]
                out[tuple(sorted(powers, key=lambda x: x[0].serial))] = rational(c)
        return tidy(out) if out else ZERO


def inverse_pairs(denominators: Sequence[Node], polys: Sequence[Poly]) -> dict[Node, Node]:
    """Inverse atoms -> what they are the inverse of, for premises 0 < d; powers of them that occur in `polys` too."""
    pairs: dict[Node, Node] = {}
    for f in denominators:
        d = f.kids[f.kids[0] is ZERO]
        [(m, _)] = normal_form(mk("inv", None, (d,))).items()
        pairs |= {a: a.kids[0] for a, _ in m if a.op == "inv"}
    for p in polys:
        for m in p:
            for a, _ in m:
                if a.op == "^" and a.kids[0] in pairs:
                    pairs[a] = mk("^", None, (pairs[a.kids[0]], a.kids[1]))
    return pairs


class Fractions:
    """Every polynomial as numerator / product of powers of the denominators; a certificate between numerators is one between the fractions.

    The exponents are balanced by premises 0 < 1/d and 0 < d, and by squares of d and 1/d.  Where the premises know -d to be positive,
    d < 0 stands for its own negative.
    """

    def __init__(
        self,
        ring: Ring,
        premises: Sequence[Node],
        polys: Sequence[Poly],
        pairs: dict[Node, Node],
        *,
        stripped: bool = True,
    ):
        """stripped: a denominator that is a factor of a polynomial is taken out, so that its exponent is negative."""
        self.ring, self.stripped = ring, stripped
        plain = list(map(ring.to, polys))
        strict = {p for f, p in zip(premises, plain[:-1], strict=True) if f.op == "<"}
        self.inverses: list[tuple[int, sp.Poly]] = []
        self.signs: list[int] = []
        for a, d in pairs.items():
            x = ring.to(normal_form(d))
            self.signs.append(-1 if -x in strict and x not in strict else 1)
            self.inverses.append((ring.place[a], x * self.signs[-1]))
        *facts, (self.target, self.top) = map(self._fraction, plain)
        self.gaps = [p for p, _ in facts]
        self.weights = [w for _, w in facts]
        self.inverse_fact: dict[int, int] = {}
        self.positive_fact: dict[int, int] = {}
        for i, (f, p) in enumerate(zip(premises, plain[:-1], strict=True)):
            for k, (j, x) in enumerate(self.inverses if f.op != "=" else ()):
                if p == ring.poly(ring.gens[j] * self.signs[k]):
                    self.inverse_fact[k] = i
                if p == x:
                    self.positive_fact[k] = i

    def _fraction(self, p: sp.Poly) -> tuple[sp.Poly, list[int]]:
        """(numerator, exponents of the denominators), cancelled."""
        top = [max((e[j] for e in p.monoms()), default=0) if not p.is_zero else 0 for j, _ in self.inverses]
        out = self.ring.poly(0)
        for e, c in p.terms():
            exponents, factor = list(e), self.ring.poly(1)
            for k, (j, x) in enumerate(self.inverses):
                factor = factor * x ** (top[k] - e[j]) * self.signs[k] ** e[j]
                exponents[j] = 0
            out = out + sp.Poly.from_dict({tuple(exponents): c}, *self.ring.gens, domain="QQ") * factor
        for k, (_, x) in enumerate(self.inverses):
            while top[k] and not out.is_zero:
                quotient, rest = sp.div(out, x)
                if not rest.is_zero:
                    break
                out, top[k] = self.ring.poly(quotient), top[k] - 1
        for k, (_, x) in enumerate(self.inverses if self.stripped else ()):
            while not out.is_ground:
                quotient, rest = sp.div(out, x)
                if not rest.is_zero or self.ring.poly(quotient).is_ground:
                    break
                out, top[k] = self.ring.poly(quotient), top[k] - 1
        return out, top

    def _excess(self, numbers: Sequence[int]) -> list[int]:
        return [t - sum(self.weights[i][k] for i in numbers) for k, t in enumerate(self.top)]

    def product(self, c: Fraction, numbers: Sequence[int], terms: Sequence[sp.Poly]):
        """The product with the denominators put back.  Raises NotFound when the sign of one is not among the premises."""
        numbers, square = list(numbers), [self.ring.back(t) for t in terms]
        for k, n in enumerate(self._excess(numbers)):
            if not n:
                continue
            j, x = self.inverses[k]
            factor = settled(self.ring.atoms[j]) if n > 0 else self.ring.back(x)
            if n % 2:
                table = self.inverse_fact if n > 0 else self.positive_fact
                if k not in table:
                    raise NotFound(f"a premise 0 < {factor!r} is missing")
                numbers.append(table[k])
            square += [factor] * (abs(n) // 2)
        return c, numbers, [square[0] if len(square) == 1 else mk("*", None, tuple(square))] if square else []

    def equation(self, multiplier: Node, i: int) -> tuple[Node, int]:
        parts = [multiplier]
        for k, n in enumerate(self._excess([i])):
            j, x = self.inverses[k]
            inverse = settled(self.ring.atoms[j]) * self.signs[k]
            parts += [inverse if n > 0 else self.ring.back(x)] * abs(n)
        return (multiplier if len(parts) == 1 else mk("*", None, tuple(parts))), i
