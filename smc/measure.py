"""What is measured on a model, with no formula of any bound in it: the observed side of every row of a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from smc.algorithms import particle_process
from smc.exact import OutputLaw, output_law, second_moment
from smc.exact.guided import proposal_laws, weight_dispersion
from smc.exact.independent import output_law as independent_law
from smc.exact.independent import second_moment as independent_moment
from smc.exact.metropolis import output_law as metropolis_law
from smc.rational import Rational
from smc.value import Constants


@dataclass(frozen=True)
class Measured:
    """Exact measurements of one algorithm with one number of particles (or proposals) on an analysed model."""

    constants: Constants
    algorithm: str
    particles: int
    proposals: int = 1

    @cached_property
    def output(self) -> OutputLaw:
        """Expected law of the output, with `dead`."""
        model, twist = self.constants.model, self.constants.twist
        if self.algorithm == "mh":
            return metropolis_law(particle_process(model, twist, "sis-guided"), self.proposals)
        process = particle_process(model, twist, self.algorithm)
        if not process.resampled:
            return independent_law(process, self.particles)
        return output_law(process, self.particles)

    @cached_property
    def total_variation(self) -> Rational:
        """`TV(law of the output, pi)` on terminal states, `dead` counted as an outcome of its own."""
        return self.output.total_variation(self.constants.target)

    @cached_property
    def second_moment_ratio(self) -> Rational:
        """`E[Zhat^2]/Z^2`."""
        process = particle_process(
            self.constants.model, self.constants.twist, "sis-guided" if self.algorithm == "mh" else self.algorithm
        )
        if not process.resampled:
            moment = independent_moment(process, self.particles)
        else:
            moment = second_moment(process, self.particles)
        return moment / self.constants.normaliser**2


def guided_tv(constants: Constants) -> tuple[Rational, ...]:
    """`TV(law of the guided particle at t, pihat_t)` for t = 1..T (P5, S2); a particle without a move counts as lost."""
    process = particle_process(constants.model, constants.twist, "guided")
    laws = proposal_laws(process)
    return tuple(law.total_variation(constants.twisted_target(t)) for t, law in enumerate(laws, 1))


def importance_chi_square(constants: Constants) -> Rational:
    """`chi^2(pi || guided) = Var(W)/E[W]^2` over paths, `W = prod_t rho_t(x_t)` under the guided proposal (S1)."""
    return weight_dispersion(particle_process(constants.model, constants.twist, "sis-guided")).chi_square
