"""Runs without resampling against brute force over all N-tuples of paths."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError, TooLarge
from smc.exact import independent, output_law
from smc.exact.independent import TerminalCells, mean_inverse_sums, weighted_draw
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.analysis import target, true_value
from smc.setting.model import prefix_tree
from smc.setting.twist import constant, perfect, with_bellman_error
from tests.effort import effort
from tests.exact import enumeration as oracle
from tests.exact.random_models import fractions, graphs, trees, twisted, twists

ALGORITHMS = ("sis", "sis-guided", "weighted-of-n")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(deadline=None, max_examples=effort(120))
@given(data=st.data())
def test_law_dead_and_moments_equal_enumeration(algorithm, data):
    model, twist = data.draw(twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2)))
    particles = data.draw(st.integers(1, 3 if model.horizon < 3 else 2))
    process = particle_process(model, twist, algorithm)
    expected = oracle.independent(model, twist, particles, algorithm)
    found = independent.independent_law(process, particles)
    assert fractions(found.law) == expected.law
    assert fractions([found.dead]) == [expected.dead]
    assert expected.first == fractions([true_value(model)[0][0]])[0]
    assert fractions([independent.second_moment(process, particles)]) == [expected.second]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_weighted_cells_aim_at_the_target(algorithm, data):
    model, twist = data.draw(twisted(trees() | graphs()))
    process = particle_process(model, twist, algorithm)
    cells = independent.terminal_cells(process)
    assert cells.target == target(model)
    assert cells.moment(1) * process.scale == true_value(model)[0][0]
    assert independent.moments(process) == (cells.moment(1), cells.moment(2))
    assert sum(cells.law.values()) + cells.dead == 1


@settings(deadline=None, max_examples=effort(100))
@given(law=st.dictionaries(st.integers(0, 40), st.integers(1, 9), min_size=1, max_size=4), exponent=st.integers(0, 6))
def test_dense_and_sparse_generating_functions_agree(law, exponent):
    """Both against repeated multiplication, term by term."""
    expected = {0: 1}
    for _ in range(exponent):
        longer = {}
        for s, c in expected.items():
            for k, d in law.items():
                longer[s + k] = longer.get(s + k, 0) + c * d
        expected = longer
    assert independent._dense_power(law, exponent) == expected
    assert independent._sparse_power(law, exponent) == expected


def test_one_particle_is_the_proposal_where_the_weight_is_positive():
    model = prefix_tree(2, lambda s: {0: "1/4", 1: "3/4"}, lambda s: sum(s))
    found = independent.independent_law(particle_process(model, constant(model), "weighted-of-n"), 1)
    assert found.law == (0, Rational(3, 16), Rational(3, 16), Rational(9, 16)) and found.dead == Rational(1, 16)


def test_many_paths_with_a_common_grid_of_weights():
    """Best of 60 on 16 leaves: one polynomial power; the bias is positive and shrinks by more than half from N = 30."""
    model = prefix_tree(4, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    process = particle_process(model, constant(model), "weighted-of-n")
    wide, narrow = (independent.independent_law(process, n).total_variation(target(model)) for n in (30, 60))
    assert 0 < narrow < Rational(51, 100) * wide
    assert sum(independent.independent_law(process, 60).law) == 1


def test_equal_weights_have_no_bias():
    model = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0])
    assert independent.independent_law(particle_process(model, perfect(model), "sis-guided"), 4).law == target(model)


def test_a_path_without_a_next_move_is_dead():
    half, one = Rational(1, 2), Rational(1)
    steps = ((Outcome(0, half, one), Outcome(1, half, one)),), ((Outcome(0, one, 3 * one),), ())
    cells = independent.terminal_cells(ParticleProcess("stuck", steps, (1, 2, 1), one))
    assert cells == TerminalCells({(0, 3 * one): half}, half, 1)


def test_weighted_draw_counts_zero_weights():
    cells = TerminalCells({(0, Rational(2)): Rational(1, 2)}, Rational(1, 2), 1)
    assert weighted_draw(cells, 3).law == (Rational(7, 8),)
    assert weighted_draw(cells, 3).dead == Rational(1, 8)


def test_refuses_what_does_not_fit():
    model = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    with pytest.raises(InputError, match="at least 1"):
        independent.independent_law(particle_process(model, constant(model), "sis"), 0)
    primes = {Rational(1, p): Rational(1, 8) for p in (101, 103, 107, 109, 113, 127, 131)}
    # C(39 + 7, 7) multisets of 39 out of 7 weights and 0; 2 * 999999 + 1 sums of weights 0, 1, 2
    with pytest.raises(TooLarge, match="the sum of 39 weights takes up to 53524680 values; 7 weights"):
        mean_inverse_sums(primes, Rational(1, 8), 40)
    third = Rational(1, 3)
    with pytest.raises(TooLarge, match="the sum of 999999 weights takes up to 1999999 values; 2 weights"):
        mean_inverse_sums({Rational(1): third, Rational(2): third}, third, 10**6)
    ragged = with_bellman_error(model, "1/7")
    with pytest.raises(TooLarge, match="accumulated weight"):
        independent.terminal_cells(particle_process(model, ragged, "sis"), most=3)
    assert len(independent.terminal_cells(particle_process(model, ragged, "sis"), most=4).law) == 4


def test_planted_fault_is_seen():
    """Forgetting that the drawn path is one of the N (a sum of N instead of N - 1 others) changes the law."""
    model = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    process = particle_process(model, constant(model), "weighted-of-n")
    cells = independent.terminal_cells(process)
    wrong = [Fraction(0)] * cells.states
    inverse = mean_inverse_sums(cells.weights, cells.dead, 4)
    for (x, weight), p in cells.law.items():
        wrong[x] += 3 * Fraction(int(weight)) * Fraction(p) * Fraction(inverse[weight])
    assert wrong != oracle.independent(model, constant(model), 3, "weighted-of-n").law


# ------------------------------------------------------------------------------------------------ argmax
@given(st.data(), trees(max_horizon=2, max_children=2), st.integers(1, 3))
def test_best_of_n_against_enumeration(data, model, particles):
    """Every N-tuple of paths: the ones of largest weight share its probability evenly."""
    twist = data.draw(twists(model))
    process = particle_process(model, twist, "best-of-n")
    paths = [(0, Fraction(1), Fraction(1))]
    for step in process.steps:
        paths = [
            (y, p * Fraction(int(q.numerator), int(q.denominator)), w * Fraction(int(v.numerator), int(v.denominator)))
            for x, p, w in paths
            for y, q, v in step[x]
        ]
    law, dead = [Fraction(0)] * process.sizes[-1], Fraction(0)
    for drawn in itertools.product(paths, repeat=particles):
        mass, best = math.prod(p for _, p, _ in drawn), max(w for _, _, w in drawn)
        if not best:
            dead += mass
            continue
        winners = [y for y, _, w in drawn if w == best]
        for y in winners:
            law[y] += mass / len(winners)
    found = output_law(process, particles)
    assert fractions(found.law) == law and fractions([found.dead]) == [dead]


def test_best_of_n_is_argmax_and_weighted_of_n_is_not():
    """Two fair outcomes of rewards 2 and 1, N = 2: argmax answers the better one unless both draws are the other, 3/4;
    a proportional choice answers it with 1/4 + 1/2 * 2/3 = 7/12."""
    model = prefix_tree(1, lambda s: {"good": "1/2", "fair": "1/2"}, lambda s: {"good": 2, "fair": 1}[s[0]])
    laws = [
        output_law(particle_process(model, constant(model), name), 2).law for name in ("best-of-n", "weighted-of-n")
    ]
    assert [fractions(law) for law in laws] == [[Fraction(3, 4), Fraction(1, 4)], [Fraction(7, 12), Fraction(5, 12)]]


def test_a_choice_that_is_not_proportional_is_not_simulated():
    from smc.montecarlo import simulate

    model = prefix_tree(1, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + s[0])
    with pytest.raises(InputError, match="is not simulated as a run of particles; compute its exact law"):
        simulate(particle_process(model, constant(model), "best-of-n"), 2, 10, seed=0)
