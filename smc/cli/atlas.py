"""`bellman-smc atlas MODEL`: every bound beside the exact truth, over particles, horizon and Bellman error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Annotated

import typer

FAMILY_HORIZONS = {"hidden": (2, 3, 4, 5), "rare-branch": (2, 4, 6)}
"""Horizons of a family when none are given; the hidden child's particles grow exponentially at constant eps."""

PARTICLES = "1,2,4,8"
"""Numbers of particles where none are given."""
BUDGET = 60.0
"""Seconds where none are given."""
COSTS_BUDGET = 600.0
"""Those of `--cost`, where every sampler is looked at."""
ONES_HORIZON = 8
"""Horizon of family:ones where none is given."""


def command(
    model: Annotated[
        str,
        typer.Argument(
            help="A model as for check, or a family: family:product?c=1, family:hidden?eps=1/4 (eps constant, or c/T), family:split, "
            "family:rare-branch?s=1/27.",
            show_default=False,
        ),
    ],
    delta: Annotated[str, typer.Option(help="Total variation to reach; with --cost several, with commas.")] = "1/10",
    particles: Annotated[
        str | None, typer.Option(help="Numbers of particles, with commas.", show_default=PARTICLES)
    ] = None,
    horizons: Annotated[
        str | None,
        typer.Option(
            help="Horizons, with commas.",
            show_default="the model's own; families: 4,8,16; hidden: 2,3,4,5; rare-branch: 2,4,6",
        ),
    ] = None,
    eps: Annotated[
        str | None,
        typer.Option(help="Bellman errors, with commas: the model's values are replaced by V* times such an error."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            help="Reward model, as for check; several are charted one after the other.",
            show_default="file, else perfect",
        ),
    ] = None,
    algorithm: Annotated[str | None, typer.Option(help="naive or adapted.", show_default="naive")] = None,
    resampling: Annotated[
        str | None,
        typer.Option(
            help="Resampling as for check, with commas: each is charted.",
            show_default="multinomial; --cost: what libraries offer",
        ),
    ] = None,
    rationalise: Annotated[bool, typer.Option("--rationalise", help="As for check.")] = False,
    cost: Annotated[
        bool,
        typer.Option(
            "--cost", help="Calls of generator and reward model that each sampler needs (also family:ones?c=2)."
        ),
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            help="Seconds that the whole chart may take.", show_default=f"{BUDGET:g}; --cost: {COSTS_BUDGET:g}"
        ),
    ] = None,
    figure: Annotated[str | None, typer.Option(help="Write a figure there (.png, .svg or .pdf).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Chart the bounds: exact TV at each N beside every bound, and the particles each theorem asks for beside the exact least N.

    Exit codes: 0 every bound holds, 1 one is refuted, 2 bad input, 3 one is undecided.
    """
    import time

    from smc.checks.atlas import chart
    from smc.checks.budget import kept
    from smc.checks.row import worst_verdict
    from smc.cli.output import CODES, json_object, remarks, results, waiting
    from smc.cli.places import PICTURES, file_to_write
    from smc.errors import InputError, TooLarge
    from smc.present.tables import atlas_tables, side_by_side

    if budget is not None and not 0 < budget < 1e9:
        raise InputError(f"budget {budget}", where="budget", mend="give seconds above 0")
    if cost:
        if any(given is not None for given in (eps, algorithm, figure, particles)):
            raise InputError(
                "--cost looks for the count of every sampler",
                where="cost",
                mend="leave --eps, --algorithm, --figure and --particles out",
            )
        return _cost(
            model,
            [None] if horizons is None else _whole_numbers("horizons", horizons),
            value or [None],
            delta,
            rationalise,
            as_json,
            None if resampling is None else [one.strip() for one in resampling.split(",")],
            COSTS_BUDGET if budget is None else budget,
        )
    place = None if figure is None else file_to_write("figure", figure, PICTURES, drawn=True)
    counts = _whole_numbers("particles", PARTICLES if particles is None else particles)
    lengths = _whole_numbers("horizons", horizons) if horizons is not None else None
    budget = BUDGET if budget is None else budget
    entries = []
    ends = time.monotonic() + budget
    goal = _number("delta", delta)
    if eps is not None and value:
        raise InputError("--eps and --value both name reward models", where="value", mend="keep one of the two")
    choices: Sequence[str | None] = value or [None]
    if eps is not None:
        choices = [f"bellman-error:{_error(part)}" for part in eps.split(",")]
    with waiting(f"reading {model}"), kept(budget):
        settings = _settings(model, lengths, choices, _samplers(algorithm, resampling), rationalise, budget)
    for done, setting in enumerate(settings):
        with waiting(setting.named):
            share = max(0.0, ends - time.monotonic()) / (len(settings) - done)
            entries.append(chart(setting, goal, counts, seconds=share))
    if not any(entry.rows or entry.demands for entry in entries):
        raise TooLarge(entries[0].remark, where=settings[0].named, mend="give more seconds with --budget")
    if place is not None:
        from smc.present.figures import atlas_figure, save

        save(atlas_figure(entries), place)
        remarks().print(f"figure: {figure}")
    if as_json:
        json_object({"model": model, "entries": [entry.to_json() for entry in entries]})
    else:
        console = results()
        for table in (*atlas_tables(entries), *side_by_side(entries)):
            console.print(table)
    return CODES[worst_verdict(row.verdict for entry in entries for _, row in entry.rows)]


def _cost(spec, lengths, choices, delta, rationalise, as_json, schemes, budget) -> int:
    """`--cost`: every sampler at every accuracy, and which wins."""
    import time

    from smc.checks.budget import kept
    from smc.checks.cost import SCHEMES_SHOWN, costs
    from smc.cli.output import CODES, json_object, results, waiting
    from smc.numbers import Verdict
    from smc.present.cost import cost_table, winners
    from smc.samplers import SAMPLERS, check_steering

    for choice in choices:
        check_steering(SAMPLERS.values(), choice, mend="leave --cost out")
    goals = [_number("delta", part) for part in delta.split(",")]
    entries = []
    ends = time.monotonic() + budget
    for horizon, choice in product(lengths, choices):
        with waiting(f"{spec}, {choice or 'its reward model'}"), kept(ends - time.monotonic()):
            model, twist = _costed(spec, horizon, choice, rationalise)
            found = costs(model, twist, goals, SCHEMES_SHOWN if schemes is None else schemes)
        entries.append((f"{model.name}, {twist.name}", model.horizon, found))
    if as_json:
        listed = [{"setting": s, "horizon": t, "costs": [c.to_json() for c in found]} for s, t, found in entries]
        json_object({"model": spec, "entries": listed})
    else:
        for setting, _, found in entries:
            results().print(cost_table(found, setting))
            for line in winners(found):
                results().print(line, soft_wrap=True)
    return CODES[Verdict.HOLDS]


def _costed(spec, horizon, choice, rationalise):
    from smc.errors import InputError
    from smc.formats import load
    from smc.instances.ones import ones
    from smc.setting.named_twists import uses_file

    if not spec.startswith("family:"):
        source = load(spec, rationalise=rationalise, horizon=horizon, with_values=uses_file(choice)).meant(choice)
        return source.model, source.twist(choice)
    name, _, query = spec.removeprefix("family:").partition("?")
    options = _options(spec, query, rationalise)
    if name != "ones" or set(options) != {"c"} or choice is not None:
        raise InputError(f"no family {name!r} with these options", where=spec, mend="write family:ones?c=2")
    return ones(horizon=horizon or ONES_HORIZON, factor=_number("c", options["c"]))


def _options(spec: str, query: str, rationalise: bool) -> dict[str, str]:
    """What a family is given. Raises InputError for one thing said twice, and for a way to read a file."""
    from smc.errors import InputError

    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    options = dict(pairs)
    if len(options) < len(pairs):
        raise InputError("gives one option twice", where=spec, mend="keep one of the two")
    if rationalise:
        raise InputError("a family has no file to read", where="rationalise", mend="leave --rationalise out")
    return options


def _samplers(algorithm, resampling):
    """The sampler under each resampling that was typed, each once; none where nothing was."""
    from smc.samplers import find, resampled

    if algorithm is resampling is None:
        return []
    base = find("naive" if algorithm is None else algorithm)
    return (
        list(dict.fromkeys(resampled(base, one.strip()) for one in resampling.split(",")))
        if resampling is not None
        else [base]
    )


def _settings(spec, lengths, choices, samplers, rationalise, seconds):
    from smc.checks.atlas import family_setting, model_setting
    from smc.errors import InputError
    from smc.formats import load
    from smc.samplers import check_steering, find
    from smc.setting.named_twists import uses_file

    if spec.startswith("family:"):
        name, _, query = spec.removeprefix("family:").partition("?")
        options = _options(spec, query, rationalise)
        unknown = set(options) - {"eps", "c", "s"}
        if unknown or choices != [None] or samplers:
            beside = "--eps, --value, --algorithm or --resampling beside a family"
            fault = f"option {sorted(unknown)[0]!r}" if unknown else beside
            raise InputError(
                f"{fault} is not understood", where=spec, mend="write family:hidden?eps=1/4 or family:product?c=1"
            )
        numbers = {key: _number(key, value) for key, value in options.items()}
        return [
            family_setting(name, horizon, **numbers, seconds=seconds)
            for horizon in lengths or FAMILY_HORIZONS.get(name, (4, 8, 16))
        ]
    settings = []
    samplers = samplers or [find("naive")]
    for horizon, choice in product(lengths or (None,), choices):
        check_steering(samplers, choice)
        source = load(spec, rationalise=rationalise, horizon=horizon, with_values=uses_file(choice)).meant(choice)
        settings += [model_setting(source.model, source.twist(choice), s) for s in samplers]
    return settings


def _whole_numbers(name: str, text: str) -> list[int]:
    from smc.errors import MOST_COUNT, InputError

    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = [0]
    if min(numbers) < 1 or max(numbers) > MOST_COUNT:
        raise InputError(
            f"{text!r} is not a list of numbers",
            where=name,
            mend=f"give whole numbers from 1 to {MOST_COUNT:,}, with commas",
        )
    return sorted(set(numbers))


def _error(text: str) -> str:
    """`text`, if it is a Bellman error; raises InputError otherwise."""
    from smc.errors import InputError

    if _number("eps", text) < 0:
        raise InputError(f"{text.strip()} is too small", where="eps", mend="give numbers of at least 0, with commas")
    return text.strip()


def _number(name: str, text: str):
    from smc.errors import InputError
    from smc.numbers import rational

    try:
        return rational(text)
    except ValueError as error:
        raise InputError(str(error), where=name) from None
