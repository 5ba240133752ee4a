"""The commands from the outside: what they print, their exit codes, and how they stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from smc.cli import run
from smc.exact import output_law
from smc.formats import load
from smc.numbers import ONE, ZERO, Verdict, rational
from smc.samplers import particle_process
from smc.setting import twist as reward
from smc.setting.analysis import analyse
from smc.testing.falsehoods import FALSEHOODS
from tests.checks.planted import divide
from tests.cli.processes import program
from tests.effort import turn
from tests.formats.examples import LAYERED, bent, written

KEYS = {
    "horizon", "normaliser", "bellman_error", "bellman_product", "ratio_bound", "algorithm", "particles", "method",
    "law", "dead", "tv", "second_moment_ratio", "bounds",
}  # fmt: skip


def test_check_prints_one_object_with_the_promised_keys(tmp_path, capsys):
    path = written(tmp_path, LAYERED)
    assert run(["check", path, "--algorithm", "naive", "--particles", "3", "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert KEYS <= set(found) and shown.err == ""
    source = load(path)
    law = output_law(particle_process(source.model, source.twist(), "naive"), 3)
    assert found["law"] == {s: str(p) for s, p in zip(("aa", "ab", "bb"), law.law, strict=True)}
    c = analyse(source.model, source.twist())
    assert found["tv"] == str(law.total_variation(c.target)) and found["dead"] == "0" and found["method"] == "exact"
    assert found["normaliser"] == str(c.normaliser) == "7/8" and found["horizon"] == 2 and found["particles"] == 3
    for row in found["bounds"]:
        assert {"id", "bound", "observed", "verdict"} <= set(row)
        assert row["bound"] is None or rational(row["observed"]) <= rational(row["bound"])


def test_zero_rewards_count_the_dead(tmp_path, capsys):
    path = written(tmp_path, bent(LAYERED, "reward/bb", "0"))
    assert run(["check", path, "--particles", "2", "--value", "constant", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    dead, law = rational(found["dead"]), [rational(p) for p in found["law"].values()]
    assert dead > 0 and sum(law) + dead == 1 and found["ratio_bound"] is None
    target = analyse(load(path).model, reward.constant(load(path).model)).target
    assert rational(found["tv"]) == (sum(abs(p - q) for p, q in zip(law, target, strict=True)) + dead) / 2


@pytest.mark.parametrize(
    ("options", "algorithm", "particles"),
    [
        ([], "naive", 4),
        (["--algorithm", "adapted", "--particles", "2"], "adapted", 2),
        (["--algorithm", "guided"], "guided", 1),
        (["--algorithm", "mh", "--proposals", "3"], "mh", 1),
        (["--algorithm", "best-of-n", "--particles", "2"], "best-of-n", 2),
        (["--algorithm", "sis", "--particles", "2"], "sis", 2),
    ],
)
def test_every_algorithm(options, algorithm, particles, capsys):
    assert run(["check", "shipped:verifier-tree", "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["algorithm"], found["particles"]) == (algorithm, particles)
    assert sum(rational(p) for p in found["law"].values()) + rational(found["dead"]) == 1


def test_values_chosen_by_name(capsys):
    errors = {}
    for choice in ("perfect", "bellman-error:1/4", "constant", "rounded:1/2", "file"):
        assert run(["check", "shipped:verifier-tree", "--particles", "1", "--value", choice, "--json"]) == 0
        errors[choice] = rational(json.loads(capsys.readouterr().out)["bellman_error"])
    assert (
        errors["perfect"] == 0
        and errors["bellman-error:1/4"] == rational("1/4")
        and 0 < errors["rounded:1/2"] <= rational("1/2")
    )
    assert errors["constant"] > rational("1/4") and errors["file"] == rational("1/4")


def test_a_reward_model_to_a_power_in_every_command(tmp_path, capsys):
    """What check, plan, atlas and convert say of `perfect^weights:1/2` is of one declared twist; the plain power is another."""
    model, choice = "shipped:verifier-tree", "perfect^weights:1/2"
    written = tmp_path / "declared.json"
    assert run(["convert", model, "--value", choice, "--output", str(written)]) == 0
    tv = {}
    for spec, value in ((model, choice), (str(written), "file"), (model, "perfect^1/2"), (model, "perfect")):
        assert run(["check", spec, "--particles", "3", "--value", value, "--json"]) == 0
        tv[spec, value] = json.loads(capsys.readouterr().out)["tv"]
    assert tv[model, choice] == tv[str(written), "file"] and len(set(tv.values())) == 3
    arguments = [
        "atlas",
        model,
        "--value",
        choice,
        "--value",
        "perfect",
        "--particles",
        "3",
        "--delta",
        "1/4",
        "--json",
    ]
    assert run(arguments) == 0
    tempered, plain = json.loads(capsys.readouterr().out)["entries"]
    named = tempered["setting"].partition(", ")[2]
    assert named.startswith("V*, resampled by weights to the power 1/2 (") and named.endswith(
        " rounded down to 64 bits)"
    )
    shown = [{row["observed"] for row in e["rows"] if row["quantity"] == "TV"} for e in (tempered, plain)]
    assert shown == [{tv[model, choice]}, {tv[model, "perfect"]}]
    assert run(["plan", model, "--value", choice, "--delta", "1/4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["twist"] == named


def test_another_horizon_with_another_reward_model(capsys):
    """The shipped values are listed for three steps; a reward model made on the spot needs none of them."""
    assert (
        run(["check", "shipped:cliffwalking", "--horizon", "2", "--value", "perfect", "--particles", "2", "--json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["horizon"] == 2


def test_what_will_run_is_explained_on_stderr(capsys):
    assert run(["check", "shipped:verifier-tree", "--explain", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["particles"] == 4
    assert "chosen: " in shown.err and "occupancies" in shown.err


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.HOLDS, 0), (Verdict.REFUTED, 1), (Verdict.UNDECIDED, 3)])
@pytest.mark.parametrize("method", [[], ["--json"]])
def test_exit_code_is_the_verdict(verdict, code, method, monkeypatch, capsys):
    """A planted comparison decides the exit code, so a refuted bound cannot leave with 0."""
    monkeypatch.setattr("smc.checks.row.at_most", lambda observed, bound: verdict)
    monkeypatch.setattr("smc.checks.row.MOST_BITS", 128)
    assert run(["check", "shipped:verifier-tree", "--particles", "1", *method]) == code
    assert {Verdict.HOLDS: "holds", Verdict.REFUTED: "refuted", Verdict.UNDECIDED: "undecided"}[
        verdict
    ] in capsys.readouterr().out.lower()


def test_a_bound_cut_below_the_truth_is_refuted(monkeypatch, capsys):
    """The whole way with a false theorem: S3 divided by a thousand."""
    divide(monkeypatch, "S3", 1000)
    assert run(["check", "shipped:verifier-tree", "--particles", "2", "--json"]) == 1
    refuted = {row["id"] for row in json.loads(capsys.readouterr().out)["bounds"] if row["verdict"] == "refuted"}
    assert refuted == {"S3"}


def test_names_are_never_read_as_markup(tmp_path, capsys):
    odd = json.loads(json.dumps(LAYERED).replace('"aa"', '"[red]é\\u001b[31m"'))
    path = written(tmp_path, odd)
    assert run(["check", path, "--particles", "1", "--json"]) == 0
    assert "[red]é\x1b[31m" in json.loads(capsys.readouterr().out)["law"]
    assert run(["check", path, "--particles", "1"]) == 0


def test_a_terminal_without_unicode(tmp_path):
    path = written(tmp_path, json.loads(json.dumps(LAYERED).replace('"aa"', '"\u00e9\u221e"')))
    for options in turn(([], ["--json"]), 1):
        done = program("check", path, "--particles", "1", *options, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0 and done.stderr == "", done.stderr


def test_plan(capsys):
    assert run(["plan", "--horizon", "10", "--eps", "1/50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    counts = {d["id"]: d["count"] for d in found["demands"]}
    ratio = rational("51/50") ** 18
    assert counts["S3"] == -((-4 * 10 * ratio * 5) // 1) and counts["P3"] == -(
        (-64 * 10 * rational("51/50") ** 54 * 5) // 1
    )
    assert found["cheapest"] in counts
    assert run(["plan", "--horizon", "10", "--eps", "1/50"]) == 0
    assert "cheapest" in capsys.readouterr().out


def test_convert_writes_what_it_prints(tmp_path, capsys):
    assert run(["convert", "shipped:cliffwalking", "--to", "layered"]) == 0
    printed = capsys.readouterr().out
    target = tmp_path / "deep" / "model.json"
    assert run(["convert", "shipped:cliffwalking", "--to", "layered", "-o", str(target), "--name", "renamed"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "" and "note: " in shown.err
    first, second = json.loads(printed), json.loads(target.read_text())
    assert second.pop("name") == "renamed" and first.pop("name") == "cliffwalking" and first == second
    assert os.stat(target).st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_is_one_line_and_130(tmp_path):
    """Sent while a long run is under way, which its own process says by writing a file."""
    marker = tmp_path / "started"
    code = (
        "import sys, time, pathlib, smc.checks.check\n"
        f"def slow(*a, **k): pathlib.Path({str(marker)!r}).touch(); time.sleep(60)\n"
        "smc.checks.check.check = slow\n"
        "from smc.__main__ import main\n"
        "sys.argv = ['bellman-smc', 'check', 'shipped:verifier-tree']\n"
        "main()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if marker.exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "bellman-smc: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="pipes close otherwise there")
def test_a_reader_that_leaves_early_is_no_fault():
    process = subprocess.Popen(
        [sys.executable, "-m", "smc", "convert", "shipped:cliffwalking"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(timeout=60) in (0, 141) and "Traceback" not in err and "Broken" not in err


def test_the_module_and_the_command_are_one():
    assert program("--version").stdout.startswith("bellman-smc ")
    assert program("check", "absent.json").returncode == 2


def test_certified_law_encloses_the_exact_one(capsys):
    """Balls at any N: the interval of each probability and of the TV holds the rational that the exact method gives."""
    asked = ["check", "shipped:verifier-tree", "--particles", "3", "--json"]
    assert run(asked) == 0
    exact = json.loads(capsys.readouterr().out)
    assert run([*asked, "--method", "certified"]) == 0
    enclosed = json.loads(capsys.readouterr().out)
    assert enclosed["method"] == "certified" and enclosed["verdict"] == "holds"
    for key, (low, high) in {"tv": enclosed["tv"], **enclosed["law"]}.items():
        value = Fraction(exact["tv"] if key == "tv" else exact["law"][key])
        assert Fraction(low) <= value <= Fraction(high)
        assert Fraction(high) - Fraction(low) < Fraction(1, 10**30)


def test_a_planted_falsehood_that_is_found_is_refuted_again_by_the_command_that_is_written(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(["campaign", "--planted", "S3/square-of-N", "--examples", "40", "--results", "hunt.sqlite"]) == 1
    line = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("written: "))
    assert run(line.removeprefix("written: bellman-smc ").split()) == 1
    assert "REFUTED" in capsys.readouterr().out


def test_a_planted_falsehood_that_is_not_found_yet_decides_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    true = replace(FALSEHOODS["S8/first-step"], claims=lambda instance: iter([("TV", ZERO, ONE)]))
    monkeypatch.setitem(FALSEHOODS, "S8/first-step", true)
    assert (
        run(["campaign", "--planted", "S8/first-step", "--examples", "1", "--chunk", "1", "--results", "hunt.sqlite"])
        == 3
    )
    assert "not found yet: S8/first-step" in capsys.readouterr().err


def test_a_falsehood_about_another_sampler_is_no_row(capsys):
    assert run(["check", "shipped:verifier-tree", "--planted", "S8/constant"]) == 2
    assert "--algorithm adapted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--resampling", "stratified", "--particles", "3"],
            "naive, stratified: exact over clouds of 3 particles, at most",
        ),
        (
            ["--resampling", "stratified", "--particles", "1"],
            "naive, stratified: exact by passes over the edges, at once",
        ),
        (["--algorithm", "conditional", "--particles", "3"], "sweep by sweep, over clouds of 3 particles, at most"),
        (["--algorithm", "backtracking"], "visit by visit, on a tree of 15 nodes"),
        (["--algorithm", "mh"], "mh: exact by passes over the edges, at once"),
    ],
)
def test_explain_says_what_an_exact_law_goes_over(options, said, capsys):
    assert run(["check", "shipped:verifier-tree", "--explain", *options]) in (0, 3)
    assert said in " ".join(capsys.readouterr().err.split())
