"""The guided single particle, exact: its law at every step (P5, S2), and how far its importance weights spread (S1).

The guided particle moves by `M_t psi_t V_t / (B_{t-1} V)`. On paths, `dpi/dguided` is proportional to
`W = prod_t rho_t(x_t)`, which is the accumulated weight of the process `sis-guided`; so
`chi^2(pi || guided) = Var W / E[W]^2`, and N guided paths are worth `N E[W]^2 / E[W^2]` paths of pi. The same functions
serve any other proposal (`sis`, `best-of-n`), whose weights play the part of W.
"""

from __future__ import annotations

from dataclasses import dataclass

from smc.exact.independent import moments, terminal_cells
from smc.exact.law import OutputLaw
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess


def proposal_laws(process: ParticleProcess) -> tuple[OutputLaw, ...]:
    """Law of `x_t` of one particle that only moves, for t = 1..T; `dead` is the probability that it had no move left
    before t.

    For `guided` this is the law that P5 and S2 compare with the twisted target `pihat_t ∝ eta_t V_t`. A doomed state
    (`B V = 0`, `V > 0`) counts at the step where it is entered and is dead afterwards.
    """
    laws = []
    here: dict[int, Rational] = {0: ONE}
    dead = ZERO
    for t, step in enumerate(process.steps):
        following = [ZERO] * process.sizes[t + 1]
        for x, mass in here.items():
            if not step[x]:
                dead += mass
            for y, probability, _ in step[x]:
                following[y] += mass * probability
        laws.append(OutputLaw(tuple(following), dead))
        here = {y: mass for y, mass in enumerate(following) if mass}
    return tuple(laws)


@dataclass(frozen=True)
class WeightDispersion:
    """First two moments of the accumulated weight W of one path (weight zero included)."""

    mean: Rational
    second: Rational

    @property
    def chi_square(self) -> Rational:
        """`chi^2(pi || proposal) = Var W / E[W]^2`, on paths (S1)."""
        return self.second / self.mean**2 - 1

    def effective_sample_size(self, particles: int) -> Rational:
        """`N E[W]^2 / E[W^2] = N / (1 + chi^2)`: independent draws of pi that N weighted paths are worth."""
        return particles * self.mean**2 / self.second


def weight_dispersion(process: ParticleProcess) -> WeightDispersion:
    """Spread of the importance weights of `process`, by dynamic programming: exact at any horizon, one pass over the
    edges."""
    return WeightDispersion(*moments(process))


def path_total_variation(process: ParticleProcess) -> Rational:
    """`TV(proposal, pi)` on paths, `1/2 E|W/E[W] - 1|`, dead paths included as an outcome of their own.

    At least the TV between the laws of `x_T`. Raises TooLarge where W takes too many values.
    """
    cells = terminal_cells(process)
    mean = cells.moment(1)
    return (sum((p * abs(w / mean - 1) for w, p in cells.weights.items()), ZERO) + cells.dead) / 2
