"""An audit as one self-contained HTML page, with the picture "Bellman ratio by step"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smc.checks.audited import STEP_COLUMNS, TRUTH_COLUMNS, Audited, step_rows, truth_rows
from smc.errors import InputError
from smc.present.audit_tables import NEED_COLUMNS, need_row
from smc.present.figures import cycler_colours, in_style, new_axes, plain_ticks
from smc.present.page import Origin, picture, rendered, table
from smc.present.tables import write_atomically
from smc.rewards.facts import Facts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTION = (
    "Bellman ratio by step: from the lowest to the highest seen (bars, the step where they spread most in another colour), the mean over "
    "prefixes with its interval (points and lines, cut at the frame). A perfect reward model stays at 1; on this scale the cumulative "
    "Bellman error is half the length of all bars after the first."
)


@in_style
def ratio_figure(found: Facts) -> Figure:
    """Bellman ratios against the step, on a logarithmic scale; the step where they spread most in another colour."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_axes()
    palette, worst = cycler_colours(), found.worst
    axes.axhline(1.0, color="0.6", linewidth=1.0)
    shown = [1.0]
    for step in found.steps:
        if step.seen and step.lowest > 0:
            colour = palette[2] if worst is not None and step.step == worst.step else palette[1]
            ends = [step.lowest, step.highest]
            axes.plot([step.step] * 2, ends, color=colour, linewidth=5, linestyle="-", solid_capstyle="butt")
            axes.plot([step.step] * 2, ends, "_", color=colour, markersize=12)  # a bar without length is seen too
            shown += ends
    means = [(step.step, step.ratio) for step in found.steps if step.ratio is not None and step.ratio.mean > 0]
    shown += [ratio.mean for _, ratio in means]
    low, high = min(shown) / 1.3, max(shown) * 1.3
    for t, ratio in means:
        axes.plot([t, t], [max(ratio.lower, low), min(ratio.upper, high)], color="black", linewidth=1.0, linestyle="-")
    axes.plot([t for t, _ in means], [ratio.mean for _, ratio in means], "o", color="black", markersize=4)
    axes.set_ylim(low, high)
    axes.set(yscale="log", xlabel="step", ylabel="Bellman ratio", title="Bellman ratio by step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plain_ticks(axes.yaxis)
    return figure


def audit_page(found: Audited, origin: Origin) -> str:
    """The page."""
    return rendered("audit.html.jinja", claim=_claim(found), origin=origin, parts=list(_parts(found)))


def _claim(found: Audited) -> str:
    """The line that comes first: what the loop samples, or the cheapest count, certified or by theorem, or what else there is to say."""
    lines = [*map(_of_the_loop, found.target()[-1:]), *found.advice(), *found.model()]
    return lines[0]


def _of_the_loop(line: str) -> str:
    """A line that speaks of the law named before it, as one that stands first."""
    for start, said in (("that is the", "the loop samples the"), ("that is not the", "the loop does not sample the")):
        if line.startswith(start):
            return said + line.removeprefix(start)
    return line


def _parts(found: Audited) -> Iterator[dict[str, Any]]:
    facts = found.audit.facts
    shown = facts is not None and any(step.largest_step for step in facts.steps)
    if found.target():
        yield _part("law", "Which law does the loop sample?", found.target())
    if found.model() or found.genealogy():
        steps = (
            [table(STEP_COLUMNS, list(step_rows(facts, certified=found.certified)))]
            if facts is not None and shown
            else []
        )
        if facts is not None and shown and (truths := truth_rows(facts)):
            steps.append(table(TRUTH_COLUMNS, truths))
        figures = [picture(ratio_figure(facts), CAPTION)] if facts is not None and shown else None
        yield _part(
            "model",
            "Is the reward model good enough?",
            [*found.model(), *found.truth(), *found.genealogy()],
            steps,
            figures,
        )
    if found.needs:
        rows = [table(NEED_COLUMNS, [need_row(need) for need in found.needs])]
        yield _part("needs", "How many particles?", found.advice(), rows)


def _part(name: str, head: str, lines: list[str], rows: Any = (), pictures: Any = None) -> dict[str, Any]:
    return {"id": name, "head": head, "lines": lines, "tables": rows, "pictures": pictures}


def write(found: Audited, path: str, origin: Origin) -> None:
    """Write the page whole or not at all. Raises InputError for another ending than .html, and without matplotlib."""
    if not path.lower().endswith((".html", ".htm")):
        raise InputError("is no HTML page", where=path, mend="end the name in .html")
    write_atomically(Path(path), audit_page(found, origin))
