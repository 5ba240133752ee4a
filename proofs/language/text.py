"""How sympy prints the project's mathematics: LaTeX with the notation of the table, sorts and hypotheses in words."""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs.kernel import Node
from proofs.language.bridge import to_sympy
from proofs.language.notation import TABLE, notation


class _Names(dict):
    """The table of notation for sympy's LaTeX printer: eps prints as \\varepsilon."""

    def get(self, s, default=None):
        return notation(s.name) if s.name in TABLE else default


def latex(thing: Node | sp.Basic) -> str:
    """A kernel term, formula or sympy object in LaTeX; a kernel term prints as it stands, in its own order."""
    if isinstance(thing, Node):
        return sp.latex(to_sympy(thing, "structural"), order="none", symbol_names=_Names())
    return sp.latex(thing, symbol_names=_Names())


def notebook() -> None:
    """sympy prints with the project's notation from here on (a notebook shows every object with it)."""
    settings: Any = {"symbol_names": _Names()}
    sp.printing.printer.Printer.set_global_settings(**settings)
