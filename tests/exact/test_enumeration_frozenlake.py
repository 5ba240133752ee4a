"""FrozenLake: Z and V* of the layered model against powers of the transition matrix over Fractions, built from
Gymnasium's own table."""

from __future__ import annotations

from fractions import Fraction

import pytest

from smc.exact import output_law, second_moment
from smc.exact.independent import moments
from smc.samplers import particle_process
from smc.setting.analysis import target, true_value
from smc.setting.model import Model
from smc.setting.twist import constant, perfect
from tests.effort import effort

gymnasium = pytest.importorskip("gymnasium", reason="gymnasium is an extra: pip install 'bellman-smc[gym]'")


def transition_matrix(size: str, hole_potential: Fraction) -> tuple[list[list[Fraction]], list[int]]:
    """Uniform policy's matrix with entries `P(x, y) psi(y)`, `psi` = `hole_potential` on entering a hole and 1
    elsewhere; and the goals."""
    environment = gymnasium.make("FrozenLake-v1", map_name=size, is_slippery=True).unwrapped
    tiles = environment.desc.flatten()
    matrix = [[Fraction(0)] * len(tiles) for _ in tiles]
    for state, actions in environment.P.items():
        for outcomes in actions.values():
            rounded = [Fraction(p).limit_denominator(3) for p, *_ in outcomes]  # the table holds 1/3 as a float
            assert sum(rounded) == 1
            for p, (_, successor, _, _) in zip(rounded, outcomes, strict=True):
                psi = hole_potential if tiles[successor] == b"H" and successor != state else 1
                matrix[state][successor] += p * psi / len(actions)
    return matrix, [s for s, tile in enumerate(tiles) if tile == b"G"]


def layered(size: str, horizon: int, hole_potential: Fraction, floor: Fraction) -> Model:
    """The same environment as a layered model: terminal reward 1 at the goal, `floor` elsewhere."""
    environment = gymnasium.make("FrozenLake-v1", map_name=size, is_slippery=True).unwrapped
    tiles = environment.desc.flatten()
    names = [str(s) for s in range(len(tiles))]
    step = []
    for state, actions in environment.P.items():
        for action in actions.values():
            for p, successor, _, _ in action:
                psi = hole_potential if tiles[successor] == b"H" and successor != state else Fraction(1)
                step.append((names[state], names[successor], Fraction(p).limit_denominator(3) / len(actions), psi))
    reward = {name: Fraction(1) if tile == b"G" else floor for name, tile in zip(names, tiles, strict=True)}
    first = [edge for edge in step if edge[0] == "0"]
    return Model.from_edges(
        [["0"], *[names] * horizon], [first, *[step] * (horizon - 1)], reward, name=f"FrozenLake {size}"
    )


def powers(matrix: list[list[Fraction]], terminal: list[Fraction], horizon: int) -> list[Fraction]:
    """`matrix^horizon · terminal`, the power by repeated squaring."""

    def multiply(a, b):
        columns = list(zip(*b, strict=True))
        return [
            [sum((x * y for x, y in zip(row, column, strict=True) if x and y), Fraction(0)) for column in columns]
            for row in a
        ]

    result = None
    square = matrix
    while horizon:
        if horizon % 2:
            result = square if result is None else multiply(result, square)
        horizon //= 2
        square = multiply(square, square) if horizon else square
    return [sum((x * y for x, y in zip(row, terminal, strict=True)), Fraction(0)) for row in result]


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("size", "horizon"),
    [
        ("4x4", 20),
        ("4x4", 1),
        ("4x4", 7),
        ("8x8", effort(14, sample=8)),
        pytest.param("8x8", 24, marks=pytest.mark.nightly),
    ],
)
@pytest.mark.parametrize(("hole", "floor"), [(Fraction(1), Fraction(0)), (Fraction(1, 4), Fraction(1, 100))])
def test_normaliser_is_a_matrix_power(size, horizon, hole, floor):
    matrix, goals = transition_matrix(size, hole)
    terminal = [Fraction(1) if s in goals else floor for s in range(len(matrix))]
    star = true_value(layered(size, horizon, hole, floor))
    expected = powers(matrix, terminal, horizon)
    assert star[0][0] == expected[0]
    if horizon > 1:
        assert list(star[1]) == powers(matrix, terminal, horizon - 1)


def test_normaliser_s_moments_and_law_on_frozenlake():
    """E[Zhat] = Z by sums of weights, E[Zhat^2] >= Z^2 with equality in the limit's first order, and a law that sums to
    1."""
    model = layered("4x4", 6, Fraction(1), Fraction(1, 100))
    matrix, goals = transition_matrix("4x4", Fraction(1))
    z = powers(matrix, [Fraction(1) if s in goals else Fraction(1, 100) for s in range(16)], 6)[0]
    for twist in (constant(model), perfect(model)):
        process = particle_process(model, twist, "naive")
        assert process.scale * moments(process)[0] == z
        few, many = second_moment(process, 10) / z**2 - 1, second_moment(process, 10_000) / z**2 - 1
        assert 0 < many < few / 900
        found = output_law(process, 2)
        assert sum(found.law) + found.dead == 1
        assert 0 < found.total_variation(target(model)) < 1
