"""`bellman-smc prove`: replay every stored proof by the kernel; the table of statements, one derivation in full, the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    statement: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A statement or lemma: its derivation in full.", show_default=False),
    ] = None,
    latex: Annotated[
        bool, typer.Option("--latex", help="Print LaTeX: every statement, or the derivation of ID.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    graph: Annotated[
        Path | None, typer.Option(help="Write what rests on what: FILE.dot, .svg or .png.", show_default=False)
    ] = None,
    stored: Annotated[
        Path | None, typer.Option(help="Folder of stored proofs, instead of the installed ones.", show_default=False)
    ] = None,
) -> int:
    """Replay every proof down to the kernel (standard library only), and say what each statement rests on.

    A gap is a statement of the theory, or a closed form that the other commands use, without a proof.
    Exit codes: 0 every stored proof replays, 1 one is refused, 2 an unknown ID, 3 the statement asked for is not proved.
    """
    from proofs.blueprint import blueprint, index
    from proofs.replay import STORED
    from smc.cli import REFUTED, UNDECIDED
    from smc.cli.output import json_object, remarks, results
    from smc.errors import InputError

    folder = stored or STORED
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), mend="give a folder of stored proofs")
    made = blueprint(folder)
    for message in made.refusals.values():
        remarks().print(f"refused: {message}", soft_wrap=True)
    if statement is not None and statement not in made.known():
        raise InputError(f"unknown ID {statement!r}", where="prove", mend=f"known: {', '.join(made.known())}")
    chosen = made.find(statement) if statement else []
    document = index(made)
    if statement is not None:
        families = {e.family for e in chosen} or {statement}
        document["statements"] = [row for row in document["statements"] if row["id"] in families]
    if as_json:
        json_object(document)
    else:
        results().print(table(made))
        results().print(summary(document), soft_wrap=True)
    if made.refusals:
        return REFUTED
    return UNDECIDED if statement is not None and not chosen else 0


def table(made):
    """The table of statements."""
    from rich.table import Table

    out = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("statement", "says", "source"):
        out.add_column(name)
    for name in ("steps", "gaps"):
        out.add_column(name, justify="right")
    for name in ("axioms", "rests on", "Rocq"):
        out.add_column(name)
    out.add_column("ms", justify="right")
    for row in made.rows():
        rocq = " ".join(str(row.rocq[k]) for k in ("theorem", "built") if row.rocq.get(k)) if row.rocq else "—"
        numbered = [u for u in row.rests_on if made.entries[u].source != "lemma"] if row.parts else []
        lemmas = len(row.rests_on) - len(numbered)
        rests = ", ".join([*numbered, *([f"{lemmas} lemma{'s' * (lemmas > 1)}"] if lemmas else [])]) or "—"
        says = row.title + (f" [{row.remark}]" if row.remark else "")
        out.add_row(
            row.id, says, row.source, str(row.steps or "—"), str(row.gaps), ", ".join(row.axioms) or "—", rests, rocq,
            f"{1000 * row.seconds:.1f}" if row.parts else "—",
        )  # fmt: skip
    return out


def summary(document) -> str:
    """The lines below the table."""
    gaps = sum(row["gaps"] for row in document["statements"])
    return (
        f"{document['stored_proofs']} stored proofs ({document['lemmas']} of them lemmas) replayed in {document['seconds']:.2f} s, "
        f"{len(document['refused'])} refused, {gaps} gaps. Trusted: kernel.py and certificates.py, {document['trusted_lines']} lines."
    )
