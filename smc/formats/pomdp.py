"""Partially observed models in Cassandra's format, with the record that was observed:
`tiger.POMDP?observations=left,left&actions=listen`.

Hidden states move by `T`, and what is seen at each move weighs them: the potential of a move to `x` by action `a` is
`O(o | a, x)` for the observation `o` of the record, so that `Z` is the probability of the record and the target is
the law of the hidden path given it (filtering and smoothing; with `--value constant` SMC is the bootstrap filter).
Terminal reward 1.

Parameters: `observations` (names or numbers, with commas), or `record`, a text file beside the model with one
observation a line, or an action and an observation; `actions` (one for all moves, or one a move); without actions the
reference policy takes each with equal probability. `base` or `beta` put the rewards `R` of the file on the way too
(costs as negative rewards); the file's `discount` is left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from smc.errors import InputError
from smc.formats.cassandra import Parser, Pomdp, at, named
from smc.formats.gains import KEYS, Gains, gains
from smc.formats.lines import lines_of, stem
from smc.formats.options import only
from smc.formats.strict_json import Rounding
from smc.numbers import ONE, ZERO
from smc.setting.model import Edge, Model, Row, merge_edges

if TYPE_CHECKING:
    from smc.formats import Source

PARAMETERS = ("observations", "record", "actions", *KEYS)
MOST_EDGES = 5_000_000


def load(path: str, given: Mapping[str, str], horizon: int | None, rounding: Rounding, spec: str) -> Source:
    """The model of the file at `path` under the record of the parameters, one layer a move. Raises InputError that names the line."""
    from smc.formats import Source

    only(given, PARAMETERS)
    model = Parser(list(lines_of(path, "#")), rounding).model()
    observed, acted = _record(model, path, given)
    if horizon is not None:
        if horizon > len(observed):
            raise InputError(
                f"{len(observed)} observations, {horizon} moves asked for", where="horizon", mend="record more of them"
            )
        observed, acted = observed[:horizon], acted[:horizon]
    made = _unrolled(model, observed, acted, gains(given), stem(path), rounding)
    return Source(spec, made)


def _record(model: Pomdp, path: str, given: Mapping[str, str]) -> tuple[list[int], list[int | None]]:
    """Observations and actions by move; None where every action is equally likely."""
    if ("observations" in given) == ("record" in given):
        raise InputError(
            "no record of observations" if "record" not in given else "observations and record are both given",
            where="observations",
            mend=f"give observations={','.join(model.observations[:2])}, or record=FILE",
        )
    if "record" in given:
        pairs = _lines(model, os.path.join(os.path.dirname(path), given["record"]), given["record"])
    else:
        names = given["observations"].split(",")
        pairs = [(None, named(model.observations, name.strip(), "observations")) for name in names]
    if "actions" in given:
        names = given["actions"].split(",")
        acted = [named(model.actions, name.strip(), "actions") for name in names]
        if len(acted) not in (1, len(pairs)):
            raise InputError(
                f"{len(acted)} actions for {len(pairs)} observations", where="actions", mend="give one, or one a move"
            )
        acted = acted * len(pairs) if len(acted) == 1 else acted
        pairs = [(action, observation) for action, (_, observation) in zip(acted, pairs, strict=True)]
    return [observation for _, observation in pairs], [action for action, _ in pairs]


def _lines(model: Pomdp, path: str, name: str) -> list[tuple[int | None, int]]:
    """The pairs of a record file."""
    pairs: list[tuple[int | None, int]] = []
    try:
        for line in lines_of(path, "#"):
            parts = line.text.split()
            if len(parts) not in (1, 2):
                line.refuse(f"{len(parts)} words", "write OBSERVATION, or ACTION OBSERVATION")
            action = at(model.actions, parts[0], line, "action") if len(parts) == 2 else None
            pairs.append((action, at(model.observations, parts[-1], line, "observation")))
        if not pairs:
            raise InputError("has no observations", mend="write one a line")
    except InputError as error:
        raise (error if error.where.startswith(path) else error.within(name)) from None
    return pairs


def _unrolled(
    model: Pomdp, observed: list[int], acted: list[int | None], worth: Gains, name: str, rounding: Rounding
) -> Model:
    """One layer a move; the start is a step of its own where it is drawn."""
    width = sum(len(row) for row in model.transitions.values())
    if width * len(observed) > MOST_EDGES:
        raise InputError(f"{width * len(observed):,} edges", mend=f"choose a shorter record; {MOST_EDGES:,} are read")
    made: dict[tuple[int | None, int], tuple[Row, ...]] = {}
    steps = []
    for action, seen in zip(acted, observed, strict=True):
        if (action, seen) not in made:
            made[action, seen] = tuple(_row(model, action, i, seen, worth) for i in range(len(model.states)))
        steps.append(made[action, seen])
    states = tuple(model.states)
    starts = [i for i, p in enumerate(model.start) if p]
    phi = (ONE,) * len(states)
    notes = [f"the potentials are the likelihoods of {len(observed)} observations, and Z is their probability"]
    if None in acted:
        notes.append("the reference policy takes each action with equal probability")
    notes += [*worth.notes(), *rounding.notes()]
    if len(starts) == 1:
        layers = ((states[starts[0]],), *(states,) * len(steps))
        return Model(layers, ((steps[0][starts[0]],), *steps[1:]), phi, name, tuple(notes))
    notes.append(
        f"the start is drawn from {len(starts)} states: step 1 of T = {len(steps) + 1} steps, under the root 'start'"
    )
    first = merge_edges(Edge(i, p) for i, p in enumerate(model.start))
    layers = (("start",), *(states,) * (len(steps) + 1))
    return Model(layers, ((first,), *steps), phi, name, tuple(notes))


def _row(model: Pomdp, action: int | None, state: int, seen: int, worth: Gains) -> Row:
    """Moves out of a state, weighted by the likelihood of what was seen."""
    chosen = range(len(model.actions)) if action is None else (action,)
    edges = []
    for a in chosen:
        for target, p in model.transitions[a, state].items():
            psi = model.observe[a, target].get(seen, ZERO)
            if psi and worth:
                psi *= worth.weight(
                    model.reward(a, state, target, seen), f"R: {model.actions[a]} : {model.states[state]}"
                )
            edges.append(Edge(target, p / len(chosen), psi))
    return merge_edges(edges)
