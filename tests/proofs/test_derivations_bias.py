"""The one-step lemmas of S3 and S4 read on exact laws: hypotheses met, conclusions true, bounds that are not trivial and that can fail."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.testing.finite_models import check_theorem, holds
from smc.testing.witness import reciprocal, root_above

ONE = Fraction(1)


def law(seed: int, particles: int):
    """A law on a few points, 0 <= k <= h, and one more point that has no mass and keeps to nothing."""
    draw = random.Random(seed)
    size = draw.randint(2, 4)
    weights = [Fraction(draw.randint(1, 9)) for _ in range(size)]
    mass = sum(weights)
    weights = [w / mass for w in weights]
    h = [Fraction(draw.randint(1, 9)) for _ in range(size)]
    k = [value * Fraction(draw.randint(0, 5), 5) for value in h]
    points = range(size + 1)
    env = {
        "mu": lambda: [(weights[i], i) for i in range(size)],
        "h": lambda i: h[i] if i < size else Fraction(-7),
        "k": lambda i: k[i] if i < size else Fraction(99),
        "z": lambda i: int(i == size),
        "N": particles,
        "1/": reciprocal,
    }
    ranges = {"Y": points, "Y*": list(itertools.product(points, repeat=particles))}
    return env, ranges, h


def two_sided(seed: int, particles: int):
    env, ranges, h = law(seed, particles)
    return env | {"a": min(h), "s": root_above(max(h) / min(h))}, ranges


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("particles", [1, 2, 3])
def test_the_two_sided_step_holds(replayer, seed, particles):
    env, ranges = two_sided(seed, particles)
    check_theorem(replayer.theorem("S3.step"), env, ranges)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("particles", [1, 2, 3])
def test_the_step_of_the_odds_holds(replayer, seed, particles):
    env, ranges, h = law(seed, particles)
    env |= {"a": min(h), "q": max(h) / min(h)}
    check_theorem(replayer.theorem("S13.step"), env, ranges)


def test_the_step_of_the_odds_can_fail(replayer):
    """With a factor of 1 in place of 1 + (q - 1)/N the odds would not move at all: refuted by one of these laws."""
    theorem, wrong = replayer.theorem("S13.step"), 0
    for seed in range(12):
        env, _ranges, h = law(seed, 1)
        env |= {"a": min(h), "q": Fraction(1)}
        wrong += any(evaluate(part.kids[0], env) > evaluate(part.kids[1], env) for part in claim_of(theorem)[1])
    assert wrong > 6


def test_the_two_sided_step_is_not_trivial_and_can_fail(replayer):
    theorem = replayer.theorem("S3.step")
    worst = Fraction(0)
    for seed in range(12):
        env, _ranges = two_sided(seed, 3)
        (left, right), _ = (part.kids for part in claim_of(theorem)[1])
        assert evaluate(right, env) < 3
        worst = max(worst, abs(evaluate(left, env)) / evaluate(right, env) if evaluate(right, env) else Fraction(0))
    assert Fraction(1, 20) < worst <= 1, "a bound twenty times smaller would be refuted by one of these laws"


@pytest.mark.parametrize("b", [Fraction(4, 3), Fraction(9, 8), Fraction(25, 16)])
@pytest.mark.parametrize("particles", [1, 2, 3])
@pytest.mark.parametrize("lucky", [Fraction(0), Fraction(1)])
def test_the_one_sided_step_holds_with_dead_clouds(replayer, b, particles, lucky):
    """h is b a with probability 1/b, and 0 otherwise, with b (b - 1) a square."""
    points = range(3)
    env = {
        "mu": lambda: [(1 / (2 * b), 0), (1 / (2 * b), 1), (1 - 1 / b, 2)],
        "h": lambda i: b if i < 2 else Fraction(0),
        "k": lambda i: b if i == 0 else Fraction(0),
        "z": lambda i: 0,
        "N": particles, "a": ONE, "b": b, "w": root_above(b * (b - 1)), "1/": reciprocal,
        "R": lambda c: Fraction(sum(i == 0 for i in c), sum(i < 2 for i in c)) if any(i < 2 for i in c) else lucky,
    }  # fmt: skip
    ranges = {"Y": points, "Y*": list(itertools.product(points, repeat=particles))}
    theorem = replayer.theorem("S4.step")
    check_theorem(theorem, env, ranges)
    (left, right), _ = (part.kids for part in claim_of(theorem)[1])
    dead = (1 - 1 / b) ** particles
    assert evaluate(left, env) == dead * (lucky - Fraction(1, 2)), "the bias is that of the dead clouds alone"
    small = {**env, "R": lambda c: Fraction(2)}
    assert not all(holds(hyp, small, ranges) for hyp in theorem.hyps), "an answer outside [0, 1] is not covered"
    assert evaluate(right, env) == (b - 1 + root_above(b * (b - 1)) / 2) / particles
