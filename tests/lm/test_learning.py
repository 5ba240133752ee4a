"""Reward models are learned, and an audit of sampled prefixes says of them what is true."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from smc.checks.learning import METHODS, Sample, study
from smc.lm.automaton import ends
from smc.lm.chain import chain
from smc.lm.learn import regression, rollouts
from smc.lm.ngram import PHONES, phones
from smc.present.learning import COLUMNS, by_method, learning_figure, rows
from tests.lm.small import SYMBOLS, letters


@pytest.fixture(scope="module")
def small():
    return chain(letters(), ends(["a", "b"], SYMBOLS[:-1]), 8, low=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_more_texts_make_a_better_model(small, method):
    errors = []
    for size in 10, 20_000:
        values = METHODS[method](small, small.walk(size, np.random.default_rng(0)))
        assert values.shape == (9, small.states) and (values >= 0.05).all() and (values <= 1).all()
        assert (values[-1] == small.reward).all()
        errors.append(np.abs(values - small.value)[small.front > 0].mean())
    assert errors[1] < 0.95 * errors[0] and errors[1] < 0.06


def test_rollouts_of_one_text(small):
    """By hand: a feature that one text of reward r passed has (start + r)/2, all others the start; the start is the mean reward, r."""
    paths = small.walk(1, np.random.default_rng(3))
    values = rollouts(small, paths)
    assert values[0, 0] == pytest.approx(max(small.reward[paths[0, -1]], 0.05))


def test_no_steps_are_the_mean(small):
    paths = small.walk(200, np.random.default_rng(4))
    values = regression(small, paths, 0)
    assert values[3, 0] == pytest.approx(small.reward[paths[:, -1]].mean())
    assert np.ptp(regression(small, paths, 50)[3, :-2]) > 0.01


@pytest.mark.by_turn
def test_a_study(small):
    done = []
    found = study(small, (50, 5000), particles=8, sample=Sample(texts=80), tick=lambda k, n: done.append((k, n)))
    assert len(found.stages) == 8 and done[-1] == (8, 8)
    for stage in found.stages:
        assert stage.audited[0] <= stage.eps * (1 + 1e-9) <= stage.audited[1]
        assert stage.smc.lower <= stage.smc.upper and stage.predicted is not None
    first, last = by_method(found)["rollouts"]
    assert last.cumulative < first.cumulative and abs(last.needed - first.needed) <= 3
    assert all(len(row) == len(COLUMNS) for row in rows(found))
    figure = learning_figure(found)
    lines = figure.data()[0]["lines"]
    assert [line["label"] for line in lines if line["label"] in METHODS] == list(METHODS)


@pytest.mark.by_turn
def test_the_phoneme_model():
    """The audit's interval contains the exact eps, and what it suggests is within a factor of three of what is needed."""
    pytest.importorskip("pocketsphinx")
    spoken = chain(phones(), ends(["AH", "N"], PHONES), 16, low=0.01)
    found = study(spoken, (3000,), methods=("regression",), sample=Sample(texts=200))
    (stage,) = found.stages
    assert stage.audited[0] <= stage.eps <= stage.audited[1] and stage.audited[0] > stage.eps / 2
    assert stage.predicted is not None and stage.needed / 3 <= stage.predicted <= 3 * stage.needed
    assert found.best_needed > stage.needed > 0.8 * found.perfect and found.delta == Fraction(1, 10)
