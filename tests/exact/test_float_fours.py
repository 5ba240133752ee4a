"""Level four in float64: its balls hold the exact moments, its enclosure the exact law; where it is taken, given up, and refused."""

from __future__ import annotations

from math import comb

import flint
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smc.checks.enclosed import check_by_enclosure
from smc.errors import InputError, TooLarge
from smc.exact import float_fours, output_law
from smc.exact.enclosure import WAYS, enclosure, joined
from smc.exact.enclosure_cost import choose, ways
from smc.exact.float_fours import OutOfRange, float_particle_moments
from smc.exact.float_moments import float_moments, gamma
from smc.exact.moments import means, pair_moments
from smc.exact.particle_moments import coincidence, particle_moments
from smc.formats import load
from smc.numbers import ONE, Rational, precision
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from smc.setting.analysis import target
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

TREE = load("shipped:verifier-tree")


def exact_moments(process, particles):
    """`E[U^j nu(y)]` by y and j = 1..4, in rationals."""
    rows = [means(process), pair_moments(process, particles)]
    rows += [particle_moments(process, particles, order) for order in (3, 4)]
    z = sum(rows[0])
    return [[row[y] / z**j for j, row in enumerate(rows, 1)] for y in range(process.sizes[-1])]


def outside(process, particles):
    """How many of the exact moments the balls do not hold."""
    found = float_particle_moments(process, particles)
    with precision(2_000):
        return sum(
            not ball.contains(flint.fmpq(int(value.numerator), int(value.denominator)))
            for balls, values in zip(found, exact_moments(process, particles), strict=True)
            for ball, value in zip(balls, values, strict=True)
        )


@pytest.mark.parametrize("algorithm", ["naive", "adapted"])
@settings(deadline=None, max_examples=effort(120))
@given(instance=twisted(graphs() | trees()), particles=st.sampled_from([4, 5, 9, 10**6, 10**8]))
def test_the_balls_hold_the_exact_moments(algorithm, instance, particles):
    process = particle_process(*instance, algorithm)
    assume(sum(means(process)))
    assert outside(process, particles) == 0


@pytest.mark.parametrize(
    "planted",
    [
        lambda n, places, blocks: coincidence(n, places, blocks) * (1 + Rational(1, 10**9) * (blocks == 3)),
        lambda n, places, blocks: coincidence(n + 1, places, blocks),
        lambda n, places, blocks: coincidence(n, places, blocks) * (blocks != 1 or places < 4),
    ],
    ids=["a coefficient by 1e-9", "N + 1 for N", "all coincide: dropped"],
)
def test_planted_coefficients_put_moments_outside(planted, monkeypatch):
    process = joined(particle_process(TREE.model, TREE.twist(None), "naive"))[0]
    assert outside(process, 10) == 0
    monkeypatch.setattr(float_fours, "coincidence", planted)
    assert outside(process, 10) > 0


@settings(deadline=None, max_examples=effort(60))
@given(instance=twisted(graphs(max_states=2)), particles=st.integers(4, 5))
def test_the_enclosure_holds_the_exact_law(instance, particles):
    model, twist = instance
    process = particle_process(model, twist, "naive")
    found, law = enclosure(process, particles, level=4, arithmetic="floats"), output_law(process, particles)
    assert found.tv_lower <= law.total_variation(target(model)) <= found.tv_upper and law.dead <= found.dead_upper
    for y, chance in enumerate(law.law):
        low, high = found.probability(y)
        assert low <= chance <= high


def test_it_is_as_tight_as_balls_at_a_million_particles():
    process = particle_process(TREE.model, TREE.twist(None), "naive")
    floats, balls = (enclosure(process, 10**6, level=4, arithmetic=a) for a in ("floats", "balls"))
    two = enclosure(process, 10**6)
    assert floats.tv_lower <= balls.tv_lower <= balls.tv_upper <= floats.tv_upper
    assert floats.dead_upper - balls.dead_upper < Rational(1, 10**11) and floats.dead_upper < two.dead_upper / 1000


def test_it_is_taken_where_nothing_else_of_its_level_fits():
    """FrozenLake 8x8 over 20 steps: up to 31 classes a layer, a minute in balls."""
    source = load("gym:FrozenLake-v1?map_name=8x8&horizon=20", rationalise=True, with_values=False)
    quotient = joined(particle_process(source.model, source.twist("perfect"), "naive"))[0]
    assert choose(quotient, 10**6, budget=18.0).arithmetic == "floats"
    assert choose(quotient, 10**6, budget=600.0).arithmetic == "balls"
    for particles in (
        3,
        10**9,
    ):  # a cloud of three has no four; beyond 10^8 rounding errors outweigh what level four gains
        assert choose(quotient, particles, budget=18.0).level == 2
    with pytest.raises(TooLarge, match=r"31 states in the widest layer; level 4 in floats.*give a budget of 1 seconds"):
        choose(quotient, 10**6, level=4, budget=0.01)


def test_a_layer_of_a_thousand_states_is_refused_with_the_cost():
    wide = tuple(Outcome(y, ONE / 1000, Rational(1 + y)) for y in range(1000))
    step = tuple((Outcome(y, ONE, Rational(1 + y % 7)),) for y in range(1000))
    process = ParticleProcess("wide", ((wide,), step), (1, 1000, 1000), ONE)
    assert {way.level for way in ways(process, 10)} == {2, 4}
    with pytest.raises(TooLarge, match=r"1,000 states in the widest layer; level 4 in .* days, .*iB") as refused:
        choose(process, 10, level=4)
    assert refused.value.mend == "use level 2"


def test_values_out_of_the_range_of_floats_are_left_to_level_two(monkeypatch):
    far = Rational(1, 10**200)
    step = (Outcome(0, ONE / 2, far), Outcome(1, ONE / 2, ONE))
    process = ParticleProcess("far", ((step,), ((Outcome(0, ONE, ONE),), (Outcome(1, ONE, far),))), (1, 2, 2), ONE)
    with pytest.raises(OutOfRange, match="leave the range of float64"):
        float_particle_moments(process, 10)
    beyond = ParticleProcess(
        "beyond", (((Outcome(0, ONE, Rational(10**400)),),),), (1, 1), ONE
    )  # the largest float is 1.8e308
    for moments in (float_particle_moments, float_moments):
        with pytest.raises(InputError, match="leave the range of float64"):
            moments(beyond, 10)
    monkeypatch.setattr(float_fours, "TINY", 1e300)  # nothing is in range
    monkeypatch.setattr("smc.exact.enclosure_cost.QUICK", 0.0)
    monkeypatch.setattr("smc.exact.enclosure_cost._fours", lambda widths, bits: (1e9, 0.0))
    taken = []
    found = check_by_enclosure(
        TREE.model, TREE.twist(None), particles=10, explain=lambda way: taken.append(str(way)[:17])
    )
    assert taken[0] == "level 4 in floats" and found.found.level == 2


def test_the_error_of_roundings_by_hand():
    """`n u / (1 - n u)`, u = 2^-53."""
    assert [gamma(n) for n in (0, 1, 1000)] == [0, Rational(1, 2**53 - 1), Rational(1000, 2**53 - 1000)]


def coin():
    """Weights 3/2 and 1/2, each of chance 1/2: no float below is rounded. A third state is never entered."""
    step = (Outcome(0, ONE / 2, 3 * ONE / 2), Outcome(1, ONE / 2, ONE / 2))
    return ParticleProcess("coin", ((step,),), (1, 3), ONE)


def test_the_ends_of_level_two_by_hand():
    """Four particles: k = (27, 7)/32 and 1 + v = 17/16. Two moves out of one state, one step: 8 (2 + 6 + 12) roundings are allowed for."""
    told: list[float] = []
    pi, k, second = float_moments(coin(), 4, told.append)
    up, down = 1 + gamma(160), 1 - gamma(160)
    assert pi == [(m * down / up, m * up / down) for m in (Rational(3, 4), Rational(1, 4))] + [(0, 0)]
    assert k == [m * up / down**2 for m in (Rational(27, 32), Rational(7, 32))] + [0]
    assert second == (Rational(17, 16) * down / up**2, Rational(17, 16) * up / down**2) and told == [1]
    # 1 + v exceeds 1 by less than the roundings: not below what is always true
    assert float_moments(coin(), 10**19)[2][0] == 1


def test_what_is_too_small_is_raised_in_moments_and_lowered_in_the_target_by_hand(monkeypatch):
    """Below 5/16 are the target's 1/4, and 9/32 and 1/32 in g = C' f/N: k = 3/4 (3/4, 1/4) + 5/16."""
    monkeypatch.setattr("smc.exact.float_moments.TINY", 0.3125)
    pi, k, second = float_moments(coin(), 4)
    up, down = 1 + gamma(160), 1 - gamma(160)
    low, high = Rational(3, 4) * down, Rational(17, 16) * up
    assert pi == [(Rational(3, 4) * down / high, Rational(3, 4) * up / low), (0, Rational(5, 16) * up / low), (0, 0)]
    assert k == [m * up / low**2 for m in (Rational(7, 8), Rational(1, 2))] + [0]
    assert second == (1, Rational(11, 8) * up / low**2)


def test_the_roundings_of_level_four_by_hand():
    """One source, two targets: order j sums out j - 1 places in 1 + 2 roundings, makes j pushes in 1 + 14, and has 3 and B_j more; the last
    layer takes j (2 + 4); twice as many are allowed for, and those of the total of order 1 j times."""
    found, told = float_particle_moments(coin(), 4), []
    allowed = [2 * (3 * (j - 1) + 15 * j + 3 + bell + 6 * j) for j, bell in enumerate((1, 2, 5, 15), 1)]
    assert allowed == [50, 100, 154, 222]
    exact = [(3, 4), (27, 32), (63, 64), (1215, 1024)], [(1, 4), (7, 32), (13, 64), (203, 1024)]
    for balls, moments in zip(found, exact, strict=False):
        for j, (ball, moment, count) in enumerate(zip(balls, moments, allowed, strict=True), 1):
            assert ball.contains(flint.fmpq(*moment))
            assert abs(float(ball.rad() / ball.mid()) * 2**53 - (count + j * allowed[0])) < 0.1
    assert found[2] == [0] * 4
    # and a second step, out of two states into one
    both = ParticleProcess("both", (*coin().steps, (((Outcome(0, ONE, ONE)),),) * 2), (1, 2, 1), ONE)
    more = [
        2 * (3 * (j - 1) + 15 * j + 4 * (j - 1) + 16 * j + 2 * (3 + bell) + 5 * j)
        for j, bell in enumerate((1, 2, 5, 15), 1)
    ]
    for j, (ball, count) in enumerate(zip(float_particle_moments(both, 4)[0], more, strict=True), 1):
        assert abs(float(ball.rad() / ball.mid()) * 2**53 - (count + j * more[0])) < 0.1
    line = ParticleProcess("line", ((((Outcome(0, ONE, ONE)),),),) * 3, (1, 1, 1, 1), ONE)
    float_particle_moments(line, 4, told.append)
    assert told == [1 / 3, 2 / 3, 1]


def test_a_state_without_a_way_on_counts_by_hand():
    """Half of the particles go to b, where they keep their weight for a step and then lose it, the others double it. Of four K are at a,
    Bin(4, 1/2); then K' of the new ones start there, Bin(4, K/4), and Zhat = K'/2: E[K'^2] = 2 + 3/4 (1 + 4) = 23/4."""
    step, lost = (Outcome(0, ONE / 2, ONE), Outcome(1, ONE / 2, ONE)), (Outcome(0, ONE, 0 * ONE),)
    process = ParticleProcess("lost", ((step,), ((Outcome(0, ONE, 2 * ONE),), lost)), (1, 2, 1), ONE)
    assert float_particle_moments(process, 4)[0][1].contains(flint.fmpq(23, 16)) and outside(process, 4) == 0
    answers = 1 - sum(Rational(comb(4, k), 16) * (1 - Rational(k, 4)) ** 4 for k in range(5))
    assert output_law(process, 4).law == (answers,)
    for level, arithmetic in WAYS:
        found = enclosure(process, 4, level=level, arithmetic=arithmetic)
        assert found.probability(0)[0] <= answers <= found.probability(0)[1], (level, arithmetic)


def test_fewer_than_four_particles_are_refused():
    with pytest.raises(InputError, match="floats are for 4 and more"):
        float_particle_moments(particle_process(TREE.model, TREE.twist(None), "naive"), 3)
