"""Logs that no audit can be made of, and options that do not belong: one line that names the place and the mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smc.cli import run
from tests.rewards.sample_files import PREFIX, SAMPLES, lines_of


def changed(name, line, **fields):
    """The sample with fields of one line replaced; `...` drops one."""
    lines = lines_of(name)
    lines[line] = json.dumps({k: v for k, v in {**json.loads(lines[line]), **fields}.items() if v is not ...})
    return "\n".join(lines)


def element(name, *path, value):
    """The sample, a list, with the value at a path replaced."""
    document = json.loads(SAMPLES[name].read_text())
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(document)


BAD = {
    "truncated lines": ("\n".join(lines_of("search-and-learn"))[:-30], "line 6: is not JSON"),
    "a table": (
        "prefix,score\na,0.5\n",
        "line 1: is not JSON (Expecting value); give JSON lines, one JSON list, or one object",
    ),
    "null for a score": (
        changed("search-and-learn", 1, scores=[[None], [1], [1], [1]]),
        "line 2: scores[0][0]: null; give",
    ),
    "true for a score": (
        changed("search-and-learn", 1, scores=[[True], [1], [1], [1]]),
        "line 2: scores[0][0]: true; give",
    ),
    "cut in text": (
        '{"step": 0, "children": [1]}\n{"children": ["',
        "line 2: is not JSON (Unterminated string); a line may",
    ),
    "truncated list": (SAMPLES["llamppl"].read_text()[:-40], "element 4: is not JSON"),
    "truncated object": ('{\n "log_weights_lst": [[1', "is not JSON"),
    "a number of too many digits": ('{"score": 1' + "0" * 5000 + "}", "line 1: is not JSON"),
    "too many digits in a list": ('[{"score": 1' + "0" * 5000 + "}]", "element 1: is not JSON"),
    "too many digits in text": (changed("particles", 1, particle="1" * 5000), "line 2: particle: '111"),
    "nested too deeply": ("[" * 100_000, "element 1"),
    "empty": ("\n\n", "is empty"),
    "empty list": ("[]", "holds nothing"),
    "unknown format": ('{"a": 1}', "line 1: is of no format"),
    "no object": ('"text"', "line 1: is of no format"),
    "another format below": (changed("prefixes", 1, children=...), "line 2: has no children"),
    "another object below": (
        "\n".join([*lines_of("processbench"), *lines_of("math-shepherd")]),
        "line 3: has no steps",
    ),
    "missing scores": (changed("search-and-learn", 2, scores=[[0.5]]), "line 3: 1 lists of scores for 4 completions"),
    "an answer without scores": (
        changed("search-and-learn", 2, scores=[[], [1], [1], [1]]),
        "line 3: scores[0]: 0 entries",
    ),
    "score not finite": (
        changed("search-and-learn", 2, scores=[[float("nan")], [1], [1], [1]]),
        "line 3: scores[0][0]: nan",
    ),
    "score is text": (changed("search-and-learn", 0, scores=[["good"], [1], [1], [1]]), "line 1: scores[0][0]: 'good'"),
    "no score of a prefix": (changed("prefixes", 1, score=...), "line 2: has no score"),
    "log-probability above 0": (changed("prefixes", 1, logprob=0.3), "line 2: logprob: log-probability 0.3 is above 0"),
    "log-probability of a child": (
        changed("prefixes", 1, children=[{"score": 1, "logprob": 2}]),
        "line 2: children[0]: logprob: log-probability 2",
    ),
    "children miss 1": (
        changed("prefixes", 2, children=[{"score": 1, "logprob": -1}]),
        "line 3: the probabilities of the children sum to 0.36",
    ),
    "group comes again": (
        "\n".join(changed("prefixes", 0, group="q0").splitlines() * 2),
        "line 4: group q0 comes again",
    ),
    "same child twice": (
        changed("prefixes", 2, children=[{"text": "x", "score": 1, "logprob": -0.69}] * 2),
        "line 3: children[1]: the same step",
    ),
    "complete is no flag": (changed("prefixes", 2, complete="yes"), "line 3: complete: is no true or false"),
    "a step beyond": (changed("prefixes", 2, step=10**9), "line 3: step 1000000000 is out of range"),
    "resampled is no flag": (changed("particles", -1, resampled="yes"), "resampled: is no true or false"),
    "resampled differs": (changed("particles", -1, resampled=True), "resampled is not that of the step"),
    "a weight beyond": (changed("particles", 1, log_weight=1e308), "line 2: log_weight: 1e+308"),
    "rewards beyond": (
        json.dumps({"step": 0, "score": 400, "children": [400, 1, 2, 3]}),
        "line 1: values up to 5.22e+173 after one of 5.22e+173",
    ),
    "rewards beyond at the root": (
        json.dumps({"step": 0, "children": [400, 1, 2, 3]}),
        "line 1: values up to 5.22e+173",
    ),
    "a ratio beyond": (
        json.dumps({"step": 0, "score": -400, "children": [-1, -2, -3, -4]}),
        "line 1: values up to 0.368 after one of 1.92e-174",
    ),
    "no children": (changed("prefixes", 0, children=[]), "line 1: children: 0 entries"),
    "infinite weight": (
        element("llamppl", 0, "particles", 1, "logweight", value="Infinity"),
        "element 1: particles[1]: logweight: 'Infinity'",
    ),
    "ancestor out of range": (
        element("llamppl", 1, "ancestors", 2, value=4),
        "element 2: ancestors[2]: 4 is out of range",
    ),
    "negative ancestor": (element("llamppl", 1, "ancestors", 2, value=-1), "element 2: ancestors[2]: -1"),
    "too few ancestors": (element("llamppl", 1, "ancestors", value=[0]), "element 2: 1 ancestors of 4"),
    "unknown mode": (element("llamppl", 2, "mode", value="jump"), "element 3: mode 'jump'"),
    "init again": (element("llamppl", 2, "mode", value="init"), "element 3: init at this place"),
    "cloud of another size": (
        element("llamppl", 3, "particles", value=[{"logweight": 0}]),
        "element 4: 1 particles after 4",
    ),
    "same sibling twice": (
        element("openr", 0, "reasoning_steps", "children", 1, "text", value="Subtract 6: 2x = 10."),
        "element 1: reasoning_steps: children[1]: the same step as a sibling",
    ),
    "value above 1": (
        element("openr", 1, "reasoning_steps", "mc_value", value=1.5),
        "element 2: reasoning_steps: mc_value: 1.5; give a share",
    ),
    "no value": (
        element("openr", 1, "reasoning_steps", "children", 0, value={"text": "a"}),
        "children[0]: has no mc_value",
    ),
    "node comes twice": (
        "\n".join([*lines_of("openr-flat")[:3], lines_of("openr-flat")[1]]),
        "line 4: the same prefix",
    ),
    "selected out of range": (
        json.dumps({**json.loads(SAMPLES["its-hub"].read_text()), "selected_index": 3}),
        "selected_index: 3 is out",
    ),
    "reference out of range": (
        json.dumps({**json.loads(SAMPLES["its-hub"].read_text()), "ref_indices_lst": [[0], [7]]}),
        "ref_indices_lst[1][0]: 7",
    ),
    "steps for too few": (
        json.dumps({**json.loads(SAMPLES["its-hub"].read_text()), "steps_used_lst": [[1], [1, 1, 1]]}),
        "1 entries for 3 particles",
    ),
    "unknown rating": (
        changed("prm800k", 1, label={"steps": [{"completions": [{"rating": 5}], "chosen_completion": None}]}),
        "line 2: label: steps[0]: completions[0]: rating: 5; give one of",
    ),
    "chosen out of range": (
        changed("prm800k", 1, label={"steps": [{"completions": [{"rating": 1}], "chosen_completion": 1}]}),
        "chosen_completion: 1 is out",
    ),
    "label does not follow": (
        changed("math-shepherd", 1, label="1 + 1? Step 1: 1 + 1 = 3 ки"),
        "line 2: label: no + or - for step 1",
    ),
    "no tag": (changed("math-shepherd", 0, input="2 + 2"), "line 1: input: no step tag"),
    "wrong step out of range": (changed("processbench", 1, label=3), "line 2: label: 3 is out of range"),
    "no flag": (
        changed("processbench", 0, final_answer_correct="yes"),
        "line 1: final_answer_correct: is no true or false",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_named(kind, tmp_path, capsys):
    text, said = BAD[kind]
    path = tmp_path / "given.jsonl"
    path.write_text(text)
    assert run(["audit", str(path)]) == 2
    out = capsys.readouterr()
    assert not out.out and str(path) in out.err and "given.jsonl" in out.err and said in out.err
    assert len(out.err.strip().splitlines()) == 1 and "Traceback" not in out.err


def test_files_that_are_none(tmp_path, capsys):
    assert run(["audit", str(tmp_path / "absent.jsonl")]) == 2
    assert run(["audit", str(tmp_path)]) == 2
    (tmp_path / "bytes").write_bytes(b"\xff\xfe{")
    assert run(["audit", str(tmp_path / "bytes")]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--floor", "2"], "floor"),
        (["--scores", "logit"], "logits"),
        (["--scores", "log-probabilities"], "are no log-probabilities"),
        (["--delta", "2"], "between 0 and 1"),
        (["--delta", "x"], "is not a rational number"),
        (["--delta", "1e-400"], "delta: accuracy below 1e-100"),
        (["--branching", "0"], "branching"),
        (["--branching", "9" * 400], "branching"),
        (["--error", "0"], "error"),
        (["--value", "perfect"], "brings its own scores"),
        (["--report", "page.pdf"], ".html"),
    ],
)
def test_bad_options(options, said, capsys):
    assert run(["audit", str(SAMPLES["prefixes"]), *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [["--delta", "1/10"], ["--scores", "logits"], ["--floor", "0.1"], ["--error", "0.05"], ["--branching", "2"],
     ["--report", "page.html"]],
    ids=lambda option: option[0],
)  # fmt: skip
def test_an_option_about_logs_is_no_option_of_a_model(option, capsys):
    assert run(["audit", "shipped:verifier-tree", "--multiplies", "ratio", *option]) == 2
    assert f"{option[0][2:]}: belongs to a log" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--value", "perfect"], ["--horizon", "3"], ["--name", "x"], ["--rationalise"]], ids=lambda o: o[0]
)
def test_an_option_about_models_is_no_option_of_a_file(option, tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    assert run(["convert", str(SAMPLES["openr"]), "--to", "prefixes", "-o", str(path), *option]) == 2
    assert f"{option[0][2:]}: belongs to a model" in capsys.readouterr().err and not path.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"step": 0, "score": 0.5, "score": 0.9, "children": [0.25]}', "line 1: 'score' is given twice"),
        ('{\n"step": 0, "score": 0.5, "score": 0.9,\n"children": [0.25]}', "'score' is given twice"),
        (f'[{PREFIX}, {{"step": 0, "children": [{{"score": 1, "score": 0}}]}}]', "element 2: 'score' is given twice"),
        (f"[{PREFIX}] garbage", "goes on after its list with 'garbage'"),
        (f"[{PREFIX}]" + " " * (1 << 20) + "[]", "goes on after its list with '[]'"),
        (f"[{PREFIX}]\n[{PREFIX}]", "goes on after its list"),
        (f"[{PREFIX} {PREFIX}]", "element 2: no comma"),
        (f"[{PREFIX},, {PREFIX}]", "element 2: is not JSON"),
        (f"[{PREFIX},]", "element 2: is not JSON"),
        (f"[{PREFIX}", "element 2: no comma or ]"),
    ],
)
def test_what_readers_of_json_would_read_differently_is_refused(text, said, tmp_path, capsys):
    path = tmp_path / "given.json"
    path.write_text(text)
    assert run(["audit", str(path)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["particles", "prefixes"])
def test_what_holds_neither_kind_is_sent_to_neither(kind, tmp_path, capsys):
    assert run(["convert", str(SAMPLES["its-hub"]), "--to", kind, "-o", str(tmp_path / "own.jsonl")]) == 2
    said = capsys.readouterr().err
    assert f"hold no {kind} and no " in said and "choose" not in said


def test_a_file_counts_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("log.jsonl").write_text(PREFIX)
    assert run(["audit", "log.jsonl", "./log.jsonl"]) == 2
    assert "is given twice" in capsys.readouterr().err


def test_files_of_several_formats(capsys):
    assert run(["audit", str(SAMPLES["prefixes"]), str(SAMPLES["openr"])]) == 2
    assert "one format at a time" in capsys.readouterr().err


def test_what_cannot_be_converted(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    assert run(["convert", str(SAMPLES["openr"]), "--to", "particles", "--output", str(path)]) == 2
    assert "hold no particles" in capsys.readouterr().err and not path.exists()
    assert run(["convert", str(SAMPLES["llamppl"]), "--to", "prefixes"]) == 2
