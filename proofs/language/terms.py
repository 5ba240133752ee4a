"""Notation for kernel terms: constructors, operators, printing (text and LaTeX) and exact evaluation.

Untrusted: a mistake here can make a proof fail, not make a false one pass.  (The printed form of a sealed statement is
what a reader reads, so `show` is kept simple: it prints every operator, index and bound name.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs.kernel.rules import ONE, ZERO, Node, bound_sort, close, forall, mk, num, open_body, var

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


def term(value: Any) -> Node:
    return value if isinstance(value, Node) else num(value)


def _nary(op: str, a: Any, b: Any) -> Node:
    a, b = term(a), term(b)
    kids = (a.kids if a.op == op else (a,)) + (b.kids if b.op == op else (b,))
    return mk(op, None, kids)


def _neg(a: Node) -> Node:
    return num(-a.data) if a.op == "q" else _nary("*", -1, a)


def _minus(a: Any, b: Any) -> Node:
    return _nary("+", a, _neg(term(b)))


def _over(a: Any, b: Any) -> Node:
    a, b = term(a), term(b)
    if b.op == "q" and b.data:
        return num(a.data / b.data) if a.op == "q" else _nary("*", 1 / b.data, a)
    return mk("inv", None, (b,)) if a is ONE else _nary("*", a, mk("inv", None, (b,)))


Node.__add__ = lambda a, b: _nary("+", a, b)
Node.__radd__ = lambda a, b: _nary("+", b, a)
Node.__sub__ = _minus
Node.__rsub__ = lambda a, b: _minus(b, a)
Node.__neg__ = _neg
Node.__mul__ = lambda a, b: _nary("*", a, b)
Node.__rmul__ = lambda a, b: _nary("*", b, a)
Node.__truediv__ = _over
Node.__rtruediv__ = lambda a, b: _over(b, a)
Node.__pow__ = lambda a, b: mk("^", None, (a, term(b)))
Node.__rpow__ = lambda a, b: mk("^", None, (term(b), a))
Node.__repr__ = lambda a: show(a)


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
    return mk(head.op, head.data, (*head.args, close(term(body), y)))


def total(n: Any, k: Node, body: Any) -> Node:
    """sum of body over k = 0..n-1."""
    return mk("sum", None, (term(n), close(term(body), k)))


def product(n: Any, k: Node, body: Any) -> Node:
    """Product of body over k = 0..n-1."""
    return mk("prod", None, (term(n), close(term(body), k)))


def _variables(names: str, sort: str):
    made = tuple(var(name, sort) for name in names.split())
    return made[0] if len(made) == 1 else made


def real(names: str):
    return _variables(names, "real")


def nat(names: str):
    return _variables(names, "nat")


def element(sort: str, names: str):
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
    return forall(args[:-1], args[-1])


# ---------------------------------------------------------------------------------------------------- printing
_HINTS = {"nat": "t n k m", "real": "r s"}


def bound_name(binder: Node, taken: set[str]) -> str:
    sort = bound_sort(binder.op, binder.data)
    hints = _HINTS.get(sort, "c d" if sort.endswith("*") else "x y u v w")
    used = {data[0] for _, data in binder.free} | taken
    names = hints.split() + [f"{hints[0]}{i}" for i in range(1, 99)]
    return next(name for name in names if name not in used)


def _open(binder: Node, taken: set[str]) -> tuple[Node, Node]:
    v = var(bound_name(binder, taken), bound_sort(binder.op, binder.data))
    return v, open_body(binder, v)


_LEVEL = {"all": 0, "=>": 1, "and": 2, "=": 3, "<=": 3, "<": 3, "+": 4, "*": 5, "inv": 5, "^": 7}


def _split(node: Node) -> tuple[Fraction, list[Node], list[Node]]:
    """A product as coefficient, numerator factors and denominator factors."""
    parts = node.kids if node.op == "*" else (node,)
    c, top, bottom = Fraction(1), [], []
    for p in parts:
        if p.op == "q":
            c *= p.data
        elif p.op == "inv":
            bottom.append(p.kids[0])
        else:
            top.append(p)
    return c, top, bottom


def show(node: Node, level: int = 0, taken: frozenset[str] = frozenset()) -> str:
    """Plain text; `level` is the precedence of the context."""

    def sub(n: Node, lev: int = 0) -> str:
        return show(n, lev, taken)

    op, kids = node.op, node.kids
    if op == "q":
        text = str(node.data)
        mine = 9 if node.data.denominator == 1 and node.data >= 0 else (4 if node.data < 0 else 5)
        return f"({text})" if mine < level else text
    if op == "b":
        return f"#{node.data[0]}"
    if op == "f":
        if node.data[0] == "at":
            return f"{sub(kids[0], 8)}[{sub(kids[1])}]"
        return node.data[0] + (f"({', '.join(map(sub, kids))})" if kids else "")
    if op in ("E", "S", "I", "sum", "prod"):
        v, body = _open(node, set(taken))
        head = ", ".join(map(sub, kids[:-1]))
        label = (
            f"{op}[{v.data[0]} < {head}]"
            if op in ("sum", "prod")
            else (f"{op}[{v.data[0]} ~ {node.data[0]}{f'; {head}' if head else ''}]")
        )
        return f"{label}({show(body, 0, taken | {v.data[0]})})"
    if op == "all":
        names, body = [], node
        while body.op == "all":
            v, inner = _open(body, set(taken))
            names.append(f"{v.data[0]}:{v.sort}")
            taken, body = taken | {v.data[0]}, inner
        text = f"forall {' '.join(names)}. {show(body, 0, taken)}"
    elif op == "+":
        text = sub(kids[0], 4)
        for k in kids[1:]:
            c, top, bottom = _split(k)
            text += f" - {sub(_neg(k) if k.op == 'q' else _positive(k), 5)}" if c < 0 else f" + {sub(k, 5)}"
    elif op in ("*", "inv"):
        c, top, bottom = _split(node)
        factors = ([show(num(c), 5)] if c != 1 or not top else []) + [sub(k, 6) for k in top]
        text = " * ".join(factors) + (
            f" / {sub(bottom[0], 6)}"
            if len(bottom) == 1
            else f" / ({' * '.join(sub(b, 6) for b in bottom)})"
            if bottom
            else ""
        )
    elif op == "^":
        text = f"{sub(kids[0], 8)}^{sub(kids[1], 8)}"
    else:
        symbol = {"=>": "=>", "and": "and"}.get(op, op)
        mine = _LEVEL[op]
        text = f"{sub(kids[0], mine + 1)} {symbol} {sub(kids[1], mine if op in ('=>', 'and') else mine + 1)}"
    return f"({text})" if _LEVEL[op] < level else text


def _positive(node: Node) -> Node:
    """The product with its coefficient's sign flipped."""
    c, *_ = _split(node)
    rest = tuple(k for k in node.kids if k.op != "q")
    kids = ((num(-c),) if c != -1 or not rest else ()) + rest
    return kids[0] if len(kids) == 1 else mk("*", None, kids)


# ---------------------------------------------------------------------------------------------------- evaluation
def evaluate(node: Node, env: Mapping[str, Any], number: Callable[[Fraction], Any] = Fraction) -> Any:
    """The exact value of a term over any number type.

    `env` maps the names of variables to numbers or states, of functions to callables, of measures to callables
    `mu(*params) -> iterable of (weight, element)`; a cloud is a tuple; constants enter through `number` (integers as int).  `exp`, `log`
    and `sqrt` must be given in `env` when they occur; `env["1/"]` may give the reciprocal (the kernel's has 1/0 = 0).
    Raises KeyError with the name of a missing symbol, ZeroDivisionError for 1/0.
    """
    op, kids = node.op, node.kids
    if op == "q":
        return number(node.data) if node.data.denominator != 1 else int(node.data)
    if op == "f":
        if node.data[0] == "at":
            return evaluate(kids[0], env, number)[evaluate(kids[1], env, number)]
        value = env[node.data[0]]
        return value(*(evaluate(k, env, number) for k in kids)) if kids else value
    if op in ("E", "S", "I", "sum", "prod"):
        v, body = _open(node, {str(k) for k in env})
        name = v.data[0]
        if op in ("sum", "prod"):
            out: Any = 0 if op == "sum" else 1
            for k in range(int(evaluate(kids[0], env, number))):
                piece = evaluate(body, {**env, name: k}, number)
                out = out + piece if op == "sum" else out * piece
            return out
        count, *params = ([] if op == "I" else [1]) + [evaluate(k, env, number) for k in kids[:-1]]
        pairs = env[node.data[0]](*params)
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
