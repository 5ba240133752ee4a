"""Gymnasium tables, against sums written from the tables themselves. Skipped, by name, when the `gym` extra is not installed."""

from __future__ import annotations

import sys
from collections import defaultdict
from fractions import Fraction

import pytest

from smc.errors import InputError
from smc.formats import load, shipped
from smc.numbers import rational
from smc.setting.analysis import analyse, true_value

gymnasium = pytest.importorskip("gymnasium", reason="the gym extra is not installed")

CLIFF = "CliffWalking-v1" if "CliffWalking-v1" in gymnasium.registry else "CliffWalking-v0"
TAXI = "Taxi-v4" if "Taxi-v4" in gymnasium.registry else "Taxi-v3"


def episodes(environment, horizon: int, start: int, base: Fraction = Fraction(1)) -> dict[tuple[int, bool], Fraction]:
    """`E[base^return; state, over?]` after `horizon` uniform actions, by brute summation over the table, thirds read as thirds."""
    mass = {(start, False): Fraction(1)}
    for _ in range(horizon):
        after: dict[tuple[int, bool], Fraction] = defaultdict(Fraction)
        for (s, over), w in mass.items():
            if over:
                after[s, True] += w
                continue
            actions = environment.unwrapped.P[s]
            for row in actions.values():
                for p, target, gain, ended in row:
                    third = Fraction(p).limit_denominator(100)
                    after[int(target), bool(ended)] += w * third * base ** int(gain) / len(actions)
        mass = dict(after)
    return mass


@pytest.mark.parametrize("name", ["4x4", "8x8"])
def test_frozen_lake_reaches_its_goal_as_often_as_the_table_says(name):
    model = load(f"gym:FrozenLake-v1?map_name={name}&horizon=20", rationalise=True).model
    mass = episodes(gymnasium.make("FrozenLake-v1", map_name=name), 20, 0)
    goal = {"4x4": 15, "8x8": 63}[name]
    assert true_value(model)[0][0] == mass[goal, True] > 0
    assert [s for s, r in zip(model.layers[-1], model.reward, strict=True) if r] == [str(goal)]


def test_cliff_walking_with_rewards_on_the_way():
    source = load(f"gym:{CLIFF}?horizon=14&base=3/2&floor=1/5")
    mass = episodes(gymnasium.make(CLIFF), 14, 36, Fraction(3, 2))
    expected = sum(w * (1 if (s, over) == (47, True) else Fraction(1, 5)) for (s, over), w in mass.items())
    assert true_value(source.model)[0][0] == expected
    assert "10 of the table's 48 states are never reached and are left out" in source.model.notes
    assert "potential 3/2^reward on the way" in source.model.notes


def test_clipped_rewards():
    model = load(f"gym:{CLIFF}?horizon=3&base=2&clip=4").model
    assert {e.potential for row in model.edges[1] for e in row} == {1, rational("1/2"), rational("1/16")}
    assert "potential 2^(reward clipped to [-4, 4]) on the way" in model.notes


def test_taxi_draws_its_start_and_delivers():
    environment = gymnasium.make(TAXI).unwrapped
    source = load(f"gym:{TAXI}?horizon=12", rationalise=True)
    starts = [s for s, p in enumerate(environment.initial_state_distrib) if p]
    model = source.model
    assert len(starts) == 300 and model.horizon == 13 and model.layers[0] == ("start",)
    goals = {
        t for rows in environment.P.values() for row in rows.values() for _, t, gain, over in row if over and gain == 20
    }
    for s in starts[:3]:
        alone = load(f"gym:{TAXI}?horizon=12&start={s}").model
        mass = episodes(environment, 12, s)
        assert true_value(alone)[0][0] == sum(w for (t, over), w in mass.items() if over and t in goals)
    law = {model.layers[1][e.target]: e.probability for e in model.edges[0][0]}
    assert law == {str(s): rational("1/300") for s in starts}
    values = dict(zip(model.layers[1], true_value(model)[1], strict=True))
    expected = sum((values[str(s)] for s in starts), rational(0)) / 300
    assert true_value(model)[0][0] == expected > 0


def test_rounded_rows_are_refused_unless_asked_for():
    with pytest.raises(
        InputError, match=r"transitions from '0' by '0': .* floats of the table are rounded; pass --rationalise"
    ):
        load("gym:FrozenLake-v1?horizon=8")
    model = load("gym:FrozenLake-v1?horizon=8", rationalise=True).model
    assert any(note.startswith("rationalised ") for note in model.notes)
    assert {e.probability.denominator for row in model.edges[1] for e in row} <= {1, 2, 3, 4, 6, 12}
    exact = load("gym:FrozenLake-v1?horizon=8&is_slippery=false").model
    assert not any("rationalised" in note for note in exact.notes)


def test_an_episode_that_is_over_stays_over():
    mdp = load(f"gym:{CLIFF}?horizon=3").mdp
    (row,) = {mdp.rows[mdp.index["47"]]}
    assert [(e.target, e.probability, e.potential) for e in row] == [(mdp.index["47"], 1, 1)]


@pytest.mark.parametrize("name", ["frozenlake-4x4", "cliffwalking"])
def test_snapshots_are_what_their_provenance_says(name):
    snapshot = load(str(shipped()[name]))
    spec = snapshot.provenance.split(",")[0]
    table = load(spec, rationalise=True)
    assert snapshot.mdp.transitions == table.mdp.transitions
    assert (snapshot.model.edges, snapshot.model.reward, snapshot.horizon) == (
        table.model.edges,
        table.model.reward,
        table.horizon,
    )
    rounded = table.twist("rounded:1")
    a, b = analyse(snapshot.model, snapshot.twist()), analyse(table.model, rounded)
    assert (a.bellman_error, a.value_ratio) == (b.bellman_error, b.value_ratio) and 0 < a.bellman_error <= 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gym:FrozenLake-v1", "no horizon"),
        ("gym:?horizon=3", "no environment named"),
        ("gym:FrozenLake-v1?horizon=0", "horizon: '0' is not a whole number"),
        ("gym:FrozenLake-v1?horizon=x", "horizon: 'x' is not a whole number"),
        ("gym:FrozenLake-v1?horizon=²", "is not a whole number"),
        ("gym:FrozenLake-v1?horizon=3&horizon=4", "'horizon' appears twice"),
        ("gym:FrozenLake-v1?horizon", "cannot read the parameters"),
        ("gym:FrozenLake-v1?horizon=3&base=0", "base: 0 would forget every path"),
        ("gym:FrozenLake-v1?horizon=3&clip=1/2", "clip: '1/2' is not a whole number"),
        ("gym:FrozenLake-v1?horizon=3&base=e", "base: 'e' is not a rational number"),
        ("gym:FrozenLake-v1?horizon=3&floor=-1", "floor: -1 is negative"),
        ("gym:FrozenLake-v1?horizon=3&start=16", "'16' is no state of the table"),
        ("gym:FrozenLake-v1?horizon=3&colour=red", "unexpected keyword argument 'colour'"),
        ("gym:FrozenLake-v1?horizon=3&map_name=9x9", "Gymnasium cannot make it"),
        ("gym:NoSuchEnv-v0?horizon=3", "Gymnasium cannot make it: Environment `NoSuchEnv` doesn't exist"),
        ("gym:Blackjack-v1?horizon=3", "no transition table"),
        ("gym:no.such.module:Env-v0?horizon=3", "Gymnasium cannot make it"),
        ("gym:FrozenLake-v1?horizon=999999999999", "the limit is"),
    ],
)
def test_faulty_tables_are_refused(spec, message):
    with pytest.raises(InputError) as caught:
        load(spec, rationalise=True)
    assert str(caught.value).startswith(spec) and message in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(InputError, match=r"gymnasium is not installed; pip install 'bellman-smc\[gym\]'"):
        load("gym:FrozenLake-v1?horizon=3")
