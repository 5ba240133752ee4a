"""Kernel terms to sympy and back.  Untrusted: the kernel checks every formula that comes back.

`to_sympy(node, mode)` has three modes:
    "exact"       for work: nothing evaluates but the laws of rings and powers, which are the kernel's too; exp, log, sqrt and 1/x are held
    "native"      for reading: sympy's own exp, log, sqrt and 1/x, which evaluate
    "structural"  for printing: arithmetic without evaluation, a term as it stands
`to_kernel(expr)` is defined on all of this and on whatever sympy makes of it inside the kernel's language; outside it raises NotInLanguage.
`same(a, b)`: one normal form for the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from proofs.kernel import (
    Application,
    Binder,
    Constant,
    Integral,
    Node,
    ProofError,
    Quantifier,
    Signature,
    close,
    forall,
    mk,
    num,
    open_body,
    var,
)
from proofs.kernel.arithmetic import canonical
from proofs.kernel.printing import bound_name
from proofs.language.expressions import (
    RELATIONS,
    Applied,
    Both,
    Entry,
    Exp,
    Expect,
    ForAll,
    Implication,
    Law,
    Log,
    Recip,
    Root,
    declared,
    relation,
    sort_of,
    symbol,
)
from proofs.language.terms import Head, Symbol

Mode = Literal["exact", "native", "structural"]
HELD = {"exp": Exp, "log": Log, "sqrt": Root}
NATIVE: dict[str, Callable[[Any], Any]] = {"exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt}


class NotInLanguage(ValueError):
    """A sympy expression that the kernel's language does not have."""


# ---------------------------------------------------------------------------------------------------- kernel -> sympy
def to_sympy(node: Node, mode: Mode = "exact") -> Any:
    """The sympy form of a term or formula."""
    return _Reader(mode).read(node, frozenset())


class _Reader:
    """One conversion; terms are shared, so each is read once for every set of bound names around it."""

    def __init__(self, mode: Mode):
        self.mode = mode
        self.made: dict[tuple, Any] = {}
        self.functions = NATIVE if mode == "native" else HELD
        self.keep = {"evaluate": False} if mode == "structural" else {}

    def read(self, n: Node, taken: frozenset[str]) -> Any:
        """`taken`: the names of the bound variables around it."""
        key = n, taken if _binds(n) else None
        if key not in self.made:
            self.made[key] = self._read(n, taken)
        return self.made[key]

    def _opened(self, n: Binder, taken: frozenset[str]) -> tuple[sp.Symbol, Any]:
        sort, name = n.bound, bound_name(n, taken)
        return symbol(name, sort), self.read(open_body(n, var(name, sort)), taken | {name})

    def _read(self, n: Node, taken: frozenset[str]) -> Any:
        op, kids = n.op, n.kids
        if isinstance(n, Constant):
            return sp.Rational(n.value.numerator, n.value.denominator)
        if isinstance(n, Quantifier):
            return ForAll(*self._opened(n, taken))
        if isinstance(n, Binder):
            args = [self.read(k, taken) for k in n.heads]
            v, body = self._opened(n, taken)
            if op in ("sum", "prod"):
                return (sp.Sum if op == "sum" else sp.Product)(body, (v, 0, args[0] - 1))
            assert isinstance(n, Integral)
            return Expect(Law(*n.symbol[1:], *args, kind=op), v, body)
        args = [self.read(k, taken) for k in kids]
        if isinstance(n, Application):
            return self._applied(n.symbol, args)
        if op == "+":
            return sp.Add(*args, **self.keep)
        if op == "*":
            return sp.Mul(*args, **self.keep)
        if op == "inv":
            return Recip(args[0]) if self.mode == "exact" else sp.Pow(args[0], -1, **self.keep)
        if op == "^":
            return sp.Pow(*args, **self.keep)
        return relation(op, *args) if op in RELATIONS else {"and": Both, "=>": Implication}[op](*args)

    def _applied(self, applied: Signature, args: list) -> Any:
        _, name, sorts, sort = applied
        if name == "at":
            return Entry(*args)
        if name in self.functions:
            return self.functions[name](*args)
        return declared(name, tuple(sorts), sort)(*args) if args else symbol(name, sort)


_BINDS: dict[Node, bool] = {}


def _binds(n: Node) -> bool:
    if n not in _BINDS:
        _BINDS[n] = isinstance(n, Binder) or any(map(_binds, n.kids))
    return _BINDS[n]


# ---------------------------------------------------------------------------------------------------- sympy -> kernel
def read(*things: Node | Symbol | Head) -> Any:
    """Declared variables, functions and measures of the notation as sympy objects: one, or a tuple of several."""

    def one(thing: Node | Symbol | Head) -> Any:
        if isinstance(thing, Symbol):
            return declared(thing.name, thing.args, thing.sort)
        if isinstance(thing, Head):
            return Law(*thing.data, *map(to_sympy, thing.args), kind=thing.op)
        return to_sympy(thing)

    return one(things[0]) if len(things) == 1 else tuple(map(one, things))


def to_kernel(expr: Any) -> Node:
    """The kernel's term or formula.  Raises NotInLanguage."""
    if isinstance(expr, Node):
        return expr
    try:
        return _term(sp.sympify(expr))
    except ProofError as error:
        raise NotInLanguage(f"{expr}: {error}") from error


def same(a: Any, b: Any) -> bool:
    """Equal for the kernel: one normal form (ring laws, linearity, bound names)."""
    return canonical(to_kernel(a)) is canonical(to_kernel(b))


def _term(e: Any) -> Node:
    for kinds, convert in _CONVERSIONS:
        if isinstance(e, kinds):
            return convert(e)
    if isinstance(e, sp.Float):
        raise NotInLanguage(
            f"{sp.sstr(e, full_prec=False)}: a float stands for no one number; write {sp.srepr(sp.nsimplify(e, rational=True))}"
        )
    raise NotInLanguage(f"{e}: {type(e).__name__} is not in the language")


def nary(op: str, parts: list[Node]) -> Node:
    """A flat sum or product."""
    flat = [p for q in parts for p in (q.kids if q.op == op else (q,))]
    return flat[0] if len(flat) == 1 else mk(op, None, tuple(flat))


def _special(name: str, x: Node) -> Node:
    return mk("f", (name, ("real",), "real"), (x,))


def _natural_parts(e: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """An integer exponent as (positive part, negative part), both sums of naturals: the kernel has no subtraction of naturals."""
    up: list[sp.Expr] = []
    down: list[sp.Expr] = []
    for part in sp.Add.make_args(sp.expand(e)):
        c, rest = part.as_coeff_Mul()
        if not c.is_Integer:
            raise NotInLanguage(f"the exponent {e} is not a natural number")
        (up if c > 0 else down).append(abs(c) * rest)
    return sp.Add(*up), sp.Add(*down)


def _power(base: Node, e: sp.Expr) -> Node:
    up, down = _natural_parts(e)
    parts = []
    if up != 0:
        parts.append(base if up == 1 else mk("^", None, (base, _term(up))))
    if down != 0:  # (1/b)^e, not 1/b^e: the kernel expands (u + v)^(n + 1) before it inverts
        inverse = mk("inv", None, (base,))
        parts.append(inverse if down == 1 else mk("^", None, (inverse, _term(down))))
    return nary("*", parts) if parts else num(1)


def _pow(e: sp.Pow) -> Node:
    base, exponent = (e.base, e.exp) if e.exp.is_Rational else e.as_base_exp()
    if exponent.is_Rational and exponent.q == 2:
        return _power(_special("sqrt", _term(base)), exponent * 2)
    return _power(_term(base), exponent)


def _applied(e: AppliedUndef) -> Node:
    """A declared function; of a plain sympy Function the sorts are read off its arguments."""
    args = tuple(map(_term, e.args))
    sorts, sort = e.signature if isinstance(e, Applied) else (tuple(a.sort for a in args), sort_of(e))
    return mk("f", (type(e).__name__, sorts, sort), args)


def _expect(e: Expect) -> Node:
    law = e.law
    head = tuple(map(_term, law.args))
    return mk(law.kind, (law.name, law.sorts, law.sort), (*head, close(_term(e.body), _term(e.variable))))


def _finite(e: sp.Sum | sp.Product) -> Node:
    """A finite sum or product; sympy flattens nested ones, the first limit is the innermost."""
    op, out = "sum" if isinstance(e, sp.Sum) else "prod", e.function
    for k, low, high in e.limits:
        index = symbol(k.name, "nat")
        if isinstance(out, sp.Expr):
            out = _term(out.xreplace({k: index + low}) if low != 0 or k != index else out)
        elif low != 0 or k != index:
            raise NotInLanguage(f"{e}: only the innermost of several limits may start elsewhere than at 0")
        out = mk(op, None, (_term(sp.expand(high + 1 - low)), close(out, _term(index))))
    return out


def _relational(e: Relational) -> Node:
    if isinstance(e, sp.Eq):
        return mk("=", None, (_term(e.lhs), _term(e.rhs)))
    if isinstance(e, sp.Ne):
        raise NotInLanguage(f"{e}: the language has =, <= and <")
    strict = isinstance(e, (sp.StrictLessThan, sp.StrictGreaterThan))
    return mk("<" if strict else "<=", None, (_term(e.lts), _term(e.gts)))


def _conjunction(e: sp.Basic) -> Node:
    *front, out = map(_term, e.args)
    for f in reversed(front):
        out = mk("and", None, (f, out))
    return out


def _entry(e: Entry) -> Node:
    cloud = _term(e.args[0])
    return mk("f", ("at", (cloud.sort, "nat"), cloud.sort[:-1]), (cloud, _term(e.args[1])))


_CONVERSIONS: list[tuple[Any, Callable[[Any], Node]]] = [
    (sp.Rational, lambda e: num(Fraction(int(e.p), int(e.q)))),
    (sp.Symbol, lambda e: var(e.name, sort_of(e))),
    (AppliedUndef, _applied),
    (sp.Add, lambda e: nary("+", [_term(a) for a in e.args])),
    (sp.Mul, lambda e: nary("*", [_term(a) for a in e.args])),
    ((sp.exp, Exp), lambda e: _special("exp", _term(e.args[0]))),
    (sp.Pow, _pow),
    (type(sp.E), lambda e: _special("exp", num(1))),
    ((sp.log, Log), lambda e: _special("log", _term(e.args[0]))),
    (Root, lambda e: _special("sqrt", _term(e.args[0]))),
    (Recip, lambda e: mk("inv", None, (_term(e.args[0]),))),
    (sp.Abs, lambda e: _special("sqrt", mk("^", None, (_term(e.args[0]), num(2))))),
    ((sp.sinh, sp.cosh, sp.tanh), lambda e: _term(e.rewrite(sp.exp))),
    (Entry, _entry),
    (Expect, _expect),
    ((sp.Sum, sp.Product), _finite),
    (Relational, _relational),
    ((sp.And, Both), _conjunction),
    ((sp.Implies, Implication), lambda e: mk("=>", None, tuple(map(_term, e.args)))),
    (ForAll, lambda e: forall([_term(e.variable)], _term(e.body))),
    (BooleanTrue, lambda e: mk("=", None, (num(0), num(0)))),
    (BooleanFalse, lambda e: mk("<", None, (num(0), num(0)))),
]
