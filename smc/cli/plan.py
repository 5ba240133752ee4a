"""`bellman-smc plan`: what each theorem asks for, before any model is built, or on a model, where the number is certified too."""

from __future__ import annotations

from typing import Annotated

import typer

BUDGET = 30.0
"""Seconds that the counts of a model may take."""


def command(
    model: Annotated[
        str | None,
        typer.Argument(help="A model as for check, in place of --horizon and --eps.", show_default=False),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Horizon T (with MODEL: in place of its own).", show_default=False)
    ] = None,
    eps: Annotated[str | None, typer.Option(help="Bellman error, such as 1/50.", show_default=False)] = None,
    ratio_bound: Annotated[str | None, typer.Option(help="Ratio bound L >= 1.", show_default="2")] = None,
    delta: Annotated[str, typer.Option(help="Accuracy wanted: a total variation between 0 and 1.")] = "1/10",
    branching: Annotated[
        int | None, typer.Option(help="Successors scored by one guided move.", show_default="2")
    ] = None,
    algorithm: Annotated[str | None, typer.Option(help="naive or adapted (with MODEL).", show_default="naive")] = None,
    resampling: Annotated[
        str | None, typer.Option(help="Resampling, as for check.", show_default="multinomial")
    ] = None,
    choice: Annotated[
        str | None,
        typer.Option(help="The output, as for check: weight, uniform or argmax (with MODEL).", show_default="weight"),
    ] = None,
    value: Annotated[
        str | None, typer.Option(help="Reward model, as for check (with MODEL).", show_default="file, else perfect")
    ] = None,
    rationalise: Annotated[bool, typer.Option("--rationalise", help="As for check (with MODEL).")] = False,
    budget: Annotated[
        float | None, typer.Option(help="Seconds for the counts of a model (with MODEL).", show_default=f"{BUDGET:.0f}")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """How many particles or proposals each theorem asks for, the paper's number beside the sharpened one, and which is cheapest.

    With MODEL: what each statement asks for from the model's own constants, and the counts from which on the accuracy is certified, by
    enclosures at every N and by exact laws where they are quick. Under another --resampling: by the statements that speak of it, and by the
    exact laws of few particles.
    """
    if model is None:
        _refuse_given(
            "no model",
            algorithm=algorithm, choice=choice, value=value, budget=budget, rationalise=rationalise or None,
        )  # fmt: skip
        known = horizon, eps, "2" if ratio_bound is None else ratio_bound, delta, 2 if branching is None else branching
        return _from_constants(*known, resampling, as_json)
    _refuse_given("the model has its own constants", eps=eps, ratio_bound=ratio_bound, branching=branching)
    from smc.samplers import check_steering, find, resampled

    sampler = resampled(find("naive" if algorithm is None else algorithm), resampling, choice)
    check_steering([sampler], value)
    return _from_model(model, horizon, delta, sampler, value, rationalise, budget, as_json)


def _refuse_given(why: str, **options: object) -> None:
    from smc.errors import InputError

    for name, given in options.items():
        if given is not None:
            option = name.replace("_", "-")
            raise InputError(f"--{option} is given, but {why}", where=option, mend=f"leave --{option} out")


def _from_model(model, horizon, delta, sampler, value, rationalise, budget, as_json) -> int:
    from smc.checks.model_plan import plan_model
    from smc.cli.output import json_object, results, waiting
    from smc.errors import InputError
    from smc.formats import load
    from smc.present.report import print_report
    from smc.setting.named_twists import uses_file

    if budget is not None and not 0 < budget < 1e9:
        raise InputError(f"budget {budget}", where="budget", mend="give seconds above 0")
    source = load(model, rationalise=rationalise, horizon=horizon, with_values=uses_file(value)).meant(value)
    with waiting(f"{sampler.label} on {source.model.name}") as progress:
        found = plan_model(
            source.model,
            source.twist(value),
            sampler,
            delta=_accuracy(delta),
            budget=BUDGET if budget is None else budget,
            progress=progress,
        )
    if as_json:
        json_object(found.to_json())
        return 0
    print_report(found, results())
    return 0


def _accuracy(text: str) -> object:
    from smc.errors import InputError
    from smc.numbers import rational

    try:
        return rational(text)
    except ValueError as fault:
        raise InputError(str(fault), where="delta", mend="write a number such as 1/10") from None


def _from_constants(horizon, eps, ratio_bound, delta, branching, resampling, as_json) -> int:
    from dataclasses import asdict

    from smc.checks.plan import cheapest, plan, setting
    from smc.cli.output import json_object, results
    from smc.errors import InputError
    from smc.present.tables import plan_table
    from smc.samplers import resampled
    from smc.samplers.naive import naive

    for name, given_value in (("horizon", horizon), ("eps", eps)):
        if given_value is None:
            raise InputError(f"no {name}", where=name, mend=f"give --{name}, or name a model")
    given = setting(horizon, eps, ratio_bound, delta, branching)
    sampler = resampled(naive, resampling)
    demands = plan(given)
    if not sampler.plain:
        from smc.checks.scheme_plan import plan_by_slots

        demands = plan_by_slots(given, sampler) + [d for d in demands if not d.sufficient]
    if as_json:
        best = cheapest(demands)
        json_object(
            {
                "horizon": given.horizon,
                "bellman_error": str(given.eps),
                "ratio_bound": str(given.ratio_bound),
                "delta": str(given.delta),
                "branching": given.branching,
                "resampling": sampler.resampling.typed,
                "demands": [asdict(d) for d in demands],
                "cheapest": best and best.id,
            }
        )
    else:
        results().print(plan_table(given, demands))
    return 0
