"""What a language model and its reward model must offer so that the loop runs on them and an audit reads what it did.

`Adapter` is the protocol, batched throughout: a text is a tuple of tokens and whether it ended. A text that ended has no children but
itself, its log-probability counts the end once, and its value is its reward. `steer` is naive SMC, multinomial resampling after every step,
weights the ratio of successive values; what it logs is the run that `bellman-smc audit` reads. `sampled` cuts texts of the reference at
every step, with draws of the next token: the prefixes that an audit reads (`smc.rewards.writing` makes
JSON lines of either).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from smc.errors import InputError, whole_number
from smc.rewards.records import Cloud, Family, Run, normalised


class Text(NamedTuple):
    """tokens: after the prompt, the end not among them. ended: whether the end was drawn."""

    tokens: tuple[int, ...] = ()
    ended: bool = False


class Adapter(Protocol):
    """A language model with a reward model."""

    def initial(self) -> Text:
        """The empty text, after the prompt."""

    def sample_children(self, texts: Sequence[Text], rng: np.random.Generator) -> list[Text]:
        """One draw of the next token, or of the end, for each; texts that ended come back as they are."""

    def log_prob(self, texts: Sequence[Text]) -> np.ndarray:
        """The natural logarithm of the probability of each text, and of its end where it ended; shape (texts,)."""

    def value(self, texts: Sequence[Text]) -> np.ndarray:
        """V of each, positive; the reward of those that ended; shape (texts,)."""


class Steering(NamedTuple):
    """texts: of the last cloud, before its resampling. run: its log. log_normaliser: of Zhat = V_0 prod mean(V_t/V_(t-1))."""

    texts: list[Text]
    run: Run
    log_normaliser: float

    def answers(self, count: int, rng: np.random.Generator) -> list[Text]:
        """`count` texts drawn in proportion to the last weights: the output of the run (one) or a summary of its last cloud."""
        weights = normalised(self.run.clouds[-1].totals)
        return [self.texts[i] for i in rng.choice(len(weights), whole_number("count", count), p=weights)]


def steer(adapter: Adapter, particles: int, horizon: int, rng: np.random.Generator, name: str = "0") -> Steering:
    """One run of naive SMC. Raises InputError for values that are not positive and finite."""
    whole_number("particles", particles)
    whole_number("horizon", horizon)
    texts = [adapter.initial()] * particles
    before = _values(adapter, texts)
    total, parents, clouds = math.log(before[0]), None, list[Cloud]()
    for step in range(horizon):
        texts = adapter.sample_children(texts, rng)
        scores = _values(adapter, texts)
        weights = scores / before
        total += math.log(weights.mean())
        logs = tuple(np.log(weights).tolist())
        clouds.append(Cloud(parents, logs, logs, tuple(scores.tolist()), parents is not None))
        if step + 1 < horizon:
            drawn = rng.choice(particles, particles, p=weights / weights.sum())
            texts, before, parents = [texts[i] for i in drawn], scores[drawn], tuple(drawn.tolist())
    return Steering(texts, Run(name, f"run {name}", tuple(clouds)), total)


def sampled(
    adapter: Adapter, texts: int, children: int, horizon: int, rng: np.random.Generator, *, rollouts: int = 0
) -> Iterator[Family]:
    """Texts of the reference, cut at every step, with `children` draws each; texts that ended wait with their reward.

    rollouts: whole answers that are drawn after each prefix but the empty one, so that V is held against the true value; each takes as many
    draws of a token as steps are left.
    """
    at = [adapter.initial()] * whole_number("texts", texts)
    found: list[list[Family]] = [[] for _ in at]
    for step in range(whole_number("horizon", horizon)):
        scores = _values(adapter, at)
        below = adapter.sample_children([text for text in at for _ in range(children)], rng)
        values = _values(adapter, below).reshape(texts, children)
        after = [text for text in at for _ in range(rollouts if 0 < step < horizon - 1 else 0)]
        for _ in range(step, horizon):
            after = adapter.sample_children(after, rng) if after else after
        rewards = _values(adapter, after).reshape(texts, -1) if after else np.zeros((texts, 0))
        ends = tuple(range(children)) if step + 1 == horizon else ()
        for k, own in enumerate(found):
            own.append(
                Family(
                    f"text {k}, step {step}", str(k), step, float(scores[k]), tuple(values[k].tolist()), None, ends, bool(ends),
                    tuple(rewards[k].tolist()), own[-1].score if own else None,
                )
            )  # fmt: skip
        at = adapter.sample_children(at, rng)
    for own in found:
        yield from own


def _values(adapter: Adapter, texts: Sequence[Text]) -> np.ndarray:
    values = np.asarray(adapter.value(texts), float)
    if values.shape != (len(texts),) or not np.isfinite(values).all() or not (values > 0).all():
        raise InputError(
            f"{values.min() if values.size else 'no'} among values of shape {values.shape}", where="value",
            mend="return one positive finite number a text",
        )  # fmt: skip
    return values
