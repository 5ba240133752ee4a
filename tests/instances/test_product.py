"""Product models and S9's instance: closed recursions against the general engine, and the numbers that the theory predicts."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError, ModelError, TooLarge
from smc.exact import output_law
from smc.instances.product import (
    ProductModel,
    minimum_particles,
    product_family,
    product_family_model,
    symbol_law,
    symbol_target,
)
from smc.instances.split import branch_mass, certified_branch_mass, split_model
from smc.numbers import Rational, ball, precision
from smc.samplers import particle_process
from smc.setting.analysis import analyse, target
from tests.effort import effort


@st.composite
def product_models(draw):
    """Up to three steps of two or three symbols; some weights zero; steps repeat now and then."""
    kinds = []
    for _ in range(draw(st.integers(1, 2))):
        shares = draw(st.lists(st.integers(1, 4), min_size=2, max_size=3))
        weights = [draw(st.sampled_from((Rational(1), Rational(0), Rational(3), Rational(1, 2)))) for _ in shares]
        weights[0] = weights[0] or Rational(2)
        kinds.append(tuple((Rational(s, sum(shares)), w) for s, w in zip(shares, weights, strict=True)))
    return ProductModel(tuple(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))))


@settings(deadline=None, max_examples=effort(80))
@given(model=product_models(), particles=st.integers(1, 3))
def test_law_and_distance_equal_the_general_engine_s_on_the_tree(model, particles):
    tree, twist = model.tree()
    found = output_law(particle_process(tree, twist, "naive"), particles)
    symbols = [symbol_law(step, particles) for step in model.steps]
    for name, p in zip(tree.layers[-1], found.law, strict=True):
        expected = Rational(1)
        for a, symbol in zip(name, symbols, strict=True):
            expected *= symbol.law[int(a)]
        assert p == expected, "the symbols along the lineage are independent"
    alive = Rational(1)
    for symbol in symbols:
        alive *= 1 - symbol.dead
    assert found.dead == 1 - alive
    assert model.total_variation(particles) == found.total_variation(target(tree))


@pytest.mark.parametrize("ratio", ["2", "7/5", "1/3"])
def test_counts_of_ones_are_sufficient(ratio):
    counts, twist = product_family_model(ratio, 4)
    for particles in (1, 2, 4):
        found = output_law(particle_process(counts, twist, "naive"), particles).total_variation(target(counts))
        assert product_family(ratio, 4).total_variation(particles) == found
    assert analyse(counts, twist).bellman_product == 1


def test_two_symbols_against_a_sum_over_binomial_counts():
    """P(one) = E[K r/(K r + N - K)], K ~ Bin(N, 1/2), at a size that no enumeration reaches."""
    particles, r = 37, Rational(8, 5)
    (step,) = set(product_family(r, 9).steps)
    expected, choose = Rational(0), 1
    for k in range(particles + 1):
        expected += Rational(choose, 2**particles) * k * r / (k * r + particles - k)
        choose = choose * (particles - k) // (k + 1)
    assert symbol_law(step, particles).law[1] == expected
    assert symbol_target(step)[1] == r / (1 + r)


@pytest.mark.by_turn
def test_minimum_particles_of_the_product_family_are_minimal():
    """Bisection agrees with a scan from N = 1."""
    for horizon, ratio in ((4, "7/5"), (16, "7/5"), (64, "7/5"), (64, "66/64"), (256, "7/5"), (256, "257/256")):
        model = product_family(ratio, horizon)
        for delta in (Rational(1, 10), Rational(1, 40)):
            quick = minimum_particles(model.total_variation, delta)
            careful = minimum_particles(model.total_variation, delta, scan=True)
            assert (quick.particles, quick.distance) == (careful.particles, careful.distance) and careful.scanned
            assert quick.distance <= delta and (quick.before is None or quick.before > delta)
            assert quick.particles == next(n for n in range(1, 200) if model.total_variation(n) <= delta)


def test_scan_finds_what_bisection_misses_where_distance_is_not_monotone():
    distances = {1: 9, 2: 9, 3: 0, 4: 9, 5: 9, 6: 9, 7: 0, 8: 0}
    assert minimum_particles(lambda n: Rational(distances[n]), 1).particles == 7
    assert minimum_particles(lambda n: Rational(distances[n]), 1, scan=True).particles == 3
    with pytest.raises(TooLarge, match="do not reach"):
        minimum_particles(lambda n: Rational(1), "1/2", most=64)
    with pytest.raises(ArithmeticError, match="too wide"):
        minimum_particles(lambda n: flint.arb(1, 1), 1)


@pytest.mark.by_turn
def test_distance_of_g2_s_instance_lies_between_the_square_root_and_the_linear_rate():
    """TV N / sqrt T settles, so TV N / T falls: the product family shows sqrt T / N, not T/N."""
    scaled = {}
    for horizon in (64, 256, 1024):
        distance = product_family(2, horizon).total_variation(256)
        scaled[horizon] = distance * distance * 256 * 256 / horizon
    assert scaled[64] > 0
    assert Rational(9, 10) < scaled[1024] / scaled[256] < Rational(11, 10)
    assert Rational(9, 10) < scaled[256] / scaled[64] < Rational(11, 10)


def test_bad_product_models_are_refused():
    with pytest.raises(ModelError, match="sum exactly 1"):
        ProductModel((((Rational(1, 2), Rational(1)),),))
    with pytest.raises(ModelError, match="mass zero"):
        ProductModel((((Rational(1), Rational(0)),),))
    with pytest.raises(ModelError, match="at least 1"):
        ProductModel(())
    with pytest.raises(ModelError, match="not positive"):
        product_family("-1", 3)
    with pytest.raises(InputError, match="at least 1"):
        product_family(2, 3).total_variation(0)
    uneven = ProductModel(tuple(((Rational(1, 2), Rational(1)), (Rational(1, 2), Rational(k))) for k in range(2, 22)))
    with pytest.raises(TooLarge, match="vectors of symbol counts"):
        uneven.total_variation(2)


# --- S9's instance ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("particles", "horizon"), [(1, 4), (2, 4), (3, 3), (4, 3), (5, 2), (2, 1)])
def test_branch_mass_equals_the_general_engine_s(particles, horizon):
    masses = branch_mass(particles, horizon)
    for t in range(1, horizon + 1):
        model, twist = split_model(t)
        constants = analyse(model, twist)
        assert constants.bellman_error == 0 and constants.ratio_bound <= 2
        assert sum(constants.target[1:]) == Rational(1, 2)
        found = output_law(particle_process(model, twist, "naive"), particles)
        assert sum(found.law[1:]) == masses[t - 1]
        assert found.total_variation(constants.target) >= Rational(1, 2) - masses[t - 1] >= 0


@pytest.mark.parametrize(("particles", "horizon"), [(1, 5), (2, 5), (3, 4), (6, 3), (12, 2)])
def test_certified_masses_enclose_the_rational_ones(particles, horizon):
    with precision(2000):
        for exact, enclosure in zip(
            branch_mass(particles, horizon), certified_branch_mass(particles, horizon, bits=100), strict=True
        ):
            assert enclosure.rad() < flint.arb(2) ** -100
            difference = enclosure - ball(exact, 2000)
            assert difference.contains(0)
            shifted = enclosure - ball(exact + Rational(1, 2**99), 2000)
            assert not shifted.contains(0), "an enclosure wide enough to hide an error would prove nothing"


def test_bias_lies_above_s9_s_lower_bound_and_within_t_over_n():
    """At N = 64, T up to 1024: (1/36)(1 - 1/N)(1 - (1 - 3/(2N))^(T-1)) <= 1/2 - P(A) <= T/N."""
    particles = 64
    masses = certified_branch_mass(particles, 1024)
    with precision(256):
        for t in (2, 3, 10, 100, 1024):
            lower = Fraction(1, 36) * (1 - Fraction(1, particles)) * (1 - (1 - Fraction(3, 2 * particles)) ** (t - 1))
            bias = flint.arb("0.5") - masses[t - 1]
            assert bias > flint.arb(flint.fmpq(lower.numerator, lower.denominator))
            assert bias < flint.arb(flint.fmpq(t, particles))


def test_bias_approaches_a_sixteenth_of_t_over_n():
    """bias · N/T at T = 32 (a day 16), N = 2 T, 4 T, 8 T rises towards 1/16 from below."""
    scaled, horizon = [], effort(32, sample=16)
    for times in (2, 4, 8):
        bias = flint.arb("0.5") - certified_branch_mass(times * horizon, horizon)[-1]
        scaled.append(bias * times)
    assert scaled[0] < scaled[1] < scaled[2] < flint.arb("0.0625")
    assert scaled[2] > flint.arb("0.05")


def test_split_sizes_are_checked():
    with pytest.raises(InputError, match="horizon"):
        split_model(0)
    with pytest.raises(InputError, match="horizon"):
        branch_mass(2, 0)
    with pytest.raises(TooLarge, match="MiB"):
        certified_branch_mass(5000, 3)
    with pytest.raises(InputError, match="bits"):
        certified_branch_mass(4, 3, bits=10**6)
