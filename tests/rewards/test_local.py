"""What an audit certifies holds: coverage of all that it says at once, on a model whose truth is known; what it cannot say it does not."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from smc.rewards.averages import CAP, KEPT, Average
from smc.rewards.facts import FAR, Scores
from smc.rewards.local import facts
from smc.rewards.records import Family
from tests.effort import effort
from tests.rewards.chains import FRONTS, MOVES, VALUES

PLAIN = Scores("probabilities", lambda score: score)
FLOORED = Scores("probabilities", lambda score: score, floor=0.05)
ERROR = 0.1


def truth(t, values=VALUES):
    """By name: the true average at step t; ratios are over the prefixes that have one, of positive value."""
    before, after, law = values[t], values[t + 1], FRONTS[t]
    alive = before > 0
    safe, living = np.where(alive, before, 1.0), law * alive / (law @ alive)
    rho = MOVES @ after / safe
    ratios = after[None, :] / safe[:, None]
    far = [living @ (MOVES * ((ratios > f) | (ratios < 1 / f))).sum(axis=1) for f in FAR]
    return {
        "level": law @ before, "next": law @ MOVES @ after, "kept": law @ (MOVES @ after * alive), "ratio": living @ rho,
        "square": living @ rho**2, "energy": law @ (MOVES @ after**2 / safe * alive), "far": far, "rho": rho[living > 0],
    }  # fmt: skip


TRUE = [truth(t) for t in range(3)]
HOLED = VALUES.copy()
HOLED[1, 2] = HOLED[2, 0] = 0.0
"""Values with zeros: the state that is best after one step is killed, and the first after two."""


def suprema(values):
    """Bellman error, cumulative Bellman error and ratio bound of the reachable prefixes of positive value."""
    rhos = [truth(t, values)["rho"] for t in range(3)]
    steps = [
        (values[t][x], values[t + 1][y]) for t in range(3) for x in range(3) for y in range(3) if FRONTS[t][x] and values[t][x]
    ]  # fmt: skip
    return (
        max(max(rho.max(), 1 / rho.min()) for rho in rhos) - 1,
        sum(math.log(rho.max() / rho.min()) for rho in rhos[1:]) / 2,
        max(max(after / before, before / after if after else math.inf) for before, after in steps),
    )


EPS, LAMBDA, BOUND = suprema(VALUES)


def sampled(rng, answers, children, *, values=VALUES, complete=False):
    """Prefixes of `answers` answers, cut at each step; with `children` draws each, or all children."""
    for k in range(answers):
        x = 1
        for t in range(3):
            if complete:
                yield Family(f"{k}", str(k), t, values[t][x], tuple(values[t + 1]), tuple(MOVES[x]))
            else:
                drawn = rng.choice(3, size=children, p=MOVES[x])
                yield Family(f"{k}", str(k), t, values[t][x], tuple(values[t + 1][drawn]))
            x = rng.choice(3, p=MOVES[x])


def holds(found, values=VALUES):
    """Whether everything that is certified is true."""
    eps, growth, bound = suprema(values)
    inside = [found.eps[0] <= eps + 1e-12, found.cumulative[0] <= growth + 1e-12, found.ratio_bound[0] <= bound + 1e-12]
    inside += [found.eps[1] >= eps, found.cumulative[1] >= growth, found.ratio_bound[1] >= bound]
    for step, true in zip(found.steps, (truth(t, values) for t in range(3)), strict=True):
        for name in "level", "next", "ratio", "square", "energy":
            interval = getattr(step, name)
            inside.append(interval is None or interval.lower <= true[name] + 1e-12 <= interval.upper + 2e-12)
        inside += [i.lower <= far + 1e-12 <= i.upper + 2e-12 for i, far in zip(step.far, true["far"], strict=True)]
        share = true["kept"] ** 2 / (true["level"] * true["energy"])
        inside.append(step.effective_ends[0] <= share + 1e-12 and share <= step.effective_ends[1] + 1e-12)
        inside.append(step.sup_rho <= true["rho"].max() + 1e-12 and step.inf_rho >= true["rho"].min() - 1e-12)
        inside.append(step.spread_lower <= true["rho"].max() / true["rho"].min() + 1e-12)
    return all(inside)


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("scores", "children", "values"),
    [(PLAIN, 4, VALUES), (FLOORED, 4, VALUES), (FLOORED, 1, VALUES), (PLAIN, 4, HOLED)],
    ids=["plain", "floor", "one-child", "zeros"],
)
def test_coverage(scores, children, values):
    """Over 1,000 simulated audits (a sample in the daily run) everything holds at once in at least the stated share."""
    count = effort(1000, sample=40)
    rng = np.random.default_rng(20 + children)
    missed = 0
    for _ in range(count):
        held = list(sampled(rng, 40, children, values=values))
        missed += not holds(facts(held, 3, scores, ERROR), values)
    assert missed <= ERROR * count + 3 * math.sqrt(ERROR * (1 - ERROR) * count)


@pytest.mark.by_turn
def test_zeros_of_many_prefixes():
    """With zeros the ends of the effective share are about prefixes of weight, and hold for many prefixes too."""
    for complete in (False, True):
        held = list(sampled(np.random.default_rng(6), 3000, 4, values=HOLED, complete=complete))
        assert holds(facts(held, 3, PLAIN, ERROR), HOLED)


@pytest.mark.by_turn
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


@pytest.mark.by_turn
@pytest.mark.parametrize("values", [VALUES, HOLED], ids=["positive", "zeros"])
def test_the_effective_share(values):
    """`E[V']^2 / (E[V] E[V'^2/V])` is the share of a large weighted cloud that is effective after the step."""
    held = list(sampled(np.random.default_rng(3), 4000, 0, values=values, complete=True))
    found = facts(held, 3, PLAIN, ERROR)
    for t, step in enumerate(found.steps):
        cloud = FRONTS[t] * values[t]
        weights = values[t + 1][None, :] / np.where(values[t] > 0, values[t], 1.0)[:, None]
        law = cloud[:, None] * MOVES / cloud.sum()
        assert step.effective == pytest.approx((law * weights).sum() ** 2 / (law * weights**2).sum(), rel=0.05)


def test_one_child_shows_no_ratio():
    held = list(sampled(np.random.default_rng(4), 50, 1))
    found = facts(held, 3, PLAIN, ERROR)
    assert found.eps_seen is None and found.cumulative_seen is None and found.worst is None
    assert found.ratio_bound[0] > 1


def ended(step, unit, reward, *, chances=None):
    """A prefix after which answers end, with a reward each."""
    return Family("a", unit, step, 0.5, tuple(reward), chances, tuple(range(len(reward))), True)


def test_the_mean_reward_of_answers_of_one_length():
    """The mean over questions of the mean over answers; children that are all that can follow count by their probabilities."""
    held = [
        Family("a", "0", 0, 0.5, (0.5, 0.5)),
        ended(1, "0", (1.0, 0.0), chances=(0.75, 0.25)),
        ended(1, "1", (0.0, 0.5)),
    ]
    found = facts(held, 2, PLAIN, ERROR).final
    assert found is not None and found.mean == 0.5 and found.units == 2


@pytest.mark.parametrize(
    "early", [ended(0, "0", (1.0,)), Family("a", "0", 1, 0.5, (1.0, 0.5), None, (0,), True)], ids=["earlier", "some"]
)
def test_no_mean_reward_of_answers_of_several_lengths(early):
    """Half of the answers end at once with reward 1, half later with 0: each cut has ended children, and their mean is not 1/2."""
    held = [early, *(ended(1, str(k), (0.0,) * 4) for k in range(1, 50))]
    assert facts(held, 2, PLAIN, ERROR).final is None


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
