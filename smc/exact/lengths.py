"""How long the numbers of an exact law get, and how long they take, where no engine costs it: told before they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from smc.errors import TooLarge
from smc.exact.occupancy.cost import duration
from smc.numbers import Ball, Rational

Step = TypeVar("Step")

MOST_BITS = 1 << 31
"""Largest estimated total length of the powers that a law is made of: 256 MiB."""
MOST_SECONDS = 600.0
"""Longest estimate of a law that is stepped to."""
SECONDS_A_BIT = 1.2e-8
"""Of one term of a step, for every bit that its number has then, as measured: fractions are kept in lowest terms."""


def check_powers(bits: int, count: int, name: str, beyond: str = "") -> None:
    """Raises TooLarge where powers of `bits` bits in all, to the `count`, would not fit. name: of the count."""
    if bits * count > MOST_BITS:
        raise TooLarge(
            f"the exact law after {count:,} {name} has about {bits * count >> 23:,} MiB of digits",
            where=name,
            mend=f"take at most {MOST_BITS // bits:,} {name}{beyond}",
        )


def stepped(
    laws: Iterator[Step], count: int, name: str, terms: int, law: Callable[[Step], Sequence[Rational | Ball]]
) -> Step:
    """What comes with the law number `count`, from 1 on, of laws that are made one from the other by `terms` products each.

    Their numbers grow by about the same length at every step, or not at all: TooLarge is raised after the third where the rest would take
    longer than `MOST_SECONDS`.
    """
    if count <= 3:
        return next(islice(laws, count - 1, None))
    _, second, third = islice(laws, 3)
    growth = _bits(law(third)) - _bits(law(second))
    # numbers of one length, as balls are, take the same time at every step: that of a word or so
    power, length = (2, growth / 2) if growth > 0 else (1, 64.0)
    each = SECONDS_A_BIT * terms * length
    seconds = each * min(count, 10**30) ** power
    if seconds > MOST_SECONDS:
        raise TooLarge(
            f"the exact law after {count:,} {name} takes about {duration(seconds)}, more than {duration(MOST_SECONDS)}",
            where=name,
            mend=f"take at most {int((MOST_SECONDS / each) ** (1 / power)):,} {name}",
        )
    return next(islice(laws, count - 4, None))


def _bits(law: Sequence[Rational | Ball]) -> int:
    return max((p.denominator.bit_length() for p in law if not isinstance(p, Ball)), default=0)
