"""Constructors for kernel terms, the bound names that authors chose, and exact evaluation.

Untrusted: a mistake here can make a proof fail, not make a false one pass.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from proofs.kernel import (
    ONE,
    ZERO,
    Application,
    Binder,
    Constant,
    Index,
    Integral,
    Node,
    close,
    forall,
    is_var,
    mk,
    num,
    var,
)
from proofs.kernel import as_term as term
from proofs.kernel.printing import show

__all__ = [
    "ONE",
    "ZERO",
    "E",
    "Head",
    "Node",
    "Symbol",
    "absolute",
    "all_of",
    "at",
    "both",
    "draws",
    "element",
    "eq",
    "evaluate",
    "exp",
    "finite_set",
    "fn",
    "forall",
    "implies",
    "le",
    "log",
    "lt",
    "measure",
    "nat",
    "num",
    "product",
    "real",
    "show",
    "sqrt",
    "total",
]


_CHOSEN: dict[Node, str] = {}


def named(binder: Node, variable: Node) -> Node:
    """Remember the name under which an author bound the variable of a binder, the first one where there are several."""
    if is_var(variable):
        _CHOSEN.setdefault(binder, variable.symbol.name)
    return binder


def chosen(binder: Node) -> str | None:
    """The name that an author chose for the bound variable: a proposal for `proofs.kernel.printing`."""
    return _CHOSEN.get(binder)


@dataclass(frozen=True)
class Symbol:
    """A function symbol: `fn("V", "nat X -> real")(t, x)`."""

    name: str
    args: tuple[str, ...]
    sort: str

    def __call__(self, *args: Any) -> Node:
        return mk("f", (self.name, self.args, self.sort), tuple(map(term, args)))


def fn(name: str, signature: str) -> Symbol:
    args, _, sort = signature.partition("->")
    return Symbol(name, tuple(args.split()), sort.strip())


@dataclass(frozen=True)
class Head:
    """A measure with its parameters: `measure("M", "nat X", "X")(t, x)`."""

    op: str
    data: tuple
    args: tuple[Node, ...] = ()

    def __call__(self, *args: Any) -> Head:
        return Head(self.op, self.data, tuple(map(term, args)))


def measure(name: str, params: str, sort: str) -> Head:
    """A probability on `sort` for every value of the parameters."""
    return Head("E", (name, tuple(params.split()), sort))


def finite_set(name: str, params: str, sort: str) -> Head:
    """A finite sum over elements of `sort` with non-negative weights (weights one: a finite set)."""
    return Head("S", (name, tuple(params.split()), sort))


def draws(n: Any, head: Head) -> Head:
    """The law of a cloud of n independent draws of `head`."""
    return Head("I", head.data, (term(n), *head.args))


def E(head: Head, y: Node, body: Any) -> Node:
    """The expectation (or finite sum) of `body` over y."""
    return named(mk(head.op, head.data, (*head.args, close(term(body), y))), y)


def total(n: Any, k: Node, body: Any) -> Node:
    """sum of body over k = 0..n-1."""
    return named(mk("sum", None, (term(n), close(term(body), k))), k)


def product(n: Any, k: Node, body: Any) -> Node:
    """Product of body over k = 0..n-1."""
    return named(mk("prod", None, (term(n), close(term(body), k))), k)


def variables(names: str, sort: str) -> Any:
    made = tuple(var(name, sort) for name in names.split())
    return made[0] if len(made) == 1 else made


def real(names: str) -> Any:
    return variables(names, "real")


def nat(names: str) -> Any:
    return variables(names, "nat")


def element(sort: str, names: str) -> Any:
    """Variables of a state sort (or of a cloud sort `X*`)."""
    return variables(names, sort)


def at(cloud: Node, k: Any) -> Node:
    """Entry k of a cloud."""
    return mk("f", ("at", (cloud.sort, "nat"), cloud.sort[:-1]), (cloud, term(k)))


def _reserved(name: str) -> Callable[[Any], Node]:
    return lambda x: mk("f", (name, ("real",), "real"), (term(x),))


exp, log, sqrt = _reserved("exp"), _reserved("log"), _reserved("sqrt")


def absolute(x: Any) -> Node:
    """|x| written as sqrt(x^2)."""
    return sqrt(term(x) ** 2)


def eq(a: Any, b: Any) -> Node:
    return mk("=", None, (term(a), term(b)))


def le(a: Any, b: Any) -> Node:
    return mk("<=", None, (term(a), term(b)))


def lt(a: Any, b: Any) -> Node:
    return mk("<", None, (term(a), term(b)))


def implies(*parts: Node) -> Node:
    """implies(a, b, c) is a => (b => c)."""
    out = parts[-1]
    for p in reversed(parts[:-1]):
        out = mk("=>", None, (p, out))
    return out


def both(a: Node, b: Node) -> Node:
    return mk("and", None, (a, b))


def all_of(*args: Node) -> Node:
    """all_of(x, y, phi) is forall x y. phi."""
    *variables, body = args
    for v in reversed(variables):
        body = named(forall([v], body), v)
    return body


# ---------------------------------------------------------------------------------------------------- evaluation
def evaluate(node: Node, env: Mapping[str, Any], number: Callable[[Fraction], Any] = Fraction) -> Any:
    """The exact value of a term over any number type.

    `env` maps the names of variables to numbers or states, of functions to callables, of measures to callables
    `mu(*params) -> iterable of (weight, element)`; a cloud is a tuple; constants enter through `number` (integers as int).  `exp`, `log`
    and `sqrt` must be given in `env` when they occur; `env["1/"]` may give the reciprocal (the kernel's has 1/0 = 0).
    Raises KeyError with the name of a missing symbol, ZeroDivisionError for 1/0.
    """
    return compiled(node)(env, number)


@cache
def compiled(node: Node) -> Callable[[Mapping[str, Any], Callable[[Fraction], Any]], Any]:
    """The term as a Python function, made once: a campaign evaluates the same bounds millions of times."""
    code = _Code()
    lines = code.function("value", "env, number", node, 0)
    scope: dict[str, Any] = {"constants": code.constants, **_HELPERS}
    exec("\n".join(lines), scope)  # written below from the term alone; names stand in it as literals
    return scope["value"]


class _Code:
    """Writes a term as statements, a subterm once in each scope; the body of a binder is a function of its variable."""

    def __init__(self) -> None:
        self.constants: list[Fraction] = []
        self.count = 0

    def function(self, name: str, parameters: str, body: Node, depth: int) -> list[str]:
        """The lines of a function that returns the value of `body`, which lies under `depth` binders."""
        lines: list[str] = []
        result = self._write(body, depth, lines, {})
        return [f"def {name}({parameters}):", *(f" {line}" for line in lines), f" return {result}"]

    def _write(self, node: Node, depth: int, lines: list[str], known: dict[Node, str]) -> str:
        if node not in known:
            text = self._text(node, depth, lines, known)
            if not isinstance(node, (Constant, Index)):
                self.count += 1
                lines.append(f"t{self.count} = {text}")
                text = f"t{self.count}"
            known[node] = text
        return known[node]

    def _text(self, node: Node, depth: int, lines: list[str], known: dict[Node, str]) -> str:
        if isinstance(node, Constant):
            if node.value.denominator == 1:
                return f"({int(node.value)})"
            self.constants.append(node.value)
            return f"number(constants[{len(self.constants) - 1}])"
        if isinstance(node, Index):
            return f"b{depth - 1 - node.index}"
        if isinstance(node, Binder) and node.op != "all":
            self.count += 1
            heads = [self._write(k, depth, lines, known) for k in node.heads]
            body = f"f{self.count}"
            lines += self.function(body, f"b{depth}", node.body, depth + 1)
            if not isinstance(node, Integral):
                return f"{node.op}_of({heads[0]}, {body})"
            assert node.symbol is not None
            count = heads.pop(0) if node.op == "I" else "None"
            return f"mean({count}, env[{node.symbol.name!r}]({', '.join(heads)}), {body}, number)"
        parts = [self._write(k, depth, lines, known) for k in node.kids]
        if isinstance(node, Application):
            if node.symbol.name == "at":
                return f"{parts[0]}[{parts[1]}]"
            return f"env[{node.symbol.name!r}]" + (f"({', '.join(parts)})" if parts else "")
        if node.op in ("+", "*"):
            return f" {node.op} ".join(parts)
        if node.op == "inv":
            return f"inverse({parts[0]}, env, number)"
        if node.op == "^":
            return f"{parts[0]} ** int({parts[1]})"
        raise ValueError(f"{node.op} is a formula or has no exact value here: evaluate its sides instead")


def _sum(count: Any, body: Callable[[int], Any]) -> Any:
    return sum(map(body, range(int(count))))


def _product(count: Any, body: Callable[[int], Any]) -> Any:
    return math.prod(map(body, range(int(count))))


def _mean(count: Any, pairs: Any, body: Callable[[Any], Any], number: Callable[[Fraction], Any]) -> Any:
    if count is not None:
        rows = itertools.product(tuple(pairs), repeat=int(count))
        pairs = ((math.prod(w for w, _ in row), tuple(y for _, y in row)) for row in rows)
    return sum((weight * body(y) for weight, y in pairs), number(Fraction(0)))


def _inverse(value: Any, env: Mapping[str, Any], number: Callable[[Fraction], Any]) -> Any:
    if "1/" in env:
        return env["1/"](value)
    return number(_ONE) / value if isinstance(value, int) else 1 / value


_ONE = Fraction(1)
_HELPERS = {"sum_of": _sum, "prod_of": _product, "mean": _mean, "inverse": _inverse}
