"""What the notebooks show: tables of exact numbers and reports as Markdown, with the same words as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flint

from proofs.reading.notebook import Shown
from smc.checks.atlas import Entry
from smc.checks.check import Report
from smc.checks.plan import Demand, cheapest
from smc.numbers import ONE, Rational, Verdict
from smc.present.digits import short
from smc.present.tables import COLUMNS, constants_lines, row_cells
from smc.setting.analysis import Constants, bellman
from smc.setting.telescoping import PathWeight

LONGEST = 9
"""A column whose fractions have at most so many characters shows them as they are; another column shows four digits."""


def cell(value: Any, exact: bool = True) -> str:
    """A number as a reader wants it: fractions as they are, or (exact=False) to four digits; `yes` and `no` for truth values."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Verdict):
        return value.value
    if isinstance(value, type(ONE)):
        return str(value) if exact else short(value)
    if value is None or isinstance(value, (int, float, flint.arb)):
        return short(value)
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Shown:
    """A table; columns of numbers are set to the right, and are exact throughout or to four digits throughout."""
    body = [list(row) for row in rows]
    kinds = [[row[k] for row in body] for k in range(len(columns))]
    right = [all(not isinstance(value, (str, bool, Verdict)) for value in column) for column in kinds]
    exact = [all(len(str(v)) <= LONGEST for v in column if isinstance(v, type(ONE))) for column in kinds]
    lines = [list(columns), ["---:" if r else "---" for r in right]]
    lines += [[cell(v, e).replace("|", "\\|") for v, e in zip(row, exact, strict=True)] for row in body]
    return Shown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def quantities(named: Mapping[str, Any]) -> Shown:
    """One line a quantity."""
    rows = [(name, cell(value, len(str(value)) <= LONGEST)) for name, value in named.items()]
    return table(("quantity", "value"), rows)


def values_table(constants: Constants) -> Shown:
    """Every alive state before the horizon: true value, reward model, backed-up value, Bellman ratio."""
    model, rows = constants.model, []
    for t in range(model.horizon):
        backed = bellman(model, t, constants.twist.values[t + 1])
        for x in constants.alive[t]:
            row = constants.true_value[t][x], constants.twist.values[t][x], backed[x], constants.bellman_ratio[t][x]
            rows.append((str(t), model.layers[t][x], *row))
    return table(("t", "state", "V* true value", "V reward model", "B V", "rho = B V / V"), rows)


def paths_table(paths: Iterable[PathWeight], most: int = 8) -> Shown:
    """Path, probability of the proposal, weights step by step, their product, unnormalised target mass."""
    rows = [(p.states[-1], p.probability, " · ".join(map(str, p.weights)), p.weight, p.mass) for p in paths]
    return table(("path", "probability", "weights", "their product", "mass"), rows[:most])


def report(found: Report) -> Shown:
    """What `bellman-smc check` prints: the constants, then every statement against what was measured."""
    lines = "\n".join(f"- {line}" for line in constants_lines(found))
    rows = table(COLUMNS, ([str(c) for c in row_cells(row)] for row in found.rows))
    return Shown(f"{lines}\n\n{rows.markdown}")


def distances(reports: Sequence[Report], statements: Sequence[tuple[str, str]]) -> Shown:
    """N, exact TV, and the bounds of `statements`, as (ID, form)."""
    rows = []
    for r in reports:
        bounds = {(row.id, row.form): row.bound for row in r.rows}
        rows.append((r.measured.particles, r.measured.total_variation, *(bounds[s] for s in statements)))
    return table(("N", "exact TV", *(f"{i} ({form})" for i, form in statements)), rows)


def demands(entry: Entry) -> Shown:
    """What each statement asks for to reach delta, beside the exact least number of particles."""
    asked = [(d.id, d.form, d.particles) for d in entry.demands]
    if entry.least is None:
        return table(("statement", "form", "particles asked for"), asked)
    rows = [(*row, _times(entry.excess(d))) for row, d in zip(asked, entry.demands, strict=True)]
    least = [("exact least N" if entry.least.first else "an N that is certain to", "", entry.least.particles, "")]
    if entry.least.onward != entry.least.particles:
        all_do = "from which on all do"
        least.append((f"least N {all_do}" if entry.least.needed else f"an N {all_do}", "", entry.least.onward, ""))
    return table(("statement", "form", "particles asked for", "times the least"), [*least, *rows])


def _times(excess: Rational | None) -> str:
    return "" if excess is None else f"{short(excess)}×"


def degenerate(constants: Constants) -> Shown:
    """Alive states whose true value is zero although the reward model says otherwise: they make the Bellman error infinite."""
    rows = [
        (str(t), constants.model.layers[t][x], constants.twist.values[t][x], constants.true_value[t][x])
        for t, layer in enumerate(constants.bellman_ratio)
        for x, ratio in layer.items()
        if not ratio
    ]
    return table(("t", "state", "V reward model", "V* true value"), rows)


def offers(planned: Sequence[Demand]) -> Shown:
    """What each statement asks for when only T, eps, L and delta are known; the cheapest marked."""
    best = cheapest(list(planned))
    rows = [
        (d.id, d.algorithm, short(d.count) if d.sufficient else f"at least {short(d.count)}", d.unit, short(d.cost),
         "cheapest" if d is best else d.remark)
        for d in planned
    ]  # fmt: skip
    return table(("statement", "algorithm", "count", "of", "reward-model evaluations", "remark"), rows)
