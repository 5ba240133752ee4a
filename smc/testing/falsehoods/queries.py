"""Falsehoods planted beside the lower bounds: P4 and S6 on queries, G2 on particles.

Each claims something of every case that its strategy draws. A claim on queries is refuted by an algorithm: `hidden_search` with
`enough(case)` queries is within delta of the target whichever prefix is hidden, and asks fewer than is claimed to be necessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smc.instances.hidden import HardInstance, audit, hidden_prefix
from smc.instances.product import product_family
from smc.numbers import ONE, ZERO, Rational
from smc.query.minimax import best_hit
from smc.testing.scalars import rationals

Claims = Iterator[tuple[str, Rational, Rational]]
"""(quantity, observed, claimed bound), as in `registry.Claims`."""


@dataclass(frozen=True)
class Hidden:
    """A hidden-prefix family and an accuracy. leaves: how many prefixes of length `hidden` are worth hiding."""

    vocabulary: int
    hidden: int
    horizon: int
    gain: Rational
    leaves: int
    delta: Rational

    @property
    def square(self) -> Rational:
        """`a^2`, `a = gain^(T - r)`."""
        return self.gain ** (2 * (self.horizon - self.hidden))

    @property
    def members(self) -> list[HardInstance]:
        """One instance for each hidden prefix."""
        return [
            hidden_prefix(
                vocabulary=self.vocabulary,
                hidden=self.hidden,
                horizon=self.horizon,
                gain=self.gain,
                leaves=self.leaves,
                which=which,
            )
            for which in range(self.leaves)
        ]

    @property
    def size(self) -> int:
        """Number of leaves: how much there is to read."""
        return self.leaves


@dataclass(frozen=True)
class Doubling:
    """G2's instance: `horizon` fair bits, N particles, `V = V*` doubling on a one."""

    particles: int
    horizon: int

    @property
    def size(self) -> int:
        """Particles and steps together."""
        return self.particles + self.horizon


@dataclass(frozen=True)
class LowerBoundFalsehood:
    """name: `ID/what is broken`. how: in words. strategy: where to look. largest: the `size` that a shrunk case may have."""

    name: str
    how: str
    claims: Callable[[Any], Claims]
    strategy: Callable[[], SearchStrategy]
    largest: int


LOWER_BOUND_FALSEHOODS: dict[str, LowerBoundFalsehood] = {}
"""By name."""


def planted(name: str, how: str, *, where: Callable[[], SearchStrategy], largest: int):
    """Registers a function `case -> claims` as the falsehood `name`."""

    def register(claims: Callable[[Any], Claims]) -> Callable[[Any], Claims]:
        LOWER_BOUND_FALSEHOODS[name] = LowerBoundFalsehood(name, how, claims, where, largest)
        return claims

    return register


def gains() -> SearchStrategy[Rational]:
    """1 + eps in [5/4, 3]: shrinks towards 2."""
    return rationals(min_value=Rational(5, 4), max_value=3)


def children() -> SearchStrategy[Hidden]:
    """S6's families: `floor(a^2) + 1` children of the root, T up to 4."""

    def made(horizon: int, gain: Rational, delta: Rational) -> Hidden:
        leaves = int(gain ** (2 * (horizon - 1))) + 1
        return Hidden(leaves, 1, horizon, gain, leaves, delta)

    return st.builds(made, st.integers(2, 4), gains(), st.sampled_from([Rational(1, k) for k in (4, 3, 10)]))


def words() -> SearchStrategy[Hidden]:
    """The paper's families: `T = 3m`, `floor(gain^(2m))` words of length 2m over `ceil(gain)` letters, delta = 1/3."""

    def made(m: int, gain: Rational) -> Hidden:
        leaves = int(gain ** (2 * m))
        return Hidden(max(2, int(-(-gain // 1))), 2 * m, 3 * m, gain, leaves, Rational(1, 3))

    return st.builds(made, st.integers(1, 2), gains()).filter(lambda case: case.leaves >= 2)


def every_word() -> SearchStrategy[Hidden]:
    """All words of length 2 over `ceil(gain)` letters, whether or not the gain is whole; T = 3."""

    def made(gain: Rational) -> Hidden:
        letters = max(2, int(-(-gain // 1)))
        return Hidden(letters, 2, 3, gain, letters**2, Rational(1, 3))

    return st.builds(made, gains())


def few_leaves() -> SearchStrategy[Hidden]:
    """Families small enough for the search over all decision trees."""
    return st.builds(
        lambda leaves, gain: Hidden(2, 2, 3, gain, leaves, Rational(1, 3)), st.integers(2, 4), gains()
    )  # fmt: skip


def doublings() -> SearchStrategy[Doubling]:
    """G2's instances with up to 64 particles and steps."""
    return st.builds(Doubling, st.integers(1, 64), st.integers(1, 64))


def enough(case: Hidden) -> int:
    """Fewest queries with which `hidden_search` is within delta whichever prefix is hidden: `(Q + 1)/B >= mass - delta`.

    The mass is the model's own, from its target; the claims' closed forms do not enter.
    """
    missing = case.leaves * (audit(case.members[0]).hidden_mass - case.delta)
    return max(0, int(-(-missing // 1)) - 1)


def _needed(case: Hidden, claimed: Rational) -> Claims:
    yield "queries claimed necessary, above a number that suffices", claimed, ONE * enough(case)


@planted("P4/exponent", "T in place of 2T/3", where=words, largest=9)
def _(case: Hidden) -> Claims:
    yield from _needed(case, case.gain**case.horizon / 6 - 1)


@planted("P4/constant", "1/3 in place of 1/6", where=words, largest=9)
def _(case: Hidden) -> Claims:
    yield from _needed(case, case.gain ** (2 * case.horizon // 3) / 3 - 1)


@planted(
    "P4/every-word",
    "all words over ceil(1 + eps) letters are hidden, and the target still gives one of them half its mass",
    where=every_word,
    largest=9,
)
def _(case: Hidden) -> Claims:
    yield "claimed least mass below the hidden word, above its mass", Rational(1, 2), audit(case.members[0]).hidden_mass


@planted(
    "P4/no-guess", "Q in place of Q + 1: an answer lies only below what was asked about", where=few_leaves, largest=4
)
def _(case: Hidden) -> Claims:
    for queries in range(2):
        yield f"best hit with {queries} queries", best_hit(case.members, queries).hit, Rational(queries, case.leaves)


@planted("S6/exponent", "2T - 1 in place of 2(T - 1)", where=children, largest=10)
def _(case: Hidden) -> Claims:
    yield from _needed(case, (Rational(1, 2) - case.delta) * case.gain ** (2 * case.horizon - 1) - 1)


@planted(
    "S6/one-more",
    "B (mass - delta) in place of B (mass - delta) - 1: the last guess is free",
    where=children,
    largest=10,
)
def _(case: Hidden) -> Claims:
    mass = case.square / (case.square + case.leaves - 1)
    yield from _needed(case, case.leaves * (mass - case.delta))


@planted("S6/mass", "a/(a + B - 1) in place of a^2/(a^2 + B - 1): siblings decay too", where=children, largest=10)
def _(case: Hidden) -> Claims:
    a = case.gain ** (case.horizon - case.hidden)
    yield "hidden mass", audit(case.members[0]).hidden_mass, a / (a + case.leaves - 1)


def _floor(case: Doubling, power_of_t: int, power_of_n: int) -> Claims:
    """`(1/20) min(1, T^(power_of_t/2) / N^(power_of_n/2))` as a floor of the distance, compared in squares.

    1/20 is less than half of what G2 itself stands here (1/9): it is the exponent that fails, not the constant.
    """
    distance = product_family(2, case.horizon).total_variation(case.particles)
    share = min(ONE, ONE * case.horizon**power_of_t / case.particles**power_of_n)
    yield "square of the claimed floor, above TV^2", share / 400, distance**2


@planted("G2/exponent", "T/N in place of sqrt(T)/N", where=doublings, largest=40)
def _(case: Doubling) -> Claims:
    yield from _floor(case, 2, 2)


@planted("G2/particles", "sqrt(T/N) in place of sqrt(T)/N", where=doublings, largest=40)
def _(case: Doubling) -> Claims:
    yield from _floor(case, 1, 1)


@planted("G2/sign", "a perfect reward model leaves no bias: TV = 0", where=doublings, largest=4)
def _(case: Doubling) -> Claims:
    yield "TV", product_family(2, case.horizon).total_variation(case.particles), ZERO
