"""Every falsehood planted beside P6 is refuted, by a model small enough to read."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import find

from smc.testing.falsehoods.pools import POOL_FALSEHOODS
from smc.testing.pools import pool_instances
from tests.refutations.test_refutations import is_shrunk, search
from tests.tightness import refutations


@pytest.mark.by_turn
@pytest.mark.parametrize("name", POOL_FALSEHOODS)
def test_falsehood_is_refuted(name):
    falsehood = POOL_FALSEHOODS[name]
    strategy = pool_instances(max_horizon=falsehood.max_horizon, max_pool=2)
    tried = []

    def breaks(case) -> bool:
        tried.append(case)
        return falsehood.refuted(case) is not None

    found = find(strategy, breaks, settings=search(name, POOL_FALSEHOODS), random=Random(7))
    text = f"{name}: {falsehood.how}\n{found}\n  {falsehood.refuted(found)}"
    print(text)
    refutations[name] = (found.size, len(tried), text)
    if is_shrunk(name, POOL_FALSEHOODS):
        assert found.size <= falsehood.largest, text


def test_at_least_two():
    assert len(POOL_FALSEHOODS) >= 2 and all(name.startswith("P6/") for name in POOL_FALSEHOODS)
