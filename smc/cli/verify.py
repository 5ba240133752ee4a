"""`bellman-smc verify`: the main job. The shipped models, each with three reward models, at several N, against every statement."""

from __future__ import annotations

from typing import Annotated

import typer

REWARD_MODELS = ("file", "perfect", "bellman-error:1/10")
"""What steers each shipped model: the values that it ships with, V*, and V* with a Bellman error of 1/10."""


def command(
    output: Annotated[str, typer.Option("--output", "-o", help="Folder for report.json and the figure.")] = "build",
    report: Annotated[str | None, typer.Option(help="Folder for one self-contained HTML page.")] = None,
    models: Annotated[
        list[str] | None, typer.Argument(help="Models as for check.", show_default="the shipped ones")
    ] = None,
    rationalise: Annotated[
        bool, typer.Option("--rationalise", help="Read decimals as exact fractions, as check does.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option(help="Seconds that the command may take.", show_default="no limit")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the object that report.json holds.")] = False,
) -> int:
    """The main job: exact laws of the shipped models at several numbers of particles, against every statement that speaks of them.

    Writes report.json and, when matplotlib is installed, a figure of the exact distance against N with every bound on it.
    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    import math
    import time
    from pathlib import Path

    from smc.checks.budget import kept
    from smc.checks.row import worst_verdict
    from smc.checks.summary import summary_table
    from smc.checks.verify import cases
    from smc.cli.mends import owned
    from smc.cli.output import CODES, counting, json_object, origin, remarks, results
    from smc.cli.places import folder_to_write
    from smc.errors import InputError, TooLarge
    from smc.formats import load, shipped
    from smc.numbers import Verdict
    from smc.present.tables import dump, write_atomically

    if budget is not None and not 0 < budget < 1e9:
        raise InputError(f"budget {budget}", where="budget", mend="give seconds above 0")
    ends = math.inf if budget is None else time.monotonic() + budget
    folder = folder_to_write("output", output)  # told before the work, not after
    if report is not None:
        folder_to_write("report", report)
    sources = [load(spec, rationalise=rationalise) for spec in models or [f"shipped:{name}" for name in shipped()]]
    inputs = [
        (s.model, s.twist(choice))
        for s in sources
        for choice in REWARD_MODELS
        if choice != "file" or s.values is not None
    ]
    chosen, reports, left_out = cases(inputs), [], []
    proofs = None
    if report is not None:
        with kept(ends - time.monotonic()):  # the page is about them
            proofs = _proofs()
    spare = PAGE * (budget or 0.0)
    with counting("checking") as progress:
        for k, case in enumerate(chosen):
            progress(k, len(chosen))
            left = ends - spare * FIGURES / PAGE - time.monotonic()
            if left <= 0:
                left_out.append(f"{case}: the {budget:g} seconds of --budget had passed")
                continue
            try:
                with kept(left) as told:
                    reports.append(case.run(told))
            except TooLarge as error:
                left_out.append(owned(f"{case}: {error}", "verify"))
        progress(len(chosen), len(chosen))
    verdict = worst_verdict(r.verdict for r in reports) if reports else Verdict.UNDECIDED
    document = {"verdict": verdict.value, "left_out": left_out, "reports": [r.to_json() for r in reports]}
    write_atomically(folder / "report.json", dump(document))
    written = [folder / "report.json"]
    ends -= spare
    figures = _drawn(ends, lambda: _figures(reports, folder, ends))
    written += [folder / FIGURE] * bool(figures)
    if proofs is not None:
        from smc.present.page import page

        statements, trusted, formulas = proofs
        figures += _drawn(ends, lambda: _certified(reports, figures)) + _drawn(ends, lambda: _argument(figures))
        text = page(reports, figures, statements, trusted, left_out, formulas=formulas, origin=origin())
        written.append(Path(str(report)) / "report.html")
        write_atomically(written[-1], text)
    if as_json:
        json_object(document)
    else:
        console = results()
        console.print(summary_table(reports))
        console.print(
            f"{len(reports)} of {len(chosen)} exact runs on {len(sources)} models, "
            f"{sum(len(r.rows) for r in reports)} comparisons: {verdict.value}",
            soft_wrap=True,
        )
    if left_out:
        remarks().print(f"{len(left_out)} runs would take too long and are left out:", soft_wrap=True)
    for line in left_out:
        remarks().print(f"  {line}", soft_wrap=True)
    remarks().print(f"written: {', '.join(map(str, written))}", soft_wrap=True)
    return CODES[verdict]


FIGURES, PAGE = 0.3, 0.1
"""Shares of the budget that are kept for figures and page, and for the page."""


def _drawn(ends, draw):
    """The figures that `draw` makes before the clock says `ends`; none, with a note, where it does not."""
    import time

    from smc.checks.budget import OutOfTime, kept
    from smc.cli.output import remarks

    try:
        with kept(ends - time.monotonic()):
            return draw()
    except OutOfTime as late:
        remarks().print(f"a figure is left out: {late}", soft_wrap=True)
        return []


MOST_IN_FIGURE = 1024
"""Largest N of the figure."""
FIGURE = "tv-against-particles.png"


def _figures(reports, folder, ends):
    """The figure of the smallest model under its own reward model, written; none, with a note, where matplotlib is missing."""
    from smc.cli.output import remarks
    from smc.errors import InputError
    from smc.samplers.naive import naive

    runs = [r for r in reports if r.measured.sampler is naive]
    if not runs:
        return []
    first = min(runs, key=lambda r: sum(r.constants.model.sizes)).constants
    try:
        from smc.present.figures import save, tv_against_particles

        title = f"{first.model.name}, reward model: {first.twist.name}"
        figure = tv_against_particles(list(_doubling(first, ends)), title)
        save(figure, folder / FIGURE)
    except InputError as error:
        remarks().print(f"no figure: {error}", soft_wrap=True)
        return []
    return [
        (
            figure,
            f"Exact total variation to the target against the number of particles, and every bound on it: {title}.",
        )
    ]


MOST_PANELS = 3
"""Models in the figure of the enclosures: the smallest ones."""


def _certified(reports, figures):
    """The figure of the enclosures for the models under their first reward models; none where matplotlib is missing."""
    if not figures:
        return []
    from smc.present.curves import certified_curves
    from smc.samplers.naive import naive

    models: dict = {}
    for report in reports:
        if report.measured.sampler is naive:
            models.setdefault(report.constants.model.name, report.constants)
    chosen = sorted(models.values(), key=lambda c: sum(c.model.sizes))[:MOST_PANELS]
    caption = (
        "Naive SMC from one particle to a million: the exact total variation lies inside the certified ends of level two (pair moments) "
        "and level four (moments of four particles), far below what any theorem promises."
    )
    return [(certified_curves(chosen), caption)]


def _argument(figures):
    """The figures of the page that are about the theorems; none where matplotlib is missing."""
    from smc.present.figures import argument

    return argument() if figures else []


def _doubling(constants, ends):
    """Reports at N = 1, 2, 4, ... for as long as one takes about a second, and until the clock says `ends`."""
    import time

    from smc.checks.check import check
    from smc.checks.measure import Measured
    from smc.errors import TooLarge
    from smc.exact import explain_law
    from smc.samplers.naive import naive

    process, particles = Measured(constants, naive, 1).process, 1
    while particles <= MOST_IN_FIGURE:
        try:
            plan = explain_law(process, particles)
        except TooLarge:
            return
        if particles > 2 and ((plan.costs and plan.costs[0].seconds > 1.0) or time.monotonic() > ends):
            return
        yield check(constants.model, constants.twist, naive, particles=particles)
        particles *= 2


def _proofs():
    """Statements as `prove --json` lists them, the lines of trusted code, and what `prove ID` prints of each statement."""
    from proofs.reading.blueprint import blueprint, index
    from proofs.reading.derivation import text

    made = blueprint()
    document = index(made)
    main = {row.id: next((e for e in made.find(row.id) if e.refused is None), None) for row in made.rows()}
    formulas = {name: text(made, entry) for name, entry in main.items() if entry is not None}
    return document["statements"], document["trusted_lines"], formulas
