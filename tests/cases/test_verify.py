"""`verify` goes on where one run does not fit, and takes what it advises."""

from __future__ import annotations

import json

import pytest

from smc.cli import run
from smc.cli.mends import OPTION, options_of
from tests.cases import FOLDER, report
from tests.effort import effort


@pytest.mark.nightly
def test_a_run_that_does_not_fit_is_listed(tmp_path, capsys):
    """A horizon of 60: the sums of weights of four independent runs are too many; the rest is done and written."""
    path = str(FOLDER / "verify_aborts_on_one_algorithm.json")
    found = report(capsys, "verify", path, "--output", str(tmp_path))
    assert found["verdict"] == "holds" and found["left_out"] and len(found["reports"]) > len(found["left_out"])
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == found
    for line in found["left_out"]:
        for option in OPTION.findall(line):
            assert option in options_of("verify") or f"{option} is an option of" in line


@pytest.mark.by_turn
def test_a_table_whose_rows_are_rounded(tmp_path, capsys, monkeypatch):
    pytest.importorskip("gymnasium")
    monkeypatch.setattr("smc.cli.verify.MOST_IN_FIGURE", effort(1024, sample=4))
    spec = "gym:FrozenLake-v1?horizon=2&desc=SF,HG"
    assert run(["verify", spec, "--output", str(tmp_path)]) == 2
    assert "pass --rationalise" in capsys.readouterr().err
    assert report(capsys, "verify", spec, "--rationalise", "--output", str(tmp_path))["verdict"] == "holds"
