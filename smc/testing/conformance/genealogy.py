"""What the particles of every step say: moves that the model has, ancestors that the scheme draws, a normaliser that is theirs.

Moves, dead ancestors, resampling where it is not due, and the normaliser are read off each run: no chance is involved. The ancestors are
held to the declared scheme by likelihood ratios against every other scheme, ancestors off by one and ancestors that are sorted, and
by a mixture over all laws, given the weights that they are drawn by (`smc.testing.conformance.evidence`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from smc.errors import InputError
from smc.montecarlo.compiled import log
from smc.numbers import ONE, ZERO, Rational
from smc.samplers.process import ParticleProcess
from smc.samplers.resampling import SCHEMES, Piece
from smc.samplers.sampler import Sampler
from smc.testing.conformance import evidence
from smc.testing.conformance.runs import DEAD, Runs
from smc.testing.instances import Instance

Slots = tuple[int, ...]
Draws = dict[tuple[Rational, ...], Counter[Slots]]
"""By normalised weights, how often each vector of ancestors was drawn."""


def genealogy_findings(
    declared: Sampler, instance: Instance, runs: Runs, error: float, near: float
) -> list[tuple[bool, str]]:
    """(kept, words) of every check; nothing where the runs have no genealogy. near: see `smc.testing.conformance.laws.Laws`.

    Raises InputError where two moves between the same states have different weights: a genealogy of states does not say which was made.
    """
    if runs.genealogy is None:
        return []
    process = declared.process(instance.model, instance.twist)
    _told_apart(process, instance)
    horizon, replicates, n = runs.genealogy.states.shape
    flat = np.concatenate(
        [np.moveaxis(a, 1, 0).reshape(replicates, -1) for a in (runs.genealogy.states, runs.genealogy.ancestors)],
        axis=1,
    )
    lines, where, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    faults: Counter[str] = Counter()
    draws: Draws = {}
    logs = np.empty(len(lines))
    for k, (line, count) in enumerate(zip(lines.tolist(), counts.tolist(), strict=True)):
        states, ancestors = (
            np.reshape(half, (horizon, n)).tolist() for half in (line[: horizon * n], line[horizon * n :])
        )
        fault, logs[k] = _read(process, instance, states, ancestors, draws, count)
        if fault:
            faults[fault] += count
    found = [(False, f"{words} ({count} of {replicates} runs)") for words, count in faults.items()]
    if not found:
        found.append((True, "every move, ancestor and output is possible"))
    if runs.log_normaliser is not None and not faults and not np.isnan(runs.log_normaliser).any():
        found.append(_normaliser(logs[where.reshape(-1)], runs.log_normaliser, near))
    return [*found, *_scheme(declared, draws, error)]


def _told_apart(process: ParticleProcess, instance: Instance) -> None:
    for t, step in enumerate(process.steps):
        for x, row in enumerate(step):
            weights: dict[int, Rational] = {}
            for move in row:
                if weights.setdefault(move.target, move.weight) != move.weight:
                    layers = instance.model.layers
                    raise InputError(
                        f"two edges of step {t + 1} from {layers[t][x]!r} to {layers[t + 1][move.target]!r} have different weights",
                        where=instance.model.name,
                        mend="leave the genealogy out, or end one edge in a state of its own",
                    )


def _read(
    process: ParticleProcess,
    instance: Instance,
    states: list[list[int]],
    ancestors: list[list[int]],
    draws: Draws,
    count: int,
) -> tuple[str, float]:
    """The first fault of a run in words ("" for none), and the log of its `Zhat`; its draws of ancestors are added to `draws`."""
    n, layers = len(states[0]), instance.model.layers
    weights, before, closed, due = [ONE] * n, [0] * n, log(process.scale), False
    for t, (entered, parents) in enumerate(zip(states, ancestors, strict=True)):
        parents = list(range(n)) if t == 0 else parents
        if t and due:
            total = sum(weights, ZERO)
            shares = tuple(w / total for w in weights)
            if any(not shares[i] for i in parents):
                return f"dead particles are drawn, as at step {t}", -math.inf
            draws.setdefault(shares, Counter())[tuple(parents)] += count
            closed, weights = closed + log(total / n), [ONE] * n
        elif t and parents != list(range(n)):
            return f"particles are resampled where the threshold says that they are not, as at step {t}", -math.inf
        weights = [weights[k] if due else weights[i] for k, i in enumerate(parents)]
        for k, (i, y) in enumerate(zip(parents, entered, strict=True)):
            if y == DEAD or not weights[k]:
                weights[k] = ZERO
                continue
            ways = [o for o in process.steps[t][before[i]] if o.target == y]
            if not ways:
                left = layers[t][before[i]]
                return (
                    f"a particle moves where the model has no move: from {left!r} to {layers[t + 1][y]!r} at step {t + 1}",
                    -math.inf,
                )
            weights[k] *= ways[0].weight
        if not any(weights):
            return "", -math.inf
        before = entered
        total = sum(weights, ZERO)
        due = process.resampling.due([w / total for w in weights])
    return "", closed + log(sum(weights, ZERO) / n)


def _normaliser(expected: np.ndarray, given: np.ndarray, near: float) -> tuple[bool, str]:
    """The normaliser of every run against that of its particles."""
    dead = np.isneginf(expected) & np.isneginf(given)
    off = np.abs(np.where(dead, 0.0, given) - np.where(dead, 0.0, expected))
    wrong = ~(off <= near)
    if not wrong.any():
        return True, "every normaliser is that of its particles"
    return (
        False,
        f"normalisers are not those of their particles ({int(wrong.sum())} of {len(given)}, by up to e^{float(np.nanmax(off)):.3g})",
    )


def _scheme(declared: Sampler, draws: Draws, error: float) -> list[tuple[bool, str]]:
    """The ancestors against the declared scheme, and against what else may have drawn them."""
    if not draws:
        return []
    own = declared.resampling.scheme
    right = _likelihood(draws, _vectors(own.pieces))
    others: dict[str, Callable[[tuple[Rational, ...]], dict[Slots, Rational]]] = {
        f"{name} resampling": _vectors(scheme.pieces) for name, scheme in SCHEMES.items() if scheme is not own
    }
    base = _vectors(own.pieces)
    others["ancestors that are one too large"] = _changed(base, lambda a, n: tuple((i + 1) % n for i in a))
    others["ancestors that are one too small"] = _changed(base, lambda a, n: tuple((i - 1) % n for i in a))
    others[
        f"{own.name} resampling whose ancestors are sorted: the order carries information, the law of the output does not change"
    ] = _changed(base, lambda a, n: tuple(sorted(a)))
    logs = {words: _likelihood(draws, vectors) for words, vectors in others.items()}
    mixture = sum(evidence.log_mixture(c, len(shares) ** len(shares)) for shares, c in draws.items())
    if right == -math.inf:
        kept = False
    else:
        kept = evidence.log_average([*(x - right for x in logs.values()), mixture - right]) < -math.log(error)
    if kept:
        return [(True, f"ancestors fit {own.name} resampling")]
    best = max(logs, key=lambda words: logs[words])
    if logs[best] > max(right, mixture):
        return [(False, f"ancestors do not fit {own.name} resampling; they fit {best}")]
    return [(False, f"ancestors do not fit {own.name} resampling{_impossible(draws, _vectors(own.pieces))}")]


def _impossible(draws: Draws, vectors: Callable[[tuple[Rational, ...]], dict[Slots, Rational]]) -> str:
    """One vector of ancestors that the scheme never draws, with the weights; "" where all are possible."""
    for shares, counts in draws.items():
        for slots in sorted(set(counts) - set(vectors(shares))):
            weights = ", ".join(map(str, shares))
            taken = ", ".join(map(str, slots))
            return f": at weights {weights} it never takes particles {taken}, counted from 0, as was seen"
    return ""


def _likelihood(draws: Draws, vectors: Callable[[tuple[Rational, ...]], dict[Slots, Rational]]) -> float:
    return sum(
        evidence.log_likelihood(counts, {slots: float(p) for slots, p in vectors(shares).items()})
        for shares, counts in draws.items()
    )


def _vectors(
    pieces: Callable[[Sequence[Rational]], list[Piece]],
) -> Callable[[tuple[Rational, ...]], dict[Slots, Rational]]:
    """The law of the vector of ancestors, from normalised weights."""

    @cache
    def law(shares: tuple[Rational, ...]) -> dict[Slots, Rational]:
        found: dict[Slots, Rational] = {}
        for p, slots in pieces(shares):
            vectors: dict[Slots, Rational] = {(): p}
            for slot in slots:
                vectors = {(*v, i): q * share for v, q in vectors.items() for i, share in slot.items()}
            for v, q in vectors.items():
                found[v] = found.get(v, ZERO) + q
        return found

    return law


def _changed(vectors: Callable[[tuple[Rational, ...]], dict[Slots, Rational]], change: Callable[[Slots, int], Slots]):
    @cache
    def law(shares: tuple[Rational, ...]) -> dict[Slots, Rational]:
        found: dict[Slots, Rational] = {}
        for slots, p in vectors(shares).items():
            wrong = change(slots, len(shares))
            found[wrong] = found.get(wrong, ZERO) + p
        return found

    return law
