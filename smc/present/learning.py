"""The picture of a reward model while it is learned, and the table of particles predicted and needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smc.checks.learning import Stage, Study
from smc.present.figures import cycler_colours, in_style, plain_ticks
from smc.present.words import in_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("learned by", "texts", "eps", "audit's interval", "Lambda", "TV at most", "predicted N", "needed N")


def rows(study: Study) -> list[tuple[str, ...]]:
    """A row a stage."""
    return [_row(stage) for stage in study.stages]


def _row(s: Stage) -> tuple[str, ...]:
    interval = f"{s.audited[0]:.3g} .. {s.audited[1]:.3g}"
    predicted = "—" if s.predicted is None else f"{s.predicted:,.0f}"
    errors = (f"{s.eps:.3g}", interval, f"{s.cumulative:.3g}", f"{s.smc.upper:.3f}")
    return (s.method, f"{s.texts:,}", *errors, predicted, f"{s.needed:,}")


def by_method(study: Study) -> dict[str, list[Stage]]:
    """The stages of each method, in the order of training."""
    found: dict[str, list[Stage]] = {}
    for stage in study.stages:
        found.setdefault(stage.method, []).append(stage)
    return found


@in_style
def learning_figure(study: Study) -> Figure:
    """Computed error of SMC against eps (left) and Lambda (right); a line follows one method through its training, best-of-N is dashed."""
    from smc.present.drawing import Drawing

    figure = Drawing(figsize=(10.5, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    colours = cycler_colours()
    for k, (method, stages) in enumerate(by_method(study).items()):
        errors = [s.smc.upper for s in stages]
        for axes, measured in ((left, [s.eps for s in stages]), (right, [s.cumulative for s in stages])):
            axes.plot(measured, errors, color=colours[k], linewidth=1.2, label=method)
            _growing(axes, measured, errors, colours[k])
    for axes, name in ((left, "Bellman error eps"), (right, "cumulative Bellman error Lambda")):
        axes.axhline(study.best_of.upper, color="0.35", linestyle="--", label=f"best of {study.particles}")
        axes.set(xlabel=name, xscale="log", yscale="log")
        plain_ticks(axes.xaxis)
        plain_ticks(axes.yaxis)
    left.set(ylabel=f"total variation at most, N = {study.particles}")
    sizes = [s.texts for s in study.stages]
    what = in_figure(f"{study.chain.automaton.name}, T = {study.chain.horizon}")
    left.set_title(f"{what}: trained on {min(sizes):,} to {max(sizes):,} texts (larger points: more)", loc="left")
    figure.legend(*left.get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _growing(axes, xs: Sequence[float], ys: Sequence[float], colour: str) -> None:
    """Points that grow with training."""
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        axes.plot([x], [y], "o", color=colour, markersize=3 + 1.2 * k, label="_stage")
