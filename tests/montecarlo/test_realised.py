"""The realised run is code that draws integers. Driving it through every answer gives its exact law, compared here
as rationals.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod

import pytest

from smc.errors import InputError, TooLarge
from smc.exact import output_law, second_moment
from smc.montecarlo import realise
from smc.montecarlo.draws import SeededDraws, every_run, law_of, whole_weights
from smc.montecarlo.realised import RESAMPLERS
from smc.numbers import ONE, ZERO, Rational, rationals
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.samplers.resampling import SCHEMES
from smc.setting.analysis import true_value
from tests.montecarlo.models import ladder, lattice, process, promising, random_model, skewed

MODES = [(scheme, threshold) for scheme in RESAMPLERS for threshold in ("1", "5/6", "0")]
SMALL = [random_model(seed, horizon=2, width=2, zero=0.4) for seed in range(12)]


def moments(process, particles, **mode):
    """(law of the output or None, E[Zhat], E[Zhat^2]) of the realised code, by the whole tree of its choices."""
    law, first, second, total = {}, ZERO, ZERO, ZERO
    for run, probability in every_run(lambda draws: realise(process, particles, draws=draws, **mode)):
        law[run.output] = law.get(run.output, ZERO) + probability
        first += probability * run.normaliser
        second += probability * run.normaliser**2
        total += probability
    assert total == 1
    return law, first, second


@pytest.mark.by_turn
@pytest.mark.parametrize(("scheme", "threshold"), MODES)
@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
def test_the_normaliser_is_unbiased_in_every_mode(scheme, threshold, algorithm):
    for model, particles in ((lattice(), 3), (ladder(), 2)):
        _, mean, _ = moments(process(model, algorithm), particles, resampling=scheme, threshold=threshold)
        assert mean == true_value(model)[0][0]


@pytest.mark.parametrize("algorithm", ["sis", "sis-guided", "weighted-of-n"])
def test_the_normaliser_is_unbiased_without_resampling(algorithm):
    for model in (lattice(), ladder()):
        assert moments(process(model, algorithm), 2)[1] == true_value(model)[0][0]


@pytest.mark.by_turn
@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@pytest.mark.parametrize("particles", [1, 2, 3])
def test_the_law_of_the_realised_code_is_the_exact_law(algorithm, particles):
    died = 0
    for model in [lattice(), *SMALL] if particles < 3 else [lattice(), *SMALL[:4]]:
        for steered in (process(model, algorithm), particle_process(model, promising(model), algorithm)):
            exact = output_law(steered, particles)
            law, mean, second = moments(steered, particles)
            assert [law.get(x, ZERO) for x in range(steered.sizes[-1])] == list(exact.law)
            assert law.get(None, ZERO) == exact.dead
            assert mean == true_value(model)[0][0]
            assert second == second_moment(steered, particles)
            died += exact.dead > 0
    assert died, "no instance dies: the dead outcome went untested"


def test_skipped_resampling_changes_the_law_and_not_the_mean():
    """Otherwise the tests of adaptive resampling would show nothing."""
    steered = process(ladder(), "naive")
    always, adaptive, never = (moments(steered, 2, threshold=share) for share in ("1", "5/6", "0"))
    assert len({law[2] for law in (always, adaptive, never)}) == 3
    patterns = {
        tuple(g.resampled for g in run.generations)
        for run, _ in every_run(lambda d: realise(steered, 2, draws=d, threshold="5/6"))
    }
    assert patterns == {(False, False, False), (False, True, False)}


def test_a_wrong_normaliser_under_adaptive_resampling_is_caught():
    """The field's mistake: closing a factor at every step, resampled or not."""
    steered = process(ladder(), "naive")

    def faulty(run):
        estimate = steered.scale
        for generation in run.generations:
            estimate *= sum(generation.accumulated, ZERO) / run.particles
        return estimate

    runs = list(every_run(lambda draws: realise(steered, 2, draws=draws, threshold="5/6")))
    assert sum((p * faulty(run) for run, p in runs), ZERO) != true_value(ladder())[0][0]


def test_forgetting_the_previous_score_is_caught():
    """Weights `psi_t V_t(y)` that are not divided by `V_{t-1}(x)` do not telescope."""
    model = ladder()
    steered = process(model, "naive")
    values = skewed(model).values
    steps = tuple(
        tuple(tuple(Outcome(y, p, w * values[t][x]) for y, p, w in row) for x, row in enumerate(step))
        for t, step in enumerate(steered.steps)
    )
    wrong = ParticleProcess("naive", steps, steered.sizes, ONE)
    law, mean, _ = moments(wrong, 2)
    assert mean != true_value(model)[0][0]
    assert [law[x] for x in range(2)] != list(output_law(steered, 2).law)


@pytest.mark.parametrize("weights", [(1, 2), (3, 0, 2), (1, 1, 1, 1), (5, 1, 1)])
@pytest.mark.parametrize("scheme", RESAMPLERS)
def test_expected_copies_are_proportional_to_the_weights(scheme, weights):
    copies = [ZERO] * len(weights)
    for ancestors, probability in every_run(lambda draws: tuple(RESAMPLERS[scheme](weights, draws))):
        assert len(ancestors) == len(weights)
        for j in ancestors:
            copies[j] += probability
    assert copies == [Rational(len(weights) * w, sum(weights)) for w in weights]


@pytest.mark.parametrize("weights", [(1, 2, 1), (1, 3, 1, 3), (5, 2, 4, 1), (0, 1, 1), (7,)])
@pytest.mark.parametrize("scheme", RESAMPLERS)
def test_ancestors_have_the_law_of_the_scheme(scheme, weights):
    """Slot by slot: the mixture of independent slots that the exact engine reads."""
    law: dict[tuple[int, ...], Rational] = {}
    for p, slots in SCHEMES[scheme].pieces([Rational(w, sum(weights)) for w in weights]):
        for chosen in product(*(slot.items() for slot in slots)):
            key = tuple(i for i, _ in chosen)
            law[key] = law.get(key, ZERO) + p * prod((q for _, q in chosen), start=ONE)
    assert law_of(lambda draws: tuple(RESAMPLERS[scheme](weights, draws))) == law


@pytest.mark.parametrize("scheme", ["systematic", "residual", "ssp"])
def test_low_variance_schemes_keep_whole_parts(scheme):
    for ancestors, _ in every_run(lambda draws: tuple(RESAMPLERS[scheme]((4, 1, 1, 2), draws))):
        assert ancestors.count(0) == 2 and ancestors.count(3) == 1


def test_whole_integers_and_grouped_branches_have_one_law():
    """`choose` by uniform integers, every integer a branch, against the probabilities it stands for."""
    for weights in ((1,), (2, 1), (0, 3, 1), (2, 0, 0, 5)):
        for grouped in (True, False):
            law = law_of(lambda draws, w=weights: draws.choose(w), grouped=grouped)
            assert law == {i: Rational(w, sum(weights)) for i, w in enumerate(weights) if w}
    steered = process(lattice(), "naive")
    one, two = (law_of(lambda d: realise(steered, 2, draws=d).output, grouped=g) for g in (True, False))
    assert one == two


def test_every_run_refuses_a_tree_that_is_too_large():
    with pytest.raises(TooLarge, match="more than 10 sequences"):
        list(every_run(lambda draws: [draws.below(3) for _ in range(4)], limit=10))


def test_seeded_integers_are_uniform_and_reproducible():
    source = SeededDraws(3)
    seen = [source.below(6) for _ in range(6000)]
    assert seen == [again.below(6) for again in [SeededDraws(3)] for _ in range(6000)]
    assert set(seen) == set(range(6)) and all(abs(seen.count(k) - 1000) < 200 for k in range(6))
    assert SeededDraws(0).below(1) == 0
    assert SeededDraws(1).below(10**40) < 10**40


def test_whole_weights_are_in_lowest_terms():
    assert whole_weights(rationals(["1/2", "1/3", "0"])) == [3, 2, 0]
    assert whole_weights(rationals(["4", "6"])) == [2, 3]


def test_a_run_records_everything_and_prints_it():
    steered = process(ladder(), "naive")
    run = realise(steered, 3, seed=11, threshold="3/4")
    assert run == realise(steered, 3, seed=11, threshold="3/4")
    estimate = steered.scale
    for t, g in enumerate(run.generations):
        previous = run.generations[t - 1] if t else None
        for i in range(3):
            x = previous.states[g.ancestors[i]] if previous else 0
            assert any(o.target == g.states[i] and o.weight == g.weights[i] for o in steered.steps[t][x])
            kept = previous is not None and not previous.resampled
            assert g.accumulated[i] == (previous.accumulated[i] if kept else 1) * g.weights[i]
        mean = sum(g.accumulated, ZERO) / 3
        assert g.normaliser == estimate * mean
        if g.resampled:
            estimate *= mean
    assert run.normaliser == run.generations[-1].normaliser
    assert run.path(run.chosen)[-1] == run.output
    text = run.table(ladder().layers)
    assert re.search(r"output: particle \d, state [ef]; Zhat = \d+(/\d+)?$", text)
    assert len(re.findall(r"ESS", text)) == 3 and text.count("\n") == 3 * 4 + 1


def test_a_dead_run_says_so():
    model = lattice()
    steered = particle_process(model, promising(model), "naive")
    run = next(r for r in (realise(steered, 2, seed=s) for s in range(200)) if r.output is None)
    assert run.dead_at == 2 and run.normaliser == 0 and run.path(0)[-1] is None
    assert run.table().endswith("dead after step 2: no answer; Zhat = 0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"particles": 0, "seed": 1}, r"particles: 0; give"),
        ({"particles": 2}, r"seed: a run needs either a seed or a source of draws"),
        ({"particles": 2, "seed": -1}, r"seed: -1; give"),
        (
            {"particles": 2, "seed": 1, "resampling": "best"},
            r"resampling: unknown resampling scheme 'best'; choose one of multinomial",
        ),
        ({"particles": 2, "seed": 1, "threshold": "3/2"}, r"threshold: threshold 3/2; give a share"),
        ({"particles": 2, "seed": 1, "threshold": 0.5}, r"threshold: 0.5 is a float"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        realise(process(lattice(), "naive"), **arguments)
