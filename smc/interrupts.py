"""Ctrl-C is remembered, so that it ends as an interruption whatever the libraries in between make of it.

A KeyboardInterrupt surfaces between any two bytecodes: inside a library's set-up whose `finally` then fails with another
exception (Hypothesis answers with an AssertionError), inside a callback from C whose caller reports an error of its own, or
inside a generator that is being closed or a callback of the garbage collector, where the interpreter drops it (and prints a
traceback, which `watched` keeps from a person who pressed Ctrl-C). What arrives at the top is then an internal error, a
missing extra, or nothing at all.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asked = False


@contextmanager
def watched() -> Iterator[None]:
    """Within it Ctrl-C raises KeyboardInterrupt, as ever, and `interrupted` is true from then on, to the end of the outermost `watched`.

    Outside the main thread, and where the caller ignores the signal or handles it in its own way, it changes nothing.
    """
    global _asked
    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    _asked = False
    told = sys.unraisablehook
    signal.signal(signal.SIGINT, _remember)
    sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, KeyboardInterrupt) else told(lost)
    try:
        yield
    finally:
        sys.unraisablehook = told
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _asked = False


def interrupted() -> bool:
    """Whether Ctrl-C was pressed since the outermost `watched` began."""
    return _asked


def pass_on() -> None:
    """Raises KeyboardInterrupt if Ctrl-C was pressed and something on the way kept it."""
    if _asked:
        raise KeyboardInterrupt


def _remember(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    signal.default_int_handler(number, frame)
