"""Means of whole answers where they end at different steps: exact over all logs of a small model, refused for what is no cut."""

from __future__ import annotations

from itertools import product

import pytest

from smc.checks.needs import constants
from smc.rewards.facts import Scores
from smc.rewards.local import facts
from smc.rewards.records import Family
from smc.rewards.whole import Whole

PLAIN = Scores("probabilities", lambda score: score)
STAY, GO = 0.6, 0.4
"""Each of three steps but the last goes on with probability GO; an answer that ends at step t has reward REWARDS[t]."""
REWARDS = (0.9, 0.3, 0.1)
GOES_ON = 0.5
"""The score of a prefix that goes on."""
MEAN = STAY * REWARDS[0] + GO * STAY * REWARDS[1] + GO * GO * REWARDS[2]
ALONG = (STAY * REWARDS[0] + GO * GOES_ON) + GO * (STAY * REWARDS[1] + GO * GOES_ON) + GO * GO * REWARDS[2]
"""Sum of E[V_t] for t = 1, 2, 3 over the prefixes that are."""


def family(unit, step, goes, *, score=GOES_ON):
    """Children at `step`, by whether each goes on; at the last step all end."""
    ends = tuple(k for k, on in enumerate(goes) if not on or step == 2)
    values = tuple(REWARDS[step] if k in ends else GOES_ON for k in range(len(goes)))
    return Family("a", unit, step, score, values, None, ends, bool(ends))


def cuts():
    """Every log of one answer with two draws at each of its steps, with its probability. Its end is no matter of the draws."""
    chance = {True: GO, False: STAY}
    for length, p in ((1, STAY), (2, GO * STAY), (3, GO * GO)):
        for draws in product(product((True, False), repeat=2), repeat=length):
            weight = p
            for t, pair in enumerate(draws):
                weight *= 1.0 if t == 2 else chance[pair[0]] * chance[pair[1]]
            if length == 3 and draws[2] != (False, False):
                continue
            yield weight, [family("0", t, pair) for t, pair in enumerate(draws)]


def traces(answers):
    """Every log of `answers` answers of one question, in the way of search-and-learn, with its probability."""
    for lengths in product(((1, STAY), (2, GO * STAY), (3, GO * GO)), repeat=answers):
        weight = 1.0
        held = [family("0", 0, [length > 1 for length, _ in lengths], score=None)]
        for length, p in lengths:
            weight *= p
            held += [family("0", t, (length > t + 1,)) for t in range(1, length)]
        yield weight, held


@pytest.mark.parametrize("logs", [cuts(), traces(1), traces(3)], ids=["cuts", "one", "three"])
def test_the_means_over_every_log(logs):
    total = reward = along = 0.0
    for weight, held in logs:
        whole = Whole(1.0, 3)
        for one in held:
            whole.add(one, one.children)
        whole.close()
        assert whole.possible
        total, reward = total + weight, reward + weight * whole.reward.plain
        along += weight * whole.levels.plain
    assert total == pytest.approx(1)
    assert reward == pytest.approx(MEAN) and along == pytest.approx(ALONG)


def test_steps_of_the_walk_count_each_answer_at_its_own_end():
    """S18's `sum_t E[V_t] / Z` of answers in their true shares; the mean of the last step alone would be another number."""
    lengths = [1] * 60 + [2] * 24 + [3] * 16
    held = [family(str(k), t, (length > t + 1,) * 4) for k, length in enumerate(lengths) for t in range(length)]
    found = facts(held, 3, PLAIN)
    assert found.final is not None and found.final.mean == pytest.approx(MEAN)
    assert found.final.lower <= MEAN <= found.final.upper
    assert constants(found).levels == pytest.approx(ALONG / MEAN)
    last = next(step.next.mean for step in found.steps if step.step == 2)
    assert sum(step.next.mean for step in found.steps) / last > 1.5 * ALONG / MEAN


@pytest.mark.parametrize(
    "held",
    [
        [family("0", 1, (False,)), family("0", 2, (False,))],
        [family("0", 0, (True,)), family("0", 2, (False,))],
        [family("0", 0, (True,)), family("0", 1, (True,)), family("0", 1, (True,)), family("0", 2, (False,))],
        [family("0", 0, (True,), score=None), family("0", 1, (True,)), family("0", 1, (True,)), family("0", 2, (False,))],
        [family("0", 0, (True,)), family("0", 1, (False,)), Family("a", "1", 2, 0.5, (0.5,))],
    ],
    ids=["no-root", "a-gap", "more", "more-than-drawn", "no-end"],
)  # fmt: skip
def test_what_is_no_cut_of_whole_answers(held):
    found = facts(held, 3, PLAIN)
    assert found.along is None
    assert found.final is None or found.together
