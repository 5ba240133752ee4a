"""The kit passes samplers that are right, and catches and names each planted fault; its laws are those of the exact engine."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError, TooLarge
from smc.exact.clouds import cloud_moments
from smc.montecarlo import realise, simulate
from smc.numbers import ZERO, Rational
from smc.samplers.adapted import adapted
from smc.samplers.importance import sis
from smc.samplers.naive import naive
from smc.samplers.resampling import SCHEMES, Choice, Resampling, infinity_effective_sample_size, resampling_of
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import Instance, nasty_weights
from smc.testing.conformance import (
    DEAD,
    Genealogy,
    Runs,
    assert_conforms,
    check_sampler,
    evidence,
    one_by_one,
    suite,
)
from smc.testing.conformance.faults import faults
from smc.testing.conformance.laws import UNKNOWN, laws
from smc.testing.conformance.loop import declared_loop, joint_law
from smc.testing.conformance.suite import ordinary
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted
from tests.testing.samplers import FAULTS, steered_smc

REPLICATES = effort(20_000, sample=4000)
SYSTEMATIC = naive.resampling_by(resampling_of("systematic"))
ADAPTIVE = naive.resampling_by(resampling_of("systematic:1/2"))

PLANTED = {
    "untelescoped weights": (naive, {}, {"untelescoped"}, "not divided by the previous value"),
    "double last weight": (naive, {}, {"chosen-twice"}, "last weight is counted twice"),
    "wrong normaliser after a skipped resampling": (
        ADAPTIVE, {"scheme": "systematic", "threshold": 0.5}, {"skipped-normaliser"}, "counted again",
    ),
    "systematic with one uniform per slot": (
        SYSTEMATIC, {"scheme": "systematic"}, {"scheme-stratified"}, "a uniform number of its own for every slot",
    ),
    "ancestor off by one": (naive, {"genealogy": True}, {"off-by-one", "off-by-minus-one"}, "one too large"),
    "dead particle drawn": (naive, {}, {"dead-drawn"}, "dead particles are drawn"),
    "stale weights": (naive, {}, {"stale-weights"}, "weights are stale"),
    "log-sum-exp without max": (naive, {}, {"range"}, "without the largest logarithm taken out"),
    "score of the parent": (naive, {}, {"lagged"}, "the score of the parent"),
    "EOS particle propagated": (naive, {}, {"end-propagated-0"}, "finished sequences are propagated after their end"),
    "argmax called sampling": (naive, {}, {"argmax"}, "called a sample"),
    "N for N - 1": (naive, {}, {"sum-over-n-minus-1"}, "divides sums of N weights by N - 1"),
    "sign": (naive, {}, {"sign"}, "wrong sign"),
    "odds": (naive, {}, {"odds"}, "the odds V_t/(1 - V_t), not divided by the previous value"),
}  # fmt: skip
"""By planted fault: what the sampler is declared to be, how it runs, the faults that are named, and words of the diagnosis."""


def test_every_fault_of_the_issue_is_planted():
    assert set(FAULTS) <= set(PLANTED) and len(FAULTS) == 12


@pytest.mark.by_turn
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_caught_and_named(fault):
    declared, options, names, words = PLANTED[fault]
    report = check_sampler(steered_smc(fault, **options), declared, replicates=REPLICATES)
    assert report.error < 1e-6
    assert report.broken, str(report)
    assert {f.name for f in report.named} == names, str(report)
    assert words in report.diagnosis


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("declared", "options"),
    [
        (naive, {}),
        (SYSTEMATIC, {"scheme": "systematic"}),
        (naive.resampling_by(resampling_of("stratified")), {"scheme": "stratified"}),
        (ADAPTIVE, {"scheme": "systematic", "threshold": 0.5}),
    ],
)
def test_a_sampler_without_fault_conforms(declared, options):
    report = check_sampler(steered_smc(genealogy=True, **options), declared, replicates=REPLICATES, seed=3)
    assert not report.broken and not report.diagnosis and not report.named, str(report)
    assert {f.check for f in report.findings} == {"numbers", "support", "normaliser", "law", "joint", "genealogy"}


def test_a_fault_of_no_known_kind_is_caught_and_said_to_be_unknown():
    for fault in ("wrong level", "lost factor"):
        report = check_sampler(steered_smc(fault), replicates=REPLICATES)
        assert report.broken and not report.named
        assert "no single fault that is known here" in report.diagnosis


def test_runs_that_are_all_the_same_are_said_to_be():
    plain = steered_smc()

    def deaf(model, twist, n_particles, replicates, seed):
        one = plain(model, twist, n_particles, 1, 3)
        return Runs(np.repeat(one.output, replicates), np.repeat(one.log_normaliser, replicates))

    report = check_sampler(deaf, replicates=200)
    assert report.broken and "does not use its seed" in report.diagnosis
    assert report.diagnosis.count(": ") > 3 and all(
        f"{f.instance}: {f.words}" in report.diagnosis for f in report.findings if not f.kept
    )
    assert "seed" not in check_sampler(steered_smc("wrong level"), replicates=200).diagnosis


def test_normalisers_beyond_the_largest_are_said_with_a_lower_end_alone():
    plain = steered_smc()

    def scaled(model, twist, n_particles, replicates, seed):
        runs = plain(model, twist, n_particles, replicates, seed)
        return Runs(runs.output, runs.log_normaliser + log(3))

    words = [f.words for f in check_sampler(scaled, replicates=500).findings if f.check == "normaliser" and not f.kept]
    assert words and all("exceed the largest possible one; E[Zhat] is at least" in w and " to " not in w for w in words)


def test_sorted_ancestors_change_no_law_and_are_seen_in_the_genealogy():
    """As the library `particles` returns multinomial draws: exchangeability is not needed for the law of the output."""
    assert not check_sampler(steered_smc("sorted"), replicates=REPLICATES).broken
    report = check_sampler(steered_smc("sorted", genealogy=True), replicates=REPLICATES)
    assert report.broken == ("genealogy",) and not report.named
    assert "whose ancestors are sorted" in report.diagnosis and "the declared one" in report.diagnosis


def sticky(horizon: int, particles: int) -> Instance:
    """A fair choice, then nothing moves and all weights are 1: what is left of a run is its resampling, step after step."""
    stay = [("a", "a", 1), ("b", "b", 1)]
    model = Model.from_edges(
        [["r"], *[["a", "b"]] * horizon],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], *[stay] * (horizon - 1)],
        {"a": 1, "b": 1},
    )
    return Instance(model, twist(model, [[1], *[[1, 1]] * (horizon - 1)]), particles)


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("excess", "replicates"), [(0.05, 8_000), pytest.param(0.01, 100_000, marks=pytest.mark.nightly)]
)
def test_a_resampler_that_is_slightly_biased_is_caught(excess, replicates):
    """1 % in the weights adds up to 1.3 % in the law over eight steps; the normaliser does not see it. The loop is too large to enumerate
    there: the exact engine gives the law of the output."""
    where = [sticky(8, 10)]
    assert not laws(naive, where[0]).enumerated
    report = check_sampler(steered_smc("biased resampler", excess=excess), instances=where, replicates=replicates)
    assert "law" in report.broken and "normaliser" not in report.broken, str(report)
    assert not check_sampler(steered_smc(), instances=where, replicates=REPLICATES).broken


def test_a_sign_error_hides_in_a_symmetric_model():
    """With equal values on every level the flipped sign does nothing: the asymmetric suite is what finds it."""
    asymmetric = ordinary()
    flat = Instance(asymmetric.model, twist(asymmetric.model, [["1"], ["1", "1"]]), 3)
    assert not check_sampler(steered_smc("sign"), instances=[flat], replicates=REPLICATES).broken
    assert check_sampler(steered_smc("sign"), instances=[asymmetric], replicates=REPLICATES).broken


# --- our own engines ---------------------------------------------------------------------------------


def one_realised(declared):
    def run(model, reward_model, n_particles, seed):
        found = realise(declared.process(model, reward_model), n_particles, seed=seed)
        return found.output, (float(log(found.normaliser)) if 1e-300 < found.normaliser else None)

    return run


@pytest.mark.by_turn
@pytest.mark.parametrize("declared", [naive, adapted, ADAPTIVE.resampling_by(ADAPTIVE.resampling, Choice.UNIFORM)])
def test_our_realised_runs_conform(declared):
    assert_conforms(one_by_one(one_realised(declared)), declared, instances=[ordinary()], replicates=1500)


@pytest.mark.by_turn
@pytest.mark.parametrize(
    "declared", [naive, adapted, SYSTEMATIC, ADAPTIVE, naive.resampling_by(resampling_of("residual:inf:1/2"))]
)
def test_our_vectorised_engine_conforms(declared):
    def many(model, reward_model, n_particles, replicates, seed):
        runs = simulate(declared.process(model, reward_model), n_particles, replicates, seed=seed)
        return Runs(np.where(runs.output == model.sizes[-1], DEAD, runs.output), runs.log_normaliser)

    assert_conforms(many, declared, replicates=REPLICATES)


# --- the laws ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=effort(300, sample=20))
@given(data=st.data())
def test_the_enumerated_loop_has_the_moments_of_the_exact_engine(data):
    model, reward_model = data.draw(twisted(trees(max_children=2) | graphs()))
    scheme = data.draw(st.sampled_from(list(SCHEMES.values())))
    threshold = data.draw(st.sampled_from([None, Rational(1, 2), Rational(3, 4)]))
    size = data.draw(st.sampled_from([Resampling().size, infinity_effective_sample_size]))
    declared = naive.resampling_by(Resampling(scheme, threshold, size), data.draw(st.sampled_from(list(Choice))))
    particles = data.draw(st.integers(1, 2))
    exact = cloud_moments(declared.process(model, reward_model), particles)
    law = joint_law(declared_loop(declared, Instance(model, reward_model, particles)))
    found = [sum((p for (y, _), p in law.items() if y == k), ZERO) for k in range(model.sizes[-1])]
    assert found == list(exact.law)
    assert law.get((DEAD, ZERO), ZERO) == exact.dead
    for power, moment in ((1, exact.normaliser), (2, exact.second_moment)):
        assert sum((p * z**power for (_, z), p in law.items()), ZERO) == moment


@pytest.mark.parametrize("declared", [naive, ADAPTIVE, SYSTEMATIC], ids=["naive", "adaptive", "systematic"])
def test_every_fault_changes_a_law_of_the_suite_or_cannot(declared):
    """A fault that no instance shows would never be named."""
    shown = {name for instance in suite(declared) for name in laws(declared, instance).faulty}
    hidden = {fault.name for fault in faults(declared)} - shown
    never = {"end-propagated-2"}  # the suite has two unfinished states a layer
    without_threshold = {"skipped-normaliser", "skipped-increments", "always-resampled"}
    symmetric = {"first-slot"}  # a slot of multinomial resampling has the law of any other
    alike = set() if declared is naive else {"scheme-ssp"}  # of up to three particles, see below
    if declared is ADAPTIVE:  # with one heavy particle of three it makes the copies that systematic resampling makes
        alike |= {"scheme-residual"}
    allowed = (
        never
        | alike
        | (set() if declared is ADAPTIVE else without_threshold)
        | (symmetric if declared is naive else set())
    )
    assert hidden <= allowed, hidden - allowed


@given(weights=nasty_weights(max_particles=3))
def test_up_to_three_particles_floors_and_ceilings_have_one_law(weights):
    """The fractional parts of three sum to 0, 1 or 2: one particle has a copy more, or one has none more, and the means say which."""
    ssp, systematic = (copies(SCHEMES[name], weights) for name in ("ssp", "systematic"))
    assert ssp == systematic


def test_four_particles_tell_ssp_from_systematic():
    halves = [Rational(w, 8) for w in (1, 3, 1, 3)]
    assert copies(SCHEMES["ssp"], halves) != copies(SCHEMES["systematic"], halves)


def copies(scheme, weights) -> dict[tuple[int, ...], Rational]:
    """Law of the numbers of copies, for schemes whose slots are sure in every piece."""
    found: dict[tuple[int, ...], Rational] = {}
    for p, slots in scheme.pieces(weights):
        chosen = [i for slot in slots for i in slot]
        key = tuple(chosen.count(i) for i in range(len(weights)))
        found[key] = found.get(key, ZERO) + p
    return found


@settings(deadline=None, max_examples=30)
@given(weights=st.lists(st.integers(1, 5), min_size=2, max_size=3), length=st.integers(1, 5))
def test_the_evidence_is_an_e_value(weights, length):
    """The mean of mixture over likelihood, under the law itself, is 1; of the likelihood ratio too. By enumeration."""
    law = {k: w / sum(weights) for k, w in enumerate(weights)}
    other = {k: w / sum(weights) for k, w in enumerate(reversed(weights))}
    mixture = ratio = 0.0
    for draws in product(law, repeat=length):
        counts = {k: draws.count(k) for k in set(draws)}
        chance = evidence.log_likelihood(counts, law)
        mixture += exp(evidence.log_mixture(counts, len(law)))
        ratio += exp(chance) * exp(evidence.log_likelihood(counts, other) - chance)
    assert mixture == pytest.approx(1) and ratio == pytest.approx(1)


def test_false_alarms_stay_below_the_stated_probability():
    """At a generous error of 1/5, 40 honest checks: the tests are conservative, so fewer than 8 alarms (fixed seeds)."""
    alarms = sum(
        bool(check_sampler(steered_smc(), instances=[ordinary(2)], replicates=200, seed=seed, error=0.2).broken)
        for seed in range(40)
    )
    assert alarms <= 8


# --- what is refused ---------------------------------------------------------------------------------

BAD = [
    ({"replicates": 0}, "replicates"),
    ({"replicates": 2.5}, "replicates"),
    ({"error": 0}, "error"),
    ({"error": 1.5}, "error"),
    ({"declared": sis}, "no loop of particles"),
    ({"instances": []}, "no instance"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_arguments(options, words):
    with pytest.raises(InputError, match=words):
        check_sampler(steered_smc(), **options)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda t, r, n: None, "NoneType"),
        (lambda t, r, n: Runs(np.zeros(r + 1, int)), "shape"),
        (lambda t, r, n: Runs(np.zeros(r)), "type"),
        (lambda t, r, n: Runs(np.full(r, 9)), "do not exist"),
        (lambda t, r, n: Runs(np.zeros(r, int), np.zeros(r + 1)), "normalisers of shape"),
        (lambda t, r, n: Runs(np.zeros(r, int), None, Genealogy(np.zeros((t, r), int), np.zeros((t, r), int))), "genealogy whose states"),
        (lambda t, r, n: Runs(np.zeros(r, int), None, Genealogy(np.full((t, r, n), 7), np.zeros((t, r, n), int))), "do not exist"),
    ],
)  # fmt: skip
def test_samplers_that_return_nonsense(returned, words):
    with pytest.raises(InputError, match=words):
        check_sampler(lambda model, v, n, r, seed: returned(model.horizon, r, n), instances=[ordinary()], replicates=10)


@pytest.mark.parametrize("answer", [3, (1,), (1, 2.0, None, None)])
def test_a_single_run_that_is_no_pair(answer):
    with pytest.raises(InputError, match=r"returned (no pair|4 items)"):
        one_by_one(lambda *_: answer)(ordinary().model, ordinary().twist, 1, 2, 0)


def test_a_normaliser_that_is_no_number_is_a_finding():
    def broken(*arguments):
        runs = steered_smc()(*arguments)
        return Runs(runs.output, np.where(np.arange(len(runs.output)) == 0, np.nan, runs.log_normaliser))

    report = check_sampler(broken, instances=[ordinary()], replicates=100)
    assert "numbers" in report.broken and "NaN" in report.diagnosis


def test_a_sampler_without_a_normaliser_is_held_to_the_law_of_its_output():
    def outputs(fault):
        return lambda *arguments: Runs(steered_smc(fault)(*arguments).output)

    assert not check_sampler(outputs(""), replicates=REPLICATES).broken
    report = check_sampler(outputs("untelescoped weights"), replicates=20_000)
    assert "law" in report.broken
    # after resampling by V_1, stale weights V_1/V_0 V_2/V_1 draw as V_2 does: the normaliser alone tells the two apart
    assert {f.name for f in report.named} == {"untelescoped", "stale-weights"}


def test_a_single_run_may_bring_its_genealogy():
    """One particle at a time, with the path as genealogy; a move that the model does not have is seen."""

    def run(model, reward_model, n_particles, seed, wrong=False):
        rng = np.random.default_rng(seed)
        states, x, weight = [], 0, float(reward_model.values[0][0])
        for t, step in enumerate(model.edges):
            edge = step[x][rng.choice(len(step[x]), p=[float(e.probability) for e in step[x]])]
            weight *= float(reward_model.values[t + 1][edge.target] / reward_model.values[t][x])
            x = edge.target
            states.append([x])
        return x, log(weight), Genealogy(states, [[0]] * model.horizon)

    assert_conforms(one_by_one(run), instances=[ordinary(1)], replicates=1000)


def test_single_precision_is_no_fault():
    """Logarithms near 921 have five digits behind the point in single precision; a sampler that rounds each once a step conforms."""
    rounded = steered_smc(genealogy=True)

    def many(model, twist, n_particles, replicates, seed):
        made = rounded(model, twist, n_particles, replicates, seed)
        shift = np.random.default_rng(seed).integers(-4, 5, replicates) * np.spacing(np.float32(921.0))
        far = model.name == "far"
        return Runs(made.output, (made.log_normaliser + far * shift).astype(np.float32), made.genealogy)

    assert_conforms(many, replicates=REPLICATES)


def test_a_normaliser_that_is_off_is_at_no_place():
    """What is forgiven is rounding: four times as far from every value that a loop can return is nowhere."""
    held = laws(naive, ordinary())
    values, forgiven = held.places[1:], held.near
    assert forgiven < 1e-4 and all(
        held.place(x + sign * forgiven / 2) == k for k, x in enumerate(values, 1) for sign in (-1, 1)
    )
    lonely = [x for x, y in pairwise(values) if y - x > 10 * forgiven]
    assert lonely and all(held.place(x + 4 * forgiven) == UNKNOWN for x in lonely)


def test_parallel_edges_leave_a_genealogy_open():
    model = Model.from_edges(
        [["start"], ["a", "b"]],
        [[("start", "a", "1/4", "1/2"), ("start", "a", "1/4"), ("start", "b", "1/2")]],
        {"a": "1/2", "b": "1/3"},
        name="parallel",
    )
    instance = Instance(model, twist(model, [["1/2"]]), 2)
    with pytest.raises(InputError, match="two edges of step 1 from 'start' to 'a' have different weights"):
        check_sampler(steered_smc(genealogy=True), instances=[instance], replicates=10)


def test_no_two_runs_have_one_seed():
    seeds = []
    one_by_one(lambda model, twist, n, seed: (seeds.append(seed) or 0, 0.0))(
        ordinary().model, ordinary().twist, 3, 200_000, 0
    )
    assert len(set(seeds)) == 200_000 and 0 <= min(seeds) and max(seeds) < 2**32


def test_the_enumeration_refuses_what_is_too_large():
    with pytest.raises(TooLarge, match="successors"):
        joint_law(declared_loop(naive, sticky(8, 20)))
    assert Fraction(1, 2) == sum(p for (y, _), p in joint_law(declared_loop(naive, sticky(2, 2))).items() if y == 0)
