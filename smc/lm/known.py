"""A chain with a reward model behind the adapter protocol: runs of the loop where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smc.errors import InputError
from smc.lm.adapter import Text
from smc.lm.chain import Steered


@dataclass(frozen=True)
class Known:
    """An `Adapter`. The tokens of a text are the states that it went through; one that ended has the waiting state last.

    Raises InputError where the values give a text that ended another value than its reward.
    """

    steered: Steered

    def __post_init__(self) -> None:
        if (self.steered.values[:, -2:] != self.steered.chain.reward[-2:]).any():
            raise InputError("a text that ended has another value than its reward", where="values", mend="set it")

    def initial(self) -> Text:
        """See `Adapter`."""
        return Text()

    def sample_children(self, texts: Sequence[Text], rng: np.random.Generator) -> list[Text]:
        """See `Adapter`."""
        chain = self.steered.chain
        below = chain.draw(np.array([_state(text) for text in texts]), rng)
        return [
            text if text.ended else Text((*text.tokens, int(x)), bool(x >= chain.states - 2))
            for text, x in zip(texts, below, strict=True)
        ]

    def log_prob(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`."""
        moves = self.steered.chain.moves
        return np.array(
            [sum(np.log(moves[x, y]) for x, y in zip((0, *t.tokens), t.tokens, strict=False)) for t in texts]
        )

    def value(self, texts: Sequence[Text]) -> np.ndarray:
        """See `Adapter`."""
        reward, values = self.steered.chain.reward, self.steered.values
        return np.array([reward[_state(t)] if t.ended else values[len(t.tokens), _state(t)] for t in texts])


def _state(text: Text) -> int:
    return text.tokens[-1] if text.tokens else 0
