"""S7: independent Metropolis-Hastings on guided proposals, `TV <= (1 - e^{-2 Lambda})^{H-1} tanh(Lambda/2)`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smc.exact.metropolis import sampler_of
from smc.numbers import Verdict
from smc.samplers import particle_process
from smc.testing import Instance, hard_families, instances
from smc.testing.statements import report
from tests.properties.common import rows, within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S7")


@given(hard_families(families=("S2",), max_horizon=6, max_particles=1))
def test_attained_at_one_proposal(instance):
    """H = 1 is the guided particle itself, where S2 is attained."""
    row, _ = rows("S7", instance)
    assert row.form == "instance" and row.observed == row.bound


@given(instances(), st.integers(1, 12))
def test_more_proposals_are_never_worse_on_paths(instance, proposals):
    """The chain lives on paths and pulls every law towards pi. (On the terminal state alone this is false: see the refutations.)"""
    chain = sampler_of(particle_process(instance.model, instance.twist, "sis-guided"))
    distance = chain.path_total_variation(proposals)
    assert chain.path_total_variation(proposals + 1) <= distance
    assert report(Instance(instance.model, instance.twist, proposals), "mh").measured.total_variation <= distance


def test_many_proposals(ledger):
    @given(instances(), st.integers(1, 40))
    def within(instance, proposals):
        many = Instance(instance.model, instance.twist, proposals)
        for row in rows("S7", many):
            assert row.verdict is Verdict.HOLDS
            ledger.hold(row, many)

    within()
    ledger.saw("S7 instance")
