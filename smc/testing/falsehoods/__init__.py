"""Planted falsehoods: claims that look like a statement and are wrong. A search that cannot refute them is not searching.

Each one is a statement with something broken: an exponent or a constant lowered, a hypothesis dropped, a quantity taken from the wrong
level, a sign flipped, a sampler that is slightly off. Refutation tests must find a counterexample to every one and shrink it to something
readable; `bellman-smc campaign --planted NAME` does the same from the command line with those of `FALSEHOODS`. What is planted beside P4,
S6 and G2 (`queries`) and P6 (`pools`) speaks of other instances than a campaign draws.
"""

from smc.testing.falsehoods import loops, moments, neighbour, paper, paths, pools, queries, sharpened
from smc.testing.falsehoods.registry import FALSEHOODS, Falsehood

__all__ = [
    "FALSEHOODS",
    "Falsehood",
    "loops",
    "moments",
    "neighbour",
    "paper",
    "paths",
    "pools",
    "queries",
    "sharpened",
]
