"""Strategy for finite Markov decision processes: actions, reference policy, per-step potentials, several start states."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.numbers import ONE, Rational
from smc.setting.analysis import true_value
from smc.setting.mdp import FiniteMDP, Transition
from smc.testing import arguments
from smc.testing.models import Cell, cell_kinds, reward_kinds
from smc.testing.scalars import normalised, simplex_weights

State = tuple[Rational, int, list[tuple[int, list[tuple[int, Rational]]]]]
"""(reward, weight of starting here, and for each action its weight under the policy and, by successor, (weight, potential))."""


def finite_mdps(
    *,
    max_horizon: int = 3,
    max_states: int = 3,
    max_actions: int = 2,
    max_weight: int = 3,
    potentials: bool = True,
    zero_rewards: bool = True,
    several_starts: bool = True,
    extremes: bool = False,
) -> SearchStrategy[FiniteMDP]:
    """Finite MDPs whose target has mass at every horizon from 1 to `max_horizon`.

    potentials: a transition may carry a potential other than 1, zero among them. zero_rewards: states may be worth nothing at the end.
    several_starts: the run may begin in more than one state. extremes: rewards of 10^6 and 10^-6 too.
    Shrinks towards fewer states and actions, uniform policies and transitions, and weights 1. Where some horizon has no mass, zero
    potentials and zero rewards are replaced by 1.
    """
    high = arguments.whole("max_horizon", max_horizon)
    arguments.whole("max_states", max_states)
    arguments.whole("max_actions", max_actions)
    arguments.whole("max_weight", max_weight)
    for name, value in (
        ("potentials", potentials), ("zero_rewards", zero_rewards), ("several_starts", several_starts), ("extremes", extremes),
    ):  # fmt: skip
        arguments.flag(name, value)
    weight = simplex_weights(max_weight, zeros=True)
    rows = st.sampled_from(cell_kinds(max_weight, potentials=potentials))
    rewards = st.sampled_from(reward_kinds(extremes=extremes, zero=zero_rewards))

    @cache  # a strategy is dearer to make than to draw from
    def lists(of: SearchStrategy, least: int, most: int) -> SearchStrategy[list]:
        return st.lists(of, min_size=least, max_size=most)

    @cache
    def offers(cell: SearchStrategy[Cell], width: int) -> SearchStrategy[list]:
        row = lists(cell, width - 1, width).map(lambda drawn: drawn or [(1, ONE)])
        return lists(st.tuples(weight, row), 1, max_actions)

    @st.composite
    def mdp(draw: st.DrawFn) -> FiniteMDP:
        cell = draw(rows)
        reward = draw(lists(draw(rewards), 1, max_states))
        width = len(reward)
        start = draw(lists(weight, width, width)) if several_starts else [1] + [0] * (width - 1)
        offered = offers(cell, width)
        states = [(phi, w, draw(offered)) for phi, w in zip(reward, start, strict=True)]
        made = _assembled(states)
        if all(true_value(made.unroll(horizon))[0][0] for horizon in range(1, high + 1)):
            return made
        return _assembled(
            [(phi or ONE, w, [(a, [(p, psi or ONE) for p, psi in row]) for a, row in acts]) for phi, w, acts in states]
        )

    return mdp()


def _assembled(states: list[State]) -> FiniteMDP:
    names = tuple(f"s{k}" for k in range(len(states)))
    actions = tuple(f"a{k}" for k in range(max(len(offered) for _, _, offered in states)))
    policy, transitions = {}, []
    for name, (_, _, offered) in zip(names, states, strict=True):
        policy[name] = dict(zip(actions, normalised([w for w, _ in offered]), strict=False))
        for action, (_, row) in zip(actions, offered, strict=False):
            for target, p, (_, psi) in zip(names, normalised([w for w, _ in row]), row, strict=False):
                if p:
                    transitions.append(Transition(name, action, target, p, psi))
    initial = {name: p for name, p in zip(names, normalised([w for _, w, _ in states]), strict=True) if p}
    return FiniteMDP(
        names,
        actions,
        tuple(transitions),
        policy,
        initial,
        {n: phi for n, (phi, _, _) in zip(names, states, strict=True)},
    )
