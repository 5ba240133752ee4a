"""Every command of the README runs and prints what the README shows; its Python runs; its links exist."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from smc.cli import run as cli
from tests.effort import NIGHTLY

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = ("git clone", "cd ", "pip install", "python -m venv", "python3 -m venv", r".venv\Scripts")
"""Commands that make an environment: the fresh clone that a release is checked on runs them, a test does not."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def write_files(folder: Path) -> None:
    """The README's files: blocks with a name after their language."""
    for name, text in re.findall(r"^```\w+ (\S+)\n(.*?)^```", README, re.M | re.S):
        (folder / name).write_text(text, encoding="utf-8")


def commands(block: str) -> list[tuple[str, str]]:
    """(command, output shown) in the order of the block."""
    parts = re.split(r"^\$ ", block, flags=re.M)[1:]
    return [part.partition("\n")[::2] for part in parts]


def agree(shown: str, printed: str) -> bool:
    """Line by line, blank space at the ends apart; a line of `...` stands for any lines."""
    pattern = r"\n".join(
        ".*?" if line.strip() == "..." else re.escape(line.rstrip()) for line in shown.strip().splitlines()
    )
    text = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch(pattern, text, re.S) is not None


def run(command: str, folder: Path, monkeypatch, capsys) -> subprocess.CompletedProcess[str]:
    """Our commands in this process and with few examples; in the nightly run, as every other command, to the letter and in its own."""
    program, *arguments = shlex.split(command)
    if program == "python" and arguments[0] == "-m" and not NIGHTLY:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", arguments[1:])
        with pytest.raises(SystemExit) as left:
            runpy.run_module(arguments[1], run_name="__main__")
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(command, left.value.code or 0, shown.out, shown.err)
    if program == "bellman-smc" and not NIGHTLY:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setenv("NO_COLOR", "1")
        capsys.readouterr()
        code = cli([*arguments, *(["--examples", "20", "--chunk", "20"] if "--examples" in arguments else [])])
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(command, code, shown.out, shown.err)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "160",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0][2:60])
def test_commands(block, tmp_path, monkeypatch, capsys):
    write_files(tmp_path)
    for command, shown in commands(block):
        if command.startswith(SET_UP):
            continue
        if command.startswith("make "):
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
            assert set(shlex.split(command)[1:]) <= set(targets), f"the Makefile has no such target: {command}"
            continue
        if command.startswith(("python -m proofs.audit", "python -m proofs.kernel.replay")) and not NIGHTLY:
            continue  # tests/proofs/test_audit.py and test_replay.py have a sample a day
        done = run(command, tmp_path, monkeypatch, capsys)
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stderr}"
        assert not shown.strip() or agree(shown, done.stdout), f"{command} prints now:\n{done.stdout}"


@pytest.mark.by_turn
@pytest.mark.parametrize("code", blocks("python"))
def test_python(code, tmp_path, monkeypatch, capsys):
    """In this process, in the nightly run in one of its own."""
    expected = re.findall(r"#> (.*)", code)
    if not NIGHTLY:
        monkeypatch.chdir(tmp_path)
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out.split("\n")[:-1] == expected
        return
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == expected, f"prints now:\n{done.stdout}"


def test_links_exist():
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", README):
        assert (ROOT / link).exists(), f"README links to {link}, which is not there"


def test_places_exist():
    """Folders and files that the README names."""
    named = re.findall(r"`((?:proofs|smc|tests|notebooks|\.site)/[\w./-]+)`", README)
    assert len(named) > 15
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_the_comparison_can_fail():
    assert agree("a\n...\nd\n", "a  \nb\nc\nd\n")
    assert not agree("a\n...\nd\n", "a\nb\nc\n")
    assert not agree("1/3", "1/4")
