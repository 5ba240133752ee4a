"""A report of `check` or `plan MODEL` for a person: on a console, or as text (`print(report)`)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from smc.present.console import WIDE, PlainConsole

if TYPE_CHECKING:
    from smc.checks.closing import Concluded
    from smc.checks.model_plan import ModelPlan


def print_report(report: Concluded | ModelPlan, console: Console) -> None:
    """What was checked, the table of statements, and the lines that close it."""
    from smc.checks.check import Report
    from smc.checks.enclosed import EnclosedReport
    from smc.checks.model_plan import ModelPlan
    from smc.checks.sampled import SampledReport
    from smc.present import ends, tables
    from smc.present.closing import closing_lines

    if isinstance(report, ModelPlan):
        lines, table = tables.model_plan_lines(report), tables.model_plan_table(report)
    elif isinstance(report, Report):
        lines, table = tables.constants_lines(report), tables.bounds_table(report.rows)
    elif isinstance(report, EnclosedReport):
        lines, table = ends.enclosed_lines(report), tables.bounds_table(report.rows)
    else:
        assert isinstance(report, SampledReport)
        lines, table = ends.lines(report), tables.bounds_table(report.rows)
    for line in lines:
        console.print(line, soft_wrap=True)
    console.print(table)
    if not isinstance(report, ModelPlan):
        for line in closing_lines(report.closing):
            console.print(line)


def text_of(report: Concluded | ModelPlan) -> str:
    """The report as plain text, `WIDE` columns wide."""
    written = io.StringIO()
    print_report(report, PlainConsole(file=written, width=WIDE, color_system=None))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())
