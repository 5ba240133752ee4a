"""A loop is named by its log: every kind of loop, temperature and scale; what the log cannot tell apart is said."""

from __future__ import annotations

import json
import math

import pytest

from smc.cli import run
from smc.errors import InputError
from smc.rewards.importers import reading
from smc.rewards.naming import Seen, name_factor
from smc.rewards.words import samples_target, sentences
from tests.rewards.loops import LOOPS, log_of, moves_of


def named(lines):
    seen = Seen()
    seen.add(move.score for move in moves_of(lines))
    return name_factor(lambda: moves_of(lines), seen)


@pytest.mark.by_turn
@pytest.mark.parametrize("kind", LOOPS, ids=lambda kind: "-of-".join(filter(None, kind)))
def test_every_loop_is_named(kind):
    for seed in range(24):  # 216 logs over all kinds
        fit = named(log_of(LOOPS[kind], seed, normalised=seed % 2 == 0)).decided
        assert fit is not None and (fit.multiplier.name, fit.transform) == kind
        assert fit.temperature == pytest.approx(1)


def test_the_temperature_is_read_off():
    fit = named(log_of(LOOPS["ratio", ""], 1, temperature=2.5)).decided
    assert fit is not None and fit.temperature == pytest.approx(2.5)
    assert not samples_target(fit)
    assert "temperature 2.5" in " ".join(sentences(named(log_of(LOOPS["ratio", ""], 1, temperature=2.5))))


@pytest.mark.parametrize(
    ("scale", "change", "transform"),
    [
        ("log-probabilities", math.log, ""),
        ("logits or rewards", lambda s: math.log(s / (1 - s)), "sigmoid"),
    ],
)
def test_scores_in_other_scales(scale, change, transform):
    lines = [json.loads(line) for line in log_of(LOOPS["ratio", ""], 3)]
    naming = named([json.dumps({**line, "score": change(line["score"])}) for line in lines])
    assert naming.seen.scale == scale
    assert naming.decided is not None
    assert (naming.decided.multiplier.name, naming.decided.transform) == ("ratio", transform)
    assert samples_target(naming.decided)


def audited(tmp_path, lines, change, *options):
    """The exit code of an audit of `lines` whose scores are changed."""
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps({**line, "score": change(line["score"])}) for line in map(json.loads, lines)))
    return run(["audit", str(path), *options])


def test_a_loop_on_lifted_scores_is_named_with_its_floor(tmp_path, capsys):
    """The log has the scores before they are lifted, some of them 0."""

    def lifted(before, path, last):
        return max(path[-1], 0.3) / max(before, 0.3)

    lines = log_of(lifted, 3)
    dead = [{**line, "score": 0.0 if line["score"] < 0.3 else line["score"]} for line in map(json.loads, lines)]
    assert any(line["score"] == 0 for line in dead)
    assert audited(tmp_path, map(json.dumps, dead), float, "--floor", "0.3", "--json") == 0
    fits = json.loads(capsys.readouterr().out)["fits"]
    assert [(f["factor"], f["floor"]) for f in fits] == [("ratio", 0.3)]
    assert audited(tmp_path, map(json.dumps, dead), float) == 3
    assert audited(tmp_path, map(json.dumps, dead), float, "--floor", "0.2") == 3
    out = capsys.readouterr().out
    assert "no factor that is known" in out and "lifted to" not in out


def test_a_floor_that_lifts_nothing_changes_no_name(tmp_path, capsys):
    for kind in LOOPS:
        assert audited(tmp_path, log_of(LOOPS[kind], 5), float, "--floor", "0.001", "--json") in (0, 1)
        fits = json.loads(capsys.readouterr().out)["fits"]
        assert [(f["factor"], f["of"], f["floor"]) for f in fits] == [(kind[0], kind[1] or "score", None)]


@pytest.mark.parametrize(
    ("options", "of", "code"),
    [([], None, 3), (["--scores", "logits"], "sigmoid", 0), (["--scores", "rewards"], "sigmoid", 1)],
)
def test_logits_below_zero_are_taken_as_they_are_said_to_be(options, of, code, tmp_path, capsys):
    """Logits that are all at most 0 look like logarithms of probabilities; with V = e^score that loop has another target."""

    def halved(before, path, last):
        return path[-1] / before

    def logit(score):
        return math.log(score / 2 / (1 - score / 2))

    assert audited(tmp_path, log_of(halved, 3), logit, *options, "--json") == code
    fits = json.loads(capsys.readouterr().out)["fits"]
    assert [(f["factor"], f["of"]) for f in fits] == ([] if of is None else [("ratio", of)])


def test_only_the_target_is_called_the_target():
    for kind in LOOPS:
        fit = named(log_of(LOOPS[kind], 7)).decided
        assert fit is not None
        assert samples_target(fit) is (kind in (("ratio", ""), ("last", "")))


def test_one_step_does_not_tell_the_ratio_from_the_score():
    naming = named(log_of(LOOPS["score", ""], 5, steps=2)[:12])
    assert naming.decided is None and {f.multiplier.name for f in naming.fits} >= {"ratio", "score"}
    assert "does not tell apart" in " ".join(sentences(naming))


def test_weights_that_do_not_differ_name_nothing():
    lines = [json.dumps({**json.loads(line), "log_weight": -1.5}) for line in log_of(LOOPS["score", ""], 5)]
    for log in (lines, log_of(LOOPS["score", ""], 5, particles=1, steps=2)):
        naming = named(log)
        assert naming.fits == () and not naming.varied
        assert "log several particles" in " ".join(sentences(naming))


def test_a_stranger_is_not_named():
    lines = [json.loads(line) for line in log_of(LOOPS["score", ""], 5)]
    naming = named([json.dumps({**line, "log_weight": math.sin(40 * line["score"])}) for line in lines])
    assert naming.fits == ()
    assert "no factor that is known" in " ".join(sentences(naming))


def rounded(lines, scores, weights=17):
    """The log with so many decimals."""
    return [
        json.dumps({**line, "score": round(line["score"], scores), "log_weight": round(line["log_weight"], weights)})
        for line in map(json.loads, lines)
    ]


@pytest.mark.parametrize(("scores", "weights"), [(6, 17), (4, 4), (3, 17), (17, 4)])
@pytest.mark.parametrize("kind", LOOPS, ids=lambda kind: "-of-".join(filter(None, kind)))
def test_a_log_of_few_decimals_is_named_to_those(kind, scores, weights):
    naming = named(rounded(log_of(LOOPS[kind], 11), scores, weights))
    fit = naming.decided
    if fit is None:  # three decimals of a score near 1 say little of its odds
        assert scores == 3 and kind[1] == "odds"
        return
    assert (fit.multiplier.name, fit.transform, fit.temperature) == (*kind, 1)
    assert samples_target(fit) is (kind in (("ratio", ""), ("last", "")))
    told = " ".join(sentences(naming))
    if (
        fit.digits is None
    ):  # the decimals left out are within the rounding of doubles, relative to the spread of the weights
        assert scores == 6 and "decimals" not in told
    else:
        assert (f"scores to {scores} decimals" in told) is (scores < 12)
        assert (f"weights to {weights} decimals" in told) is (weights < 12)


def test_the_temperature_of_a_rounded_log_is_read_off_to_what_it_tells():
    naming = named(rounded(log_of(LOOPS["ratio", ""], 1, temperature=2.0), 4))
    assert naming.decided is not None and naming.decided.temperature == pytest.approx(2, rel=1e-3)
    assert ", at temperature 2, as far as scores to 4 decimals tell" in " ".join(sentences(naming))
    assert "the score at the end, to the power 0.5: the product of the ratios telescopes" in " ".join(sentences(naming))


def test_what_rounding_does_not_explain_is_not_named():
    """Weights that are off by more than the digits allow; the nearest row is said, with the largest difference."""
    lines = [json.loads(line) for line in rounded(log_of(LOOPS["ratio", ""], 4), 4)]
    off = [
        json.dumps({**line, "log_weight": line["log_weight"] + 0.01 * math.sin(40 * k)}) for k, line in enumerate(lines)
    ]
    naming = named(off)
    assert naming.fits == () and naming.nearest is not None and 1e-3 < naming.nearest[1] < 0.1
    assert "nearest is the ratio of successive scores, which misses some by" in " ".join(sentences(naming))


def test_a_log_of_one_decimal_names_nothing():
    assert named(rounded(log_of(LOOPS["ratio", ""], 4), 1)).fits == ()


LINE = {"run": 0, "step": 1, "particle": 0, "score": 0.5, "log_weight": 0}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty"),
        ([{"steps": ["a"], "scores": [0.5], "reward": 1}], "`bellman-smc check log.jsonl` reads those"),
        (['{"run": 0, "st'], "line 1: is not JSON"),
        (["[1]"], "is of no format"),
        ([LINE, "[1]"], "line 2: is no object"),
        ([LINE, {"children": [1]}], "line 2: has no run"),
        ([LINE, {**LINE, "particle": 1, "score": None}], "line 2: scores are given for some particles only"),
        ([{k: v for k, v in LINE.items() if k != "score"}], "has no score"),
        ([{**LINE, "score": "nan"}], "line 1: score: 'nan'"),
        ([{**LINE, "log_weight": math.inf}], "log_weight"),
        ([{**LINE, "step": 2}], "step 2 after step 0"),
        ([LINE, LINE], "particle 0 comes twice"),
        ([LINE, {**LINE, "step": 2, "parent": 4}], "line 2: parent 4"),
        ([LINE, {**LINE, "step": 2}], "line 2: has no parent"),
        ([LINE, {**LINE, "run": 1}, {**LINE, "particle": 1}], "run 0 comes again"),
        ([{**LINE, "particle": True}], "particle: true"),
        ([{**LINE, "particle": -1}], "particle: -1"),
    ],
)
def test_bad_logs(lines, said, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    with pytest.raises(InputError) as error:
        list(reading(str(path)).records())
    assert said in str(error.value)


def test_a_weight_of_zero_is_a_score_of_zero():
    lines = [json.loads(line) for line in log_of(LOOPS["score", ""], 2)]
    last = [line for line in lines if line["run"] == 1 and line["step"] == 5]
    last[0] |= {"score": 0.0, "log_weight": "-Infinity"}
    fit = named([json.dumps(line) for line in lines]).decided
    assert fit is not None and fit.multiplier.name == "score"
    last[0] |= {"log_weight": -1.0}
    assert named([json.dumps(line) for line in lines]).fits == ()
