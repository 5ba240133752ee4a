"""How long the numbers of an exact law get, and how long they take, where no engine costs it: told before they are made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from smc.errors import TooLarge
from smc.exact.occupancy.cost import duration
from smc.numbers import Ball, Rational, least_enough

Step = TypeVar("Step")

MOST_BITS = 1 << 31
"""Largest estimated total length of the powers that a law is made of: 256 MiB."""
MOST_SECONDS = 600.0
"""Longest estimate of a law, where nobody says how long it may take."""
A_TERM = 0.6
"""Greatest common divisors that one term of a step takes, as measured: fractions are kept in lowest terms."""


def reduction(bits: float) -> float:
    """Seconds of the greatest common divisor of two numbers of so many bits, from above, as measured from 10^4 to 10^7."""
    return 2e-10 * bits * math.log2(bits + 2) ** 2


def check_powers(
    bits: int, terms: int, reductions: float, count: int, name: str, beyond: str = "", seconds: float = MOST_SECONDS
) -> None:
    """Raises TooLarge where `terms` numbers of `bits` bits, to the power `count`, would not fit, or `reductions` greatest common divisors
    of such powers take longer than `seconds`. name: of the count."""
    if bits * terms * count > MOST_BITS:
        raise TooLarge(
            f"the exact law after {count:,} {name} has about {bits * terms * count >> 23:,} MiB of digits",
            where=name,
            mend=_fewer(
                lambda n: bits * terms * n <= MOST_BITS and reductions * reduction(bits * n) <= seconds, count, name
            )
            + beyond,
        )
    if (took := reductions * reduction(bits * count)) > seconds:
        raise _late(count, name, took, seconds, lambda n: reductions * reduction(bits * n), beyond)


def _fewer(fits: Callable[[int], bool], count: int, name: str) -> str:
    """The mend for a count that does not fit, though smaller ones may."""
    most = (least_enough(lambda n: not fits(n), 2 * count) or 1) - 1
    return f"take at most {most:,} {name}" if most else f"take fewer {name}"


def _late(
    count: int, name: str, took: float, seconds: float, estimate: Callable[[int], float], beyond: str = ""
) -> TooLarge:
    """The refusal of a law that takes longer than it may. estimate: by count, rising."""
    fewer = _fewer(lambda n: estimate(n) <= seconds, count, name)
    return TooLarge(
        f"the exact law after {count:,} {name} takes about {duration(took)}, more than {duration(seconds)}",
        where=name,
        mend=f"{fewer}, or give more seconds with --budget{beyond}",
    )


def stepped(
    laws: Iterator[Step],
    count: int,
    name: str,
    terms: int,
    law: Callable[[Step], Sequence[Rational | Ball]],
    seconds: float = MOST_SECONDS,
) -> Step:
    """What comes with the law number `count`, from 1 on, of laws that are made one from the other by `terms` products each.

    Their numbers grow by about the same length at every step, or not at all: TooLarge is raised after the third where all of them would
    take longer than `seconds`.
    """
    if count <= 3:
        return next(islice(laws, count - 1, None))
    _, second, third = islice(laws, 3)
    growth = _bits(law(third)) - _bits(law(second))

    def estimate(n: int) -> float:
        """Of n steps: numbers of one length, as balls are, take the same time at every one, that of a word or so."""
        n = min(n, 10**30)
        return A_TERM * terms * n * (reduction(growth * n) / 2 if growth > 0 else reduction(64.0))

    if (took := estimate(count)) > seconds:
        raise _late(count, name, took, seconds, estimate)
    return next(islice(laws, count - 4, None))


def _bits(law: Sequence[Rational | Ball]) -> int:
    return max((p.denominator.bit_length() for p in law if not isinstance(p, Ball)), default=0)
