"""One run of the transform engine, over any of its arithmetics, from the first move to the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smc.exact.cells import CellChain, Cells
from smc.exact.simplex import simplex
from smc.exact.transform import Normalise, Scale, Step, normalisation, resampling, substitution


@dataclass(frozen=True)
class Schedule:
    """All steps of a run, made before it.

    moves: steps of the move out of layer t = 1..T-1.
    output: the last resampling, `X[m] *= L_T / D(m)`.
    dead: whether layer t = 1..T has a dead cell.
    growth: `d_t L_t` for t = 1..T-1: the denominator of the law grows by its N-th power.
    """

    chain: CellChain
    particles: int
    moves: tuple[tuple[Step, ...], ...]
    output: Normalise
    growth: tuple[int, ...]

    @property
    def denominator(self) -> int:
        """`d_0^N · prod_t (d_t L_t)^N · L_T`: every numerator of the output law is a whole number over it, and at most it."""
        n, result = self.particles, self.chain.denominators[0]
        for factor in self.growth:
            result *= factor
        return result**n * self.output.common


def schedule(chain: CellChain, particles: int) -> Schedule:
    """The steps for `particles` particles."""
    moves, growth = [], []
    for t in range(1, chain.horizon):
        resample = resampling(chain.layers[t - 1].weights, particles)
        moves.append((*resample, *substitution(chain.forms(t), particles)))
        growth.append(chain.denominators[t] * resample[0].common)
    return Schedule(chain, particles, tuple(moves), normalisation(chain.layers[-1].weights, particles, 1), tuple(growth))


def numerators(plan: Schedule, arithmetic, tick: Callable[[], None] = lambda: None) -> tuple[list, object]:
    """Numerators of the output law, shape (|X_T|,), and of `dead`, all over `plan.denominator`, in `arithmetic`."""
    chain, particles = plan.chain, plan.particles
    x = arithmetic.lift([1] * simplex(particles, chain.layers[0].count).count)
    x = arithmetic.scale(x, first_occupancy(chain, particles))
    dead = arithmetic.zero
    for cells, steps, factor in zip(chain.layers, plan.moves, plan.growth, strict=False):
        dead = dead + _dead(cells, x, arithmetic)
        dead = arithmetic.times(dead, factor, particles)
        held = [x]
        del x
        x = arithmetic.run(held.pop(), steps, tick)
    cells = chain.layers[-1]
    dead = arithmetic.times(dead + _dead(cells, x, arithmetic), plan.output.common, 1)
    x = arithmetic.normalise(x, plan.output)
    points = simplex(particles, cells.count).points
    law = [arithmetic.zero] * chain.outcomes
    for c, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            law[state] = law[state] + arithmetic.weigh(x, points[:, c], weight)
    return law, dead


def first_occupancy(chain: CellChain, particles: int) -> Scale:
    """`N!/prod m_c! · prod first_c^{m_c}`, the multinomial law after the first move over `d_0^N`."""
    constant = 1
    for k in range(2, particles + 1):
        constant *= k
    return Scale(simplex(particles, chain.layers[0].count), chain.first, (-1,) * chain.layers[0].count, constant)


def _dead(cells: Cells, x, arithmetic) -> object:
    # all N particles in the last cell is the first point of the lexicographic order
    return arithmetic.zero if cells.weights[-1] else x[0]
