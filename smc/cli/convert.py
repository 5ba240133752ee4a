"""`bellman-smc convert`: a table or a model as native JSON, for editing, sharing and checking elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    model: Annotated[
        str, typer.Argument(help="A native JSON file, gym:ENV?horizon=8, or shipped:NAME.", show_default=False)
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="File to write [default: standard output].")
    ] = None,
    to: Annotated[str | None, typer.Option(help="mdp or layered [default: as the source is].")] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="Reward model to write into the file: file, perfect, constant:c, bellman-error:eps or rounded:eps."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model in place of its own.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Horizon in place of the model's own (MDPs and tables).")] = None,
    rationalise: Annotated[
        bool,
        typer.Option("--rationalise", help="Read decimals as exact fractions and mend rows that miss 1 by rounding."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> int:
    """Convert a model: a Gymnasium table to an MDP, an MDP to the layered model that it unrolls to.

    Exact; nothing is written on bad input.
    """
    import sys
    from pathlib import Path

    from smc.cli.output import remarks
    from smc.errors import InputError
    from smc.formats import document, load, native
    from smc.report import write_atomically

    if output is not None and not force and Path(output).exists():
        raise InputError("exists already", where=output, mend="name another file, or pass --force")
    source = load(model, rationalise=rationalise, horizon=horizon, with_values=value in (None, "file"))
    text = native.dumps(document(source, to, value, name))
    if output is None:
        sys.stdout.write(text)
    else:
        write_atomically(Path(output), text)
    for note in source.model.notes:
        remarks().print(f"note: {note}", soft_wrap=True)
    return 0
