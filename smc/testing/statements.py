"""Which algorithm each statement speaks of, and its rows on an instance: what property tests and campaigns evaluate."""

from __future__ import annotations

from proofs.catalogue import ROWS
from smc.check.check import Report, check
from smc.check.row import Row
from smc.check.table import QUANTITIES
from smc.errors import InputError
from smc.testing.instances import Instance

ALGORITHM = {
    row.id: next((sampler for form in row.forms for sampler in form.samplers), "naive")
    for row in ROWS.values()
    if any(form.quantity in QUANTITIES for form in row.forms)
}
"""Algorithm by statement, of those that `check` measures; one on the reward model alone comes with any of them."""


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
