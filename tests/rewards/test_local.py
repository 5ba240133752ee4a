"""What an audit certifies holds: coverage of all that it says at once, on a model whose truth is known; what it cannot say it does not."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from smc.rewards.averages import CAP, KEPT, Average
from smc.rewards.local import FAR, Scores, facts
from smc.rewards.records import Family
from tests.effort import effort

MOVES = np.array([[0.5, 0.4, 0.1], [0.2, 0.6, 0.2], [0.05, 0.25, 0.7]])
VALUES = np.array([[0.3, 0.3, 0.3], [0.2, 0.35, 0.6], [0.1, 0.4, 0.8], [0.05, 0.3, 0.95]])
"""V_t of the three states, t = 0..3; the root is state 1."""
FRONTS = [np.array([0.0, 1.0, 0.0])]
for _ in range(3):
    FRONTS.append(FRONTS[-1] @ MOVES)
PLAIN = Scores("probabilities", lambda score: score)
FLOORED = Scores("probabilities", lambda score: score, floor=0.05)
ERROR = 0.1


def truth(t):
    """By name: the true average at step t."""
    before, after, law = VALUES[t], VALUES[t + 1], FRONTS[t]
    rho = MOVES @ after / before
    ratios = after[None, :] / before[:, None]
    far = [law @ (MOVES * ((ratios > f) | (ratios < 1 / f))).sum(axis=1) for f in FAR]
    return {
        "level": law @ before, "next": law @ MOVES @ after, "ratio": law @ rho, "square": law @ rho**2,
        "energy": law @ (MOVES @ after**2 / before), "far": far, "rho": rho[law > 0],
    }  # fmt: skip


TRUE = [truth(t) for t in range(3)]
EPS = max(max(true["rho"].max(), 1 / true["rho"].min()) for true in TRUE) - 1
LAMBDA = sum(math.log(true["rho"].max() / true["rho"].min()) for true in TRUE[1:]) / 2
BOUND = max(
    max(VALUES[t + 1][y] / VALUES[t][x], VALUES[t][x] / VALUES[t + 1][y])
    for t in range(3) for x in range(3) if FRONTS[t][x] for y in range(3)
)  # fmt: skip


def sampled(rng, answers, children, *, complete=False):
    """Prefixes of `answers` answers, cut at each step; with `children` draws each, or all children."""
    for k in range(answers):
        x = 1
        for t in range(3):
            if complete:
                yield Family(f"{k}", str(k), t, VALUES[t][x], tuple(VALUES[t + 1]), tuple(MOVES[x]))
            else:
                drawn = rng.choice(3, size=children, p=MOVES[x])
                yield Family(f"{k}", str(k), t, VALUES[t][x], tuple(VALUES[t + 1][drawn]))
            x = rng.choice(3, p=MOVES[x])


def holds(found):
    """Whether everything that is certified is true."""
    inside = [found.eps[0] <= EPS + 1e-12, found.cumulative[0] <= LAMBDA + 1e-12, found.ratio_bound[0] <= BOUND + 1e-12]
    inside += [found.eps[1] >= EPS, found.cumulative[1] >= LAMBDA, found.ratio_bound[1] >= BOUND]
    for step, true in zip(found.steps, TRUE, strict=True):
        for name in "level", "next", "ratio", "square", "energy":
            interval = getattr(step, name)
            inside.append(interval is None or interval.lower <= true[name] + 1e-12 <= interval.upper + 2e-12)
        inside += [i.lower <= far + 1e-12 <= i.upper + 2e-12 for i, far in zip(step.far, true["far"], strict=True)]
        share = true["next"] ** 2 / (true["level"] * true["energy"])
        inside.append(step.effective_ends[0] <= share + 1e-12 and share <= step.effective_ends[1] + 1e-12)
        inside.append(step.sup_rho <= true["rho"].max() + 1e-12 and step.inf_rho >= true["rho"].min() - 1e-12)
        inside.append(step.spread_lower <= true["rho"].max() / true["rho"].min() + 1e-12)
    return all(inside)


@pytest.mark.parametrize(
    ("scores", "children"), [(PLAIN, 4), (FLOORED, 4), (FLOORED, 1)], ids=["plain", "floor", "one-child"]
)
def test_coverage(scores, children):
    """Over 1,000 simulated audits (a sample in the daily run) everything holds at once in at least the stated share."""
    count = effort(1000, sample=40)
    rng = np.random.default_rng(20 + children)
    missed = 0
    for _ in range(count):
        held = list(sampled(rng, 40, children))
        missed += not holds(facts(held, 3, scores, ERROR))
    assert missed <= ERROR * count + 3 * math.sqrt(ERROR * (1 - ERROR) * count)


def test_intervals_are_not_idle():
    """With many prefixes the ends are near the truth, and what a floor bounds has an upper end."""
    rng = np.random.default_rng(1)
    held = list(sampled(rng, 3000, 4))
    found = facts(held, 3, FLOORED, ERROR)
    assert holds(found)
    for step, true in zip(found.steps, TRUE, strict=True):
        assert step.level.upper - step.level.lower < 0.1 and step.ratio.lower > true["ratio"] - 0.15
        assert step.ratio.upper < true["ratio"] + 0.3
    assert found.eps[0] > 0 and found.eps[1] == pytest.approx(19)
    assert all(step.effective_ends[0] > 0.3 for step in found.steps) and found.steps[1].effective_ends[1] < 1
    plain = facts(held, 3, PLAIN, ERROR)
    assert plain.eps[1] == math.inf and plain.steps[1].ratio.upper == math.inf


def test_all_children_give_the_constants_exactly():
    held = list(sampled(np.random.default_rng(2), 200, 0, complete=True))
    found = facts(held, 3, PLAIN, ERROR)
    assert found.eps[0] == pytest.approx(EPS) and found.eps_seen == pytest.approx(EPS)
    assert found.cumulative[0] == pytest.approx(LAMBDA) == found.cumulative_seen
    assert found.ratio_bound[0] == pytest.approx(BOUND)
    assert (
        found.worst is not None
        and found.worst.step == int(np.argmax([t["rho"].max() / t["rho"].min() for t in TRUE[1:]])) + 1
    )


def test_the_effective_share():
    """`E[V']^2 / (E[V] E[V'^2/V])` is the share of a large weighted cloud that is effective after the step."""
    held = list(sampled(np.random.default_rng(3), 4000, 0, complete=True))
    found = facts(held, 3, PLAIN, ERROR)
    for t, step in enumerate(found.steps):
        cloud = FRONTS[t] * VALUES[t]
        weights = VALUES[t + 1][None, :] / VALUES[t][:, None]
        law = cloud[:, None] * MOVES / cloud.sum()
        assert step.effective == pytest.approx((law * weights).sum() ** 2 / (law * weights**2).sum(), rel=0.05)


def test_one_child_shows_no_ratio():
    held = list(sampled(np.random.default_rng(4), 50, 1))
    found = facts(held, 3, PLAIN, ERROR)
    assert found.eps_seen is None and found.cumulative_seen is None and found.worst is None
    assert found.ratio_bound[0] > 1


def test_killed_and_dead_prefixes():
    families = [
        Family("a", "0", 0, 0.0, (0.0, 0.5)),
        Family("b", "1", 0, 0.0, (0.0,)),
        Family("c", "2", 0, 0.5, (0.5,)),
    ]
    (step,) = facts(families, 1, PLAIN, ERROR).steps
    assert (step.killed, step.dead, step.prefixes) == (1, 1, 3)


def test_many_units_take_bounded_memory():
    """Beyond what is kept the interval comes from sums, and is near the one of all values."""
    average, rng = Average(1.0), np.random.default_rng(5)
    values = rng.random(KEPT + 1000)
    for k, value in enumerate(values):
        average.add(str(k), float(value))
    found = average.interval(0.05)
    assert not average.cut.values and found is not None and found.units == len(values)
    assert found.lower < 0.5 < found.upper and found.upper - found.lower < 0.01


def test_a_unit_counts_once():
    average = Average(None)
    for unit, value in (("a", 0.0), ("a", 2 * CAP), ("b", 1.0)):
        average.add(unit, value)
    found = average.interval(0.5)
    assert found is not None and found.units == 2 and found.mean == pytest.approx((CAP + 1) / 2)
    assert found.upper == math.inf


def test_margins_of_single_prefixes_add_up():
    """The i-th prefix takes 6 error / (2 pi^2 i^2) on two sides: all of them error / 2."""
    shares = [3 * ERROR / (math.pi**2 * i**2) for i in range(1, 200_000)]
    assert sum(shares) <= ERROR / 2
    assert all(a > b for a, b in pairwise(shares[:100]))
