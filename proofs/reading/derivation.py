"""One stored proof written out, every step with its rule, what it rests on and what it concludes: as text, LaTeX or data.

The conclusions are those that the kernel reached during the replay (`proofs.reading.blueprint.Journal`), not what the file says.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass

from proofs.kernel import Node
from proofs.kernel.printing import conclusion
from proofs.kernel.replay import behind
from proofs.language.latex import escaped, latex, statement_latex
from proofs.language.terms import show
from proofs.reading.blueprint import Blueprint, Entry

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
    labels = {h: f"H{i}" for i, h in enumerate(sorted(theorem.hyps, key=show), 1)}
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


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=" " * (len(indent) + 2), break_long_words=False
    )


def text(made: Blueprint, entry: Entry) -> str:
    """Heading, sealed statement with its hypotheses numbered, and the steps."""
    theorem = made.journal.theorem(entry.id)
    lines = [f"{entry.id}: {entry.title} ({entry.source})"]
    lines += [_wrapped(entry.words, "")] if entry.words else []
    lines.append("")
    for i, h in enumerate(sorted(theorem.hyps, key=show), 1):
        lines.append(_wrapped(show(h), f"  H{i:<3} "))
    rest = conclusion(theorem, behind(theorem, made.journal.definitions))
    lines += [
        _wrapped(line[4:] if line.startswith("|-") else line, "  |-   " if line.startswith("|-") else "  ")
        for line in rest
    ]
    lines += ["", f"Derivation, {entry.steps} steps; rests on {', '.join(entry.uses) or 'the rules alone'}.", ""]
    for step in steps_of(made, entry.id):
        if step.note:
            lines.append(_wrapped(step.note, "  -- "))
        lines.append(_wrapped(f"{show(step.conclusion)}   [{step.reason}]", f"{step.number:4}. "))
    return "\n".join(lines) + "\n"


def in_latex(made: Blueprint, entry: Entry) -> str:
    """The same in LaTeX, without a preamble."""
    lines = [statement_latex(entry, made.journal.theorem(entry.id), made.journal.definitions)]
    lines += [r"\begin{enumerate}\setcounter{enumi}{-1}"]
    for step in steps_of(made, entry.id):
        note = rf"\emph{{{escaped(step.note)}}}\\ " if step.note else ""
        lines.append(rf"\item {note}$ {latex(step.conclusion)} $ \hfill {{\small[{escaped(step.reason)}]}}")
    return "\n".join([*lines, r"\end{enumerate}"]) + "\n"


def to_json(made: Blueprint, entry: Entry) -> dict:
    """The derivation as data."""
    theorem = made.journal.theorem(entry.id)
    return {
        "id": entry.id,
        "hypotheses": [show(h) for h in sorted(theorem.hyps, key=show)],
        "conclusion": show(theorem.concl),
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
