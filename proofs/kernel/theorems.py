"""TRUSTED. What a theorem is, the table of rules, and the definitions in force.

To believe a statement of this project a reader has to trust (1) this package, (2) the Python
interpreter, (3) his own reading of the sealed statement.  Python cannot seal a type: a program
can forge a `Theorem` object.  So an object in memory proves nothing.  What counts is the proof
written as data in `proofs/sealed/*.json` and replayed by `python -m proofs.kernel.replay`, which
recomputes every conclusion with the rules.  Nothing here imports anything but the standard
library.

Meaning.  A free symbol stands for an arbitrary function (law, finite sum) of its signature, and a
theorem  H1, ..., Hn |- C  holds for every choice of the free symbols that are not defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from proofs.kernel.terms import RESERVED, Node, ProofError, Signature, need

Symbols = frozenset[Signature]
_SEAL = object()


class Theorem:
    """`hyps |- concl`; made only by the rules."""

    __slots__ = ("concl", "hyps")

    def __init__(self, seal: object, hyps: frozenset[Node], concl: Node) -> None:
        need(seal is _SEAL, "a theorem is made by a rule of the kernel")
        closed = all(p.sort == "bool" and not p.dangling for p in (concl, *hyps))
        need(closed, "not a closed formula")
        self.hyps, self.concl = hyps, concl

    def free(self) -> Symbols:
        return self.concl.free.union(*(h.free for h in self.hyps))


def theorem(hyps: Iterable[Node], concl: Node) -> Theorem:
    return Theorem(_SEAL, frozenset(hyps), concl)


def hypotheses(premises: Iterable[Theorem]) -> frozenset[Node]:
    return frozenset().union(*(p.hyps for p in premises))


Premises = Sequence[Theorem]
Rule = Callable[..., Theorem]  # (theory, premises, *arguments)
R = TypeVar("R", bound=Rule)
RULES: dict[str, Rule] = {}


def rule(made: R) -> R:
    """Enter a rule of inference under its name."""
    RULES[made.__name__] = made
    return made


class Theory:
    """The definitions made so far: `defs[symbol]` is the set of free symbols that its definition,
    and those before it, rest on."""

    def __init__(self) -> None:
        self.defs: dict[Signature, Symbols] = {}

    def apply(self, name: str, premises: Premises, args: Sequence[object]) -> Theorem:
        """Apply one rule; ProofError when it refuses."""
        need(name in RULES, f"unknown rule {name!r}")
        need(all(isinstance(p, Theorem) for p in premises), "a premise is not a theorem")
        try:
            return RULES[name](self, list(premises), *args)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
            raise ProofError(f"rule {name}: malformed arguments ({error})") from error

    def fixed(self, used: Symbols) -> Symbols:
        """The free symbols that the definitions of the symbols in use rest on."""
        return frozenset().union(*(self.defs[s] for s in used if s in self.defs))

    def check_variable(self, symbol: Signature | None, used: Symbols) -> None:
        """A symbol may vary only if it is not reserved, not defined, and no definition in use
        rests on it."""
        if symbol is None:
            raise ProofError("not a symbol")
        free = symbol not in self.defs and symbol not in self.fixed(used)
        need(
            free and symbol.name not in RESERVED,
            f"{symbol.name} is fixed by a definition or reserved",
        )

    def define(self, left: Node, used: Symbols, params: Iterable[Node]) -> None:
        """Enter a new symbol, with parameters that may vary, whose definition mentions the
        symbols `used`."""
        symbol, taken = left.symbol, RESERVED | {s.name for s in self.defs}
        if symbol is None or symbol.name in taken:
            raise ProofError("the name is already defined or reserved")
        resting = [d for d in self.defs.values() if symbol in d]
        need(not resting, "an earlier definition rests on this symbol")
        places = [p.symbol for p in params]
        for place in places:
            self.check_variable(place, used)
        self.defs[symbol] = (used | self.fixed(used)) - {symbol, *places}
