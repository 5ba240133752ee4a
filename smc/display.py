"""What the notebooks show: tables of exact numbers and reports as Markdown, with the same words as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flint

from proofs.display import Shown
from smc.atlas import Entry
from smc.plan import Demand, cheapest
from smc.rational import Rational, Verdict
from smc.report import COLUMNS, constants_lines, row_cells, short
from smc.telescoping import PathWeight
from smc.value import Constants, bellman
from smc.verify import Report

LONGEST = 9
"""Fractions of at most so many characters are shown as they are; longer ones to four digits."""


def cell(value: Any) -> str:
    """A number as a reader wants it: short fractions exactly, long ones to four digits, `yes` and `no` for truth values."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Verdict):
        return value.value
    if isinstance(value, Rational):
        return str(value) if len(str(value)) <= LONGEST else short(value)
    if value is None or isinstance(value, (int, float, flint.arb)):
        return short(value)
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Shown:
    """A table; columns of numbers are set to the right."""
    body = [list(row) for row in rows]
    right = [all(not isinstance(row[k], (str, bool, Verdict)) for row in body) for k in range(len(columns))]
    lines = [columns, ["---:" if r else "---" for r in right]]
    lines += [[cell(value).replace("|", "\\|") for value in row] for row in body]
    return Shown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def quantities(named: Mapping[str, Any]) -> Shown:
    """One line a quantity."""
    return table(("quantity", "value"), named.items())


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
    rows = [(p.states[-1], p.probability, " · ".join(map(cell, p.weights)), p.weight, p.mass) for p in paths]
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
    least = entry.least.particles if entry.least else None
    rows: list[tuple[Any, ...]] = [("exact least N", "", least, None)]
    rows += [(d.id, d.form, d.particles, entry.excess(d)) for d in entry.demands]
    return table(("statement", "form", "particles asked for", "times the least"), rows)


def offers(planned: Sequence[Demand]) -> Shown:
    """What each statement asks for when only T, eps, L and delta are known; the cheapest marked."""
    best = cheapest(list(planned))
    rows = [
        (d.id, d.algorithm, short(d.count) if d.sufficient else f"at least {short(d.count)}", d.unit, short(d.cost),
         "cheapest" if d is best else d.remark)
        for d in planned
    ]  # fmt: skip
    return table(("statement", "algorithm", "count", "of", "reward-model evaluations", "remark"), rows)
