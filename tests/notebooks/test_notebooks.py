"""Notebooks are executed again and compared with the outputs that are stored beside their sources: one a day, all in the nightly run."""

from __future__ import annotations

import copy
import json
import re

import nbformat
import pytest
from matplotlib.mathtext import MathTextParser

from tests.effort import NIGHTLY, turn
from tests.notebooks.execution import (
    CLAIMS,
    SOURCES,
    differences,
    execute,
    kernel,
    read,
    same_data,
    stored,
    style_faults,
)

names = [source.stem for source in SOURCES]


@pytest.fixture(scope="module")
def used():
    """A kernel that forgets the names of the notebook before."""
    with kernel() as running:
        yield running


@pytest.fixture
def fresh(request):
    """Executes a notebook: all in one kernel, in the nightly run each in a kernel of its own."""
    return lambda source: execute(read(source), None if NIGHTLY else request.getfixturevalue("used"))


@pytest.mark.parametrize("source", turn(SOURCES, 1), ids=lambda source: source.stem)
def test_source_and_output_agree(source, fresh):
    kept = nbformat.read(stored(source), as_version=4)
    found = differences(source.stem, kept, fresh(source))
    assert not found, "\n".join([*found, "make notebooks executes them again"])


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_cells_are_short_and_without_plumbing(source):
    assert not style_faults(source.stem, read(source))


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_what_is_stored_is_whole(source):
    words = stored(source).read_text(encoding="utf-8")
    notebook = nbformat.reads(words, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["claims"] == CLAIMS, "a closed form came or went since: make notebooks executes them again"
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs and all(output.output_type in ("display_data", "execute_result") for output in outputs)
    assert any("image/png" in output.data and output.metadata["figure"] for output in outputs)


@pytest.mark.by_turn
@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_formulas_are_well_formed(source):
    """matplotlib's TeX reads every formula that is shown (it wants `\\leq` for `\\le`)."""
    reader = MathTextParser("path")
    found = 0
    for cell in nbformat.read(stored(source), as_version=4).cells:
        for output in cell.get("outputs", ()):
            for pair in re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", output.get("data", {}).get("text/markdown", "")):
                formula = re.sub(r"\\le(?![a-z])", r"\\leq", pair[0] or pair[1])
                reader.parse(f"${formula}$")
                found += 1
    assert found


def test_all_nine_are_there():
    assert [name[:2] for name in names] == [f"{k:02}" for k in range(1, 10)]


def planted(notebook, change):
    """A copy in which `change` has altered the first output that it applies to; and the number of its cell."""
    wrong = copy.deepcopy(notebook)
    for k, cell in enumerate(wrong.cells):
        for output in cell.get("outputs", ()):
            if change(output):
                return wrong, k
    raise AssertionError("nothing to alter")


def alter_text(output) -> bool:
    kind = "text/markdown" if "text/markdown" in output.data else ""
    if kind and "1" in output.data[kind]:
        output.data[kind] = output.data[kind].replace("1", "2", 1)
        return True
    return False


def alter_figure(output) -> bool:
    for axes in output.metadata.get("figure", ()):
        for line in axes["lines"]:
            line["y"][0] *= 1 + 1e-6
            return True
    return False


def drop_figure_data(output) -> bool:
    return output.metadata.pop("figure", None) is not None


@pytest.mark.parametrize("change", [alter_text, alter_figure, drop_figure_data])
def test_a_planted_disagreement_is_found_and_its_cell_named(change):
    kept = nbformat.read(stored(SOURCES[0]), as_version=4)
    wrong, k = planted(kept, change)
    found = differences(SOURCES[0].stem, wrong, kept)
    assert len(found) == 1 and found[0].startswith(f"{SOURCES[0].stem}, cell {k} ")


def test_a_changed_result_is_found_by_running_the_cell(used):
    def run(result: str):
        cells = [nbformat.v4.new_code_cell("a = 1", id="a"), nbformat.v4.new_code_cell("a + a", id="b")]
        cells[0].source = result
        return execute(nbformat.v4.new_notebook(cells=cells), used)

    kept, fresh = run("a = 1"), run("a = 2")
    fresh.cells[0].source = kept.cells[0].source  # as if the package had changed, not the notebook
    assert differences("n", kept, fresh) == ["n, cell 1 (a + a): text/plain stored '2', now '4'"]


def test_a_changed_source_is_found_and_its_cell_named():
    kept = nbformat.read(stored(SOURCES[0]), as_version=4)
    wrong = copy.deepcopy(kept)
    wrong.cells[1].source += "\n# changed"
    assert [line.partition(" (")[0] for line in differences("01", wrong, kept)] == ["01, cell 1"]
    del wrong.cells[-1]
    assert differences("01", wrong, kept)


def test_the_rules_of_style_can_fail():
    long = "\n".join(f"x{k} = {k}" for k in range(16))
    cells = [nbformat.v4.new_code_cell(long), nbformat.v4.new_code_cell("def f():\n    import os\n")]
    cells += [nbformat.v4.new_code_cell(f"x = {0:0110}")]
    cells += [
        nbformat.v4.new_markdown_cell(s)
        for s in ("so $x^2 \\leq y$", "in $T$ steps", "about 0.37 of it", "arXiv 2602.01381 is fine")
    ]
    found = style_faults("n", nbformat.v4.new_notebook(cells=cells))
    places = ["n, cell 0", "n, cell 1", "n, cell 1", "n, cell 2", "n, cell 3", "n, cell 5"]
    assert [line.split(":")[0] for line in found] == places


def test_numbers_of_a_figure_are_compared_closely():
    data = json.loads('[{"lines": [{"label": "a", "x": [1.0], "y": [0.25]}]}]')
    other = copy.deepcopy(data)
    other[0]["lines"][0]["y"][0] += 1e-7
    assert same_data(data, copy.deepcopy(data)) and not same_data(data, other)
