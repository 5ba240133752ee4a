"""Figures (matplotlib, the `plot` extra). One style file, colour-blind safe; every function returns the figure and draws exact data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

import flint

from smc.errors import InputError
from smc.rational import INFINITE
from smc.verify import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_axes(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """A figure in the project's style. Raises InputError when matplotlib is not installed."""
    try:
        import matplotlib

        matplotlib.use("Agg", force=False)
        import matplotlib.pyplot as plt
    except ImportError:
        raise InputError(
            "matplotlib is not installed", where="figure", mend="pip install 'bellman-smc[plot]'"
        ) from None
    with resources.as_file(resources.files("smc") / "bellman.mplstyle") as style, plt.style.context(str(style)):
        return plt.subplots(figsize=(width, height))


def tv_against_particles(reports: Sequence[Report], title: str = "") -> Figure:
    """Exact TV to the target against N (log-log), and every bound on it. `reports`: one model, twist and algorithm, several N."""
    figure, axes = new_axes()
    reports = sorted(reports, key=lambda r: r.measured.particles)
    particles = [r.measured.particles for r in reports]
    axes.plot(particles, [float(r.measured.total_variation) for r in reports], marker="o", label="exact TV")
    curves: dict[str, list[tuple[int, float]]] = {}
    for report in reports:
        for row in report.rows:
            infinite = not isinstance(row.bound, flint.arb) and row.bound == INFINITE
            if row.quantity == "TV" and not infinite:
                curves.setdefault(f"{row.id} ({row.form})", []).append((report.measured.particles, float(row.bound)))
    for label, points in curves.items():
        axes.plot(*zip(*points, strict=True), label=label)
    axes.axhline(1, color="0.5", linewidth=0.8, linestyle="-")
    axes.annotate("TV never exceeds 1", (particles[-1], 1), ha="right", va="bottom", fontsize=8, color="0.4")
    axes.set(xscale="log", yscale="log", xlabel="particles N", ylabel="total variation to the target", title=title)
    axes.set_xticks(particles, [str(n) for n in particles])
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
