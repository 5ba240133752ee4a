"""The paper's Algorithm 2: detailed balance and path marginal on the whole augmented space, and the law without it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError, TooLarge
from smc.exact import guided, metropolis
from smc.exact.independent import moments, terminal_cells
from smc.exact.pool import acceptance, augmented_space, good_event, pool_process
from smc.numbers import Rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse, target, true_value
from smc.setting.model import Model, prefix_tree
from smc.setting.twist import from_function, from_mappings, perfect, with_bellman_error
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

SMALL = twisted(graphs(max_horizon=2, max_states=2) | trees(max_horizon=2, max_children=2))


def path_target(model):
    """pi on paths of states, from the model."""
    masses = {(0,): Rational(1)}
    for step in model.edges:
        longer = {}
        for path, mass in masses.items():
            for e in step[path[-1]]:
                key = (*path, e.target)
                longer[key] = longer.get(key, 0) + mass * e.probability * e.potential
        masses = longer
    weighted = {path: mass * model.reward[path[-1]] for path, mass in masses.items()}
    total = sum(weighted.values())
    return {path: mass / total for path, mass in weighted.items() if mass}


@settings(deadline=None, max_examples=effort(40))
@given(data=st.data())
def test_detailed_balance_stationarity_and_path_marginal(data):
    model, twist = data.draw(SMALL)
    pool = data.draw(st.integers(1, 2 if model.horizon == 2 else 3))
    space = augmented_space(model, twist, pool)
    marginal = {}
    for a in space:
        marginal[a.path] = marginal.get(a.path, 0) + a.target
    # dead augmented paths have no target mass: every path of pi is chosen somewhere in a pool with value
    assert {path: p for path, p in marginal.items() if p} == path_target(model)
    some = space if len(space) <= 60 else space[:: len(space) // 60 + 1]
    for a in some:
        for b in some:
            assert a.target * b.proposal * acceptance(a, b) == b.target * a.proposal * acceptance(b, a)
    if len(space) <= 60:
        kept = 1 - sum(b.proposal for b in space)  # dead proposals are rejected
        flow = [a.target * (kept + sum(b.proposal * (1 - acceptance(a, b)) for b in space)) for a in space]
        for k, b in enumerate(space):
            flow[k] += sum(a.target * b.proposal * acceptance(a, b) for a in space)
        assert flow == [a.target for a in space]


@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_weighted_process_has_the_augmented_space_s_law_of_state_and_weight(data):
    """Cells (terminal state, W) of the process against the sum over every pool, W from the ratio of target to
    proposal."""
    model, twist = data.draw(SMALL)
    pool = data.draw(st.integers(1, 3 if model.horizon == 1 else 2))
    process = pool_process(model, twist, pool)
    assert moments(process)[0] * process.scale == true_value(model)[0][0]
    cells = terminal_cells(process)
    expected = {}
    for a in augmented_space(model, twist, pool):
        if a.target:
            key = (a.path[-1], a.target / a.proposal * true_value(model)[0][0] / process.scale)
            expected[key] = expected.get(key, 0) + a.proposal
    assert cells.law == expected
    assert cells.target == target(model)


@settings(deadline=None, max_examples=effort(40))
@given(data=st.data())
def test_law_after_h_proposals_equals_the_augmented_chain_s(data):
    model, twist = data.draw(twisted(graphs(max_horizon=1) | trees(max_horizon=2, max_children=2)))
    pool, proposals = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 3))
    space = augmented_space(model, twist, pool)
    dead = 1 - sum(a.proposal for a in space)
    law, lost = [a.proposal for a in space], dead
    for _ in range(proposals - 1):
        following = [a.proposal * lost for a in space]  # anything is accepted over a dead proposal
        for i, a in enumerate(space):
            for j, b in enumerate(space):
                flow = law[i] * b.proposal
                following[j] += flow * acceptance(a, b)
                following[i] += flow * (1 - acceptance(a, b))
            following[i] += law[i] * dead if a.reward else 0
        lost = lost * dead + sum(p * dead for p, a in zip(law, space, strict=True) if not a.reward)
        law = following
    ends = [0] * len(model.reward)
    for a, p in zip(space, law, strict=True):
        if a.reward:
            ends[a.path[-1]] += p
    found = metropolis.chain_law(pool_process(model, twist, pool), proposals)
    assert list(found.law) == ends
    assert found.dead == 1 - sum(ends)


def test_pools_run_from_importance_sampling_to_guidance():
    """M = 1 is the reference with weights G (`sis`); chi-square falls with M towards that of exact normalisers."""
    tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    twist = with_bellman_error(tree, "1/4")
    single = metropolis.sampler_of(pool_process(tree, twist, 1))
    assert single.law(3) == metropolis.chain_law(particle_process(tree, twist, "sis"), 3)
    spread = [guided.weight_dispersion(pool_process(tree, twist, m)).chi_square for m in (1, 2, 4, 8, 64)]
    exact = guided.weight_dispersion(particle_process(tree, twist, "sis-guided")).chi_square
    assert spread == sorted(spread, reverse=True) and spread[-1] > exact > spread[-1] - Rational(1, 100)


def branches(inner, reward):
    """From the root to inner states {name: (probability, V)}, from each to the leaf of its name; V = 1 at the root."""
    edges = [[("o", x, p) for x, (p, _) in inner.items()], [(x, x + "!", 1) for x in inner]]
    model = Model.from_edges(
        [["o"], list(inner), [x + "!" for x in inner]], edges, {x + "!": r for x, r in reward.items()}
    )
    return model, from_mappings(model, [{"o": 1}, {x: v for x, (_, v) in inner.items()}])


def test_pools_without_value_are_dead_and_states_without_value_are_left_alone():
    """Pools of two: aa, ab and ba, bb in 1, 2, 1 of four, with means 1, 1/2, 0."""
    model, twist = branches({"a": ("1/2", 1), "b": ("1/2", 0)}, {"a": 1, "b": 0})
    steps = pool_process(model, twist, 2).steps
    half, quarter = Rational(1, 2), Rational(1, 4)
    assert steps[0][0] == ((0, quarter, 0), (0, half, half), (0, quarter, 1))
    assert steps[1] == (((0, 1, 1),), ())


def test_the_rule_by_hand():
    """Pools of one have w = 1, so that the rewards 1 * 1 and 2 * 3 decide, potentials included; anything is taken over a reward of 0."""
    tree = prefix_tree(1, lambda s: {0: ("1/2", 1), 1: ("1/2", 3)}, lambda s: 1 + s[0])
    light, heavy = augmented_space(tree, perfect(tree), 1)
    assert {a.weight for a in augmented_space(tree, perfect(tree), 2)} == {
        1,
        Rational(2, 7),
        Rational(12, 7),
    }  # 1 or 6 over 7/2
    lost = replace(light, reward=Rational(0))
    assert [acceptance(light, heavy), acceptance(heavy, light)] == [1, Rational(1, 6)]
    assert [acceptance(lost, light), acceptance(light, lost), acceptance(lost, lost)] == [1, 0, 1]


def test_the_rule_without_the_path_s_potentials_is_not_stationary():
    """The planted fault: V_T alone in the rule where potentials differ from 1. Its chain does not keep pi."""
    tree = prefix_tree(1, lambda s: {0: ("1/2", 1), 1: ("1/2", 3)}, lambda s: 1 + s[0])
    space = augmented_space(tree, perfect(tree), 2)

    def bare(a, b):
        return min(1, a.weight * tree.reward[b.path[-1]] / (b.weight * tree.reward[a.path[-1]]))

    broken = [
        (a, b) for a in space for b in space if a.target * b.proposal * bare(a, b) != b.target * a.proposal * bare(b, a)
    ]
    assert broken
    assert all(
        a.target * b.proposal * acceptance(a, b) == b.target * a.proposal * acceptance(b, a)
        for a in space
        for b in space
    )


# --- the good event -------------------------------------------------------------------------------


@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_good_event_masses_equal_sums_over_the_augmented_space(data):
    model, twist = data.draw(SMALL)
    xi = Rational(data.draw(st.integers(1, 9)), 10)
    pool = data.draw(st.integers(1, 2))
    event = good_event(model, twist, pool, xi)
    proposal = aim = Rational(0)
    for a in augmented_space(model, twist, pool):
        if all(_within(model, twist, t, a, xi) for t in range(model.horizon)):
            proposal, aim = proposal + a.proposal, aim + a.target
    assert event.target_mass == aim
    doomed = any(
        v and not s
        for vs, ss in zip(twist.values[:-1], true_value(model), strict=False)
        for v, s in zip(vs, ss, strict=True)
    )
    assert event.proposal_mass == proposal or (doomed and event.proposal_mass >= proposal)


def _within(model, twist, t, a, xi):
    row = model.edges[t][a.path[t]]
    values = [e.potential * twist.values[t + 1][e.target] for e in row]
    mean = sum((values[k] for k in a.pools[t]), Rational(0)) / len(a.pools[t])
    expected = sum((e.probability * v for e, v in zip(row, values, strict=True)), Rational(0))
    return abs(mean - expected) <= xi * expected


def test_good_event_factorises_over_product_steps():
    """Bits that are one with probability 1/3, weights 1 and 2: a binomial tail a step, to the power T, to the power H."""
    horizon, pool, xi = 8, 60, Rational(1, 10)
    tree = prefix_tree(horizon, lambda s: {0: "2/3", 1: "1/3"}, lambda s: 2 ** sum(s))
    event = good_event(tree, from_function(tree, lambda t, name: 2 ** name.count("1")), pool, xi)
    good = [k for k in range(pool + 1) if abs(Rational(pool + k, pool) - Rational(4, 3)) <= xi * Rational(4, 3)]
    step = sum(Fraction(comb(pool, k) * 2 ** (pool - k), 3**pool) for k in good)
    assert event.proposal_mass == step**horizon
    assert event.probability(5) == step ** (5 * horizon)
    # the target's pools are size-biased: by the ratio of the pool's mean to 4/3
    tilted = sum(Fraction(comb(pool, k) * 2 ** (pool - k) * (pool + k), 3**pool * 80) for k in good)
    assert event.target_mass == tilted**horizon
    assert event.target_mass < event.proposal_mass < 1


def test_dead_proposals_of_the_good_event_by_hand():
    """Pools of one, means 1, 1, 4 about 7/4: the last is bad. At b the mean is 0 as expected: good, and dead."""
    model, twist = branches({"a": ("1/2", 1), "b": ("1/4", 1), "c": ("1/4", 4)}, {"a": 1, "b": 0, "c": 1})
    event = good_event(model, twist, 1, "1/2")
    assert event.proposal_mass == Rational(3, 4) and event.restricted_target == (1, 0, 0)
    sampler = event.sampler()
    assert sampler.cells.dead == Rational(1, 3) and [level.proposal for level in sampler.levels] == [Rational(2, 3)]
    assert sampler.law(2).law == (Rational(8, 9), 0, 0)


def test_restriction_moves_the_path_marginal_and_the_restricted_chain_does_not_see_pi():
    """The term that the theory warns of: given good proposals only, even H -> infinity leaves a distance, at most the
    target's bad mass."""
    tree = prefix_tree(2, lambda s: {0: "1/4", 1: "3/4"}, lambda s: 1 + 3 * s[0] * s[1] + s[0])
    twist = with_bellman_error(tree, "1/4")
    event = good_event(tree, twist, 2, "1/3")
    sampler = event.sampler()
    limit = event.restricted_target
    assert limit == sampler.cells.target
    moved = sum(abs(p - q) for p, q in zip(limit, target(tree), strict=True)) / 2
    assert 0 < moved <= 1 - event.target_mass
    late = sampler.law(60)
    assert abs(late.total_variation(target(tree)) - moved) < Rational(1, 10**6)
    heaviest, lightest = sampler.levels[0].weight, sampler.levels[-1].weight
    assert (
        heaviest / lightest <= analyse(tree, twist).bellman_product * Rational(4, 2) ** 2
    )  # e^{2 Lambda} ((1+xi)/(1-xi))^T


def test_bad_input_is_refused():
    tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0])
    with pytest.raises(InputError, match="at least 1"):
        pool_process(tree, perfect(tree), 0)
    for xi in (0, 1):
        with pytest.raises(InputError, match="0 < xi < 1"):
            good_event(tree, perfect(tree), 2, xi)
    # a step multiplies by 2 edges, 4 places and 2^3 other candidates
    with pytest.raises(TooLarge, match=f" {64**3} augmented paths"):
        augmented_space(tree, perfect(tree), 4)
