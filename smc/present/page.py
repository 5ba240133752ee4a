"""One self-contained HTML page: what was checked, against which theorem, how that theorem is proved. No script, no external file.

This module gathers what the page says; `report.html.jinja` beside it says how it looks, in the dress of `page.html.jinja`.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined

from proofs.catalogue import ROWS, TV
from proofs.legends import FORM_WORDS, QUANTITY_WORDS
from smc.checks.check import Report
from smc.checks.row import worst_verdict
from smc.checks.summary import closeness, lines
from smc.formats.native import dumps, layered_document
from smc.numbers import INFINITE, Verdict, nearest_float
from smc.present.closing import closing_lines
from smc.present.digits import short
from smc.present.tables import COLUMNS, constants_lines, row_cells
from smc.setting.analysis import Constants

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBERS = frozenset(
    {"observed", "bound", "bound / observed", "TV", "steps", "gaps", "checks", "closest", "bound / TV"}
    | {"count", "calls", "step", "prefixes"}
)
"""Columns that are set to the right."""
PROSE = frozenset({"basis", "what it says", "closest in", "axioms", "Rocq"})
"""Columns that fold."""
VERDICTS = ("holds", "REFUTED", "undecided")


class Origin(NamedTuple):
    """Where a page comes from: version of the program, date, the command that made it."""

    version: str
    date: str
    command: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def kind(self, column: str) -> str:
        """The style of a column."""
        return "number" if column in NUMBERS else "wrap" if column in PROSE else ""


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table of texts."""
    return Table(columns, [[str(cell) for cell in row] for row in rows])


def digest(c: Constants) -> str:
    """The first 16 digits of the SHA-256 of model and reward model, as the native layered file writes them."""
    written = dumps(layered_document(c.model, c.twist.values))
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def size(report: Report) -> str:
    """The count of a run, named."""
    m = report.measured
    return f"{m.sampler.count.symbol} = {m.count}"


def word(verdict: Verdict | None) -> str:
    """The verdict as the tables write it."""
    return "claims nothing" if verdict is None else {"refuted": "REFUTED"}.get(verdict.value, verdict.value)


def spoken(report: Report) -> str:
    """The verdict on a run; of a sampler that no statement speaks of, nothing is said to hold unless something is refuted."""
    if report.verdict is Verdict.HOLDS and not report.closing.about_the_run:
        return "nothing claimed"
    return word(report.verdict)


def overview(reports: Sequence[Report]) -> Table:
    """One line a run: exact TV, the tightest bound on it (for the guided particle: at some step), the verdict over all statements."""
    rows = []
    for report in reports:
        m = report.measured
        bounds = [row for row in report.rows if row.quantity.startswith(TV) and row.claims]
        best = min(bounds, key=lambda row: (row.slack, nearest_float(row.bound)), default=None)
        excess = "" if best is None or best.slack == INFINITE else f"{short(best.slack)}×"
        tightest = "—" if best is None else f"{best.id} ({best.form}){best.quantity.removeprefix(TV)}"
        rows.append((f"{m.sampler.name}, {size(report)}", short(m.total_variation), excess, tightest, spoken(report)))
    return table(("run", "TV", "bound / TV", "tightest bound", "verdict"), rows)


def summary(reports: Sequence[Report]) -> Table:
    """One line a statement: how often it was held against an exact number, and how close it came to failing."""
    rows = [
        (
            line.id,
            line.form,
            word(line.verdict),
            line.checks,
            closeness(line).replace("x", "×"),
            ROWS[line.id].words,
            line.where,
        )
        for line in lines(reports)
    ]
    return table(("statement", "form", "verdict", "checks", "closest", "what it says", "closest in"), rows)


def legend(reports: Sequence[Report]) -> Iterator[tuple[str, str]]:
    """The forms and quantities that occur in the tables, with their words; then what the verdicts mean."""
    rows = [row for report in reports for row in report.rows]
    forms = {row.form for row in rows}
    yield from ((form, words) for form, words in FORM_WORDS.items() if form in forms)
    for name, words in QUANTITY_WORDS.items():
        if any(name in row.quantity for row in rows):
            said, _, meaning = words.partition(": ")
            yield said, meaning
    yield "holds", "the exact number is certainly within the bound"
    yield "REFUTED", "it certainly is not"
    yield "undecided", "the enclosure of a square root is too wide to tell; it counts as a failure"
    yield "claims nothing", "the bound is infinite on this model, or from below at most 0"
    yield "nothing claimed", "no statement speaks of this sampler"


def groups(reports: Sequence[Report]) -> Iterator[dict[str, Any]]:
    """The runs by model and reward model."""
    found: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        found.setdefault((report.constants.model.name, report.constants.twist.name), []).append(report)
    for (model, reward_model), runs in found.items():
        verdict = word(worst_verdict(r.verdict for r in runs))
        yield {
            "head": f"{model}, reward model {reward_model}: {len(runs)} run{'s' * (len(runs) > 1)}, {verdict}",
            "digest": digest(runs[0].constants),
            "overview": overview(runs),
            "runs": [
                {
                    "title": f"{report.measured.sampler.name}, {size(report)}: every comparison",
                    "lines": constants_lines(report),
                    "rows": table(COLUMNS, [row_cells(row) for row in report.rows]),
                    "closing": list(closing_lines(report.closing)),
                }
                for report in runs
            ],
        }


def proof_table(proofs: Sequence[Mapping[str, Any]]) -> Table:
    """Statement, whose it is, what it is about, kernel steps, gaps, what it says, axioms, Rocq theorem."""
    rows = [
        (
            p["id"],
            p["source"],
            p["about"],
            p["steps"] or "—",
            p["gaps"],
            f"{p.get('title', '')}{' [' + p['remark'] + ']' if p.get('remark') else ''}",
            ", ".join(p["axioms"]) or ("none" if p["steps"] else "—"),
            rocq_words(p["rocq"]),
        )
        for p in proofs
    ]
    return table(("statement", "source", "about", "steps", "gaps", "what it says", "axioms", "Rocq"), rows)


def picture(figure: Figure, caption: str) -> dict[str, str]:
    """The figure as the page holds it, with its caption."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    return {"caption": caption, "data": base64.b64encode(buffer.getvalue()).decode()}


def page(
    reports: Sequence[Report],
    figures: Sequence[tuple[Figure, str]],
    proofs: Sequence[Mapping[str, Any]],
    trusted_lines: int | None,
    left_out: Sequence[str] = (),
    *,
    formulas: Mapping[str, str],
    origin: Origin,
) -> str:
    """The whole page. left_out: what was announced and not run.

    proofs: the `statements` of `bellman-smc prove --json`; trusted_lines: size of the kernel and certificate checker. formulas: by ID,
    what `bellman-smc prove ID` prints, its title in the first line.
    """
    refuted = sum(row.verdict is Verdict.REFUTED for report in reports for row in report.rows)
    undecided = sum(row.verdict is Verdict.UNDECIDED for report in reports for row in report.rows)
    checked = sum(len(report.rows) for report in reports)
    return rendered(
        "report.html.jinja",
        claim=f"{len(reports)} runs, {checked} comparisons: {refuted} refuted, {undecided} undecided.",
        origin=origin,
        summary=summary(reports),
        legend=list(legend(reports)),
        pictures=[picture(figure, caption) for figure, caption in figures],
        groups=list(groups(reports)),
        left_out=list(left_out),
        trusted_lines=trusted_lines,
        proved=sum(not p["gaps"] for p in proofs),
        proofs=proof_table(proofs),
        explained=dict(formulas),
    )


def rendered(template: str, **values: Any) -> str:
    """The page of a template of this package, which extends `page.html.jinja`."""
    folder = resources.files("smc.present")
    loader = FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values, verdicts=VERDICTS, zip=zip)


def rocq_words(status: Any) -> str:
    """The Rocq column: theorem and state of its last build."""
    if not status:
        return "—"
    if isinstance(status, Mapping):
        return ", ".join(str(status[k]) for k in ("theorem", "built") if status.get(k))
    return str(status)
