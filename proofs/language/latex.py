"""Formulas, sealed statements and derivations as LaTeX, made from the kernel's terms with the table of `proofs.language.notation`."""

from __future__ import annotations

from proofs.kernel import Application, Binder, Constant, Index, Integral, Node, num
from proofs.kernel.printing import LEVEL, opened, show, sign_flipped, split_product
from proofs.language.notation import notation

SORTS = {"nat": r"\mathbb{N}", "real": r"\mathbb{R}"}
RELATIONS = {"=": "=", "<=": r"\le", "<": "<", "=>": r"\Rightarrow", "and": r"\wedge"}
_ESCAPES = {c: f"\\{c}" for c in "#$%&_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def escaped(text: str) -> str:
    """Plain words as LaTeX."""
    return "".join(_ESCAPES.get(c, c) for c in text)


def latex(node: Node, level: int = 0, taken: frozenset[str] = frozenset()) -> str:
    """A term or formula in math mode; `level` is the precedence of the context, `taken` the bound names in use.

    `V(t, x)` prints as V_t(x): a first argument that is a natural number becomes an index. sqrt(x^2) prints as |x|.
    """

    def sub(n: Node, lev: int = 0) -> str:
        return latex(n, lev, taken)

    op, kids = node.op, node.kids
    if isinstance(node, Constant):
        return _number(node, level)
    if isinstance(node, Index):
        return rf"\#{node.index}"
    if isinstance(node, Application):
        return _application(node, taken)
    if isinstance(node, Binder) and op != "all":
        v, body = opened(node, taken)
        inner = taken | {v.symbol.name}
        name = notation(v.symbol.name)
        if op in ("sum", "prod"):
            text = rf"\{op}_{{{name}<{sub(kids[0])}}} {latex(body, 5, inner)}"
            return rf"\left({text}\right)" if level > 4 else text
        assert isinstance(node, Integral)
        where = _measure(node, taken)
        if op == "S":
            text = rf"\sum_{{{name}\in {where}}} {latex(body, 5, inner)}"
            return rf"\left({text}\right)" if level > 4 else text
        return rf"\mathbb{{E}}_{{{name}\sim {where}}}\left[{latex(body, 0, inner)}\right]"
    if op == "all":
        names, body = [], node
        while body.op == "all":
            v, inside = opened(body, taken)
            sort = SORTS.get(
                v.sort, rf"\mathcal{{{v.sort.rstrip('*')}}}" + (r"^{\infty}" if v.sort.endswith("*") else "")
            )
            names.append(rf"{notation(v.symbol.name)}\in {sort}")
            taken, body = taken | {v.symbol.name}, inside
        text = rf"\forall {', '.join(names)}.\; {latex(body, 0, taken)}"
    elif op == "+":
        text = sub(kids[0], 4)
        for k in kids[1:]:
            c, *_ = split_product(k)
            text += f" - {sub(sign_flipped(k), 5)}" if c < 0 else f" + {sub(k, 5)}"
    elif op in ("*", "inv"):
        text = _product(node, taken)
    elif op == "^":
        text = f"{sub(kids[0], 8)}^{{{sub(kids[1])}}}"
    else:
        mine = LEVEL[op]
        right = mine if op in ("=>", "and") else mine + 1
        text = rf"{sub(kids[0], mine + 1)} {RELATIONS[op]} {sub(kids[1], right)}"
    return rf"\left({text}\right)" if LEVEL[op] < level else text


def _number(node: Constant, level: int) -> str:
    value = node.value
    text = (
        str(abs(value.numerator))
        if value.denominator == 1
        else rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    )
    text = f"-{text}" if value < 0 else text
    simple = value >= 0 and (value.denominator == 1 or level < 8)
    return text if simple or level <= 4 else rf"\left({text}\right)"


def _application(node: Application, taken: frozenset[str]) -> str:
    name, args = node.symbol.name, [latex(k, 0, taken) for k in node.kids]
    if name == "at":
        return f"{args[0]}_{{{args[1]}}}"
    if name == "sqrt":
        inner = node.kids[0]
        if inner.op == "^" and inner.kids[1] is num(2):
            return rf"\left|{latex(inner.kids[0], 0, taken)}\right|"
        return rf"\sqrt{{{args[0]}}}"
    if name in ("exp", "log"):
        return rf"\{name}\left({args[0]}\right)"
    return notation(name) + _arguments(args, node.symbol.args)


def _arguments(args: list[str], sorts: tuple[str, ...]) -> str:
    """A natural number in front is an index; the others stand in parentheses."""
    indexed = 1 if sorts and sorts[0] == "nat" else 0
    index = f"_{{{args[0]}}}" if indexed else ""
    rest = ", ".join(args[indexed:])
    return index + (rf"\left({rest}\right)" if rest else "")


def _measure(node: Integral, taken: frozenset[str]) -> str:
    """The law of a bound variable: M_t(x); a cloud of N draws is its N-th power."""
    params = [latex(k, 0, taken) for k in node.kids[:-1]]
    if node.op == "I":
        return notation(node.symbol.name) + _arguments(params[1:], node.symbol.args) + rf"^{{\otimes {params[0]}}}"
    return notation(node.symbol.name) + _arguments(params, node.symbol.args)


def _product(node: Node, taken: frozenset[str]) -> str:
    c, top, bottom = split_product(node)
    shown = abs(c)
    numerator = [str(shown.numerator)] if shown.numerator != 1 or not top else []
    denominator = [str(shown.denominator)] if shown.denominator != 1 else []
    single_top, single_bottom = len(numerator) + len(top) == 1, len(denominator) + len(bottom) == 1
    below = bool(denominator or bottom)
    numerator += [latex(k, 0 if single_top and below else 6, taken) for k in top]
    denominator += [latex(k, 0 if single_bottom else 6, taken) for k in bottom]
    text, under = r"\, ".join(numerator), r"\, ".join(denominator)
    if below:
        text = rf"\frac{{{text}}}{{{under}}}"
    return f"-{text}" if c < 0 else text


def statement_latex(entry, theorem, definitions: dict) -> str:
    """A sealed statement: heading, words, hypotheses, conclusion, definitions of the symbols that it mentions."""
    lines = [
        rf"\paragraph{{{escaped(entry.id)} ({escaped(entry.source)}): {escaped(entry.title)}.}} {escaped(entry.words)}"
    ]
    hyps = sorted(theorem.hyps, key=show)
    if hyps:
        lines += ["Hypotheses:", r"\begin{itemize}", *(rf"\item $ {latex(h)} $" for h in hyps), r"\end{itemize}"]
    lines += ["Conclusion:", rf"\[ {latex(theorem.concl)} \]"]
    seen: set = set()
    todo = sorted(s for s in theorem.free() if s in definitions)
    while todo:
        symbol = todo.pop(0)
        if symbol not in seen:
            seen.add(symbol)
            law = definitions[symbol]
            conditions = r",\; ".join(latex(h) for h in sorted(law.hyps, key=show))
            lines.append(rf"where $ {latex(law.concl)} $" + (rf" if $ {conditions} $" if conditions else ""))
            todo += sorted(s for s in law.free() if s in definitions and s not in seen)
    return "\n".join(lines) + "\n"


def document(body: str, title: str) -> str:
    """A complete document."""
    return (
        "\\documentclass{article}\n\\usepackage[margin=25mm]{geometry}\n\\usepackage{amsmath,amssymb}\n"
        f"\\title{{{escaped(title)}}}\n\\date{{}}\n\\begin{{document}}\n\\sloppy\n\\maketitle\n{body}\\end{{document}}\n"
    )
