"""The two lines that close a report, and the decimals beside the fractions of its JSON object."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.catalogue import TV
from smc.checks.check import check
from smc.checks.closing import DELTA
from smc.checks.demand import demand
from smc.checks.document import exact
from smc.checks.enclosed import check_by_enclosure
from smc.checks.sampled import check_by_simulation
from smc.checks.table import claims
from smc.exact import output_law
from smc.formats import load
from smc.numbers import ONE, Rational, Verdict, at_most, decimal_of
from smc.present.closing import closing_lines
from smc.samplers.naive import naive
from smc.setting.analysis import Twist, analyse
from smc.setting.model import Model
from smc.setting.twist import perfect

SOURCE = load("shipped:verifier-tree")
MODEL, TWIST = SOURCE.model, SOURCE.twist()


def test_the_number_asked_for_is_the_least_that_its_statement_certifies_and_is_enough():
    closing = check(MODEL, TWIST, particles=2).closing
    asked = closing.asked
    assert asked is not None
    assert asked.particles == 11

    def bound(n: int):
        rows = check(MODEL, TWIST, particles=n).rows if n < 4 else check_by_enclosure(MODEL, TWIST, particles=n).rows
        return next(r.bound for r in rows if (r.id, r.form) == (asked.id, asked.form))

    assert at_most(bound(asked.particles), DELTA) is Verdict.HOLDS
    assert at_most(bound(asked.particles - 1), DELTA) is Verdict.REFUTED
    assert check_by_enclosure(MODEL, TWIST, particles=asked.particles).tv[1] <= DELTA


def test_a_bound_that_prints_as_one_is_not_called_useful():
    closing = check(MODEL, TWIST, particles=4).closing
    best = closing.tightest
    assert best is not None and "tightest useful bound" in next(closing_lines(closing))
    near = replace(closing, rows=[replace(best, bound=1 - Rational(1, 10**7))])
    assert f"no bound on a total variation is much below 1; the tightest is by {best.id}" in next(closing_lines(near))


def test_the_tightest_bound_is_below_one_and_below_every_other():
    report = check(MODEL, TWIST, particles=4)
    best = report.closing.tightest
    assert best is not None
    others = [row for row in report.rows if row.quantity == TV]
    assert all(at_most(best.bound, row.bound) is Verdict.HOLDS for row in others if row is not best)
    assert at_most(report.measured.total_variation, best.bound) is Verdict.HOLDS
    assert at_most(check(MODEL, TWIST, particles=1).closing.tightest.bound, ONE) is Verdict.HOLDS


def test_the_worst_place():
    worst = check(MODEL, TWIST, particles=1).closing.worst
    assert worst is not None
    error = check(MODEL, TWIST, particles=1).constants.bellman_error
    assert max(worst.ratio, 1 / worst.ratio) == 1 + error
    assert check(MODEL, perfect(MODEL), particles=1).closing.worst is None


@pytest.mark.parametrize("sampler", ["sis", "best-of-n"])
def test_nothing_is_claimed_of_a_sampler_without_a_statement(sampler):
    first, second = closing_lines(check(MODEL, TWIST, sampler, particles=2).closing)
    assert f"no statement speaks of {sampler}" in first
    assert "certain" not in second


def test_a_refuted_row_is_counted_first():
    closing = check(MODEL, TWIST, particles=2).closing
    row = closing.rows[-1]
    bent = type(closing)(
        closing.constants, closing.sampler, [*closing.rows, type(row)(**{**vars(row), "verdict": Verdict.REFUTED})]
    )
    rows = len(closing.rows)
    assert next(closing_lines(bent)).startswith(f"1 of {rows + 1} REFUTED, {rows} of {rows + 1} hold")


@pytest.mark.parametrize(
    "report",
    [check(MODEL, TWIST, particles=2), check_by_enclosure(MODEL, TWIST, particles=50), check_by_simulation(MODEL, TWIST, replicates=100)],
    ids=["exact", "enclosure", "monte-carlo"],
)  # fmt: skip
def test_a_decimal_beside_each_fraction(report):
    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, str) and re.fullmatch(r"-?\d+/\d+", inner):
                    assert value[f"{key}_decimal"] == float(Fraction(inner))
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    document = json.loads(json.dumps(report.to_json(), allow_nan=False))
    walk({k: v for k, v in document.items() if k not in ("law", "notes")})
    assert document["bellman_error_decimal"] == 0.25
    assert document["summary"]["delta"] == "1/10"


def test_the_law_has_its_decimals():
    document = check(MODEL, TWIST, particles=2).to_json()
    law = output_law(check(MODEL, TWIST, particles=2).measured.process, 2)
    assert list(document["law_decimal"].values()) == [float(p) for p in law.law]
    assert document["law_decimal"].keys() == document["law"].keys()


@given(st.integers(-(10**30), 10**30), st.integers(-900, 900))
def test_decimals_of_any_size(mantissa, exponent):
    value = Rational(mantissa) * Rational(10) ** exponent
    shown = decimal_of(value)
    assert abs(Rational(Fraction(str(shown))) - value) <= abs(value) / 10**15
    if isinstance(shown, str):
        assert abs(value) > 10**300 or abs(value) < Rational(1, 10**300)


def test_numbers_of_any_length_are_read_back_by_the_line_of_the_readme():
    written = json.dumps(exact("normaliser", Rational(10**5000 + 1, 3)))
    code = "import json, sys; from fractions import Fraction; sys.set_int_max_str_digits(0); "
    code += "print(Fraction(json.load(sys.stdin)['normaliser']) == Fraction(10**5000 + 1, 3))"
    done = subprocess.run([sys.executable, "-c", code], input=written, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert "sys.set_int_max_str_digits(0)" in (Path(__file__).resolve().parents[2] / "README.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("name", ["verifier-tree", "frozenlake-4x4"])
def test_a_count_decided_in_balls_is_the_one_decided_in_rationals(name, monkeypatch):
    source = load(f"shipped:{name}")
    asked = [c for c in claims(analyse(source.model, source.twist()), naive) if c.quantity == TV and c.relation == "<="]
    exactly = [demand(claim, Rational(1, 7)) for claim in asked]
    monkeypatch.setattr("smc.checks.demand.LONG", 0)
    assert [demand(claim, Rational(1, 7)) for claim in asked] == exactly
    assert any(d.particles and d.particles > 1 for d in exactly)


def test_the_worst_place_may_be_one_of_too_much_promise():
    model = Model.from_arrays([["1/2", "1/2"], [0, 1]], [1, 3], horizon=2)
    worst = check(model, Twist.from_values(model, [["5/2"], [8, 3]]), particles=1).closing.worst
    assert worst is not None
    assert (worst.step, worst.state, worst.ratio) == (1, "0", Fraction(1, 4))  # by factor 4; at the root only 11/5
