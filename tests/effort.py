"""How much work a test does: a sample in `make test`, all of it in `make nightly` (HYPOTHESIS_PROFILE=nightly). The checks are the same."""

from __future__ import annotations

import os

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def effort(full: int, *, sample: int | None = None) -> int:
    """`full` in the nightly run; otherwise `sample`, by default a third of it. Instances, runs, or examples."""
    return full if NIGHTLY else (full + 2) // 3 if sample is None else sample
