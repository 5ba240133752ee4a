"""What a scheme and a threshold are worth, held against their own draws, and which statements `check`, `plan` and `atlas` then speak of."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.atlas import chart, model_setting
from smc.checks.check import check
from smc.checks.least import least_by_laws
from smc.checks.model_plan import plan_model
from smc.checks.table import ranges
from smc.cli import run
from smc.errors import TooLarge
from smc.exact.clouds import cloud_moments, growths, last_clouds, most_clouds
from smc.formats import load
from smc.numbers import INFINITE, ONE, ZERO, Rational, Verdict
from smc.samplers import resampled
from smc.samplers.adapted import adapted
from smc.samplers.naive import naive
from smc.samplers.resampling import (
    SCHEMES,
    SIZES,
    SYSTEMATIC,
    Resampling,
    effective_sample_size,
    infinity_effective_sample_size,
    resampling_of,
)
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing import instances, nasty_weights, resamplings
from tests.effort import NIGHTLY, effort
from tests.exact.random_models import graphs, trees, twisted

TREE = load("shipped:verifier-tree")
TENTH = Rational(1, 10)
TYPED = ("stratified", "systematic", "residual:1/2", "killing", "multinomial:inf:1/2")


def truth(typed: str, particles: int) -> Rational:
    """TV on the tree, from the chain over clouds."""
    process = replace(naive.process(TREE.model, TREE.twist()), resampling=resampling_of(typed))
    return cloud_moments(process, particles).output.total_variation(analyse(TREE.model, TREE.twist()).target)


@pytest.fixture
def few_clouds(monkeypatch):
    """A law is too large from a thousand clouds on: the last count before that takes most of the time of a plan."""
    if not NIGHTLY:
        monkeypatch.setattr("smc.checks.measure.MOST_AT_A_TIME", 1_000)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@given(weights=nasty_weights())
def test_slots_are_unbiased_and_independent_where_the_scheme_says_so(scheme, weights):
    pieces = scheme.pieces(weights)
    assert sum(chance for chance, _ in pieces) == 1
    offspring = [
        sum((chance * slot.get(i, ZERO) for chance, slots in pieces for slot in slots), ZERO)
        for i in range(len(weights))
    ]
    assert offspring == [len(weights) * w for w in weights]
    assert len(pieces) == 1 or not scheme.independent


def test_systematic_slots_hang_together():
    """Weights 1/2, 1/4, 1/4: the second slot takes 1 half of the time, the third a quarter of it, and never both."""
    pieces = SYSTEMATIC.pieces([Rational(1, 2), Rational(1, 4), Rational(1, 4)])
    both, second, third = (
        sum((chance for chance, slots in pieces if all(1 in slots[k] for k in which)), ZERO)
        for which in ((1, 2), (1,), (2,))
    )
    assert (both, second, third) == (0, Rational(1, 2), Rational(1, 4))


@given(weights=nasty_weights())
def test_a_size_caps_the_largest_weight_where_it_says_so(weights):
    for size in SIZES.values():
        assert 1 <= size(weights) <= len(weights)
        assert max(weights) <= 1 / size(weights) or not size.caps


def test_the_effective_sample_size_does_not_cap_the_largest_weight():
    weights = [Rational(1, 2), *[Rational(1, 10)] * 5]
    assert max(weights) > 1 / effective_sample_size(weights) and max(weights) == 1 / infinity_effective_sample_size(
        weights
    )
    assert not effective_sample_size.caps


@given(resampling=resamplings(), weights=nasty_weights())
def test_carried_weights_are_at_most_what_the_worth_says(resampling, weights):
    if resampling.worth is not None and not resampling.due(weights):
        assert max(weights) * resampling.worth * len(weights) <= 1


@given(resampling=resamplings(), weights=nasty_weights())
def test_squares_of_carried_weights_are_at_most_what_the_effective_share_says(resampling, weights):
    if resampling.effective is not None and not resampling.due(weights):
        assert sum(w * w for w in weights) * resampling.effective * len(weights) <= 1


@given(resampling=resamplings())
def test_what_is_typed_is_read_again(resampling):
    read = resampling_of(resampling.typed)
    assert read.scheme is resampling.scheme
    assert all(read.due(w) is resampling.due(w) for w in ([ONE], [ONE / 2] * 2, [ONE / 3, 2 * ONE / 3]))


ON_SLOTS = ("stratified", "residual", "killing", "multinomial:inf:1/2", "stratified:inf:3/4")


@given(data=st.data())
@settings(deadline=None, max_examples=effort(300, sample=25))
def test_the_growth_of_the_second_moment_is_told_step_by_step(data):
    """Its product is E[Zhat^2]/Z^2 under every scheme; where slots are independent each step is within S16, by the model's own b_p."""
    model, steered = data.draw(twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2)))
    particles, typed = data.draw(st.integers(1, 3)), data.draw(st.sampled_from([*TYPED, *ON_SLOTS]))
    moved = data.draw(st.sampled_from([naive, adapted]))
    sampler, c = resampled(moved, typed), analyse(model, steered)
    process = sampler.process(model, steered)
    grown = growths(process, particles)
    assert prod(grown, start=ONE) == cloud_moments(process, particles).second_moment / c.normaliser**2
    assert ranges(process) == list(c.b if moved is naive else c.b_adapted)
    told = [row for row in check(model, steered, sampler, particles=particles).rows if row.id == "S16"]
    forms = {"instance", "normaliser", "odds"} if moved is naive else {"adapted", "adapted normaliser", "adapted odds"}
    forms.add("step")
    if sampler.worth is None:
        threshold = "threshold" if moved is naive else "adapted threshold"
        forms = {threshold} if sampler.effective is not None else set()
    assert {row.form for row in told} == forms
    assert all(row.verdict is Verdict.HOLDS for row in told)
    if sampler.worth is not None and told and INFINITE not in ranges(process):
        share = ONE if sampler.resampling.threshold is None else sampler.resampling.threshold
        assert all(g <= 1 + (b - 1) / (share * particles) for g, b in zip(grown, ranges(process), strict=True))


@given(instances())
@settings(deadline=None, max_examples=effort(1000, sample=60))
def test_the_ranges_of_a_process_are_the_model_s(instance):
    """b_p by the weights to come, which the observed growth reads too, is b_p by V*/V along the edges: a fault in one shows."""
    c = instance.constants
    assert ranges(naive.process(instance.model, instance.twist)) == list(c.b)
    assert ranges(adapted.process(instance.model, instance.twist)) == list(c.b_adapted)


@pytest.mark.usefixtures("few_clouds")
@pytest.mark.parametrize(("typed", "share"), [("stratified", ONE), ("killing", ONE), ("residual:inf:1/2", ONE / 2)])
def test_plan_counts_by_what_the_slots_are_worth(typed, share):
    """S16 asks for as many as S12 where slots carry 1/N, and for the least N with omega = 1/(theta N) below a threshold; its odds for the
    least N with 2 omega."""
    found = plan_model(TREE.model, TREE.twist(), resampled(naive, typed), delta=TENTH)
    c, counts = analyse(TREE.model, TREE.twist()), {demand.form: demand.particles for demand in found.demands}
    assert {demand.id for demand in found.demands} == {"S16"} and found.by_constants == min(counts.values())
    for form, ranges_of, times, most in (
        ("instance", c.b, 1, 1 / (1 - TENTH)),
        ("odds", c.q, 2, ((1 + TENTH) / (1 - TENTH)) ** 2),
    ):
        n = counts.pop(form)
        met = [prod((1 + times * (b - 1) / (share * k) for b in ranges_of), start=ONE) <= most for k in (n - 1, n)]
        assert met == [False, True], form
    assert not counts
    (asked,) = (demand for demand in found.demands if demand.form == "instance")
    plain = plan_model(TREE.model, TREE.twist(), delta=TENTH)
    (s12,) = [d.particles for d in plain.demands if (d.id, d.form) == ("S12", "instance")]
    assert (asked.particles == s12) is (share == 1) and asked.particles >= s12
    assert found.counts.particles <= found.least <= found.by_constants


@pytest.mark.parametrize(("typed", "share"), [("stratified", ONE), ("multinomial:inf:1/4", ONE / 4)])
def test_plan_from_constants_counts_by_the_largest_steps(typed, share, capsys):
    horizon, eps, big_l = 6, Rational(1, 20), Rational(3)
    known = ["--horizon", str(horizon), "--eps", str(eps), "--ratio-bound", str(big_l)]
    assert run(["plan", *known, "--resampling", typed, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (asked,) = [demand for demand in told["demands"] if demand["sufficient"]]
    assert asked["id"] == "S16" and asked["calls"] == asked["cost"] == horizon * asked["count"]
    ranges = [big_l * (1 + eps) ** (2 * (horizon - p) + 1) for p in range(1, horizon + 1)]
    met = [
        prod((1 + (b - 1) / (share * n) for b in ranges), start=ONE) <= 1 / (1 - TENTH)
        for n in (asked["count"] - 1, asked["count"])
    ]
    assert met == [False, True]


def test_a_simulation_is_held_against_the_same_statements(capsys):
    simulated = ["--method", "monte-carlo", "--replicates", "200", "--json"]
    for typed, spoken in (("stratified", {"instance", "normaliser", "odds"}), ("systematic", set())):
        assert run(["check", "shipped:verifier-tree", "--resampling", typed, "--particles", "50", *simulated]) in (0, 3)
        rows = [row for row in json.loads(capsys.readouterr().out)["bounds"] if row["id"] == "S16"]
        assert {row["form"] for row in rows} == spoken and not [row for row in rows if row["verdict"] == "refuted"]


@given(model=twisted(trees(max_horizon=3, max_children=2) | graphs(max_states=2)), rule=resamplings())
@settings(deadline=None, max_examples=effort(300, sample=25))
def test_the_estimate_of_clouds_is_never_too_low(model, rule):
    """By which campaigns and costs leave a law out."""
    process = replace(naive.process(*model), resampling=rule)
    for particles in (1, 2, 3):
        assert len(last_clouds(process, particles)[0]) <= most_clouds(process, particles)


def test_a_smaller_share_of_the_weight_than_slots_carry_is_refuted(monkeypatch):
    """Were the slots of a skipped resampling worth N, S16 would be false: weights of 5 and 1 are carried on."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d", "e"]],
        [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", "1/3"), ("a", "d", "2/3"), ("b", "e", 1)]],
        {"c": 15, "d": 0, "e": 1},
    )
    steered, rule = twist(model, [[1], [5, 1]]), "multinomial:inf:1/2"
    assert check(model, steered, resampled(naive, rule), particles=2).verdict is Verdict.HOLDS
    monkeypatch.setattr(Resampling, "worth", property(lambda rule: ONE))
    rows = check(model, steered, resampled(naive, rule), particles=2).rows
    assert {row.form: row.verdict for row in rows if row.id == "S16"}["step"] is Verdict.REFUTED


@pytest.mark.usefixtures("few_clouds")
@pytest.mark.parametrize("typed", TYPED)
def test_plan_under_a_scheme_finds_the_least_count_by_its_own_laws(typed):
    found = plan_model(TREE.model, TREE.twist(), resampled(naive, typed), delta="1/5")
    first = next(n for n in range(1, 9) if truth(typed, n) <= Rational(1, 5))
    assert found.counts.particles == first and found.certified is None
    told = found.to_json()
    assert told["resampling"] == resampling_of(typed).typed and told["certified"] is None and told["first"] == first
    assert resampled(naive, typed).label in str(found)


def test_plan_and_atlas_of_a_scheme_without_statements_promise_nothing(capsys):
    found = plan_model(TREE.model, TREE.twist(), resampled(naive, "systematic"), delta=TENTH)
    assert (found.demands, found.by_theorems, found.by_constants, found.least) == ((), None, None, None)
    assert found.counts.open == ((5, None),) and "that every larger N does is not certified" in str(found)
    assert run(["atlas", "shipped:verifier-tree", "--resampling", "systematic,multinomial", "--particles", "1,2"]) == 0
    beside = capsys.readouterr().out.rpartition("scheme by scheme")[2]
    assert "no statement" in next(line for line in beside.splitlines() if "systematic" in line)
    assert "S12" in beside


@pytest.mark.usefixtures("few_clouds")
def test_atlas_charts_schemes_side_by_side(capsys):
    options = ["--resampling", ",".join(TYPED), "--particles", "1,2,3", "--json"]
    assert run(["atlas", "shipped:verifier-tree", *options]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [entry["resampling"] for entry in entries] == [resampling_of(typed).typed for typed in TYPED]
    for entry in entries:
        law = {at["particles"]: at["tv"] for at in entry["tv"]}
        assert law == {n: str(truth(entry["resampling"], n)) for n in (1, 2, 3)}
    assert len({entry["tv"][2]["tv"] for entry in entries}) == len(TYPED), "every scheme has a law of its own"


def test_the_chart_of_a_scheme_ends_where_its_law_does_not_fit():
    entry = chart(
        model_setting(TREE.model, TREE.twist(), resampled(naive, "systematic")), TENTH, [2, 100], find_least=False
    )
    assert [n for n, _ in entry.distances] == [2] and "left out from N = 100" in entry.remark


class Laws:
    """TV at N = 1, 2, ... as listed, and no law beyond."""

    def __init__(self, *distances: Rational) -> None:
        self.distances = distances

    def __call__(self, n: int) -> Rational:
        if n > len(self.distances):
            raise TooLarge("too many clouds", where="particles", mend="take fewer")
        return self.distances[n - 1]


HIGH, LOW = ONE / 2, ONE / 20


@pytest.mark.parametrize(
    ("laws", "promised", "first", "onward", "open_counts"),
    [
        (Laws(HIGH, LOW, HIGH, LOW, LOW), 6, 2, 4, ()),  # TV need not fall: the last miss decides
        (Laws(HIGH, HIGH), 3, 3, 3, ()),
        (Laws(LOW, LOW), 3, 1, 1, ()),
        (Laws(), 1, 1, 1, ()),
        (Laws(HIGH, LOW), 9, 2, 9, ((3, 8),)),
        (Laws(HIGH), 9, 9, 9, ((2, 8),)),
        (Laws(HIGH, LOW, LOW), None, 2, None, ((3, None),)),
        (Laws(HIGH), None, None, None, ((2, None),)),
    ],
)
def test_least_counts_by_laws_alone(laws, promised, first, onward, open_counts):
    told = [] if promised is None else [(promised, "S"), (promised + 5, "a weaker one")]
    found = least_by_laws(laws, TENTH, told)
    assert (found.particles, found.onward, found.open) == (first, onward, open_counts)
    assert found.certificate == ("" if promised is None else f"S from {promised} on")


def test_no_time_leaves_every_count_open():
    found = least_by_laws(Laws(HIGH, LOW), TENTH, [(3, "S")], seconds=0)
    assert (found.particles, found.onward, found.open) == (3, 3, ((1, 2),))


@pytest.mark.parametrize("command", [["plan"], ["atlas"], ["check"]])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resampling", "nonsense"], "choose one of multinomial, residual"),
        (["--resampling", "stratified:2"], "between 0 and 1"),
        (["--resampling", "stratified:inf:-1/2"], "between 0 and 1"),
        (["--resampling", "stratified:half"], "write a share of N"),
        (["--resampling", "stratified", "--algorithm", "mh"], "mh does not resample"),
        (["--resampling", "stratified", "--algorithm", "guided"], "guided does not resample"),
    ],
)
def test_bad_input_is_one_line(command, options, said, capsys):
    assert run([*command, "shipped:verifier-tree", *options]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and shown.err.count("\n") == 1 and shown.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["plan", "--horizon", "3", "--eps", "1/10", "--resampling", "systematic"],
            "no statement speaks of naive, systematic",
        ),
        (["plan", "--horizon", "3", "--eps", "1/10", "--resampling", "residual:1/2"], "no statement speaks of"),
        (["plan", "--horizon", "3", "--eps", "1/10", "--resampling", "residual:inf:0"], "no statement speaks of"),
        (["plan", "--horizon", "3", "--eps", "1/10", "--resampling", "nonsense"], "choose one of multinomial"),
        (["plan", "--horizon", "3", "--eps", "1/10", "--choice", "argmax"], "leave --choice out"),
        (["plan", "shipped:verifier-tree", "--choice", "best"], "choose one of weight, uniform, argmax"),
        (["atlas", "family:split", "--resampling", "stratified"], "--resampling beside a family"),
        (["atlas", "shipped:verifier-tree", "--cost", "--resampling", "stratifed"], "stratified?"),
    ],
)
def test_a_scheme_where_there_is_none_is_refused(arguments, said, capsys):
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert said in shown.err and shown.err.count("\n") == 1 and shown.out == ""
