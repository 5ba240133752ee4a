"""S8 with a perfect reward model, and at zero rewards: hypotheses met, conclusions true, bounds that are not trivial."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.exact import output_law
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import twist, with_bellman_error
from smc.testing.finite_models import check_theorem, holds
from smc.testing.witness import Adapted, fraction

ONE = Fraction(1)
TESTS = ({0: Fraction(0), 1: ONE}, {0: Fraction(1, 2), 1: Fraction(1, 7)})


def model(reward: tuple = ("1", "6/5")) -> Model:
    return Model.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3", "9/8")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
        ],
        dict(zip(("c", "d"), reward, strict=True)),
    )


def wrong(reward: tuple = ("1", "6/5")):
    made = model(reward)
    return analyse(made, twist(made, (("11/10",), ("21/20", "3/2"))))


@pytest.mark.parametrize("particles", [1, 2])
@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")], ids=["positive", "a zero reward"])
def test_a_perfect_reward_model_leaves_no_bias(replayer, reward, particles):
    c = analyse(model(reward), with_bellman_error(model(reward), 0))
    theorem = replayer.theorem("S8.perfect")
    law = output_law(particle_process(c.model, c.twist, "adapted"), particles)
    for F in TESTS:
        env, ranges = Adapted(c, particles).environment(F)
        check_theorem(theorem, env, ranges)
        mean, value = claim_of(theorem)[1][0].kids
        measured = sum(fraction(p) * F[x] for x, p in enumerate(law.law))
        assert evaluate(mean, env) == evaluate(value, env) == measured
    env, ranges = Adapted(wrong(reward), particles).environment(TESTS[0])
    assert not all(holds(h, env, ranges) for h in theorem.hyps), "a wrong twist is not covered"


@pytest.mark.parametrize("particles", [1, 2])
def test_the_uniform_bound_holds_at_a_zero_reward(replayer, particles):
    env, ranges = Adapted(wrong(("0", "1")), particles).environment(TESTS[0])
    check_theorem(replayer.theorem("S8.uniform"), env, ranges)


def test_the_bound_is_not_trivial(replayer):
    env, _ = Adapted(wrong(), 2).environment(TESTS[0])
    (left, right), _ = (part.kids for part in claim_of(replayer.theorem("S8"))[1])
    assert 0 < abs(evaluate(left, env)) < evaluate(right, env) < Fraction(1, 4)
    assert evaluate(right, {**env, "N": 4}) * 2 == evaluate(right, env), "the bound is of order 1/N"
