"""The prefix tree of a model: its runs are the model's, its states have one name each, and what runs on trees alone runs on it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.cli import run
from smc.errors import TooLarge
from smc.exact import output_law
from smc.formats import load
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.naive import naive
from smc.setting.analysis import analyse
from smc.setting.model import Edge, Model
from smc.setting.paths import paths_by_layer, prefix_tree_of
from smc.setting.twist import Twist
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted


@settings(deadline=None, max_examples=effort(200, sample=20))
@given(data=st.data())
def test_its_output_is_the_models_told_with_the_way(data):
    model, base = data.draw(twisted(graphs()))
    tree = prefix_tree_of(model)
    steered = Twist(tree.told(base.values), base.name)
    particles = data.draw(st.integers(1, 2))
    wide = output_law(naive.process(tree.model, steered), particles)
    law = [ZERO] * model.sizes[-1]
    for end, p in zip(tree.ends[-1], wide.law, strict=True):
        law[end] += p
    exact = output_law(naive.process(model, base), particles)
    assert (tuple(law), wide.dead) == (exact.law, exact.dead)
    assert analyse(tree.model, steered).bellman_error == analyse(model, base).bellman_error
    assert list(tree.model.sizes) == paths_by_layer(model)
    entered = [e.target for step in tree.model.edges for row in step for e in row]
    assert len(entered) == sum(tree.model.sizes[1:])


@given(model=trees())
def test_a_tree_is_its_own(model):
    tree = prefix_tree_of(model).model
    again = prefix_tree_of(tree)
    assert (again.model.edges, again.model.reward) == (tree.edges, tree.reward)
    assert again.ends == tuple(tuple(range(size)) for size in tree.sizes)


def test_names_are_paths_and_told_apart():
    first = (Edge(0, Rational(1, 2)), Edge(0, Rational(1, 4), Rational(2)), Edge(1, Rational(1, 4)))
    second = ((Edge(0, ONE),), (Edge(0, ONE),))
    model = Model((("root",), ("a", "a (2)"), ("end",)), ((first,), second), (ONE,))
    tree = prefix_tree_of(model)
    assert tree.model.layers[1] == ("a", "a (2)", "a (2) (2)") and tree.ends[1] == (0, 0, 1)
    assert tree.model.layers[2] == ("a / end", "a (2) / end", "a (2) (2) / end")


def test_too_many_paths_are_refused_before_they_are_made():
    row = (Edge(0, ONE / 2), Edge(1, ONE / 2))
    states = ("a", "b")
    model = Model((("r",), *[states] * 40), ((row,), *[(row, row)] * 39), (ONE, ONE))
    with pytest.raises(
        TooLarge, match="the prefix tree has 2,199,023,255,551 nodes, the limit is 200,000; take a shorter"
    ):
        prefix_tree_of(model)


def test_from_the_command_line(tmp_path, capsys):
    """A Gymnasium table of ours has several ways to a state: no walk, until it is written as a tree; the values come along."""
    written = str(tmp_path / "tree.json")
    walk = ["check", "--algorithm", "backtracking", "--visits", "2", "--json"]
    assert run([*walk, "shipped:cliffwalking"]) == 2
    assert "give the prefix tree of the model, which convert --to tree writes" in capsys.readouterr().err
    assert run(["convert", "shipped:cliffwalking", "--to", "tree", "--output", written]) == 0
    assert run([*walk, written]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "holds"
    plain, tree = load("shipped:cliffwalking"), load(written)
    for of_states, of_paths in zip(plain.twist().values, tree.twist().values, strict=True):
        assert set(of_paths) <= set(of_states)
    assert run(["check", written, "--value", "file^weights:1/2", "--particles", "2"]) == 0
    assert run(["convert", "shipped:cliffwalking", "--to", "tre"]) == 2
    assert "tree?" in capsys.readouterr().err
