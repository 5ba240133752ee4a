"""One particle: the chain killed at zero weights agrees with the plain engine, dead outcomes included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.checks.measure import Measured
from smc.exact import output_law, second_moment
from smc.exact.occupancy import plain
from smc.samplers import find, particle_process
from smc.setting.analysis import analyse, true_value
from smc.setting.named_twists import choose
from tests.setting.test_mdp import mdps


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@given(mdp=mdps(), horizon=st.integers(1, 4), choice=st.sampled_from(["perfect", "constant", "bellman-error:1/2"]))
def test_one_particle_agrees_with_the_plain_engine(algorithm, mdp, horizon, choice):
    model = mdp.unroll(horizon)
    if not true_value(model)[0][0]:
        return
    process = particle_process(model, choose(model, choice), algorithm)
    law = output_law(process, 1)
    assert law == plain.plain_law(process, 1)
    assert sum(law.law) + law.dead == 1


def test_some_of_those_runs_die():
    """Not vacuous: a process with a zero weight on the way."""
    from smc.formats import load

    source = load("shipped:frozenlake-4x4")
    process = particle_process(source.model, source.twist("constant"), "naive")
    assert 0 < output_law(process, 1).dead < 1


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@given(mdp=mdps(), horizon=st.integers(1, 4), choice=st.sampled_from(["perfect", "constant", "bellman-error:1/2"]))
def test_one_particle_s_second_moment_agrees_with_the_pair_recursion(algorithm, mdp, horizon, choice):
    model = mdp.unroll(horizon)
    if not true_value(model)[0][0]:
        return
    measured = Measured(analyse(model, choose(model, choice)), find(algorithm), 1)
    process = particle_process(model, measured.constants.twist, algorithm)
    assert measured.second_moment_ratio == second_moment(process, 1) / measured.constants.normaliser**2
