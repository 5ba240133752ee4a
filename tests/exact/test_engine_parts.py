"""The parts of the transform on their own: occupancies, lines, exact factors, residues, primes, the Chinese remainder theorem."""

from __future__ import annotations

import itertools
import random
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.errors import InputError
from smc.exact import output_law
from smc.exact.occupancy import floats, residues
from smc.exact.occupancy.arithmetic import WholeNumbers
from smc.exact.occupancy.cells import DEAD, cell_chain
from smc.exact.occupancy.residues import Residues
from smc.exact.occupancy.simplex import Simplex, occupancy_count, simplex
from smc.exact.occupancy.transform import Shift, Stirling, factorise
from smc.numbers import ONE, Rational
from smc.samplers.process import Outcome, ParticleProcess
from tests.exact.random_processes import reference


@pytest.mark.parametrize(("particles", "cells"), [(3, 1), (4, 2), (5, 3), (4, 4), (3, 5), (0, 3)])
def test_occupancies_are_listed_and_found(particles: int, cells: int) -> None:
    space = Simplex(particles, cells)
    expected = sorted(p for p in itertools.product(range(particles + 1), repeat=cells) if sum(p) == particles)
    assert [tuple(map(int, p)) for p in space.points] == expected
    assert len(expected) == occupancy_count(particles, cells) == comb(particles + cells - 1, cells - 1)
    assert (space.index(space.points) == np.arange(space.count)).all()


def test_as_many_particles_as_a_short_integer_does_not_hold() -> None:
    many = 2**15
    space = Simplex(many, 2)
    assert space.points[0].tolist() == [0, many] and space.points[-1].tolist() == [many, 0]
    assert space.index(space.points).tolist() == list(range(many + 1))


def test_cells_by_hand() -> None:
    """Weights 2/3 and 4/3 are 1 and 2; the state that is entered with both is two cells, and all weights of zero are the last one."""
    half, third, zero = Rational(1, 2), Rational(1, 3), Rational(0)
    first = (Outcome(0, third, 2 * third), Outcome(0, third, 4 * third), Outcome(1, third, zero))
    last = (Outcome(0, half, third), Outcome(1, half, zero)), (Outcome(1, ONE, ONE),)
    chain = cell_chain(ParticleProcess("cells", ((first,), last), (1, 2, 2), ONE))
    assert [(cells.states, cells.weights) for cells in chain.layers] == [((0, 0, DEAD), (1, 2, 0)), ((0, DEAD), (1, 0))]
    assert chain.first == (1, 1, 1) and chain.denominators == (3, 2) and chain.outcomes == 2
    assert chain.moves == ((((0, 1), (1, 1)), ((0, 1), (1, 1)), ()),)
    assert chain.forms(1) == [[1, 1], [2, 2], [0, 0]]


@pytest.mark.parametrize(
    ("outcomes", "what"),
    [
        (((0, "1/2", 1),), "sum to 1/2"),
        (((0, "3/2", 1), (1, "-1/2", 1)), "an outcome is negative"),
        (((0, "1/2", 1), (1, "1/2", -1)), "an outcome is negative"),
    ],
)
def test_rows_that_are_no_laws_are_refused(outcomes, what: str) -> None:
    row = tuple(Outcome(y, Rational(p), Rational(w)) for y, p, w in outcomes)
    with pytest.raises(InputError, match=rf"steps\[0\]\[0\].*{what}"):
        cell_chain(ParticleProcess("no law", ((row,),), (1, 2), ONE))


@pytest.mark.parametrize(("particles", "cells"), [(4, 2), (5, 3), (4, 4)])
def test_lines_hold_what_they_say(particles: int, cells: int) -> None:
    """Row a has a particles in i; the k-th points of two rows lie on one line; by line, a runs from 0 to the line's length."""
    space = simplex(particles, cells)
    for i, j in itertools.permutations(range(cells), 2):
        lines = space.lines(i, j)
        rows = [space.points[lines.rows[a:b]] for a, b in itertools.pairwise(lines.starts)]
        for a, row in enumerate(rows):
            assert (row[:, i] == a).all()
            if a:
                moved = rows[a - 1][: len(row)].copy()
                moved[:, i] += 1
                moved[:, j] -= 1
                assert (row == moved).all()
        order, long = lines.by_line
        assert sorted(order.tolist()) == list(range(space.count))
        for a, b in long:
            line = space.points[order[a:b]]
            assert (line[:, i] == np.arange(b - a)).all()
            assert (line[:, i] + line[:, j] == b - a - 1).all()


@pytest.mark.parametrize("amount", [1, -1, 3, -7, 2**40])
def test_a_shift_is_the_substitution(amount: int) -> None:
    """Against the binomial formula, term by term: `x_i^a x_j^b -> sum_c C(a, c) amount^{a-c} x_i^c x_j^{a+b-c}`."""
    space, rng = simplex(5, 3), random.Random(amount)
    values = [rng.randint(-9, 9) for _ in range(space.count)]
    expected = dict.fromkeys(map(tuple, space.points.tolist()), 0)
    for point, value in zip(space.points.tolist(), values, strict=True):
        for c in range(point[0] + 1):
            target = (c, point[1], point[2] + point[0] - c)
            expected[target] += value * comb(point[0], c) * amount ** (point[0] - c)
    step = Shift(space.lines(0, 2), amount)
    whole = WholeNumbers()
    assert [int(v) for v in whole.shift(whole.lift(values), step)] == [
        expected[tuple(p)] for p in space.points.tolist()
    ]
    primes = [67108859, 67108837, 67108819]
    lanes = Residues(primes)
    shifted = lanes.shift(lanes.lift(values), step)
    for row, point in zip(shifted, space.points.tolist(), strict=True):
        assert [int(v) % p for v, p in zip(row, primes, strict=True)] == [expected[tuple(point)] % p for p in primes]


def test_stirling_gives_power_moments() -> None:
    """From factorial moments of points on a line to power moments."""
    particles = 9
    space, rng = simplex(particles, 2), random.Random(0)
    weights = [rng.randint(0, 9) for _ in range(particles + 1)]
    falling = [sum(w * prod(range(n - k + 1, n + 1)) for n, w in enumerate(weights)) for k in range(particles + 1)]
    powers = [sum(w * n**k for n, w in enumerate(weights)) for k in range(particles + 1)]
    step, whole, lanes = Stirling(space.lines(0, 1)), WholeNumbers(), Residues([67108859])
    assert [int(v) for v in whole.stirling(whole.lift(falling), step)] == powers
    assert max(falling) < 2**25  # reduced residues as they are
    assert [int(v) % 67108859 for v in lanes.stirling(lanes.lift(falling), step)[:, 0]] == [
        m % 67108859 for m in powers
    ]


@given(data=st.data())
def test_factors_multiply_to_the_matrix(data) -> None:
    """`L D U`, with rows and columns exchanged, of rectangular and rank-deficient matrices."""
    rows, columns = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    matrix = data.draw(
        st.lists(st.lists(st.integers(-3, 3), min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    )
    factor = factorise(matrix)
    for a in range(rows):
        for c in range(columns):
            total = sum(
                (factor.lower[a][b] * factor.pivots[b] * factor.upper[b][c] for b in range(factor.rank)), Rational(0)
            )
            assert total == matrix[factor.row_order[a]][factor.column_order[c]]
    for b in range(factor.rank):
        assert factor.lower[b][b] == factor.upper[b][b] == 1 and factor.pivots[b]
        assert not any(factor.lower[a][b] for a in range(b)) and not any(factor.upper[b][:b])


def test_primes_are_primes_and_enough() -> None:
    found = residues.primes_below(10**4, avoid=9973 * 9967, bits=200)
    assert found == sorted(found, reverse=True) and prod(found) > 2**200
    assert 9973 not in found and 9967 not in found and found[0] == 9949
    assert all(all(p % q for q in range(2, 101)) for p in found)
    with pytest.raises(ArithmeticError, match="bits of primes"):
        residues.primes_below(100, avoid=1, bits=10**4)


@given(st.lists(st.integers(0, 2**120), min_size=1, max_size=5), st.integers(5, 40))
def test_chinese_remainders(numbers: list[int], count: int) -> None:
    primes = residues.primes_below(2**26, 1, 26 * count)
    assert residues.chinese_remainder(primes, [[n % p for p in primes] for n in numbers]) == numbers


def test_the_room_of_residues_ends_where_floats_end() -> None:
    """A product of two residues, at most half a prime each, below 2^50; what has grown since the last reduction at most 2^52."""
    assert (residues.TOP // 2) ** 2 <= 2**50 and residues.TOP // 2 * residues.ROOM <= 2**52
    assert 8191**2 not in residues.primes_below(
        residues.TOP, 1, 26 * 1000
    )  # the square of the largest prime below sqrt(TOP)


def test_residues_of_many_particles_are_reduced_in_time() -> None:
    """Two cells, 60 particles: unreduced, a shift would make numbers C(120, 60) times as large."""
    rows = [[Outcome(0, Rational(k, 3), ONE), Outcome(1, 1 - Rational(k, 3), 2 * ONE)] for k in (1, 2)]
    steps = (tuple(rows[0]),), (tuple(rows[0]), tuple(rows[1])), (tuple(rows[1]), tuple(rows[0]))
    made = ParticleProcess("many", steps, (1, 2, 2, 2), ONE)
    assert output_law(made, 60, method="residues") == output_law(made, 60, method="direct")


def test_residues_are_reduced_exactly_up_to_their_room() -> None:
    """At the largest magnitudes that the engine lets happen, against Python's integers."""
    primes, rng = residues.primes_below(2**26, 1, 26 * 50), random.Random(1)
    lanes = Residues(primes)
    values = np.array(
        [[float(rng.choice([-1, 1]) * rng.randint(2**52 - 2**30, 2**52 - 1)) for _ in primes] for _ in range(50)]
    )
    expected = [[int(v) % p for v, p in zip(row, primes, strict=True)] for row in values]
    reduced = lanes.reduced(values.copy())
    assert [[int(v) % p for v, p in zip(row, primes, strict=True)] for row in reduced] == expected
    assert (np.abs(reduced) <= lanes.p / 2 + 1).all()


def test_a_law_in_floats_does_not_depend_on_its_slabs(monkeypatch) -> None:
    """Occupancies taken one by one, four at a time, or all at once, over layers of three and of four cells."""
    made = reference(4, 3)
    whole = output_law(made, 5, mode="float")
    for slab in (1, 4 * 4 * 6):
        monkeypatch.setattr(floats, "SLAB", slab)
        parts = output_law(made, 5, mode="float")
        assert max(abs(p - q) for p, q in zip((*whole.law, whole.dead), (*parts.law, parts.dead), strict=True)) < 1e-14
        assert floats._rows_at_once(5, 4) == {1: 1, 4 * 4 * 6: 4}[slab]
