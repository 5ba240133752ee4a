"""Independent Metropolis-Hastings: the explicit law against powers of the transition matrix on paths; spectrum; guided
laws."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError, TooLarge
from smc.exact import guided, metropolis
from smc.exact.independent import TerminalCells, terminal_cells
from smc.exact.metropolis import independence_sampler
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse, target
from smc.setting.model import prefix_tree
from smc.setting.twist import perfect, twist, with_bellman_error
from tests.effort import effort
from tests.exact import enumeration as oracle
from tests.exact.random_models import fractions, graphs, trees, twisted

PROPOSALS = ("sis-guided", "sis", "weighted-of-n")
INSTANCES = twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2))


@pytest.mark.parametrize("algorithm", PROPOSALS)
@settings(deadline=None, max_examples=effort(100))
@given(data=st.data())
def test_law_equals_powers_of_the_transition_matrix(algorithm, data):
    model, twist_ = data.draw(INSTANCES)
    proposals = data.draw(st.integers(1, 4))
    paths = oracle.weighted_paths(model, twist_, algorithm)
    on_paths = oracle.metropolis(paths, proposals)
    sampler = metropolis.sampler_of(particle_process(model, twist_, algorithm))
    found = sampler.law(proposals)
    law = [Fraction(0)] * len(model.reward)
    for (path, _, weight), p in zip(paths, on_paths, strict=True):
        if weight:
            law[path[-1]] += p
    assert fractions(found.law) == law
    dead = sum((p for (_, _, w), p in zip(paths, on_paths, strict=True) if not w), Fraction(0))
    assert fractions([found.dead]) == [dead]
    normaliser = sum(p * w for _, p, w in paths)
    distance = sum(abs(q - p * w / normaliser) for (_, p, w), q in zip(paths, on_paths, strict=True) if w)
    assert fractions([sampler.path_total_variation(proposals)]) == [(distance + dead) / 2]


@pytest.mark.parametrize("algorithm", PROPOSALS)
@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_spectrum_is_the_transition_matrix_s(algorithm, data):
    """Characteristic polynomial of the chain on (levels, dead), from its definition, against `prod (z - lambda)`."""
    model, twist_ = data.draw(INSTANCES)
    cells = terminal_cells(particle_process(model, twist_, algorithm))
    levels = [(w, p) for w, p in cells.weights.items()] + ([(0, cells.dead)] if cells.dead else [])
    rows = []
    for i, (current, _) in enumerate(levels):
        row = [p * (min(1, weight / current) if current else 1) for weight, p in levels]
        row[i] += 1 - sum(row)
        rows.append([_fmpq(v) for v in row])
    z = flint.fmpq_poly([0, 1])
    expected = flint.fmpq_poly([1])
    for eigenvalue in metropolis.independence_sampler(cells).spectrum:
        expected *= z - _fmpq(eigenvalue)
    assert flint.fmpq_mat(rows).charpoly() == expected


def _fmpq(value):
    return flint.fmpq(int(value.numerator), int(value.denominator))


@settings(deadline=None, max_examples=effort(80))
@given(instance=INSTANCES)
def test_detailed_balance_start_and_limit(instance):
    model, twist_ = instance
    process = particle_process(model, twist_, "sis-guided")
    sampler = metropolis.sampler_of(process)
    assert sum(level.target for level in sampler.levels) == 1
    assert sampler.law(1).law == tuple(_proposal_mass(sampler.cells, x) for x in range(len(model.reward)))
    distances = [sampler.path_total_variation(h) for h in (1, 2, 3, 12)]
    assert distances == sorted(distances, reverse=True)
    assert sampler.law(4).total_variation(target(model)) <= sampler.path_total_variation(4)
    assert distances[0] == guided.path_total_variation(process)
    heaviest = sampler.levels[0]
    assert heaviest.rejection == 1 - 1 / heaviest.weight
    assert heaviest.weight <= analyse(model, twist_).bellman_product  # S7's contraction: 1 - e^{-2 Lambda}


def _proposal_mass(cells, x):
    return sum((p for (y, _), p in cells.law.items() if y == x), 0)


def test_perfect_values_accept_everything():
    model = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + s[-1])
    sampler = metropolis.sampler_of(particle_process(model, perfect(model), "sis-guided"))
    assert [level.rejection for level in sampler.levels] == [0]
    assert sampler.law(1).law == target(model)


def test_many_proposals_reach_the_target_to_any_accuracy():
    model = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + s[-1])
    sampler = metropolis.sampler_of(particle_process(model, with_bellman_error(model, 1), "sis-guided"))
    rate = sampler.levels[0].rejection
    for proposals in (10, 200):
        assert 0 < sampler.path_total_variation(proposals) <= rate**proposals


@pytest.mark.parametrize("proposals", [0, -1, True, 2.0])
def test_refuses_counts_below_one(proposals):
    model = prefix_tree(1, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0])
    with pytest.raises(InputError, match="at least 1"):
        metropolis.chain_law(particle_process(model, perfect(model), "sis-guided"), proposals)


def test_refuses_powers_that_do_not_fit():
    model = prefix_tree(2, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + s[-1])
    with pytest.raises(TooLarge, match="MiB of digits"):
        metropolis.chain_law(particle_process(model, with_bellman_error(model, "1/7"), "sis-guided"), 10**9)


# --- guided laws ----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=effort(100))
@given(instance=twisted(trees() | graphs()))
def test_guided_laws_and_chi_square_equal_enumeration_of_paths(instance):
    model, twist_ = instance
    process = particle_process(model, twist_, "guided")
    paths = oracle.weighted_paths(model, twist_, "sis-guided")
    for t, law in enumerate(guided.proposal_laws(process), 1):
        expected = [Fraction(0)] * model.sizes[t]
        for path, p, _ in paths:
            if len(path) > t:
                expected[path[t]] += p
        assert fractions(law.law) == expected
        assert fractions([law.dead]) == [1 - sum(expected)]
    normaliser = sum(p * w for _, p, w in paths)
    chi_square = sum(p * w * w for _, p, w in paths) / normaliser**2 - 1
    dispersion = guided.weight_dispersion(process)
    assert fractions([dispersion.chi_square]) == [chi_square]
    assert dispersion.effective_sample_size(7) * (1 + dispersion.chi_square) == 7
    distance = sum(p * abs(w / normaliser - 1) for _, p, w in paths) / 2
    assert fractions([guided.path_total_variation(process)]) == [distance]


def test_a_particle_that_has_no_move_left_is_dead_by_hand():
    """Two states of value 1 below the root, one of which earns nothing: half of all particles enter it and are lost at the next step."""
    model = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"} if not s else {0: 1}, lambda s: 1 - s[0])
    process = particle_process(model, twist(model, [[1], [1, 1]]), "guided")
    first, last = guided.proposal_laws(process)
    assert terminal_cells(process).dead == Fraction(1, 2)
    half = Fraction(1, 2)
    assert fractions([*first.law, first.dead]) == [half, half, 0] and fractions([*last.law, last.dead]) == [
        half,
        0,
        half,
    ]


def two_point_model(heavy):
    """Horizon 4. The first step goes to branch 1 with probability `heavy`, where the reward is 4, else to branch 0,
    where it is 1; `V = 1` before the end. So W is 4 or 1, and all of `e^{2 Lambda} = 4` is spent on the last step."""
    model = prefix_tree(4, lambda s: {0: 1 - heavy, 1: heavy} if not s else {s[-1]: 1}, lambda s: 4 if s[0] else 1)
    return model, twist(model, [[1], [1, 1], [1, 1], [1, 1]])


def test_two_point_weights_reach_the_extremal_distance():
    """S2's extremal value `(e^Lambda - 1)/(e^Lambda + 1) = 1/3`, at branch probability 1/3, and nowhere else on a
    grid."""
    found = {}
    for k in range(1, 30):
        model, twist_ = two_point_model(Fraction(k, 30))
        process = particle_process(model, twist_, "guided")
        assert analyse(model, twist_).bellman_product == 4
        found[k] = guided.proposal_laws(process)[-1].total_variation(target(model))
        assert guided.path_total_variation(process) == found[k]
    assert max(found, key=found.get) == 10 and found[10] == Fraction(1, 3)


def test_two_point_weights_reach_the_extremal_chi_square():
    """S1's extremal value `sinh^2 Lambda = (2 - 1/2)^2/4 = 9/16`, at branch probability 1/5."""
    found = {}
    for k in range(1, 30):
        found[k] = guided.weight_dispersion(particle_process(*two_point_model(Fraction(k, 30)), "guided")).chi_square
    assert max(found, key=found.get) == 6 and found[6] == Fraction(9, 16)


def test_levels_of_one_denominator_are_not_costed_as_if_each_had_its_own():
    """60 levels whose rejections are over one denominator: a law of 40 proposals was told to take forty times as long."""
    n = 60
    cells = TerminalCells({(k, Rational(k + 1, n)): Rational(1, n) for k in range(n)}, Rational(0), n)
    sampler = independence_sampler(cells)
    assert len(sampler.levels) == n
    assert sum(sampler.law(40, seconds=0.02).law) == 1
