"""How a term, a formula and a sealed statement are written for a reader.

The printed statement is what a reader reads, so it determines the formula: every operator, index
and bound name is shown, every bound name differs from all other names around it, and every free
symbol has a line with its sorts.  Bound names are no part of a formula: they are proposed from
outside (by the author's text, see `names_in`) and used where they are fresh.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from proofs.kernel.substitution import as_binder, open_body
from proofs.kernel.terms import (
    NAME,
    RESERVED,
    Application,
    Binder,
    Constant,
    Index,
    Integral,
    Node,
    ProofError,
    Quantifier,
    Repetition,
    Signature,
    mk,
    num,
    text,
    var,
)
from proofs.kernel.theorems import Theorem

HINTS = {"nat": "t n k m", "real": "r s"}
LEVEL = {"all": 0, "=>": 1, "and": 2, "=": 3, "<=": 3, "<": 3, "+": 4, "*": 5, "inv": 5, "^": 7}
Proposal = Callable[[Binder], str | None]


def nothing_proposed(binder: Binder) -> None:
    return None


def bound_name(
    binder: Node, taken: frozenset[str] | set[str], proposal: Proposal = nothing_proposed
) -> str:
    """A name for the bound variable: the proposed one where it is fresh, else a usual one of its
    sort; `taken` are the bound names around it."""
    binder = as_binder(binder, "no binder")
    used = {s.name for s in binder.free} | taken
    proposed = proposal(binder)
    if proposed is not None and NAME.match(proposed) and proposed not in used | RESERVED:
        return proposed
    usual = HINTS.get(binder.bound, "c d" if binder.bound.endswith("*") else "x y u v w").split()
    names = itertools.chain(usual, (f"{usual[0]}{i}" for i in range(1, 99)))
    return next(name for name in names if name not in used)


def opened(
    binder: Node, taken: frozenset[str] | set[str], proposal: Proposal = nothing_proposed
) -> tuple[Application, Node]:
    """The bound variable under its name, and the body."""
    binder = as_binder(binder, "no binder")
    v = var(bound_name(binder, taken, proposal), binder.bound)
    return v, open_body(binder, v)


def split_product(node: Node) -> tuple[Fraction, list[Node], list[Node]]:
    """A product as coefficient, numerator factors and denominator factors."""
    c, top, bottom = Fraction(1), [], []
    for p in node.kids if node.op == "*" else (node,):
        if isinstance(p, Constant):
            c *= p.value
        elif p.op == "inv":
            bottom.append(p.kids[0])
        else:
            top.append(p)
    return c, top, bottom


def sign_flipped(node: Node) -> Node:
    """The constant, or the product with its coefficients in one, with the other sign."""
    if isinstance(node, Constant):
        return num(-node.value)
    c, *_ = split_product(node)
    rest = tuple(k for k in node.kids if k.op != "q")
    kids = (*([num(-c)] if c != -1 or not rest else []), *rest)
    return kids[0] if len(kids) == 1 else mk("*", None, kids)


class Printer:
    """Plain text.  `write(node, level, taken)`: level is the precedence of the context, `taken`
    the bound names around the node."""

    def __init__(self, proposal: Proposal = nothing_proposed) -> None:
        self.proposal = proposal

    def write(self, node: Node, level: int = 0, taken: frozenset[str] = frozenset()) -> str:
        match node:
            case Constant():
                return self._constant(node.value, level)
            case Index():
                return f"#{node.index}"
            case Application():
                return self._application(node, taken)
            case Quantifier():
                written = self._quantified(node, taken)
            case Binder():
                return self._binder(node, taken)
            case _:
                written = self._operation(node, taken)
        return f"({written})" if LEVEL[node.op] < level else written

    def _constant(self, value: Fraction, level: int) -> str:
        own = 4 if value < 0 else 9 if value.denominator == 1 else 5
        return f"({value})" if own < level else str(value)

    def _application(self, node: Application, taken: frozenset[str]) -> str:
        if node.symbol.name == "at":
            cloud, k = node.kids
            return f"{self.write(cloud, 8, taken)}[{self.write(k, 0, taken)}]"
        args = ", ".join(self.write(k, 0, taken) for k in node.kids)
        return node.symbol.name + (f"({args})" if args else "")

    def _binder(self, node: Binder, taken: frozenset[str]) -> str:
        """E[y ~ M; t, x](body), sum[k < n](body)."""
        v, body = opened(node, taken, self.proposal)
        name = v.symbol.name
        heads = ", ".join(self.write(k, 0, taken) for k in node.heads)
        if isinstance(node, Integral):
            heads = node.symbol.name + (f"; {heads}" if heads else "")
        relation = "<" if isinstance(node, Repetition) else "~"
        return f"{node.op}[{name} {relation} {heads}]({self.write(body, 0, taken | {name})})"

    def _quantified(self, node: Node, taken: frozenset[str]) -> str:
        names = []
        while isinstance(node, Quantifier):
            v, node = opened(node, taken, self.proposal)
            names.append(f"{v.symbol.name}:{v.sort}")
            taken |= {v.symbol.name}
        return f"forall {' '.join(names)}. {self.write(node, 0, taken)}"

    def _operation(self, node: Node, taken: frozenset[str]) -> str:
        kids = node.kids
        match node.op:
            case "+":
                first, *others = kids
                return self.write(first, 4, taken) + "".join(self._term(k, taken) for k in others)
            case "*" | "inv":
                return self._product(node, taken)
            case "^":
                return f"{self.write(kids[0], 8, taken)}^{self.write(kids[1], 8, taken)}"
        own = LEVEL[node.op]
        right = own if node.op in ("=>", "and") else own + 1  # these two associate to the right
        a, b = self.write(kids[0], own + 1, taken), self.write(kids[1], right, taken)
        return f"{a} {node.op} {b}"

    def _term(self, node: Node, taken: frozenset[str]) -> str:
        """A summand after the first, with its sign."""
        if split_product(node)[0] < 0:
            return f" - {self.write(sign_flipped(node), 5, taken)}"
        return f" + {self.write(node, 5, taken)}"

    def _product(self, node: Node, taken: frozenset[str]) -> str:
        c, top, bottom = split_product(node)
        factors = [self.write(num(c), 5)] if c != 1 or not top else []
        factors += [self.write(k, 6, taken) for k in top]
        over, under = " * ".join(factors), " * ".join(self.write(k, 6, taken) for k in bottom)
        if not bottom:
            return over
        return f"{over} / {under}" if len(bottom) == 1 else f"{over} / ({under})"


def show(node: Node, level: int = 0, proposal: Proposal = nothing_proposed) -> str:
    """Plain text; `level` is the precedence of the context."""
    return Printer(proposal).write(node, level)


# -------------------------------------------------------------------------------- statements
def signature_line(symbol: Signature) -> str:
    """`V : nat X -> real`, `M : nat X -> law on X`, `A : finite sum over X`."""
    value = {"f": "", "E": "law on ", "S": "finite sum over "}[symbol.kind] + symbol.sort
    return f"{symbol.name} : {' '.join([*symbol.args, '->', value]) if symbol.args else value}"


def statement(
    theorem: Theorem, laws: Mapping[Signature, Theorem], proposal: Proposal = nothing_proposed
) -> str:
    """A theorem as a reader reads it: a signature line for every free symbol, the hypotheses one
    a line, the conclusion, and the definitions `laws` behind it, under `where`.

    The hypotheses stand in the order of their canonical texts, whatever their bound names are.
    """
    write = Printer(proposal).write
    symbols = theorem.free().union(*(law.free() for law in laws.values()))
    lines = [signature_line(s) for s in _by_name(symbols)]
    lines += ["", *(f"    {write(h)}" for h in sorted(theorem.hyps, key=text))]
    lines += conclusion(theorem, laws, write)
    return "\n".join(lines) + "\n"


def conclusion(
    theorem: Theorem, laws: Mapping[Signature, Theorem], write: Callable[[Node], str] = show
) -> list[str]:
    """The lines of the conclusion and of the definitions behind it."""
    lines = [f"|-  {write(theorem.concl)}"]
    for law in laws.values():
        lines.append(f"where  {write(law.concl)}")
        lines += [f"    if  {write(h)}" for h in sorted(law.hyps, key=text)]
    return lines


def _by_name(symbols: frozenset[Signature]) -> list[Signature]:
    """The symbols that are not part of the language; two of one name could not be told apart."""
    free = sorted((s for s in symbols if s.name not in RESERVED), key=lambda s: s.name)
    for a, b in itertools.pairwise(free):
        if a.name == b.name:
            raise ProofError(f"two symbols are called {a.name}: {a} and {b}")
    return free


BOUND = re.compile(r"forall ([^.]+)\.|(?:\b[ESI]|sum|prod)\[([A-Za-z_][A-Za-z0-9_']*) [~<]")


def names_in(written: str) -> Proposal:
    """The bound names of a printed text, proposed in the order in which it shows them."""

    def names() -> Iterator[str]:
        for quantified, name in BOUND.findall(written):
            if name:
                yield name
            else:
                yield from (v.partition(":")[0] for v in quantified.split())

    found = names()
    return lambda binder: next(found, None)
