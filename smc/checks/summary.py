"""Many reports as one table: a line a statement, with the case in which it came closest to failing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from proofs.catalogue import FORMS, ROWS
from smc.checks.check import Report
from smc.checks.row import Row, tightest, worst_verdict
from smc.numbers import INFINITE, Verdict
from smc.present.digits import short
from smc.present.fitting import FittedTable
from smc.present.tables import verdict_text


@dataclass(frozen=True)
class Line:
    """One statement in one form over many reports. checks: comparisons that claim something; closest: the one with the least slack."""

    id: str
    form: str
    checks: int
    closest: Row | None
    where: str
    verdict: Verdict | None


def lines(reports: Iterable[Report]) -> list[Line]:
    """A line a statement and form, the paper's first, then what sharpens it, then the neighbour's."""
    found: dict[tuple[str, str], list[tuple[Row, Report]]] = {}
    for report in reports:
        for row in report.rows:
            found.setdefault((row.id, row.form), []).append((row, report))
    order = list(FORMS)
    out = []
    for (identifier, form), pairs in sorted(found.items(), key=lambda item: order.index(item[0])):
        claims = [(row, report) for row, report in pairs if row.claims]
        if not claims:
            out.append(Line(identifier, form, 0, None, "", None))
            continue
        close = tightest(row for row, _ in claims)
        where = next(report for row, report in claims if row is close)
        verdict = worst_verdict(row.verdict for row, _ in claims)
        out.append(Line(identifier, form, len(claims), close, _label(where), verdict))
    return out


def summary_table(reports: Iterable[Report]) -> Table:
    """Statement, form, what it says, comparisons made, the tightest one (bound / observed, and where), verdict over all."""
    table = FittedTable(
        prose=("what it says", "in", "form"),
        caption="bound / observed: 1x is a bound attained; one that is infinite, or from below at most 0, claims nothing, uncounted",
    )
    for name in ("statement", "form", "what it says", "checks", "closest", "in", "verdict"):
        table.add_column(name, justify="right" if name in ("checks", "closest") else "left")
    for line in lines(reports):
        verdict = Text("claims nothing", style="dim") if line.verdict is None else verdict_text(line.verdict)
        table.add_row(line.id, line.form, ROWS[line.id].words, str(line.checks), closeness(line), line.where, verdict)
    return table


def closeness(line: Line) -> str:
    """bound / observed of the closest comparison."""
    return "" if line.closest is None or line.closest.slack == INFINITE else f"{short(line.closest.slack)}x"


def _label(report: Report) -> str:
    m, c = report.measured, report.constants
    return f"{c.model.name}, {c.twist.name}, {m.sampler.name}, {m.sampler.count.symbol} = {m.count}"
