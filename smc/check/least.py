"""How many are enough: of something that stays enough once it is (a bound in N) by bisection, of the TV itself by scan and certificate.

TV is not monotone in N, so the least N that meets an accuracy and the least N from which on it is met are two numbers, and neither is found
by bisection. Far out a certificate answers for every N at once: an enclosure whose upper end falls (`smc.exact.enough`, S10 and S14), or a
theorem's bound. Below it every N is looked at: by its law (in balls) where that is quick, else by the
enclosure of level four (S11), else by the law while the budget lasts. What is left is open, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from smc.errors import TooLarge
from smc.exact import explain_law
from smc.exact.enclosure import enclosure
from smc.exact.enclosure_cost import ways
from smc.exact.enough import enough
from smc.exact.lumping import lump_symmetric
from smc.numbers import Ball, Rational, Verdict, at_most
from smc.samplers.process import ParticleProcess

QUICK = 0.02
"""Estimated seconds of a law that is not worth an enclosure first."""
BUDGET = 20.0
"""Estimated seconds of all the laws of one scan together: estimates, so that the answer does not depend on the machine."""
MOST_SCANNED = 2000
"""Counts that are looked at one by one."""
MOST_ENCLOSURE = 0.5
"""Estimated seconds beyond which no enclosure is made of each count."""


@dataclass(frozen=True)
class LeastParticles:
    """The counts at which `TV <= delta`.

    particles: the least N that is certain to meet delta. onward: the least N from which on every count is certain to. None: none was found.
    open: the counts that nothing settled, as ranges with both ends (the last one without an end where no certificate reaches infinity);
    `particles` is the least of all where none of them is below it, `onward` where none is. certificate: what answers for large N.
    """

    particles: int | None
    onward: int | None
    open: tuple[tuple[int, int | None], ...]
    certificate: str

    @property
    def exact(self) -> bool:
        """Whether both numbers are the least."""
        return not self.open

    def text(self, delta: Rational) -> str:
        """Both numbers for reading."""
        undecided = ", ".join(f"N = {_range(low, high)}" for low, high in self.open)
        rest = f"; open: {undecided}" if undecided else ""
        first = "exact least N" if self.particles is None or self._least() else "certain"
        if self.particles is None:
            return f"no N is known to reach TV ≤ {delta}{rest}"
        if self.onward is None:
            return f"{first} for TV ≤ {delta}: {self.particles}; that every larger N does is not certified{rest}"
        if self.onward == self.particles:
            return f"{first} for TV ≤ {delta}: {self.particles}, and every larger N ({self.certificate}){rest}"
        return (
            f"{first} for TV ≤ {delta}: {self.particles}; from N = {self.onward} on every N ({self.certificate}){rest}"
        )

    def _least(self) -> bool:
        assert self.particles is not None
        return all(low > self.particles for low, _ in self.open)


def _range(low: int, high: int | None) -> str:
    return f"{low} and more" if high is None else str(low) if low == high else f"{low}..{high}"


def least_particles(
    process: ParticleProcess,
    distance: Callable[[int], Rational | Ball],
    delta: Rational,
    promised: Iterable[tuple[int, str]] = (),
) -> LeastParticles:
    """The counts at which the TV of a resampled `process`, at N in `distance(N)` (exact, or a ball), is at most delta.

    promised: counts from which on a theorem's bound is at most delta, with the theorem's name.
    """
    certificates = list(promised)
    fits = ways(lump_symmetric(process)[0], 2)
    if fits[0].seconds <= MOST_ENCLOSURE and (found := enough(process, delta, budget=5.0).for_good) is not None:
        certificates.append((found, "the enclosures S10, S14"))
    tail, by = min(certificates, default=(None, ""))
    level = next((way for way in fits if way.level == 4 and way.seconds <= MOST_ENCLOSURE), None)
    left, sides = BUDGET, []
    for n in range(1, MOST_SCANNED + 1 if tail is None else min(tail, MOST_SCANNED + 1)):
        side = None
        cost = _cost(process, n)
        if cost > QUICK and level is not None:
            bounds = enclosure(process, n, level=4, arithmetic=level.arithmetic)
            side = True if bounds.tv_upper <= delta else False if bounds.tv_lower > delta else None
        if side is None and cost <= left:
            left -= cost if cost > QUICK else 0
            verdict = at_most(distance(n), delta)
            side = None if verdict is Verdict.UNDECIDED else verdict is Verdict.HOLDS
        sides.append(side)
        if side is None and level is None and tail is None:
            break
    met = next((n for n, side in enumerate(sides, 1) if side), None)
    missed = max((n for n, side in enumerate(sides, 1) if not side), default=0)
    unsettled: list[tuple[int, int | None]] = [(n, n) for n, side in enumerate(sides, 1) if side is None]
    if tail is None or len(sides) < tail - 1:
        unsettled.append((len(sides) + 1, None if tail is None else tail - 1))
        onward = tail
    else:
        onward = missed + 1
    return LeastParticles(
        met if met is not None else onward, onward, _joined(unsettled), f"{by} from {tail} on" if by else ""
    )


def _cost(process: ParticleProcess, particles: int) -> float:
    """Estimated seconds of the law in balls; infinite where it does not fit."""
    if particles == 1:
        return 0.0
    try:
        costs = explain_law(process, particles, mode="certified").costs
    except TooLarge:
        return float("inf")
    return costs[0].seconds if costs else 0.0


def _joined(ranges: list[tuple[int, int | None]]) -> tuple[tuple[int, int | None], ...]:
    """Neighbouring ranges as one."""
    out: list[tuple[int, int | None]] = []
    for low, high in ranges:
        last = out[-1][1] if out else None
        if last is not None and low == last + 1:
            out[-1] = (out[-1][0], high)
        else:
            out.append((low, high))
    return tuple(out)
