"""What native files may leave out or add: actions, a uniform policy, a discount, moves by time, rewards on the log scale."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from smc.formats import load
from smc.formats.gains import Gains
from smc.numbers import nearest_float, rational
from smc.setting.analysis import true_value
from tests.formats.examples import normaliser, written

CHAIN = {
    "format": "bellman-smc/mdp-1",
    "states": ["s", "goal"],
    "horizon": 3,
    "initial": "s",
    "transitions": [
        {"from": "s", "to": "s", "prob": "1/2"},
        {"from": "s", "to": "goal", "prob": "1/2"},
        {"from": "goal", "to": "goal", "prob": 1},
    ],
    "reward": {"s": 0, "goal": 1},
}


def test_a_plain_chain(tmp_path):
    source = load(written(tmp_path, CHAIN))
    assert str(true_value(source.model)[0][0]) == "7/8" and source.mdp is not None and source.mdp.actions == ("move",)


def test_a_uniform_policy(tmp_path):
    rows = [{**row, "action": "go"} for row in CHAIN["transitions"]]
    rows.append({"from": "s", "action": "stay", "to": "s", "prob": 1})
    document = CHAIN | {"actions": ["go", "stay"], "policy": "uniform", "transitions": rows, "horizon": 1}
    assert normaliser(written(tmp_path, document)) == Fraction(1, 4)
    with pytest.raises(ValueError, match="policy: text where an object is wanted"):
        load(written(tmp_path, document | {"policy": "greedy"}))


def test_a_discount_is_an_end_state(tmp_path):
    plain = normaliser(written(tmp_path, CHAIN))
    discounted = written(tmp_path, CHAIN | {"discount": "9/10", "value": {"s": "1/2", "goal": 1}})
    assert normaliser(discounted) == plain * Fraction(9, 10) ** 3
    assert load(discounted).twist().values[1] == (rational("1/2"), 1, 0)
    kept = CHAIN | {"discount": "9/10", "reward": {"s": 0, "goal": 1, "end": "1/2"}}
    assert normaliser(written(tmp_path, kept)) == plain * Fraction(9, 10) ** 3 + (1 - Fraction(9, 10) ** 3) / 2
    for wrong in (0, "3/2"):
        with pytest.raises(ValueError, match="discount: discount"):
            load(written(tmp_path, CHAIN | {"discount": wrong}))


def test_transitions_that_change_with_time(tmp_path):
    turn = [{"from": "s", "to": "goal", "prob": 1}, {"from": "goal", "to": "s", "prob": 1}]
    document = {k: v for k, v in CHAIN.items() if k != "horizon"}
    document["transitions"] = [CHAIN["transitions"], turn, CHAIN["transitions"]]
    document["value"] = {"s": "1/2", "goal": 1}
    path = written(tmp_path, document)
    source = load(path)
    # 1/2 at s, 1/2 at goal; turned; from s half of it goes on
    assert str(true_value(source.model)[0][0]) == "3/4" and source.model.horizon == 3
    assert source.values[1:] == [[rational("1/2"), rational(1)]] * 2
    assert str(true_value(load(path, horizon=2).model)[0][0]) == "1/2"
    document["transitions"][1] = turn[:1]
    with pytest.raises(
        ValueError, match=r"move 1: policy\['goal'\]\['move'\]: the policy takes action 'move', which has no"
    ):
        load(written(tmp_path, document))
    with pytest.raises(ValueError, match="3 moves listed, 4 asked for"):
        load(path, horizon=4)


def test_rewards_on_the_log_scale(tmp_path):
    rows = [dict(row) for row in CHAIN["transitions"]]
    rows[1]["reward"] = "-2"
    scaled = CHAIN | {"transitions": rows, "horizon": 1, "base": 3}
    assert normaliser(written(tmp_path, scaled)) == Fraction(1, 2) / 9
    rows[1]["potential"] = "1/5"
    assert normaliser(written(tmp_path, scaled)) == Fraction(1, 90), "beside a potential of its own"
    declared = {k: v for k, v in CHAIN.items() if k != "reward"} | {"beta": "1/2", "digits": 12, "horizon": 1}
    declared["log_reward"] = {"s": "-1", "goal": "3/2"}
    weight = Gains(beta=rational("1/2"), digits=12).weight
    z = normaliser(written(tmp_path, declared))
    assert z == (Fraction(str(weight(rational(-1)))) + Fraction(str(weight(rational("3/2"))))) / 2
    assert abs(float(z) - (math.exp(-2) + math.exp(3)) / 2) < 1e-10
    for wrong, message in (
        ({"base": None}, "needs a scale"),
        ({"log_reward": {"s": 1, "goal": 1}}, "reward and log_reward are both given"),
        ({"beta": 1}, "base and beta are both given"),
        ({"base": 0}, "base: 0 would forget"),
    ):
        document = {k: v for k, v in (scaled | wrong).items() if v is not None}
        with pytest.raises(ValueError, match=message):
            load(written(tmp_path, document))


def test_the_layered_kind_has_rewards_too(tmp_path):
    document = {
        "format": "bellman-smc/layered-1",
        "layers": [["r"], ["a", "b"]],
        "edges": [[{"from": "r", "to": "a", "prob": "1/2", "reward": 1}, {"from": "r", "to": "b", "prob": "1/2"}]],
        "log_reward": {"a": -1, "b": "1/2"},
        "base": 4,
    }
    assert normaliser(written(tmp_path, document)) == Fraction(1, 2) * 4 / 4 + Fraction(1, 2) * 2


def test_the_exponential_is_rounded_correctly():
    """Against floats at their own accuracy, and the neighbours in the last digit at twice the digits."""
    for r in ("1", "-1", "1/7", "50", "-50", "690", "-690"):
        few, many = (Gains(beta=rational(1), digits=d).weight(rational(r)) for d in (6, 40))
        assert abs(nearest_float(few) / math.exp(float(Fraction(r))) - 1) < 1e-5
        digits = str(few.numerator).rstrip("0") if few.denominator == 1 else None
        assert digits is None or len(digits) <= 6
        assert abs(few - many) <= many * rational("1/200000")
