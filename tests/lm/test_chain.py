"""A language model times an automaton: its numbers against the exact engines, and against texts written out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from smc.exact import output_law
from smc.exact.float_moments import float_moments
from smc.lm.automaton import among, contains, ends
from smc.lm.chain import chain
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from tests.lm.small import SYMBOLS, as_model, letters

LETTERS = SYMBOLS[:-1]
REWARDS = {
    "rhyme": lambda: ends(["a", "b"], LETTERS),
    "pattern": lambda: contains(["a", "b"], LETTERS),
    "word": lambda: among([("a",), ("a", "b"), ("b", "b", "a")], LETTERS),
}


def probability(text):
    model, at, mass = letters(), 0, 1.0
    for symbol in text:
        mass *= model.probability[at, SYMBOLS.index(symbol)]
        at = model.follows[at, SYMBOLS.index(symbol)]
    return mass


def texts(horizon):
    """(text, whether it ended) with its probability, cut at the horizon."""
    for length in range(horizon + 1):
        for letters_ in product(LETTERS, repeat=length):
            if length < horizon:
                yield letters_, True, probability((*letters_, "</s>"))
            else:
                yield letters_, False, probability(letters_)


SUCCESS = {
    "rhyme": lambda text, ended: ended and text[-2:] == ("a", "b"),
    "pattern": lambda text, ended: "ab" in "".join(text),
    "word": lambda text, ended: ended and text in [("a",), ("a", "b"), ("b", "b", "a")],
}


@pytest.mark.parametrize("name", REWARDS)
@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_the_true_value_text_by_text(name, horizon):
    found = chain(letters(), REWARDS[name](), horizon, low=0.125)
    wanted = sum(p * (1.0 if SUCCESS[name](text, ended) else 0.125) for text, ended, p in texts(horizon))
    assert found.normaliser == pytest.approx(wanted, rel=1e-13)
    assert np.allclose(found.moves.sum(axis=1), 1)
    assert found.front[-1].sum() == pytest.approx(1)


def bent(found, seed):
    """Some reward model: V* times dyadic noise."""
    rng = np.random.default_rng(seed)
    values = found.value * rng.integers(1, 5, found.value.shape) / 2
    values[-1] = found.reward
    return values


@pytest.mark.parametrize("name", REWARDS)
@pytest.mark.parametrize("particles", [1, 2, 3])
def test_against_the_exact_engines(name, particles):
    """Z, eps and Lambda are those of the exact analysis; S10's moments are `float_moments`', and its ends hold the exact TV."""
    found = chain(letters(), REWARDS[name](), 3, low=0.125)
    values = bent(found, particles)
    steered = found.steer(values)
    model, given = as_model(found, values)
    constants = analyse(model, given)
    assert found.normaliser == pytest.approx(float(constants.normaliser), rel=1e-13)
    assert steered.bellman_error == pytest.approx(float(constants.bellman_error), rel=1e-12)
    assert np.exp(2 * steered.cumulative) == pytest.approx(float(constants.bellman_product), rel=1e-12)
    process = particle_process(model, given, "naive")
    _, _, second = float_moments(process, particles)
    certified = steered.certificate(particles)
    assert 1 + certified.variance == pytest.approx(float(second[0]), rel=1e-11)
    exact = float(output_law(process, particles).total_variation(constants.target))
    assert certified.lower - 1e-12 <= exact <= certified.upper + 1e-12


def test_best_of_n_is_one_step():
    found = chain(letters(), REWARDS["rhyme"](), 3, low=0.125)
    model, given = as_model(found, found.value)
    for answers in 1, 2, 4:
        exact = float(
            output_law(particle_process(model, given, "weighted-of-n"), answers).total_variation(
                analyse(model, given).target
            )
        )
        certified = found.best_of(answers)
        assert certified.lower - 1e-12 <= exact <= certified.upper + 1e-12


def test_particles_needed_are_the_least_to_a_sixteenth():
    found = chain(letters(), REWARDS["rhyme"](), 4, low=0.05)
    steered = found.steer(bent(found, 1))
    needed = steered.needed(0.02)
    assert steered.certificate(needed).upper <= 0.02 < steered.certificate(needed - max(1, needed // 16) - 1).upper
    answers = found.answers_needed(0.02)
    assert found.best_of(answers).upper <= 0.02 < found.best_of(answers - max(1, answers // 16) - 1).upper
    assert found.steer(np.broadcast_to(found.value, found.value.shape)).needed(0.999) == 1


def test_texts_are_drawn_by_the_model():
    found = chain(letters(), REWARDS["pattern"](), 4, low=0.125)
    paths = found.walk(40_000, np.random.default_rng(0))
    for t in range(5):
        share = np.bincount(paths[:, t], minlength=found.states) / len(paths)
        assert np.abs(share - found.front[t]).max() < 0.02
    assert all(x in ("a", "b") for path in paths[:20] for x in found.text(path))


def test_families_are_prefixes_of_the_reference():
    found = chain(letters(), REWARDS["pattern"](), 3, low=0.125)
    families = list(found.families(found.value, 50, 0, np.random.default_rng(1)))
    assert len(families) == 150
    for family in families:
        mean = sum(p * v for p, v in zip(family.chances, family.children, strict=True))
        assert mean == pytest.approx(family.score)  # V* has Bellman ratio 1
    assert all(
        len(f.children) == 5 and f.chances is None for f in found.families(found.value, 2, 5, np.random.default_rng(1))
    )


@pytest.mark.parametrize("text", ["abab", "aabaab", "aaaa", "abaaba"])
@pytest.mark.parametrize("pattern", ["aab", "aba", "ab", "aaa"])
def test_patterns_against_python(text, pattern):
    places = [LETTERS.index(c) for c in text]
    rhyme, occurs = ends(list(pattern), LETTERS), contains(list(pattern), LETTERS)
    for cut in range(len(text) + 1):
        assert bool(rhyme.accepts[rhyme.run(places[:cut])]) is text[:cut].endswith(pattern)
        assert bool(occurs.accepts[occurs.run(places[:cut])]) is (pattern in text[:cut])
