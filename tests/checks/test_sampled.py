"""`check` by simulation: intervals hold the exact values, verdicts follow from the interval, false bounds are caught, seeds repeat."""

from __future__ import annotations

import json

import pytest

from proofs.catalogue import TV
from smc.checks.check import check
from smc.checks.row import Ends, held
from smc.checks.sampled import check_by_simulation
from smc.cli import run
from smc.errors import InputError
from smc.exact import output_law, second_moment
from smc.formats import load
from smc.numbers import INFINITE, Rational, Verdict, rational
from smc.samplers import particle_process
from smc.samplers.sampler import VISITS
from smc.setting.analysis import analyse
from tests.checks.planted import Constant, divide

TREE = load("shipped:verifier-tree")


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@pytest.mark.parametrize("spec", ["shipped:verifier-tree", "shipped:frozenlake-4x4"])
def test_intervals_hold_the_exact_values(spec, algorithm):
    """Error probability 1e-6 by run of this test, fixed seed."""
    source = load(spec)
    twist = source.twist()
    report = check_by_simulation(source.model, twist, algorithm, particles=2, replicates=4000, seed=1)
    process = particle_process(source.model, twist, algorithm)
    law, c = output_law(process, 2), analyse(source.model, twist)
    low, high = report.estimated.tv_interval
    assert low <= law.total_variation(c.target) <= high < low + 0.2
    assert report.estimated.dead_interval[0] <= law.dead <= report.estimated.dead_interval[1]
    for p, (lo, hi) in zip(law.law, report.estimated.law_interval, strict=True):
        assert lo <= p <= hi
    assert report.second_moment_ratio == second_moment(process, 2) / c.normaliser**2
    assert report.verdict is not Verdict.REFUTED


@pytest.mark.parametrize(
    ("algorithm", "counts"),
    [("backtracking", {"visits": 2}), ("conditional", {"particles": 3, "sweeps": 2}), ("conditional", {})],
)
def test_walks_and_sweeps_are_simulated(algorithm, counts):
    """Their intervals hold what the exact report says of the same run."""
    twist = TREE.twist()
    report = check_by_simulation(TREE.model, twist, algorithm, **counts, replicates=4000, seed=1)
    exact = check(TREE.model, twist, algorithm, **counts)
    low, high = report.estimated.tv_interval
    assert low <= exact.measured.total_variation <= high < low + 0.2
    for p, (lo, hi) in zip(exact.measured.output.law, report.estimated.law_interval, strict=True):
        assert lo <= p <= hi
    assert report.second_moment_ratio is None and exact.to_json()["second_moment_ratio"] is None  # neither estimates Z
    assert {row.id for row in report.rows} <= {row.id for row in exact.rows}
    known, seen = exact.to_json(), report.to_json()
    option = report.sampler.count.option
    assert (seen["particles"], seen[option]) == (known["particles"], known[option])
    assert seen["particles"] == (report.sampler.held or 1) and seen[option] == counts.get(option, 1)
    assert ("steps" in seen) == (report.sampler.count is VISITS)


def test_walks_are_simulated_from_the_command_line(capsys):
    arguments = [
        "check",
        "shipped:verifier-tree",
        "--algorithm",
        "backtracking",
        "--visits",
        "3",
        "--method",
        "monte-carlo",
    ]
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert "backtracking, 3 visits, 10000 runs" in shown and "steps in the mean of the runs" in shown
    assert run([*arguments, "--sweeps", "2"]) == 2
    assert "backtracking has no sweeps" in capsys.readouterr().err
    graph = ["check", "shipped:cliffwalking", "--algorithm", "conditional", "--method", "monte-carlo"]
    assert run(graph) == 2
    assert "give the prefix tree of the model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0, Rational(1, 10), Verdict.HOLDS),
        (Rational(1, 10), Rational(3, 10), Verdict.UNDECIDED),
        (Rational(21, 100), Rational(3, 10), Verdict.REFUTED),
        (0, INFINITE, Verdict.UNDECIDED),
    ],
)
def test_an_interval_decides_only_what_lies_outside_it(low, high, verdict):
    """An upper bound and a lower one: the verdicts change places."""
    mirrored = {Verdict.HOLDS: Verdict.REFUTED, Verdict.REFUTED: Verdict.HOLDS, Verdict.UNDECIDED: Verdict.UNDECIDED}
    for relation, expected in (("<=", verdict), (">=", mirrored[verdict])):
        row = held(Constant(rational("1/5")), TV, Ends(Rational(low), high, proved=False), relation)
        assert row.verdict is expected


def test_a_bound_between_two_ends_is_not_computed_again():
    bound = Constant(rational("1/5"))
    assert held(bound, TV, Ends(Rational(0), INFINITE, proved=False)).verdict is Verdict.UNDECIDED
    assert bound.calls == 1


def test_an_infinite_bound_holds_whatever_is_known():
    assert held(Constant(INFINITE), TV, Ends(Rational(0), INFINITE, proved=False)).verdict is Verdict.HOLDS


def test_a_false_bound_is_caught(monkeypatch, capsys):
    divide(monkeypatch, "S4", 1000)
    arguments = ["check", "shipped:verifier-tree", "--method", "monte-carlo", "--particles", "2", "--json"]
    assert run(arguments) == 1
    rows = json.loads(capsys.readouterr().out)["bounds"]
    assert {r["id"] for r in rows if r["verdict"] == "refuted"} == {"S4"}


def test_too_few_runs_leave_a_bound_undecided(monkeypatch, capsys):
    monkeypatch.setattr("proofs.bounds.ClosedForm.__call__", lambda *a, **k: rational("1/5"))
    monkeypatch.setattr("smc.checks.sampled.rows", lambda c: iter(()))
    monkeypatch.setattr("smc.checks.sampled.MOST_PAIR_MOVES", 0)
    arguments = ["check", "shipped:verifier-tree", "--method", "monte-carlo", "--particles", "2", "--replicates", "20"]
    assert run(arguments) == 3
    assert "undecided" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_report(capsys):
    reports = []
    for seed in ("5", "5", "6"):
        assert (
            run(
                [
                    "check",
                    "shipped:verifier-tree",
                    "--method",
                    "monte-carlo",
                    "--replicates",
                    "5000",
                    "--seed",
                    seed,
                    "--json",
                ]
            )
            == 0
        )
        reports.append(json.loads(capsys.readouterr().out))
    assert reports[0] == reports[1] != reports[2]
    assert (
        reports[0]["method"] == "monte-carlo"
        and reports[0]["law"] is None
        and reports[0]["normaliser"] == str(analyse(TREE.model, TREE.twist()).normaliser)
    )
    low, high = reports[0]["tv_interval"]
    assert 0 <= low <= high <= 1 and set(reports[0]["law_intervals"]) == set(TREE.model.layers[-1])


@pytest.mark.parametrize("algorithm", ["guided", "mh", "best-of-n"])
def test_what_is_not_simulated_is_refused(algorithm):
    with pytest.raises(InputError, match="is not simulated"):
        check_by_simulation(TREE.model, TREE.twist(), algorithm)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "guess"], "choose one of auto, exact, certified, enclosure, monte-carlo"),
        (["--seed", "3"], "the auto method draws nothing"),
        (["--replicates", "3"], "the auto method draws nothing"),
        (["--method", "monte-carlo", "--replicates", "0"], "replicates: 0; give"),
        (["--method", "monte-carlo", "--replicates", str(10**12)], "the limit is"),
        (["--method", "monte-carlo", "--seed", "-1"], "seed: -1; give"),
        (["--method", "monte-carlo", "--error", "0"], "error probability 0.0"),
        (["--method", "monte-carlo", "--error", "nan"], "error probability nan"),
        (["--method", "monte-carlo", "--algorithm", "mh"], "'mh' is not simulated"),
        (["--method", "monte-carlo", "--particles", "0"], "particles: 0; give"),
    ],
)
def test_faulty_options_are_one_line(options, message, capsys):
    assert run(["check", "shipped:verifier-tree", *options]) == 2
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_a_table_for_a_person(capsys):
    assert (
        run(
            [
                "check",
                "gym:FrozenLake-v1?horizon=10&is_slippery=false",
                "--method",
                "monte-carlo",
                "--replicates",
                "300",
            ]
        )
        == 0
    )
    shown = capsys.readouterr().out
    assert "with probability at least 0.999999" in shown and "claims nothing" in shown and " .. " in shown
