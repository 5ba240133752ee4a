"""What the author command writes: the stored form of a proof, and the printed statement beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.kernel import Node, Signature, Theorem
from proofs.kernel.printing import names_in, show, statement
from proofs.kernel.replay import FORMAT, STORED, below_heading, decode_term
from proofs.language.terms import chosen

if TYPE_CHECKING:
    from proofs.derive.proof import Proof


def needed(steps: list[list]) -> dict[int, int]:
    """The steps that the last one rests on, with their new numbers."""
    used, todo = set(), [len(steps) - 1]
    while todo:
        i = todo.pop()
        if i not in used:
            used.add(i)
            todo += [r for r in steps[i][1] if isinstance(r, int)]
    return {i: k for k, i in enumerate(sorted(used))}


def encode(proof: Proof) -> str:
    """The stored form, one term or step a line (see `proofs.kernel.replay`)."""
    table: dict[Node, int] = {}
    lines: list[str] = []

    def number(node: Node) -> int:
        if node not in table:
            kids = [number(k) for k in node.kids]
            table[node] = len(table)
            data = str(node.data) if isinstance(node.data, Fraction) else node.data
            lines.append(json.dumps([node.op, data, kids]))
        return table[node]

    def argument(value: Any) -> Any:
        if isinstance(value, Node):
            return f"#{number(value)}"
        return [argument(v) for v in value] if isinstance(value, (list, tuple)) else value

    number_of = needed(proof.steps)
    steps = []
    for i, (rule, refs, args, note) in enumerate(proof.steps):
        if i in number_of:
            renumbered = [number_of[r] if isinstance(r, int) else r for r in refs]
            steps.append(json.dumps([rule, renumbered, argument(args), note]))
    last = proof.theorems[-1]
    hyps = sorted(last.hyps, key=lambda h: (h not in table, table.get(h, 0), show(h)))
    claim = [[number(h) for h in hyps], number(last.concl)]
    head = f'{{"format": "{FORMAT}",\n"id": {json.dumps(proof.name)},\n"terms": [\n'
    return (
        head
        + ",\n".join(lines)
        + '\n],\n"steps": [\n'
        + ",\n".join(steps)
        + f'\n],\n"claim": {json.dumps(claim)}\n}}\n'
    )


def laws(name: str, folder: Path = STORED) -> list[Node]:
    """The right-hand sides by which a stored proof defines laws, as they are written there; none where it is not stored."""
    path = folder / f"{name}.json"
    data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"terms": [], "steps": []}
    terms: list[Node] = []
    for entry in data["terms"]:
        terms.append(decode_term(entry, terms))
    return [terms[int(args[1][1:])] for rule, _, args, _ in data["steps"] if rule == "define_measure"]


def statement_text(theorem: Theorem, laws: Mapping[Signature, Theorem], path: Path) -> str:
    """The printed statement: as it stands in the file where that is this statement, with the bound names that the file gives;
    a new or changed one with the names that the derivation chose."""
    stored = below_heading(path.read_text(encoding="utf-8")) if path.exists() else ""
    kept = statement(theorem, laws, names_in(stored))
    return kept if kept == stored else statement(theorem, laws, chosen)
