"""One file of each format, audited and converted: what is read, what scores mean, and in how much memory."""

from __future__ import annotations

import json
import os
import tracemalloc

import pytest

from smc.cli import run
from smc.errors import InputError
from smc.rewards.audit import audit
from smc.rewards.importers import FORMATS, reading
from smc.rewards.items import items
from smc.rewards.records import Family, Run
from tests.rewards.sample_files import PREFIX, SAMPLES


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


@pytest.mark.parametrize("kept", [0, 7])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_log_that_is_not_kept_is_read_again_and_says_the_same(name, kept, monkeypatch):
    """With room for no record, and for the first few of most."""
    known = audit([str(SAMPLES[name])])
    passes = []
    monkeypatch.setattr("smc.rewards.audit.KEPT_SCORES", kept)
    monkeypatch.setattr("smc.rewards.importers.items", lambda path: passes.append(path) or items(path))
    again = audit([str(SAMPLES[name])])
    assert (again.records, again.facts, again.naming, again.genealogies) == (
        known.records, known.facts, known.naming, known.genealogies
    )  # fmt: skip
    assert len(passes) > 2 or kept, "one to see the format, one for each pass"


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


def test_a_loop_without_scores_is_undecided(tmp_path, capsys):
    lines = [{"run": 0, "step": 1, "particle": k, "parent": None, "score": None, "log_weight": -k} for k in range(3)]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert run(["audit", str(path)]) == 3
    assert "cannot be named" in capsys.readouterr().out


def test_a_list_over_many_chunks_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("smc.rewards.items.CHUNK", 7)
    path = tmp_path / "given.json"
    path.write_text(f" [ {PREFIX} ,\n{PREFIX},{PREFIX}\n]\n \n")
    assert len(list(items(str(path)))) == 3


@pytest.mark.parametrize("command", [["audit"], ["convert", "--to", "particles"]], ids=lambda c: c[0])
def test_a_file_is_named_and_can_be_read_again(command, tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, said in (("", "file: no file is named"), (str(pipe), "can be read only once")):
        assert run([*command, path]) == 2
        assert said in capsys.readouterr().err


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
    monkeypatch.setattr("smc.rewards.audit.KEPT_SCORES", 1000)
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
