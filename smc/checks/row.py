"""One statement held against one measurement: rows, claims and verdicts.

Measurements come from `smc.checks.measure` (exact laws), `smc.exact.enclosure` (two certified ends) or a simulation (an interval), bounds
from `proofs.bounds` (closed forms); neither knows the other. A row whose bound is infinite, or from below at most 0,
claims nothing and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import flint

from proofs import bounds
from smc.checks.document import MOST_BITS, end, ends
from smc.numbers import (
    INFINITE,
    ZERO,
    Ball,
    Extended,
    Rational,
    Verdict,
    at_most,
    ball,
    dyadic,
    finite,
    is_infinite,
    nearest_float,
    precision,
)

Relation = Literal["<=", ">=", "="]

START_BITS = 128
"""Working precision of a comparison that needs a square root: doubled until it is settled, or left UNDECIDED at `MOST_BITS`."""


@dataclass(frozen=True)
class Ends:
    """A quantity known by its two ends: `low <= quantity <= high`, high INFINITE where it is not known.

    proved: whether that is certain; else it is an interval that a simulation says with its probability of a miss.
    """

    low: Rational
    high: Extended
    proved: bool

    def to_json(self) -> dict[str, Any]:
        """Rationals as strings where they are proved, floats (null for no end) where they are not."""
        if self.proved:
            return ends("observed_enclosure", self.low, finite(self.high))
        return {
            "observed_interval": [nearest_float(self.low), None if self.high == INFINITE else nearest_float(self.high)]
        }


Observation = Extended | Ball | Ends
"""What is known of a quantity: its value (INFINITE where it has none), a ball around it, or two ends."""


@dataclass(frozen=True)
class Row:
    """One statement held against one measurement: `observed relation bound`, the relation `<=`, `>=` or `=`.

    id, form: the statement and which form of it (`instance`: from the model's own constants; `uniform`: from eps, L and T alone).
    quantity: what is bounded. bound: rational, ball (a square root remains) or INFINITE. observed: see `Observation`.
    """

    id: str
    form: str
    quantity: str
    bound: Extended | Ball
    observed: Observation
    verdict: Verdict
    relation: Relation = "<="

    @property
    def value(self) -> Rational | Ball:
        """What was observed, where it was computed. Raises TypeError for a quantity that is known by its ends alone, or is infinite."""
        if isinstance(self.observed, (Ends, float)):
            raise TypeError(f"{self.quantity} has no value: {self.observed}")
        return self.observed

    @property
    def claims(self) -> bool:
        """Whether the row says anything: not where the bound is infinite, nor where it bounds a distance or a count from below by 0 or
        less. What does not hold is never passed over."""
        if is_infinite(self.bound):
            return False
        return (
            self.relation != ">=" or self.verdict is not Verdict.HOLDS or at_most(self.bound, ZERO) is not Verdict.HOLDS
        )

    @cached_property
    def slack(self) -> Extended:
        """bound / observed (its inverse for `>=`), for display and order: of two balls the middle; INFINITE where there is none,
        as for a quantity known by its ends, and in a row that claims nothing."""
        if isinstance(self.observed, Ends) or not self.claims:
            return INFINITE
        top, bottom = (self.observed, self.bound) if self.relation == ">=" else (self.bound, self.observed)
        if type(top) is type(bottom) is Rational and bottom:  # nearly always
            return top / bottom
        if (
            isinstance(top, float) or isinstance(bottom, float) or not bottom
        ):  # the one float on an exact path is INFINITE
            return INFINITE
        if isinstance(top, flint.arb) or isinstance(bottom, flint.arb):
            ratio = _as_ball(top) / _as_ball(bottom)
            return dyadic(ratio) if ratio.is_finite() else INFINITE
        return top / bottom

    def to_json(self) -> dict[str, Any]:
        """Rationals as strings; a ball as its end that makes the relation, read from the file, a proof. claims: false where the row
        says nothing, and its verdict is no evidence."""
        upper_bound = self.relation != ">="
        seen = self.observed
        return {
            "id": self.id,
            "form": self.form,
            "quantity": self.quantity,
            "relation": self.relation,
            **end("bound", self.bound, lower=upper_bound),
            "bound_exact": not isinstance(self.bound, flint.arb),
            **(
                {"observed": None} | seen.to_json()
                if isinstance(seen, Ends)
                else end("observed", seen, lower=not upper_bound)
            ),
            "claims": self.claims,
            "verdict": self.verdict.value,
        }


def _as_ball(value: Rational | Ball) -> Ball:
    return value if isinstance(value, flint.arb) else ball(value)


def _verdict(observed: Observation, relation: Relation, bound: Extended | Ball) -> Verdict:
    if relation == "<=":
        return _below(observed, bound)
    if relation == ">=":
        return _above(observed, bound)
    return worst_verdict((_below(observed, bound), _above(observed, bound)))


def _below(observed: Observation, bound: Extended | Ball) -> Verdict:
    if not isinstance(observed, Ends):
        return at_most(observed, bound)
    return _either(at_most(observed.high, bound), at_most(observed.low, bound))


def _above(observed: Observation, bound: Extended | Ball) -> Verdict:
    if not isinstance(observed, Ends):
        return at_most(bound, observed)
    return _either(at_most(bound, observed.low), at_most(bound, observed.high))


def _either(for_all: Verdict, for_some: Verdict) -> Verdict:
    """HOLDS where the relation holds of every value between the ends, REFUTED where it holds of none."""
    if for_all is Verdict.HOLDS:
        return for_all
    return Verdict.REFUTED if for_some is Verdict.REFUTED else Verdict.UNDECIDED


def _between(observed: Observation, bound: Extended | Ball) -> bool:
    """Whether the bound certainly lies between two ends of the quantity: more digits will not decide."""
    if not isinstance(observed, Ends):
        return False
    return at_most(observed.low, bound) is Verdict.HOLDS and at_most(bound, observed.high) is Verdict.HOLDS


def compare(
    statement: str, form: str, quantity: str, observed: Observation, relation: Relation = "<=", **inputs: Any
) -> Row:
    """The row of `statement` in `form` for `observed`, precision doubled while the comparison is undecided."""
    return held(bounds.ClosedForm(statement, form, **inputs), quantity, observed, relation)


def held(
    closed: bounds.ClosedForm, quantity: str, observed: Observation, relation: Relation = "<=", **rest: Any
) -> Row:
    """The row of a closed form that is ready, at the rest of its inputs."""
    bits = START_BITS
    while True:
        with precision(bits):
            bound = closed(**rest)
            verdict = _verdict(observed, relation, bound)
        if verdict is not Verdict.UNDECIDED or bits >= MOST_BITS or _between(observed, bound):
            return Row(closed.statement, closed.form, quantity, bound, observed, verdict, relation)
        bits *= 2


def tightest(rows: Iterable[Row]) -> Row:
    """The row that decides a statement made for many instances at once: a refuted one, else an undecided one, else the least slack."""
    first, *others = rows
    if not others:
        return first
    order = {Verdict.REFUTED: 0, Verdict.UNDECIDED: 1, Verdict.HOLDS: 2}
    return min((first, *others), key=lambda row: (order[row.verdict], row.slack))


def _particles(n: int) -> dict[str, Any]:
    return {"N": n}


@dataclass(frozen=True)
class Claim:
    """A statement about a run with N particles, ready to be evaluated at any N.

    at: from N, the inputs of its closed form that N determines. inputs: all the others.
    """

    id: str
    form: str
    quantity: str
    inputs: dict[str, Any]
    relation: Relation = "<="
    at: Callable[[int], dict[str, Any]] = field(default=_particles, compare=False)

    def row(self, particles: int, observed: Observation) -> Row:
        """The claim at N = `particles`, held against what was measured."""
        return compare(self.id, self.form, self.quantity, observed, self.relation, **self.at(particles), **self.inputs)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """REFUTED before UNDECIDED before HOLDS; HOLDS for none at all."""
    seen = set(verdicts)
    return next((v for v in (Verdict.REFUTED, Verdict.UNDECIDED) if v in seen), Verdict.HOLDS)
