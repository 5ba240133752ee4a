"""Environments whose tables are not as Gymnasium's own: rows of three, states as text, a missing state, a list. Registered on import."""

from __future__ import annotations

import gymnasium

TABLES = {
    "three": {0: {0: [(1.0, 1, 1.0)]}, 1: {0: [(1.0, 1, 0.0)]}},
    "named": {"a": {"go": [(1.0, "b", 1.0, True)]}, "b": {"go": [(1.0, "b", 0.0, True)]}},
    "pairs": {(0, 0): {0: [(1.0, (0, 1), 1.0, True)]}, (0, 1): {0: [(1.0, (0, 1), 0.0, True)]}},
    "gap": {0: {0: [(1.0, 1, 1.0, False)]}},
    "list": [[[(1.0, 0, 1.0, True)]]],
    "outcome": {0: {0: [None]}},
    "rows": {0: {0: None}},
    "none": {0: {}},
    "chance": {0: {0: [("1", 0, 1.0, True)]}},
    "gain": {0: {0: [(1.0, 0, float("nan"), True)]}},
    "good": {0: {0: [(1.0, 1, 2.0, True)], 1: [(1.0, 0, -1.0, False)]}, 1: {0: [(1.0, 1, 0.0, True)]}},
}


class Table(gymnasium.Env):
    """One of the tables, two states, start at the first."""

    def __init__(self, kind: str) -> None:
        self.observation_space, self.action_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(1)
        self.P = TABLES[kind]
        self.initial_state_distrib = [1.0, 0.0]


for name in TABLES:
    if f"{name.title()}-v0" not in gymnasium.registry:
        gymnasium.register(f"{name.title()}-v0", entry_point="tests.cases.gym_table_three:Table", kwargs={"kind": name})
