"""Conformance of SMC samplers: is a loop the one that it is declared to be, and if not, which fault does it have?

`check_sampler(one_by_one(run))` holds `run(model, twist, n_particles, seed) -> (output, log_normaliser)` to the exact joint law of both on
small models. A sampler without fault is called broken with a stated probability (10^-7 unless said otherwise); a broken one is told which
of the known faults fits it, in words.
"""

from smc.testing.conformance.check import Finding, Report, assert_conforms, check_sampler
from smc.testing.conformance.runs import DEAD, Genealogy, Many, Runs, Single, one_by_one
from smc.testing.conformance.suite import suite

__all__ = [
    "DEAD",
    "Finding",
    "Genealogy",
    "Many",
    "Report",
    "Runs",
    "Single",
    "assert_conforms",
    "check_sampler",
    "one_by_one",
    "suite",
]
