"""The wheel, installed outside the repository: it carries its proofs, its models and its types, and writes nothing next to itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: building leaves files behind
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source)
    for name in ("proofs", "smc"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A clean environment with the wheel and what it depends on, no extras."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip(str(folder / "bin" / "python"), "install", str(wheel))
    return folder


def pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_the_wheel_holds_what_the_commands_read_and_nothing_of_the_tests(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern in (("proofs", "sealed/*"), ("smc", "instances/shipped/*.json"), ("proofs", "rocq/*.v")):
        for path in (ROOT / folder).glob(pattern):
            assert path.relative_to(ROOT).as_posix() in names, path
    assert {"proofs/py.typed", "smc/py.typed", "proofs/README.md", "smc/present/bellman.mplstyle"} <= names
    assert not [name for name in names if name.startswith(("tests/", "notebooks/", "build/"))]


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--help"],
        ["prove"],
        ["prove", "S3", "--json"],
        ["check", "shipped:verifier-tree", "--json"],
        ["plan", "--horizon", "5", "--eps", "1/10", "--json"],
        ["verify", "shipped:verifier-tree", "-o", "out"],
    ],
    ids=" ".join,
)
def test_the_commands_work_far_from_the_repository(environment, tmp_path, arguments):
    site = next(environment.glob("lib/*/site-packages"))
    before = listing(site)
    done = subprocess.run(
        [str(environment / "bin" / "bellman-smc"), *arguments],
        cwd=tmp_path, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if "--json" in arguments:
        assert json.loads(done.stdout)
    assert listing(site) == before, "nothing is written next to the installed package"
    assert [p.name for p in tmp_path.iterdir()] == (["out"] if "-o" in arguments else [])


def listing(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}
