"""`bellman-smc campaign`: a long search for counterexamples that can be stopped and continued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

MOST = {
    "max-horizon": 64, "max-particles": 1000, "chunk": 10**6, "examples": 10**9, "workers": 256,
}  # fmt: skip
"""Largest sizes that are read: a search is of small instances, and its chunks and workers are listed."""


def command(
    statement: Annotated[
        list[str] | None,
        typer.Option(help="Statement to search, such as S3; repeat for several.", show_default="all"),
    ] = None,
    planted: Annotated[
        list[str] | None, typer.Option(help="Planted falsehood, such as S3/constant, that must be refuted.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same instances.")] = 0,
    examples: Annotated[
        int, typer.Option(help="Models in all, those already in the results included; rounded up to whole chunks.")
    ] = 10_000,
    minutes: Annotated[float | None, typer.Option(help="Stop after so many minutes.", show_default=False)] = None,
    max_horizon: Annotated[int, typer.Option(help="Longest horizon T.")] = 4,
    max_states: Annotated[int, typer.Option(help="Most states in a layer.")] = 3,
    max_particles: Annotated[int, typer.Option(help="Most particles N (proposals H for mh).")] = 4,
    chunk: Annotated[int, typer.Option(help="Models a chunk: the unit of work, and what a kill can lose.")] = 500,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler to use instead.", show_default=False)
    ] = None,
    results_file: Annotated[
        str, typer.Option("--results", help="SQLite file to write, or to go on with.")
    ] = "campaign.sqlite",
    counterexamples: Annotated[
        str, typer.Option(help="Directory for counterexamples, as model files that check reads.")
    ] = ".",
    plot_file: Annotated[
        str | None,
        typer.Option("--plot", help="Figure of tightness by statement (.svg, .png or .pdf).", show_default=False),
    ] = None,
    markdown_file: Annotated[
        str | None, typer.Option("--markdown", help="The table as a Markdown file.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Search many instances for a violation of the theorems, in exact arithmetic.

    An instance is a model under a reward model at a number of particles: several are checked for every model that is drawn.

    Stopped by Ctrl-C, a kill or a crash, it loses at most the chunks under way, and goes on when called again.
    Exit codes: 0 no violation, 1 a counterexample was found and written, 2 bad input, 3 a comparison stayed undecided
    or a planted falsehood was not found yet, 130 interrupted.
    """
    from smc.campaign.plan import make_plan
    from smc.campaign.runner import Ending, run
    from smc.campaign.store import Store
    from smc.campaign.summary import markdown, plot, table, to_json
    from smc.cli import HOLDS, INTERRUPTED, REFUTED, UNDECIDED
    from smc.cli.output import json_object, remarks, results
    from smc.cli.places import PICTURES, file_to_write, folder_to_write
    from smc.errors import InputError, whole_number
    from smc.present.figures import save
    from smc.present.tables import write_atomically
    from smc.samplers import find

    sizes = {
        "max-horizon": max_horizon, "max-particles": max_particles,
        "chunk": chunk, "examples": examples, "workers": workers,
    }  # fmt: skip
    for name, value in sizes.items():
        whole_number(name, value, most=MOST[name])
    plan = make_plan(
        statement or (),
        planted or (),
        seed=seed,
        max_horizon=max_horizon,
        max_states=max_states,
        max_particles=max_particles,
        chunk=chunk,
    )
    if minutes is not None and not minutes > 0:
        raise InputError(f"{minutes}", where="minutes", mend="give a positive number")
    if dask == "":
        raise InputError("no scheduler is named", where="dask", mend="give its address, or leave --dask out")
    picture = None if plot_file is None else file_to_write("plot", plot_file, PICTURES, drawn=True)
    page = None if markdown_file is None else file_to_write("markdown", markdown_file)
    found_in = folder_to_write("counterexamples", counterexamples)
    store = Store(file_to_write("results", results_file), plan)
    try:
        with _progress(remarks()) as show:
            seconds = None if minutes is None else 60 * minutes
            ending = run(plan, store, examples=examples, seconds=seconds, workers=workers, dask=dask, progress=show)
        totals = store.totals()
        for k, found in enumerate(totals.counterexamples):
            path = found_in / f"counterexample-{found.claim.replace('/', '-')}-{k}.json"
            write_atomically(path, found.document + "\n")
            counted = find(found.algorithm).count
            particles = "" if counted.fixed else f" --{counted.option} {found.particles}"
            note = remarks()
            note.print(
                _broken(found),
                soft_wrap=True,
            )
            note.print(found.instance, soft_wrap=True)
            again = f" --resampling {found.resampling}" if found.resampling else ""
            again += f" --planted {found.claim}" if found.claim in plan.planted else ""
            note.print(
                f"written: bellman-smc check {path} --algorithm {found.algorithm}{particles}{again}", soft_wrap=True
            )
        missed = sorted(set(plan.planted) - {found.claim for found in totals.counterexamples})
        if missed:
            remarks().print(f"not found yet: {', '.join(missed)}; search on with more --examples", soft_wrap=True)
        if page is not None:
            write_atomically(page, markdown(totals, plan, store.seconds()))
        if picture is not None:
            save(plot(totals, plan), picture)
    finally:
        store.close()
    if as_json:
        json_object(to_json(totals, plan, ending.value))
    else:
        results().print(table(totals, plan))
    if totals.counterexamples:
        return REFUTED
    if ending is Ending.INTERRUPTED:
        return INTERRUPTED
    return UNDECIDED if missed or any(row.undecided for row in totals.tightness) else HOLDS


def _broken(found) -> str:
    if found.claim == "crash":
        return f"{found.algorithm} has no answer: {found.form}: {found.observed}"
    if found.claim == "scope":
        return f"{found.form} is printed for a model that does not meet its hypothesis {found.bound}"
    return f"{found.claim} {found.form} is refuted: observed {found.observed}, claimed at most {found.bound}"


class _progress:
    """On a terminal's stderr a bar with instances, rate, time left and the tightest ratio below 1; elsewhere a line a minute."""

    def __init__(self, console) -> None:
        self._console, self._said = console, 0.0
        self._bar: Progress | None = None

    def __enter__(self):
        if self._console.is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn

            bar = Progress(TextColumn("{task.description}"), BarColumn(), console=self._console, transient=True)
            self._task = bar.add_task("searching", total=None)
            bar.start()
            self._bar = bar
        return self

    def __call__(self, at) -> None:
        tight = f", tightest {at.tightest:.4f} ({at.claim})" if at.claim else ""
        text = f"{at.instances:,} instances, {at.rate:,.0f} a second, {_clock(at.left)} left{tight}"
        if self._bar is not None:
            self._bar.update(self._task, description=text, completed=at.chunks, total=at.of)
        elif at.elapsed - self._said >= 60:
            self._said = at.elapsed
            self._console.print(text, soft_wrap=True)

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.stop()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
