"""A language model of two letters, and its chain as an exact model."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from smc.lm.ngram import NGram
from smc.setting.model import Model
from smc.setting.twist import twist

SYMBOLS = ("a", "b", "</s>")
LAWS = {("<s>",): (0.5, 0.375, 0.125), ("a",): (0.25, 0.5, 0.25), ("b",): (0.625, 0.25, 0.125)}


def letters() -> NGram:
    contexts = tuple(LAWS)
    follows = np.array([[1, 2, -1]] * 3)
    return NGram(SYMBOLS, contexts, np.array([LAWS[c] for c in contexts]), follows)


def as_model(chain, values):
    """The chain as a layered model of rationals (its numbers are dyadic), and the values as its twist."""
    states = [str(x) for x in range(chain.states)]
    layers = [["0"]] + [
        [states[x] for x in range(chain.states) if chain.front[t][x] > 0] for t in range(1, chain.horizon + 1)
    ]
    dense = chain.moves.toarray()
    edges = [
        [(x, y, Fraction(dense[int(x), int(y)])) for x in layers[t] for y in layers[t + 1] if dense[int(x), int(y)]]
        for t in range(chain.horizon)
    ]
    model = Model.from_edges(layers, edges, {x: Fraction(chain.reward[int(x)]) for x in layers[-1]})
    given = [[Fraction(values[t][int(x)]) for x in layer] for t, layer in enumerate(layers[:-1])]
    return model, twist(model, given)
