"""Exit code 1 says `refuted` and nothing else: faults of the program, the machine and the installation have codes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import smc.checks.check
from smc.cli import BAD_INPUT, INTERNAL, run
from smc.errors import EXTRAS
from tests.formats.examples import LAYERED, written

ROOT = Path(__file__).resolve().parents[2]


def shell(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    line = f"{sys.executable} -m smc {command}"
    return subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=120)


def without(module: str, command: str) -> subprocess.CompletedProcess[str]:
    """The command in an interpreter that cannot import `module`."""
    code = f"import sys; sys.modules[{module!r}] = None; from smc.cli import run; sys.exit(run({command.split()!r}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("out\nof step"), OverflowError(), KeyError("a"), AssertionError(), ZeroDivisionError("x" * 999)],
)
def test_an_internal_error_is_no_verdict(fault, tmp_path, capsys, monkeypatch):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(smc.checks.check, "check", fail)
    assert run(["check", written(tmp_path, LAYERED)]) == INTERNAL == 70
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and len(shown.err) < 500
    assert type(fault).__name__ in shown.err and "please report" in shown.err and "Traceback" not in shown.err
    monkeypatch.setenv("BELLMAN_SMC_TRACEBACK", "1")
    assert run(["check", written(tmp_path, LAYERED)]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("module", "extra", "command"),
    [
        ("hypothesis", "campaign", "campaign --examples 1 --results never.sqlite"),
        ("matplotlib", "plot", "atlas shipped:verifier-tree --particles 1 --figure never.png"),
        ("gymnasium", "gym", "check gym:FrozenLake-v1?horizon=3"),
    ],
)
def test_a_missing_extra_is_one_line_that_names_it(module, extra, command):
    done = without(module, command)
    assert done.returncode == BAD_INPUT and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"{module} is not installed; pip install 'bellman-smc[{extra}]'" in done.stderr


def test_every_extra_named_exists_and_installs_its_module():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    packages = {"distributed": "dask"}
    for module, extra in EXTRAS.items():
        assert any(re.split(r"[\[<>=]", line)[0] == packages.get(module, module) for line in declared[extra]), (
            module,
            extra,
        )


@pytest.mark.by_turn
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
@pytest.mark.parametrize("options", ["--json", ""])
def test_a_full_disk(options):
    done = shell(f"check shipped:verifier-tree --particles 1 {options} > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (BAD_INPUT, 1)
    assert "No space left" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        ("check", ["shipped:verifier-tree"], "give less to read or a shorter --horizon or fewer --particles"),
        ("convert", ["shipped:verifier-tree"], "give less to read or a shorter --horizon\n"),
        ("audit", ["log.jsonl"], "give less to read\n"),
    ],
)
def test_out_of_memory_advises_what_the_command_has(command, given, said, monkeypatch, capsys):
    def full(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("smc.formats.load", full)
    monkeypatch.setattr("smc.checks.audited.of_files", full)
    assert run([command, *given]) == 2
    assert capsys.readouterr().err.endswith(f"out of memory; {said}".rstrip("\n") + "\n")


def test_closed_streams():
    closed = shell("check shipped:verifier-tree --particles 1 --json >&-")
    assert (closed.returncode, closed.stderr.count("\n")) == (BAD_INPUT, 1) and "closed" in closed.stderr
    silent = shell("check shipped:verifier-tree --particles 1 --json 2>&-")
    assert silent.returncode == 0 and '"normaliser"' in silent.stdout


def test_the_environment_of_the_readme_runs_its_commands():
    """`make verify` installs every extra that a command of the README needs."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = makefile[makefile.index("\n.venv/.installed:") :]
    installed = set(re.search(r"--editable '\.\[([a-z,]+)\]'", rule).group(1).split(","))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    written = [set(extras.split(",")) for extras in re.findall(r'pip install -e "\.\[([a-z,]+)\]"', readme)]
    assert installed in written
    commands = "\n".join(re.findall(r"^\$ bellman-smc (.*)$", readme, re.M))
    needed = {
        extra
        for word, extra in (("campaign", "campaign"), ("gym:", "gym"), ("--figure", "plot"), ("--plot", "plot"))
        if word in commands
    }
    assert needed <= installed
