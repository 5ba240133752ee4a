"""Terms in an order of their own: the kernel orders sums by age, and what was built before must not show in a stored proof."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from proofs.kernel import ZERO, Constant, Node, mk, num, text
from proofs.kernel.arithmetic import Poly, reify


def _split(term: Node) -> tuple[Fraction, tuple[Node, ...]]:
    """The rational factor of a term, and its other factors."""
    factors = term.kids if term.op == "*" else (term,)
    if isinstance(factors[0], Constant):
        return factors[0].value, factors[1:]
    return Fraction(1), factors


def _scaled(c: Fraction, factors: tuple[Node, ...]) -> Node:
    parts = factors if c == 1 and factors else (num(c), *factors)
    return parts[0] if len(parts) == 1 else mk("*", None, parts)


@cache
def settled(term: Node) -> Node:
    """The same number, its sums and products ordered by what they print as; a sum in a denominator has the first coefficient 1."""
    kids = tuple(map(settled, term.kids))
    match term.op:
        case "*":
            flat = [f for k in kids for f in (k.kids if k.op == "*" else (k,))]
            c = Fraction(1)
            for f in flat:
                c *= f.value if isinstance(f, Constant) else 1
            return _scaled(c, tuple(sorted((f for f in flat if not isinstance(f, Constant)), key=text)))
        case "+":
            return mk("+", None, tuple(sorted(kids, key=_key)))
        case "inv" if kids[0].op == "+":
            lead, _ = _split(kids[0].kids[0])
            parts = tuple(_scaled(c / lead, fs) for c, fs in map(_split, kids[0].kids))
            return _scaled(1 / lead, (mk("inv", None, (mk("+", None, parts),)),))
    return term.remade(kids)


def _key(term: Node) -> str:
    """Where a term stands in a sum, whatever its rational factor."""
    _, factors = _split(term)
    return " ".join(map(text, factors))


def bare(term: Node) -> Node:
    """The settled term without its rational factor."""
    return _scaled(Fraction(1), _split(settled(term))[1])


def tidy(p: Poly) -> Node:
    """A term with this normal form, settled."""
    return settled(reify(p)) if p else ZERO
