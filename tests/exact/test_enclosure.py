"""Enclosures of the output law (S10, S11 (a)) hold the exact law inside, state by state, and are as narrow as the theory says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import InputError
from smc.exact import enclosure as module
from smc.exact import output_law
from smc.exact.enclosure import MOST_MOVES, WAYS, Enclosure, enclosure, lower_bound, root_above
from smc.exact.lumping import lump_symmetric
from smc.exact.moments import pair_moments
from smc.exact.particle_moments import particle_moments
from smc.instances.hidden import hidden_child
from smc.numbers import ONE, ZERO, Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess, Selection
from smc.setting.analysis import target
from smc.setting.model import Model
from smc.setting.twist import from_mappings, perfect
from tests.effort import effort
from tests.exact.cloud_moments import cloud_moments
from tests.exact.random_models import graphs, trees, twisted
from tests.exact.random_processes import processes

RUNS = st.tuples(
    twisted(st.one_of(trees(max_children=2), graphs())), st.sampled_from(("naive", "adapted")), st.integers(1, 3)
)


def built(run) -> tuple[ParticleProcess, int, tuple[Rational, ...]]:
    (model, twist), algorithm, particles = run
    return particle_process(model, twist, algorithm), particles, target(model)


def holds(found: Enclosure, law, pi) -> bool:
    """Whether the exact law is inside, in every respect."""
    tv = law.total_variation(pi)
    return (
        found.tv_lower <= tv <= found.tv_upper
        and law.dead <= found.dead_upper
        and all(
            low <= p <= high for p, (low, high) in zip(law.law, map(found.probability, range(len(pi))), strict=True)
        )
    )


@settings(max_examples=effort(400, sample=60), deadline=None)
@given(RUNS)
def test_the_exact_law_is_inside(run) -> None:
    process, particles, pi = built(run)
    law = output_law(process, particles)
    two, four = (enclosure(process, particles, level=level) for level in (2, 4))
    assert holds(two, law, pi) and holds(four, law, pi)
    assert all(a <= b for a, b in zip(two.lower, four.lower, strict=True))
    assert two.second_moment == four.second_moment
    v = two.second_moment[0] - 1
    assert two.dead_upper <= v / (1 + v)


@settings(max_examples=effort(100, sample=25), deadline=None)
@given(RUNS)
def test_the_width_of_level_four_is_at_most_the_fourth_moment(run) -> None:
    """`1 - sum l_4 <= E(1-U)^4`, from moments over all clouds; a dead run counts 1."""
    process, particles, _ = built(run)
    if max(map(len, (row for step in process.steps for row in step))) ** particles > 9 or process.horizon > 2:
        return
    rows = cloud_moments(process, particles)
    m = [sum((Rational(row[j]) for row in rows), ZERO) for j in range(4)]
    u = [m[j] / m[0] ** (j + 1) for j in range(4)]
    assert enclosure(process, particles, level=4).dead_upper <= 1 - 4 * u[0] + 6 * u[1] - 4 * u[2] + u[3]


@settings(max_examples=effort(100, sample=25), deadline=None)
@given(RUNS, st.sampled_from((2, 4)))
def test_balls_enclose_what_is_exact_and_add_next_to_nothing(run, level: int) -> None:
    process, particles, _ = built(run)
    exact, balls = (enclosure(process, particles, level=level, arithmetic=way) for way in ("rationals", "balls"))
    assert balls.bits is not None and exact.bits is None
    assert all(0 <= a <= b for a, b in zip(balls.lower, exact.lower, strict=True))
    assert balls.tv_lower <= exact.tv_lower and exact.tv_upper <= balls.tv_upper
    spread = balls.dead_upper - exact.dead_upper
    assert spread <= exact.dead_upper / 2**15 + Rational(1, 2**60)


@settings(max_examples=effort(100, sample=25), deadline=None)
@given(RUNS, st.sampled_from((1, 10**6, 10**19)))
def test_floats_enclose_what_is_exact_and_add_next_to_nothing(run, many: int) -> None:
    process, _, _ = built(run)
    exact, floats = (enclosure(process, many, arithmetic=way) for way in ("rationals", "floats"))
    assert all(0 <= a <= b for a, b in zip(floats.lower, exact.lower, strict=True))
    assert all(low <= p <= high for (low, high), (p, _) in zip(floats.target, exact.target, strict=True))
    assert floats.tv_lower <= exact.tv_lower and exact.tv_upper <= floats.tv_upper
    assert floats.second_moment[0] <= exact.second_moment[0] <= floats.second_moment[1]
    assert floats.dead_upper - exact.dead_upper <= Rational(1, 10**11)


def test_floats_refuse_what_leaves_their_range() -> None:
    far = Rational(1, 10**200)
    step = ((Outcome(0, ONE, far),),)
    with pytest.raises(InputError, match="range of float64"):
        enclosure(ParticleProcess("far", (step, step), (1, 1, 1), ONE), 2, arithmetic="floats")


@pytest.mark.parametrize("level", (2, 4))
def test_a_moment_made_smaller_is_refuted(level: int, monkeypatch) -> None:
    """Faults that make a moment too small push the lower end above the law: an enclosure that cannot fail would be no test."""
    name, honest = {2: ("pair_moments", pair_moments), 4: ("particle_moments", particle_moments)}[level]
    monkeypatch.setattr(module, name, lambda *args: tuple(m * 9 / 10 for m in honest(*args)))
    assert any(
        found.lower[k] > law.law[y]
        for made in processes(5, 60, most_cells=4, horizon=2, states=2)
        for law in [output_law(made, 2)]
        if law.dead < 1
        for found in [enclosure(made, 2, level=level)]
        for y, k in enumerate(found.classes)
        if k is not None and found.classes.count(k) == 1
    )


def test_joining_interchangeable_states_changes_no_law_and_no_moment() -> None:
    joined = 0
    for made in processes(7, 200, most_cells=8, horizon=3, states=3):
        quotient, lumping = lump_symmetric(made)
        joined += sum(quotient.sizes) < sum(k is not None for layer in lumping.classes for k in layer)
        last = lumping.classes[-1]
        for here, there in (
            (output_law(made, 2).law, output_law(quotient, 2).law),
            (pair_moments(made, 3), pair_moments(quotient, 3)),
            (particle_moments(made, 3, 4), particle_moments(quotient, 3, 4)),
        ):
            assert list(here) == [ZERO if k is None else there[k] / last.count(k) for k in last]
    assert joined > 5


def test_the_hidden_child_at_a_million_particles() -> None:
    """B = 26, T = 5: its total variation to five digits, far beyond what an exact law can reach."""
    hard = hidden_child(children=26, horizon=5, gain=Rational(3, 2))
    process = particle_process(hard.model, hard.twist, "naive")
    assert lump_symmetric(process)[0].sizes == (1, 2, 2, 2, 2, 2)
    found = enclosure(process, 10**6, level=4)
    assert Rational("85482/10000000000") <= found.tv_lower <= found.tv_upper <= Rational("85488/10000000000")


def test_a_perfect_adapted_run_has_width_zero() -> None:
    hard = hidden_child(children=4, horizon=3, gain=Rational(2))
    found = enclosure(particle_process(hard.model, perfect(hard.model), "adapted"), 3, level=4)
    assert (found.tv_lower, found.tv_upper, found.dead_upper) == (0, 0, 0)
    balls = enclosure(particle_process(hard.model, perfect(hard.model), "adapted"), 3, level=4, arithmetic="balls")
    assert balls.tv_upper <= Rational(1, 2**60)
    floats = enclosure(particle_process(hard.model, perfect(hard.model), "adapted"), 4, level=4, arithmetic="floats")
    assert floats.second_moment[0] == 1 <= floats.second_moment[1], "rounded down, but not below what is always true"


def coin(reward_model=2) -> ParticleProcess:
    """Leaves a and b, each of chance 1/2, of rewards 3 and 1, and one that is never reached."""
    edges = [[("o", "a", "1/2"), ("o", "b", "1/2")]]
    model = Model.from_edges([["o"], ["a", "b", "never"]], edges, {"a": 3, "b": 1, "never": 1})
    return particle_process(model, from_mappings(model, [{"o": reward_model}]), "naive")


BY_HAND = {2: (Rational(2, 3), Rational(2, 7)), 4: (Rational(9, 13), Rational(7, 23))}


@pytest.mark.parametrize("most_moves", [MOST_MOVES, 0])
@pytest.mark.parametrize(("level", "arithmetic"), WAYS)
def test_four_particles_by_hand(level, arithmetic, most_moves, monkeypatch) -> None:
    """With k of four particles at a, U = (k + 2)/4 and U nu = (3 k, 4 - k)/8, so that pi = (3/4, 1/4) and

    m_2 = (27, 7)/32, m_3 = (63, 13)/64, m_4 = (1215, 203)/1024, m_2 m_4 - m_3^2 = (1053, 69)/32768, m_1 m_3 - m_2^2 = (27, 3)/1024,
    l = (2/3, 2/7) at level two and (1/39, 3/161) more at level four; v = 1/16, sqrt(v)/2 = 1/8. No more than 10^-11 is lost in floats,
    and nothing changes where interchangeable states are not looked for (most_moves = 0).
    """
    monkeypatch.setattr(module, "MOST_MOVES", most_moves)
    found, tiny = (
        enclosure(coin(), 4, level=level, arithmetic=arithmetic),
        0 if arithmetic == "rationals" else ONE / 10**11,
    )
    lower, pi, second = BY_HAND[level], (Rational(3, 4), Rational(1, 4)), Rational(17, 16)
    width, dead = 1 - sum(lower), found.dead_upper
    assert (
        width <= dead <= width + tiny
        and second - tiny <= found.second_moment[0] <= second <= found.second_moment[1] <= second + tiny
    )
    assert lower[1] - pi[1] - tiny <= found.tv_lower <= lower[1] - pi[1]
    assert pi[0] - lower[0] <= found.tv_upper <= pi[0] - lower[0] + tiny < Rational(1, 8)
    for state, l in enumerate(lower):
        low, high = found.probability(state)
        below, above = found.target[found.classes[state]]
        assert l - tiny <= low <= l and high == low + dead and below <= pi[state] <= above <= below + tiny
    if most_moves:
        assert found.classes[2] is None and found.probability(2) == (0, 0)
    else:
        assert found.classes == (0, 1, 2) and found.probability(2) == (0, dead) and found.target[2] == (0, 0)


@pytest.mark.parametrize("level", (2, 4))
def test_the_precision_of_balls_is_doubled_until_they_are_sharp(level: int, monkeypatch) -> None:
    monkeypatch.setattr(
        module, "START_BITS", -10
    )  # and four for each of the three bits of N: two bits say nothing, nor do four
    exact, balls = (enclosure(coin(), 4, level=level, arithmetic=way) for way in ("rationals", "balls"))
    assert balls.bits == 8
    assert 0 <= balls.dead_upper - exact.dead_upper <= Rational(1, 16)
    assert all(0 <= low - a <= Rational(1, 16) for a, low in zip(balls.lower, exact.lower, strict=True))


@given(st.fractions(min_value=0, max_value=10**30))
def test_the_root_is_rounded_up_by_next_to_nothing(value) -> None:
    root = root_above(Rational(value.numerator, value.denominator))
    assert root**2 >= Rational(value.numerator, value.denominator)
    assert (root - root / 2**100) ** 2 <= Rational(value.numerator, value.denominator)


def test_a_determinant_of_zero_leaves_level_two() -> None:
    one = (ONE / 3, ONE / 3, ONE / 3, ONE / 3)
    assert lower_bound(one) == lower_bound(one[:2]) == ONE / 3
    assert lower_bound((ZERO, ZERO, ZERO, ZERO)) == 0


def test_bad_input_is_refused() -> None:
    made = next(iter(processes(3, 1)))
    for arguments, word in (
        ((made, 0), "particles"),
        ((made, 10**18, 3), "level"),
        ((replace(made, selection=Selection.WEIGHTED), 2), "resample"),
    ):
        with pytest.raises(InputError, match=word):
            enclosure(arguments[0], arguments[1], level=arguments[2] if len(arguments) > 2 else 2)
