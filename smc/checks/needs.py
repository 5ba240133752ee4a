"""What each theorem asks for on audited data: particles and model calls for an accuracy, ranked.

The constants are those that the sample shows: were the worst prefixes those seen, the counts would be sufficient. They are not certified,
since no sample certifies a supremum; `Facts` says from below how bad the constants are at least.

*Gauge.* Levels of V may be scaled freely. Scaled so that the Bellman ratios of a step lie in `[r_t^-1/2, r_t^1/2]`, uniform statements hold
with `e^Lambda = prod_{0<t<T} r_t^1/2` for `(1+eps)^(T-1)`, so `eps := e^(Lambda/(T-1)) - 1`, and L is the largest ratio of a step in
that scale (for one-sided statements only upwards). Best-of-N is SMC of one step, `b_1 - 1 <= max V_T / Z - 1` in S12. Iterated conditional
SMC and the backtracking walk are S17 and S18 (S17.count, with S17_invariant of Rocq for its hypothesis; S18.kappa_count, S18.steps):
`N - 1 >= sum_p (2 b_p - 1)/log 2` halves the distance a sweep, with `b_p <= L c_p c_(p-1)`, `c_t = prod_{t<=s<T} r_s^1/2` (r_0 = 1), the
end of V*/V in that scale: eps knows the product of all r_s alone, and spreads may come late. J visits cost `kappa S J` steps, with
`kappa, A' <= sum_t prod_{t<=s<T} sup rho_s` and `S = 2 sum_t E[V_t] / E[V_T]`, all of V as given: the walk sees the scale of a level.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import accumulate
from operator import mul
from typing import Any

from proofs.catalogue import ROWS
from smc.checks.plan import Demand, plan, setting
from smc.errors import InputError
from smc.rewards.facts import Facts, StepFacts

ONE_SIDED = ("S4", "S12", "S8", "S2", "S7", "P5", "P6")
"""Statements that bound ratios from above alone, or have no L."""
TWO_SIDED = ("P3", "S3", "S13")
SEVERAL = "a mean over several prompts bounds none of them: audit one at a time"
TOO_FEW = "the mean reward is not certified above 0: log more answers"
NO_FLOOR = "1/V has no end from above; lift V with --floor"
NO_MEAN = "no mean reward is certified above 0: log whole answers, each with its reward"
LARGEST = 1e300
"""Counts beyond are not written down."""


@dataclass(frozen=True)
class Need:
    """What one statement asks for. count: None where it gives no finite one, for the reason in `remark`. calls: of the model, a step of a
    particle each (a guided move scores `branching` children). kind: "certified" (sealed, and its constants certified), "theorem" (sealed,
    were the constants those seen) or "average" (what the average prefix suggests, no guarantee). Whose the statement is, the
    catalogue says: `source`."""

    id: str
    algorithm: str
    count: float | None
    unit: str
    calls: float | None
    kind: str
    remark: str = ""

    @property
    def source(self) -> str:
        """Whose the statement is."""
        return ROWS[self.id].source

    def to_json(self) -> dict[str, Any]:
        """All fields, and whose the statement is."""
        return {"source": self.source, **asdict(self)}


@dataclass(frozen=True)
class Constants:
    """eps with `(1+eps)^(T-1) = e^Lambda`, None where ratios were not seen at every step; up: largest ratio of a step, both: largest ratio
    or its inverse, in the best scale; mass: Z over the largest reward, at least; levels: sum of E[V_t] over E[V_T]; variance: N times the
    relative variance of Zhat, of the average prefix. None where unknown. off: c_t for t = 1..T, the product of r_s^1/2 over s >= t; above:
    that of the highest Bellman ratios, V as given; both empty where eps is unknown or infinite."""

    horizon: int
    eps: float | None
    up: float
    both: float
    mass: float | None
    levels: float | None
    variance: float | None
    off: tuple[float, ...]
    above: tuple[float, ...]


def constants(found: Facts) -> Constants:
    """The constants that the sample shows."""
    horizon, growth = found.horizon, found.cumulative_seen
    eps = None if growth is None else math.expm1(growth / (horizon - 1)) if horizon > 1 else found.eps_seen
    up = both = 1.0
    for step in found.steps:
        if step.seen:
            scale = math.sqrt(step.highest * step.lowest)
            up = max(up, step.largest_step / scale if scale else math.inf)
            both = max(both, up, scale / step.least_step if step.least_step else math.inf)
    final, top = found.final, found.scores.top
    mass = final.lower / top if final is not None and top is not None and final.lower and not found.several else None
    later = [step for step in found.steps if step.step] if eps is not None and math.isfinite(eps) else None
    shares = [step.effective for step in found.steps if step.effective is not None]
    return Constants(
        horizon, eps, up, both, mass,
        _levels(found),
        sum(1 / share - 1 for share in shares) if shares and all(shares) and not found.unseen else None,
        () if later is None else _products([math.sqrt(step.spread) for step in later]),
        () if later is None else _products([step.highest for step in later]),
    )  # fmt: skip


def _levels(found: Facts) -> float | None:
    """Sum of E[V_t], t = 1..T, over E[phi], by whole answers; where all end at the last step, by its means and theirs."""
    along, reward = found.along, found.final.mean if found.final is not None else 0.0
    if found.together and along is None and not found.unseen:
        along = math.fsum(step.next.mean for step in found.steps if step.next is not None)
    return along / reward if along is not None and reward else None


def _products(factors: Sequence[float]) -> tuple[float, ...]:
    """Of the factors from each on, and 1 after the last."""
    return tuple(reversed(list(accumulate(reversed(factors), mul, initial=1.0))))


def needs(found: Facts, delta: Fraction, branching: int = 2) -> list[Need]:
    """Every statement's demand at accuracy `delta` (a total variation), least calls first, those without a finite count last."""
    c = constants(found)
    rows = [
        *_theorems(c, delta, branching),
        *_others(c, float(delta), found),
        *_on_paths(c, float(delta), branching),
    ]
    return sorted(rows, key=lambda need: math.inf if need.calls is None else need.calls)


def _theorems(c: Constants, delta: Fraction, branching: int) -> Iterator[Need]:
    if c.eps is None:
        return
    for statements, bound in (ONE_SIDED, c.up), (TWO_SIDED, c.both):
        demands: dict[str, Demand] = {}
        why = (
            "a Bellman ratio of 0 was seen: the children logged of a prefix are all 0"
            if not math.isfinite(c.eps)
            else "a score of 0 after a positive one was seen"
        )
        if math.isfinite(c.eps) and math.isfinite(bound):
            try:
                asked = plan(setting(c.horizon, Fraction(c.eps), Fraction(max(bound, 1.0)), delta, branching))
                demands = {demand.id: demand for demand in asked if demand.sufficient}
            except InputError:
                why = "the count has thousands of digits"
        for statement in statements:
            yield _need(statement, demands.get(statement), why)


def _need(statement: str, demand: Demand | None, why: str) -> Need:
    if demand is None:
        sampler = next((sampler for form in ROWS[statement].forms for sampler in form.samplers), "pool mh")
        return Need(statement, sampler, None, "particles", None, "theorem", why)
    finite = demand.count is not None and demand.cost is not None and demand.cost < LARGEST
    count, cost = (demand.count, demand.cost) if finite else (None, None)
    return Need(
        statement, demand.algorithm, None if count is None else float(count), demand.unit,
        None if cost is None else float(cost), "theorem", demand.remark,
    )  # fmt: skip


def _others(c: Constants, delta: float, found: Facts) -> Iterator[Need]:
    horizon = c.horizon
    best = None if c.mass is None else _whole((1 / c.mass - 1) / delta)
    yield Need(
        "S12", "best-of-n by weights", best, "answers", None if best is None else best * horizon,
        "certified" if best else "theorem", "" if best else _why_no_mean(found),
    )  # fmt: skip
    if (coverage := found.coverage) is not None:
        count = _whole((coverage[1] / delta) ** 2) if math.isfinite(coverage[1]) else None
        yield Need(
            "G1", "naive", count, "particles", None if count is None else count * horizon,
            "certified" if count else "theorem", "" if count else NO_FLOOR,
        )  # fmt: skip
    average = None if c.variance is None else _whole(c.variance * (1 - delta) / delta)
    if average is not None:
        yield Need(
            "S10", "naive", average, "particles", average * horizon, "average",
            "S10 knows the output to v/(1+v), v about the sum of 1/effective - 1 over N if V is near V*; no guarantee",
        )  # fmt: skip


def _why_no_mean(found: Facts) -> str:
    if found.several and not found.weighted:  # runs of a loop may well be of one prompt
        return SEVERAL
    return NO_MEAN if found.final is None else TOO_FEW


def _on_paths(c: Constants, delta: float, branching: int) -> Iterator[Need]:
    if c.eps is None:
        return
    horizon, why = c.horizon, "the constants seen are not finite"
    ranges = [c.up * before * after for before, after in zip((*c.off[:1], *c.off), c.off, strict=False)]
    particles = _whole(1 + sum(2 * b - 1 for b in ranges) / math.log(2)) if ranges else None
    sweeps = max(1, math.ceil(math.log2(1 / delta)))
    if particles is None:
        yield Need("S17", "iterated conditional smc", None, "particles", None, "theorem", why)
    else:
        calls = sweeps * particles * horizon
        yield Need("S17", "iterated conditional smc", particles, f"particles, {sweeps} sweeps", calls, "theorem")
    kappa = sum(c.above) if c.above else math.inf  # at least A', which is at least kappa
    decay = -math.log1p(-1 / kappa) if kappa > 1 else math.inf
    visits = None
    if math.isfinite(c.up) and math.isfinite(kappa):
        visits = _whole(1 + math.log(max(math.sqrt(max(kappa - 1, 0)) / (2 * delta), 1)) / decay)
    if visits is None:
        yield Need("S18", "backtracking", None, "visits", None, "theorem", why)
    else:
        steps = None if c.levels is None else _whole(2 * c.levels * kappa * visits)
        yield Need("S18", "backtracking", visits, "visits", None if steps is None else steps * branching, "theorem")


def _whole(count: float) -> int | None:
    """The least whole number, 1 or more, from `count` on; None for one that is not written down."""
    return math.ceil(max(count, 1.0)) if count < LARGEST else None


def worst_words(step: StepFacts) -> str:
    """The step that spreads most, for a person."""
    return f"step {step.step}: from {step.lowest:.4g} ({step.lowest_at}) to {step.highest:.4g} ({step.highest_at})"
