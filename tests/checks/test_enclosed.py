"""`check` by enclosure: the exact report lies inside, verdicts follow from the ends, false bounds are caught, budgets are kept."""

from __future__ import annotations

import json
import time

import pytest

from proofs.catalogue import TV
from smc.checks.check import check
from smc.checks.enclosed import check_by_enclosure
from smc.checks.row import Ends, held
from smc.checks.verify import COUNTS
from smc.cli import run
from smc.errors import InputError, TooLarge
from smc.exact import seconds_of_law
from smc.formats import load
from smc.numbers import INFINITE, Rational, Verdict, rational
from smc.samplers.naive import naive
from tests.checks.planted import Constant, divide

TREE = load("shipped:verifier-tree")
MANY = str(10**6)


@pytest.mark.parametrize("particles", [1, 3])
@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@pytest.mark.parametrize("spec", ["shipped:verifier-tree", "shipped:frozenlake-4x4"])
def test_the_exact_report_lies_inside(spec, algorithm, particles):
    source = load(spec)
    exact = check(source.model, source.twist(), algorithm, particles=particles)
    report = check_by_enclosure(source.model, source.twist(), algorithm, particles=particles)
    low, high = report.tv
    assert low <= exact.measured.total_variation <= high <= 1
    assert exact.measured.output.dead <= report.found.dead_upper
    for k, p in enumerate(exact.measured.output.law):
        lower, upper = report.found.probability(k)
        assert lower <= p <= upper
    assert report.found.second_moment == (exact.measured.second_moment_ratio,) * 2
    measured = {
        ("S10", "certificate"),
        ("S11", "certificate"),
        ("S11", "normaliser"),
        ("S14", "average"),
    }  # by moments, as the upper end is
    stated = [row for row in exact.rows if (row.id, row.form) not in measured]
    for row, true in zip(report.rows, stated, strict=True):
        assert (row.id, row.form) == (true.id, true.form)
        assert row.verdict in (true.verdict, Verdict.UNDECIDED)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        ("0", "1/5", Verdict.HOLDS),
        ("1/10", "3/10", Verdict.UNDECIDED),
        ("1/5", "3/10", Verdict.UNDECIDED),
        ("21/100", "3/10", Verdict.REFUTED),
    ],
)
def test_the_ends_decide_only_what_lies_outside_them(low, high, verdict):
    ends = Ends(rational(low), rational(high), proved=True)
    assert held(Constant(rational("1/5")), TV, ends).verdict is verdict


def test_an_infinite_bound_holds():
    assert held(Constant(INFINITE), TV, Ends(Rational(0), Rational(1), proved=True)).verdict is Verdict.HOLDS


def test_auto_is_exact_where_that_fits_and_an_enclosure_at_a_million(capsys):
    found = {}
    for count in ("4", MANY):
        assert run(["check", "shipped:verifier-tree", "--particles", count, "--json"]) == 0
        found[count] = json.loads(capsys.readouterr().out)
    assert found["4"]["method"] == "exact" and rational(found["4"]["tv"])
    wide = found[MANY]
    assert (wide["method"], wide["level"], wide["tv"], wide["law"], wide["verdict"]) == (
        "enclosure",
        4,
        None,
        None,
        "holds",
    )
    low, high = rational(wide["tv_lower"]), rational(wide["tv_upper"])
    assert 0 < low <= high < low * Rational(100001, 100000)
    assert set(wide["law_enclosures"]) == set(TREE.model.layers[-1])
    assert all(rational(a) <= rational(b) for a, b in wide["law_enclosures"].values())
    assert rational(wide["second_moment_ratio"]) > 1


def test_a_false_bound_is_caught_at_a_million_particles(monkeypatch, capsys):
    divide(monkeypatch, "S3", 20)
    assert run(["check", "shipped:verifier-tree", "--particles", MANY, "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["bounds"]
    assert {(r["id"], r["form"]) for r in rows if r["verdict"] == "refuted"} == {("S3", "instance")}


def test_a_table_shows_both_ends(capsys):
    assert run(["check", "shipped:verifier-tree", "--method", "enclosure", "--particles", "4"]) in (0, 3)
    shown = capsys.readouterr().out
    assert " .. " in shown and "certified, level 4" in shown


def test_level_four_that_overruns_is_given_up_for_level_two(monkeypatch):
    ticks = iter(range(10**6))
    monkeypatch.setattr("smc.checks.enclosed.time.monotonic", lambda: 100.0 * next(ticks))
    taken = []
    report = check_by_enclosure(TREE.model, TREE.twist(), particles=100, explain=taken.append)
    assert [way.level for way in taken] == [4, 2] and report.found.level == 2


def test_what_does_not_fit_is_refused_with_its_estimate():
    with pytest.raises(TooLarge, match="give a budget"):
        check_by_enclosure(TREE.model, TREE.twist(), particles=100, budget=1e-9)
    with pytest.raises(InputError, match="mh has no enclosure"):
        check_by_enclosure(TREE.model, TREE.twist(), "mh")


def test_the_estimate_of_an_exact_law_is_infinite_where_it_is_refused():
    process = naive.process(TREE.model, TREE.twist())
    assert seconds_of_law(process, 1) == 0
    assert 0 < seconds_of_law(process, 5) < 10
    assert seconds_of_law(process, 10**15) == float("inf")


def test_a_law_that_passes_the_budget_gives_way_to_an_enclosure(capsys, monkeypatch):
    """The estimate is planted too low: by the clock the law is given up between two reports, and `auto` says what it does instead."""
    from smc.checks import measure

    def slow(process, particles, *, progress, **rest):
        for k in range(200):
            time.sleep(0.02)
            progress(k / 200, "a slow law")
        raise AssertionError("the budget was not kept")

    monkeypatch.setattr(measure, "output_law", slow)
    command = ["check", "shipped:verifier-tree", "--particles", "4", "--budget", "1.5", "--json"]
    monkeypatch.setattr("smc.exact.seconds_of_law", lambda *_: 0.0)
    assert run(command) in (0, 3)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["method"] == "enclosure" and "an enclosure in its place" in captured.err
    assert run([*command, "--method", "exact"]) == 2
    assert "give more seconds with --budget" in capsys.readouterr().err


def test_verify_keeps_its_budget_and_lists_the_rest(tmp_path, capsys):
    assert run(["verify", "shipped:verifier-tree", "-o", str(tmp_path), "--budget", "0.001"]) in (0, 3)
    found = json.loads((tmp_path / "report.json").read_text())
    assert len(found["reports"]) <= 2 and len(found["reports"]) + len(found["left_out"]) == 3 * sum(
        map(len, COUNTS.values())
    )
    assert all("the 0.001 seconds of --budget had passed" in line for line in found["left_out"])


def test_lines_of_progress_where_there_is_no_terminal(capsys, monkeypatch):
    from smc.cli import output

    monkeypatch.setattr(output, "EVERY", 0.0)
    with output.waiting("law") as told:
        told(0.5, "law of 4 particles")
    with output.counting("checking") as count:
        count(3, 10)
    assert capsys.readouterr().err.splitlines() == ["law of 4 particles, 50%", "checking, 3 of 10"]
