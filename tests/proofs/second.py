"""The second checker of the stored proofs, as the tests run it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from proofs.kernel.replay import STORED

CHECKER = Path(__file__).parents[2] / "proofs" / "second" / "check.mjs"


def second_checker(*arguments: str, folder: Path = STORED, input: str = "") -> subprocess.CompletedProcess[str]:
    """`node check.mjs FOLDER arguments`; the test is skipped, and says so, where there is no Node.js (CI installs it)."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine: the second checker is not run")
    command = [node, str(CHECKER), str(folder), *arguments]
    return subprocess.run(command, input=input, capture_output=True, text=True, encoding="utf-8")
