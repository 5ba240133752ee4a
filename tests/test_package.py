"""The wheel, installed outside the repository: it carries its proofs, its models and its types, and writes nothing next to itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.test_readme import agree, blocks, commands, write_files

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(copied(folder, ("proofs", "smc"))))
    (built,) = folder.glob("*.whl")
    return built


def copied(folder: Path, rooms: tuple[str, ...]) -> Path:
    """What a build reads, in a copy: building leaves files behind."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md", "CITATION.cff", "Makefile"):
        shutil.copy(ROOT / name, source)
    for name in rooms:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    return source


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A clean environment with the wheel and what it depends on, no extras."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip(str(folder / "bin" / "python"), "install", str(wheel))
    return folder


@pytest.fixture(scope="module")
def equipped(wheel, tmp_path_factory) -> Path:
    """A clean environment with the wheel and the extras that the README's `make verify` installs."""
    folder = tmp_path_factory.mktemp("equipped") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip(str(folder / "bin" / "python"), "install", f"{wheel}[campaign,gym,plot,prism]")
    return folder


def pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_the_wheel_holds_what_the_commands_read_and_nothing_of_the_tests(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern in (
        ("proofs", "sealed/*"),
        ("proofs", "second/*"),
        ("smc", "instances/shipped/*.json"),
        ("proofs", "rocq/*.v"),
    ):
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


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0][2:60])
def test_the_commands_of_the_readme_run_from_the_wheel(equipped, tmp_path, block):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"PATH": f"{equipped / 'bin'}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "160", "NO_COLOR": "1"}
    write_files(tmp_path)
    for command, shown in commands(block):
        if command.startswith(("bellman-smc", "python -c")):
            done = subprocess.run(
                shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"
            assert not shown.strip() or agree(shown, done.stdout), f"{command} prints now:\n{done.stdout}"


def test_the_source_distribution_holds_tests_notebooks_and_changelog(tmp_path):
    source = copied(tmp_path, ("proofs", "smc", "tests", "notebooks", ".site"))
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(source)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (built,) = tmp_path.glob("*.tar.gz")
    names = {name.partition("/")[2] for name in tarfile.open(built).getnames()}
    wanted = {
        "CHANGELOG.md",
        "CITATION.cff",
        "Makefile",
        "tests/conftest.py",
        "tests/golden/formulas.txt",
        "notebooks/README.md",
    }
    assert wanted <= names


def listing(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_an_outside_project_derives_and_proves_with_the_wheel_alone(environment, tmp_path):
    """Its pytest file in a folder of its own: sample complexity, a refused constant, lemmas of its own."""
    python = str(environment / "bin" / "python")
    pip(python, "install", "pytest")
    shutil.copy(ROOT / "tests" / "outside" / "test_my_derivations.py", tmp_path)
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_derivations.py"],
        cwd=tmp_path, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "failed" not in done.stdout
