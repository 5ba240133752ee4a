"""The backtracking walk: its leaf law against the walk played step by step, reversibility, and what S18 says of gap, density and steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.check import check
from smc.errors import InputError, ModelError
from smc.exact.backtracking import backtracking
from smc.exact.enclosure import ends
from smc.numbers import Rational, precision
from smc.samplers.naive import naive
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import constant, perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import trees, twisted


def played(model, twist, visits, most=4000):
    """(law of the leaf at each visit, expected steps), by pushing the law of the walk's place from step to step; what is left at the end
    of `most` steps is left out. Weights are read from the model: nothing of the walk's module."""
    value = [*twist.values, model.reward]
    parent = {
        (t + 1, e.target): (t, x) for t, step in enumerate(model.edges) for x, row in enumerate(step) for e in row
    }
    ways = {}
    for t, layer in enumerate(model.layers):
        for x in range(len(layer)):
            if not value[t][x] or (t and (t, x) not in parent):
                continue
            out = {}
            for e in model.edges[t][x] if t < model.horizon else ():
                w = float(e.probability * e.potential * value[t + 1][e.target])
                if w:
                    out[t + 1, e.target] = out.get((t + 1, e.target), 0.0) + w
            if t:
                out[parent[t, x]] = float(value[t][x])
            ways[t, x] = {y: w / sum(out.values()) for y, w in out.items()}
    steps, place = 0.0, {((0, 0), 0): 1.0}
    law = np.zeros((visits, model.sizes[-1]))
    for _ in range(most):
        following: dict = {}
        for (node, seen), mass in place.items():
            steps += mass
            for nearby, p in ways[node].items():
                seen_then = seen + (nearby[0] == model.horizon)
                if seen_then > seen:
                    law[seen, nearby[1]] += mass * p
                if seen_then < visits:
                    key = nearby, seen_then
                    following[key] = following.get(key, 0.0) + mass * p
        place = following
        if sum(place.values()) < 1e-13:
            break
    return law, steps


@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_laws_and_steps_are_those_of_the_walk_played_out(data):
    model, twist = data.draw(twisted(trees(max_horizon=3, max_children=2)))
    walk = backtracking(naive.process(model, twist))
    law, steps = played(model, twist, 3)
    found = [leaves for leaves, _ in itertools.islice(walk.visits(), 3)]
    assert np.allclose(np.array(found, float), law, atol=1e-6)
    assert abs(float(walk.at(3)[1]) - steps) <= 1e-6 * steps


def test_balls_hold_the_rational_law():
    tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    walk = backtracking(naive.process(tree, with_bellman_error(tree, "1/3")))
    exact, steps = walk.at(5)
    with precision(200):
        balls, enclosed = walk.in_balls(200).at(5)
        for p, b in [*zip(exact, balls, strict=True), (steps, enclosed)]:
            low, high = ends(b)
            assert low <= p <= high < low + Rational(1, 10**40)


def test_check_takes_it_and_no_theorem_on_smc_is_printed():
    tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    report = check(tree, constant(tree, 2), "backtracking", visits=2)
    assert report.measured.output.dead == 0 and sum(report.measured.output.law) == 1
    assert {row.id for row in report.rows} <= {"P0", "P1", "G3", "S18"}
    assert (
        check(tree, constant(tree, 2), "backtracking", visits=9).measured.total_variation
        < report.measured.total_variation
    )


def test_what_is_no_tree_is_refused():
    half = Rational(1, 2)
    lattice = Model(
        (("root",), ("a", "b"), ("c",)),
        (((Edge(0, half), Edge(1, half)),), ((Edge(0, Rational(1)),),) * 2),
        (Rational(1),),
    )
    with pytest.raises(ModelError, match="entered from two states"):
        backtracking(naive.process(lattice, perfect(lattice)))
    with pytest.raises(InputError, match="visits: 0"):
        tree = prefix_tree(1, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1)
        backtracking(naive.process(tree, perfect(tree))).at(0)
