"""The registry: every statement of the theory, every part of one and every shared lemma, with its derivation.

A topic module registers its derivations with the decorator `statement`; the derivation proves the sealed theorem, whose
hypotheses and conclusion are kernel formulas.  `bound_of` extracts the right-hand side of a sealed conclusion.  What is known of a
statement beside its derivation is its row of `proofs.catalogue`, which also names the topic modules.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from proofs.catalogue import ROWS
from proofs.kernel import Binder, Node, open_body, var
from proofs.language.terms import show

if TYPE_CHECKING:
    from proofs.derive.library import Library
    from proofs.derive.proof import Fact, Proof

TOPICS = (
    "lemmas.analysis",
    "lemmas.elementary",
    "lemmas.sums",
    "lemmas.chains",
    "lemmas.particle_system",
    "lemmas.first_cloud",
    "lemmas.two_particles",
    "lemmas.local_moments",
    "lemmas.local_answers",
    "lemmas.adapted_system",
    *dict.fromkeys(file for row in ROWS.values() for file in row.files),
    "theory.s9_split",
)
"""The modules that hold derivations."""
SOURCES = ("paper", "neighbour", "new", "lemma")


@dataclass(frozen=True)
class Statement:
    """One numbered statement or part of one (`S0.deviation` is a part of S0), or a lemma that several share."""

    id: str
    source: str
    title: str
    words: str
    derive: Callable[[Proof], Fact]
    topic: str
    attained: bool = False

    @property
    def family(self) -> str:
        """The ID of the theory: S0 for S0.deviation."""
        return self.id.partition(".")[0]

    def text(self, written: str) -> str:
        """The file `sealed/ID.txt`: title, words, and the printed statement (`proofs.kernel.printing.statement`)."""
        return f"{self.id}: {self.title} ({self.source})\n{self.words}\n\n{written}"


REGISTRY: dict[str, Statement] = {}


def statement(id: str, *, source: str, title: str, words: str, attained: bool = False):
    """Register a derivation.  `words` says the statement in plain mathematics; `attained` that equality occurs."""

    def register(derive: Callable[[Proof], Fact]) -> Callable[[Proof], Fact]:
        if source not in SOURCES:
            raise ValueError(f"{id}: source {source!r} is none of {SOURCES}")
        if id in REGISTRY:
            raise ValueError(f"{id} is registered twice")
        REGISTRY[id] = Statement(id, source, title, words, derive, derive.__module__.rpartition(".")[2], attained)
        return derive

    return register


def lemma(id: str, *, title: str, words: str = ""):
    """Register a lemma that several statements share."""
    return statement(id, source="lemma", title=title, words=words)


def load() -> dict[str, Statement]:
    """All statements, with every topic module imported."""
    for topic in TOPICS:
        importlib.import_module(f"proofs.{topic}")
    return REGISTRY


def library() -> Library:
    from proofs.derive.library import Library

    return Library({name: s.derive for name, s in load().items()})


def claim_of(theorem, at: Sequence[str] = ()) -> tuple[list[Node], list[Node]]:
    """Hypotheses and conclusions of a theorem with quantifiers opened, antecedents moved to the hypotheses, conjunctions split.

    at: names for the quantified variables in their order; further ones get the first of n, m, k (naturals), x, u, v (reals) or y, z, w
    that is free. Raises ValueError where a given name means something else in the theorem.
    """
    antecedents, conclusions = _parts(theorem.concl, at)
    return [*_in_order(theorem.hyps), *antecedents], conclusions


def conclusions_of(theorem, at: Sequence[str] = ()) -> list[Node]:
    """The conclusions alone, as `claim_of` has them, which takes longer: it sorts the hypotheses by their text."""
    return _parts(theorem.concl, at)[1]


@cache
def _in_order(hyps: frozenset[Node]) -> tuple[Node, ...]:
    return tuple(sorted(hyps, key=show))


def _parts(concl: Node, at: Sequence[str]) -> tuple[list[Node], list[Node]]:
    """Antecedents and conclusions of an opened formula."""
    antecedents, conclusions = list[Node](), list[Node]()
    given = iter(at)

    def walk(formula: Node, taken: set[str]) -> None:
        if formula.op == "all" and isinstance(formula, Binder):
            sort = formula.bound
            names = {"nat": "n m k", "real": "x u v"}.get(sort, "y z w").split()
            used = {s.name for s in formula.free} | taken
            name = next(given, None) or next(
                n for n in [*names, *(f"{names[0]}{i}" for i in range(99))] if n not in used
            )
            if name in used:
                raise ValueError(f"{name} is a symbol of the statement already: name its quantified variable otherwise")
            walk(open_body(formula, var(name, sort)), taken | {name})
        elif formula.op == "=>":
            antecedents.append(formula.kids[0])
            walk(formula.kids[1], taken)
        elif formula.op == "and":
            walk(formula.kids[0], taken)
            walk(formula.kids[1], taken)
        else:
            conclusions.append(formula)

    walk(concl, set())
    return antecedents, conclusions


def bound_of(theorem, part: int = 0) -> Node:
    """The right-hand side of the conclusion (of the given part, when the conclusion is a conjunction)."""
    return conclusions_of(theorem)[part].kids[1]
