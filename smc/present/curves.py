"""The truth between its certified curves: exact TV where it can be had, both ends of the enclosures at every N, and the best theorem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofs.catalogue import TV
from smc.checks.measure import Measured
from smc.checks.table import claims
from smc.errors import TooLarge
from smc.exact import seconds_of_law
from smc.exact.enclosure import Enclosure, enclosure, joined
from smc.exact.enclosure_cost import choose
from smc.numbers import ZERO, is_infinite, nearest_float
from smc.present.figures import in_style
from smc.present.words import in_figure
from smc.samplers.naive import naive
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXACT_SECONDS, FOUR_SECONDS, TWO_SECONDS = 1.0, 1.0, 1.0
"""Longest estimate of one exact law, of level four and of level two at one N."""
FLOOR = 1e-8
"""The axis begins here at the lowest; a lower end of 0 is drawn at it."""
COUNTS = tuple(2**k for k in range(21))
"""Numbers of particles: 1, 2, 4, .. and about a million."""
FEW = 16
"""Of more counts than these, level four and the theorems are drawn at every other one."""


@in_style
def certified_curves(models: Sequence[Constants], sampler: Sampler = naive, counts: Sequence[int] = COUNTS) -> Figure:
    """TV against N in `counts`, a panel a model: exact points inside the bands of both levels, and the least bound."""
    from smc.present.drawing import Drawing

    figure = Drawing(figsize=(3.6 * len(models) + 1.4, 3.9), layout="constrained")
    panels = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
    lowest = [_panel(axes, constants, sampler, counts) for axes, constants in zip(panels, models, strict=True)]
    panels[0].set(ylabel="total variation to the target", ylim=(min(lowest), 2))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels) if len(models) > 1 else 2)
    return figure


def _panel(axes: Axes, c: Constants, sampler: Sampler, counts: Sequence[int]) -> float:
    """Draws one model; where its axis may begin."""
    bottom = 1.0
    thinned = counts if len(counts) <= FEW else counts[::2]
    bands = ((2, "0.86", TWO_SECONDS, counts), (4, "#56B4E9", FOUR_SECONDS, thinned))
    for level, colour, seconds, at in bands:
        found = _enclosures(c, sampler, level, seconds, at)
        if not found:
            continue
        ends = [(nearest_float(e.tv_lower), nearest_float(e.tv_upper)) for e in found]
        ns = [e.particles for e in found]
        bottom = min(bottom, *(max(low / 2, FLOOR) for low, _ in ends))
        axes.fill_between(
            ns, [max(low, FLOOR) for low, _ in ends], [max(high, FLOOR) for _, high in ends], color=colour, alpha=0.6, linewidth=0,
            label=f"certain, level {'two' if level == 2 else 'four'}",
        )  # fmt: skip
        edge = "0.45" if level == 2 else "#0072B2"
        for k, name in ((0, "lower"), (1, "upper")):
            shown = [(n, end[k]) for n, end in zip(ns, ends, strict=True) if end[k] > FLOOR]
            if shown:
                axes.plot(
                    *zip(*shown, strict=True), color=edge, linewidth=0.9, linestyle="-", label=f"_{name}, level {level}"
                )
    exact = []
    for n in counts:
        if seconds_of_law(Measured(c, sampler, n).process, n) > EXACT_SECONDS:
            break
        exact.append((n, nearest_float(Measured(c, sampler, n).total_variation)))
    shown = [(n, tv) for n, tv in exact if tv > FLOOR]
    if shown:
        axes.plot(*zip(*shown, strict=True), color="#D55E00", marker="o", markersize=4, linestyle="", label="exact")
    best = [(n, bound) for n in thinned if (bound := _least_bound(c, sampler, n)) is not None]
    if best:
        axes.plot(*zip(*best, strict=True), color="0", linestyle="--", label="least bound of a theorem")
    axes.set(xscale="log", yscale="log", xlabel="particles N", title=in_figure(c.model.name))
    return bottom


def _enclosures(c: Constants, sampler: Sampler, level: int, seconds: float, counts: Sequence[int]) -> list[Enclosure]:
    process = sampler.process(c.model, c.twist)
    quotient = joined(process)[0]
    found = []
    for n in counts:
        try:
            way = choose(quotient, n, level=level, budget=seconds)
        except TooLarge:
            break
        found.append(enclosure(process, n, level=level, arithmetic=way.arithmetic))
    return found


def _least_bound(c: Constants, sampler: Sampler, n: int) -> float | None:
    """The least bound on TV that a statement gives at n particles."""
    rows = [claim.row(n, ZERO) for claim in claims(c, sampler) if claim.quantity == TV]
    bounds = [nearest_float(row.bound) for row in rows if row.relation == "<=" and not is_infinite(row.bound)]
    return min(bounds, default=None)
