"""`bellman-smc check MODEL`: one model, one algorithm, every statement that speaks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from smc.sampled import SampledReport
    from smc.verify import Report

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
    method: Annotated[str, typer.Option(help="exact, or monte-carlo where the exact law does not fit.")] = "exact",
    replicates: Annotated[int | None, typer.Option(help="Runs (monte-carlo) [default: 10000].")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed (monte-carlo) [default: 0].")] = None,
    error: Annotated[
        float | None, typer.Option(help="Probability that some interval misses (monte-carlo) [default: 1e-6].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, rationals as strings.")] = False,
) -> int:
    """Check a model: its exact output law, its distance to the target, and every bound beside what was measured.

    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    from smc.algorithms import check_particles
    from smc.cli.output import CODES, counting, json_object, results, waiting
    from smc.errors import InputError
    from smc.formats import load

    if method not in ("exact", "monte-carlo"):
        raise InputError(f"unknown method {method!r}", where="method", mend="choose exact or monte-carlo")
    sampling = {"replicates": replicates, "seed": seed, "error": error}
    for name, value_given in sampling.items():
        if value_given is not None and method == "exact":
            raise InputError(
                "the exact method draws nothing", where=name, mend=f"leave --{name} out, or choose --method monte-carlo"
            )
    if proposals is not None and algorithm != "mh":
        raise InputError(
            f"{algorithm} makes no proposals", where="proposals", mend="leave --proposals out, or choose --algorithm mh"
        )
    if particles is None:
        particles = 1 if algorithm in ("guided", "mh") else DEFAULT_PARTICLES
    check_particles(particles)
    source = load(model, rationalise=rationalise, horizon=horizon)
    twist = source.twist(value)
    report: Report | SampledReport
    what = f"{algorithm} on {source.model.name}"
    if method == "exact":
        from smc.verify import check

        with waiting(what):
            report = check(
                source.model, twist, algorithm, particles=particles, proposals=1 if proposals is None else proposals
            )
            document = report.to_json()
    else:
        from smc.sampled import check_by_simulation

        given: dict[str, Any] = {name: number for name, number in sampling.items() if number is not None}
        with counting(what) as progress:
            report = check_by_simulation(
                source.model, twist, algorithm, particles=particles, progress=progress, **given
            )
            document = report.to_json()
    if as_json:
        json_object(document)
    else:
        lines, table = _shown(report, method)
        console = results()
        for line in lines:
            console.print(line, soft_wrap=True)
        console.print(table)
    return CODES[report.verdict]


def _shown(report, method: str):
    if method == "exact":
        from smc.report import bounds_table, constants_lines

        return constants_lines(report), bounds_table(report.rows)
    from smc.cli.sampled_table import lines, table

    return lines(report), table(report.rows)
