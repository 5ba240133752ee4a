"""What is said of a line that was not proved: the line as its author wrote it, and what may be missing.

Nothing here is a verdict. A point at which the line is false is looked for where it is about numbers alone, so that a slip is seen at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

import sympy as sp

from proofs.derive.polynomials import gap
from proofs.derive.proof import Fact
from proofs.derive.prover import Prover, divisors
from proofs.kernel import Application, Node, lt, mk
from proofs.kernel.arithmetic import canonical, normal_form
from proofs.language.bridge import to_sympy
from proofs.language.terms import ZERO

VALUES = tuple(map(sp.Rational, ("2", "1/3", "0", "1", "-1", "5", "1/10", "-3/2", "50")))
POINTS = 2_000
"""How many points are tried for one at which a line is false."""
SORTS = {"real": "a real number", "nat": "a natural number"}
LAWS = {"exp": "exp_ge", "log": "log_exp", "sqrt": "sqrt_square"}
"""An axiom about each function that has laws of its own."""


@dataclass(frozen=True)
class Unproved:
    """The message of a `NotFound`. It is made when it is read: derivations try lines in vain, too."""

    goal: Node
    facts: tuple[Fact, ...]
    prover: Prover

    def __str__(self) -> str:
        claim = to_sympy(self.goal, "native")
        lines = f"{len(self.facts)} line{'s' * (len(self.facts) != 1)}" if self.facts else "what is known here"
        said = "; ".join([f"no proof of {claim} was found from {lines}", *self._clashes()])
        point = counterexample(self.goal, self._premises())
        if point is not None:
            return f"{said}; it is false at {', '.join(f'{s} = {v}' for s, v in point.items())}"
        return "; ".join([f"{said}, which does not make it false", *self._signs(), *self._laws()])

    def _premises(self) -> list[Node]:
        """What a point must satisfy: the lines with what they suppose, what is known here, and the signs that sympy assumes."""
        facts = (*self.facts, *self.prover.context)
        supposed = [h for f in self.facts for h in f.hyps]
        assumed = [
            mk(self.prover.assumed[a.symbol], None, (ZERO, a))
            for a in variables([self.goal, *(f.concl for f in facts)])
            if a.symbol in self.prover.assumed
        ]
        return list(dict.fromkeys([*(f.concl for f in facts), *supposed, *assumed]))

    def _formulas(self) -> list[Node]:
        return [self.goal, *(f.concl for f in self.facts)]

    def _clashes(self) -> Iterator[str]:
        """Symbols that print alike and differ."""
        sorts: dict[str, set[str]] = {}
        for atom in variables(self._formulas()):
            sorts.setdefault(atom.symbol.name, set()).add(atom.sort)
        for name, found in sorts.items():
            if len(found) > 1:
                kinds = " and ".join(SORTS.get(s, s) for s in sorted(found))
                yield f"{name} is {kinds} in it: the symbols of a theorem are its attributes, as .{name}"

    def _signs(self) -> Iterator[str]:
        """Denominators that may be zero or negative, for all that is known, and should cancel."""
        formulas = self._formulas()
        multiplied = {a for f in formulas if f.op in ("=", "<=", "<") for m in gap(f) for a, _ in m if a.op != "inv"}
        told = {canonical(f.concl) for f in self.facts}
        for d in divisors(formulas):
            if canonical(lt(ZERO, d)) in told:
                continue
            cancels = not multiplied.isdisjoint(a for m in normal_form(d) for a, _ in m)
            if cancels and self.prover.positive(d) is None and self.prover.positive(-d) is None:
                yield f"give a line 0 < {to_sympy(d, 'native')}, which is divided by"

    def _laws(self) -> Iterator[str]:
        names = {n.symbol.name for n in nodes(self._formulas()) if isinstance(n, Application) and n.kids}
        yield from (f"a law of {f} is a line of its own: d.axiom({LAWS[f]!r}, x)" for f in LAWS if f in names)


def nodes(formulas: Iterable[Node]) -> Iterator[Node]:
    """Everything that occurs."""
    for formula in formulas:
        yield formula
        yield from nodes(formula.kids)


def variables(formulas: Iterable[Node]) -> list[Application]:
    """The free variables, each once, by name."""
    found = dict.fromkeys(n for n in nodes(formulas) if isinstance(n, Application) and not n.kids)
    return sorted(found, key=lambda n: (n.symbol.name, n.sort))


def counterexample(goal: Node, premises: Sequence[Node]) -> dict[sp.Symbol, sp.Rational] | None:
    """A point at which a relation between numbers is false and all premises are true; None where it or they speak of more than numbers,
    and where none was met."""
    atoms = variables([goal, *premises])
    if not all(map(_plain, nodes([goal, *premises]))) or any(a.sort not in SORTS for a in atoms):
        return None
    symbols = [to_sympy(a) for a in atoms]
    choices = [[v for v in VALUES if a.sort == "real" or (v.is_integer and v >= 0)] for a in atoms]
    sides = [(f.op, *(to_sympy(k, "native") for k in f.kids)) for f in (*premises, goal)]
    for values in islice(product(*choices), POINTS):
        point = dict(zip(symbols, values, strict=True))
        *given, claim = (_true(op, left.subs(point), right.subs(point)) for op, left, right in sides)
        if claim is False and all(given):
            return point
    return None


def _plain(n: Node) -> bool:
    """Whether it is arithmetic: no functions but exp, log and sqrt, no expectations, sums or quantifiers."""
    if isinstance(n, Application):
        return not n.kids or n.symbol.name in LAWS
    return n.op in ("q", "+", "*", "^", "inv", "=", "<", "<=")


def _true(op: str, left: sp.Expr, right: sp.Expr) -> bool | None:
    """Whether the relation holds between two numbers; None where sympy cannot tell, or one is none (the kernel has 1/0 = 0)."""
    if not (left.is_real and right.is_real):
        return None
    found = {"=": sp.Eq, "<=": sp.Le, "<": sp.Lt}[op](left, right)
    return bool(found) if found in (sp.true, sp.false) else None
