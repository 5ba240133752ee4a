"""Certified counts of particles: against the enclosure at every single N, and the tail bound of S14.2 against the exact second moment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.errors import TooLarge
from smc.exact import enough as module
from smc.exact.enclosure import enclosure, joined
from smc.exact.enclosure_cost import Way, choose, ways
from smc.exact.enough import coalescence_ratios, enough, tail_bound
from smc.exact.lumping import lump_symmetric
from smc.exact.moments import PairRecursion, pair_moments
from smc.formats import load
from smc.numbers import ONE, Rational
from smc.samplers import particle_process
from smc.samplers.process import Outcome, ParticleProcess
from tests.effort import effort
from tests.exact.random_models import graphs, trees, twisted

RUNS = st.tuples(twisted(st.one_of(trees(max_children=2), graphs())), st.sampled_from(("naive", "adapted")))
FAR = 60


def built(run):
    (model, twist), algorithm = run
    return particle_process(model, twist, algorithm)


@settings(max_examples=effort(60, sample=20), deadline=None)
@given(RUNS, st.sampled_from((Rational(1, 3), Rational(1, 10), Rational(1, 20))))
def test_counts_are_those_of_the_enclosure_at_every_single_count(run, delta) -> None:
    process = built(run)
    found = enough(process, delta, most=FAR)
    met = [enclosure(process, n).tv_upper <= delta for n in range(1, FAR + 1)]
    assert found.open_from is None
    assert found.first == (met.index(True) + 1 if any(met) else None)
    if found.tail is not None:
        failing = [n for n, good in enumerate(met, 1) if not good]
        assert found.for_good == max(failing, default=0) + 1 <= found.tail


@settings(max_examples=effort(100, sample=30), deadline=None)
@given(RUNS, st.sampled_from((1, 2, 5, 10**6)))
def test_the_tail_bound_is_above_the_dispersion_and_the_enclosure(run, particles: int) -> None:
    """S14.2: `v <= prod (1 + (beta_p - 1)/N) - 1`, zombies allowed, and its bound on TV falls with N."""
    process = built(run)
    ratios = coalescence_ratios(process)
    assert min(ratios) >= 1 - Rational(1, 2**100)
    product = ONE
    for ratio in ratios:
        product *= 1 + (ratio - 1) / particles
    found = enclosure(process, particles)
    assert found.second_moment[0] <= product + Rational(1, 2**100)
    gap = sum(max(0, p - low) for (p, _), low in zip(found.target, found.lower, strict=True))
    assert gap <= tail_bound(ratios, particles) + Rational(1, 2**100)
    assert tail_bound(ratios, particles + 1) <= tail_bound(ratios, particles)


@settings(max_examples=effort(60, sample=20), deadline=None)
@given(RUNS, st.integers(1, 20), st.integers(0, 20))
def test_moments_lie_between_their_ends_on_a_block(run, low: int, more: int) -> None:
    process = built(run)
    below, above = PairRecursion(process).between(low, low + more)
    for particles in (low, low + more // 2, low + more):
        exact = pair_moments(process, particles)
        assert all(a <= m <= b for a, m, b in zip(below, exact, above, strict=True))


def coin() -> ParticleProcess:
    """Weights 3/2 and 1/2, each of chance 1/2, Z = 3: pi = (3/4, 1/4), k = pi + (3, -1)/(8 N), v = 1/(4 N), and

    R(N) = 3/(4 (2 N + 1)); from below TV is at least (1/4)/(2 N - 1); beta = 5/4, so that the tail's bound is 5/(4 N + 5)."""
    step = (Outcome(0, ONE / 2, 3 * ONE / 2), Outcome(1, ONE / 2, ONE / 2))
    return ParticleProcess("coin", ((step,),), (1, 2), 3 * ONE)


def test_counts_by_hand() -> None:
    process = coin()
    (ratio,) = coalescence_ratios(process)
    assert 0 <= ratio - Rational(5, 4) < Rational(1, 2**100)
    assert tail_bound((Rational(5, 4),), 3) == Rational(5, 17)
    assert enough(process, Rational(1, 10)) == module.Enough(Rational(1, 10), first=4, for_good=4, tail=12)
    tenth, twelfth, small = (module.Curve(process, Rational(1, n)) for n in (10, 12, 1000))
    assert [tenth.side(n, n) for n in (1, 3, 4, 5)] == [False, False, True, True] and twelfth.side(4, 4) is True
    assert [tenth.truth(n, n) for n in (1, 2, 3, 4)] == [False, None, None, True]
    assert [twelfth.truth(n, n) for n in (1, 2, 4)] == [False, None, True]
    # on a block k is between its ends: (3/4, 1/5) and (4/5, 1/4) say nothing about 4..5
    assert [tenth.side(1, 3), tenth.side(4, 5), tenth.side(12, 14), small.side(10, 11)] == [None, None, True, False]


def test_what_is_certain_step_by_step_by_hand() -> None:
    """Up in blocks of 1, 2, 1, 2, 1, ...: 2..3, 3..4 and 4..5 do not tell. Down in blocks 11, 9..10, 5..8 (does not tell), 8, 6..7, 4..5
    (nor this one), 5, 4."""
    delta, tail = Rational(1, 10), 12
    up = [(None, tail, low, 11) for low in (1, 1, 2, 2, 3, 3, 4, 4)]
    down = [(4, high + 1, 5, high) for high in (11, 10, 8, 8, 7, 5, 5, 4)]
    told = [(e.first, e.for_good, e.open_from, e.open_to) for e in module.settling(coin(), delta)]
    assert told == [*up, *down, (4, 4, None, None)]


def test_the_end_of_the_counts_that_are_looked_for_by_hand() -> None:
    """5/(4 N + 5) is 1/9 at N = 10, and 3/(8 N + 4) at most 1/9 from N = 3 on, 1/20 from N = 7."""
    ninth, twentieth = Rational(1, 9), Rational(1, 20)
    assert enough(coin(), ninth, most=10) == module.Enough(ninth, first=3, for_good=3, tail=10)
    assert enough(coin(), ninth, most=9) == module.Enough(ninth, first=3, for_good=None, tail=None)
    assert enough(coin(), twentieth, most=6) == module.Enough(twentieth, first=None, for_good=None, tail=None)


def test_what_the_budget_leaves_is_open() -> None:
    source = load("shipped:frozenlake-4x4")
    found = enough(particle_process(source.model, source.twist(None), "naive"), Rational(1, 100), budget=0.0)
    assert (
        found.first is None and found.for_good == found.tail and (found.open_from, found.open_to) == (1, found.tail - 1)
    )


def test_a_planted_wrong_end_of_a_block_changes_the_counts(monkeypatch) -> None:
    source = load("shipped:verifier-tree")
    process = particle_process(source.model, source.twist(None), "naive")
    right = enough(process, Rational(1, 10))

    class Loose(PairRecursion):
        def between(self, low, high):
            _, above = super().between(low, high)
            return above, above

    monkeypatch.setattr(module, "PairRecursion", Loose)
    assert enough(process, Rational(1, 10)) != right


def test_the_way_is_chosen_by_level_then_by_speed_and_refused_with_its_size(monkeypatch) -> None:
    source = load("gym:FrozenLake-v1?horizon=20", rationalise=True, with_values=False)
    process = lump_symmetric(particle_process(source.model, source.twist("perfect"), "naive"))[0]
    assert choose(process, 10**6).level == 4
    quick = [choose(process, n, budget=0.5) for n in (10**6, 10**9)]
    assert [(way.level, way.arithmetic) for way in quick] == [(4, "floats"), (2, "rationals")]
    assert {(w.level, w.arithmetic) for w in ways(process, 5)} >= {(2, "floats"), (4, "balls")}
    assert all(isinstance(w, Way) and w.seconds > 0 and w.bytes > 0 for w in ways(process, 5))
    with pytest.raises(TooLarge, match="12 states in the widest layer; level 4"):
        choose(process, 10**6, level=4, budget=0.01)
    monkeypatch.setattr("smc.exact.enclosure.MOST_MOVES", 10)
    monkeypatch.setattr("smc.exact.enclosure_cost.MOST_MOVES", 10)
    assert [(w.level, w.arithmetic) for w in ways(process, 5)] == [(2, "floats")]
    assert joined(process)[0] is process and enclosure(process, 50, arithmetic="floats").tv_upper < 1
    monkeypatch.undo()
    with pytest.raises(TooLarge, match="use level 2"):
        choose(process, 10**6, level=4, memory=1.0)
