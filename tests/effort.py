"""How much work a test does: a sample in `make test`, all of it in `make nightly` (HYPOTHESIS_PROFILE=nightly). The checks are the same.

Three ways to take a sample: `effort` draws fewer examples, `turn` takes some cases of a list, and of the tests marked `by_turn`
(a search, a simulation, an enumeration that takes a large part of a second) a day runs an eighth. What is asked for by name
(`::`, `-k`) is always run.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ROOT = Path(__file__).resolve().parents[1]
Case = TypeVar("Case")


def effort(full: int, *, sample: int | None = None) -> int:
    """`full` in the nightly run; otherwise `sample`, by default a sixth of it. Instances, runs, or examples."""
    return full if NIGHTLY else (full + 5) // 6 if sample is None else sample


def turn(cases: Iterable[Case], sample: int) -> list[Case]:
    """Every case in the nightly run; otherwise `sample` of them, evenly spaced, whose turn it is.

    Whose turn it is follows from the sources: a commit's verdict never changes, and the next change of packages or tests tries others.
    """
    listed = list(cases)
    if NIGHTLY or sample >= len(listed):
        return listed
    chosen = {(_sources() + k * len(listed) // sample) % len(listed) for k in range(sample)}
    return [case for k, case in enumerate(listed) if k in chosen]


SHARE = 8
"""Of the tests marked `by_turn`, one in so many is run by day; which, follows from the sources as in `turn`."""


def resting(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """The tests marked `by_turn` whose turn it is not: none in the nightly run."""
    marked = [item for item in items if item.get_closest_marker("by_turn")]
    return set(marked) - set(turn(marked, -(-len(marked) // SHARE)))


@cache
def _sources() -> int:
    """A checksum of the packages and of the tests: a test that is new or changed takes another turn."""
    total = 0
    for folder in ("proofs", "smc", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            total = zlib.crc32(path.read_bytes(), total)
    return total
