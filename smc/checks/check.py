"""The one meeting point: model, sampler and theorem become a report: the rows of `smc.checks.table` on what `smc.checks.measure` found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from smc.checks.closing import Concluded
from smc.checks.document import exact, exact_map, of_model, summary
from smc.checks.measure import Measured
from smc.checks.row import MOST_BITS, START_BITS, Row
from smc.checks.table import Ready, left_out, rows
from smc.errors import InputError
from smc.exact.lengths import MOST_SECONDS
from smc.numbers import Verdict
from smc.samplers import find
from smc.samplers.naive import naive
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist


@dataclass(frozen=True)
class Report(Concluded):
    """What `check` found: the model's constants, the exact output law, and one row per statement that is in scope."""

    constants: Constants
    measured: Measured
    rows: tuple[Row, ...]

    @property
    def sampler(self) -> Sampler:
        """Whose run it is."""
        return self.measured.sampler

    @property
    def out_of_scope(self) -> list[tuple[str, str, str]]:
        """(ID, form, condition) of statements that are not made of this model, since it does not meet the condition."""
        return left_out(self.constants, self.measured.sampler, ((row.id, row.form) for row in self.rows))

    def to_json(self) -> dict[str, Any]:
        """The object that `check --json` prints (keys in the design); rationals as strings, balls as pairs of them, infinities as null."""
        c, m = self.constants, self.measured
        return {
            **of_model(c, m.sampler),
            "particles": m.particles,
            m.sampler.count.option: m.count,
            "method": "exact" if m.bits is None else "certified",
            **exact_map("law", dict(zip(c.model.layers[-1], m.output.law, strict=True))),
            **exact("dead", m.output.dead),
            **exact("tv", m.total_variation),
            **exact("second_moment_ratio", m.second_moment_ratio if m.sampler.estimates else None),
            "bounds": [row.to_json() for row in self.rows],
            "out_of_scope": [{"id": i, "form": form, "unless": scope} for i, form, scope in self.out_of_scope],
            "summary": summary(self.closing),
            "verdict": self.verdict.value,
        }


def check(
    model: Model,
    twist: Twist,
    sampler: str | Sampler = naive,
    *,
    particles: int | None = None,
    proposals: int | None = None,
    visits: int | None = None,
    sweeps: int | None = None,
    progress: Callable[[float, str], None] | None = None,
    certified: bool = False,
    seconds: float | None = None,
) -> Report:
    """Exact law of `sampler` (or the one of that name) on `model` steered by `twist`, held against every statement that speaks of it.

    particles: N; proposals: H, visits: J, sweeps: H, for a sampler that counts those; 1 when left out. progress: see `Measured`.
    certified: the law as balls, whose precision doubles while a verdict is UNDECIDED, in place of rationals; for samplers that resample.
    seconds: those that a law which has no engine and no balls may take, by estimate; some minutes when None.
    Raises InputError for unknown samplers and counts below 1, TooLarge where the exact law will not fit.
    """
    chosen = find(sampler)
    if chosen.held is not None:
        chosen = chosen.holding(particles)
    number = chosen.counted(particles=particles, proposals=proposals, visits=visits, sweeps=sweeps)
    if certified and not (chosen.interacting and chosen.plain):
        raise InputError(f"{chosen.name} has no certified mode", where="method", mend="choose exact")
    first = Measured(
        analyse(model, twist), chosen, number, progress, seconds=MOST_SECONDS if seconds is None else seconds
    )
    return report(first) if not certified else _certified(first)


def report(measured: Measured, ready: Ready | None = None) -> Report:
    """The report of what is measured. ready: closed forms that reports of one analysis share."""
    return Report(measured.constants, measured, tuple(rows(measured.constants, measured, ready=ready)))


def _certified(first: Measured) -> Report:
    bits = START_BITS
    while True:
        found = report(replace(first, bits=bits))
        if bits >= MOST_BITS or found.verdict is not Verdict.UNDECIDED:
            return found
        bits *= 2
