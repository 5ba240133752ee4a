"""What the property files share: the rows of one statement on one instance, and the loop over instances that each of them runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.testing import Instance, finite_mdps, hard_families, instances, layered_models, prefix_trees, product_models
from smc.testing.statements import SPOKEN_OF, report, rows
from tests.tightness import Ledger

__all__ = ["SPOKEN_OF", "report", "rows", "within_bound"]


def everything() -> SearchStrategy[Instance]:
    """Layered models, long ones, prefix trees, unrolled MDPs under every kind of reward model; product models; hard families."""
    unrolled = st.builds(lambda mdp, moves: mdp.unroll(moves), finite_mdps(), st.integers(1, 3))
    models = (layered_models(), layered_models(min_horizon=2), prefix_trees(), unrolled)
    known = hard_families(families=("S1", "S2", "S9", "G2"))
    return st.one_of(*(instances(models=model) for model in models), product_models(), known)


def long() -> SearchStrategy[Instance]:
    """Horizon 2 or more, where guided particles err, and the families that attain S1 and S2."""
    return st.one_of(instances(models=layered_models(min_horizon=2)), hard_families(families=("S1", "S2")))


def within_bound(
    ledger: Ledger, statement: str, strategy: SearchStrategy[Instance] | None = None, *, share: float = 0.1
) -> None:
    """Every drawn instance satisfies every form of `statement`; Hypothesis climbs observed/bound; no form goes unmet."""

    @given(everything() if strategy is None else strategy)
    def within(instance: Instance) -> None:
        for row in rows(statement, instance):
            ledger.hold(row, instance, steer=True)

    within()
    forms = [key for key in {*ledger.checked, *ledger.vacuous} if key.split()[0] == statement]
    assert forms, f"{statement}: no row was ever made"
    for key in forms:
        ledger.saw(key, share)
