"""`bellman-smc plan`: what each theorem asks for, before any model is built."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    horizon: Annotated[int, typer.Option(help="Horizon T.", show_default=False)],
    eps: Annotated[str, typer.Option(help="Bellman error, such as 1/50.", show_default=False)],
    ratio_bound: Annotated[str, typer.Option(help="Ratio bound L >= 1.")] = "2",
    delta: Annotated[str, typer.Option(help="Accuracy wanted: a total variation between 0 and 1.")] = "1/10",
    branching: Annotated[int, typer.Option(help="Successors scored by one guided move.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """How many particles or proposals each theorem asks for, the paper's number beside the sharpened one, and which is cheapest."""
    from dataclasses import asdict

    from smc.check.plan import cheapest, plan, setting
    from smc.cli.output import json_object, results
    from smc.present.tables import plan_table

    given = setting(horizon, eps, ratio_bound, delta, branching)
    demands = plan(given)
    if as_json:
        best = cheapest(demands)
        json_object(
            {
                "horizon": given.horizon,
                "bellman_error": str(given.eps),
                "ratio_bound": str(given.ratio_bound),
                "delta": str(given.delta),
                "branching": given.branching,
                "demands": [asdict(d) for d in demands],
                "cheapest": best and best.id,
            }
        )
    else:
        results().print(plan_table(given, demands))
    return 0
