"""S8 read in exact models: hypotheses met, conclusion true, and the left side is what the exact engine measures for adapted SMC."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from proofs.replay import Replayer, load, load_seals
from proofs.statements import claim_of
from proofs.terms import evaluate
from smc.algorithms import particle_process
from smc.exact import output_law
from smc.model import LayeredModel
from smc.reward import twist, with_bellman_error
from smc.value import analyse
from tests.proofs.finite_models import check_theorem
from tests.proofs.witness import Layers, fraction

ONE = Fraction(1)
TESTS = ({0: Fraction(0), 1: ONE}, {0: Fraction(1, 2), 1: Fraction(1, 7)})


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    return Replayer(load(), load_seals())


def model(reward: tuple = ("1", "6/5")) -> LayeredModel:
    return LayeredModel.from_edges(
        [["root"], ["a", "b"], ["c", "d"]],
        [
            [("root", "a", "1/3"), ("root", "b", "2/3", "9/8")],
            [("a", "c", "1/4"), ("a", "d", "3/4"), ("b", "c", "1/2"), ("b", "d", "1/2")],
        ],
        dict(zip(("c", "d"), reward, strict=True)),
    )


def wrong(reward: tuple = ("1", "6/5")):
    made = model(reward)
    return made, twist(made, (("11/10",), ("21/20", "3/2")))


MODELS = {
    "wrong twist": wrong,
    "zero reward": lambda: wrong(("0", "1")),
    "perfect twist": lambda: (model(), with_bellman_error(model(), 0)),
}


class Adapted(Layers):
    """Fully adapted SMC with N particles: a particle is a state, a cloud a tuple of N states."""

    def __init__(self, c: Any, particles: int):
        super().__init__(c)
        self.N = particles

    def rho(self, t: int, x: int) -> Fraction:
        mean = sum((p * self.psi(t, x, y) * self.V(t + 1, y) for p, y in self.M(t, x)), Fraction(0))
        return mean / self.V(t, x) if self.V(t, x) else Fraction(0)

    def adapted(self, t: int, cloud: tuple) -> list[tuple[Fraction, int]]:
        mass = sum((self.rho(t, x) for x in cloud), Fraction(0))
        if not mass:
            return [(ONE, 0)]
        return [(self.rho(t, x) / mass * p, y) for x in cloud for p, y in self.guided(t, x)]

    def answer(self, F: dict[int, Fraction]):
        @cache
        def W(t: int, cloud: tuple) -> Fraction:
            if t >= self.T:
                return sum((F[x] for x in cloud), Fraction(0)) / self.N
            law = self.adapted(t, cloud)
            total = Fraction(0)
            for draw in itertools.product(law, repeat=self.N):
                weight = ONE
                for p, _ in draw:
                    weight *= p
                total += weight * W(t + 1, tuple(y for _, y in draw))
            return total

        return W

    def ratios(self, k: int) -> tuple[Fraction, Fraction]:
        """The least and the largest Vstar/V with k steps to go, over live states with V > 0."""
        t = self.T - k
        if not 0 <= t <= self.T:
            return ONE, ONE
        values = [self.Vstar(t, x) / self.V(t, x) for x in self.live[t] if self.V(t, x)]
        return min(values), max(values)

    def environment(self, F: dict[int, Fraction]) -> tuple[dict[str, Any], dict[str, Any]]:
        env, ranges = super().environment()
        env |= {
            "N": self.N, "F": lambda x: F[x], "VF": self.value_of(F), "W": self.answer(F), "guided": self.guided,
            "adapted": self.adapted, "lo": lambda k: self.ratios(k)[0], "q": lambda k: self.ratios(k)[1] / self.ratios(k)[0],
        }  # fmt: skip
        return env, ranges | {"X*": list(itertools.product(ranges["X"], repeat=self.N))}


def cases():
    for name in ("S8", "S8.uniform", "S8.perfect"):
        for made in MODELS:
            if name != "S8.perfect" or made == "perfect twist":
                for particles in (1, 2):
                    yield name, made, particles


@pytest.mark.parametrize(("name", "made", "particles"), list(cases()))
def test_s8_says_what_the_engine_measures(replayer, name, made, particles):
    c = analyse(*MODELS[made]())
    theorem = replayer.theorem(name)
    law = output_law(particle_process(c.model, c.twist, "adapted"), particles)
    for F in TESTS:
        env, ranges = Adapted(c, particles).environment(F)
        check_theorem(theorem, env, ranges)
        (left, right), (below, _) = (part.kids for part in claim_of(theorem)[1])
        bias = sum(fraction(p - q) * F[x] for x, (p, q) in enumerate(zip(law.law, c.target, strict=True)))
        assert evaluate(left, env) == bias == -evaluate(below, env), "the statement and the engine mean the same run"
        assert abs(bias) <= evaluate(right, env)
        if made == "perfect twist":
            assert bias == 0, "no bias at all with a perfect reward model"


def test_the_bound_is_not_trivial(replayer):
    c = analyse(*wrong())
    env, _ = Adapted(c, 2).environment(TESTS[0])
    (left, right), _ = (part.kids for part in claim_of(replayer.theorem("S8"))[1])
    assert 0 < abs(evaluate(left, env)) < evaluate(right, env) < Fraction(1, 4)
    assert evaluate(right, {**env, "N": 4}) * 2 == evaluate(right, env), "the bound is of order 1/N"
