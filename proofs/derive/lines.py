"""What a derivation hands to its author: lines that are proved, and stretches in which something is supposed.

with d.suppose(a, b) as here: ...         here.then(line, x):  forall x. a => b => line
with d.below(i, n) as here: ...           here.sum(line):      the sums over i < n of both sides
with d.surely(law, y, z, ...) as here:    here.average(line):  the expectations of both sides, where z = 0 almost surely
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from proofs.derive.proof import Fact
from proofs.kernel import Node, close, equal, implies, le, lt, mk
from proofs.language.bridge import to_kernel, to_sympy
from proofs.language.expressions import Law
from proofs.language.terms import ZERO
from proofs.language.text import latex

if TYPE_CHECKING:
    from proofs.derive.derivation import Derivation


class Line:
    """A proved relation.  `.relation`, `.lhs`, `.rhs`: sympy; `.fact`: the kernel's theorem."""

    def __init__(self, derivation: Derivation, fact: Fact):
        self.derivation, self.fact = derivation, fact

    @property
    def relation(self) -> Any:
        return to_sympy(self.fact.concl, "native")

    @property
    def lhs(self) -> Any:
        return to_sympy(self.fact.sides[0], "native")

    @property
    def rhs(self) -> Any:
        return to_sympy(self.fact.sides[1], "native")

    def __getitem__(self, part: int) -> Line:
        """Part 0 or 1 of a conjunction."""
        if part not in (0, 1):
            raise IndexError("a conjunction has the parts 0 and 1")
        return Line(self.derivation, self.fact.left if part == 0 else self.fact.right)

    def __call__(self, *terms: Any) -> Line:
        """At these values of the quantified variables; antecedents that are hypotheses or provable signs are discharged."""
        out = self.fact.spec(*map(to_kernel, terms))
        while out.concl.op == "=>":
            out = out.mp(self.derivation.prover.known(out.concl.kids[0]))
        return Line(self.derivation, out)

    def __repr__(self) -> str:
        return f"|- {self.relation}"

    def _latex(self, printer) -> str:
        return printer._print(self.relation)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {latex(self.relation)}$"


class Supposition:
    """Hypotheses for a while: the context is as before afterwards."""

    def __init__(self, derivation: Derivation, formulas: tuple):
        self.derivation, self.formulas = derivation, formulas

    def __enter__(self) -> Self:
        prover = self.derivation.prover
        self.before = list(prover.context), dict(prover.signs)
        self.facts = [prover.proof.assume(to_kernel(f)) for f in self.formulas]
        prover.context += self.facts
        return self

    def __exit__(self, *_: object) -> None:
        self.derivation.prover.context, self.derivation.prover.signs = self.before

    def then(self, line: Line, *variables: Any) -> Line:
        """forall variables. suppositions => line."""
        return Line(self.derivation, line.fact.discharge(*self.facts).gen(*map(to_kernel, variables)))

    def __getitem__(self, i: int) -> Line:
        return Line(self.derivation, self.facts[i])


def under(law: Law, y: Any, body: Node) -> Node:
    """The expectation of a kernel term under a law."""
    return mk(law.kind, (law.name, law.sorts, law.sort), (*map(to_kernel, law.args), close(body, to_kernel(y))))


class Below(Supposition):
    """i < n for a while."""

    def __init__(self, derivation: Derivation, i: Any, n: Any):
        super().__init__(derivation, (lt(to_kernel(i), to_kernel(n)),))
        self.index, self.count = to_kernel(i), to_kernel(n)

    def sum(self, line: Line) -> Line:
        """sum_{i<n} f <= sum_{i<n} g from f <= g, or an equation from an equation."""
        d = self.derivation
        sums = [mk("sum", None, (self.count, close(side, self.index))) for side in line.fact.sides]

        def one_way(fact: Fact, a: Node, b: Node) -> Fact:
            return d.proof.mono(fact.discharge(*self.facts).gen(self.index), a, b)

        return Line(d, two_ways(d, line.fact, sums, one_way))


class Split(Supposition):
    """n = m + rest for a while, for naturals with m <= n."""

    def __init__(self, derivation: Derivation, low: Line, rest: Any):
        (m, n), self.low, self.rest = low.fact.sides, low, to_kernel(rest)
        super().__init__(derivation, (equal(n, mk("+", None, (m, self.rest))),))

    def close(self, line: Line) -> Line:
        """The line, without the supposition: some rest does it."""
        low = self.low.fact
        return Line(self.derivation, self.derivation.proof.step("nat_split", [low, line.fact], [*low.sides, self.rest]))


class Surely(Supposition):
    """z = 0 for a while, which is so almost surely under the law; null: the lines forall y. 0 <= z and E z = 0."""

    def __init__(self, derivation: Derivation, law: Law, y: Any, z: Any, null: tuple[Line, Line]):
        super().__init__(derivation, (equal(to_kernel(z), ZERO),))
        self.law, self.variable, self.null = law, y, null
        self.bad = to_kernel(z)

    def average(self, line: Line) -> Line:
        """E f <= E g from f <= g, or an equation from an equation."""
        d, v = self.derivation, to_kernel(self.variable)
        means = [under(self.law, v, side) for side in line.fact.sides]
        nought = under(self.law, v, self.bad)
        nonneg = d.prover.conv(self.null[0].fact, mk("all", v.sort, (le(ZERO, nought.kids[-1]),)))
        zero = d.prover.conv(self.null[1].fact, equal(nought, ZERO))

        def one_way(fact: Fact, a: Node, b: Node) -> Fact:
            bodies = mk(fact.concl.op, None, (a.kids[-1], b.kids[-1]))
            guarded = mk("all", v.sort, (implies(equal(nought.kids[-1], ZERO), bodies),))
            return d.proof.mono(
                d.prover.conv(fact.discharge(*self.facts).gen(v), guarded), a, b, (nought, nonneg, zero)
            )

        return Line(d, two_ways(d, line.fact, means, one_way))


def two_ways(d: Derivation, fact: Fact, wholes: list[Node], one_way: Any) -> Fact:
    """The relation between the wholes: an inequality in one go, an equation from both inequalities."""
    if fact.concl.op != "=":
        return one_way(fact, *wholes)
    f, g = fact.sides
    below, above = (d.proof.certificate(le(a, b), eqs=[(1, fact)]) for a, b in ((f, g), (g, f)))
    return d.proof.antisymmetry(one_way(below, *wholes), one_way(above, *reversed(wholes)))
