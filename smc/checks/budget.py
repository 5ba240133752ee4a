"""Seconds by the clock that a computation may take: kept between two reports of an engine."""

from __future__ import annotations

import time
from collections.abc import Callable

from smc.errors import TooLarge

Progress = Callable[[float, str], None]


class OutOfTime(TooLarge):
    """The seconds that were given have passed."""


def within(seconds: float, told: Progress = lambda share, what: None) -> Progress:
    """`told`, until `seconds` from now have passed; from then on it raises OutOfTime, which ends the computation that reports."""
    ends = time.monotonic() + seconds

    def tick(share: float, what: str) -> None:
        if time.monotonic() > ends:
            raise OutOfTime(
                f"{share:.0%} done after {seconds:.0f} seconds", where=what, mend="give more seconds with --budget"
            )
        told(share, what)

    return tick
