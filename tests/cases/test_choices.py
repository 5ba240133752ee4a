"""Which particle is the answer: best-of-N means the best one, and a pool of odds does not."""

from __future__ import annotations

import pytest

from tests.cases import FOLDER, report, shown

BEST, ODDS = (str(FOLDER / f"{name}.json") for name in ("best_of_n_argmax", "pool_odds_selection"))


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
