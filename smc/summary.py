"""Many reports as one table: a line a statement, with the case in which it came closest to failing."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from smc.rational import INFINITE
from smc.report import is_infinite, short, verdict_text
from smc.verify import Report, Row, tightest, worst_verdict

SAYS = {
    "P0": "Bellman error bounds the error of the values",
    "P1": "ratio bound and Bellman error bound the range of a step",
    "P2": "bias of SMC, the paper's lemma",
    "P3": "bias of SMC, the paper's theorem: exponent 6",
    "P5": "distance of the guided particle, the paper's theorem",
    "S1": "Bellman error bounds the variance of importance weights",
    "S2": "distance of the guided particle, sharp",
    "S3": "bias of SMC, two-sided ratios: exponent 2",
    "S4": "bias of SMC, zero rewards allowed",
    "S5": "variance of the normaliser, and the bias it implies",
    "S7": "distance of Metropolis-Hastings on guided proposals",
    "S8": "bias of fully adapted SMC: no ratio bound",
    "G1": "bias of SMC by chi-squares, the neighbour's theorem",
    "G3": "distance of the intermediate targets, the neighbour's identity",
}
"""One line for a newcomer, by statement."""


def summary_table(reports: Iterable[Report]) -> Table:
    """Statement, form, what it says, comparisons made, the tightest one (bound / observed, and where), verdict over all."""
    found: dict[tuple[str, str], list[tuple[Row, Report]]] = {}
    for report in reports:
        for row in report.rows:
            found.setdefault((row.id, row.form), []).append((row, report))
    table = Table(
        caption_justify="left",
        caption="bound / observed: 1x is a bound attained; a bound that is infinite claims nothing and is not counted",
    )
    for name in ("statement", "form", "what it says", "checks", "closest", "in", "verdict"):
        table.add_column(name, justify="right" if name in ("checks", "closest") else "left")
    order = list(SAYS)  # the paper's first, then what sharpens it, then the neighbour's
    for (identifier, form), pairs in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        claims = [(row, report) for row, report in pairs if not is_infinite(row.bound)]
        if not claims:
            table.add_row(identifier, form, SAYS[identifier], "0", "", "", Text("claims nothing", style="dim"))
            continue
        close = tightest(row for row, _ in claims)
        where = next(report for row, report in claims if row is close)
        slack = "" if close.slack == INFINITE else f"{short(close.slack)}x"
        verdict = worst_verdict(row.verdict for row, _ in claims)
        table.add_row(identifier, form, SAYS[identifier], str(len(claims)), slack, _label(where), verdict_text(verdict))
    return table


def _label(report: Report) -> str:
    m, c = report.measured, report.constants
    count = f"H = {m.proposals}" if m.algorithm == "mh" else f"N = {m.particles}"
    return f"{c.model.name}, {c.twist.name}, {m.algorithm}, {count}"
