"""S6: below the bound on queries, no algorithm can be within delta; P4's exponent 2/3 follows from it. Exact, over all algorithms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proofs import bounds
from smc.instances.hidden import audit, hidden_child
from smc.numbers import ONE, Rational
from smc.query.minimax import best_hit, least_tv
from smc.testing import rationals

GAINS = rationals(min_value=Rational(5, 4), max_value=3)


@given(st.integers(2, 6), st.integers(2, 4), GAINS)
def test_the_family_has_the_stated_error_and_mass(children, horizon, gain):
    """Target mass `a^2/(a^2 + B - 1)` below the hidden child, Bellman error exactly `gain - 1`."""
    found = audit(hidden_child(children=children, horizon=horizon, gain=gain))
    a = gain ** (horizon - 1)
    assert found.hidden_mass == a**2 / (a**2 + children - 1)
    assert found.bellman_error == gain - 1


@given(st.integers(2, 12), GAINS, st.sampled_from([Rational(1, 10), Rational(1, 4), Rational(1, 3), Rational(2, 5)]))
def test_fewer_queries_miss_by_more_than_delta(horizon, gain, delta):
    """With `B = floor(a^2) + 1`, every algorithm with fewer queries than the bound has TV above delta on some input."""
    a = gain ** (horizon - 1)
    children = int(a**2) + 1
    needed = bounds.evaluate("S6", "uniform", T=horizon, eps=gain - 1, delta=delta)
    queries = -int(-needed // 1) - 1  # the largest whole number below `needed`
    if queries < 0:
        return
    mass = a**2 / (a**2 + children - 1)
    assert least_tv(leaves=children, queries=queries, mass=mass) > delta


@given(st.integers(2, 3), st.integers(0, 2))
def test_the_counting_bound_is_the_exhaustive_optimum(children, queries):
    """Every deterministic adaptive algorithm, enumerated: the output is below the hidden child with probability `(Q+1)/B` at best."""
    family = [hidden_child(children=children, horizon=2, gain=2, which=k) for k in range(children)]
    most = children * (family[0].model.horizon - 1)
    optimum = best_hit(family, min(queries, most))
    assert optimum.hit == min(ONE, Rational(min(queries, most) + 1, children))
