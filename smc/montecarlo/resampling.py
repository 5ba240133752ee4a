"""Resampling schemes on many runs at once: weights of shape (R, N) -> ancestor indices of shape (R, N).

Every row of `weights` is non-negative with a positive sum; it need not be normalised. With `C_j` the cumulative
weights scaled so that `C_N = N` (Douc, Cappe & Moulines 2005):
multinomial: independent uniforms on [0, N); index j where `C_{j-1} <= u < C_j`. Ancestors of many particles come sorted.
stratified: one uniform in each `[i, i+1)`. systematic: one common fractional part. Ancestors ascend.
residual: `floor(N w_j)` copies, the rest multinomial in proportion to the fractional parts.
killing: j keeps its slot with probability `w_j / max w`, and a slot that is not kept is multinomial.
ssp: `floor(N w_j)` copies or one more; fractional parts settle pair by pair. Ancestors ascend.
A particle of weight zero is never an ancestor. Expected numbers of copies are `N w_j / sum(w)` up to rounding (below
1e-12 relative).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smc.montecarlo.compiled import Floats, Ints

Ancestors = Ints
Resampler = Callable[[Floats, np.random.Generator], Ancestors]

_COMPARE_BELOW = 24
"""Up to this many particles, a draw is compared with every cumulative weight; above it, binary search is faster."""
_WHOLE = 2.0**-40
"""An expected number of copies that is this close to a whole number counts as whole (residual resampling)."""


def _cumulative(weights: Floats) -> Floats:
    """`C_j / N`: rises to exactly 1, at the last positive weight and after it."""
    sums = np.cumsum(weights, axis=1)
    sums /= sums[:, -1:].copy()
    return sums


def _from_hits(hits: Floats) -> Ancestors:
    """Ancestors from `hits[r, j]`, the number of the N sorted positions below `C_j`."""
    rows, particles = hits.shape
    whole = hits.astype(np.intp)
    counts = whole.copy()
    counts[:, 1:] -= whole[:, :-1]
    index = np.broadcast_to(np.arange(particles, dtype=np.intp), (rows, particles))
    return np.repeat(index.ravel(), counts.ravel()).reshape(rows, particles)


def systematic(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """Position i is `i + u` with one u for the run, so `ceil(C_j - u)` positions lie below `C_j`."""
    particles = weights.shape[1]
    steps = _cumulative(weights)
    steps *= particles
    hits = np.ceil(steps - rng.random((len(weights), 1)))
    hits[steps == particles] = particles  # where N - u rounds down to N - 1
    return _from_hits(hits)


def stratified(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """Position i is `i + u_i`: below `C_j` lie the `floor(C_j)` whole strata, and one more when the next u is below
    the fraction.
    """
    particles = weights.shape[1]
    steps = _cumulative(weights)
    steps *= particles
    hits = np.floor(steps)
    steps -= hits
    next_stratum = np.minimum(hits, particles - 1).astype(np.intp)
    hits += np.take_along_axis(rng.random(weights.shape), next_stratum, axis=1) < steps
    return _from_hits(hits)


def multinomial(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """Independent ancestors in proportion to the weights."""
    rows, particles = weights.shape
    sums = _cumulative(weights)
    if particles <= _COMPARE_BELOW:
        draws = rng.random(weights.shape)
        ancestors = np.zeros(weights.shape, np.intp)
        for j in range(particles - 1):
            ancestors += draws >= sums[:, j, None]
        return ancestors
    spacings = rng.standard_exponential((rows, particles + 1))
    positions = np.cumsum(spacings, axis=1)  # sorted uniforms: partial sums of exponentials over their total
    draws = positions[:, :-1] / positions[:, -1:]
    ancestors = np.empty(weights.shape, np.intp)
    for row in range(rows):
        ancestors[row] = np.searchsorted(sums[row], draws[row], side="right")
    return np.minimum(ancestors, _last_positive(weights), out=ancestors)


def _last_positive(weights: Floats) -> Ancestors:
    """Index of the last positive weight of each row, shape (R, 1)."""
    return (weights.shape[1] - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)).astype(np.intp)[:, None]


def residual(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """Whole parts of the expected copies first, then independent draws in proportion to the fractional parts."""
    particles = weights.shape[1]
    expected = weights * (particles / weights.sum(axis=1, keepdims=True))
    whole = np.floor(expected + _WHOLE)
    remainder = np.maximum(expected - whole, 0.0)
    remainder[:, 0] += ~remainder.any(axis=1)  # nothing left to draw; any weights will do
    kept = whole.sum(axis=1, keepdims=True)
    index = np.broadcast_to(np.arange(particles, dtype=np.intp), weights.shape)
    ancestors = multinomial(remainder, rng)
    ancestors[np.arange(particles) < kept] = np.repeat(index.ravel(), whole.astype(np.intp).ravel())
    return ancestors


def killing(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """A slot keeps its own particle with probability `w_k / max w`, or else takes a multinomial draw."""
    kept = rng.random(weights.shape) * weights.max(axis=1, keepdims=True) < weights
    return np.where(kept, np.arange(weights.shape[1], dtype=np.intp), multinomial(weights, rng))


def ssp(weights: Floats, rng: np.random.Generator) -> Ancestors:
    """Of two fractional parts x, y in play, `s = x + y <= 1` goes to the first with probability x/s; of more, a whole copy goes to the
    first with probability `(1 - y)/(2 - s)`, and the other keeps `s - 1`."""
    rows, particles = weights.shape
    expected = weights * (particles / weights.sum(axis=1, keepdims=True))
    whole = np.floor(expected + _WHOLE)
    parts = np.maximum(expected - whole, 0.0)
    counts, row = whole.astype(np.intp), np.arange(rows)
    active, rest = np.zeros(rows, np.intp), parts[:, 0]
    for j in range(1, particles):
        new = parts[:, j]
        joint = rest + new
        fits = joint <= 1 + _WHOLE
        first = rng.random(rows) * np.where(fits, joint, 2 - joint) < np.where(fits, rest, 1 - new)
        full = np.where(first, active, j)
        counts[row, full] += ~fits
        active, rest = np.where(first == fits, active, j), np.where(fits, joint, joint - 1)
    counts[row, active] += particles - counts.sum(axis=1)
    index = np.broadcast_to(np.arange(particles, dtype=np.intp), weights.shape)
    return np.repeat(index.ravel(), counts.ravel()).reshape(rows, particles)


RESAMPLERS: dict[str, Resampler] = {
    "multinomial": multinomial,
    "stratified": stratified,
    "systematic": systematic,
    "residual": residual,
    "killing": killing,
    "ssp": ssp,
}
