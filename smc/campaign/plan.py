"""What a campaign searches: statements, seed, sizes of the instances. Everything that decides which instances are drawn."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from typing import Any

from proofs.kernel.replay import STORED
from smc.errors import InputError, one_of, whole_number
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.statements import SPOKEN_OF

CHUNK = 500
"""Models in one chunk: the unit of work, of progress, and of what a kill can lose."""


DRAWS_AND_COMPUTES = ("bellman-smc", "hypothesis", "gmpy2", "python-flint", "numpy")


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """(name, version) of Python and of the libraries that a campaign's results depend on."""
    return (
        ("python", platform.python_version()),
        *((name, metadata.version(name)) for name in DRAWS_AND_COMPUTES),
    )


@cache
def seals_digest() -> str:
    """SHA-256 of the seals of all statements, as they are stored: which statements a campaign was held against."""
    return hashlib.sha256((STORED / "_seals.json").read_bytes()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """A campaign's identity: two campaigns with equal plans draw the same instances.

    statements: IDs, sorted. planted: names of planted falsehoods, which the campaign must refute. seed: any whole number of at least 0.
    max_horizon, max_states, max_particles: sizes of the instances. work: pairs of occupancies an exact law may visit.
    chunk: models a chunk. versions: of Python and of what draws, computes and proves. seals: digest of the sealed statements.
    """

    statements: tuple[str, ...]
    planted: tuple[str, ...] = ()
    seed: int = 0
    max_horizon: int = 4
    max_states: int = 3
    max_particles: int = 4
    work: int = 100_000
    chunk: int = CHUNK
    versions: tuple[tuple[str, str], ...] = field(default_factory=versions)
    seals: str = field(default_factory=seals_digest)

    @property
    def claims(self) -> tuple[str, ...]:
        """Statements, then planted falsehoods."""
        return (*self.statements, *self.planted)

    def to_json(self) -> str:
        """One line that identifies the plan."""
        return json.dumps(asdict(self), sort_keys=True)


def make_plan(statements: Iterable[str] = (), planted: Iterable[str] = (), **numbers: Any) -> Plan:
    """A checked plan; every statement when none is named (none when only falsehoods are planted).

    Raises InputError for unknown names and for numbers below their least.
    """
    chosen, falsehoods = tuple(sorted(set(statements))), tuple(sorted(set(planted)))
    if not chosen and not falsehoods:
        chosen = tuple(sorted(SPOKEN_OF))
    for name in chosen:
        if name not in SPOKEN_OF:
            raise InputError(
                f"unknown statement {name!r}", where="statement", mend=f"choose from {', '.join(sorted(SPOKEN_OF))}"
            )
    for name in falsehoods:
        if name not in FALSEHOODS:
            raise InputError(f"unknown falsehood {name!r}", where="planted", mend=one_of(FALSEHOODS, name))
    for name, value in numbers.items():
        whole_number(name.replace("_", "-"), value, least=0 if name == "seed" else 1)
    if numbers.get("max_states", 1) > 26:
        raise InputError("more than 26 states a layer", where="max-states", mend="give 26 or fewer")
    return Plan(chosen, falsehoods, **numbers)
