"""S7 with pools, S7.restricted and P6 in concrete exact models: hypotheses met, conclusion true, the restriction term needed."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import pytest

from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.testing.finite_models import check_theorem, exact_sqrt, holds
from smc.testing.witness import reciprocal

ONE = Fraction(1)


def restricted_chain(weights, law, good, F, floor, ratio):
    """Two coupled chains: all proposals, and proposals conditioned on the good event with the weight tamed elsewhere."""
    points = range(len(law))
    q = sum(p for p, ok in zip(law, good, strict=True) if ok)
    conditioned = [p / q if ok else Fraction(0) for p, ok in zip(law, good, strict=True)]
    tame = [w if ok else floor for w, ok in zip(weights, good, strict=True)]

    def values(proposal, weight):
        def accept(x, y):
            return min(ONE, weight[y] / weight[x])

        @cache
        def U(n, x):
            if n == 0:
                return F[x]
            return sum(proposal[y] * (accept(x, y) * U(n - 1, y) + (1 - accept(x, y)) * U(n - 1, x)) for y in points)

        return accept, U

    (accept, U), (capped, V) = values(law, weights), values(conditioned, tame)
    env = {
        "guided": lambda: [(law[y], y) for y in points], "restricted": lambda: [(conditioned[y], y) for y in points],
        "W": lambda x: weights[x], "F": lambda x: F[x], "good": lambda x: int(good[x]), "accept": accept, "capped": capped,
        "U": U, "Ugood": V, "a": floor, "R": ratio, "sqrt": exact_sqrt, "1/": reciprocal,
    }  # fmt: skip
    return env, {"Path": points, "nat": range(4)}


def heavy_bad_path():
    """A rare path of large weight: probability 1/100 under the proposal, 1/5 under the target."""
    law = [Fraction(49, 100), Fraction(1, 2), Fraction(1, 100)]
    weights = [Fraction(80, 99), Fraction(80, 99), Fraction(20)]
    return weights, law, [True, True, False]


def test_s7_restricted_and_its_restriction_term(replayer):
    weights, law, good = heavy_bad_path()
    env, ranges = restricted_chain(weights, law, good, [Fraction(0), Fraction(0), ONE], weights[0], ONE)
    theorem = replayer.theorem("S7.restricted")
    for n in range(4):
        check_theorem(theorem, env | {"n": n}, ranges)
    left, right = claim_of(theorem)[1][1].kids
    at = env | {"n": 3}
    beta = 1 - sum(p * w for p, w, ok in zip(law, weights, good, strict=True) if ok)
    gap, bound = evaluate(left, at), evaluate(right, at)
    assert beta == Fraction(1, 5) and 0 < gap <= bound < 1
    assert gap > bound - beta, "without the mass of the bad event under the target the bound is false"


def test_a_bad_event_that_is_called_good_is_refused(replayer):
    weights, law, _ = heavy_bad_path()
    env, ranges = restricted_chain(weights, law, [True] * 3, [Fraction(0), Fraction(0), ONE], weights[0], ONE)
    assert not all(holds(h, env | {"n": 1}, ranges) for h in replayer.theorem("S7.restricted").hyps)


def test_p6_hypotheses_are_met(replayer):
    """c = 0, T = 1: R = 3, and e^4 log 2 < 38 proposals."""
    weights, law, good = heavy_bad_path()
    env, ranges = restricted_chain(weights, law, good, [ONE, Fraction(0), ONE], weights[0], 3 * ONE)
    env |= {"c": Fraction(0), "k": 0, "d": Fraction(1, 2), "n": 38}
    env |= {
        "exp": {Fraction(4): Fraction(546, 10)}.__getitem__,
        "log": {Fraction(2): Fraction(6932, 10000)}.__getitem__,
    }
    theorem = replayer.theorem("P6")
    check_theorem(theorem, env, ranges)
    assert not all(holds(h, env | {"n": 37}, ranges) for h in theorem.hyps)


def pool(xi, m):
    """Pools of m fair candidates with G = 1/2 or 3/2, b = 3/2, and the events outside 1 +- xi."""
    points = {0: Fraction(1, 2), 1: Fraction(3, 2)}

    def mean(c):
        return sum(points[z] for z in c) / m

    env = {
        "mu": lambda: [(Fraction(1, 2), z) for z in points], "G": lambda z: points[z], "b": Fraction(3, 2), "xi": xi, "m": m,
        "up": lambda c: int(mean(c) >= 1 + xi), "down": lambda c: int(mean(c) <= 1 - xi), "1/": reciprocal,
    }  # fmt: skip
    return env, {"Y": points, "Y*": list(itertools.product(points, repeat=m))}


@pytest.mark.parametrize(("xi", "m"), [(Fraction(1, 2), 4), (Fraction(1, 3), 6)])
def test_s7_chernoff_and_pool(replayer, xi, m):
    env, ranges = pool(xi, m)
    exponent = -m * xi**2 / (3 * Fraction(3, 2))
    below = 1 + exponent + exponent**2 / 2 + exponent**3 / 6  # a partial sum below exp
    theorem = replayer.theorem("S7.chernoff")
    check_theorem(theorem, env | {"exp": {exponent: below}.__getitem__}, ranges)
    tail = evaluate(claim_of(theorem)[1][0].kids[0], env)
    assert 0 < tail < below < 1
    delta, k = (
        Fraction(2),
        1,
    )  # log(2 k/delta) = 0: met by every pool; the conclusion still bounds the two tails and their size-biased mass
    check_theorem(replayer.theorem("S7.pool"), env | {"delta": delta, "k": k, "log": lambda x: Fraction(0)}, ranges)


def test_s7_marginal_is_exact(replayer):
    """Two steps, two states, pools of two candidates."""
    M = {0: [(Fraction(1, 3), 0), (Fraction(2, 3), 1)], 1: [(Fraction(1, 2), 0), (Fraction(1, 2), 1)]}
    V = {0: [ONE, Fraction(2)], 1: [Fraction(3, 2), ONE], 2: [ONE, Fraction(3)]}
    F, T, m = [Fraction(1, 4), ONE], 2, 2

    def G(t, x, y):
        return V[t + 1][y] / V[t][x]

    @cache
    def VF(t, x):
        return V[T][x] * F[x] if t >= T else sum(p * VF(t + 1, y) for p, y in M[x])

    def pick(t, x, c):
        return sum(G(t, x, y) * RP(t + 1, y) for y in c) / sum(G(t, x, y) for y in c)

    @cache
    def RP(t, x):
        if t >= T:
            return F[x]
        pools = [(p * q, (a, b)) for p, a in M[x] for q, b in M[x]]
        return sum(w * sum(G(t, x, y) for y in c) / m * pick(t, x, c) for w, c in pools)

    V[3] = V[2]
    env = {
        "T": T, "m": m, "M": lambda t, x: M[x], "psi": lambda t, x, y: 1, "V": lambda t, x: V[min(t, 3)][x], "VF": VF, "RP": RP,
        "pick": lambda t, x, c: pick(min(t, 2), x, c), "F": lambda x: F[x], "dead": lambda t, x: 0, "1/": reciprocal,
    }  # fmt: skip
    ranges = {"nat": range(3), "X": range(2), "X*": list(itertools.product(range(2), repeat=2))}
    check_theorem(replayer.theorem("S7.marginal"), env, ranges)
    assert V[0][0] * RP(0, 0) == VF(0, 0) != V[0][0] * F[0]
