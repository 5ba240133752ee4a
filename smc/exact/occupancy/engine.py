"""One run of the transform engine, over any of its arithmetics, from the first move to the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Protocol

from smc.exact.law import OutputLaw
from smc.exact.occupancy.arithmetic import WholeNumbers
from smc.exact.occupancy.cells import CellChain, Cells
from smc.exact.occupancy.cost import last_by_polynomial
from smc.exact.occupancy.last import last_resampling
from smc.exact.occupancy.simplex import simplex
from smc.exact.occupancy.transform import Normalise, Scale, Step, normalisation, resampling, substitution
from smc.numbers import Rational


class Ticker(Protocol):
    """Takes reports of progress: called with the share done, or counting steps."""

    def __call__(self, share: float) -> None:
        """Report the share done."""

    def counting(self, steps: int) -> Callable[[], None]:
        """A function to call after each of `steps` steps."""


@dataclass(frozen=True)
class Schedule:
    """All steps of a run, made before it.

    moves: steps of the move out of layer t = 1..T-1, or fewer where the last step goes another way.
    shares: `X[m] *= (L_t / D(m))^N`, t = 1..T-1: the first step of each move.
    """

    chain: CellChain
    particles: int
    moves: tuple[tuple[Step, ...], ...]
    shares: tuple[Normalise, ...]

    @cached_property
    def output(self) -> Normalise:
        """The last resampling, `X[m] *= L_T / D(m)`."""
        return normalisation(self.chain.layers[-1].weights, self.particles, 1)

    @property
    def steps(self) -> int:
        """How many steps there are in all."""
        return sum(map(len, self.moves))

    def growth(self, arithmetic=None) -> list[int]:
        """`d_t L_t` for t = 1..T-1: the denominator of the law grows by its N-th power. (`L_t = 1` for balls, which divide by D.)"""
        common = [share.common if arithmetic is None else arithmetic.common(share) for share in self.shares]
        return [d * c for d, c in zip(self.chain.denominators[1:], common, strict=True)]

    @property
    def denominator(self) -> int:
        """`d_0^N · prod_t (d_t L_t)^N · L_T`: every numerator of the output law is a whole number over it, and at most it."""
        return (self.chain.denominators[0] * prod(self.growth())) ** self.particles * self.output.common


def schedule(chain: CellChain, particles: int, moves: int | None = None) -> Schedule:
    """The steps for `particles` particles, of the first `moves` moves (all T - 1 when None)."""
    shares = [normalisation(cells.weights, particles, particles) for cells in chain.layers[:-1]]
    steps = []
    for t in range(1, chain.horizon if moves is None else moves + 1):
        resample = resampling(chain.layers[t - 1].weights, particles)
        steps.append((shares[t - 1], *resample, *substitution(chain.forms(t), particles)))
    return Schedule(chain, particles, tuple(steps), tuple(shares))


def occupancies(plan: Schedule, arithmetic, layers: int, tick: Callable[[], None] = lambda: None) -> tuple[list, Any]:
    """Law of the occupancies of layer `layers` >= 1 (in a list of its own, so that the caller may let go of it) and of dying before it.

    Numerators over `d_0^N · prod_{t < layers} (d_t L_t)^N`, in `arithmetic`.
    """
    chain, particles = plan.chain, plan.particles
    held = [
        arithmetic.scale(
            arithmetic.lift([1] * simplex(particles, chain.layers[0].count).count), first_occupancy(chain, particles)
        )
    ]
    dead = arithmetic.zero
    for t, factor in enumerate(plan.growth(arithmetic)[: layers - 1]):
        dead = arithmetic.times(dead + _dead(chain.layers[t], held[0], arithmetic), factor, particles)
        held.append(arithmetic.run(held.pop(), plan.moves[t], tick))
    return held, dead


def numerators(plan: Schedule, arithmetic, tick: Callable[[], None] = lambda: None) -> tuple[list, Any]:
    """Numerators of the output law, shape (|X_T|,), and of `dead`, all over `plan.denominator`, in `arithmetic`."""
    chain, particles = plan.chain, plan.particles
    held, dead = occupancies(plan, arithmetic, chain.horizon, tick)
    x = held.pop()
    cells = chain.layers[-1]
    dead = arithmetic.times(dead + _dead(cells, x, arithmetic), arithmetic.common(plan.output), 1)
    x = arithmetic.normalise(x, plan.output)
    points = simplex(particles, cells.count).points
    law = [arithmetic.zero] * chain.outcomes
    for c, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            law[state] = law[state] + arithmetic.weigh(x, points[:, c], weight)
    return law, dead


def before_last(plan: Schedule, arithmetic, tick: Callable[[], None] = lambda: None) -> tuple[list, Any, int]:
    """Occupancies of layer T - 1 (of the root, for T = 1), dying before it, and their denominator: where `last` goes on."""
    chain = plan.chain
    if chain.horizon == 1:
        return [arithmetic.number(1)], arithmetic.zero, 1
    held, dead = occupancies(plan, arithmetic, chain.horizon - 1, tick)
    denominator = (chain.denominators[0] * prod(plan.growth(arithmetic)[:-1])) ** plan.particles
    return list(held.pop()), dead, denominator


def integer_law(chain: CellChain, particles: int, ticker: Ticker | None = None) -> OutputLaw:
    """The output law by whole numbers; the last resampling by polynomials where that is cheaper than one more move.

    Raises ArithmeticError if the probabilities do not add up to 1.
    """
    by_polynomial = last_by_polynomial(chain, particles, "transform")
    plan = schedule(chain, particles, max(chain.horizon - 2, 0) if by_polynomial else None)
    tick = ticker.counting(plan.steps) if ticker else lambda: None
    if by_polynomial:
        x, dead, denominator = before_last(plan, WholeNumbers(), tick)
        law = last_resampling(chain, x, denominator, particles)
        law = OutputLaw(law.law, law.dead + Rational(int(dead), denominator))
    else:
        top, dead = numerators(plan, WholeNumbers(), tick)
        law = OutputLaw(tuple(Rational(int(v), plan.denominator) for v in top), Rational(int(dead), plan.denominator))
    if sum(law.law) + law.dead != 1:
        raise ArithmeticError("the probabilities do not add up to 1: a step of the transform is wrong")
    return law


def first_occupancy(chain: CellChain, particles: int) -> Scale:
    """`N!/prod m_c! · prod first_c^{m_c}`, the multinomial law after the first move over `d_0^N`."""
    constant = 1
    for k in range(2, particles + 1):
        constant *= k
    return Scale(simplex(particles, chain.layers[0].count), chain.first, (-1,) * chain.layers[0].count, constant)


def _dead(cells: Cells, x, arithmetic) -> Any:
    # all N particles in the last cell is the first point of the lexicographic order
    return arithmetic.zero if cells.weights[-1] else x[0]
