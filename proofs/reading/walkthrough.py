"""Reading one proof from end to end: derivation, kernel steps, certificates as identities, the stored file, forged files.

Everything is read from the stored proof and its replay. Used by the last notebook; `bellman-smc prove ID` prints the same steps as text.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from fractions import Fraction
from functools import cache
from textwrap import dedent
from typing import Any

from proofs import registry as statements
from proofs.audit import Audit
from proofs.kernel import Node, Theorem
from proofs.kernel.replay import Refused, Replayer, decode_term, load, load_seals
from proofs.language.latex import latex
from proofs.language.terms import num
from proofs.reading.blueprint import Journal
from proofs.reading.notebook import Shown


@cache
def journal(name: str) -> Journal:
    """A replay of `name` that keeps every conclusion."""
    replayed = Journal(load(), load_seals())
    replayed.theorem(name)
    return replayed


def derivation(name: str) -> Shown:
    """The source of the derivation: mathematics as a program that asks the kernel for each step."""
    source = dedent(inspect.getsource(statements.load()[name].derive))
    return Shown(f"```python\n{source[source.index('def ') :].rstrip()}\n```")


def _stored(name: str) -> dict[str, Any]:
    return json.loads(load()[name])


def steps(name: str) -> Shown:
    """Every kernel step: rule, what it is applied to, what it concludes, and the line of mathematics that it belongs to."""
    lines = ["| step | rule | from | concludes | remark |", "| ---: | --- | --- | --- | --- |"]
    for k, ((rule, premises, _, note), made) in enumerate(
        zip(_stored(name)["steps"], journal(name).conclusions[name], strict=True)
    ):
        sources = ", ".join(map(str, premises))
        lines.append(f"| {k} | {rule} | {sources} | ${_cell(made)}$ | {_plain(note)} |")
    return Shown("\n".join(lines))


def _cell(made: Theorem) -> str:
    return latex(made.concl).replace(r"\left|", r"\left\vert ").replace(r"\right|", r"\right\vert ")


def _plain(note: str) -> str:
    return note.replace("|", "\\|").replace("*", "\\*")


def _difference(formula: Node) -> Node:
    """right - left of an equation or inequality; the left side alone is dropped when it is zero."""
    left, right = formula.kids
    return right if left is num(0) else right - left


def identity(name: str, step: int) -> Shown:
    """The identity behind a `certificate` step: right - left = products of what is not negative + multiples of equations.

    Raises ValueError for a step of another rule, or one that clears denominators.
    """
    stored = _stored(name)
    rule, premises, arguments, _ = stored["steps"][step]
    if rule != "certificate" or arguments[3:] not in ([], [[]]):
        raise ValueError(
            f"step {step} of {name} is a {rule}; an identity belongs to a certificate without denominators"
        )
    terms: list[Node] = []
    for entry in stored["terms"]:
        terms.append(decode_term(entry, terms))
    made = journal(name).conclusions[name]
    known = [_difference(made[p].concl) for p in premises]
    right: Node = num(0)
    for coefficient, factors, squares in arguments[1]:
        product: Node = num(Fraction(coefficient))
        for factor in factors:
            product = known[int(factor)] if product is num(1) else product * known[int(factor)]
        for square in squares:
            product = product * terms[int(square[1:])] ** 2
        right = product if right is num(0) else right + product
    for multiplier, equation in arguments[2]:
        right = right + terms[int(multiplier[1:])] * known[int(equation)]
    left = latex(_difference(made[step].concl))
    return Shown(f"$${left}$$\n\n$$= {latex(right)}$$")


def stored_line(name: str, step: int) -> Shown:
    """The line of the stored proof that holds a step."""
    return Shown(f"```json\n{json.dumps(_stored(name)['steps'][step])}\n```")


def after_replacing(name: str, old: str, new: str) -> str:
    """What the replay says when one place in the file of a stored proof is altered. Raises ValueError unless `old` occurs once."""
    texts = load()
    if texts[name].count(old) != 1:
        raise ValueError(f"{old!r} occurs {texts[name].count(old)} times in the stored proof of {name}")
    texts[name] = texts[name].replace(old, new)
    try:
        Replayer(texts, load_seals()).theorem(name)
    except Refused as error:
        return f"refused: {error}"
    return "accepted"


def foundations(name: str) -> list[str]:
    """Titles of the earlier theorems that the proof rests on, directly or not, with their IDs."""
    used, todo = journal(name).uses, [name]
    seen: dict[str, None] = {}
    while todo:
        for other in used[todo.pop()]:
            if other not in seen:
                seen[other] = None
                todo.append(other)
    known = statements.load()
    return [f"{other}: {known[other].title}" for other in sorted(seen)]


def corruptions(name: str) -> Shown:
    """Every systematic corruption of the statement and of the proof, by the place where the replay stops it."""
    words = {
        "rule": "a rule of the kernel refuses",
        "claim": "the steps prove something else than the claim",
        "seal": "true as well, but not the sealed statement",
        "same": "another proof of the sealed statement",
        "SURVIVED": "not noticed",
    }
    counts = Counter(outcome.verdict for outcome in Audit().run(name))
    rows = [f"| {words[verdict]} | {counts.get(verdict, 0)} |" for verdict in words]
    return Shown("\n".join(["| what stops a corrupted proof | how many |", "| --- | ---: |", *rows]))
