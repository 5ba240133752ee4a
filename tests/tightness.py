"""The ledger of the property tests: what was checked, what claimed nothing, and the tightest instance of each statement."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings, target

from smc.checks.row import Row
from smc.numbers import Verdict, nearest_float
from smc.testing import Instance

refutations: dict[str, tuple[int, int, str]] = {}
"""By falsehood: size of the shrunk counterexample in states and edges, instances tried, the counterexample as text."""


def enough(share: float) -> int:
    """This share of the examples that the profile in force draws, at least 1."""
    return max(1, int(share * settings.default.max_examples))


@dataclass
class Ledger:
    """best: by "ID form", the largest observed/bound and where. checked, vacuous: rows that claim something, and that claim nothing."""

    best: dict[str, tuple[float, str]] = field(default_factory=dict)
    checked: Counter = field(default_factory=Counter)
    vacuous: Counter = field(default_factory=Counter)
    parent: Ledger | None = None

    def page(self) -> Ledger:
        """A fresh ledger whose ratios also go to this one."""
        return Ledger(parent=self)

    def hold(self, row: Row, instance: Instance | str, *, steer: bool = False) -> None:
        """Fails unless `row` holds; records it. steer: let Hypothesis climb observed/bound (one label for each test)."""
        assert row.verdict is Verdict.HOLDS, (
            f"{row.id} {row.form}: observed {row.observed} against bound {row.bound}\n{instance}"
        )
        key = f"{row.id} {row.form}"
        if row.claims:
            self.checked[key] += 1
            self._tighten(key, nearest_float(1 / row.slack) if row.slack else 0.0, str(instance))
        else:
            self.vacuous[key] += 1
        if steer:
            target(nearest_float(1 / row.slack) if row.slack else 0.0, label=key)

    def _tighten(self, key: str, ratio: float, where: str) -> None:
        if ratio > self.best.get(key, (-1.0, ""))[0]:
            self.best[key] = (ratio, where)
        if self.parent is not None:
            self.parent._tighten(key, ratio, where)

    def saw(self, key: str, share: float = 0.1) -> None:
        """Fails unless `key` met a finite bound on this share of a profile's examples: a statement that met no instance proves nothing."""
        at_least = enough(share)
        assert self.checked[key] >= at_least, (
            f"{key}: {self.checked[key]} instances with a bound, {self.vacuous[key]} without"
        )

    def merge(self, best: dict[str, list]) -> None:
        """Takes in another ledger's ratios."""
        for key, (ratio, where) in best.items():
            self._tighten(key, ratio, where)

    def to_json(self) -> dict[str, list]:
        """Ratios as plain data."""
        return {key: list(value) for key, value in self.best.items()}

    def store(self, path: Path) -> None:
        """Adds this run's ratios to the ones stored at `path`, keeping the larger."""
        if not self.best:
            return
        try:
            stored = json.loads(path.read_text())
        except (OSError, ValueError):
            stored = {}
        stored = {key: value for key, value in stored.items() if value[0] > self.best.get(key, (-1.0,))[0]}
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(dict(sorted({**stored, **self.to_json()}.items())), indent=1))

    def lines(self) -> list[str]:
        """One line a statement: ratio and the first line of the instance."""
        return [f"{key:16} {ratio:8.4f}  {where.splitlines()[0]}" for key, (ratio, where) in sorted(self.best.items())]
