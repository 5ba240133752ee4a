"""Finite Markov decision processes under a reference policy, unrolled over a horizon into a layered model.

The reference process of the theory is the MDP run by its reference policy: `M(x, y) = sum_a policy(a | x) P(y | x, a)`. Rewards on the way
enter as potentials `psi(x, a, y) >= 0` (a rational number; `base^r` for a reward r at temperature `1/ln base`), the reward at the end is
`phi(x_T)`. Actions that reach the same state with different potentials stay apart as parallel edges.

Horizon. `horizon` counts the MDP's own moves. With one initial state it is the `T` of the theory. With an initial law over several
states the draw of `x_0` is a step of its own (particles resample after it), so `T = horizon + 1`, under a root named `start` whose
value is the mean of the values that it leads to: its Bellman ratio is 1, so the extra step adds no Bellman error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from smc.errors import ModelError, TooLarge
from smc.numbers import ONE, ZERO, Rational
from smc.setting.model import Edge, Model, Row, check_names, merge_edges, wrong_sum

MOST_EDGES = 10_000_000
"""Edges of an unrolled model, counted by layer. Rows are shared, but every layer is checked and swept: about 3 s and 2 GB for this many."""
NAMED = 5
"""How many states a note names before it only counts."""


class Transition(NamedTuple):
    """One row of the table: taking `action` in `source` leads to `target` with this probability, earning the potential `psi`."""

    source: str
    action: str
    target: str
    probability: Rational
    potential: Rational = ONE


@dataclass(frozen=True)
class FiniteMDP:
    """A finite MDP with its reference policy.

    states, actions: names, unique. transitions: for each (state, action) that the policy may take, probabilities that sum to exactly 1.
    policy: `policy[state][action]`, sums to exactly 1. initial: law of `x_0`. reward: `phi` by state.
    States without transitions, policy or reward are allowed where no run from `initial` comes within the horizon.

    Raises ModelError when any of this fails, with the place in the native file format (`policy['s']`, `transitions[4]`).
    """

    states: tuple[str, ...]
    actions: tuple[str, ...]
    transitions: tuple[Transition, ...]
    policy: Mapping[str, Mapping[str, Rational]]
    initial: Mapping[str, Rational]
    reward: Mapping[str, Rational]
    name: str = "mdp"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each state in `states`."""
        return {state: i for i, state in enumerate(self.states)}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Edges of one step under the policy, by state: `M` and `psi`, merged where target and potential agree."""
        found: list[list[Edge]] = [[] for _ in self.states]
        for source, action, target, probability, potential in self.transitions:
            chosen = self.policy.get(source, {}).get(action, ZERO)
            if chosen and probability:
                found[self.index[source]].append(Edge(self.index[target], chosen * probability, potential))
        return tuple(merge_edges(row) for row in found)

    @property
    def starts(self) -> tuple[str, ...]:
        """States where a run can begin."""
        return tuple(state for state, p in self.initial.items() if p)

    def steps(self, horizon: int) -> int:
        """The theory's `T` for `horizon` moves: one more when the start is drawn."""
        return horizon + (len(self.starts) > 1)

    def reached(self, horizon: int) -> list[frozenset[str]]:
        """States that a run can be in after exactly 0, 1, ..., horizon moves."""
        front = frozenset(self.index[state] for state in self.starts)
        layers, seen = [front], {front: 0}
        while len(layers) <= horizon:
            front = frozenset(e.target for i in front for e in self.rows[i])
            if front in seen:  # from here on the layers repeat
                cycle = layers[seen[front] :]
                layers += [cycle[k % len(cycle)] for k in range(horizon + 1 - len(layers))]
                break
            seen[front] = len(layers)
            layers.append(front)
        named = {layer: frozenset(self.states[i] for i in layer) for layer in set(layers)}
        return [named[layer] for layer in layers]

    def unroll(self, horizon: int) -> Model:
        """The layered model of `horizon` moves; layers after the root list every state, and share one tuple of rows.

        Raises ModelError for a horizon below 1 or a missing reward, TooLarge beyond `MOST_EDGES`.
        """
        if horizon < 1:
            raise ModelError(f"horizon {horizon} is below 1", where="horizon", mend="give a whole number of at least 1")
        edges = horizon * max(1, sum(len(row) for row in self.rows), len(self.states))
        if edges > MOST_EDGES:
            many = f"{edges:.3g}" if edges < 10**300 else "more than 1e300"
            raise TooLarge(
                f"{len(self.states)} states over {horizon} steps unroll to {many} edges; the limit is {MOST_EDGES:.3g}",
                where="horizon",
                mend=f"choose a horizon of at most {max(1, MOST_EDGES * horizon // edges)}",
            )
        if len(self.starts) == 1:
            root, first = self.starts[0], (self.rows[self.index[self.starts[0]]],)
            layers = ((root,), *(self.states,) * horizon)
            steps = (first, *(self.rows,) * (horizon - 1))
        else:
            first = (merge_edges(Edge(self.index[s], p) for s, p in self.initial.items()),)
            layers = (("start",), *(self.states,) * (horizon + 1))
            steps = (first, *(self.rows,) * horizon)
        reached = self.reached(horizon)
        visited = frozenset().union(*set(reached))
        self._refuse_gaps(visited, frozenset().union(*set(reached[:-1])))
        reward = tuple(self.reward.get(state, ZERO) for state in self.states)
        return Model(layers, steps, reward, self.name, (*self.notes, *self._remarks(horizon, visited)))

    def layers_of_values(self, per_step: Sequence[Mapping[str, Rational]]) -> list[list[Rational]]:
        """Values for layers 0..T-1 of `unroll(len(per_step))` from one map of values a move; states left out get 0.

        With an initial law, the root's value is the mean under it.
        """
        rows = [[values.get(state, ZERO) for state in self.states] for values in per_step]
        if len(self.starts) == 1:
            return [[rows[0][self.index[self.starts[0]]]], *rows[1:]]
        return [[sum((p * rows[0][self.index[s]] for s, p in self.initial.items()), ZERO)], *rows]

    def _refuse_gaps(self, visited: frozenset[str], left: frozenset[str]) -> None:
        """Every state that a run leaves needs a row, every state that it visits a reward (a map of rewards has no step)."""
        for state in self.states:
            if state in left and not self.rows[self.index[state]]:
                missing = "policy" if not self.policy.get(state) else "transitions"
                raise ModelError(
                    f"state {state!r} can be reached and has no {missing}",
                    where=missing,
                    mend="give it some (a self-loop of probability 1 for an absorbing state)",
                )
            if state in visited and state not in self.reward:
                raise ModelError(
                    f"no reward for state {state!r}", where="reward", mend='give one, "0" if it earns nothing'
                )

    def _remarks(self, horizon: int, visited: frozenset[str]) -> list[str]:
        notes = []
        if len(self.starts) > 1:
            notes.append(
                f"the start is drawn from {len(self.starts)} states: step 1 of T = {horizon + 1} steps, under the root 'start'"
            )
        lost = [state for state in self.states if state not in visited]
        if lost:
            named = ", ".join(repr(s) for s in lost[:NAMED]) + (", ..." if len(lost) > NAMED else "")
            notes.append(
                f"{len(lost)} of {len(self.states)} states cannot be reached within the horizon and take no part: {named}"
            )
        return notes


def uniform_policy(transitions: Iterable[Transition]) -> dict[str, dict[str, Rational]]:
    """Every action that a state offers, with equal probability."""
    offered: dict[str, dict[str, None]] = {}
    for t in transitions:
        offered.setdefault(t.source, {})[t.action] = None
    return {state: {action: ONE / len(actions) for action in actions} for state, actions in offered.items()}


def _check(mdp: FiniteMDP) -> None:
    for where, listed in (("states", mdp.states), ("actions", mdp.actions)):
        check_names(listed, where)
        if not listed:
            raise ModelError(f"no {where}", where=where, mend="list at least one")
        if len(set(listed)) < len(listed):
            twice = next(n for n in listed if listed.count(n) > 1)
            raise ModelError(f"{twice!r} is listed twice", where=where, mend="names are unique")
    known, actions = set(mdp.states), set(mdp.actions)
    for k, (source, action, target, probability, potential) in enumerate(mdp.transitions):
        where = f"transitions[{k}]"
        for key, name, names, field in (
            ("from", source, known, "states"), ("to", target, known, "states"), ("action", action, actions, "actions"),
        ):  # fmt: skip
            if name not in names:
                raise ModelError(
                    f"unknown {field[:-1]} {name!r}",
                    where=f"{where}.{key}",
                    mend=f"list it in {field} or correct the name",
                )
        for key, value in (("prob", probability), ("potential", potential)):
            if value < 0:
                raise ModelError(
                    f"negative {'probability' if key == 'prob' else key} {value}",
                    where=f"{where}.{key}",
                    mend="write zero or more",
                )
    _check_laws(mdp, known, actions)
    for state, value in mdp.reward.items():
        if state not in known:
            raise ModelError(f"unknown state {state!r}", where="reward", mend="use the names listed in states")
        if value < 0:
            raise ModelError(
                f"negative reward {value}", where=f"reward[{state!r}]", mend="rewards are weights: zero or more"
            )


def _check_laws(mdp: FiniteMDP, known: set[str], actions: set[str]) -> None:
    totals: dict[tuple[str, str], Rational] = {}
    for t in mdp.transitions:
        totals[t.source, t.action] = totals.get((t.source, t.action), ZERO) + t.probability
    for (state, action), total in totals.items():
        _sums_to_one(total, f"transitions from {state!r} by {action!r}")
    for state, choices in mdp.policy.items():
        if state not in known:
            raise ModelError(f"unknown state {state!r}", where="policy", mend="use the names listed in states")
        for action, p in choices.items():
            where = f"policy[{state!r}][{action!r}]"
            if action not in actions:
                raise ModelError(
                    f"unknown action {action!r}", where=where, mend="list it in actions or correct the name"
                )
            if p < 0:
                raise ModelError(f"negative probability {p}", where=where, mend="write zero or more")
            if p and (state, action) not in totals:
                raise ModelError(
                    f"the policy takes action {action!r}, which has no transitions from {state!r}",
                    where=where,
                    mend="list them",
                )
        _sums_to_one(sum(choices.values(), ZERO), f"policy[{state!r}]")
    for state, p in mdp.initial.items():
        if state not in known:
            raise ModelError(f"unknown state {state!r}", where="initial", mend="use the names listed in states")
        if p < 0:
            raise ModelError(f"negative probability {p}", where=f"initial[{state!r}]", mend="write zero or more")
    _sums_to_one(sum(mdp.initial.values(), ZERO), "initial")


def _sums_to_one(total: Rational, where: str) -> None:
    if total != 1:
        raise wrong_sum(total, where)
