"""Independent Metropolis-Hastings, exact after H proposals (S7). Its whole spectrum is explicit (Liu 1996).

Proposals are independent paths with importance weight W (`sis-guided` for the guided proposals with exact normalisers;
a pool process for the paper's Algorithm 2). The first proposal is the start; each of the H - 1 later ones is accepted
with probability `min(1, W'/W)`, and a start of weight zero gives way to anything. All that matters of a path is W, so
paths of equal weight form one *level*. Order the levels by decreasing weight, `w_k = W_k/E[W]`; let `g_k` be the
proposal's mass of level k, `pi_k = g_k w_k` the target's, and `Pi_{>=k}`, `Pi_{>k}`, `G_{>k}` tail sums, `G` with the
dead proposals. Level k rejects with probability `lambda_k = G_{>k} - Pi_{>k}/w_k`; besides 1 these are the eigenvalues,
with eigenvectors `(0, .., 0, Pi_{>k}, -pi_k, .., -pi_k)`. Expanding the start's density `g/pi = 1/w` in them gives the
density of the law after H proposals with respect to pi,
`h_i = 1 - lambda_i^H / Pi_{>=i} + sum_{k<i} lambda_k^H pi_k / (Pi_{>k} Pi_{>=k})`,
and the run is still without an answer with probability `P(W = 0)^H`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lcm

from smc.errors import InputError, whole_number
from smc.exact.independent import TerminalCells, terminal_cells
from smc.exact.law import OutputLaw
from smc.exact.lengths import MOST_SECONDS, check_powers
from smc.numbers import ZERO, Rational
from smc.samplers.process import ParticleProcess

REDUCTIONS = 1.5
"""Greatest common divisors that a law takes for each level and each cell, as measured."""


@dataclass(frozen=True)
class Level:
    """Paths of equal importance weight.

    weight: `w = W/E[W]`, the density of pi with respect to the proposal. proposal, target: `g_k`, `pi_k`
        (probabilities).
    rejection: `lambda_k`, the probability that a chain on this level rejects; an eigenvalue of the chain.
    """

    weight: Rational
    proposal: Rational
    target: Rational
    rejection: Rational


@dataclass(frozen=True)
class IndependenceSampler:
    """The chain on levels, heaviest first; `cells` says where its paths end."""

    levels: tuple[Level, ...]
    cells: TerminalCells

    @property
    def spectrum(self) -> tuple[Rational, ...]:
        """Eigenvalues: 1, then `lambda_k` in decreasing order of weight. The last positive level's is `P(W = 0)`, and
        the last of all is 0 only where dead proposals have probability zero; one eigenvalue a level and one for the
        dead state, if there is any."""
        rejections = tuple(level.rejection for level in self.levels)
        return (Rational(1), *(rejections if self.cells.dead else rejections[:-1]))

    def densities(self, proposals: int, seconds: float = MOST_SECONDS) -> tuple[Rational, ...]:
        """`h_k`, the density with respect to pi of the law after `proposals` proposals, by level.

        Raises TooLarge, before any power is taken, where their digits would not fit, or are estimated to take longer than `seconds`.
        """
        # the sum over the levels has the common denominator of their powers
        bits = (lcm(*(int(level.rejection.denominator) for level in self.levels)) - 1).bit_length()
        levels, work = len(self.levels), REDUCTIONS * (len(self.levels) + len(self.cells.law))
        check_powers(
            bits, levels, work, proposals, "proposals", "; the largest eigenvalue gives the rate beyond", seconds
        )
        values = []
        tail, carried = Rational(1), ZERO  # Pi_{>=i}, and the sum over the heavier levels
        for level in self.levels:
            power = level.rejection**proposals
            values.append(1 - power / tail + carried)
            lighter = tail - level.target
            if lighter:
                carried += power * level.target / (lighter * tail)
            tail = lighter
        return tuple(values)

    def law(self, proposals: int, seconds: float = MOST_SECONDS) -> OutputLaw:
        """Law of the chain's terminal state after `proposals` proposals; dead when all of them had weight zero."""
        count = whole_number("proposals", proposals)
        mean = self.cells.moment(1)
        density = {level.weight: h for level, h in zip(self.levels, self.densities(count, seconds), strict=True)}
        law = [ZERO] * self.cells.states
        for (x, weight), p in self.cells.law.items():
            law[x] += p * weight / mean * density[weight / mean]
        return OutputLaw(tuple(law), self.cells.dead**count)

    def path_total_variation(self, proposals: int) -> Rational:
        """TV between the law of the whole path and pi after `proposals` proposals, dead included. It bounds the
        terminal state's TV."""
        count = whole_number("proposals", proposals)
        levels = zip(self.levels, self.densities(count), strict=True)
        return (sum((level.target * abs(h - 1) for level, h in levels), ZERO) + self.cells.dead**count) / 2


def independence_sampler(cells: TerminalCells) -> IndependenceSampler:
    """The chain whose proposals are `cells`; needs a positive weight (a target of positive mass)."""
    mean = cells.moment(1)
    if not mean:
        raise InputError("every proposal has weight zero", where="model", mend="the target needs positive mass")
    levels = []
    lighter_mass, lighter_target = cells.dead, ZERO
    for weight, proposal in cells.weights.items():  # lightest first
        w = weight / mean
        levels.append(Level(w, proposal, proposal * w, lighter_mass - lighter_target / w))
        lighter_mass += proposal
        lighter_target += proposal * w
    return IndependenceSampler(tuple(reversed(levels)), cells)


@lru_cache(maxsize=4)  # asked for at several numbers of proposals, one after the other
def sampler_of(process: ParticleProcess) -> IndependenceSampler:
    """Independent MH with the paths of `process` as proposals (`sis-guided`: S7's). Raises TooLarge where W takes too
    many values."""
    return independence_sampler(terminal_cells(process))


def chain_law(process: ParticleProcess, proposals: int, seconds: float = MOST_SECONDS) -> OutputLaw:
    """Law of the terminal state after `proposals` proposals. Raises InputError for a count below 1, TooLarge as `densities` does."""
    return sampler_of(process).law(proposals, seconds)
