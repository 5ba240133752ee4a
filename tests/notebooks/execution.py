"""Running the notebooks: sources are `notebooks/*.py` (jupytext, percent format), the executed `.ipynb` stands beside its source.

What runs a notebook is imported where it is used: a test process that is given none starts a second earlier.
"""

from __future__ import annotations

import ast
import hashlib
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from proofs.catalogue import FORMS

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9][0-9]-*.py"))
MOST_LINES = 15
"""Longest code cell."""
WIDEST = 104
"""Columns of code that JupyterLab and a rendered page show without scrolling, at a thousand pixels."""
LONGEST_SYMBOL = 30
"""Longest piece of mathematics in prose, where symbols are named and no statement is made."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CLAIMS = hashlib.sha256(" ".join(f"{id}.{form}" for id, form in FORMS).encode()).hexdigest()[:16]
"""Of the closed forms that tables and figures list: who adds one sees at once that the stored notebooks lack it."""
SECONDS = 60
"""Longest time that one cell may take."""
TOLERANCE = 1e-8
"""Relative difference of figure data that the last digits of a float may make on another machine. Text has none."""


def stored(source: Path) -> Path:
    """The executed notebook of a source."""
    return source.with_suffix(".ipynb")


def read(source: Path) -> NotebookNode:
    """The notebook of a source, without outputs, its cells numbered."""
    import jupytext

    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    for k, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{k}", nbformat.from_dict({})
    return notebook


@contextmanager
def kernel() -> Iterator[KernelManager]:
    """A kernel for several notebooks, one after the other: modules are imported once, names are forgotten in between (`execute`)."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(FOLDER), env=_environment(), extra_arguments=["--IPKernelApp.log_level=40"])
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def execute(notebook: NotebookNode, used: KernelManager | None = None) -> NotebookNode:
    """Run every cell, in the notebooks' folder: in a fresh kernel, or in `used` with its names forgotten.

    Raises CellExecutionError where a cell fails.
    """
    from nbclient import NotebookClient

    folder = {"metadata": {"path": str(FOLDER)}}
    if used is None:
        arguments = ["--IPKernelApp.log_level=40"]
        client = NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", resources=folder, extra_arguments=arguments
        )
        client.execute(env=_environment())
    else:
        forget = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%reset -f")])
        for each in (forget, notebook):
            client = NotebookClient(each, km=used, timeout=SECONDS, resources=folder)
            client.execute()
            client.kc.stop_channels()
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})  # times of execution
    notebook.metadata = nbformat.from_dict({**METADATA, "claims": CLAIMS})
    return notebook


def text(notebook: NotebookNode) -> str:
    """The file that is stored."""
    return nbformat.writes(notebook, version=4) + "\n"


def differences(name: str, kept: NotebookNode, fresh: NotebookNode) -> list[str]:
    """Where two executed notebooks disagree, one line each with the notebook and the cell; sources and outputs alike."""
    if len(kept.cells) != len(fresh.cells):
        return [f"{name}: {len(kept.cells)} cells stored, {len(fresh.cells)} in the source"]
    found = []
    for k, (old, new) in enumerate(zip(kept.cells, fresh.cells, strict=True)):
        place = f"{name}, cell {k} ({new.source.strip().splitlines()[0] if new.source.strip() else 'empty'})"
        if old.cell_type != new.cell_type or old.source != new.source:
            found.append(f"{place}: the source has changed")
        elif new.cell_type == "code":
            found += [f"{place}: {fault}" for fault in _outputs(old.outputs, new.outputs)]
    return found


def _outputs(old: list[NotebookNode], new: list[NotebookNode]) -> list[str]:
    if len(old) != len(new):
        return [f"{len(old)} outputs stored, {len(new)} now"]
    faults = []
    for a, b in zip(old, new, strict=True):
        if a.output_type != b.output_type:
            faults.append(f"output {a.output_type} stored, {b.output_type} now")
        elif a.output_type == "stream":
            faults += [] if (a.name, a.text) == (b.name, b.text) else [_changed("text", a.text, b.text)]
        elif a.output_type == "error":
            faults.append(f"{b.ename}: {b.evalue}")
        else:
            faults += _bundles(a, b)
    return faults


def _bundles(a: NotebookNode, b: NotebookNode) -> list[str]:
    """Text exactly, pictures by the data that they show."""
    faults = [f"kinds of output {sorted(a.data)} stored, {sorted(b.data)} now"] if set(a.data) != set(b.data) else []
    for kind in sorted(set(a.data) & set(b.data)):
        if kind.startswith("image/"):
            if "figure" not in b.metadata or not same_data(a.metadata.get("figure"), b.metadata["figure"]):
                faults.append("the data of the figure have changed")
        elif a.data[kind] != b.data[kind]:
            faults.append(_changed(kind, a.data[kind], b.data[kind]))
    return faults


def _changed(kind: str, old: str, new: str) -> str:
    pairs = zip(old.splitlines(), new.splitlines(), strict=False)
    first = next(((x, y) for x, y in pairs if x != y), (old[-60:], new[-60:]))
    return f"{kind} stored {first[0]!r}, now {first[1]!r}"


def same_data(a: Any, b: Any) -> bool:
    """Equality of figure data: structure and words exactly, numbers to `TOLERANCE`."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_data(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_data, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-12)
    return a == b


PLUMBING = (ast.FunctionDef, ast.ClassDef, ast.Try, ast.While, ast.With, ast.Global)
LOW_LEVEL = ("os", "sys", "subprocess", "pathlib", "matplotlib", "numpy", "IPython")


def style_faults(name: str, notebook: NotebookNode) -> list[str]:
    """Cells that break the rules of the house: length, plumbing, formulas and measurements that are typed instead of computed."""
    found = []
    for k, cell in enumerate(notebook.cells):
        place = f"{name}, cell {k}"
        if cell.cell_type == "markdown":
            for typed in re.findall(r"\$+([^$]+)\$+", cell.source):
                if (
                    "$$" in cell.source
                    or len(typed) > LONGEST_SYMBOL
                    or "\\frac" in typed
                    or re.search(r"[<>]|\\[lg]e", typed)
                ):
                    found.append(f"{place}: the formula {typed} is typed; show it from its statement")
            for number in re.findall(r"\d+\.\d+", re.sub(r"arXiv \d+\.\d+", "", cell.source)):
                found.append(f"{place}: the number {number} is typed; compute it")
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            found.append(f"{place}: {len(lines)} lines, more than {MOST_LINES}")
        found += [f"{place}: {len(line)} columns, more than {WIDEST}" for line in lines if len(line) > WIDEST]
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, PLUMBING):
                found.append(f"{place}: {type(node).__name__} in a cell; it belongs in the package")
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{place}: imports {m}" for m in modules if m.partition(".")[0] in LOW_LEVEL]
    return found
