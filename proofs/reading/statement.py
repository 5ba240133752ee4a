"""A sealed statement as a reader writes it: |E F(output) - pi(F)| <= ..., what is assumed and what the symbols are in words.

The conclusion is printed from the theorem itself; the words are those of `proofs.reading.words`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from proofs import registry
from proofs.catalogue import FORMS
from proofs.kernel import Binder, Node
from proofs.kernel.replay import STORED, decode_argument, decode_term
from proofs.language.latex import Printer
from proofs.reading.words import ASSUMED, LATEX_NAMES, SETTING, Claim, Stated, claims, run_length, said, tidy, used

SOURCES = {"paper": "the paper's", "neighbour": "the neighbour's", "new": "new here", "lemma": "a lemma"}


def quantified(name: str) -> Sequence[str]:
    """Names for the quantified variables of a sealed conclusion, from the catalogue."""
    return next((form.at.split() for form in FORMS.values() if form.sealed == name and form.at), ())


def called(name: str) -> dict[Node, str]:
    """The words that the stored proof gives its hypotheses: the notes of its `assume` steps."""
    data = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    terms: list[Node] = []
    for entry in data["terms"]:
        terms.append(decode_term(entry, terms))
    return {decode_argument(args[0], terms): note for rule, _, args, note in data["steps"] if rule == "assume" and note}


def claim_latex(claim: Claim, printer: Printer) -> str:
    """A conclusion in math mode, two sealed inequalities as one absolute value."""
    formula = tidy(claim.short)
    if not claim.size:
        return printer.write(formula)
    left, right = (printer.write(side) for side in formula.kids)
    return rf"{printer.fenced(left, '|', '|')} \le {right}"


@dataclass(frozen=True)
class Reading:
    """One statement. theorem: as replayed or as read with its seal; names: words for its hypotheses that the words of the house lack."""

    name: str
    theorem: Stated
    names: Mapping[Node, str]

    @property
    def printer(self) -> Printer:
        """Of formulas on a page that scrolls."""
        return Printer(LATEX_NAMES)

    @cached_property
    def conclusions(self) -> list[str]:
        """In LaTeX."""
        return [claim_latex(claim, self.printer) for claim in self.claims]

    @cached_property
    def claims(self) -> list[Claim]:
        return claims(self.theorem, quantified(self.name))

    def hypotheses(self, kind: str) -> list[str]:
        """Those that restrict (`ASSUMED`) or that say what a symbol is (`SETTING`), in words or, where there are none, as a formula."""
        out = []
        for h in registry.claim_of(self.theorem, quantified(self.name))[0]:
            mine, words = said(h, self.names.get(h, ""))
            formula = f"${self.printer.write(tidy(h))}$"
            if mine == kind:
                out.append(formula if not words else f"{words}, {formula}" if h.op != "all" else words)
        return sorted(dict.fromkeys(out), key=lambda text: text.startswith("$"))

    @property
    def meanings(self) -> list[str]:
        """What the usual names stand for; a mean over runs is said, `bellman-smc prove` writes it out."""
        found = dict.fromkeys(q for claim in self.claims for q in used(claim.short))
        return [
            f"${q.latex}$ is {q.says}"
            if isinstance(q.term, Binder)
            else f"${q.latex} = {self.printer.write(q.term)}$ is {q.says}"
            for q in found
        ]

    def markdown(self, *, setting: bool = True) -> str:
        """The whole statement; setting: also what names and symbols stand for, the same for all statements on one sampler."""
        known = registry.load()[self.name]
        return f"**{self.name}: {_plain(known.title)}** ({SOURCES[known.source]}).\n\n{self.body(setting=setting)}"

    def body(self, *, setting: bool = True) -> str:
        """The statement without its name."""
        parts = [f"$${c}$$" for c in self.conclusions]
        assumed = self.hypotheses(ASSUMED)
        if assumed:
            steps = run_length(self.theorem.hyps)
            given = f"for a run of {steps} steps, provided that" if steps else "provided that"
            parts += [given, "\n".join(f"- {words}" for words in assumed)]
        if setting and self.meanings:
            parts.append("Here " + "; ".join(self.meanings) + ".")
        if setting and (told := self.hypotheses(SETTING)):
            parts.append("In the setting: " + "; ".join(told) + ".")
        return "\n\n".join(parts)

    def latex(self) -> str:
        """Conclusion and what is assumed, in one line of mathematics."""
        given = ",\\ ".join(rf"\text{{{words}}}" for words in self.hypotheses(ASSUMED))
        return r"\displaystyle " + r",\quad ".join(self.conclusions) + (rf"\quad\text{{if }}{given}" if given else "")


def _plain(words: str) -> str:
    """Words that Markdown shows as they are."""
    return words.replace("<", "&lt;").replace("*", r"\*").replace("_", r"\_").replace("^", r"\^")
