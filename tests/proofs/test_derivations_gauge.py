"""S3, S4 and S8 level by level, read in exact models: hypotheses met, conclusions true, bounds that no rescaling changes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.setting.analysis import analyse
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem
from smc.testing.witness import Adapted, Cloud, fraction
from tests.proofs.test_derivations_adapted import TESTS, model

ONE = Fraction(1)


def scaled(first: str = "1", second: str = "1", reward: tuple = ("1", "6/5")):
    """A wrong twist with its values multiplied by one constant a layer."""
    made = model(reward)
    a, b = Fraction(first), Fraction(second)
    return analyse(made, twist(made, ((Fraction("11/10") * a,), (Fraction("21/20") * b, Fraction("3/2") * b))))


def levels(c: Any, particles: Any) -> dict[str, Any]:
    """The range of the Bellman ratios and of the weights on each level, counted by the steps to go."""
    T = c.model.horizon
    ratios = [[fraction(r) for r in layer.values()] for layer in c.bellman_ratio]
    weights = [
        [
            particles.psi(t, x, y) * particles.V(t + 1, y) / particles.V(t, x)
            for x in particles.live[t]
            for _, y in particles.M(t, x)
        ]
        for t in range(T)
    ]

    def per_level(table: list, f: Any):
        return lambda k: f(table[T - 1 - k]) if k < T else ONE

    return {
        "lo": per_level(ratios, min), "r": per_level(ratios, lambda row: max(row) / min(row)),
        "wlo": per_level(weights, min), "wratio": per_level(weights, lambda row: max(row) / min(row)), "whi": per_level(weights, max),
    }  # fmt: skip


def read(c: Any, name: str, particles: int, F: dict) -> tuple[dict, dict]:
    cloud = Adapted(c, particles) if name == "S8.product" else Cloud(c, particles)
    env, ranges = cloud.environment(F)
    return env | levels(c, cloud), ranges


@pytest.mark.parametrize("name", ["S3.product", "S4.product", "S8.product"])
@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("gauge", [("1", "1"), ("3", "1/5")])
def test_level_by_level(replayer, name, particles, gauge):
    c = scaled(*gauge)
    for F in TESTS:
        env, ranges = read(c, name, particles, F)
        check_theorem(replayer.theorem(name), env, ranges)


@pytest.mark.parametrize("name", ["S4.product", "S8.product"])
def test_zero_rewards_are_covered(replayer, name):
    env, ranges = read(scaled(reward=("0", "1")), name, 1, TESTS[0])
    check_theorem(replayer.theorem(name), env, ranges)


@pytest.mark.parametrize("name", ["S3.product", "S4.product", "S8.product"])
def test_no_rescaling_changes_the_bound(replayer, name):
    (_, right), _ = (part.kids for part in claim_of(replayer.theorem(name))[1])
    values = {
        evaluate(right, read(scaled(*gauge), name, 2, TESTS[0])[0])
        for gauge in (("1", "1"), ("3", "1/5"), ("1/7", "2"))
    }
    assert len(values) == 1 and 0 < values.pop() < 2, "the level ratios are what SMC depends on"
    assert scaled().bellman_error != scaled("3", "1/5").bellman_error, "the Bellman error is not"
