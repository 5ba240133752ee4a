"""The main job: every shipped model, with its reward models, at several numbers of particles, against every statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from smc.model import LayeredModel
from smc.reward import Twist
from smc.verify import Report, check


@dataclass(frozen=True)
class Case:
    """One line of the suite: a model, a reward model, an algorithm and its count (particles; proposals for mh)."""

    model: LayeredModel
    twist: Twist
    algorithm: str
    count: int

    def run(self) -> Report:
        """The exact check of this case."""
        if self.algorithm == "mh":
            return check(self.model, self.twist, "mh", proposals=self.count)
        return check(self.model, self.twist, self.algorithm, particles=self.count)


COUNTS: dict[str, Sequence[int]] = {
    "naive": (1, 2, 4, 8),
    "adapted": (2, 4, 8),
    "guided": (1,),
    "mh": (2, 8),
    "best-of-n": (4,),
}
"""Particles (proposals for mh) at which `verify` checks each algorithm."""


def cases(inputs: Sequence[tuple[LayeredModel, Twist]], counts: dict[str, Sequence[int]] | None = None) -> list[Case]:
    """Every (model, twist) with every algorithm and count, in a fixed order."""
    chosen = COUNTS if counts is None else counts
    return [Case(model, twist, algorithm, n) for model, twist in inputs for algorithm, ns in chosen.items() for n in ns]


def run(
    chosen: Sequence[Case], progress: Callable[[int, int, str], None] = lambda done, total, what: None
) -> Iterator[Report]:
    """Reports in the order of `chosen`; `progress(done, total, what comes next)` is called before each and once at the end."""
    for k, case in enumerate(chosen):
        progress(k, len(chosen), f"{case.model.name}, {case.twist.name}, {case.algorithm}, {case.count}")
        yield case.run()
    progress(len(chosen), len(chosen), "done")
