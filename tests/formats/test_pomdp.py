"""Hidden chains with a record of what was observed: Cassandra's POMDP files."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from smc.formats import load
from smc.numbers import rational
from smc.present.digits import logarithm
from smc.setting.analysis import true_value
from tests.cases import FOLDER, refused, report
from tests.formats.examples import normaliser

WEATHER = str(FOLDER / "peers" / "weather.POMDP")
RECORD = [int(k * k % 7 in (1, 2)) for k in range(900)]
HMMLEARN = {150: -132.75711702052098, 900: -797.8471933791895}
"""hmmlearn 0.3.3: CategoricalHMM.score of the record's first steps, start (0.8, 0.2) after the first move."""


def filter_spec(folder, steps: int) -> str:
    """The record's first steps beside the model."""
    (folder / "record.txt").write_text("\n".join(("high", "low")[o] for o in RECORD[:steps]), encoding="utf-8")
    (folder / "weather.POMDP").write_text(open(WEATHER, encoding="utf-8").read(), encoding="utf-8")
    return f"{folder / 'weather.POMDP'}?record=record.txt"


def log(z) -> float:
    return math.log(int(z.numerator)) - math.log(int(z.denominator))


def test_a_filter_of_900_steps(tmp_path):
    """Z is the probability of the record, exactly: hmmlearn's log-likelihood to the last digits of its doubles."""
    source = load(filter_spec(tmp_path, 900))
    z = true_value(source.model)[0][0]
    assert source.model.horizon == 900 and abs(log(z) - HMMLEARN[900]) < 1e-9
    assert logarithm(z) == "-797.8"


@pytest.mark.by_turn
@pytest.mark.parametrize("steps", [150, pytest.param(900, marks=pytest.mark.nightly)])
def test_a_filter_end_to_end(steps, tmp_path, capsys):
    found = report(capsys, "check", filter_spec(tmp_path, steps), "--value", "constant", "--particles", "1")
    assert found["horizon"] == steps and found["verdict"] == "holds"
    assert abs(log(rational(found["normaliser"])) - HMMLEARN[steps]) < 1e-9


def test_the_record_by_the_sum_over_paths():
    """P(high, low) by hand; one action is one action."""
    stay, right = Fraction(4, 5), Fraction(17, 20)
    total = sum(
        (stay if x == 0 else 1 - stay) * (right if x == 0 else 1 - right)
        * (stay if x == y else 1 - stay) * (right if y == 1 else 1 - right)
        for x in (0, 1) for y in (0, 1)
    )  # fmt: skip
    assert normaliser(f"{WEATHER}?observations=high,low") == total
    assert normaliser(f"{WEATHER}?observations=0,1&actions=wait") == total
    assert normaliser(f"{WEATHER}?observations=high,low", horizon=1) == stay * right + (1 - stay) * (1 - right)


TIGER = """discount: 0.95
values: reward
states: left right
actions: listen open
observations: hear-left hear-right
start: uniform
T: listen
identity
T: open
uniform
O: listen
0.85 0.15
0.15 0.85
O: open
uniform
R: listen : * : * : * -1
R: open : left : * : * -100
R: open : right : * : * 10
"""


def test_a_pomdp_with_actions(tmp_path):
    path = tmp_path / "tiger.POMDP"
    path.write_text(TIGER, encoding="utf-8")
    same = normaliser(f"{path}?observations=hear-left,hear-left&actions=listen")
    assert same == (Fraction(85, 100) ** 2 + Fraction(15, 100) ** 2) / 2
    mixed = normaliser(f"{path}?observations=hear-left")
    assert mixed == Fraction(1, 2), "either action: one half, by symmetry"
    (tmp_path / "record.txt").write_text("# action, observation\nlisten hear-left\nopen hear-right\n", encoding="utf-8")
    assert normaliser(f"{path}?record=record.txt") == Fraction(1, 4)
    assert normaliser(f"{path}?observations=hear-left&actions=listen&base=2") == Fraction(1, 4)
    paid = normaliser(f"{path}?observations=hear-left&actions=open&base=2")
    assert paid == Fraction(1, 4) * (Fraction(1, 2) ** 100 + 2**10)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.85 0.15\n0.15", "0.85 0.25\n0.15", "O: listen : left: the probabilities sum to 11/10"),
        ("0.85 0.15\n0.15", "0.85 x\n0.15", "line 12: 'x' is not a rational number"),
        ("0.85 0.15\n0.15", "1.85 0.15\n0.15", "line 12: 1.85 is not a probability"),
        ("T: open\n", "T: jump\n", "line 9: no action 'jump'"),
        ("T: open\nuniform\n", "", "T: open : left: no probabilities"),
        ("states: left right\n", "", "line 5: start before states"),
        ("start: uniform", "start: 0.5 0.4", "line 6: start sums to 9/10"),
        ("values: reward", "values: loss", "line 2: values 'loss'"),
        ("R: listen", "Q: listen", "line 16: 'Q' starts no entry"),
        ("actions: listen open", "actions: listen listen", "line 4: actions without names, or one name twice"),
    ],
)
def test_faults_of_pomdps(old, new, message, tmp_path, capsys):
    path = tmp_path / "tiger.POMDP"
    assert old in TIGER
    path.write_text(TIGER.replace(old, new, 1), encoding="utf-8")
    assert message in refused(capsys, "check", f"{path}?observations=hear-left")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no record of observations; give observations=high,low"),
        ("observations=high,fog", "observations: no observation 'fog'; choose from high, low"),
        ("observations=high&record=r.txt", "observations and record are both given"),
        ("observations=high,low,low&actions=wait,wait", "2 actions for 3 observations; give one, or one a move"),
        ("record=nowhere.txt", "no such file"),
    ],
)
def test_faults_of_records(query, message, capsys):
    assert message in refused(capsys, "check", f"{WEATHER}?{query}" if query else WEATHER)
