"""The graph of what rests on what: as DOT text, drawn by Graphviz where it is installed, else by matplotlib."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

from proofs.blueprint import Blueprint

COLOURS = {"paper": "#0072b2", "neighbour": "#cc79a7", "new": "#d55e00", "lemma": "#595959"}
"""By source; the Okabe-Ito palette, which colour-blind readers can tell apart."""


class NoDrawing(Exception):
    """Neither Graphviz nor matplotlib is installed."""


def dot(made: Blueprint) -> str:
    """DOT text: an arrow from each statement to what its proof uses; lemmas are grey, refused proofs dashed."""
    lines = [
        "digraph proofs {",
        '  rankdir=TB; node [shape=box, style=filled, fontname="Helvetica", fontsize=11, fontcolor=white]; edge [color="#5a5a5a"];',
    ]
    for e in made.entries.values():
        style = ', style="dashed", fontcolor=black' if e.refused else ""
        tip = f"{e.title}; {e.steps} steps".replace('"', "'")
        lines.append(f'  "{e.id}" [color="{COLOURS[e.source]}", tooltip="{tip}"{style}];')
    lines += [f'  "{e.id}" -> "{used}";' for e in made.entries.values() for used in e.uses]
    return "\n".join([*lines, "}"]) + "\n"


def write(made: Blueprint, path: Path) -> str:
    """Write the graph to `path` (.dot, .svg or .png) and say what drew it. Raises NoDrawing, OSError, ValueError for another ending."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("dot", "svg", "png"):
        raise ValueError(f"{path.name}: the ending must be .dot, .svg or .png")
    if kind == "dot":
        path.write_text(dot(made), encoding="utf-8")
        return "text"
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", f"-T{kind}"], input=dot(made).encode(), capture_output=True, timeout=60)
        if drawn.returncode == 0:
            path.write_bytes(drawn.stdout)
            return "Graphviz"
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoDrawing("Graphviz is not installed and neither is matplotlib") from None
    draw(made, Figure(figsize=(14, 9))).savefig(path, dpi=120)
    return "matplotlib"


def levels(made: Blueprint) -> dict[str, int]:
    """The length of the longest chain of uses below each proof: 0 for those that rest on the rules alone."""
    out: dict[str, int] = {}

    def level(name: str, above: tuple[str, ...] = ()) -> int:
        if name not in out:
            uses = made.entries[name].uses if name in made.entries and name not in above else ()
            out[name] = max((1 + level(u, (*above, name)) for u in uses), default=0)
        return out[name]

    for name in made.entries:
        level(name)
    return out


def draw(made: Blueprint, figure: Any) -> Any:
    """The graph in layers by `levels`, each layer ordered by the mean place of what it rests on."""
    axes = figure.add_axes((0.01, 0.02, 0.98, 0.96))
    rows: dict[int, list[str]] = defaultdict(list)
    for name, height in levels(made).items():
        rows[height].append(name)
    place: dict[str, tuple[float, float]] = {}
    for height in sorted(rows):
        uses = {n: [u for u in (made.entries[n].uses if n in made.entries else ()) if u in place] for n in rows[height]}
        rows[height].sort(key=lambda n: (sum(place[u][0] for u in uses[n]) / len(uses[n]) if uses[n] else 0.5, n))
        for i, name in enumerate(rows[height]):
            place[name] = ((i + 0.5) / len(rows[height]), height + 0.32 * (i % 3 - 1))
    for e in made.entries.values():
        for used in e.uses:
            (x0, y0), (x1, y1) = place[e.id], place[used]
            axes.plot([x0, x1], [y0, y1], color="#5a5a5a", linewidth=0.6, zorder=1)
    for name, (x, y) in place.items():
        source = made.entries[name].source if name in made.entries else "lemma"
        box = {"boxstyle": "round", "facecolor": COLOURS[source], "edgecolor": "none"}
        axes.text(x, y, name, ha="center", va="center", fontsize=7, color="white", bbox=box, zorder=2)
    axes.set_axis_off()
    return figure
