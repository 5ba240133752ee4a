"""The reports that know their quantities by two ends, sampled or certified, for a person."""

from __future__ import annotations

from smc.checks.enclosed import EnclosedReport
from smc.checks.sampled import SampledReport
from smc.numbers import Rational, nearest_float
from smc.present.digits import short
from smc.present.tables import between, model_lines


def apart(low: Rational, high: Rational) -> str:
    """An interval with as many digits as tell its ends apart, up to those of a float."""
    for digits in range(4, 17):
        ends = [f"{nearest_float(end):.{digits}g}" for end in (low, high)]
        if ends[0] != ends[1] and digits > 4:
            return " .. ".join(ends)
        if ends[0] != ends[1]:
            break
    return between(low, high)


def lines(report: SampledReport) -> list[str]:
    """What the model is, and what was measured on it."""
    c, e = report.constants, report.estimated
    assert e.tv_interval is not None
    return [
        *model_lines(c),
        f"{report.sampler.name}, {report.sampler.count.words(e.particles)}, {e.replicates} runs: "
        f"total variation to the target in {between(*e.tv_interval)}, "
        f"probability of no answer in {between(*e.dead_interval)}"
        + (f", E[Zhat^2]/Z^2 in {between(*report.second_moment_interval)}" if report.sampler.estimates else ""),
        f"{report.sampler.name}: {report.sampler.how}{'' if e.steps is None else f'; {e.steps:.4g} steps in the mean of the runs'}",
        e.guarantee,
        *(f"note: {note}" for note in c.model.notes),
    ]


def enclosed_lines(report: EnclosedReport) -> list[str]:
    """What the model is, and what is certain of the run."""
    c, e = report.constants, report.found
    return [
        *model_lines(c),
        f"{report.sampler.name}, {e.particles} particles: total variation to the target {apart(*report.tv)} (certified, level {e.level}), "
        f"probability of no answer at most {short(e.dead_upper)}, E[Zhat^2]/Z^2 = {between(*e.second_moment)}",
        f"{report.sampler.name}: {report.sampler.how}",
        *(f"note: {note}" for note in c.model.notes),
    ]
