"""A small folder of stored proofs, for tests that corrupt one: a replay of it takes no time."""

from __future__ import annotations

import json
from pathlib import Path

from proofs.kernel.replay import SEALS, STORED


def small_store(folder: Path) -> Path:
    """P0, P1 and S0 with what they rest on, and their seals, copied into `folder`."""
    folder.mkdir(exist_ok=True)
    todo, kept = ["P0", "P1", *(p.stem for p in STORED.glob("S0.*.json"))], set()
    while todo:
        name = todo.pop()
        if name not in kept:
            kept.add(name)
            text = (STORED / f"{name}.json").read_text(encoding="utf-8")
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
            todo += [p for _, premises, _, _ in json.loads(text)["steps"] for p in premises if isinstance(p, str)]
    seals = json.loads((STORED / SEALS).read_text(encoding="utf-8"))
    (folder / SEALS).write_text(json.dumps({name: seals[name] for name in sorted(kept)}), encoding="utf-8")
    return folder
