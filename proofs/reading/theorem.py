"""A sealed theorem as sympy objects: `theorem("S3.uniform").rhs` is an expression to substitute, expand, solve, evaluate and plot.

S3 = theorem("S3.uniform")
S3.rhs, S3.N, S3.eps             the bound and its symbols, with the assumptions that the hypotheses make;  S5.b: a function
S3.hypotheses                    by their words, where there are some, as `bellman-smc prove` says them
S3.at(N=100, T=5)                the conclusion with values;  S5.at(b=lambda t: 3): of functions too
S3.numeric("mpmath")             a function of the free symbols: "numpy", "mpmath" (reading), "arb" (enclosures), "sympy"
S3.root("eps", 0.01, (0, 1), ...)where the bound takes a value, to read
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from numbers import Rational
from typing import Any, ClassVar

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.pycode import SymPyPrinter

from proofs import bounds, registry
from proofs.catalogue import ROWS
from proofs.kernel import Application, Constant, Node, is_var
from proofs.language.bridge import same, to_sympy
from proofs.language.expressions import Binder, Exp, Log, Root, symbol
from proofs.language.terms import evaluate
from proofs.reading.statement import Reading, called
from proofs.reading.words import plain, said

BACKENDS = ("numpy", "mpmath", "arb", "sympy")


def faithful(node: Node, table: Mapping[sp.Basic, sp.Symbol]) -> Any:
    """The native sympy form with the symbols of `table`; without evaluation where that changes the normal form (x/x, sqrt(N)^2)."""
    shown = _carried(to_sympy(node, "native"), table)
    if same(shown, node):
        return shown
    with sp.evaluate(False):
        return _carried(to_sympy(node, "structural"), table)


class Theorem:
    """A sealed statement to read.  `part`: which conclusion `lhs` and `rhs` speak of; its symbols are attributes."""

    def __init__(self, name: str, part: int = 0):
        known = registry.load()
        if name not in known:
            raise KeyError(unknown(name, known))
        self.name, self.part, self.statement = name, part, known[name]
        self.claim = bounds.claim(name)
        hyps, conclusions = registry.claim_of(self.claim)
        if not 0 <= part < len(conclusions):
            raise IndexError(f"{name} has {len(conclusions)} conclusions; there is no part {part}")
        self._terms = conclusions[part].kids
        table = _assumptions(hyps)
        self.formulas = [faithful(h, table) for h in hyps]
        self.conclusions = [faithful(c, table) for c in conclusions]
        names = called(name)
        self.hypotheses: dict[str, Any] = {}
        times: Counter[str] = Counter()
        for h, formula in zip(hyps, self.formulas, strict=True):
            words = names.get(h) or plain(said(h)[1]) or sp.sstr(formula)
            times[words] += 1
            self.hypotheses[f"{words} ({times[words]})" if times[words] > 1 else words] = formula
        every = (*self.conclusions, *self.formulas)
        self.symbols: dict[str, sp.Symbol] = {s.name: s for c in every for s in c.free_symbols}
        self.functions: dict[str, Any] = {f.func.__name__: f.func for c in every for f in c.atoms(AppliedUndef)}

    @property
    def words(self) -> str:
        """The statement in words."""
        return self.statement.words

    @property
    def conclusion(self) -> Any:
        return self.conclusions[self.part]

    @property
    def lhs(self) -> Any:
        return self.conclusion.lhs

    @property
    def rhs(self) -> Any:
        return self.conclusion.rhs

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "functions" not in self.__dict__:
            raise AttributeError(name)
        if name in self.symbols or name in self.functions:
            return self.symbols.get(name) or self.functions[name]
        raise AttributeError(f"{self.name} has the {self._has()}, not {name}")

    def _has(self) -> str:
        """Its symbols and functions, to be named in a message."""
        functions = sorted(set(self.functions) - set(self.symbols))
        return (
            f"symbols {', '.join(sorted(self.symbols))}{' and the functions ' * bool(functions)}{', '.join(functions)}"
        )

    def at(self, **values: Any) -> Any:
        """The conclusion with values for symbols and functions, by name: `S5.at(N=10, b=lambda t: 3)`; the sides evaluate.

        Raises KeyError for what it does not have, TypeError for a function's value that is none.
        """
        strange = sorted(set(values) - set(self.symbols) - set(self.functions))
        if strange:
            raise KeyError(f"{self.name} has no symbol {', '.join(strange)}; it has the {self._has()}")
        table = {self.symbols[k]: v for k, v in values.items() if k in self.symbols}
        maps = {self.functions[k]: v for k, v in values.items() if k not in self.symbols}
        for f, value in maps.items():
            if not callable(value):
                raise TypeError(f"{f} is a function: give one, as {f}=lambda t: {value}")

        def side(expr: Any) -> Any:
            for f, value in maps.items():
                expr = expr.replace(f, value)
            return expr.subs(table).doit() if maps else expr.subs(table)

        return self.conclusion.func(side(self.lhs), side(self.rhs), evaluate=False)

    def arguments(self, side: str = "rhs") -> list[str]:
        """The free symbols of a side, in the order in which `numeric` takes them."""
        return sorted(s.name for s in getattr(self, side).free_symbols)

    def numeric(self, backend: str = "numpy", side: str = "rhs", **functions: Any) -> Callable[..., Any]:
        """A function of `arguments(side)`; `functions` gives values to functions and laws (pairs weight, element) by name.

        "numpy" and "sympy" take arrays and expressions; "mpmath" works at the precision of its context, "arb" encloses, at that of
        `flint.ctx`: both follow the sealed term.  Raises TypeError for a float that is to be enclosed.
        """
        if backend not in BACKENDS:
            raise ValueError(f"backend {backend!r} is none of {', '.join(BACKENDS)}")
        names = self.arguments(side)
        if backend in ("mpmath", "arb"):
            number, special = _balls() if backend == "arb" else _mpmath()
            term = self._terms[0 if side == "lhs" else 1]
            return lambda *args: number(
                evaluate(term, special | _given({**functions, **dict(zip(names, args, strict=True))}, number), number)
            )
        expr = getattr(self, side).replace(Root, sp.sqrt).replace(Exp, sp.exp).replace(Log, sp.log)
        settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
        printer = (_ArrayPrinter if backend == "numpy" else _SymbolPrinter)(settings)
        modules: list[Any] = [{**functions, "_cloud": _cloud, "_product": math.prod}, backend]
        return sp.lambdify([self.symbols[s] for s in names], expr, modules=modules, printer=printer)

    def root(self, name: str, value: Any, between: tuple[Any, Any], **values: Any) -> Any:
        """Where between two numbers the bound is `value`, as a number for the symbol `name`, by `mpmath.findroot`.

        `S13.root("eps", delta, (0, 1), N=10**6, T=50, n=49, L=2)`: the Bellman error that a budget affords.  It is for reading, at the
        precision of mpmath's context; for a verdict enclose the bound on both sides of it with `numeric("arb")`.  Raises KeyError for a
        symbol that lacks a value, ValueError where the bound does not cross the value.
        """
        import mpmath

        names, bound = self.arguments(), self.numeric("mpmath")
        missing = [n for n in names if n != name and n not in values]
        if name not in names or missing:
            raise KeyError(f"{self.name}: the bound has the symbols {', '.join(names)}; give all but {name}")

        def gap(x: Any) -> Any:
            return bound(*(x if n == name else values[n] for n in names)) - value

        return mpmath.findroot(gap, tuple(map(mpmath.mpf, between)), solver="illinois", maxsteps=400)

    def _reading(self) -> Reading:
        return Reading(self.name, self.claim, called(self.name))

    def _repr_latex_(self) -> str:
        return f"${self._reading().latex()}$"

    def _latex(self, printer: Any) -> str:
        """For `sympy.latex`."""
        return self._reading().latex()

    def _repr_markdown_(self) -> str:
        return self._reading().markdown()

    def __repr__(self) -> str:
        lines = [self._shown(words, formula) for words, formula in self.hypotheses.items()]
        return "\n".join([f"{self.name}: {self.statement.title}", *lines, *(f"|-  {c}" for c in self.conclusions)])

    @staticmethod
    def _shown(words: str, formula: Any) -> str:
        """A hypothesis: its words and, beside them or below, its formula."""
        written = sp.sstr(formula)
        if words == written:
            return f"    {words}"
        return f"    {words:34}  {written}" if len(words) <= 34 else f"    {words}\n        {written}"


@cache
def theorem(name: str, part: int = 0) -> Theorem:
    """The sealed statement `name`.  Raises KeyError for an unknown ID, with those that may be meant."""
    return Theorem(name, part)


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is no statement."""
    names = sorted(known)
    if name in ROWS:
        parts = [n for n in names if n.partition(".")[0] == name]
        return f"{name} is {'proved in parts: ' + ', '.join(parts) if parts else 'stated, not proved'}"
    cased = {n.casefold(): n for n in (*names, *ROWS)}
    close = difflib.get_close_matches(name.casefold(), cased, n=4, cutoff=0.6)
    meant = f"{', '.join(cased[n] for n in close)}?" if close else f"known: {', '.join(names)}"
    return f"no statement {name!r}; {meant}"


def _assumptions(hyps: Iterable[Node]) -> dict[sp.Basic, sp.Symbol]:
    """The hypotheses on single symbols as sympy assumptions: 0 < N makes N positive."""
    kinds: dict[Application, str] = {}
    for h in hyps:
        if h.op not in ("<", "<="):
            continue
        low, variable = h.kids
        if isinstance(low, Constant) and is_var(variable):
            if low.value > 0 or (low.value == 0 and h.op == "<"):
                kinds[variable] = "positive"
            elif low.value == 0:
                kinds.setdefault(variable, "nonnegative")
    table = {}
    for v, kind in kinds.items():
        base = {"integer": True} if v.sort == "nat" else {"real": True}
        table[symbol(v.symbol.name, v.sort)] = sp.Symbol(v.symbol.name, **base, **{kind: True})
    return table


def _carried(formula: Any, table: Mapping[sp.Basic, sp.Symbol]) -> Any:
    """The formula with the assumptions, not decided by them."""
    if isinstance(formula, sp.core.relational.Relational) and not isinstance(formula, Binder):
        return formula.func(*(side.xreplace(table) for side in formula.args), evaluate=False)
    return formula.xreplace(table)


def _cloud(pairs: Iterable[tuple], n: Any) -> Iterable[tuple]:
    """Weighted draws of n elements."""
    for row in itertools.product(list(pairs), repeat=int(n)):
        weight: Any = 1
        for w, _ in row:
            weight = weight * w
        yield weight, tuple(y for _, y in row)


# ---------------------------------------------------------------------------------------------------- numbers
class _Products:
    """Finite products in generated code."""

    _rewriteable_functions: ClassVar[dict[str, Any]] = {}
    """Nothing is rewritten: a statement's beta is its own, not Euler's."""

    def _print_Product(self, e: Any) -> str:
        k, low, high = e.limits[0]
        body, *ends = (self._print(part) for part in (e.function, low, high))  # type: ignore[attr-defined]
        return f"_product({body} for {k} in range({ends[0]}, {ends[1]} + 1))"


class _ArrayPrinter(_Products, NumPyPrinter):
    """For numpy."""


class _SymbolPrinter(_Products, SymPyPrinter):
    """For sympy."""


def _mpmath() -> tuple[Callable[[Any], Any], dict[str, Callable[..., Any]]]:
    import mpmath

    def number(x: Any) -> Any:
        return x if isinstance(x, mpmath.mpf) else mpmath.mpf(int(x.numerator)) / int(x.denominator)

    return number, {"sqrt": mpmath.sqrt, "exp": mpmath.exp, "log": mpmath.log}


def _balls() -> tuple[Callable[[Any], Any], dict[str, Callable[..., Any]]]:
    return bounds.ball, bounds.BALLS


def _given(values: Mapping[str, Any], number: Callable[[Any], Any]) -> dict[str, Any]:
    """Arguments, functions and laws by name, in numbers of the backend: integers stay, a float is read and never enclosed."""

    def converted(x: Any) -> Any:
        if isinstance(x, float) and number is bounds.ball:
            raise TypeError(
                f"{x}: an enclosure of a float says nothing of the number that was meant; give a Fraction or an arb"
            )
        if callable(x):
            return lambda *args: converted(x(*args))
        if isinstance(x, (list, tuple)):  # a law: pairs (weight, element)
            return [(converted(weight), element) for weight, element in x]
        return number(Fraction(x)) if isinstance(x, (float, Rational)) and not isinstance(x, int) else x

    return {name: converted(x) for name, x in values.items()}
