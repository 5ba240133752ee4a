"""Constructors for kernel terms, the bound names that authors chose, and exact evaluation.

Untrusted: a mistake here can make a proof fail, not make a false one pass.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs.kernel import ONE, ZERO, Application, Binder, Constant, Integral, Node, close, forall, is_var, mk, num, var
from proofs.kernel import as_term as term
from proofs.kernel.printing import opened, show

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


def _variables(names: str, sort: str) -> Any:
    made = tuple(var(name, sort) for name in names.split())
    return made[0] if len(made) == 1 else made


def real(names: str) -> Any:
    return _variables(names, "real")


def nat(names: str) -> Any:
    return _variables(names, "nat")


def element(sort: str, names: str) -> Any:
    """Variables of a state sort (or of a cloud sort `X*`)."""
    return _variables(names, sort)


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
    op, kids = node.op, node.kids
    if isinstance(node, Constant):
        return number(node.value) if node.value.denominator != 1 else int(node.value)
    if isinstance(node, Application):
        if node.symbol.name == "at":
            return evaluate(kids[0], env, number)[evaluate(kids[1], env, number)]
        value = env[node.symbol.name]
        return value(*(evaluate(k, env, number) for k in kids)) if kids else value
    if isinstance(node, Binder) and op != "all":
        v, body = opened(node, {str(k) for k in env})
        name = v.symbol.name
        if op in ("sum", "prod"):
            out: Any = 0 if op == "sum" else 1
            for k in range(int(evaluate(kids[0], env, number))):
                piece = evaluate(body, {**env, name: k}, number)
                out = out + piece if op == "sum" else out * piece
            return out
        assert isinstance(node, Integral)
        count, *params = ([] if op == "I" else [1]) + [evaluate(k, env, number) for k in node.heads]
        pairs = env[node.symbol.name](*params)
        if op == "I":
            rows = itertools.product(tuple(pairs), repeat=int(count))
            pairs = ((math.prod(w for w, _ in row), tuple(y for _, y in row)) for row in rows)
        return sum((weight * evaluate(body, {**env, name: y}, number) for weight, y in pairs), number(Fraction(0)))
    values = [evaluate(k, env, number) for k in kids]
    if op == "+":
        return sum(values[1:], values[0])
    if op == "*":
        out = values[0]
        for value in values[1:]:
            out = out * value
        return out
    if op == "inv":
        if "1/" in env:
            return env["1/"](values[0])
        return number(Fraction(1)) / values[0] if isinstance(values[0], int) else 1 / values[0]
    if op == "^":
        return values[0] ** int(values[1])
    raise ValueError(f"{op} is a formula or has no exact value here: evaluate its sides instead")
