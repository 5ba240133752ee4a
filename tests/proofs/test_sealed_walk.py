"""S18 as sealed, on exact walks: hypotheses met, conclusions true and attained, the leaves those of `smc.exact.backtracking`, refutable."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.exact.backtracking import backtracking
from smc.samplers.naive import naive
from smc.setting.analysis import Constants, analyse
from smc.setting.model import Model
from smc.setting.twist import twist
from smc.testing.finite_models import check_theorem, holds
from smc.testing.walking import Walking
from smc.testing.witness import fraction

ONE = Fraction(1)


@cache
def tree(*reward: str) -> Constants:
    """Three steps, four leaves, a potential, a wrong twist."""
    model = Model.from_edges(
        [["r"], ["a", "b"], ["c", "d", "e"], ["p", "q", "s", "u"]],
        [
            [("r", "a", "1/3", "9/8"), ("r", "b", "2/3")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "e", "1")],
            [("c", "p", "1"), ("d", "q", "1/2"), ("d", "s", "1/2"), ("e", "u", "1")],
        ],
        dict(zip("pqsu", reward, strict=True)),
    )
    return analyse(model, twist(model, (("2",), ("3/2", "1"), ("1", "1/2", "2"))))


@cache
def one_step() -> Constants:
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/3"), ("r", "b", "2/3")]], {"a": 2, "b": 1})
    return analyse(model, twist(model, (("1",),)))


MODELS = {
    "tree": lambda: tree("1", "2", "3/2", "1"),
    "zero reward": lambda: tree("0", "2", "1", "1/2"),
    "one step": one_step,
}
F, G = (lambda x: Fraction(x % 2), lambda x: Fraction(x + 1, 5))


@pytest.mark.parametrize("name", MODELS)
def test_the_chain_of_leaves(replayer, name):
    """Reversible, positive, the gap; the mean at the next leaf is the exact kernel's, and A is `longest` of the walk."""
    c = MODELS[name]()
    walking, walk = Walking(c), backtracking(naive.process(c.model, c.twist))
    env, ranges = walking.environment_of(F, G)
    for id in ("S18.reversible", "S18.positive", "S18"):
        check_theorem(replayer.theorem(id), env, ranges)
    kernel = walk.leaf_chain()
    live = [z for z, p in enumerate(c.target) if p]
    for z in live:
        assert env["KF"](z) == sum(fraction(p) * F(y) for y, p in enumerate(kernel[z]))
    assert env["A"](0, 0) == fraction(walk.longest)
    pi = dict(enumerate(map(fraction, c.target)))
    square, mean = sum(p * F(z) ** 2 for z, p in pi.items()), sum(p * F(z) for z, p in pi.items())
    cross = sum(pi[z] * F(z) * env["KF"](z) for z in live)
    left, right = (evaluate(side, env) for side in claim_of(replayer.theorem("S18"))[1][0].kids)
    assert left == square - mean**2 + (env["H"](0, 0) - mean) ** 2 and right == fraction(walk.longest) * (
        square - cross
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_first_leaf(replayer, name):
    """S18.first and S18.chi_square: H(0, root) is the exact walk's mean at its first leaf, kappa that of the walk and of the analysis."""
    c = MODELS[name]()
    walking, walk = Walking(c), backtracking(naive.process(c.model, c.twist))
    first = [fraction(p) for p in walk.at(1)[0]]
    for f in (F, G, *(lambda x, z=z: Fraction(x == z) for z in range(len(first)))):
        env, ranges = walking.environment_of(f, F)
        for id in ("S18.first", "S18.chi_square"):
            check_theorem(replayer.theorem(id), env, ranges)
        assert env["H"](0, 0) == sum(p * f(z) for z, p in enumerate(first))
        (claim,) = claim_of(replayer.theorem("S18.first"))[1]
        mean = sum(fraction(p) * f(z) for z, p in enumerate(c.target))
        assert evaluate(claim.kids[1], env) == fraction(walk.kappa) * mean
    assert env["kappa"](0, 0) == fraction(walk.kappa) == fraction(c.mean_path)


def test_the_first_leaf_under_a_perfect_reward_model_is_from_the_target_and_a_smaller_kappa_is_refuted(replayer):
    """One step: kappa = 1, so the first leaf has the target's law and both claims are equalities; kappa smaller breaks both."""
    env, ranges = Walking(one_step()).environment_of(F, G)
    assert env["kappa"](0, 0) == 1
    small = env | {"kappa": lambda t, x: env["kappa"](t, x) * Fraction(99, 100)}
    for id in ("S18.first", "S18.chi_square"):
        theorem = replayer.theorem(id)
        left, right = claim_of(theorem)[1][0].kids
        assert evaluate(left, env) == evaluate(right, env)
        assert not holds(theorem.concl, small, ranges) and not all(holds(h, small, ranges) for h in theorem.hyps)


@pytest.mark.parametrize("name", MODELS)
def test_steps(replayer, name):
    """S18.stationary and S18.steps, F the cost of a visit: left sides are the exact walk's steps, S is that of walk and analysis."""
    c = MODELS[name]()
    walking, walk = Walking(c), backtracking(naive.process(c.model, c.twist))
    env, ranges = walking.environment_of(walking.cost, G)
    theorem, stationary = replayer.theorem("S18.steps"), replayer.theorem("S18.stationary")
    check_theorem(stationary, env, ranges)
    each = evaluate(claim_of(stationary)[1][0].kids[1], env)
    assert each == fraction(walk.steps_per_visit) == fraction(c.steps_per_visit)
    for j in (0, 1, 3):
        now = env | {"j": j}
        check_theorem(theorem, now, ranges)
        left, right = (evaluate(side, now) for side in claim_of(theorem)[1][0].kids)
        assert left == fraction(walk.at(j + 1)[1])
        assert right == fraction(walk.kappa) * (each * (j + 1) - 1)
    half = env | {"conductances": lambda t, x: env["conductances"](t, x) / 2, "j": 3}
    assert not all(holds(h, half, ranges) for h in theorem.hyps) and not holds(stationary.concl, half, ranges)


def test_the_gap_is_attained_after_one_step_and_a_smaller_constant_is_refuted(replayer):
    theorem = replayer.theorem("S18")
    env, ranges = Walking(one_step()).environment_of(F, G)
    left, right = claim_of(theorem)[1][0].kids
    assert env["A"](0, 0) == 1 and evaluate(left, env) == evaluate(right, env) > 0
    small = env | {"A": lambda t, x: env["A"](t, x) * Fraction(99, 100)}
    assert not holds(theorem.concl, small, ranges) and not all(holds(h, small, ranges) for h in theorem.hyps)


def test_a_function_that_is_not_harmonic_breaks_the_claims(replayer):
    """With another mean at the next leaf (that of a lazier walk upside down) reversibility and positivity fail, and so do hypotheses."""
    env, ranges = Walking(tree("1", "2", "3/2", "1")).environment_of(F, G)
    wrong = env | {"PFK": lambda t, x: -env["PFF"](t, x), "PFKG": lambda t, x: 2 * env["PFKG"](t, x)}
    for id in ("S18.reversible", "S18.positive", "S18"):
        theorem = replayer.theorem(id)
        assert not all(holds(h, wrong, ranges) for h in theorem.hyps)
    assert not holds(replayer.theorem("S18.positive").concl, wrong, ranges)
    assert not holds(replayer.theorem("S18.reversible").concl, wrong, ranges)


@pytest.mark.parametrize("name", MODELS)
def test_visit_by_visit(replayer, name):
    """S18.visits and S18.kappa, their counts: HJ(j, 0, root) is the exact mean at the visit j + 1; roots and logarithms from above."""
    c = MODELS[name]()
    walking, walk = Walking(c), backtracking(naive.process(c.model, c.twist))
    env, ranges = walking.environment_of(F, G)
    longest, mean = fraction(walk.longest), sum(fraction(p) * F(z) for z, p in enumerate(c.target))
    kinds = {"S18.visits": ("S18.count", longest), "S18.kappa": ("S18.kappa_count", fraction(walk.kappa))}
    for id, (counted, start) in kinds.items():
        theorem, count = replayer.theorem(id), replayer.theorem(counted)
        for j in (0, 1, 3):
            now = env | {"j": j}
            check_theorem(theorem, now, ranges)
            law = walk.at(j + 1)[0]
            above, _ = claim_of(theorem)[1]
            assert evaluate(above.kids[0], now) == sum(fraction(p) * F(z) for z, p in enumerate(law)) - mean
            bound = 2 * evaluate(above.kids[1], now)  # its root ends above by 2^-100
            assert 0 <= bound**2 - (start - 1) * (1 - 1 / longest) ** (2 * j) < 2**-90
        if longest > 1:
            delta, log = Fraction(1, 3), lambda x: Fraction(math.ceil(1000 * math.log(x)), 1000)
            enough = math.ceil(longest / 2 * log((start - 1) / (4 * delta**2)))
            check_theorem(count, env | {"delta": delta, "log": log, "j": max(enough, 0)}, ranges)
            short = env | {"delta": Fraction(1, 1000), "log": log, "j": 1}
            assert not all(holds(h, short, ranges) for h in count.hyps)
