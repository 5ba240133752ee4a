"""`bellman-smc verify` on small models: its report, its figure, what it leaves out and what it refuses."""

from __future__ import annotations

import json
import os
import sys
from functools import partial

import pytest

from proofs.reading.blueprint import blueprint
from smc.cli import run
from smc.formats import shipped
from smc.numbers import rational
from smc.samplers import find
from tests.effort import NIGHTLY
from tests.formats.examples import LAYERED, written
from tests.proofs.stores import small_store


def counts(by_name):
    """The counts at which `verify` runs each sampler, by the sampler's name."""
    return {find(name): numbers for name, numbers in by_name.items()}


def hurry(patch, folder):
    """By day the page is about a few proofs, its curve ends at N = 4, and the figures that have tests of their own are left out."""
    if not NIGHTLY:
        for figures in ("_argument", "_certified"):
            patch.setattr(f"smc.cli.verify.{figures}", lambda *_: [])
        patch.setattr("smc.cli.verify.MOST_IN_FIGURE", 4)
        patch.setattr("proofs.reading.blueprint.blueprint", partial(blueprint, small_store(folder / "proofs")))


@pytest.fixture(scope="module")
def small_verify(tmp_path_factory):
    """`verify` with few particles, in the nightly run on a grid world: its folder, exit code and output."""
    folder = tmp_path_factory.mktemp("verify")
    second = "shipped:cliffwalking" if NIGHTLY else written(folder, LAYERED)
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch, folder)
        patch.setattr(
            "smc.checks.verify.COUNTS", counts({"naive": (1, 2), "adapted": (2,), "guided": (1,), "mh": (2,)})
        )
        code = run(
            [
                "verify",
                "shipped:verifier-tree",
                second,
                "-o",
                str(folder / "out"),
                "--report",
                str(folder / "page"),
            ]
        )
    return folder, code


def test_verify_writes_a_report_that_stands_alone(small_verify):
    folder, code = small_verify
    found = json.loads((folder / "out" / "report.json").read_text())
    assert code == 0 and found["verdict"] == "holds" and found["left_out"] == []
    assert len(found["reports"]) == 2 * 3 * 5
    for r in found["reports"]:
        assert sum(rational(p) for p in r["law"].values()) + rational(r["dead"]) == 1
        for row in r["bounds"]:
            assert row["verdict"] == "holds"
            assert row["bound"] is None or rational(row["observed"]) <= rational(row["bound"])
    assert {r["twist"] for r in found["reports"]} == {"file", "V*", "Bellman error 1/10"}
    assert "verifier-tree" in (folder / "page" / "report.html").read_text()


def test_verify_draws_its_figure_or_says_why_not(small_verify, tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    folder, _ = small_verify
    assert (folder / "out" / "tv-against-particles.png").read_bytes().startswith(b"\x89PNG")
    for name in [m for m in sys.modules if m.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "smc.present.figures", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    hurry(monkeypatch, tmp_path)
    monkeypatch.setattr("smc.checks.verify.COUNTS", counts({"naive": (1, 2)}))
    assert run(["verify", "shipped:verifier-tree", "-o", str(tmp_path / "out")]) == 0
    assert "no figure: " in capsys.readouterr().err
    assert os.listdir(tmp_path / "out") == ["report.json"]


def test_verify_counts_what_it_leaves_out(tmp_path, capsys, monkeypatch):
    from smc.checks.verify import Case
    from smc.errors import TooLarge

    honest = Case.run

    def refuse(case, progress=None):
        if case.count == 2:
            raise TooLarge("planted", where="particles", mend="ask for less")
        return honest(case, progress)

    hurry(monkeypatch, tmp_path)
    monkeypatch.setattr(Case, "run", refuse)
    monkeypatch.setattr("smc.checks.verify.COUNTS", counts({"naive": (1, 2)}))
    assert run(["verify", "shipped:verifier-tree", "-o", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    said = capsys.readouterr().err
    assert len(found["left_out"]) == len(found["reports"]) == 3 and "3 runs would take too long" in said
    assert said.count("planted") == 3, "each with its reason"
    assert all("planted" in line for line in found["left_out"])


def test_verify_drops_nothing_silently_and_no_sampler_ends_it(tmp_path, capsys, monkeypatch):
    """A run beyond the budget and a sampler whose law does not fit are listed; the rest is run: all that is announced is there."""
    from smc.errors import TooLarge

    def refuse(process, particles, seconds):
        raise TooLarge("too many weights", where="model", mend="ask for less")

    monkeypatch.setattr("smc.exact.independent_law", refuse)
    model = "frozenlake-4x4" if NIGHTLY else "verifier-tree"
    if not NIGHTLY:
        hurry(monkeypatch, tmp_path)
        monkeypatch.setattr("smc.checks.verify.BUDGET", 0.0)
    monkeypatch.setattr("smc.checks.verify.COUNTS", counts({"naive": (1, 8), "weighted-of-n": (4,)}))
    assert run(["verify", f"shipped:{model}", "-o", str(tmp_path), "--report", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    assert len(found["reports"]) == 3 and len(found["left_out"]) == 6
    assert sum("occupancies" in line for line in found["left_out"]) == 3
    assert sum("too many weights" in line for line in found["left_out"]) == 3
    page = (tmp_path / "report.html").read_text()
    assert f"<li>{model}, file, naive, 8: 8 particles: about" in page and "6 runs left out" in page


def test_verify_of_nothing_is_undecided(tmp_path, monkeypatch):
    """No run within the budget: nothing was checked, so nothing holds."""
    monkeypatch.setattr("smc.checks.verify.BUDGET", 0.0)
    monkeypatch.setattr("smc.checks.verify.COUNTS", counts({"naive": (2, 4)}))
    assert run(["verify", "shipped:verifier-tree", "-o", str(tmp_path)]) == 3
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["verdict"] == "undecided" and len(found["left_out"]) == 6


def test_verify_refuses_a_place_that_it_cannot_write_before_it_works(tmp_path, capsys, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("kept")
    monkeypatch.setattr("smc.checks.verify.Case.run", lambda case: pytest.fail("worked first"))
    assert run(["verify", "-o", str(blocked / "out")]) == 2
    assert "cannot be written" in capsys.readouterr().err and blocked.read_text() == "kept"


def test_every_shipped_model_is_checked_by_default(tmp_path, monkeypatch):
    monkeypatch.setattr("smc.checks.verify.COUNTS", counts({"guided": (1,)}))
    assert run(["verify", "-o", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    assert {r["model"] for r in found["reports"]} == set(shipped())
