"""Tables of n-gram models: the phoneme trigram as shipped, and characters trained on a text."""

from __future__ import annotations

import numpy as np
import pytest

from smc.errors import InputError
from smc.lm.automaton import among, ends
from smc.lm.chain import chain
from smc.lm.ngram import END, PHONES, START, characters, manual, phones, pronunciations


@pytest.fixture(scope="module")
def spoken():
    pytest.importorskip("pocketsphinx")
    return phones()


def test_phones_are_the_shipped_model(spoken):
    """Every law is the package's own, renormalised: its numbers miss 1 by less than 4 in 10,000."""
    from pocketsphinx import Config, LogMath, NGramModel, get_model_path

    assert spoken.probability.shape == (1 + 40 + 1600, 41)
    assert np.allclose(spoken.probability.sum(axis=1), 1, atol=1e-12)
    logarithm = LogMath()
    model = NGramModel(Config(lm=None), logarithm, get_model_path("en-us/en-us-phone.lm.bin"))
    for text in (), ("K",), ("K", "AE"), ("DH", "AH", "K"), ("ZH", "ZH", "ZH"):
        past = (START, *text)[-2:]
        raw = [logarithm.exp(model.prob([s, *reversed(past)])) for s in spoken.symbols]
        assert 0.9999 < sum(raw) < 1.0004
        assert spoken.law(text) == pytest.approx([p / sum(raw) for p in raw], rel=1e-12)


def test_the_dictionary(spoken):
    words = pronunciations()
    assert words["sun"] == ("S", "AH", "N") and len(words) > 100_000
    short = [sounds for sounds in words.values() if len(sounds) <= 3 and set(sounds) <= set(PHONES)]
    found = chain(spoken, among(short, PHONES), 4, low=0.01)
    by_hand = sum(
        float(np.prod([spoken.law(w[:k])[spoken.symbols.index(s)] for k, s in enumerate((*w, END))]))
        for w in set(short)
    )
    assert (found.normaliser - 0.01) / 0.99 == pytest.approx(by_hand, rel=1e-9)


def test_sixty_four_steps(spoken):
    found = chain(spoken, ends(["AH", "N"], PHONES), 64, low=0.01)
    assert 1_600 < found.states < 1_700
    perfect = found.steer(found.value)
    assert perfect.bellman_error < 1e-12 and perfect.cumulative < 1e-10


def test_characters():
    model = characters("the cat sat\n\nthe Mat.\n")
    assert model.probability.shape == (1 + 27 + 27**2, 28) and np.allclose(model.probability.sum(axis=1), 1)
    assert model.law("th")[model.symbols.index("e")] > 0.85
    assert model.law("mat")[-1] > 0.4 and (model.probability > 0).all()
    assert model.contexts[0] == (START,) and model.follows[0, 0] == model.contexts.index((START, "a"))


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pocketsphinx", None)
    for call in phones, pronunciations:
        with pytest.raises(InputError, match=r"bellman-smc\[lm\]"):
            call()


@pytest.mark.by_turn
def test_characters_of_the_manual():
    """An n-gram of text that every Python ships: a chain of 64 steps whose lines end at different lengths, with its exact value."""
    model = characters(manual())
    found = chain(model, ends(list("ing"), model.symbols[:-1]), 64, low=0.01)
    assert found.steer(found.value).bellman_error < 1e-12
    share = (found.normaliser - 0.01) / 0.99
    assert 0.001 < share < 0.05
    lengths = {len(found.text(path)) for path in found.walk(200, np.random.default_rng(0))}
    assert len(lengths) > 20 and max(lengths) == 64
