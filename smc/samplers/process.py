"""What the algorithms are, once. Every engine (exact, realised, vectorised) runs the `ParticleProcess` that is made here.

A particle process starts N particles at the root. At step t = 1..T each particle moves from its state to an outcome (successor,
probability, weight); then, if `resampled`, N new particles are drawn in proportion to the weights. The output is one particle, drawn
in proportion to the final weights (the accumulated product, where nothing is resampled).
`Zhat = scale · prod_t mean(weight_t)` (the mean of the products without resampling), and `E[Zhat] = Z`.

| algorithm | moves | weight of a move x -> y at step t | scale |
|---|---|---|---|
| naive | `M_t` | `G_t = psi_t V_t(y)/V_{t-1}(x)` | `V_0` |
| adapted, guided (N = 1), mh proposal | `M_t psi_t V_t / (B_{t-1} V)` | `rho_t(y)` before T, 1 at T | `V_0 rho_0` |
| sis | as naive | as naive, never resampled | `V_0` |
| sis-guided | as adapted | as adapted, never resampled | `V_0 rho_0` |
| best-of-n | `M_t` | `psi_t`, times `phi(y)` at T, never resampled | 1 |

Fully adapted SMC weights by `rho_{t-1}(x_{t-1})`, resamples, then moves. Weighting by `rho_t` right after the move to x_t is the same
run written one half-step earlier: `rho_0` is a constant, and the last resampling, with equal weights, changes no law of one particle.
An alive state without a guided move (`B V = 0`) is entered with weight `rho = 0`, so no particle ever leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from smc.errors import InputError
from smc.numbers import ONE, ZERO, Rational
from smc.setting.analysis import bellman
from smc.setting.model import LayeredModel
from smc.setting.twist import Twist


class Outcome(NamedTuple):
    """One move of a particle: successor (index in the next layer), probability, incremental weight (>= 0)."""

    target: int
    probability: Rational
    weight: Rational


@dataclass(frozen=True)
class ParticleProcess:
    """A particle algorithm without its number of particles.

    steps: `steps[t][x]`, the outcomes of a particle at state x of layer t, shape (T, |X_t|, sparse); empty where no particle can be.
    sizes: number of states by layer, shape (T + 1,).
    scale: the constant in front of `Zhat`.
    resampled: whether particles are resampled after every step.
    """

    algorithm: str
    steps: tuple[tuple[tuple[Outcome, ...], ...], ...]
    sizes: tuple[int, ...]
    scale: Rational
    resampled: bool = True

    @property
    def horizon(self) -> int:
        """Number of steps `T`."""
        return len(self.steps)


def _merged(outcomes: list[Outcome]) -> tuple[Outcome, ...]:
    """Outcomes of equal target and weight joined, zero probabilities dropped, in a fixed order."""
    joined: dict[tuple[int, Rational], Rational] = {}
    for target, probability, weight in outcomes:
        if probability:
            joined[target, weight] = joined.get((target, weight), ZERO) + probability
    return tuple(Outcome(target, p, w) for (target, w), p in sorted(joined.items()))


def naive(model: LayeredModel, twist: Twist) -> ParticleProcess:
    """Naive-proposal SMC: move by the reference, weight by `G_t(x, y) = psi_t V_t(y)/V_{t-1}(x)`, resample also at T."""
    steps = []
    for t, step in enumerate(model.edges):
        here, there = twist.values[t], twist.values[t + 1]
        steps.append(
            tuple(
                _merged([Outcome(e.target, e.probability, e.potential * there[e.target] / v) for e in row]) if v else ()
                for v, row in zip(here, step, strict=True)
            )
        )
    return ParticleProcess("naive", tuple(steps), model.sizes, twist.values[0][0])


def adapted(model: LayeredModel, twist: Twist) -> ParticleProcess:
    """Fully adapted SMC (S8): guided moves, weights `rho_t`. With one particle it is the guided single particle (P5, S2)."""
    values = twist.values
    backed = [bellman(model, t, values[t + 1]) for t in range(model.horizon)]
    steps = []
    for t, step in enumerate(model.edges):
        last = t + 1 == model.horizon
        rows = []
        for x, row in enumerate(step):
            mass = backed[t][x]
            outcomes = []
            for e in row if mass and values[t][x] else ():
                v = values[t + 1][e.target]
                if v and e.potential:
                    weight = ONE if last else backed[t + 1][e.target] / v
                    outcomes.append(Outcome(e.target, e.probability * e.potential * v / mass, weight))
            rows.append(_merged(outcomes))
        steps.append(tuple(rows))
    return ParticleProcess("adapted", tuple(steps), model.sizes, backed[0][0])


def best_of_n(model: LayeredModel, twist: Twist) -> ParticleProcess:
    """Best-of-N with terminal weights: reference paths, weight `prod psi · phi`; the reward model plays no part before T."""
    del twist
    steps = []
    for t, step in enumerate(model.edges):
        phi = model.reward if t + 1 == model.horizon else (ONE,) * len(model.layers[t + 1])
        steps.append(
            tuple(_merged([Outcome(e.target, e.probability, e.potential * phi[e.target]) for e in row]) for row in step)
        )
    return ParticleProcess("best-of-n", tuple(steps), model.sizes, ONE, resampled=False)


def _without_resampling(make: Callable[[LayeredModel, Twist], ParticleProcess], name: str):
    def build(model: LayeredModel, twist: Twist) -> ParticleProcess:
        process = make(model, twist)
        return ParticleProcess(name, process.steps, process.sizes, process.scale, resampled=False)

    build.__doc__ = f"Sequential importance sampling: the moves and weights of `{make.__name__}`, never resampled."
    return build


sis = _without_resampling(naive, "sis")
sis_guided = _without_resampling(adapted, "sis-guided")

ALGORITHMS: dict[str, Callable[[LayeredModel, Twist], ParticleProcess]] = {
    "naive": naive,
    "adapted": adapted,
    "guided": adapted,
    "sis": sis,
    "sis-guided": sis_guided,
    "best-of-n": best_of_n,
}
"""By command-line name. `guided` is `adapted` with one particle; `mh` runs on the guided proposals (`sis-guided`)."""


def particle_process(model: LayeredModel, twist: Twist, algorithm: str) -> ParticleProcess:
    """The process of `algorithm` (a key of `ALGORITHMS`). Raises InputError for an unknown name."""
    if algorithm not in ALGORITHMS:
        raise InputError(
            f"unknown algorithm {algorithm!r}", where="algorithm", mend=f"choose one of {', '.join(ALGORITHMS)}, mh"
        )
    return ALGORITHMS[algorithm](model, twist)


def check_particles(particles: int) -> int:
    """`particles` if it is a whole number of at least 1; raises InputError otherwise."""
    if isinstance(particles, bool) or not isinstance(particles, int) or particles < 1:
        raise InputError(f"{particles!r} particles", where="particles", mend="give a whole number of at least 1")
    return particles
