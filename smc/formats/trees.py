"""Trees of process rewards whose step texts repeat: states named by their path, where the file's order says which is meant.

In a tree every state but the root has one edge into it. When a layer names a text twice, the edges of the step before it must stand in the
order of that layer, one for each of its states, and the edges out of a repeated text one state after the other, each state's summing to 1.
"""

from __future__ import annotations

from smc.errors import InputError
from smc.formats.strict_json import Fields, Node, Rounding
from smc.numbers import ONE, ZERO

REPEATED = "step texts repeat: states are named by their path"


def named_by_path(root: Node) -> Node:
    """The layered document with repeated names told apart; `root` itself where no name repeats or the order leaves a doubt."""
    document = root.value
    layers, steps = document.get("layers"), document.get("edges")
    if not _is_repeated_tree(layers, steps) or not isinstance(document.get("notes", []), list):
        return root
    names, edges = [list(layers[0])], []
    for layer, below, step in zip(layers, layers[1:], steps, strict=False):
        at, total, above, row = 0, ZERO, [], []
        for edge in step:
            while at < len(layer) and (total >= ONE or edge["from"] != layer[at]):
                at, total = at + 1, ZERO
            if at == len(layer):
                return root
            try:
                total += Node(edge["prob"]).number(Rounding(allowed=True))
            except InputError:  # the reader names its place
                return root
            above.append(names[-1][at])
            row.append(at)
        names.append(
            [text if parent == names[0][0] else f"{parent} / {text}" for parent, text in zip(above, below, strict=True)]
        )
        edges.append(row)
    if any(len(set(layer)) < len(layer) for layer in names):
        return root
    made = Fields(document)
    made["layers"] = names
    made["edges"] = [
        [
            Fields({**edge, "from": names[t][at], "to": names[t + 1][k]})
            for k, (edge, at) in enumerate(zip(steps[t], row, strict=True))
        ]
        for t, row in enumerate(edges)
    ]
    made["reward"] = _renamed(document.get("reward"), layers[-1], names[-1])
    if isinstance(document.get("value"), list):
        made["value"] = [_renamed(v, old, new) for v, old, new in zip(document["value"], layers, names, strict=False)]
    made["notes"] = [*document.get("notes", []), REPEATED]
    return Node(made)


def _is_repeated_tree(layers: object, steps: object) -> bool:
    """Whether some layer repeats a text, and each step lists one edge for every state of the next layer, in its order."""
    if not isinstance(layers, list) or not isinstance(steps, list) or len(layers) != len(steps) + 1 or len(layers) < 2:
        return False
    if not all(isinstance(layer, list) and layer and all(isinstance(s, str) for s in layer) for layer in layers):
        return False
    if len(layers[0]) != 1 or not any(len(set(layer)) < len(layer) for layer in layers):
        return False
    return all(isinstance(step, list) and _lists(step, below) for step, below in zip(steps, layers[1:], strict=True))


def _lists(step: list, below: list[str]) -> bool:
    """Whether the edges of a step lead to the states of the next layer one by one."""
    return len(step) == len(below) and all(
        isinstance(edge, Fields) and {"from", "to", "prob"} <= set(edge) and edge["to"] == state
        for edge, state in zip(step, below, strict=True)
    )


def _renamed(given: object, texts: list[str], names: list[str]) -> object:
    """A map by text as one by name: what is said of a text is said of every state that has it."""
    if not isinstance(given, Fields):
        return given
    unknown = {key: value for key, value in given.items() if key not in set(texts)}
    return Fields({**{name: given[text] for text, name in zip(texts, names, strict=True) if text in given}, **unknown})
