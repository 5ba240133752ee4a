"""The disjoint-ancestor estimator is unbiased: every run of small models is enumerated, in rationals; logged runs are read alike."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.rewards.genealogy import apart, first_ancestors, genealogy
from smc.rewards.importers import particles
from smc.rewards.items import Item
from smc.rewards.records import Cloud, Run

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)
MODELS = {
    "bits": ([[HALF, HALF], [HALF, HALF]], [[Fraction(1), Fraction(3)], [Fraction(1), Fraction(3)]]),
    "drift": ([[THIRD, 1 - THIRD], [Fraction(3, 4), Fraction(1, 4)]], [[Fraction(1), Fraction(2)], [Fraction(5), Fraction(1, 2)]]),
    "zeros": ([[HALF, HALF], [THIRD, 1 - THIRD]], [[Fraction(1), Fraction(0)], [Fraction(4), Fraction(1)]]),
}  # fmt: skip
"""Kernel M[x][y] and weight G[x][y] on two states, from state 0."""


def runs(moves, weights, particles, steps):
    """(probability, Zhat, parents of each step but the first, last weights) of every run of multinomial SMC; dead runs have Zhat 0."""

    def clouds(front):
        for chosen in product((0, 1), repeat=len(front)):
            probability = math.prod(moves[x][y] for x, y in zip(front, chosen, strict=True))
            if probability:
                yield probability, chosen, [weights[x][y] for x, y in zip(front, chosen, strict=True)]

    def onward(probability, zhat, parents, front, left):
        for p, chosen, factors in clouds(front):
            mean = sum(factors) / particles
            if left == 1 or not mean:
                yield probability * p, zhat * mean, parents, factors
                continue
            for drawn in product(range(particles), repeat=particles):
                q = math.prod(factors[i] / (mean * particles) for i in drawn)
                if q:
                    yield from onward(
                        probability * p * q, zhat * mean, [*parents, drawn], [chosen[i] for i in drawn], left - 1
                    )

    yield from onward(Fraction(1), Fraction(1), [], [0] * particles, steps)


@pytest.mark.parametrize(("particles", "steps"), [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
@pytest.mark.parametrize("name", MODELS)
def test_it_is_unbiased(name, particles, steps):
    """`E[Zhat^2 relative_variance] = Var(Zhat)`, an equality of rationals."""
    moves, weights = MODELS[name]
    first = second = estimate = total = Fraction(0)
    inflation = Fraction(particles, particles - 1) ** steps
    for probability, zhat, parents, factors in runs(moves, weights, particles, steps):
        total += probability
        first += probability * zhat
        second += probability * zhat**2
        if zhat:
            normalised = [w / sum(factors) for w in factors]
            far = apart(normalised, first_ancestors(parents, particles))
            estimate += probability * zhat**2 * (1 - inflation * far)
    assert total == 1
    assert estimate == second - first**2


def test_a_smaller_inflation_is_biased():
    """With `T - 1` factors in place of T the equality fails: the test above can fail."""
    moves, weights = MODELS["bits"]
    square = sum(
        p * z**2 * Fraction(2) ** 2 * apart([w / sum(f) for w in f], first_ancestors(a, 2))
        for p, z, a, f in runs(moves, weights, 2, 3)
    )
    mean = sum(p * z for p, z, _, _ in runs(moves, weights, 2, 3))
    assert square != mean**2


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.data())
def test_pairs_one_by_one(weights, data):
    total = sum(weights)
    normalised = [Fraction(w, total) for w in weights]
    ancestors = data.draw(st.lists(st.integers(0, 3), min_size=len(weights), max_size=len(weights)))
    pairs = product(zip(normalised, ancestors, strict=True), repeat=2)
    assert apart(normalised, ancestors) == sum(w * v for (w, a), (v, b) in pairs if a != b)


def run_of(parents, totals, *, drawn=True):
    clouds = [Cloud(None, (0.0,) * len(totals), (0.0,) * len(totals))]
    clouds += [Cloud(tuple(step), tuple(totals), tuple(totals), resampled=drawn) for step in parents]
    return Run("0", "file", tuple(clouds))


def test_a_logged_run():
    found = genealogy(run_of([(0, 0, 1), (0, 1, 2)], [0.0, 0.0, math.log(2)]))
    assert found is not None
    assert (found.particles, found.clouds, found.ancestors) == (3, 3, 2)  # a draw may be each particle itself
    assert found.effective == pytest.approx(16 / 6)
    assert found.relative_variance == pytest.approx(1 - (3 / 2) ** 3 * (1 - 1 / 4 - 1 / 4))
    kept = genealogy(run_of([(0, 1, 2)], [0.0, 0.0, 0.0], drawn=False))
    assert kept is not None and kept.clouds == 1


@pytest.mark.parametrize("name", MODELS)
def test_it_is_unbiased_of_runs_as_they_are_logged(name):
    """The mean over all runs of what the audit says of each, read from its log: draws of the identity are among them."""
    moves, weights = MODELS[name]
    first = second = estimate = 0.0
    for probability, zhat, parents, factors in runs(moves, weights, 2, 3):
        first, second = first + probability * zhat, second + probability * zhat**2
        if zhat:
            log = [
                {"run": 0, "step": step, "particle": k, "score": None, "log_weight": 0.0}
                | ({"parent": parents[step - 2][k], "resampled": True} if step > 1 else {})
                | ({"log_weight": math.log(factors[k]) if factors[k] else "-Infinity"} if step == 3 else {})
                for step in (1, 2, 3) for k in range(2)
            ]  # fmt: skip
            (run,) = particles.read(Item(line, f"line {n}") for n, line in enumerate(log, 1))
            found = genealogy(run)
            assert found is not None and found.relative_variance is not None
            estimate += float(probability * zhat**2) * found.relative_variance
    assert estimate == pytest.approx(float(second - first**2))


def test_runs_that_say_nothing():
    dead = genealogy(run_of([(0, 0)], [-math.inf, -math.inf]))
    assert dead is not None and dead.relative_variance is None and dead.ancestors == 0
    alone = genealogy(run_of([(0,)], [0.0]))
    assert alone is not None and alone.relative_variance is None
    assert genealogy(Run("0", "file", (Cloud(None, (0.0,), (0.0,)),), whole=False)) is None
