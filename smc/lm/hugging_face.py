"""Causal language models and reward models of `transformers` behind the adapter protocol (extra: `pip install 'bellman-smc[hf]'`).

    model = AutoModelForCausalLM.from_pretrained(NAME)
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    reward = Classifier(AutoModelForSequenceClassification.from_pretrained(REWARD), AutoTokenizer.from_pretrained(REWARD), prompt)
    adapter = prompted(model, tokenizer, prompt, reward)
    found = steer(adapter, particles=32, horizon=64, rng=numpy.random.default_rng(0))

The reference is the model at `temperature`, over its whole vocabulary: cutting it to the likeliest tokens (top-k, top-p) is another law.
Texts of a step have one length, so that nothing is padded in the language model; the reward model pads, under a mask.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smc.errors import InputError, missing_extra, whole_number
from smc.lm.adapter import Text
from smc.lm.prompted import Prompted

Messages = str | Sequence[dict[str, str]]
"""A prompt: text, or turns of a chat, `[{"role": "user", "content": "..."}]`."""


@dataclass(frozen=True)
class CausalLM:
    """The laws of a model that `AutoModelForCausalLM` loads; a `LanguageModel`, in natural logarithms and float64.

    Raises InputError for a model in training mode (dropout would change the law at each call), one of encoder and decoder, a temperature
    that is not positive, and for texts longer than the model takes.
    """

    model: Any
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _ready(self.model)
        if not 0 < self.temperature < float("inf"):
            raise InputError(
                f"{self.temperature!r}", where="temperature", mend="give a positive number, 1 for the model itself"
            )

    def log_laws(self, tokens: np.ndarray, last: bool = False) -> np.ndarray:
        """See `smc.lm.prompted.LanguageModel`."""
        torch = _torch()
        _fits(self.model, tokens.shape[1], "shorten the prompt or the horizon")
        given = torch.as_tensor(tokens, device=self.model.device)
        only = {"logits_to_keep": 1} if last and _keeps(self.model) else {}
        with torch.inference_mode():
            logits = self.model(input_ids=given, attention_mask=torch.ones_like(given), use_cache=False, **only).logits
            logits = logits[:, -1:] if last else logits
            return torch.log_softmax(logits.double() / self.temperature, dim=-1).cpu().numpy()


@dataclass(frozen=True)
class Classifier:
    """The reward of answers by a model that `AutoModelForSequenceClassification` loads: the probability of `label` (of the one there is),
    lifted to `floor`, so that no score kills a text and every ratio of scores is bounded. It reads the prompt and the answer as text.

    Raises InputError as `CausalLM` does, for a label or floor out of range, and for several answers without a token to pad with.
    """

    model: Any
    tokenizer: Any
    prompt: str
    label: int = 0
    floor: float = 0.01
    batch: int = 32

    def __post_init__(self) -> None:
        _ready(self.model)
        whole_number("label", self.label, least=0, most=self.model.config.num_labels - 1)
        whole_number("batch", self.batch)
        if not 0 < self.floor < 1:
            raise InputError(f"{self.floor!r}", where="floor", mend="give a number between 0 and 1, such as 0.01")
        if self.batch > 1 and (self.tokenizer.pad_token_id is None or self.model.config.pad_token_id is None):
            raise InputError(
                "the reward model has no token to pad with", where="tokenizer",
                mend="set tokenizer.pad_token and model.config.pad_token_id, or give batch=1",
            )  # fmt: skip

    def __call__(self, answers: Sequence[str], ended: Sequence[bool]) -> list[float]:
        """V of each answer; whether it `ended` is not told to the model."""
        torch = _torch()
        found: list[float] = []
        for at in range(0, len(answers), self.batch):
            texts = [self.prompt + answer for answer in answers[at : at + self.batch]]
            given = self.tokenizer(texts, return_tensors="pt", padding=len(texts) > 1, padding_side="right")
            _fits(self.model, given["input_ids"].shape[1], "shorten the prompt or the horizon")
            names = ("input_ids", "attention_mask")
            with torch.inference_mode():
                logits = self.model(**{name: given[name].to(self.model.device) for name in names}).logits.double()
            chances = torch.sigmoid(logits[:, 0]) if logits.shape[1] == 1 else logits.softmax(-1)[:, self.label]
            found += chances.clamp(min=self.floor).tolist()
        return found


def prompted(
    model: Any, tokenizer: Any, prompt: Messages, value: Callable[[Sequence[str], Sequence[bool]], Sequence[float]], *,
    temperature: float = 1.0, batch: int = 32,
) -> Prompted:  # fmt: skip
    """The adapter of a language model after a prompt.

    value: V of answers, given as texts without the prompt, and whether each ended: positive, the reward of those that ended. An answer ends
    with any of the end tokens of the model's generation settings, or with the tokenizer's. Raises InputError where there is none.
    """
    ends = _ends(model, tokenizer)

    def score(texts: Sequence[Text]) -> Sequence[float]:
        return value([text_of(tokenizer, text) for text in texts], [text.ended for text in texts])

    return Prompted(CausalLM(model, temperature), _tokens(tokenizer, prompt), ends, score, batch)


def text_of(tokenizer: Any, text: Text) -> str:
    """An answer as text, without the prompt and without marks such as the end."""
    return str(tokenizer.decode(list(text.tokens), skip_special_tokens=True))


def _tokens(tokenizer: Any, prompt: Messages) -> tuple[int, ...]:
    if isinstance(prompt, str):
        return tuple(tokenizer(prompt)["input_ids"])
    rendered = tokenizer.apply_chat_template(list(prompt), tokenize=False, add_generation_prompt=True)
    return tuple(tokenizer(rendered, add_special_tokens=False)["input_ids"])  # the template has written them


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    settings = getattr(model, "generation_config", None)
    for given in (getattr(settings, "eos_token_id", None), tokenizer.eos_token_id):
        if given is not None:
            return tuple(given) if isinstance(given, (list, tuple)) else (int(given),)
    raise InputError(
        "has no end token", where="model", mend="set tokenizer.eos_token, or model.generation_config.eos_token_id"
    )


def _ready(model: Any) -> None:
    if model.config.is_encoder_decoder:
        raise InputError("has an encoder", where="model", mend="load a causal one: AutoModelForCausalLM")
    if model.training:
        raise InputError("is in training mode, where dropout changes the law", where="model", mend="call model.eval()")


def _fits(model: Any, length: int, mend: str) -> None:
    most = getattr(model.config, "max_position_embeddings", None)
    if most is not None and length > most:
        raise InputError(f"{length} tokens, the model takes {most}", where="prompt and answer", mend=mend)


def _keeps(model: Any) -> bool:
    """Whether the model can leave out the laws at all places but the last."""
    return "logits_to_keep" in inspect.signature(model.forward).parameters


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise missing_extra("torch") from None
    return torch
