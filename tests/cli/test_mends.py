"""Every mend exists: options and commands that messages advise are there, for the command that prints them or for one that is named."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.cli import COMMANDS, run
from smc.cli.mends import OPTION, options_of, owned
from tests.cases import FOLDER

SOURCES = sorted((Path(__file__).resolve().parents[2] / "smc").rglob("*.py"))
EVERY = frozenset().union(*(options_of(name) for name in COMMANDS)) | {"--help", "--version"}


@cache
def literals(path: Path) -> list[str]:
    """Texts of a module that are no docstrings; the pieces of an f-string joined by a mark. None of a module that names nothing to type."""
    text = path.read_text(encoding="utf-8")
    if "--" not in text and "bellman-smc" not in text:
        return []
    nodes = list(ast.walk(ast.parse(text)))
    found = []
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "\0" for p in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | alone:
            found.append(node.value)
    return found


def test_every_option_in_a_message_is_an_option():
    seen = set()
    for path in SOURCES:
        for text in literals(path):
            if "--" not in text:
                continue
            named = set(OPTION.findall(re.sub(r"--\0", "", text)))
            assert named <= EVERY, f"{path.name}: {text!r} names {named - EVERY}"
            seen |= named
    assert {"--rationalise", "--method", "--value", "--horizon"} <= seen, "the search finds the mends that there are"


def test_every_command_in_a_message_is_a_command():
    seen = set()
    for path in SOURCES:
        for text in literals(path):
            for command in re.findall(r"bellman-smc (\w[\w-]*)", text):
                assert command in COMMANDS, f"{path.name}: {text!r}"
                seen.add(command)
    assert "convert" in seen


FLOATS = json.loads((FOLDER / "prm_zero_on_live.json").read_text(encoding="utf-8"))
FLOATS["edges"][0][0]["prob"] = 0.5


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, str]:
    """Models that every command which reads one refuses, each with another mend."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "floats.json").write_text(json.dumps(FLOATS), encoding="utf-8")
    (folder / "goal.drn").write_text("@type: DTMC\n@model\nstate 0 init\n action 0\n  0 : 1\n", encoding="utf-8")
    names = {name: str(folder / name) for name in ("floats.json", "goal.drn")}
    return names | {
        "zeros": str(FOLDER / "prm_zero_on_live.json"),
        "horizon": "gym:FrozenLake-v1",
        "rounded": "gym:FrozenLake-v1?horizon=3",
        "absent": "nowhere.json",
    }


@pytest.mark.parametrize("command", ["check", "plan", "atlas", "convert", "verify"])
def test_what_a_refusal_advises_is_there(command, inputs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    advised = set()
    for spec in inputs.values():
        code = run(
            [
                command,
                spec,
                *(["--value", "file"] if command in ("check", "plan", "convert") and "zero" in spec else []),
            ]
        )
        shown = capsys.readouterr()
        assert code == 2 and shown.out == "" and shown.err.count("\n") == 1, (command, spec, shown.err)
        for option in OPTION.findall(shown.err):
            assert option in options_of(command) or re.search(rf"{option} is an option of [\w, ]+", shown.err), (
                shown.err
            )
            advised.add(option)
    assert advised, "some refusal advises an option"


def test_a_run_that_is_left_out_names_what_verify_lacks(tmp_path, capsys):
    """The case of a horizon of 60: the run is listed, the command goes on, and its mends are those of check."""
    from smc.cli import verify

    assert not {"--method", "--particles"} & options_of("verify") and callable(verify.command)
    line = owned("naive, 8: too many weights: take fewer particles or use --method monte-carlo", "verify")
    assert line.endswith("(--method is an option of check)")
    assert owned("pass --rationalise", "verify") == "pass --rationalise"


@given(st.text(), st.sampled_from(sorted(o for o in EVERY if OPTION.fullmatch(o))), st.sampled_from(sorted(COMMANDS)))
def test_a_message_of_any_text(text, option, command):
    said = owned(f"{text} {option} x", command)
    assert said.startswith(f"{text} {option} x")
    owners = [name for name in COMMANDS if option in options_of(name)]
    attributed = f"{option} is an option of" in said.removeprefix(f"{text} {option} x")
    assert attributed == bool(option not in options_of(command) and owners)
