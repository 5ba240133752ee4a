"""S7, S9, G2 and the tilt of S1 read in models: Metropolis-Hastings and S9's split run as the exact engine measures them."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import pytest

from proofs import bounds
from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.checks.atlas import split_setting
from smc.checks.measure import Measured, importance_chi_square
from smc.instances.split import split_model
from smc.instances.two_branch import most_bias
from smc.samplers import find
from smc.setting.analysis import analyse
from smc.testing.finite_models import check_theorem, holds
from smc.testing.witness import Cloud, Layers, Paths, fraction, reciprocal
from tests.proofs.test_sealed import branching


@pytest.mark.parametrize("proposals", [1, 2, 4])
@pytest.mark.parametrize("family", [branching, lambda: most_bias(horizon=3, eps="1/2")], ids=["branching", "attaining"])
def test_s7_says_what_the_engine_measures(replayer, family, proposals):
    c = analyse(*family())
    law = Measured(c, find("mh"), proposals).output.law
    widest = Fraction(0)
    for F in (
        {0: Fraction(0), 1: Fraction(1)},
        {0: Fraction(1), 1: Fraction(0)},
        {0: Fraction(1, 2), 1: Fraction(1, 7)},
    ):
        env, ranges = Paths(c).environment_of(F, proposals)
        bias = sum(fraction(p - q) * F[x] for x, (p, q) in enumerate(zip(law, c.target, strict=True)))
        for name in ("S7", "S7.uniform"):
            theorem = replayer.theorem(name)
            check_theorem(theorem, env, ranges)
            left, right = claim_of(theorem)[1][0].kids
            assert evaluate(left, env) == bias, "the statement and the engine mean the same chain"
        widest = max(widest, abs(bias))
    instance = bounds.evaluate("S7", "instance", H=proposals, R=env["R"])
    uniform = bounds.evaluate("S7", "uniform", H=proposals, T=c.model.horizon, eps=c.bellman_error)
    assert float(widest) <= float(instance) + 1e-15 and float(instance) <= float(uniform) + 1e-15
    assert abs(float(uniform) - float(evaluate(right, env))) < 1e-12
    if proposals == 1 and family is not branching:
        assert widest == instance == uniform > 0, "attained after one proposal"


@pytest.mark.parametrize("power", [0, 1])
def test_the_tilt_of_s1(replayer, power):
    """f = 1 gives the normaliser: V_0 A_0 = Z; f = terminal indicator gives the target's masses."""
    layers = Layers(analyse(*branching()))
    T = layers.T

    def f(t: int, x: int) -> Fraction:
        return Fraction(int(x == 1)) if power and t == T else Fraction(1)

    @cache
    def R(t: int, x: int) -> Fraction:
        if t >= T:
            return f(t, x) * layers.V(T, x)
        return f(t, x) * sum((p * layers.psi(t, x, y) * R(t + 1, y) for p, y in layers.M(t, x)), Fraction(0))

    @cache
    def A(t: int, x: int) -> Fraction:
        if t >= T:
            return f(t, x)
        lookahead = sum((p * layers.psi(t, x, y) * layers.V(t + 1, y) for p, y in layers.M(t, x)), Fraction(0))
        return (
            f(t, x) * lookahead / layers.V(t, x) * sum((w * A(t + 1, y) for w, y in layers.guided(t, x)), Fraction(0))
        )

    env, ranges = layers.environment()
    theorem = replayer.theorem("S1.tilt")
    env |= {"f": f, "R": R, "A": A, "guided": layers.guided}
    check_theorem(theorem, env, ranges)
    c = layers.c
    assert layers.V(0, 0) * A(0, 0) == fraction(c.normaliser) * (fraction(c.target[1]) if power else 1)


@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")], ids=["positive", "a zero reward"])
def test_s1_speaks_of_the_target(replayer, reward):
    """AF/A is the target's mean of F, and C/A^2 - 1 the chi-square of the target to the guided law that is measured."""
    layers = Layers(analyse(*branching(reward)))
    c, n = layers.c, layers.T - 1
    F = {0: Fraction(0), 1: Fraction(1)}

    def rho(t: int, x: int) -> Fraction:
        ahead = sum((p * layers.psi(t, x, y) * layers.V(t + 1, y) for p, y in layers.M(t, x)), Fraction(0))
        return ahead * reciprocal(layers.V(t, x))

    def later(power: int, last):
        @cache
        def mean(t: int, x: int) -> Fraction:
            if t >= n:
                return last(x)
            return sum((w * rho(t + 1, y) ** power * mean(t + 1, y) for w, y in layers.guided(t, x)), Fraction(0))

        return mean

    env, ranges = layers.environment()
    env |= {
        "F": lambda x: F[x], "VF": layers.value_of(F), "guided": layers.guided, "A": later(1, lambda x: Fraction(1)),
        "C": later(2, lambda x: Fraction(1)), "AF": later(1, lambda x: sum(w * F[y] for w, y in layers.guided(n, x))),
        "lo": lambda t: min(map(fraction, c.bellman_ratio[t + 1].values())) if t < n else Fraction(1),
        "r": lambda t: fraction(c.level_ratio[t]) if t <= n else Fraction(1),
    }  # fmt: skip
    theorem = replayer.theorem("S1.target")
    check_theorem(theorem, env, ranges)
    (aim, ratio), (spread, bound) = (part.kids for part in claim_of(theorem)[1])
    assert evaluate(aim, env) == evaluate(ratio, env) == fraction(c.target[1])
    assert evaluate(spread, env) == fraction(importance_chi_square(c))
    assert evaluate(bound, env) == bounds.evaluate("S1", "instance", r=c.level_ratio[1:])
    assert not all(holds(h, env | {"r": lambda t: Fraction(1)}, ranges) for h in theorem.hyps)


@pytest.mark.parametrize(("particles", "horizon"), [(2, 1), (2, 3), (3, 3)])
def test_s9_says_what_the_engine_measures(replayer, particles, horizon):
    coin = [(Fraction(1, 2), 1), (Fraction(1, 2), -1)]

    def branch(q: Fraction):
        return [(1 - Fraction(q), "B"), (Fraction(q), "A")]

    def binomial(q: Fraction):
        """The number of A among N draws, by enumeration."""
        for row in itertools.product(branch(q), repeat=particles):
            weight = Fraction(1)
            for w, _ in row:
                weight *= w
            yield weight, sum(side == "A" for _, side in row)

    @cache
    def X(k: int, below: int) -> Fraction:
        if not k:
            return Fraction(below, particles)
        out = Fraction(0)
        for signs in itertools.product((1, -1), repeat=below):
            half = Fraction(sum(signs), 2)
            share = (below + half) / (particles + half)
            out += sum(w * X(k - 1, j) for w, j in binomial(share)) / 2**below
        return out

    env = {
        "N": particles, "n": horizon - 1, "coin": lambda: coin, "sgn": lambda s: s, "branch": branch, "A": "A", "B": "B",
        "below": lambda side: int(side == "A"), "X": X, "1/": reciprocal,
    }  # fmt: skip
    theorem = replayer.theorem("S9")
    check_theorem(theorem, env, {"nat": range(particles + 1), "Coin": (1, -1), "Side": "AB"})
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(right, env) == fraction(split_setting(horizon).distance(particles)), (
        "the statement and the engine mean one run"
    )
    assert evaluate(left, env) == bounds.evaluate("S9", "lower", N=particles, T=horizon)
    assert horizon == 1 or evaluate(left, env) > 0


@pytest.mark.by_turn
@pytest.mark.parametrize(("particles", "horizon"), [(2, 1), (2, 2), (2, 3), (3, 2)])
def test_s9_on_a_run_says_what_the_engine_measures(replayer, particles, horizon):
    """S9.run, S9.rate and G2 in the split model: F is the indicator of A, the sign of a move says whether V grew."""
    c = analyse(*split_model(horizon))
    F = {x: Fraction(x > 0) for x in range(max(c.model.sizes))}
    env, ranges = Cloud(c, particles).environment(F)
    env["sgn"] = lambda t, x, y: 1 if y == x + 1 else -1
    bias = fraction(split_setting(horizon).distance(particles))
    for name in ("S9.run", "S9.rate", "G2"):
        theorem = replayer.theorem(name)
        enough = all(holds(h, env, ranges) for h in theorem.hyps)
        assert enough == (name == "S9.run" or horizon > 1), "the rate asks for two steps"
        if enough:
            check_theorem(theorem, env, ranges)
    low, high = (part.kids for part in claim_of(replayer.theorem("S9.run"))[1])
    assert evaluate(low[1], env) == evaluate(high[0], env) == bias
    assert evaluate(low[0], env) == bounds.evaluate("S9", "lower", N=particles, T=horizon) <= bias
    assert evaluate(high[1], env) == Fraction(horizon, 2 * particles)


def test_the_rate_is_not_that_of_other_constants():
    """A hundred times the constant of S9.rate is refuted at N = T = 2."""
    bias = fraction(split_setting(2).distance(2))
    assert Fraction(1, 384) <= bias < Fraction(100, 384)
