"""A transformer of the Llama family in numpy, and its adapter: for showing the loop on a real language model without a framework.

Pre-norm blocks with root-mean-square norms, rotary positions on neighbouring pairs (the order of GGUF files), grouped queries, and a gated
feed-forward with SiLU; the output shares the embedding. A batch of texts of one length is run whole, without a cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smc.lm.adapter import Text


@dataclass(frozen=True)
class Block:
    """Weights of one block, as (outputs, inputs)."""

    attention_norm: np.ndarray
    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    output: np.ndarray
    feed_norm: np.ndarray
    gate: np.ndarray
    up: np.ndarray
    down: np.ndarray


@dataclass(frozen=True)
class Transformer:
    """embedding: shape (vocabulary, width). heads, groups: of queries, of keys and values. base: of the rotary angles."""

    embedding: np.ndarray
    blocks: tuple[Block, ...]
    norm: np.ndarray
    heads: int
    groups: int
    base: float = 10_000.0
    epsilon: float = 1e-5

    def log_laws(self, tokens: np.ndarray) -> np.ndarray:
        """Logarithms of the laws of the token after each place, shape (batch, length, vocabulary); tokens: shape (batch, length)."""
        x = self.embedding[tokens]
        angles = _angles(tokens.shape[1], self.embedding.shape[1] // self.heads, self.base)
        for block in self.blocks:
            x = x + self._attention(block, _normed(x, block.attention_norm, self.epsilon), angles)
            y = _normed(x, block.feed_norm, self.epsilon)
            gate = y @ block.gate.T
            x = x + (gate / (1 + np.exp(-gate)) * (y @ block.up.T)) @ block.down.T
        logits = (_normed(x, self.norm, self.epsilon) @ self.embedding.T).astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    def _attention(self, block: Block, x: np.ndarray, angles: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        batch, length, width = x.shape
        size = width // self.heads

        def split(weights: np.ndarray, heads: int) -> np.ndarray:
            return (x @ weights.T).reshape(batch, length, heads, size).transpose(0, 2, 1, 3)

        query, key = _turned(split(block.query, self.heads), angles), _turned(split(block.key, self.groups), angles)
        value = split(block.value, self.groups)
        key, value = (np.repeat(part, self.heads // self.groups, axis=1) for part in (key, value))
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(size)
        scores = np.where(np.tri(length, dtype=bool), scores, -np.inf)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares @ value).transpose(0, 2, 1, 3).reshape(batch, length, width) @ block.output.T


def _normed(x: np.ndarray, scale: np.ndarray, epsilon: float) -> np.ndarray:
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * scale


def _angles(length: int, size: int, base: float) -> tuple[np.ndarray, np.ndarray]:
    angles = np.arange(length)[:, None] * base ** (-np.arange(0, size, 2) / size)[None, :]
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _turned(x: np.ndarray, angles: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    cosine, sine = angles
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2] = even * cosine - odd * sine
    turned[..., 1::2] = even * sine + odd * cosine
    return turned


@dataclass(frozen=True)
class Prompted:
    """The adapter of a transformer after a prompt. end: its end token. score: V of tokens, positive; the reward where `ended`."""

    transformer: Transformer
    prompt: tuple[int, ...]
    end: int
    score: Callable[[tuple[int, ...], bool], float]

    def initial(self) -> Text:
        """See `Adapter`."""
        return Text()

    def sample_children(self, texts: Sequence[Text], rng: np.random.Generator) -> list[Text]:
        """See `Adapter`. Equal texts are run once."""
        found = list(texts)
        for length in sorted({len(text.tokens) for text in texts if not text.ended}):
            here = [k for k, text in enumerate(texts) if not text.ended and len(text.tokens) == length]
            different = sorted({texts[k].tokens for k in here})
            laws = np.exp(self._laws(different)[:, -1])
            row = {tokens: k for k, tokens in enumerate(different)}
            for k in here:
                law = laws[row[texts[k].tokens]]
                token = int(rng.choice(len(law), p=law / law.sum()))
                found[k] = Text(texts[k].tokens, True) if token == self.end else Text((*texts[k].tokens, token))
        return found

    def log_prob(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`."""
        found = np.zeros(len(texts))
        for k, text in enumerate(texts):
            drawn = (*text.tokens, self.end) if text.ended else text.tokens
            if drawn:
                laws = self._laws([text.tokens])[0]
                places = len(self.prompt) - 1 + np.arange(len(drawn))
                found[k] = laws[places, list(drawn)].sum()
        return found

    def value(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`."""
        return np.array([self.score(text.tokens, text.ended) for text in texts])

    def _laws(self, rows: Sequence[tuple[int, ...]]) -> np.ndarray:
        return self.transformer.log_laws(np.array([(*self.prompt, *tokens) for tokens in rows]))


def random_transformer(
    rng: np.random.Generator, *, vocabulary: int = 6, width: int = 8, heads: int = 4, groups: int = 2, blocks: int = 2
) -> Transformer:
    """A tiny transformer with random weights, for tests and for trying the adapter."""

    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    ones, inner = np.ones(width, np.float32), width // heads * groups
    made = tuple(
        Block(
            ones, weights(width, width), weights(inner, width), weights(inner, width), weights(width, width),
            ones, weights(2 * width, width), weights(2 * width, width), weights(width, 2 * width),
        )
        for _ in range(blocks)
    )  # fmt: skip
    return Transformer(weights(vocabulary, width), made, ones, heads, groups)
