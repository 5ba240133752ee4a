"""`bellman-smc atlas MODEL`: every bound beside the exact truth, over particles, horizon and Bellman error."""

from __future__ import annotations

from typing import Annotated

import typer

FAMILY_HORIZONS = {"hidden": (2, 3, 4, 5)}
"""Horizons of a family when none are given; the hidden child's particles grow exponentially at constant eps."""


def command(
    model: Annotated[
        str,
        typer.Argument(
            help="A model as for check, or a family: family:product?c=1, family:hidden?eps=1/4 (eps constant, or c/T).",
            show_default=False,
        ),
    ],
    delta: Annotated[str, typer.Option(help="Total variation to reach.")] = "1/10",
    particles: Annotated[str, typer.Option(help="Numbers of particles, with commas.")] = "1,2,4,8",
    horizons: Annotated[
        str | None,
        typer.Option(help="Horizons, with commas.", show_default="the model's own; families: 4,8,16; hidden: 2,3,4,5"),
    ] = None,
    eps: Annotated[
        str | None,
        typer.Option(help="Bellman errors, with commas: the model's values are replaced by V* times such an error."),
    ] = None,
    algorithm: Annotated[str | None, typer.Option(help="naive or adapted.", show_default="naive")] = None,
    rationalise: Annotated[bool, typer.Option("--rationalise", help="As for check.")] = False,
    figure: Annotated[str | None, typer.Option(help="Write a figure there (.png, .svg or .pdf).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Chart the bounds: exact TV at each N beside every bound, and the particles each theorem asks for beside the exact least N.

    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    from pathlib import Path

    from smc.check.atlas import chart
    from smc.check.row import worst_verdict
    from smc.cli.output import CODES, json_object, remarks, results, waiting
    from smc.present.tables import atlas_tables

    counts = _whole_numbers("particles", particles)
    lengths = _whole_numbers("horizons", horizons) if horizons is not None else None
    entries = []
    for setting in _settings(model, lengths, eps.split(",") if eps is not None else None, algorithm, rationalise):
        with waiting(setting.label):
            entries.append(chart(setting, _number("delta", delta), counts))
    if figure:
        from smc.present.figures import atlas_figure, save

        save(atlas_figure(entries), Path(figure))
        remarks().print(f"figure: {figure}")
    if as_json:
        json_object({"model": model, "entries": [entry.to_json() for entry in entries]})
    else:
        console = results()
        for table in atlas_tables(entries):
            console.print(table)
    return CODES[worst_verdict(row.verdict for entry in entries for _, row in entry.rows)]


def _settings(spec, lengths, errors, algorithm, rationalise):
    from smc.check.atlas import family_setting, model_setting
    from smc.errors import InputError
    from smc.formats import load

    if spec.startswith("family:"):
        name, _, query = spec.removeprefix("family:").partition("?")
        options = dict(part.partition("=")[::2] for part in query.split("&") if part)
        unknown = set(options) - {"eps", "c"}
        if unknown or errors or algorithm is not None:
            fault = f"option {sorted(unknown)[0]!r}" if unknown else "--eps or --algorithm beside a family"
            raise InputError(
                f"{fault} is not understood", where=spec, mend="write family:hidden?eps=1/4 or family:product?c=1"
            )
        numbers = {key: _number(key, value) for key, value in options.items()}
        return [
            family_setting(name, horizon, **numbers) for horizon in lengths or FAMILY_HORIZONS.get(name, (4, 8, 16))
        ]
    settings = []
    for horizon in lengths or (None,):
        source = load(spec, rationalise=rationalise, horizon=horizon)
        for choice in [f"bellman-error:{e.strip()}" for e in errors] if errors else [None]:
            settings.append(model_setting(source.model, source.twist(choice), algorithm or "naive"))
    return settings


def _whole_numbers(name: str, text: str) -> list[int]:
    from smc.errors import InputError

    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = [0]
    if min(numbers) < 1:
        raise InputError(
            f"{text!r} is not a list of numbers", where=name, mend="give whole numbers of at least 1, with commas"
        )
    return sorted(set(numbers))


def _number(name: str, text: str):
    from smc.errors import InputError
    from smc.numbers import rational

    try:
        return rational(text)
    except ValueError as error:
        raise InputError(str(error), where=name) from None
