"""Models from arrays and from the native object: the same as from edges and from a file; floats and wrong shapes refused in one line."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.errors import InputError
from smc.formats import SHIPPED, load
from smc.numbers import rationalise
from smc.setting.analysis import true_value
from smc.setting.model import Model

HALVES = [["1/2", "1/2"], [0, 1]]


def test_one_matrix_for_every_step():
    by_arrays = Model.from_arrays(HALVES, [1, 3], horizon=2)
    by_edges = Model.from_edges(
        [["0"], ["0", "1"], ["0", "1"]],
        [[("0", "0", "1/2"), ("0", "1", "1/2")], [("0", "0", "1/2"), ("0", "1", "1/2"), ("1", "1", 1)]],
        {"0": 1, "1": 3},
    )
    assert by_arrays == by_edges
    assert true_value(by_arrays)[0][0] == Fraction(5, 2)


def test_a_matrix_a_step_with_potentials_and_a_drawn_start():
    model = Model.from_arrays(
        [HALVES, [[1, 0], [1, 0]]],
        np.array([1, 1]),
        potential=[[[1, 2], [1, 1]], [[1, 1], [5, 1]]],
        initial=["1/3", "2/3"],
        states=["a", "b"],
    )
    assert model.layers == (("start",), ("a", "b"), ("a", "b"), ("a", "b"))
    # a: half stays (1), half moves (2) and comes back (5); b: stays, then comes back (5)
    assert true_value(model)[0][0] == Fraction(1, 3) * Fraction(11, 2) + Fraction(2, 3) * 5


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), min_size=3, max_size=3), st.integers(1, 4)
)
def test_powers_of_the_matrix(weights, horizon):
    """V*_0 is the first entry of P^T phi."""
    matrix = [[Fraction(w, sum(row)) for w in row] for row in weights]
    value = [Fraction(i + 1) for i in range(3)]
    for _ in range(horizon):
        value = [sum((p * v for p, v in zip(row, value, strict=True)), Fraction(0)) for row in matrix]
    assert true_value(Model.from_arrays(matrix, [1, 2, 3], horizon=horizon))[0][0] == value[0]


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((np.array([[0.5, 0.5], [0, 1]]), [1, 2]), {"horizon": 2}, "0.5 is a float"),
        ((np.array([[0.5, 0.5], [0, 1]], np.float32), [1, 2]), {"horizon": 2}, "smc.numbers.rationalise"),
        ((HALVES, [1, 2]), {}, "give horizon="),
        ((HALVES, [1, 2]), {"horizon": 0}, "below 1"),
        ((HALVES, [1, 2, 3]), {"horizon": 2}, "not 3 by 3"),
        ((HALVES, [1, "x"]), {"horizon": 2}, "reward[1]"),
        ((HALVES, [1, 2]), {"horizon": 2, "initial": 2}, "no state 2"),
        ((HALVES, [1, 2]), {"horizon": 2, "initial": ["1/2"]}, "1 entries for 2 states"),
        ((HALVES, [1, 2]), {"horizon": 2, "states": ["a"]}, "1 names for 2"),
        (([HALVES], [1, 2]), {"horizon": 3}, "1 matrices for horizon 3"),
        (([HALVES], [1, 2]), {"potential": [HALVES, HALVES]}, "potential"),
        (([], [1, 2]), {"horizon": 2}, "is empty"),
        (([1, 0], [1, 2]), {"horizon": 2}, "1 dimensions"),
        (([["1/2", "1/2"], ["1/2", 1]], [1, 2]), {"horizon": 2}, "sum to 3/2"),
    ],
)
def test_bad_arrays(arguments, options, said):
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        Model.from_arrays(*arguments, **options)


def test_floats_rationalised_by_hand():
    floats = np.full((3, 3), 1 / 3)
    model = Model.from_arrays([[rationalise(p) for p in row] for row in floats], [1, 1, 1], horizon=2)
    assert model.edges[0][0][0].probability == Fraction(1, 3)


@pytest.mark.parametrize("name", ["verifier-tree", "frozenlake-4x4"])
def test_the_native_object(name):
    document = json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
    assert Model.from_dict(document).edges == load(f"shipped:{name}").model.edges
    assert load(document).values == load(f"shipped:{name}").values


@pytest.mark.parametrize("document", [{}, {"format": "x"}, {(1, 2): 3}])
def test_what_is_no_native_object(document):
    with pytest.raises(InputError):
        load(document)
