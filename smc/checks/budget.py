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


@contextmanager
def kept(seconds: float, told: Progress = lambda share, what: None) -> Iterator[Progress]:
    """Ends the block with OutOfTime once `seconds` have passed, at most 10^9 (for longer there is no limit).

    Yields `told` as the block's progress, which ends it as well: outside the main thread, and where the system has no timers, that is
    where a block ends. A timer that the caller has set is left alone.
    """
    ends, share, what = time.monotonic() + seconds, 0.0, ""

    def over() -> NoReturn:
        done = f"{share:.0%} done" if what else "not done"
        raise OutOfTime(
            f"{done} after {max(seconds, 0):.3g} seconds",
            where=what or "budget",
            mend="give more seconds with --budget",
        )

    def tick(now: float, doing: str) -> None:
        nonlocal share, what
        share, what = now, doing
        if time.monotonic() > ends:
            over()
        told(now, doing)

    def ring(number: int, frame: FrameType | None) -> None:
        over()

    if seconds <= 0:
        over()
    if not (math.isfinite(seconds) and seconds < 1e9 and _free()):
        yield tick
        return
    before, lost = signal.signal(signal.SIGALRM, ring), sys.unraisablehook
    sys.unraisablehook = lambda what: None if isinstance(what.exc_value, OutOfTime) else lost(what)
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
