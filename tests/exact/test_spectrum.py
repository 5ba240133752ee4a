"""The gap of a reversible kernel: exact where it is rational, against floating-point eigenvalues elsewhere, and as a bound on variances."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smc.checks.check import check
from smc.exact.backtracking import backtracking
from smc.exact.spectrum import relaxation_time
from smc.numbers import ONE, ZERO, Rational, Verdict, at_most, nearest_float
from smc.samplers.naive import naive
from smc.setting.model import Model, prefix_tree
from smc.setting.twist import perfect
from tests.effort import effort
from tests.exact.random_models import trees, twisted


def lazy(*stay: Rational) -> list[list[Rational]]:
    """A chain that stays, or else goes to a uniform state of all: its eigenvalues lie between the chances to stay."""
    return [[(1 - s) / len(stay) + (s if x == y else 0) for y in range(len(stay))] for x, s in enumerate(stay)]


def test_a_rational_gap_is_exact():
    half, third = Rational(1, 2), Rational(1, 3)
    assert relaxation_time(lazy(half, half, half)) == 2
    assert relaxation_time([[ZERO, ONE], [ONE, ZERO]]) == half  # the eigenvalue -1
    assert relaxation_time([[third, 1 - third], [third, 1 - third]]) == 1
    assert relaxation_time([[ONE]]) is None
    assert relaxation_time(lazy(third, third, third)) == Rational(3, 2)  # no ball is equal to it


def test_rational_and_irrational_eigenvalues_side_by_side():
    """The walk on a path of five: 0 and -1 beside 1/sqrt 2 and its opposite, so that 1/gap = 2 + sqrt 2. A walk round a cycle of five nine
    times out of ten, else a new half of two: 9/10 is above 1/10 + 9/10 cos 72°."""
    half = Rational(1, 2)
    path = [[ONE if x in (0, 4) and abs(x - y) == 1 else half * (abs(x - y) == 1) for y in range(5)] for x in range(5)]
    found = relaxation_time(path) - 2
    assert (found * found).overlaps(flint.arb(2)) and found > 1
    states = [(side, x) for side in (0, 1) for x in range(5)]
    halves = [
        [Rational(1, 20) * (x == y) + Rational(9, 20) * (a == b and (x - y) % 5 in (1, 4)) for b, y in states]
        for a, x in states
    ]
    assert relaxation_time(halves) == 10


@given(model=twisted(trees(max_horizon=3, max_children=3)), data=st.data())
@settings(deadline=None, max_examples=effort(200, sample=25))
def test_against_floats_and_functions_of_the_leaves(model, data):
    """The ball holds numpy's eigenvalue up to rounding; the variance of a function drawn is at most so many times its Dirichlet form."""
    tree, twist = model
    walk = backtracking(naive.process(tree, twist))
    kernel = walk.leaf_chain()
    live = [x for x, row in enumerate(kernel) if any(row)]
    rows = [[kernel[x][y] for y in live] for x in live]
    found = relaxation_time(rows)
    if len(live) == 1:
        assert found is None
        return
    assert found is not None
    values = sorted(np.linalg.eigvals(np.array(rows, float)).real)
    assert nearest_float(found) == pytest.approx(1 / (1 - values[-2]), rel=1e-6)
    pi = [walk.conductance[-1][x] for x in live]
    total = sum(pi, ZERO)
    f = data.draw(st.lists(st.integers(-3, 3).map(Rational), min_size=len(live), max_size=len(live)))
    mean = sum((p * v for p, v in zip(pi, f, strict=True)), ZERO) / total
    variance = sum((p * (v - mean) ** 2 for p, v in zip(pi, f, strict=True)), ZERO) / total
    form = (
        sum(
            (p * q * (v - w) ** 2 for p, row, v in zip(pi, rows, f, strict=True) for q, w in zip(row, f, strict=True)),
            ZERO,
        )
        / total
        / 2
    )
    bound = (
        form * found
        if not isinstance(found, flint.arb)
        else found * flint.arb(flint.fmpq(int(form.numerator), int(form.denominator)))
    )
    assert at_most(variance, bound) is not Verdict.REFUTED


def test_check_states_the_gap_of_small_trees_and_of_nothing_else():
    """Perfect values attain it: 1/gap = A' = T. Two ways to a state make no tree, and other samplers have no leaf chain."""
    tree = prefix_tree(3, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0] + 2 * s[-1])
    (row,) = [row for row in check(tree, perfect(tree), "backtracking").rows if (row.id, row.form) == ("S18", "gap")]
    assert (row.observed, row.bound, row.verdict) == (3, 3, Verdict.HOLDS)
    assert not [row for row in check(tree, perfect(tree), "naive").rows if row.id == "S18"]
    large = prefix_tree(7, lambda s: {0: "1/3", 1: "2/3"}, lambda s: 1 + s[0])
    left = check(large, perfect(large), "backtracking").out_of_scope
    assert [(id, form) for id, form, _ in left] == [("S18", "gap")]


def test_a_kernel_that_mixes_slower_is_refuted(monkeypatch):
    """A lazy walk, which stays at its leaf half of the time, has twice the relaxation time: S18 is refuted of it."""
    from smc.exact.backtracking import Backtracking

    tree = Model.from_edges([["r"], ["a", "b"]], [[("r", "a", "1/3"), ("r", "b", "2/3")]], {"a": 1, "b": 2})
    sound = Backtracking.leaf_chain

    def halved(self):
        rows = sound(self)
        return [tuple(p / 2 + (x == y) * ONE / 2 for y, p in enumerate(row)) for x, row in enumerate(rows)]

    assert check(tree, perfect(tree), "backtracking").verdict is Verdict.HOLDS
    monkeypatch.setattr(Backtracking, "leaf_chain", halved)
    assert check(tree, perfect(tree), "backtracking").verdict is Verdict.REFUTED
