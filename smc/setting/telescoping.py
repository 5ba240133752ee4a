"""The telescoping weight, path by path: why the values in the middle of a run cancel.

Along a path `x_0..x_T`, naive-proposal SMC multiplies `G_t = psi_t V_t(x_t)/V_{t-1}(x_{t-1})`. The product telescopes to
`prod psi_t · phi(x_T) / V_0`: every intermediate value cancels. The guided proposal has probability
`prod_t M_t psi_t V_t/(B_{t-1} V)`, and its weight `prod_t rho_t(x_t)` is what remains. Either way
`scale · probability · weight` is the target's unnormalised mass of the path.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from smc.numbers import ONE, Rational
from smc.samplers import particle_process
from smc.setting.analysis import Constants


@dataclass(frozen=True)
class PathWeight:
    """One path under one algorithm. probability: of the proposal. weights: one a step. mass: `scale · probability · prod weights`."""

    states: tuple[str, ...]
    probability: Rational
    weights: tuple[Rational, ...]
    mass: Rational

    @property
    def weight(self) -> Rational:
        """The product of the weights."""
        return prod(self.weights, start=ONE)


def path_weights(constants: Constants, algorithm: str) -> list[PathWeight]:
    """Every path of the proposal of `algorithm` (`naive` or `guided`), in the order of the states."""
    model = constants.model
    process = particle_process(model, constants.twist, algorithm)
    paths: list[tuple[tuple[int, ...], Rational, tuple[Rational, ...]]] = [((0,), ONE, ())]
    for step in process.steps:
        paths = [
            ((*states, y), p * probability, (*weights, w))
            for states, p, weights in paths
            for y, probability, w in step[states[-1]]
        ]
    return [
        PathWeight(
            tuple(model.layers[t][x] for t, x in enumerate(states)), p, weights, process.scale * p * prod(weights)
        )
        for states, p, weights in paths
    ]
