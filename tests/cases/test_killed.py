"""Values that kill live states on purpose: the target that SMC then has, and how far its output is from the declared one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.check import check
from smc.cli import run
from smc.numbers import Rational, rational
from smc.setting.killed import killed_by
from smc.setting.model import prefix_tree
from smc.setting.twist import twist
from tests.cases import FOLDER, report, shown
from tests.effort import effort

ZEROS = str(FOLDER / "prm_zero_on_live.json")
LAWS = [  # of whole runs, enumerated apart from this package: TV to the declared target, probability of no answer
    ("1", "5/8", "5/8"),
    ("2", "48649/104976", "153233/419904"),
    ("3", "4100155640983295/9629883143553024", "3689997111399239/19259766287106048"),
]


@pytest.mark.parametrize(("particles", "tv", "dead"), LAWS)
def test_the_law_with_the_values_as_they_are(particles, tv, dead, capsys):
    found = report(capsys, "check", ZEROS, "--value", "file:kill", "--particles", particles)
    assert (found["declared"]["tv"], found["dead"]) == (tv, dead)
    assert found["declared"]["normaliser"] == "1/2" and found["declared"]["states"] == 1
    assert found["normaliser"] == "3/8" and found["declared"]["lost"] == "1/4", (
        "a quarter of the target is out of reach"
    )
    assert rational(found["tv"]) <= rational(found["declared"]["tv"]) and found["verdict"] == "holds"
    assert any("value 0 kills 1 live states, as is meant" in note for note in found["notes"])


def test_every_way_on_is_named_and_works(capsys, tmp_path):
    assert run(["check", ZEROS]) == 2
    said = capsys.readouterr().err
    assert "choose --value floor:1/100, or --value file:kill where that is meant" in said
    assert "0.25 of it runs through killed states" in shown(capsys, "check", ZEROS, "--value", "file:kill")
    written = str(tmp_path / "left.json")
    assert run(["convert", ZEROS, "--value", "file:kill", "--output", written]) == 0
    capsys.readouterr()
    assert report(capsys, "check", written, "--particles", "2")["dead"] == LAWS[1][2]
    assert "certain from N = " in shown(capsys, "plan", ZEROS, "--value", "file:kill")
    sampled = report(capsys, "check", ZEROS, "--value", "file:kill", "--method", "monte-carlo", "--replicates", "200")
    assert "tv" not in sampled["declared"]


def test_values_that_kill_nothing_change_nothing(capsys):
    path = str(FOLDER / "least_particles_dip.json")
    plain, meant = (report(capsys, "check", path, "--value", v, "--particles", "2") for v in ("file", "file:kill"))
    assert plain == meant and "declared" not in meant


CHILDREN = st.sampled_from(["0", "1", "1/2", "2"])


@given(st.lists(CHILDREN, min_size=2, max_size=2), st.lists(CHILDREN, min_size=4, max_size=4), st.integers(1, 3))
@settings(max_examples=effort(40, sample=20), deadline=None)
def test_what_is_left_is_a_model_of_the_theory(values, rewards, particles):
    """The target left is the declared one given no killed state; the law's distance to the declared one is at least what is lost."""
    model = prefix_tree(2, lambda p: {"0": "1/3", "1": "2/3"}, lambda p: rewards[int("".join(p), 2)])
    given = [[Rational(1)], [rational(v) for v in values]]
    left, killed = killed_by(model, given)
    if killed is None:
        return
    if killed.lost == 1:
        with pytest.raises(ValueError, match="mass zero"):
            twist(left, given)
        return
    done = check(left, twist(left, given), particles=particles)
    dead = [v == "0" for v in values]
    kept = [0 if dead[i // 2] else p for i, p in enumerate(killed.target)]
    assert list(done.constants.target) == [p / sum(kept) for p in kept] and sum(kept) == 1 - killed.lost
    assert done.measured.output.total_variation(killed.target) >= killed.lost
    assert done.verdict.value == "holds"
