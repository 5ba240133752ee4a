"""Every text of a horizon, where end and vocabulary are small: what an adapter's law and the loop's normaliser are held to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from smc.lm.adapter import Text


def texts_of(tokens: range, horizon: int) -> Iterator[Text]:
    """Those that ended before the horizon, and those that were cut at it."""
    for length in range(horizon + 1):
        for text in product(tokens, repeat=length):
            yield Text(text, True) if length < horizon else Text(text)
