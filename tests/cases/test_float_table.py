"""A softmax policy's table of 16-digit decimals: exact in seconds (148 s before), because its rows keep one common denominator."""

from __future__ import annotations

import time

import pytest

from smc.checks.check import check
from smc.exact import explain_law
from smc.formats import load
from smc.numbers import ball, precision, rational
from smc.samplers import particle_process
from tests.cases import FOLDER, report

TABLE = str(FOLDER / "float_table_slow.json")


@pytest.mark.parametrize("horizon", [2, pytest.param(4, marks=pytest.mark.nightly)])
def test_exact_within_seconds_and_as_estimated(horizon, capsys):
    began = time.process_time()
    found = report(capsys, "check", TABLE, "--rationalise", "--particles", "2", "--horizon", str(horizon))
    taken = time.process_time() - began
    assert taken < 40, "a row that is scaled multiplies its denominators, and the exact law takes minutes"
    source = load(TABLE, rationalise=True, horizon=horizon)
    enclosed = check(source.model, source.twist(), "naive", particles=2, certified=True).measured.total_variation
    with precision(200):
        assert enclosed.overlaps(ball(rational(found["tv"]), 200))
    estimate = explain_law(particle_process(source.model, source.twist(), "naive"), 2).costs[0].seconds
    assert taken < max(2, 20 * estimate)


def test_every_number_keeps_its_digits():
    source = load(TABLE, rationalise=True)
    assert source.mdp is not None
    moved = [t.probability for t in source.mdp.transitions if 10**20 % t.probability.denominator]
    assert not moved, "a denominator that is no power of ten: the decimal was moved to an unrelated fraction"
    assert any("the largest entry" in note for note in source.model.notes)
