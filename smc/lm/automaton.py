"""Finite automata over the symbols of a language model: rewards that a person understands. The end of the text is no symbol of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Automaton:
    """name: for a person. moves: state after a symbol, shape (states, symbols); state 0 is the start. accepts: whether a text that ends, or
    is cut, in a state is a success, shape (states,). only_ended: whether a text that is cut at the horizon fails."""

    name: str
    moves: np.ndarray
    accepts: np.ndarray
    only_ended: bool = True

    def run(self, text: Iterable[int]) -> int:
        """The state after a text."""
        state = 0
        for symbol in text:
            state = int(self.moves[state, symbol])
        return state


def contains(pattern: Sequence[str], symbols: Sequence[str]) -> Automaton:
    """Texts in which `pattern` occurs (Knuth, Morris and Pratt); the symbols are those of a text, without its end."""
    moves = _prefixes(pattern, symbols)
    moves[-1] = len(pattern)
    return Automaton(f"contains {' '.join(pattern)}", moves, _last(len(pattern) + 1), only_ended=False)


def ends(pattern: Sequence[str], symbols: Sequence[str]) -> Automaton:
    """Texts that end with `pattern`: rhymes."""
    return Automaton(f"ends in {' '.join(pattern)}", _prefixes(pattern, symbols), _last(len(pattern) + 1))


def among(words: Iterable[Sequence[str]], symbols: Sequence[str], called: str = "is a word") -> Automaton:
    """Texts that are one of `words`: their tree, and a state for all that is none any more (the last)."""
    place = {name: k for k, name in enumerate(symbols)}
    tree: list[dict[int, int]] = [{}]
    whole: set[int] = set()
    for word in words:
        at = 0
        for name in word:
            if place[name] not in tree[at]:
                tree[at][place[name]] = len(tree)
                tree.append({})
            at = tree[at][place[name]]
        whole.add(at)
    moves = np.full((len(tree) + 1, len(symbols)), len(tree), dtype=np.int64)
    for state, below in enumerate(tree):
        for symbol, target in below.items():
            moves[state, symbol] = target
    accepts = np.zeros(len(tree) + 1, dtype=bool)
    accepts[list(whole)] = True
    return Automaton(called, moves, accepts)


def _prefixes(pattern: Sequence[str], symbols: Sequence[str]) -> np.ndarray:
    """State k: the longest prefix of the pattern that the text ends with has length k."""
    wanted = [symbols.index(symbol) for symbol in pattern]
    moves = np.zeros((len(wanted) + 1, len(symbols)), dtype=np.int64)
    moves[0, wanted[0]] = 1
    back = 0
    for state in range(1, len(wanted) + 1):
        moves[state] = moves[back]
        if state < len(wanted):
            moves[state, wanted[state]] = state + 1
            back = int(moves[back, wanted[state]])
    return moves


def _last(size: int) -> np.ndarray:
    accepts = np.zeros(size, dtype=bool)
    accepts[-1] = True
    return accepts
