"""Finite MDPs: unrolling agrees with summing over paths of states and actions, layers share rows, gaps are told."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.errors import ModelError, TooLarge
from smc.numbers import rational
from smc.setting import twist as reward
from smc.setting.analysis import analyse, true_value
from smc.setting.mdp import FiniteMDP, Transition, uniform_policy


@st.composite
def simplex(draw, size: int) -> list[Fraction]:
    counts = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    return [Fraction(c, sum(counts)) for c in counts]


@st.composite
def mdps(draw, starts: int = 2) -> FiniteMDP:
    """Up to 3 states and 2 actions, potentials that differ by action, zero rewards allowed."""
    size = draw(st.integers(1, 3))
    states, actions = tuple("xyz"[:size]), tuple("ab"[: draw(st.integers(1, 2))])
    weights = st.integers(0, 3).map(lambda k: Fraction(k, 2))
    transitions = []
    for s in states:
        for a in actions:
            for target, p in zip(states, draw(simplex(size)), strict=True):
                transitions.append(Transition(s, a, target, rational(p), rational(draw(weights))))
    policy = {s: dict(zip(actions, map(rational, draw(simplex(len(actions)))), strict=True)) for s in states}
    initial = (
        dict(zip(states, map(rational, draw(simplex(size))), strict=True)) if starts > 1 else {states[0]: rational(1)}
    )
    return FiniteMDP(states, actions, tuple(transitions), policy, initial, {s: rational(draw(weights)) for s in states})


def plain(value) -> Fraction:
    """A Fraction of Python's own integers (`Fraction(mpq)` keeps gmpy2's inside, and then does not compare with an mpq)."""
    return Fraction(int(value.numerator), int(value.denominator))


def by_paths(mdp: FiniteMDP, horizon: int) -> dict[str, Fraction]:
    """`E[prod psi · phi; x_T = y]` by state y, summed over every path of states and actions."""
    table: dict[tuple[str, str], list[Transition]] = {}
    for t in mdp.transitions:
        table.setdefault((t.source, t.action), []).append(t)
    mass = {s: Fraction(0) for s in mdp.states}
    for start, p in mdp.initial.items():
        for actions in itertools.product(mdp.actions, repeat=horizon):
            paths = [(start, plain(p))]
            for action in actions:
                paths = [
                    (t.target, w * plain(mdp.policy[s][action]) * plain(t.probability) * plain(t.potential))
                    for s, w in paths
                    for t in table.get((s, action), [])
                ]
            for s, w in paths:
                mass[s] += w * plain(mdp.reward[s])
    return mass


@given(mdp=mdps(), horizon=st.integers(1, 3))
def test_unrolled_masses_are_sums_over_paths(mdp, horizon):
    model = mdp.unroll(horizon)
    expected = by_paths(mdp, horizon)
    assert model.horizon == mdp.steps(horizon) == horizon + (len(mdp.starts) > 1)
    assert true_value(model)[0][0] == sum(expected.values())
    if sum(expected.values()):
        target = analyse(model, reward.perfect(model)).target
        assert dict(zip(model.layers[-1], target, strict=True)) == {
            s: w / sum(expected.values()) for s, w in expected.items()
        }


@given(mdp=mdps(), horizon=st.integers(1, 3), factors=st.lists(st.integers(1, 5), min_size=3, max_size=3))
def test_a_drawn_start_adds_no_bellman_error(mdp, horizon, factors):
    model = mdp.unroll(horizon)
    if not true_value(model)[0][0]:
        return
    shift = mdp.steps(horizon) - horizon
    truth = true_value(model)[shift:-1]
    if not shift:
        truth = (
            tuple(dict(zip(mdp.starts, truth[0], strict=True)).get(s, rational(0)) for s in mdp.states),
            *truth[1:],
        )
    per_step = [{s: v * factors[i] for i, (s, v) in enumerate(zip(mdp.states, layer, strict=True))} for layer in truth]
    c = analyse(model, reward.twist(model, mdp.layers_of_values(per_step)))
    if shift:
        assert list(c.bellman_ratio[0].values()) == [1]
        below = [r for layer in c.bellman_ratio[1:] for r in layer.values()]
        assert c.bellman_error == max(max(below), 1 / min(below)) - 1


def chain(size: int, branching: int = 4) -> FiniteMDP:
    """A ring of `size` states with `branching` moves, one of which costs."""
    states = tuple(f"s{i}" for i in range(size))
    transitions = tuple(
        Transition(
            states[i], f"a{a}", states[(i + 1 + 7 * a) % size], rational(1), rational("1/2") if a else rational(1)
        )
        for i in range(size)
        for a in range(branching)
    )
    phi = {s: rational(i % 3) for i, s in enumerate(states)}
    return FiniteMDP(
        states,
        tuple(f"a{a}" for a in range(branching)),
        transitions,
        uniform_policy(transitions),
        {"s0": rational(1)},
        phi,
    )


def test_layers_share_their_rows():
    model = chain(20).unroll(30)
    assert len({id(step) for step in model.edges[1:]}) == 1
    assert len({id(layer) for layer in model.layers[1:]}) == 1
    assert model.sizes == (1, *(20,) * 30)


@pytest.mark.by_turn
def test_five_hundred_states_over_a_hundred_steps_take_seconds():
    began = time.process_time()
    model = chain(500).unroll(100)
    c = analyse(model, reward.with_bellman_error(model, "1/10"))
    assert c.bellman_error == rational("1/10")
    assert c.level_ratio[0] == 1 and max(c.level_ratio) == rational("121/100")
    assert time.process_time() - began < 30  # about 1 s alone on one core; the margin is for a crowded machine


def test_actions_with_different_potentials_stay_apart():
    t = [Transition("x", "a", "x", rational(1), rational(2)), Transition("x", "b", "x", rational(1), rational(3))]
    again = Transition("x", "c", "x", rational(1), rational(3))
    mdp = FiniteMDP(
        ("x",), ("a", "b", "c"), (*t, again), uniform_policy([*t, again]), {"x": rational(1)}, {"x": rational(1)}
    )
    assert [tuple(map(str, e)) for e in mdp.unroll(1).edges[0][0]] == [("0", "1/3", "2"), ("0", "2/3", "3")]


def test_what_cannot_be_reached_takes_no_part_and_is_told():
    t = [Transition("x", "a", "y", rational(1)), Transition("y", "a", "y", rational(1))]
    policy = {"x": {"a": rational(1)}, "y": {"a": rational(1)}}
    reward_map = {"x": rational(1), "y": rational(2)}
    bare = FiniteMDP(("x", "y"), ("a",), tuple(t), policy, {"x": rational(1)}, reward_map).unroll(2)
    more = FiniteMDP(("lost", "x", "y"), ("a",), tuple(t), policy, {"x": rational(1)}, reward_map).unroll(2)
    assert bare.notes == () and more.notes == (
        "1 of 3 states cannot be reached within the horizon and take no part: 'lost'",
    )
    for name in ("normaliser", "bellman_error", "ratio_bound", "bellman_product", "q", "b", "c_act", "chi_square"):
        left, right = (getattr(analyse(m, reward.perfect(m)), name) for m in (bare, more))
        assert left == right, name


def test_a_state_reached_only_at_the_end_needs_no_moves():
    t = (Transition("x", "a", "y", rational(1)),)
    mdp = FiniteMDP(
        ("x", "y"), ("a",), t, {"x": {"a": rational(1)}}, {"x": rational(1)}, {"x": rational(0), "y": rational(1)}
    )
    assert true_value(mdp.unroll(1))[0][0] == 1
    with pytest.raises(ModelError, match=r"policy: state 'y' can be reached and has no policy"):
        mdp.unroll(2)


def test_horizons_out_of_reach():
    with pytest.raises(ModelError, match="horizon -1 is below 1"):
        chain(3).unroll(-1)
    with pytest.raises(TooLarge, match=r"the limit is 1e\+07; choose a horizon of at most 5000"):
        chain(500).unroll(10**15)


@given(mdp=mdps(), horizon=st.integers(1, 9))
def test_reached_states_by_step(mdp, horizon):
    front = set(mdp.starts)
    for layer in mdp.reached(horizon):
        assert layer == front
        front = {
            t.target
            for t in mdp.transitions
            if t.source in front and t.probability and mdp.policy.get(t.source, {}).get(t.action)
        }
