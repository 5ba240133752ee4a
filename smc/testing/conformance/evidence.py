"""Finite-sample evidence against a law on finitely many atoms, in natural logarithms.

An e-value is a non-negative statistic of mean at most 1 under the law that is tested; it reaches 1/error with probability at most `error`
(Markov). Two are used, for independent draws from a law p:

- the likelihood ratio `prod q(x)/p(x)` against a named law q;
- the Krichevsky-Trofimov mixture `KT(x)/prod p(x)`, against every law on the same K atoms: `KT` is the likelihood averaged over a
  Dirichlet(1/2, ..., 1/2) prior, and costs about (K-1)/2 log n.

Products over independent samples and averages of e-values are e-values. No approximation for large samples anywhere.
Sources: Krichevsky and Trofimov (1981); Vovk and Wang (2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

Atom = TypeVar("Atom")


def log_likelihood(counts: Mapping[Atom, int], law: Mapping[Atom, float]) -> float:
    """`sum_x n_x log p(x)`; -inf where something was seen that has probability 0."""
    if any(not law.get(atom) for atom, n in counts.items() if n):
        return -math.inf
    return math.fsum(n * math.log(law[atom]) for atom, n in counts.items() if n)


def log_mixture(counts: Mapping[Atom, int], atoms: int) -> float:
    """`log KT(x)` of draws from `atoms` atoms of which `counts` were seen."""
    n = sum(counts.values())
    seen = math.fsum(math.lgamma(k + 0.5) - math.lgamma(0.5) for k in counts.values())
    return math.lgamma(atoms / 2) - math.lgamma(n + atoms / 2) + seen


def log_average(logs: Sequence[float]) -> float:
    """`log mean exp`; -inf of nothing."""
    top = max(logs, default=-math.inf)
    if math.isinf(top):
        return top
    return top + math.log(math.fsum(math.exp(x - top) for x in logs) / len(logs))
