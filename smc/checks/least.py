"""How many are enough: of something that stays enough once it is (a bound in N) by bisection, of the TV itself by scan and certificate.

TV is not monotone in N, so the least N that meets an accuracy and the least N from which on it is met are two numbers, and neither is found
by bisection. Far out a certificate answers for every N at once: an enclosure whose upper end falls (`smc.exact.enough`, S10 and S14), or a
theorem's bound. Below it a scan upwards ends at the first N that meets the accuracy, one downwards at the last that does not: in blocks
where level two settles them (S10), else one by one, by the law (in balls) where that is quick, else by the enclosure of level four (S11),
else by the law while the budget lasts. What is left is open, and said so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from smc.checks.budget import OutOfTime, Progress, kept
from smc.errors import TooLarge
from smc.exact import seconds_of_law
from smc.exact.enclosure import enclosure, joined
from smc.exact.enclosure_cost import Way, ways
from smc.exact.enough import MOST_PARTICLES, Curve, Enough, enough
from smc.numbers import Ball, Rational, Verdict, at_most
from smc.samplers.process import ParticleProcess

QUICK = 0.02
"""Estimated seconds of a law that is not worth an enclosure first."""
MOST_LAW = 2.0
"""Estimated seconds beyond which a law is not made of one count."""
BUDGET = 10.0
"""Estimated seconds of all the laws of one scan together: estimates, so that the answer does not depend on the machine."""
MOST_UNSETTLED = 50
"""Counts that may stay open in one scan before it is given up."""
MOST_ENCLOSURE = 0.5
"""Estimated seconds beyond which no enclosure is made of each count."""


Range = tuple[int, int | None]
"""Both ends; None for no end."""


@dataclass(frozen=True)
class LeastParticles:
    """The counts at which `TV <= delta`.

    particles: the least N that is certain to meet delta. onward: the least N from which on every count is certain to. None: none was found.
    open: the counts that nothing settled, as ranges with both ends (the last one without an end where no certificate reaches infinity).
    Neither number is ever one of them; `particles` is the least of all where none of them is below it (`first`), `onward` where the
    count before it is none of them, but a certain miss (`needed`). certificate: what answers for large N.
    """

    particles: int | None
    onward: int | None
    open: tuple[Range, ...]
    certificate: str

    @property
    def first(self) -> bool:
        """Whether `particles` is the least N that meets delta."""
        return self.particles is not None and all(low > self.particles for low, _ in self.open)

    @property
    def needed(self) -> bool:
        """Whether `onward` is the least N from which on delta is met: `TV > delta` is certain one below it."""
        last = (self.onward or 0) - 1
        return self.onward is not None and not any(
            low <= last and (high is None or last <= high) for low, high in self.open
        )

    def text(self, delta: Rational) -> str:
        """Both numbers for reading."""
        rest = f"; open: {self.open_text()}" if self.open else ""
        first = "exact least N" if self.first else "certain"
        if self.particles is None:
            return f"no N is known to reach TV ≤ {delta}{rest}"
        if self.onward is None:
            return f"{first} for TV ≤ {delta}: {self.particles}; that every larger N does is not certified{rest}"
        if self.onward == self.particles:
            return f"{first} for TV ≤ {delta}: {self.particles}, and every larger N ({self.certificate}){rest}"
        return (
            f"{first} for TV ≤ {delta}: {self.particles}; from N = {self.onward} on every N ({self.certificate}){rest}"
        )

    def open_text(self) -> str:
        """The open counts for reading."""
        return ", ".join(f"N = {_range(low, high)}" for low, high in self.open)


def _range(low: int, high: int | None) -> str:
    return f"{low} and more" if high is None else str(low) if low == high else f"{low}..{high}"


def least_particles(
    process: ParticleProcess,
    distance: Callable[[int], Rational | Ball],
    delta: Rational,
    promised: Iterable[tuple[int, str]] = (),
    *,
    certified: Enough | None = None,
    seconds: float = 60.0,
    told: Progress = lambda share, what: None,
) -> LeastParticles:
    """The counts at which the TV of a resampled `process`, at N in `distance(N)` (exact, or a ball), is at most delta.

    promised: counts from which on a theorem's bound is at most delta, with the theorem's name. certified: what the enclosure at level
    two says already. seconds: by the clock, after which what is not settled is left open; an alarm ends the step that is under way.
    told: gets the share of them that has passed, and which counts are looked at.
    """
    began = time.monotonic()
    certificates = list(promised)
    fits: list[Way] = []
    curve = None
    try:
        with kept(seconds / 2):
            fits = ways(joined(process)[0], 2)
            curve = Curve(process, delta) if fits[0].seconds <= MOST_ENCLOSURE else None
            if curve is not None and certified is None:
                certified = enough(process, delta, budget=min(5.0, seconds / 4))
    except OutOfTime:
        pass  # what is not settled is open
    if certified is not None and certified.for_good is not None:
        certificates.append((certified.for_good, "the enclosures S10, S14"))
    tail, by = min(certificates, default=(None, ""))
    level = next((way for way in fits if way.level == 4 and way.seconds <= MOST_ENCLOSURE), None)

    def passed(low: int, high: int) -> None:
        told(min(1.0, (time.monotonic() - began) / max(seconds, 1e-9)), f"the least count, N = {_range(low, high)}")

    look = _Look(process, distance, delta, curve, level, began + seconds / 2, passed)
    met, unsettled = look.first((MOST_PARTICLES if tail is None else tail) - 1)
    if tail is None:
        rest = MOST_PARTICLES if met is None else met + 1
        return LeastParticles(met, None, _without([*unsettled, (rest, None)], look.settled), "")
    look.deadline = began + seconds
    onward, above = look.onward(min([tail if met is None else met, *(low for low, _ in unsettled)]) - 1, tail)
    met = min(n for n in (onward, met, look.met) if n is not None)
    return LeastParticles(met, onward, _without([*unsettled, *above], look.settled), f"{by} from {tail} on")


def least_by_laws(
    distance: Callable[[int], Rational | Ball],
    delta: Rational,
    promised: Iterable[tuple[int, str]] = (),
    *,
    seconds: float = 60.0,
    told: Progress = lambda share, what: None,
) -> LeastParticles:
    """As `least_particles`, of a run that no enclosure describes: by its exact laws alone, at N = 1, 2, ... up to what a theorem promises
    (without a promise, up to the first N that meets delta), until a law does not fit or the seconds are over. The rest is open."""
    began = time.monotonic()
    tail, by = min(promised, default=(None, ""))
    met: list[bool] = []
    while len(met) + 1 != tail and (tail is not None or True not in met):
        passed = time.monotonic() - began
        told(passed / seconds if passed < seconds else 1.0, f"the least count, N = {len(met) + 1}")
        try:
            with kept(seconds - passed):
                met.append(at_most(distance(len(met) + 1), delta) is Verdict.HOLDS)
        except TooLarge:
            break
    first = met.index(True) + 1 if True in met else tail
    if tail is None:
        return LeastParticles(first, None, ((len(met) + 1, None),), "")
    if len(met) + 1 < tail:
        return LeastParticles(first, tail, ((len(met) + 1, tail - 1),), f"{by} from {tail} on")
    onward = max((n + 1 for n, enough in enumerate(met, 1) if not enough), default=1)
    return LeastParticles(first, onward, (), f"{by} from {tail} on")


@dataclass
class _Look:
    """Looks at counts, alone and in blocks: True where `TV <= delta` on all, False where on none, None where that is not settled.

    By the enclosure of level two (blocks of any length), then the law where it is quick, level four, the law while the budget lasts.
    """

    process: ParticleProcess
    distance: Callable[[int], Rational | Ball]
    delta: Rational
    curve: Curve | None
    level: Way | None
    deadline: float
    told: Callable[[int, int], None] = lambda low, high: None
    left: float = BUDGET
    seen: dict[int, bool] = field(default_factory=dict)
    settled: list[Range] = field(default_factory=list)
    """The blocks that were settled, whichever way."""
    met: int | None = None
    """The least count that was seen to meet the accuracy."""
    blunt: bool = False
    """Whether level two has left a single count open in this scan: from there on it is not asked."""

    def block(self, low: int, high: int) -> bool | None:
        """Whether TV is at most delta at every N in low..high, or at none; None too where the deadline passes."""
        self.told(low, high)
        try:
            with kept(self.deadline - time.monotonic()):
                side = self._block(low, high)
        except OutOfTime:
            return None
        if side is not None:
            self.settled.append((low, high))
        if side:
            self.met = low if self.met is None else min(low, self.met)
        return side

    def _block(self, low: int, high: int) -> bool | None:
        side = None if self.blunt or self.curve is None else self.curve.truth(low, high)
        if side is None and low == high:
            self.blunt = True
            return self._one(low)
        return side

    def _one(self, n: int) -> bool | None:
        if n in self.seen:
            return self.seen[n]
        cost, side = seconds_of_law(self.process, n, mode="certified"), None
        if cost > QUICK and self.level is not None:
            ends = enclosure(self.process, n, level=4, arithmetic=self.level.arithmetic)
            side = True if ends.tv_upper <= self.delta else False if ends.tv_lower > self.delta else None
        if side is None and cost <= min(MOST_LAW, self.left, self.deadline - time.monotonic()):
            self.left -= cost if cost > QUICK else 0
            verdict = at_most(self.distance(n), self.delta)
            side = None if verdict is Verdict.UNDECIDED else verdict is Verdict.HOLDS
        if side is not None:
            self.seen[n] = side
        return side

    def first(self, top: int) -> tuple[int | None, list[Range]]:
        """The first N up to `top` that is certain to meet delta, and what is not settled before it."""
        low, length, unsettled = 1, 1, list[Range]()
        while low <= top:
            if len(unsettled) >= MOST_UNSETTLED or time.monotonic() > self.deadline:
                return None, [*unsettled, (low, top)]
            length = min(length, top - low + 1)
            side = self.block(low, low + length - 1)
            if side is False:
                low, length = low + length, 1 if self.blunt else 2 * length
            elif length > 1:
                length = max(1, length // 4)
            elif side is True:
                return low, unsettled
            else:
                unsettled.append((low, low))
                low += 1
        return None, unsettled

    def onward(self, bottom: int, tail: int) -> tuple[int, list[Range]]:
        """The least N from which on every count up to `tail` is certain to meet delta, where those up to `bottom` need no look,
        and what is not settled at and above the last certain miss."""
        high, length, found, unsettled = tail - 1, 1, tail, list[Range]()
        self.blunt = False
        while high > bottom:
            if len(unsettled) >= MOST_UNSETTLED or time.monotonic() > self.deadline:
                return found, [*unsettled, (bottom + 1, high)]
            length = min(length, high - bottom)
            side = self.block(high - length + 1, high)
            if side is True:
                high, length = high - length, 1 if self.blunt else 2 * length
                found = found if unsettled else high + 1
            elif length > 1:
                length = max(1, length // 4)
            elif side is False:
                return found, unsettled
            else:
                unsettled.append((high, high))
                high -= 1
        return found, unsettled


def _joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Neighbouring or overlapping ranges as one, by their lower ends."""
    out: list[Range] = []
    for low, high in sorted(ranges, key=lambda r: r[0]):
        last = out[-1][1] if out else None
        if out and (last is None or low <= last + 1):
            out[-1] = (out[-1][0], None if last is None or high is None else max(last, high))
        else:
            out.append((low, high))
    return tuple(out)


def _without(ranges: Iterable[Range], taken: Iterable[Range]) -> tuple[Range, ...]:
    """The counts of `ranges` that are in none of `taken`, whose ranges end."""
    out: list[Range] = []
    for low, high in _joined(ranges):
        for first, last in _joined(taken):
            assert last is not None
            if last < low or (high is not None and high < first):
                continue
            if low < first:
                out.append((low, first - 1))
            low = last + 1
        if high is None or low <= high:
            out.append((low, high))
    return tuple(out)
