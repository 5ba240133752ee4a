"""What theorems ask for on audited data is enough on the model that the data came from, where the worst prefixes were seen."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from smc.checks.needs import constants, needs
from smc.lm.automaton import contains, ends
from smc.lm.chain import chain
from smc.rewards.facts import Scores
from smc.rewards.local import facts
from smc.rewards.records import Family
from tests.lm.small import SYMBOLS, letters

PLAIN = Scores("probabilities", lambda score: score)
DELTA = Fraction(1, 10)


def seen(found, values):
    return facts(found.families(values, 400, 0, np.random.default_rng(0)), found.horizon, PLAIN)


def bent(found, seed):
    values = np.clip(found.value * np.random.default_rng(seed).uniform(0.8, 1.25, found.value.shape), 0.05, 1.0)
    values[-1] = found.reward
    return values


@pytest.mark.by_turn
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "automaton", [ends(["a", "b"], SYMBOLS[:-1]), contains(["a", "b"], SYMBOLS[:-1])], ids=["ends", "contains"]
)
def test_naive_counts_are_enough(automaton, seed):
    """All children of 400 texts show the worst of every step here; S10 certifies the accuracy at the counts that theorems ask for."""
    found = chain(letters(), automaton, 5, low=0.125)
    values = bent(found, seed)
    steered, audited = found.steer(values), seen(found, values)
    assert audited.cumulative_seen == pytest.approx(steered.cumulative)
    asked = {need.id: need for need in needs(audited, DELTA) if need.algorithm == "naive" and need.kind == "theorem"}
    for name in "P3", "S3", "S13", "S4", "S12":
        assert asked[name].count is not None
        assert steered.certificate(int(asked[name].count)).lower <= float(DELTA)
    assert steered.certificate(int(asked["S13"].count)).upper <= float(DELTA)
    best = next(need for need in needs(audited, DELTA) if need.algorithm == "best-of-n by weights")
    assert best.count is not None and found.best_of(int(best.count)).upper <= float(DELTA)


def test_a_scale_of_a_level_changes_no_count():
    """SMC does not see a factor of a level, nor do the counts."""
    found = chain(letters(), ends(["a", "b"], SYMBOLS[:-1]), 4, low=0.125)
    values = bent(found, 4)
    scaled = values * np.array([0.5, 0.7, 0.9, 0.6, 1.0])[:, None]
    one, other = (needs(seen(found, v), DELTA) for v in (values, scaled))
    for id in "S13", "S12", "S8", "S7":
        a, b = (
            next(n.count for n in rows if n.id == id and n.algorithm != "best-of-n by weights") for rows in (one, other)
        )
        assert a == pytest.approx(b, rel=0.01)


FIRST, STAY = np.full((2, 2), 0.5), np.eye(2)
"""Either of two states at the first step, and the same from then on."""
BENT = np.array([2.0, 0.5])
"""V*/V of the two states, to the power of the last steps left."""


def late(horizon, bends, scale=1.0):
    """(V*, V) by level, with spreads at the last `bends` steps alone, and the facts of all prefixes. scale: of every level but the last."""
    best, moves = [np.array([0.02, 0.02])] * (horizon + 1), [FIRST, *[STAY] * (horizon - 1)]
    values = [best[t] / BENT ** (horizon - t) for t in range(horizon - bends, horizon)] + [best[-1]]
    while len(values) <= horizon:
        values.insert(0, moves[horizon - len(values)] @ values[0])
    values = [scale * value for value in values[:-1]] + values[-1:]
    families = [
        Family("x", str(x), t, float(values[t][x]), tuple(map(float, values[t + 1])), tuple(map(float, moves[t][x])))
        for x in (0, 1) for t in range(horizon) if t or not x
    ]  # fmt: skip
    return best, values, facts(families, horizon, PLAIN)


def test_sweeps_of_late_spreads():
    """S17's `b_p` of the very model, `max G u_p / min u_(p-1)`: the particles asked for halve the distance, wherever the spreads are."""
    horizon = 30
    best, values, found = late(horizon, 4)
    off = [b / v for b, v in zip(best, values, strict=True)]
    steps = [[(0, 0), (0, 1)], *[[(0, 0), (1, 1)]] * (horizon - 1)]
    ranges = [
        max(values[p + 1][y] / values[p][x] * off[p + 1][y] for x, y in step) / min(off[p][x] for x, _ in step)
        for p, step in enumerate(steps)
    ]
    asked = next(need for need in needs(found, DELTA) if need.id == "S17")
    assert asked.count is not None and asked.count >= 1 + sum(2 * b - 1 for b in ranges) / np.log(2)


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_visits_of_late_spreads(scale):
    """S18's `A'` and `kappa` are at least those of a path that stays: `sum_t u_t` of V as given, where levels may have any scale."""
    best, values, found = late(8, 2, scale)
    path = sum(b[0] / v[0] for b, v in zip(best[1:], values[1:], strict=True))
    above = constants(found).above
    assert sum(above) >= path * (1 - 1e-12)
    asked = next(need for need in needs(found, DELTA) if need.id == "S18")
    assert asked.kind == "theorem"
    assert asked.count is not None and asked.count >= 1 + np.log(np.sqrt(path - 1) / (2 * 0.1)) / -np.log1p(-1 / path)


@pytest.mark.parametrize("roots", [(0.4, 0.6), (None, None)], ids=["scores", "no-scores"])
def test_several_prompts_have_no_certified_count(roots):
    """One prompt succeeds always, one hardly ever: the mean over both certifies no number of answers for the second."""
    held = [
        Family("x", str(k), 0, roots[k % 2], ((1.0,), (0.01,))[k % 2] * 4, None, tuple(range(4)), True)
        for k in range(200)
    ]
    both, first = (
        next(need for need in needs(facts(some, 1, PLAIN), DELTA) if need.algorithm == "best-of-n by weights")
        for some in (held, [Family("x", one.unit, 0, 0.5, one.children, None, one.ends, True) for one in held[::2]])
    )
    assert both.count is None and both.kind == "theorem" and "several prompts" in both.remark
    assert first.count is not None and first.kind == "certified"
    assert facts(held, 1, PLAIN).coverage is None


def test_zeros_leave_what_they_leave():
    families = [Family("x", str(k), t, 0.5, (0.0, 0.5, 0.5, 0.6)) for k in range(5) for t in range(2)]
    rows = {need.id: need for need in needs(facts(families, 2, PLAIN), DELTA)}
    assert rows["S13"].count is None and "score of 0" in rows["S13"].remark
    assert rows["S12"].count is None or rows["S12"].count > 0
    assert rows["S8"].count is not None
    dead = [Family("x", "0", 1, 0.5, (0.0,) * 4), Family("x", "0", 0, 0.5, (0.5,) * 4)]
    assert all(need.count is None for need in needs(facts(dead, 2, PLAIN), DELTA) if need.kind != "average")


def test_one_child_asks_for_no_theorem():
    families = [
        Family("x", str(k), t, 0.5, (0.4 + 0.1 * (k % 3),), ends=(0,) if t else ()) for k in range(40) for t in range(2)
    ]
    found = facts(families, 2, PLAIN)
    assert constants(found).eps is None
    assert {(need.algorithm, need.kind) for need in needs(found, DELTA)} == {
        ("best-of-n by weights", "certified"),
        ("naive", "average"),
    }
