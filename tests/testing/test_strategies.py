"""What the strategies refuse, what they shrink to, and which regions they reach, by recorded counts."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, find, given, seed, settings
from hypothesis.errors import InvalidArgument

from smc.numbers import ONE, Rational
from smc.samplers.naive import naive
from smc.samplers.resampling import SCHEMES, Choice, Resampling
from smc.setting.analysis import true_value
from smc.setting.mdp import FiniteMDP
from smc.setting.model import Model
from smc.testing import (
    KINDS,
    REGIONS,
    distributions,
    finite_mdps,
    hard_families,
    instances,
    layered_models,
    loops,
    nasty_instances,
    nasty_weights,
    perturbations,
    prefix_trees,
    product_models,
    rationals,
    regions,
    resamplings,
    reward_models,
)
from smc.testing.perturbations import BellmanNoise, Perfect, ResampledByPower, Rescaled, Tempered
from smc.testing.rewards import on_trees
from tests.effort import effort

SEARCH = settings(database=None, deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck))


def smallest(strategy, condition=lambda _: True):
    """The shrunk example that satisfies `condition`."""
    return find(strategy, condition, settings=SEARCH, random=Random(1))


def sample(strategy, count: int) -> list:
    """`count` examples (fewer where the strategy has fewer), the same ones every time."""
    drawn: list = []

    @seed(20)
    @settings(SEARCH, max_examples=count)
    @given(strategy)
    def collect(example):
        drawn.append(example)

    collect()
    return drawn


a_model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/2"), ("r", "b", "1/2")]], {"a": 1, "b": 2})

REFUSED = [
    (rationals, {"min_value": 2, "max_value": 1}),
    (rationals, {"min_value": 0.5}),
    (rationals, {"min_value": Rational(1, 3), "max_value": Rational(2, 5), "max_denominator": 2}),
    (rationals, {"max_denominator": 0}),
    (rationals, {"max_value": 10**9}),
    (rationals, {"min_value": 0, "max_value": 0, "exclude_zero": True}),
    (rationals, {"extremes": 1}),
    (distributions, {"min_states": 0}),
    (distributions, {"min_states": 3, "max_states": 2}),
    (distributions, {"max_weight": 0}),
    (distributions, {"zeros": "no"}),
    (layered_models, {"max_horizon": 0}),
    (layered_models, {"min_horizon": 4, "max_horizon": 3}),
    (layered_models, {"max_states": 27}),
    (layered_models, {"max_states": 2.0}),
    (layered_models, {"potentials": None}),
    (prefix_trees, {"max_children": 0}),
    (prefix_trees, {"max_children": 10, "max_horizon": 10}),
    (product_models, {"max_tokens": True}),
    (product_models, {"min_horizon": 2, "max_horizon": 1}),
    (finite_mdps, {"max_actions": 0}),
    (finite_mdps, {"several_starts": "yes"}),
    (perturbations, {"kinds": ()}),
    (perturbations, {"kinds": ("perfect", "imperfect")}),
    (perturbations, {"kinds": "perfect"}),
    (perturbations, {"eps": -1}),
    (perturbations, {"eps": 0.1}),
    (perturbations, {"max_length": 0}),
    (hard_families, {"families": ("S0",)}),
    (hard_families, {"max_horizon": 65}),
    (hard_families, {"eps": 0}),
    (nasty_instances, {"kinds": ("odd",)}),
    (nasty_instances, {"kinds": ()}),
    (nasty_instances, {"max_particles": 0}),
    (nasty_weights, {"max_particles": 27}),
    (instances, {"models": a_model}),
    (instances, {"rewards": "noise"}),
    (instances, {"max_particles": 0}),
]


@pytest.mark.parametrize(("strategy", "arguments"), REFUSED)
def test_bad_arguments_are_rejected_at_definition(strategy, arguments):
    with pytest.raises(InvalidArgument) as refusal:
        strategy(**arguments)
    assert str(next(iter(arguments.values()))) in str(refusal.value) or next(iter(arguments)) in str(refusal.value)


def test_reward_models_refuse_what_would_change_the_model():
    with pytest.raises(InvalidArgument, match="zero-rewards"):
        reward_models(a_model, kinds=("zero-rewards",))
    with pytest.raises(InvalidArgument, match="Model"):
        reward_models("model")


def test_arguments_are_keyword_only():
    for strategy in (
        rationals,
        distributions,
        layered_models,
        prefix_trees,
        product_models,
        finite_mdps,
        perturbations,
        instances,
    ):
        with pytest.raises(TypeError):
            strategy(1)


@pytest.mark.by_turn
def test_rationals_shrink_to_one_then_to_small_denominators():
    assert smallest(rationals()) == 1
    assert smallest(rationals(), lambda r: r < 1) == 0
    assert smallest(rationals(), lambda r: 0 < r < 1) == Rational(1, 2)
    assert smallest(rationals(min_value=2)) == 2
    assert smallest(rationals(extremes=True), lambda r: r > 100) == 1000


@given(rationals(min_value=Rational(1, 3), max_value=Rational(5, 2), max_denominator=5))
def test_rationals_stay_in_their_range(r):
    assert Rational(1, 3) <= r <= Rational(5, 2)
    assert r.denominator <= 5


@pytest.mark.by_turn
def test_distributions_shrink_to_uniform_on_few_states():
    assert smallest(distributions()) == (1,)
    assert smallest(distributions(min_states=3)) == (Rational(1, 3),) * 3
    assert smallest(distributions(), lambda p: len(set(p)) > 1) == (1, 0)
    assert smallest(distributions(zeros=False), lambda p: len(set(p)) > 1) == (Rational(1, 3), Rational(2, 3))


@given(distributions())
def test_distributions_sum_to_exactly_one(p):
    assert sum(p) == 1
    assert min(p) >= 0
    assert 1 <= len(p) <= 4


@pytest.mark.by_turn
def test_layered_models_shrink_to_one_edge():
    model = smallest(layered_models())
    assert model.sizes == (1, 1)
    assert model.reward == (1,)


@pytest.mark.nightly
def test_layered_models_shrink_to_a_second_state_and_to_a_second_edge():
    two = smallest(layered_models(min_horizon=2, max_states=3), lambda m: m.sizes[1] > 1)
    assert two.sizes == (1, 2, 1)
    parallel = smallest(
        layered_models(), lambda m: any(len({e.target for e in row}) < len(row) for s in m.edges for row in s)
    )
    assert parallel.sizes == (1, 1)
    assert len(parallel.edges[0][0]) == 2


@pytest.mark.by_turn
def test_layered_models_shrink_with_a_property_to_what_it_needs():
    lossy = smallest(layered_models(), lambda m: len(set(m.reward)) > 1)
    assert lossy.sizes == (1, 2)
    assert set(lossy.reward) == {1, 2}


@pytest.mark.by_turn
def test_prefix_trees_shrink_to_one_branch():
    assert smallest(prefix_trees()).sizes == (1, 1)
    tree = smallest(prefix_trees(min_horizon=2), lambda m: m.sizes[-1] > 2)
    assert tree.sizes in ((1, 1, 3), (1, 2, 3))
    assert all(e.probability in (1, Rational(1, 2)) for step in tree.edges for row in step for e in row)


@given(prefix_trees())
def test_in_a_prefix_tree_every_node_has_one_parent(model):
    for t, step in enumerate(model.edges):
        parents = Counter(e.target for row in step for e in row)
        assert set(parents.values()) == {1}
        assert len(parents) == model.sizes[t + 1]


@pytest.mark.by_turn
def test_product_models_shrink_to_fair_tokens():
    assert smallest(product_models()).model.sizes == (1, 1)
    uneven = smallest(product_models(), lambda i: len({e.potential for e in i.model.edges[0][0]}) > 1).model
    assert uneven.sizes == (1, 2)
    assert [e.probability for e in uneven.edges[0][0]] == [Rational(1, 2)] * 2


@given(product_models())
def test_weights_of_product_models_do_not_depend_on_the_past(instance):
    for step in instance.model.edges:
        assert len(set(step)) == 1
    assert all(set(layer) == {ONE} for layer in instance.twist.values)


@pytest.mark.by_turn
def test_finite_mdps_shrink_to_one_state_and_action():
    mdp = smallest(finite_mdps())
    assert (len(mdp.states), len(mdp.actions)) == (1, 1)


@pytest.mark.nightly
def test_finite_mdps_of_two_starts_shrink_to_two_states():
    two = smallest(finite_mdps(), lambda m: len(m.starts) > 1)
    assert len(two.states) == 2
    assert set(two.initial.values()) == {Rational(1, 2)}
    assert set(two.reward.values()) == {1}


@pytest.mark.by_turn
def test_perturbations_shrink_to_the_true_value():
    assert smallest(perturbations()) == Perfect()
    assert smallest(perturbations(kinds=("bellman-noise",), eps=Rational(1, 3))) == BellmanNoise(Rational(1, 3), (0,))
    assert smallest(perturbations(kinds=("rescaled",))) == Rescaled(Perfect(), (ONE,))
    assert smallest(perturbations(kinds=("tempered",))) == Tempered(Perfect(), (ONE,))
    assert smallest(on_trees(perturbations()), lambda p: isinstance(p, ResampledByPower)) == (
        ResampledByPower(Perfect(), Rational(1, 2))
    )
    assert smallest(reward_models(a_model)).values == true_value(a_model)


@pytest.mark.by_turn
def test_hard_families_shrink_to_horizon_one():
    assert smallest(hard_families()).model.horizon == 1
    assert smallest(hard_families(families=("S9",)), lambda i: i.particles > 1).particles == 2


@pytest.mark.nightly
def test_a_counterexample_shrinks_in_model_and_reward_model_alike():
    """A reward model off by a factor of 2 or more somewhere: one state, one wrong value, N = 1."""
    found = smallest(instances(models=layered_models(min_horizon=2)), lambda i: i.constants.bellman_error >= 1)
    assert found.size <= 5
    assert found.particles == 1


@given(finite_mdps(max_horizon=3))
def test_finite_mdps_have_mass_at_every_horizon(mdp):
    assert isinstance(mdp, FiniteMDP)
    for horizon in (1, 2, 3):
        assert true_value(mdp.unroll(horizon))[0][0] > 0


@given(perturbations(kinds=("bellman-noise", "adversarial-signs"), eps=Rational(1, 2)), layered_models())
def test_bellman_noise_keeps_to_its_eps(perturbation, model):
    assert perturbation.apply(model).constants.bellman_error <= Rational(1, 2)


@pytest.mark.by_turn
@pytest.mark.parametrize(("kind", "size"), [("ties", 3), ("dead", 5)])
def test_nasty_instances_shrink_to_what_their_kind_needs(kind, size):
    found = smallest(nasty_instances(kinds=(kind,)))
    assert found.size == size and found.particles == 1 and found.constants.normaliser > 0


@pytest.mark.by_turn
def test_nasty_weights_shrink_to_ties():
    assert smallest(nasty_weights()) == (1,)
    assert smallest(nasty_weights(), lambda w: len(w) > 2) == (Rational(1, 3),) * 3
    assert smallest(nasty_weights(), lambda w: 0 in w) in {(1, 0), (0, 1)}
    assert smallest(nasty_weights(), lambda w: max(w) > 1000 * min(w) > 0) == (
        Rational(1, 10**6 + 1),
        Rational(10**6, 10**6 + 1),
    )


@pytest.mark.by_turn
def test_resamplings_and_loops_shrink_to_plain_smc():
    assert smallest(resamplings()) == Resampling() and smallest(loops()) == naive
    seen = sample(loops(), 400)
    assert {s.resampling.scheme.name for s in seen} == set(SCHEMES) and {s.choice for s in seen} == set(Choice)


@given(nasty_weights(), resamplings())
def test_every_scheme_is_unbiased_on_nasty_weights(weights, resampling):
    pieces = resampling.scheme.pieces(weights)
    assert sum(p for p, _ in pieces) == 1
    for i, w in enumerate(weights):
        assert sum(p * slot.get(i, 0) for p, slots in pieces for slot in slots) == len(weights) * w


LEAST = {"doomed state": 200, "eps infinite": 200, "huge ratio": 33}
"""One instance in so many reaches the region; one in 20 any other."""


@pytest.mark.by_turn
def test_instances_reach_every_region():
    drawn = sample(instances(), effort(2000, sample=500))
    counts = Counter(region for instance in drawn for region in regions(instance))
    assert set(counts) <= set(REGIONS)
    short = {region: counts[region] for region in REGIONS if counts[region] * LEAST.get(region, 20) < len(drawn)}
    assert not short, f"of {len(drawn)} instances too few in {short}"


@pytest.mark.by_turn
def test_mdps_reach_several_starts_actions_and_absorbing_states():
    count = effort(500, sample=200)
    mdps = sample(finite_mdps(), count)
    assert sum(len(m.starts) > 1 for m in mdps) > count / 5
    assert sum(len(m.actions) > 1 for m in mdps) > count / 5
    assert sum(any(t.potential == 0 for t in m.transitions) for m in mdps) > count / 20
    assert sum(any(t.source == t.target and t.probability == 1 for t in m.transitions) for m in mdps) > count / 10


@pytest.mark.by_turn
def test_every_kind_of_perturbation_is_drawn():
    counts = Counter(type(p).__name__ for p in sample(perturbations(), effort(1000, sample=400)))
    assert len(counts) == len(KINDS)
    assert min(counts.values()) >= 1


def test_the_same_seed_gives_the_same_instances():
    first, second = sample(instances(), 50), sample(instances(), 50)
    assert first == second
    assert len(set(map(str, first))) > 30
