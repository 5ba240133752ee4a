"""The second checker, in another language and written from the format alone, agrees with the kernel on what is proved, and on forgeries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.kernel.replay import SEALS, STORED, Refused, Replayer, fingerprint, load, load_seals
from tests.effort import turn
from tests.proofs.second import second_checker


def test_it_replays_every_stored_proof_and_reaches_the_same_conclusions(replayer):
    done = second_checker()
    assert done.returncode == 0, done.stderr
    *lines, total = done.stdout.splitlines()
    expected = {name: ("ok", replayer.theorem(name), replayer.steps[name]) for name in replayer.texts}
    assert {line.split()[0]: line.split()[1:] for line in lines} == {
        name: [ok, str(steps), fingerprint(theorem)] for name, (ok, theorem, steps) in expected.items()
    }
    assert total.startswith(f"{len(expected)} proofs replayed, 0 refused")


def forged(folder: Path, files: dict[str, dict], seals: dict[str, str]) -> Path:
    """A folder of stored proofs as given."""
    folder.mkdir()
    for name, data in files.items():
        (folder / f"{name}.json").write_text(json.dumps({"format": "bellman-smc/proof-1", "id": name, **data}))
    (folder / SEALS).write_text(json.dumps(seals))
    return folder


FALSE = [
    ["q", "1", []],
    ["q", "0", []],
    ["<=", None, [0, 1]],
    ["f", ["f", ["real"], "real"], [0]],
    ["f", ["x", [], "real"], []],
]
SQUARE = [["f", ["x", [], "real"], []], ["^", None, [0, 2]], ["q", "2", []], ["q", "0", []], ["<=", None, [3, 0]]]
FORGERIES = {
    "assumption kept from the claim": {"terms": FALSE[:3], "steps": [["assume", [], ["#2"], ""]], "claim": [[], 2]},
    "a rule that does not exist": {"terms": FALSE[:3], "steps": [["trust", [], ["#2"], ""]], "claim": [[], 2]},
    "the name of an object's own property": {"terms": FALSE[:3], "steps": [["constructor", [], ["#2"], ""]], "claim": [[], 2]},
    "an identity that does not hold": {
        "terms": FALSE[:3], "steps": [["certificate", [], ["#2", [], [], []], ""]], "claim": [[], 2],
    },
    "a negative coefficient": {
        "terms": FALSE[:3], "steps": [["certificate", [], ["#2", [["-1", [], []]], [], []], ""]], "claim": [[], 2],
    },
    "a later term": {"terms": SQUARE, "steps": [["assume", [], ["#4"], ""]], "claim": [[4], 4]},
    "a circular proof": {"terms": FALSE[:3], "steps": [["conj", ["forged", "forged"], [], ""]], "claim": [[], 2]},
    "a symbol defined by itself": {
        "terms": [["f", ["a", [], "real"], []], ["q", "1", []], ["+", None, [0, 1]], ["=", None, [0, 2]]],
        "steps": [["define", [], ["#0", "#2"], ""]], "claim": [[], 3],
    },
    "a sort that is a string": {
        "terms": [["f", ["f", ["x"], "real"], []]], "steps": [["nat_nonneg", [], ["#0"], ""]], "claim": [[], 0],
    },
    "sorts as one string": {
        "terms": [["f", ["x", "", "real"], []], ["<=", None, [0, 0]]], "steps": [["assume", [], ["#1"], ""]], "claim": [[1], 1],
    },
    "no step at all": {"terms": FALSE[:3], "steps": [], "claim": [[], 2]},
}  # fmt: skip


@pytest.mark.parametrize("kind", turn(FORGERIES, 4))
def test_both_checkers_refuse_a_forgery(tmp_path, kind):
    folder = forged(tmp_path / "forged", {"forged": FORGERIES[kind]}, {"forged": "0" * 64})
    with pytest.raises(Refused):
        Replayer(load(folder)).theorem("forged")
    done = second_checker(folder=folder)
    assert done.returncode == 1 and "forged refused" in done.stderr and "0 proofs replayed" in done.stdout


def test_a_true_statement_under_another_seal_is_refused_by_both(tmp_path):
    data = json.loads((STORED / "inverse_positive.json").read_text(encoding="utf-8"))
    folder = forged(tmp_path / "forged", {"inverse_positive": data}, {"inverse_positive": "0" * 64})
    with pytest.raises(Refused, match="sealed"):
        Replayer(load(folder), load_seals(folder)).theorem("inverse_positive")
    assert "not the sealed statement" in second_checker(folder=folder).stderr
    folder = forged(tmp_path / "missing", {}, {"inverse_positive": "0" * 64})
    assert "no such stored proof" in second_checker(folder=folder).stderr


def test_an_unknown_id_is_named():
    done = second_checker("P00")
    assert done.returncode == 2 and "P00" in done.stderr
