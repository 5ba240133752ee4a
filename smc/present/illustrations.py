"""Figures that explain one statement each, for the notebooks. Same style and rule as `smc.present.figures`: exact data, read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofs import bounds
from smc.checks.measure import importance_chi_square
from smc.checks.plan import setting
from smc.instances.hidden import hidden_child, hidden_mass
from smc.instances.rare_branch import certified_lives_mass
from smc.instances.two_branch import two_branch, weight_ratio
from smc.numbers import Rational, ball, nearest_float, precision, rational
from smc.present.figures import _log10, counts_by_statement, cycler_colours, in_style, new_axes
from smc.query.exponents import exponent
from smc.query.minimax import best_hit, least_tv
from smc.setting.analysis import Constants, analyse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
"""Behind a label that a line would cross."""


@in_style
def bellman_ratios(constants: Constants) -> Figure:
    """Bellman ratio of every alive state by level, with the band `1/(1+eps)..1+eps` that holds them all. Log scale: the band is even."""
    figure, axes = new_axes(height=3.6)
    levels = constants.bellman_ratio
    points = [(t, float(r)) for t, layer in enumerate(levels) for r in layer.values()]
    axes.plot(*zip(*points, strict=True), linestyle="", marker="o", color="#0072B2", label="one state each")
    for t, layer in enumerate(levels):
        for r in sorted(set(layer.values())):
            states = ", ".join(constants.model.layers[t][x] for x, value in layer.items() if value == r)
            spot = (t, float(r))
            axes.annotate(states, spot, (8, 0), textcoords="offset points", va="center", fontsize=8, bbox=CLEAR)
    high = float(1 + constants.bellman_error)
    for edge, word in ((high, "1 + eps"), (1 / high, "1/(1 + eps)")):
        axes.axhline(edge, color="#D55E00", linestyle="--", linewidth=1.2, label=word)
        axes.annotate(
            word, (-0.37, edge), (0, 3), textcoords="offset points", va="bottom", fontsize=8.5, color="#D55E00"
        )
    axes.axhline(1, color="0.5", linewidth=0.8, linestyle="-", label="perfect")
    ticks = [float(Rational(k, 4)) for k in range(2, 8) if 1 / high <= k / 4 <= high]
    axes.set(xlabel="time t", ylabel="Bellman ratio", yscale="log", xlim=(-0.4, len(levels) - 0.5))
    axes.set(title="How far one step of guesses is from consistent", ylim=(0.93 / high, 1.09 * high))
    axes.set_xticks(range(len(levels)), [str(t) for t in range(len(levels))])
    axes.set_yticks(ticks, [f"{v:g}" for v in ticks])
    axes.minorticks_off()
    return figure


@in_style
def chi_square_against_branch(horizon: int, eps: object, steps: int = 48) -> Figure:
    """Exact chi-square of the two-branch model against the probability of its low branch, and S1's bound, which it touches once."""
    figure, axes = new_axes(height=3.6)
    low = [Rational(k, steps) for k in range(1, steps)]
    exact = [importance_chi_square(analyse(*two_branch(horizon=horizon, eps=eps, low=p))) for p in low]
    axes.plot([float(p) for p in low], [float(v) for v in exact], label="exact χ²(π ‖ guided)")
    bound = bounds.evaluate("S1", "uniform", T=horizon, eps=rational(eps))
    axes.axhline(float(bound), color="#D55E00", linestyle="--", linewidth=1.2, label="S1")
    q = weight_ratio(horizon=horizon, eps=eps)
    axes.plot([float(q / (q + 1))], [float(bound)], linestyle="", marker="o", color="#D55E00", label="attained")
    axes.set(xlabel="guided probability of the low branch", ylabel="χ²(π ‖ guided)", ylim=(0, 1.25 * float(bound)))
    axes.set(title=f"Two branches, T = {horizon}, eps = {rational(eps)}: one choice attains the bound")
    axes.legend(loc="upper left", ncols=3)
    return figure


@in_style
def query_staircase(children: int, horizon: int, gain: object) -> Figure:
    """Least TV that any algorithm reaches with Q queries: found by trying every decision tree, and by S6's formula."""
    figure, axes = new_axes(height=3.6)
    instances = [hidden_child(children=children, horizon=horizon, gain=gain, which=k) for k in range(children)]
    mass = hidden_mass(leaves=children, levels=horizon - 1, gain=gain)
    queries = list(range(children))
    formula = [least_tv(leaves=children, queries=q, mass=mass) for q in queries]
    searched = [max(Rational(0), mass - best_hit(instances, q).hit) for q in queries]
    axes.step(queries, [float(v) for v in formula], where="post", color="#0072B2", label="S6's formula")
    axes.plot(
        queries,
        [float(v) for v in searched],
        linestyle="",
        marker="o",
        color="#000000",
        label="every decision tree tried",
    )
    axes.set(xlabel="queries Q", ylabel="least total variation", ylim=(-0.03, 1))
    axes.set(title=f"{children} children, one hidden; T = {horizon}, gain {rational(gain)}")
    axes.legend()
    return figure


@in_style
def phase_transition(
    c: object = 1,
    eps: object = "1/10",
    ratio_bound: object = 2,
    delta: object = "1/10",
    horizons: Sequence[int] = (10, 20, 40, 80, 160, 320),
) -> Figure:
    """Particles that suffice (S13) and queries that are necessary (S6) against T, at `eps = c/T` and at constant eps."""
    figure, axes = new_axes()
    colours = cycler_colours()
    for k, (label, error) in enumerate(
        ((f"eps = {rational(c)}/T", lambda t: rational(c) / t), (f"eps = {rational(eps)}", lambda t: rational(eps)))
    ):
        for name, word, style in (("S13", "enough particles (S13)", "-"), ("S6", "necessary queries (S6)", "--")):
            counts = []
            for horizon in horizons:
                asked = counts_by_statement(setting(horizon, error(horizon), ratio_bound, delta))
                if count := asked.get(name):
                    counts.append((horizon, _log10(count)))
            axes.plot(
                *zip(*counts, strict=True), color=colours[1 + k], linestyle=style, marker=".", label=f"{label}: {word}"
            )
    axes.set(
        xscale="log",
        xlabel="horizon T",
        ylabel="log₁₀ count",
        title="Polynomial or exponential: the Bellman error decides",
    )
    axes.set_xticks(horizons, [str(t) for t in horizons])
    axes.minorticks_off()
    axes.legend()
    return figure


@in_style
def chord(low: object, high: object, points: int = 61) -> Figure:
    """S0.variance as a picture: `h^2` below its chord on [low, high]; with mean 1 the gap at 1 is `(high-1)(1-low)`."""
    a, b = rational(low), rational(high)
    figure, axes = new_axes(height=3.4)
    grid = [a + (b - a) * Rational(k, points - 1) for k in range(points)]
    axes.plot([float(h) for h in grid], [float(h * h) for h in grid], label="h²")
    axes.plot([float(a), float(b)], [float(a * a), float(b * b)], marker="o", label="its chord: the two-point law")
    top = a * a + (1 - a) * (a + b)
    axes.plot(
        [1, 1], [1, float(top)], color="#D55E00", linestyle="-", linewidth=2.4, label="largest variance at mean 1"
    )
    axes.annotate(
        f"(b - 1)(1 - a) = {(b - 1) * (1 - a)}",
        (1, float(1 + top) / 2),
        (60, -40),
        textcoords="offset points",
        va="center",
        arrowprops={"arrowstyle": "-", "color": "0.5"},
    )
    axes.set(xlabel="h", title=f"Mean 1 in [a, b] = [{a}, {b}]: how much h can vary")
    axes.legend(loc="upper left")
    return figure


@in_style
def exponent_by_vocabulary(
    epsilons: Sequence[object] = ("1/10", "1/2", "1"),
    vocabularies: Sequence[int] = (2, 4, 16, 64, 256, 1024, 4096, 65536),
) -> Figure:
    """S6's exponent `2 log k / (log k + 2 log(1+eps))` against the vocabulary k, certified; between the paper's 2/3 and 2."""
    figure, axes = new_axes(height=3.6)
    for eps in epsilons:
        values = [float(exponent(k, eps)) for k in vocabularies]
        axes.plot(vocabularies, values, marker="o", label=f"eps = {rational(eps)}")
    for level, word in ((2.0, "2, S3's exponent"), (2 / 3, "2/3, the paper's")):
        axes.axhline(level, color="0.5", linewidth=0.8, linestyle="-", label=word)
        axes.annotate(word, (vocabularies[2], level), (0, 3), textcoords="offset points", fontsize=8.5, color="0.35")
    axes.set(xscale="log", xlabel="vocabulary k", ylabel="exponent of (1+eps)^T", ylim=(0.5, 2.2))
    axes.set(title="What no algorithm can beat, by vocabulary")
    axes.set_xticks(vocabularies, [str(k) for k in vocabularies])
    axes.minorticks_off()
    axes.legend(handles=axes.get_lines()[: len(epsilons)], loc="lower right")
    return figure


@in_style
def rare_branch_order(sides: Sequence[int] = (2, 3, 4, 5)) -> Figure:
    """The rare-branch model at r = 2, N = n^3, s = 1/(3 n^2): TV N^(2/3), enclosed to six digits, is flat, and TV N is not (S15)."""
    figure, axes = new_axes(height=3.6)
    points = []
    for n in sides:
        s = Rational(1, 3 * n * n)
        lives = certified_lives_mass(n**3, rounds=2, mass=s, bits=30)
        with precision(64):
            points.append((n**3, nearest_float(ball(s / 2) - lives)))
    for power, label, marker in ((2 / 3, "TV N^(2/3)", "o"), (1, "TV N", "s")):
        axes.plot([n for n, _ in points], [tv * n**power for n, tv in points], marker=marker, label=label)
    axes.axhline(1 / 9, color="0.5", linestyle="--", linewidth=1, label="1/9: TV N^(2/3) from N = 1000 on (S15)")
    axes.set(xscale="log", yscale="log", xlabel="particles N", ylabel="TV, scaled")
    axes.set_title("Coverage 1 and chi-squares of at most 2", loc="left")
    axes.set_xticks([n for n, _ in points], [str(n) for n, _ in points])
    axes.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
    return figure
