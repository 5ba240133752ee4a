"""`bellman-smc prove`: replay every stored proof by the kernel; the table of statements, one derivation in full, the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

GRAPHS = (".dot", ".svg", ".png")
"""Endings of the graph."""
WIDE_TABLE = 160
"""Columns from which on the table of statements has all of its own."""


def command(
    statement: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="A statement or lemma: its derivation as mathematics, line by line.", show_default=False
        ),
    ] = None,
    kernel: Annotated[
        bool, typer.Option("--kernel", help="Every step of the kernel in place of the mathematics.")
    ] = False,
    latex: Annotated[
        bool, typer.Option("--latex", help="Print a LaTeX document: every statement, or the derivation of ID.")
    ] = False,
    where: Annotated[
        bool,
        typer.Option(
            "--where",
            help="File and line of ID's seals, derivations, closed forms, property test, falsehoods, Rocq theorem.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    graph: Annotated[
        str | None,
        typer.Option(
            help="Write what rests on what (below ID, with every lemma): FILE.dot, .svg or .png.", show_default=False
        ),
    ] = None,
    stored: Annotated[
        str | None, typer.Option(help="Folder of stored proofs, instead of the installed ones.", show_default=False)
    ] = None,
) -> int:
    """Replay every proof down to the kernel (standard library only), and say what each statement rests on.

    A gap is a statement of the theory, or a closed form that the other commands use, without a proof.
    Exit codes: 0 every stored proof replays, 1 one is refused, 2 an unknown ID, 3 the statement asked for is not proved.
    """
    if where:
        return _where(statement, as_json)
    from proofs.kernel.replay import STORED
    from proofs.reading.blueprint import blueprint, index
    from proofs.reading.derivation import kernel_text, text, to_json
    from smc.cli import REFUTED, UNDECIDED
    from smc.cli.output import columns, json_object, remarks, results
    from smc.cli.places import file_to_write
    from smc.errors import InputError, one_of

    drawing = None if graph is None else file_to_write("graph", graph, GRAPHS)
    folder = STORED if stored is None else Path(stored)
    if stored == "" or not folder.is_dir():
        raise InputError("no such folder", where=f"stored {stored}".rstrip(), mend="give a folder of stored proofs")
    if not any(folder.glob("*.json")):
        raise InputError("holds no stored proofs", where=f"stored {folder}", mend="give a folder of stored proofs")
    made = blueprint(folder)
    for message in made.refusals.values():
        remarks().print(f"refused: {message}", soft_wrap=True)
    if statement is not None and statement not in made.known():
        raise InputError(f"unknown ID {statement!r}", where="prove", mend=one_of(made.known(), statement, "known:"))
    chosen = made.find(statement) if statement else []
    readable = [e for e in chosen if e.refused is None]
    if drawing is not None:
        remarks().print(
            f"written: {drawing} (drawn by {_graph(made, drawing, [e.id for e in chosen] if statement else None)})",
            soft_wrap=True,
        )
    if latex:
        print(_latex(made, statement, readable, kernel), end="")
    elif as_json:
        document = index(made)
        if statement is not None:
            families = {e.family for e in chosen} or {statement}
            document["statements"] = [row for row in document["statements"] if row["id"] in families]
            document["derivations"] = [to_json(made, e) for e in readable]
        json_object(document)
    elif statement is not None:
        write, width = kernel_text if kernel else text, columns()
        print("\n".join(write(made, e, width) for e in readable) or f"{statement}: no stored proof (a gap)")
    else:
        document = index(made)
        console = results()
        console.print(table(made, console.width))
        results().print(summary(document), soft_wrap=True)
    if made.refusals:
        return REFUTED
    return UNDECIDED if statement is not None and not chosen else 0


def _where(statement: str | None, as_json: bool) -> int:
    """Nothing is replayed for it."""
    from rich.table import Table

    from proofs.catalogue import ROWS
    from proofs.registry import load
    from smc.cli.output import json_object, results
    from smc.errors import InputError, one_of
    from smc.present.places import places

    if statement is None:
        raise InputError("of which statement?", where="--where", mend="give an ID, such as P3")
    found = places(statement)
    if not found:
        raise InputError(f"unknown ID {statement!r}", where="prove", mend=one_of([*ROWS, *load()], statement, "known:"))
    if as_json:
        json_object({"id": statement, "places": [place.to_json() for place in found]})
        return 0
    out = Table(box=None, pad_edge=False, show_header=False)
    for whole in (True, True, False):
        out.add_column(no_wrap=whole)
    for place in found:
        out.add_row(place.what, place.where, place.name)
    results().print(out)
    return 0


def _latex(made, statement, entries, kernel: bool) -> str:
    """A document: every sealed statement, or the derivations asked for."""
    from proofs.language.latex import document
    from proofs.reading.derivation import in_latex, kernel_latex, statement_latex

    if statement is not None:
        write = kernel_latex if kernel else in_latex
        return document("\n".join(write(made, e) for e in entries), f"The derivation of {statement}")
    proved = [e for e in made.entries.values() if e.source != "lemma" and e.refused is None]
    return document("\n".join(statement_latex(made, e) for e in proved), "The sealed statements")


def _graph(made, path: Path, names: list[str] | None) -> str:
    """Write the graph; bad endings, places and missing programs are bad input."""
    from proofs.reading.graph import NoDrawing, write
    from smc.errors import InputError

    try:
        return write(made, path, names)
    except ValueError as error:
        raise InputError(str(error), where="--graph") from None
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", where=str(path), mend="choose another place"
        ) from None
    except NoDrawing as error:
        raise InputError(str(error), where="--graph", mend="write a .dot file, or install bellman-smc[plot]") from None


def table(made, width: int):
    """The table of statements; on a narrow terminal the axioms, what each rests on, the names in Rocq and the times go: no word is cut."""
    from rich.table import Table

    wide = width >= WIDE_TABLE
    out = Table(box=None, pad_edge=False, header_style="bold")
    out.add_column("statement", no_wrap=True)
    out.add_column("says", min_width=28)
    out.add_column("source", no_wrap=True)
    for name in ("steps", "gaps"):
        out.add_column(name, justify="right", no_wrap=True)
    for name in ("axioms", "rests on") if wide else ():
        out.add_column(name)
    out.add_column("Rocq", no_wrap=True)
    if wide:
        out.add_column("ms", justify="right", no_wrap=True)
    for row in made.rows():
        axioms = dict.fromkeys(a.partition("_")[0] for a in row.axioms)  # exp_ge, exp_add, ... are the laws of exp
        numbered = [u for u in row.rests_on if made.entries[u].source != "lemma"] if row.parts else []
        lemmas = len(row.rests_on) - len(numbered)
        rests = ", ".join([*numbered, *([f"{lemmas} lemma{'s' * (lemmas > 1)}"] if lemmas else [])]) or "—"
        says = row.title + (" [refused]" if any(p.refused for p in row.parts) else "")
        rocq = (row.rocq["theorem"] if wide else "yes") + _built(row.rocq["built"]) if row.rocq else "—"
        cells = [row.id, says, row.source, str(row.steps or "—"), str(row.gaps)]
        cells += [", ".join(axioms) or "—", rests] if wide else []
        out.add_row(*cells, rocq, *([f"{1000 * row.seconds:.1f}" if row.parts else "—"] if wide else []))
    return out


def _built(state: str) -> str:
    """Only what a build found is said in a row."""
    return "" if state == "not built" else f" ({state})"


def summary(document) -> str:
    """The lines below the table."""
    gaps: dict[str, list[str]] = {}
    for row in document["statements"]:
        if row["gaps"]:
            gaps.setdefault(row["remark"], []).append(row["id"])
    lines = [
        f"{document['stored_proofs']} stored proofs ({document['lemmas']} of them lemmas) replayed in {document['seconds']:.2f} s, "
        f"{len(document['refused'])} refused, {sum(row['gaps'] for row in document['statements'])} gaps. "
        f"Trusted: proofs/kernel, {document['trusted_lines']} lines.",
        "steps: of the kernel, in its own proofs; axioms: functions whose laws it uses; rests on: statements and lemmas used; "
        "Rocq: its theorem there, and what the last `make rocq` here found, if one was run; ms: time to replay.",
        "`bellman-smc prove ID` shows a derivation, `bellman-smc prove ID --where` the files and lines of a statement.",
    ]
    return "\n".join(lines + [f"Gap: {', '.join(ids)}: {remark}." for remark, ids in gaps.items()])
