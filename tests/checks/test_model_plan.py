"""`plan MODEL`: certified counts against exact laws at every N below them, and against each other; bad input in one line."""

from __future__ import annotations

import json
import time

import pytest

from smc.checks.least import _Look
from smc.checks.measure import Measured
from smc.checks.model_plan import plan_model
from smc.cli import run
from smc.errors import InputError
from smc.exact.enough import Curve
from smc.formats import load
from smc.numbers import Rational
from smc.samplers.naive import naive
from smc.setting.analysis import analyse

TREE = load("shipped:verifier-tree")


@pytest.mark.by_turn
def test_the_least_count_is_the_truth_on_the_tree():
    """`TV > 1/10` at N = 3 and `TV <= 1/10` from 4 on: exact laws up to 12, the enclosure and S14.2 beyond."""
    found = plan_model(TREE.model, TREE.twist(), delta=Rational(1, 10))
    assert found.needed and found.least is not None
    constants = analyse(TREE.model, TREE.twist())
    for n in range(1, 13):
        assert (Measured(constants, naive, n).total_variation <= found.delta) is (n >= found.least)
    certified = found.certified
    assert found.least <= certified.first <= certified.for_good <= certified.tail
    asked = {(d.id, d.form): d.particles for d in found.demands}
    assert asked["P3", "uniform"] == 159_126 and min(asked.values()) > certified.for_good


def test_the_planted_law_of_one_count_moves_the_least_one(monkeypatch):
    """Were N = 5 not enough, the answer would be 6 and not 4: every count on the way down is looked at."""
    honest = _Look.block

    def planted(self, low, high):
        return (False if low == high else None) if low <= 5 <= high else honest(self, low, high)

    monkeypatch.setattr(_Look, "block", planted)
    found = plan_model(TREE.model, TREE.twist(), delta=Rational(1, 10))
    assert (found.least, found.needed) == (6, True)


def test_a_step_that_outlasts_the_budget_is_ended_and_its_counts_are_open(monkeypatch, capsys):
    """Each block of the enclosure would take a minute: the theorems' counts stand, the rest is open, in the seconds that were given."""

    def slow(self, low, high):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.01)

    monkeypatch.setattr(Curve, "side", slow)
    monkeypatch.setattr(Curve, "truth", slow)
    began = time.monotonic()
    assert run(["plan", "shipped:frozenlake-4x4", "--budget", "2", "--json"]) == 0
    assert time.monotonic() - began < 20
    found = json.loads(capsys.readouterr().out)
    promised = min(d["particles"] for d in found["demands"] if d["particles"])
    tail = found["certified"]["tail"]
    assert tail is not None and found["certified"]["open"] == [1, tail - 1]  # S14.2 was there before the clock ran out
    assert found["least"] == min(promised, tail) and not found["least_needed"]
    assert found["open"] == [[1, found["least"] - 1]]


def test_a_budget_that_does_not_hold_the_theorems_is_refused(capsys):
    assert run(["plan", "shipped:frozenlake-4x4", "--budget", "1e-9"]) == 2
    shown = capsys.readouterr()
    assert "give more seconds with --budget" in shown.err and not shown.out


def test_a_plan_on_a_pipe_says_what_it_looks_for(monkeypatch, capsys):
    """The enclosure's counts first, the least ones then: shares of the budget, rising."""
    told = []
    plan_model(TREE.model, TREE.twist(), budget=50.0, progress=lambda share, what: told.append((share, what)))
    assert told == sorted(told, key=lambda item: item[0]) and 0 <= told[0][0] and told[-1][0] <= 1
    assert told[0][1].startswith("certified counts, N = 1..") and told[-1][1].startswith("the least count, N = ")


@pytest.mark.parametrize(
    ("model", "algorithm"),
    [
        ("verifier-tree", "naive"),
        ("cliffwalking", "adapted"),
        pytest.param("cliffwalking", "naive", marks=pytest.mark.nightly),
    ],
)
def test_the_command_prints_what_the_library_found(model, algorithm, capsys):
    command = [
        "plan",
        f"shipped:{model}",
        "--algorithm",
        algorithm,
        "--budget",
        "600",
    ]  # estimates end it, not the clock
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    certified = found["certified"]
    assert found["algorithm"] == algorithm and found["delta"] == "1/10" and certified["open"] is None
    assert 1 <= found["least"] <= certified["first"] <= certified["for_good"] <= certified["tail"]
    assert run(command) == 0
    assert f"certain from N = {found['least']:,} on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["shipped:verifier-tree", "--eps", "1/10"], "the model has its own constants"),
        (["shipped:verifier-tree", "--delta", "2"], "not between 0 and 1"),
        (["shipped:verifier-tree", "--delta", "x"], "write a number such as 1/10"),
        (["shipped:verifier-tree", "--algorithm", "mh"], "choose one of naive, adapted"),
        (["shipped:verifier-tree", "--budget", "0"], "give seconds above 0"),
        (["absent.json"], "absent.json"),
        (["--horizon", "3"], "give --eps, or name a model"),
        (["--horizon", "3", "--eps", "1/10", "--algorithm", "naive"], "leave --algorithm out"),
        (["--horizon", "3", "--eps", "1/10", "--rationalise"], "leave --rationalise out"),
    ],
)
def test_bad_input_is_one_line(arguments, expected, capsys):
    assert run(["plan", *arguments]) == 2
    shown = capsys.readouterr()
    assert expected in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_the_library_refuses_an_accuracy_that_is_none():
    with pytest.raises(InputError, match="between 0 and 1"):
        plan_model(TREE.model, TREE.twist(), delta=0)


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_four_counts_stand_side_by_side_and_each_keeps_the_accuracy(algorithm, capsys):
    """Theorems from eps, L and T, this model's constants, the enclosure, exact laws: each from its own inputs, none below the truth."""
    found = plan_model(TREE.model, TREE.twist(), algorithm, delta=Rational(1, 10))
    uniform = [d.particles for d in found.demands if "uniform" in d.form and d.particles is not None]
    own = [d.particles for d in found.demands if "uniform" not in d.form and d.particles is not None]
    assert found.by_theorems == min(uniform) and found.by_constants == min(*own, found.certified.tail)
    assert found.least <= min(found.by_theorems, found.by_constants, found.certified.for_good)
    assert run(["plan", "shipped:verifier-tree", "--algorithm", algorithm]) == 0
    said = (
        f"theorems from eps, L, T: {found.by_theorems:,}; this model's constants: {found.by_constants:,}; "
        f"certified here: from {found.certified.for_good:,} on; exact: from {found.least:,} on"
    )
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("algorithm", "scored"), [("naive", 1), ("adapted", 2)])
def test_counts_come_with_their_calls(algorithm, scored, capsys):
    """A step of a particle is a call of the generator; adapted moves score both successors."""
    assert run(["plan", "shipped:verifier-tree", "--algorithm", algorithm, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for asked in found["demands"]:
        assert asked["generator_calls"] == 3 * asked["particles"]
        assert asked["reward_calls"] == scored * asked["generator_calls"]
    assert found["least_costs"] == {"generator_calls": 3 * found["least"], "reward_calls": 3 * scored * found["least"]}
