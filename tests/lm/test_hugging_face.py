"""The adapter of `transformers` on tiny random models built from a configuration: laws by enumeration, our numpy transformer on the same
weights, the guide's example whole. Skipped where torch and transformers are not installed (extra: hf)."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from smc.errors import InputError
from smc.lm.adapter import Text, steer
from smc.lm.hugging_face import CausalLM, Classifier, prompted
from smc.lm.transformer import Block, Transformer
from smc.rewards.audit import audit
from smc.rewards.writing import particle_lines
from tests.lm.enumerated import texts_of

torch = pytest.importorskip("torch", reason="torch is not installed (extra: hf)")
transformers = pytest.importorskip("transformers", reason="transformers is not installed (extra: hf)")
torch.set_num_threads(1)  # the models are tiny: threads would wait for each other
GUIDE = Path(__file__).parents[2] / ".site" / "steer-a-language-model.md"
HORIZON = 3
END, PAD = 0, 1
WORDS = ("<end>", "<pad>", *"abcdefghi")


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="<pad>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", pad_token="<pad>")


def sizes(**others):
    return {
        "vocab_size": len(WORDS), "bos_token_id": END, "eos_token_id": END, "pad_token_id": PAD, "initializer_range": 0.6, **others
    }  # fmt: skip


@pytest.fixture(scope="module")
def gpt2():
    torch.manual_seed(3)
    config = transformers.GPT2Config(**sizes(n_layer=2, n_head=2, n_embd=8, n_positions=16))
    return transformers.GPT2LMHeadModel(config).eval()


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(4)
    config = transformers.GPT2Config(**sizes(n_layer=1, n_head=2, n_embd=8, n_positions=16, num_labels=1))
    return transformers.GPT2ForSequenceClassification(config).eval()


@pytest.fixture(scope="module")
def adapter(gpt2, tokenizer, judge):
    return prompted(gpt2, tokenizer, "a b", Classifier(judge, tokenizer, "a b "), batch=7)


def test_log_probabilities_are_a_law(adapter):
    """Ends at different lengths included, the texts of the horizon have probability 1."""
    assert np.exp(adapter.log_prob(list(texts_of(range(1, len(WORDS)), HORIZON)))).sum() == pytest.approx(1, abs=1e-6)
    assert adapter.log_prob([adapter.initial()])[0] == 0


def test_the_library_gives_the_same_text_the_same_probability(adapter, gpt2):
    """Token by token, from the library's own loss of the prompt with the answer and its end."""
    whole = torch.tensor([[2, 3, 5, 4, END]])
    labels = torch.tensor([[-100, -100, 5, 4, END]])
    with torch.inference_mode():
        loss = gpt2(input_ids=whole, labels=labels).loss
    assert adapter.log_prob([Text((5, 4), True)])[0] == pytest.approx(-3 * float(loss), rel=1e-5)


def test_children_are_drawn_by_the_law(adapter):
    start = [Text((4,))] * 6000 + [Text((5,), True)] * 3
    drawn = adapter.sample_children(start, np.random.default_rng(1))
    assert drawn[6000:] == start[6000:]
    for child in (Text((4,), True), *(Text((4, token)) for token in range(1, len(WORDS)))):
        p = math.exp(adapter.log_prob([child])[0] - adapter.log_prob([Text((4,))])[0])
        share = drawn[:6000].count(child) / 6000
        assert abs(share - p) <= 5 * math.sqrt(p * (1 - p) / 6000) + 1e-9, child


def test_the_normaliser_is_unbiased(adapter):
    """Zhat of runs against the sum over all texts, the values those of a reward model that pads its batches."""
    everything = list(texts_of(range(1, len(WORDS)), HORIZON))
    truth = float((np.exp(adapter.log_prob(everything)) * adapter.value(everything)).sum())
    rng = np.random.default_rng(2)
    found = np.array([math.exp(steer(adapter, 8, HORIZON, rng).log_normaliser) for _ in range(60)])
    assert abs(found.mean() - truth) < 5 * found.std() / math.sqrt(60)
    assert found.std() / math.sqrt(60) < 0.05 * truth


def test_any_end_token_ends(tokenizer):
    """With two end tokens the end has the probability of both, and either is drawn as the end."""
    torch.manual_seed(5)
    model = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**sizes(n_layer=1, n_head=1, n_embd=4, n_positions=8))
    ).eval()
    model.generation_config.eos_token_id = [END, 4]
    two = prompted(model, tokenizer, "a", lambda answers, ended: [1.0] * len(answers))
    assert two.ends == (END, 4)
    others = [token for token in range(1, len(WORDS)) if token != 4]
    law = np.exp(two.log_prob([Text((), True), *(Text((token,)) for token in others)]))
    assert law.sum() == pytest.approx(1, abs=1e-6)
    drawn = two.sample_children([Text()] * 3000, np.random.default_rng(6))
    assert not any(4 in text.tokens for text in drawn)
    assert abs(sum(text.ended for text in drawn) / 3000 - law[0]) < 5 * math.sqrt(law[0] * (1 - law[0]) / 3000)


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "cut"])
def test_the_last_law_alone_is_the_last_of_all(gpt2, monkeypatch, keeps):
    """Whether the model leaves out the others, or they are cut off."""
    monkeypatch.setattr("smc.lm.hugging_face._keeps", lambda model: keeps)
    for temperature in (1.0, 0.7):
        model = CausalLM(gpt2, temperature)
        tokens = np.array([[2, 3, 5], [4, 4, 6]])
        assert np.allclose(model.log_laws(tokens, last=True)[:, 0], model.log_laws(tokens)[:, -1], atol=1e-6)
    assert not np.allclose(model.log_laws(tokens), CausalLM(gpt2).log_laws(tokens), atol=1e-2)


@pytest.mark.parametrize("labels", [1, 3])
def test_a_padded_batch_is_its_answers_one_by_one(judge, tokenizer, labels):
    torch.manual_seed(6)
    config = transformers.GPT2Config(**sizes(n_layer=1, n_head=2, n_embd=8, n_positions=16, num_labels=labels))
    model = transformers.GPT2ForSequenceClassification(config).eval()
    answers = ["c", "c d e f", "", "g h", "i"]
    found = Classifier(model, tokenizer, "a b ", label=labels - 1, floor=1e-6)(answers, [False] * 5)
    single = Classifier(model, tokenizer, "a b ", label=labels - 1, floor=1e-6, batch=1)
    assert found == pytest.approx([single([answer], [False])[0] for answer in answers], rel=1e-5)
    assert max(found) - min(found) > 0.01
    if labels > 1:
        parts = [Classifier(model, tokenizer, "a b ", label=k, floor=1e-6)(answers, [False] * 5) for k in range(labels)]
        assert np.sum(parts, axis=0) == pytest.approx(np.ones(5))
    lifted = Classifier(model, tokenizer, "a b ", label=labels - 1, floor=0.5)(answers, [False] * 5)
    assert lifted == pytest.approx([max(value, 0.5) for value in found])


def test_neither_padding_nor_its_side_is_seen(tokenizer):
    """A reward model that looks both ways would read the padding, were it not masked; one that counts places would be moved by it."""
    torch.manual_seed(9)
    config = transformers.BertConfig(
        **sizes(
            num_hidden_layers=1,
            hidden_size=8,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=16,
            num_labels=1,
        )
    )
    answers = ["c", "c d e f", "g h"]
    tokenizer.padding_side = "left"
    for model in (transformers.BertForSequenceClassification(config).eval(), judged(10)):
        many, one = (Classifier(model, tokenizer, "a b ", floor=1e-6, batch=size) for size in (3, 1))
        assert many(answers, [False] * 3) == pytest.approx([one([answer], [False])[0] for answer in answers], rel=1e-5)
    tokenizer.padding_side = "right"


def judged(seed):
    torch.manual_seed(seed)
    return transformers.GPT2ForSequenceClassification(
        transformers.GPT2Config(**sizes(n_layer=1, n_head=2, n_embd=8, n_positions=16, num_labels=1))
    ).eval()


def neighbouring(weight, heads):
    """Rows of queries or keys from the library's halves to neighbouring pairs, the order of `Transformer`."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def test_our_transformer_on_the_same_weights():
    """A Llama of two blocks, grouped queries: numpy and the library agree to float32 rounding, at every place."""
    torch.manual_seed(7)
    heads, groups = 4, 2
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            **sizes(
                num_hidden_layers=2, hidden_size=16, intermediate_size=24, num_attention_heads=heads, num_key_value_heads=groups,
                max_position_embeddings=32, rms_norm_eps=1e-5, tie_word_embeddings=True,
            )
        )
    ).eval()  # fmt: skip
    stored = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    for name, weight in stored.items():
        if name.endswith("norm.weight"):  # all 1 in a new model: a norm without its scale would pass
            weight += np.random.default_rng(len(name)).normal(0, 0.3, weight.shape).astype(np.float32)

    def block(k):
        at = {name.removeprefix(f"model.layers.{k}."): weight for name, weight in stored.items()}
        return Block(
            at["input_layernorm.weight"],
            neighbouring(at["self_attn.q_proj.weight"], heads), neighbouring(at["self_attn.k_proj.weight"], groups),
            at["self_attn.v_proj.weight"], at["self_attn.o_proj.weight"], at["post_attention_layernorm.weight"],
            at["mlp.gate_proj.weight"], at["mlp.up_proj.weight"], at["mlp.down_proj.weight"],
        )  # fmt: skip

    ours = Transformer(
        stored["model.embed_tokens.weight"], (block(0), block(1)), stored["model.norm.weight"], heads, groups
    )
    tokens = np.random.default_rng(8).integers(0, len(WORDS), (5, 12))
    theirs = CausalLM(model).log_laws(tokens)
    assert np.abs(ours.log_laws(tokens) - theirs).max() < 2e-5
    assert theirs.std() > 0.1  # no flat law that agrees with anything


def test_a_chat_is_rendered_by_the_template_of_the_model(gpt2, tokenizer):
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }} <pad> {% endfor %}{% if add_generation_prompt %}b{% endif %}"
    )
    chat = prompted(gpt2, tokenizer, [{"role": "user", "content": "a c"}], lambda answers, ended: [1.0])
    assert chat.prompt == (2, 4, PAD, 3)


def test_bad_models(gpt2, judge, tokenizer):
    new = transformers.GPT2LMHeadModel(gpt2.config)
    with pytest.raises(InputError, match=r"training mode.*model\.eval\(\)"):
        CausalLM(new)
    with pytest.raises(InputError, match="has an encoder"):
        CausalLM(SimpleNamespace(config=SimpleNamespace(is_encoder_decoder=True)))
    for temperature in (0, -1, math.nan, math.inf):
        with pytest.raises(InputError, match="temperature"):
            CausalLM(gpt2, temperature)
    with pytest.raises(InputError, match="17 tokens, the model takes 16"):
        CausalLM(gpt2).log_laws(np.full((1, 17), 2))
    with pytest.raises(InputError, match="prompt: no tokens"):
        prompted(gpt2, tokenizer, "", lambda answers, ended: [1.0])
    with pytest.raises(InputError, match="label"):
        Classifier(judge, tokenizer, "a", label=1)
    with pytest.raises(InputError, match="floor"):
        Classifier(judge, tokenizer, "a", floor=0.0)
    mute = SimpleNamespace(pad_token_id=None, eos_token_id=None)
    with pytest.raises(InputError, match="pad"):
        Classifier(judge, mute, "a")
    with pytest.raises(InputError, match="no end token"):
        prompted(SimpleNamespace(config=gpt2.config), mute, "a", lambda answers, ended: [1.0])


def test_the_guide(gpt2, judge, tokenizer, tmp_path, monkeypatch, capsys):
    """The guide's program as it stands but for the names of the models: a prompt in, answers out, and a log that the audit reads."""
    for name, model in (("language", gpt2), ("reward", judge)):
        model.save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
    source = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    for old, new in (("= 16, 10, 64", "= 8, 3, 4"), ("= 100, 4", "= 8, 4")):
        assert old in source
        source = source.replace(old, new)
    source, changed = re.subn(r'^(LANGUAGE|REWARD|PROMPT) = "[^"]*"', _substituted(tmp_path), source, flags=re.M)
    assert changed == 3
    monkeypatch.chdir(tmp_path)
    exec(compile(source, str(GUIDE), "exec"), {"__name__": "__main__"})
    answers = capsys.readouterr().out.splitlines()
    assert len(answers) == 3 and all(set(answer.split()) <= set(WORDS) for answer in answers)
    loop = audit([str(tmp_path / "loop.jsonl")])
    assert (
        loop.naming is not None and loop.naming.decided is not None and loop.naming.decided.multiplier.name == "ratio"
    )
    assert loop.genealogies is not None and loop.genealogies.runs == 3
    facts = audit([str(tmp_path / "prefixes.jsonl")], floor=0.01).facts
    assert facts is not None and facts.horizon == 4 and facts.families == 8 * 4
    assert (
        facts.eps_seen is not None and facts.eps[0] <= facts.eps_seen < math.inf
    )  # children with rewards: no end from above


def _substituted(folder):
    names = {"LANGUAGE": str(folder / "language"), "REWARD": str(folder / "reward"), "PROMPT": "a b c"}
    return lambda found: f"{found[1]} = {names[found[1]]!r}"


def test_the_log_is_what_the_run_did(adapter, tmp_path):
    """Parents and weights of the log give the scores of the last cloud again."""
    found = steer(adapter, 6, HORIZON, np.random.default_rng(9))
    lines = [json.loads(json.dumps(line)) for line in particle_lines([found.run])]
    last = {line["particle"]: line for line in lines if line["step"] == HORIZON}
    assert [last[k]["score"] for k in range(6)] == pytest.approx(adapter.value(found.texts).tolist())
    for k in range(6):
        parent = next(line for line in lines if line["step"] == HORIZON - 1 and line["particle"] == last[k]["parent"])
        assert last[k]["log_weight"] == pytest.approx(math.log(last[k]["score"] / parent["score"]))
    answers = found.answers(200, np.random.default_rng(10))
    assert set(answers) <= set(found.texts)
