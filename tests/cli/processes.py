"""The command line in a process of its own."""

from __future__ import annotations

import subprocess
import sys


def program(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smc", *arguments], capture_output=True, text=True, timeout=120, **options
    )
