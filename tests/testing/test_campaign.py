"""The falsification campaign: reproducible, resumable after a kill, and able to find what is wrong."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from proofs.catalogue import PLAIN
from proofs.kernel.replay import STORED
from smc.campaign import search
from smc.campaign.plan import make_plan
from smc.campaign.runner import Ending, run
from smc.campaign.search import SLACK_STEPS, run_chunk
from smc.campaign.store import Store, _median
from smc.campaign.summary import markdown, plot
from smc.checks import measure, table
from smc.cli import run as cli
from smc.errors import InputError
from smc.numbers import ONE
from smc.samplers.metropolis import metropolis
from smc.samplers.resampling import EVERY_STEP
from smc.setting.model import Edge, Model
from smc.setting.twist import constant
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.instances import Instance
from smc.testing.statements import COUNTED, SPOKEN_OF, report
from tests.effort import NIGHTLY, effort

CHUNK = effort(10, sample=4)
SMALL = {"seed": 3, "chunk": CHUNK, "max_horizon": 2, "max_states": 2, "max_particles": 2}
OPTIONS = ["--seed", "3", "--chunk", str(CHUNK), "--max-horizon", "2", "--max-states", "2", "--max-particles", "2"]


def finished(path: Path, examples: int, **options):
    """Totals of a small campaign run to its end."""
    plan = make_plan(**SMALL)
    store = Store(path, plan)
    ending = run(plan, store, examples=examples, **options)
    totals = store.totals()
    store.close()
    return ending, totals


def test_a_chunk_is_a_function_of_plan_and_number():
    plan = make_plan(**SMALL)
    first, again, other = run_chunk(plan, 4), run_chunk(plan, 4), run_chunk(plan, 5)
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert first.digests != other.digests
    assert first.examples == CHUNK < first.instances == len(first.digests)
    assert run_chunk(replace(plan, seed=4), 4).digests != first.digests


def test_balls_stand_in_for_laws_that_take_long_and_leave_nothing_undecided(monkeypatch):
    """Every law as balls: bounds that are met with equality are told by the exact law after all, the others say what it says."""
    plan = make_plan(statements=["S10", "S12", "S13"], seed=3, chunk=CHUNK)
    exact = run_chunk(plan, 2)
    modes = []
    honest = measure.output_law
    monkeypatch.setattr(
        measure, "output_law", lambda *given, **how: modes.append(how.get("mode")) or honest(*given, **how)
    )
    monkeypatch.setattr("smc.exact.SMALL", 0)
    monkeypatch.setattr(search, "PATIENCE", -1.0)
    found = run_chunk(plan, 2)
    assert modes.count("certified") > 20 and exact.digests == found.digests
    for claim, one in exact.found.items():
        other = found.found[claim]
        assert (other.checked, other.undecided, other.vacuous) == (one.checked, 0, one.vacuous)
        assert math.isclose(one.best, other.best, rel_tol=1e-12) and one.slack == other.slack


@pytest.mark.by_turn
def test_sharing_the_analysis_changes_no_row():
    """What a campaign evaluates from one analysis, one process and closed forms made ready is what `check` reports at every N."""
    plan = make_plan(max_horizon=3, max_particles=3)
    seen = 0

    @settings(
        max_examples=effort(40, sample=6), database=None, deadline=None, derandomize=True, phases=[Phase.generate]
    )
    @given(search.searched(plan))
    def compare(drawn):
        nonlocal seen
        for first in drawn:
            for instance, findings in search.evaluate(plan, first):
                plain = replace(instance, resampling=EVERY_STEP)
                for sampler in sorted({s for known in SPOKEN_OF.values() for s in known}, key=lambda s: s.name):
                    shared = [row.to_json() for _, held, row in findings if held == sampler]
                    wanted = {
                        id
                        for id in SPOKEN_OF
                        if sampler in SPOKEN_OF[id] and (instance.particles == 1 or id in COUNTED)
                    }
                    assert shared == [row.to_json() for row in report(plain, sampler).rows if row.id in wanted]
                    seen += len(shared)

    compare()
    assert seen > effort(1000, sample=100)


def test_falsehoods_of_trees_meet_no_graph():
    """A planted falsehood that speaks of prefix trees is asked about them alone, whatever a campaign draws."""
    names = [name for name, falsehood in FALSEHOODS.items() if falsehood.trees]
    assert len(names) == 11
    plan = make_plan([], names, max_horizon=2, max_particles=1)
    step = (Edge(0, ONE / 2), Edge(1, ONE / 2))
    for model, speaks in (
        (Model((("r",), ("a", "b")), ((step,),), (ONE, ONE)), True),
        (Model((("r",), ("a", "b"), ("c", "d")), ((step,), (step, step)), (ONE, ONE)), False),
    ):
        ((_, found),) = search.evaluate(plan, Instance(model, constant(model)))
        assert bool(found) == speaks


@pytest.mark.by_turn
def test_a_campaign_draws_tempered_reward_models():
    plan, names = make_plan(max_horizon=2), set()

    @settings(max_examples=200, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(search.searched(plan))
    def draw(drawn):
        names.update(
            kind for i in drawn for kind in ("to the power", "by weights to the power 1/") if kind in i.twist.name
        )

    draw()
    assert len(names) == 2


@pytest.mark.by_turn
def test_a_campaign_draws_schemes_and_refutes_what_is_wrong_of_them(monkeypatch, tmp_path, capsys):
    """Were the statements on plain resampling told of every scheme, S5 with N for theta N would be refuted soon, and the command that is
    written refutes it again. As they are, the same instances hold."""

    def told() -> None:
        for kept in (table.known, search._under):
            kept.cache_clear()

    plan = make_plan(["S5"], chunk=60)
    monkeypatch.setitem(table.RUNS, PLAIN, lambda sampler: True)
    told()
    try:
        chunks = ((number, run_chunk(plan, number).counterexample) for number in range(2, 12))
        number, found = next((number, found) for number, found in chunks if found is not None)
        assert found.claim == "S5" and ":inf:" in found.resampling
        path = tmp_path / "found.json"
        path.write_text(found.document)
        again = ["check", str(path), "--particles", str(found.particles), "--resampling", found.resampling]
        assert cli(again) == 1
        monkeypatch.undo()
        told()
        assert cli(again) == 0 and run_chunk(plan, number).counterexample is None
        capsys.readouterr()
    finally:
        monkeypatch.undo()
        told()


def test_the_median_slack_is_that_of_the_instances(tmp_path):
    """Half a percent: of bound/observed over all rows of a statement in which something was observed, over two chunks."""
    plan = make_plan(["S12", "S13"], max_horizon=2, max_states=2, max_particles=2, chunk=CHUNK)
    store, slack = Store(tmp_path / "slack.sqlite", plan), {}
    for number in range(2):
        store.add(run_chunk(plan, number))
    for row in store.totals().tightness:
        slack[row.claim, row.form] = row.median
    store.close()
    assert {claim for claim, _ in slack} == {"S12", "S13"} and all(x is None or x > 0.99 for x in slack.values())
    assert _median([(0, 3), (200, 2)]) == 1 and _median([(0, 2), (200, 3)]) == math.exp(200 / SLACK_STEPS)
    assert _median([]) is None


@pytest.mark.by_turn
def test_totals_do_not_depend_on_workers_or_interruptions(tmp_path):
    ending, whole = finished(tmp_path / "whole.sqlite", 6 * CHUNK)
    assert ending is Ending.FINISHED
    assert whole.chunks == 6
    assert whole.examples == 6 * CHUNK
    assert 6 * CHUNK < whole.distinct <= whole.instances
    assert not whole.counterexamples
    assert {row.claim for row in whole.tightness} >= {"P0", "S1", "S3", "S4", "S5", "S7", "S8", "G1"}
    assert all(row.undecided == 0 for row in whole.tightness)
    _, parallel = finished(tmp_path / "parallel.sqlite", 6 * CHUNK, workers=2)
    assert parallel == whole
    finished(tmp_path / "parts.sqlite", 2 * CHUNK)
    _, parts = finished(tmp_path / "parts.sqlite", 6 * CHUNK)
    assert parts == whole


def command(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "smc", "campaign", *OPTIONS, "--results", str(path), "--json", *more]


def wait_for_chunks(path: Path, count: int, process: subprocess.Popen) -> None:
    """Until the file holds at least `count` chunks."""
    for _ in range(1200):
        if process.poll() is not None:
            return
        if path.exists():
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                    if database.execute("SELECT count(*) FROM chunks").fetchone()[0] >= count:
                        return
            except sqlite3.OperationalError:
                pass
        time.sleep(0.05)
    raise AssertionError("the campaign stored nothing")


@pytest.mark.by_turn
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.nightly)])
def test_kill_9_and_resume_ends_with_the_same_totals(tmp_path, capsys, workers):
    """The process that is killed is one of its own; what comes before and after runs here."""
    examples = 16 * CHUNK
    assert cli([*command(tmp_path / "a.sqlite", "--examples", str(examples))[3:]]) == 0
    undisturbed = capsys.readouterr().out
    killed = subprocess.Popen(
        command(tmp_path / "b.sqlite", "--examples", str(examples), "--workers", workers),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    wait_for_chunks(tmp_path / "b.sqlite", 3, killed)
    assert killed.poll() is None, "the campaign was over before it could be killed"
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "b.sqlite") as database:
        stored = database.execute("SELECT count(*) FROM chunks").fetchone()[0]
    assert 3 <= stored < 16
    assert cli([*command(tmp_path / "b.sqlite", "--examples", str(examples))[3:]]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(undisturbed)


@pytest.mark.by_turn
def test_ctrl_c_keeps_what_was_found(tmp_path):
    process = subprocess.Popen(
        command(tmp_path / "c.sqlite", "--examples", "100000"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_for_chunks(tmp_path / "c.sqlite", 2, process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    found = json.loads(output)
    assert found["ending"] == "interrupted"
    assert found["chunks"] >= 2


def test_a_counterexample_is_shrunk_and_written_for_check(tmp_path, capsys):
    files = ["--results", str(tmp_path / "d.sqlite"), "--counterexamples", str(tmp_path / "found")]
    code = cli(["campaign", *OPTIONS, "--planted", "S3/wrong-level", *files, "--examples", "100", "--json"])
    captured = capsys.readouterr()
    assert code == 1
    (refuted,) = json.loads(captured.out)["counterexamples"]
    assert refuted["size"] <= 6
    (path,) = (tmp_path / "found").iterdir()
    assert str(path) in captured.err.replace("\n", "")
    assert cli(["check", str(path), "--particles", str(refuted["particles"]), "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["tv"] == refuted["observed"]


def test_an_instance_without_an_answer_is_a_counterexample(monkeypatch):
    """A fault in the engine does not end a campaign with a traceback: it is shrunk and kept like a refuted claim."""
    honest = search.table.rows

    def faulty(constants, measured, *rest):
        if measured.sampler is metropolis and constants.model.horizon > 1:
            raise OverflowError("too large")
        return honest(constants, measured, *rest)

    monkeypatch.setattr(search.table, "rows", faulty)
    found = run_chunk(make_plan(**SMALL), 0).counterexample
    assert (found.claim, found.form, found.algorithm, found.observed) == ("crash", "OverflowError", "mh", "too large")
    assert found.size <= 6


def test_time_budget(tmp_path):
    ending, totals = finished(tmp_path / "e.sqlite", 10**6, seconds=0.5)
    assert ending is Ending.TIME
    assert totals.chunks >= 1


@pytest.mark.by_turn
def test_table_and_plot(tmp_path, capsys):
    base = ["campaign", *OPTIONS, "--results", str(tmp_path / "f.sqlite"), "--examples", str(effort(50, sample=16))]
    code = cli([*base, "--markdown", str(tmp_path / "t.md"), "--plot", str(tmp_path / "t.svg")])
    out = capsys.readouterr().out
    assert code == 0
    assert "no violation" in out
    text = (tmp_path / "t.md").read_text()
    assert "| S3 | instance | naive |" in text
    assert f"Versions: python {platform.python_version()}" in text
    assert hashlib.sha256((STORED / "_seals.json").read_bytes()).hexdigest() in text
    assert "| doomed state |" in text or "| T = 1 |" in text
    assert (tmp_path / "t.svg").read_text().startswith("<?xml")
    assert markdown and plot


def told(capsys) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--statement", "S99"], "unknown statement 'S99'"),
        (["--planted", "S3"], "unknown falsehood 'S3'"),
        (["--seed", "-1"], "seed"),
        (["--examples", "0"], "examples"),
        (["--workers", "0"], "workers"),
        (["--max-states", "27"], "26"),
        (["--minutes", "-1"], "minutes"),
        (["--minutes", "nan"], "minutes"),
        (["--chunk", "0"], "chunk"),
    ],
)
def test_bad_arguments(tmp_path, capsys, arguments, words):
    assert cli(["campaign", "--results", str(tmp_path / "g.sqlite"), *arguments]) == 2
    assert words in told(capsys)
    assert not list(tmp_path.iterdir()), "nothing is written for bad input"


def test_unusable_results_files(tmp_path, capsys):
    assert cli(["campaign", *OPTIONS, "--results", str(tmp_path)]) == 2
    assert "is a folder" in told(capsys)
    assert cli(["campaign", *OPTIONS, "--results", str(tmp_path / "no" / "such" / "place.sqlite")]) == 2
    assert "cannot be used" in told(capsys)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE letters (a TEXT)")
    before = other.read_bytes()
    assert cli(["campaign", *OPTIONS, "--results", str(other)]) == 2
    assert "something else" in told(capsys)
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"not a database at all, but long enough to be read as one" * 20, b"SQLite format 3\x00" + b"\xff" * 5000],
)
def test_corrupt_results_file_is_left_as_it_is(tmp_path, capsys, content):
    path = tmp_path / "corrupt.sqlite"
    path.write_bytes(content)
    assert cli(["campaign", *OPTIONS, "--results", str(path)]) == 2
    assert str(path) in told(capsys)
    assert path.read_bytes() == content


def test_a_damaged_campaign_is_refused(tmp_path, capsys):
    path = tmp_path / "damaged.sqlite"
    finished(path, 2 * CHUNK)
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\x00" * (len(content) // 2 - 4096)
    path.write_bytes(content)
    assert cli(["campaign", *OPTIONS, "--results", str(path)]) == 2
    assert str(path) in told(capsys)
    assert path.read_bytes() == content


def test_another_campaign_is_not_continued(tmp_path, capsys):
    _, totals = finished(tmp_path / "h.sqlite", 2 * CHUNK)
    assert cli(["campaign", *OPTIONS[2:], "--seed", "4", "--results", str(tmp_path / "h.sqlite")]) == 2
    assert "another campaign" in told(capsys)
    assert finished(tmp_path / "h.sqlite", 2 * CHUNK)[1] == totals


@pytest.mark.by_turn
def test_unreachable_cluster_leaves_results_intact(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("smc.campaign.runner.CONNECT_SECONDS", 1)
    pytest.importorskip("distributed", reason="the dask extra is not installed")
    _, totals = finished(tmp_path / "i.sqlite", 2 * CHUNK)
    address = "tcp://127.0.0.1:9"
    assert (
        cli(
            [
                "campaign",
                *OPTIONS,
                "--examples",
                str(4 * CHUNK),
                "--results",
                str(tmp_path / "i.sqlite"),
                "--dask",
                address,
            ]
        )
        == 2
    )
    assert f"no Dask scheduler answers at {address}" in told(capsys)
    assert finished(tmp_path / "i.sqlite", 2 * CHUNK)[1] == totals


@pytest.mark.by_turn
def test_a_local_dask_cluster_finds_the_same(tmp_path):
    """Its worker is a thread of this process, in the nightly run a process."""
    distributed = pytest.importorskip("distributed", reason="the dask extra is not installed")
    _, alone = finished(tmp_path / "alone.sqlite", 4 * CHUNK)
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=NIGHTLY,
        dashboard_address=None,
        host="127.0.0.1" if NIGHTLY else None,
    ) as cluster:
        ending, together = finished(tmp_path / "cluster.sqlite", 4 * CHUNK, dask=cluster.scheduler_address)
    assert ending is Ending.FINISHED
    assert together == alone


def test_plans_name_what_they_need():
    assert make_plan().statements == make_plan(["S3", *make_plan().statements]).statements
    assert make_plan(planted=["S3/constant"]).statements == ()
    with pytest.raises(InputError, match="max-horizon"):
        make_plan(max_horizon=0)


def test_a_short_file_of_the_users_is_not_taken_for_an_empty_database(tmp_path, capsys):
    """SQLite opens a file of one byte as empty and would write over it."""
    path = tmp_path / "note.txt"
    path.write_text("x")
    assert cli(["campaign", "--examples", "1", "--results", str(path)]) == 2
    assert "not a database" in capsys.readouterr().err and path.read_text() == "x"
