"""Gymnasium tables that were read as another model, or brought the reader down."""

from __future__ import annotations

import pytest

from smc.cli import run
from smc.errors import InputError
from smc.formats import load
from smc.setting.analysis import true_value
from tests.cases import report

pytest.importorskip("gymnasium", reason="the gym extra is not installed")


@pytest.mark.parametrize("schedule", ["(10,-1,0)", "10,-1,0", "[10, -1, 0]", "(10,-1,0)&base=1", None])
def test_rewards_of_a_schedule_are_numbers(schedule, capsys):
    extra = f"&reward_schedule={schedule}" if schedule else ""
    found = report(capsys, "check", f"gym:FrozenLake-v1?horizon=6&is_slippery=false{extra}", "--particles", "1")
    assert found["normaliser"] == "3/4096"
    assert any("goal states (15)" in note for note in found["notes"])


def test_a_schedule_with_potentials(capsys):
    spec = "gym:FrozenLake-v1?horizon=6&is_slippery=false&reward_schedule=(1,0,-1)&base=2"
    assert (
        report(capsys, "check", spec, "--particles", "1")["normaliser"] == "3/65536"
    )  # 3 paths, 5 moves at 1/2, one at 2


@pytest.mark.parametrize("value", ["ten;", 'os.system("a")', "(1,", "lambda: 1", "[1)"])
def test_what_is_no_literal_is_refused(value, capsys):
    assert run(["check", f"gym:FrozenLake-v1?horizon=6&reward_schedule={value}", "--rationalise"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and "write it as in Python" in shown.err


TABLE = "gym:tests.cases.gym_table_three:{}-v0?horizon=2"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Three", "P[0][0][0]: 3 entries where (probability, next state, reward, terminated) is wanted"),
        ("Named", "P['a']: a state that is no whole number"),
        ("Pairs", "P[(0, 0)]: a state that is no whole number"),
        ("Gap", "P[0][0][0]: next state 1 is missing from the table"),
        ("List", "P: a list where a dictionary is wanted"),
        ("Outcome", "P[0][0][0]: NoneType where"),
        ("Rows", "P[0][0]: NoneType where a list of outcomes is wanted"),
        ("None", "P[0]: dict where actions with their rows are wanted"),
        ("Chance", "P[0][0][0]: probability '1' is no finite number"),
        ("Gain", "P[0][0][0]: reward nan is no finite number"),
    ],
)
def test_an_odd_table_is_one_line(name, message, capsys):
    assert run(["check", TABLE.format(name)]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and message in shown.err


def test_a_module_of_your_own():
    model = load(TABLE.format("Good") + "&base=2").model
    assert str(true_value(model)[0][0]) == "5/2"  # 1/2 of 2^2 at once, 1/2 of 2^-1 and then 1/2 of 2^2


@pytest.mark.parametrize("written", ["SF,FG", '["SF","FG"]', "('SF', 'FG')"])
def test_a_map_of_your_own(written):
    model = load(f"gym:FrozenLake-v1?horizon=2&is_slippery=false&desc={written}").model
    assert str(true_value(model)[0][0]) == "1/8"  # two paths of two moves, 1/16 each
    with pytest.raises(InputError, match="no goal can be reached: give floor="):
        load("gym:FrozenLake-v1?horizon=2&is_slippery=false&desc=SHF,HHF,HFG").twist()


def test_a_goal_out_of_reach_says_how_far(capsys):
    assert run(["check", "gym:CliffWalking-v1?horizon=6"]) == 2
    assert "the nearest goal is 13 moves away: give horizon=13 or more, or floor=1/100" in capsys.readouterr().err
    assert report(capsys, "check", "gym:CliffWalking-v1?horizon=13", "--particles", "1")["normaliser"] != "0"
    assert (
        report(capsys, "check", "gym:CliffWalking-v1?horizon=3&floor=1/100", "--particles", "1")["normaliser"]
        == "1/100"
    )


@pytest.mark.parametrize(
    ("old", "new"), [("Taxi-v3", "Taxi-v4"), ("CliffWalking-v0", "CliffWalking-v1"), ("Frozenlake-v1", "FrozenLake-v1")]
)
def test_an_identifier_that_moved_is_named(old, new):
    import gymnasium

    if old in gymnasium.registry or new not in gymnasium.registry:
        pytest.skip(f"this Gymnasium still has {old}")
    with pytest.raises(InputError, match=f"write gym:{new}"):
        load(f"gym:{old}?horizon=6", rationalise=True)
