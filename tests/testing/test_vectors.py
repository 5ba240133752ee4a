"""Test vectors: a reader that knows the standard library alone finds every number again; the guide's code runs; bad input is one line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from smc.cli import run
from smc.testing.vectors import WEIGHTS, documents
from tests.effort import NIGHTLY

READER = Path(__file__).with_name("vectors_reader.py")
GUIDE = Path(__file__).parents[2] / ".site" / "test-vectors.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("made") / "vectors"
    assert run(["vectors", str(place)]) == 0
    return place


def read(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Isolated, without site packages: the standard library alone."""
    command = [sys.executable, "-I", "-S", str(READER), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.by_turn
def test_the_standard_library_finds_every_number_again(folder):
    daily = ["resampling", "ordinary", "ending", "far"]
    done = read(*(folder / f"{name}.json" for name in (*daily, *(["spread"] if NIGHTLY else []))))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 3000


def test_the_reader_can_fail(folder, tmp_path):
    for change in (
        lambda d: d["cases"][0].update(dead={"exact": "1/7", "decimal": 1 / 7}),
        lambda d: d["cases"][0]["joint"].pop(),
    ):
        document = json.loads((folder / "ordinary.json").read_text(encoding="utf-8"))
        change(document)
        (tmp_path / "wrong.json").write_text(json.dumps(document), encoding="utf-8")
        assert read(tmp_path / "wrong.json").returncode != 0


def test_what_is_covered(folder):
    runs = [d for _, d in documents() if d["kind"] == "runs"]
    schemes = {"multinomial", "stratified", "systematic", "residual", "killing", "ssp"}
    cases = [c for d in runs for c in d["cases"]]
    assert {c["scheme"] for c in cases} == schemes
    assert {c["choice"] for c in cases} == {"weight", "uniform", "argmax"}
    assert {c["moves"] for c in cases} == {"naive", "adapted"}
    assert {(c["threshold"], c["size"]) for c in cases} >= {(None, "ess"), ("1/2", "ess"), ("1/2", "inf")}
    assert {c["particles"] for c in cases} >= {1, 2, 3}
    assert any(c["dead"]["exact"] != "0" for c in cases) and any(
        isinstance(c["second_moment"]["decimal"], str) for c in cases
    )
    assert any(0 in w for w in WEIGHTS) and any(len(set(w)) < len(w) for w in WEIGHTS) and (1,) in WEIGHTS


def test_of_a_model(tmp_path, capsys):
    place = tmp_path / "mine"
    assert run(["vectors", str(place), "--model", "shipped:verifier-tree", "--particles", "2"]) == 0
    assert "21 cases" in capsys.readouterr().out
    done = read(place / "verifier-tree.json")
    assert done.returncode == 0, done.stderr


def test_the_guide_shows_what_is_printed(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    block = re.search(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        assert run(command.split()[1:]) == 0
        assert capsys.readouterr().out == shown


@dataclass(frozen=True)
class Language:
    """A language of the guide. file: name of its source. commands: to build and run it; the last one runs. probe: a command that succeeds
    where it can be run. wrong: a piece of its source, and what to put there so that the function under test is at fault."""

    file: str
    commands: tuple[tuple[str, ...], ...]
    probe: tuple[str, ...]
    wrong: tuple[str, str]

    def missing(self) -> str:
        """Why it cannot be run here; nothing where it can."""
        if shutil.which(self.probe[0]) is None:
            return f"no {self.probe[0]}"
        done = subprocess.run(
            self.probe, input="#include <nlohmann/json.hpp>\n", capture_output=True, text=True, timeout=120
        )
        return f"{self.probe[0]} has no JSON library" if done.returncode else ""


LANGUAGES = {
    "cpp": Language(
        "test.cpp",
        (("g++", "-O1", "-std=c++17", "-o", "test", "test.cpp"), ("./test",)),
        ("g++", "-E", "-x", "c++", "-"),
        ("(ancestors.size() + u)", "(ancestors.size() + u * u)"),
    ),
    "julia": Language(
        "test.jl",
        (("julia", "--startup-file=no", "test.jl"),),
        ("julia", "--startup-file=no", "-e", "using JSON3"),
        ("(length(ancestors) + u)", "(length(ancestors) + u * u)"),
    ),
    "r": Language(
        "test.R",
        (("Rscript", "--vanilla", "test.R"),),
        ("Rscript", "--vanilla", "-e", "stopifnot(requireNamespace('jsonlite'))"),
        (" / values[[t]][[states[k]]]", ""),
    ),
}


def code(language: str) -> str:
    """The block of the guide in that language, of which there is one."""
    (source,) = re.findall(rf"```{{code-block}} {language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    return source


def test_every_language_of_the_guide_is_run():
    named = re.findall(r"```{code-block} (\w+)", GUIDE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(LANGUAGES)
    for language, how in LANGUAGES.items():
        assert code(language).count(how.wrong[0]) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_code_runs_and_finds_a_fault(language, folder, tmp_path):
    how = LANGUAGES[language]
    if why := how.missing():
        pytest.skip(f"the guide's {language} is not run: {why}")
    shutil.copytree(folder, tmp_path / "vectors")

    def ran(source: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / how.file).write_text(source, encoding="utf-8")
        for command in how.commands[:-1]:
            subprocess.run(command, cwd=tmp_path, check=True, timeout=280)
        return subprocess.run(how.commands[-1], cwd=tmp_path, capture_output=True, text=True, timeout=280)

    done = ran(code(language))
    assert done.returncode == 0 and done.stdout.endswith(" 0 broken\n"), done.stderr
    assert ran(code(language).replace(*how.wrong)).returncode == 1


BAD = [
    (["vectors", ""], "no folder is named"),
    (["vectors", "FILE"], "is a file"),
    (["vectors", "TAKEN"], "exists already; name another folder, or pass --force"),
    (["vectors", "NEW", "--particles", "3"], "belongs to a model; give --model"),
    (["vectors", "NEW", "--value", "perfect"], "belongs to a model"),
    (["vectors", "NEW", "--model", "missing.json"], "missing.json"),
    (["vectors", "NEW", "--model", "shipped:verifier-tree", "--particles", "0"], "particles"),
    (["vectors", "NEW", "--model", "shipped:verifier-tree", "--particles", "30"], "particles"),
    (["vectors", "NEW", "--model", "shipped:verifier-tree", "--value", "magic"], "magic"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD)
def test_bad_input_is_one_line_and_writes_nothing(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text("", encoding="utf-8")
    Path("TAKEN").mkdir()
    Path("TAKEN/far.json").write_text("{}", encoding="utf-8")
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.splitlines()) == 1 and words in shown.err
    assert not Path("NEW").exists() and [p.name for p in Path("TAKEN").iterdir()] == ["far.json"]


@pytest.mark.by_turn
def test_force_writes_over(folder, capsys):
    (folder / "far.json").write_text("{}", encoding="utf-8")
    assert run(["vectors", str(folder), "--force"]) == 0
    assert len(json.loads((folder / "far.json").read_text(encoding="utf-8"))["cases"]) == 42
