"""mdp-1 files whose transitions change with time: `transitions` is a list of lists, one a move; read into a layered model.

States, actions, policy, rewards and values are those of the kind; `horizon` may be left out, as the lists say it. The policy speaks of the
states that a run can be in; an action of it that a state lacks at some move is a fault there.
"""

from __future__ import annotations

from smc.errors import ModelError
from smc.formats.native import REMARKS, Values, law_of, remarks, transitions_of, values_of
from smc.formats.strict_json import Node, Rounding
from smc.numbers import ONE, ZERO
from smc.setting.mdp import FiniteMDP
from smc.setting.model import Edge, Model, merge_edges

KEYS = ("format", "states", "actions", "transitions", "policy", "initial", "reward")


def read_timed(
    root: Node, rounding: Rounding, default_name: str, horizon: int | None, *, with_values: bool = True
) -> tuple[Model, Values | None]:
    """The layered model of the first `horizon` moves (all when None), and its values. Raises InputError with the place of the fault."""
    fields = root.fields(KEYS, ("horizon", "value", *REMARKS))
    name, notes = remarks(fields, default_name)
    states = tuple(node.text() for node in fields["states"].items())
    actions = tuple(node.text() for node in fields["actions"].items())
    table = fields["transitions"].items()
    if "horizon" in fields and fields["horizon"].whole() != len(table):
        raise fields["horizon"].fault(
            f"horizon {fields['horizon'].value} for {len(table)} lists of transitions",
            "make them agree, or leave it out",
        )
    steps = len(table) if horizon is None else horizon
    if steps > len(table):
        raise fields["transitions"].fault(
            f"{len(table)} moves listed, {steps} asked for", f"choose a horizon of at most {len(table)}"
        )
    policy = {state: law_of(node, rounding, node.place) for state, node in fields["policy"].entries().items()}
    initial = fields["initial"]
    start = law_of(initial, rounding, "initial") if isinstance(initial.value, dict) else {initial.text(): ONE}
    reward = {state: node.number(rounding) for state, node in fields["reward"].entries().items()}
    reached, rows, visited = frozenset(s for s, p in start.items() if p), [], []
    for t in range(steps):
        law = start if t == 0 else {state: ONE / len(reached) for state in reached}
        chosen = {state: choices for state, choices in policy.items() if state in reached}
        try:
            move = FiniteMDP(states, actions, transitions_of(table[t], rounding), chosen, law, reward, name)
            for state in sorted(reached):
                if not move.rows[move.index[state]]:
                    raise ModelError(f"state {state!r} can be reached and has no transitions", mend="give it some")
        except ModelError as error:
            raise error.within(f"move {t}") from None
        rows.append(move.rows)
        visited.append(reached)
        reached = frozenset(states[e.target] for state in reached for e in move.rows[move.index[state]])
    for state in sorted(reached):
        if state not in reward:
            raise fields["reward"].fault(f"no reward for state {state!r}", 'give one, "0" if it earns nothing')
    phi = tuple(reward.get(state, ZERO) for state in states)
    drawn = len([p for p in start.values() if p]) > 1
    if drawn:
        first = merge_edges(Edge(states.index(s), p) for s, p in start.items())
        layers, edges = (("start",), *(states,) * (steps + 1)), ((first,), *rows)
    else:
        root_state = next(s for s, p in start.items() if p)
        layers, edges = ((root_state,), *(states,) * steps), ((rows[0][states.index(root_state)],), *rows[1:])
    values = None
    if "value" in fields and with_values:
        given = _values(fields["value"], states, visited, rounding)
        mean = sum((p * given[0][states.index(s)] for s, p in start.items()), ZERO)
        values = [[mean], *(given if drawn else given[1:])]
    return Model(layers, edges, phi, name, (*notes, *rounding.notes())), values


def _values(node: Node, states: tuple[str, ...], visited: list[frozenset[str]], rounding: Rounding) -> Values:
    """A value for each state at each move: one map for all moves, or one a move; states that no run is in then may be left out."""
    everything = frozenset(states)
    if isinstance(node.value, dict):
        lost = everything.difference(*visited)
        return [values_of(node, states, "states", rounding, lost)] * len(visited)
    steps = node.items()
    if len(steps) != len(visited):
        raise node.fault(f"{len(steps)} maps of values for {len(visited)} moves", "give one a move, or one for all")
    return [
        values_of(entry, states, "states", rounding, everything - layer)
        for entry, layer in zip(steps, visited, strict=True)
    ]
