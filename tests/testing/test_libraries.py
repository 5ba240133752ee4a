"""The page of libraries under the kit: a row for every setup, the odds loop, and, where the environments are, the same verdicts."""

from __future__ import annotations

import re

import pytest

from smc.instances.fair_steps import fair_steps
from smc.setting.twist import perfect
from smc.testing import Instance
from smc.testing.conformance import check_sampler
from smc.testing.conformance.suite import ending, ordinary
from tests.testing.libraries import LIBRARIES
from tests.testing.libraries.__main__ import PAGE, odds
from tests.testing.samplers import steered_smc

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in TEXT.splitlines() if line.startswith("| ")
]


def row(library, scheme: str, threshold: str) -> list[str]:
    """Its cells: version, scheme, when, living, dying, genealogy, words."""
    when = "every step" if threshold == "1" else f"below {threshold} N"
    (found,) = [r for r in ROWS if r[0].startswith(library.name) and r[1] == scheme and r[2] == when]
    return found


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_the_page_has_a_row_for_every_setup(library):
    for scheme, threshold, _ in library.setups:
        version, *_, living, dying, line, words = row(library, scheme, threshold)
        assert re.match(rf"{library.name} [\d.]+, \w+ [\d.]+$", version)
        assert {living, dying} <= {"kept", "broken"} and line in ("kept", "broken", "not told")
        assert (words == "conforms") == ("broken" not in (living, dying, line))


def test_the_odds_loop_is_named_by_few_runs():
    """As on the page, on a shorter toy: refuted, and by what it multiplies."""
    model = fair_steps(2)
    report = check_sampler(steered_smc("odds"), instances=[Instance(model, perfect(model), 2)], replicates=400)
    assert report.broken and "odds" in report.diagnosis and "not divided by the previous value" in report.diagnosis


@pytest.mark.by_turn
def test_the_odds_loop_is_exact_and_named():
    lines = odds()
    assert all(line in TEXT for line in lines)
    assert [re.split(r" *\| *", line)[2] for line in lines[2:]] == ["0.45", "0.71", "0.92", "0.99"]
    assert "odds" in lines[2] and "not divided by the previous value" in lines[2]


@pytest.mark.nightly
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_a_library_is_as_the_page_says(library):
    if not library.interpreter.exists():
        pytest.skip(f"no environment of {library.name}: see tests/testing/libraries")
    scheme, threshold, declared = library.setups[0]
    _, _, _, living, dying, _, _ = row(library, scheme, threshold)
    for instance, verdict in ((ordinary(), living), (ending(), dying)):
        report = check_sampler(library.runs(scheme, threshold), declared, instances=[instance], replicates=1000)
        assert bool(set(report.broken) - {"genealogy"}) == (verdict == "broken"), str(report)
