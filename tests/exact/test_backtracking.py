"""The backtracking walk: its leaf law against the walk played step by step, reversibility, and what S18 says of gap, density and steps."""

from __future__ import annotations

import itertools
from fractions import Fraction

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
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import constant, perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import fractions, trees, twisted
from tests.setting.test_constants import worked_a


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


def test_the_walk_on_two_coins_by_hand():
    """Worked model A: g = 1/3, 1/2 below the root, 3/4, 1/2 and 1/3, 1/2 below its children; d = 5/6 | 9/4, 11/6 | 1. Elimination leaves
    5/6 - (1/3)/(9/4) - (1/2)/(11/6) = 245/594 at the root."""
    F, constants = Fraction, worked_a()
    walk = backtracking(naive.process(constants.model, constants.twist))
    assert [fractions(layer) for layer in walk.degree] == [[F(5, 6)], [F(9, 4), F(11, 6)], [1, 1, 1, 1]]
    assert [fractions(layer) for layer in walk.value_ratio] == [[F(5, 6)], [F(5, 4), F(5, 6)], [1, 1, 1, 1]]
    assert [fractions(layer) for layer in walk.conductance] == [
        [1],
        [F(1, 3), F(1, 2)],
        [F(1, 4), F(1, 6), F(1, 6), F(1, 4)],
    ]
    # (1/3 (5/4)^2 + 1/2 (5/6)^2 + 5/6)/(5/6), 5/4 + 1, 2 (1/3 + 1/2 + 5/6)/(5/6)
    assert fractions([walk.kappa, walk.longest, walk.steps_per_visit]) == [F(49, 24), F(9, 4), 4]
    law, steps = walk.at(1)  # visits over degree 594, 88, 162 over 245
    assert fractions([*law, steps]) == [F(66, 245), F(44, 245), F(54, 245), F(81, 245), F(990, 245)]
    chain = [fractions(row) for row in walk.leaf_chain()]  # from the first leaf: 264, 148, 72 over 245
    assert chain[0] == [F(111, 245), F(74, 245), F(24, 245), F(36, 245)] == chain[1] and chain[2][0] == F(36, 245)
    law, more = walk.at(2)
    assert fractions([law[0]]) == [F(110, 245) * F(111, 245) + F(135, 245) * F(36, 245)]
    # one step up, then visits times degrees: 220 + 333 + 132 from the left half, 270 + 108 + 407 from the right
    assert fractions([more]) == [F(990, 245) + 1 + F(110, 245) * F(685, 245) + F(135, 245) * F(785, 245)]


def test_a_tree_without_a_live_leaf_is_refused():
    """The first step is taken, the second has weight zero."""
    steps = ((Outcome(0, Rational(1), Rational(1)),),), ((Outcome(0, Rational(1), Rational(0)),),)
    with pytest.raises(ModelError, match="no leaf is reached with positive weight"):
        backtracking(ParticleProcess("bare", steps, (1, 1, 1), Rational(1)))
