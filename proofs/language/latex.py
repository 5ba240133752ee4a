"""Formulas, sealed statements and derivations as LaTeX, made from the kernel's terms with the table of `proofs.language.notation`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from proofs.kernel import Application, Binder, Constant, Index, Integral, Node, num
from proofs.kernel.printing import LEVEL, opened, sign_flipped, split_product
from proofs.language.notation import notation

SORTS = {"nat": r"\mathbb{N}", "real": r"\mathbb{R}"}
RELATIONS = {"=": "=", "<=": r"\le", "<": "<", "=>": r"\Rightarrow", "and": r"\wedge"}
_ESCAPES = {c: f"\\{c}" for c in "#$%&_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "|": "$|$",
    "<": "$<$",
    ">": "$>$",
}
UNBROKEN = 36
"""The widest fraction or pair of tall parentheses, in characters, on a page that must break its formulas."""


def escaped(text: str) -> str:
    """Plain words as LaTeX."""
    for written, sign in (("<=", r"\le"), (">=", r"\ge"), ("=>", r"\Rightarrow")):
        text = text.replace(written, f"\0{sign}\0")
    return "".join(
        f"${part}$" if k % 2 else "".join(_ESCAPES.get(c, c) for c in part) for k, part in enumerate(text.split("\0"))
    )


def sort_latex(sort: str) -> str:
    """A sort: N, R, a calligraphic letter, or a word upright; clouds are sequences."""
    if sort in SORTS:
        return SORTS[sort]
    bare = sort.rstrip("*")
    written = rf"\mathcal{{{bare}}}" if len(bare) == 1 else rf"\mathsf{{{bare}}}"
    return written + (r"^{\infty}" if sort.endswith("*") else "")


def width(written: str) -> int:
    """About how many characters a formula takes."""
    for pattern, new in (
        (r"\\(?:mathrm|mathsf|mathcal|mathbb|left|right|quad)\b|\\[,;!]|[{}^_ ]|\\allowbreak", ""),
        (r"\\[a-zA-Z]+", "x"),
    ):
        written = re.sub(pattern, new, written)
    return len(written)


def latex(node: Node, level: int = 0, taken: frozenset[str] = frozenset()) -> str:
    """A term or formula in math mode; `level` is the precedence of the context, `taken` the bound names in use.

    `V(t, x)` prints as V_t(x): a first argument that is a natural number becomes an index. sqrt(x^2) prints as |x|.
    """
    return Printer().write(node, level, taken)


RAISED = re.compile(r" / |\^(\{[^{}]*\}|\S)$")
"""What a name is written as that has an exponent already, or is a quotient."""


def _whole(written: str) -> str:
    """A name that may take an index: one that has an index already stands in braces."""
    return f"{{{written}}}" if "_" in written else written


class Printer:
    """LaTeX of kernel terms.  names: LaTeX of symbols beside the table; breaking: for a page, where what is wide must break at the end of a
    line: wide fractions are written with a slash and wide parentheses at their plain height."""

    def __init__(self, names: Mapping[str, str] | None = None, breaking: bool = False) -> None:
        self.names, self.breaking = names or {}, breaking
        self.space = r"\,\allowbreak " if breaking else r"\, "
        self.comma = r",\allowbreak " if breaking else ", "

    def name(self, name: str) -> str:
        return self.names.get(name) or notation(name)

    def fenced(self, text: str, left: str = "(", right: str = ")") -> str:
        if self.breaking and width(text) > UNBROKEN:
            return f"{left}{text}{right}"
        return rf"\left{left}{text}\right{right}"

    def write(self, node: Node, level: int = 0, taken: frozenset[str] = frozenset()) -> str:
        def sub(n: Node, lev: int = 0) -> str:
            return self.write(n, lev, taken)

        op, kids = node.op, node.kids
        if isinstance(node, Constant):
            return self._number(node, level)
        if isinstance(node, Index):
            return rf"\#{node.index}"
        if isinstance(node, Application):
            return self._application(node, taken)
        if isinstance(node, Binder) and op != "all":
            return self._binder(node, level, taken)
        if op == "all":
            names, body = [], node
            while body.op == "all":
                v, inside = opened(body, taken)
                names.append(rf"{self.name(v.symbol.name)}\in {sort_latex(v.sort)}")
                taken, body = taken | {v.symbol.name}, inside
            text = rf"\forall {self.comma.join(names)}.\; {self.write(body, 0, taken)}"
        elif op == "+":
            text = sub(kids[0], 4)
            for k in kids[1:]:
                c, *_ = split_product(k)
                text += f" - {sub(sign_flipped(k), 5)}" if c < 0 else f" + {sub(k, 5)}"
        elif op in ("*", "inv"):
            text = self._product(node, taken)
        elif op == "^":
            base = sub(kids[0], 8)
            whole = self.fenced(base) if kids[0].op == "f" and RAISED.search(base) else base
            text = f"{whole}^{{{sub(kids[1])}}}"
        else:
            mine = LEVEL[op]
            right = mine if op in ("=>", "and") else mine + 1
            text = rf"{sub(kids[0], mine + 1)} {RELATIONS[op]} {sub(kids[1], right)}"
        return self.fenced(text) if LEVEL[op] < level else text

    def _binder(self, node: Binder, level: int, taken: frozenset[str]) -> str:
        v, body = opened(node, taken)
        inner, name = taken | {v.symbol.name}, self.name(v.symbol.name)
        if node.op in ("sum", "prod"):
            text = rf"\{node.op}_{{{name}<{self.write(node.kids[0], 0, taken)}}} {self.write(body, 5, inner)}"
            return self.fenced(text) if level > 4 else text
        assert isinstance(node, Integral)
        where = self._measure(node, taken)
        if node.op == "S":
            text = rf"\sum_{{{name}\in {where}}} {self.write(body, 5, inner)}"
            return self.fenced(text) if level > 4 else text
        mean = self.write(body, 0, inner)
        if self.breaking and width(where) > UNBROKEN:  # no index that wide
            return rf"\mathbb{{E}}[{mean} \;:\; {name}\sim {where}]"
        return rf"\mathbb{{E}}_{{{name}\sim {where}}}" + self.fenced(mean, "[", "]")

    def _number(self, node: Constant, level: int) -> str:
        value = node.value
        text = (
            str(abs(value.numerator))
            if value.denominator == 1
            else rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
        )
        text = f"-{text}" if value < 0 else text
        simple = value >= 0 and (value.denominator == 1 or level < 8)
        return text if simple or level <= 4 else rf"\left({text}\right)"

    def _application(self, node: Application, taken: frozenset[str]) -> str:
        name, args = node.symbol.name, [self.write(k, 0, taken) for k in node.kids]
        if name == "at":
            return f"{_whole(args[0])}_{{{args[1]}}}"
        if name == "sqrt":
            inner = node.kids[0]
            if inner.op == "^" and inner.kids[1] is num(2):
                return self.fenced(self.write(inner.kids[0], 0, taken), "|", "|")
            if self.breaking and width(args[0]) > UNBROKEN:
                return rf"\mathrm{{sqrt}}({args[0]})"
            return rf"\sqrt{{{args[0]}}}"
        if name in ("exp", "log"):
            return rf"\{name}" + self.fenced(args[0])
        return self._applied(name, args, node.symbol.args)

    def _applied(self, name: str, args: list[str], sorts: tuple[str, ...]) -> str:
        written = self.name(name)
        return (_whole(written) if sorts and sorts[0] == "nat" else written) + self._arguments(args, sorts)

    def _arguments(self, args: list[str], sorts: tuple[str, ...]) -> str:
        """A natural number in front is an index; the others stand in parentheses."""
        indexed = 1 if sorts and sorts[0] == "nat" else 0
        index = f"_{{{args[0]}}}" if indexed else ""
        rest = self.comma.join(args[indexed:])
        return index + (self.fenced(rest) if rest else "")

    def _measure(self, node: Integral, taken: frozenset[str]) -> str:
        """The law of a bound variable: M_t(x); a cloud of N draws is its N-th power."""
        params = [self.write(k, 0, taken) for k in node.kids[:-1]]
        count = params.pop(0) if node.op == "I" else ""
        where = self._applied(node.symbol.name, params, node.symbol.args)
        whole = f"{{{where}}}" if "^" in where else where  # of two exponents the second would be none
        return rf"{whole}^{{\otimes {count}}}" if count else where

    def _product(self, node: Node, taken: frozenset[str]) -> str:
        c, top, bottom = split_product(node)
        shown = abs(c)
        numerator = [str(shown.numerator)] if shown.numerator != 1 or not top else []
        denominator = [str(shown.denominator)] if shown.denominator != 1 else []
        single_top, single_bottom = len(numerator) + len(top) == 1, len(denominator) + len(bottom) == 1
        below = bool(denominator or bottom)
        over = numerator + [self.write(k, 0 if single_top and below else 6, taken) for k in top]
        under = denominator + [self.write(k, 0 if single_bottom else 6, taken) for k in bottom]
        sign = "-" if c < 0 else ""
        if not below:
            return sign + self.space.join(over)
        if self.breaking and max(width("".join(over)), width("".join(under))) > UNBROKEN:
            over = numerator + [self.write(k, 6, taken) for k in top]
            under = denominator + [self.write(k, 6, taken) for k in bottom]
            divisor = under[0] if single_bottom else self.fenced(self.space.join(under))
            return rf"{sign}{self.space.join(over)} \mathbin{{/}} {divisor}"
        return rf"{sign}\frac{{{self.space.join(over)}}}{{{self.space.join(under)}}}"


def document(body: str, title: str) -> str:
    """A complete document; formulas stand in the text, ragged, so that TeX may break them at their relations and signs."""
    return (
        "\\documentclass{article}\n\\usepackage[margin=25mm]{geometry}\n\\usepackage{amsmath,amssymb}\n"
        "\\relpenalty=0 \\binoppenalty=0\n"
        f"\\title{{{escaped(title)}}}\n\\date{{}}\n\\begin{{document}}\n\\sloppy\\raggedright\n\\maketitle\n{body}\\end{{document}}\n"
    )
