"""One file of each format, audited; every kind of bad input: file, line or node named, exit code 2."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path

import pytest

from smc.cli import run
from smc.errors import InputError
from smc.rewards.audit import audit
from smc.rewards.importers import FORMATS, reading
from smc.rewards.items import items
from smc.rewards.records import Family, Run

SAMPLES = {path.stem: path for path in sorted((Path(__file__).parent / "samples").iterdir())}


def read(path):
    return list(reading(str(path)).records())


def test_there_is_a_sample_of_each_format():
    assert set(SAMPLES) == {known.name for known in FORMATS}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_known_and_audited(name, capsys):
    assert reading(str(SAMPLES[name])).format.name == name
    code = run(["audit", str(SAMPLES[name]), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == name and found["records"] > 0
    assert code == {"particles": 1, "its-hub": 1, "llamppl": 3}.get(name, 0)  # a trace without scores decides nothing
    assert run(["audit", str(SAMPLES[name])]) == code
    assert name in ("llamppl", "its-hub") or "Is the reward model good enough?" in capsys.readouterr().out


def test_what_is_read():
    (trace,) = read(SAMPLES["llamppl"])
    assert isinstance(trace, Run)
    assert [cloud.parents for cloud in trace.clouds] == [None, (0, 0, 1, 3), (0, 1, 2, 3)]
    assert trace.clouds[1].log_weights == pytest.approx((-0.6, -1.0, -0.2, float("-inf")))
    families = {name: read(SAMPLES[name]) for name in SAMPLES}
    assert [(f.step, f.score, f.children) for f in families["openr"]] == [
        (0, 0.5, (0.875, 0.0)), (1, 0.875, (1.0, 0.0)), (0, 0.75, (1.0, 0.25)),
    ]  # fmt: skip
    flat = [(f.unit, f.step, f.score, f.children) for f in families["openr-flat"]]
    assert flat == [("0", 0, 0.5, (0.875, 0.0)), ("0", 1, 0.875, (1.0,)), ("1", 0, 0.75, (1.0,))]
    assert [f.children for f in families["prm800k"]] == [(1.0, 0.0), (1.0, 0.0, 1.0), (0.0,)]
    assert [(f.unit, f.step, f.children) for f in families["math-shepherd"]] == [
        ("0", 0, (1.0,)), ("0", 1, (1.0,)), ("1", 0, (0.0,)),
    ]  # fmt: skip
    assert [(f.unit, f.children) for f in families["processbench"]] == [
        ("0", (1.0,)),
        ("0", (1.0,)),
        ("1", (1.0,)),
        ("1", (0.0,)),
    ]
    assert families["prefixes"][2].chances == pytest.approx((0.5, 0.5))
    first = json.loads(SAMPLES["search-and-learn"].read_text().splitlines()[0])
    mine = [f for f in families["search-and-learn"] if f.unit == "0"]
    assert mine[0].children == tuple(answer[0] for answer in first["scores"])
    assert sum(len(f.ends) for f in mine) == len(first["completions"])


def test_a_list_or_lines_or_one_object_are_read_alike(tmp_path):
    lines = SAMPLES["openr-flat"].read_text().splitlines()
    path = tmp_path / "list.json"
    path.write_text("[\n" + ",\n".join(lines) + "]\n")
    plain = [(f.step, f.children) for f in read(SAMPLES["openr-flat"])]
    assert [(f.step, f.children) for f in read(path)] == plain
    tree = json.loads(SAMPLES["openr"].read_text())[0]
    path.write_text(json.dumps(tree, indent=1))
    assert [f.children for f in read(path)] == [(0.875, 0.0), (1.0, 0.0)]
    path.write_text("\ufeff" + json.dumps(tree))
    assert len(read(path)) == 2


def test_elements_that_no_chunk_holds(tmp_path, monkeypatch):
    monkeypatch.setattr("smc.rewards.items.CHUNK", 7)
    path = tmp_path / "list.json"
    path.write_text(json.dumps([{"a": "x" * n} for n in range(60)]))
    assert [len(item.key("a").text()) for item in items(str(path))] == list(range(60))


def lines_of(name):
    return SAMPLES[name].read_text().splitlines()


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
        (["--delta", "x"], "is no number"),
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


def test_a_loop_without_scores_is_undecided(tmp_path, capsys):
    lines = [{"run": 0, "step": 1, "particle": k, "parent": None, "score": None, "log_weight": -k} for k in range(3)]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert run(["audit", str(path)]) == 3
    assert "cannot be named" in capsys.readouterr().out


PREFIX = '{"step": 0, "score": 0.5, "children": [0.25, 0.75]}'


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


def test_a_list_over_many_chunks_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("smc.rewards.items.CHUNK", 7)
    path = tmp_path / "given.json"
    path.write_text(f" [ {PREFIX} ,\n{PREFIX},{PREFIX}\n]\n \n")
    assert len(list(items(str(path)))) == 3


@pytest.mark.parametrize("kind", ["particles", "prefixes"])
def test_what_holds_neither_kind_is_sent_to_neither(kind, tmp_path, capsys):
    assert run(["convert", str(SAMPLES["its-hub"]), "--to", kind, "-o", str(tmp_path / "own.jsonl")]) == 2
    said = capsys.readouterr().err
    assert f"hold no {kind} and no " in said and "choose" not in said


@pytest.mark.parametrize("command", [["audit"], ["convert", "--to", "particles"]], ids=lambda c: c[0])
def test_a_file_is_named_and_can_be_read_again(command, tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, said in (("", "file: no file is named"), (str(pipe), "can be read only once")):
        assert run([*command, path]) == 2
        assert said in capsys.readouterr().err


def test_a_file_counts_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("log.jsonl").write_text(PREFIX)
    assert run(["audit", "log.jsonl", "./log.jsonl"]) == 2
    assert "is given twice" in capsys.readouterr().err


def test_files_of_several_formats(capsys):
    assert run(["audit", str(SAMPLES["prefixes"]), str(SAMPLES["openr"])]) == 2
    assert "one format at a time" in capsys.readouterr().err


def test_several_traces_are_several_runs(tmp_path):
    paths = [tmp_path / f"{k}.json" for k in range(3)]
    for path in paths:
        path.write_bytes(SAMPLES["llamppl"].read_bytes())
    found = audit(list(map(str, paths)))
    assert found.genealogies is not None and found.genealogies.runs == 3


def test_meanings(tmp_path):
    """The same reward model as probabilities, logarithms and logits: the same Bellman ratios."""
    from math import log

    def written(change):
        path = tmp_path / "scores.jsonl"
        path.write_text(
            json.dumps({"step": 1, "score": change(0.4), "children": [change(v) for v in (0.2, 0.5, 0.6, 0.7)]})
        )
        return str(path)

    plain = audit([written(lambda v: v)]).facts
    logs = audit([written(log)]).facts
    logits = audit([written(lambda v: log(v / (1 - v)))], scores="logits").facts
    for found in plain, logs, logits:
        assert found is not None and found.steps[-1].highest == pytest.approx(0.5 / 0.4)


def test_small_values_have_their_ratios(tmp_path):
    """Values whose squares are below floats have the ratios, and the effective share, of values a constant larger."""
    found = []
    for shift in 0, 400:
        path = tmp_path / "scores.jsonl"
        path.write_text(
            json.dumps({"step": 1, "score": -1 - shift, "children": [c - shift for c in (-1, -2, -3, -0.5)]})
        )
        found.append(audit([str(path)]).facts.steps[0])
        assert run(["audit", str(path)]) == 0
    one, other = found
    assert other.square.mean == pytest.approx(one.square.mean) and other.effective == pytest.approx(one.effective)
    assert (other.lowest, other.largest_step) == pytest.approx((one.lowest, one.largest_step))


def test_the_range_of_scores_is_said(tmp_path, capsys):
    """One score below 0 among probabilities changes what all mean: the report says from where to where they go."""
    path = tmp_path / "scores.jsonl"
    for odd, said in (
        (0.2, "scores from 0.2 to 0.75 taken as probabilities"),
        (-0.2, "scores from -0.2 to 0.75 taken as logarithms of values"),
    ):
        path.write_text(json.dumps({"step": 0, "score": 0.5, "children": [0.75, odd, 0.5, 0.5]}))
        assert run(["audit", str(path)]) == 0
        assert said in capsys.readouterr().out


def test_floor_lifts_scores_and_not_rewards(tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({"step": 0, "score": 0.5, "children": [0.0, 0.0, {"reward": 0}, {"reward": 1}]}))
    found = audit([str(path)], floor=0.1).facts
    assert found is not None and found.steps[0].highest == pytest.approx((0.1 + 0.1 + 0 + 1) / 4 / 0.5)
    assert found.eps[1] == float("inf")


def test_a_family_is_a_family():
    assert isinstance(read(SAMPLES["prefixes"])[0], Family)
    with pytest.raises(InputError):
        reading(str(SAMPLES["prefixes"].parent))


@pytest.mark.parametrize(("name", "kind"), [("particles", "particles"), ("llamppl", "particles")] + [
    (name, "prefixes") for name in SAMPLES if name not in ("llamppl", "its-hub")
])  # fmt: skip
def test_a_converted_file_says_the_same(name, kind, tmp_path):
    path = tmp_path / "own.jsonl"
    assert run(["convert", str(SAMPLES[name]), "--to", kind, "--output", str(path)]) == 0
    before, after = audit([str(SAMPLES[name])]), audit([str(path)])
    assert after.format.name == kind
    if kind == "particles":
        assert [cloud.parents for run in read(path) for cloud in run.clouds] == [
            cloud.parents for run in read(SAMPLES[name]) for cloud in run.clouds
        ]
        assert before.genealogies is not None and after.genealogies is not None
        assert after.genealogies.relative_variance == pytest.approx(before.genealogies.relative_variance)
    elif reading(str(SAMPLES[name])).format.drawn != "labels":  # of labels it is known that every prefix has V = 1
        assert before.facts is not None and after.facts is not None
        assert [(s.prefixes, s.ratio, s.level, s.seen) for s in after.facts.steps] == [
            (s.prefixes, s.ratio, s.level, s.seen) for s in before.facts.steps
        ]


def test_what_cannot_be_converted(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    assert run(["convert", str(SAMPLES["openr"]), "--to", "particles", "--output", str(path)]) == 2
    assert "hold no particles" in capsys.readouterr().err and not path.exists()
    assert run(["convert", str(SAMPLES["llamppl"]), "--to", "prefixes"]) == 2


def test_one_record_far_out_takes_little_memory(tmp_path, capsys):
    """An audit holds averages for the steps that it saw, not for those before; what sums over steps is unknown, and the report says so."""
    path = tmp_path / "far.jsonl"
    path.write_text(json.dumps({"step": 99_999, "score": 0.5, "children": [0.4, 0.6, 0.7, 0.2]}))
    tracemalloc.start()
    found = audit([str(path)]).facts
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    assert found is not None and found.horizon == 100_000 and [step.step for step in found.steps] == [99_999]
    assert found.cumulative_seen is None and found.eps_seen is None
    assert run(["audit", str(path)]) == 0
    out = capsys.readouterr().out
    assert "no prefix is of 99,999 of the steps" in out and len(out.splitlines()) < 40
    assert "S10" not in out  # a variance that sums over steps, most of them unseen


@pytest.mark.by_turn
def test_a_long_file_takes_little_memory(tmp_path, monkeypatch):
    """Twelve megabytes of lines are audited in a fraction of that: records come and go, and averages keep what they may."""
    monkeypatch.setattr("smc.rewards.averages.KEPT", 100)
    path, line = (
        tmp_path / "long.jsonl",
        {"step": 1, "score": 0.5, "children": [{"score": 0.25, "text": "word " * 600}]},
    )
    with path.open("w") as file:
        for _ in range(4_000):
            file.write(json.dumps(line) + "\n")
    assert path.stat().st_size > 12_000_000
    tracemalloc.start()
    found = audit([str(path)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.facts is not None and found.facts.families == 4_000 and found.facts.steps[0].ratio is not None
    assert found.facts.steps[0].ratio.mean == pytest.approx(0.5)
    assert peak < 1_500_000
