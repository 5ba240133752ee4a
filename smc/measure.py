"""What is measured on a model, with no formula of any bound in it: the observed side of every row of a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from smc.algorithms import particle_process
from smc.exact import OutputLaw, output_law, second_moment
from smc.rational import ZERO, Rational
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
            from smc.exact.metropolis import output_law as mh_law

            return mh_law(particle_process(model, twist, "sis-guided"), self.proposals)
        process = particle_process(model, twist, self.algorithm)
        if not process.resampled:
            from smc.exact.independent import output_law as independent_law

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
            from smc.exact.independent import second_moment as independent_moment

            moment = independent_moment(process, self.particles)
        else:
            moment = second_moment(process, self.particles)
        return moment / self.constants.normaliser**2


def guided_tv(constants: Constants) -> tuple[Rational, ...]:
    """`TV(law of the guided particle at t, pihat_t)` for t = 1..T (P5, S2); a particle without a move counts as lost."""
    process = particle_process(constants.model, constants.twist, "guided")
    law = {0: ZERO + 1}
    distances = []
    for t, step in enumerate(process.steps, 1):
        moved: dict[int, Rational] = {}
        for x, p in law.items():
            for outcome in step[x]:
                moved[outcome.target] = moved.get(outcome.target, ZERO) + p * outcome.probability
        law = moved
        aim = constants.twisted_target(t)
        gap = sum((abs(law.get(x, ZERO) - p) for x, p in enumerate(aim)), ZERO)
        distances.append((gap + 1 - sum(law.values(), ZERO)) / 2)
    return tuple(distances)


def importance_chi_square(constants: Constants) -> Rational:
    """`chi^2(pi || guided) = Var(W)/E[W]^2` over paths, `W = prod_t rho_t(x_t)` under the guided proposal (S1)."""
    process = particle_process(constants.model, constants.twist, "sis-guided")
    first, second = {0: ZERO + 1}, {0: ZERO + 1}
    for step in process.steps:
        one: dict[int, Rational] = {}
        two: dict[int, Rational] = {}
        for x in first:
            for target, p, w in step[x]:
                if w:
                    one[target] = one.get(target, ZERO) + first[x] * p * w
                    two[target] = two.get(target, ZERO) + second[x] * p * w * w
        first, second = one, two
    return sum(second.values(), ZERO) / sum(first.values(), ZERO) ** 2 - 1
