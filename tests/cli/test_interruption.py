"""Ctrl-C ends as 130 and nothing else, at whatever line it surfaces and whatever a library makes of it; nothing is half-written."""

from __future__ import annotations

import _thread
import gc
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable

import pytest

import smc.campaign.search
import smc.checks.check
import smc.checks.enclosed
import smc.present.tables
from smc.campaign.plan import make_plan
from smc.campaign.store import Store
from smc.cli import run
from smc.interrupts import interrupted, watched
from tests.effort import effort

CAMPAIGN = [
    "campaign",
    "--seed",
    "3",
    "--chunk",
    "5",
    "--max-horizon",
    "2",
    "--max-states",
    "2",
    "--max-particles",
    "2",
    "--json",
]


def press() -> None:
    """Ctrl-C, here and now."""
    signal.raise_signal(signal.SIGINT)


def turned_into(error: BaseException | None) -> Callable:
    """A function in which Ctrl-C comes and ends as `error`: what a `finally`, a callback from C or a closed generator make of it."""

    def answer(*_, **__):
        try:
            press()
        except KeyboardInterrupt:
            if error is not None:
                raise error from None

    return answer


MADE_OF_IT = [
    KeyboardInterrupt(), AssertionError(), ImportError("failed", name="matplotlib"), MemoryError(), OSError(28, "full"), SystemExit(1),
    BrokenPipeError(), SystemError("returned a result with an exception set"), None,
]  # fmt: skip


@pytest.mark.by_turn
@pytest.mark.parametrize("error", MADE_OF_IT, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("options", [[], ["--method", "enclosure"], ["--json"]], ids=["auto", "enclosure", "json"])
def test_check_is_interrupted_whatever_is_made_of_ctrl_c(error, options, monkeypatch, capsys):
    module, name = (
        (smc.checks.enclosed, "check_by_enclosure") if "enclosure" in options else (smc.checks.check, "check")
    )
    honest = getattr(module, name)

    def check(*arguments, **named):
        turned_into(error)()
        return honest(*arguments, **named)

    monkeypatch.setattr(module, name, check)
    assert run(["check", "shipped:verifier-tree", "--particles", "1", *options]) == 130
    assert capsys.readouterr().err == "bellman-smc: interrupted\n"
    assert not interrupted(), "the next command starts anew"


@pytest.mark.by_turn
@pytest.mark.parametrize("error", MADE_OF_IT[:-1], ids=lambda error: type(error).__name__)
def test_a_campaign_is_interrupted_and_finds_no_crash(error, monkeypatch, capsys, tmp_path):
    honest, calls = smc.campaign.search.table.rows, iter(range(10**6))

    def rows(*arguments):
        if next(calls) == 1000:
            turned_into(error)()
        return honest(*arguments)

    monkeypatch.setattr(smc.campaign.search.table, "rows", rows)
    assert run([*CAMPAIGN, "--results", str(tmp_path / "a.sqlite"), "--examples", "500"]) == 130
    found = json.loads(capsys.readouterr().out)
    assert found["ending"] == "interrupted" and found["counterexamples"] == []
    assert 1 <= found["chunks"] < 100 and found["examples"] == 5 * found["chunks"]


def test_a_chunk_in_which_ctrl_c_was_lost_is_not_stored(monkeypatch, capsys, tmp_path):
    honest = smc.campaign.search.table.rows

    def rows(*arguments):
        turned_into(None)()
        return honest(*arguments)

    monkeypatch.setattr(smc.campaign.search.table, "rows", rows)
    assert run([*CAMPAIGN, "--results", str(tmp_path / "a.sqlite"), "--examples", "500"]) == 130
    assert json.loads(capsys.readouterr().out)["chunks"] == 0


@pytest.mark.by_turn
@pytest.mark.parametrize("position", [k / effort(200, sample=5) for k in range(effort(200, sample=5))])
def test_a_campaign_is_interrupted_at_any_line(position, monkeypatch, capsys, tmp_path):
    """Ctrl-C at a chosen line of Python after the first chunk: ours, or Hypothesis', whose set-up answers with an AssertionError."""
    path, lines = tmp_path / "a.sqlite", [0]
    stored, within = Store.add, 2_000 + round(position * 150_000)

    def trace(frame, event, argument):
        lines[0] += event == "line"
        if lines[0] >= within:
            sys.settrace(None)
            for waiting in callers(frame):
                waiting.f_trace = None
            press()
        return trace

    def callers(frame):
        while frame is not None:
            yield frame
            frame = frame.f_back

    def add(store, chunk):
        stored(store, chunk)
        if chunk.number == 0:
            for waiting in callers(sys._getframe(1)):
                waiting.f_trace = trace
            sys.settrace(trace)

    monkeypatch.setattr(Store, "add", add)
    try:
        code = run([*CAMPAIGN, "--results", str(path), "--examples", "500"])
    finally:
        sys.settrace(None)
    shown = capsys.readouterr()
    assert (code, lines[0]) == (130, within), shown.err
    found = json.loads(shown.out)
    assert found["ending"] == "interrupted"
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM chunks").fetchone() == (found["chunks"],)
        assert database.execute("SELECT count(DISTINCT chunk) FROM found").fetchone() == (found["chunks"],)


def test_a_chunk_is_stored_whole_or_not_at_all(monkeypatch, tmp_path):
    plan = make_plan(["S3"], chunk=5, max_horizon=2)
    store, chunk, insert = Store(tmp_path / "a.sqlite", plan), smc.campaign.search.run_chunk(plan, 0), Store._insert

    def interrupted_insert(self, chunk):
        insert(self, chunk)
        press()

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Store, "_insert", interrupted_insert)
        store.add(chunk)
    assert store.totals().chunks == 0
    store.add(chunk)
    assert store.totals().examples == chunk.examples
    store.close()


@pytest.mark.parametrize("moment", ["fdopen", "chmod", "replace"])
def test_a_file_is_written_whole_or_not_at_all(moment, monkeypatch, tmp_path):
    """Before the move the old file is there, after it the new one, and no third."""
    path = tmp_path / "model.json"
    path.write_text("old")
    honest = getattr(os, moment)

    def pressed(*arguments):
        done = honest(*arguments)
        if moment == "fdopen":
            done.close()
        press()
        return done

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(smc.present.tables.os, moment, pressed)
        smc.present.tables.write_atomically(path, "new")
    assert [found.name for found in tmp_path.iterdir()] == ["model.json"]
    assert path.read_text() == ("new" if moment == "replace" else "old")


def test_the_interrupt_of_a_host_is_its_own():
    """In another thread, and where the caller has a handler, nothing is changed; and what was pressed before is forgotten."""
    mine: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: mine.append(number))
    try:
        with watched():
            press()
            assert not interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
    assert mine == [signal.SIGINT]
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(run(["convert", "shipped:verifier-tree"])))
    thread.start()
    thread.join()
    assert seen == [0]
    with pytest.raises(KeyboardInterrupt), watched():
        try:
            _thread.interrupt_main()
            signal.pause()
        finally:
            assert interrupted()
    assert not interrupted() and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_import_that_is_interrupted(monkeypatch, capsys):
    """An extension module answers with an ImportError of its own."""
    from smc.__main__ import main

    class Importer:
        def find_spec(self, name, *_):
            if name == "smc.cli":
                turned_into(ImportError("initialisation failed"))()

    monkeypatch.delitem(sys.modules, "smc.cli")
    monkeypatch.setattr(sys, "meta_path", [Importer(), *sys.meta_path])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 130 and capsys.readouterr().err == "bellman-smc: interrupted\n"


def test_nothing_is_left_of_a_report_that_was_cut(monkeypatch, tmp_path):
    import smc.checks.verify

    monkeypatch.setattr(smc.checks.verify, "cases", turned_into(AssertionError()))
    assert run(["verify", "-o", str(tmp_path / "build")]) == 130
    assert not list(tmp_path.iterdir())


@pytest.mark.by_turn
@pytest.mark.parametrize("dropped", [KeyboardInterrupt, ValueError])
def test_an_interrupt_that_the_garbage_collector_drops_is_remembered_and_not_told(dropped, monkeypatch):
    """Hypothesis has a callback of the collector: an interrupt in it is lost to the program, and Python prints its traceback."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_type))

    def callback(phase, info):
        if dropped is KeyboardInterrupt:
            press()
        raise dropped

    with watched():
        gc.callbacks.append(callback)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(callback)
        assert interrupted() is (dropped is KeyboardInterrupt)
    assert set(told) == {dropped} - {KeyboardInterrupt}
