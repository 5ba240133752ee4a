"""One chunk of a campaign: a pure function of the plan and the chunk's number."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from smc.campaign.plan import Plan
from smc.check.row import Row
from smc.formats.native import layered_document
from smc.interrupts import pass_on
from smc.numbers import Verdict, nearest_float
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.families import FAMILIES, hard_families
from smc.testing.instances import Instance, describe, most_particles, regions
from smc.testing.mdps import finite_mdps
from smc.testing.models import layered_models, prefix_trees, product_models
from smc.testing.rewards import instances
from smc.testing.statements import SAMPLER, report


@dataclass
class Found:
    """What one claim met in one chunk, by form. best: observed/bound, the instance as text and as a model file."""

    checked: int = 0
    vacuous: int = 0
    undecided: int = 0
    best: float = -1.0
    instance: str = ""
    document: str = ""


@dataclass(frozen=True)
class Counterexample:
    """A refuted claim, shrunk. document: native JSON that `bellman-smc check` reads."""

    claim: str
    form: str
    algorithm: str
    particles: int
    observed: str
    bound: str
    size: int
    instance: str
    document: str


@dataclass
class Chunk:
    """Results of one chunk. digests: 8 bytes of a hash of each instance, for counting distinct ones."""

    number: int
    examples: int = 0
    seconds: float = 0.0
    found: dict[tuple[str, str], Found] = field(default_factory=dict)
    regions: Counter = field(default_factory=Counter)
    digests: list[int] = field(default_factory=list)
    counterexample: Counterexample | None = None


CRASH = "crash"
"""The claim that every instance has an answer."""


class Refuted(AssertionError):
    """Raised inside the search, so that Hypothesis shrinks; carries what a counterexample needs."""

    def __init__(self, instance: Instance, claim: str, form: str, algorithm: str, observed: str, bound: str) -> None:
        super().__init__(claim)
        self.instance = instance
        self.counterexample = Counterexample(
            claim, form, algorithm, instance.particles, observed, bound, instance.size, describe(instance),
            document(instance, claim),
        )  # fmt: skip


def searched(plan: Plan) -> SearchStrategy[Instance]:
    """The instances of a campaign: layered models, prefix trees, unrolled MDPs, product models and hard families."""
    horizon, states = plan.max_horizon, plan.max_states
    unrolled = st.builds(
        lambda mdp, moves: mdp.unroll(moves),
        finite_mdps(max_horizon=horizon, max_states=states, extremes=True),
        st.integers(1, horizon),
    )
    limits: dict[str, Any] = {"max_particles": plan.max_particles, "work": plan.work}
    families = tuple(name for name in FAMILIES if name != "S6")  # wide and alike: the others say more for their cost

    def repeated(instance: Instance, particles: int) -> Instance:
        return Instance(
            instance.model,
            instance.twist,
            min(particles, most_particles(instance.model, plan.max_particles, plan.work)),
        )

    return st.one_of(
        instances(models=layered_models(max_horizon=horizon, max_states=states), **limits),
        instances(models=layered_models(max_horizon=horizon, max_states=states, min_horizon=min(2, horizon)), **limits),
        instances(models=prefix_trees(max_horizon=min(3, horizon), max_children=min(2, states)), **limits),
        instances(models=unrolled, **limits),
        st.builds(repeated, product_models(max_horizon=horizon, max_tokens=states), st.integers(1, plan.max_particles)),
        hard_families(families=families, max_horizon=horizon, **limits),
    )


def evaluate(plan: Plan, instance: Instance) -> Iterator[tuple[str, str, Row]]:
    """(claim, algorithm, row) for every row of every claim of the plan on `instance`. Raises Refuted where there is no answer."""
    spoken_of = {SAMPLER[statement] for statement in plan.statements}
    for sampler in sorted(spoken_of, key=lambda s: s.name):
        algorithm = sampler.name
        try:
            found = report(instance, sampler).rows
        except Exception as error:  # whatever it is, an instance without an answer is a finding, and is shrunk like one
            pass_on()  # but not where Ctrl-C made it
            raise Refuted(instance, CRASH, type(error).__name__, algorithm, str(error)[:200], "an answer") from error
        for row in found:
            if row.id in plan.statements and SAMPLER[row.id] is sampler:
                yield row.id, algorithm, row
    for name in plan.planted:
        for row in FALSEHOODS[name].rows(instance):
            yield name, FALSEHOODS[name].algorithm, row


def run_chunk(plan: Plan, number: int) -> Chunk:
    """Draws and checks the instances of chunk `number`; at the first refutation shrinks it and stops.

    Hypothesis climbs observed/bound of one claim a chunk, in turn.
    """
    set_hypothesis_home_dir(tempfile.gettempdir() + "/bellman-smc-hypothesis")  # nothing is left where the user works
    chunk, began = Chunk(number), time.perf_counter()
    steered = plan.claims[number % len(plan.claims)]
    shrinking = False

    @seed(int.from_bytes(hashlib.blake2b(f"{plan.seed}/{number}".encode(), digest_size=8).digest(), "big"))
    @settings(
        max_examples=plan.chunk, database=None, deadline=None, verbosity=Verbosity.quiet, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.target, Phase.shrink), backend="hypothesis",
    )  # fmt: skip
    @given(searched(plan))
    def search(instance: Instance) -> None:
        nonlocal shrinking
        try:
            rows = list(evaluate(plan, instance))
            if not shrinking:
                _record(chunk, instance, rows)
            for claim, algorithm, row in rows:
                if row.verdict is Verdict.REFUTED:
                    raise Refuted(instance, claim, row.form, algorithm, str(row.observed), str(row.bound))
        except Refuted:
            shrinking = True
            raise
        target(max((_ratio(row) for claim, _, row in rows if claim == steered), default=0.0))

    try:
        search()
    except Refuted as refuted:
        chunk.counterexample = refuted.counterexample
    chunk.seconds = time.perf_counter() - began
    return chunk


def _ratio(row: Row) -> float:
    return nearest_float(1 / row.slack) if row.slack else 0.0


def _record(chunk: Chunk, instance: Instance, rows: list[tuple[str, str, Row]]) -> None:
    text = describe(instance)
    chunk.examples += 1
    chunk.digests.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True))
    chunk.regions.update(regions(instance))
    for claim, _, row in rows:
        found = chunk.found.setdefault((claim, row.form), Found())
        if isinstance(row.bound, float):  # an infinite bound claims nothing
            found.vacuous += 1
            continue
        found.checked += 1
        found.undecided += row.verdict is Verdict.UNDECIDED
        ratio = _ratio(row)
        if ratio > found.best:
            found.best, found.instance, found.document = ratio, text, document(instance, claim)


def document(instance: Instance, claim: str) -> str:
    """The instance as a native model file; its name says for which claim and at which N."""
    made = layered_document(
        instance.model, instance.twist.values[:-1], f"campaign instance for {claim}, N = {instance.particles}"
    )
    return json.dumps(made, indent=1)
