"""Which particle is the answer: best-of-N means the best one, and a pool of odds does not."""

from __future__ import annotations

import pytest

from smc.cli import run
from tests.cases import FOLDER, report, shown

BEST, ODDS, ADAPTIVE = (
    str(FOLDER / f"{name}.json") for name in ("best_of_n_argmax", "pool_odds_selection", "adaptive_resampling_unsaid")
)


@pytest.mark.parametrize(
    ("algorithm", "good", "said"), [("best-of-n", "3/4", "largest weight"), ("weighted-of-n", "7/12", "in proportion")]
)
def test_best_of_n_is_the_best_one_under_its_own_name(algorithm, good, said, capsys):
    arguments = ["check", BEST, "--algorithm", algorithm, "--particles", "2"]
    found = report(capsys, *arguments)
    assert found["law"]["good"] == good and said in found["selection"]
    assert said in shown(capsys, *arguments)


def test_one_particle_drawn_from_a_pool_of_odds(capsys):
    """Odds of a process reward model as potentials, constant values: the law of a filter in the wild, one particle drawn at the end."""
    found = report(capsys, "check", ODDS, "--value", "constant:1", "--particles", "2")
    assert found["tv"] == "1398506981013938850076752008/2005478644773571587232421875"
    assert "after every step" in found["selection"]


@pytest.mark.parametrize(("particles", "tv"), [("2", "1597/11340"), ("3", "5641819/55135080")])
def test_resampling_only_where_the_effective_sample_size_is_low(particles, tv, capsys):
    """What most libraries run: the law is another one, said so, and no theorem on resampling after every step is printed."""
    found = report(capsys, "check", ADAPTIVE, "--particles", particles, "--resampling", "multinomial:1/2")
    assert found["tv"] == tv and "below 1/2 N" in found["selection"]
    spoken = {(row["id"], row["form"]) for row in found["bounds"]}
    assert {id for id, _ in spoken} == {"P0", "P1", "G3", "S16"}
    assert {form for id, form in spoken if id == "S16"} == {"threshold"}, "of the others none knows this threshold"


def test_the_adaptive_run_of_the_shipped_tree(capsys):
    assert (
        0.11355
        < report(capsys, "check", "shipped:verifier-tree", "--resampling", "multinomial:1/2")["tv_decimal"]
        < 0.11365
    )


def test_the_largest_of_a_pool_of_odds(capsys):
    """T = 1 left to its end: the argmax of the last pool answers what no draw by weight does."""
    drawn, largest = (
        report(capsys, "check", BEST, "--value", "perfect", "--particles", "2", "--choice", choice)["law"]["good"]
        for choice in ("weight", "argmax")
    )
    assert (drawn, largest) == ("7/12", "3/4")
    found = report(capsys, "check", ODDS, "--value", "constant:1", "--particles", "2", "--choice", "argmax")
    assert "largest last weight" in found["selection"] and not [r for r in found["bounds"] if r["id"] == "S3"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resampling", "stratifed"], "stratified?"),
        (["--resampling", "residual:half"], "resampling: "),
        (["--resampling", "residual:3/2"], "between 0 and 1"),
        (["--resampling", "residual:-1/2"], "between 0 and 1"),
        (["--resampling", "residual:1/2:1/2"], "inf:1/2"),
        (["--resampling", "residual:kish:1/2"], "inf:1/2"),
        (["--choice", "best"], "choose one of weight, uniform, argmax"),
        (["--resampling", "residual", "--algorithm", "mh"], "mh does not resample"),
        (["--resampling", "residual", "--method", "certified"], "no certified mode"),
        (["--resampling", "residual", "--method", "enclosure"], "no enclosure"),
        (["--resampling", "systematic", "--particles", "60"], "--method monte-carlo"),
    ],
)
def test_what_does_not_go_together_is_refused(options, said, capsys):
    assert run(["check", "shipped:verifier-tree", *options]) == 2
    assert said in capsys.readouterr().err
