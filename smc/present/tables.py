"""Reports for a person: tables on a terminal, one JSON object for a program."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from proofs.legends import FORM_WORDS, QUANTITY_WORDS
from smc.checks.atlas import Entry
from smc.checks.check import Report
from smc.checks.least import LeastParticles
from smc.checks.model_plan import ModelPlan
from smc.checks.plan import Demand, Setting, cheapest
from smc.checks.row import Ends, Row
from smc.errors import InputError
from smc.exact.enough import MOST_PARTICLES
from smc.numbers import INFINITE, Rational, Verdict, nearest_float
from smc.present.digits import logarithm, short
from smc.present.fitting import FittedTable
from smc.setting.analysis import Constants

MARKS = {
    Verdict.HOLDS: ("holds", "green"),
    Verdict.REFUTED: ("REFUTED", "bold red"),
    Verdict.UNDECIDED: ("undecided", "yellow"),
}


NOTHING = Rational(1, 10**30)
"""A probability below this is not worth a word to a reader; the JSON has it."""


def verdict_text(verdict: Verdict) -> Text:
    """The verdict in its colour, also readable without colour."""
    word, style = MARKS[verdict]
    return Text(word, style=style)


def between(low: Rational | float, high: Rational | float) -> str:
    """An interval for reading: one number where its ends look alike."""
    return short(low) if short(low) == short(high) else f"{short(low)} .. {short(high)}"


def row_cells(row: Row) -> list[str | Text]:
    """Statement, form, quantity, observed (both ends where that is all that is known), bound, bound / observed, verdict."""
    seen = row.observed
    observed = between(seen.low, seen.high) if isinstance(seen, Ends) else short(seen)
    if not row.claims:
        claim = Text("claims nothing", style="dim")
        return [row.id, row.form, row.quantity, observed, short(row.bound), "", claim]
    slack = "" if row.slack == INFINITE else f"{short(row.slack)}×"
    return [row.id, row.form, row.quantity, observed, short(row.bound), slack, verdict_text(row.verdict)]


COLUMNS = ("statement", "form", "quantity", "observed", "bound", "bound / observed", "verdict")


def bounds_table(rows: Sequence[Row], title: str = "") -> Table:
    """Every statement against what was measured. Statement and form share a column: they name a row, and eighty columns hold it."""
    table = FittedTable(prose=("quantity",), title=title or None, caption=legend(rows))
    table.add_column(COLUMNS[0])
    for name in COLUMNS[2:]:
        table.add_column(name, justify="right" if name in ("observed", "bound", "bound / observed") else "left")
    for row in rows:
        statement, form, *rest = row_cells(row)
        table.add_row(f"{statement} {form}", *rest)
    return table


def legend(rows: Sequence[Row]) -> str | None:
    """The lines below a table of bounds: the forms and quantities that occur in it. None for an empty table."""
    forms = {row.form for row in rows}
    told = [f"{form}: {what}" for form, what in FORM_WORDS.items() if form in forms]
    lines = [text for name, text in QUANTITY_WORDS.items() if any(name in row.quantity for row in rows)]
    return "\n".join(["; ".join(told), *lines]) if told else None


def model_lines(c: Constants) -> list[str]:
    """The model and the reward model, and their constants."""
    return [
        f"{c.model.name}: horizon T = {c.model.horizon}, {sum(c.model.sizes)} states in {len(c.model.sizes)} layers, "
        f"reward model: {c.twist.name}",
        f"normaliser Z = {short(c.normaliser)}, log Z = {logarithm(c.normaliser)}, Bellman error eps = {short(c.bellman_error)}, "
        f"cumulative e^(2 Lambda) = {short(c.bellman_product)}, ratio bound L = {short(c.ratio_bound)}",
    ]


def constants_lines(report: Report) -> list[str]:
    """What the model is, in the theory's words."""
    c, m = report.constants, report.measured
    count = m.sampler.count.words(m.count)
    dead = f", probability of no answer {short(m.output.dead)}" if nearest_float(m.output.dead) > NOTHING else ""
    return [
        *model_lines(c),
        f"{m.sampler.name}, {count}: exact total variation to the target {short(m.total_variation)}{dead}"
        + (f", E[Zhat^2]/Z^2 = {short(m.second_moment_ratio)}" if m.sampler.estimates else ""),
        f"{m.sampler.name}: {m.sampler.how}",
        *([f"symmetry: {m.lumping}"] if m.lumping.before != m.lumping.sizes else []),
        *(f"note: {note}" for note in c.model.notes),
        *_left_out(report),
    ]


def _left_out(report: Report) -> Iterator[str]:
    """A line for each condition that the model does not meet, with the statements that ask for it."""
    asking: dict[str, list[str]] = {}
    for statement, form, scope in report.out_of_scope:
        asking.setdefault(scope, []).append(f"{statement} ({form})")
    for scope, names in asking.items():
        yield f"not stated of this model: {', '.join(names)}, which ask{'s' * (len(names) == 1)} that {scope}"


def plan_table(given: Setting, demands: Iterable[Demand]) -> Table:
    """What each theorem asks for, the cheapest marked."""
    demands = list(demands)
    best = cheapest(demands)
    table = FittedTable(
        prose=("remark", "source", "unit"),
        below=("statement", "count", "remark"),
        title=f"T = {given.horizon}, eps = {given.eps}, L = {given.ratio_bound}, total variation at most {given.delta}",
    )
    for name, justify in (
        ("statement", "left"),
        ("source", "left"),
        ("algorithm", "left"),
        ("count", "right"),
        ("unit", "left"),
        ("generator calls", "right"),
        ("reward-model calls", "right"),
        ("remark", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for d in demands:
        count = short(d.count) if d.sufficient else f"≥ {short(d.count)}"
        mark = " (cheapest)" if d is best else ""
        table.add_row(
            d.id,
            d.source,
            d.algorithm + mark,
            count,
            d.unit,
            *(short(n) if d.sufficient else f"≥ {short(n)}" for n in (d.calls, d.cost)),
            d.remark,
            style="bold" if d is best else None,
        )
    return table


def model_plan_lines(found: ModelPlan) -> list[str]:
    """The certified counts in words."""
    c, e, delta = found.constants, found.certified, short(found.delta)
    lines = [
        f"{c.model.name}, T = {c.model.horizon}, reward model {c.twist.name}, {found.sampler.label}: total variation at most {delta}"
    ]
    if e is None:
        lines.append(found.counts.text(found.delta))
    elif found.least is not None:
        word = ", and one fewer is not enough" if found.needed and found.least > 1 else ""
        lines.append(f"certain from N = {found.least:,} on{word}")
    else:
        lines.append(f"not certified for good at any N up to {MOST_PARTICLES:,}")
    known = (
        ("theorems from eps, L, T", found.by_theorems, ""),
        ("this model's constants", found.by_constants, ""),
        ("certified here", e.for_good, "from {} on")
        if e is not None
        else (_met(found.counts), found.counts.particles, ""),
        ("exact" if found.needed else "certain", found.least, "from {} on"),
    )
    told = (f"{name}: {'-' if n is None else (words or '{}').format(f'{n:,}')}" for name, n, words in known)
    lines.append("; ".join(told))
    if e is not None and e.open_from is not None:
        lines.append(f"N = {e.open_from:,} .. {e.open_to:,} is open at level two: give a larger --budget")
    if e is not None and found.counts.open:
        lines.append(
            f"open: {found.counts.open_text()}: whether the accuracy is met there, neither laws nor enclosures have said"
        )
    return [*lines, f"{found.sampler.name}: {found.sampler.how}"]


def _met(counts: LeastParticles) -> str:
    """What is known of the least count that meets the accuracy."""
    return "first met" if counts.first else "certainly met"


def model_plan_table(found: ModelPlan) -> Table:
    """What each statement asks for, and what is certified, on one model."""
    table = FittedTable(
        caption="a generator call expands one node, a reward-model call scores one; a run that dies early costs less"
    )
    table.add_column("by")
    for name in ("particles", "generator calls", "reward-model calls"):
        table.add_column(name, justify="right")

    def cells(particles: int | None) -> list[str]:
        return ["", ""] if particles is None else [short(int(n)) for n in found.calls(particles)]

    for d in found.demands:
        asked = "never" if d.particles is None else short(d.particles)
        table.add_row(f"{d.id} ({d.form})", asked, *cells(d.particles))
    e = found.certified
    enclosed = (
        [
            ("enclosure, level two: its tail, as S14 (linear)", e.tail),
            (f"enclosure, level two: {_for_good(e.open_from is None)}", e.for_good),
            ("enclosure, level two: first met at", e.first),
        ]
        if e is not None
        else []
    )
    laws = "exact laws" if e is None else "exact laws and level four"
    whole = f"{laws}: " * (e is not None or found.needed) + _for_good(found.needed)
    rows = [*enclosed, (f"{laws}: {_met(found.counts)} at", found.counts.particles), (whole, found.least)]
    for k, (what, count) in enumerate(rows):
        told = "-" if count is None else f"{count:,}"
        table.add_row(what, told, *cells(count), style="bold" if k == len(rows) - 1 else None)
    return table


def _for_good(least: bool) -> str:
    return "for good from" if least else "certain for good from"


def atlas_tables(entries: Sequence[Entry]) -> list[Table]:
    """For each setting: bounds on the TV at each N, then what each statement asks for beside the exact least N."""
    tables: list[Table] = []
    for entry in entries:
        c = entry.setting
        least = entry.least.text(entry.delta) if entry.least else entry.remark
        table = FittedTable(
            title=f"{c.named}: T = {c.horizon}, eps = {short(c.bellman_error)}, L = {short(c.ratio_bound)}",
            caption="; ".join(filter(None, [least, entry.remark if entry.least else ""])),
        )
        exact = dict(entry.distances)
        counts = sorted(exact)
        table.add_column("")
        for n in counts:
            table.add_column(f"N = {n}", justify="right")
        table.add_column("particles asked for", justify="right")
        table.add_column("times the least", justify="right")
        table.add_row(
            c.truth,
            *(short(exact[n]) for n in counts),
            _least(entry),
            "",
            style="bold",
        )
        by_claim = {(row.id, row.form, n): row for n, row in entry.rows}
        asked = {(d.id, d.form): d for d in entry.demands}
        for claim in entry.setting.claims:
            cells = [bound_text(by_claim[claim.id, claim.form, n]) for n in counts]
            name = f"{'≥ ' * (claim.relation == '>=')}{claim.id} ({claim.form})"
            d = asked.get((claim.id, claim.form))
            excess = entry.excess(d) if d else None
            table.add_row(name, *cells, short(d.particles) if d else "", "" if excess is None else f"{short(excess)}×")
        tables.append(table)
    return tables


def side_by_side(entries: Sequence[Entry]) -> list[Table]:
    """Where a model is charted under several samplers: their exact TV at each N in one table, and which statements speak of each."""
    settings: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        settings.setdefault((entry.setting.label, entry.setting.horizon), []).append(entry)
    tables: list[Table] = []
    for (label, horizon), group in settings.items():
        if len(group) == 1:
            continue
        counts = sorted({n for entry in group for n, _ in entry.distances})
        table = FittedTable(prose=("spoken of by",), title=f"{label}, T = {horizon}: total variation, scheme by scheme")
        table.add_column("sampler")
        for n in counts:
            table.add_column(f"N = {n}", justify="right")
        table.add_column(f"least N for {short(group[0].delta)}", justify="right")
        table.add_column("spoken of by")
        for entry in group:
            exact, spoken = dict(entry.distances), entry.setting.spoken
            cells = [short(exact[n]) if n in exact else "—" for n in counts]
            table.add_row(entry.setting.sampler.label, *cells, _least(entry), ", ".join(spoken) or "no statement")
        tables.append(table)
    return tables


def _least(entry: Entry) -> str:
    """The least count that meets delta, and the least from which on all do where that is another."""
    least = entry.least
    if least is None:
        return "—"
    if least.particles is None:
        return "—"
    first = f"{'' if least.first else '≤ '}{short(least.particles)}"
    if least.onward in (None, least.particles):
        return first
    return f"{first}; from {'' if least.needed else '≤ '}{short(least.onward)} on"


def bound_text(row: Row) -> Text:
    """The bound, marked when it does not hold."""
    return Text(short(row.bound), style="" if row.verdict is Verdict.HOLDS else MARKS[row.verdict][1])


def write_atomically(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write `content`, perhaps piece by piece, to `path` or to what it links to, whole or not at all; a pipe or a terminal is written to as
    it is, not replaced. Raises InputError when the place cannot be written."""
    listed = [content] if isinstance(content, (str, bytes)) else content
    pieces = (piece if isinstance(piece, bytes) else piece.encode() for piece in listed)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                file.writelines(pieces)
            return
        path = Path(os.path.realpath(path))  # a link is written through; one that leads to itself is replaced
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)  # mkstemp makes files that only their owner reads
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)  # gone when the interruption came after the move
            raise
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", where=str(path), mend="choose a place that you may write to"
        ) from None


def dump(value: Any) -> str:
    """One JSON object, keys in the order given, one trailing newline."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
