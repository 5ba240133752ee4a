"""Every planted falsehood is refuted, by a counterexample small enough to read. These tests fail when the falsehood is not found."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from smc.numbers import Verdict
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.instances import describe
from tests.tightness import refutations

SEARCH = settings(
    database=None,
    deadline=None,
    max_examples=4000,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


def refuted(name: str, instance) -> list:
    return [row for row in FALSEHOODS[name].rows(instance) if row.verdict is Verdict.REFUTED]


@pytest.mark.parametrize("name", FALSEHOODS)
def test_falsehood_is_refuted(name):
    falsehood = FALSEHOODS[name]
    tried = []

    def breaks(instance) -> bool:
        tried.append(instance)
        return bool(refuted(name, instance))

    found = find(falsehood.strategy(), breaks, settings=SEARCH, random=Random(7))
    row = refuted(name, found)[0]
    text = f"{name}: {falsehood.how}\n{describe(found)}\n  {row.quantity}: observed {row.observed}, claimed at most {row.bound}"
    print(text)
    refutations[name] = (found.size, len(tried), text)
    assert found.size <= falsehood.largest, f"{found.size} states and edges:\n{describe(found)}"


def test_every_statement_has_at_least_two():
    from smc.testing.statements import SAMPLER

    for statement in (*SAMPLER, "S9", "G3"):
        assert sum(falsehood.statement == statement for falsehood in FALSEHOODS.values()) >= 2, statement
