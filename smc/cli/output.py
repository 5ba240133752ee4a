"""What commands share for printing: one JSON object or tables on stdout, progress and notes on stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from smc.cli import HOLDS, REFUTED, UNDECIDED
from smc.numbers import Verdict
from smc.present.console import WIDE, PlainConsole
from smc.present.words import on_terminal

if TYPE_CHECKING:
    from smc.present.page import Origin

CODES = {Verdict.HOLDS: HOLDS, Verdict.REFUTED: REFUTED, Verdict.UNDECIDED: UNDECIDED}
"""Exit code of a verdict."""


EVERY = 5.0
"""Seconds between two lines of progress where there is no terminal."""
PROSE = 118
"""Columns that running text takes at most."""


def json_object(value: Any) -> None:
    """`value` as the one object on stdout; ASCII, so that every terminal and pipe can carry it."""
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")


def columns() -> int:
    """Columns of running text: those of the terminal or of COLUMNS, within what is pleasant to read."""
    return min(shutil.get_terminal_size((PROSE, 24)).columns, PROSE)


def results() -> Console:
    """The console for results. Tables that are piped keep their width."""
    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=WIDE)


def remarks() -> Console:
    """The console for progress and notes."""
    return PlainConsole(stderr=True)


def _now_and_then(console: Console) -> Callable[[str], None]:
    """Prints a line of progress, but not one within `EVERY` seconds of the last (or of the beginning)."""
    last = time.monotonic()

    def line(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            console.print(text, soft_wrap=True)

    return line


@contextmanager
def waiting(what: str) -> Iterator[Callable[[float, str], None]]:
    """A spinner on a terminal's stderr while the body runs; yields a callable for (share done, what) that fills it in. Elsewhere a line
    every few seconds."""
    console = remarks()
    if not console.is_terminal:
        line = _now_and_then(console)
        yield lambda share, what: line(f"{what}, {share:.0%}")
        return
    with console.status(Text(on_terminal(what))) as status:
        yield lambda share, what: status.update(Text(on_terminal(f"{what}, {share:.0%}")))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal's stderr; yields a callable for (done, total). Elsewhere a line every few seconds."""
    console = remarks()
    if not console.is_terminal:
        line = _now_and_then(console)
        yield lambda done, total: line(f"{what}, {done} of {total}")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(on_terminal(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def origin() -> Origin:
    """Where a page comes from: version, date and command."""
    from datetime import UTC, datetime
    from importlib.metadata import version

    from smc.present.page import Origin

    return Origin(
        version("bellman-smc"), f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", shlex.join(["bellman-smc", *sys.argv[1:]])
    )
