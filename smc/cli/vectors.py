"""`bellman-smc vectors DIR`: exact test vectors for samplers in any language, as JSON."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    folder: Annotated[str, typer.Argument(help="Folder to write into; made if it is missing.", show_default=False)],
    model: Annotated[
        str | None,
        typer.Option(help="A small model of yours, as in `check`, in place of those that ship.", show_default=False),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(help="For a model: its reward model, as in `check`; that of the file, or V*, by default."),
    ] = None,
    particles: Annotated[
        int | None, typer.Option("--particles", "-n", help="For a model: how many.", show_default="2")
    ] = None,
    rationalise: Annotated[
        bool, typer.Option("--rationalise", help="For a model: read decimals as exact fractions, as check does.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
) -> int:
    """Write exact test vectors: JSON that a test in Julia, C++, R or any language can read.

    \b
    A file a model: the model in the native format (`convert --help` shows it),
    and for every way to run on it (moves, scheme, threshold, choice, number of
    particles) the exact law of the output, the probability of a dead run,
    E[Zhat], E[Zhat^2], and the joint law of output and Zhat. resampling.json
    has, for every scheme and some weights, the law of the copies and ancestors.

    Numbers are {"exact": "1/3", "decimal": 0.333...}. Nothing is written on bad input.
    """
    from smc.cli.output import results
    from smc.cli.places import folder_to_write
    from smc.errors import InputError
    from smc.present.tables import dump, write_atomically
    from smc.testing.vectors import documents

    place = folder_to_write("folder", folder)
    for option, given in (("value", value), ("particles", particles), ("rationalise", rationalise or None)):
        if model is None and given is not None:
            raise InputError("belongs to a model", where=option, mend="give --model, or leave it out")
    found = dict(
        documents() if model is None else [_of_model(model, value, 2 if particles is None else particles, rationalise)]
    )
    taken = [name for name in found if (place / f"{name}.json").exists()]
    if taken and not force:
        raise InputError(f"{taken[0]}.json exists already", where=folder, mend="name another folder, or pass --force")
    for name, document in found.items():
        write_atomically(place / f"{name}.json", dump(document))
        results().print(f"{place / name}.json: {len(document['cases'])} cases", soft_wrap=True)
    return 0


def _of_model(spec: str, value: str | None, particles: int, rationalise: bool):
    import re

    from smc.cli.output import waiting
    from smc.errors import MOST_COUNT, whole_number
    from smc.formats import load
    from smc.samplers import check_steering
    from smc.setting.named_twists import uses_file
    from smc.testing.instances import Instance
    from smc.testing.vectors import runs_document, samplers

    check_steering(samplers(), value, mend="leave the power of the weights out")
    source = load(spec, rationalise=rationalise, with_values=uses_file(value)).meant(value)
    instance = Instance(source.model, source.twist(value), whole_number("particles", particles, most=MOST_COUNT))
    with waiting(f"exact laws of {source.model.name}"):
        document = runs_document([instance])
    return re.sub(r"[^\w.-]+", "-", source.model.name).strip("-.") or "model", document
