"""Strategies for exact numbers and exact simplex points.

Every draw below is a choice from a short list that is sorted by simplicity, or a list of such choices. Nothing is filtered, no size is
drawn first, and all integers stay below 100 in absolute value, so that examples are a function of the seed and Hypothesis's version
alone (Hypothesis mixes larger constants of the calling program into its draws).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, gcd

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from smc.numbers import ONE, ZERO, Rational
from smc.testing import arguments

MOST_CANDIDATES = 20_000
"""Longest list of candidates that `rationals` will sort."""
EXTREMES = (Rational(1000), Rational(1, 1000), Rational(10**6), Rational(1, 10**6))
"""Huge and tiny values that `extremes=True` adds."""


def rationals(
    *,
    min_value: object = 0,
    max_value: object = 4,
    max_denominator: int = 4,
    extremes: bool = False,
    exclude_zero: bool = False,
) -> SearchStrategy[Rational]:
    """Exact rationals `p/q` in `[min_value, max_value]` with `q <= max_denominator`.

    extremes: also 1000, 1/1000, 10^6 and 10^-6 (whatever the range). exclude_zero: never 0.
    Shrinks towards a smaller denominator, then towards 1, the neutral weight. Raises InvalidArgument for an empty or absurdly large range.
    """
    low, high = arguments.exact("min_value", min_value), arguments.exact("max_value", max_value)
    arguments.whole("max_denominator", max_denominator)
    arguments.flag("extremes", extremes)
    arguments.flag("exclude_zero", exclude_zero)
    if low > high:
        raise InvalidArgument(f"min_value={low} exceeds max_value={high}")
    if (high - low) * max_denominator**2 > MOST_CANDIDATES:
        raise InvalidArgument(
            f"[{low}, {high}] with denominators up to {max_denominator} holds too many rationals; narrow it"
        )
    groups = [
        sorted(
            (
                Rational(p, q)
                for p in range(ceil(low * q), floor(high * q) + 1)
                if gcd(p, q) == 1 and not (exclude_zero and p == 0)
            ),
            key=lambda r: (abs(r - 1), r > 1),
        )
        for q in range(1, max_denominator + 1)
    ]
    if extremes:
        groups.append(list(EXTREMES))
    groups = [group for group in groups if group]
    if not groups:
        raise InvalidArgument(f"no rational with a denominator up to {max_denominator} lies in [{low}, {high}]")
    return st.sampled_from(groups).flatmap(st.sampled_from)


def simplex_weights(max_weight: int, *, zeros: bool) -> SearchStrategy[int]:
    """One coordinate of a simplex point before it is divided by the sum: 1 is the simplest, then 0 (if `zeros`), then 2, 3, ..."""
    return st.sampled_from([1, *([0] if zeros else []), *range(2, max_weight + 1)])


def normalised(weights: Sequence[int]) -> tuple[Rational, ...]:
    """`weights` divided by their sum; the first is forced to 1 where all are 0. Non-negative and not empty."""
    if not any(weights):
        weights = (1, *weights[1:])
    total = sum(weights)
    return tuple(Rational(w, total) if w else ZERO for w in weights)


def distributions(
    *, min_states: int = 1, max_states: int = 4, max_weight: int = 4, zeros: bool = True
) -> SearchStrategy[tuple[Rational, ...]]:
    """Exact points of a simplex: non-negative rationals that sum to exactly 1, one list of small integers divided by its sum.

    zeros: whether coordinates may be 0. Shrinks towards fewer states and towards the uniform distribution.
    """
    low, high = arguments.span("min_states", min_states, "max_states", max_states)
    arguments.whole("max_weight", max_weight)
    arguments.flag("zeros", zeros)
    return st.lists(simplex_weights(max_weight, zeros=zeros), min_size=low, max_size=high).map(normalised)


def factors(*, extremes: bool, zero: bool = False) -> SearchStrategy[Rational]:
    """Weights for rewards, potentials and values: 1 first, then 0 (if `zero`), then small integers and simple fractions."""
    pairs = ((2, 1), (1, 2), (3, 1), (1, 3), (3, 2), (2, 3), (5, 1), (101, 100))
    nothing = [ZERO] if zero else []
    base = [ONE, *nothing, *(Rational(p, q) for p, q in pairs), *nothing]  # twice, since zero is where hypotheses fail
    return st.sampled_from(base + (list(EXTREMES) if extremes else []))
