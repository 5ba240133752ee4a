"""Every fast engine gives the same rationals as the plain one, on thousands of processes; balls contain them; float64 comes close."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smc.exact import _small_law, certified_verdict, explain_law, output_law, second_moment, second_moment_ball
from smc.exact.moments import _by_functions, _by_pairs, _test_functions, gauge
from smc.exact.occupancy import certified, plain
from smc.exact.occupancy.cells import cell_chain
from smc.numbers import ONE, Rational, Verdict, ball
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted
from tests.exact.random_processes import drawn, process, processes, reference

INSTANCES = effort(1000)
PRECISE = 4000


@pytest.mark.by_turn
@pytest.mark.parametrize("seed", range(8))
def test_fast_engines_equal_the_plain_one(seed: int) -> None:
    """8,000 processes (a third of them in the everyday run); the counts make sure that the cases the issue is about are among them."""
    rng = random.Random(seed)
    seen = dict.fromkeys(("dead", "rectangular", "by edge", "zero weight", "small"), 0)
    for made in processes(seed, INSTANCES):
        particles = rng.randint(1, 4 if made.horizon < 4 else 3)
        truth = plain.plain_law(made, particles)
        for method in ("direct", "transform"):
            assert output_law(made, particles, method=method) == truth, (method, particles, made)
        small = _small_law(made, particles)
        assert small in (None, truth), (particles, made)
        chain = cell_chain(made)
        seen["small"] += small is not None
        seen["dead"] += bool(truth.dead)
        seen["rectangular"] += len({cells.count for cells in chain.layers}) > 1
        seen["by edge"] += any(cells.count > len(set(cells.states)) for cells in chain.layers)
        seen["zero weight"] += any(not cells.weights[-1] for cells in chain.layers)
    assert all(count > INSTANCES // 20 for count in seen.values()), seen


@pytest.mark.by_turn
@pytest.mark.parametrize("seed", range(100, 104))
def test_residues_equal_the_plain_engine(seed: int) -> None:
    """600 processes (200): the chosen primes suffice, and the residues are right, with weights up to 1000 too."""
    rng = random.Random(seed)
    for made in processes(seed, effort(150), most_cells=4):
        particles = rng.randint(1, 4 if made.horizon < 4 else 3)
        assert output_law(made, particles, method="residues") == plain.plain_law(made, particles), (particles, made)


@pytest.mark.parametrize("seed", range(200, 204))
def test_balls_contain_the_law_and_float64_is_close(seed: int) -> None:
    rng = random.Random(seed)
    for made in processes(seed, effort(100), most_cells=4):
        particles = rng.randint(1, 4 if made.horizon < 4 else 3)
        truth = plain.plain_law(made, particles)
        balls = output_law(made, particles, mode="certified", bits=80)
        floats = output_law(made, particles, mode="float")
        for exact, enclosure, approximate in zip(
            (*truth.law, truth.dead), (*balls.law, balls.dead), (*floats.law, floats.dead), strict=True
        ):
            assert enclosure.overlaps(ball(exact, PRECISE))  # a ball of relative radius 2^-4000: as good as the point
            assert enclosure.rad() <= ball(Rational(1, 2**80), 20)
            assert abs(approximate - float(exact)) < 1e-12


@given(made=drawn(), particles=st.integers(1, 3))
def test_fast_engines_equal_the_plain_one_shrinking(made, particles: int) -> None:
    truth = plain.plain_law(made, particles)
    for method in ("direct", "transform", "residues"):
        assert output_law(made, particles, method=method) == truth


@given(data=st.data())
def test_algorithms_on_models_with_zero_rewards(data) -> None:
    """Naive and fully adapted SMC on trees and graphs with zero rewards, potentials and doomed states."""
    model, steered = data.draw(
        twisted(data.draw(st.sampled_from([trees(max_horizon=3, max_children=2), graphs(max_states=3)])))
    )
    particles = data.draw(st.integers(1, 3))
    for algorithm in ("naive", "adapted"):
        made = particle_process(model, steered, algorithm)
        if max(cells.count for cells in cell_chain(made).layers) <= 6:
            truth = plain.plain_law(made, particles)
            assert all(output_law(made, particles, method=method) == truth for method in ("direct", "transform"))
        assert second_moment(made, particles) == plain.second_moment(made, particles)


@pytest.mark.parametrize(("states", "particles"), [(3, 7), (3, 12), (4, 6)])
def test_larger_runs_agree_between_engines(states: int, particles: int) -> None:
    """Beyond the plain engine's reach three engines of different kinds check one another."""
    made = reference(states)
    direct = output_law(made, particles, method="direct")
    assert output_law(made, particles, method="transform") == direct
    assert output_law(made, particles, method="residues") == direct
    assert sum(direct.law) + direct.dead == 1


def test_cells_that_do_not_lead_to_each_other() -> None:
    """Two pairs of states apart: the direct engine takes the occupancies of 8 particles by what they lead to."""
    apart = [(0, 1), (0, 1), (2, 3), (2, 3)]
    step = tuple(
        tuple(Outcome(y, Rational(1 + (x + y) % 2, 3), Rational(1 + y)) for y in there) for x, there in enumerate(apart)
    )
    start = tuple(Outcome(y, Rational(1, 4), Rational(4 - y)) for y in range(4))
    made = ParticleProcess("apart", ((start,), step, step), (1, 4, 4, 4), ONE)
    direct = output_law(made, 8, method="direct")
    assert output_law(made, 8, method="transform") == direct and sum(direct.law) == 1
    assert output_law(made, 2, method="direct") == plain.plain_law(made, 2)


def test_many_terminal_states_need_no_occupancies_of_the_last_layer() -> None:
    """500 terminal states with 30 particles: C(529, 499) occupancies, never listed."""
    made = process(random.Random(4), [2, 500], heaviest=5, denominator=400)
    plan = explain_law(made, 30)
    assert plan.method == "direct"
    law = output_law(made, 30)
    assert sum(law.law) == 1
    assert output_law(made, 30, method="transform") == law
    balls = output_law(made, 30, mode="certified")
    assert all(
        b.overlaps(ball(p, PRECISE)) and b.rad() <= ball(Rational(1, 2**100), 20)
        for p, b in zip(law.law, balls.law, strict=True)
    )
    assert max(abs(float(p) - q) for p, q in zip(law.law, output_law(made, 30, mode="float").law, strict=True)) < 1e-12


def test_huge_weights() -> None:
    """Weights that no float64 holds, in every mode."""
    made = process(random.Random(1), [2, 2, 2], heaviest=10**400)
    truth = plain.plain_law(made, 2)
    assert output_law(made, 2) == truth
    assert output_law(made, 2, mode="certified").law[0].overlaps(ball(truth.law[0], PRECISE))
    assert abs(output_law(made, 2, mode="float").law[0] - float(truth.law[0])) < 1e-12


@pytest.mark.parametrize("bits", [30, 31, 32, 60, 61, 62, 63, 64])
def test_weights_and_probabilities_at_the_ends_of_machine_words(bits: int) -> None:
    """Where an engine goes from words to long numbers; a sum or a product that wraps would be a wrong law."""
    large, half = 2**bits - 1, Rational(1, 2)
    rare = Rational(1, large)
    step = tuple((Outcome(0, 1 - p, ONE), Outcome(1, p, Rational(large))) for p in (rare, half))
    last = tuple((Outcome(0, 1 - p, Rational(large)), Outcome(1, p, Rational(large - 1))) for p in (half, rare))
    made = ParticleProcess("words", (step[:1], step, last), (1, 2, 2, 2), ONE)
    for particles in (2, 3):
        truth = plain.plain_law(made, particles)
        for method in ("direct", "transform", "residues"):
            assert output_law(made, particles, method=method) == truth, method
        assert _small_law(made, particles) == truth


@pytest.mark.parametrize("by_polynomial", [True, False])
def test_balls_hold_the_law_at_any_precision(by_polynomial: bool) -> None:
    """Few bits make wide balls around 0, of masses that are not 0."""
    made = reference(3, 4)
    truth, plan = plain.plain_law(made, 3), certified._plan(cell_chain(made), 3, by_polynomial)
    for working in (2, 3, 4, 6, 8, 12, 16, 24, 32):
        for enclosure, exact in zip(
            certified._balls(plan, by_polynomial, working), (*truth.law, truth.dead), strict=True
        ):
            assert enclosure.overlaps(ball(exact, PRECISE)), working


@pytest.mark.parametrize("start", [4, 16, 90])
def test_a_certified_law_takes_more_precision_until_it_is_narrow(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certified, "_expected_loss", lambda *run: start - 100 - 16)
    made = reference(3, 4)
    law, truth = output_law(made, 3, mode="certified", bits=100), plain.plain_law(made, 3)
    assert 100 < law.precision < 200
    for enclosure, exact in zip((*law.law, law.dead), (*truth.law, truth.dead), strict=True):
        assert enclosure.overlaps(ball(exact, PRECISE)) and enclosure.rad() <= ball(Rational(1, 2**100), 20)


def test_certified_verdict_doubles_precision_until_it_knows() -> None:
    """Bounds that differ from TV by 2^-150 need more than the 64 bits asked for; equality is never decided by balls."""
    made = reference(3, 3)
    target = (Rational(1, 3),) * 3
    exact = output_law(made, 4).total_variation(target)
    near = Rational(1, 2**150)
    assert certified_verdict(made, 4, target, exact + near) is Verdict.HOLDS
    assert certified_verdict(made, 4, target, exact - near) is Verdict.REFUTED
    assert certified_verdict(made, 4, target, exact, most=256) is Verdict.UNDECIDED


@pytest.mark.parametrize("seed", range(300, 304))
def test_second_moments_equal_the_pair_recursion(seed: int) -> None:
    """1,200 processes (400); both ways of carrying the pairs."""
    rng = random.Random(seed)
    for made in processes(seed, effort(300), most_cells=20, horizon=5, states=4):
        particles = rng.choice([1, 2, 3, 7, 10**6])
        truth = plain.second_moment(made, particles)
        assert second_moment(made, particles) == truth
        enclosure = second_moment_ball(made, particles, bits=60)
        assert enclosure.overlaps(ball(truth, PRECISE)) and enclosure.rad() <= ball(truth / 2**59, 100)
        layers = gauge(made)
        if layers[-1].scale:
            for way in (_by_functions, _by_pairs):
                rows, over = way(
                    layers,
                    _test_functions(layers),
                    (1 - Rational(1, particles), Rational(1, particles)),
                    lambda share: None,
                )
                assert made.scale**2 * sum(rows) / over == truth
