"""S9: with `V = V*`, naive SMC has `TV >= (1/36)(1 - 1/N)^2 (1 - (1 - 3/(2N))^{T-1})`, and S4's bound is at most 0.94 T/N.

The square: `E[x(1-x)]` starts from `(1 - 1/N)^2/4`, because the first step both draws the branches and resamples. With a
single `1 - 1/N` the bias of the branch breaks the floor at N = T = 2 (1/120 against 1/96), which a refutation shows.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from smc.instances.split import branch_mass, split_model
from smc.numbers import ONE, Rational, Verdict, at_most
from smc.testing import Instance
from smc.testing.statements import report
from tests.properties.common import rows

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


@pytest.mark.parametrize("particles", [2, 4, 8])
def test_the_bias_grows_with_the_horizon(particles):
    biases = [Rational(1, 2) - mass for mass in branch_mass(particles, 8)]
    assert biases[0] == 0
    assert all(a < b for a, b in pairwise(biases))
