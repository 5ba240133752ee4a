"""The file beside this one is an outside project's and knows nothing of this suite: its long searches are marked `by_turn` here."""

from __future__ import annotations

from pathlib import Path

import pytest

LONG = ("test_a_wrong_constant_is_refused", "test_sample_complexity_by_solve_and_prove")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.name.partition("[")[0] in LONG:
            item.add_marker("by_turn")
