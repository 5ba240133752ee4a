"""The graph of what rests on what: as DOT text, drawn by Graphviz where it is installed, else by matplotlib.

Over the whole theory the numbered statements are shown, and what each reaches through lemmas alone; below one statement, every lemma.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

from proofs.reading.blueprint import Blueprint

COLOURS = {"paper": "#0072b2", "neighbour": "#a23b72", "new": "#b34700", "lemma": "#595959"}
"""By source: blue, purple, vermilion, grey, each dark enough for white letters and apart for colour-blind readers."""

Graph = dict[str, tuple[str, ...]]
"""Each name with what it rests on, in a fixed order."""


class NoDrawing(Exception):
    """Neither Graphviz nor matplotlib is installed."""


def overview(made: Blueprint) -> Graph:
    """The numbered statements; an arrow where a proof uses one, directly or through lemmas."""

    def reached(name: str) -> list[str]:
        out: list[str] = []
        for used in made.entries[name].uses:
            if used in made.entries:
                out += [used] if made.entries[used].source != "lemma" else reached(used)
        return out

    return {e.id: tuple(dict.fromkeys(reached(e.id))) for e in made.entries.values() if e.source != "lemma"}


def below(made: Blueprint, names: list[str]) -> Graph:
    """The proofs of `names` and everything that they rest on, lemmas included."""
    shown = set(names).union(*(made.closure(name) for name in names))
    return {e.id: tuple(u for u in e.uses if u in made.entries) for e in made.entries.values() if e.id in shown}


def dot(made: Blueprint, graph: Graph) -> str:
    """DOT text: an arrow from each name to what it rests on; lemmas are grey, refused proofs dashed."""
    lines = [
        "digraph proofs {",
        "  rankdir=RL; ranksep=0.9; nodesep=0.12;",
        '  node [shape=box, style=filled, fontname="Helvetica", fontsize=11, fontcolor=white, height=0.3]; edge [color="#5a5a5a"];',
    ]
    for name in graph:
        e = made.entries[name]
        style = ', style="dashed", fontcolor=black' if e.refused else ""
        tip = f"{e.title}; {e.steps} steps".replace("\\", "/").replace('"', "'")
        lines.append(f'  "{name}" [color="{COLOURS[e.source]}", tooltip="{tip}"{style}];')
    lines += [f'  "{name}" -> "{used}";' for name, uses in graph.items() for used in uses]
    return "\n".join([*lines, "}"]) + "\n"


def write(made: Blueprint, path: Path, names: list[str] | None = None) -> str:
    """Write the graph below `names` (of the whole theory for None) to `path`, .dot, .svg or .png, and say what drew it.

    Raises NoDrawing, OSError, ValueError for another ending.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("dot", "svg", "png"):
        raise ValueError(f"{path.name}: the ending must be .dot, .svg or .png")
    graph = overview(made) if names is None else below(made, names)
    if kind == "dot":
        path.write_text(dot(made, graph), encoding="utf-8")
        return "text"
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", f"-T{kind}"], input=dot(made, graph).encode(), capture_output=True, timeout=60)
        if drawn.returncode == 0:
            path.write_bytes(drawn.stdout)
            return "Graphviz"
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoDrawing("Graphviz is not installed and neither is matplotlib") from None
    draw(made, graph, Figure(figsize=(14, 10))).savefig(path, dpi=120)
    return "matplotlib"


def levels(graph: Graph) -> dict[str, int]:
    """The length of the longest chain below each name: 0 for those that rest on nothing shown. Circles, which are refused, end."""
    out: dict[str, int] = {}

    def level(name: str, above: tuple[str, ...] = ()) -> int:
        if name not in out:
            uses = () if name in above else graph.get(name, ())
            out[name] = max((1 + level(u, (*above, name)) for u in uses), default=0)
        return out[name]

    for name in graph:
        level(name)
    return out


def draw(made: Blueprint, graph: Graph, figure: Any) -> Any:
    """The graph in columns by `levels`, each ordered by the mean height of what it rests on."""
    axes = figure.add_axes((0.06, 0.02, 0.88, 0.96))
    columns: dict[int, list[str]] = defaultdict(list)
    for name, height in levels(graph).items():
        columns[height].append(name)
    place: dict[str, tuple[float, float]] = {}
    for column in sorted(columns):
        uses = {name: [u for u in graph.get(name, ()) if u in place] for name in columns[column]}
        mean = {name: sum(place[u][1] for u in used) / len(used) if used else 0.5 for name, used in uses.items()}
        for i, name in enumerate(sorted(columns[column], key=lambda n: (mean[n], n))):
            place[name] = (column, (i + 0.5) / len(columns[column]))
    for name, used_names in graph.items():
        for used in used_names:
            (x0, y0), (x1, y1) = place[name], place[used]
            axes.plot([x0, x1], [y0, y1], color="#5a5a5a", linewidth=0.6, zorder=1)
    for name, (x, y) in place.items():
        source = made.entries[name].source
        box = {"boxstyle": "round", "facecolor": COLOURS[source], "edgecolor": "none"}
        axes.text(x, y, name, ha="center", va="center", fontsize=8, color="white", bbox=box, zorder=2)
    axes.set_axis_off()
    return figure
