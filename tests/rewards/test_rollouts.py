"""V against V* by answers drawn after prefixes: exact where every reward is known, covered at the stated level where it is sampled."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from smc.cli import run
from smc.lm.adapter import sampled
from smc.lm.automaton import ends
from smc.lm.chain import chain
from smc.lm.known import Known
from smc.rewards.audit import audit
from smc.rewards.facts import Scores
from smc.rewards.local import facts
from smc.rewards.records import Family
from smc.rewards.rollouts import Answers
from smc.rewards.writing import prefix_lines
from tests.effort import effort
from tests.lm.small import SYMBOLS, letters
from tests.rewards.chains import BEST, FRONTS, MOVES, VALUES, activity, answers, chi_square, increments

PLAIN = Scores("probabilities", lambda score: score)
FLOORED = Scores("probabilities", lambda score: score, floor=0.05)
ERROR = 0.1


def test_the_identity_by_pairs_of_rewards():
    """Over all prefixes of a step and all pairs of rewards, each with its probability, the averages give chi^2 and the increments."""
    for t in (1, 2):
        mass = tilt = moment = level = 0.0
        law = np.linalg.matrix_power(MOVES, 3 - t)
        for before in range(3):
            for x in range(3):
                for y in range(3):
                    for z in range(3):
                        p = FRONTS[t - 1][before] * MOVES[before, x] * law[x, y] * law[x, z]
                        if p:
                            one = Answers(1.0, 20.0)
                            above = VALUES[t - 1][before]
                            one.add("0", VALUES[t][x], above, (VALUES[3][y], VALUES[3][z]), None)
                            mass, tilt = mass + p * one.mass.plain, tilt + p * one.tilt.plain
                            moment, level = moment + p * one.moment.plain, level + p * one.level.plain
        assert mass == pytest.approx(BEST[0][1])
        assert level * tilt / mass**2 - 1 == pytest.approx(chi_square(t))
        assert (FRONTS[t - 1] @ VALUES[t - 1]) * moment / mass**2 == pytest.approx(increments()[t - 1])


def holds(found, *, sharp=True):
    """Whether every end about V* holds the truth: chi^2, the mean reward, C_act, and G1's constant."""
    inside = [found.activity[0] <= activity() + 1e-12 <= found.activity[1] + 2e-12]
    truths = [(step.step, step.truth) for step in found.steps if step.truth is not None]
    assert {t for t, _ in truths} == ({1, 2} if sharp else {2})
    for t, truth in truths:
        inside.append(truth.chi.lower <= chi_square(t) + 1e-12 <= truth.chi.upper + 2e-12)
        inside.append(truth.mass.lower <= BEST[0][1] + 1e-12 <= truth.mass.upper + 2e-12)
    assert (found.coverage is not None) is sharp
    if sharp:
        inside.append(sum(map(math.sqrt, increments())) / 2 <= found.coverage[1] + 1e-12)
    return all(inside)


@pytest.mark.by_turn
@pytest.mark.parametrize(
    ("scores", "children", "rollouts"), [(PLAIN, 2, 2), (FLOORED, 2, 2), (FLOORED, 0, 4), (FLOORED, 4, 0)],
    ids=["plain", "floor", "all-children", "no-rollouts"],
)  # fmt: skip
def test_coverage(scores, children, rollouts):
    """Over 1,000 simulated audits (a sample in the daily run) all of it holds at once in at least the stated share."""
    count = effort(1000, sample=12)
    rng = np.random.default_rng(30 + rollouts)
    missed = sum(
        not holds(facts(list(answers(rng, 40, children, rollouts)), 3, scores, ERROR), sharp=rollouts > 0)
        for _ in range(count)
    )
    assert missed <= ERROR * count + 3 * math.sqrt(ERROR * (1 - ERROR) * count)


@pytest.mark.by_turn
def test_ends_are_not_idle():
    """With many answers the ends are near the truth on both sides, and G1's constant is near the exact one."""
    found = facts(answers(np.random.default_rng(1), 2000, 4, 4), 3, FLOORED, ERROR)
    assert holds(found)
    for step in found.steps[1:]:
        exact, chi = chi_square(step.step), step.truth.chi
        assert chi.mean == pytest.approx(exact, abs=0.03)
        assert chi.upper < exact + 0.7
    exact = sum(map(math.sqrt, increments())) / 2
    assert found.coverage[0] == pytest.approx(exact, rel=0.03) and found.coverage[1] < 1.4 * exact
    assert 1 <= found.activity[0] <= activity() <= found.activity[1] == pytest.approx(20)
    plain = facts(answers(np.random.default_rng(1), 100, 4, 4), 3, PLAIN, ERROR)
    assert plain.activity[1] == math.inf == plain.steps[1].truth.chi.upper == plain.coverage[1]


def test_scores_that_are_upside_down():
    """V is 0.1 where V* is 1, and 0.9 where it is 0.1: chi^2 = 1/2 (1/0.1 + 0.01/0.9) (1/2) / 0.55^2 - 1 is far from 0, and said to be."""
    held = [
        Family("a", str(k), 1, (0.1, 0.9)[k % 2], (0.5, 0.5), rollouts=((1.0, 1.0), (0.1, 0.1))[k % 2])
        for k in range(2000)
    ]
    chi = facts(held, 3, FLOORED).steps[0].truth.chi
    exact = 0.5 * (10 + 0.01 / 0.9) / 2 / 0.55**2 - 1
    assert chi.mean == pytest.approx(exact) and exact > 7
    assert 1 < chi.lower < exact < chi.upper < exact + 3  # the lower end is that of values cut at 4


def test_the_activity_of_all_children_is_exact():
    """At the last step V* of the children is their reward, and V* of the prefix the mean of all."""
    found = facts(answers(np.random.default_rng(2), 200, 0, 2), 3, PLAIN, ERROR)
    assert found.activity[0] == pytest.approx(max(BEST[3][y] / BEST[2][x] for x in range(3) for y in range(3)))


def test_the_activity_of_draws_is_no_larger_than_it_is():
    """Rewards are 1 or 0 evenly, so that C_act is 2: four draws with one success do not show 4, four hundred show nearly 2."""

    def shown(successes, draws):
        rewards = (1.0,) * successes + (0.0,) * (draws - successes)
        return facts([Family("a", "0", 0, 0.5, rewards, None, tuple(range(draws)), True)], 1, PLAIN, ERROR).activity[0]

    assert shown(1, 4) <= 2 and shown(2, 8) <= 2
    assert 1.7 < shown(200, 400) < 2


def test_a_score_of_zero_on_a_living_prefix():
    """chi^2 is infinite where V is 0 and V* is not, and finite where both are."""
    others = [Family("b", str(k), 1, 0.5, (0.5, 0.5), rollouts=(1.0, 0.0, 1.0), before=0.5) for k in range(1, 9)]

    def first(*rewards):
        return (
            facts([Family("a", "0", 1, 0.0, (0.5, 0.5), rollouts=rewards, before=0.5), *others], 3, PLAIN)
            .steps[0]
            .truth
        )

    finite, infinite = first(0.0, 0.0), first(1.0, 1.0)
    assert finite.chi.mean < math.inf and finite.moment is not None
    assert (
        infinite.chi.mean == infinite.chi.upper == math.inf
        and infinite.chi.lower < math.inf
        and infinite.moment is None
    )


def as_dict(family):
    return {name: getattr(family, name) for name in family.__slots__}


@pytest.mark.parametrize("fault", ["before", "rollouts", "answer", "root"])
def test_no_constant_of_answers_that_lack_something(fault):
    """G1's constant sums over steps: no answer may be without a step, its rewards, or the score before."""
    held = list(answers(np.random.default_rng(3), 30, 2, 2))
    assert facts(held, 3, FLOORED).coverage is not None
    place = next(
        k for k, family in enumerate(held) if family.unit == "7" and family.step == (0 if fault == "root" else 1)
    )
    change = {"before": {"before": None}, "rollouts": {"rollouts": ()}, "root": {"score": None}}
    if fault == "answer":
        del held[place]
    else:
        held[place] = Family(**{**as_dict(held[place]), **change[fault]})
    assert facts(held, 3, FLOORED).coverage is None


def test_no_chi_square_over_answers_of_which_some_have_ended(tmp_path, capsys):
    """Half the answers end after one step with reward 1; half go on, V = 0.1 and V* = 0.9 for all of those, so that over them alone chi^2
    is 0. The layer holds both halves: `E[V] E[V*^2/V] / E[V*]^2 - 1 = 0.55 (1 + 8.1)/2 / 0.95^2 - 1 = 1.77`."""
    held = []
    for k in range(600):
        pair, kept = ((1.0, 0.1), (0,)) if k % 2 else ((0.1, 1.0), (1,))
        held.append(Family("a", str(k), 0, 0.95, pair, None, kept, True, (1.0, 0.9)))
        if k % 2 == 0:
            held.append(Family("a", str(k), 1, 0.1, (1.0,) * 9 + (0.0,), None, tuple(range(10)), True, before=0.95))
    found = facts(held, 2, FLOORED)
    assert found.steps[0].truth is not None and found.steps[0].truth.chi.lower == 0
    assert found.steps[1].truth is None and found.coverage is None and found.all_before == 1
    path = tmp_path / "prefixes.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in prefix_lines(held)))
    assert run(["audit", str(path), "--scores", "probabilities", "--floor", "0.05"]) == 0
    assert "answers have ended by step 1" in capsys.readouterr().out


def branches(fault, count):
    """V is 1/2 everywhere; after the first step V* is 1/2 on one branch and 0.95 on the other. A group is an answer of each branch.

    fault: the good branch has no `rollouts`; or is `gone` from every second group, the others having a bad one more."""
    rng = np.random.default_rng(7)
    for k in range(count):
        for best in (0.5, 0.95):
            drawn = [tuple((rng.random(2) < p).astype(float).tolist()) for p in (0.725, best, best)]
            yield Family("root", str(k), 0, 0.5, (0.5, 0.5), rollouts=drawn[0])
            good, odd = best > 0.9, k % 2 == 1
            times = 1 + (fault == "gone") * (-good if odd else not good)
            for _ in range(times):
                rollouts = () if good and fault == "rollouts" else drawn[1]
                yield Family("one", str(k), 1, 0.5, (0.5, 0.5), rollouts=rollouts, before=0.5)
            yield Family("two", str(k), 2, 0.5, drawn[2], None, (0, 1), True, before=0.5)


@pytest.mark.parametrize("fault", [None, "rollouts", "gone"])
def test_no_constant_when_a_branch_lacks_its_answers(fault, tmp_path, capsys):
    """`c = (2 sqrt(E[V*_1^2]) + sqrt(E[V*_3^2])) / (2 Z)`; were the good branch left out of a step, less would be certified than it is."""
    exact = (2 * math.sqrt((0.5**2 + 0.95**2) / 2) + math.sqrt(0.725)) / (2 * 0.725)
    floored, count = Scores("probabilities", lambda score: score, floor=0.25), 300 if fault else 1500
    found = facts(branches(fault, count), 3, floored)
    if fault is None:
        assert found.coverage[0] == pytest.approx(exact, rel=0.02) and found.coverage[1] >= exact
        return
    assert found.coverage is None and facts(branches(None, count), 3, floored).coverage is not None
    assert [step.prefixes for step in found.steps] == [600, 600, 600]
    path = tmp_path / "prefixes.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in prefix_lines(branches(fault, count))))
    assert run(["audit", str(path), "--scores", "probabilities", "--floor", "0.25"]) == 0
    out = capsys.readouterr().out
    assert "G1" not in out
    if fault == "rollouts":
        assert "300 of 600" in out and "the row is about those" in out


@pytest.mark.parametrize("prefixes", [30, pytest.param(400, marks=pytest.mark.by_turn)])
def test_rollouts_of_an_adapter_through_a_file(prefixes, tmp_path, capsys):
    """From an adapter to lines to the audit: chi^2 of a chain with ends at different steps is inside, and the certified count is said."""
    known = chain(letters(), ends(["a", "b"], SYMBOLS[:-1]), 4, low=0.125)
    values = np.clip(known.value * np.random.default_rng(5).uniform(0.7, 1.4, known.value.shape), 0.05, 1.0)
    values[:, -2:] = known.reward[-2:]  # a text that ended has its reward
    values[-1] = known.reward
    path = tmp_path / "prefixes.jsonl"
    families = sampled(Known(known.steer(values)), prefixes, 4, 4, np.random.default_rng(6), rollouts=3)
    path.write_text("".join(json.dumps(line) + "\n" for line in prefix_lines(families)))
    found = audit([str(path)], floor=0.05).facts
    for step in found.steps[1:]:
        t = step.step
        best, followed = (known.front[t] * of[t] / (known.front[t] @ of[t]) for of in (known.value, values))
        exact = float((best**2 / np.where(followed > 0, followed, 1)).sum()) - 1
        assert known.steer(values).chi_squares[t] == pytest.approx(exact)
        assert step.truth.chi.lower <= exact <= step.truth.chi.upper
        assert step.truth.chi.mean == pytest.approx(exact, abs=3 / math.sqrt(prefixes))
    count = math.ceil((found.coverage[1] / 0.1) ** 2)
    assert known.steer(values).certificate(count).upper <= 0.1
    assert run(["audit", str(path), "--floor", "0.05"]) == 0
    out = capsys.readouterr().out
    assert "chi^2(pi*_t || pihat_t)" in out and "G1 by these averages" in out and "theorem, certified" in out
    assert f"{count:,} particles" in out


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rollouts": [1]}, "line 1: rollouts: 1 entries; give at least 2"),
        ({"rollouts": [1, "x"]}, "rollouts[1]: 'x'"),
        ({"rollouts": [1, 2.5]}, "are no probabilities"),
        ({"before": "nan"}, "before: 'nan'"),
        ({"rollouts": 3}, "a number where a list is wanted"),
    ],
)
def test_bad_rollouts(fields, said, tmp_path, capsys):
    path = tmp_path / "prefixes.jsonl"
    path.write_text(json.dumps({"step": 1, "score": 0.5, "children": [0.5, 0.4], **fields}))
    assert run(["audit", str(path), "--scores", "probabilities"]) == 2
    assert said in capsys.readouterr().err
