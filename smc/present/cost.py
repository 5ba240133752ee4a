"""Accuracy against calls, for a person: a table of samplers, and which one wins where."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from smc.checks.cost import Cost, cheapest
from smc.numbers import Rational
from smc.present.digits import short
from smc.present.fitting import FittedTable

COLUMNS = ("TV at most", "sampler", "count", "generator calls", "reward-model calls", "count is")


def cost_table(found: Sequence[Cost], title: str) -> Table:
    """A line a sampler and accuracy; the cheapest in bold."""
    table = FittedTable(
        prose=("count is",), title=title,
        caption="a generator call expands one node, a reward-model call scores one; a run that dies early costs less",
    )  # fmt: skip
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in COLUMNS[2:5] else "left")
    best = cheapest(found)
    for c in found:
        count = "-" if c.count is None else f"{c.sampler.count.symbol} = {c.count:,}"
        table.add_row(
            short(c.delta), c.sampler.label, count, _calls(c.generator), _calls(c.reward), c.how,
            style="bold" if c in best else None,
        )  # fmt: skip
    return table


def _calls(number: Rational | None) -> str:
    return "-" if number is None else f"{float(number):,.0f}"


def winners(found: Sequence[Cost]) -> list[str]:
    """A line an accuracy: the sampler of fewest generator calls."""
    return [
        f"TV at most {short(c.delta)}: {c.sampler.label} is cheapest, {_calls(c.generator)} generator calls"
        for c in cheapest(found)
    ]
