"""Bad input where any number of particles may be asked for: counts beyond reach, numbers beyond floats, fractions of any length, Ctrl-C."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import gmpy2
import pytest

from smc.checks import verify
from smc.cli import run
from smc.numbers import rational
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
