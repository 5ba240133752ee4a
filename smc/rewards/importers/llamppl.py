"""Traces of llamppl (hfppl) and genlm-control: the record that their `smc_standard` writes, one JSON list a run.

    [{"step": 0, "mode": "init", "particles": [{"contents": "<<<a>>>", "logweight": "-0.7", "weight_incr": "-0.7"}, ...]},
     {"step": 1, "mode": "smc_step", "particles": [...]},
     {"step": 1, "mode": "resample", "ancestors": [0, 0], "particles": [...]}, ...]

`logweight` is the total of a particle, which a resampling sets to the mean of all (as a logarithm); `weight_incr` its change. Numbers are
text; "-Infinity" is a dead particle, whose increment may be "nan" and is not read: it follows from the totals. The trace has no scores, so
that the factor cannot be named; its genealogy gives the variance of the normaliser.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from smc.rewards.items import Item
from smc.rewards.records import Cloud, Format, Run

MODES = ("init", "smc_step", "resample")


def read(elements: Iterator[Item]) -> Iterator[Run]:
    """The one run of a list. Raises InputError with the element of an unknown mode, an ancestor out of range, a cloud of another size."""
    clouds: list[Cloud] = []
    parents: tuple[int, ...] | None = None
    before: tuple[float, ...] = ()
    begins = ""
    for element in elements:
        mode = element.key("mode").text()
        particles = element.key("particles").items(1)
        totals = tuple(particle.key("logweight").real(zero_weight=True) for particle in particles)
        if mode not in MODES:
            raise element.fault(f"mode {mode!r}", f"one of {', '.join(MODES)}")
        if (mode == "init") is bool(clouds):
            raise element.fault(f"{mode} at this place", "a run begins with init, once")
        if clouds and len(totals) != len(before):
            raise element.fault(f"{len(totals)} particles after {len(before)}", "keep the number of particles")
        if mode == "resample":
            ancestors = element.key("ancestors").items()
            if len(ancestors) != len(totals):
                raise element.fault(f"{len(ancestors)} ancestors of {len(totals)} particles", "give one a particle")
            drawn = tuple(ancestor.whole(below=len(totals)) for ancestor in ancestors)
            parents = drawn if parents is None else tuple(parents[i] for i in drawn)
        else:
            begins = begins or element.place
            steps = totals if not clouds else tuple(map(_increment, totals, before))
            kept = None if not clouds else tuple(range(len(totals)))
            clouds.append(Cloud(parents or kept, steps, totals, resampled=parents is not None))
            parents = None
        before = totals
    if clouds:
        yield Run("0", begins, tuple(clouds))


def _increment(after: float, before: float) -> float:
    return -math.inf if after == -math.inf else after - before


FORMAT = Format("llamppl", "a trace of llamppl or genlm-control", ("mode", "particles"), read, "loop")
