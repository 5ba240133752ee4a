"""The registry: every statement of the theory and every shared lemma, with its derivation.

A topic module registers its derivations with the decorator `statement`; the derivation proves the sealed theorem, whose
hypotheses and conclusion are kernel formulas.  `bound_of` extracts the right-hand side of a sealed conclusion.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs.kernel import Binder, Node, open_body, var
from proofs.language.terms import show

if TYPE_CHECKING:
    from proofs.derive.author import Fact, Library, Proof

TOPICS = (
    "lemmas.analysis",
    "theory.p0_values",
    "theory.s0_density",
    "theory.s1_variance",
    "theory.s2_guided",
    "theory.s3_bias",
    "theory.s4_corollaries",
    "theory.s5_normaliser",
    "theory.s8_adapted",
    "theory.level_ratios",
    "theory.p3_complexity",
    "theory.s6_lower_bound",
    "theory.s7_metropolis",
    "theory.s7_pool",
    "lemmas.restricted_chain",
    "theory.p6_pool",
    "theory.g3_identity",
    "theory.g1_coverage",
    "theory.g1_published",
    "theory.s9_horizon",
)
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
        """The ID of theory.md: S0 for S0.deviation."""
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
        if importlib.util.find_spec(f"proofs.{topic}"):
            importlib.import_module(f"proofs.{topic}")
    return REGISTRY


def library() -> Library:
    from proofs.derive.author import Library

    return Library({name: s.derive for name, s in load().items()})


def claim_of(theorem) -> tuple[list[Node], list[Node]]:
    """Hypotheses and conclusions of a theorem with quantifiers opened, antecedents moved to the hypotheses, conjunctions split."""
    hyps = sorted(theorem.hyps, key=show)
    conclusions: list[Node] = []

    def walk(formula: Node, taken: set[str]) -> None:
        if formula.op == "all" and isinstance(formula, Binder):
            sort = formula.bound
            names = {"nat": "n m k", "real": "x u v"}.get(sort, "y z w").split()
            used = {s.name for s in formula.free} | taken
            name = next(n for n in [*names, *(f"{names[0]}{i}" for i in range(99))] if n not in used)
            walk(open_body(formula, var(name, sort)), taken | {name})
        elif formula.op == "=>":
            hyps.append(formula.kids[0])
            walk(formula.kids[1], taken)
        elif formula.op == "and":
            walk(formula.kids[0], taken)
            walk(formula.kids[1], taken)
        else:
            conclusions.append(formula)

    walk(theorem.concl, set())
    return hyps, conclusions


def bound_of(theorem, part: int = 0) -> Node:
    """The right-hand side of the conclusion (of the given part, when the conclusion is a conjunction)."""
    return claim_of(theorem)[1][part].kids[1]
