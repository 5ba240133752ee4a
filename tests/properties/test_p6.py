"""P6, and S7 with pools: Metropolis-Hastings whose proposals pick from a resampling pool, exact on tiny models with eps > 0 and psi != 1.

`TV <= H P(bad) + (1 - 1/R)^(H-1) (sqrt R - 1)/(sqrt R + 1) + pi(bad)` for pools and path together, R the ratio of W on the good event,
at most `(1+eps)^(2T) ((1+xi)/(1-xi))^T`; pools of `3 b/(mu(G) xi^2) log(2HT/delta)` candidates make `H P(bad) <= delta`.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import flint
import pytest
from hypothesis import assume, example, given, target
from hypothesis import strategies as st

from smc.exact.pool import acceptance, augmented_space, good_event
from smc.numbers import INFINITE, ONE, ZERO, Rational, Verdict, at_most, ball
from smc.setting.model import prefix_tree
from smc.setting.twist import with_bellman_error
from smc.testing import Instance
from smc.testing.falsehoods.pools import drift, printed_rule
from smc.testing.pools import WIDTHS, PoolInstance, exceeds, pool_instances
from tests.effort import turn
from tests.tightness import enough

MOST_CANDIDATES = 70
"""Largest pool whose sums are listed here."""


def with_potentials(horizon: int, **more) -> PoolInstance:
    """A binary tree whose ones have potential 2, with Bellman error 1/4: examples that every profile runs."""
    tree = prefix_tree(horizon, lambda s: {0: ("2/3", 1), 1: ("1/3", 2)}, lambda s: 1 + s[0])
    return PoolInstance(Instance(tree, with_bellman_error(tree, "1/4")), **more)


def path_target(model) -> dict[tuple[int, ...], Rational]:
    """pi on paths of states, from the model alone."""
    masses = {(0,): ONE}
    for step in model.edges:
        longer: dict[tuple[int, ...], Rational] = {}
        for path, mass in masses.items():
            for e in step[path[-1]]:
                key = (*path, e.target)
                longer[key] = longer.get(key, ZERO) + mass * e.probability * e.potential
        masses = longer
    weighted = {path: mass * model.reward[path[-1]] for path, mass in masses.items()}
    total = sum(weighted.values())
    return {path: mass / total for path, mass in weighted.items() if mass}


def regions(case: PoolInstance) -> set[str]:
    """What of the statement's generality an instance shows."""
    model, eps = case.instance.model, case.instance.constants.bellman_error
    return {
        name
        for name, holds in {
            "eps > 0": 0 < eps < INFINITE,
            "psi != 1": any(e.potential != 1 for step in model.edges for row in step for e in row),
            "bad pools": case.event.proposal_mass < 1,
            "no bad pool": case.event.proposal_mass == 1,
            "H > 1": case.proposals > 1,
            "T > 1": model.horizon > 1,
            "several pools": case.pool > 1,
        }.items()
        if holds
    }


def test_within_the_bound_on_a_good_event():
    """Every H, every xi: terminal state, then path with pools, then the bound with its three terms. Exact, no root taken."""
    seen: Counter[str] = Counter()

    @given(pool_instances())
    @example(with_potentials(2, pool=2, proposals=3, xi=Rational(1, 4)))
    def within(case):
        seen.update(regions(case))
        bad, target_bad, ratio = 1 - case.event.proposal_mass, 1 - case.event.target_mass, case.ratio
        distance = case.distance
        rest, shrink = case.proposals * bad + target_bad, (1 - 1 / ratio) ** (case.proposals - 1)
        assert not exceeds(distance, rest, shrink, ratio), case
        terminal = case.chain.law(case.proposals).total_variation(case.instance.constants.target)
        assert terminal <= distance
        if rest < 1:
            seen["bound below 1"] += 1
            root = ball(ratio).sqrt()
            bound = ball(rest) + ball(shrink) * (root - 1) / (root + 1)
            target(float(distance) / float(bound) if distance else 0.0)

    within()
    for name in ("eps > 0", "psi != 1", "bad pools", "no bad pool", "H > 1", "T > 1", "several pools", "bound below 1"):
        assert seen[name] >= enough(0.05), f"{name}: {seen}"


@given(pool_instances())
def test_the_ratio_of_weights_on_the_good_event(case):
    """`max W / min W <= e^(2 Lambda) ((1+xi)/(1-xi))^T <= (1+eps)^(2T) ((1+xi)/(1-xi))^T`; at xi = 1/(2T) at most `e^(2c+4)`, eps = c/T."""
    c, horizon = case.instance.constants, case.instance.model.horizon
    pools = ((1 + case.xi) / (1 - case.xi)) ** horizon
    assert case.ratio <= c.bellman_product * pools
    assert c.bellman_product <= (1 + c.bellman_error) ** (2 * horizon)
    half = PoolInstance(case.instance, case.pool, case.proposals, Rational(1, 2 * horizon))
    exponent = 2 * c.bellman_error * horizon + 4
    assert at_most(half.ratio, ball(exponent).exp()) is Verdict.HOLDS


@given(pool_instances(max_pool=2))
def test_path_marginal_is_exactly_the_target_and_stays_so(case):
    """The augmented target's paths have law pi, and one step of the rule keeps it; the cells of the weighted process agree."""
    model, twist = case.instance.model, case.instance.twist
    marginal: dict[tuple[int, ...], Rational] = {}
    for a in augmented_space(model, twist, case.pool):
        marginal[a.path] = marginal.get(a.path, ZERO) + a.target
    assert {path: p for path, p in marginal.items() if p} == path_target(model)
    assert case.chain.cells.target == case.instance.constants.target
    assert drift(case, acceptance) == 0


@given(pool_instances(max_pool=2))
def test_the_printed_rule_is_the_rule_where_potentials_are_one(case):
    """Without potentials the two agree pair by pair; with them they agree on paths whose potentials have the same product."""
    model = case.instance.model
    space = augmented_space(model, case.instance.twist, case.pool)
    for a in space[:40]:
        for b in space[:40]:
            products = [c.reward / model.reward[c.path[-1]] for c in (a, b)]
            if products[0] == products[1]:
                assert acceptance(a, b) == printed_rule(a, b, model.reward)


def pool_size(instance: Instance, xi: Rational, proposals: int, delta: Rational) -> int:
    """S7's pool: `3 b/(mu(G) xi^2) log(2HT/delta)` with the largest `b/mu(G)` of any live state, rounded up."""
    model, values = instance.model, instance.twist.values
    worst = ONE
    for t, layer in enumerate(instance.constants.alive[:-1]):
        for x in layer:
            row = [(e.probability, e.potential * values[t + 1][e.target]) for e in model.edges[t][x] if e.probability]
            worst = max(worst, max(v for _, v in row) / sum(p * v for p, v in row))
    return rounded_up(ball(3 * worst / xi**2) * ball(2 * proposals * model.horizon / delta).log())


def rounded_up(value: flint.arb) -> int:
    """The least whole number that is certainly at least `value`."""
    whole = value.ceil().unique_fmpz()
    assert whole is not None, value
    return int(whole)


def test_pools_of_the_stated_size_are_good():
    """`H P(bad) <= delta`; and for T = 1, where the target is one size-biased pool, `H pi(bad) <= (b/mu(G)) delta`."""
    seen: Counter[str] = Counter()

    @given(pool_instances(), st.sampled_from([ONE, Rational(1, 2), Rational(1, 4)]), st.sampled_from(WIDTHS[:4:3]))
    @example(with_potentials(1, pool=1, proposals=1, xi=WIDTHS[3]), ONE, WIDTHS[3])
    def good(case, delta, xi):
        model, values = case.instance.model, case.instance.twist.values
        size = pool_size(case.instance, xi, case.proposals, delta)
        assume(size <= MOST_CANDIDATES)
        event = good_event(model, case.instance.twist, size, xi)
        assert case.proposals * (1 - event.proposal_mass) <= delta
        seen.update({"any": 1, "some pool is bad": event.proposal_mass < 1})
        if model.horizon == 1:
            row = [(e.probability, e.potential * values[1][e.target]) for e in model.edges[0][0] if e.probability]
            most = max(v for _, v in row) / sum(p * v for p, v in row)
            assert case.proposals * (1 - event.target_mass) <= delta * most
            seen.update(target=1)

    good()
    assert min(seen["any"], seen["some pool is bad"], seen["target"]) >= enough(0.05), seen


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("eps", "d"), turn(product([Rational(1, 10), Rational(1, 4)], [Rational(1, 2), Rational(1, 4)]), 2)
)
def test_the_whole_of_p6(eps, d):
    """T = 1, eps = c, xi = 1/2: `n >= e^(2c+4) log(1/d)` proposals after the first and S7's pools give `delta + d + pi(bad)`."""
    tree = prefix_tree(1, lambda s: {0: ("2/3", 1), 1: ("1/3", 2)}, lambda s: 1 + s[0])
    instance = Instance(tree, with_bellman_error(tree, eps))
    assert instance.constants.bellman_error == eps
    later = rounded_up(ball(2 * eps + 4).exp() * ball(1 / d).log())
    delta, xi = Rational(1, 4), Rational(1, 2)
    case = PoolInstance(instance, pool_size(instance, xi, later + 1, delta), later + 1, xi)
    bad, target_bad = 1 - case.event.proposal_mass, 1 - case.event.target_mass
    assert 0 < case.proposals * bad <= delta
    assert 0 < target_bad < delta
    assert case.distance <= case.proposals * bad + d + target_bad
    assert case.distance < case.chain.path_total_variation(1)
