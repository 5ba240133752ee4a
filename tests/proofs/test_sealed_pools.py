"""The resampling pool of Metropolis-Hastings: its statements read in pools small enough to list."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import flint
import pytest

from proofs.replay import Replayer, load, load_seals
from proofs.statements import claim_of
from proofs.terms import evaluate
from smc.value import analyse
from tests.proofs.finite_models import check_theorem, holds
from tests.proofs.test_sealed import branching
from tests.proofs.witness import Layers, fraction, reciprocal


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    return Replayer(load(), load_seals())


def end_of(ball: flint.arb) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def exp_below(x: Fraction) -> Fraction:
    """A rational just below exp x: a bound made smaller, so harder to keep."""
    return end_of(flint.arb(flint.fmpq(x.numerator, x.denominator)).exp().lower())


def log_above(x: Fraction) -> Fraction:
    """A rational just above log x: a demand made larger, so harder to meet."""
    return end_of(flint.arb(flint.fmpq(x.numerator, x.denominator)).log().upper())


def pool(m: int, xi: Fraction, p: Fraction = Fraction(1, 2), **more):
    """m candidates of weight 0 or 2; up and down mark the pools whose mean is off by a factor 1 + xi or 1 - xi."""
    G = {0: Fraction(0), 1: Fraction(2)}
    mean = 2 * p
    env = {
        "mu": lambda: [(1 - p, 0), (p, 1)], "G": lambda y: G[y], "b": Fraction(2), "m": m, "xi": xi, "exp": exp_below, "log": log_above,
        "up": lambda c: int(sum(G[y] for y in c) >= (1 + xi) * m * mean), "1/": reciprocal,
        "down": lambda c: int(sum(G[y] for y in c) <= (1 - xi) * m * mean), **more,
    }  # fmt: skip
    return env, {"Y": (0, 1), "Y*": list(itertools.product((0, 1), repeat=m))}


@pytest.mark.parametrize(("m", "xi"), [(1, "1/2"), (4, "1/2"), (6, "1")])
def test_chernoff(replayer, m, xi):
    env, ranges = pool(m, Fraction(xi))
    theorem = replayer.theorem("S7.chernoff")
    check_theorem(theorem, env, ranges)
    for part in claim_of(theorem)[1]:
        left, right = (evaluate(side, env) for side in part.kids)
        assert 0 < left <= right < 1


def test_pool_size_and_what_size_biasing_costs(replayer):
    """k = 1, xi = 1, b/mu(G) = 2: six candidates are enough for delta = 3/4, as 6 log(8/3) < 6; five are not."""
    theorem = replayer.theorem("S7.pool")
    env, ranges = pool(6, Fraction(1), k=Fraction(1), delta=Fraction(3, 4))
    check_theorem(theorem, env, ranges)
    (once, _), (biased, cost) = (part.kids for part in claim_of(theorem)[1])
    assert evaluate(once, env) == Fraction(1, 32) and evaluate(biased, env) == Fraction(1, 32) <= evaluate(cost, env)
    env, ranges = pool(5, Fraction(1), k=Fraction(1), delta=Fraction(3, 4))
    assert not all(holds(h, env, ranges) for h in theorem.hyps)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_marginal_of_the_pool_target_is_exact(replayer, m):
    """At the root: V_0 times the expected product of pool means times F is Z pi(F), whatever the pool size."""
    layers = Layers(analyse(*branching()))
    F = {0: Fraction(1, 2), 1: Fraction(1, 7)}

    def weight(t: int, x: int, y: int) -> Fraction:
        return layers.psi(t, x, y) * layers.V(t + 1, y) * reciprocal(layers.V(t, x))

    def pick(t: int, x: int, c: tuple) -> Fraction:
        """The mean future of a candidate chosen in proportion to its weight."""
        return sum(weight(t, x, y) * RP(t + 1, y) for y in c) * reciprocal(sum(weight(t, x, y) for y in c))

    @cache
    def RP(t: int, x: int) -> Fraction:
        if t >= layers.T:
            return F[x]
        out = Fraction(0)
        for row in itertools.product(layers.M(t, x), repeat=m):
            p = Fraction(1)
            for q, _ in row:
                p *= q
            c = tuple(y for _, y in row)
            out += p * sum(weight(t, x, y) for y in c) / m * pick(t, x, c)
        return out

    env, ranges = layers.environment()
    env |= {"m": m, "pick": pick, "RP": RP, "F": lambda x: F[x], "VF": layers.value_of(F)}
    ranges |= {"X*": list(itertools.product(ranges["X"], repeat=m))}
    check_theorem(replayer.theorem("S7.marginal"), env, ranges)
    c = layers.c
    assert layers.V(0, 0) * RP(0, 0) == fraction(c.normaliser) * sum(fraction(p) * F[x] for x, p in enumerate(c.target))
