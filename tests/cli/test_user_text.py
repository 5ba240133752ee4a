"""Text of users, of any content, through every command: what is printed is one report, in which nothing steers the terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smc.cli import run
from smc.formats import load, native
from smc.setting.analysis import true_value
from tests.effort import effort

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
"""Any characters but half surrogates, which no file can hold."""
COMMANDS = (
    ("check", "--particles", "2"),
    ("check", "--method", "enclosure", "--particles", "3"),
    ("check", "--method", "monte-carlo", "--replicates", "20"),
    ("plan",),
    ("atlas", "--particles", "1,2"),
    ("convert",),
    pytest.param(("verify",), marks=pytest.mark.nightly),
)


def document(name: str, states: tuple[str, str], note: str) -> dict:
    a, b = states
    return {
        "format": "bellman-smc/layered-1",
        "name": name,
        "notes": [note],
        "layers": [[name], [a, b], [b, a]],
        "edges": [
            [{"from": name, "to": a, "prob": "1/3"}, {"from": name, "to": b, "prob": "2/3"}],
            [{"from": a, "to": b, "prob": 1}, {"from": b, "to": a, "prob": "1/2"}, {"from": b, "to": b, "prob": "1/2"}],
        ],
        "reward": {a: "1/2", b: 1},
        "value": [{name: 1}, {a: 1, b: "1/2"}],
    }


def steers(text: str) -> bool:
    """Whether a character of `text` could move the cursor, ring, or turn the direction of writing."""
    return any(
        (c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
        for c in text
    )


@pytest.mark.by_turn
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command))
@given(name=TEXT, states=st.tuples(TEXT, TEXT).filter(lambda pair: pair[0] != pair[1]), note=TEXT)
@example(name="$x$ \\dfrac12", states=("[bold]\x1b[31m", "a\nb"), note="\x9b2J :smile:")
@settings(max_examples=effort(30, sample=6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_through_every_command(command, name, states, note, tmp_path, capsys):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document(name, states, note)), encoding="utf-8")
    code = run([command[0], str(path), *command[1:], *(["--output", str(tmp_path)] if command[0] == "verify" else [])])
    shown = capsys.readouterr()
    assert code in (0, 3), shown.err
    assert not steers(shown.out) and not steers(shown.err)


@given(TEXT, st.tuples(TEXT, TEXT).filter(lambda pair: pair[0] != pair[1]), TEXT)
@settings(max_examples=effort(60, sample=6), deadline=None)
def test_any_text_round_trips(name, states, note):
    source = load(document(name, states, note))
    again = load(json.loads(native.dumps(native.layered_document(source.model, source.values))))
    assert (again.model, again.values) == (source.model, source.values)
    assert true_value(again.model) == true_value(source.model)


@pytest.mark.by_turn
@given(st.text(max_size=60))
@settings(max_examples=effort(60, sample=6), deadline=None)
def test_any_text_in_place_of_a_model(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("text")
    for ending in (".json", ".drn", ".tra", ".POMDP", ".csv", ".jsonl"):
        path = folder / f"P{ending}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        assert (
            run(
                [
                    "convert",
                    f"{path}" if ending == ".json" else f"{path}?horizon=2&goal=x",
                    "--output",
                    str(folder / "out.json"),
                ]
            )
            == 2
        )
        assert not (folder / "out.json").exists()
