"""Every planted falsehood is refuted, by a counterexample small enough to read. These tests fail when the falsehood is not found."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from smc.numbers import Verdict
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.instances import Instance, describe
from tests.effort import NIGHTLY, turn
from tests.tightness import refutations


def is_shrunk(name: str, planted: Iterable[str]) -> bool:
    """In the daily run some of those that stand first beside their statement; all in the nightly one. Every one is found in both."""
    first: dict[str, str] = {}
    for other in planted:
        first.setdefault(other.partition("/")[0], other)
    return NIGHTLY or name in turn(first.values(), 2)


def search(name: str, planted: Iterable[str]) -> settings:
    """How a falsehood is searched for, and its counterexample shrunk."""
    return settings(
        database=None,
        deadline=None,
        max_examples=4000,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if is_shrunk(name, planted) else (Phase.generate,),
    )


def refuted(name: str, instance) -> list:
    return [row for row in FALSEHOODS[name].rows(instance) if row.verdict is Verdict.REFUTED]


@pytest.mark.by_turn
@pytest.mark.parametrize("name", FALSEHOODS)
def test_falsehood_is_refuted(name):
    falsehood = FALSEHOODS[name]
    tried = []

    def breaks(instance) -> bool:
        tried.append(instance)
        return bool(refuted(name, instance))

    found = find(falsehood.strategy(), breaks, settings=search(name, FALSEHOODS), random=Random(7))
    row = refuted(name, found)[0]
    text = f"{name}: {falsehood.how}\n{describe(found)}\n  {row.quantity}: observed {row.observed}, claimed at most {row.bound}"
    print(text)
    refutations[name] = (found.size, len(tried), text)
    if is_shrunk(name, FALSEHOODS):
        assert found.size <= falsehood.largest, f"{found.size} states and edges:\n{describe(found)}"


def test_every_statement_has_at_least_two():
    from smc.testing.statements import SPOKEN_OF

    for statement in (*SPOKEN_OF, "G3"):
        assert sum(falsehood.statement == statement for falsehood in FALSEHOODS.values()) >= 2, statement


def test_those_that_speak_of_a_model_that_is_no_tree_answer_there():
    """A campaign asks every one that speaks of what it drew: one on paths that says it speaks of two moves into a state would stop it."""
    moves = [
        [("r", "a", "1/2"), ("r", "b", "1/2")],
        [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
    ]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], moves, {"c": 3, "d": 1})
    instance = Instance(model, twist(model, (("1",), ("1", "2"))), 2)
    asked = {name: falsehood.rows(instance) for name, falsehood in FALSEHOODS.items() if falsehood.speaks_of(instance)}
    assert len(asked) > 50 and "S18/twice" not in asked
