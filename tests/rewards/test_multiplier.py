"""The law of a loop with many particles: the target for factors that telescope; the distances of the others on the toy, exactly."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given

from smc.cli import run
from smc.errors import InputError, ModelError
from smc.exact import output_law
from smc.formats.native import dumps, layered_document
from smc.instances.fair_steps import fair_steps
from smc.numbers import Rational
from smc.rewards.multiplier import MULTIPLIERS, limit_law, multiplier, odds
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.twist import perfect, twist
from smc.testing.rewards import instances
from tests.rewards.loops import LOOPS, log_of


def distance(horizon: int, name: str) -> Rational:
    model = fair_steps(horizon)
    constants = analyse(model, perfect(model))
    return limit_law(constants, multiplier(name)).total_variation(constants.target)


def test_odds_lead_astray_even_with_a_perfect_reward_model():
    """0.45, 0.71, 0.92, 0.99 of the theory for T = 4, 8, 16, 32; the horizon 1 by hand: odds (1/2, 2) against the target's (1/3, 2/3)."""
    assert [round(float(distance(t, "odds")), 2) for t in (4, 8, 16, 32)] == [0.45, 0.71, 0.92, 0.99]
    assert distance(1, "odds") == Fraction(4, 5) - Fraction(2, 3)


@pytest.mark.parametrize("name", [m.name for m in MULTIPLIERS.values() if m.telescopes])
def test_what_telescopes_samples_the_target(name):
    assert all(distance(t, name) == 0 for t in (1, 3, 6))


@pytest.mark.parametrize("name", MULTIPLIERS)
def test_the_limit_against_every_path(name):
    """The toy at T = 4 and a reward model that is off: paths one by one."""
    model = fair_steps(4)
    values = [[Rational(k + 1 + (k * t) % 2, t + 4) for k in range(t + 1)] for t in range(4)]
    constants = analyse(model, twist(model, values))
    score = [*values, list(model.reward)]
    mass: dict[int, Fraction] = {}
    for path in product((0, 1), repeat=4):
        along = [score[t][sum(path[:t])] for t in range(5)]
        scores = along[1] * along[2] * along[3] * along[4]
        factors = {
            "ratio": along[4] / along[0], "last": along[4], "parent": along[0] * along[1] * along[2] * along[3],
            "score": scores, "product": scores, "min": min(along[1:]), "twice-last": along[4] ** 2 / along[0],
        }  # fmt: skip
        if name == "odds":
            factors["odds"] = odds(along[1]) * odds(along[2]) * odds(along[3]) * odds(along[4])
        mass[sum(path)] = mass.get(sum(path), Fraction(0)) + factors[name]
    total = sum(mass.values())
    assert limit_law(constants, multiplier(name)).law == tuple(mass[k] / total for k in range(5))


@given(instances())
def test_the_ratio_is_where_smc_tends(instance):
    """The limit law of the ratio is the target, and the law of SMC is nearer to it with more particles on the toy."""
    assert limit_law(instance.constants, multiplier("ratio")).law == instance.constants.target


def test_smc_tends_to_the_limit():
    model = fair_steps(2)
    constants = analyse(model, perfect(model))
    limit = limit_law(constants, multiplier("ratio")).law
    process = particle_process(model, constants.twist, "naive")
    distances = [output_law(process, n).total_variation(limit) for n in (2, 8, 32)]
    assert distances[0] > 3 * distances[1] > 9 * distances[2]


def test_no_odds_and_no_mass_are_refused():
    model = fair_steps(2)
    with pytest.raises(ModelError, match="no odds"):
        limit_law(analyse(model, twist(model, [[1], [1, 1]])), multiplier("odds"))
    with pytest.raises(InputError, match="odds"):
        multiplier("Odds")


def test_the_command_on_a_model(tmp_path, capsys):
    path = tmp_path / "toy.json"
    path.write_text(dumps(layered_document(fair_steps(8))))
    assert run(["audit", str(path), "--multiplies", "odds", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert Fraction(found["tv"]) == distance(8, "odds") and not found["telescopes"]
    assert run(["audit", str(path), "--multiplies", "ratio"]) == 0
    assert "that is the target" in capsys.readouterr().out


@pytest.mark.parametrize(("kind", "code"), [(("ratio", ""), 0), (("score", "odds"), 1)])
def test_the_command_on_a_log(kind, code, tmp_path, capsys):
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(log_of(LOOPS[kind], 11)) + "\n")
    assert run(["audit", str(path)]) == code
    assert ("not the target" in capsys.readouterr().out) is bool(code)
    assert run(["audit", str(path), "--json"]) == code
    assert json.loads(capsys.readouterr().out)["samples_target"] is not bool(code)
    path.write_text(path.read_text()[:-20])
    assert run(["audit", str(path)]) == 2
    assert "log.jsonl: line 120" in capsys.readouterr().err
