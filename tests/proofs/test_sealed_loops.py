"""The sealed parts of S16, S17 and S18 on exact laws: hypotheses met, conclusions true, attained, false where a hypothesis fails."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.testing.finite_models import check_theorem, holds
from smc.testing.witness import reciprocal

ONE = Fraction(1)


def slots(seed: int, together: bool = False):
    """Three slots of unequal weights, each with a law of its own, independent; `together` makes them one draw."""
    draw = random.Random(seed)
    h = [Fraction(draw.randint(1, 6)) for _ in range(3)]
    k = [value * Fraction(draw.randint(0, 4), 4) for value in h]
    weights = [Fraction(draw.randint(1, 4)) for _ in range(3)]
    weights = [w / sum(weights) for w in weights]
    laws = []
    for _ in range(3):
        chances = [Fraction(draw.randint(0, 4)) for _ in h]
        chances[draw.randrange(3)] += 1
        laws.append([p / sum(chances) for p in chances])
    clouds = list(itertools.product(range(3), repeat=3))
    joint = [(laws[0][c[0]] * laws[1][c[1]] * laws[2][c[2]], c) for c in clouds]
    if together:
        joint = [(laws[0][i], (i, i, i)) for i in range(3)]
        laws = [laws[0]] * 3
    a = min(sum(p * v for p, v in zip(law, h, strict=True)) for law in laws)

    def share(cloud, f):
        return sum((w * f[i] for w, i in zip(weights, cloud, strict=True)), Fraction(0))

    env = {
        "mu": lambda: joint, "h": lambda i: h[i], "k": lambda i: k[i], "w": lambda i: weights[int(i)] if i < 3 else Fraction(0), "N": 3,
        "a": a, "b": max(h) / a, "omega": max(weights), "R": lambda c: share(c, k) * reciprocal(share(c, h)), "1/": reciprocal,
    }  # fmt: skip
    return env, {"Y": range(3), "Y*": clouds, "nat": range(4)}


@pytest.mark.parametrize("seed", range(12))
def test_the_step_of_slots_holds(replayer, seed):
    check_theorem(replayer.theorem("S16.step"), *slots(seed))


def test_the_step_of_slots_needs_slots_that_hang_apart(replayer):
    """Slots that are one draw (systematic resampling of light particles): a hypothesis fails, and with it the claim."""
    theorem = replayer.theorem("S16.step")
    broken = 0
    for seed in range(12):
        env, ranges = slots(seed, together=True)
        true = holds(theorem.concl, env, ranges)
        assert true or not all(holds(h, env, ranges) for h in theorem.hyps)
        broken += not true
    assert broken > 3


def kept_beside(seed: int, particles: int, kept: Fraction | None = None):
    """A law with an unreachable point, a kept particle, and the answer of N free draws beside it."""
    draw = random.Random(seed)
    h = [Fraction(draw.randint(0, 6)) for _ in range(3)] + [Fraction(draw.randint(1, 6))]
    k = [value * Fraction(draw.randint(0, 4), 4) for value in h]
    chances = [Fraction(draw.randint(1, 5)) for _ in h]
    chances = [p / sum(chances) for p in chances]
    a = sum(p * v for p, v in zip(chances, h, strict=True))
    weight = Fraction(draw.randint(0, 4), 4) * max(h) if kept is None else kept

    def answer(cloud):
        return sum((k[i] for i in cloud if i < 4), Fraction(0)) * reciprocal(
            weight + sum((h[i] for i in cloud if i < 4), Fraction(0))
        )

    env = {
        "mu": lambda: list(zip(chances, range(4), strict=True)),
        "h": lambda i: h[i] if i < 4 else Fraction(-7), "k": lambda i: k[i] if i < 4 else Fraction(99), "z": lambda i: int(i == 4),
        "N": particles, "a": a, "b": max(h) / a, "w": weight, "R": answer, "1/": reciprocal,
    }  # fmt: skip
    return env, {"Y": range(5), "Y*": list(itertools.product(range(5), repeat=particles))}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("particles", [1, 2, 3])
def test_the_step_beside_a_kept_particle_holds(replayer, seed, particles):
    check_theorem(replayer.theorem("S17.step"), *kept_beside(seed, particles))


def test_the_step_beside_a_kept_particle_is_attained_and_can_fail(replayer):
    """One free particle of weight b a against a kept one of the same: equality; a heavier one is not covered, and breaks the claim."""
    theorem = replayer.theorem("S17.step")
    env, ranges = kept_beside(0, 1)
    two = {
        "mu": lambda: [(Fraction(1, 2), 0), (Fraction(1, 2), 1)], "h": lambda i: Fraction(2 * (i == 0)),
        "k": lambda i: Fraction(2 * (i == 0)),
        "z": lambda i: int(i > 1), "N": 1, "a": Fraction(1), "b": Fraction(2),
    }  # fmt: skip

    def against(weight):
        answer = {
            "w": weight,
            "R": lambda c: (
                sum((Fraction(2 * (i == 0)) for i in c), Fraction(0))
                * reciprocal(weight + sum(2 * (i == 0) for i in c))
            ),
        }
        left, right = claim_of(theorem)[1][0].kids
        return (
            evaluate(left, {**env, **two, **answer}),
            evaluate(right, {**env, **two, **answer}),
            {**env, **two, **answer},
        )

    left, right, now = against(Fraction(2))
    check_theorem(theorem, now, ranges)
    assert left == right
    left, right, now = against(Fraction(3))
    assert left > right and not all(holds(h, now, ranges) for h in theorem.hyps)


def paths(seed: int, share: Fraction = ONE):
    """Random paths of three steps with ratios and increments; A is `share` of the largest sum of ratios."""
    draw = random.Random(seed)
    u = [[Fraction(draw.randint(1, 5), draw.randint(1, 3)) for _ in range(3)] for _ in range(3)]
    g = [[Fraction(draw.randint(-4, 4)) for _ in range(3)] for _ in range(3)]
    chances = [Fraction(draw.randint(1, 5)) for _ in range(3)]
    chances = [p / sum(chances) for p in chances]
    env = {
        "mu": lambda: list(zip(chances, range(3), strict=True)), "T": 3, "A": share * max(map(sum, u)), "1/": reciprocal,
        "u": lambda y, t: u[y][int(t)] if t < 3 else ONE, "g": lambda y, t: g[y][int(t)] if t < 3 else ONE, "f": lambda y: sum(g[y]),
    }  # fmt: skip
    return env, {"Y": range(3), "nat": range(4)}


@pytest.mark.parametrize("seed", range(12))
def test_the_variance_along_paths_holds(replayer, seed):
    check_theorem(replayer.theorem("S18.gap"), *paths(seed))


def test_the_variance_along_paths_needs_the_longest_path(replayer):
    """Increments in proportion to the ratios on two paths that are each other's mirror: equality; any smaller A is refuted."""
    theorem = replayer.theorem("S18.gap")
    env, ranges = paths(0)
    now = env | {
        "mu": lambda: [(Fraction(1, 2), 0), (Fraction(1, 2), 1)], "u": lambda y, t: ONE + t, "A": Fraction(6),
        "g": lambda y, t: (ONE + t) * (1 - 2 * y), "f": lambda y: Fraction(6 * (1 - 2 * y)),
    }  # fmt: skip
    ranges = ranges | {"Y": range(2)}
    check_theorem(theorem, now, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, now) == evaluate(right, now) == 36
    small = now | {"A": Fraction(59, 10)}
    assert not holds(theorem.concl, small, ranges) and not all(holds(h, small, ranges) for h in theorem.hyps)
