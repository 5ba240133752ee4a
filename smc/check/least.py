"""The least count that is enough, by doubling and bisection: how plans and the atlas turn a bound into a number."""

from __future__ import annotations

from collections.abc import Callable


def least_enough(enough: Callable[[int], bool], most: int) -> int | None:
    """The least n >= 1 with `enough(n)`, where `enough` once true stays true; None when no n of the doubling up to `most` is enough."""
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
