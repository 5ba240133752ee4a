"""Figures that carry the argument (matplotlib, the `plot` extra). One style file, colour-blind safe, readable in grey.

Every function computes its data exactly or in certified arithmetic, draws it, and returns the figure; the data are the lines' own, so that
a test can read them back from the axes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proofs.catalogue import TV
from smc.checks.atlas import Entry
from smc.checks.check import Report
from smc.checks.measure import importance_chi_square
from smc.checks.plan import Setting, plan, setting
from smc.errors import InputError, missing_extra
from smc.instances.hidden import hidden_mass
from smc.instances.two_branch import most_variance
from smc.numbers import Rational, ball, nearest_float, rational
from smc.present.tables import write_atomically
from smc.present.words import in_figure
from smc.query.minimax import least_tv
from smc.setting.analysis import analyse

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def in_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Run a figure function in the project's style. Raises InputError when matplotlib is not installed."""

    @wraps(draw)
    def styled(*args: Any, **kwargs: Any) -> Figure:
        try:
            import matplotlib

            matplotlib.use("Agg", force=False)
            import matplotlib.pyplot as plt
        except ImportError:
            raise missing_extra("matplotlib") from None
        with (
            resources.as_file(resources.files("smc.present") / "bellman.mplstyle") as style,
            plt.style.context(str(style)),
        ):
            return draw(*args, **kwargs)

    return styled


def new_axes(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """An empty figure that no window manager keeps, with one set of axes."""
    from smc.present.drawing import Drawing

    figure = Drawing(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def plain_ticks(axis: Any) -> None:
    """On a logarithmic axis: 0.5, and not a power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


STROKES, MARKS = ("-", "--", ":", "-."), ("", "v", "s")
"""Of the forms of a statement, in their order; of statements that share a colour."""


def styles(claims: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """A line for each claim, by statement and form: a colour and a mark for the statement, a stroke for the form."""
    palette, forms = cycler_colours()[1:], dict[str, list[str]]()
    for identifier, form in claims:
        forms.setdefault(identifier, []).append(form)
    return {
        (identifier, form): {
            "color": palette[k % len(palette)], "marker": MARKS[k // len(palette) % len(MARKS)], "markersize": 3.5,
            "linestyle": STROKES[j % len(STROKES)],
        }
        for k, identifier in enumerate(forms) for j, form in enumerate(forms[identifier])
    }  # fmt: skip


def named(claim: tuple[str, str]) -> str:
    """The label of a claim."""
    return f"{claim[0]} ({claim[1]})"


def height_for(lines: int) -> float:
    """Inches of a figure whose legend has so many lines."""
    return max(4.2, 0.6 + 0.19 * lines)


@in_style
def atlas_figure(entries: Sequence[Entry]) -> Figure:
    """Left: exact TV and bounds against N for the first setting. Right: exact least N and what statements ask for, setting by setting."""
    from smc.present.drawing import Drawing

    first = entries[0]
    claims = styles((claim.id, claim.form) for claim in first.setting.claims)
    figure = Drawing(figsize=(10.5, height_for(len(claims) + 1)), layout="constrained")
    left, right = figure.subplots(1, 2)
    exact = dict(first.distances)
    truth = {"color": cycler_colours()[0], "linestyle": "-", "marker": "o", "linewidth": 2.6, "zorder": 3}
    if exact:
        left.plot(list(exact), [nearest_float(x) for x in exact.values()], label="exact", **truth)
    for claim, style in claims.items():
        points = [(n, nearest_float(row.bound)) for n, row in first.rows if (row.id, row.form) == claim and row.claims]
        if points:
            left.plot(*zip(*points, strict=True), label=named(claim), **_seen(style, len(points)))
        asked = [
            (e.setting.horizon, d.particles)
            for e in entries
            for d in e.demands
            if (d.id, d.form) == claim and d.particles
        ]
        if asked:
            label = {} if exact else {"label": named(claim)}  # else the legend has it from the left
            right.plot([t for t, _ in asked], [_log10(n) for _, n in asked], **_seen(style, 1), **label)
    least = [(e.setting.horizon, e.least.onward) for e in entries if e.least and e.least.needed and e.least.onward]
    if least:
        right.plot([t for t, _ in least], [_log10(n) for _, n in least], **truth)
    left.set(
        xscale="log",
        yscale="log",
        xlabel="particles N",
        ylabel="total variation to the target",
        title=in_figure(first.setting.named),
    )
    right.set(xlabel="horizon T", ylabel="log₁₀ particles", title=f"particles for TV ≤ {first.delta}")
    _counts_below(left, list(exact))
    horizons = sorted({e.setting.horizon for e in entries})
    right.set_xticks(horizons, [str(t) for t in horizons])
    for axes, missing in ((left, first.remark or "no law"), (right, "no count is known")):
        if not axes.lines:
            axes.set_axis_off()
            axes.text(0.5, 0.5, in_figure(missing), ha="center", va="center", wrap=True, transform=axes.transAxes)
    _legend(figure, left if exact else right)
    return figure


def _seen(style: dict[str, Any], points: int) -> dict[str, Any]:
    """`style`, with a mark where it has none and nothing but a mark shows so few points."""
    return style if points > 1 or style["marker"] else {**style, "marker": "."}


def _counts_below(axes: Axes, counts: Sequence[int]) -> None:
    """A tick at each count of a logarithmic axis; labels from the first on and at the last, where there is room for them."""
    from matplotlib.ticker import NullLocator

    width = (math.log(counts[-1] / counts[0]) if counts else 0.0) or 1.0
    ends = [math.log(n / counts[0]) / width for n in counts]
    shown: list[int] = []

    def room(one: int, two: int) -> bool:
        letters = len(str(counts[one])) + len(str(counts[two]))
        return ends[two] - ends[one] >= 0.01 + 0.014 * letters

    last = len(counts) - 1
    for k in range(len(counts)):
        if (not shown or room(shown[-1], k)) and (k == last or room(k, last)):
            shown.append(k)
    axes.set_xticks(list(counts), [str(n) if k in shown else "" for k, n in enumerate(counts)])
    axes.xaxis.set_minor_locator(NullLocator())


def _legend(figure: Figure, axes: Axes) -> None:
    """Lines in the order in which they end on the right, from the top: what lies on another still has its name beside that one's."""
    drawn = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    if not drawn:
        return
    drawn.sort(key=lambda line: (np.asarray(line.get_ydata())[-1], line.get_zorder()), reverse=True)
    figure.legend(handles=drawn, loc="outside right center")


def save(figure: Figure, path: Path) -> None:
    """Write the figure whole or not at all; the ending chooses the format. Raises InputError for an unknown ending or a closed place."""
    kind = path.suffix.lstrip(".").lower()
    if kind not in ("png", "svg", "pdf"):
        raise InputError(
            f"unknown figure format {path.suffix!r}", where=str(path), mend="end the name in .png, .svg or .pdf"
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    write_atomically(path, buffer.getvalue())


def cycler_colours() -> list[str]:
    """Colours of the style in force, black first."""
    from matplotlib import rcParams

    return rcParams["axes.prop_cycle"].by_key()["color"]


@in_style
def tv_against_particles(reports: Sequence[Report], title: str = "") -> Figure:
    """Exact TV to the target against N (log-log), and every bound on it; the legend from the loosest at the largest N down. `reports`: one
    model, twist and algorithm, several N."""
    reports = sorted(reports, key=lambda r: r.measured.particles)
    particles = [r.measured.particles for r in reports]
    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for report in reports:
        for row in report.rows:
            if row.quantity == TV and row.claims:
                curves.setdefault((row.id, row.form), []).append((report.measured.particles, nearest_float(row.bound)))
    figure, axes = new_axes(height=height_for(len(curves) + 2))
    exact = [nearest_float(r.measured.total_variation) for r in reports]
    axes.plot(particles, exact, marker="o", linewidth=2.6, label="exact TV", zorder=3)
    for claim, style in styles(curves).items():
        axes.plot(*zip(*curves[claim], strict=True), label=named(claim), **style)
    axes.axhline(1, color="0.5", linewidth=0.8, linestyle="-", label="1: TV never exceeds it")
    axes.set(
        xscale="log", yscale="log", xlabel="particles N", ylabel="total variation to the target", title=in_figure(title)
    )
    _counts_below(axes, particles)
    _legend(figure, axes)
    return figure


@in_style
def chi_square_against_horizon(
    c: object = 1, eps: object = "1/4", horizons: Sequence[int] = (2, 4, 8, 16, 32, 64)
) -> Figure:
    """Exact worst-case `chi^2(pi || guided)` (S1's attaining model) against T: Bellman error c/T, which stays bounded, and constant eps."""
    figure, axes = new_axes()
    product, constant = rational(c), rational(eps)
    for label, error in ((f"eps = {product}/T", lambda t: product / t), (f"eps = {constant}", lambda t: constant)):
        exact = [importance_chi_square(analyse(*most_variance(horizon=t, eps=error(t)))) for t in horizons]
        points = [(t, nearest_float(x)) for t, x in zip(horizons, exact, strict=True) if x]
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    limit = ball(product).sinh()
    axes.axhline(
        float(limit * limit),
        color="0.5",
        linewidth=0.8,
        linestyle="-",
        label=f"sinh²({product}), the bound for every T",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="horizon T",
        ylabel="χ²(π ‖ guided)",
        title="Bellman error decides the variance of the weights",
    )
    _counts_below(axes, horizons)
    axes.legend()
    return figure


@in_style
def exponent_gap(
    eps: object = "1/10",
    ratio_bound: object = 2,
    delta: object = "1/10",
    horizons: Sequence[int] = tuple(range(5, 105, 5)),
) -> Figure:
    """Particles that P3 and S3 ask for, and queries that S6 shows necessary, against T at constant eps: slopes 6, 2 and 2 per step."""
    figure, axes = new_axes()
    counts: dict[str, list[tuple[int, float]]] = {}
    labels = {"P3": "P3, the paper: slope 6", "S3": "S3: slope 2", "S6": "S6, lower bound: slope 2"}
    for horizon in horizons:
        asked = counts_by_statement(setting(horizon, eps, ratio_bound, delta))
        for identifier in labels:
            if count := asked.get(identifier):
                counts.setdefault(identifier, []).append((horizon, _log10(count)))
    for identifier, label in labels.items():
        axes.plot(*zip(*counts[identifier], strict=True), label=label)
    axes.set(xlabel="horizon T", ylabel="log₁₀ count", title=f"Constant Bellman error {eps}: the exponent is 2, not 6")
    axes.legend()
    return figure


@in_style
def staircase(children: int = 12, horizon: int = 4, gain: object = 2) -> Figure:
    """Exact minimax TV of S6's family against the number of queries, with the threshold below which it stays above 1/4."""
    figure, axes = new_axes()
    mass = hidden_mass(leaves=children, levels=horizon - 1, gain=gain)
    queries = list(range(children))
    axes.step(
        queries,
        [float(least_tv(leaves=children, queries=q, mass=mass)) for q in queries],
        where="post",
        label="best TV of any algorithm",
    )
    needed = children * (mass - Rational(1, 4)) - 1
    axes.axhline(0.25, color="0.5", linewidth=0.8, linestyle="-")
    axes.axvline(float(needed), color="#D55E00", linestyle="--", label=f"S6: TV ≤ 1/4 needs Q ≥ {float(needed):.3g}")
    axes.set(
        xlabel="queries below the root's children",
        ylabel="total variation to the target",
        title=f"{children} children, one hidden; T = {horizon}, gain {gain}",
        ylim=(0, 1),
    )
    axes.legend()
    return figure


def counts_by_statement(given: Setting) -> dict[str, int | None]:
    """What each statement asks for; where it speaks twice (S6: any vocabulary, then the given one), its first and stronger word."""
    counts: dict[str, int | None] = {}
    for demand in plan(given):
        counts.setdefault(demand.id, demand.count)
    return counts


def argument() -> list[tuple[Figure, str]]:
    """The figures that hold for every model, with captions: variance of the weights, the exponent, the lower bound."""
    return [
        (
            chi_square_against_horizon(),
            "S1, attained: the exact variance of the importance weights in the worst model. With a Bellman error of c/T it stays "
            "bounded for every T; with a constant one it grows exponentially.",
        ),
        (
            exponent_gap(),
            "Particles that the paper's theorem (P3) and its sharpened form (S3) ask for, and queries that no algorithm does without "
            "(S6). S3 and S6 have the same slope: the exponent 2 is the truth.",
        ),
        (
            staircase(),
            "S6: the least total variation that any algorithm reaches on a hidden branch, by its number of queries.",
        ),
    ]


@in_style
def demand_bars(given: Setting) -> Figure:
    """Particles, proposals or queries that each statement asks for (log scale), lower bounds hatched."""
    figure, axes = new_axes(height=3.4)
    demands = [d for d in plan(given) if d.count]
    seen = [d.id for d in demands]
    names = [
        f"{d.id} ({d.algorithm if d.id not in seen[:k] else f'{given.branching} successors'})"
        for k, d in enumerate(demands)
    ]
    axes.barh(
        names,
        [_log10(d.count or 1) for d in demands],
        color=["#0072B2" if d.sufficient else "#D55E00" for d in demands],
    )
    for bar, d in zip(axes.patches, demands, strict=True):
        if not d.sufficient:
            bar.set_hatch("//")
    axes.invert_yaxis()
    axes.set(
        xlabel="log₁₀ of the count (hatched: necessary)",
        title=f"T = {given.horizon}, eps = {given.eps}, L = {given.ratio_bound}, TV ≤ {given.delta}",
    )
    return figure


def _log10(count: int) -> float:
    """log10 of a count that may be too large for a float."""
    digits = str(count)
    return len(digits) - 1 + math.log10(int(digits[:15]) / 10 ** (len(digits[:15]) - 1))
