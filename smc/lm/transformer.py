"""A transformer of the Llama family in numpy: for showing the loop on a real language model without a framework.

Pre-norm blocks with root-mean-square norms, rotary positions on neighbouring pairs (the order of GGUF files), grouped queries, and a gated
feed-forward with SiLU; the output shares the embedding. A batch of texts of one length is run whole, without a cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


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

    def log_laws(self, tokens: np.ndarray, last: bool = False) -> np.ndarray:
        """See `smc.lm.prompted.LanguageModel`."""
        x = self.embedding[tokens]
        angles = _angles(tokens.shape[1], self.embedding.shape[1] // self.heads, self.base)
        for block in self.blocks:
            x = x + self._attention(block, _normed(x, block.attention_norm, self.epsilon), angles)
            y = _normed(x, block.feed_norm, self.epsilon)
            gate = y @ block.gate.T
            x = x + (gate / (1 + np.exp(-gate)) * (y @ block.up.T)) @ block.down.T
        x = x[:, -1:] if last else x
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
