"""The two native JSON kinds, `bellman-smc/layered-1` and `bellman-smc/mdp-1`: reading with every fault named by place, and writing.

Numbers are whole or strings such as "1/3"; decimals are refused unless `Rounding.allowed`. Besides the keys of the format, a file may carry
`name`, `notes` (a list of texts that every report repeats) and `provenance` (where the model comes from; kept for readers only).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from smc.errors import InputError
from smc.formats.strict_json import Node, Rounding
from smc.numbers import ONE, ZERO, Rational
from smc.setting.mdp import FiniteMDP, Transition
from smc.setting.model import Model, reachable

LAYERED, MDP = "bellman-smc/layered-1", "bellman-smc/mdp-1"
REMARKS = ("name", "notes", "provenance")
Values = list[list[Rational]]
"""Values of a reward model for layers 0..T-1, by state index."""


def kind_of(root: Node) -> str:
    """`LAYERED` or `MDP`. Raises InputError for a document that is neither."""
    if not isinstance(root.value, dict) or "format" not in root.value:
        raise root.fault(
            "is not a model: it has no key 'format'",
            f'start it with {{"format": "{LAYERED}", ... or "{MDP}"; bellman-smc convert --help shows both',
        )
    node = root.key("format")
    if node.text() not in (LAYERED, MDP):
        raise node.fault(f"unknown format {node.value!r}", f"write {LAYERED!r}, {MDP!r} or 'bellman-smc/tree-1'")
    return node.value


def remarks(fields: Mapping[str, Node], default: str) -> tuple[str, tuple[str, ...]]:
    """The model's name and notes."""
    name = fields["name"].text() if "name" in fields else default
    if "provenance" in fields:
        fields["provenance"].text()
    return name, tuple(note.text() for note in fields["notes"].items()) if "notes" in fields else ()


def read_layered(root: Node, rounding: Rounding, default_name: str) -> tuple[Model, Values | None]:
    """A layered model and its values, None when the file gives none. Raises InputError with the place of the fault."""
    fields = root.fields(("format", "layers", "edges", "reward"), ("value", *REMARKS))
    name, notes = remarks(fields, default_name)
    layers = [[state.text() for state in layer.items()] for layer in fields["layers"].items()]
    steps = fields["edges"].items()
    if len(layers) < 2:
        raise fields["layers"].fault("the horizon is below 1", "a model needs a root layer and at least one step")
    if len(steps) != len(layers) - 1:
        raise fields["edges"].fault(
            f"{len(steps)} steps for {len(layers)} layers", "list edges for every step, T for T + 1 layers"
        )
    if len(layers[0]) != 1:
        root_layer = fields["layers"].items()[0]
        raise root_layer.fault(
            f"{len(layers[0])} states in layer 0", "put one root there and spread the start over its edges"
        )
    edges = [_edges(step, layers[t], layers[t + 1], rounding, t) for t, step in enumerate(steps)]
    given = {
        state: node.number(rounding)
        for state, node in _known(fields["reward"], layers[-1], f"layers[{len(layers) - 1}]").items()
    }
    lost = _unreached(layers, edges)
    for state in layers[-1]:
        if state not in given and state not in lost[-1]:
            raise fields["reward"].fault(f"no reward for terminal state {state!r}", 'give one, "0" if it earns nothing')
    reward = {state: given.get(state, ZERO) for state in layers[-1]}
    values = None
    if "value" in fields:
        per_layer = fields["value"].items()
        if len(per_layer) != len(steps):
            raise fields["value"].fault(
                f"{len(per_layer)} layers of values for horizon {len(steps)}", "give layers 0..T-1, or none at all"
            )
        values = [values_of(node, layers[t], f"layers[{t}]", rounding, lost[t]) for t, node in enumerate(per_layer)]
    count = sum(map(len, lost))
    if count:
        where = ", ".join(f"{state!r} in layer {t}" for t, states in enumerate(lost) for state in sorted(states)[:3])
        notes = (*notes, f"{count} states cannot be reached and take no part: {where}")
    return Model.from_edges(layers, edges, reward, name=name, notes=(*notes, *rounding.notes())), values


def _edges(step: Node, sources: list[str], targets: list[str], rounding: Rounding, t: int) -> list[tuple]:
    found: dict[str, list[tuple]] = {}
    known = {"from": (set(sources), t), "to": (set(targets), t + 1)}
    for node in step.items():
        edge = node.fields(("from", "to", "prob"), ("potential",))
        for key, (names, layer) in known.items():
            if edge[key].text() not in names:
                raise edge[key].fault(
                    f"unknown state {edge[key].value!r}", f"list it in layers[{layer}] or correct the name"
                )
        potential = edge["potential"].number(rounding) if "potential" in edge else ONE
        found.setdefault(edge["from"].value, []).append(
            (edge["from"].value, edge["to"].value, edge["prob"].number(rounding), potential)
        )
    mended = []
    for source, row in found.items():
        probabilities = rounding.row([p for _, _, p, _ in row], f"{source!r} in layer {t}")
        mended += [
            (source, target, p, potential) for (_, target, _, potential), p in zip(row, probabilities, strict=True)
        ]
    return mended


def _unreached(layers: list[list[str]], edges: list[list[tuple]]) -> list[set[str]]:
    reached = set(layers[0])
    lost: list[set[str]] = [set()]
    for layer, step in zip(layers[1:], edges, strict=True):
        reached = {target for source, target, p, _ in step if p and source in reached}
        lost.append(set(layer) - reached)
    return lost


def _known(node: Node, states: Sequence[str], where: str) -> dict[str, Node]:
    names = set(states)
    entries = node.entries()
    for state in entries:
        if state not in names:
            raise node.fault(f"unknown state {state!r}", f"use the names of {where}")
    return entries


def values_of(
    node: Node, states: Sequence[str], where: str, rounding: Rounding, lost: set[str] | frozenset[str]
) -> list[Rational]:
    """A value for each of `states`; 0 for those of `lost` that have none."""
    given = {state: entry.number(rounding) for state, entry in _known(node, states, where).items()}
    for state in states:
        if state not in given and state not in lost:
            raise node.fault(f"no value for state {state!r}", "give every state a value")
    return [given.get(state, ZERO) for state in states]


def read_mdp(
    root: Node, rounding: Rounding, default_name: str, horizon: int | None = None, *, with_values: bool = True
) -> tuple[FiniteMDP, int, Values | None]:
    """An MDP, its horizon (`horizon` if given) and its values by layer of the unrolled model, None when the file gives none."""
    keys = ("format", "states", "actions", "transitions", "policy", "initial", "horizon", "reward")
    fields = root.fields(keys, ("value", *REMARKS))
    name, notes = remarks(fields, default_name)
    states = tuple(node.text() for node in fields["states"].items())
    if not states:
        raise fields["states"].fault("no states", "list at least one")
    actions = tuple(node.text() for node in fields["actions"].items())
    transitions = transitions_of(fields["transitions"], rounding)
    policy = {state: law_of(node, rounding, node.place) for state, node in fields["policy"].entries().items()}
    initial = fields["initial"]
    if isinstance(initial.value, dict):
        start = law_of(initial, rounding, "initial")
    elif initial.text() in states:
        start = {initial.text(): ONE}
    else:
        raise initial.fault(f"unknown state {initial.value!r}", "use the names listed in states")
    reward = {state: node.number(rounding) for state, node in _known(fields["reward"], states, "states").items()}
    written = fields["horizon"].whole()
    steps = horizon or written
    mdp = FiniteMDP(states, actions, transitions, policy, start, reward, name, notes)
    mdp.unroll(steps)  # a horizon out of reach, a missing row or reward is named before any value is
    per_step = (
        _mdp_values(fields["value"], mdp, written, steps, rounding) if "value" in fields and with_values else None
    )
    mdp = FiniteMDP(states, actions, transitions, policy, start, reward, name, (*notes, *rounding.notes()))
    return mdp, steps, None if per_step is None else mdp.layers_of_values(per_step)


def transitions_of(table: Node, rounding: Rounding) -> tuple[Transition, ...]:
    """The rows of a table, those of one state and action mended together where `rounding` allows it."""
    found: dict[tuple[str, str], list[int]] = {}
    rows = []
    for k, node in enumerate(table.items()):
        row = node.fields(("from", "action", "to", "prob"), ("potential",))
        potential = row["potential"].number(rounding) if "potential" in row else ONE
        rows.append(
            Transition(
                row["from"].text(), row["action"].text(), row["to"].text(), row["prob"].number(rounding), potential
            )
        )
        found.setdefault(rows[-1][:2], []).append(k)
    for (state, action), places in found.items():
        mended = rounding.row([rows[k].probability for k in places], f"{state!r} by {action!r}")
        for k, p in zip(places, mended, strict=True):
            rows[k] = rows[k]._replace(probability=p)
    return tuple(rows)


def law_of(node: Node, rounding: Rounding, where: str) -> dict[str, Rational]:
    """Probabilities by name, mended where `rounding` allows it."""
    entries = {name: entry.number(rounding) for name, entry in node.entries().items()}
    return dict(zip(entries, rounding.row(list(entries.values()), where), strict=True))


def _mdp_values(
    node: Node, mdp: FiniteMDP, written: int, horizon: int, rounding: Rounding
) -> list[dict[str, Rational]]:
    """One map of values per move: the one that holds at every step, or the list."""
    everything, reached = frozenset(mdp.states), mdp.reached(horizon - 1)
    if isinstance(node.value, dict):
        lost = everything.difference(*set(reached))
        shared = dict(zip(mdp.states, values_of(node, mdp.states, "states", rounding, lost), strict=True))
        return [shared] * horizon
    steps = node.items()
    if horizon != written:
        raise node.fault(
            f"values are listed for horizon {written}, not {horizon}",
            "leave --horizon out, or choose another reward model with --value",
        )
    if len(steps) != horizon:
        raise node.fault(
            f"{len(steps)} steps of values for horizon {horizon}", "give steps 0..horizon-1, or one map for all"
        )
    return [
        dict(zip(mdp.states, values_of(entry, mdp.states, "states", rounding, everything - layer), strict=True))
        for entry, layer in zip(steps, reached, strict=True)
    ]


def layered_document(
    model: Model, values: Sequence[Sequence[Rational]] | None = None, provenance: str = ""
) -> dict[str, Any]:
    """The layered-1 object of `model`, with `values` for layers 0..T-1 if given. States that no path reaches are left out."""
    live = reachable(model)
    layers = [[layer[i] for i in sorted(alive)] for layer, alive in zip(model.layers, live, strict=True)]
    document: dict[str, Any] = {
        "format": LAYERED,
        "name": model.name,
        "notes": list(model.notes),
        "provenance": provenance,
    }
    document = {key: value for key, value in document.items() if value}
    document["layers"] = layers
    document["edges"] = [
        [
            _edge({"from": model.layers[t][i], "to": model.layers[t + 1][e.target]}, e.probability, e.potential)
            for i in sorted(live[t])
            for e in step[i]
        ]
        for t, step in enumerate(model.edges)
    ]
    document["reward"] = {model.layers[-1][i]: str(model.reward[i]) for i in sorted(live[-1])}
    if values is not None:
        document["value"] = [
            {model.layers[t][i]: str(layer[i]) for i in sorted(live[t])}
            for t, layer in enumerate(values[: model.horizon])
        ]
    return document


def mdp_document(
    mdp: FiniteMDP,
    horizon: int,
    values: Sequence[Mapping[str, Rational]] | Mapping[str, Rational] | None = None,
    provenance: str = "",
) -> dict[str, Any]:
    """The mdp-1 object of `mdp`, with `values` as one map or one per move if given."""
    document: dict[str, Any] = {"format": MDP, "name": mdp.name, "notes": list(mdp.notes), "provenance": provenance}
    document = {key: value for key, value in document.items() if value}
    document |= {"states": list(mdp.states), "actions": list(mdp.actions)}
    document["transitions"] = [
        _edge({"from": t.source, "action": t.action, "to": t.target}, t.probability, t.potential)
        for t in mdp.transitions
    ]
    document["policy"] = {state: {a: str(p) for a, p in choices.items()} for state, choices in mdp.policy.items()}
    document["initial"] = mdp.starts[0] if len(mdp.starts) == 1 else {s: str(p) for s, p in mdp.initial.items()}
    document["horizon"] = horizon
    document["reward"] = {state: str(r) for state, r in mdp.reward.items()}
    if isinstance(values, Mapping):
        document["value"] = {state: str(v) for state, v in values.items()}
    elif values is not None:
        document["value"] = [{state: str(v) for state, v in step.items()} for step in values]
    return document


def _edge(names: dict[str, str], probability: Rational, potential: Rational) -> dict[str, str]:
    return names | {"prob": str(probability)} | ({"potential": str(potential)} if potential != 1 else {})


def dumps(document: Mapping[str, Any]) -> str:
    """JSON text of a document, one edge or transition a line, so that a difference between two files reads well."""
    parts = []
    for key, value in document.items():
        if key in ("edges", "transitions") and value:
            nested = isinstance(value[0], list)
            steps = value if nested else [value]
            blocks = ["[\n    " + ",\n    ".join(json.dumps(edge) for edge in step) + "\n  ]" for step in steps]
            written = "[\n  " + ",\n  ".join(blocks) + "\n  ]" if nested else blocks[0]
        elif key in ("layers", "value") and isinstance(value, list):
            written = "[\n    " + ",\n    ".join(json.dumps(entry) for entry in value) + "\n  ]"
        else:
            written = json.dumps(value)
        parts.append(f"  {json.dumps(key)}: {written}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


__all__ = [
    "LAYERED",
    "MDP",
    "InputError",
    "dumps",
    "kind_of",
    "layered_document",
    "mdp_document",
    "read_layered",
    "read_mdp",
]
