"""Which algorithm each statement speaks of, and its rows on an instance: what property tests and campaigns evaluate."""

from __future__ import annotations

from smc.check.check import Report, Row, check
from smc.errors import InputError
from smc.testing.instances import Instance

ALGORITHM = {
    **dict.fromkeys(("P0", "P1", "P2", "P3", "S3", "S4", "S5", "G1"), "naive"),
    **dict.fromkeys(("P5", "S1", "S2"), "guided"),
    "S7": "mh",
    "S8": "adapted",
}
"""Algorithm by statement; P0 and P1 speak of the reward model alone and come with any of them."""


def report(instance: Instance, algorithm: str) -> Report:
    """The exact check of `algorithm` on `instance`: N particles, or as many proposals for mh; the guided particle runs alone."""
    if algorithm == "mh":
        return check(instance.model, instance.twist, "mh", proposals=instance.particles)
    return check(
        instance.model, instance.twist, algorithm, particles=1 if algorithm == "guided" else instance.particles
    )


def rows(statement: str, instance: Instance) -> list[Row]:
    """The rows of `statement` on `instance`, one for each form that applies. Raises InputError for an unknown statement."""
    if statement not in ALGORITHM:
        raise InputError(
            f"unknown statement {statement!r}", where="statements", mend=f"choose from {', '.join(ALGORITHM)}"
        )
    return [row for row in report(instance, ALGORITHM[statement]).rows if row.id == statement]
