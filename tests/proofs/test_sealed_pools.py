"""The resampling pool of Metropolis-Hastings: its statements read in pools small enough to list."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import flint
import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.setting.analysis import analyse
from smc.testing.finite_models import check_theorem, holds
from smc.testing.witness import Layers, fraction, reciprocal, root_above
from tests.proofs.sealed_models import branching


def end_of(ball: flint.arb) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def exp_below(x: Fraction) -> Fraction:
    """A rational just below exp x: a bound made smaller, so harder to keep."""
    return end_of(flint.arb(flint.fmpq(x.numerator, x.denominator)).exp().lower())


def exp_above(x: Fraction) -> Fraction:
    """A rational just above exp x: a demand made larger."""
    return end_of(flint.arb(flint.fmpq(x.numerator, x.denominator)).exp().upper())


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


def restricted_chain(bad: Fraction, n: int, F: dict[int, Fraction]):
    """Three paths: two good ones of nearly equal weight, and one of weight 3 that is proposed with probability `bad`."""
    law = {0: Fraction(1, 2), 1: Fraction(1, 2) - bad, 2: bad}
    W = {0: Fraction(3, 4), 2: Fraction(3)}
    W[1] = (1 - law[0] * W[0] - law[2] * W[2]) / law[1]
    good = {0: 1, 1: 1, 2: 0}
    low = W[0]
    capped_weight = {x: W[x] if good[x] else low for x in law}
    inside = {x: p / (1 - bad) for x, p in law.items() if good[x]}

    def chain(proposals, weights):
        @cache
        def U(k: int) -> dict[int, Fraction]:
            if not k:
                return F
            before, after = U(k - 1), {}
            for x in law:
                after[x] = Fraction(0)
                for y, p in proposals.items():
                    accept = min(Fraction(1), weights[y] / weights[x])
                    after[x] += p * (accept * before[y] + (1 - accept) * before[x])
            return after

        for k in range(0, n, 50):
            U(k)  # so that the recursion stays shallow
        return lambda k, x: U(k)[x]

    env = {
        "guided": lambda: [(p, x) for x, p in law.items()], "restricted": lambda: [(p, x) for x, p in inside.items()],
        "W": lambda x: W[x], "F": lambda x: F[x], "good": lambda x: good[x], "a": low, "R": W[1] / low, "n": n,
        "U": chain(law, W), "Ugood": chain(inside, capped_weight),
        "accept": lambda x, y: min(Fraction(1), W[y] / W[x]), "1/": reciprocal, "sqrt": root_above,
        "capped": lambda x, y: min(Fraction(1), capped_weight[y] / capped_weight[x]), "exp": exp_above, "log": log_above,
    }  # fmt: skip
    return env, {"Path": range(3), "nat": (0, 1, n - 1)}


@pytest.mark.parametrize(
    "F", [{0: Fraction(1), 1: Fraction(0), 2: Fraction(0)}, {0: Fraction(0), 1: Fraction(0), 2: Fraction(1)}]
)
def test_metropolis_on_a_good_event(replayer, F):
    """The second test function is the bad path itself: its target mass, the restriction term, is what the chain misses at first."""
    env, ranges = restricted_chain(Fraction(1, 100), 3, F)
    theorem = replayer.theorem("S7.restricted")
    check_theorem(theorem, env, ranges)
    left, right = claim_of(theorem)[1][0].kids
    assert 0 < abs(evaluate(left, env)) < evaluate(right, env) < 1
    contraction = (1 - 1 / env["R"]) ** 3 * (root_above(env["R"]) - 1) / (root_above(env["R"]) + 1)
    assert evaluate(right, env) == 4 * Fraction(1, 100) + contraction + Fraction(3, 100)


def test_p6(replayer):
    """T = 3, c = 0, d = 1/30: e^4 log 30 < 200 proposals; the bad event is proposed with probability 1/10000."""
    env, ranges = restricted_chain(Fraction(1, 10000), 200, {0: Fraction(1), 1: Fraction(0), 2: Fraction(0)})
    env |= {"k": 2, "c": Fraction(0), "d": Fraction(1, 30)}
    theorem = replayer.theorem("P6")
    check_theorem(theorem, env, ranges)
    assert (
        evaluate(claim_of(theorem)[1][0].kids[1], env)
        == 201 * Fraction(1, 10000) + Fraction(1, 30) + Fraction(3, 10000)
        < Fraction(1, 18)
    )
    assert not all(holds(h, env | {"d": Fraction(1, 50)}, ranges) for h in theorem.hyps), (
        "more accuracy needs more proposals"
    )
