"""What accuracy costs: the table of the theory page, and counts against exact laws."""

from __future__ import annotations

import json

import pytest

from smc.checks.cost import SCHEMES_SHOWN, cheapest, costs, product_of
from smc.checks.measure import Measured
from smc.cli import run
from smc.errors import InputError
from smc.exact.clouds import cloud_moments
from smc.formats import load
from smc.instances.ones import ones
from smc.instances.product import product_family_model
from smc.numbers import ONE, Rational
from smc.samplers import find, resampled
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.setting.analysis import analyse

SAMPLERS = ("mh", "adapted", "naive", "backtracking")
PAGE = {
    "6/5": {"mh": (16, 40, 72), "adapted": (16, 152, 1456), "naive": (232, 2456, 24688), "backtracking": (67, 156, 387)},
    "2": {"mh": (96, 952, 4560), "adapted": (80, 896, 8984), "naive": (464, 5008, 50416), "backtracking": (141, 403, 791)},
    "1/3": {"mh": (4760, 19544, 34328), "adapted": (104, 840, 8168), "naive": (1000, 10888, 109776), "backtracking": (164, 465, 960)},
}  # fmt: skip
"""Node expansions for a path TV of 0.1, 0.01, 0.001; T = 8. The page's c = 3 is this family's 1/3: the zeros are raised."""
CASES = [("6/5", 1), *(pytest.param(c, 3, marks=pytest.mark.nightly) for c in PAGE)]
"""The first of them every day, all at night."""


@pytest.mark.by_turn
@pytest.mark.parametrize(("c", "columns"), CASES)
def test_the_table_of_the_theory_page(c, columns, capsys):
    deltas = ",".join(["1/10", "1/100", "1/1000"][:columns])
    assert run(["atlas", f"family:ones?c={c}", "--cost", "--delta", deltas, "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    found = {name: [] for name in SAMPLERS}
    for cost in entry["costs"]:
        if cost["algorithm"] in found and cost["resampling"] == "multinomial":
            found[cost["algorithm"]].append(round(float(Rational(cost["generator_calls"]))))
    assert {name: tuple(calls) for name, calls in found.items()} == {
        name: calls[:columns] for name, calls in PAGE[c].items()
    }


@pytest.mark.by_turn
@pytest.mark.parametrize("c", ["6/5", "3/2"])
def test_counts_are_enough_by_exact_laws_and_one_fewer_is_not(c):
    """A small tree: exact TV of every sampler at the count that is named; exact counts are the least."""
    model, twist = ones(horizon=3, factor=c)
    constants, delta = analyse(model, twist), Rational(1, 10)
    seen = set()
    for cost in costs(model, twist, [delta]):
        if cost.count is None or cost.count > 12:
            continue
        at = lambda n, cost=cost: Measured(constants, cost.sampler, n).total_variation  # noqa: E731
        assert at(cost.count) <= delta
        assert cost.count == 1 or cost.how == "certified" or at(cost.count - 1) > delta
        seen.add(cost.sampler.name)
    assert {"adapted", "mh", "backtracking"} <= seen


def test_symbol_by_symbol_only_where_the_state_does_not_matter():
    model, twist = ones(horizon=3, factor=2)
    exact = product_of(adapted.process(model, twist))
    assert exact is not None and product_of(naive.process(model, twist)) is None
    measured = Measured(analyse(model, twist), adapted, 3)
    assert exact.total_variation(3) == measured.total_variation


def test_what_calls_are():
    """Per path: expansions; scores of what is moved to, of all successors, or of the end."""
    model, twist = ones(horizon=3, factor=ONE)
    found = {c.sampler.name: c for c in costs(model, twist, ["1/2"], schemes=())}
    assert found["adapted"].generator == 3 and found["adapted"].reward == 6
    assert found["naive"].generator == found["naive"].reward == 3 * found["naive"].count
    assert found["weighted-of-n"].reward == found["weighted-of-n"].count
    assert found["best-of-n"].count is None and found["guided"].count == 1
    assert cheapest(list(found.values()))[0].generator == 3


def test_a_model_that_is_no_tree_has_no_walk():
    found = {c.sampler.name: c for c in costs(*product_family_model(2, 3), ["1/10"], schemes=())}
    assert found["backtracking"].count is None and "entered from two states" in found["backtracking"].how
    assert found["naive"].count is not None and find("naive") is found["naive"].sampler


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["family:ones", "--cost"], "write family:ones?c=2"),
        (["family:two?c=1", "--cost"], "write family:ones?c=2"),
        (["family:ones?c=0", "--cost"], "positive"),
        (["family:ones?c=2", "--cost", "--delta", "2"], "between 0 and 1"),
        (["family:ones?c=2", "--cost", "--algorithm", "naive"], "of every sampler"),
        (["family:ones?c=2", "--cost", "--horizons", "40"], "from 1 to 12"),
    ],
)
def test_what_is_refused(arguments, said, capsys):
    assert run(["atlas", *arguments]) == 2
    assert said in capsys.readouterr().err
    with pytest.raises(InputError):
        costs(*ones(horizon=1, factor=1), ["2"])


@pytest.mark.by_turn
def test_schemes_stand_beside_plain_resampling_with_counts_of_their_own(capsys):
    """Every count under a scheme is the least by its own laws, and a step of a particle is a call; what has none says why."""
    assert run(["atlas", "shipped:verifier-tree", "--cost", "--delta", "1/10,1/100", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    found = {(cost["algorithm"], cost["resampling"], cost["delta"]): cost for cost in entry["costs"]}
    source = load("shipped:verifier-tree")
    target = analyse(source.model, source.twist()).target
    for name, typed, scored in (
        ("naive", "residual", 3), ("naive", "multinomial:ess:1/2", 3), ("adapted", "systematic", 6),
    ):  # fmt: skip
        process = resampled(find(name), typed).process(source.model, source.twist())
        cost = found[name, typed, "1/10"]
        tv = [cloud_moments(process, n).output.total_variation(target) for n in range(1, cost["count"] + 1)]
        assert tv[-1] <= Rational(1, 10) < min(tv[:-1], default=ONE), (name, typed)
        assert cost["how"] == "exact" and cost["generator_calls"] == str(3 * cost["count"])
        assert cost["reward_calls"] == str(scored * cost["count"])
    assert {typed for _, typed, _ in found} == {"multinomial", *SCHEMES_SHOWN}
    none = found["naive", "systematic", "1/100"]
    assert none["count"] is None and "no statement speaks of more" in none["how"]


@pytest.mark.by_turn
def test_the_winners_are_named(capsys):
    assert (
        run(
            [
                "atlas",
                "family:ones?c=2",
                "--cost",
                "--horizons",
                "3",
                "--delta",
                "1/10,1/100",
                "--resampling",
                "killing",
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert printed.count("is cheapest") == 2 and "generator calls" in printed
