"""A tree of process rewards whose step texts repeat is read by its paths; an order that leaves a doubt is refused as before."""

from __future__ import annotations

import copy
import json

import pytest

from smc.cli import run
from smc.formats import load
from smc.setting.analysis import true_value
from tests.cases import FOLDER, report

TREE = str(FOLDER / "prm_repeated_text.json")
PATHS = str(FOLDER / "prm_zero_on_live.json")


def test_the_tree_is_that_of_its_paths(capsys):
    """The other file is the same tree with its states named by hand."""
    ours, theirs = load(TREE).model, load(PATHS).model
    assert [[sorted(e[1:] for e in row) for row in step] for step in ours.edges] == [
        [sorted(e[1:] for e in row) for row in step] for step in theirs.edges
    ]
    assert ours.reward == theirs.reward and ours.sizes == theirs.sizes
    assert str(true_value(ours)[0][0]) == "1/2"
    assert "step texts repeat: states are named by their path" in ours.notes
    for particles in ("1", "2"):
        a, b = (report(capsys, "check", f, "--value", "perfect", "--particles", particles) for f in (TREE, PATHS))
        assert (a["tv"], a["normaliser"]) == (b["tv"], b["normaliser"])


@pytest.mark.parametrize("swap", [("edges", 1), ("edges", 2)])
def test_a_doubtful_order_is_refused(swap, tmp_path, capsys):
    document = json.loads((FOLDER / "prm_repeated_text.json").read_text(encoding="utf-8"))
    bent = copy.deepcopy(document)
    bent[swap[0]][swap[1]].reverse()
    path = tmp_path / "bent.json"
    path.write_text(json.dumps(bent), encoding="utf-8")
    assert run(["check", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
