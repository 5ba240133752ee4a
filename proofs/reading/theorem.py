"""A sealed theorem as sympy objects: `theorem("S3.uniform").rhs` is an expression to substitute, expand, solve, evaluate and plot.

S3 = theorem("S3.uniform")
S3.rhs, S3.N, S3.eps             the bound and its symbols, with the assumptions that the hypotheses make
S3.hypotheses                    named in words where the notation or the model names them
S3.at(N=100, T=5)                the conclusion with values
S3.numeric("mpmath")             a function of the free symbols: "numpy", "mpmath" (reading), "arb" (enclosures), "sympy"
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from proofs import bounds, registry
from proofs.kernel import Application, Constant, Node, is_var
from proofs.language.bridge import same, to_sympy
from proofs.language.expressions import Binder, symbol
from proofs.language.text import latex

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
            raise KeyError(f"no statement {name!r}; known: {', '.join(sorted(known))}")
        self.name, self.part, self.statement = name, part, known[name]
        self.claim = bounds.claim(name)
        hyps, conclusions = registry.claim_of(self.claim)
        if not 0 <= part < len(conclusions):
            raise IndexError(f"{name} has {len(conclusions)} conclusions; there is no part {part}")
        table = _assumptions(hyps)
        self.formulas = [faithful(h, table) for h in hyps]
        self.conclusions = [faithful(c, table) for c in conclusions]
        names = _names(name)
        self.hypotheses: dict[str, Any] = {}
        for h, formula in zip(hyps, self.formulas, strict=True):
            words = names.get(h, sp.sstr(formula))
            again = sum(word.partition(" (")[0] == words for word in self.hypotheses)
            self.hypotheses[f"{words} ({again + 1})" if again else words] = formula
        self.symbols: dict[str, sp.Symbol] = {
            s.name: s for c in (*self.conclusions, *self.formulas) for s in c.free_symbols
        }

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

    def __getattr__(self, name: str) -> sp.Symbol:
        if name.startswith("_") or "symbols" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self.symbols[name]
        except KeyError:
            raise AttributeError(f"{self.name} has the symbols {', '.join(sorted(self.symbols))}, not {name}") from None

    def at(self, **values: Any) -> Any:
        """The conclusion with values for symbols, by name; the sides evaluate.  Raises KeyError for a symbol it does not have."""
        unknown = sorted(set(values) - set(self.symbols))
        if unknown:
            raise KeyError(f"{self.name} has no symbol {', '.join(unknown)}; it has {', '.join(sorted(self.symbols))}")
        table = {self.symbols[k]: v for k, v in values.items()}
        return self.conclusion.func(self.lhs.subs(table), self.rhs.subs(table), evaluate=False)

    def arguments(self, side: str = "rhs") -> list[str]:
        """The free symbols of a side, in the order in which `numeric` takes them."""
        return sorted(s.name for s in getattr(self, side).free_symbols)

    def numeric(self, backend: str = "numpy", side: str = "rhs", **functions: Any) -> Callable[..., Any]:
        """A function of `arguments(side)`; `functions` gives values to functions and laws (pairs weight, element) by name."""
        if backend not in BACKENDS:
            raise ValueError(f"backend {backend!r} is none of {', '.join(BACKENDS)}")
        expr = getattr(self, side)
        names = [self.symbols[s] for s in self.arguments(side)]
        modules: list[Any] = [{**functions, "_cloud": _cloud}]
        if backend == "arb":
            return _enclosed(sp.lambdify(names, expr, modules=[modules[0] | _arb()], printer=_BallPrinter))
        return sp.lambdify(names, expr, modules=[*modules, backend])

    def _repr_latex_(self) -> str:
        given = ",\\; ".join(map(latex, self.formulas))
        return f"$\\displaystyle {latex(self.conclusion)}" + (rf"\quad\text{{if }} {given}$" if given else "$")

    def __repr__(self) -> str:
        width = max(map(len, self.hypotheses), default=0)
        lines = [
            f"    {name}" if name == sp.sstr(h) else f"    {name:{min(width, 34)}}  {h}"
            for name, h in self.hypotheses.items()
        ]
        return "\n".join([f"{self.name}: {self.statement.title}", *lines, *(f"|-  {c}" for c in self.conclusions)])


@cache
def theorem(name: str, part: int = 0) -> Theorem:
    """The sealed statement `name`.  Raises KeyError for an unknown ID."""
    return Theorem(name, part)


def _names(name: str) -> Mapping[Node, str]:
    """The words that the stored proof gives its hypotheses: the notes of its `assume` steps."""
    import json

    from proofs.kernel.replay import STORED, decode_argument, decode_term

    data = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    terms: list[Node] = []
    for entry in data["terms"]:
        terms.append(decode_term(entry, terms))
    return {decode_argument(args[0], terms): note for rule, _, args, note in data["steps"] if rule == "assume" and note}


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


# ---------------------------------------------------------------------------------------------------- enclosures
def _arb() -> dict[str, Callable[..., Any]]:
    import flint

    def ball(x: Any) -> Any:
        return x if isinstance(x, flint.arb) else flint.arb(x)

    return {
        "_ball": lambda p, q=1: flint.arb(flint.fmpq(int(p), int(q))),
        "sqrt": lambda x: ball(x).sqrt(),
        "exp": lambda x: ball(x).exp(),
        "log": lambda x: ball(x).log(),
    }


class _BallPrinter(PythonCodePrinter):
    """Constants as balls: no float is written into the function."""

    def __init__(self, settings: Any = None):
        super().__init__({**(settings or {}), "fully_qualified_modules": False})

    def _print_Rational(self, e: Any) -> str:
        return f"_ball({e.p}, {e.q})"

    def _print_Integer(self, e: Any) -> str:
        return f"_ball({e.p})"

    def _print_Pow(self, e: Any, **_: Any) -> str:
        base, exponent = e.as_base_exp() if not e.exp.is_Rational else (e.base, e.exp)
        if exponent == sp.Rational(1, 2):
            return f"sqrt({self._print(base)})"
        if exponent.is_Rational and exponent.q == 2:
            return f"sqrt({self._print(base)})**{int(exponent.p)}"
        power = str(int(exponent)) if exponent.is_Integer else f"int({sp.sstr(exponent)})"
        return f"({self._print(base)})**{power}"

    def _print_exp(self, e: Any) -> str:
        return f"exp({self._print(e.args[0])})"

    def _print_log(self, e: Any) -> str:
        return f"log({self._print(e.args[0])})"

    def _print_sqrt(self, e: Any) -> str:
        return f"sqrt({self._print(e.args[0])})"


def _enclosed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on rationals and balls: a rational enters as the ball around it."""
    import flint

    def ball(x: Any) -> Any:
        if isinstance(x, (int, flint.arb)):
            return x
        if isinstance(x, float):
            raise TypeError(
                f"{x}: an enclosure of a float says nothing of the number that was meant; give a Fraction or an arb"
            )
        return flint.arb(flint.fmpq(int(x.numerator), int(x.denominator)))

    return lambda *args: function(*map(ball, args))
