"""Environments for the programs that the benchmarks compare with, each of its own (`particles` needs numpy < 2).

`python -m tests.bench.neighbours` makes those that are missing under `build/`; without them the benchmarks leave their rows out and say so.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"
NEIGHBOURS = {
    "storm-venv": ("stormpy>=2", "import stormpy.datastructures"),
    "particles-venv": ("particles numpy<2", "import particles"),
}
"""By folder: what to install, and a line that runs when it is there."""


def interpreter(folder: str) -> Path:
    """The Python of an environment."""
    scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return BUILD / folder / scripts


def present(folder: str) -> bool:
    """Whether the environment is there and its program can be imported."""
    python = interpreter(folder)
    return (
        python.exists()
        and subprocess.run([python, "-c", NEIGHBOURS[folder][1]], capture_output=True, check=False).returncode == 0
    )


def install(folder: str) -> str:
    """Make the environment if it is missing; what came of it, in one line."""
    if present(folder):
        return f"{folder}: there"
    venv.create(BUILD / folder, with_pip=True)
    command = [
        interpreter(folder),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        *NEIGHBOURS[folder][0].split(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not present(folder):
        last = (done.stderr or "it cannot be imported").strip().splitlines()[-1]
        return f"{folder}: not available here ({last}); its rows are left out"
    return f"{folder}: installed"


if __name__ == "__main__":
    for name in NEIGHBOURS:
        print(install(name), flush=True)
