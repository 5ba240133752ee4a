"""The setting as a finite model: what it says of states, times and moves that the model does not have, and where no particle can stand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.witness import ONE, Layers, reciprocal


@pytest.fixture(scope="module")
def layers() -> dict[bool, Layers]:
    """Of two states of the first layer z is entered with weight 0 alone, and u not at all; as the statements ask, and as given."""
    model = Model.from_edges(
        [["root"], ["a", "z", "u"], ["c", "d"]],
        [
            [("root", "a", "1/3", "3/2"), ("root", "z", "2/3", "0")],
            [("a", "c", "1/4"), ("a", "d", "3/4", "2"), ("z", "c", "1", "5"), ("u", "c", "1", "7")],
        ],
        {"c": "2", "d": "3"},
    )
    constants = analyse(model, twist(model, (("11/10",), ("4", "6", "9"))))
    return {False: Layers(constants), True: Layers(constants, as_given=True)}


def test_values_where_particles_stand_and_elsewhere(layers):
    """V and V*: 1 beyond the horizon and beyond a layer's states, 0 where no particle can stand, but as given."""
    ours, given = layers[False], layers[True]
    assert ours.T == 2 and ours.width == 3
    star = Fraction(1, 4) * 2 + Fraction(3, 4) * 2 * 3
    assert [ours.V(1, x) for x in range(4)] == [4, 0, 0, 1] and [given.V(1, x) for x in range(4)] == [4, 6, 9, 1]
    assert [ours.Vstar(1, x) for x in range(4)] == [star, 0, 0, 1] and [given.Vstar(1, x) for x in range(4)] == [
        star,
        10,
        14,
        1,
    ]
    for run in (ours, given):
        assert [run.V(2, x) for x in range(3)] == [run.Vstar(2, x) for x in range(3)] == [2, 3, 1]
        assert (run.V(0, 0), run.Vstar(0, 0), run.V(0, 1), run.Vstar(0, 1)) == (Fraction(11, 10), star / 2, 1, 1)
        assert [run.V(3, 0), run.Vstar(3, 0)] == [1, 1]


def test_moves_potentials_and_who_is_live(layers):
    ours, given = layers[False], layers[True]
    for run in (ours, given):
        assert run.M(1, 0) == [(Fraction(1, 4), 0), (Fraction(3, 4), 1)] and run.M(1, 3) == run.M(2, 0) == [(ONE, 0)]
        assert (run.psi(0, 0, 0), run.psi(0, 0, 1), run.psi(0, 0, 2), run.psi(2, 0, 0), run.psi(1, 3, 0)) == (
            Fraction(3, 2),
            0,
            1,
            1,
            1,
        )
        assert (
            [run.dead(1, x) for x in range(4)] == [0, 0, 1, 1]
            and [run.dead(2, x) for x in range(3)] == [0, 0, 1]
            and run.dead(3, 0) == 1
        )
        assert [run.noedge(0, 0, y) for y in range(4)] == [0, 0, 1, 1] and run.noedge(0, 1, 0) == 1
        assert [run.noedge(1, x, y) for x in range(4) for y in range(2)] == [0, 0, 0, 1, 1, 1, 1, 1] and run.noedge(
            2, 0, 0
        ) == 1
    assert [ours.psi(1, x, 0) for x in range(3)] == [1, 0, 0] and [given.psi(1, x, 0) for x in range(3)] == [1, 5, 7]
    assert ours.psi(1, 0, 1) == 2


def test_the_weight_of_a_move(layers):
    """psi V(y) / V(x), with 1/0 = 0."""
    ours, given = layers[False], layers[True]
    assert ours.weight(0, (0, 0)) == Fraction(3, 2) * 4 / Fraction(11, 10) and ours.weight(1, (0, 1)) == Fraction(
        2 * 3, 4
    )
    assert reciprocal(0) == 0 and reciprocal(4) == Fraction(1, 4)
    assert ours.weight(1, (1, 0)) == 0 and given.weight(1, (1, 0)) == Fraction(5 * 2, 6)
