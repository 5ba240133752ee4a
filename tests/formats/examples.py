"""Small valid documents of both native kinds, for tests to bend, and what tests ask of a model that was read."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from smc.formats import load
from smc.setting.analysis import true_value

LAYERED: dict[str, Any] = {
    "format": "bellman-smc/layered-1",
    "layers": [["root"], ["a", "b"], ["aa", "ab", "bb"]],
    "edges": [
        [{"from": "root", "to": "a", "prob": "1/3"}, {"from": "root", "to": "b", "prob": "2/3", "potential": "1/2"}],
        [
            {"from": "a", "to": "aa", "prob": "1/4"},
            {"from": "a", "to": "ab", "prob": "3/4"},
            {"from": "b", "to": "bb", "prob": 1},
        ],
    ],
    "reward": {"aa": "1", "ab": "1/2", "bb": 2},
    "value": [{"root": "1"}, {"a": "1/2", "b": "2"}],
}

MDP: dict[str, Any] = {
    "format": "bellman-smc/mdp-1",
    "states": ["s", "t"],
    "actions": ["stay", "go"],
    "transitions": [
        {"from": "s", "action": "stay", "to": "s", "prob": "1"},
        {"from": "s", "action": "go", "to": "t", "prob": "2/3", "potential": "1/2"},
        {"from": "s", "action": "go", "to": "s", "prob": "1/3"},
        {"from": "t", "action": "stay", "to": "t", "prob": "1"},
    ],
    "policy": {"s": {"stay": "1/2", "go": "1/2"}, "t": {"stay": "1"}},
    "initial": "s",
    "horizon": 3,
    "reward": {"s": "1/4", "t": "1"},
    "value": {"s": "1/3", "t": "1"},
}


def bent(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A deep copy with `value` at `path` ("edges/0/1/prob"); a value of `...` deletes the entry."""
    result = copy.deepcopy(document)
    *way, last = [int(p) if p.isdigit() else p for p in path.split("/")]
    place: Any = result
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


def written(folder: Path, document: Any, name: str = "model.json") -> str:
    """Path of a file that holds `document` (text as it is, anything else as JSON)."""
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def normaliser(spec: str, **options: Any) -> Fraction:
    """Z of the model that is read from `spec`."""
    return Fraction(str(true_value(load(spec, **options).model)[0][0]))
