"""S12: the output law is at least `pi / prod_p (1 + (b_p - 1)/N)`, zero rewards and dead runs allowed, so `TV <= 1 - 1/prod`."""

from __future__ import annotations

from hypothesis import assume, given

from smc.exact import output_law
from smc.exact.moments import pair_moments
from smc.numbers import INFINITE, ONE, Rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import from_mappings, perfect
from smc.testing import instances, product_models
from tests.properties.common import within_bound


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S12")


def test_product_models_with_zero_weights(ledger):
    within_bound(ledger, "S12", product_models())


def beta(c, particles: int) -> Rational:
    """prod_p (1 + (b_p - 1)/N)."""
    total = ONE
    for b in c.b:
        total *= 1 + (b - 1) / particles
    return total


@given(instances())
def test_density_and_second_moment_of_every_state(instance):
    """out >= pi/beta, and E[(Zhat/Z)^2 nu] <= beta pi."""
    c = instance.constants
    assume(INFINITE not in c.b)
    process, factor = particle_process(instance.model, instance.twist, "naive"), beta(c, instance.particles)
    law, second = output_law(process, instance.particles).law, pair_moments(process, instance.particles)
    for out, pi, k in zip(law, c.target, second, strict=True):
        assert pi <= factor * out
        assert k / c.normaliser**2 <= factor * pi


def test_attained_by_one_particle_in_one_step():
    """T = N = 1, rewards 0 and 1: TV = 1 - 1/b."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "2/3"), ("r", "b", "1/3")]], {"a": 0, "b": 1})
    c = analyse(model, perfect(model))
    law = output_law(particle_process(model, perfect(model), "naive"), 1)
    assert c.b == (3,) and law.total_variation(c.target) == Rational(2, 3)


def test_doomed_states_count():
    """The minimum of V*/V runs over every state where a particle can be, V* = 0 included: without them S5 and S12 are false.

    V_1 = (1, 10), rewards (1, 0), N = 2: `analyse` gives b_2 = infinity. Over states of positive true value alone the factor would be
    3/2, but out(A) = 163/484 is less than 2/3 of pi(A) = 1, and E[(Zhat/Z)^2] = 4.
    """
    edges = [[("r", "A", "1/2"), ("r", "B", "1/2")], [("A", "a", 1), ("B", "b", 1)]]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"]], edges, {"a": 1, "b": 0})
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": 1, "B": 10}]))
    process = particle_process(model, c.twist, "naive")
    assert c.alive[1] == (0, 1) and c.b[1] == INFINITE
    out = output_law(process, 2).law[0]
    assert out == Rational(163, 484) and out < Rational(2, 3)
    assert sum(pair_moments(process, 2), Rational(0)) / c.normaliser**2 > Rational(3, 2)
