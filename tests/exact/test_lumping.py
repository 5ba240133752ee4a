"""Lumping: the lumped law is the pushed-forward law, nothing else changes, and what differs is never merged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError
from smc.exact import independent, metropolis, output_law, second_moment
from smc.exact.lumping import lump_model, lump_process, lump_symmetric
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.analysis import analyse
from smc.setting.model import Edge, Model, prefix_tree
from smc.setting.twist import Twist, constant, from_function, perfect, twist
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

CONSTANTS = (
    "normaliser bellman_error level_ratio bellman_product upper_ratio ratio_bound q q_adapted b c_act c_inf chi_square "
    "increment_moment"
).split()


def twins(models):
    """Every state after the root is doubled and each step into it split evenly: a model full of bisimilar states."""

    def doubled(instance):
        model, values = instance
        layers = [model.layers[0], *(tuple(s + side for s in layer for side in "+-") for layer in model.layers[1:])]
        half = Rational(1, 2)
        steps = []
        for t, step in enumerate(model.edges):
            rows = [
                tuple(Edge(2 * e.target + side, e.probability * half, e.potential) for e in row for side in (0, 1))
                for row in step
            ]
            steps.append(tuple(rows) if t == 0 else tuple(row for row in rows for _ in "+-"))
        reward = tuple(r for r in model.reward for _ in "+-")
        larger = Model(tuple(layers), tuple(steps), reward)
        wide = [values.values[0], *(tuple(v for v in layer for _ in "+-") for layer in values.values[1:])]
        return larger, Twist(tuple(wide))

    return models.map(doubled)


INSTANCES = twisted(graphs(max_horizon=3)) | twisted(trees(max_children=2)) | twins(twisted(graphs(max_states=2)))


def same_law(process, lumped, lumping, particles):
    assert output_law(lumped, particles) == lumping.pushed(output_law(process, particles))
    assert second_moment(lumped, particles) == second_moment(process, particles)


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@settings(deadline=None, max_examples=effort(100))
@given(data=st.data())
def test_law_of_the_lumped_process_is_the_pushed_forward_law(algorithm, data):
    model, values = data.draw(INSTANCES)
    keep = data.draw(st.sampled_from(["states", model.reward]))
    process = particle_process(model, values, algorithm)
    lumped, lumping = lump_process(process, keep)
    same_law(process, lumped, lumping, data.draw(st.integers(1, 2)))
    assert all(after <= before for before, after in zip(lumping.before, lumping.sizes, strict=True))


@settings(deadline=None, max_examples=effort(100))
@given(data=st.data())
def test_lumped_model_has_the_same_constants_and_pushed_forward_laws(data):
    model, values = data.draw(INSTANCES)
    keep = data.draw(st.sampled_from(["states", "reward"]))
    smaller, small_values, lumping = lump_model(model, values, keep)
    before, after = analyse(model, values), analyse(smaller, small_values)
    for name in CONSTANTS:
        assert getattr(before, name) == getattr(after, name), name
    assert after.target == lumping.push(before.target)
    assert twist(smaller, small_values.values).values == small_values.values
    for algorithm in ("naive", "adapted"):
        process = particle_process(model, values, algorithm)
        same_law(process, particle_process(smaller, small_values, algorithm), lumping, 2)
    for law, algorithm in ((independent.independent_law, "weighted-of-n"), (metropolis.chain_law, "sis-guided")):
        large, small = (particle_process(m, v, algorithm) for m, v in ((model, values), (smaller, small_values)))
        assert law(small, 2) == lumping.pushed(law(large, 2))


@settings(deadline=None, max_examples=effort(60))
@given(instance=twins(twisted(graphs(max_states=2))))
def test_twins_are_found(instance):
    """Layer by layer, at least every pair of twins is merged (terminal ones when rewards are what is kept)."""
    model, values = instance
    _, _, lumping = lump_model(model, values, "reward")
    for classes in lumping.classes[1:]:
        assert all(a == b for a, b in zip(classes[::2], classes[1::2], strict=True))
    again = lump_model(*lump_model(model, values, "reward")[:2], "reward")[2]
    assert again.before == again.sizes == lumping.sizes, "nothing is left to lump"


def test_independent_bits_lump_to_their_number():
    """The product family on its prefix tree: 31 states, 15 counts; the process forgets even the count before the end."""
    tree = prefix_tree(4, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 2 ** sum(s))
    values = from_function(tree, lambda t, name: 2 ** name.count("1"))
    smaller, _, lumping = lump_model(tree, values, "reward")
    assert smaller.sizes == lumping.sizes == (1, 2, 3, 4, 5)
    assert str(lumping) == "31 states became 15 by exact lumping; the widest layer has 5 instead of 16"
    assert smaller.layers[2] == ("00", "01", "11")
    _, finer = lump_process(particle_process(tree, values, "naive"), [0] * 16)
    assert finer.sizes == (1, 1, 1, 1, 1)
    assert str(lump_model(tree, values)[2]) == "no two of the 31 states are bisimilar"


def test_a_widest_layer_that_stays_is_said_to():
    ends = [(s, e, "1/3") for s in "ab" for e in "xyz"]
    model = Model.from_edges(
        [["r"], ["a", "b"], ["x", "y", "z"]], [[("r", "a", "1/2"), ("r", "b", "1/2")], ends], {"x": 1, "y": 2, "z": 3}
    )
    lumping = lump_model(model, perfect(model))[2]
    assert str(lumping) == "6 states became 5 by exact lumping; the widest layer keeps its 3"


@pytest.mark.parametrize("lump", [lump_process, lump_symmetric])
def test_a_state_that_is_entered_with_weight_zero_only_is_dropped(lump):
    """Two of three states carry a weight; what leads to the third is kept as a move without weight."""
    moves = [Outcome(y, Rational(1, 3), Rational(w)) for y, w in enumerate((1, 0, 2))]
    lumped, lumping = lump(ParticleProcess("lost", ((tuple(moves),),), (1, 3), Rational(1)))
    assert lumping.classes == ((0,), (0, None, 1)) and lumped.sizes == lumping.sizes == (1, 2)
    assert sorted(lumped.steps[0][0]) == [(0, Rational(1, 3), 0), (0, Rational(1, 3), 1), (1, Rational(1, 3), 2)]


def test_states_that_differ_in_value_potential_or_step_stay_apart():
    """One difference at a time; merging any of these pairs would change a law or a constant."""
    one, half = Rational(1), Rational(1, 2)
    start = ((Edge(0, half), Edge(1, half)),)
    layers = (("r",), ("a", "b"), ("x", "y"))
    same = (Edge(0, half), Edge(1, half))

    def sizes(row, values, last=3):
        model = Model(layers, (start, (same, row)), (one, Rational(last)))
        return lump_model(model, twist(model, [[1], values]), "reward")[2].sizes

    assert sizes(same, [1, 1]) == (1, 1, 2)
    assert sizes(same, [1, 2]) == (1, 2, 2), "values differ"
    assert sizes((Edge(0, half, Rational(2)), Edge(1, half)), [1, 1]) == (1, 2, 2), "potentials differ"
    assert sizes((Edge(0, Rational(1, 3)), Edge(1, Rational(2, 3))), [1, 1]) == (1, 2, 2), "steps differ"
    assert sizes((Edge(0, one),), [1, 1], last=1) == (1, 1, 1), "into one class, however it is split"


def test_a_lumping_that_is_too_coarse_changes_the_law():
    """The planted fault: the two children of the root made one, although their own children are rewarded differently."""
    tree = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + 3 * s[0] * s[1])
    process = particle_process(tree, constant(tree), "naive")
    (root,), second = process.steps
    coarse = replace(process, steps=((tuple(o._replace(target=0) for o in root),), second))
    lumped, lumping = lump_process(process, tree.reward)
    assert lumping.sizes == (1, 2, 2)
    assert lumping.pushed(output_law(process, 2)) == output_law(lumped, 2)
    assert lumping.pushed(output_law(coarse, 2)) != output_law(lumped, 2)


def test_bad_labels_are_refused():
    tree = prefix_tree(1, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1)
    with pytest.raises(InputError, match="one label a state"):
        lump_model(tree, constant(tree), [1])
    with pytest.raises(InputError, match="unknown way"):
        lump_process(particle_process(tree, constant(tree), "naive"), "rewards")
