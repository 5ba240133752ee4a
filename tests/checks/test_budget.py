"""Seconds that are kept by the clock: between any two steps of the interpreter, at an engine's report, and by the commands."""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

from proofs import bounds
from proofs.kernel.replay import load_seals
from smc.checks.budget import OutOfTime, kept
from smc.cli import run


def test_a_block_that_never_reports_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTime, match=r"not done after 0.1 seconds; give more seconds with --budget"), kept(0.1):
        while True:
            pass
    assert time.monotonic() - began < 20
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_alarm_that_rings_at_once_leaves_no_timer_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    for seconds in (1e-9, 1e-6, 1e-5):
        with pytest.raises(OutOfTime), kept(seconds):
            while True:
                pass
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is before


def test_an_alarm_that_is_swallowed_rings_again(monkeypatch) -> None:
    monkeypatch.setattr("smc.checks.budget.AGAIN", 0.05)
    swallowed = 0
    with pytest.raises(OutOfTime), kept(0.05):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                if swallowed == 2:
                    raise
                swallowed += 1
    assert swallowed == 2


@pytest.mark.parametrize("read", [lambda: bounds.claim("S4"), load_seals], ids=["claim", "seals"])
def test_an_alarm_while_a_stored_proof_is_read_says_nothing_of_the_proof(read, monkeypatch) -> None:
    """Both take a ValueError for a file that is no stored proof, and OutOfTime is one."""
    monkeypatch.setattr(json, "loads", lambda text: signal.raise_signal(signal.SIGALRM))
    with pytest.raises(OutOfTime), kept(60):
        read()


def test_a_report_ends_the_block_where_there_is_no_alarm() -> None:
    met: list[str] = []

    def elsewhere() -> None:
        try:
            with kept(0.05) as progress:
                while True:
                    progress(0.25, "a law")
        except OutOfTime as late:
            met.append(str(late))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(60)
    assert met == ["a law: 25% done after 0.05 seconds; give more seconds with --budget"]


def test_what_is_done_in_time_is_left_alone_and_reported() -> None:
    told: list[tuple[float, str]] = []
    hook = signal.getsignal(signal.SIGALRM)
    with kept(60, lambda share, what: told.append((share, what))) as outer:
        outer(0.5, "half")
        with kept(1e-3), pytest.raises(ZeroDivisionError):  # the outer alarm stands; the inner block reports nothing
            _ = 1 / 0
    assert told == [(0.5, "half")] and signal.getsignal(signal.SIGALRM) is hook
    for spent in (0, -0.4):
        with pytest.raises(OutOfTime, match=r"budget: not begun before the seconds had passed; give more"), kept(spent):
            raise AssertionError("a block without seconds was entered")


@pytest.mark.by_turn
@pytest.mark.parametrize("options", (["conditional", "--sweeps"], ["backtracking", "--visits"]), ids=lambda o: o[0])
def test_a_budget_holds_where_no_enclosure_stands_behind_the_law(options: list[str], capsys) -> None:
    began = time.process_time()
    assert run(["check", "shipped:verifier-tree", "--algorithm", *options, "100000", "--budget", "1"]) == 2
    assert time.process_time() - began < 4
    assert "give more seconds with --budget" in capsys.readouterr().err


@pytest.mark.parametrize("method", ("exact", "certified", "enclosure", "auto"))
def test_check_keeps_its_seconds(method: str, capsys) -> None:
    """Forty particles on the lake, whose law takes minutes."""
    began = time.process_time()
    code = run(["check", "shipped:frozenlake-4x4", "--particles", "40", "--method", method, "--budget", "2", "--json"])
    assert time.process_time() - began < 6
    assert code == (2 if method in ("exact", "certified") else 0), capsys.readouterr().err
