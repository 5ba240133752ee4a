"""Values that kill live states on purpose: the target that SMC then has.

A particle that moves to a state of value 0 has weight 0 and is lost. Naive and adapted SMC under `V` are therefore,
move for move, what they are on the model whose potentials into and out of the killed states are 0: there `V(x) = 0`
implies `V*(x) = 0`, every statement applies, and the target is `pi` given that no killed state is visited, with
normaliser `Z' <= Z`. The share `1 - Z'/Z` of the declared target is out of reach at any number of particles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from smc.numbers import ONE, ZERO, Rational
from smc.setting.analysis import target, true_value
from smc.setting.model import Edge, Model, merge_edges, reachable


@dataclass(frozen=True)
class Killed:
    """What was declared, beside what SMC aims at. states: how many live states are killed; normaliser: `Z`; lost: `1 - Z'/Z`."""

    declared: Model
    states: int
    normaliser: Rational
    lost: Rational

    def to_json(self, tv: Rational | None) -> dict[str, Any]:
        """The entry of a report. tv: of the output to the declared target, where the law is exact."""
        return {"states": self.states, "normaliser": str(self.normaliser), "lost": str(self.lost)} | (
            {} if tv is None else {"tv": str(tv)}
        )

    @property
    def target(self) -> tuple[Rational, ...]:
        """Terminal marginal of the declared target."""
        return target(self.declared)


def killed_by(model: Model, values: Sequence[Sequence[Rational]]) -> tuple[Model, Killed | None]:
    """`model` without the paths through live states of value 0, and what that leaves out; None where no live state is killed.

    values: layers 0..T-1. `Z'` may be 0: the check of the reward model then says so.
    """
    truth, live = true_value(model), reachable(model)
    dead = [
        {i for i in live[t] if not value[i] and truth[t][i]} if t < model.horizon else set()
        for t, value in enumerate([*values[: model.horizon], model.reward])
    ]
    count = sum(map(len, dead))
    if not count:
        return model, None
    edges = tuple(
        tuple(
            merge_edges(
                Edge(e.target, e.probability, ZERO if i in dead[t] or e.target in dead[t + 1] else e.potential)
                for e in row
            )
            for i, row in enumerate(step)
        )
        for t, step in enumerate(model.edges)
    )
    left = replace(model, edges=edges)
    declared = truth[0][0]
    lost = ONE - true_value(left)[0][0] / declared
    note = f"value 0 kills {count} live states, as is meant: SMC's target is the declared one without the paths through them"
    return replace(left, notes=(*model.notes, note)), Killed(model, count, declared, lost)
