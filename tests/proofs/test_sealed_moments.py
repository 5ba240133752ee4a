"""Sealed statements on second moments and divergences against the numerical side: S5, G3, S0."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from operator import mul

import flint
import pytest

from proofs import bounds
from proofs.language.terms import evaluate
from proofs.registry import claim_of
from smc.checks.measure import target_chi_square
from smc.exact import second_moment
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.testing.finite_models import check_theorem
from smc.testing.witness import Cloud, Layers, fraction, reciprocal
from tests.proofs.sealed_models import MODELS, branching


def log_below(x: Fraction) -> Fraction:
    """A rational just below log x, which makes a hypothesis that needs log x to be large harder to meet."""
    middle, exponent = flint.arb(flint.fmpq(x.numerator, x.denominator)).log().lower().mid().man_exp()
    return Fraction(int(middle)) * Fraction(2) ** int(exponent)


def pairs_of(c, N: int):
    """S5's two-particle recursion R(t, x, y) from the layers, by its definition."""
    layers = Layers(c)

    def G(t: int, x: int, y: int) -> Fraction:
        return layers.psi(t, x, y) * layers.V(t + 1, y) * reciprocal(layers.V(t, x))

    @cache
    def R(t: int, x: int, y: int) -> Fraction:
        if t >= layers.T:
            return Fraction(1)
        once = sum(p * G(t, x, u) ** 2 * R(t + 1, u, u) for p, u in layers.M(t, x))
        twice = sum(
            p * q * G(t, x, u) * G(t, y, v) * R(t + 1, u, v) for p, u in layers.M(t, x) for q, v in layers.M(t, y)
        )
        return once / N + (1 - Fraction(1, N)) * twice

    return R


@pytest.mark.parametrize("reward", [("1", "6/5"), ("0", "1")], ids=["positive", "a zero reward"])
@pytest.mark.parametrize("particles", [1, 2])
def test_s5_says_what_the_engine_measures(replayer, reward, particles):
    c = analyse(*branching(reward))
    env, ranges = Cloud(c, particles).environment()
    env["R"] = pairs_of(c, particles)
    for name in ("S5", "S5.mean", "S5.recursion"):
        check_theorem(replayer.theorem(name), env, ranges)
    enough = (
        sum(fraction(b) for b in c.b) / particles
    )  # log(1 + delta) >= sum(b - 1)/N at delta = e^this - 1, and at any larger
    check_theorem(
        replayer.theorem("S5.particles"), env | {"delta": Fraction(3) ** math.ceil(enough), "log": log_below}, ranges
    )
    left, right = claim_of(replayer.theorem("S5"))[1][0].kids
    second = second_moment(particle_process(c.model, c.twist, "naive"), particles)
    assert evaluate(left, env) == fraction(second) / fraction(c.normaliser) ** 2
    assert evaluate(right, env) == bounds.evaluate("S5", "instance", N=particles, b=c.b)
    assert evaluate(left, env) > 1, "the bound is not trivial"
    mean, value = claim_of(replayer.theorem("S5.mean"))[1][0].kids
    assert evaluate(mean, env) == evaluate(value, env) == fraction(c.normaliser)


@pytest.mark.parametrize("model", list(MODELS)[:2])
def test_g3_is_the_identity_that_is_measured(replayer, model):
    c = analyse(*MODELS[model]())
    for t in range(c.model.horizon + 1):
        eta, star, v = ([fraction(x) for x in layer[t]] for layer in (c.prefix_mass, c.true_value, c.twist.values))
        env = {
            "ref": lambda eta=eta: [(m, x) for x, m in enumerate(eta)],
            "V": lambda x, v=v: v[x],
            "Vstar": lambda x, star=star: star[x],
            "pistar": lambda eta=eta, s=star: [(m * w / sum(map(mul, eta, s)), x) for x, (m, w) in enumerate(zip(eta, s, strict=True))],
            "pihat": lambda eta=eta, s=v: [(m * w / sum(map(mul, eta, s)), x) for x, (m, w) in enumerate(zip(eta, s, strict=True))],
        }  # fmt: skip
        check_theorem(replayer.theorem("G3"), env, {"X": range(len(eta))})
        left, right = claim_of(replayer.theorem("G3"))[1][0].kids
        down, up = map(fraction, c.ratio_mean[t])
        assert evaluate(left, env) == 1 + fraction(target_chi_square(c, t))
        assert (
            evaluate(right, env)
            == bounds.evaluate("G3", "identity", pistar=[w for w, _ in env["pistar"]()], V=v, Vstar=star)
            == down * up
        )


@pytest.mark.parametrize(("low", "high"), [("1/3", "3"), ("0", "2")])
def test_s0_attained_is_met_by_the_coin_of_mean_one(replayer, low, high):
    low, high = Fraction(low), Fraction(high)
    w = (1 - low) / (high - low)
    env = {"w": w, "a": low, "b": high, "coin": lambda w: [(1 - w, 0), (w, 1)]}
    theorem = replayer.theorem("S0.attained")
    check_theorem(theorem, env, {})
    left, right = claim_of(theorem)[1][0].kids
    assert evaluate(left, env) == evaluate(right, env) > 0
