"""One chunk of a campaign: a pure function of the plan and the chunk's number."""

from __future__ import annotations

import gc
import hashlib
import json
import math
import tempfile
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from proofs import catalogue
from smc.campaign.plan import Plan
from smc.checks import table
from smc.checks.measure import Measured
from smc.checks.row import Row
from smc.exact import CertifiedLaw
from smc.exact.clouds import most_clouds
from smc.formats.native import layered_document
from smc.interrupts import pass_on
from smc.numbers import ONE, Verdict, nearest_float
from smc.samplers import find
from smc.samplers.resampling import (
    EVERY_STEP,
    MULTINOMIAL,
    SCHEMES,
    STRATIFIED,
    Resampling,
    infinity_effective_sample_size,
)
from smc.samplers.sampler import Sampler
from smc.setting.model import Model
from smc.testing.falsehoods import FALSEHOODS
from smc.testing.families import FAMILIES, hard_families
from smc.testing.instances import Instance, describe, most_particles, regions
from smc.testing.mdps import finite_mdps
from smc.testing.models import layered_models, prefix_trees, product_models
from smc.testing.perturbations import Perturbation
from smc.testing.rewards import on_trees, perturbations
from smc.testing.scope import unmet
from smc.testing.statements import COUNTED, SPOKEN_OF, measured

COLLECTING = gc.get_threshold()
"""How often garbage is looked for outside a search; several may run in one process."""


@dataclass
class Found:
    """What one claim met in one chunk, by form. best: observed/bound, the instance as text and as a model file.

    slack: how often `SLACK_STEPS * log(bound/observed)` rounds to each whole number, where something was observed.
    """

    checked: int = 0
    vacuous: int = 0
    undecided: int = 0
    best: float = -1.0
    instance: str = ""
    document: str = ""
    slack: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Counterexample:
    """A refuted claim, shrunk. resampling: as it is typed, empty where every step resamples multinomially. document: native JSON that
    `bellman-smc check` reads."""

    claim: str
    form: str
    algorithm: str
    resampling: str
    particles: int
    observed: str
    bound: str
    size: int
    instance: str
    document: str


@dataclass
class Chunk:
    """Results of one chunk.

    examples: models drawn. instances: a model, a reward model and a number of particles, checked; each once in a chunk.
    digests: 8 bytes of a hash of each instance, for counting distinct ones.
    """

    number: int
    examples: int = 0
    instances: int = 0
    seconds: float = 0.0
    found: dict[tuple[str, str], Found] = field(default_factory=dict)
    regions: Counter = field(default_factory=Counter)
    digests: list[int] = field(default_factory=list)
    counterexample: Counterexample | None = None


Finding = tuple[str, Sampler, Row]
"""Claim, sampler as it resamples, row."""
SLACK_STEPS = 200
"""Slack is counted in steps of half a percent: what a campaign reports of it is a median."""
CRASH, SCOPE = "crash", "scope"
"""The claims that every instance has an answer, and that its model meets the sealed hypotheses of what is printed for it."""
PATIENCE = 0.01
"""Seconds of an exact law, by estimate, beyond which balls stand in for it: one in a hundred took a fifth of the time."""
ROUNDS = 8
"""One chunk in so many reads the sealed hypotheses of the claim that it steers by: reading them takes as long as all the bounds."""


class Refuted(AssertionError):
    """Raised inside the search, so that Hypothesis shrinks; carries what a counterexample needs."""

    def __init__(self, instance: Instance, claim: str, form: str, sampler: Sampler, observed: str, bound: str) -> None:
        super().__init__(claim)
        self.instance = instance
        typed = "" if sampler.plain else sampler.resampling.typed
        self.counterexample = Counterexample(
            claim, form, sampler.name, typed, instance.particles, observed, bound, instance.size, describe(instance),
            document(instance, claim),
        )  # fmt: skip


SCHEMES_DRAWN = (
    EVERY_STEP, EVERY_STEP, EVERY_STEP,
    *(Resampling(scheme) for scheme in SCHEMES.values() if scheme.independent and scheme is not MULTINOMIAL),
    *(
        Resampling(scheme, share, infinity_effective_sample_size)
        for scheme in SCHEMES.values() if scheme.independent for share in (ONE / 2, ONE * 3 / 4)
    ),
    Resampling(MULTINOMIAL, ONE / 2), Resampling(STRATIFIED, ONE * 3 / 4),
)  # fmt: skip
"""How the runs of a model resample: as the statements on slots ask, or (three draws in sixteen) multinomially after every step."""
MOST_AT_A_TIME = 400
"""Clouds of a layer up to which a run under another resampling is held against its statements: some milliseconds."""
REWARD_MODELS = 4
"""Reward models drawn for a model: a model is dearer to draw than to check."""


def searched(plan: Plan) -> SearchStrategy[list[Instance]]:
    """A model (layered, a prefix tree, an unrolled MDP, a product, of a hard family) under its reward models and one resampling, N = 1."""
    horizon, states = plan.max_horizon, plan.max_states
    unrolled = st.builds(
        lambda mdp, moves: mdp.unroll(moves),
        finite_mdps(max_horizon=horizon, max_states=states, extremes=True),
        st.integers(1, horizon),
    )
    families = tuple(name for name in FAMILIES if name != "S6")  # wide and alike: the others say more for their cost
    errors = st.tuples(*[perturbations()] * REWARD_MODELS)
    on_tree = st.tuples(*[on_trees(perturbations())] * REWARD_MODELS)
    drawn = st.one_of(
        st.builds(_steered, layered_models(max_horizon=horizon, max_states=states), errors),
        st.builds(
            _steered, layered_models(max_horizon=horizon, max_states=states, min_horizon=min(2, horizon)), errors
        ),
        st.builds(_steered, prefix_trees(max_horizon=min(3, horizon), max_children=min(2, states)), on_tree),
        st.builds(_steered, unrolled, errors),
        product_models(max_horizon=horizon, max_tokens=states).map(lambda instance: [instance]),
        hard_families(families=families, max_horizon=horizon, max_particles=1).map(lambda instance: [instance]),
    )
    return st.builds(_resampling, drawn, st.sampled_from(SCHEMES_DRAWN))


def _resampling(instances: list[Instance], resampling: Resampling) -> list[Instance]:
    return [replace(instance, resampling=resampling) for instance in instances]


def _steered(model: Model, errors: tuple[Perturbation, ...]) -> list[Instance]:
    """The model under each reward model once."""
    found: dict[Hashable, Instance] = {}
    for instance in (perturbation.apply(model) for perturbation in dict.fromkeys(errors)):
        found.setdefault((instance.twist.values, instance.model.reward), instance)
    return list(found.values())


def evaluate(plan: Plan, drawn: Instance) -> Iterator[tuple[Instance, list[Finding]]]:
    """For every N that fits, the instance and (claim, sampler, row) for every row of every claim of the plan on it.

    What does not depend on N is computed once, and held against its bounds at N = 1. Under another resampling the samplers are held
    against what speaks of them there as well. Raises Refuted where there is no answer.
    """
    constants = drawn.constants
    ready: table.Ready = {}
    held = [
        (run, measured(constants, run.sampler, PATIENCE))
        for run in (*_spoken_of(plan), *_under(plan, drawn.resampling))
    ]
    for particles in range(1, most_particles(drawn.model, plan.max_particles, plan.work) + 1):
        instance = drawn if particles == drawn.particles else replace(drawn, particles=particles)
        found = []
        for run, measure in held:
            sampler = run.sampler
            try:
                if not sampler.plain and most_clouds(measure(1).process, particles) > MOST_AT_A_TIME:
                    continue
                rows = _rows(measure(particles), run.forms if particles == 1 else run.counted, ready)
                found += [(row.id, sampler, row) for row in rows]
            except Exception as error:  # an instance without an answer is a finding, and is shrunk like one
                pass_on()  # but not where Ctrl-C made it
                raise Refuted(instance, CRASH, type(error).__name__, sampler, str(error)[:200], "an answer") from error
        for name in plan.planted:
            falsehood = FALSEHOODS[name]
            plain = replace(instance, resampling=EVERY_STEP)  # each falsehood says itself how its runs resample
            if falsehood.speaks_of(plain):
                found += [(name, find(falsehood.algorithm), row) for row in falsehood.rows(plain)]
        yield instance, found


def _rows(measuring: Measured, forms: Forms, ready: table.Ready) -> list[Row]:
    """The rows of what is measured; of the exact law where balls that stand in for it leave one undecided."""
    rows = list(table.rows(measuring.constants, measuring, forms, ready))
    if any(row.verdict is Verdict.UNDECIDED for row in rows) and isinstance(measuring.output, CertifiedLaw):
        return list(table.rows(measuring.constants, replace(measuring, patience=math.inf), forms, ready))
    return rows


Forms = list[tuple[catalogue.Row, catalogue.Form]]


class Run(NamedTuple):
    """A sampler whose runs are held against closed forms: against all of `forms` at N = 1, beyond it against those that know a count."""

    sampler: Sampler
    forms: Forms
    counted: Forms


def _run(sampler: Sampler, statements: frozenset[str]) -> Run:
    return Run(sampler, table.known(sampler, statements), table.known(sampler, statements & COUNTED))


@cache
def _spoken_of(plan: Plan) -> list[Run]:
    """The plan's statements by the samplers whose runs they are held against."""
    samplers = sorted({s for statement in plan.statements for s in SPOKEN_OF[statement]}, key=lambda s: s.name)
    return [_run(sampler, frozenset(s for s in plan.statements if sampler in SPOKEN_OF[s])) for sampler in samplers]


@cache
def _under(plan: Plan, resampling: Resampling) -> list[Run]:
    """The plan's statements that speak of runs that resample so, by sampler; none of multinomial resampling after every step, which the
    samplers have of their own."""
    found = []
    for sampler, *_ in _spoken_of(plan):
        if sampler.interacting and resampling != EVERY_STEP:
            run = sampler.resampling_by(resampling)
            statements = frozenset(
                row.id for row, form in table.known(run) if form.samplers and row.id in plan.statements
            )
            found.append(_run(run, statements))
    return [run for run in found if run.forms]


def run_chunk(plan: Plan, number: int) -> Chunk:
    """Draws and checks the instances of chunk `number`; at the first refutation shrinks it and stops.

    Hypothesis climbs observed/bound of one claim a chunk, in turn; in the first round of `ROUNDS` its sealed hypotheses are read as well.
    """
    set_hypothesis_home_dir(tempfile.gettempdir() + "/bellman-smc-hypothesis")  # nothing is left where the user works
    chunk, began = Chunk(number), time.perf_counter()
    recorder = _Recorder(chunk)
    turn, place = divmod(number, len(plan.claims))
    steered = plan.claims[place]
    reads = steered in plan.statements and turn % ROUNDS == 0
    shrinking = False
    known: dict[
        str, float
    ] = {}  # how tight the steered claim was: the search comes back to a third of what it has drawn

    @seed(int.from_bytes(hashlib.blake2b(f"{plan.seed}/{number}".encode(), digest_size=8).digest(), "big"))
    @settings(
        max_examples=plan.chunk, database=None, deadline=None, verbosity=Verbosity.quiet, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.target, Phase.shrink), backend="hypothesis",
    )  # fmt: skip
    @given(searched(plan))
    def search(drawn: list[Instance]) -> None:
        nonlocal shrinking
        if not shrinking:
            chunk.examples += 1
        texts = [_named(pair) for pair in drawn]
        try:
            for pair, text in zip(drawn, texts, strict=True):
                if text not in known:
                    known[text] = checked(pair, text)
        except Refuted:
            shrinking = True
            raise
        target(max(known[text] for text in texts))

    def checked(pair: Instance, text: str) -> float:
        """Checks and records the pair at every N; how tight the steered claim was."""
        tightest = 0.0
        for instance, rows in evaluate(plan, pair):
            if not shrinking:
                recorder.add(instance, text, rows)
            for claim, sampler, row in rows:
                if row.verdict is Verdict.REFUTED:
                    raise Refuted(instance, claim, row.form, sampler, str(row.observed), str(row.bound))
                if claim == steered:
                    tightest = max(tightest, _ratio(row))
                    if reads and instance.particles == 1:
                        _read(instance, sampler, row)
        return tightest

    # Little of an instance is garbage in a circle: looked for as usual it takes a twentieth of the time.
    gc.set_threshold(50_000, 20, 100)
    try:
        search()
    except Refuted as refuted:
        chunk.counterexample = refuted.counterexample
    finally:
        gc.set_threshold(*COLLECTING)
    recorder.close()
    chunk.seconds = time.perf_counter() - began
    return chunk


def _named(pair: Instance) -> str:
    """The model and the values of the reward model, whatever it is called."""
    return describe(pair).partition("\n")[2]


def _read(instance: Instance, sampler: Sampler, row: Row) -> None:
    """Raises Refuted where the model does not meet a sealed hypothesis of the row's statement."""
    for hypothesis in unmet(row, instance.constants, instance.particles):
        raise Refuted(instance, SCOPE, f"{row.id} {row.form}", sampler, "printed", hypothesis)


def _ratio(row: Row) -> float:
    slack = nearest_float(row.slack)
    return 1 / slack if slack else 0.0


class _Recorder:
    """Fills a chunk. Texts and files are made at the end, for the instances that stayed the tightest."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self._tightest: dict[tuple[str, str], Instance] = {}

    def add(self, instance: Instance, text: str, rows: list[Finding]) -> None:
        """One instance and its rows; those of one pair, which `text` describes, come one after the other, with N = 1 first."""
        if instance.particles == 1:
            self._regions = regions(instance) - {"N = 1"}
        self.chunk.instances += 1
        digest = hashlib.blake2b(f"{instance.particles} {text}".encode(), digest_size=8).digest()
        self.chunk.digests.append(int.from_bytes(digest, "big", signed=True))
        self.chunk.regions.update(self._regions | {"N = 1" if instance.particles == 1 else "N > 1"})
        for claim, _, row in rows:
            found = self.chunk.found.get((claim, row.form))
            if found is None:
                found = self.chunk.found[claim, row.form] = Found()
            if not row.claims:
                found.vacuous += 1
                continue
            found.checked += 1
            found.undecided += row.verdict is Verdict.UNDECIDED
            ratio = _ratio(row)
            if ratio > 0:
                found.slack[round(-SLACK_STEPS * math.log(ratio))] += 1
            if ratio > found.best:
                found.best, self._tightest[claim, row.form] = ratio, instance

    def close(self) -> None:
        """Write out the tightest instances."""
        for (claim, form), instance in self._tightest.items():
            found = self.chunk.found[claim, form]
            found.instance, found.document = describe(instance), document(instance, claim)


def document(instance: Instance, claim: str) -> str:
    """The instance as a native model file; its name says for which claim and at which N."""
    made = layered_document(
        instance.model, instance.twist.values[:-1], f"campaign instance for {claim}, N = {instance.particles}"
    )
    return json.dumps(made, indent=1)
