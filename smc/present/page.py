"""One self-contained HTML page: what was checked, against which theorem, how that theorem is proved. No script, no external file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from proofs.catalogue import ROWS, TV
from smc.check.check import Report
from smc.check.row import worst_verdict
from smc.check.summary import closeness, lines
from smc.numbers import INFINITE, Verdict, nearest_float
from smc.present.digits import is_infinite, short
from smc.present.tables import COLUMNS, constants_lines, row_cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #5a5a5a; --line: #d9d9d9; --accent: #0072b2; --bad: #b00020; --good: #00694f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; color: var(--ink); background: #fff;
  font: 16px/1.55 Georgia, 'Times New Roman', serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
p, li { max-width: 46rem; } .soft { color: var(--soft); }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; font: 14px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; min-width: 30rem; }
th, td { padding: .28rem .7rem .28rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.wrap { white-space: normal; min-width: 13rem; }
th { font-weight: 600; } td.number, th.number { text-align: right; }
.holds { color: var(--good); } .REFUTED { color: var(--bad); font-weight: 700; } .undecided { color: #8a5a00; }
figure { margin: 1rem 0 1.6rem; } figure img { max-width: min(100%, 44rem); height: auto; }
figcaption { color: var(--soft); font-size: .92rem; }
summary { cursor: pointer; font: 600 15px/1.5 system-ui, sans-serif; } details { border-top: 1px solid var(--line); padding: .5rem 0; }
details details { border-top: 1px dotted var(--line); padding: .3rem 0 .3rem .8rem; } details details summary { font-weight: 400; }
.verdict { font: 600 1.05rem/1.4 system-ui, sans-serif; }
nav a { margin-right: 1.1rem; } a { color: var(--accent); }
@media (max-width: 40rem) { body { padding: 1rem .8rem 3rem; font-size: 15px; } table { font-size: 13px; min-width: 0; }
  th, td { padding-right: .55rem; } }
"""

NUMBERS = frozenset({"observed", "bound", "bound / observed", "TV", "steps", "gaps", "checks", "closest", "bound / TV"})
"""Columns that are set to the right."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], wrap: Sequence[str] = ()) -> str:
    """A table that scrolls sideways on a narrow screen; columns named in `wrap` hold prose."""
    kinds = ["number" if c in NUMBERS else "wrap" if c in wrap else "" for c in columns]
    head = "".join(f'<th class="{k}">{escape(c)}</th>' for c, k in zip(columns, kinds, strict=True))
    body = []
    for row in rows:
        cells = []
        for cell, kind in zip(row, kinds, strict=True):
            words = str(cell)
            verdict = words if words in ("holds", "REFUTED", "undecided") else ""
            cells.append(f'<td class="{kind} {verdict}">{escape(words)}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def picture(figure: Figure, caption: str) -> str:
    """The figure inside the page, with its caption."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{data}"><figcaption>{escape(caption)}</figcaption></figure>'


def size(report: Report) -> str:
    """The count of a run, named."""
    m = report.measured
    return f"{m.sampler.count.symbol} = {m.count}"


def word(verdict: Verdict | None) -> str:
    """The verdict as the tables write it."""
    return "claims nothing" if verdict is None else {"refuted": "REFUTED"}.get(verdict.value, verdict.value)


def overview(reports: Sequence[Report]) -> str:
    """One line a run: exact TV, the tightest bound on it (for the guided particle: at some step), the verdict over all statements."""
    rows = []
    for report in reports:
        m = report.measured
        bounds = [row for row in report.rows if row.quantity.startswith(TV) and not is_infinite(row.bound)]
        best = min(bounds, key=lambda row: (row.slack, nearest_float(row.bound)), default=None)
        excess = "" if best is None or best.slack == INFINITE else f"{short(best.slack)}×"
        tightest = "—" if best is None else f"{best.id} ({best.form}){best.quantity.removeprefix(TV)}"
        verdict = word(report.verdict) if report.rows else ""
        rows.append((f"{m.sampler.name}, {size(report)}", short(m.total_variation), excess, tightest, verdict))
    return table(("run", "TV", "bound / TV", "tightest bound", "verdict"), rows)


def summary(reports: Sequence[Report]) -> str:
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
    columns = ("statement", "form", "verdict", "checks", "closest", "what it says", "closest in")
    return table(columns, rows, wrap=("what it says", "closest in"))


def details(report: Report) -> str:
    """Constants and every statement of one run, folded."""
    first, *rest = constants_lines(report)
    listed = "".join(f"<li>{escape(line)}</li>" for line in (first, *rest))
    none = "<p>No statement bounds the bias of this algorithm.</p>"
    body = table(COLUMNS, (row_cells(row) for row in report.rows)) if report.rows else none
    title = f"{report.measured.sampler.name}, {size(report)}: every comparison"
    return f"<details><summary>{escape(title)}</summary><ul>{listed}</ul>{body}</details>"


def groups(reports: Sequence[Report]) -> str:
    """The runs by model and reward model, folded but for the first."""
    found: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        found.setdefault((report.constants.model.name, report.constants.twist.name), []).append(report)
    parts = []
    for k, ((model, reward_model), runs) in enumerate(found.items()):
        verdict = word(worst_verdict(r.verdict for r in runs))
        head = f"{model}, reward model {reward_model}: {len(runs)} run{'s' * (len(runs) > 1)}, {verdict}"
        inner = overview(runs) + "".join(details(report) for report in runs)
        parts.append(f"<details{' open' * (k == 0)}><summary>{escape(head)}</summary>{inner}</details>")
    return "".join(parts)


def proof_table(proofs: Sequence[Mapping[str, Any]]) -> str:
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
    columns = ("statement", "source", "about", "steps", "gaps", "what it says", "axioms", "Rocq")
    return table(columns, rows, wrap=("what it says", "axioms", "Rocq"))


def page(
    reports: Sequence[Report],
    figures: Sequence[tuple[Figure, str]],
    proofs: Sequence[Mapping[str, Any]],
    trusted_lines: int | None,
    left_out: Sequence[str] = (),
) -> str:
    """The whole page. left_out: what was announced and not run.

    proofs: the `statements` of `bellman-smc prove --json`; trusted_lines: size of the kernel and certificate checker."""
    refuted = sum(row.verdict is Verdict.REFUTED for report in reports for row in report.rows)
    undecided = sum(row.verdict is Verdict.UNDECIDED for report in reports for row in report.rows)
    checked = sum(len(report.rows) for report in reports)
    claim = f"{len(reports)} runs, {checked} comparisons: {refuted} refuted, {undecided} undecided."
    proved = sum(not p["gaps"] for p in proofs)
    trusted = f"The kernel and the certificate checker together are {trusted_lines} lines. " if trusted_lines else ""
    pictures = "".join(picture(figure, caption) for figure, caption in figures)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>bellman-smc: report</title><style>{STYLE}</style></head><body>
<h1>How far is reward-guided SMC from its target?</h1>
<p class="verdict">{escape(claim)}</p>
<p class="soft">Every observed number is exact: the law of the algorithm is computed, not sampled.</p>
<nav><a href="#statements">Statements</a><a href="#figures">Figures</a><a href="#runs">Runs</a><a href="#proofs">Proofs</a></nav>
<h2 id="statements">Statements against exact numbers</h2>
<p>P statements are the paper's, G the neighbour's, S this project's. <em>Instance</em> bounds use every constant of the
model, <em>uniform</em> ones only the horizon T, the Bellman error eps and the ratio bound L. <em>Closest</em> is the least
ratio of bound to observed value: 1× is a bound attained.</p>{summary(reports)}
<h2 id="figures">Figures</h2>{pictures}
<h2 id="runs">Runs</h2>
<p>Total variation (TV) is the distance between the expected law of the algorithm's output and the target it aims at, from 0 to 1. The
tightest bound is the smallest that a theorem guarantees on it at the end of the run; the next column says how many times too
large it is. Open a run for its constants and every comparison.</p>{groups(reports)}{not_run(left_out)}
<h2 id="proofs">Proofs</h2>
<p>{escape(trusted)}A statement counts as proved when its stored proof replays in the kernel without a gap: {proved} of {len(proofs)} do.
The Rocq column names the theorem of an independent formal proof and the state of its last build.</p>{proof_table(proofs)}
</body></html>
"""


def not_run(left_out: Sequence[str]) -> str:
    """The announced runs that were left out, each with its reason."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in left_out)
    return f"<details><summary>{len(left_out)} runs left out</summary><ul>{lines}</ul></details>" if lines else ""


def rocq_words(status: Any) -> str:
    """The Rocq column: theorem and state of its last build."""
    if not status:
        return "—"
    if isinstance(status, Mapping):
        return ", ".join(str(status[k]) for k in ("theorem", "built") if status.get(k))
    return str(status)
