"""Path laws: trees and general models against each other, against unrolled models, and against brute force on histories."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import TooLarge
from smc.exact import _small_law, output_law, paths
from smc.exact.occupancy.cells import cell_chain
from smc.exact.occupancy.cost import denominator_bits
from smc.exact.occupancy.engine import schedule
from smc.exact.paths import OCCUPANCIES, TREE, _tagged_law, _tree_law, path_law, path_target, routes, unrolled
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.samplers.resampling import resampling_of
from smc.setting.analysis import target
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import Twist, constant, from_function, with_bellman_error
from tests.effort import effort
from tests.exact import enumeration as oracle
from tests.exact.random_models import fractions, graphs, grown, trees, twisted


def test_the_distance_by_hand():
    """Gaps of 1/4 at three paths, two of them in one law only, and 1/4 for runs that die."""
    half, quarter = Rational(1, 2), Rational(1, 4)
    law, target = {(0, 0): half, (0, 1): quarter}, {(0, 0): half + quarter, (0, 2): quarter}
    assert paths.PathLaw(law, quarter).total_variation(target) == half


def history_tree(model, twist):
    """The model with histories as states, by hand; parallel edges kept. Returns it with its twist and the paths of its leaves."""
    histories, steps, values = [[(0,)]], [], [twist.values[0]]
    for t, step in enumerate(model.edges):
        below, rows = [], []
        for history in histories[-1]:
            row = []
            for e in step[history[-1]]:
                longer = (*history, e.target)
                if longer not in below:
                    below.append(longer)
                row.append(e._replace(target=below.index(longer)))
            rows.append(tuple(row))
        steps.append(tuple(rows))
        histories.append(below)
        values.append(tuple(twist.values[t + 1][h[-1]] for h in below))
    layers = tuple(tuple(map(str, layer)) for layer in histories)
    return type(model)(layers, tuple(steps), values[-1]), Twist(tuple(values)), histories[-1]


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@settings(deadline=None, max_examples=effort(80))
@given(data=st.data())
def test_path_laws_equal_enumeration_of_histories(algorithm, data):
    model, twist = data.draw(twisted(graphs(max_states=2) | trees(max_children=2)))
    particles = data.draw(st.integers(1, 3))
    found = path_law(particle_process(model, twist, algorithm), particles)
    tree, values, paths = history_tree(model, twist)
    expected = {"naive": oracle.naive, "adapted": oracle.adapted}[algorithm](tree, values, particles)
    assert fractions([found.dead]) == [expected.dead]
    assert fractions([found.law.get(h, 0) for h in paths]) == expected.law
    assert set(found.law) <= set(paths)


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@settings(deadline=None, max_examples=effort(80))
@given(data=st.data())
def test_both_routes_and_the_unrolled_model_agree(algorithm, data):
    model, twist = data.draw(twisted(trees() | graphs()))
    particles = data.draw(st.integers(1, 3))
    process = particle_process(model, twist, algorithm)
    histories, paths = unrolled(process)
    on_histories = output_law(histories, particles)
    tree, tagged = _tree_law(histories, particles), _tagged_law(process, particles)
    assert tagged.dead == on_histories.dead == tree.dead
    for k, path in enumerate(paths):
        assert tagged.law.get(path, 0) == on_histories.law[k]
    assert {h[-1]: p for h, p in tree.law.items()} == {k: p for k, p in enumerate(on_histories.law) if p}


@settings(deadline=None, max_examples=effort(80))
@given(instance=twisted(trees() | graphs()), particles=st.integers(1, 3))
def test_last_state_of_the_path_has_the_output_law_and_the_target_its_marginal(instance, particles):
    model, twist = instance
    process = particle_process(model, twist, "naive")
    found, aim = path_law(process, particles), path_target(process)
    last = output_law(process, particles)
    marginal, aimed = [0] * len(model.reward), [0] * len(model.reward)
    for path, p in found.law.items():
        marginal[path[-1]] += p
    for path, p in aim.items():
        aimed[path[-1]] += p
    assert tuple(marginal) == last.law and found.dead == last.dead
    assert tuple(aimed) == target(model)
    assert aim == path_target(particle_process(model, twist, "adapted"))
    assert found.total_variation(aim) >= last.total_variation(target(model))


def binary_tree():
    return prefix_tree(
        4,
        lambda s: {0: "1/3", 1: "2/3"} if sum(s) % 2 else {0: "1/2", 1: "1/2"},
        lambda s: 3 + int("".join(map(str, s)), 2),
    )


@pytest.mark.by_turn
def test_six_particles_on_a_binary_tree_of_depth_four():
    """16 leaves with 16 rewards, N = 6: 54264 occupancies of the leaves; the values are a heuristic, 1 + number of ones."""
    tree = binary_tree()
    process = particle_process(tree, from_function(tree, lambda t, name: 1 + name.count("1")), "naive")
    six, two = path_law(process, 6), path_law(process, 2)
    assert sum(six.law.values()) == 1 and six.dead == 0 and len(six.law) == 16
    assert two.law == _tagged_law(process, 2).law
    assert 0 < six.total_variation(path_target(process)) < two.total_variation(path_target(process))


def test_long_fractions_on_the_same_tree():
    """A perturbed exact reward model: weights with eight-digit denominators, a law whose masses have thousands of digits."""
    tree = binary_tree()
    process = particle_process(tree, with_bellman_error(tree, "1/4"), "naive")
    found = path_law(process, 4)
    assert sum(found.law.values()) == 1
    assert max(p.denominator.bit_length() for p in found.law.values()) > 10_000
    assert found.law[(0, 0, 0, 0, 0)] < path_law(process, 1).law[(0, 0, 0, 0, 0)]  # the least reward, found less often


def two_states(horizon: int):
    third = (Edge(0, Rational(1, 3)), Edge(1, Rational(2, 3)))
    half = (Edge(0, Rational(1, 2)), Edge(1, Rational(1, 2)))
    steps = ((third,), *[(third, half)] * (horizon - 1))
    return Model((("r",), *[("a", "b")] * horizon), steps, (Rational(1), Rational(3)))


def test_lineages_are_followed_where_histories_would_be_too_many_states():
    """Two states a layer, T = 7: 2^7 histories, N = 3, and still only occupancies of two states."""
    model = two_states(7)
    process = particle_process(model, with_bellman_error(model, "1/3", lambda t, i: 1 if i else -1), "naive")
    found = path_law(process, 3)
    assert len(found.law) == 128 and sum(found.law.values()) == 1
    assert sum(p for h, p in found.law.items() if h[-1]) == output_law(process, 3).law[1]


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("widths", "particles", "eps", "quicker"),
    [
        ((2, 2, 3, 3, 3, 3), 16, 0, OCCUPANCIES),
        ((2, 2, 2, 3, 3, 4), 16, "1/4", OCCUPANCIES),
        ((2,) * 3, 32, "12345/98765", OCCUPANCIES),
        ((3, 9, 27), 4, "1/4", TREE),
    ],
)
def test_the_route_on_a_tree_is_the_quicker_one_by_estimate_and_both_say_the_same(
    widths, particles, eps, quicker, monkeypatch
):
    """Deep trees at many particles go to the engines; long weights over many leaves, to the tree."""
    tree = grown(*widths)
    process = particle_process(tree, with_bellman_error(tree, eps) if eps else constant(tree, 1), "naive")
    (first, least), (_, most) = routes(process, particles)
    assert first == quicker and 1.5 * least < most
    asked = []
    monkeypatch.setattr(paths, "_tree_law", lambda *given: asked.append(TREE) or _tree_law(*given))
    found, on_tree = path_law(process, particles), _tree_law(process, particles)
    assert (asked == [TREE]) is (quicker == TREE)
    assert (found.law, found.dead) == (on_tree.law, on_tree.dead)
    last = output_law(process, particles)
    assert {path[-1]: p for path, p in on_tree.law.items()} == {k: p for k, p in enumerate(last.law) if p}


@pytest.mark.parametrize(
    ("widths", "particles", "eps"),
    [((2,) * 10, 32, "1/4"), ((3, 4, 5, 6, 6, 6), 2, "12345/98765"), ((4, 4, 4, 5), 4, "123456789/987654321")],
)
def test_the_length_of_the_denominators_is_known_from_above_and_not_by_far(widths, particles, eps):
    """Weights repeat within a layer, so that few totals are different: estimates count 1.8 times the bits of the run at most."""
    tree = grown(*widths)
    chain = cell_chain(particle_process(tree, with_bellman_error(tree, eps), "naive"))
    growth, estimates = schedule(chain, particles).growth(), denominator_bits(chain, particles)
    for t, bits in enumerate(estimates):
        true = (chain.denominators[0] * prod(growth[:t])) ** particles
        assert true.bit_length() - 1 <= bits
    assert estimates[-1] <= 1.8 * true.bit_length()


def test_the_plain_engine_takes_short_numbers_alone(monkeypatch):
    """Ten layers of 33 occupancies: numbers of 90,000 bits go to the engines, which take a tenth of the time of plain sums."""
    tree, plain = grown(*(2,) * 10), []
    monkeypatch.setattr("smc.exact.occupancy.small.small_law", lambda *given: plain.append(given))
    assert _small_law(particle_process(tree, with_bellman_error(tree, "1/4"), "naive"), 32) is None and not plain
    _small_law(particle_process(tree, with_bellman_error(tree, "1/4"), "naive"), 2)
    assert len(plain) == 1


def test_a_tree_on_which_every_run_dies():
    one, none = Rational(1), Rational(0)
    step = (Outcome(0, one / 2, none), Outcome(1, one / 2, none))
    process = ParticleProcess("dies", ((step,), ((Outcome(0, one, one),), (Outcome(1, one, one),))), (1, 2, 2), one)
    assert routes(process, 3)[0][0] == OCCUPANCIES
    found = path_law(process, 3)
    assert not found.law and found.dead == 1


@pytest.mark.parametrize("model", [grown(2, 3, 3), two_states(3)], ids=["tree", "graph"])
def test_other_schemes_have_their_own_law(model):
    """Systematic resampling: the law of the path adds up to that of the last state, and is not that of multinomial resampling."""
    twist = with_bellman_error(model, "1/3", lambda t, i: 1 if i else -1)
    process = replace(particle_process(model, twist, "naive"), resampling=resampling_of("systematic"))
    found, last = path_law(process, 2), output_law(process, 2)
    sums = [Rational(0)] * len(last.law)
    for path, p in found.law.items():
        sums[path[-1]] += p
    assert tuple(sums) == last.law
    assert found.law != path_law(particle_process(model, twist, "naive"), 2).law


@pytest.mark.by_turn
def test_too_many_paths_or_particles_are_refused():
    deep = prefix_tree(3, lambda s: {k: "1/40" for k in range(40)}, lambda s: 1 + s[0])
    with pytest.raises(TooLarge, match="paths, more than"):
        path_law(particle_process(deep, with_bellman_error(deep, 0), "naive"), 2)
    wide = prefix_tree(2, lambda s: {k: "1/8" for k in range(8)}, lambda s: 1 + s[0])
    with pytest.raises(TooLarge, match="64 paths at 200 particles takes"):
        path_law(particle_process(wide, with_bellman_error(wide, 0), "naive"), 200)


def test_the_work_on_lineages_is_counted_by_hand():
    """Two cells a layer, 10^4 occupancies of 9999 particles: 6 * 10^8 pairs on 7 layers times 128 paths. And 2^16 paths are too many."""
    models = two_states(7), two_states(16)
    seven, sixteen = (particle_process(model, constant(model, 1), "naive") for model in models)
    with pytest.raises(TooLarge, match=r"about 1e\+10 additions for 9999 particles and 128 paths"):
        path_law(seven, 9999)
    with pytest.raises(TooLarge, match="50001 paths, more than 50000"):
        path_law(sixteen, 1)
