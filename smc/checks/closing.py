"""What a report comes to: what holds and the tightest bound that says anything; what to buy, and where the reward model errs.

No mathematics of its own: bounds are the rows', counts are the statements', the Bellman ratio is the analysis's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from proofs.catalogue import TV, known_forms
from smc.checks.demand import Demand, demand
from smc.checks.row import Row, worst_verdict
from smc.checks.table import QUANTITIES, claims
from smc.numbers import INFINITE, ONE, Rational, Verdict, at_most
from smc.samplers.sampler import Sampler
from smc.setting.analysis import Constants

DELTA = Rational(1, 10)
"""The accuracy, a total variation, for which a report says what the theorems ask for."""


@dataclass(frozen=True)
class Place:
    """Where the reward model is worst: the state of layer `step` whose Bellman ratio is farthest from 1, by factor."""

    step: int
    state: str
    ratio: Rational


class Concluded:
    """What the reports of `check` have in common, however the run was measured: a verdict, what it comes to, and the printed text."""

    if TYPE_CHECKING:  # a field of some reports, a property of another

        @property
        def constants(self) -> Constants: ...

        @property
        def sampler(self) -> Sampler: ...

        @property
        def rows(self) -> tuple[Row, ...]: ...

    @property
    def verdict(self) -> Verdict:
        """REFUTED if any row is, else UNDECIDED if any row is, else HOLDS."""
        return worst_verdict(row.verdict for row in self.rows)

    @cached_property
    def closing(self) -> Closing:
        """What it comes to."""
        return Closing(self.constants, self.sampler, self.rows)

    def __str__(self) -> str:
        """The report as `bellman-smc check` prints it."""
        from smc.present.report import text_of  # printing builds on reports

        return text_of(self)


@dataclass(frozen=True)
class Closing:
    """The summary of a report: of `rows` on `sampler` with the model's `constants`."""

    constants: Constants
    sampler: Sampler
    rows: Sequence[Row]
    delta: Rational = DELTA

    @property
    def statements(self) -> dict[str, int]:
        """How many rows have each verdict; rows that claim nothing are not counted."""
        counted = [row.verdict for row in self.rows if row.claims]
        return {verdict.value: counted.count(verdict) for verdict in Verdict}

    @property
    def about_the_run(self) -> bool:
        """Whether some row speaks of the sampler, not of model and reward model alone."""
        alone = {(row.id, form.form) for row, form in known_forms(QUANTITIES, "")}
        return any((row.id, row.form) not in alone for row in self.rows)

    @cached_property
    def tightest(self) -> Row | None:
        """The least bound on a total variation (of the output, or at a step) that is certainly below 1 and holds; None without one."""
        useful = [
            row
            for row in self.rows
            if row.quantity.startswith(TV)
            and row.verdict is Verdict.HOLDS
            and row.claims
            and at_most(row.bound, ONE) is Verdict.HOLDS
        ]
        best: Row | None = None
        for row in useful:
            if best is None or at_most(row.bound, best.bound) is Verdict.HOLDS:
                best = row
        return best

    @cached_property
    def asked(self) -> Demand | None:
        """The least number of particles by which some statement certifies `TV <= delta`; None where no statement does."""
        counts = [
            found
            for claim in claims(self.constants, self.sampler)
            if claim.quantity == TV and claim.relation == "<="
            and (found := demand(claim, self.delta)).particles is not None
        ]  # fmt: skip
        return min(counts, key=lambda d: d.particles or 0, default=None)

    @cached_property
    def worst(self) -> Place | None:
        """Where the Bellman ratio is farthest from 1; None where the reward model is exact."""
        c = self.constants
        places = [
            Place(t, c.model.layers[t][x], ratio)
            for t, layer in enumerate(c.bellman_ratio)
            for x, ratio in layer.items()
        ]
        farthest = max(places, key=lambda p: max(p.ratio, 1 / p.ratio) if p.ratio else INFINITE)
        return None if farthest.ratio == 1 else farthest
