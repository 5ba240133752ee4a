"""`check` by enclosure, at any number of particles: every bound against two certified ends of what it bounds.

A bound above the upper end HOLDS, one below the lower end is REFUTED, one between is UNDECIDED: the enclosure is too wide to tell. No
sampling, no probability of error; where the enclosure shrinks (level four, larger N), bounds that are close are told apart too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from proofs.catalogue import TV
from smc.checks.closing import Concluded
from smc.checks.document import ends, exact, of_model, summary
from smc.checks.row import Ends, Row
from smc.checks.table import claims, rows
from smc.errors import InputError
from smc.exact.enclosure import Enclosure, enclosure, joined
from smc.exact.enclosure_cost import BUDGET, Way, choose
from smc.exact.float_fours import OutOfRange
from smc.numbers import Rational
from smc.samplers import find
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class EnclosedReport(Concluded):
    """What an enclosure says: the model's constants, certified ends of TV, law and second moment, and a row per statement."""

    constants: Constants
    sampler: Sampler
    found: Enclosure
    rows: tuple[Row, ...]

    @cached_property
    def tv(self) -> tuple[Rational, Rational]:
        """Ends of `TV(law of the output, pi)`."""
        return self.found.tv_lower, self.found.tv_upper

    def to_json(self) -> dict[str, Any]:
        """The object that `check --method enclosure --json` prints: constants exact, measurements as pairs of rationals around them."""
        c, e = self.constants, self.found
        low, high = e.second_moment
        return {
            **of_model(c, self.sampler),
            "particles": e.particles,
            "method": "enclosure",
            "level": e.level,
            "arithmetic": e.arithmetic,
            "law": None,
            "law_enclosures": {s: [str(end) for end in e.probability(k)] for k, s in enumerate(c.model.layers[-1])},
            "dead": None,
            **exact("dead_upper", e.dead_upper),
            "tv": None,
            **exact("tv_lower", self.tv[0]),
            **exact("tv_upper", self.tv[1]),
            **exact("second_moment_ratio", low if low == high else None),
            **ends("second_moment_ratio_enclosure", low, high),
            "bounds": [row.to_json() for row in self.rows],
            "summary": summary(self.closing),
            "verdict": self.verdict.value,
        }


class _Overrun(Exception):
    """The budget has ended in the middle of a recursion."""


def check_by_enclosure(
    model: Model,
    twist: Twist,
    sampler: str | Sampler = naive,
    *,
    particles: int = 1,
    budget: float = BUDGET,
    progress: Progress | None = None,
    explain: Callable[[Way], None] | None = None,
) -> EnclosedReport:
    """The tightest enclosure that fits `budget` seconds, held against every statement on `sampler` with N = `particles`.

    Level four where it fits, else level two; a level four that takes longer than its estimate and the budget, or whose values leave
    the range of floats, is given up for level two.
    explain: called with the way that is taken. Raises InputError for a sampler whose particles do not interact, TooLarge where
    nothing fits.
    """
    chosen, constants = find(sampler), analyse(model, twist)
    if not (chosen.interacting and chosen.plain):
        raise InputError(f"{chosen.name} has no enclosure", where="method", mend="choose exact (or auto)")
    process = chosen.process(model, twist)
    quotient = joined(process)[0]
    way = choose(quotient, particles, budget=budget)
    if explain is not None:
        explain(way)
    try:
        found = _run(process, particles, way, progress, time.monotonic() + budget)
    except (_Overrun, OutOfRange):
        way = choose(quotient, particles, level=2, budget=budget)
        if explain is not None:
            explain(way)
        found = _run(process, particles, way, progress, None)
    if (
        found.level == 4
        and found.arithmetic != "rationals"
        and choose(quotient, particles, level=2, budget=budget).arithmetic == "rationals"
    ):
        found = replace(found, second_moment=enclosure(process, particles).second_moment)  # exact, where it is quick
    held = list(rows(constants))
    tv = found.tv_lower, found.tv_upper
    for claim in claims(constants, chosen):
        low, high = tv if claim.quantity == TV else found.second_moment
        held.append(claim.row(particles, low if low == high else Ends(low, high, proved=True)))
    return EnclosedReport(constants, chosen, found, tuple(held))


def _run(
    process: ParticleProcess, particles: int, way: Way, progress: Progress | None, deadline: float | None
) -> Enclosure:
    def tick(share: float) -> None:
        if deadline is not None and way.level == 4 and time.monotonic() > deadline:
            raise _Overrun
        if progress is not None:
            progress(share, f"enclosure at {particles} particles, level {way.level} in {way.arithmetic}")

    return enclosure(process, particles, level=way.level, arithmetic=way.arithmetic, tick=tick)
