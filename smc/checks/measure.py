"""What is measured on a model, with no formula of any bound in it: the observed side of every row of a report."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from smc.errors import TooLarge
from smc.exact import CertifiedLaw, OutputLaw, output_law, second_moment, seconds_of_law
from smc.exact.backtracking import Backtracking, backtracking
from smc.exact.clouds import growths, most_clouds
from smc.exact.conditional import ConditionalKernel, sweep_kernel
from smc.exact.guided import proposal_laws, weight_dispersion
from smc.exact.lengths import MOST_SECONDS
from smc.exact.lumping import Lumping, lump_process, unlumped
from smc.exact.moments import PairRecursion, means
from smc.exact.particle_moments import particle_moments
from smc.exact.spectrum import relaxation_time
from smc.numbers import ONE, ZERO, Ball, Rational, balanced_sum, ball, order
from smc.samplers.guided import guided
from smc.samplers.importance import sis_guided
from smc.samplers.process import ParticleProcess, Selection
from smc.samplers.sampler import PARTICLES, Sampler
from smc.setting.analysis import Constants
from smc.setting.growth import path_growths

BALL_BITS = 64
"""Binary digits of a law in balls that stands in for an exact one that would take long."""


@dataclass(frozen=True)
class Measured:
    """Exact measurements of one sampler, at one count of particles or proposals, on an analysed model.

    progress: called with (share done, what is being done) while an exact law takes more than a second.
    bits: None for rationals; else the law of a resampled run comes as balls of radius at most `2**-bits`.
    patience: seconds of an exact law, by estimate, beyond which it comes as balls as well, of radius `2**-BALL_BITS`.
    seconds: those, by estimate, beyond which a law that has no balls is refused.
    """

    constants: Constants
    sampler: Sampler
    count: int
    progress: Callable[[float, str], None] | None = field(default=None, compare=False, repr=False)
    bits: int | None = None
    patience: float = math.inf
    seconds: float = MOST_SECONDS

    @property
    def particles(self) -> int:
        """Number of particles: those held by a sampler that counts sweeps, 1 for one that counts proposals or visits."""
        return self.count if self.sampler.count is PARTICLES else self.sampler.held or 1

    @cached_property
    def _run(self) -> _Run:
        process = self.sampler.process(self.constants.model, self.constants.twist)
        return _Run(*(unlumped(process) if process.on_paths else lump_process(process)), self.seconds)

    def at(self, count: int) -> Measured:
        """The same run with another count: what does not depend on it is shared."""
        made = replace(self, count=count)
        made.__dict__["_run"] = self._run
        return made

    @property
    def process(self) -> ParticleProcess:
        """The process that is run, with states joined that no run can tell apart: the same laws, on fewer cells."""
        return self._run.process

    @property
    def lumping(self) -> Lumping:
        """What the exact lumping joined."""
        return self._run.lumping

    @cached_property
    def output(self) -> OutputLaw | CertifiedLaw:
        """Expected law of the output, with `dead`."""
        process, lumping = self.process, self.lumping
        if process.selection is Selection.WALK and self.bits is None:
            return OutputLaw(self.visit[0])
        if self.bits is None:
            balls = process.resampled and process.plain
            try:
                law = output_law(
                    process, self.count, progress=self.progress, most=self.patience if balls else self.seconds
                )
            except TooLarge:
                if math.isinf(self.patience) or not balls:
                    raise
                return replace(self, bits=BALL_BITS).output
            by_state = (ZERO if k is None else law.law[k] for k in lumping.classes[-1])
            return OutputLaw(tuple(by_state), law.dead)
        enclosed = output_law(process, self.count, mode="certified", bits=self.bits, progress=self.progress)
        by_class = tuple(ball(ZERO) if k is None else enclosed.law[k] for k in lumping.classes[-1])
        return replace(enclosed, law=by_class)

    @cached_property
    def total_variation(self) -> Rational | Ball:
        """`TV(law of the output, pi)` on terminal states, `dead` counted as an outcome of its own."""
        return self.output.total_variation(self.constants.target)

    @cached_property
    def _pairs(self) -> tuple[list[int], list[Rational], Rational]:
        """As `PairRecursion.rows`, at this number of particles."""
        return self._run.pairs.rows(ONE - ONE / self.particles, ONE / self.particles)

    @cached_property
    def growths(self) -> list[Rational]:
        """By how much `E[U^2]` grows in steps 1..T (S16)."""
        return growths(self.process, self.particles, seconds=self.seconds)

    @property
    def kernel(self) -> ConditionalKernel:
        """The kernel of one sweep between kept paths (S17)."""
        return self._run.kernel

    @property
    def walk(self) -> Backtracking[Rational]:
        """The walk on the tree of the process, read at leaves (S18)."""
        return self._run.walk

    @cached_property
    def visit(self) -> tuple[tuple[Rational, ...], Rational]:
        """(law of the leaf, expected steps from the root) at the visit of that number (S18): one computation gives both."""
        return self.walk.at(self.count, self.seconds)

    @cached_property
    def swept(self) -> Rational:
        """TV to the target after the sweeps, from the path where it is largest."""

        def tick(share: float) -> None:
            if self.progress is not None:
                self.progress(share, f"{self.count:,} sweeps from every path")

        return self.kernel.worst_total_variation(self.count, tick, self.seconds)

    @cached_property
    def relaxation_time(self) -> Rational | Ball | None:
        """`1/gap` of the chain of leaves at which a walk is read (S18); None where it reaches one leaf."""
        kernel = self.walk.leaf_chain()
        live = [x for x, row in enumerate(kernel) if any(row)]
        return relaxation_time([[kernel[x][y] for y in live] for x in live])

    @cached_property
    def second_moment_ratio(self) -> Rational:
        """`E[Zhat^2]/Z^2`; of one path, for a sampler that runs one at a time."""
        process, z = self.process, self.constants.normaliser
        if self.particles == 1:  # Zhat is the path's accumulated weight: one pass over the edges, no pairs
            return 1 + weight_dispersion(process).chi_square
        if not (process.resampled and process.plain):
            return second_moment(process, self.particles, most=self.seconds) / z**2
        _, rows, over = self._pairs
        return sum(rows, ZERO) / (over * z**2)

    @cached_property
    def answer_moments(self) -> tuple[list[Rational], list[Rational]]:
        """`pi(y)` and `E[(Zhat/Z)^2 nu(y)]` over the terminal states y of the target, nu the weighted law of the last cloud (S10)."""
        z, first = self.constants.normaliser, means(self.process)
        states, rows, over = self._pairs
        pairs = [(first[y] / z, row / (over * z**2)) for y, row in zip(states, rows, strict=True) if first[y]]
        return [one for one, _ in pairs], [two for _, two in pairs]

    @cached_property
    def path_growths(self) -> tuple[list[Rational], list[Rational]]:
        """`pi(z)` and `E[(Zhat/Z)^2 nu(z)]/pi(z)` over the paths z of the target, by the path formula (S14)."""
        aim, growth = zip(*path_growths(self.constants, self.particles), strict=True)
        return list(aim), list(growth)

    @cached_property
    def four_moments(self) -> dict[str, list[Rational]]:
        """`E[(Zhat/Z)^i nu(y)]`, i = 3 and 4, over the states of `answer_moments`, and the alpha and beta where S11's bound is largest."""
        z, first = self.constants.normaliser, means(self.process)
        kept = [y for y in self._pairs[0] if first[y]]
        rows = [particle_moments(self.process, self.particles, order) for order in (3, 4)]
        third, fourth = ([row[y] / z**order for y in kept] for order, row in zip((3, 4), rows, strict=True))
        best = [_peak(*m) for m in zip(*self.answer_moments, third, fourth, strict=True)]
        return {"third": third, "fourth": fourth, "alpha": [a for a, _ in best], "beta": [b for _, b in best]}

    @cached_property
    def fourth_moment(self) -> Rational:
        """`E[(1 - Zhat/Z)^4]`; a run in which all die has Zhat = 0."""
        one, two = (balanced_sum(row) for row in self.answer_moments)
        third, fourth = (balanced_sum(self.four_moments[name]) for name in ("third", "fourth"))
        return 1 - 4 * one + 6 * two - 4 * third + fourth


def _peak(m1: Rational, m2: Rational, m3: Rational, m4: Rational) -> tuple[Rational, Rational]:
    """Where `2 (a m1 + b m2) - (a^2 m2 + 2 a b m3 + b^2 m4)` is largest; at b = 0 where the moments are those of one point."""
    determinant = m2 * m4 - m3 * m3
    if not determinant:
        return m1 / m2, ZERO
    return (m1 * m4 - m2 * m3) / determinant, (m2 * m2 - m1 * m3) / determinant


QUICK = 0.05
"""Estimated seconds of an exact law that is quick."""
MOST_AT_A_TIME = 8_000
"""Largest number of clouds at one time of a quick law under another resampling."""
Law = Callable[[int], Rational | Ball]
"""Total variation by the number of particles."""


def quick_law(run: Measured) -> Law:
    """The exact total variation of a resampled run where it is estimated to be quick, so that the answer depends on no machine; each count
    is worked out once. It raises TooLarge elsewhere."""

    @cache
    def distance(n: int) -> Rational | Ball:
        if not run.process.plain and (many := most_clouds(run.process, n)) > MOST_AT_A_TIME:
            raise TooLarge(f"{order(many)} clouds", where="particles", mend="take fewer particles")
        if run.process.plain and (took := seconds_of_law(run.process, n)) > QUICK:
            raise TooLarge(f"about {took:.2g} seconds", where="particles", mend="take fewer particles")
        return run.at(n).total_variation

    return distance


@dataclass(frozen=True)
class _Run:
    """What a sampler at any count has in common: the process that is run, what was joined in it, its pairs of particles. seconds: as in
    `Measured`."""

    process: ParticleProcess
    lumping: Lumping
    seconds: float

    @cached_property
    def kernel(self) -> ConditionalKernel:
        """That of a process that keeps a path."""
        return sweep_kernel(self.process, seconds=self.seconds)

    @cached_property
    def walk(self) -> Backtracking[Rational]:
        """That of a process that goes up and down its tree."""
        return backtracking(self.process)

    @cached_property
    def pairs(self) -> PairRecursion:
        """The recursion of S5 on the process."""
        return PairRecursion(self.process)


def guided_tv(constants: Constants) -> tuple[Rational, ...]:
    """`TV(law of the guided particle at t, pihat_t)` for t = 1..T (P5, S2); a particle without a move counts as lost."""
    process = guided.process(constants.model, constants.twist)
    laws = proposal_laws(process)
    return tuple(law.total_variation(constants.twisted_target(t)) for t, law in enumerate(laws, 1))


def importance_chi_square(constants: Constants) -> Rational:
    """`chi^2(pi || guided) = Var(W)/E[W]^2` over paths, `W = prod_t rho_t(x_t)` under the guided proposal (S1)."""
    return weight_dispersion(sis_guided.process(constants.model, constants.twist)).chi_square


def target_chi_square(constants: Constants, t: int) -> Rational:
    """`chi^2(pi*_t || pihat_t) = sum (pi*_t)^2 / pihat_t - 1`, from the two laws on layer t (G3)."""
    weights = [m * s for m, s in zip(constants.prefix_mass[t], constants.true_value[t], strict=True)]
    total = balanced_sum(weights)
    aim = constants.twisted_target(t)
    return balanced_sum((w / total) ** 2 / q for w, q in zip(weights, aim, strict=True) if w) - 1
