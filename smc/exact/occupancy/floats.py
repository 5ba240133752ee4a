"""The law in float64, by matrix products: K^2 operations a step and no subtraction, so no cancellation at any N. Never a verdict.

Given occupancy m the next one is k with probability `N! prod_c mu_c(m)^{k_c}/k_c!`. Split the cells in two halves. For each number a of
particles in the first half, the probabilities of all k are one matrix product over m of the monomials of either half:

    P'(k1, k2) = c_N sum_m P(m) U_a(m, k1) V_{N-a}(m, k2),      U_a(m, k1) = prod_c Poisson(k_c; N mu_c), V likewise,  c_N = N! e^N / N^N .

Poisson probabilities keep all factors at most 1, whatever N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, lgamma, log

import numpy as np

from smc.exact.law import FloatLaw
from smc.exact.occupancy.cells import CellChain
from smc.exact.occupancy.simplex import occupancy_count, simplex

SLAB = 1 << 21
"""Entries of the largest table that is held at once."""


def float_law(chain: CellChain, particles: int, tick: Callable[[], None] = lambda: None) -> FloatLaw:
    """Law of the output particle and the probability of dying, in float64. `tick` is called after each layer."""
    x = np.ones(1)
    mixture = np.array([[a / chain.denominators[0] for a in chain.first]])
    dead = 0.0
    for t in range(1, chain.horizon):
        x = _next(x, mixture, particles)
        tick()
        points, weights = simplex(particles, chain.layers[t - 1].count).points, chain.layers[t - 1].weights
        heaviest = max(weights)  # weights may be integers too long for a float: only their ratios are used
        totals = points @ np.array([w / heaviest for w in weights])
        if not weights[-1]:
            dead += x[0]  # all in the last cell
            x, points, totals = x[1:], points[1:], totals[1:]
        forms = np.array([[a / (heaviest * chain.denominators[t]) for a in row] for row in chain.forms(t)])
        mixture = points @ forms / totals[:, None]
    law, drowned = _last(chain, x, mixture, particles)
    tick()
    return FloatLaw(tuple(law.tolist()), float(dead + drowned))


def _next(x: np.ndarray, mixture: np.ndarray, particles: int) -> np.ndarray:
    following = np.zeros(simplex(particles, mixture.shape[1]).count)
    step = _rows_at_once(particles, mixture.shape[1])
    for begin in range(0, len(x), step):
        part = slice(begin, begin + step)
        for places, first, second in _halves(mixture[part], particles):
            following[places] += ((first * x[part, None]).T @ second).ravel()
    return following * _constant(particles)


def _last(chain: CellChain, x: np.ndarray, mixture: np.ndarray, particles: int) -> tuple[np.ndarray, float]:
    """`sum_m P(m) N mu_c g_c E[1 / (g_c + z)]`, z the total weight of the other N - 1 particles, by weight levels."""
    cells = chain.layers[-1]
    levels = sorted(set(cells.weights))
    group = np.array([levels.index(g) for g in cells.weights])
    scaled = np.array([g / levels[-1] for g in levels])
    grouped = np.stack([mixture[:, group == k].sum(axis=1) for k in range(len(levels))], axis=1)
    others = particles - 1
    law = np.zeros(chain.outcomes)
    answers = np.zeros((len(x), len(levels)))
    if others:
        sums = simplex(others, len(levels)).points @ scaled
        step = _rows_at_once(others, len(levels))
        for begin in range(0, len(x), step):
            part = slice(begin, begin + step)
            for places, first, second in _halves(grouped[part], others):
                for k, g in enumerate(scaled):
                    if g:
                        kernel = (g / (g + sums[places])).reshape(first.shape[1], second.shape[1])
                        answers[part, k] += ((first @ kernel) * second).sum(axis=1)
        answers *= _constant(others)
    else:
        answers[:] = scaled > 0
    for c, (state, weight) in enumerate(zip(cells.states, cells.weights, strict=True)):
        if weight:
            law[state] += particles * float(x @ (mixture[:, c] * answers[:, group[c]]))
    drowned = 0.0 if levels[0] else float(x @ grouped[:, 0] ** particles)
    return law, drowned


def _constant(particles: int) -> float:
    return exp(lgamma(particles + 1) + particles - particles * log(particles))


def _rows_at_once(particles: int, cells: int) -> int:
    """For how many occupancies m at once the monomials of a half, and the powers that they are made of, fit into a slab."""
    half = cells // 2
    monomials = max(occupancy_count(particles, max(half, 1)), occupancy_count(particles, cells - half))
    return max(1, SLAB // max(monomials, cells * (particles + 1)))


def _halves(mixture: np.ndarray, particles: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each number a in the first half: places of the occupancies, and the monomials `U_a` and `V_{N-a}`, one row for each m."""
    cells = mixture.shape[1]
    half = cells // 2
    counts = np.arange(particles + 1)
    with np.errstate(divide="ignore"):
        logs = np.log(particles * mixture)[:, :, None] * np.where(counts, counts, 1)
    logs -= (particles * mixture)[:, :, None] + np.array([lgamma(k + 1) for k in counts])
    tables = np.exp(logs)
    tables[:, :, 0] = np.exp(-particles * mixture)
    points = simplex(particles, cells).points
    inside = points[:, :half].sum(axis=1)
    for a in range(particles + 1) if half else (0,):
        yield np.nonzero(inside == a)[0], _monomials(tables[:, :half], a), _monomials(tables[:, half:], particles - a)


def _monomials(tables: np.ndarray, degree: int) -> np.ndarray:
    """Products `prod_c tables[:, c, k_c]` over the occupancies k of `degree` particles, shape (m, K of the half)."""
    width = tables.shape[1]
    if width == 1:
        return tables[:, 0, degree : degree + 1]
    if width == 2:  # slices instead of gathers: the common case
        return tables[:, 0, : degree + 1] * tables[:, 1, degree::-1]
    points = simplex(degree, max(width, 1)).points
    product = np.ones((len(tables), len(points)))
    for c in range(width):
        product *= tables[:, c][:, points[:, c]]
    return product
