"""A stored proof as mathematics: its lines with their reasons, without the bookkeeping of the kernel.

A line is a step that a reader would write: what was supposed, what an earlier theorem gives here, a certificate, an expectation of both
sides, an induction. Instantiating, detaching, generalising and changing the form of a formula are not lines, nor are signs that follow from
the hypotheses at once; what they carry is traced back to the lines and hypotheses that it comes from. Every step is in `steps_of`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property

from proofs.kernel import Binder, Node, Theorem, num
from proofs.kernel.arithmetic import canonical
from proofs.language.terms import show
from proofs.reading.blueprint import Blueprint

CARRIED = frozenset(
    (
        "spec",
        "mp",
        "part",
        "conj",
        "generalise",
        "discharge",
        "conv",
        "inst",
        "rename_sort",
        "assume",
        "axiom",
        "nat_nonneg",
    )
)
"""Rules that carry a fact along; alone they are no line."""
REASONS = {
    "certificate": "by algebra", "mono": "taking means or sums of both sides", "rewrite": "equals for equals",
    "cases": "in both cases", "induct": "by induction", "antisymmetry": "both inequalities", "contradiction": "a contradiction",
    "increasing": "its derivative is not negative", "iid_sum": "the mean of a sum of independent draws",
    "iid_pair": "two independent draws", "iid_prod": "independent draws", "iid_swap": "exchanging one draw with a fresh one",
    "fubini": "in either order", "define": "by definition", "define_rec": "by recursion", "define_measure": "the law is defined so",
    "nat_step": "of natural numbers", "nat_split": "of natural numbers", "suppose": "suppose", "use": "by", "carried": "so",
}  # fmt: skip
"""What each kind of line does."""
SIGNS = frozenset({"inverse_positive", "inverse_nonneg", "power_positive", "power_nonneg", "product_nonneg"})
"""Lemmas that only say a sign."""
LAWS = {"exp": "the law of exp", "log": "the law of log", "sqrt": "the law of square roots"}


@dataclass(frozen=True)
class Line:
    """One line.  number: from 1; formula; why: the reason; sources: H1 for a hypothesis, (3) for a line, a name for a theorem or law;
    supposing: lines whose suppositions are still open; step: of the stored proof."""

    number: int
    formula: Node
    why: str
    sources: tuple[str, ...]
    supposing: tuple[int, ...]
    step: int

    @property
    def reason(self) -> str:
        """The justification in brackets."""
        given = ", ".join(self.sources)
        words = f"{self.why} {given}" if self.why == REASONS["use"] else f"{self.why}{': ' if given else ''}{given}"
        return words + (f"; supposing {', '.join(f'({k})' for k in self.supposing)}" if self.supposing else "")


class Lines:
    """The lines of one stored proof, from its replay."""

    def __init__(self, made: Blueprint, name: str) -> None:
        self.theorem = made.journal.theorem(name)
        self.steps: list[tuple] = json.loads(made.journal.texts[name])["steps"]
        self.facts: list[Theorem] = made.journal.conclusions[name]
        self.labels = {h: f"H{i}" for i, h in enumerate(sorted(self.theorem.hyps, key=show), 1)}
        self.users: dict[int, list[int]] = {}
        for i, (_, premises, _, _) in enumerate(self.steps):
            for p in premises:
                if isinstance(p, int):
                    self.users.setdefault(p, []).append(i)
        self._behind: list[tuple[str | int, ...]] = []

    @cached_property
    def lines(self) -> list[Line]:
        numbers: dict[int, int] = {}
        supposed: dict[Node, int] = {}
        known: dict[tuple, int] = {}
        out: list[Line] = []
        for i, fact in enumerate(self.facts):
            kind, sources = self._kind(i), self._sources(i)
            if kind and kind != "suppose" and (fact.hyps, fact.concl) in known and i < len(self.facts) - 1:
                self._behind.append((known[fact.hyps, fact.concl],))
                continue
            if not kind:
                self._behind.append(sources)
                continue
            if (
                kind == "carried"
                and out
                and sources == (out[-1].step,)
                and canonical(fact.concl) is canonical(out[-1].formula)
            ):
                out[-1] = replace(out[-1], formula=fact.concl)  # the last line, in the form of the sealed statement
                break
            for h in sorted(
                fact.hyps - self.theorem.hyps - supposed.keys() - {fact.concl}, key=show
            ):  # of a theorem that is used
                supposed[h] = len(out) + 1
                out.append(Line(len(out) + 1, h, REASONS["suppose"], (), (), i))
            number = len(out) + 1
            numbers[i], known[fact.hyps, fact.concl] = number, i
            if kind == "suppose":
                supposed.setdefault(fact.concl, number)
            self._behind.append((i,))
            shown = tuple(dict.fromkeys(f"({numbers[s]})" if isinstance(s, int) else s for s in sources))
            still = tuple(sorted({supposed[h] for h in fact.hyps if h in supposed} - {number}))
            out.append(Line(number, fact.concl, self._why(kind, self.steps[i][3]), shown, still, i))
        return out

    @staticmethod
    def _why(kind: str, note: str) -> str:
        return f"{note}; {REASONS[kind]}" if note and kind not in ("suppose", "use", "carried") else REASONS[kind]

    def _sources(self, i: int) -> tuple[str | int, ...]:
        """The hypotheses, lines and theorems that a step takes."""
        rule, premises, args, _ = self.steps[i]
        if rule == "assume":
            return (self.labels[self.facts[i].concl],) if self.facts[i].concl in self.labels else ()
        if rule == "axiom":
            return (LAWS[args[0].partition("_")[0]],)
        found = [s for p in premises for s in ((p,) if isinstance(p, str) else self._behind[p])]
        return tuple(dict.fromkeys(found))

    def _kind(self, i: int) -> str:
        """The kind of line that a step is, empty for none."""
        rule, _, _, note = self.steps[i]
        if i == len(self.steps) - 1:
            return rule if rule not in CARRIED else "use" if self._theorem(i) else "carried"
        if rule == "assume":
            return "" if self.facts[i].concl in self.labels or self._repeated(i) else "suppose"
        if rule in CARRIED:
            carried_on = any(self.steps[u][0] in CARRIED and self._main(u) == i for u in self.users.get(i, ()))
            return "use" if self._theorem(i) and not carried_on and not self._sign(i) else ""
        return "" if rule == "certificate" and not note and (self._sign(i) or self._identity(i)) else rule

    def _repeated(self, i: int) -> bool:
        return any(
            rule == "assume" and self.facts[k].concl is self.facts[i].concl
            for k, (rule, *_) in enumerate(self.steps[:i])
        )

    def _main(self, i: int) -> int | str | None:
        """The premise whose fact a carrying step carries."""
        premises = self.steps[i][1]
        return premises[0] if premises else None

    def _theorem(self, i: int) -> bool:
        """Whether a carried fact is an earlier theorem, here."""
        at: int | str | None = i
        while isinstance(at, int) and self.steps[at][0] in CARRIED:
            at = self._main(at)
        return isinstance(at, str)

    def _sign(self, i: int) -> bool:
        """0 < t or 0 <= t without means or sums, from hypotheses, laws and lemmas on signs alone."""
        formula = self.facts[i].concl
        if (
            formula.op not in ("<", "<=")
            or formula.kids[0] is not num(0)
            or _integrates(formula, ("E", "I", "S", "sum"))
        ):
            return False
        sources = [s for s in self._sources(i) if s not in SIGNS]
        return len(sources) < len(self._sources(i)) or all(isinstance(s, str) for s in sources)

    def _identity(self, i: int) -> bool:
        """An equation or inequality that holds by its form alone."""
        return not self._sources(i) and not _integrates(self.facts[i].concl, ("E", "I"))


def _integrates(node: Node, binders: tuple[str, ...]) -> bool:
    return (isinstance(node, Binder) and node.op in binders) or any(_integrates(k, binders) for k in node.kids)
