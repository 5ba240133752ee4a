"""Seconds by the clock that a computation may take: kept between any two steps of the interpreter."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from smc.errors import TooLarge

Progress = Callable[[float, str], None]
AGAIN = 0.5
"""Seconds after which the alarm rings again, should a library have kept the first one."""


class OutOfTime(TooLarge):
    """The seconds that were given have passed."""


class _Rung(BaseException):
    """The alarm, on its way to the block that it ends: what reads a file and takes every error for a bad file lets it pass."""

    def __init__(self, late: OutOfTime) -> None:
        super().__init__(str(late))
        self.late = late


@contextmanager
def kept(seconds: float, told: Progress = lambda share, what: None) -> Iterator[Progress]:
    """Ends the block with OutOfTime once `seconds` have passed, at most 10^9 (for longer there is no limit).

    Yields `told` as the block's progress, which ends it as well: outside the main thread, and where the system has no timers, that is
    where a block ends. A timer that the caller has set is left alone.
    """
    try:
        with _kept(seconds, told) as progress:
            yield progress
    except _Rung as alarm:
        raise alarm.late from None


@contextmanager
def _kept(seconds: float, told: Progress) -> Iterator[Progress]:
    ends, share, what = time.monotonic() + seconds, 0.0, ""

    def over() -> OutOfTime:
        done = f"{share:.0%} done" if what else "not done"
        late = f"{done} after {seconds:.3g} seconds" if seconds > 0 else "not begun before the seconds had passed"
        return OutOfTime(late, where=what or "budget", mend="give more seconds with --budget")

    def tick(now: float, doing: str) -> None:
        nonlocal share, what
        share, what = now, doing
        if time.monotonic() > ends:
            raise over()
        told(now, doing)

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise _Rung(over())

    if seconds <= 0:
        raise over()
    if not (math.isfinite(seconds) and seconds < 1e9 and _free()):
        yield tick
        return
    before, lost = signal.signal(signal.SIGALRM, ring), sys.unraisablehook
    sys.unraisablehook = lambda what: None if isinstance(what.exc_value, _Rung) else lost(what)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
            yield tick
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # an alarm on the way out, before the timer is stopped, passes here as well
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = lost


def _free() -> bool:
    """Whether this thread can have an alarm and nobody waits for one."""
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )
