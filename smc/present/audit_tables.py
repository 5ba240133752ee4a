"""An audit on a console: three answers, each with its table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from smc.checks.audited import STEP_COLUMNS, TRUTH_COLUMNS, WRITTEN_OUT, Audited, counted, step_rows, truth_rows
from smc.checks.needs import Need
from smc.present.words import on_terminal

NEED_COLUMNS = ("by", "source", "algorithm", "count", "calls", "basis")
BASIS = {
    "certified": "theorem, certified",
    "theorem": "theorem",
    "average": "average, no guarantee",
}


def need_row(need: Need) -> tuple[str, ...]:
    """A need as a table shows it."""
    calls = "—" if need.calls is None else f"{need.calls:,.0f}" if need.calls < WRITTEN_OUT else f"{need.calls:.3g}"
    return (
        need.id,
        need.source,
        need.algorithm,
        counted(need),
        calls,
        BASIS[need.kind] if need.count is not None else need.remark,
    )


def records(found: Audited) -> str:
    """How many records were read."""
    return f"{found.audit.records:,} record{'' if found.audit.records == 1 else 's'}"


def print_audit(found: Audited, console: Console) -> None:
    """All of it."""
    files = ", ".join(found.audit.paths)
    console.print(
        on_terminal(f"{files}: {found.audit.format.words}, {records(found)}"),
        soft_wrap=True,
        markup=False,
    )
    for head, lines in (
        ("Which law does the loop sample?", found.target()),
        ("Is the reward model good enough?", found.model()),
    ):
        if lines:
            console.print(f"\n{head}", markup=False)
        for line in lines:
            console.print(on_terminal(line), soft_wrap=True, markup=False)
    if found.audit.facts is not None and any(step.largest_step for step in found.audit.facts.steps):
        console.print(_table(STEP_COLUMNS, list(step_rows(found.audit.facts, certified=found.certified))))
        for line in found.truth():
            console.print(line, soft_wrap=True, markup=False)
        if rows := truth_rows(found.audit.facts):
            console.print(_table(TRUTH_COLUMNS, rows))
    for line in found.genealogy():
        console.print(line, soft_wrap=True, markup=False)
    if found.needs:
        console.print("\nHow many particles?", markup=False)
        for line in found.advice():
            console.print(on_terminal(line), soft_wrap=True, markup=False)
        console.print(_table(NEED_COLUMNS, [need_row(need) for need in found.needs]))


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=False)
    for row in rows:
        table.add_row(*row)
    return table
