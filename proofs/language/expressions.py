"""What sympy lacks, as small sympy classes: elements, laws, expectations, clouds, quantified formulas, functions held unevaluated.

    Element("x", "X")                     a variable over an arbitrary set; over clouds Element("c", "X*")
    symbol("eps", "real")                 the symbol of the notation for a real; "nat": integer and nonnegative
    function("V", "nat X -> real")        a declared function, printed V_t(x)
    Law("M", "nat X", "X")(t, x)          a probability with its parameters; kind "S" a weighted finite sum, "I" a cloud of draws
    Expect(M(t, x), y, f(y))              its expectation, equal up to the name of y
    Entry(c, k)                           entry k of a cloud
    Both(a, b), Implication(a, b), ForAll(y, a)

sympy's `And` sorts its parts, its relations are decided by assumptions (0 <= n becomes True), exp(log x) and x/x evaluate: statements of
the kernel must not change under the reader's hands, so formulas here are ordered, `relation` never decides, and `Exp`, `Log`, `Root`,
`Recip` are held; `.doit()` gives sympy's own functions for reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.logic.boolalg import Boolean

from proofs.language.notation import notation


# ---------------------------------------------------------------------------------------------------- symbols and functions
class Element(sp.Symbol):
    """A variable over an arbitrary set."""

    __slots__ = ("sort",)
    sort: str

    def __new__(cls, name: str, sort: str) -> Element:
        return cls._make(name, sort)

    @classmethod
    @lru_cache(None)
    def _make(cls, name: str, sort: str) -> Element:
        self = sp.Symbol.__xnew__(cls, name)
        self.sort = sort
        return self

    def _hashable_content(self):
        return (self.name, self.sort)

    def __getnewargs_ex__(self):
        return ((self.name, self.sort), {})

    def _latex(self, printer) -> str:
        return notation(self.name)


@lru_cache(None)
def symbol(name: str, sort: str) -> sp.Symbol:
    """The sympy symbol of a variable of the given sort."""
    if sort == "real":
        return sp.Symbol(name, real=True)
    if sort == "nat":
        return sp.Symbol(name, integer=True, nonnegative=True)
    return Element(name, sort)


def symbols(names: str, sort: str = "real") -> tuple[sp.Symbol, ...]:
    """Several symbols of one sort: `a, b = symbols("a b")`."""
    return tuple(symbol(name, sort) for name in names.split())


class Applied(AppliedUndef):
    """A declared function applied; a first argument that is a natural number prints as an index."""

    def _latex(self, printer, exp=None) -> str:
        args = [printer._print(a) for a in self.args]
        text = _indexed(self.func.__name__, self.signature[0], args)
        return text if exp is None else rf"{text}^{{{exp}}}"


def _indexed(name: str, sorts: tuple[str, ...], args: list[str]) -> str:
    """f_t(x) for f(t, x) with t a natural number."""
    indexed = int(bool(sorts) and sorts[0] == "nat")
    rest = ", ".join(args[indexed:])
    return notation(name) + (f"_{{{args[0]}}}" if indexed else "") + (rf"\left({rest}\right)" if rest else "")


@lru_cache(None)
def declared(name: str, args: tuple[str, ...], sort: str) -> UndefinedFunction:
    """The function symbol with these argument sorts."""
    kind = {"real": {"real": True}, "nat": {"integer": True, "nonnegative": True}}.get(sort, {})
    return UndefinedFunction(name, bases=(Applied,), signature=(args, sort), **kind)


def function(name: str, signature: str) -> UndefinedFunction:
    """`function("V", "nat X -> real")`."""
    args, _, sort = signature.partition("->")
    return declared(name, tuple(args.split()), sort.strip())


class Held(sp.Function):
    """A function of one number that does not evaluate itself: its laws are theorems here, not definitions."""

    nargs = 1
    is_real = True

    @staticmethod
    def native(x: sp.Expr, evaluate: bool = True) -> sp.Expr:
        """sympy's own function."""
        raise NotImplementedError

    def doit(self, **hints):
        return type(self).native(self.args[0].doit(**hints) if hints.get("deep", True) else self.args[0])

    def fdiff(self, argindex=1):
        x = sp.Dummy(positive=True)
        return type(self).native(x).diff(x).subs(x, self.args[0])

    def _eval_evalf(self, prec):
        return type(self).native(self.args[0])._eval_evalf(prec)

    def _latex(self, printer, exp=None) -> str:
        text = printer._print(type(self).native(self.args[0], evaluate=False))
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class Exp(Held):
    """exp x."""

    is_positive = True
    native = staticmethod(lambda x, evaluate=True: sp.exp(x, evaluate=evaluate))


class Log(Held):
    """log x."""

    native = staticmethod(lambda x, evaluate=True: sp.log(x, evaluate=evaluate))


class Root(Held):
    """The square root of x."""

    is_nonnegative = True
    native = staticmethod(lambda x, evaluate=True: sp.Pow(x, sp.Rational(1, 2), evaluate=evaluate))


class Recip(Held):
    """1/x with 1/0 = 0; it does not cancel against x."""

    native = staticmethod(lambda x, evaluate=True: sp.Pow(x, -1, evaluate=evaluate))


# ---------------------------------------------------------------------------------------------------- laws
class Law(sp.Basic):
    """A measure: kind "E" a probability, "S" a weighted finite sum, "I" a cloud of draws (its first argument: how many).

    `Law("M", "nat X", "X")` declares it, `M(t, x)` gives it parameters.
    """

    kind: str
    name: str
    sorts: tuple[str, ...]
    sort: str

    def __new__(cls, name: str, params: str | Iterable[str], sort: str, *args: Any, kind: str = "E") -> Law:
        self = sp.Basic.__new__(cls, *map(sp.sympify, args))
        self.kind, self.name, self.sort = kind, name, sort
        self.sorts = tuple(params.split() if isinstance(params, str) else params)
        return self

    def _hashable_content(self):
        return (self.kind, self.name, self.sorts, self.sort, *self._args)

    def __getnewargs_ex__(self) -> tuple[tuple, dict]:
        return (self.name, self.sorts, self.sort, *self.args), {"kind": self.kind}

    @property
    def func(self) -> Callable[..., Law]:
        return lambda *args: Law(self.name, self.sorts, self.sort, *args, kind=self.kind)

    def __call__(self, *args: Any) -> Law:
        return self.func(*args)

    def draws(self, n: Any) -> Law:
        """The law of a cloud of n independent draws."""
        return Law(self.name, self.sorts, self.sort, n, *self.args, kind="I")

    def _sympystr(self, printer) -> str:
        args = ", ".join(map(printer._print, self.args))
        return self.name + (f"; {args}" if args else "")

    def _latex(self, printer) -> str:
        args = [printer._print(a) for a in self.args]
        count = args.pop(0) if self.kind == "I" else None
        return _indexed(self.name, self.sorts, args) + (rf"^{{\otimes {count}}}" if count else "")


def sort_of(expr: sp.Basic) -> str:
    """The sort of an expression: of elements and declared functions their own, else "nat" where sympy knows an integer >= 0, "real"."""
    if isinstance(expr, (Element, Entry)):
        return expr.sort
    if isinstance(expr, Applied):
        return expr.signature[1]
    return "nat" if expr.is_integer and expr.is_nonnegative else "real"


# ---------------------------------------------------------------------------------------------------- binders
def shape(e: sp.Basic, bound: tuple = ()) -> str:
    """A text that is equal for alpha-equivalent expressions: bound variables by index, the parts of sums and products sorted."""
    if isinstance(e, sp.Symbol):
        return f"#{bound.index(e)}" if e in bound else f"{e.name}:{sort_of(e)}"
    if not e.args and not isinstance(e, Law):
        return sp.srepr(e)
    if isinstance(e, (sp.Sum, sp.Product)):
        k, *limits = e.limits[0]
        rest = e.func(e.function, *e.limits[1:]) if len(e.limits) > 1 else e.function
        return f"{type(e).__name__}({','.join(shape(x, bound) for x in limits)},{shape(rest, (k, *bound))})"
    if isinstance(e, Binder):
        *head, v, body = e.args
        return f"{type(e).__name__}({','.join(shape(x, bound) for x in head)},{sort_of(v)},{shape(body, (v, *bound))})"
    parts = [shape(a, bound) for a in e.args]
    name = f"{e.kind}:{e.name}" if isinstance(e, Law) else type(e).__name__
    return f"{name}({','.join(sorted(parts) if isinstance(e, (sp.Add, sp.Mul)) else parts)})"


class Binder(sp.Basic):
    """Shared by Expect and ForAll: the arguments end with the bound variable and the body; equal up to the bound name."""

    is_commutative = True
    _key = None

    @property
    def variable(self) -> sp.Symbol:
        return self.args[-2]

    @property
    def body(self) -> sp.Basic:
        return self.args[-1]

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        return [self.variable]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        head = set().union(*(a.free_symbols for a in self.args[:-2]))
        return head | (self.body.free_symbols - {self.variable})

    def _hashable_content(self):
        if self._key is None:
            self._key = (hashlib.blake2b(shape(self).encode(), digest_size=12).hexdigest(),)
        return self._key

    def _renamed(self, avoid: set[sp.Basic]) -> tuple[sp.Basic, ...]:
        """The arguments with a bound variable that is not in `avoid`: no capture."""
        v = self.variable
        if v not in avoid:
            return self.args
        names = {s.name for s in avoid | self.body.free_symbols}
        new = next(symbol(f"{v.name}{i}", sort_of(v)) for i in range(1, len(names) + 2) if f"{v.name}{i}" not in names)
        return (*self.args[:-2], new, self.body.xreplace({v: new}))

    def _eval_subs(self, old, new):
        if old == self.variable:
            *head, v, body = self.args
            return self.func(*(h._subs(old, new) for h in head), v, body)
        *head, v, body = self._renamed(getattr(new, "free_symbols", set()))
        return self.func(*(h._subs(old, new) for h in head), v, body._subs(old, new))

    def _xreplace(self, rule):
        if self in rule:
            return rule[self], True
        inner = {k: w for k, w in rule.items() if k != self.variable}
        used = {k: w for k, w in inner.items() if self.body.has(k)} if inner else {}
        *head, v, body = self._renamed(set().union(*(getattr(w, "free_symbols", set()) for w in used.values())))
        heads = [h._xreplace(rule) for h in head]
        new, changed = body._xreplace(inner) if inner else (body, False)
        if changed or any(c for _, c in heads):
            return self.func(*(h for h, _ in heads), v, new), True
        return self, False


class Expect(Binder, sp.Expr):
    """Expect(law, y, body): the expectation (or weighted sum) of body over y."""

    is_real = True

    def __new__(cls, law: Law, v: sp.Symbol, body: Any) -> Expect:
        return sp.Expr.__new__(cls, law, v, sp.sympify(body))

    @property
    def law(self) -> Law:
        return self.args[0]

    def _eval_is_nonnegative(self):
        return True if self.body.is_nonnegative else None

    def _eval_derivative(self, x):
        return None if self.law.has(x) else Expect(self.law, self.variable, self.body.diff(x))

    def doit(self, **hints):
        """Linearity: factors and terms free of the bound variable come out; a probability has mass one."""
        law, v, body = self.args
        body = body.doit(**hints) if hints.get("deep", True) else body
        out = []
        for part in sp.Add.make_args(sp.expand(body)):
            free, inner = part.as_independent(v, as_Add=False)
            out.append(free if inner == 1 and law.kind != "S" else free * Expect(law, v, inner))
        return sp.Add(*out)

    def _sympystr(self, printer) -> str:
        return f"{self.law.kind}[{self.variable} ~ {printer._print(self.law)}]({printer._print(self.body)})"

    def _latex(self, printer, exp=None) -> str:
        v, where, inner = map(printer._print, (self.variable, self.law, self.body))
        if self.law.kind == "S":
            text = rf"\left(\sum_{{{v}\in {where}}} {inner}\right)"
        else:
            text = rf"\mathbb{{E}}_{{{v}\sim {where}}}\left[{inner}\right]"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _code(self, printer) -> str:
        """For lambdify: a law is a callable that gives pairs (weight, element)."""
        count, *args = ([] if self.law.kind == "I" else [""]) + [printer._print(a) for a in self.law.args]
        pairs = f"{self.law.name}({', '.join(args)})"
        if self.law.kind == "I":
            pairs = f"_cloud({pairs}, {count})"
        return f"sum(_w*({printer._print(self.body)}) for _w, {self.variable} in {pairs})"

    _numpycode = _mpmathcode = _pythoncode = _lambdacode = _code


class Entry(sp.Expr):
    """Entry k of a cloud."""

    def __new__(cls, cloud: sp.Basic, k: Any) -> Entry:
        return sp.Expr.__new__(cls, cloud, sp.sympify(k))

    @property
    def sort(self) -> str:
        return sort_of(self.args[0])[:-1]

    def _sympystr(self, printer) -> str:
        return f"{printer._print(self.args[0])}[{printer._print(self.args[1])}]"

    def _latex(self, printer, exp=None) -> str:
        return f"{printer._print(self.args[0])}_{{{printer._print(self.args[1])}}}"

    def _code(self, printer) -> str:
        return self._sympystr(printer)

    _numpycode = _mpmathcode = _pythoncode = _lambdacode = _code


# ---------------------------------------------------------------------------------------------------- formulas
class Both(Boolean):
    """An ordered conjunction."""

    def _sympystr(self, printer) -> str:
        return " and ".join(
            f"({printer._print(a)})" if isinstance(a, (Implication, ForAll)) else printer._print(a) for a in self.args
        )

    def _latex(self, printer) -> str:
        return r" \wedge ".join(printer._print(a) for a in self.args)


class Implication(Boolean):
    """premise => conclusion."""

    def _sympystr(self, printer) -> str:
        a, b = map(printer._print, self.args)
        return f"({a}) => {b}" if isinstance(self.args[0], (Implication, ForAll)) else f"{a} => {b}"

    def _latex(self, printer) -> str:
        return r" \Rightarrow ".join(printer._print(a) for a in self.args)


class ForAll(Binder, Boolean):
    """ForAll(y, formula); several variables: ForAll(x, y, formula)."""

    def __new__(cls, *args: Any) -> ForAll:
        *front, v, body = args
        inner = sp.Basic.__new__(cls, v, body)
        return cls(*front, inner) if front else inner

    def _sympystr(self, printer) -> str:
        return f"forall {self.variable}:{sort_of(self.variable)}. {printer._print(self.body)}"

    def _latex(self, printer) -> str:
        return rf"\forall {printer._print(self.variable)}.\; {printer._print(self.body)}"


RELATIONS: dict[str, Callable[..., sp.Basic]] = {"=": sp.Eq, "<=": sp.Le, "<": sp.Lt}


def relation(op: str, a: Any, b: Any) -> sp.Basic:
    """a = b, a <= b or a < b, not decided by sympy's assumptions."""
    return RELATIONS[op](sp.sympify(a), sp.sympify(b), evaluate=False)


def total(n: Any, k: sp.Symbol, body: Any) -> sp.Sum:
    """sum of body over k = 0..n-1."""
    return sp.Sum(body, (k, 0, n - 1))


def product(n: Any, k: sp.Symbol, body: Any) -> sp.Product:
    """Product of body over k = 0..n-1."""
    return sp.Product(body, (k, 0, n - 1))


def implications(*parts: sp.Basic) -> sp.Basic:
    """implications(a, b, c) is a => (b => c)."""
    out = parts[-1]
    for p in reversed(parts[:-1]):
        out = Implication(p, out)
    return out
