"""S13: the odds of every event are within `Q = prod_p (1 + (q_p - 1)/N)` of the target's, so `TV <= (sqrt Q - 1)/(sqrt Q + 1)`."""

from __future__ import annotations

from itertools import combinations

import hypothesis
from hypothesis import assume, given

from smc.exact import output_law
from smc.numbers import INFINITE, ONE, Rational
from smc.samplers import particle_process
from smc.setting.analysis import analyse
from smc.setting.model import Model
from smc.setting.twist import from_mappings, perfect
from smc.testing import hard_families, instances, layered_models, prefix_trees
from tests.properties.common import within_bound

MOST_OUTCOMES = 6
"""Largest number of terminal states of which every event is tried."""


def test_every_instance_is_within_the_bound(ledger):
    within_bound(ledger, "S13")


def product_of(ranges, particles: int) -> Rational:
    """Q."""
    total = ONE
    for q in ranges:
        total *= 1 + (q - 1) / particles
    return total


def within_odds(law, target, Q: Rational) -> None:
    """Every event's odds under `law` are within Q of those under `target`, both ways."""
    states = range(len(law))
    for size in range(1, len(law)):
        for event in combinations(states, size):
            out, aim = sum((law[x] for x in event), ONE * 0), sum((target[x] for x in event), ONE * 0)
            assert out * (1 - aim) <= Q * aim * (1 - out)
            assert aim * (1 - out) <= Q * out * (1 - aim)


@given(
    instances(models=layered_models(zero_rewards=False)) | instances(models=prefix_trees(max_horizon=2, max_children=2))
)
def test_odds_of_every_event(instance):
    c = instance.constants
    assume(INFINITE not in c.q and len(c.target) <= MOST_OUTCOMES)
    law = output_law(particle_process(instance.model, instance.twist, "naive"), instance.particles).law
    within_odds(law, c.target, product_of(c.q, instance.particles))


@given(instances(models=layered_models(min_horizon=2)))
def test_odds_of_every_event_under_adapted_smc(instance):
    """Zero rewards are among the instances."""
    c = instance.constants
    assume(INFINITE not in c.q_adapted and len(c.target) <= MOST_OUTCOMES)
    law = output_law(particle_process(instance.model, instance.twist, "adapted"), instance.particles).law
    within_odds(law, c.target, product_of(c.q_adapted, instance.particles))


@given(instances(models=layered_models(zero_rewards=False)) | hard_families(families=("S2",)))
def test_odds_and_density_together(instance):
    """TV <= (B - 1)(Q - B)/(B (Q - 1)) where B^2 <= Q, naive and adapted; below both (B - 1)/B and (sqrt Q - 1)/(sqrt Q + 1)."""
    c, n = instance.constants, instance.particles
    for name, bs, qs in (("naive", c.b, c.q), ("adapted", c.b_adapted, c.q_adapted)):
        if INFINITE in (*bs, *qs):
            continue
        B, Q = product_of(bs, n), product_of(qs, n)
        if not 1 < B * B <= Q:
            continue
        hypothesis.event(f"{name}: B^2 <= Q")
        joint = (B - 1) * (Q - B) / (B * (Q - 1))
        assert joint <= (B - 1) / B and ((1 + joint) / (1 - joint)) ** 2 <= Q
        law = output_law(particle_process(instance.model, instance.twist, name), n)
        assert law.total_variation(c.target) <= joint


def test_adapted_smc_attains_it_with_one_particle_in_two_steps():
    """The model that attains S2: V_1 = (2, 1/2) where V* = 1, target (1/3, 2/3): V*/V = (1/2, 2), q = 4, and TV = (2 - 1)/(2 + 1)."""
    edges = [[("r", "A", "1/3"), ("r", "B", "2/3")], [("A", "a", 1), ("B", "b", 1)]]
    model = Model.from_edges([["r"], ["A", "B"], ["a", "b"]], edges, {"a": 1, "b": 1})
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": 2, "B": "1/2"}]))
    law = output_law(particle_process(model, c.twist, "adapted"), 1)
    assert c.q_adapted == (4, 1) and law.total_variation(c.target) == Rational(1, 3)


def test_attained_by_one_particle_in_one_step():
    """phi = (1, q), an event of mass 1/(1 + sqrt q) for the target: q = 4, and TV = (2 - 1)/(2 + 1)."""
    model = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "2/3"), ("r", "b", "1/3")]], {"a": 1, "b": 4})
    c = analyse(model, perfect(model))
    law = output_law(particle_process(model, perfect(model), "naive"), 1)
    assert c.q == (4,) and law.total_variation(c.target) == Rational(1, 3)


def test_the_density_is_not_within_the_square_of_the_odds():
    """max/min of d out/d pi <= Q holds at T = 1 and fails at T = 2: only events and complements telescope."""
    edges = [
        [("r", "A", "1/2"), ("r", "B", "1/2")],
        [("A", "A1", "1/101"), ("A", "A2", "100/101"), ("B", "B1", "1/3"), ("B", "B2", "2/3")],
    ]
    reward = {"A1": 1, "A2": "1/10", "B1": "1/100", "B2": "1/10"}
    model = Model.from_edges([["r"], ["A", "B"], ["A1", "A2", "B1", "B2"]], edges, reward)
    c = analyse(model, from_mappings(model, [{"r": 1}, {"A": "1/10", "B": "1/100"}]))
    law = output_law(particle_process(model, c.twist, "naive"), 2).law
    density = [p / q for p, q in zip(law, c.target, strict=True)]
    assert max(density) / min(density) > 12 and product_of(c.q, 2) < Rational(36, 5)
