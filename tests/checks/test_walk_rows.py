"""S18 in `check`: rows of a walk that is worked by hand, first leaf, steps and distance by the mean path."""

from __future__ import annotations

import pytest

from smc.checks.check import check
from smc.exact.backtracking import Backtracking
from smc.numbers import Rational, Verdict, ball
from smc.setting.model import Model
from smc.setting.twist import twist


def two_ways():
    """Two paths of share 1/2 and reward 1 each, V_1 = (1/2, 2): u_1 = (2, 1/2), so kappa = 5/4 + 1 and A' = 3.

    Conductances 1/4 and 1 into the first layer, 1/2 and 1/2 into the leaves: S = 9/2. Their paths have resistances 6 and 3: the first leaf
    is the second one with probability 2/3. Steps to the next leaf: 5 from the root, 8/3 and 13/3 from the states above the leaves.
    """
    moves = [[("r", "a", "1/2"), ("r", "b", "1/2")], [("a", "c", 1), ("b", "d", 1)]]
    model = Model.from_edges([["r"], ["a", "b"], ["c", "d"]], moves, {"c": 1, "d": 1})
    return model, twist(model, (("1",), ("1/2", "2")))


@pytest.mark.parametrize(
    ("visits", "steps", "bound"), [(1, "5", "63/8"), (2, "88/9", "18")], ids=["first visit", "second visit"]
)
def test_a_walk_worked_by_hand(visits, steps, bound):
    report = check(*two_ways(), "backtracking", visits=visits)
    rows = {row.form: row for row in report.rows if row.id == "S18"}
    assert (rows["density"].observed, rows["density"].bound) == (Rational("4/3"), Rational("9/4"))
    assert (rows["steps"].observed, rows["steps"].bound) == (Rational(steps), Rational(bound))
    square = Rational("5/16") * Rational("2/3") ** (2 * visits - 2)
    distance = rows["visits"].bound
    assert (distance * distance).overlaps(ball(square))
    assert report.verdict is Verdict.HOLDS


def test_a_walk_that_takes_more_steps_is_refuted(monkeypatch):
    """Twice the steps at every visit: 176/9 of at most 18 at the second one."""
    honest = Backtracking.at
    monkeypatch.setattr(
        Backtracking, "at", lambda walk, visits, *_: (honest(walk, visits)[0], 2 * honest(walk, visits)[1])
    )
    rows = {row.form: row for row in check(*two_ways(), "backtracking", visits=2).rows if row.id == "S18"}
    assert rows["steps"].verdict is Verdict.REFUTED and rows["density"].verdict is Verdict.HOLDS


@pytest.mark.parametrize(("factor", "verdict"), [("27/16", Verdict.HOLDS), ("28/16", Verdict.REFUTED)])
def test_a_first_leaf_of_a_larger_density_is_refuted(monkeypatch, factor, verdict):
    """4/3 times 27/16 is kappa = 9/4; anything more is too much."""
    honest = Backtracking.at

    def at(walk, visits, *_):
        law, steps = honest(walk, visits)
        return tuple(p * Rational(factor) for p in law), steps

    monkeypatch.setattr(Backtracking, "at", at)
    rows = {row.form: row for row in check(*two_ways(), "backtracking", visits=1).rows if row.id == "S18"}
    assert rows["density"].verdict is verdict
