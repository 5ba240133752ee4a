"""The symbolic side: sympy derives, the kernel proves.  `from proofs import theorem, prove, Derivation`.

`Law`, `Expect`, `Element`, `ForAll`, `Both`, `Implication` are sympy classes of what sympy lacks; `NotFound`: no proof was found.

The names are imported when they are asked for: `import proofs` and the replay of stored proofs need the standard library alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs.derive.derivation import Derivation
    from proofs.derive.polynomials import NotFound
    from proofs.derive.session import derivation, prove
    from proofs.language.expressions import Both, Element, Expect, ForAll, Implication, Law
    from proofs.reading.theorem import theorem

__all__ = [
    "Both",
    "Derivation",
    "Element",
    "Expect",
    "ForAll",
    "Implication",
    "Law",
    "NotFound",
    "derivation",
    "prove",
    "theorem",
]

_HOMES = {
    "theorem": "proofs.reading.theorem",
    "prove": "proofs.derive.session",
    "derivation": "proofs.derive.session",
    "Derivation": "proofs.derive.derivation",
    "NotFound": "proofs.derive.polynomials",
    **dict.fromkeys(("Both", "Element", "Expect", "ForAll", "Implication", "Law"), "proofs.language.expressions"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'proofs' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
