"""The one table between statements and models: every name is known, and a row is printed only where its sealed hypotheses hold."""

from __future__ import annotations

import pytest

from proofs.catalogue import CARRIED, FORMS, PLAIN, SLOTS
from smc.checks.check import check
from smc.checks.table import INPUTS, QUANTITIES, RUNS, SCOPES
from smc.numbers import Verdict
from smc.samplers import SAMPLERS, resampled
from smc.samplers.naive import naive
from smc.setting.model import Model
from smc.setting.twist import perfect, twist


def branches(potential: int) -> Model:
    """Two branches for two steps; the potential of the second one's only move decides whether it is doomed."""
    return Model.from_edges(
        [["r"], ["a", "b"], ["c"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", 1), ("b", "c", 1, potential)]],
        {"c": 1},
    )


@pytest.mark.parametrize("key", FORMS, ids=" ".join)
def test_every_name_that_a_row_uses_is_known(key):
    form = FORMS[key]
    assert form.scope in SCOPES and form.under in RUNS
    if form.quantity in QUANTITIES:
        given = {
            "N",
            "omega",
            "b",
            "H",
            "J",
            "n",
            "pistar",
            "V",
            "Vstar",
            "pi",
            "aim",
            "growthJ",
            "second",
            "third",
            "fourth",
            "alpha",
            "beta",
            "s",
            "m",
        }  # what belongs to the run or to one instance of the quantity
        assert all(form.reads.get(name, name) in INPUTS for name in set(form.names) - given)


def test_g1_is_not_stated_behind_a_doomed_branch():
    model = branches(0)
    found = check(model, perfect(model), particles=2)
    assert {row.id for row in found.rows}.isdisjoint({"G1"})
    assert {(statement, form) for statement, form, _ in found.out_of_scope} == {("G1", "published"), ("G1", "sharper")}
    assert {entry["id"] for entry in found.to_json()["out_of_scope"]} == {"G1"}
    assert found.rows and found.verdict is Verdict.HOLDS


def test_what_is_infinite_has_no_row_and_a_line():
    """V > 0 where V* = 0: V/V* has no largest value, and q of the last step none either."""
    model = branches(0)
    found = check(model, twist(model, [[1], [1, 1]]), particles=2)
    assert {row.id for row in found.rows}.isdisjoint({"P0", "P1"})
    assert {entry[:2] for entry in found.out_of_scope} == {("P0", "uniform"), ("P1", "uniform")}
    assert "not stated of this model: P0 (uniform), which asks that V and V* vanish together before the end" in str(
        found
    )


def test_g1_is_stated_where_every_branch_is_alive():
    model = branches(1)
    found = check(model, perfect(model), particles=2)
    assert sum(row.id == "G1" for row in found.rows) == 2 and found.out_of_scope == []


def test_g1_is_stated_where_a_doomed_branch_has_a_positive_value():
    """V > 0 and V* = 0 there: the hypotheses hold, and so does the bound."""
    model = branches(0)
    found = check(model, twist(model, [[1], [1, 1]]), particles=2)
    assert [row.verdict for row in found.rows if row.id == "G1"] == [Verdict.HOLDS] * 2


ON_SLOTS = {
    "stratified": "1", "residual": "1", "killing": "1", "multinomial:inf:1/2": "1/2", "stratified:inf:2/3": "2/3", "killing:inf:1": "1",
}  # fmt: skip
"""Resamplings whose slots are worth a share of N, other than plain multinomial."""
EFFECTIVE = {"multinomial:ess:1/2": "1/2", "stratified:2/3": "2/3", "killing:1/10": "1/10"}
"""Those whose slots are worth a share of N by the squares of their shares alone."""
NONE = ("systematic", "systematic:inf:1/2", "systematic:1/2", "ssp:1/2", "residual:inf:0", "residual:0")


def test_the_statements_on_slots_speak_of_the_schemes_that_have_them():
    for typed, share in ON_SLOTS.items():
        sampler = resampled(naive, typed)
        assert str(sampler.worth) == share and RUNS[SLOTS](sampler) and not RUNS[PLAIN](sampler), typed
        assert sampler.at(6) == {"N": 6, "omega": 1 / (6 * sampler.worth)}
    for typed, share in EFFECTIVE.items():
        sampler = resampled(naive, typed)
        assert [RUNS[way](sampler) for way in (CARRIED, SLOTS, PLAIN)] == [True, False, False] and str(
            sampler.effective
        ) == share, typed
        assert sampler.at(6) == {"N": 6, "omega": 1 / (6 * sampler.effective)}
    for typed in NONE:
        sampler = resampled(naive, typed)
        assert sampler.effective is None and not RUNS[CARRIED](sampler)
        assert sampler.worth is None and not RUNS[SLOTS](sampler) and not RUNS[PLAIN](sampler), typed
        assert sampler.at(6) == {"N": 6}
    for choice in ("uniform", "argmax"):
        sampler = resampled(naive, "stratified", choice)
        assert sampler.worth is None and not RUNS[SLOTS](sampler) and not RUNS[PLAIN](sampler)
    assert RUNS[PLAIN](naive) and not RUNS[SLOTS](naive) and naive.worth == 1
    assert not any(RUNS[SLOTS](sampler) for sampler in SAMPLERS.values())
