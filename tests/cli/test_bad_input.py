"""Every kind of bad input: one line on stderr that names the file, the place and the mend; exit code 2; nothing on stdout or on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smc.cli import COMMANDS, run
from smc.cli.mends import options_of
from tests.cases import refused
from tests.formats.examples import LAYERED, MDP, bent, written
from tests.proofs.stores import small_store

NAN = json.dumps(LAYERED).replace('"3/4"', "NaN")
SAMPLE = str(Path(__file__).parents[1] / "rewards" / "samples" / "prefixes.jsonl")
INFINITY = json.dumps(LAYERED).replace('"3/4"', "-Infinity")
TWICE = json.dumps(LAYERED).replace('"aa": "1"', '"aa": "1", "aa": "2"')
TWICE_DEEP = json.dumps(LAYERED).replace('"prob": "3/4"', '"prob": "3/4", "prob": "3/4"')

FAULTS = {
    # the list of the design
    "row misses 1": (bent(LAYERED, "edges/0/0/prob", "1/4"), "edges[0] from 'root'", "sum to 11/12, which misses 1 by 1/12"),
    "row misses 1 by little": (bent(LAYERED, "edges/0/0/prob", "0.333333333333"), "edges[0] from 'root'", "--rationalise"),
    "policy misses 1": (bent(MDP, "policy/s/go", "1/3"), "policy['s']", "sum to 5/6"),
    "transitions miss 1": (bent(MDP, "transitions/2/prob", "1/4"), "transitions from 's' by 'go'", "sum to 11/12"),
    "initial law misses 1": (bent(MDP, "initial", {"s": "1/2", "t": "1/3"}), "initial", "sum to 5/6"),
    "float": (bent(LAYERED, "edges/0/0/prob", 0.25), "edges[0][0].prob", "0.25 is a float"),
    "float reward": (bent(MDP, "reward/t", 0.5), "reward['t']", "0.5 is a float"),
    "negative probability": (bent(LAYERED, "edges/1/1/prob", "-3/4"), "edges[1][1].prob", "negative number -3/4"),
    "negative potential": (bent(LAYERED, "edges/0/1/potential", -1), "edges[0][1].potential", "negative number -1"),
    "negative reward": (bent(LAYERED, "reward/ab", "-1/2"), "reward['ab']", "negative number -1/2"),
    "negative value": (bent(LAYERED, "value/1/b", "-2"), "value[1]['b']", "negative number -2"),
    "negative policy": (bent(MDP, "policy/s", {"stay": "3/2", "go": "-1/2"}), "policy['s']['go']", "negative number"),
    "unknown source": (bent(LAYERED, "edges/1/0/from", "c"), "edges[1][0].from", "unknown state 'c'"),
    "unknown target": (bent(LAYERED, "edges/1/0/to", "a"), "edges[1][0].to", "layers[2]"),
    "unknown reward": (bent(LAYERED, "reward/zz", "1"), "reward", "unknown state 'zz'"),
    "unknown value": (bent(LAYERED, "value/1/zz", "1"), "value[1]", "unknown state 'zz'"),
    "unknown MDP state": (bent(MDP, "transitions/1/to", "u"), "transitions[1].to", "unknown state 'u'"),
    "unknown action": (bent(MDP, "transitions/1/action", "run"), "transitions[1].action", "unknown action 'run'"),
    "unknown initial": (bent(MDP, "initial", "u"), "initial", "unknown state 'u'"),
    "policy of unknown state": (bent(MDP, "policy/u", {"go": "1"}), "policy", "unknown state 'u'"),
    "policy takes what is not there": (bent(MDP, "policy/t", {"go": "1"}), "policy['t']['go']", "no transitions from 't'"),
    "missing value": (bent(LAYERED, "value/1/b", ...), "value[1]", "no value for state 'b'"),
    "missing MDP value": (bent(MDP, "value/t", ...), "value", "no value for state 't'"),
    "missing layer of values": (bent(LAYERED, "value/1", ...), "value", "1 layers of values for horizon 2"),
    "missing reward": (bent(LAYERED, "reward/ab", ...), "reward", "no reward for terminal state 'ab'"),
    "missing MDP reward": (bent(MDP, "reward/t", ...), "reward", "no reward for state 't'"),
    "missing policy": (bent(MDP, "policy/t", ...), "policy", "state 't' can be reached and has no policy"),
    "target of mass zero": (bent(LAYERED, "reward", {"aa": 0, "ab": "0", "bb": "0/7"}), "reward", "mass zero"),
    "value kills a live state": (bent(LAYERED, "value/1/b", "0"), "value[1]['b']", "kills a live state"),
    "horizon 0": (bent(MDP, "horizon", 0), "horizon", "0 is below 1"),
    "horizon -3": (bent(MDP, "horizon", -3), "horizon", "-3 is below 1"),
    "one layer": (bent(bent(LAYERED, "layers", [["root"]]), "edges", []), "layers", "horizon is below 1"),
    "NaN": (NAN, "edges[1][1].prob", "NaN is not a finite number"),
    "infinity": (INFINITY, "edges[1][1].prob", "-Infinity is not a finite number"),
    "infinity as text": (bent(LAYERED, "reward/aa", "inf"), "reward['aa']", "is not a rational number"),
    "duplicate key": (TWICE, "reward", "key 'aa' appears twice"),
    "duplicate key in an edge": (TWICE_DEEP, "edges[1][1]", "key 'prob' appears twice"),
    "not JSON": ('{"format": "bellman-smc/layered-1", ', "line 1 column", "is not JSON"),
    "not JSON at all": ("horizon: 3\n", "line 1 column 1", "is not JSON"),
    # what the list does not mention
    "trailing text": (json.dumps(LAYERED) + "x", "line 1 column", "is not JSON"),
    "empty": ("", "model.json", "is empty"),
    "blank": (" \n\t ", "model.json", "is empty"),
    "a list": ("[]", "model.json", "not a model"),
    "no format": (bent(LAYERED, "format", ...), "model.json", "no key 'format'"),
    "wrong format": (bent(LAYERED, "format", "bellman-smc/layered-2"), "format", "unknown format"),
    "format is a number": (bent(LAYERED, "format", 1), "format", "where text is wanted"),
    "misspelt key": (bent(LAYERED, "edges/0/0/potentail", "1"), "edges[0][0]", "unknown key 'potentail'"),
    "unknown key at the top": (bent(MDP, "discuont", "1"), "model.json", "unknown key 'discuont'"),
    "missing key": (bent(LAYERED, "edges/0/0/prob", ...), "edges[0][0]", "missing key 'prob'"),
    "no reward at all": (bent(MDP, "reward", ...), "model.json", "missing key 'reward'"),
    "layers are text": (bent(LAYERED, "layers", "root"), "layers", "text where a list is wanted"),
    "an edge is a list": (bent(LAYERED, "edges/0/0", ["root", "a", "1/3"]), "edges[0][0]", "a list where an object is wanted"),
    "a state is a number": (bent(LAYERED, "layers/1/0", 7), "layers[1][0]", "a number where text is wanted"),
    "a number is a list": (bent(LAYERED, "reward/aa", ["1"]), "reward['aa']", "a list where a number is wanted"),
    "a number is null": (bent(LAYERED, "reward/aa", None), "reward['aa']", "null where a number is wanted"),
    "a number is true": (bent(LAYERED, "reward/aa", True), "reward['aa']", "true or false where a number is wanted"),
    "zero denominator": (bent(LAYERED, "reward/aa", "1/0"), "reward['aa']", "zero denominator"),
    "words": (bent(LAYERED, "reward/aa", "one half"), "reward['aa']", "is not a rational number"),
    "exponent bomb": (bent(LAYERED, "reward/aa", "1e999999999"), "reward['aa']", "is not a rational number"),
    "horizon is text": (bent(MDP, "horizon", "3"), "horizon", "text where a whole number is wanted"),
    "horizon is a float": (bent(MDP, "horizon", 3.0), "horizon", "the number 3.0 where a whole number is wanted"),
    "horizon is true": (bent(MDP, "horizon", True), "horizon", "true or false where a whole number is wanted"),
    "huge horizon": (bent(MDP, "horizon", 10**12), "horizon", "the limit is"),
    "absurd horizon": (json.dumps(MDP).replace('"horizon": 3', '"horizon": ' + "9" * 5000), "horizon", "above 1e+15"),
    "absurd text horizon": (bent(MDP, "horizon", "9" * 5000), "horizon", "text where a whole number is wanted"),
    "two roots": (bent(LAYERED, "layers/0", ["root", "other"]), "layers[0]", "2 states in layer 0"),
    "state listed twice": (bent(LAYERED, "layers/1", ["a", "b", "a"]), "layers[1]", "'a' is listed twice"),
    "MDP state listed twice": (bent(MDP, "states", ["s", "t", "s"]), "states", "'s' is listed twice"),
    "no states": (bent(MDP, "states", []), "states", "no states"),
    "too few steps": (bent(LAYERED, "edges", LAYERED["edges"][:1]), "edges", "1 steps for 3 layers"),
    "dead end": (bent(LAYERED, "edges/1", LAYERED["edges"][1][:2]), "edges[1]", "'b' is reachable and has no successor"),
    "MDP dead end": (bent(bent(MDP, "transitions/3", ...), "policy/t", ...), "policy", "'t' can be reached"),
    "root of value zero": (bent(LAYERED, "value/0/root", "0"), "value[0]['root']", "kills a live state"),
    "values for too many steps": (bent(MDP, "value", [MDP["value"]] * 4), "value", "4 steps of values for horizon 3"),
    "half a character": (json.dumps(LAYERED).replace('"ab"', '"\\ud800"'), "layers[2][1]", "surrogate"),
    "markup in a name": (bent(LAYERED, "edges/0/0/to", "[red]\nx"), "edges[0][0].to", r"'[red]\nx'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_file_is_refused_by_place(fault, tmp_path, capsys):
    document, place, what = FAULTS[fault]
    path = written(tmp_path, document)
    message = refused(capsys, "check", path, "--particles", "2", "--json")
    assert path in message and place in message and what in message
    assert message.startswith(f"bellman-smc: {path}: ")
    assert refused(capsys, "convert", path, "-o", str(tmp_path / "converted.json")) == message
    assert os.listdir(tmp_path) == ["model.json"]


@pytest.mark.parametrize("document", [LAYERED, MDP])
def test_the_documents_that_were_bent_are_good(document, tmp_path, capsys):
    assert run(["check", written(tmp_path, document), "--particles", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "holds"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--particles", "0"], "particles: 0; give"),
        (["--particles", "-4"], "particles: -4; give"),
        (["--particles", str(10**400)], "give a whole number from 1 to 1,000,000,000,000,000,000"),
        (["--particles", str(10**18 + 1)], "give a whole number from 1 to 1,000,000,000,000,000,000"),
        (["--particles", str(10**15), "--method", "exact"], "--method monte-carlo"),
        (["--particles", "300000", "--method", "exact"], "use at most"),
        (["--method", "magic"], "choose one of auto, exact"),
        (["--method", "enclosure", "--algorithm", "sis"], "sis has no enclosure"),
        (["--method", "monte-carlo", "--budget", "3"], "choose a method that does not draw"),
        (["--budget", "0"], "give seconds above 0"),
        (["--budget", "nan"], "give seconds above 0"),
        (["--budget", "1e-9", "--method", "enclosure"], "more seconds with --budget, or --method monte-carlo"),
        (["--explain", "--method", "monte-carlo"], "nothing to explain"),
        (["--algorithm", "mh", "--proposals", str(10**30)], "give a whole number from 1 to 1,000,000,000,000,000,000"),
        (["--algorithm", "mh", "--proposals", str(10**14)], "proposals"),
        (["--algorithm", "sis", "--particles", str(10**10)], "--method monte-carlo"),
        (["--particles", "two"], "--particles"),
        (["--particles", "1.5"], "--particles"),
        (["--algorithm", "magic"], "choose one of naive"),
        (["--algorithm", "mh", "--proposals", "0"], "proposals: 0; give"),
        (["--algorithm", "naive", "--proposals", "3"], "naive has no proposals"),
        (["--algorithm", "guided", "--particles", "3"], "one particle"),
        (["--horizon", "0"], "horizon: 0; give"),
        (["--horizon", "5"], "has its horizon in the file"),
        (["--value", "magic"], "unknown reward model 'magic'"),
        (["--value", "bellman-error:-1/2"], "too small"),
        (["--value", "bellman-error:x"], "is not a rational number"),
        (["--value", "constant:0"], "too small"),
        (["--value", "rounded"], "unknown reward model 'rounded'"),
        (["--value", ""], "unknown reward model ''"),
        (["--value", "constant:"], "unknown reward model 'constant:'"),
        (["--value", "perfect^"], "value perfect^: exponent: '' is not a rational number"),
        (["--value", "magic^1/2"], "unknown reward model 'magic'"),
        (["--value", "perfect^1,2,3"], "value perfect^1,2,3: exponents: 3 exponents for horizon 2"),
        (["--value", "perfect^weights:2"], "value perfect^weights:2: share: weights to the power 2"),
        (["--no-such-option"], "--no-such-option"),
        (["another"], "another"),
    ],
)
def test_faulty_options_are_refused(arguments, expected, tmp_path, capsys):
    assert expected in refused(capsys, "check", written(tmp_path, LAYERED), *arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["no-such-command"], "no-such-command"),
        (["check"], "Missing argument"),
        (["plan", "--horizon", "0", "--eps", "1/10"], "horizon"),
        (["plan", "--horizon", "5", "--eps", "-1"], "eps"),
        (["plan", "--horizon", "5", "--eps", "nan"], "eps"),
        (["plan", "--horizon", "100000", "--eps", "1/10"], "more than 4,200 digits"),
        (["plan", "--horizon", "1000000000000000", "--eps", "1/10"], "give at most 1,000,000"),
        (["convert", "shipped:verifier-tree", "-o", ""], "no file is named"),
        (["convert", "shipped:verifier-tree", "--to", ""], "unknown kind ''"),
        (["atlas", "family:hidden?eps=1/2", "--horizons", ""], "is not a list of numbers"),
        (
            ["atlas", "family:hidden?eps=1/2", "--value", "perfect"],
            "--value, --algorithm or --resampling beside a family",
        ),
        (["atlas", "family:ones?c=2", "--cost", "--value", "perfect"], "write family:ones?c=2"),
        (["atlas", "shipped:verifier-tree", "--eps", "1/4", "--value", "perfect"], "keep one of the two"),
        (["check", "shipped:cliffwalking", "--value", "perfect^weights:1/2"], "is entered by two edges"),
        *(
            (
                [command, "shipped:verifier-tree", "--value", "file^weights:1/2", "--algorithm", name],
                f"for naive proposals only, and {name} moves by the reward model; choose --algorithm naive",
            )
            for command, names in (
                ("check", ("adapted", "guided", "mh", "sis-guided", "backtracking")),
                ("plan", ("adapted",)),
                ("atlas", ("adapted",)),
            )
            for name in names
        ),
        *(
            (["atlas", "shipped:verifier-tree", "--cost", *options], expected)
            for options, expected in (
                (
                    ["--value", "file", "--value", "file^weights:1/2"],
                    "for naive proposals only, and adapted moves by the reward model; leave --cost out",
                ),
                (["--particles", "3"], "leave --eps, --algorithm, --figure and --particles out"),
                (["--horizons", ""], "is not a list of numbers"),
                (["--resampling", ""], "unknown resampling scheme ''"),
            )
        ),
        (
            [
                "check",
                "shipped:verifier-tree",
                "--particles",
                "20000",
                "--resampling",
                "stratified",
                "--method",
                "exact",
            ],
            "clouds at step 1, more than",
        ),
        (["audit", "x.jsonl", "--value", ""], "value: a log brings its own scores"),
        (["atlas", "shipped:verifier-tree", "--resampling", ""], "unknown resampling scheme ''"),
        (
            ["check", "shipped:verifier-tree", "--resampling", "stratified:inf"],
            "no threshold; write stratified:inf:1/2",
        ),
        (["plan", "--horizon", "5", "--eps", "0", "--delta", "1"], "delta"),
        (["plan", "--horizon", "5", "--eps", "0", "--ratio-bound", "1/2"], "ratio-bound"),
        (["vectors", "folder", "--particles", "0"], "particles: belongs to a model"),
        (["vectors", "folder", "--value", ""], "value: belongs to a model"),
        (["check", "shipped:nothing"], "choose one of cliffwalking"),
        # counts that no machine holds, and laws whose numbers none does: told before they are made
        *(
            (["check", "shipped:verifier-tree", "--algorithm", name, f"--{count}", str(10**18)], expected)
            for name, count, expected in (
                ("best-of-n", "particles", "MiB of digits; take at most"),
                ("mh", "proposals", "MiB of digits; take at most"),
                ("backtracking", "visits", "more than 30 s; take at most"),
                ("conditional", "sweeps", "MiB of digits; take at most"),
                ("conditional", "particles", "one by one, in clouds; take fewer particles"),
            )
        ),
        (
            ["check", "shipped:verifier-tree", "--resampling", "stratified", "--particles", str(10**18)],
            "1,000,000 at most",
        ),
        *(
            ([*command, str(10**400)], "whole number")
            for command in (
                ["check", "shipped:verifier-tree", "--particles"],
                ["check", "shipped:verifier-tree", "--method", "monte-carlo", "--replicates"],
                ["vectors", "folder", "--model", "shipped:verifier-tree", "--particles"],
                ["atlas", "shipped:verifier-tree", "--particles"],
            )
        ),
        (["vectors", "folder", "--model", "shipped:verifier-tree", "--particles", str(10**12)], "200000 successors"),
        (["audit", SAMPLE, "--delta", "1e99999999"], "delta: '1e99999999' is not a rational number"),
        *(
            (["campaign", f"--{name}", str(10**30)], f"{name}: {10**30}; give a whole number from 1 to")
            for name in ("max-horizon", "max-particles", "chunk", "examples", "workers")
        ),
        # what is given is read, not dropped
        (["atlas", "family:hidden?eps=1/4&eps=1/2"], "gives one option twice"),
        (["atlas", "family:ones?c=2&c=3", "--cost"], "gives one option twice"),
        (["atlas", "family:product?c=1", "--rationalise"], "a family has no file to read"),
        (["atlas", "shipped:verifier-tree", "--algorithm", ""], "unknown algorithm ''"),
        (["plan", "shipped:verifier-tree", "--algorithm", ""], "unknown algorithm ''"),
        (["plan", "--horizon", "3", "--eps", "1/4", "--ratio-bound", ""], "ratio-bound: '' is not a rational"),
        (["convert", "shipped:verifier-tree", "--name", ""], "no name is given"),
        (["check", "shipped:../models/cliffwalking"], "choose one of cliffwalking"),
        (["convert", "shipped:verifier-tree", "--to", "mdp"], "a layered model is no MDP"),
        (["convert", "shipped:cliffwalking", "--to", "prism"], "unknown kind 'prism'"),
        (["check", "shipped:cliffwalking", "--horizon", "6"], "values are listed for horizon 3, not 6"),
        (["check", "shipped:cliffwalking", "--horizon", str(10**15)], "the limit is"),
        (["check", "shipped:cliffwalking", "--horizon", str(10**400)], "the limit is"),
        (["check", "shipped:cliffwalking", "--horizon", "9" * 5000], "--horizon"),
    ],
)
def test_faulty_commands_are_refused(arguments, expected, capsys):
    assert expected in refused(capsys, *arguments)


POWERS_OF_WEIGHTS = {
    "check": ["shipped:verifier-tree", "--algorithm", "adapted"],
    "plan": ["shipped:verifier-tree", "--algorithm", "adapted"],
    "atlas": ["shipped:verifier-tree", "--cost"],
    "vectors": ["folder", "--model", "shipped:verifier-tree"],
    "audit": ["shipped:verifier-tree", "--multiplies", "odds"],
    "convert": None,  # the twist itself, for whatever reads the file
}
"""A call of each command that takes a reward model where a power of the weights is not S16.5's twist."""


def test_every_command_that_takes_a_reward_model_is_listed():
    assert {name for name in COMMANDS if "--value" in options_of(name)} == set(POWERS_OF_WEIGHTS)


@pytest.mark.parametrize("command", [name for name, call in POWERS_OF_WEIGHTS.items() if call])
def test_a_power_of_the_weights_is_refused_alike(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, command, *POWERS_OF_WEIGHTS[command], "--value", "perfect^weights:1/2")
    assert "value perfect^weights:1/2" in said and not list(tmp_path.iterdir())


def test_values_that_the_file_does_not_give(tmp_path, capsys):
    path = written(tmp_path, bent(LAYERED, "value", ...))
    assert "comes without values" in refused(capsys, "check", path, "--value", "file")
    assert run(["check", path, "--particles", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bellman_error"] == "0"


def test_files_that_cannot_be_read(tmp_path, capsys):
    assert "no such file" in refused(capsys, "check", str(tmp_path / "absent.json"))
    assert "is a directory" in refused(capsys, "check", str(tmp_path))
    deep = written(tmp_path, "[" * 200_000, "deep.json")
    assert "nested too deeply" in refused(capsys, "check", deep)
    latin = tmp_path / "latin.json"
    latin.write_bytes(json.dumps(LAYERED).replace('"bb"', '"b\u00e9"').encode("latin-1") + b"\xe9")
    assert "is not UTF-8 text" in refused(capsys, "check", str(latin))
    wide = tmp_path / "wide.json"
    wide.write_bytes(json.dumps(LAYERED).encode("utf-16"))
    assert "is not UTF-8 text" in refused(capsys, "check", str(wide))
    assert "cannot be read" in refused(capsys, "check", "a\0b")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_file_without_permission(tmp_path, capsys):
    path = written(tmp_path, LAYERED)
    os.chmod(path, 0)
    assert "may not be read" in refused(capsys, "check", path)


def test_permission_error_is_told(tmp_path, capsys, monkeypatch):
    path = written(tmp_path, LAYERED)

    def forbid(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("smc.formats.strict_json.open", forbid, raising=False)
    assert "may not be read" in refused(capsys, "check", path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_endless_file(capsys, monkeypatch):
    monkeypatch.setattr("smc.formats.strict_json.MOST_BYTES", 1 << 20)
    assert "is larger than 1 MB" in refused(capsys, "check", "/dev/zero")


def test_a_byte_order_mark_is_no_fault(tmp_path, capsys):
    path = tmp_path / "bom.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(LAYERED).encode())
    assert run(["check", str(path), "--particles", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["horizon"] == 2


def test_output_that_cannot_be_written(tmp_path, capsys):
    model = written(tmp_path, LAYERED)
    blocked = tmp_path / "file"
    blocked.write_text("kept")
    assert "cannot be written" in refused(capsys, "convert", model, "-o", str(blocked / "out.json"))
    assert "exists already" in refused(capsys, "convert", model, "-o", str(blocked))
    assert blocked.read_text() == "kept"
    assert "is a folder" in refused(capsys, "convert", model, "-o", str(tmp_path), "--force")
    assert sorted(os.listdir(tmp_path)) == ["file", "model.json"]


def test_rationalise_does_not_mend_what_is_wrong_rather_than_rounded(tmp_path, capsys):
    path = written(tmp_path, bent(LAYERED, "edges/0/0/prob", 0.25))
    assert "misses 1 by 1/12" in refused(capsys, "check", path, "--rationalise")


def test_the_program_itself_leaves_no_traceback(tmp_path):
    path = written(tmp_path, NAN)
    done = subprocess.run([sys.executable, "-m", "smc", "check", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert (
        done.stderr
        == f'bellman-smc: {path}: edges[1][1].prob: NaN is not a finite number; write a rational such as "1/3"\n'
    )


def test_too_large_says_the_size_the_estimate_and_the_way_out(capsys):
    """Refused before anything is computed; the library's own modes are not offered where the command has none of them."""
    message = refused(capsys, "check", "shipped:cliffwalking", "--particles", "100000", "--method", "exact", "--json")
    for part in (
        "100000 particles: ",
        "occupancies",
        "would take about",
        "the limits are",
        "use at most",
        "--method monte-carlo",
    ):
        assert part in message
    assert "mode '" not in message


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["prove", "s3"], "S3?"),
        (["prove", "s0.varance"], "S0.variance?"),
        (["check", "verifier-tree"], "shipped:verifier-tree?"),
        (["check", "verifier-tree.json"], "shipped:verifier-tree?"),
        (["check", "shipped:verifer-tree"], "verifier-tree?"),
        (["check", "shipped:verifier-tree", "--algorithm", "navie"], "naive?"),
        (["check", "shipped:verifier-tree", "--method", "Exact"], "exact?"),
        (["atlas", "family:hiden?eps=1/2"], "hidden?"),
        (["campaign", "--planted", "s3/constnt"], "S3/constant?"),
        (["chek", "x"], "check?"),
    ],
)
def test_a_mistyped_name_meets_the_one_that_is_meant(arguments, meant, tmp_path, capsys):
    few = ["--stored", str(small_store(tmp_path / "stored"))] if arguments[0] == "prove" else []
    assert run([*arguments, *few]) == 2
    said = capsys.readouterr().err
    assert meant in said
    assert said.count("\n") == 1


def test_nothing_is_suggested_for_a_name_like_no_other(capsys):
    assert run(["check", "shipped:verifier-tree", "--algorithm", "zzzz"]) == 2
    assert "?" not in capsys.readouterr().err


@pytest.mark.parametrize("sampler", ["naive", "adapted", "guided", "mh", "sis", "sis-guided", "best-of-n"])
def test_explain_says_something_for_every_sampler(sampler, capsys):
    assert run(["check", "shipped:verifier-tree", "--algorithm", sampler, "--explain"]) == 0
    assert capsys.readouterr().err.strip()
