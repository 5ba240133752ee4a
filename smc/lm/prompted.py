"""The adapter of a language model of tokens after a prompt, whatever computes its laws: numpy (`smc.lm.transformer`) or a framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from smc.errors import InputError, whole_number
from smc.lm.adapter import Text


class LanguageModel(Protocol):
    """What gives the law of the next token."""

    def log_laws(self, tokens: np.ndarray, last: bool = False) -> np.ndarray:
        """Logarithms of the laws of the token after each place, shape (batch, length, vocabulary), float64; of the last place alone, shape
        (batch, 1, vocabulary), where `last`. tokens: shape (batch, length)."""


@dataclass(frozen=True)
class Prompted:
    """An `Adapter`. ends: the tokens that end an answer; to draw any of them is to end. score: V of each text, positive; the reward of
    those that ended; called with all texts of a step at once. batch: texts that the model runs at once.

    Raises InputError for an empty prompt, no end token, a batch below 1.
    """

    model: LanguageModel
    prompt: tuple[int, ...]
    ends: tuple[int, ...]
    score: Callable[[Sequence[Text]], Sequence[float]]
    batch: int = 32

    def __post_init__(self) -> None:
        whole_number("batch", self.batch)
        if not self.prompt:
            raise InputError("no tokens", where="prompt", mend="give at least one, such as the mark that begins a text")
        if not self.ends:
            raise InputError("no end token", where="ends", mend="name the tokens that end an answer")

    def initial(self) -> Text:
        """See `Adapter`."""
        return Text()

    def sample_children(self, texts: Sequence[Text], rng: np.random.Generator) -> list[Text]:
        """See `Adapter`. Equal texts are run once."""
        found = list(texts)
        drawing: dict[tuple[int, ...], list[int]] = {}
        for k, text in enumerate(texts):
            if not text.ended:
                drawing.setdefault(text.tokens, []).append(k)
        for rows in self._batches(sorted(drawing)):
            for tokens, logs in zip(rows, self._laws(rows, last=True)[:, 0], strict=True):
                sums = np.cumsum(np.exp(logs))
                for k in drawing[tokens]:
                    token = int(np.searchsorted(sums / sums[-1], rng.random(), side="right"))
                    found[k] = Text(tokens, True) if token in self.ends else Text((*tokens, token))
        return found

    def log_prob(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`. The end of a text has the probability of all end tokens together."""
        laws: dict[tuple[int, ...], tuple[float, float]] = {}
        for rows in self._batches(sorted({text.tokens for text in texts})):
            for tokens, logs in zip(rows, self._laws(rows), strict=True):
                places = len(self.prompt) - 1 + np.arange(len(tokens))
                over = float(np.logaddexp.reduce(logs[-1, list(self.ends)]))
                laws[tokens] = float(logs[places, list(tokens)].sum()), over
        return np.array([laws[text.tokens][0] + (laws[text.tokens][1] if text.ended else 0.0) for text in texts])

    def value(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`."""
        return np.asarray(self.score(texts), float)

    def _batches(self, texts: Sequence[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
        """Texts of one length, at most `batch` at once."""
        for length in sorted({len(tokens) for tokens in texts}):
            alike = [tokens for tokens in texts if len(tokens) == length]
            yield from (alike[at : at + self.batch] for at in range(0, len(alike), self.batch))

    def _laws(self, rows: Sequence[tuple[int, ...]], last: bool = False) -> np.ndarray:
        return self.model.log_laws(np.array([(*self.prompt, *tokens) for tokens in rows]), last)
