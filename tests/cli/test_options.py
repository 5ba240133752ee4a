"""What every option of every command does with no text, and every option that names a place with a place that cannot be written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from smc.cli import COMMANDS, load, run
from smc.present.tables import write_atomically
from tests.cases import refused
from tests.cli.test_bad_input import SAMPLE
from tests.proofs.stores import small_store

MODEL = "shipped:verifier-tree"
CALLS = {
    "verify": [MODEL],
    "check": [MODEL],
    "plan": [MODEL],
    "audit": [SAMPLE],
    "prove": ["S3"],
    "campaign": ["--examples", "1"],
    "atlas": [MODEL, "--particles", "1"],
    "convert": [MODEL],
    "vectors": ["folder", "--model", MODEL],
}
"""A good call of each command."""
NAMES = {"verify": "model", "prove": "prove", "audit": "file", "vectors": "folder"}
"""What a command calls its argument, where that is not a model."""


def options() -> list[tuple[str, str]]:
    """(command, option) of every option that takes a text, or a number, and (command, "") of every argument."""
    found = []
    for command in COMMANDS:
        for parameter in load(command).params:
            if not getattr(parameter, "is_flag", False):
                found.append((command, next((name for name in parameter.opts if name.startswith("--")), "")))
    return found


@pytest.mark.parametrize(("command", "option"), options())
def test_no_text_is_refused_by_the_name_of_its_option(command, option, tmp_path, tmp_path_factory, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    few = (
        ["--stored", str(small_store(tmp_path_factory.mktemp("stored")))] if (command, option) == ("prove", "") else []
    )
    said = refused(capsys, command, *([*CALLS[command], option, ""] if option else ["", *few]))
    name = option.removeprefix("--") or NAMES.get(command, "model")
    if command == "vectors" and option == "--model":
        name = "model"
    assert (
        said.startswith((f"bellman-smc: {name}:", f"bellman-smc: {name} ")) or f"Invalid value for '{option}'" in said
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_without_proofs_is_no_store(tmp_path, capsys):
    assert "holds no stored proofs; give a folder" in refused(capsys, "prove", "S3", "--stored", str(tmp_path))


WORK = {
    "verify": "smc.formats.load",
    "atlas": "smc.formats.load",
    "convert": "smc.formats.load",
    "audit": "smc.checks.audited.of_files",
    "prove": "proofs.reading.blueprint.blueprint",
    "campaign": "smc.campaign.runner.run",
    "vectors": "smc.formats.load",
}
"""What a command begins with once it knows that it can write."""
PLACES = {
    ("verify", "output"): "",
    ("verify", "report"): "",
    ("atlas", "figure"): ".svg",
    ("convert", "output"): ".json",
    ("audit", "report"): ".html",
    ("prove", "graph"): ".dot",
    ("campaign", "plot"): ".pdf",
    ("campaign", "markdown"): ".md",
    ("campaign", "results"): ".sqlite",
    ("campaign", "counterexamples"): "",
    ("vectors", "folder"): "",
}
"""The ending of the file that an option names; none for a folder."""


def test_every_place_that_a_command_writes_to_is_listed():
    source = Path(__file__).resolve().parents[2] / "smc" / "cli"
    asked = {
        (path.stem, option)
        for path in source.glob("*.py")
        for option in re.findall(r'(?:file|folder)_to_write\(\s*"([a-z]+)"', path.read_text(encoding="utf-8"))
    }
    assert asked == set(PLACES)


def worked(*_, **__):
    raise AssertionError("the work began")


@pytest.mark.parametrize(("command", "option"), PLACES)
@pytest.mark.parametrize("place", ["a folder", "below a file", "of the system", "too long", "no name"])
def test_a_place_that_cannot_be_written_is_told_before_the_work(command, option, place, tmp_path, monkeypatch, capsys):
    ending = PLACES[command, option]
    (tmp_path / "file").write_text("kept")
    (tmp_path / f"folder{ending or '.d'}").mkdir()
    text = {
        "a folder": f"folder{ending}" if ending else "file",
        "below a file": f"file/x{ending}",
        "of the system": f"/proc/nowhere/x{ending}",
        "too long": "x" * 300 + ending,
        "no name": f"a\0b{ending}",
    }[place]
    if place == "of the system" and not Path("/proc/self").exists():
        pytest.skip("no place that nobody may write to")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(WORK[command], worked)
    before = sorted(os.listdir())
    call = [command, text] if option == "folder" else [command, *CALLS[command], f"--{option}", text]
    said = refused(capsys, *call)
    assert said.startswith(f"bellman-smc: {option} ") and ("cannot be written" in said or "is a f" in said)
    assert sorted(os.listdir()) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
@pytest.mark.parametrize(("command", "option"), PLACES)
def test_a_folder_without_permission(command, option, tmp_path, monkeypatch, capsys):
    (tmp_path / "shut").mkdir(mode=0o500)
    monkeypatch.setattr(WORK[command], worked)
    text = str(tmp_path / "shut" / f"x{PLACES[command, option]}")
    call = [command, text] if option == "folder" else [command, *CALLS[command], f"--{option}", text]
    assert "Permission denied" in refused(capsys, *call)


@pytest.mark.parametrize(
    ("command", "option"), [key for key in PLACES if PLACES[key] in (".svg", ".pdf", ".dot", ".html")]
)
def test_an_ending_that_nothing_is_drawn_in(command, option, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(WORK[command], worked)
    said = refused(capsys, command, *CALLS[command], f"--{option}", "name.doc")
    assert f"{option} name.doc: unknown ending '.doc'; choose one of " in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, "told")
        assert os.read(reader, 10) == b"told" and pipe.is_fifo()
    finally:
        os.close(reader)


def test_a_link_is_followed(tmp_path, capsys):
    kept, link = tmp_path / "kept.json", tmp_path / "link.json"
    kept.write_text("old")
    link.symlink_to(kept)
    assert "exists already" in refused(capsys, "convert", MODEL, "-o", str(link))
    assert run(["convert", MODEL, "-o", str(link), "--force"]) == 0
    assert link.is_symlink() and "bellman-smc/layered-1" in kept.read_text()


def test_a_link_to_itself_is_replaced_or_refused(tmp_path, capsys):
    link = tmp_path / "loop"
    link.symlink_to(link)
    assert "cannot be used" in refused(capsys, "campaign", "--examples", "1", "--results", str(link))
    assert run(["convert", MODEL, "-o", str(link)]) == 0 and link.is_file()


def test_a_missing_folder_is_made(tmp_path):
    place = tmp_path / "new" / "folder" / "model.json"
    assert run(["convert", MODEL, "-o", str(place)]) == 0 and place.is_file()
