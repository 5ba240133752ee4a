"""Bad input where any number of particles may be asked for: counts beyond reach, numbers beyond floats, fractions of any length, Ctrl-C."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import gmpy2
import pytest

from smc.checks import verify
from smc.checks.atlas import hidden_setting
from smc.checks.check import check
from smc.cli import run
from smc.errors import TooLarge
from smc.formats import load
from smc.numbers import Verdict, rational
from tests.cases import refused
from tests.effort import effort

BITS = effort(500_000, sample=120_000)
PROCESSOR = effort(12, sample=8)
"""Seconds of processor that a check of such fractions may take: it took 18 at 500,000 bits while balls were made of reduced fractions,
squares looked for by roots, decimals by long division, and the exact law was costed."""


def chain(folder: Path, value: dict, potential: str = "1") -> str:
    """A fork whose branches end in different rewards; `potential` on every last move."""
    document = {
        "format": "bellman-smc/layered-1",
        "layers": [["r"], ["a", "b"], ["c", "d"]],
        "edges": [
            [{"from": "r", "to": "a", "prob": "1/2"}, {"from": "r", "to": "b", "prob": "1/2"}],
            [
                {"from": "a", "to": "c", "prob": "1", "potential": potential},
                {"from": "b", "to": "d", "prob": "1", "potential": potential},
            ],
        ],
        "reward": {"c": "1", "d": "2"},
        "value": [{"r": "1"}, value],
    }
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return str(path)


@pytest.mark.parametrize("method", ("auto", "enclosure"))
def test_counts_beyond_ten_to_the_eighteen_are_refused(method: str, capsys) -> None:
    command = ["check", "shipped:verifier-tree", "--method", method, "--particles"]
    assert run([*command, str(10**18 + 1)]) == 2
    assert "give a whole number from 1 to 1,000,000,000,000,000,000" in capsys.readouterr().err
    assert run([*command, str(10**18), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 < rational(found["tv_lower"]) <= rational(found["tv_upper"]) < rational("1/1000000000000000")


def test_a_normaliser_below_every_float_changes_nothing(tmp_path, capsys) -> None:
    seen = []
    for potential in ("1", f"1/{10**400}"):
        spec = chain(tmp_path, {"a": "1", "b": "1"}, potential)
        assert run(["check", spec, "--particles", "1000000", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        seen.append((found["tv_lower"], found["tv_upper"]))
    assert seen[0] == seen[1]


@pytest.mark.by_turn
@pytest.mark.parametrize("asked", [(), ("--json",)], ids=["text", "json"])
def test_balls_take_over_from_long_fractions_and_it_is_said(asked, tmp_path, monkeypatch, capsys) -> None:
    """A whole check, by the method that is the default: the exact law is not even costed, every row is held, in seconds."""
    rng = random.Random(1)

    def long() -> str:
        top, bottom = (gmpy2.mpz(rng.getrandbits(BITS) | 1 << (BITS - 1) | 1) for _ in range(2))
        return f"{top.digits()}/{bottom.digits()}"  # Python refuses to write so many digits

    spec = chain(tmp_path, {"a": long(), "b": long()})
    monkeypatch.setattr("smc.exact.explain_law", None)
    began = time.process_time()
    assert run(["check", spec, "--particles", "1000000", "--budget", "300", *asked]) == 0
    assert time.process_time() - began < PROCESSOR
    shown = capsys.readouterr()
    assert f"in balls (the model has fractions of {BITS:,} bits)" in shown.err
    if asked:
        found = json.loads(shown.out)
        assert found["arithmetic"] == "balls" and {row["verdict"] for row in found["bounds"]} == {"holds"}
        assert len(found["bellman_error"]) > BITS / 2
    else:
        assert "(certified, level 4)" in shown.out and "hold; tightest useful bound" in shown.out


def test_ctrl_c_in_the_middle_leaves_nothing_half_written(tmp_path, monkeypatch, capsys) -> None:
    honest, done = verify.Case.run, []

    def interrupted(case, progress=None):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(case)
        return honest(case, progress)

    monkeypatch.setattr(verify.Case, "run", interrupted)
    folder = tmp_path / "out"
    assert run(["verify", "shipped:verifier-tree", "-o", str(folder), "--budget", "300"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert len(done) == 3 and not [path for path in folder.rglob("*") if path.is_file()]


TREE = "shipped:verifier-tree"
LONG_LAWS = {
    "sweeps": ["--algorithm", "conditional", "--sweeps", "300000"],
    "proposals": ["--algorithm", "mh", "--proposals", "3000000"],
    "particles": ["--algorithm", "best-of-n", "--particles", "30000000"],
    "visits": ["--algorithm", "backtracking", "--visits", "100000"],
}
"""A count of which the exact law fits the memory, and takes minutes."""


@pytest.mark.parametrize("count", LONG_LAWS)
def test_a_law_of_long_fractions_is_costed_before_it_is_made(count, capsys) -> None:
    """Refused at once, though the seconds have not passed, with the largest count that they are enough for; more seconds allow more."""
    most = []
    for seconds in ("5", "8"):
        said = refused(capsys, "check", TREE, *LONG_LAWS[count], "--budget", seconds)
        assert f"{count}: the exact law after" in said and f"more than {seconds} s; take at most" in said
        assert "or give more seconds with --budget" in said
        most.append(int(said.split("take at most ")[1].split()[0].replace(",", "")))
    assert 1 < most[0] < most[1]
    assert "more than 30 s; take at most" in refused(capsys, "check", TREE, *LONG_LAWS[count])


def test_seconds_that_are_enough_let_a_law_be_made() -> None:
    source = load(TREE)
    for sampler, count in (
        ("conditional", {"sweeps": 400}),
        ("backtracking", {"visits": 50}),
        ("mh", {"proposals": 99}),
    ):
        with pytest.raises(TooLarge, match="takes about"):
            check(source.model, source.twist(), sampler, seconds=1e-6, **count)
        assert check(source.model, source.twist(), sampler, seconds=60.0, **count).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    "asked",
    [
        ["--particles", "20000", "--resampling", "stratified"],
        ["--particles", "20000", "--resampling", "multinomial:ess:1/2"],
        ["--particles", "9000", "--algorithm", "conditional"],
    ],
)
def test_clouds_of_many_particles_are_costed_by_their_particles(asked, tmp_path, capsys) -> None:
    """A coin has one cloud more than particles; each is as long as they are many."""
    coin = {
        "format": "bellman-smc/layered-1",
        "layers": [["r"], ["h", "t"]],
        "edges": [[{"from": "r", "to": "h", "prob": "1/3"}, {"from": "r", "to": "t", "prob": "2/3"}]],
        "reward": {"h": 1, "t": "1/2"},
    }
    path = tmp_path / "coin.json"
    path.write_text(json.dumps(coin))
    said = refused(capsys, "check", str(path), *asked, "--method", "exact")
    assert f"{int(asked[1]) + 1:,} clouds of {int(asked[1]):,} particles at step 1: the exact law takes about" in said
    assert "more than 10 min; take fewer particles" in said


def test_walks_that_are_too_long_for_their_visits_alone_take_no_step(monkeypatch, capsys) -> None:
    monkeypatch.setattr("smc.montecarlo.backtracking.move_particles", None)
    walk = ["check", TREE, "--algorithm", "backtracking", "--method", "monte-carlo", "--visits", str(10**18)]
    assert "10,000 walks to 1,000,000,000,000,000,000 visits take " in refused(capsys, *walk)


@pytest.mark.parametrize("family", ["product?c=1", "hidden?eps=1/4", "split", "rare-branch?s=1/27"])
@pytest.mark.parametrize("horizon", [10**6, 10**18])
def test_a_family_is_costed_before_it_is_built(family, horizon, monkeypatch, capsys) -> None:
    """Its powers alone would not fit the memory (and end the process), or take longer than the budget."""
    for build in ("product_setting", "hidden_setting", "split_setting", "rare_branch"):
        monkeypatch.setattr(f"smc.checks.atlas.{build}", None)
    said = refused(capsys, "atlas", f"family:{family}", "--horizons", str(horizon), "--budget", "5")
    assert f"{horizon:,} steps take about" in said and "more than 5 s; take shorter --horizons" in said


@pytest.mark.by_turn
def test_the_budget_of_an_atlas_covers_models_rows_and_demands(monkeypatch, capsys) -> None:
    """What reads or analyses, compares, and counts for too long ends with the budget: refused where nothing is left to tell."""

    def slow(*_, **__):
        time.sleep(30)

    asked = ["atlas", TREE, "--particles", "1", "--budget", "0.5"]
    with monkeypatch.context() as patched:
        patched.setattr("smc.formats.load", slow)
        assert "not done after 0.5 seconds; give more seconds with --budget" in refused(capsys, *asked)
    with monkeypatch.context() as patched:
        patched.setattr("smc.checks.row.Claim.row", slow)
        patched.setattr("smc.checks.atlas.demand", slow)
        said = refused(capsys, *asked)
    assert "exact law left out from N = 1 on: not done after" in said
    monkeypatch.setattr("smc.checks.atlas.demand", slow)
    assert run(["atlas", TREE, "--particles", "1", "--budget", "1.5", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert entry["rows"] and not entry["demands"]
    assert "what the statements ask for left out: not done after" in entry["remark"]


@pytest.mark.parametrize("step", ["1e-9", "1e-4000"])
def test_steps_too_small_for_powers_are_refused_by_their_digits(step, capsys) -> None:
    """The power of 1 + eps nearest to a value has about 1/eps digits; for 1e-4000 the logarithm of 1 + eps is no float above 0."""
    said = refused(capsys, "check", TREE, "--value", f"rounded:{step}")
    assert "millions of digits; take larger steps" in said and said.startswith("bellman-smc: value rounded:1/1000")


@pytest.mark.parametrize("particles", [10**5, 10**18])
def test_explaining_clouds_beyond_counting_ends(particles, capsys) -> None:
    """Their number, 15^(10^5), is told by its order; that of 10^18 particles is not worked out."""
    assert run(["check", TREE, "--resampling", "stratified", "--explain", "--particles", str(particles)]) == 2
    explained, said = capsys.readouterr().err.splitlines()
    assert (
        f"over clouds of {particles:,} particles, at most {'countless' if particles > 10**6 else 'over 10^'}"
        in explained
    )
    assert "take fewer particles" in said


def test_a_family_of_a_number_of_children_beyond_digits_is_named_by_its_order() -> None:
    assert hidden_setting("1e2500", 2).label.startswith("hidden child among over 10^4999, eps = 1000")


def test_the_budget_of_verify_covers_the_proofs_of_its_page(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr("smc.cli.verify._proofs", lambda: time.sleep(30))
    asked = ["verify", TREE, "-o", str(tmp_path / "out"), "--report", str(tmp_path / "page"), "--budget", "1"]
    assert "give more seconds with --budget" in refused(capsys, *asked)
    assert not list(tmp_path.iterdir())


def test_costs_keep_to_a_budget(monkeypatch, capsys) -> None:
    """Of all samplers together; where it is not enough, it is said so, and no table of a part is printed."""
    monkeypatch.setattr("smc.checks.cost.costs", lambda *_: time.sleep(30))
    said = refused(capsys, "atlas", TREE, "--cost", "--budget", "0.5")
    assert "not done after 0.5 seconds; give more seconds with --budget" in said
    assert "give seconds above 0" in refused(capsys, "atlas", TREE, "--cost", "--budget", "nan")
