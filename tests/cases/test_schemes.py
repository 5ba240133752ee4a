"""What is modelled is said: multinomial resampling after every step; a threshold has another law, which `--resampling` asks for."""

from __future__ import annotations

import pytest

from tests.cases import FOLDER, report, shown

CASE = str(FOLDER / "adaptive_resampling_unsaid.json")
EVERY_STEP = {
    "2": "200888665536545309/1649257022419706700",
    "3": "376836813286316654016618771032452531797705333007/4797482709235285921018714849885065388367962500000",
}
BELOW_HALF = {2: "1597/11340", 3: "5641819/55135080"}
"""By an enumeration of whole runs, apart from this package."""


@pytest.mark.parametrize("particles", EVERY_STEP)
def test_the_law_and_the_name_of_the_scheme(particles, capsys):
    found = report(capsys, "check", CASE, "--particles", particles)
    assert (found["tv"], found["normaliser"], found["dead"]) == (EVERY_STEP[particles], "7/16", "0")
    assert "multinomial" in found["selection"] and "after every step" in found["selection"]
    printed = shown(capsys, "check", CASE, "--particles", particles)
    assert "multinomial" in printed and "after every step" in printed


@pytest.mark.parametrize("particles", BELOW_HALF)
def test_the_law_under_a_threshold(particles, capsys):
    """Resampling when the effective sample size falls below N/2, weights carried otherwise."""
    found = report(capsys, "check", CASE, "--particles", str(particles), "--resampling", "multinomial:1/2")
    assert found["tv"] == BELOW_HALF[particles] and "after every step" not in found["selection"]
