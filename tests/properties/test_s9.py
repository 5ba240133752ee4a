"""S9: with `V = V*`, naive SMC has `TV >= (1/36)(1 - 1/N)^2 (1 - (1 - 3/(2N))^{T-1})`, and S4's bound is at most 0.94 T/N.

The square: `E[x(1-x)]` starts from `(1 - 1/N)^2/4`, because the first step both draws the branches and resamples. With a
single `1 - 1/N` the bias of the branch breaks the floor at N = T = 2 (1/120 against 1/96), which a refutation shows.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from smc.instances.split import branch_mass, split_model
from smc.numbers import ONE, Rational, Verdict, at_most
from smc.setting.twist import Twist
from smc.setting.twist import perfect as perfected
from smc.testing import Instance, hard_families
from smc.testing.statements import report
from tests.properties.common import rows, within_bound

CASES = [(n, t) for n in (1, 2, 3, 5, 8, 13) for t in (1, 2, 3, 6, 12)]


def floor(particles: int, horizon: int) -> Rational:
    """The statement's lower bound."""
    n = ONE * particles
    return Rational(1, 36) * (1 - 1 / n) ** 2 * (1 - (1 - 3 / (2 * n)) ** (horizon - 1))


@pytest.mark.parametrize(("particles", "horizon"), [case for case in CASES if case[0] <= 8 or case[1] <= 6])
def test_bias_of_the_branch_is_above_the_floor_and_below_the_ceiling(particles, horizon):
    """The mass of branch A alone gives the floor; it bounds the total variation from below."""
    bias = Rational(1, 2) - branch_mass(particles, horizon)[-1]
    assert bias >= floor(particles, horizon)
    assert bias <= Rational(94, 100) * horizon / particles


@pytest.mark.parametrize(("particles", "horizon"), [(1, 3), (2, 2), (2, 3), (3, 2), (2, 4), (3, 3)])
def test_total_variation_of_the_whole_law(particles, horizon):
    instance = Instance(*split_model(horizon), particles)
    assert instance.constants.bellman_error == 0
    distance = report(instance, "naive").measured.total_variation
    assert distance >= floor(particles, horizon)
    assert report(instance, "adapted").measured.total_variation == 0
    row = next(row for row in rows("S4", instance) if row.form == "instance")
    assert row.verdict is Verdict.HOLDS
    assert at_most(row.bound, Rational(94, 100) * horizon / particles) is Verdict.HOLDS


def test_a_report_has_both_ends_on_the_split_model_alone(ledger):
    """The rows of S9 from N = 2 on, between which the bias lies; no row where a reward or a value is another."""
    within_bound(ledger, "S9", hard_families(families=("S9",)))
    model, perfect = split_model(3)
    found = {row.form: row for row in rows("S9", Instance(model, perfect, 2))}
    bias = Rational(1, 2) - branch_mass(2, 3)[-1]
    assert set(found) == {"lower", "upper"} and {row.observed for row in found.values()} == {bias}
    assert found["lower"].bound == floor(2, 3) < bias < found["upper"].bound == Rational(3, 4)
    assert not rows("S9", Instance(model, perfect, 1)), "S9 asks for two particles"
    one_step = {row.form: row.claims for row in rows("S9", Instance(*split_model(1), 2))}
    assert one_step == {"lower": False, "upper": True}, "the floor is 0 at T = 1"
    other = replace(model, reward=(*model.reward[:-1], model.reward[-1] + 1))
    assert not rows("S9", Instance(other, perfected(other), 2))
    values = (perfect.values[0], (ONE, ONE * 2), *perfect.values[2:])
    assert not rows("S9", Instance(model, Twist(values), 2))


@pytest.mark.parametrize("particles", [2, 4, 8])
def test_the_bias_grows_with_the_horizon(particles):
    biases = [Rational(1, 2) - mass for mass in branch_mass(particles, 8)]
    assert biases[0] == 0
    assert all(a < b for a, b in pairwise(biases))
