"""Trees of OpenR's OmegaPRM, whole or flat, as JSON objects: one, a list of them, or one a line.

    {"question_id": 7, "question": "...", "final_answer": "...",
     "reasoning_steps": {"text": "...", "mc_value": 0.5, "children": [{"text": "...", "mc_value": 1.0, "children": []}, ...]}}

and flat, the nodes of a question one after the other: `{"solution_prefix": "...", "mc_value": 0.5}`, where a node's parent is the longest
prefix before it that it goes on from. `mc_value` (the share of right rollouts) is taken as the score. Nodes without one are left out. The
children are those that the search chose to expand, so no statement about the reference follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator

from smc.rewards.items import Item
from smc.rewards.records import Family, Format

_Node = tuple[str, int, float | None, list[float]]
"""Place, step, value, and the values of the children."""
MOST_DEPTH = 400
"""Deepest tree that is read."""


def read_trees(objects: Iterator[Item]) -> Iterator[Family]:
    """One family for each node with children. Raises InputError with the place of a sibling that comes twice, a value outside [0, 1]."""
    for number, tree in enumerate(objects):
        unit = str(tree.value.get("question_id", number) if isinstance(tree.value, dict) else number)
        pending = [(tree.key("reasoning_steps"), 0)]
        while pending:
            node, step = pending.pop()
            children = [] if node.get("children") is None else node.key("children").items()
            if step > MOST_DEPTH:
                raise node.fault(f"more than {MOST_DEPTH} steps deep", "join short steps")
            seen: set[str] = set()
            for child in children:
                text = child.key("text").text()
                if text in seen:
                    raise child.fault("the same step as a sibling", "join the two")
                seen.add(text)
            scores = [value for value in map(_value, children) if value is not None]
            if scores and (score := _value(node)) is not None:
                yield Family(node.place, unit, step, score, tuple(scores))
            pending += [(child, step + 1) for child in reversed(children)]


def _value(node: Item) -> float | None:
    given = node.get("mc_value")
    if given is None:
        if not node.has("mc_value"):
            raise node.fault("has no mc_value", "give it, null where it was not estimated")
        return None
    value = given.real()
    if not 0 <= value <= 1:
        raise given.fault(f"{value:g}", "give a share of right rollouts, from 0 to 1")
    return value


def read_nodes(objects: Iterator[Item]) -> Iterator[Family]:
    """As `read_trees`; a node that goes on from none of the question at hand begins the next question."""
    tree: dict[str, _Node] = {}
    number = 0
    for node in objects:
        prefix, value = node.key("solution_prefix").text(), _value(node)
        if prefix in tree:
            raise node.fault("the same prefix as a node before", "join the two")
        parent = _parent(prefix, tree)
        if parent is None:
            yield from _families(tree, str(number))
            tree, number = {}, number + bool(tree)
        elif value is not None:
            tree[parent][3].append(value)
        tree[prefix] = (node.place, 0 if parent is None else tree[parent][1] + 1, value, [])
    yield from _families(tree, str(number))


def _parent(prefix: str, tree: dict[str, _Node]) -> str | None:
    """The longest node that `prefix` goes on from."""
    lengths = sorted({len(node) for node in tree if len(node) < len(prefix)}, reverse=True)
    return next((prefix[:length] for length in lengths if prefix[:length] in tree), None)


def _families(tree: dict[str, _Node], unit: str) -> Iterator[Family]:
    for place, step, value, children in tree.values():
        if value is not None and children:
            yield Family(place, unit, step, value, tuple(children))


TREES = Format("openr", "trees of OpenR", ("reasoning_steps",), read_trees, "search")
NODES = Format("openr-flat", "nodes of OpenR's trees", ("solution_prefix", "mc_value"), read_nodes, "search")
