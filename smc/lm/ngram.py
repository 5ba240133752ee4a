"""n-gram language models as tables: a next-symbol law for every context, and the context that each symbol leads to.

`phones()` is the phoneme trigram that the `pocketsphinx` package ships (US English; 40 phonemes, silence among them, and the end); its
probabilities, powers of 1.0001, sum to 1.0001-1.0003 in a context and are renormalised. `characters(text)` is trained here, with
add-one smoothing interpolated down to the shorter contexts (Jelinek-Mercer with fixed weight).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from smc.errors import missing_extra

END = "</s>"
START = "<s>"
PHONES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH SIL T TH UH UW V W Y Z ZH".split()
)
TRUST = 0.9
"""Share of a longer context's own counts in `characters`, against the shorter context."""


@dataclass(frozen=True)
class NGram:
    """symbols: the last one is END. contexts: tuples of symbols, the first one is that of the empty text. probability: shape (contexts,
    symbols), rows sum to 1. follows: index of the context after a symbol, shape (contexts, symbols); -1 after END."""

    symbols: tuple[str, ...]
    contexts: tuple[tuple[str, ...], ...]
    probability: np.ndarray
    follows: np.ndarray

    def law(self, text: Sequence[str]) -> np.ndarray:
        """The law of the symbol after `text`."""
        at = 0
        for symbol in text:
            at = self.follows[at, self.symbols.index(symbol)]
        return self.probability[at]


def phones() -> NGram:
    """The phoneme trigram, about 1,600 contexts of two phonemes. Raises InputError where pocketsphinx is not installed."""
    try:
        from pocketsphinx import Config, LogMath, NGramModel, get_model_path
    except ImportError:
        raise missing_extra("pocketsphinx") from None
    logarithm = LogMath()
    model = NGramModel(Config(lm=None), logarithm, get_model_path("en-us/en-us-phone.lm.bin"))
    symbols = (*PHONES, END)
    contexts = ((START,), *((START, p) for p in PHONES), *product(PHONES, repeat=2))
    table = np.array([[logarithm.exp(model.prob([s, *reversed(context)])) for s in symbols] for context in contexts])
    return _made(symbols, contexts, table, 2)


def pronunciations() -> dict[str, tuple[str, ...]]:
    """The pronunciation dictionary of the same package: word -> phonemes; variants are named `word(2)`."""
    try:
        from pocketsphinx import get_model_path
    except ImportError:
        raise missing_extra("pocketsphinx") from None
    with open(get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as file:
        return {word: tuple(sounds) for word, *sounds in map(str.split, file) if sounds}


def characters(text: str, order: int = 3) -> NGram:
    """A character n-gram trained on the lines of `text`, in small letters; everything else than letters is a space."""
    lines = [
        "".join(c if "a" <= c <= "z" else " " for c in line.lower()).split()
        for line in text.splitlines()
        if line.strip()
    ]
    letters = (*"abcdefghijklmnopqrstuvwxyz ",)
    symbols = (*letters, END)
    place = {symbol: k for k, symbol in enumerate(symbols)}
    counts: dict[tuple[str, ...], Counter[int]] = {}
    for words in lines:
        line = (*" ".join(words), END)
        for k, symbol in enumerate(line):
            past = (START, *line[:k])
            for n in range(order):
                counts.setdefault(past[len(past) - n :] if n else (), Counter())[place[symbol]] += 1
    contexts: list[tuple[str, ...]] = [(START,)]
    for n in range(1, order - 1):
        contexts += [(START, *rest) for rest in product(letters, repeat=n)]
    contexts += list(product(letters, repeat=order - 1))
    table = np.array([_smoothed(context, counts, len(symbols)) for context in contexts])
    return _made(symbols, tuple(contexts), table, order - 1)


def _smoothed(context: tuple[str, ...], counts: dict[tuple[str, ...], Counter[int]], size: int) -> np.ndarray:
    law = np.full(size, 1 / size)
    for n in range(len(context) + 1):
        found = counts.get(context[len(context) - n :] if n else ())
        if found:
            own = np.zeros(size)
            own[list(found)] = list(found.values())
            law = TRUST * own / own.sum() + (1 - TRUST) * law
    return law


def _made(symbols: tuple[str, ...], contexts: tuple[tuple[str, ...], ...], table: np.ndarray, keep: int) -> NGram:
    place = {context: k for k, context in enumerate(contexts)}
    follows = np.full(table.shape, -1, dtype=np.int64)
    for k, context in enumerate(contexts):
        for j, symbol in enumerate(symbols[:-1]):
            follows[k, j] = place[(*context, symbol)[-keep:]]
    return NGram(symbols, contexts, table / table.sum(axis=1, keepdims=True), follows)


def manual() -> str:
    """Text that every Python ships: the topics of its language reference, half a million characters of English and of examples."""
    from pydoc_data.topics import topics

    return "\n".join(topics.values())
