"""`plan MODEL`: how many particles this model needs for `TV <= delta`: what each theorem asks for, what is certified, what is true.

The certified counts come from the enclosure alone (`smc.exact.enough`); the least N that meets the accuracy and the least from which on it
is met, from exact laws and level four too (`smc.checks.least`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs.catalogue import FORMS
from smc.checks.atlas import Demand, demand, model_setting
from smc.checks.budget import OutOfTime, Progress, kept
from smc.checks.cost import calls
from smc.checks.least import LeastParticles, least_by_laws, least_particles
from smc.checks.table import AT_ANY_COUNT
from smc.errors import InputError
from smc.exact.enclosure_cost import BUDGET
from smc.exact.enough import MOST_PARTICLES, Enough, settling
from smc.numbers import Rational, rational
from smc.samplers.naive import naive
from smc.samplers.process import ParticleProcess
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import Twist

UNIFORM = ("T", "eps", "L")
"""What is known of a model where only its length, an error and a bound on ratios are."""


@dataclass(frozen=True)
class ModelPlan:
    """Particles for `TV <= delta` on one model.

    demands: what each statement asks for. certified: the counts of the enclosure at level two, None for a run that it does not describe.
    counts: the least N that meets delta, and the least from which on it is met, by exact laws and level four too.
    """

    constants: Constants
    sampler: Sampler
    delta: Rational
    demands: tuple[Demand, ...]
    certified: Enough | None
    counts: LeastParticles

    @property
    def least(self) -> int | None:
        """From this N on `TV <= delta` is certain."""
        return self.counts.onward

    @property
    def by_theorems(self) -> int | None:
        """The least count that a statement asks for from eps, L and T alone."""
        return self._least_of(True)

    @property
    def by_constants(self) -> int | None:
        """The least count that a statement asks for from the other constants of this model, S14.2 (the enclosures' tail) included."""
        tail = None if self.certified is None else self.certified.tail
        return min((n for n in (self._least_of(False), tail) if n is not None), default=None)

    def _least_of(self, uniform: bool) -> int | None:
        known = {*AT_ANY_COUNT, *UNIFORM}
        counts = (d.particles for d in self.demands if (set(FORMS[d.id, d.form].names) <= known) is uniform)
        return min((n for n in counts if n is not None), default=None)

    @property
    def needed(self) -> bool:
        """Whether `TV > delta` is certain at `least - 1`."""
        return self.counts.needed

    def calls(self, particles: int) -> tuple[Rational, Rational]:
        """Calls of the generator and of the reward model that a run of so many particles makes while it lives."""
        return calls(self.constants, self.sampler, particles, Rational(particles * self.constants.model.horizon))

    def _costed(self, particles: int | None) -> dict[str, int | None]:
        made = (None, None) if particles is None else self.calls(particles)
        return {
            name: None if n is None else int(n)
            for name, n in zip(("generator_calls", "reward_calls"), made, strict=True)
        }

    def __str__(self) -> str:
        """The report as `bellman-smc plan` prints it."""
        from smc.present.report import text_of  # printing builds on reports

        return text_of(self)

    def to_json(self) -> dict[str, Any]:
        """Counts as numbers, rationals as strings; null where there is no such count."""
        c, e = self.constants, self.certified
        return {
            "model": c.model.name,
            "twist": c.twist.name,
            "algorithm": self.sampler.name,
            "resampling": self.sampler.resampling.typed,
            "selection": self.sampler.how,
            "horizon": c.model.horizon,
            "delta": str(self.delta),
            "by_theorems": self.by_theorems,
            "by_constants": self.by_constants,
            "demands": [
                {"id": d.id, "form": d.form, "particles": d.particles, **self._costed(d.particles)}
                for d in self.demands
            ],
            "certified": None
            if e is None
            else {
                "first": e.first,
                "for_good": e.for_good,
                "tail": e.tail,
                "open": None if e.open_from is None else [e.open_from, e.open_to],
            },
            "first": self.counts.particles,
            "first_needed": self.counts.first,
            "least": self.least,
            "least_needed": self.needed,
            "least_costs": self._costed(self.least),
            "open": [list(counts) for counts in self.counts.open],
        }


def plan_model(
    model: Model,
    twist: Twist,
    sampler: str | Sampler = naive,
    *,
    delta: object = "1/10",
    budget: float = BUDGET,
    progress: Progress = lambda share, what: None,
) -> ModelPlan:
    """The plan of `sampler` on `model` steered by `twist`, in `budget` seconds by the clock: what the theorems ask for first, then the
    enclosure's counts in half of what is left, then the least ones. An alarm ends what takes longer, and leaves its counts open.

    progress: gets the share of the seconds that has passed, and what is looked for.
    Raises InputError for an accuracy outside (0, 1) and an algorithm without a number of particles, TooLarge where the theorems' counts
    alone take longer.
    """
    began = time.monotonic()
    goal = rational(delta)
    if not 0 < goal < 1:
        raise InputError(
            f"accuracy {goal} is not between 0 and 1", where="delta", mend="delta is a total variation, such as 0.1"
        )
    with kept(budget):
        setting = model_setting(model, twist, sampler)
        demands = tuple(demand(claim, goal) for claim in setting.claims if claim.relation == "<=")
    promised = [(d.particles, f"{d.id} ({d.form})") for d in demands if d.particles is not None]

    def left() -> float:
        return began + budget - time.monotonic()

    def told(what: str) -> None:
        progress(1 - left() / budget, what)

    certified = None
    if setting.process is not None and setting.near is not None:
        certified = _certified(setting.process, goal, left() / 2, told)
        counts = least_particles(
            setting.process,
            setting.near,
            goal,
            promised,
            certified=certified,
            seconds=left(),
            told=lambda share, what: told(what),
        )
    else:
        assert setting.quick is not None
        counts = least_by_laws(setting.quick, goal, promised, seconds=left(), told=lambda share, what: told(what))
    return ModelPlan(analyse(model, twist), setting.sampler, goal, demands, certified, counts)


def _certified(process: ParticleProcess, delta: Rational, seconds: float, told: Callable[[str], None]) -> Enough:
    """The enclosure's counts, as far as they come in so many seconds."""
    found = Enough(delta, None, None, None, 1, MOST_PARTICLES)
    try:
        with kept(seconds):
            for found in settling(process, delta):
                if found.open_from is not None:
                    told(f"certified counts, N = {found.open_from:,}..{found.open_to:,} are open")
    except OutOfTime:
        pass  # `found` says what is open
    return found
