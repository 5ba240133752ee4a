"""One stored proof written out, as text, LaTeX or data: as mathematics (`proofs.reading.lines`), or every step of the kernel.

The conclusions are those that the kernel reached during the replay (`proofs.reading.blueprint.Journal`), not what the file says.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass

from proofs.kernel import Node, Theorem
from proofs.kernel.printing import conclusion, show
from proofs.kernel.replay import behind
from proofs.language.latex import Printer, escaped
from proofs.reading.blueprint import Blueprint, Entry
from proofs.reading.lines import Line, Lines
from proofs.reading.statement import claim_latex, quantified
from proofs.reading.words import LATEX_NAMES, TEXT_NAMES, Claim, abbreviated, claims, plain, said, tidy, used

WIDTH = 118


@dataclass(frozen=True)
class Step:
    """number; rule; premises: earlier steps by number, other theorems by ID; under: the assumptions still open; note; conclusion."""

    number: int
    rule: str
    premises: tuple[str, ...]
    under: tuple[str, ...]
    note: str
    conclusion: Node

    @property
    def reason(self) -> str:
        """The justification in brackets."""
        words = f"{self.rule} {', '.join(self.premises)}".strip()
        return f"{words}; under {_listed(self.under)}" if self.under else words


def _listed(labels: tuple[str, ...]) -> str:
    """H1, H2, H3, 7 as "H1-H3, 7"."""
    runs: list[list[str]] = []
    for label in labels:
        follows = runs and label[0] == runs[-1][-1][0] == "H" and int(label[1:]) == int(runs[-1][-1][1:]) + 1
        runs[-1].append(label) if follows else runs.append([label])
    return ", ".join(", ".join(run) if len(run) < 3 else f"{run[0]}-{run[-1]}" for run in runs)


def steps_of(made: Blueprint, name: str) -> list[Step]:
    """The steps of a stored proof. An open assumption is H1, H2, ... if the sealed statement has it, else the step that made it."""
    theorem = made.journal.theorem(name)
    labels = {h: f"H{i}" for i, h in enumerate(hypotheses(theorem), 1)}
    stored = json.loads(made.journal.texts[name])["steps"]
    out = []
    for i, ((rule, premises, args, note), result) in enumerate(
        zip(stored, made.journal.conclusions[name], strict=True)
    ):
        rule = f"axiom {args[0]}" if rule == "axiom" else rule
        for h in sorted(result.hyps, key=show):
            labels.setdefault(h, str(i))
        order = list(labels)
        under = tuple(labels[h] for h in sorted(result.hyps, key=order.index))
        out.append(Step(i, rule, tuple(map(str, premises)), under, note, result.concl))
    return out


def hypotheses(theorem: Theorem) -> list[Node]:
    """The hypotheses in the order of their labels H1, H2, ..."""
    return sorted(theorem.hyps, key=show)


def notes(made: Blueprint, name: str) -> dict[Node, str]:
    """What the stored proof calls its hypotheses."""
    stored = json.loads(made.journal.texts[name])["steps"]
    pairs = zip(stored, made.journal.conclusions[name], strict=True)
    return {fact.concl: note for (rule, _, _, note), fact in pairs if rule == "assume" and note}


def conclusions(made: Blueprint, name: str) -> list[Claim]:
    """The conclusions for a reader, quantified variables by the names that the catalogue gives them."""
    return claims(made.journal.theorem(name), quantified(name))


# ---------------------------------------------------------------------------------------------------- text
def _wrapped(text: str, indent: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=" " * (len(indent) + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def written(node: Node) -> str:
    """A formula for a terminal, with the usual names of `proofs.reading.words`."""
    return re.sub(r"_quantity\d+", lambda found: TEXT_NAMES[found[0]], show(tidy(abbreviated(node))))


def _claim_text(claim: Claim) -> str:
    if not claim.size:
        return written(claim.formula)
    left, right = (written(side) for side in claim.formula.kids)
    return f"|{left}| <= {right}"


def _heading(entry: Entry, width: int) -> list[str]:
    lines = [_wrapped(f"{entry.id}: {entry.title} ({entry.source})", "", width)]
    return [*lines, *([_wrapped(entry.words, "", width)] if entry.words else []), ""]


def text(made: Blueprint, entry: Entry, width: int = WIDTH) -> str:
    """Heading, hypotheses in words and formulas, conclusion, and the lines of the derivation with their reasons."""
    theorem, called = made.journal.theorem(entry.id), notes(made, entry.id)
    lines = _heading(entry, width)
    if theorem.hyps:
        lines.append("Given")
    for i, h in enumerate(hypotheses(theorem), 1):
        words, label = plain(said(h, called.get(h, ""))[1]), f"  H{i:<3} "
        if words and h.op == "all":
            lines += [_wrapped(words, label, width), _wrapped(show(h), "       ", width)]
        else:
            lines.append(_wrapped(f"{words}: {show(h)}" if words else show(h), label, width))
    found = conclusions(made, entry.id)
    lines += ["Then", *(_wrapped(_claim_text(claim), "  ", width) for claim in found)]
    for quantity in dict.fromkeys(q for claim in found for q in used(claim.short)):
        lines.append(_wrapped(f"where {quantity.text} is {show(quantity.term)}, {plain(quantity.says)}", "  ", width))
    for law in behind(theorem, made.journal.definitions).values():
        lines.append(_wrapped(f"where {show(law.concl)}", "  ", width))
    lines += ["", "Derivation"]
    for line in Lines(made, entry.id).lines:
        lines.append(_wrapped(written(line.formula), f"{f'({line.number})':>6} ", width))
        lines.append(_wrapped(f"[{line.reason}]", "         ", width))
    rests = f"{entry.steps} steps of the kernel; rests on {', '.join(entry.uses) or 'the rules alone'}. Every step:"
    lines += ["", _wrapped(rests, "", width), f"  bellman-smc prove {entry.id} --kernel"]
    return "\n".join(lines) + "\n"


def kernel_text(made: Blueprint, entry: Entry, width: int = WIDTH) -> str:
    """Heading, sealed statement with its hypotheses numbered, and every step of the kernel."""
    theorem = made.journal.theorem(entry.id)
    lines = _heading(entry, width)
    lines += [_wrapped(show(h), f"  H{i:<3} ", width) for i, h in enumerate(hypotheses(theorem), 1)]
    for line in conclusion(theorem, behind(theorem, made.journal.definitions)):
        sealed = line.startswith("|-")
        lines.append(_wrapped(line[4:] if sealed else line, "  |-   " if sealed else "  ", width))
    rests = f"Derivation, {entry.steps} steps; rests on {', '.join(entry.uses) or 'the rules alone'}."
    lines += ["", _wrapped(rests, "", width), ""]
    for step in steps_of(made, entry.id):
        if step.note:
            lines.append(_wrapped(step.note, "  -- ", width))
        lines.append(_wrapped(f"{show(step.conclusion)}   [{step.reason}]", f"{step.number:4}. ", width))
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------------- LaTeX
PAGE = Printer(LATEX_NAMES, breaking=True)


def spoken(words: str) -> str:
    """Words with mathematics between dollar signs, in LaTeX."""
    return "".join(f"${part}$" if k % 2 else escaped(part) for k, part in enumerate(words.split("$")))


def statement_latex(made: Blueprint, entry: Entry) -> str:
    """A sealed statement: heading, words, hypotheses, conclusion, what its names stand for."""
    theorem, called = made.journal.theorem(entry.id), notes(made, entry.id)
    head = (
        rf"\paragraph{{{escaped(entry.id)} ({escaped(entry.source)}): {escaped(entry.title)}.}} {escaped(entry.words)}"
    )
    lines = [head, ""]
    if theorem.hyps:
        lines += ["Given", r"\begin{itemize}"]
        for i, h in enumerate(hypotheses(theorem), 1):
            words = said(h, called.get(h, ""))[1]
            words = rf"{spoken(words)}: \\ " if words else ""
            lines.append(rf"\item[H{i}] {words}$ {PAGE.write(h)} $")
        lines.append(r"\end{itemize}")
    found = conclusions(made, entry.id)
    lines += [
        "Then",
        r"\begin{itemize}",
        *(rf"\item[] $ \displaystyle {claim_latex(claim, PAGE)} $" for claim in found),
    ]
    for q in dict.fromkeys(q for claim in found for q in used(claim.short)):
        lines.append(rf"\item[] where ${q.latex}$ is $ {PAGE.write(q.term)} $, {spoken(q.says)}")
    for law in behind(theorem, made.journal.definitions).values():
        lines.append(rf"\item[] where $ {PAGE.write(law.concl)} $")
    return "\n".join([*lines, r"\end{itemize}"]) + "\n"


def in_latex(made: Blueprint, entry: Entry) -> str:
    """The statement and the lines of its derivation, without a preamble."""
    lines = [statement_latex(made, entry), r"\noindent Derivation", r"\begin{enumerate}"]
    lines += [
        _item(PAGE.write(tidy(abbreviated(line.formula))), _reason(line), line.number)
        for line in Lines(made, entry.id).lines
    ]
    return "\n".join([*lines, r"\end{enumerate}"]) + "\n"


def kernel_latex(made: Blueprint, entry: Entry) -> str:
    """The statement and every step of the kernel, without a preamble."""
    lines = [statement_latex(made, entry), r"\noindent Steps of the kernel", r"\begin{enumerate}"]
    for step in steps_of(made, entry.id):
        note = rf"\emph{{{escaped(step.note)}}} " if step.note else ""
        lines.append(_item(PAGE.write(step.conclusion), note + escaped(f"[{step.reason}]"), step.number))
    return "\n".join([*lines, r"\end{enumerate}"]) + "\n"


def _item(formula: str, reason: str, number: int) -> str:
    return rf"\item[({number})] $ \displaystyle {formula} $ \\ {{\small {reason}}}"


def _reason(line: Line) -> str:
    return escaped(f"[{line.reason}]")


# ---------------------------------------------------------------------------------------------------- data
def to_json(made: Blueprint, entry: Entry) -> dict:
    """The derivation as data: its lines, and every step of the kernel."""
    theorem, called = made.journal.theorem(entry.id), notes(made, entry.id)
    return {
        "id": entry.id,
        "hypotheses": [show(h) for h in hypotheses(theorem)],
        "words": [plain(said(h, called.get(h, ""))[1]) for h in hypotheses(theorem)],
        "conclusion": show(theorem.concl),
        "lines": [
            {
                "formula": show(line.formula),
                "why": line.why,
                "sources": list(line.sources),
                "supposing": list(line.supposing),
            }
            for line in Lines(made, entry.id).lines
        ],
        "steps": [
            {
                "rule": s.rule,
                "premises": list(s.premises),
                "under": list(s.under),
                "note": s.note,
                "conclusion": show(s.conclusion),
            }
            for s in steps_of(made, entry.id)
        ],
    }
