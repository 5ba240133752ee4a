"""S17: conditional SMC leaves the target invariant, and is minorised as its constants say."""

from __future__ import annotations

from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st

from smc.exact import OutputLaw
from smc.exact.conditional import conditional_kernel, minorisation
from smc.numbers import INFINITE, ONE, ZERO, Rational
from smc.samplers.naive import naive
from smc.setting.analysis import analyse
from smc.testing.kept import Kept
from smc.testing.witness import fraction
from tests.effort import effort
from tests.exact.random_models import trees, twisted
from tests.exact.test_conditional import rare_pair


@settings(deadline=None, max_examples=effort(60))
@given(data=st.data())
def test_s17(data):
    """What S17.1 leaves invariant is the model's own target; minorised; H sweeps come as near as S17.3 says.

    The rows are computed from a matrix that is symmetric and positive semidefinite by construction: that the rows of a run are so is tested
    by enumeration in `tests/exact/test_conditional.py`.
    """
    model, twist = data.draw(twisted(trees(max_horizon=3, max_children=2)))
    particles = data.draw(st.integers(2, 4 if model.horizon < 3 else 3))
    constants = analyse(model, twist)
    kernel, ranges, pi = conditional_kernel(naive.process(model, twist), particles), constants.b, constants.target
    assert kernel.target == pi
    live = [z for z, p in enumerate(pi) if p]
    assert kernel.smallest_ratio >= minorisation(ranges, particles)
    start = tuple(ONE if z == live[0] else ZERO for z in range(len(pi)))
    for sweeps in (1, 2, 3):
        distance = OutputLaw(kernel.after(start, sweeps)).total_variation(pi)
        assert distance <= (1 - minorisation(ranges, particles)) ** sweeps


@settings(deadline=None, max_examples=effort(60, sample=15))
@given(data=st.data())
def test_path_by_path(data):
    """S17.path: P_N(z, z') >= pi(z') / prod_p (1 + (b_p(z) + b_p(z') - 1)/(N - 1)), each path with its own b."""
    model, twist = data.draw(twisted(trees(max_horizon=2, max_children=2)))
    particles, c = data.draw(st.integers(2, 3)), analyse(model, twist)
    if INFINITE in c.b:
        return
    kernel, kept = conditional_kernel(naive.process(model, twist), particles), Kept(c, particles - 1)
    for z in kept.leaves:
        for y in kept.leaves:
            own, other = kept.along(z), kept.along(y)
            growth = prod(1 + (own(t) + other(t) - 1) / (particles - 1) for t in range(model.horizon))
            assert fraction(kernel.target[y]) <= growth * fraction(kernel.rows[z][y])


def test_attained_and_smaller_constants_are_false():
    model, twist = rare_pair()
    kernel, (b,) = conditional_kernel(naive.process(model, twist), 2), analyse(model, twist).b
    assert b == Rational(3, 2) and kernel.smallest_ratio == minorisation([b], 2)
    for smaller in (2 * b - 2, b - 1):
        assert kernel.smallest_ratio < 1 / (1 + smaller)
