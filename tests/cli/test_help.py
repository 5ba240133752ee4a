"""Help answers at once, shows every default, and its examples are what they say."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from smc.cli import COMMANDS, flowing, run

HEAVY = (
    "sympy",
    "numpy",
    "mpmath",
    "flint",
    "gmpy2",
    "matplotlib",
    "gymnasium",
    "proofs",
    "hypothesis",
    "joblib",
    "numba",
    "smc.exact",
    "smc.checks.check",
)


def imported_by(*arguments: str) -> set[str]:
    """Modules that a call of the command line has imported when it ends."""
    code = f"import sys; from smc.cli import run; code = run({list(arguments)!r}); "
    code += "print('|'.join(sys.modules), file=sys.stderr); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split("|"))


def test_help_flows(capsys, monkeypatch):
    """A narrow terminal breaks lines where it must, not where the source does; examples and exit codes begin lines of their own."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["audit", "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "of its_hub, trees of OpenR (whole or flat), scored answers of" in lines
    assert '"score": 0.41, "log_weight": -0.89}' in lines
    assert flowing("A\nb.\nExit codes: 0\nor 1.\n\n\b\n{c\n d}") == "A b.\nExit codes: 0 or 1.\n\n\b\n{c\n d}"


@pytest.mark.by_turn
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["check", "--help"], ["plan", "--help"], ["verify", "--help"], ["convert", "-h"], ["--version"]],
)
def test_help_imports_nothing_heavy(arguments):
    loaded = imported_by(*arguments)
    assert not [name for name in HEAVY if name in loaded]
    others = {f"smc.cli.{name}" for name in COMMANDS} - {f"smc.cli.{arguments[0]}"}
    assert not others & loaded


def test_the_test_above_can_fail():
    loaded = imported_by("plan", "--horizon", "3", "--eps", "1/10", "--json")
    assert {"flint", "gmpy2", "proofs"} <= loaded


def test_overview_lists_what_is_installed(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("verify", "check", "plan", "convert"):
        assert name in shown
    for name in COMMANDS:
        assert (
            f"smc.cli.{name}" in sys.modules or not (Path(run.__code__.co_filename).parent / f"{name}.py").exists()
        ) or name in shown


def test_no_command_shows_the_overview(capsys):
    assert run([]) == 2
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("Usage: ") == 1


def test_the_models_that_convert_shows_are_models(tmp_path):
    from smc.cli.convert import command

    blocks = [b.removeprefix("\b\n") for b in inspect.cleandoc(command.__doc__).split("\n\n") if b.startswith("\b")]
    shown = [block[block.index("{") :] for block in blocks]
    assert len(shown) == 2
    for text in shown:
        path = tmp_path / "shown.json"
        path.write_text(text, encoding="utf-8")
        assert run(["check", str(path), "--particles", "2"]) == 0


@pytest.mark.parametrize("command", list(COMMANDS))
def test_help_shows_every_default(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert run([command, "--help"]) == 0
    assert " . " not in capsys.readouterr().out, "a bracket was read as markup"
