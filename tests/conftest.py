"""Hypothesis profiles for every test, and the tightest ratios that the property tests found.

`HYPOTHESIS_PROFILE=dev|ci|nightly` (default ci). dev is for the inner loop, ci is derandomised so that a commit's verdict never
changes, nightly draws anew each time and remembers what it found.
"""

from __future__ import annotations

import gc
import os
import signal
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.effort import ROOT, resting
from tests.tightness import Ledger, refutations

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("dev", max_examples=20, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("nightly", max_examples=3000, deadline=None, suppress_health_check=_SLOW, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it for a job in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else the tests of Ctrl-C wait for ever

LEDGER = Ledger()


@pytest.fixture(scope="session")
def made():
    """What `bellman-smc prove` reads: every stored proof, replayed once a session against its seal."""
    from proofs.reading.blueprint import blueprint

    return blueprint()


@pytest.fixture
def ledger() -> Ledger:
    """Counts of this test, so that it can refuse to pass on nothing; ratios go to the session's ledger."""
    return LEDGER.page()


def pytest_collection_finish() -> None:
    """What is imported stays: searched for garbage over and over it takes a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """The second worker of `make test` begins to read at the other end: pytest prepares the assertions of a test file, which takes longer
    than all else of it, and keeps what it has prepared, so that each worker prepares half of them and finds the others."""
    if os.environ.get("PYTEST_XDIST_WORKER") != "gw1" or session.config.args != session.config.getini("testpaths"):
        return
    for path in sorted(Path(__file__).parent.rglob("test_*.py"), reverse=True):
        with suppress(Exception, pytest.skip.Exception):  # what cannot be imported is reported where it is collected
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """First the files that ask for the replayed proofs: they fall to one worker. Leaves out the tests marked `by_turn` whose turn it is
    not (`tests.effort`), unless single tests are asked for."""
    replayed = {item.path for item in items if "made" in item.fixturenames}
    items.sort(key=lambda item: item.path not in replayed)
    if config.option.keyword or any("::" in argument for argument in config.args):
        return
    left = resting(items)
    if left:
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # a pytest-xdist worker hands its ratios to the controller
    if output is not None:
        output["tightness"], output["refutations"] = LEDGER.to_json(), refutations
    else:
        build = session.config.rootpath / "build"
        LEDGER.store(build / "tightness.json")
        if refutations:
            build.mkdir(exist_ok=True)
            (build / "refutations.txt").write_text(
                "\n\n".join(text for _, (*_, text) in sorted(refutations.items())) + "\n"
            )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    LEDGER.merge(output.get("tightness", {}))
    refutations.update(output.get("refutations", {}))


def pytest_terminal_summary(terminalreporter) -> None:
    lines = LEDGER.lines()
    if lines:
        terminalreporter.section("tightest instance of each statement (observed / bound)")
        for line in lines:
            terminalreporter.write_line(line)
    if refutations:
        terminalreporter.section("planted falsehoods: size of the shrunk counterexample, instances tried")
        for name, (size, tried, _) in sorted(refutations.items()):
            terminalreporter.write_line(f"{name:28} {size:3} {tried:6}")
