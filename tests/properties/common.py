"""What the property files share: the rows of one statement on one instance, and the loop over instances that each of them runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import SearchStrategy

from smc.testing import Instance, instances
from smc.testing.statements import ALGORITHM, report, rows
from tests.tightness import Ledger

__all__ = ["ALGORITHM", "report", "rows", "within_bound"]


def within_bound(
    ledger: Ledger, statement: str, strategy: SearchStrategy[Instance] | None = None, *, share: float = 0.1
) -> None:
    """Every drawn instance satisfies every form of `statement`; Hypothesis climbs observed/bound; no form goes unmet."""

    @given(instances() if strategy is None else strategy)
    def within(instance: Instance) -> None:
        for row in rows(statement, instance):
            ledger.hold(row, instance, steer=True)

    within()
    forms = [key for key in {*ledger.checked, *ledger.vacuous} if key.split()[0] == statement]
    assert forms, f"{statement}: no row was ever made"
    for key in forms:
        ledger.saw(key, share)
