"""Trees and traces of process reward models."""

from __future__ import annotations

import copy
import json

import pytest

from smc.formats import load
from smc.numbers import rational
from smc.setting.analysis import true_value
from tests.cases import refused, report
from tests.formats.examples import written

TREE = {
    "format": "bellman-smc/tree-1",
    "tree": {
        "score": "5/8",
        "children": [
            {
                "text": "Let x = 2.",
                "count": 3,
                "score": "3/4",
                "children": [
                    {"text": "So 4.", "score": "9/10", "reward": 1},
                    {"text": "So 4.", "score": "1/2", "reward": 0},
                ],
            },
            {"text": "It is 4.", "count": 1, "score": "1/2", "reward": 1},
        ],
    },
}


def test_a_tree_with_repeated_texts_and_answers_of_unequal_length(tmp_path, capsys):
    path = written(tmp_path, TREE)
    source = load(path)
    assert source.model.layers == (
        ("root",),
        ("Let x = 2.", "It is 4."),
        ("Let x = 2. / So 4.", "Let x = 2. / So 4. #2", "It is 4."),
    )
    assert str(true_value(source.model)[0][0]) == "5/8", "3/4 * 1/2 + 1/4"
    assert [[str(v) for v in layer] for layer in source.values] == [["5/8"], ["3/4", "1/2"]]
    assert "1 answer ends before step 2, waiting with its last score" in source.model.notes
    found = report(capsys, "check", path, "--particles", "2")
    assert found["verdict"] == "holds" and found["law"]["Let x = 2. / So 4. #2"] == "0"


def test_traces_are_the_tree_that_they_were_sampled_from(tmp_path):
    path = tmp_path / "answers.jsonl"
    lines = [
        {"steps": ["a", "b"], "scores": ["1/2", "1/4"], "reward": 1},
        {"steps": ["a", "b"], "scores": ["1/2", "1/4"], "reward": 1},
        {"steps": ["a"], "scores": ["1/2"], "reward": 0},
        {"steps": ["c", "d", "e"], "scores": ["1/3", "1/3", "1"], "reward": 1, "count": 5},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    source = load(str(path))
    assert source.model.layers[-1] == ("a / b", "a / (end)", "c / d / e")
    assert str(true_value(source.model)[0][0]) == "7/8"
    assert [str(v) for v in source.values[2]] == ["1/4", "1/2", "1/3"]
    assert source.values[0][0] == rational("1/2") * rational("3/8") + rational("1/3") * rational("5/8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reward": None}, "tree.children[1]: an answer ends here without a reward"),
        ({"count": None}, "tree.children[1]: neither prob nor count here, count at its first sibling"),
        ({"score": None}, "tree.children[1]: no score; score every step, or none"),
        ({"text": None}, "tree.children[1]: no text"),
        ({"count": 0}, "tree.children[1].count: 0 is below 1"),
        ({"reward": "-1"}, "tree.children[1].reward: negative number -1"),
        ({"mark": 1}, "tree.children[1]: unknown key 'mark'"),
    ],
)
def test_faults_of_trees(change, message, tmp_path, capsys):
    document = copy.deepcopy(TREE)
    child = document["tree"]["children"][1]
    child.update(change)
    document["tree"]["children"][1] = {k: v for k, v in child.items() if v is not None}
    assert message in refused(capsys, "check", written(tmp_path, document))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('{"steps": ["a"], "reward": 0}', "line 2: reward: 0, and 1 in an earlier line"),
        ('{"steps": [], "reward": 0}', "line 2: steps: 0 steps"),
        ('{"steps": ["b"], "scores": [1], "reward": 0}', "line 2: scores are given for some answers only"),
        ('{"steps": ["b"]}', "line 2: missing key 'reward'"),
        ("nothing", "line 2: line 1 column 1: is not JSON"),
    ],
)
def test_faults_of_traces(second, message, tmp_path, capsys):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"steps": ["a"], "reward": 1}\n' + second, encoding="utf-8")
    assert message in refused(capsys, "check", str(path))
