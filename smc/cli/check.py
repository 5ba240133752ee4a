"""`bellman-smc check MODEL`: one model, one algorithm, every statement that speaks of it."""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_PARTICLES = 4


def command(
    model: Annotated[
        str, typer.Argument(help="A native JSON file, gym:ENV?horizon=8, or shipped:NAME.", show_default=False)
    ],
    algorithm: Annotated[str, typer.Option(help="naive, adapted, guided, mh, sis, sis-guided or best-of-n.")] = "naive",
    particles: Annotated[
        int | None, typer.Option(help=f"Number of particles N [default: {DEFAULT_PARTICLES}; guided, mh: 1].")
    ] = None,
    proposals: Annotated[
        int | None, typer.Option(help="Number of proposals H, the first included (mh only) [default: 1].")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="Reward model: file, perfect, constant:c, bellman-error:eps or rounded:eps [default: file, else perfect]."
        ),
    ] = None,
    horizon: Annotated[int | None, typer.Option(help="Horizon in place of the model's own (MDPs and tables).")] = None,
    rationalise: Annotated[
        bool,
        typer.Option("--rationalise", help="Read decimals as exact fractions and mend rows that miss 1 by rounding."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, rationals as strings.")] = False,
) -> int:
    """Check a model: its exact output law, its distance to the target, and every bound beside what was measured.

    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    from smc.errors import InputError
    from smc.formats import load

    if particles is None:
        particles = 1 if algorithm in ("guided", "mh") else DEFAULT_PARTICLES
    if proposals is not None and algorithm != "mh":
        raise InputError(
            f"{algorithm} makes no proposals", where="proposals", mend="leave --proposals out, or choose --algorithm mh"
        )
    from smc.algorithms import check_particles
    from smc.cli.output import CODES, json_object, results, waiting
    from smc.report import bounds_table, constants_lines
    from smc.verify import check

    check_particles(particles)
    source = load(model, rationalise=rationalise, horizon=horizon)
    twist = source.twist(value)
    with waiting(f"{algorithm} on {source.model.name}"):
        report = check(
            source.model, twist, algorithm, particles=particles, proposals=1 if proposals is None else proposals
        )
        document = report.to_json()
    if as_json:
        json_object(document)
    else:
        console = results()
        for line in constants_lines(report):
            console.print(line, soft_wrap=True)
        console.print(bounds_table(report.rows))
    return CODES[report.verdict]
